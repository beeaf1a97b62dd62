from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.base import FitContext, RejectColumn, Sample
from synthgen.columns.tags import Tags
from synthgen.errors import DataError

GENRES = ["Action", "Comedy", "Crime", "Drama", "Horror", "War"]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def fit(values: pa.Array, **options: str) -> Tags:
    return Tags.fit(values, options, FitContext(rng(), 5, len(values), np.empty((len(values), 0), dtype=np.int32)))


def rows(many: int = 500, largest: int = 4) -> list[list[str]]:
    """Sorted lists of one to ``largest`` genres."""
    source = rng()
    return [sorted(source.choice(GENRES, source.integers(1, largest + 1), replace=False).tolist()) for _ in range(many)]


def write(style: str) -> pa.Array:
    writers = {
        "json": json.dumps,
        "tight": lambda row: json.dumps(row, separators=(",", ":")),
        "python": str,
        "|": "|".join,
        "; ": ";".join,
        ", ": ", ".join,
        " #": lambda row: " ".join("#" + each for each in row),
    }
    return pa.array(rows()) if style == "list" else pa.array([writers[style](row) for row in rows()])


@pytest.mark.parametrize("style", ["json", "tight", "python", "|", "; ", ", ", " #", "list"])
def test_lists_come_back_as_they_were_written(style):
    values = write(style)
    found = Tags.matches(Sample("genres", values, len(values), 0))
    assert found.score >= 0.9
    column = Tags.from_state(json.loads(json.dumps(fit(values).state())))
    tokens = column.encode(values, rng())
    assert tokens.shape == (500, len(column.slots))
    assert all(tokens[:, place].max() < slot.size and tokens.min() >= 0 for place, slot in enumerate(column.slots))
    assert column.decode(tokens, rng(), 0).equals(values)


def test_lists_of_numbers_keep_their_type():
    values = pa.array([[3, 1], [], [2], [1, 2, 3]] * 20, type=pa.list_(pa.int32()))
    column = fit(values)
    assert column.decode(column.encode(values, rng()), rng(), 0).equals(values)
    values = pa.array(["[1, 2]", "[]", '["a", 2.5]'] * 20)
    column = fit(values)
    assert column.decode(column.encode(values, rng()), rng(), 0).equals(values)


def test_missing_members_of_a_list_are_left_out():
    values = pa.array([["a", None], [None], ["b", "a"]] * 10)
    column = fit(values)
    assert column.decode(column.encode(values, rng()), rng(), 0).to_pylist() == [["a"], [], ["b", "a"]] * 10


def test_a_row_never_holds_a_member_twice_and_stays_sorted():
    column = fit(write("|"))
    source = rng()
    tokens = np.column_stack([source.integers(0, slot.size, 2_000) for slot in column.slots])
    for value in column.decode(tokens, source, 0).to_pylist():
        members = value.split("|") if value else []
        assert len(set(members)) == len(members)
        assert members == sorted(members)
        assert set(members) <= set(GENRES)


def test_the_count_is_obeyed():
    column = fit(write("|"))
    source = rng()
    for count in range(5):
        tokens = np.column_stack([np.full(200, count), *[source.integers(0, s.size, 200) for s in column.slots[1:]]])
        lengths = [len(value.split("|")) if value else 0 for value in column.decode(tokens, source, 0).to_pylist()]
        assert set(lengths) == {count}


def test_lists_longer_than_the_path_keep_their_length_about():
    source = rng()
    names = [f"tag{i:02d}" for i in range(60)]
    lengths = source.integers(5, 30, 2_000)
    values = pa.array(["|".join(source.choice(names, each, replace=False)) for each in lengths])
    column = fit(values)
    drawn = column.decode(column.encode(values, rng()), rng(), 0).to_pylist()
    assert abs(np.mean([len(value.split("|")) for value in drawn]) / lengths.mean() - 1) < 0.1


def test_rare_members_are_neither_stored_nor_given_back():
    planted = [*write("|").to_pylist(), "Comedy|Planted secret", "Planted secret|Drama"]
    column = fit(pa.array(planted))
    assert "secret" not in json.dumps(column.state())
    drawn = column.decode(column.encode(pa.array(planted), rng()), rng(), 0).to_pylist()
    assert not any("secret" in value for value in drawn)
    source = rng()
    open_ended = pa.array(["#fun #" + "".join(source.choice(list("abcd"), 7)) + "secret" for _ in range(50)])
    column = fit(open_ended)
    assert "secret" not in json.dumps(column.state())
    drawn = column.decode(column.encode(open_ended, rng()), rng(), 0).to_pylist()
    assert all(value.startswith("#fun #") and "secret" not in value for value in drawn)


def test_a_large_vocabulary_goes_by_clusters():
    source = rng()
    values = pa.array([[f"t{i}" for i in source.choice(400, 3, replace=False)] for _ in range(3_000)])
    column = fit(values)
    assert [slot.name for slot in column.slots[:3]] == ["count", "cluster 1", "member 1"]
    assert max(slot.size for slot in column.slots) < 60
    assert column.decode(column.encode(values, rng()), rng(), 0).equals(values)


@pytest.mark.parametrize(
    "values",
    [
        ["Boston, MA", "Austin, TX", "Salem, MA", "Waco, TX"] * 50,  # places change no seats
        [f"Well, this is text, number {i}" for i in range(200)],
        ["1,5", "2,5", "3,25"] * 50,
        ["plain", "words"] * 50,
    ],
)
def test_what_is_no_set_is_rejected(values):
    with pytest.raises(RejectColumn):
        Tags.matches(Sample("column", pa.array(values), len(values), 0))


def test_a_broken_list_is_an_error_with_its_row():
    with pytest.raises(DataError, match="present value 21"):
        fit(pa.array(['["a", "b"]'] * 20 + ["[a, b"] + ['["a"]'] * 20 + ["[]"] * 10))
    with pytest.raises(DataError, match="option 'separator'"):
        fit(pa.array(["plain", "words"]))
