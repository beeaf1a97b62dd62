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
from synthgen.graphs.pairs import Ties, common, first_of_each, places_by, sorted_with_places, triangles_and_edges

ENOUGH = 0.005
"""Corners of triangles that are too many or too few in their class, of all that are wanted: then it stops."""
MOST_ROUNDS = 60
WEDGES = 4
"""Open paths drawn per proposal: most have no edge at hand whose end is of the cell of the one wanted."""
STALLED = (4, 0.02)
"""So many rounds that each take off less than this share of the error: then it stops too."""
PROPOSALS = (2_000, 500_000)
"""Per round: half of the edges, within these bounds."""
COSTLY = 4
"""Times the usual number of neighbours to look through: exchanges among hubs cost most and are seldom made."""


@dataclass(frozen=True)
class Rewired:
    """What came of it.

    Attributes:
        graph: with the same degrees.
        before: share of corners of triangles that were too many or too few in their class of degree.
        after: the same afterwards.
        rounds: how many there were.
        exchanges: how many were made.
        reason: why it stopped.
    """

    graph: Graph
    before: float
    after: float
    rounds: int
    exchanges: int
    reason: str


@dataclass(frozen=True)
class Proposals:
    """Exchanges: edges ``first`` (a -> x) and ``second`` (y -> b)."""

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


