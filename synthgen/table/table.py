"""A table in memory: Arrow columns, and where they came from."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.errors import DataError
from synthgen.table.origin import Categories, Kind, Origin

MAX_COLUMNS = 2_000
"""More columns than any model here was tried with; a wider file is most often a matrix or a transposed table."""
MAX_CELL_BYTES = 1_000_000
"""A longer cell is a document or a file inside a table, or the sign of a quote that was never closed."""
MIN_HOLDERS = 5
FEWEST_ROWS = 2
SMALL_SCALE = 256
"""A declared category that no row holds is part of a scale when there are at most so many; else it is somebody's."""


@dataclass(frozen=True)
class Table:
    """Columns as the program works with them.

    Every column is one Arrow array without dictionaries or views; missing is null, never NaN. Columns of a CSV are
    text, just as they stand in the file.

    Attributes:
        arrow: the columns.
        origin: the kind of thing it was made from.
        name: what messages call it.
        folder: where its file is, for paths in it; None when it came from memory.

    Example:
        >>> table = Table.from_any(pa.table({"a": [1, 2, 3]}))
        >>> len(table), table.names, table.column("a")[2].as_py()
        (3, ['a'], 3)
    """

    arrow: pa.Table
    origin: Origin
    name: str = "table"
    folder: str | None = None

    @classmethod
    def from_any(
        cls, data: Any, name: str | None = None, *, min_holders: int = MIN_HOLDERS, fewest: int = FEWEST_ROWS
    ) -> Table:
        """A table from a path, a pandas frame, an Arrow table, or anything that speaks Arrow (Polars, DuckDB).

        Args:
            data: the data.
            name: what messages call it; by default the file's name or the kind of object.
            min_holders: a declared category held by fewer rows is not remembered.
            fewest: rows that must be there; learning needs two.

        Raises:
            DataError: it is none of these, or not a table that can be learned from.
        """
        if isinstance(data, Table):
            return data
        if isinstance(data, (str, PathLike)):
            from synthgen.table.files import read_table

            table = read_table(Path(data), fewest=fewest)
            return replace(table, name=name) if name else table
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(data, pandas.DataFrame):
            from synthgen.table.frames import from_pandas

            where = name or "the frame"
            check_names([str(label) for label in data.columns], where)
            arrow, origin = from_pandas(data, where, min_holders)
            return cls(arrow, origin, where).checked(fewest)
        if isinstance(data, (pa.Table, pa.RecordBatch)) or hasattr(data, "__arrow_c_stream__"):
            return _from_arrow(data, name, min_holders, fewest)
        raise DataError(
            f"{name or 'data'}: cannot read a {type(data).__name__}; a path, a pandas frame, an Arrow table or a "
            "Polars frame was expected. Make a frame of it first, such as pandas.DataFrame(data)"
        )

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return list(self.arrow.column_names)

    def column(self, name: str) -> pa.Array:
        """One column, in one piece (without a copy: columns are kept so)."""
        return joined(self.arrow.column(name))

    def take(self, indices: np.ndarray) -> Table:
        """The rows with these numbers, in this order."""
        rows = pa.array(indices)
        columns = [joined(column).take(rows) for column in self.arrow.columns]
        return replace(self, arrow=pa.table(columns, schema=self.arrow.schema))

    def split(
        self, holdout_share: float, rng: np.random.Generator, unit_N: np.ndarray | None = None
    ) -> tuple[Table, Table]:
        """Two tables, rows drawn evenly and kept in order; each gets at least one row.

        Args:
            holdout_share: share of rows in the second, 0 to 1; of people where it is known whose rows they are.
            rng: draws the rows.
            unit_N: whose each row is: all rows of a person go to one side; None: each is somebody else's.

        Raises:
            DataError: all rows are one person's.

        Example:
            >>> table = Table.from_any(pa.table({"a": list(range(10))}))
            >>> [len(part) for part in table.split(0.2, np.random.default_rng(0))]
            [8, 2]
        """
        whose_N = np.arange(len(self)) if unit_N is None else np.unique(unit_N, return_inverse=True)[1]
        n = int(whose_N.max()) + 1
        if unit_N is not None and n < 2:
            raise DataError(f"{self.name}: all rows belong to one person; several were expected. Leave the unit out")
        size = min(max(round(holdout_share * n), 1), n - 1)
        held_U = np.zeros(n, dtype=bool)
        held_U[rng.permutation(n)[:size]] = True
        held = held_U[whose_N]
        return self.take(np.flatnonzero(~held)), self.take(np.flatnonzero(held))

    def to_like(self, arrow: pa.Table, start: int = 0) -> Any:
        """Rows of this table's columns in the kind of the input; see ``Origin.to_like``."""
        return self.origin.to_like(arrow, start)

    def origin_state(self) -> dict[str, Any]:
        """Where it came from, in JSON types; ``Origin.from_state`` reads it."""
        return self.origin.state()

    def checked(self, fewest: int = FEWEST_ROWS) -> Self:
        """Itself, if it can be learned from.

        Raises:
            DataError: too few rows, too many columns, names given twice, or a cell too long.
        """
        check_names(self.names, self.name)
        check_rows(len(self), self.name, fewest)
        for name in self.names:
            _check_cells(self.column(name), name, self.name)
        return self


