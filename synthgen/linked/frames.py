"""The table that a model of one linked table learns: its own columns, helpers that link it, and what is known of a row.

Every helper's name has a colon after the name of a table, so that it is no column's.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.linked.people import WHOSE
from synthgen.linked.schema import Reference
from synthgen.table.rules import RULES
from synthgen.table.schema import ColumnSchema, Schema

GIVEN_TYPES = ("numeric", "categorical", "boolean", "tags")
"""Columns of these types say something of the rows that hang on them."""
MOST_OF_PARENT, MOST_BEFORE = 24, 12
"""Columns of a parent, and of the row before, that a row is made to know."""


def number_of(reference: Reference) -> str:
    """The parent's helper that says how many rows refer to it."""
    return f"{reference.parent}: rows of {reference.table} by {'+'.join(reference.columns)}"


def cluster_of(reference: Reference) -> str:
    """The helper of parent and child that says which cluster of parents it is."""
    return f"{reference.parent}: kind, by {reference.table}.{'+'.join(reference.columns)}"


def usual_of(reference: Reference) -> str:
    """The child's helper that says which cluster its owner chose most often so far."""
    return f"{reference.parent}: usual kind, by {reference.table}.{'+'.join(reference.columns)}"


def parents(table: str, column: str) -> str:
    """The child's helper that repeats a column of its owner."""
    return f"{table}: {column}"


def before(table: str, column: str) -> str:
    """The child's helper that repeats a column of the row before."""
    return f"{table}: {column} before"


def mean(table: str, column: str) -> str:
    """The child's helper that says the mean of a column over the rows of the same owner so far."""
    return f"{table}: mean {column} so far"


@dataclass(frozen=True)
class Clockwork:
    """Names of the helpers that stand for a column of times."""

    days: str
    clock: str
    within: str
    weekday: str
    hour: str
    since: str

    @classmethod
    def of(cls, table: str, column: str) -> Clockwork:
        """Those of one column."""
        whats = ("days", "clock", "gap", "weekday", "hour", "days since the first")
        return cls(*(f"{table}: {what} of {column}" for what in whats))

    @property
    def drawn(self) -> tuple[str, str, str]:
        """Those that are drawn; the others are of the row before."""
        return self.days, self.clock, self.within


@dataclass
class Frame:
    """A table to be learned, and how.

    Attributes:
        columns: by name.
        schema: of them.
        context: those that will be given.
        whose_N: a number for each person whose the rows are; None: each is somebody's own.
    """

    columns: dict[str, pa.Array] = field(default_factory=dict)
    schema: list[ColumnSchema] = field(default_factory=list)
    context: list[str] = field(default_factory=list)
    whose_N: np.ndarray | None = None

    def add(self, name: str, kind: str | ColumnSchema, values: pa.Array, *, given: bool = False) -> None:
        """A column of a type, or of the type of another column; one that says nothing is no context."""
        if isinstance(kind, str):
            line = ColumnSchema(name=name, type=kind, options={"rare": "pool"} if kind == "categorical" else {})
        else:
            line = kind.model_copy(update={"name": name})
        distinct = pc.count_distinct(values, mode="all").as_py() if not pa.types.is_nested(values.type) else 2
        if distinct < 2:
            if given:
                return
            line = ColumnSchema(name=name, type="missing" if values.null_count else "constant")
        self.columns[name] = values
        self.schema.append(line)
        if given:
            self.context.append(name)

    def learned(self, rules: Schema) -> tuple[pa.Table, Schema]:
        """The table, and its schema with the rules of the whole table that its columns can keep; and whose rows."""
        kept: dict[str, list[Any]] = {}
        lost = [name for name in rules.names if name not in self.columns]
        for key in RULES:
            lines = [line for line in getattr(rules, key) if not _speaks_of(line.model_dump(), lost)]
            if lines:
                kept[key] = lines
        columns, lines = self.columns, self.schema
        if self.whose_N is not None:
            columns = columns | {WHOSE: pa.array(self.whose_N)}
            lines = [*lines, ColumnSchema(name=WHOSE, type="drop")]
        return pa.table(columns), Schema(columns=lines).model_copy(update=kept)


