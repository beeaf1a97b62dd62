"""What a column type is: values <-> a short path of tokens, coarse to fine. No torch, no network.

A type sees the values that are present, as an Arrow array in the physical type of the input (text
columns of a CSV are strings), and gives values back in that same physical type: so it remembers the
text format itself. Missing cells, ties between columns and constant columns are the codec's.

Letters: N values, P slots in the path (0 for a type that regenerates its values).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.holders import first_units, holders
from synthgen.errors import ConditionError

if TYPE_CHECKING:
    from synthgen.columns.restrictions import Restriction
    from synthgen.columns.wanted import Clause

Measure = Literal["quantity", "label", "set", "text", "position", "identifier"]

NOT_APPLICABLE = -1
"""The token of a slot that has nothing to say: the fine slot of an atom, the members of an empty list."""


@dataclass(frozen=True)
class Slot:
    """One position in a column's path, with a small vocabulary of its own.

    Attributes:
        name: what it says, such as ``coarse``.
        size: how many tokens; tokens are ``0 .. size - 1``.
        places: ``(size,)``, where each token lies in the column's order, 0 to 1; nan for a token without a
            place. None when the tokens have no order.
        children: how many tokens of this slot may follow each path so far, one axis per earlier slot of
            the path: after path ``(a, b)`` the tokens ``0 .. children[a, b] - 1`` may follow, and with 0 the
            slot does not apply. None: every token may follow every path.
    """

    name: str
    size: int
    places: np.ndarray | None = None
    children: np.ndarray | None = None


class RejectColumn(Exception):
    """A type says no to a column; the message is the reason."""


@dataclass(frozen=True)
class Match:
    """A type says yes.

    Attributes:
        score: 0 to 1, how well it fits; the highest wins, and the earlier in the registry on a tie.
        reason: one clause for the user, such as ``whole numbers, 73 different``.
        options: settings found on the way, given to ``fit``.
    """

    score: float
    reason: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """What detection sees of a column.

    Attributes:
        name: the column's name.
        values: present values (at most some 100,000, drawn evenly), physical type as in the input.
        n_rows: rows in the whole table.
        n_missing: missing cells in the whole column.
        min_holders: a value needs so many rows to enter a vocabulary.
        folder: where the table's file is, for paths relative to it; None when it came from memory.
    """

    name: str
    values: pa.Array
    n_rows: int
    n_missing: int
    min_holders: int = 5
    folder: str | None = None

    @cached_property
    def distinct(self) -> tuple[pa.Array, np.ndarray]:
        """Different values, most frequent first, and how often each occurs in the sample."""
        counted = pc.value_counts(self.values)
        values, counts = counted.field(0), counted.field(1).to_numpy(zero_copy_only=False)
        order = np.argsort(-counts, kind="stable")
        return values.take(pa.array(order)), counts[order]

    @property
    def is_text(self) -> bool:
        """Whether the physical type is a string."""
        return bool(pa.types.is_string(self.values.type) or pa.types.is_large_string(self.values.type))


@dataclass(frozen=True)
class FitContext:
    """What a type may use while it learns a column, besides the values.

    Attributes:
        rng: the only source of randomness.
        min_holders: a value needs so many rows, or people where it is known whose they are, to enter a vocabulary or
            bound a cell.
        n_rows: rows in the whole table, missing ones too.
        company: ``(N, F)`` tokens of other columns in the same rows as the values, for clusters; F may be 0.
        unit_N: whose each value is, a number for each person; None: each is somebody else's.
    """

    rng: np.random.Generator
    min_holders: int
    n_rows: int
    company: np.ndarray
    unit_N: np.ndarray | None = None

    def holders(self, value_N: np.ndarray, n_values: int) -> np.ndarray:
        """``(V,)`` how many hold each of the values 0 to V - 1; see ``synthgen.columns.holders``."""
        return holders(value_N, n_values, self.unit_N)

    def first_units(self, value_N: np.ndarray) -> np.ndarray | None:
        """``(V,)`` who holds each of the values 0 to V - 1 first; None where it is not known."""
        return first_units(value_N, self.unit_N)


class ColumnType(ABC):
    """A fitted column. Built by ``fit`` or ``from_state``; the constructor takes what the state holds."""

    name: ClassVar[str]
    measure: ClassVar[Measure]
    unasked: ClassVar[str] = "its values are made up"
    """Why no value can be asked for, of a type that has no ``restrict`` of its own."""

    @classmethod
    @abstractmethod
    def matches(cls, sample: Sample) -> Match:
        """Whether a column is of this type, and why.

        Raises:
            RejectColumn: it is not, and why.
        """

    @classmethod
    @abstractmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        """Learn the vocabulary from the present values (at least one).

        Raises:
            DataError: a value does not belong to the type (column-free message: the caller adds the name).
        """

    @property
    @abstractmethod
    def slots(self) -> tuple[Slot, ...]:
        """The path, coarse to fine."""

    @abstractmethod
    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        """Present values to ``(N, P)`` int32 tokens; ``NOT_APPLICABLE`` where a slot has nothing to say.

        A value never seen gets the nearest token (a number) or the rare one (a label); it is never an error.
        """

    @abstractmethod
    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        """``(N, P)`` tokens to present values of the input's physical type.

        Args:
            tokens: the paths.
            rng: for the place inside a cell.
            start: how many rows of this sampling came before: types that number their values go on from there.
        """

    def decode_in_step(self, tokens: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        """``decode`` with ``(N,)`` places in heavy tails, 0 to 1, that a row's columns share; others ignore them."""
        return self.decode(tokens, rng, start)

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        """What conditions leave of the column.

        Args:
            wanted: clauses that all have to hold, none of them about missing cells alone.

        Raises:
            ConditionError: the type cannot keep them, or no value does (column-free message: the caller adds the name).
        """
        raise ConditionError(
            f"{self.unasked}; only 'is missing' and 'is not missing' can be asked of it. "
            "Put the condition on a column that says what is wanted"
        )

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """All that ``from_state`` needs, in JSON types. No rare value, no row."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The fitted column again."""

    def token_names(self, level: int) -> list[str]:
        """What each token of a slot stands for, one name for each, from the vocabulary alone: no rare value."""
        slot = self.slots[level]
        return [f"{slot.name} {token + 1}" for token in range(slot.size)]

    def describe(self) -> str:
        """One clause for the summary, such as ``49 bins x 16 cells, 2 atoms, integer``."""
        return " x ".join(f"{slot.size} {slot.name}" for slot in self.slots) or "regenerated"
