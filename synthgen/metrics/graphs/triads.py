"""Triads: how three nodes are tied, directions included."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from synthgen.graphs.graph import Graph
from synthgen.graphs.pairs import triangles
from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, between_shares, missing

TIES = ("out", "in", "both")
WEDGES = [("out", "out"), ("out", "in"), ("out", "both"), ("in", "in"), ("in", "both"), ("both", "both")]


class Triads:
    """Total variation between the shares of connected triads: 13 kinds where directed, open and closed where not.

    Source:
        Holland, Leinhardt 1976, doi:10.2307/270703.
    """

    name = "triads"
    title = "Triad census"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        shares = [_shares(view.graph) for view in (real, synthetic, *([] if floor is None else [floor]))]
        if any(not one.sum() for one in shares):
            return missing(self, "no node has two neighbours")
        return between_shares(self, shares, "total variation between shares of connected triads")


def _shares(graph: Graph) -> np.ndarray:
    counts = triad_counts(graph)
    shares: np.ndarray = counts / max(counts.sum(), 1)
    return shares


def triad_counts(graph: Graph) -> np.ndarray:
    """Connected triads by kind: six open ones by the ties at the middle as in ``WEDGES``, then closed ones.

    Closed kinds are the distinct ties of three nodes up to renaming, in the order of their codes.
    """
    n, keys_M = graph.n_nodes, graph.keys_M
    both_N = np.bincount(graph.from_M[graph.mutual_M], minlength=n) if graph.directed else graph.out_N
    out_N, in_N = (graph.out_N - both_N, graph.in_N - both_N) if graph.directed else (0 * both_N, 0 * both_N)
    sizes = {"out": out_N.astype(float), "in": in_N.astype(float), "both": both_N.astype(float)}
    open_counts = np.array(
        [float((sizes[a] * (sizes[a] - 1) / 2 if a == b else sizes[a] * sizes[b]).sum()) for a, b in WEDGES]
    )
    closed = np.zeros(27)
    for a, b, c in triangles(graph):
        code = sum(3**place * _tie(graph, keys_M, *pair) for place, pair in enumerate(((a, b), (b, c), (c, a))))
        closed += np.bincount(code, minlength=27)
    kinds: dict[int, float] = {}
    for code in range(27):
        ties = [code // 3**place % 3 for place in range(3)]
        kinds[_canonical(ties)] = kinds.get(_canonical(ties), 0.0) + closed[code]
        for middle in range(3):  # the tie before ends here, the tie after starts here
            here = sorted((_turned(ties[middle - 1]), ties[middle]))
            open_counts[WEDGES.index((TIES[here[0]], TIES[here[1]]))] -= closed[code]
    return np.array([*open_counts, *(kinds[kind] for kind in sorted(kinds))])


def _tie(graph: Graph, keys_M: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """0: a -> b alone, 1: b -> a alone, 2: both."""
    if not graph.directed:
        return np.full(len(a), 2)
    there = []
    for one, other in ((a, b), (b, a)):
        key = one * graph.n_nodes + other
        at = np.minimum(np.searchsorted(keys_M, key), len(keys_M) - 1)
        there.append(keys_M[at] == key)
    return np.where(there[0] & there[1], 2, np.where(there[0], 0, 1))


def _turned(tie: int) -> int:
    return (1, 0, 2)[tie]


def _canonical(ties: list[int]) -> int:
    """The smallest code of the same triad with its nodes renamed."""
    at: dict[tuple[int, int], int] = {}
    for place in range(3):
        a, b = place, (place + 1) % 3
        at[a, b], at[b, a] = ties[place], _turned(ties[place])
    codes = [[at[p[place], p[(place + 1) % 3]] for place in range(3)] for p in permutations(range(3))]
    return min(code[0] + 3 * code[1] + 9 * code[2] for code in codes)
