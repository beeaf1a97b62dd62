"""What is known of the rows so far: a second, slow way; and making knows what fitting knew."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.linked.history import FAR, PAUSE, Follow, History, Values, arrow_of, everything, followed, walked
from synthgen.table.schema import ColumnSchema

FOLLOW = Follow("events", ("kind",), "at")
ANY = object()
"""Stands for any hour: rows that lie opposite on the clock have none, and on a full hour rounding decides."""
ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 200_000)), min_size=1, max_size=9)


def slowly(rows: list[tuple[str | None, int]], number: int) -> dict[str, object]:
    """The same by its definition, from all rows before."""
    kinds, times = [kind for kind, _ in rows], np.cumsum([gap for _, gap in rows]).tolist()
    run = len(list(itertools.takewhile(lambda kind: kind == kinds[-1], reversed(kinds))))
    gaps = [b - a for a, b in itertools.pairwise(times)]
    logs = [math.log2(1 + gap) for gap in gaps]
    turns = [2 * math.pi * (second % 86_400) / 86_400 for second in times]
    sine, cosine = sum(map(math.sin, turns)), sum(map(math.cos, turns))
    hour = math.atan2(sine, cosine) / (2 * math.pi) * 24
    clear = math.hypot(sine, cosine) > 1e-6 and abs(hour - round(hour)) > 1e-6
    return {
        FOLLOW.left: min(number - len(rows), FAR),
        FOLLOW.run("kind"): run,
        FOLLOW.gap: math.floor(logs[-1]) if gaps else None,
        FOLLOW.pace: round(sum(logs) / len(logs)) if gaps else None,
        FOLLOW.session: min(len(rows), 1 + len(list(itertools.takewhile(lambda gap: gap <= PAUSE, reversed(gaps))))),
        FOLLOW.hour: (math.floor(hour) % 24 if clear else ANY) if rows else None,
    }


@settings(deadline=None, max_examples=40)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_fitting_knows_what_the_definition_says_and_making_knows_the_same(
    owners: list[list[tuple[str | None, int]]],
) -> None:
    first_N = np.concatenate([np.arange(len(rows)) == 0 for rows in owners])
    kinds = pa.array([kind for rows in owners for kind, _ in rows], pa.string())
    second_N = np.concatenate([np.cumsum([gap for _, gap in rows]) for rows in owners])
    fitted = arrow_of(everything(FOLLOW, first_N, {"kind": Values().numbers(kinds)}, second_N))
    expected = [slowly(rows[:at], len(rows)) for rows in owners for at in range(len(rows))]
    for name, column in fitted.items():
        for found, one in zip(column.to_pylist(), expected, strict=True):
            assert found == one[name] or one[name] is ANY, name

    length_O = np.array([len(rows) for rows in owners])
    order_O = np.argsort(-length_O, kind="stable")  # as rows are made: one of each owner at a time
    start_O = (np.cumsum(length_O) - length_O)[order_O]
    history, values = History(FOLLOW, length_O[order_O]), Values()
    for at in range(int(length_O.max())):
        row_A = start_O[: int((length_O > at).sum())] + at
        for name, column in arrow_of(history.known(len(row_A))).items():
            assert column.to_pylist() == fitted[name].take(pa.array(row_A)).to_pylist(), name
        history.note({"kind": values.numbers(kinds.take(pa.array(row_A)))}, second_N[row_A])


def test_a_sequence_by_hand() -> None:
    found = walked(
        FOLLOW, np.array([True, False, False]), {"kind": pa.array(["x", "x", "y"])}, np.array([3_600, 3_601, 90_000])
    )
    assert found[FOLLOW.left].to_pylist() == [3, 2, 1]
    assert found[FOLLOW.run("kind")].to_pylist() == [0, 1, 2]
    assert found[FOLLOW.gap].to_pylist() == [None, None, 1]
    assert found[FOLLOW.session].to_pylist() == [0, 1, 2]
    assert found[FOLLOW.hour].to_pylist() == [None, 1, 1]


def test_what_is_kept_of_an_owner_does_not_grow_with_its_rows() -> None:
    history, rng = History(FOLLOW, np.full(3, 2_000)), np.random.default_rng(0)
    second_A, sizes = np.zeros(3, np.int64), set()
    for _ in range(2_000):
        second_A = second_A + rng.integers(0, 90_000, 3)
        history.note({"kind": rng.integers(0, 50, 3)}, second_A)
        arrays = [*history.last.values(), *history.run.values(), history.turn_O2, history.sum_O]
        sizes.add(sum(array.nbytes for array in arrays))
    assert len(sizes) == 1
    assert history.known(3)[FOLLOW.left].tolist() == [0.0] * 3


def test_a_table_gets_the_columns_that_tell_something_in_it() -> None:
    """Kinds come in threes and hours stay; gaps are drawn anew, and the other kind is a coin; 3,000 rows, 60 owners."""
    rng = np.random.default_rng(0)
    first_N = np.arange(3_000) % 50 == 0
    hour_N = np.repeat(rng.integers(0, 24, 60), 50)
    day_N = np.cumsum(rng.integers(1, 4, 3_000))
    wander_N = np.where(rng.random(3_000) < 0.5, rng.integers(0, 24, 3_000), hour_N)
    columns = {
        "kind": pa.array(np.repeat(rng.integers(0, 9, 1_000), 3).astype(str)),
        "coin": pa.array(rng.integers(0, 2, 3_000).astype(str)),
    }
    follow = Follow("events", ("kind", "coin"), "at")
    found = walked(follow, first_N, columns, day_N * 86_400 + wander_N * 3_600)
    assert set(found) == {follow.run("kind"), follow.hour}


def test_rows_without_a_time_have_no_gaps() -> None:
    found = walked(Follow("events", ("kind",)), np.array([True, False]), {"kind": pa.array(["x", "y"])}, None)
    assert {name: column.to_pylist() for name, column in found.items()} == {FOLLOW.run("kind"): [0, 1]}


@pytest.mark.parametrize(("values", "expected"), [(["a", "b"] * 200, ("c",)), ([f"v{i}" for i in range(400)], ())])
def test_columns_of_many_values_are_not_followed(values: list[str], expected: tuple[str, ...]) -> None:
    lines = [ColumnSchema(name=name, type=kind) for name, kind in (("n", "numeric"), ("c", "categorical"))]
    columns = {"c": pa.array(values), "n": pa.array([1.0] * 400)}
    assert followed(lines, columns, ()) == expected
    assert followed(lines, columns, ("c",)) == ()
