"""Fewer values per column before tables of several columns are counted: values that few rows hold share a cell.

Two groups are always left, however few rows they hold: a column of one group could not be counted beside another.

What is merged depends on noisy counts alone, so it is free. Within a merged group the values keep their share.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

FEWEST_GROUPS = 2


@dataclass(frozen=True)
class Coarsening:
    """Groups of the values of a column.

    Attributes:
        group_of: the group of each value.
        within: the share of each value in its group.
        size: the number of groups.
    """

    group_of: np.ndarray
    within: np.ndarray
    size: int

    def refine(self, groups_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A value for each group, by the shares within."""
        values_N = np.empty(len(groups_N), np.int32)
        order_N = np.argsort(groups_N, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(groups_N, minlength=self.size))])
        for group in range(self.size):
            members = np.flatnonzero(self.group_of == group)
            here = order_N[bounds[group] : bounds[group + 1]]
            at = (rng.permutation(len(here)) + rng.random()) / max(len(here), 1)
            found = np.searchsorted(np.cumsum(self.within[members]), at, side="right")
            values_N[here] = members[np.clip(found, 0, len(members) - 1)]
        return values_N


def coarsen(counts: np.ndarray, *, least: float, most: int, ordered: bool) -> Coarsening:
    """Merge values until every group holds enough rows, or only two are left, and there are few enough groups.

    Args:
        counts: rows per value, noisy.
        least: the rows that a group shall hold.
        most: the groups that there may be, 1 or more.
        ordered: only neighbours are merged (numbers, dates); otherwise the rarest with the next rarest.

    Example:
        >>> coarsen(np.array([50.0, 3.0, 40.0, 2.0]), least=5, most=9, ordered=False).group_of.tolist()
        [0, 2, 1, 2]
        >>> coarsen(np.array([50.0, 3.0, 40.0, 2.0]), least=5, most=9, ordered=True).group_of.tolist()
        [0, 1, 1, 1]
    """
    held = np.maximum(counts, 0.0)
    if ordered:
        groups, weights = [[v] for v in range(len(held))], list(held)
        while len(groups) > most or (len(groups) > FEWEST_GROUPS and min(weights) < least):
            k = int(np.argmin(weights))
            sides = [j for j in (k - 1, k + 1) if 0 <= j < len(groups)]
            other = min(sides, key=lambda j: weights[j])
            low, high = min(k, other), max(k, other)
            groups[low] += groups.pop(high)
            weights[low] += weights.pop(high)
    else:
        heap = [(float(w), [v]) for v, w in enumerate(held)]
        heapq.heapify(heap)
        while len(heap) > most or (len(heap) > FEWEST_GROUPS and heap[0][0] < least):
            weight, members = heapq.heappop(heap)
            heapq.heapreplace(heap, (heap[0][0] + weight, sorted([*heap[0][1], *members])))
        groups = [members for _, members in sorted(heap, key=lambda item: (-item[0], item[1]))]
    group_of, within = np.zeros(len(held), np.int32), np.zeros(len(held))
    for number, members in enumerate(groups):
        group_of[members] = number
        total = held[members].sum()
        within[members] = held[members] / total if total > 0 else 1.0 / len(members)
    return Coarsening(group_of, within, len(groups))
