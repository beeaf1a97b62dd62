"""Each table a file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from synthgen.linked.network import Network
from synthgen.replacing import written_beside


def write_csv(network: Network, folder: Path) -> list[Path]:
    """``TABLE.csv`` with commas; missing cells are empty."""
    files = []
    for name, table in network.tables.items():
        path = folder / f"{name}.csv"
        flat = [_flat(column) for column in table.columns]
        with written_beside(path) as beside:
            pacsv.write_csv(pa.table(dict(zip(table.column_names, flat, strict=True))), beside)
        files.append(path)
    return files


def write_parquet(network: Network, folder: Path) -> list[Path]:
    """``TABLE.parquet``, numbers as numbers."""
    files = []
    for name in network.tables:
        path = folder / f"{name}.parquet"
        with written_beside(path) as beside:
            pq.write_table(natural(network, name), beside)
        files.append(path)
    return files


def natural(network: Network, name: str) -> pa.Table:
    """A table whose numbers are numbers, where they were text of a CSV."""
    table, columns = network.tables[name], {}
    for column in table.column_names:
        values = network.column(name, column)
        if pa.types.is_string(values.type) and network.line(name, column).type == "numeric":
            values = _as_numbers(values)
        columns[column] = values
    return pa.table(columns)


def _as_numbers(values: pa.Array) -> pa.Array:
    for kind in (pa.int64(), pa.float64()):
        try:
            return values.cast(kind)
        except pa.ArrowInvalid:
            continue
    return values


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_nested(column.type):
        return column
    return pa.chunked_array([pa.array([None if v is None else "|".join(map(str, v)) for v in column.to_pylist()])])


def write_lines(path: Path, columns: Mapping[str, Iterable[str]], between: str) -> Path:
    """A file of text columns with a first line of names; a cell keeps no tab and no line break."""
    with written_beside(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.write(between.join(columns) + "\n")
        for row in zip(*columns.values(), strict=True):
            file.write(between.join(" ".join(cell.split()) for cell in row) + "\n")
    return path