def _speaks_of(found: Any, names: Sequence[str]) -> bool:
    """Whether some text in it has one of the names in it."""
    if isinstance(found, str):
        return any(name in found for name in names)
    parts = list(found.values()) if isinstance(found, Mapping) else found if isinstance(found, list | tuple) else []
    return any(_speaks_of(part, names) for part in parts)


def tellers(schema: Schema, without: Sequence[str], most: int) -> list[ColumnSchema]:
    """Columns that say something of the rows that hang on them."""
    return [c for c in schema.columns if c.type in GIVEN_TYPES and c.name not in set(without)][:most]


def shifted(values: pa.Array, before_N: np.ndarray) -> pa.Array:
    """Values of other rows; missing where their number is below 0.

    Example:
        >>> shifted(pa.array(["a", "b"]), np.array([-1, 0])).to_pylist()
        [None, 'a']
    """
    return values.take(pa.array(np.maximum(before_N, 0), mask=before_N < 0))


def labels(number_N: np.ndarray) -> pa.Array:
    """Numbers of clusters as labels; below 0 is missing.

    Example:
        >>> labels(np.array([3, -1])).to_pylist()
        ['k3', None]
    """
    texts = pa.array([f"k{n}" for n in range(int(number_N.max(initial=0)) + 1)])
    return shifted(texts, number_N)


def numbers(label_N: pa.Array) -> np.ndarray:
    """Labels of clusters as numbers; missing is -1.

    Example:
        >>> numbers(pa.array(["k3", None])).tolist()
        [3, -1]
    """
    text = pc.replace_substring_regex(label_N, "^k", "").cast(pa.int64())
    return np.asarray(pc.fill_null(text, -1))


def mean_so_far(first_N: np.ndarray, number_N: np.ndarray) -> np.ndarray:
    """``(N,)`` mean over the earlier rows of the same owner, nan where none has a number.

    Args:
        first_N: whether a row is its owner's first; rows of one owner stand side by side, in their order.
        number_N: nan is none.

    Example:
        >>> mean_so_far(np.array([True, False, False, True]), np.array([1.0, 3.0, np.nan, 5.0])).tolist()
        [nan, 1.0, 2.0, nan]
    """
    there_N = ~np.isnan(number_N)
    sums_N, counts_N = (np.r_[0.0, np.cumsum(x)] for x in (np.where(there_N, number_N, 0.0), there_N))
    start_N = np.maximum.accumulate(np.where(first_N, np.arange(len(first_N)), 0))
    count_N = counts_N[:-1] - counts_N[start_N]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_N: np.ndarray = (sums_N[:-1] - sums_N[start_N]) / np.where(count_N > 0, count_N, np.nan)
    return mean_N


def usual_so_far(owner_N: np.ndarray, number_N: np.ndarray) -> np.ndarray:
    """``(N,)`` the number that earlier rows of the same owner have most often, the latest of equals; -1: none has one.

    Args:
        owner_N: rows of one owner stand side by side, in their order.
        number_N: below 0 is none.

    Example:
        >>> usual_so_far(np.array([0, 0, 0, 0, 1]), np.array([2, 3, 3, 1, 5])).tolist()
        [-1, 2, 3, 3, -1]
    """
    out_N = np.full(len(owner_N), -1, np.int64)
    counts: dict[int, int] = {}
    best, owner = -1, None
    for row, (whose, number) in enumerate(zip(owner_N.tolist(), number_N.tolist(), strict=True)):
        if whose != owner:
            counts, best, owner = {}, -1, whose
        out_N[row] = best
        if number >= 0:
            counts[number] = counts.get(number, 0) + 1
            if best < 0 or counts[number] >= counts[best]:
                best = number
    return out_N
