"""Made rows in a table's place: its form stays, and nothing that only its own rows could tell."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa

from synthgen.table.standing import standing_in
from synthgen.table.table import Table


def test_what_text_reads_as_is_read_off_the_made_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('zip;height\n"02134";1,5\n"10001";1,75\n')
    table = Table.from_any(tmp_path / "a.csv")
    made = standing_in(table, pa.table({"zip": ["10001", "10002"], "height": ["1,5", "2,5"]}))
    assert table.origin.dialect.style("zip").type == "text"
    assert made.origin.dialect.style("zip").type == "integer"
    assert made.origin.dialect.style("zip").quoted
    assert made.origin.dialect.delimiter == ";"
    assert made.folder is None


def test_declared_categories_that_no_made_row_holds_are_forgotten() -> None:
    frame = pd.DataFrame({"plan": pd.Categorical(["free", "paid", "secret"]), "age": pd.cut([1, 2, 3], [0, 1, 2, 3])})
    table = Table.from_any(frame, min_holders=1)
    made = standing_in(table, table.arrow.slice(0, 2))
    assert made.origin.categories["plan"].values == ("free", "paid")
    assert made.origin.categories["age"].values == ("0|1", "1|2")
    again = made.to_like(made.arrow)
    assert list(again["plan"].cat.categories) == ["free", "paid"]
    assert list(again["age"].astype(str)) == ["(0, 1]", "(1, 2]"]


def test_the_number_of_rows_in_the_notes_of_pandas_is_that_of_the_made_rows(tmp_path: Path) -> None:
    pd.DataFrame({"a": range(17)}).to_parquet(tmp_path / "a.parquet")
    table = Table.from_any(tmp_path / "a.parquet")
    made = standing_in(table, table.arrow.slice(0, 5))
    assert json.loads(table.origin.schema.metadata[b"pandas"])["index_columns"][0]["stop"] == 17
    assert json.loads(made.origin.schema.metadata[b"pandas"])["index_columns"][0]["stop"] == 5


def test_which_columns_hold_nan_is_read_off_the_made_rows() -> None:
    table = Table.from_any(pa.table({"a": [1.0, float("nan")], "b": [float("nan"), 2.0]}))
    made = standing_in(table, pa.table({"a": [1.0, 2.0], "b": pa.array([None, 2.0])}))
    assert (table.origin.nan, made.origin.nan) == (("a", "b"), ("b",))
