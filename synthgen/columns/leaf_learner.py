"""Cuts the values of a column into leaves: exact values, and intervals that enough rows hold.

Letters: D distinct values, L leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from synthgen.columns.holders import holders, one_each
from synthgen.columns.leaves import Leaves

ATOM_SHARE = 0.01
"""A value held by this share of the rows is a coarse token of its own."""
FEW = 100
"""A column that needs no more tokens than this gets one slot."""
CELLS = 16
"""Equal-mass cells in a bin; spikes may double it."""
END_HOLDERS = 2
"""The outermost bins are halved while each half has so many times the holders that any leaf needs."""
GRID_EVIDENCE = 4.0
"""A coarser grid is believed when chance would show it once in ten to this power."""


@dataclass(frozen=True)
class Group:
    """Distinct values ``first .. last`` that make a leaf of bin ``bin``."""

    first: int
    last: int
    exact: bool
    bin: int


class LeafLearner:
    """Cuts the sorted distinct values of a column into leaves.

    Args:
        values: ``(D,)`` sorted distinct values; whole numbers where the column has a grid.
        counts: ``(D,)`` rows that hold each.
        grid: whether the values count a grid.
        min_holders: a leaf has so many holders, and an edge is an average over so many.
        bins: at most so many coarse bins, before those at the ends are halved.
        limits: values never to be crossed.
        cells: about so many cells in a bin; with one, the ends of the column are not cut finer either.
        unit_R: whose each row is, in the order of the values; None: each row is somebody else's.
    """

    def __init__(
        self,
        values: np.ndarray,
        counts: np.ndarray,
        grid: bool,
        min_holders: int,
        bins: int,
        limits: tuple[float, float],
        cells: int = CELLS,
        unit_R: np.ndarray | None = None,
    ) -> None:
        self.values, self.counts, self.grid = values, counts, grid
        self.holders, self.bins, self.limits, self.cells = min_holders, bins, limits, cells
        self.total = np.concatenate([[0], np.cumsum(counts)])
        self.rows = int(self.total[-1])
        self.one_level = True
        self.unit_R, self.place_R = unit_R, np.repeat(np.arange(values.size), counts)
        self.held_D = counts if unit_R is None else holders(self.place_R, values.size, unit_R)

    def learn(self) -> Leaves:
        """The leaves: one slot's worth when a few tokens do, else bins with cells."""
        if (self.rows if self.unit_R is None else np.unique(self.unit_R).size) < self.holders:
            return self._too_few()
        groups = self._one_level()
        self.one_level = groups is not None
        groups = groups or self._two_levels()
        while True:
            low, high, edges = self._bounds(groups)
            leaf = np.searchsorted(edges, self.values, side="right")
            held = np.bincount(leaf, weights=self.counts, minlength=len(groups))
            who = held if self.unit_R is None else holders(leaf[self.place_R], len(groups), self.unit_R)
            short = [i for i, g in enumerate(groups) if not g.exact and (who[i] < self.holders or low[i] > high[i])]
            if not short or len(groups) == 1:
                break
            for i in sorted(_apart(short), reverse=True):
                groups = self._absorb(groups, i) if len(groups) > 1 else groups
        bins = np.unique([g.bin for g in groups], return_inverse=True)[1]
        step, offset = self._steps(groups, low, high, bins)
        middle = np.cumsum(mass := np.bincount(bins, weights=held)) - mass / 2
        return Leaves(low, high, edges, bins, step, offset, np.round(middle / self.rows, 5))

    def _too_few(self) -> Leaves:
        """One leaf for a column that fewer rows hold than any number may come from: one digit is all it keeps."""
        mean = float((self.values * (self.counts / self.rows)).sum())
        spread = np.sqrt(3.0) * float(np.sqrt(((self.values - mean) ** 2 * (self.counts / self.rows)).sum()))
        unit = 10.0 ** np.floor(np.log10(spread or abs(mean) or 1.0))
        unit = max(unit, 1.0) if self.grid else unit
        low, high = np.floor((mean - spread) / unit) * unit, np.ceil((mean + spread) / unit) * unit
        low, high = max(low, self.limits[0]), min(high, self.limits[1])
        one, zero = np.ones(1), np.zeros(1)
        step = one if self.grid and high > low else zero
        return Leaves(zero + low, zero + max(low, high), np.zeros(0), np.zeros(1, np.int64), step, zero, one / 2)

    # Groups

    def _mass(self, first: int, stop: int) -> int:
        return int(self.total[stop] - self.total[first])

    def _group(self, first: int, last: int, label: int) -> Group:
        """An interval, or a value that enough hold."""
        return Group(first, last, first == last and bool(self.held_D[first] >= self.holders), label)

    def _one_level(self) -> list[Group] | None:
        """Each value that enough rows hold, and the finest intervals of the rest; None when these are too many."""
        exact = self.held_D >= self.holders
        rest = self.rows - int(self.counts[exact].sum())
        if exact.sum() > FEW or rest > FEW * self.holders * 2 or (self.values.size > FEW and rest > self.rows / 2):
            return None
        groups = self._groups(0, self.values.size, exact, self.holders, 0)
        return [Group(g.first, g.last, g.exact, i) for i, g in enumerate(groups)] if len(groups) <= FEW else None

    def _two_levels(self) -> list[Group]:
        """Atoms, and bins of the rest, each bin in cells."""
        atoms = (self.held_D >= self.holders) & (self.counts >= np.ceil(ATOM_SHARE * self.rows))
        rest = self.rows - int(self.counts[atoms].sum())
        bins = max(1, min(self.bins, rest // (4 * self.holders)))
        groups: list[Group] = []
        for first, stop, atom in _stretches(atoms):
            if atom:
                groups += [Group(i, i, True, len(groups) + i - first) for i in range(first, stop)]
                continue
            parts = max(1, round(bins * self._mass(first, stop) / max(rest, 1)))
            cuts = self._cuts(first, stop, parts)
            if self.cells > 1:
                cuts = self._finer_bins(cuts)
            for begin, end in pairwise(cuts):
                groups += self._cells(begin, end, len(groups))
        return self._finer_ends(groups) if self.cells > 1 else groups

    def _finer_bins(self, cuts: list[int]) -> list[int]:
        """Halve the outermost bins of the column while enough rows remain: extremes decide correlations."""
        cuts = list(cuts)
        for upper in (False, True):
            while cuts[-1 if upper else 0] == (self.values.size if upper else 0):
                begin, end = cuts[-2:] if upper else cuts[:2]
                target = self.total[end if upper else begin] + (-1 if upper else 1) * self._mass(begin, end) / 2
                cut = int(np.searchsorted(self.total, target))
                if min(self._mass(begin, cut), self._mass(cut, end)) < END_HOLDERS * self.holders:
                    break
                cuts.insert(len(cuts) - 1 if upper else 1, cut)
        return cuts

    def _cells(self, first: int, stop: int, label: int) -> list[Group]:
        """The cells of one bin: spikes exact, the rest in equal masses."""
        mass = max(self.holders, self._mass(first, stop) / self.cells)
        spikes = np.zeros(self.values.size, bool)
        held = self.held_D[first:stop] >= self.holders
        spikes[first:stop] = held & (self.counts[first:stop] >= mass / 2)
        return self._groups(first, stop, spikes, mass, label)

    def _groups(self, first: int, stop: int, exact: np.ndarray, mass: float, label: int) -> list[Group]:
        """Groups of ``first .. stop - 1``: exact values, and intervals of about ``mass`` rows between them.

        A stretch that too few rows hold joins a weak neighbour (which is then an interval); beside strong
        neighbours it gets no leaf, and its values count as the nearest one.
        """
        groups: list[Group] = []
        loose: list[tuple[int, int]] = []
        for begin, end, is_exact in _stretches(exact[first:stop], first):
            if is_exact:
                groups += [Group(i, i, True, label) for i in range(begin, end)]
            elif self._mass(begin, end) < self.holders:
                loose.append((begin, end))
            else:
                cuts = self._cuts(begin, end, max(1, int(self._mass(begin, end) / mass)))
                groups += [self._group(a, b - 1, label) for a, b in pairwise(cuts)]
        for begin, end in loose:
            groups = self._join(groups, begin, end)
        return groups

    def _join(self, groups: list[Group], begin: int, end: int) -> list[Group]:
        near = [i for i, g in enumerate(groups) if g.last + 1 == begin or g.first == end]
        mass = {i: self._mass(groups[i].first, groups[i].last + 1) for i in near}
        weak = [i for i in near if not groups[i].exact or mass[i] < 4 * self.holders]
        if not weak:
            return groups
        i = min(weak, key=lambda i: mass[i])
        g = groups[i]
        return [*groups[:i], Group(min(g.first, begin), max(g.last, end - 1), False, g.bin), *groups[i + 1 :]]

    def _cuts(self, first: int, stop: int, parts: int) -> list[int]:
        """Where to cut distinct values into parts of equal mass, each with enough rows."""
        targets = self.total[first] + self._mass(first, stop) * np.arange(1, parts) / parts
        right = np.searchsorted(self.total, targets)
        nearest = np.where(self.total[right] - targets > targets - self.total[right - 1], right - 1, right)
        cuts = [first]
        for cut in np.unique(nearest).tolist():
            if self._mass(cuts[-1], cut) >= self.holders and self._mass(cut, stop) >= self.holders:
                cuts.append(cut)
        return [*cuts, stop]

    def _finer_ends(self, groups: list[Group]) -> list[Group]:
        """Halve the outermost intervals while enough rows remain: extremes decide correlations."""
        for upper in (False, True):
            while not (g := groups[-1 if upper else 0]).exact:
                near_end = [g.first, g.last + 1]
                target = self.total[near_end[upper]] + (-1 if upper else 1) * self._mass(g.first, g.last + 1) / 2
                cut = int(np.searchsorted(self.total, target))
                if min(self._mass(g.first, cut), self._mass(cut, g.last + 1)) < self.holders:
                    break
                split = [self._group(g.first, cut - 1, g.bin), self._group(cut, g.last, g.bin)]
                groups = [*groups[:-1], *split] if upper else [*split, *groups[1:]]
        return groups

    def _absorb(self, groups: list[Group], i: int) -> list[Group]:
        """Without leaf i, which an averaged edge left with too few rows: its values join a neighbour."""
        near = [j for j in (i - 1, i + 1) if 0 <= j < len(groups) and not groups[j].exact]
        near = [j for j in near if groups[min(i, j)].last + 1 == groups[max(i, j)].first]
        if not near:
            return [*groups[:i], *groups[i + 1 :]]
        j = min(near, key=lambda j: groups[j].bin != groups[i].bin)
        low, high = min(i, j), max(i, j)
        joined = Group(groups[low].first, groups[high].last, False, groups[j].bin)
        return [*groups[:low], joined, *groups[high + 1 :]]

    # Edges

    def _bounds(self, groups: list[Group]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where leaves begin and end, and the edges between them; no edge is a rare value."""
        half = 0.5 if self.grid else 0.0
        low, high = np.empty(len(groups)), np.empty(len(groups))
        low[0], high[-1] = self._end(groups[0], upper=False), self._end(groups[-1], upper=True)
        edges = np.empty(len(groups) - 1)
        for i, (a, b) in enumerate(pairwise(groups)):
            touching = a.last + 1 == b.first
            if touching and not (a.exact or b.exact):
                high[i] = low[i + 1] = edges[i] = self._between(a, b)
                continue
            high[i], low[i + 1] = self._end(a, upper=True), self._end(b, upper=False)
            if not (a.exact or b.exact):
                edges[i] = (high[i] + low[i + 1]) / 2
                high[i], low[i + 1] = edges[i], edges[i]
            elif a.exact and b.exact:
                edges[i] = _middle(high[i], low[i + 1])
            elif a.exact:
                after = high[i] + half if self.grid else np.nextafter(high[i], np.inf)
                low[i + 1] = max(low[i + 1], after)
                edges[i] = after if touching else max(after, _middle(high[i], low[i + 1]))
            else:
                high[i] = min(high[i], low[i + 1] - half)
                edges[i] = low[i + 1] - half if touching else max(_middle(high[i], low[i + 1]), high[i])
        return low, high, np.maximum.accumulate(edges) if edges.size else edges

    def _between(self, a: Group, b: Group) -> float:
        """The edge between touching intervals: the mean of the rows around it, moved between grid points."""
        if self.grid and self.values[b.first] - self.values[a.last] == 1:
            return float(self.values[a.last] + 0.5)
        reach = (self.holders + 1) // 2
        cut = int(self.total[b.first])
        if self.unit_R is None:
            places = self.place_R[cut - reach : cut + reach]
        else:
            below = cut - 1 - one_each(self.unit_R[:cut][::-1], reach)
            others = cut + np.flatnonzero(~np.isin(self.unit_R[cut:], self.unit_R[below]))
            above = others[one_each(self.unit_R[others], reach)]
            places = self.place_R[np.concatenate([below[::-1], above])]
        edge = float((self.values[places] / places.size).sum())
        return np.floor(edge) + 0.5 if self.grid else edge

    def _end(self, g: Group, upper: bool) -> float:
        return float(self.values[g.last]) if g.exact else self._outer(g, upper)

    def _outer(self, g: Group, upper: bool) -> float:
        """Where an interval ends when nothing touches it, from its outermost rows together.

        Uniform rows with this mean and spread would end there; rounded outwards to two digits of the width.
        """
        end = g.last if upper else g.first
        if self.held_D[end] >= self.holders:
            return float(self.values[end] + (0.5 if upper else -0.5) * self.grid)
        places = self.place_R[self.total[g.first] : self.total[g.last + 1]][:: -1 if upper else 1]
        if self.unit_R is not None:
            whose = self.unit_R[self.total[g.first] : self.total[g.last + 1]][:: -1 if upper else 1]
            places = places[one_each(whose, 2 * self.holders)]
        x = np.sort(self.values[places[: 2 * self.holders]])
        mean = float((x / x.size).sum())
        reach = max(float(np.abs(x - mean).max()), 1e-300)
        spread = float(np.sqrt(3.0) * reach * np.std((x - mean) / reach))
        unit = 10.0 ** (np.floor(np.log10(max(2 * spread, 1e-290))) - 1)
        unit = max(unit, 1.0) if self.grid else unit
        bound = np.ceil((mean + spread) / unit) * unit if upper else np.floor((mean - spread) / unit) * unit
        bound = min(max(bound, self.limits[0]), self.limits[1])
        return float(bound + (0.5 if upper else -0.5) * self.grid)

    # Grids

    def _steps(
        self, groups: list[Group], low: np.ndarray, high: np.ndarray, bins: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Each leaf's grid: the column's, its bin's or its own, the coarsest that the values make believable."""
        step, offset = np.zeros(len(groups)), np.zeros(len(groups))
        if not self.grid:
            return step, offset
        whole = (1, 0)
        column = self._grid_of(0, self.values.size, whole)
        for label in range(int(bins[-1]) + 1):
            members = np.flatnonzero(bins == label)
            shared = self._grid_of(groups[members[0]].first, groups[members[-1]].last + 1, column)
            for i in members:
                g = groups[i]
                for spacing, start in (self._grid_of(g.first, g.last + 1, shared), shared, column, whole):
                    first = np.ceil((low[i] - start) / spacing) * spacing + start
                    if not g.exact and first <= high[i]:
                        step[i], offset[i] = spacing, start
                        break
        return step, offset

    def _grid_of(self, first: int, stop: int, parent: tuple[int, int]) -> tuple[int, int]:
        """Spacing and offset of the distinct values ``first .. stop - 1``, or the parent's when that is not certain."""
        x = self.values[first:stop]
        spacing = int(np.gcd.reduce(np.diff(x).astype(np.int64))) if x.size > 1 else 0
        if spacing <= parent[0] or (x.size - 1) * np.log10(spacing / parent[0]) < GRID_EVIDENCE:
            return parent
        return spacing, int(x[0]) % spacing


def _apart(numbers: list[int]) -> list[int]:
    """Those of a rising list that leave a gap of two to the one taken before."""
    taken: list[int] = []
    for number in numbers:
        if not taken or number > taken[-1] + 2:
            taken.append(number)
    return taken


def _middle(a: float, b: float) -> float:
    """Above a, at most b."""
    middle = a + (b - a) / 2
    return middle if middle > a else b


def _stretches(mask: np.ndarray, start: int = 0) -> list[tuple[int, int, bool]]:
    """Runs of equal marks: begin, end, mark."""
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(mask)) + 1, [mask.size]])
    return [(start + int(a), start + int(b), bool(mask[a])) for a, b in pairwise(cuts)]
