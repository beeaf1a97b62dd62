from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from synthgen.errors import DataError
from synthgen.metrics.view import View, read_views
from synthgen.table.schema import ColumnSchema, Schema


def one(values: pa.Array, kind: str, **options: object) -> View:
    """The view of a table of one column."""
    table = pa.table({"x": values})
    schema = Schema(columns=[ColumnSchema(name="x", type=kind, options=dict(options))])
    return read_views(table, table, table, schema)[0]


def test_numbers_written_as_text_are_numbers():
    found = one(pa.array(["1", " 2.5", None, "1e3"]), "numeric").quantities["x"]
    assert found == pytest.approx([1, 2.5, np.nan, 1000], nan_ok=True)


def test_a_decimal_comma_is_read_as_the_schema_says():
    assert one(pa.array(["1,5", "-2,25"]), "numeric", decimal=",").quantities["x"].tolist() == [1.5, -2.25]


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (pa.array(["02.01.1970 12:00", None, "01.01.1970 00:00"]), {"format": "%d.%m.%Y %H:%M"}),
        (pa.array(["02.01.1970 12:00", None, "01.01.1970 00:00"]), {"format": None}),
        (pa.array(["129600000", None, "0"]), {"epoch": "ms"}),
        (pa.array([dt.datetime(1970, 1, 2, 12), None, dt.datetime(1970, 1, 1)]), {}),
    ],
)
def test_dates_become_days_whatever_they_are_stored_as(values: pa.Array, options: dict[str, object]):
    if options.get("format", "") is None:
        values, options = pa.concat_arrays([values, pa.array(["13.01.1970 00:00"])]), {}  # 13: the day comes first
    found = one(values, "datetime", **options).quantities["x"][:3]
    assert found == pytest.approx([1.5, np.nan, 0.0], nan_ok=True)


def test_labels_share_one_book_in_one_order_and_missing_has_a_code_of_its_own():
    schema = Schema(columns=[ColumnSchema(name="x", type="categorical")])
    tables = [pa.table({"x": pa.array(cells, pa.string())}) for cells in (["b", "c", None], ["a"], ["c", "b"])]
    train, holdout, synthetic = read_views(*tables, schema)
    assert train.labels["x"].tolist() == [1, 2, 3]
    assert holdout.labels["x"].tolist() == [0]
    assert synthetic.labels["x"].tolist() == [2, 1]
    assert train.sizes == {"x": 4}
    assert synthetic.books["x"].to_pylist() == ["a", "b", "c"]


def test_a_numeric_column_without_a_number_is_judged_by_what_is_missing():
    view = one(pa.array([None, None], pa.string()), "numeric")
    assert view.measures == {"x": "label"}
    assert view.missing["x"].all()


def test_dropped_columns_are_left_out():
    assert one(pa.array(["a"]), "drop").measures == {}


def test_a_column_that_a_table_lacks_is_an_error_that_names_it():
    schema = Schema(columns=[ColumnSchema(name="age", type="numeric")])
    full, lacking = pa.table({"age": [1]}), pa.table({"agee": [1]})
    with pytest.raises(DataError, match="the synthetic table has no column 'age'; did you mean 'agee'"):
        read_views(full, full, lacking, schema)


def test_rows_that_are_drawn_keep_their_cells_together():
    schema = Schema(columns=[ColumnSchema(name=n, type=k) for n, k in [("x", "numeric"), ("y", "categorical")]])
    table = pa.table({"x": list(range(100)), "y": [f"{i:03}" for i in range(100)]})
    drawn = read_views(table, table, table, schema)[0].draw(20, np.random.default_rng(0))
    assert drawn.n_rows == 20
    assert drawn.quantities["x"].tolist() == drawn.labels["y"].tolist()
    assert len(set(drawn.labels["y"])) == 20


def test_a_label_is_named_only_when_enough_rows_hold_it():
    schema = Schema(columns=[ColumnSchema(name="city", type="categorical")])
    rows = pa.table({"city": ["Bonn"] * 5 + ["Kiel"] * 4 + [None] * 5})
    others = pa.table({"city": ["Kiel"] * 9 + ["Aue"]})
    view, _, made = read_views(rows, others, others, schema, task="detect")
    assert view.names_of("city") == {1: "Bonn", 3: "(missing)"}
    assert view.take(np.arange(5)).names_of("city") == {1: "Bonn"}
    assert view.take(np.arange(5)).task == made.task == "detect"
