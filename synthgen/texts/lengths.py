"""How long texts are: a length is drawn before the first word, and the network is told at each place how much is left.

A unit is a word, a mark, a tag or an address; markers and the pieces of a word but the last one count for nothing.

Letters: N texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

MOST_BINS = 24
_EXACT = 16
"""Up to so many units left each number is told apart; beyond, four steps to each doubling."""
_STEPS = 4
AHEAD = _EXACT + 6 * _STEPS + 1
"""Different things that the network is told of what is left."""


def ahead_of(left: np.ndarray) -> np.ndarray:
    """What the network is told where so many units are left.

    Example:
        >>> ahead_of(np.array([-1, 0, 3, 16, 32, 10_000])).tolist()
        [0, 0, 3, 16, 20, 40]
    """
    far = _EXACT + np.floor(_STEPS * np.log2(np.maximum(left, _EXACT) / _EXACT)).astype(np.int64)
    found: np.ndarray = np.where(left < _EXACT, np.maximum(left, 0), np.minimum(far, AHEAD - 1))
    return found


@dataclass(frozen=True)
class Lengths:
    """Bins of lengths of about equally many texts.

    Attributes:
        edges: units; a bin ends before the next edge.
    """

    edges: tuple[int, ...]

    @property
    def bins(self) -> int:
        return len(self.edges) - 1

    @classmethod
    def fit(cls, units_N: np.ndarray, owners: np.ndarray, min_holders: int) -> Self:
        """Learn from the lengths of texts; the longest few are known by their mean alone.

        Args:
            units_N: of each text.
            owners: ``(N,)``, a number per text.
            min_holders: owners to a bin, about.

        Example:
            >>> Lengths.fit(np.array([1, 1, 2, 2, 9, 11]), np.arange(6), min_holders=2).edges
            (1, 2, 3, 9, 10, 11)
        """
        rising = np.sort(np.maximum(units_N, 1))
        many = int(np.clip(len(np.unique(owners)) // min_holders, 1, MOST_BINS))
        few = min(min_holders, len(rising))
        low, high = round(float(rising[:few].mean())), round(float(rising[-few:].mean()))
        inner = rising[(np.arange(1, many) * len(rising)) // many]
        inner = np.unique(np.r_[inner, inner + 1])  # a length that many texts have is a bin of its own
        inner = inner[(inner > low) & (inner <= high)]
        return cls((low, *map(int, inner), max(high, int(inner.max(initial=low))) + 1))

    def bin_of(self, units_N: np.ndarray) -> np.ndarray:
        """The bin of each length."""
        found: np.ndarray = np.clip(np.searchsorted(self.edges, units_N, side="right") - 1, 0, self.bins - 1)
        return found

    def draw(self, bin_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A length in each bin."""
        edges = np.array(self.edges)
        drawn: np.ndarray = rng.integers(edges[bin_N], edges[bin_N + 1])
        return drawn

    def state(self) -> list[int]:
        """JSON types."""
        return list(self.edges)

    @classmethod
    def from_state(cls, state: Sequence[int]) -> Self:
        """The bins again."""
        return cls(tuple(map(int, state)))
