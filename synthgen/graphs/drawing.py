"""From slots of nodes to a simple graph: local ties, ties between cells, ends exchanged until no pair is there twice.

Letters: N nodes, M edges, K classes of degree, C cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.graphs.graph import Graph
from synthgen.graphs.layers import Layer, graph_of
from synthgen.graphs.local import Ring, next_share
from synthgen.graphs.matching import (
    Exchanger,
    pair_directed,
    pair_stubs,
    whole_numbers,
    whole_numbers_directed,
)
from synthgen.graphs.mixing import Cells, balance, expected_ends, members
from synthgen.graphs.pairs import Ties, distinct, triangles_of_nodes
from synthgen.graphs.settling import Kind, settle

TRIES = 2
"""Of shares of local ends; then rewiring takes over."""
SHORT = 0.3
"""Of the wanted triangles: where fewer are missing without local ends, rewiring alone does it."""

Factors = tuple[np.ndarray, ...]
Ends = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Plan:
    """What a graph is drawn from.

    Attributes:
        cells: divisions of the nodes; communities first.
        class_N: class of degree of each node.
        mutual_N: ends of ties that go both ways.
        single: ends of the others that leave and reach each node.
        factors: who is tied to whom, for either kind of tie.
        wanted_K: corners of triangles to come in each class.
        directed: whether ties have directions.
    """

    cells: Cells
    class_N: np.ndarray
    mutual_N: np.ndarray
    single: Ends
    factors: tuple[Factors, Factors]
    wanted_K: np.ndarray
    directed: bool

    @property
    def n_nodes(self) -> int:
        return len(self.class_N)

    @property
    def block_N(self) -> np.ndarray:
        block_N: np.ndarray = self.cells.groups[0][self.cells.cell_N]
        return block_N


def draw(plan: Plan, rng: np.random.Generator) -> tuple[Graph | None, np.ndarray]:
    """A graph with the planned ends, not yet with its triangles.

    Returns:
        the graph, or None when exchanges could not free it of loops and doubles; the shares of local ends per class.
    """
    expected = [
        expected_ends(plan.cells, plan.factors[0], plan.mutual_N, plan.mutual_N) if plan.mutual_N.any() else None,
        expected_ends(plan.cells, plan.factors[1], *plan.single) if plan.single[0].any() else None,
    ]
    ends_CC = sum((one for one in expected if one is not None), np.zeros((plan.cells.n_cells, plan.cells.n_cells)))
    ring = Ring.of(plan.cells, ends_CC, rng)
    share_K = _local_shares(plan, expected, ring, rng)
    both = _mutual(plan, expected[0], share_K, ring, rng)
    layer, bad_M = _mended(plan, Layer(*both, mutual=True), None, rng)
    if bad_M.any():
        return None, share_K
    layer = _settled(plan, layer, expected[0], None, rng)
    ties = Ties(plan.n_nodes, layer.a_M, layer.b_M)
    single = _single(plan, expected[1], share_K, ring, ties, rng)
    other, bad_M = _mended(plan, Layer(*single, mutual=False), ties, rng)
    if bad_M.any():
        return None, share_K
    other = _settled(plan, other, expected[1], ties, rng)
    return graph_of(plan.n_nodes, (layer, other), plan.directed), share_K


def _mended(plan: Plan, layer: Layer, taken: Ties | None, rng: np.random.Generator) -> tuple[Layer, np.ndarray]:
    if not len(layer.a_M):
        return layer, np.zeros(0, bool)
    exchanger = Exchanger(plan.n_nodes, not layer.mutual, taken, rng)
    a_M, b_M, bad_M = exchanger.mended(layer.a_M, layer.b_M, [plan.cells.cell_N, plan.block_N])
    return Layer(a_M, b_M, layer.mutual), bad_M


def _settled(
    plan: Plan, layer: Layer, expected_CC: np.ndarray | None, taken: Ties | None, rng: np.random.Generator
) -> Layer:
    """Edges between communities, classes of degree and labels as expected."""
    if expected_CC is None:
        return layer
    kinds = []
    for group_C in plan.cells.groups:
        belongs = members(group_C, int(group_C.max()) + 1)
        kinds.append(Kind.of(group_C[plan.cells.cell_N], belongs.T @ (expected_CC @ belongs), layer.mutual))
    return settle(layer, kinds, taken, plan.n_nodes, rng)


def _local_shares(plan: Plan, expected: list[np.ndarray | None], ring: Ring, rng: np.random.Generator) -> np.ndarray:
    """Shares of local ends that bring the triangles of trial graphs nearest to what is wanted."""
    share_K = best_K = np.zeros(len(plan.wanted_K))
    base_K = now_K = _trial(plan, expected, share_K, ring, rng)
    error = least = float(np.abs(now_K - plan.wanted_K).sum())
    for _ in range(TRIES):
        if np.maximum(plan.wanted_K - base_K, 0).sum() < SHORT * plan.wanted_K.sum() or not plan.wanted_K.any():
            break
        share_K = next_share(share_K, base_K, now_K, plan.wanted_K)
        now_K = _trial(plan, expected, share_K, ring, rng)
        error = float(np.abs(now_K - plan.wanted_K).sum())
        if error < least:
            best_K, least = share_K, error
    return best_K


def _trial(
    plan: Plan, expected: list[np.ndarray | None], share_K: np.ndarray, ring: Ring, rng: np.random.Generator
) -> np.ndarray:
    """Corners of triangles per class of a graph that is not mended: loops and doubles are left out."""
    a_M, b_M = _mutual(plan, expected[0], share_K, ring, rng)
    ends = _single(plan, expected[1], share_K, ring, Ties(plan.n_nodes, a_M, b_M), rng)
    a_M, b_M = np.r_[a_M, ends[0]], np.r_[b_M, ends[1]]
    key_M = distinct((np.minimum(a_M, b_M) * plan.n_nodes + np.maximum(a_M, b_M))[a_M != b_M])[0]
    graph = Graph(plan.n_nodes, key_M // plan.n_nodes, key_M % plan.n_nodes)
    return np.bincount(plan.class_N, triangles_of_nodes(graph), len(plan.wanted_K)).astype(float)


def _mutual(
    plan: Plan, expected_CC: np.ndarray | None, share_K: np.ndarray, ring: Ring, rng: np.random.Generator
) -> Ends:
    if expected_CC is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    near = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    left_N = plan.mutual_N
    if share_K.any():
        near = ring.pairs(plan.mutual_N, share_K[plan.class_N], expected_CC, rng)
        left_N = plan.mutual_N - np.bincount(np.concatenate(near), minlength=plan.n_nodes)
        cell = plan.cells.cell_N
        expected_CC = _left(expected_CC, np.r_[cell[near[0]], cell[near[1]]], np.r_[cell[near[1]], cell[near[0]]])
    ends_C = plan.cells.sums(left_N).astype(np.int64)
    if share_K.any():
        balance(expected_CC, ends_C, ends_C)
    far = pair_stubs(whole_numbers(expected_CC, ends_C, rng), plan.cells, left_N, rng)
    return np.r_[near[0], far[0]], np.r_[near[1], far[1]]


def _single(
    plan: Plan, expected_CC: np.ndarray | None, share_K: np.ndarray, ring: Ring, taken: Ties, rng: np.random.Generator
) -> Ends:
    if expected_CC is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    near = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    out_N, in_N = plan.single
    if share_K.any():
        near = ring.arrows(plan.single, share_K[plan.class_N], expected_CC, taken, rng)
        out_N = out_N - np.bincount(near[0], minlength=plan.n_nodes)
        in_N = in_N - np.bincount(near[1], minlength=plan.n_nodes)
        expected_CC = _left(expected_CC, plan.cells.cell_N[near[0]], plan.cells.cell_N[near[1]])
    out_C, in_C = plan.cells.sums(out_N).astype(np.int64), plan.cells.sums(in_N).astype(np.int64)
    if share_K.any():
        balance(expected_CC, out_C, in_C)
    far = pair_directed(whole_numbers_directed(expected_CC, out_C, in_C, rng), plan.cells, out_N, in_N, rng)
    return np.r_[near[0], far[0]], np.r_[near[1], far[1]]


def _left(expected_CC: np.ndarray, from_M: np.ndarray, to_M: np.ndarray) -> np.ndarray:
    """What is still expected between cells after some ends are placed; a little everywhere, so that it can balance."""
    n = len(expected_CC)
    placed_CC = np.bincount(from_M * n + to_M, minlength=n * n).reshape(n, n)
    left_CC: np.ndarray = np.maximum(expected_CC - placed_CC, 0.02 * expected_CC)
    return left_CC
