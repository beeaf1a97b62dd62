"""Tables: what goes in comes out as the same kind of thing, and no rare value is remembered."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.errors import DataError
from synthgen.table.origin import Origin
from synthgen.table.table import Table

SERIES: dict[str, pd.Series] = {
    "int64": pd.Series([1, 2, 3]),
    "uint8": pd.Series([1, 2, 3], dtype="uint8"),
    "float with missing": pd.Series([1.5, np.nan, np.inf]),
    "float32": pd.Series([1.5, 2, 3], dtype="float32"),
    "bool": pd.Series([True, False, True]),
    "str": pd.Series(["a", None, ""]),
    "object text, None": pd.Series(["a", None, "b"], dtype=object),
    "object text, nan": pd.Series(["a", np.nan, "b"], dtype=object),
    "object bool": pd.Series([True, None, False], dtype=object),
    "object dates": pd.Series([dt.date(2020, 1, 1), None, dt.date(1, 1, 1)], dtype=object),
    "object decimals": pd.Series([Decimal("1.50"), None, Decimal("2.25")], dtype=object),
    "object lists": pd.Series([["a", "b"], None, []], dtype=object),
    "string python": pd.Series(["a", pd.NA, "b"], dtype=pd.StringDtype("python")),
    "string pyarrow": pd.Series(["a", pd.NA, "b"], dtype=pd.StringDtype("pyarrow")),
    "Int64": pd.Series([1, pd.NA, 3], dtype="Int64"),
    "Float64": pd.Series([1.5, pd.NA, 3], dtype="Float64"),
    "boolean": pd.Series([True, pd.NA, False], dtype="boolean"),
    "datetime ns": pd.Series(pd.to_datetime(["2020-01-01 00:00:00.0", None, "2021-05-06 07:08:09.123456789"])).astype(
        "datetime64[ns]"
    ),
    "datetime s": pd.Series(np.array(["0001-01-01", "NaT", "9999-12-31"], dtype="datetime64[s]")),
    "datetime zone": pd.Series(pd.to_datetime(["2020-01-01", None, "2021-05-06"])).dt.tz_localize("Europe/Berlin"),
    "datetime offset": pd.Series(pd.to_datetime(["2020-01-01T00:00+02:00", None, "2021-05-06T00:00+02:00"])),
    "timedelta": pd.Series(pd.to_timedelta([1, None, 3], unit="D")),
    "period": pd.Series(pd.PeriodIndex(["2020-01", "NaT", "2020-03"], freq="M")),
    "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 5])),
    "arrow int": pd.Series([1, None, 3], dtype="int32[pyarrow]"),
    "arrow text": pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())),
    "arrow dictionary": pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))),
    "category": pd.Series(pd.Categorical(["b", None, "a"], categories=["b", "unused", "a"])),
    "category ordered": pd.Series(pd.Categorical(["lo", "hi", "lo"], categories=["lo", "mid", "hi"], ordered=True)),
    "category of numbers": pd.Series(pd.Categorical([3, 1, 3], categories=[3, 2, 1])),
    "category of intervals": pd.Series(pd.cut([1.5, 7.0, 2.0], [0.0, 2.5, 5.0, 10.0])),
    "all missing": pd.Series([None, None, None], dtype=object),
}

INDEXES: dict[str, pd.Index] = {
    "range": pd.RangeIndex(10, 16, 2, name="row"),
    "shuffled": pd.Index([5, 0, 9]),
    "named": pd.Index(["u1", "u2", "u3"], name="user"),
    "named as a column": pd.Index([7, 8, 9], name="x"),
    "unnamed text": pd.Index(["u1", "u2", "u3"]),
    "dates": pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-05"], name="day"),
    "several": pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["group", None]),
}


def again(table: Table, start: int = 0) -> Any:
    """The table's own rows as its kind, through a saved origin."""
    origin = Origin.from_state(json.loads(json.dumps(table.origin_state())))
    return origin.to_like(table.arrow, start)


@pytest.mark.parametrize("name", SERIES)
def test_a_pandas_column_comes_back_the_same(name: str) -> None:
    frame = pd.DataFrame({"x": SERIES[name], "n": [1, 2, 3]})
    table = Table.from_any(frame, min_holders=1)
    assert table.column("x").null_count == int(frame["x"].isna().sum())
    pd.testing.assert_frame_equal(again(table), frame)


@pytest.mark.parametrize("name", SERIES)
def test_a_pandas_column_keeps_its_dtype_in_no_rows(name: str) -> None:
    frame = pd.DataFrame({"x": SERIES[name], "n": [1, 2, 3]})
    table = Table.from_any(frame, min_holders=1)
    assert table.to_like(table.arrow.slice(0, 0)).dtypes.equals(frame.dtypes)


