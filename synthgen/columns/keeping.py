"""Conditions on columns that are made out of others: whether their cells keep them, and what steps say of them.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from synthgen.columns.base import ColumnType
from synthgen.columns.label_restriction import Judge, LabelWish
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.numeric_restriction import number_stretches
from synthgen.columns.one_hot import spelling_of
from synthgen.columns.wanted import Clause, Stretch, contains, contradiction
from synthgen.errors import ConditionError
from synthgen.table.schema import Schema

if TYPE_CHECKING:
    from synthgen.columns.rules.chain import Chain


class Drawn(Protocol):
    """A column of the codec that has tokens: what a step may ask of it."""

    type: ColumnType
    physical: pa.DataType
    missing: bool

    def blank(self, many: int, rng: np.random.Generator, start: int) -> pa.Array:
        """Present values of the path of first tokens, for rows that must hold something."""


@dataclass(frozen=True)
class Ask:
    """What is known of columns when conditions are laid on them."""

    schema: Schema
    drawn: Mapping[str, Drawn]

    def kind(self, name: str) -> str:
        """The type of a column; of one that has tokens, that of its fitted type."""
        return self.drawn[name].type.name if name in self.drawn else self.schema.column(name).type

    def decimal(self, name: str) -> str:
        """The decimal mark of a column."""
        return str(self.schema.column(name).options.get("decimal", "."))


@dataclass
class Laid:
    """What a step makes of conditions.

    Attributes:
        keeps: by column that it makes, whether cells keep what is asked.
        onto: clauses on other columns and labels, by their names.
        chains: columns that conditions tie to one another, so that one path of tokens spans them.
        held: of columns in order, the places that are left.
    """

    keeps: dict[str, Judge] = field(default_factory=dict)
    onto: list[tuple[str, Clause]] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    held: dict[str, list[Stretch]] = field(default_factory=dict)


@dataclass(frozen=True)
class Keeping:
    """Whether cells keep clauses: missing ones, and present ones by a judge of their values (None: all do)."""

    missing: bool
    present: bool
    judge: Judge | None

    @classmethod
    def of(cls, clauses: Sequence[Clause], judge: Judge | None) -> Keeping:
        """Of clauses that all have to hold."""
        return cls(all(c.takes_missing for c in clauses), all(c.takes_values for c in clauses), judge)

    def __call__(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` bool."""
        is_there = np.asarray(values.is_valid())
        inside = np.full(len(values), self.present)
        if self.present and self.judge is not None:
            inside = self.judge(values)
        return np.where(is_there, inside, self.missing)


def about_values(clauses: Sequence[Clause]) -> list[Clause]:
    """Those that say which values may be there."""
    return [clause for clause in clauses if clause.operation not in ("present", "missing")]


def said(name: str, clauses: Sequence[Clause]) -> str:
    """The wish in words, with the column's name."""
    return " and ".join(f"{name} {clause}" for clause in clauses)


def keeping_of(clauses: Sequence[Clause], known: pa.Array, kind: str, decimal: str) -> Keeping:
    """Whether cells of a column that has no fitted type keep the clauses.

    Args:
        clauses: that all have to hold.
        known: values that it can hold.
        kind: its type in the schema.
        decimal: its decimal mark.

    Raises:
        ConditionError: no value keeps them.
    """
    values, asked = known.drop_null(), about_values(clauses)
    judge: Judge | None = None
    if asked and all(clause.takes_values for clause in clauses):
        numbers = parse_numbers(values, decimal)
        if kind == "boolean" and len(values):
            judge = spelling_of(values, 1).restrict(asked).holds
        elif kind == "numeric" or (kind == "constant" and len(values) and np.isfinite(numbers).all()):
            judge = _number_judge(asked, values, decimal)
        else:
            judge = LabelWish(asked, values.unique()).holds
    return Keeping.of(clauses, judge)


def _number_judge(clauses: Sequence[Clause], known: pa.Array, decimal: str) -> Judge:
    stretches = number_stretches(clauses, known.type, decimal)
    if not stretches:
        raise contradiction(clauses)
    numbers = parse_numbers(known, decimal)
    if len(numbers) and not contains(stretches, numbers).any():
        ends = [end for stretch in stretches for end in stretch]
        nearest = int(np.abs(numbers[:, None] - np.array(ends)[None, :]).min(1).argmin())
        asked = " and ".join(repr(str(clause)) for clause in clauses)
        raise ConditionError(
            f"no number of the column keeps {asked}; the nearest possible value is {known[nearest].as_py()}"
        )
    return lambda values: contains(stretches, parse_numbers(values, decimal))