def rewire(
    graph: Graph,
    cell_N: np.ndarray,
    class_N: np.ndarray,
    wanted_K: np.ndarray,
    rng: np.random.Generator,
    tick: Callable[[int, float], None] | None = None,
) -> Rewired:
    """Bring the corners of triangles at nodes of each class of degree to what is wanted.

    A round proposes exchanges that close a path of two edges at a node whose class wants triangles, and others at
    random; what each would do to the triangles is counted exactly, and those that lower the error are made, no two
    with an edge or a new pair in common, up to the point where they would overshoot together. It stops when the error
    is below ``ENOUGH``, when it has stalled, or after ``MOST_ROUNDS``.

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
        degree_N = graph.skeleton.out_N.astype(float)
        self.wedges_N = degree_N * (degree_N - 1) / 2
        self.wedges_K = np.bincount(class_N, self.wedges_N, self.n_classes)
        self.now_K = np.zeros(len(wanted_K))
        self.renew(graph)
        self.recount()

    def renew(self, graph: Graph) -> None:
        whole = graph.skeleton
        self.graph, self.neighbours = graph, graph.neighbours
        self.ties = Ties(graph.n_nodes, whole.from_M, whole.to_M)

    def error(self) -> float:
        return float(np.abs(self.now_K - self.wanted_K).sum() / max(self.wanted_K.sum(), 1.0))

    def round(self, layer: Layer) -> tuple[Layer, int]:
        """One round of exchanges within a layer."""
        if len(layer.a_M) < 2:
            return layer, 0
        at_M = self._counted(layer)
        closed_M = np.where(at_M >= 0, self.third_MK.sum(1)[at_M], 0)
        found = self._proposed(layer, closed_M)
        change_PK = self._change(found) - self._lost(found.a_P, found.x_P, at_M[found.first_P])
        change_PK -= self._lost(found.y_P, found.b_P, at_M[found.second_P])
        off_K, weight_K = self.now_K - self.wanted_K, 1 / np.maximum(self.wanted_K, 1.0)
        gain_P = (weight_K * change_PK * (2 * off_K + change_PK)).sum(1)
        order = np.flatnonzero(gain_P < 0)
        order = order[self._free(found.where(order))]
        if not len(order):
            return layer, 0
        path_PK = off_K + np.cumsum(change_PK[order], 0)
        energy_P = (weight_K * path_PK**2).sum(1)
        best = int(energy_P.argmin())
        if energy_P[best] >= (weight_K * off_K**2).sum():
            return layer, 0
        chosen = found.where(order[: best + 1])
        a_M, b_M = layer.a_M.copy(), layer.b_M.copy()
        a_M[chosen.first_P], b_M[chosen.first_P] = chosen.a_P, chosen.b_P
        a_M[chosen.second_P], b_M[chosen.second_P] = chosen.y_P, chosen.x_P
        self.now_K = self.now_K + change_PK[order[: best + 1]].sum(0)
        return replace(layer, a_M=a_M, b_M=b_M), len(chosen)

    def _free(self, found: Proposals) -> np.ndarray:
        """Which proposals share no edge and no new pair with an earlier one."""
        added = self.ties.keys(found.a_P, found.b_P), self.ties.keys(found.x_P, found.y_P)
        free: np.ndarray = first_of_each(found.first_P, found.second_P) & first_of_each(*added)
        return free

    def recount(self) -> None:
        """Triangles of every edge, by the class of the third corner, and so of every class."""
        whole, size = self.graph.skeleton, self.graph.skeleton.n_edges * self.n_classes
        third, waiting = np.zeros(size, np.int32), [np.zeros(0, np.int64)]
        for nodes, edges in triangles_and_edges(self.graph):
            waiting += [edge * self.n_classes + self.class_N[node] for node, edge in zip(nodes, edges, strict=True)]
            if sum(map(len, waiting)) > size:
                third += np.bincount(np.concatenate(waiting), minlength=size).astype(np.int32)
                waiting = [np.zeros(0, np.int64)]
        third += np.bincount(np.concatenate(waiting), minlength=size).astype(np.int32)
        self.third_MK = third.reshape(-1, self.n_classes)
        self.counted_M = whole.keys_M
        self.now_K = self.third_MK.sum(0).astype(float)

    def _counted(self, layer: Layer) -> np.ndarray:
        """Places of a layer's edges among those whose triangles were counted; those made since have none."""
        keys_M = self.ties.keys(layer.a_M, layer.b_M)
        at_M = np.minimum(np.searchsorted(self.counted_M, keys_M), len(self.counted_M) - 1)
        found_M: np.ndarray = np.where(self.counted_M[at_M] == keys_M, at_M, -1)
        return found_M

    def _proposed(self, layer: Layer, closed_M: np.ndarray) -> Proposals:
        """Exchanges that keep the graph simple and cells as they are.

        Args:
            layer: whose edges are exchanged.
            closed_M: how many triangles each edge is in; of two edges that would do, that with fewer is given up.
        """
        n_wanted = int(np.clip(len(layer.a_M) // 2, *PROPOSALS))
        a_H, b_H, number_H = layer.ends()
        h, closed_H = len(a_H), closed_M[number_H]
        key_H, order = sorted_with_places(a_H * self.n_cells + self.cell_N[b_H])
        into_C, into = places_by(self.cell_N[b_H], self.n_cells)
        end_N, by_end = places_by(b_H, self.graph.n_nodes)
        a_P, b_P = self._open_wedges(WEDGES * n_wanted)
        wanted_P = a_P * self.n_cells + self.cell_N[b_P]
        low_P = np.searchsorted(key_H, wanted_P)
        yes = np.flatnonzero((key_H[np.minimum(low_P, h - 1)] == wanted_P) & (end_N[b_P + 1] > end_N[b_P]))[:n_wanted]
        high_P = np.searchsorted(key_H, wanted_P[yes], side="right")
        first = self._one_of(order, low_P[yes], high_P, closed_H)
        second = self._one_of(by_end, end_N[b_P[yes]], end_N[b_P[yes] + 1], closed_H)
        any_first = self.rng.integers(h, size=int(n_wanted * self._too_many()))
        cell = self.cell_N[b_H[any_first]]
        any_second = self._one_of(into, into_C[cell], into_C[cell + 1], -closed_H)
        first, second = np.r_[first, any_first], np.r_[second, any_second]
        found = Proposals(a_H[first], b_H[first], a_H[second], b_H[second], number_H[first], number_H[second])
        found = found.where(self.rng.permutation(len(found)))
        fine = (found.first_P != found.second_P) & (found.a_P != found.b_P) & (found.x_P != found.y_P)
        fine &= (found.a_P != found.y_P) & (found.x_P != found.b_P)
        found = found.where(fine)
        found = found.where(self._cost(found) <= COSTLY * np.median(self._cost(found))) if len(found) else found
        return found.where(~self.ties.hold(found.a_P, found.b_P) & ~self.ties.hold(found.x_P, found.y_P))

    def _one_of(self, listed: np.ndarray, low_P: np.ndarray, high_P: np.ndarray, cost_H: np.ndarray) -> np.ndarray:
        """Of the entries between two places, the cheaper of two at random."""
        one, two = (listed[low_P + (self.rng.random(len(low_P)) * (high_P - low_P)).astype(np.int64)] for _ in range(2))
        chosen_P: np.ndarray = np.where(cost_H[one] <= cost_H[two], one, two)
        return chosen_P

    def _cost(self, found: Proposals) -> np.ndarray:
        """Neighbours to look through: of both new pairs, those of the node with fewer."""
        size_N = self.neighbours.size_N
        a_P, x_P, y_P, b_P = (size_N[end] for end in (found.a_P, found.x_P, found.y_P, found.b_P))
        cost_P: np.ndarray = np.minimum(a_P, b_P) + np.minimum(x_P, y_P)
        return cost_P

    def _too_many(self) -> float:
        """Of the error, the part that is triangles too many: exchanges at random take these away."""
        off_K = self.now_K - self.wanted_K
        return float(np.maximum(off_K, 0).sum() / max(np.abs(off_K).sum(), 1.0))

    def _open_wedges(self, n_wanted: int) -> tuple[np.ndarray, np.ndarray]:
        """Ends of paths of two edges, more of them at nodes of classes that want triangles."""
        short_K = np.maximum(self.wanted_K - self.now_K, 0) / np.maximum(self.wedges_K, 1)
        weight_N = short_K[self.class_N] * self.wedges_N
        if weight_N.sum() <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        reach_N = np.cumsum(weight_N)
        middle = np.searchsorted(reach_N, self.rng.random(n_wanted) * reach_N[-1], side="right")
        middle = np.minimum(middle, len(reach_N) - 1)
        a_P, b_P = self.neighbours.any_of(middle, self.rng), self.neighbours.any_of(middle, self.rng)
        apart = (a_P != b_P) & ~self.ties.hold(a_P, b_P)
        return a_P[apart], b_P[apart]

    def _lost(self, one: np.ndarray, other: np.ndarray, at_P: np.ndarray) -> np.ndarray:
        """Corners of triangles of each class that go with an edge, ``(P, K)``."""
        lost_PK = np.where((at_P >= 0)[:, None], self.third_MK[at_P], 0).astype(float)
        closed_P, row = lost_PK.sum(1), np.arange(len(one))
        for end in (one, other):
            lost_PK[row, self.class_N[end]] += closed_P
        return lost_PK

    def _change(self, found: Proposals) -> np.ndarray:
        """Corners of triangles of each class that the new edges of each exchange would bring, ``(P, K)``."""
        change_PK = np.zeros((len(found), self.n_classes))
        added = [(found.a_P, found.b_P, found.x_P, found.y_P), (found.y_P, found.x_P, found.a_P, found.b_P)]
        row = np.arange(len(found))
        for one, other, gone, gone_too in added:
            codes = [np.zeros(0, np.int64)]
            for which_W, node_W in common(self.ties, self.neighbours, one, other):
                stays = (node_W != gone[which_W]) & (node_W != gone_too[which_W])
                codes.append(which_W[stays] * self.n_classes + self.class_N[node_W[stays]])
            third_PK = np.bincount(np.concatenate(codes), minlength=change_PK.size).reshape(change_PK.shape)
            change_PK += third_PK
            for end in (one, other):
                change_PK[row, self.class_N[end]] += third_PK.sum(1)
        return change_PK