@pytest.mark.parametrize("name", [name for name in INDEXES if name not in ("range", "shuffled")])
def test_an_index_that_says_something_is_learned_and_set_again(name: str) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": ["a", "b", "c"]}, index=INDEXES[name])
    table = Table.from_any(frame)
    assert len(table.names) == 2 + frame.index.nlevels
    pd.testing.assert_frame_equal(again(table), frame, check_freq=False)


def test_an_index_that_counts_goes_on_counting() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=INDEXES["range"])
    table = Table.from_any(frame)
    pd.testing.assert_index_equal(again(table, 3).index, pd.RangeIndex(16, 22, 2, name="row"))
    shuffled = Table.from_any(pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=INDEXES["shuffled"]))
    pd.testing.assert_index_equal(again(shuffled, 3).index, pd.Index([3, 4, 5]))


@pytest.mark.parametrize(
    "labels",
    [
        pd.Index(["b", "a"]),
        pd.RangeIndex(2),
        pd.Index([7, 3], name="year"),
        pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")], names=["top", "sub"]),
        pd.DatetimeIndex(["2020-01-01", "2021-01-01"]),
    ],
    ids=str,
)
def test_column_labels_come_back(labels: pd.Index) -> None:
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=labels)
    pd.testing.assert_frame_equal(again(Table.from_any(frame)), frame, check_freq=False)


def test_a_category_that_too_few_rows_hold_is_not_remembered() -> None:
    values = ["common"] * 9 + ["Ann Rare"]
    column = pd.Categorical(values, categories=["unused", "Ann Rare", "common"])
    table = Table.from_any(pd.DataFrame({"x": column}))
    assert "Ann Rare" not in json.dumps(table.origin_state())
    common = table.arrow.slice(0, 3)
    assert list(table.to_like(common)["x"].cat.categories) == ["unused", "common"]
    assert list(table.to_like(table.arrow)["x"].cat.categories) == ["unused", "common", "Ann Rare"]


def test_unused_categories_of_a_long_list_are_not_remembered() -> None:
    names = [f"person {i}" for i in range(1000)]
    frame = pd.DataFrame({"x": pd.Categorical(names * 6, categories=names)}).iloc[:10]
    assert "person" not in json.dumps(Table.from_any(frame).origin_state())


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1, "secret", 2.5], r"column 'x' mixes int \(row 1\), str \(row 2\), float \(row 3\)"),
        (["secret", None, 7], r"column 'x' mixes str \(row 1\), int \(row 3\)"),
        ([1 + 2j, 2j, 3j], "column 'x' holds complex128"),
        ([object(), object(), None], r"column 'x' holds object \(row 1\)"),
        (pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3]), "column 'x' holds interval"),
    ],
    ids=str,
)
def test_a_pandas_column_of_mixed_or_strange_things_is_refused(values: Any, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        Table.from_any(pd.DataFrame({"x": values}), name="frame")
    assert "secret" not in str(caught.value)


def test_repeated_labels_are_refused_also_when_text_makes_them_equal() -> None:
    with pytest.raises(DataError, match=r"more than once: 'a' \(columns 1, 2\)"):
        Table.from_any(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]))
    with pytest.raises(DataError, match="more than once: '1'"):
        Table.from_any(pd.DataFrame([[1, 2], [3, 4]], columns=[1, "1"]))


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame({"a": []}), "no rows"),
        (pd.DataFrame({"a": [1]}), "one row"),
        (pd.DataFrame({"a": ["x", "y" * 2_000_000]}), "column 'a', row 2: a cell of 2.0 MB"),
        (pd.DataFrame(np.zeros((2, 5000))), "5,000 columns"),
        ([1, 2, 3], "cannot read a list"),
        ({"a": [1, 2]}, "cannot read a dict"),
        (np.zeros((3, 3)), "cannot read a ndarray"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_learned_is_refused(frame: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        Table.from_any(frame)


ARROW = pa.table(
    {
        "n": pa.array([1, None, 3], pa.int16()),
        "x": pa.array([1.0, float("nan"), 3.0]),
        "t": pa.array(["a", None, "c"], pa.large_string()),
        "v": pa.array(["a", None, "c"], pa.string_view()),
        "c": pa.array(["u", "v", "u"]).dictionary_encode(),
        "d": pa.array([dt.date(2020, 1, 1), None, dt.date(9999, 12, 31)]),
        "l": pa.array([["a"], [], None], pa.list_(pa.string())),
        "dec": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(10, 2)),
    }
)


def test_an_arrow_table_comes_back_with_its_schema_and_is_plain_inside() -> None:
    table = Table.from_any(ARROW)
    plain = {field.name: str(field.type) for field in table.arrow.schema}
    assert [plain[name] for name in "tvc"] == ["string"] * 3
    assert table.column("x").null_count == 1
    back = again(table)
    assert back.schema == ARROW.schema
    assert str(back.to_pydict()) == str(ARROW.to_pydict())


def test_a_record_batch_comes_back_as_one() -> None:
    batch = ARROW.select(["n", "c"]).to_batches()[0]
    table = Table.from_any(batch)
    assert again(table).equals(batch)
    assert isinstance(table.to_like(table.arrow.slice(0, 0)), pa.RecordBatch)


def test_a_reader_of_batches_is_a_table() -> None:
    assert isinstance(
        again(Table.from_any(pa.RecordBatchReader.from_batches(ARROW.schema, ARROW.to_batches()))), pa.Table
    )


def test_a_polars_frame_comes_back_as_one() -> None:
    polars = pytest.importorskip("polars")
    from polars.testing import assert_frame_equal

    frame = polars.DataFrame(
        {
            "n": [1, None, 3],
            "t": ["a", None, "c"],
            "c": polars.Series(["u", "v", None], dtype=polars.Categorical),
            "e": polars.Series(["lo", "hi", None], dtype=polars.Enum(["lo", "mid", "hi"])),
            "d": [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)],
            "at": polars.Series([dt.datetime(2020, 1, 1), None, dt.datetime(2021, 1, 1)]).dt.replace_time_zone("UTC"),
            "gap": [dt.timedelta(days=1), None, dt.timedelta(seconds=3)],
            "l": [["a"], [], None],
            "x": [1.5, float("nan"), 2.0],
        }
    )
    back = again(Table.from_any(frame, min_holders=1))
    assert back.schema == frame.schema
    assert_frame_equal(back, frame)


