"""Positions on a line, in bins: a fixed grid that no data shaped, and finer bins where a noisy look found mass.

Letters: N values, B bins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from synthgen.dp.columns.noisy import runs

_FINEST = 256
_WIDE = 4.0
"""A bin whose ends are so many times apart holds several magnitudes."""
_FARTHEST = 2.0**62
_HEAVIEST, _LIGHTEST = 0.7, 16.0
"""Exponents of the tails that are drawn."""
_LEFT_OUT = 0.05
"""The part of a tail that is not drawn where nobody has said how far it goes."""


@dataclass(frozen=True)
class Shape:
    """How values lie within bins.

    Attributes:
        tilt: ``(B,)`` of the density within a bin, from 1 (from nothing up to twice its mean) to -1 (down to nothing).
        span: ``(B,)`` the part of the bin in which values lie, at its lower end where the density falls.
        exponent: ``(B,)`` of the tail, a Pareto law, of bins that are open; 0 where there is none.
    """

    tilt: np.ndarray
    span: np.ndarray
    exponent: np.ndarray


@dataclass(frozen=True)
class Line:
    """Bins in order, none over another; there may be gaps between them.

    Attributes:
        low: ``(B,)`` where each begins.
        high: ``(B,)`` where each ends; the end is not in it.
        whole: whether only whole numbers are on the line.
        open: ``(B,)`` whether it is what lies beyond all others; None: none is.
        shape: how values lie within bins; None: evenly.
    """

    low: np.ndarray
    high: np.ndarray
    whole: bool
    open: np.ndarray | None = None
    shape: Shape | None = None

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
        """``(N,)`` positions, each drawn from its bin by the line's shape, or from the magnitudes that the bin holds.

        Args:
            bin_N: the bins.
            avoid: whole numbers that stand for themselves elsewhere and are not drawn; every bin has others.
            rng: draws them.
        """
        low, high = self.low[bin_N], self.high[bin_N]
        part = rng.random(len(bin_N))
        x = self._placed(low, high, self._shaped(bin_N, part), avoid)
        wide = (high > _WIDE * low) & (low > 0) | (low < _WIDE * high) & (high < 0)
        if self.shape is not None:
            wide &= self.shape.span[bin_N] == 1
        wide = np.flatnonzero(wide)
        if len(wide):
            near = np.where(low[wide] > 0, low[wide], 1 - high[wide] if self.whole else -high[wide])
            far = np.where(low[wide] > 0, high[wide] - (1 if self.whole else 0), -low[wide])
            exponent = np.zeros(len(wide)) if self.shape is None else self.shape.exponent[bin_N[wide]]
            drawn = np.where(low[wide] > 0, 1, -1) * _tail(near, far, exponent, part[wide])
            x[wide] = np.where(np.isin(drawn := np.rint(drawn) if self.whole else drawn, avoid), x[wide], drawn)
        return x

    def _shaped(self, bin_N: np.ndarray, part: np.ndarray) -> np.ndarray:
        """``(N,)`` which part of its bin lies below each value, from even parts."""
        if self.shape is None:
            return part
        tilt, span = self.shape.tilt[bin_N], self.shape.span[bin_N]
        steep = np.where(np.abs(tilt) > 1e-6, tilt, 1e-6)
        found = (np.sqrt((1 - steep) ** 2 + 4 * steep * part) - (1 - steep)) / (2 * steep)
        placed = np.where(tilt < 0, span * found, 1 - span * (1 - found))
        below: np.ndarray = np.minimum(np.maximum(placed, 0.0), np.nextafter(1.0, 0.0))
        return below

    def _placed(self, low: np.ndarray, high: np.ndarray, part: np.ndarray, avoid: np.ndarray) -> np.ndarray:
        width = high - low
        if not self.whole:
            x: np.ndarray = np.minimum(low + part * width, np.nextafter(high, low))
            return x
        points = np.unique(avoid[~np.isnan(avoid)])
        before = np.searchsorted(points, low)
        free = np.maximum(width - (np.searchsorted(points, high) - before), 1)
        rank = low - before + np.minimum(np.floor(part * free), free - 1)  # among free whole numbers
        found: np.ndarray = rank + np.searchsorted(points - np.arange(len(points)), rank, side="right")
        return found

    def within(self, low: float, high: float) -> Line:
        """The part between two ends, both of which are in it.

        Example:
            >>> line = Line(np.array([0.0, 8.0]), np.array([8.0, 16.0]), True).within(3.0, 9.0)
            >>> line.low.tolist(), line.high.tolist()
            ([3.0, 8.0], [8.0, 10.0])
        """
        end = high + 1 if self.whole else np.nextafter(high, np.inf)
        kept = (self.high > low) & (self.low < end)
        return Line(np.maximum(self.low[kept], low), np.minimum(self.high[kept], end), self.whole)

    def opened(self, known: np.ndarray, least: float = -_FARTHEST, greatest: float = _FARTHEST) -> Line:
        """The same bins, up to the outermost known values, and two for what lies beyond, which never reach past zero.

        Args:
            known: ``(K,)`` positions of values that stand for themselves.
            least: where the line begins.
            greatest: where it ends.

        Example:
            >>> line = Line(np.array([8.0]), np.array([12.0]), True).opened(np.array([20.0]))
            >>> line.low.tolist(), line.high[:3].tolist(), line.open.tolist()
            ([0.0, 8.0, 12.0, 21.0], [8.0, 12.0, 21.0], [True, False, False, True])
        """
        if not self.size:
            return self
        ends = known[~np.isnan(known)]
        first = min([self.low[0], *ends])
        last = max([self.high[-1], *(ends + 1 if self.whole else ends)])
        least = max(least, 0.0) if first >= 0 else least
        greatest = min(greatest, 0.0) if last <= 0 else greatest
        low = np.array([least, first, *self.low, self.high[-1], last])
        high = np.array([first, self.low[0], *self.high, last, greatest])
        is_open = np.arange(len(low)) % (len(low) - 1) == 0
        kept = low < high
        return Line(low[kept], high[kept], self.whole, is_open[kept])

    def shaped(self, mass: np.ndarray, others: np.ndarray, others_mass: np.ndarray) -> Line:
        """The same bins with a shape within them: the density goes on from neighbour to neighbour.

        Within a bin it is linear (slopes limited as by van Leer 1977, doi:10.1016/0021-9991(77)90095-X, so that it
        is nowhere negative and has no peaks of its own). In the last bin that holds something it falls to zero, early
        where the bin holds little. What is beyond is a Pareto law that goes on from the last doubling.

        Args:
            mass: ``(B,)`` of the bins.
            others: ``(K,)`` positions of values that stand for themselves.
            others_mass: ``(K,)`` of these.
        """
        width = self.high - self.low
        held = (mass > 0) & ~self.is_open
        density = np.where(held, mass / width, 0.0)
        joined = self.joined
        below = np.where(joined, np.append(0.0, density[:-1]), 0.0)
        above = np.where(np.append(joined[1:], False), np.append(density[1:], 0.0), 0.0)
        one_sided = (below == 0) | (above == 0)
        inner = np.maximum(below, above)
        rise, fall = np.abs(density - below), np.abs(above - density)
        slope = np.where(one_sided, np.abs(inner - density), np.minimum(rise, fall))
        slope *= one_sided & (inner > 0) | ((density - below) * (above - density) > 0)
        sign = np.where(one_sided, np.where(above > 0, 1, -1) * np.sign(inner - density), np.sign(above - below))
        tilt = sign * np.minimum(slope, density)
        tilt = np.divide(tilt, density, out=np.zeros(len(mass)), where=density > 0)
        alone = held & one_sided & (inner > 2 * density)
        tilt[alone] = np.where(above[alone] > 0, 1.0, -1.0)
        span = np.ones(len(mass))
        span[alone] = 2 * density[alone] / inner[alone]
        return replace(self, shape=Shape(tilt, span, self._exponents(mass, others, others_mass)))

    def _exponents(self, mass: np.ndarray, others: np.ndarray, others_mass: np.ndarray) -> np.ndarray:
        """``(B,)`` of the tails beyond: by how much there is beyond half of where they begin."""
        found = np.zeros(len(mass))
        position = np.concatenate([self.low, others])
        size = np.concatenate([mass, others_mass])
        for end in np.flatnonzero(self.is_open & (mass > 0)):
            begin = max(self.low[end], -self.high[end])
            if begin <= 0:
                continue
            half = size[position * (1 if self.low[end] > 0 else -1) >= begin / 2].sum()
            found[end] = np.clip(np.log2(half / mass[end]), _HEAVIEST, _LIGHTEST)
        return found

    @property
    def is_open(self) -> np.ndarray:
        """``(B,)`` whether each bin is what lies beyond all others."""
        return np.zeros(self.size, bool) if self.open is None else self.open

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
        return Line(self.low[kept], self.high[kept], True, None if self.open is None else self.open[kept])

    def refined(self, counts: np.ndarray, sd: float, least: float, known: np.ndarray | None = None) -> Line:
        """Bins where the noisy counts hold something, split in proportion to their mass.

        Where all is noise, the greatest stays; none does where other things are known to lie on the line.

        Args:
            counts: ``(B,)`` noisy counts of this line's bins.
            sd: of their noise.
            least: cells that a bin should hold.
            known: ``(K,)`` positions of values that were not counted; nan, and what is off the line, says nothing.
        """
        at = np.zeros(0, np.int64) if known is None else self.place(known)
        held = np.bincount(at[at >= 0], minlength=self.size) > 0
        found = runs(counts, sd, held)
        if not found and not held.any():
            found = [(int(np.argmax(counts)), int(np.argmax(counts)) + 1)]
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


def _tail(near: np.ndarray, far: np.ndarray, exponent: np.ndarray, part: np.ndarray) -> np.ndarray:
    """``(N,)`` magnitudes between two ends: each as likely, or by a Pareto law."""
    even = near * (far / near) ** part
    heavy = np.where(exponent > 0, exponent, 1.0)
    end = np.where(far < _FARTHEST, far, near * _LEFT_OUT ** (-1 / heavy))
    falling = near * (1 - part * (1 - (near / end) ** heavy)) ** (-1 / heavy)
    found: np.ndarray = np.where(exponent > 0, falling, even)
    return found


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
