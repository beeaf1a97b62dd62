"""The promise behind every epsilon: one unit more or less moves no statistic further than its sensitivity says.

What is measured later depends on what was released before. So the second table is measured along the answers that the
first one got: each statistic is compared under the same answers, as the proof of adaptive composition has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgen.dp.budget import Budget, Vocabulary
from synthgen.dp.cutting import choose_m, cut_rows
from synthgen.dp.ledger import Ledger
from synthgen.dp.noise import Noise
from synthgen.dp.releases import Releases, release_columns


@dataclass
class Asked:
    step: str
    exact: dict[object, float]
    sensitivity: float
    answer: object


class Recording(Budget):
    """Keeps the exact statistics; gives the answers of an earlier recording where there is one."""

    def __init__(self, m: int = 1, answers: list[Asked] | None = None) -> None:
        ledger = Ledger(2.0, 1e-4, unit="user" if m > 1 else None, rows_per_unit=m)
        super().__init__(2.0, 1e-4, ledger=ledger, noise=Noise(0))
        self.asked: list[Asked] = []
        self.answers = answers

    def gaussian(self, values, *, step, share, sensitivity, schema=False):  # type: ignore[no-untyped-def]
        fresh = super().gaussian(values, step=step, share=share, sensitivity=sensitivity, schema=schema)
        exact = dict(enumerate(np.asarray(values, float).ravel().tolist()))
        return self._keep(step, exact, sensitivity, fresh)

    def vocabulary(self, values, counts, *, step, share, delta_share, most=None, once=False, **rest):  # type: ignore[no-untyped-def]
        fresh = super().vocabulary(
            values, counts, step=step, share=share, delta_share=delta_share, most=most, once=once, **rest
        )
        exact = dict(zip(values.to_pylist(), np.asarray(counts, float).tolist(), strict=True))
        sensitivity = self.ledger.rows_per_unit if most is None else most
        return self._keep(step, exact, float(sensitivity), fresh)

    def _keep(self, step: str, exact: dict[object, float], sensitivity: float, fresh: object) -> object:
        answer = fresh
        if self.answers is not None:
            before = self.answers[len(self.asked)]
            assert before.step == step, "what is asked depends on what was answered, never on the rows"
            assert before.sensitivity == sensitivity
            answer = before.answer
        self.asked.append(Asked(step, exact, sensitivity, answer))
        if isinstance(answer, tuple):
            return answer[0].copy(), answer[1]
        assert isinstance(answer, Vocabulary)
        return Vocabulary(answer.values, answer.counts.copy(), answer.threshold, answer.sd)


def moved(first: Asked, second: Asked) -> float:
    keys = first.exact.keys() | second.exact.keys()
    return float(np.sqrt(sum((first.exact.get(k, 0.0) - second.exact.get(k, 0.0)) ** 2 for k in keys)))


def check(table: pa.Table, other: pa.Table, m: int = 1, unit: str | None = None, **declared: object) -> None:
    first = Recording(m)
    one = release_columns(table, budget=first, m=m, unit=unit, **declared)
    second = Recording(m, first.asked)
    two = release_columns(other, budget=second, m=m, unit=unit, **declared)
    assert len(first.asked) == len(second.asked)
    for before, after in zip(first.asked, second.asked, strict=True):
        if isinstance(before.answer, tuple):
            assert before.exact.keys() == after.exact.keys(), f"{before.step}: a length that depends on the rows"
        assert moved(before, after) <= before.sensitivity + 1e-9, before.step
    assert_alike(one, two)


def assert_alike(one: Releases, two: Releases) -> None:
    """What was answered alike is released alike: nothing comes from the rows but through the answers."""
    assert one.rows == two.rows
    assert one.sizes == two.sizes
    for (counts, sd), (others, other_sd) in zip(one.one_way, two.one_way, strict=True):
        assert np.array_equal(counts, others)
        assert np.array_equal(sd, other_sd)
    tokens = np.stack([np.arange(200) % size for size in one.sizes], axis=1)
    assert one.decode(tokens, np.random.default_rng(0)).equals(two.decode(tokens, np.random.default_rng(0)))


TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["1", "2", "7.5", "007", "1,5", "1e9", "-3", "2020-01-31", "31.01.2020", "yes", "No", "", " "]),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.datetimes().map(str),
    st.text(max_size=30),
)
CELLS = {
    pa.string(): TEXTS,
    pa.int64(): st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    pa.uint8(): st.none() | st.integers(0, 255),
    pa.float64(): st.none() | st.floats(allow_nan=True) | st.sampled_from([0.0, 0.5]),
    pa.float32(): st.none() | st.floats(width=32),
    pa.bool_(): st.none() | st.booleans(),
    pa.timestamp("us"): st.none() | st.datetimes(),
    pa.date32(): st.none() | st.dates(),
    pa.time64("us"): st.none() | st.times(),
    pa.decimal128(8, 2): st.none() | st.decimals(-99999, 99999, places=2),
    pa.list_(pa.string()): st.none() | st.lists(st.text(max_size=3), max_size=3),
    pa.binary(): st.none() | st.binary(max_size=5),
}


@pytest.mark.parametrize("kind", CELLS, ids=str)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_row_moves_no_statistic_further_than_its_sensitivity(kind: pa.DataType, data: st.DataObject) -> None:
    common = data.draw(st.lists(CELLS[kind], min_size=1, max_size=4)) * data.draw(st.sampled_from([1, 400]))
    cells = common + data.draw(st.lists(CELLS[kind], max_size=30)) + [data.draw(CELLS[kind])]
    table = pa.table({"x": pa.array(cells, kind)})
    check(table, table.slice(0, len(cells) - 1))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_unit_moves_no_statistic_further_than_m(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(st.integers(0, 9), TEXTS), min_size=20, max_size=60)) * 8
    rows = sorted(((user + 10 * (i // 60), text) for i, (user, text) in enumerate(rows)), key=lambda row: row[0])
    users = [f"u{user}" for user, _ in rows]
    table = pa.table({"user": users, "x": pa.array([text for _, text in rows], pa.string())})
    m = data.draw(st.sampled_from([1, 3]))
    gone = data.draw(st.sampled_from(sorted(set(users))))
    cut = cut_rows(table, "user", m, Noise(3))
    without = cut.filter(pa.array([user != gone for user in cut.column("user").to_pylist()]))
    check(cut, without, m, unit="user")


def test_a_unit_with_all_rows_in_one_bar_moves_it_by_m_and_no_more() -> None:
    user = [f"u{i // 4}" for i in range(4_000)]
    table = pa.table({"user": user, "plan": ["free"] * 4_000, "age": [str(20 + i % 9) for i in range(4_000)]})
    check(table, table.slice(4), m=4, unit="user")
    first, second = Recording(4), Recording(4)
    release_columns(table, budget=first, m=4, unit="user")
    second.answers = first.asked
    release_columns(table.slice(4), budget=second, m=4, unit="user")
    most = max(moved(a, b) for a, b in zip(first.asked, second.asked, strict=True))
    assert most == 4.0, "the check sees what a unit can do"


def test_the_choice_of_m_moves_by_one_unit_only() -> None:
    big = pa.table({"user": ["a"] * 5_000 + [f"u{i}" for i in range(5_000)]})
    first = Recording()
    choose_m(big, "user", first, share=0.1)
    second = Recording(answers=first.asked)
    choose_m(big.slice(5_000), "user", second, share=0.1)
    assert [moved(a, b) for a, b in zip(first.asked, second.asked, strict=True)] == [1.0]
