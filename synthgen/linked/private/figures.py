"""What is known of an owner from the rows that hang on it: how many, from when to when, and what most of them say.

Each is one value per owner, whatever the number of its rows, so one person moves the counts of a person's figures by 1.

Letters: N rows, O owners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import parse_numbers
from synthgen.linked.private.times import Course, Window
from synthgen.linked.schema import LinkedSchema
from synthgen.table.schema import ColumnSchema
from synthgen.table.table import Table

PARTS = 1_000
"""In which parts of the time that is left are told."""
MOST_USUAL = 2
"""Columns of a child of which an owner is told what its rows mostly say."""


@dataclass(frozen=True)
class Names:
    """What an owner's figures of one child are called."""

    number: str
    first: str
    last: str
    usual: dict[str, str]

    @classmethod
    def of(cls, child: str, usual: list[str]) -> Names:
        """By the child's name.

        Example:
            >>> Names.of("posts", ["likes"]).usual
            {'likes': 'posts: usual likes'}
        """
        return cls(f"{child}: number", f"{child}: first", f"{child}: last", {c: f"{child}: usual {c}" for c in usual})


def own_columns(schema: LinkedSchema, name: str) -> list[ColumnSchema]:
    """Columns of a table that are released as they are: no key, no reference, no count, nothing that is left out."""
    if name not in schema.tables:
        return []
    table = schema.tables[name]
    linked = {*table.key, *table.counts, *(c for r in schema.of(name) for c in r.columns)}
    return [c for c in table.columns.columns if c.name not in linked and c.type != "drop"]


def usual_columns(schema: LinkedSchema, name: str) -> list[ColumnSchema]:
    """Columns of a child of which its owners have a usual value."""
    time = schema.tables[name].time
    told = [c for c in own_columns(schema, name) if c.type in ("numeric", "categorical", "boolean") and c.name != time]
    return told[:MOST_USUAL]


def usual(values: pa.Array, line: ColumnSchema, decimal: str, owner_N: np.ndarray, owners: int) -> pa.Array:
    """``(O,)`` the middle one of an owner's numbers, or the most frequent of its values; missing where it has none.

    It is told by an owner's own rows alone, ties among them too.

    Args:
        values: ``(N,)`` of the rows.
        line: what the column means.
        decimal: the decimal mark of texts.
        owner_N: whose rows they are.
        owners: O.

    Example:
        >>> line = ColumnSchema(name="plan", type="categorical")
        >>> usual(pa.array(["b", "a", "b", "a"]), line, ".", np.array([0, 0, 0, 2]), 3).to_pylist()
        ['b', None, 'a']
    """
    number_N = parse_numbers(values, decimal) if line.type == "numeric" else np.zeros(0)
    there_N = np.asarray(values.is_valid())
    if line.type == "numeric":
        rows = np.flatnonzero(there_N & np.isfinite(number_N))
        rows = rows[np.lexsort((number_N[rows], owner_N[rows]))]
        start = np.searchsorted(owner_N[rows], np.arange(owners), side="left")
        stop = np.searchsorted(owner_N[rows], np.arange(owners), side="right")
        row_O = np.where(stop > start, rows[np.minimum((start + stop - 1) // 2, len(rows) - 1)] if len(rows) else 0, -1)
    else:
        rows = np.flatnonzero(there_N)
        text = values.take(pa.array(rows)).cast(pa.string()).to_numpy(zero_copy_only=False).astype(str)
        _, code = np.unique(text, return_inverse=True)
        pair, first, many = np.unique(np.stack([owner_N[rows], code]), axis=1, return_index=True, return_counts=True)
        order = np.lexsort((pair[1], -many, pair[0]))
        best, place = np.unique(pair[0][order], return_index=True)
        row_O = np.full(owners, -1)
        row_O[best] = rows[first[order][place]]
    return values.take(pa.array(row_O, mask=row_O < 0))


def figures(
    table: Table,
    names: Names,
    lines: Mapping[str, ColumnSchema],
    extra: Mapping[str, tuple[pa.Array, ColumnSchema]],
    owner_N: np.ndarray,
    owners: int,
    course: Course | None,
    window: Window | None,
    since_O: np.ndarray,
) -> dict[str, tuple[pa.Array, ColumnSchema]]:
    """Columns that are added to an owner's table, and what is public of them.

    Args:
        table: the child's rows.
        names: of the columns.
        lines: of the child's columns that have a usual value.
        extra: likewise what is known of the catalogue's items that rows take: ``(N,)`` values and what they mean.
        owner_N: whose rows they are.
        owners: O.
        course: their times; None: they have none.
        window: in which these lie.
        since_O: where an owner begins.
    """
    number_O = np.bincount(owner_N, minlength=owners)
    found: dict[str, tuple[pa.Array, ColumnSchema]] = {names.number: _told(names.number, pa.array(number_O))}
    if course is not None and window is not None:
        first_O = window.part(course.first_O, since_O)
        last_O = np.where(number_O > 1, window.part(course.last_O, course.first_O), np.nan)
        for name, part_O in ((names.first, first_O), (names.last, last_O)):
            whole_O = np.round(np.nan_to_num(part_O) * PARTS).astype(np.int64)
            found[name] = _told(name, pa.array(whole_O, mask=np.isnan(part_O)), 0, PARTS)
    decimal = table.origin.dialect.decimal
    for column, name in names.usual.items():
        values, line = (table.column(column), lines[column]) if column in lines else extra[column]
        options = {k: v for k, v in line.options.items() if k in ("categories", "low", "high", "decimals")}
        found[name] = (
            usual(values, line, decimal, owner_N, owners),
            ColumnSchema(name=name, type=line.type, options=options),
        )
    return found


def _told(
    name: str, values: pa.Array, low: int | None = None, high: int | None = None
) -> tuple[pa.Array, ColumnSchema]:
    options = {} if low is None else {"low": low, "high": high, "decimals": 0}
    return values, ColumnSchema(name=name, type="numeric", options=options)
