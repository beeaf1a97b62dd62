"""Exchanges of ends of edges that may put triangles right: which are worth counting through.

Letters: N nodes, M edges, H half-edges (each edge in every direction in which it may be taken), K classes of degree,
P proposals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.graphs.graph import Adjacency
from synthgen.graphs.layers import Layer
from synthgen.graphs.pairs import Ties, places_by, sorted_with_places

WEDGES = 4
"""Open paths drawn per proposal: most have no edge at hand whose end is of the cell of the one wanted."""
PROPOSALS = (2_000, 500_000)
"""Per round: half of the edges, within these bounds."""
COSTLY = 10
"""Times the usual number of neighbours to look through: exchanges among the greatest hubs cost more than they bring."""
CHEAPEST_OF = 8
"""Edges at random, of which the one in the fewest triangles is given up."""


@dataclass(frozen=True)
class Proposals:
    """Exchanges: edges ``first`` (a -> x) and ``second`` (y -> b) become a -> b and y -> x."""

    a_P: np.ndarray
    x_P: np.ndarray
    y_P: np.ndarray
    b_P: np.ndarray
    first_P: np.ndarray
    second_P: np.ndarray

    def where(self, yes_P: np.ndarray) -> Proposals:
        return Proposals(*(getattr(self, name)[yes_P] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.a_P)

    def free(self) -> np.ndarray:
        """Which have four nodes and two edges."""
        free_P: np.ndarray = (self.first_P != self.second_P) & (self.a_P != self.b_P) & (self.x_P != self.y_P)
        free_P &= (self.a_P != self.y_P) & (self.x_P != self.b_P)
        return free_P


@dataclass(frozen=True)
class Proposer:
    """Draws exchanges on a graph as it is.

    Attributes:
        cell_N: the cell of each node.
        n_cells: how many there are.
        neighbours: without regard to direction.
        ties: the same.
        rng: for draws.
    """

    cell_N: np.ndarray
    n_cells: int
    neighbours: Adjacency
    ties: Ties
    rng: np.random.Generator

    def proposed(self, layer: Layer, closed_M: np.ndarray, short_N: np.ndarray, too_many: float) -> Proposals:
        """Exchanges that keep the graph simple and cells as they are.

        Those that close an open path a - m - b take an edge from a into the cell of b, and any edge at b; others are
        any two edges into one cell.

        Args:
            layer: whose edges are exchanged.
            closed_M: how many triangles each edge is in; those with few are given up, or, of others, those with many.
            short_N: how many open paths are to be closed at each node, in proportion.
            too_many: how many of the others, as a share of half of the edges.
        """
        n_wanted = int(np.clip(len(layer.a_M) // 2, *PROPOSALS))
        a_H, b_H, number_H = layer.ends()
        closed_H = closed_M[number_H]
        ends = [self._closing(a_H, b_H, closed_H, short_N, WEDGES * n_wanted)]
        ends.append(self._any(a_H, b_H, closed_H, int(n_wanted * too_many)))
        first, second = np.concatenate(ends, 1)
        order = self.rng.permutation(len(first))
        first, second = first[order], second[order]
        found = Proposals(a_H[first], b_H[first], a_H[second], b_H[second], number_H[first], number_H[second])
        found = found.where(found.free())
        if len(found):
            cost_P = self._cost(found)
            found = found.where(cost_P <= COSTLY * np.median(cost_P))
        return found.where(~self.ties.hold(found.a_P, found.b_P) & ~self.ties.hold(found.x_P, found.y_P))

    def _closing(
        self, a_H: np.ndarray, b_H: np.ndarray, closed_H: np.ndarray, short_N: np.ndarray, many: int
    ) -> np.ndarray:
        """Half-edges to exchange, ``(2, P)``, for open paths that have an edge at hand."""
        a_P, b_P = self._open_wedges(short_N, many)
        key_H, by_cell = sorted_with_places(a_H * self.n_cells + self.cell_N[b_H])
        key_P, place_P = sorted_with_places(a_P * self.n_cells + self.cell_N[b_P])
        low_P = np.searchsorted(key_H, key_P)
        there = np.flatnonzero(key_H[np.minimum(low_P, len(key_H) - 1)] == key_P)
        low_P, key_P, b_P = low_P[there], key_P[there], b_P[place_P[there]]
        end_N, by_end = places_by(b_H, len(self.cell_N))
        reached = end_N[b_P + 1] > end_N[b_P]
        low_P, key_P, b_P = low_P[reached], key_P[reached], b_P[reached]
        first_P = self._one_of(by_cell, low_P, np.searchsorted(key_H, key_P, side="right"), closed_H)
        return np.stack([first_P, self._one_of(by_end, end_N[b_P], end_N[b_P + 1], closed_H)])

    def _any(self, a_H: np.ndarray, b_H: np.ndarray, closed_H: np.ndarray, many: int) -> np.ndarray:
        """Half-edges to exchange, ``(2, P)``, wherever they are."""
        if not many:
            return np.zeros((2, 0), np.int64)
        into_C, into = places_by(self.cell_N[b_H], self.n_cells)
        first_P = self.rng.integers(len(a_H), size=many)
        cell_P = self.cell_N[b_H[first_P]]
        return np.stack([first_P, self._one_of(into, into_C[cell_P], into_C[cell_P + 1], -closed_H)])

    def _one_of(self, listed: np.ndarray, low_P: np.ndarray, high_P: np.ndarray, cost_H: np.ndarray) -> np.ndarray:
        """Of the entries between two places, the cheapest of some at random."""
        best_P: np.ndarray = listed[low_P]
        for number in range(CHEAPEST_OF):
            other_P = listed[low_P + (self.rng.random(len(low_P)) * (high_P - low_P)).astype(np.int64)]
            best_P = np.where((cost_H[other_P] < cost_H[best_P]) | (number == 0), other_P, best_P)
        return best_P

    def _cost(self, found: Proposals) -> np.ndarray:
        """Neighbours to look through: of both new pairs, those of the node with fewer."""
        size_N = self.neighbours.size_N
        a_P, x_P, y_P, b_P = (size_N[end] for end in (found.a_P, found.x_P, found.y_P, found.b_P))
        cost_P: np.ndarray = np.minimum(a_P, b_P) + np.minimum(x_P, y_P)
        return cost_P

    def _open_wedges(self, short_N: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
        """Ends of paths of two edges, drawn systematically over the nodes in their middle."""
        total = short_N.sum()
        if total <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        steps_N = np.floor(np.cumsum(short_N) * (many / total) + self.rng.random()).astype(np.int64)
        middle = np.repeat(np.arange(len(short_N)), np.diff(steps_N, prepend=0))
        a_P, b_P = self.neighbours.any_of(middle, self.rng), self.neighbours.any_of(middle, self.rng)
        apart = (a_P != b_P) & ~self.ties.hold(a_P, b_P)
        return a_P[apart], b_P[apart]