def test_a_rare_value_of_a_polars_enum_is_not_remembered() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"e": polars.Series(["lo"] * 9 + ["Ann Rare"], dtype=polars.Enum(["lo", "Ann Rare"]))})
    assert "Ann Rare" not in str(Table.from_any(frame).origin_state())
    import base64

    assert b"Ann Rare" not in base64.b64decode(Table.from_any(frame).origin_state()["schema"])


def test_rows_are_split_evenly_in_order_and_without_loss() -> None:
    table = Table.from_any(pd.DataFrame({"a": range(1000), "t": [f"r{i}" for i in range(1000)]}))
    train, held = table.split(0.2, np.random.default_rng(0))
    rows = train.column("a").to_pylist(), held.column("a").to_pylist()
    assert [len(part) for part in rows] == [800, 200]
    assert rows == (sorted(rows[0]), sorted(rows[1]))
    assert sorted(rows[0] + rows[1]) == list(range(1000))
    assert held.column("t").to_pylist() == [f"r{i}" for i in rows[1]]
    # Of 1,000 rows, the first half holds 100 of the 200 on average, standard deviation 6.3: false alarm 1 in 15,000.
    assert abs(sum(row < 500 for row in rows[1]) - 100) < 26


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_split_leaves_neither_side_empty(share: float) -> None:
    parts = Table.from_any(pa.table({"a": [1, 2, 3]})).split(share, np.random.default_rng(0))
    assert min(map(len, parts)) == 1


def test_rows_are_taken_in_the_order_asked_for() -> None:
    table = Table.from_any(pa.table({"a": ["x", None, "z"]}))
    assert table.take(np.array([2, 1, 2])).column("a").to_pylist() == ["z", None, "z"]


def test_rows_without_a_dropped_column_or_index_level_are_a_frame() -> None:
    index = pd.MultiIndex.from_arrays([["a", "b", "c"] * 4, ["x", "y"] * 6], names=["one", "two"])
    frame = pd.DataFrame({"n": range(12), "gone": 0.5, "m": 1.5}, index=index)
    table = Table.from_any(frame)
    without = table.origin.to_like(table.arrow.drop_columns(["gone"]))
    pd.testing.assert_frame_equal(without, frame[["n", "m"]])
    one_level = table.origin.to_like(table.arrow.drop_columns(["gone", "one"]))
    assert one_level.index.name == "two"
    assert one_level.index.nlevels == 1
    none = table.origin.to_like(table.arrow.drop_columns(["gone", "one", "two"]))
    assert none.index.equals(pd.RangeIndex(12))
