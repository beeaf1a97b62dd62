"""Cells of a number: the real line in leaves, each an exact value or an interval, that enough rows hold.

Everything here counts in the column's own grid where it has one (cents, whole numbers), so that grid
points are whole numbers and edges lie halfway between them.

Letters: D distinct values, L leaves, N values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np


@dataclass(frozen=True)
class Leaves:
    """Leaves in the order of the values.

    Attributes:
        low: ``(L,)`` where a leaf begins; an exact value where ``low == high``.
        high: ``(L,)`` where it ends.
        edges: ``(L - 1,)`` a value at or above ``edges[i]`` belongs to leaf ``i + 1`` or later.
        bins: ``(L,)`` the coarse token.
        step: ``(L,)`` spacing of the leaf's grid; 0 for none.
        offset: ``(L,)`` a grid point, modulo the step.
        places: one per bin, the share of the rows below its middle.
    """

    low: np.ndarray
    high: np.ndarray
    edges: np.ndarray
    bins: np.ndarray
    step: np.ndarray
    offset: np.ndarray
    places: np.ndarray

    @property
    def exact(self) -> np.ndarray:
        """``(L,)``, whether a leaf is one value."""
        one: np.ndarray = self.low == self.high
        return one

    def find(self, x: np.ndarray) -> np.ndarray:
        """``(N,)`` the leaf of each value."""
        leaf: np.ndarray = np.searchsorted(self.edges, x, side="right")
        return leaf

    def draw(self, leaf: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        """A value inside each leaf: uniform over its grid points, or over the interval where it has no grid."""
        low, high, step = self.low[leaf], self.high[leaf], self.step[leaf]
        free = low * (1 - uniform) + high * uniform
        free = np.minimum(free, np.nextafter(high, low))  # rounding may reach the end, which is the next leaf's
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.ceil((low - self.offset[leaf]) / step) * step + self.offset[leaf]
            count = np.floor((high - first) / step) + 1
            on_grid = first + step * np.minimum(np.floor(uniform * count), count - 1)
        drawn: np.ndarray = np.where(step > 0, on_grid, np.where(low == high, low, free))
        return drawn

    def state(self) -> dict[str, Any]:
        """All arrays as lists."""
        return {name: np.asarray(value).tolist() for name, value in vars(self).items()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The leaves again."""
        arrays = {name: np.asarray(value, np.float64) for name, value in state.items()}
        return cls(**{**arrays, "bins": arrays["bins"].astype(np.int64)})