def check_names(names: list[str], where: str) -> None:
    """Refuse no columns, too many, and names given twice.

    Raises:
        DataError: one of these.
    """
    if not names:
        raise DataError(f"{where}: no columns; at least one was expected. Check that this is the right table")
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"{where}: {len(names):,} columns; at most {MAX_COLUMNS:,} can be learned. "
            "Choose the columns that matter, or turn the table if rows and columns are swapped"
        )
    if len(set(names)) == len(names):
        return
    places: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        places.setdefault(name, []).append(i + 1)
    twice = [f"{name!r} (columns {', '.join(map(str, at))})" for name, at in places.items() if len(at) > 1]
    more = f" and {len(twice) - 5} more" if len(twice) > 5 else ""
    raise DataError(
        f"{where}: the same column name more than once: {'; '.join(twice[:5])}{more}; every name must differ. "
        "Rename or drop the repeated columns"
    )


def check_rows(rows: int, where: str, fewest: int = FEWEST_ROWS) -> None:
    """Refuse a table of too few rows: to learn from, of no row or one.

    Raises:
        DataError: there are fewer.
    """
    if rows < fewest == 1:
        raise DataError(f"{where}: no rows; at least one was expected. Check that the file is complete")
    if rows < fewest:
        found = "a header but no rows" if rows == 0 else "one row"
        raise DataError(
            f"{where}: {found}; at least 2 rows are needed to learn from (some hundreds to learn well). "
            "Check that the file is complete and its first line holds the column names"
        )


def _check_cells(values: pa.Array, column: str, where: str) -> None:
    kind = values.type
    if len(values) == 0 or not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)):
        return
    lengths = pc.binary_length(values)
    longest = pc.max(lengths).as_py() or 0
    if longest > MAX_CELL_BYTES:
        row = pc.index(lengths, longest).as_py() + 1
        raise DataError(cell_too_long(where, f"column {column!r}, row {row}", longest))


def cell_too_long(where: str, place: str, size: int) -> str:
    """The message about a cell over the limit."""
    return (
        f"{where}: {place}: a cell of {size / 1e6:.1f} MB; at most {MAX_CELL_BYTES / 1e6:.0f} MB fits a cell. "
        "Drop or shorten that column, or close a quote that was left open there"
    )


