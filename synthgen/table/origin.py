"""Where a table came from, so that what is made from it comes back as the same kind of thing.

Nothing here is a row or a rare value: it is saved with the model.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from synthgen.table.dialect import Dialect
from synthgen.table.natural import typed

Kind = Literal["csv", "parquet", "pandas", "arrow", "batch", "polars"]


@dataclass(frozen=True)
class Categories:
    """The declared values of a categorical column, in order, as text.

    Attributes:
        values: as text, or ``left|right`` of intervals.
        ordered: whether their order means something.
        closed: the closed side of intervals; None for plain values.
    """

    values: tuple[str, ...]
    ordered: bool = False
    closed: str | None = None


@dataclass(frozen=True)
class Origin:
    """The kind and outer shape of a table.

    Attributes:
        kind: what ``to_like`` returns: a pandas frame for ``csv``, ``parquet`` and ``pandas``.
        schema: the columns as they came (dictionary and view types too); metadata only of pandas, about its index.
        dialect: how to write them as text.
        frame: shape of a pandas frame (``synthgen.table.frames``), in JSON types.
        categories: of pandas categoricals and Polars enums, by column.
        nan: columns of floats that hold NaN instead of null for a missing cell.
    """

    kind: Kind
    schema: pa.Schema
    dialect: Dialect = field(default_factory=Dialect)
    frame: Mapping[str, Any] | None = None
    categories: Mapping[str, Categories] = field(default_factory=dict)
    nan: tuple[str, ...] = ()

    def state(self) -> dict[str, Any]:
        """All of it in JSON types."""
        return {
            "kind": self.kind,
            "schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode("ascii"),
            "dialect": self.dialect.state(),
            "frame": dict(self.frame) if self.frame is not None else None,
            "categories": {
                name: {"values": list(c.values), "ordered": c.ordered, "closed": c.closed}
                for name, c in self.categories.items()
            },
            "nan": list(self.nan),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Origin:
        """The origin again.

        Example:
            >>> origin = Origin("arrow", pa.schema([("a", pa.int64())]))
            >>> Origin.from_state(origin.state()).schema.names
            ['a']
        """
        return cls(
            kind=state["kind"],
            schema=pa.ipc.read_schema(pa.py_buffer(base64.b64decode(state["schema"]))),
            dialect=Dialect.from_state(state["dialect"]),
            frame=state["frame"],
            categories={
                name: Categories(tuple(known["values"]), known["ordered"], known["closed"])
                for name, known in state["categories"].items()
            },
            nan=tuple(state["nan"]),
        )

    def to_like(self, arrow: pa.Table, start: int = 0) -> Any:
        """Rows in the kind of the input.

        Args:
            arrow: columns of the table, in its physical types.
            start: how many rows came before, for an index that counts.

        Returns:
            A pandas frame for a CSV, Parquet file or pandas frame, else an Arrow table, record batch or Polars frame.
        """
        if self.kind == "pandas":
            from synthgen.table.frames import to_pandas

            return to_pandas(arrow, self, start)
        table = self.as_arrow(arrow)
        if self.kind in ("csv", "parquet"):
            return table.to_pandas()
        if self.kind == "batch":
            return table.combine_chunks().to_batches()[0] if len(table) else _empty_batch(table.schema)
        if self.kind == "polars":
            return _to_polars(table, self.categories)
        return table

    def of_other(self, columns: pa.Schema) -> Origin:
        """The kind of another table that comes beside this one."""
        return Origin("parquet" if self.kind == "pandas" else self.kind, columns, self.dialect)

    def as_arrow(self, arrow: pa.Table) -> pa.Table:
        """Columns in the types they had, dictionary-encoded where they were; text of a CSV as what it reads as."""
        if self.kind == "csv":
            return natural_table(arrow, self.dialect)
        columns, fields = [], []
        for name, column in zip(arrow.column_names, arrow.columns, strict=True):
            wanted = self.schema.field(name)
            if name in self.nan:
                column = pc.fill_null(column, float("nan"))
            columns.append(cast_back(column, wanted.type))
            fields.append(pa.field(name, wanted.type, wanted.nullable or column.null_count > 0))
        return pa.table(columns, schema=pa.schema(fields, self.schema.metadata))


def natural_table(arrow: pa.Table, dialect: Dialect) -> pa.Table:
    """Text columns as what they read as; a column in which some value does not is left as text."""
    columns = []
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        try:
            columns.append(typed(column, dialect.style(name).type, dialect.decimal))
        except pa.ArrowInvalid:
            columns.append(column)
    return pa.table(columns, names=arrow.column_names)


def cast_back(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """A column in the type it had before ``physical``."""
    if column.type == wanted:
        return column
    if pa.types.is_dictionary(wanted):
        coded = column.combine_chunks().dictionary_encode()
        values = coded.dictionary.cast(wanted.value_type)
        indices = coded.indices.cast(wanted.index_type)
        return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, values, ordered=wanted.ordered)])
    if isinstance(wanted, pa.BaseExtensionType):
        return pa.chunked_array([wanted.wrap_array(cast_back(column, wanted.storage_type).combine_chunks())])
    return column.cast(wanted)


def _empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema)


def _to_polars(table: pa.Table, categories: Mapping[str, Categories]) -> Any:
    """A Polars frame; an Arrow table where Polars is not installed (a model loaded elsewhere)."""
    try:
        import polars as pl
    except ImportError:
        return table
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    for name, known in categories.items():
        text = frame[name].cast(pl.String)
        fresh = [value for value in text.unique(maintain_order=True).drop_nulls() if value not in known.values]
        frame = frame.with_columns(text.cast(pl.Enum([*known.values, *fresh])))
    return frame
