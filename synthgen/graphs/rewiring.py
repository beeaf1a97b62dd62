"""Triangles put right by exchanging ends of edges: every degree, tie between cells and mutual tie stays.

Two edges a -> x and y -> b become a -> b and y -> x, where b and x are of one cell: so every node keeps its degrees,
and every two cells their number of edges. Edges that are followed back are exchanged with their like only, and so are
the others.

Letters: N nodes, M edges, K classes of degree, P proposed exchanges, W nodes tied to both of a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from synthgen.graphs.graph import Graph
from synthgen.graphs.layers import Layer, graph_of, layers_of
from synthgen.graphs.pairs import Ties, common, first_of_each, triangles_and_edges
from synthgen.graphs.proposing import Proposals, Proposer

ENOUGH = 0.005
"""Corners of triangles that are too many or too few in their class, of all that are wanted: then it stops."""
MOST_ROUNDS = 60
STALLED = (4, 0.02)
"""So many rounds that each take off less than this share of the error: then it stops too."""
STEPS = 64
"""Of choosing exchanges in a round: after each, it is known anew which classes want triangles."""


@dataclass(frozen=True)
class Rewired:
    """What came of it.

    Attributes:
        graph: with the same degrees.
        before: share of corners of triangles that were too many or too few in their class of degree.
        after: the same afterwards.
        rounds: how many there were.
        exchanges: how many were made.
        reason: why it stopped: ``enough``, ``stalled`` or ``rounds``.
    """

    graph: Graph
    before: float
    after: float
    rounds: int
    exchanges: int
    reason: str


def rewire(
    graph: Graph,
    cell_N: np.ndarray,
    class_N: np.ndarray,
    wanted_K: np.ndarray,
    rng: np.random.Generator,
    tick: Callable[[int, float], None] | None = None,
) -> Rewired:
    """Bring the corners of triangles at nodes of each class of degree to what is wanted.

    A round proposes exchanges that close a path of two edges at a node whose class wants triangles and give up edges
    that are in few, and others at random where there are too many; what each would do to the triangles is counted
    exactly, and those that lower the error are made, those that lower it most first, no two with an edge or a new pair
    in common. It stops when the error is below ``ENOUGH``, when it has stalled (``STALLED``), or after
    ``MOST_ROUNDS``.

    Args:
        graph: to start from.
        cell_N: the cell of each node.
        class_N: its class of degree.
        wanted_K: corners of triangles at all nodes of each class.
        rng: for proposals.
        tick: told the round and the error.

    Source:
        Mahadevan et al. 2006, doi:10.1145/1159913.1159930 and Orsini et al. 2015, arXiv:1505.07503 (degrees and
        joint degrees kept, clustering by degree aimed at); the wedge that is closed is this file's own.
    """
    layers = layers_of(graph)
    state = _State(graph, cell_N, class_N, wanted_K.astype(float), rng)
    before = error = state.error()
    stalled, made, done, reason = 0, 0, 0, "enough"
    for done in range(1, MOST_ROUNDS + 1):
        if error <= ENOUGH:
            done -= 1
            break
        changed = 0
        for number in (0, 1):
            layer, exchanges = state.round(layers[number])
            layers = (layer, layers[1]) if number == 0 else (layers[0], layer)
            changed += exchanges
            if exchanges:
                state.renew(graph_of(graph.n_nodes, layers, graph.directed))
        made += changed
        state.recount()
        last, error = error, state.error()
        stalled = stalled + 1 if error > last * (1 - STALLED[1]) else 0
        if tick is not None:
            tick(done, error)
        if stalled >= STALLED[0]:
            reason = "stalled"
            break
    else:
        reason = "rounds"
    return Rewired(state.graph, before, error, done, made, reason)


class _State:
    """The graph as it is, and how far its triangles are from what is wanted."""

    def __init__(
        self, graph: Graph, cell_N: np.ndarray, class_N: np.ndarray, wanted_K: np.ndarray, rng: np.random.Generator
    ) -> None:
        self.cell_N, self.class_N, self.wanted_K, self.rng = cell_N, class_N, wanted_K, rng
        self.n_cells, self.n_classes = int(cell_N.max(initial=0)) + 1, len(wanted_K)
        self.weight_K = 1 / np.maximum(wanted_K, 1.0)
        degree_N = graph.skeleton.out_N.astype(float)
        self.wedges_N = degree_N * (degree_N - 1) / 2
        self.wedges_K = np.bincount(class_N, self.wedges_N, self.n_classes)
        self.renew(graph)
        self.recount()

    def renew(self, graph: Graph) -> None:
        whole = graph.skeleton
        self.graph, self.neighbours = graph, graph.neighbours
        self.ties = Ties(graph.n_nodes, whole.from_M, whole.to_M)

    def recount(self) -> None:
        """Triangles of every edge, by the class of the third corner, and so of every class."""
        third = np.zeros(self.graph.skeleton.n_edges * self.n_classes, np.int32)
        for nodes, edges in triangles_and_edges(self.graph):
            for node_W, edge_W in zip(nodes, edges, strict=True):
                np.add.at(third, edge_W * self.n_classes + self.class_N[node_W], np.int32(1))
        self.third_MK, self.counted = third.reshape(-1, self.n_classes), self.ties
        self.now_K = self.third_MK.sum(0).astype(float)

    def error(self) -> float:
        return float(np.abs(self.now_K - self.wanted_K).sum() / max(self.wanted_K.sum(), 1.0))

    def round(self, layer: Layer) -> tuple[Layer, int]:
        """One round of exchanges within a layer."""
        if len(layer.a_M) < 2:
            return layer, 0
        at_M = np.full(len(layer.a_M), -1)
        which, number = self.counted.found(layer.a_M, layer.b_M)
        at_M[which] = number
        closed_M = np.where(at_M >= 0, self.third_MK.sum(1)[at_M], 0)
        short_K = np.maximum(self.wanted_K - self.now_K, 0) / np.maximum(self.wedges_K, 1)
        proposer = Proposer(self.cell_N, self.n_cells, self.neighbours, self.ties, self.rng)
        found = proposer.proposed(layer, closed_M, short_K[self.class_N] * self.wedges_N, self._too_many())
        found, change_PK = self._counted_through(found, at_M)
        chosen = self._chosen(found, change_PK)
        if not len(chosen):
            return layer, 0
        self.now_K = self.now_K + change_PK[chosen].sum(0)
        made = found.where(chosen)
        a_M, b_M = layer.a_M.copy(), layer.b_M.copy()
        a_M[made.first_P], b_M[made.first_P] = made.a_P, made.b_P
        a_M[made.second_P], b_M[made.second_P] = made.y_P, made.x_P
        return replace(layer, a_M=a_M, b_M=b_M), len(made)

    def _too_many(self) -> float:
        """Of the error, the part that is triangles too many: exchanges at random take these away."""
        off_K = self.now_K - self.wanted_K
        return float(np.maximum(off_K, 0).sum() / max(np.abs(off_K).sum(), 1.0))

    def _counted_through(self, found: Proposals, at_M: np.ndarray) -> tuple[Proposals, np.ndarray]:
        """Corners of triangles of each class that exchanges bring, ``(P, K)``.

        Those whose first new pair does not make up for the edges given up are left out before the second, which
        closes little, is looked at.
        """
        change_PK = -self._lost(found.a_P, found.x_P, at_M[found.first_P])
        change_PK -= self._lost(found.y_P, found.b_P, at_M[found.second_P])
        self._add_closed(change_PK, found.a_P, found.b_P, found.x_P, found.y_P)
        worth = np.flatnonzero(self._energy(change_PK, self.now_K - self.wanted_K) < 0)
        found, change_PK = found.where(worth), change_PK[worth]
        self._add_closed(change_PK, found.y_P, found.x_P, found.a_P, found.b_P)
        return found, change_PK

    def _energy(self, change_PK: np.ndarray, off_K: np.ndarray) -> np.ndarray:
        """What each exchange alone adds to the squared error, weighted over classes."""
        energy_P: np.ndarray = (change_PK * (2 * off_K + change_PK)) @ self.weight_K
        return energy_P

    def _lost(self, one_P: np.ndarray, other_P: np.ndarray, at_P: np.ndarray) -> np.ndarray:
        """Corners of triangles of each class that go with an edge, ``(P, K)``."""
        lost_PK = np.where((at_P >= 0)[:, None], self.third_MK[at_P], 0).astype(float)
        closed_P, row = lost_PK.sum(1), np.arange(len(one_P))
        for end_P in (one_P, other_P):
            lost_PK[row, self.class_N[end_P]] += closed_P
        return lost_PK

    def _add_closed(
        self, change_PK: np.ndarray, one_P: np.ndarray, other_P: np.ndarray, gone_P: np.ndarray, gone_too_P: np.ndarray
    ) -> None:
        """Corners of triangles that a new edge closes, save with the nodes whose edges to one end are given up."""
        flat = change_PK.reshape(-1)
        for which_W, node_W in common(self.ties, self.neighbours, one_P, other_P):
            stays_W = (node_W != gone_P[which_W]) & (node_W != gone_too_P[which_W])
            which_W, node_W = which_W[stays_W], node_W[stays_W]
            for corner_W in (node_W, one_P[which_W], other_P[which_W]):
                np.add.at(flat, which_W * self.n_classes + self.class_N[corner_W], 1.0)

    def _chosen(self, found: Proposals, change_PK: np.ndarray) -> np.ndarray:
        """Which exchanges are made, in ``STEPS``: in each those that lower the error that the ones before left."""
        off_K = self.now_K - self.wanted_K
        energy_P = self._energy(change_PK, off_K)
        order = np.flatnonzero(energy_P < 0)
        order = order[np.argsort(energy_P[order], kind="stable")]
        new = found.where(order)
        order = order[first_of_each(self.ties.keys(new.a_P, new.b_P), self.ties.keys(new.x_P, new.y_P))]
        used_M = np.zeros(max(found.first_P.max(initial=-1), found.second_P.max(initial=-1)) + 1, bool)
        chosen = [order[:0]]
        for part in np.array_split(order, STEPS):
            first, second = found.first_P[part], found.second_P[part]
            fits = (self._energy(change_PK[part], off_K) < 0) & ~used_M[first] & ~used_M[second]
            fits[fits] = first_of_each(first[fits], second[fits])
            part = part[fits]
            path_PK = np.concatenate([off_K[None, :], off_K + np.cumsum(change_PK[part], 0)])
            best = int((path_PK**2 @ self.weight_K).argmin())
            off_K = path_PK[best]
            chosen.append(part[:best])
            used_M[found.first_P[part[:best]]] = used_M[found.second_P[part[:best]]] = True
        return np.concatenate(chosen)
