from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.errors import ConfigError, DataError
from synthgen.interactions import read_interactions


def frame(**columns: list[Any]) -> pd.DataFrame:
    usual = {"who": ["ann", "bob", "ann"], "what": ["tea", "tea", "ham"], "stars": [4, 5, None], "at": [30, 10, 20]}
    return pd.DataFrame(usual | columns)


def test_names_become_numbers_and_stay_known() -> None:
    read = read_interactions(frame(), user="who", item="what", rating="stars", time="at")
    found = read.interactions
    assert (read.users.tolist(), read.items.tolist()) == (["ann", "bob"], ["ham", "tea"])
    assert (found.user_E.tolist(), found.item_E.tolist()) == ([0, 1, 0], [1, 1, 0])
    assert found.time_E is not None
    assert found.time_E.tolist() == [30, 10, 20]
    assert np.array_equal(found.rating_E, [4, 5, np.nan], equal_nan=True)  # type: ignore[arg-type]
    assert read.notes == ()


def test_whole_numbers_match_in_two_spellings_and_ascend() -> None:
    first = read_interactions(frame(what=[10, 9, 10]), user="who", item="what")
    again = read_interactions(frame(what=["9.0", "10.0", "9.0"]), user="who", item="what", items=first.items)
    assert first.items.tolist() == [9, 10]
    assert again.interactions.item_E.tolist() == [0, 1, 0]


def test_rows_without_user_item_or_time_are_dropped_and_counted() -> None:
    broken = frame(who=["ann", None, "ann"], at=[30, 10, None])
    read = read_interactions(broken, user="who", item="what", time="at")
    assert len(read.interactions) == 1
    assert read.notes == ("2 rows without a user, an item or a time dropped",)


@pytest.mark.parametrize(
    "at",
    [
        pd.to_datetime(["2020-01-01 00:00:07", "2020-01-02 00:00:00", "2020-01-03 00:00:00"]),
        ["2020-01-01T00:00:07Z", "2020-01-02", "2020-01-03 01:00+01:00"],
        [1577836807, 1577923200, 1578009600],
        [1577836807250.0, 1577923200000.0, 1578009600000.0],
    ],
    ids=["dates", "text", "seconds", "milliseconds"],
)
def test_times_are_seconds_however_they_are_written(at: Any) -> None:
    read = read_interactions(frame(at=at), user="who", item="what", time="at")
    assert read.interactions.time_E is not None
    assert read.interactions.time_E.tolist() == [1577836807, 1577923200, 1578009600]


def test_an_arrow_table_and_a_file_read_alike(tmp_path: Any) -> None:
    frame().to_csv(tmp_path / "taken.csv", index=False)
    ways = [pa.table({"who": ["ann"], "what": [3]}), tmp_path / "taken.csv"]
    assert [len(read_interactions(way, user="who", item="what").interactions) for way in ways] == [1, 3]


def test_a_catalogue_keeps_items_that_nobody_took_and_refuses_those_it_lacks() -> None:
    names = np.array(["egg", "ham", "tea"], object)
    assert read_interactions(frame(), user="who", item="what", items=names).interactions.n_items == 3
    with pytest.raises(DataError, match=r"2 rows name an item that the catalogue of 2 lacks, the first is row 1"):
        read_interactions(frame(), user="who", item="what", items=names[:2])
    read = read_interactions(frame(), user="who", item="what", items=names[:2], unknown="drop")
    assert len(read.interactions) == 1
    assert read.notes == ("2 rows of items that the catalogue lacks dropped",)


@pytest.mark.parametrize(
    ("change", "columns", "message"),
    [
        ({}, {"item": "wat"}, r"no column 'wat' for the item; did you mean 'what'"),
        ({"stars": ["4", "good", "5"]}, {"rating": "stars"}, "'stars' has 1 cells that are no number.* in row 2"),
        ({"at": ["2020-01-01", "soon", "later"]}, {"time": "at"}, "'at' has 2 cells that are no time.* in row 2"),
        ({"who": [None, None, None]}, {}, "no interaction is left"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    change: dict[str, list[Any]], columns: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_interactions(frame(**change), **({"user": "who", "item": "what"} | columns))


def test_a_catalogue_with_a_name_twice_and_an_unknown_choice_are_refused() -> None:
    with pytest.raises(DataError, match="empty or repeated names"):
        read_interactions(frame(), user="who", item="what", items=np.array(["tea", "tea"]))
    with pytest.raises(ConfigError, match="unknown: no 'keep'"):
        read_interactions(frame(), user="who", item="what", unknown="keep")
