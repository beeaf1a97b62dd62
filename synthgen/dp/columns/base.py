"""A privately released column: cells to coarse tokens by each cell alone, and tokens back to made-up cells.

A column's **items** are the finest things that were released: missing, other, each published value, each bin of what
is not published. A **token** is a group of items. What a bin holds is said by its *kind*: numbers, dates, texts.

Letters: N cells, D different values, V published values, B bins, I items, T tokens.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.dp.columns.cells import coded

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter

MISSING, OTHER, PUBLISHED = 0, 1, 2
"""The first items: no value, a value that nothing published describes, and the first published value."""

_ATTAINED, _ATTAINED_SHARE = 5, 0.0003
"""Cells of a declared end at the least, where both ends are declared to occur."""
_ROWS_PER_END = 20
"""But not more than one of so many."""


class Kind(ABC):
    """What the cells are that no published value covers. Fitted in two steps: the format, then the bins."""

    name: ClassVar[str]
    """For the ledger and the schema."""
    vocabulary_share: ClassVar[float] = 0.2
    """Of the column's share, for the search of frequent values."""
    vocabulary_delta: ClassVar[float] = 1.0
    """Of the column's delta for thresholds, for the same."""
    listed: ClassVar[bool] = False
    """Whether a schema that lists categories would save that search."""
    ordered: ClassVar[bool] = True
    """Whether neighbours in ``where`` are alike."""

    @classmethod
    @abstractmethod
    def takes(cls, physical: pa.DataType) -> bool:
        """Whether every value of an Arrow type is of this kind."""

    @classmethod
    @abstractmethod
    def reads(cls, cells: Cells) -> np.ndarray:
        """``(D,)`` whether each different value is of this kind, by itself."""

    @classmethod
    @abstractmethod
    def of(cls, cells: Cells, options: dict[str, Any], meter: Meter) -> Kind:
        """Votes on the format; no bins yet."""

    def needs_vocabulary(self, options: dict[str, Any]) -> bool:
        """Whether frequent values are searched for; not where what is declared gives each value a bin."""
        return True

    def attained(self, options: dict[str, Any]) -> pa.Array | None:
        """The declared ends of the range as the column writes them, where they are declared to occur."""
        return None

    def looked(self, distinct: pa.Array, vocabulary: pa.Array) -> np.ndarray:
        """``(D,)`` the fixed bin in which each value was counted at first, to find where values lie; -1 for none."""
        return np.full(len(distinct), -1)

    @abstractmethod
    def with_bins(
        self, cells: Cells, where_D: np.ndarray, vocabulary: pa.Array, options: dict[str, Any], meter: Meter
    ) -> Kind:
        """A noisy look at where the values lie that are not in the vocabulary.

        Args:
            cells: the column.
            where_D: ``where`` of its different values.
            vocabulary: published values.
            options: what the schema declares.
            meter: measures.
        """

    @property
    @abstractmethod
    def size(self) -> int:
        """B."""

    @property
    def joined(self) -> np.ndarray:
        """``(B,)`` whether each bin begins where the one before ends."""
        return np.ones(self.size, bool)

    @property
    def open(self) -> np.ndarray:
        """``(B,)`` whether a bin is what lies beyond all others."""
        return np.zeros(self.size, bool)

    def shaped(self, mass: np.ndarray, vocabulary: pa.Array, vocabulary_mass: np.ndarray) -> Kind:
        """The same bins, filled as neighbouring ones suggest.

        Args:
            mass: ``(B,)`` estimated cells of each bin.
            vocabulary: ``(V,)`` published values.
            vocabulary_mass: ``(V,)`` of these.
        """
        return self

    @abstractmethod
    def where(self, distinct: pa.Array) -> np.ndarray:
        """``(D,)`` where each value lies among those of its kind, by itself; nan for a value that is not of it."""

    @property
    @abstractmethod
    def middles(self) -> np.ndarray:
        """``(B,)`` where bins lie."""

    @abstractmethod
    def bins(self, where_D: np.ndarray) -> np.ndarray:
        """``(D,)`` the bin of each place; -1 for nan, and where there is none."""

    @abstractmethod
    def fill(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        """A made-up value in each bin, in the physical type."""

    def fill_unlike(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        """The same, no two of them alike as far as the bins have room."""
        return self.fill(bin_N, rng)


@dataclass(frozen=True)
class PrivateColumn:
    """A column as it was released. It holds noisy counts and published values, nothing of any row.

    Attributes:
        name: as in the table.
        physical: Arrow type.
        vocabulary: ``(V,)`` published values, in the plain type.
        kind: what the other values are; None when nothing more is said of them.
        mass: ``(I,)`` estimated cells of each item, none negative.
        token_of_item: ``(I,)`` int32.
        one_way: ``(T,)`` noisy cells of each token, unbiased.
        one_way_sd: ``(T,)`` their standard deviations.
        unlike: whether hardly two cells hold the same value.
        ends: ``(E,)`` which of the vocabulary are the ends of the range, where it is declared that they occur.
    """

    name: str
    physical: pa.DataType
    vocabulary: pa.Array
    kind: Kind | None
    mass: np.ndarray
    token_of_item: np.ndarray
    one_way: np.ndarray
    one_way_sd: np.ndarray
    unlike: bool = False
    ends: np.ndarray | None = None

    @property
    def size(self) -> int:
        """T."""
        return len(self.one_way)

    def encode(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` int32 tokens, each by its cell alone."""
        distinct, code_N = coded(values)
        item_D = np.append(items(distinct, self.vocabulary, self.kind), MISSING)
        tokens: np.ndarray = self.token_of_item[item_D][code_N]
        return tokens

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> pa.Array:
        """``(N,)`` cells in the plain type, drawn in each token by the fine released counts."""
        item_N = self._draw_items(tokens, rng)
        item_N = self._without_other(item_N, rng)
        item_N = self._with_ends(item_N)
        published = len(self.vocabulary)
        binned = np.flatnonzero(item_N >= PUBLISHED + published)
        pieces = [self.vocabulary]
        index_N = item_N - PUBLISHED
        if self.kind is not None and len(binned):
            fill = self.kind.fill_unlike if self.unlike else self.kind.fill
            pieces.append(fill(item_N[binned] - PUBLISHED - published, rng).cast(self.vocabulary.type))
            index_N[binned] = published + np.arange(len(binned))
        return pa.concat_arrays(pieces).take(pa.array(index_N, mask=item_N < PUBLISHED))

    def _with_ends(self, item_N: np.ndarray) -> np.ndarray:
        """The cells next to a declared end take it, where too few hold it for a law of these rows to have it too."""
        if self.ends is None or self.kind is None:
            return item_N
        position = np.concatenate([np.full(PUBLISHED, np.nan), self.kind.where(self.vocabulary), self.kind.middles])
        present = np.flatnonzero(~np.isnan(position[item_N]))
        least = min(max(_ATTAINED, math.ceil(_ATTAINED_SHARE * len(item_N))), len(item_N) // _ROWS_PER_END)
        found = item_N.copy()
        for end in PUBLISHED + self.ends:
            short = max(least - int((found == end).sum()), 0)
            others = present[found[present] != end]
            away = np.abs(position[found[others]] - position[end])
            found[others[np.argsort(away, kind="stable")[:short]]] = end
        return found

    def _draw_items(self, tokens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        order = np.argsort(self.token_of_item, kind="stable")
        mass = self.mass[order]
        of_token = np.bincount(self.token_of_item, weights=self.mass, minlength=self.size)
        empty = of_token[self.token_of_item[order]] <= 0
        mass = np.where(empty, 1e-9, mass)  # a token without mass draws its items evenly
        end = np.cumsum(mass)
        last = np.searchsorted(self.token_of_item[order], np.arange(self.size), side="right") - 1
        high = end[last][tokens]
        low = np.append(0.0, end[last])[tokens]
        drawn = np.searchsorted(end, low + rng.random(len(tokens)) * (high - low), side="right")
        first = np.append(0, last + 1)[tokens]
        found: np.ndarray = order[np.clip(drawn, first, last[tokens])]
        return found

    def _without_other(self, item_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Cells that nothing published describes get what the column holds elsewhere."""
        other = np.flatnonzero(item_N == OTHER)
        law = self.mass.copy()
        law[:PUBLISHED] = 0.0
        if not len(other) or len(law) == PUBLISHED:
            return np.where(item_N == OTHER, MISSING, item_N)
        if law.sum() <= 0:
            law[PUBLISHED:] = 1.0
        found = item_N.copy()
        found[other] = rng.choice(len(law), len(other), p=law / law.sum())
        return found


@dataclass(frozen=True)
class UnitColumn:
    """The column that says whose a row is: made-up people, each with a number of rows.

    Attributes:
        name: as in the table.
        physical: Arrow type.
        kind: how identifiers look.
        mass: ``(I,)`` estimated cells of each item; the vocabulary is empty.
        rows_law: ``(m,)`` share of units with 1, 2, ... m rows.
        one_way: ``(1,)`` noisy cells: all share one token.
        one_way_sd: ``(1,)`` its standard deviation.
    """

    name: str
    physical: pa.DataType
    kind: Kind
    mass: np.ndarray
    rows_law: np.ndarray
    one_way: np.ndarray
    one_way_sd: np.ndarray

    @property
    def size(self) -> int:
        """1."""
        return 1

    @property
    def vocabulary(self) -> pa.Array:
        """No identifier is published."""
        return pa.array([], self.physical)

    @property
    def token_of_item(self) -> np.ndarray:
        """``(I,)`` zeros."""
        return np.zeros(len(self.mass), np.int32)

    def encode(self, values: pa.Array) -> np.ndarray:
        """``(N,)`` zeros."""
        return np.zeros(len(values), np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> pa.Array:
        """``(N,)`` identifiers in the plain type, rows of a unit in random places."""
        count = len(tokens)
        rows_U = rng.choice(len(self.rows_law), count, p=self.rows_law) + 1
        units = int(np.searchsorted(np.cumsum(rows_U), count)) + 1 if count else 0
        whose_N = np.repeat(np.arange(units), rows_U[:units])[:count]
        law = self.mass[PUBLISHED:] + 1e-9
        ids = self.kind.fill_unlike(rng.choice(len(law), units, p=law / law.sum()), rng)
        return ids.cast(self.physical).take(pa.array(rng.permutation(whose_N)))


def items(distinct: pa.Array, vocabulary: pa.Array, kind: Kind | None, where_D: np.ndarray | None = None) -> np.ndarray:
    """``(D,)`` the item of each value, by itself; ``where_D`` if it is known already."""
    found = np.full(len(distinct), OTHER, np.int64)
    if len(vocabulary):
        index = pc.fill_null(pc.index_in(distinct, value_set=vocabulary), -1)
        at_D = np.asarray(index).astype(np.int64)
        found = np.where(at_D >= 0, PUBLISHED + at_D, found)
    if kind is not None and kind.size:
        rest = np.flatnonzero(found == OTHER)
        where_R = kind.where(distinct.take(pa.array(rest))) if where_D is None else where_D[rest]
        bin_R = kind.bins(where_R)
        found[rest] = np.where(bin_R >= 0, PUBLISHED + len(vocabulary) + bin_R, OTHER)
    return found
