"""The real rows of one table as they are released: its own columns, figures of its children, and what rows are told.

Letters: N rows of the table, O rows of the owner's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.table.schema import ColumnSchema, Range, Schema

YES, NO = "yes", "no"
GAP = 1_000_000
"""In which parts of an owner's mean gap a gap is told: of a month, seconds."""


@dataclass
class Frame:
    """Columns beside what is public of them.

    Attributes:
        columns: ``(N,)`` each, by name.
        lines: what the schema says of each.
        figures: by child, which of the columns are figures of it.
        ranges: what the schema says of how far columns go.
    """

    columns: dict[str, pa.Array] = field(default_factory=dict)
    lines: list[ColumnSchema] = field(default_factory=list)
    figures: dict[str, list[str]] = field(default_factory=dict)
    ranges: list[Range] = field(default_factory=list)

    def add(self, values: pa.Array, line: ColumnSchema) -> None:
        """One more column."""
        self.columns[line.name] = values
        self.lines.append(line)

    @property
    def own(self) -> list[str]:
        """Columns that are no figures of children."""
        told = {name for names in self.figures.values() for name in names}
        return [name for name in self.columns if name not in told]

    @property
    def schema(self) -> Schema:
        """Of all columns."""
        return Schema(columns=self.lines, ranges=[one for one in self.ranges if one.column in self.columns])

    @property
    def table(self) -> pa.Table:
        """All columns."""
        return pa.table(self.columns)


def gap_name(name: str) -> str:
    """The column of the time since the row before."""
    return f"{name}: gap"


def hour_name(name: str) -> str:
    """The column of the hour of the day."""
    return f"{name}: hour"


def there_name(reference: Reference) -> str:
    """The column that says whether a reference is there."""
    return f"{reference.end}: is there"


def gaps(name: str, gap_N: np.ndarray) -> tuple[pa.Array, ColumnSchema]:
    """Gaps in mean gaps of the owner, as whole numbers of ``1 / GAP``.

    Example:
        >>> gaps("posts", np.array([np.nan, 1.3, 0.000035]))[0].to_pylist()
        [None, 1300000, 35]
    """
    gone_N = np.isnan(gap_N)
    whole_N = np.round(np.nan_to_num(gap_N) * GAP).astype(np.int64)
    return pa.array(whole_N, mask=gone_N), ColumnSchema(name=gap_name(name), type="numeric")


def hours(name: str, second_N: np.ndarray) -> tuple[pa.Array, ColumnSchema]:
    """Hours of the day; missing where the time is."""
    gone_N = np.isnan(second_N)
    hour_N = (np.nan_to_num(second_N) % 86_400 // 3_600).astype(np.int64)
    options = {"low": 0, "high": 23, "decimals": 0}
    return pa.array(hour_N, mask=gone_N), ColumnSchema(name=hour_name(name), type="numeric", options=options)


def said(reference: Reference, there_N: np.ndarray) -> tuple[pa.Array, ColumnSchema]:
    """Whether a reference is there."""
    values = pa.array(np.where(there_N, YES, NO).tolist(), pa.string())
    return values, ColumnSchema(name=there_name(reference), type="categorical", options={"categories": [YES, NO]})


def labelled(code_N: np.ndarray, name: str, size: int) -> tuple[pa.Array, ColumnSchema]:
    """Small numbers as a column of public values."""
    categories = [str(place) for place in range(size)]
    options = {"categories": categories}
    return pa.array(code_N.astype(str).tolist(), pa.string()), ColumnSchema(
        name=name, type="categorical", options=options
    )


@dataclass(frozen=True)
class Ties:
    """References of a table, sorted by what they lead to.

    Attributes:
        items: to public catalogues, or to things that only have a name.
        people: to people, or rows of theirs, made before.
        late: to rows of the own table, or of one made later.
    """

    items: tuple[Reference, ...]
    people: tuple[Reference, ...]
    late: tuple[Reference, ...]

    @classmethod
    def of(cls, schema: LinkedSchema, name: str, up: Reference | None, order: tuple[str, ...]) -> Ties:
        """Of one table; ``order`` is in which tables of people are made."""
        others = [r for r in schema.of(name) if r != up]
        items = tuple(r for r in others if r.parent not in order)
        before = order[: order.index(name)] if name in order else order
        people = tuple(r for r in others if r.parent in before)
        return cls(items, people, tuple(r for r in others if r not in items and r not in people))


def nullable(schema: LinkedSchema, reference: Reference) -> bool:
    """Whether a reference may be missing: those of a key are always there."""
    return not set(reference.columns) <= set(schema.key_of(reference.table))
