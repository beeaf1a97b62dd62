"""From pairs of columns that belong together to a tree of cliques, under a limit on its cells.

A graph of columns is made chordal by eliminating its columns one by one; the maximal cliques of what results form a
tree in which the cliques of every column are connected (running intersection), so sums over all rows of the joint
table become sums inside cliques.

Letters: C columns, K cliques.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Columns = tuple[int, ...]
"""Columns by number, ascending."""


@dataclass(frozen=True)
class JunctionTree:
    """Cliques of columns as one tree, parents before children.

    Attributes:
        cliques: the columns of each clique, ascending.
        parents: the clique that each hangs on; -1 for the first, the root.
        separators: the columns a clique shares with its parent; none for the root and between unrelated parts.
    """

    cliques: tuple[Columns, ...]
    parents: tuple[int, ...]
    separators: tuple[Columns, ...]

    def cells(self, sizes: Sequence[int]) -> int:
        """How many cells the tables of all cliques have together."""
        return sum(math.prod(sizes[c] for c in clique) for clique in self.cliques)

    def clique_of(self, columns: Iterable[int], sizes: Sequence[int]) -> int | None:
        """The smallest clique that holds these columns; None where none does."""
        wanted = set(columns)
        holding = [k for k, clique in enumerate(self.cliques) if wanted <= set(clique)]
        return min(holding, key=lambda k: math.prod(sizes[c] for c in self.cliques[k]), default=None)


def junction_tree(groups: Iterable[Iterable[int]], sizes: Sequence[int], root: Iterable[int] = ()) -> JunctionTree:
    """A junction tree in which every group of columns lies within one clique.

    Columns are eliminated greedily, once by the smallest table and once by the least fill; the tree with fewer cells
    stays. Both are heuristics: the smallest tree is NP-hard to find.

    Args:
        groups: columns that must meet in a clique, such as those of a measured table.
        sizes: the number of values of each of the C columns.
        root: the root is the clique that holds most of these columns.

    Returns:
        A tree over all C columns; one that is in no group is a clique of its own.

    Source:
        Lauritzen, Spiegelhalter 1988, J. R. Stat. Soc. B 50, 157; Kjaerulff 1990 (the heuristics).

    Example:
        >>> tree = junction_tree([(0, 1), (1, 2), (2, 3), (0, 3)], [2, 2, 2, 2])
        >>> tree.cliques, tree.separators
        (((0, 1, 3), (1, 2, 3)), ((), (1, 3)))
    """
    neighbours = [0] * len(sizes)  # as bit sets
    for group in groups:
        members = sum(1 << c for c in set(group))
        for c in set(group):
            neighbours[c] |= members & ~(1 << c)
    weights = [math.log2(max(size, 1)) for size in sizes]
    found = [_maximal(_eliminated(neighbours, weights, by_fill)) for by_fill in (False, True)]
    cells = [sum(math.prod(sizes[c] for c in _members(clique)) for clique in cliques) for cliques in found]
    return _hung(found[0] if cells[0] <= cells[1] else found[1], sum(1 << c for c in set(root)))


def _eliminated(neighbours: list[int], weights: Sequence[float], by_fill: bool) -> list[int]:
    """The clique that each elimination leaves behind, cheapest column first."""
    near, cost, left = list(neighbours), dict.fromkeys(range(len(neighbours)), 0.0), (1 << len(neighbours)) - 1

    def price(c: int) -> float:
        members = _members(near[c])
        weight = weights[c] + sum(weights[m] for m in members)
        if not by_fill:
            return weight
        missing = sum((near[c] & ~near[m] & ~(1 << m)).bit_count() for m in members)
        return missing * 1000.0 + weight

    stale = list(range(len(near)))
    cliques = []
    for _ in range(len(near)):
        for c in stale:
            cost[c] = price(c)
        best = min(cost, key=lambda c: (cost[c], c))
        members = _members(near[best])
        cliques.append(near[best] | 1 << best)
        touched = near[best]
        for m in members:
            touched |= near[m]
            near[m] = (near[m] | near[best]) & ~(1 << m) & ~(1 << best)
        left &= ~(1 << best)
        del cost[best]
        stale = _members((touched if by_fill else near[best]) & left)
    return cliques


def _maximal(cliques: list[int]) -> list[int]:
    """Those that lie in no other; an elimination's clique can only lie in an earlier one."""
    kept: list[int] = []
    for clique in cliques:
        if not any(clique & other == clique for other in kept):
            kept.append(clique)
    return kept


def _hung(cliques: list[int], root: int) -> JunctionTree:
    """The tree of widest separators (Prim), which for the cliques of a chordal graph has running intersection."""
    first = max(range(len(cliques)), key=lambda k: ((cliques[k] & root).bit_count(), cliques[k].bit_count(), -k))
    order, parents, place = [first], [-1], {first: 0}
    best = {k: (first, (cliques[k] & cliques[first]).bit_count()) for k in range(len(cliques)) if k != first}
    while best:
        k = max(best, key=lambda k: (best[k][1], -place[best[k][0]], -k))
        parents.append(place[best.pop(k)[0]])
        place[k] = len(order)
        order.append(k)
        for other, (_, shared) in best.items():
            if (cliques[k] & cliques[other]).bit_count() > shared:
                best[other] = (k, (cliques[k] & cliques[other]).bit_count())
    separators = [cliques[k] & cliques[order[p]] if p >= 0 else 0 for k, p in zip(order, parents, strict=True)]
    return JunctionTree(
        tuple(tuple(_members(cliques[k])) for k in order), tuple(parents), tuple(tuple(_members(s)) for s in separators)
    )


def _members(bits: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