def joined(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece; text of more than 2 GB gets wide offsets."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_string(column.type) and column.nbytes >= 2**31 - 1:
        column = column.cast(pa.large_string())
    return column.combine_chunks()


def physical(column: pa.ChunkedArray) -> pa.Array:
    """A column without dictionaries, views, run lengths and extension types; NaN becomes null.

    Example:
        >>> physical(pa.chunked_array([pa.array(["a", "b"]).dictionary_encode()])).type
        DataType(string)
    """
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return physical(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    if pa.types.is_dictionary(kind):
        return physical(pa.chunked_array([_decoded(chunk) for chunk in column.chunks], _plain(kind.value_type)))
    if pa.types.is_run_end_encoded(kind):
        return physical(pc.run_end_decode(column))
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.string() if column.nbytes < 2**31 - 1 else pa.large_string())
    elif pa.types.is_binary_view(kind) or pa.types.is_large_binary(kind):
        column = column.cast(pa.binary())
    elif pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return joined(column)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Without view: Arrow has no decoding into views."""
    return pa.string() if pa.types.is_string_view(kind) else pa.binary() if pa.types.is_binary_view(kind) else kind


def _decoded(chunk: pa.DictionaryArray) -> pa.Array:
    return chunk.dictionary.cast(_plain(chunk.type.value_type)).take(chunk.indices)


def physical_table(arrow: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """All columns so, and the names of those that held NaN and no null."""
    columns = [physical(column) for column in arrow.columns]
    pairs = zip(arrow.column_names, arrow.columns, columns, strict=True)
    nan = tuple(name for name, before, after in pairs if after.null_count and not before.null_count)
    return pa.table(columns, names=arrow.column_names), nan


def held_categories(declared: list[str], held: np.ndarray, min_holders: int) -> list[str]:
    """The declared values that may be remembered: enough rows hold them, or none does and the scale is small.

    Args:
        declared: all values, in order.
        held: ``(len(declared),)``, rows that hold each.
        min_holders: how many rows are enough.

    Example:
        >>> held_categories(["low", "high", "Ann"], np.array([9, 0, 1]), 5)
        ['low', 'high']
    """
    least = np.where(held == 0, len(declared) <= SMALL_SCALE, held >= min_holders)
    return [value for value, keep in zip(declared, least, strict=True) if keep]


def _from_arrow(data: Any, name: str | None, min_holders: int, fewest: int) -> Table:
    module = type(data).__module__.split(".")[0]
    where = name or f"the {module if module != 'pyarrow' else 'Arrow'} table"
    kind: Kind = "polars" if module == "polars" else "batch" if isinstance(data, pa.RecordBatch) else "arrow"
    try:
        arrow = pa.Table.from_batches([data]) if kind == "batch" else pa.table(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{where}: a {type(data).__name__} is no table; named columns of equal length were expected. "
            "Make a frame of it first"
        ) from error
    check_names(arrow.column_names, where)
    columns, nan = physical_table(arrow)
    categories = _enums(data, arrow, min_holders) if kind == "polars" else {}
    schema = pa.schema([pa.field(field.name, field.type) for field in arrow.schema], pandas_metadata(arrow.schema))
    return Table(columns, Origin(kind, schema, categories=categories, nan=nan), where).checked(fewest)


def pandas_metadata(schema: pa.Schema) -> dict[bytes, bytes] | None:
    """What pandas noted about its index in an Arrow schema; other metadata is nobody's to pass on."""
    noted = (schema.metadata or {}).get(b"pandas")
    return {b"pandas": noted} if noted else None


def _enums(frame: Any, arrow: pa.Table, min_holders: int) -> dict[str, Categories]:
    """The declared values of Polars enums."""
    found = {}
    for name, dtype in frame.schema.items():
        if type(dtype).__name__ != "Enum":
            continue
        declared = list(dtype.categories)
        counted = pc.value_counts(physical(arrow.column(name)))
        counts = dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True))
        held = np.array([counts.get(value, 0) for value in declared])
        found[name] = Categories(tuple(held_categories(declared, held, min_holders)), ordered=True)
    return found
