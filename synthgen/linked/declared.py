"""Counts found in real tables, and computed for made ones.

Letters: N rows of the child, P rows of the parent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import NumberFormat, learn_format, parse_numbers
from synthgen.linked.calendar import Calendar
from synthgen.linked.counts import Count
from synthgen.linked.keys import parent_rows
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.table.table import Table

NEARLY = 0.98
"""Of the rows of a parent that have something to count, those in which a column must say it."""
FEWEST = 20
"""Such rows, of which half say more than one thing: fewer may agree by chance."""
MOST_VALUES = 12
"""Different values of a child's column whose rows are counted apart."""


@dataclass(frozen=True)
class Declared:
    """A count, and how it is read and written.

    Attributes:
        count: what is computed.
        reads: how the child's times are written, where it takes these.
        writes: how the column writes numbers; None: it holds times.
        when: how it writes times; None: it holds numbers.
        decimal: the decimal mark of the child.
    """

    count: Count
    reads: Calendar | None
    writes: NumberFormat | None
    when: Calendar | None
    decimal: str

    @classmethod
    def of(cls, schema: LinkedSchema, tables: Mapping[str, Table], name: str, column: str, count: Count) -> Self:
        """How a real column is written, and what it is computed from."""
        child = count.of[0].split(".")[0]
        own, decimal = tables[name].column(column), tables[name].origin.dialect.decimal
        reads = when = writes = None
        if count.take in ("min", "max"):
            reads = _calendar(schema, tables, child, str(count.column))
        if reads is not None:
            when = _calendar(schema, tables, name, column) or reads
        else:
            there = own.filter(pa.array(np.isfinite(parse_numbers(own, decimal))))
            there = there if len(there) else pa.array(["0"], pa.string()).cast(own.type, safe=False)
            writes = learn_format(there, parse_numbers(there, decimal), decimal)
        return cls(count, reads, writes, when, tables[child].origin.dialect.decimal)

    def over(self, child: Mapping[str, pa.Array], row_N: list[np.ndarray], n_parents: int) -> np.ndarray:
        """``(P,)`` what is to stand in the column as numbers, times in seconds; nan: nothing.

        Args:
            child: its columns, those that the count takes.
            row_N: for each reference that counts, the parent's row of each row of the child, below 0 for none.
            n_parents: P.
        """
        number_N = self._numbers(child)
        of_N = np.concatenate(row_N)
        number_N = np.tile(number_N, len(row_N)) if len(number_N) else np.ones(len(of_N))
        there_N = (of_N >= 0) & ~np.isnan(number_N)
        of_N, number_N = of_N[there_N], number_N[there_N]
        rows_P = np.bincount(of_N, minlength=n_parents)
        nothing = np.nan if self.count.empty == "missing" or self.when is not None else 0.0
        if self.count.take in ("rows", "sum", "mean"):
            total_P = np.bincount(of_N, number_N, n_parents)
            found_P = total_P / np.maximum(rows_P, 1) if self.count.take == "mean" else total_P
        else:
            least = self.count.take == "min"
            found_P = np.full(n_parents, np.inf if least else -np.inf)
            (np.minimum if least else np.maximum).at(found_P, of_N, number_N)
        written_P: np.ndarray = np.where(rows_P > 0, self._rounded(found_P), nothing)
        return written_P

    def _numbers(self, child: Mapping[str, pa.Array]) -> np.ndarray:
        """``(N,)`` what rows of the child add; empty: one each."""
        if self.count.column is None:
            return np.zeros(0)
        values = child[self.count.column]
        if self.count.take == "rows":
            return np.where(
                np.asarray(pc.fill_null(pc.equal(_texts(values), str(self.count.value)), False)), 1.0, np.nan
            )
        if self.reads is not None:
            second_N, there_N = self.reads.seconds(values)
            return np.where(there_N, second_N, np.nan)
        return parse_numbers(values, self.decimal)

    def _rounded(self, found_P: np.ndarray) -> np.ndarray:
        """On the column's own grid."""
        if self.when is not None and not self.when.clock:
            return np.floor(found_P / 86_400) * 86_400
        if self.writes is not None and self.writes.decimals is not None:
            return np.round(found_P, self.writes.decimals)
        return found_P

    def write(self, found_P: np.ndarray) -> pa.Array:
        """As the column has it."""
        there_P = np.isfinite(found_P)
        if self.when is not None:
            return self.when.write(np.where(there_P, found_P, 0).astype(np.int64), there_P)
        assert self.writes is not None
        written = self.writes.write(np.where(there_P, found_P, 0.0))
        return pc.if_else(pa.array(there_P), written, pa.scalar(None, written.type))

    def state(self) -> dict[str, Any]:
        """In JSON types."""
        parts = {"reads": self.reads, "writes": self.writes, "when": self.when}
        found = {name: None if part is None else part.state() for name, part in parts.items()}
        return {"count": self.count.model_dump(mode="json"), "decimal": self.decimal, **found}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The count again."""
        reads, when = (None if state[name] is None else Calendar.from_state(state[name]) for name in ("reads", "when"))
        writes = None if state["writes"] is None else NumberFormat.from_state(state["writes"])
        return cls(Count.model_validate(state["count"]), reads, writes, when, state["decimal"])


def ends_of(schema: LinkedSchema, name: str, count: Count) -> list[Reference]:
    """The references whose rows are counted."""
    return [r for r in schema.into(name) if r.end in count.of]


def fill(
    schema: LinkedSchema,
    declared: Mapping[str, Mapping[str, Declared]],
    columns: Mapping[str, dict[str, pa.Array]],
    rows: Mapping[Reference, np.ndarray],
    sizes: Mapping[str, int],
) -> None:
    """Compute all counts, in place.

    Args:
        schema: what links the tables.
        declared: by table and column.
        columns: of all tables.
        rows: for each reference the parent's row of each row of the child.
        sizes: rows of each table.
    """
    for name, column, count in schema.counted():
        ends = ends_of(schema, name, count)
        found_P = declared[name][column].over(columns[ends[0].table], [rows[end] for end in ends], sizes[name])
        columns[name][column] = declared[name][column].write(found_P)


def detect_counts(tables: Mapping[str, Table], schema: LinkedSchema) -> dict[str, dict[str, Count]]:
    """Columns that say of nearly every row what the rows that refer to it hold.

    Args:
        tables: by name.
        schema: what links them.
    """
    found: dict[str, dict[str, Count]] = {}
    for name, table in tables.items():
        own = schema.tables[name]
        linked = {*own.key, *(c for r in schema.of(name) for c in r.columns), own.time}
        open_ = [c for c in table.names if c not in linked and own.columns.column(c).type != "drop"]
        said = {column: number for column in open_ if (number := _said(schema, tables, name, column)) is not None}
        rows = {r: _rows(tables, r) for r in schema.into(name)} if said else {}
        best: dict[str, tuple[float, Count]] = {}
        for count in _possible(schema, tables, name) if said else ():
            for column, (times, number_P) in said.items():
                if times != _of_times(schema, count):
                    continue
                share, empty = _agreement(schema, tables, name, column, count, number_P, rows)
                if share > best.get(column, (NEARLY, count))[0] or (column not in best and share >= NEARLY):
                    best[column] = (share, count.model_copy(update={"empty": empty}))
        if best:
            found[name] = {column: best[column][1] for column in said if column in best}
    return found


def _said(schema: LinkedSchema, tables: Mapping[str, Table], name: str, column: str) -> tuple[bool, np.ndarray] | None:
    """Whether a column holds times, and its numbers; None: it holds neither."""
    table, calendar = tables[name], _calendar(schema, tables, name, column)
    if calendar is not None:
        second_P, there_P = calendar.seconds(table.column(column))
        return True, np.where(there_P, second_P, np.nan)
    number_P = parse_numbers(table.column(column), table.origin.dialect.decimal)
    there_P = np.asarray(table.column(column).is_valid())
    if not there_P.any() or np.isnan(number_P[there_P]).any() or len(np.unique(number_P[there_P])) < 2:
        return None
    return False, number_P


def _possible(schema: LinkedSchema, tables: Mapping[str, Table], name: str) -> Iterator[Count]:
    """Counts that a column of a table may be, the plainest first."""
    into = [r for r in schema.into(name) if r.table in schema.tables]
    for reference in into:
        yield Count(of=(reference.end,))
    for place, reference in enumerate(into):
        for other in into[place + 1 :]:
            if other.table == reference.table:
                yield Count(of=(reference.end, other.end))
    for reference in into:
        child = schema.tables[reference.table]
        linked = {*child.key, *(c for r in schema.of(reference.table) for c in r.columns)}
        for line in child.columns.columns:
            if line.name in linked:
                continue
            if line.type == "datetime":
                yield from (Count(of=(reference.end,), take=take, column=line.name) for take in ("max", "min"))
            elif line.type == "numeric":
                yield from (
                    Count(of=(reference.end,), take=take, column=line.name) for take in ("sum", "mean", "max", "min")
                )
            if line.type in ("categorical", "boolean", "numeric"):
                values = pc.unique(_texts(tables[reference.table].column(line.name)).drop_null())
                if len(values) <= MOST_VALUES:
                    yield from (Count(of=(reference.end,), column=line.name, value=v) for v in values.to_pylist())


def _of_times(schema: LinkedSchema, count: Count) -> bool:
    child = schema.tables[count.of[0].split(".")[0]]
    return count.take in ("min", "max") and child.columns.column(str(count.column)).type == "datetime"


def _agreement(
    schema: LinkedSchema,
    tables: Mapping[str, Table],
    name: str,
    column: str,
    count: Count,
    number_P: np.ndarray,
    rows: Mapping[Reference, np.ndarray],
) -> tuple[float, str]:
    """Of the rows with something to count, the share in which a column says it; and what it says of the others."""
    ends = [rows[end] for end in ends_of(schema, name, count)]
    held_P = np.bincount(np.concatenate(ends)[np.concatenate(ends) >= 0], minlength=len(number_P))
    telling_P = held_P > (0 if count.take == "rows" else 1)
    if telling_P.sum() < FEWEST:
        return 0.0, "zero"
    child = tables[ends_of(schema, name, count)[0].table]
    declared = Declared.of(schema, tables, name, column, count)
    needed = {} if count.column is None else {count.column: child.column(count.column)}
    found_P = declared.over(needed, ends, len(number_P))
    same_P = np.abs(found_P - number_P) <= 1e-9 * np.maximum(1.0, np.abs(found_P))
    same_P |= np.isnan(found_P) & np.isnan(number_P)
    telling_P &= (found_P != 0) | (number_P != 0)
    said = found_P[telling_P & same_P]
    if telling_P.sum() < FEWEST or len(said) < FEWEST or (said == np.median(said)).mean() > NEARLY:
        return 0.0, "zero"
    none_P = held_P == 0
    missing = none_P.any() and bool(np.isnan(number_P[none_P]).mean() > 0.5)
    share = float(min(same_P[telling_P].mean(), (same_P | (none_P & np.isnan(number_P))).mean()))
    return share, "missing" if missing else "zero"


def _calendar(schema: LinkedSchema, tables: Mapping[str, Table], name: str, column: str) -> Calendar | None:
    """How a column of times is written; None: it holds none."""
    line = schema.tables[name].columns.column(column)
    return Calendar.fit(tables[name].column(column), line.options) if line.type == "datetime" else None


def _rows(tables: Mapping[str, Table], reference: Reference) -> np.ndarray:
    child = [tables[reference.table].column(c) for c in reference.columns]
    return parent_rows(child, [tables[reference.parent].column(c) for c in reference.parent_columns])


def _texts(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())
