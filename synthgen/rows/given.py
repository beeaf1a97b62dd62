"""Rows that the user has: read, checked against the schema, brought to the training table's spelling, encoded.

Letters: N rows, S slots.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.boolean import Boolean
from synthgen.columns.number_text import is_number
from synthgen.errors import DataError, near_miss
from synthgen.rows.known import Known
from synthgen.rows.spelling import Spelled, expected_type, spelled
from synthgen.seeding import numpy_stream
from synthgen.table.files import read_table
from synthgen.table.table import Table

READING = ("missing", "delimiter", "encoding", "decimal")
MOST_NAMED = 5


@dataclass(frozen=True)
class Given:
    """Rows of a table.

    Attributes:
        known: the model that is asked.
        table: the rows as they came, with all their columns.
        columns: what the model knows of, by name, in its own order.
    """

    known: Known
    table: Table
    columns: dict[str, Spelled]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def notes(self) -> list[str]:
        """What reading did to the cells, sentences without a value."""
        return list(dict.fromkeys(column.note for column in self.columns.values() if column.note))

    @cached_property
    def cells(self) -> pa.Table:
        """The model's columns in the training table's spelling."""
        return pa.table({name: column.cells for name, column in self.columns.items()})

    @cached_property
    def cells_filled(self) -> pa.Table:
        """The same, with a no in place of a missing cell of a one-hot group, as codecs expect it."""
        return _flags_filled(self.known, self.cells)[0]

    @property
    def decimal(self) -> tuple[str, str]:
        """The decimal mark of text: of the training table, of this one."""
        return self.known.origin.dialect.decimal, self.table.origin.dialect.decimal


def given_rows(
    known: Known, data: Any, reading: Mapping[str, Any] | None = None, may_lack: Collection[str] = ()
) -> Given:
    """Read rows.

    Args:
        known: the model that is asked.
        data: as for ``Synthesizer.fit``; one row is enough.
        reading: how a file is read, see ``read_table``; what is None is as at the fit.
        may_lack: columns that need not be there.

    Raises:
        DataError: they cannot be read, or their columns are not those that were learned.
    """
    table = _read(known, data, reading or {})
    wanted = known.codec.names
    _check_columns(table, wanted, [column.name for column in known.schema.columns], may_lack)
    decimal = (known.origin.dialect.decimal, table.origin.dialect.decimal)
    columns = {}
    for name in wanted:
        table = _typed_like(known, table, name)
        cells = table.column(name) if name in table.names else pa.nulls(len(table), pa.string())
        columns[name] = spelled(known.codec, name, cells, table.name, decimal)
    return Given(known, table, columns)


def _read(known: Known, data: Any, reading: Mapping[str, Any]) -> Table:
    if not isinstance(data, str | PathLike):
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(data, pandas.DataFrame) and _index_is_no_column(known, data):
            data = data.reset_index(drop=True)
        return Table.from_any(data, fewest=1)
    options = {key: reading.get(key) or known.reading.get(key) for key in READING}
    table = read_table(Path(data), **options, fewest=1)
    return _marks_of_training(known, table) if table.origin.kind == "csv" else table


def _typed_like(known: Known, table: Table, name: str) -> Table:
    """A column of a frame without any value has whatever type; here it takes that of the training table."""
    if name not in table.names or table.origin.kind == "csv" or table.column(name).null_count < len(table):
        return table
    found, wanted = table.column(name).type, expected_type(known.codec, name)
    if found == wanted or (is_number(found) and is_number(wanted)):
        return table
    at, origin = table.names.index(name), table.origin
    frame = origin.frame
    if frame is not None:
        objects = {"kind": "object", "na": "none", "lists": False}
        frame = {**frame, "dtypes": {**frame["dtypes"], name: objects}}
    schema = origin.schema.set(origin.schema.get_field_index(name), pa.field(name, wanted))
    nan = tuple(one for one in origin.nan if one != name)
    arrow = table.arrow.set_column(at, name, pa.nulls(len(table), wanted))
    return replace(table, arrow=arrow, origin=replace(origin, schema=schema, frame=frame, nan=nan))


def _index_is_no_column(known: Known, frame: Any) -> bool:
    """An index says nothing that was learned, unless its levels are columns of the schema."""
    names = [f"__index_level_{i}__" if name is None else str(name) for i, name in enumerate(frame.index.names)]
    return not set(names) & set(known.schema.names)


def _marks_of_training(known: Known, table: Table) -> Table:
    """A mark that stood for a missing cell in a column of the training table does so here."""
    columns = table.arrow
    for name in known.codec.names:
        mark = known.origin.dialect.style(name).missing
        if mark and name in columns.column_names:
            cells = table.column(name)
            if pc.any(marked := pc.fill_null(pc.equal(cells, mark), False)).as_py():
                at = columns.column_names.index(name)
                columns = columns.set_column(at, name, pc.if_else(marked, pa.scalar(None, cells.type), cells))
    return replace(table, arrow=columns)


def _check_columns(table: Table, wanted: list[str], schema: list[str], may_lack: Collection[str]) -> None:
    lacking = [name for name in wanted if name not in set(table.names) and name not in may_lack]
    extra = [name for name in table.names if name not in set(schema)]
    if not lacking and not extra:
        return
    faults = []
    if lacking:
        faults.append(f"lacks {_listed(lacking)} of the table that was learned")
    if extra:
        faults.append(f"has {_listed(extra)} that the model does not know")
    hint = near_miss(lacking[0], extra or table.names) if lacking else near_miss(extra[0], schema)
    raise DataError(
        f"{table.name}: {' and '.join(faults)}; the same columns were expected, in any order. "
        f"For {(lacking or extra)[0]!r}: {hint}"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"


# Tokens


def encode(known: Known, cells: pa.Table, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``(N, S)`` tokens of cells in the training table's spelling, and which of them come from a cell that is there."""
    filled, there = _flags_filled(known, cells)
    tokens_NS = known.codec.encode(filled, seed)
    given_NS = np.zeros(tokens_NS.shape, bool)
    for name, slots in known.slots_of.items():
        here = there[name] if name in there else np.asarray(cells[name].is_valid())
        given_NS[:, slots] = here[:, None]
    return tokens_NS, given_NS


def _flags_filled(known: Known, cells: pa.Table) -> tuple[pa.Table, dict[str, np.ndarray]]:
    """One-hot groups with a no in place of a missing cell, and by label whether the cells that are there decide it."""
    there: dict[str, np.ndarray] = {}
    for label, members in known.codec.one_hot.items():
        null_NK = np.stack([np.asarray(cells[name].is_null()) for name in members], 1)
        true_NK = np.stack([_is_true(cells[name], spelling) for name, spelling in members.items()], 1)
        there[label] = np.asarray(~null_NK.any(1) | true_NK.any(1))
        for (name, spelling), is_true in zip(members.items(), true_NK.T, strict=True):
            at = cells.column_names.index(name)
            flags = spelling.decode(is_true[:, None].astype(np.int32), numpy_stream(0), 0)
            cells = cells.set_column(at, name, flags)
    return cells, there


def _is_true(values: pa.ChunkedArray, spelling: Boolean) -> np.ndarray:
    present = np.asarray(values.is_valid())
    found = np.zeros(len(values), bool)
    if present.any():
        found[present] = spelling.encode(values.combine_chunks().drop_null(), numpy_stream(0))[:, 0] == 1
    return found
