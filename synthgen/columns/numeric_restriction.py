"""Numbers inside cells: the part of each leaf's law that keeps a condition, and draws from that part alone.

Inside a leaf the written number never falls (in the lower heavy tail: never rises) as the uniform draw grows. So what
keeps ``30 <= x <= 45`` is one stretch of uniforms, found by bisection on the very function that decodes.

Letters: N rows, L leaves, K stretches of numbers, M pairs of a leaf and a stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import parse_numbers
from synthgen.columns.restrictions import LeafRestriction, Restriction
from synthgen.columns.wanted import FLOATS, Clause, Stretch, contains, contradiction, number_of, stretches_of
from synthgen.errors import ConditionError

if TYPE_CHECKING:
    from synthgen.columns.numeric import Numeric

LAST = float(np.nextafter(1.0, 0.0))
"""The largest uniform draw."""
_HALVINGS = 70
"""From 1 down to far below the spacing of float64 beside any share that matters."""
_NEAR = 1e-6
"""Of a leaf: so far to both sides the density is taken."""
_NOTHING = 2.0**-44
"""A share this small is rounding: drawn once in a million tables of ten million rows."""


def restrict_number(column: Numeric, wanted: Sequence[Clause]) -> Restriction:
    """The part of a column of numbers that keeps all clauses.

    Raises:
        ConditionError: nothing keeps them, or a value is no number.
    """
    stretches = number_stretches(wanted, column.text.type, column.text.decimal)
    if not stretches:
        raise contradiction(wanted)
    law = _Law(column)
    parts = _Parts.of(law, stretches)
    if parts.mass_L.max() > _NOTHING:
        return NumericRestriction(column, stretches, parts)
    points = [low for low, high in stretches if low == high and law.can_write(low)]
    if len(points) == len(stretches):
        return GivenNumbers(column, law, np.array(points))
    raise ConditionError(_nothing_there(law, wanted, stretches))


def number_stretches(wanted: Sequence[Clause], kind: pa.DataType, decimal: str = ".") -> list[Stretch]:
    """Where numbers of an Arrow type keep all clauses; 0.1 in a column of float32 is the 0.1 of float32."""

    def read(value: object) -> Stretch:
        number = number_of(value, decimal)
        if pa.types.is_floating(kind) and not pa.types.is_float64(kind):
            with np.errstate(over="ignore"):
                number = float(np.dtype(kind.to_pandas_dtype()).type(number))
        return number, number

    return stretches_of(wanted, read, FLOATS)


class _Law:
    """What each leaf gives, as the rising function of a place from 0 to 1."""

    def __init__(self, column: Numeric) -> None:
        self.column = column
        leaves = np.arange(column.leaves.low.size)
        ends = [self._written(leaves, np.full(leaves.size, end)) for end in (0.0, LAST)]
        self.falls_L = ends[0] > ends[1]
        self.low_L, self.high_L = np.minimum(*ends), np.maximum(*ends)

    def _written(self, leaf: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        return parse_numbers(self.column.written_at(leaf, uniform, uniform), self.column.text.decimal)

    def uniform(self, leaf: np.ndarray, place: np.ndarray) -> np.ndarray:
        """A place as the uniform draw that leads there, and back."""
        found: np.ndarray = np.where(self.falls_L[leaf], LAST - place, place)
        return found

    def at(self, leaf: np.ndarray, place: np.ndarray) -> np.ndarray:
        """The number written at a place."""
        return self._written(leaf, self.uniform(leaf, place))

    def split(self, leaf: np.ndarray, limit: np.ndarray, inclusive: bool) -> tuple[np.ndarray, np.ndarray]:
        """The last place whose number is below a limit (or on it, with ``inclusive``), and the first one past it.

        The number at place 0 must be below and the one at ``LAST`` past it.
        """
        below, past = np.zeros(leaf.size), np.full(leaf.size, LAST)
        for _ in range(_HALVINGS):
            middle = (below + past) / 2
            found = self.at(leaf, middle)
            is_below = found <= limit if inclusive else found < limit
            below, past = np.where(is_below, middle, below), np.where(is_below, past, middle)
        return below, past

    def can_write(self, number: float) -> bool:
        """Whether the format can write it and some leaf reaches it."""
        text = self.column.text
        written = parse_numbers(text.write(text.tidy(np.array([number]))), text.decimal)[0]
        return bool(written == number and self.low_L.min() <= number <= self.high_L.max())

    def density(self, number: float) -> np.ndarray:
        """``(L,)`` mass per unit at a number, in the leaf that it belongs to."""
        leaf = self.column.leaf_at(number)
        inside = np.array([np.clip(number, np.nextafter(self.low_L[leaf], np.inf), self.high_L[leaf])])
        found = np.zeros(self.low_L.size)
        found[leaf] = 1.0
        if self.low_L[leaf] < self.high_L[leaf]:
            at = float(self.split(np.array([leaf]), inside, inclusive=False)[1][0])
            places = np.clip([at - _NEAR, at + _NEAR], 0.0, LAST)
            low, high = self.at(np.array([leaf, leaf]), places)
            found[leaf] = (places[1] - places[0]) / max(high - low, np.finfo(float).tiny)
        return found

    def beside(self, stretch: Stretch) -> list[float]:
        """The nearest numbers below and above a stretch that holds none."""
        low, high = stretch
        found = []
        for limit, upper in ((low, False), (high, True)):
            beyond = self.high_L > limit if upper else self.low_L < limit
            if not beyond.any():
                continue
            numbers = (self.low_L if upper else self.high_L)[beyond]
            reached = (self.low_L <= limit) if upper else (self.high_L >= limit)
            across = np.flatnonzero(beyond & reached)
            if across.size:
                below, past = self.split(across, np.full(across.size, limit), inclusive=upper)
                numbers = np.concatenate([numbers, self.at(across, past if upper else below)])
            numbers = numbers[numbers > limit] if upper else numbers[numbers < limit]
            found += [float(numbers.min() if upper else numbers.max())] if numbers.size else []
        return found


class _Parts:
    """Stretches of places, leaf by leaf: ``leaf_M``, from ``first_M`` to ``last_M``, holding ``mass_M`` of the leaf."""

    def __init__(
        self, leaf_M: np.ndarray, first_M: np.ndarray, last_M: np.ndarray, mass_M: np.ndarray, n_leaves: int
    ) -> None:
        order = np.lexsort((first_M, leaf_M))
        self.leaf_M, self.first_M, self.last_M, self.mass_M = (a[order] for a in (leaf_M, first_M, last_M, mass_M))
        self.mass_L = np.bincount(self.leaf_M, self.mass_M, n_leaves)
        self.total_M = np.cumsum(self.mass_M)
        self.before_L = np.concatenate([[0.0], np.cumsum(self.mass_L)[:-1]])
        self.start_L = np.searchsorted(self.leaf_M, np.arange(n_leaves))
        self.stop_L = np.searchsorted(self.leaf_M, np.arange(n_leaves), side="right")
        self.whole_L = self.mass_L == 1.0

    @classmethod
    def of(cls, law: _Law, stretches: list[Stretch]) -> _Parts:
        low_K, high_K = (np.array(ends, float) for ends in zip(*stretches, strict=True))
        begin_L, end_L = np.searchsorted(high_K, law.low_L), np.searchsorted(low_K, law.high_L, side="right")
        many_L = np.maximum(end_L - begin_L, 0)
        leaf_M = np.repeat(np.arange(many_L.size), many_L)
        k_M = np.arange(leaf_M.size) - np.repeat(np.cumsum(many_L) - many_L, many_L) + begin_L[leaf_M]
        first_M, last_M, past_M = np.zeros(leaf_M.size), np.full(leaf_M.size, LAST), np.ones(leaf_M.size)
        cut = law.low_L[leaf_M] < low_K[k_M]
        first_M[cut] = law.split(leaf_M[cut], low_K[k_M[cut]], inclusive=False)[1]
        cut = law.high_L[leaf_M] > high_K[k_M]
        last_M[cut], past_M[cut] = law.split(leaf_M[cut], high_K[k_M[cut]], inclusive=True)
        kept = first_M <= last_M
        mass_M = past_M - first_M
        return cls(leaf_M[kept], first_M[kept], last_M[kept], mass_M[kept], many_L.size)

    def place(self, leaf: np.ndarray, share: np.ndarray) -> np.ndarray:
        """The place that lies so far, 0 to 1, into the stretches of each leaf."""
        wanted = self.before_L[leaf] + share * self.mass_L[leaf]
        m = np.clip(np.searchsorted(self.total_M, wanted, side="right"), self.start_L[leaf], self.stop_L[leaf] - 1)
        into = wanted - (self.total_M[m] - self.mass_M[m])
        found = np.clip(self.first_M[m] + into, self.first_M[m], self.last_M[m])
        return np.where(self.whole_L[leaf], share, found)


class NumericRestriction(LeafRestriction):
    """Stretches of a column of numbers."""

    def __init__(self, column: Numeric, stretches: list[Stretch], parts: _Parts) -> None:
        self._column, self._stretches, self._parts, self._law = column, stretches, parts, _Law(column)
        weights_L = np.minimum(parts.mass_L, 1.0)
        super().__init__(column.slots, column.paths, weights_L, np.ones(weights_L.size))

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        leaf, column = self._column.leaf_of(tokens_NP), self._column
        inside = self._drawn(leaf, rng.random(len(leaf)))
        far = self._drawn(leaf, column.evenly_in_tails(leaf, tail))
        return column.written_at(leaf, inside, far)

    def _drawn(self, leaf: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        return self._law.uniform(leaf, self._parts.place(leaf, self._law.uniform(leaf, uniform)))

    def holds(self, values: pa.Array) -> np.ndarray:
        return contains(self._stretches, parse_numbers(values, self._column.text.decimal))


class GivenNumbers(LeafRestriction):
    """Single numbers of a column without a grid: the cell is drawn, the number is written as asked."""

    def __init__(self, column: Numeric, law: _Law, points: np.ndarray) -> None:
        self._column, self._points = column, points
        density_LK = np.stack([law.density(point) for point in points], 1)
        self._share_LK = density_LK.cumsum(1)
        weights_L = self._share_LK[:, -1] / self._share_LK[:, -1].max()
        super().__init__(column.slots, column.paths, weights_L, np.ones(weights_L.size))

    def decode(self, tokens_NP: np.ndarray, rng: np.random.Generator, start: int, tail: np.ndarray) -> pa.Array:
        share_NK = self._share_LK[self._column.leaf_of(tokens_NP)]
        chosen = (share_NK <= rng.random((len(share_NK), 1)) * share_NK[:, -1:]).sum(1)
        return self._column.text.write(self._points[np.minimum(chosen, len(self._points) - 1)])

    def holds(self, values: pa.Array) -> np.ndarray:
        return np.isin(parse_numbers(values, self._column.text.decimal), self._points)


def _nothing_there(law: _Law, wanted: Sequence[Clause], stretches: list[Stretch]) -> str:
    text = law.column.text
    found = sorted({number for stretch in stretches for number in law.beside(stretch)})
    middle = stretches[0][0] if np.isfinite(stretches[0][0]) else stretches[0][1]
    found = sorted(sorted(found, key=lambda number: abs(number - middle))[:2])
    nearest = " and ".join(str(value) for value in text.write(np.array(found)).to_pylist())
    asked = " and ".join(repr(str(clause)) for clause in wanted)
    many = "values are" if len(found) > 1 else "value is"
    return f"no number of the column keeps {asked}; the nearest possible {many} {nearest}"
