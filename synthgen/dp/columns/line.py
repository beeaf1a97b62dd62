"""Positions on a line, in bins: a fixed grid that no data shaped, and finer bins where a noisy look found mass.

Letters: N values, B bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.dp.columns.noisy import runs

_FINEST = 256
_WIDE = 4.0
"""A bin whose ends are so many times apart holds several magnitudes."""


@dataclass(frozen=True)
class Line:
    """Bins in order, none over another; there may be gaps between them.

    Attributes:
        low: ``(B,)`` where each begins.
        high: ``(B,)`` where each ends; the end is not in it.
        whole: whether only whole numbers are on the line.
    """

    low: np.ndarray
    high: np.ndarray
    whole: bool

    @property
    def size(self) -> int:
        """B."""
        return len(self.low)

    def place(self, x: np.ndarray) -> np.ndarray:
        """``(N,)`` the bin of each position, or the nearest one where that is no farther than it is wide; else -1.

        A bin far off would hold what it does not describe: cells of it would be drawn of another magnitude.

        Example:
            >>> line = Line(np.array([0.0, 5.0]), np.array([2.0, 9.0]), True)
            >>> line.place(np.array([1.0, 2.0, 4.0, 11.0, 99.0, np.nan])).tolist()
            [0, 0, 1, 1, -1, -1]
        """
        if not self.size:
            return np.full(len(x), -1)
        after = np.searchsorted(self.low, x, side="right")
        here, nxt = np.maximum(after - 1, 0), np.minimum(after, self.size - 1)
        last = self.high[here] - (1 if self.whole else 0)
        nearer = (x > last) & (self.low[nxt] - x < x - last)
        found = np.where(nearer, nxt, here)
        away = np.maximum(self.low[found] - x, x - self.high[found])
        return np.where(away <= self.high[found] - self.low[found], found, -1)

    def draw(self, bin_N: np.ndarray, avoid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """``(N,)`` positions, each drawn evenly from its bin, or from its magnitudes where it holds several.

        Args:
            bin_N: the bins.
            avoid: whole numbers that stand for themselves elsewhere and are not drawn; every bin has others.
            rng: draws them.
        """
        low, high = self.low[bin_N], self.high[bin_N]
        x = self._evenly(low, high, avoid, rng)
        wide = np.flatnonzero((high > _WIDE * low) & (low > 0) | (low < _WIDE * high) & (high < 0))
        if len(wide):  # several magnitudes: each as likely
            end = high[wide] - (1 if self.whole else 0)
            drawn = low[wide] * (end / low[wide]) ** rng.random(len(wide))
            x[wide] = np.where(np.isin(drawn := np.rint(drawn) if self.whole else drawn, avoid), x[wide], drawn)
        return x

    def _evenly(self, low: np.ndarray, high: np.ndarray, avoid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        width = high - low
        if not self.whole:
            x: np.ndarray = np.minimum(low + rng.random(len(low)) * width, np.nextafter(high, low))
            return x
        points = np.unique(avoid[~np.isnan(avoid)])
        before = np.searchsorted(points, low)
        free = np.maximum(width - (np.searchsorted(points, high) - before), 1)
        rank = low - before + np.minimum(np.floor(rng.random(len(low)) * free), free - 1)  # among free whole numbers
        found: np.ndarray = rank + np.searchsorted(points - np.arange(len(points)), rank, side="right")
        return found

    def without(self, avoid: np.ndarray) -> Line:
        """The bins in which other whole numbers lie than those to avoid.

        Example:
            >>> Line(np.array([0.0, 1.0]), np.array([1.0, 9.0]), True).without(np.array([0.0, 3.0])).low.tolist()
            [1.0]
        """
        if not self.whole:
            return self
        points = np.unique(avoid[~np.isnan(avoid)])
        inside = np.searchsorted(points, self.high) - np.searchsorted(points, self.low)
        kept = inside < self.high - self.low
        return Line(self.low[kept], self.high[kept], True)

    def refined(self, counts: np.ndarray, sd: float, least: float) -> Line:
        """Bins where the noisy counts hold something, split in proportion to their mass.

        Args:
            counts: ``(B,)`` noisy counts of this line's bins.
            sd: of their noise.
            least: cells that a bin should hold.
        """
        found = runs(counts, sd) or [(int(np.argmax(counts)), int(np.argmax(counts)) + 1)]
        masses = [max(float(counts[a:b].sum()), 1e-9) for a, b in found]
        least = max(least, sum(masses) / _FINEST)
        edges = [
            _split(self.low[a], self.high[b - 1], max(1, round(mass / least)), self.whole)
            for (a, b), mass in zip(found, masses, strict=True)
        ]
        low, high = [each[:-1] for each in edges], [each[1:] for each in edges]
        return Line(np.concatenate([np.zeros(0), *low]), np.concatenate([np.zeros(0), *high]), self.whole)

    @property
    def joined(self) -> np.ndarray:
        """``(B,)`` whether each bin begins where the one before ends."""
        return np.append(False, self.low[1:] == self.high[:-1])[: self.size]

    @property
    def middles(self) -> np.ndarray:
        """``(B,)`` the middle of each bin."""
        middles: np.ndarray = (self.low + self.high - (1 if self.whole else 0)) / 2
        return middles


def _split(low: float, high: float, pieces: int, whole: bool) -> np.ndarray:
    """Edges of equal pieces; of whole numbers, not more than there are."""
    if not whole:
        return np.linspace(low, high, pieces + 1)
    return np.unique(np.round(np.linspace(low, high, int(min(pieces, high - low)) + 1)))


def line_of(edges: np.ndarray, whole: bool) -> Line:
    """A line without gaps."""
    return Line(edges[:-1], edges[1:], whole)


def magnitudes(whole: bool) -> Line:
    """The fixed grid for numbers: bins as wide as a fixed part of the magnitude, alike on both sides of zero.

    Whole numbers have bins of their own below 4; others begin at ``2 ** -40``. Both end at ``2 ** 62``, and every
    doubling between has 2 bins.

    Example:
        >>> magnitudes(whole=True).low[-121:-113].tolist()
        [3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0]
    """
    if whole:
        up = np.concatenate([np.arange(4.0), (2.0 ** np.arange(2, 62)[:, None] * [1, 1.5]).ravel(), [2.0**62]])
        return line_of(np.concatenate([1 - up[:1:-1], up]), True)
    up = np.append((2.0 ** np.arange(-40, 62)[:, None] * [1, 2**0.5]).ravel(), 2.0**62)
    return line_of(np.concatenate([-up[::-1], [0.0], up]), False)
