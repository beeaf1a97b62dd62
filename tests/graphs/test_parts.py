"""Counting, communities, mixing, matching and rewiring, each against a slow second way or a known truth."""

from __future__ import annotations

import weakref
from itertools import combinations

import numpy as np
import pytest

from synthgen.errors import DataError
from synthgen.graphs import Graph
from synthgen.graphs.communities import _cost_of_merging, _nats, find_communities
from synthgen.graphs.layers import Layer, layers_of
from synthgen.graphs.local import Ring
from synthgen.graphs.matching import Exchanger, whole_numbers, whole_numbers_directed
from synthgen.graphs.mixing import Cells, expected_ends, fit_factors
from synthgen.graphs.pairs import Ties, common, triangles_of_nodes
from synthgen.graphs.proposing import Proposer
from synthgen.graphs.reciprocity import draw_mutual, fit_reciprocity
from synthgen.graphs.rewiring import _State, rewire
from synthgen.graphs.settling import Kind, settle
from tests.graphs.planted import cliques, planted


def test_triangles_are_those_that_three_loops_find() -> None:
    graph, _ = planted(60, 3, 0.4, 0.1, back=0.5, seed=3)
    tied = graph.skeleton.matrix().toarray() > 0
    slow = np.zeros(60, int)
    for corners in combinations(range(60), 3):
        if all(tied[a, b] for a, b in combinations(corners, 2)):
            slow[list(corners)] += 1
    assert slow.sum() > 0
    assert (triangles_of_nodes(graph) == slow).all()


def test_common_neighbours_and_ties_are_those_of_the_matrix() -> None:
    graph, _ = planted(80, 2, 0.3, 0.1, seed=4)
    tied = graph.matrix().toarray() > 0
    a, b = np.array(list(combinations(range(80), 2))).T
    ties = Ties(80, graph.from_M, graph.to_M)
    assert (ties.hold(a, b) == tied[a, b]).all()
    counts = np.zeros(len(a), int)
    for which, _ in common(ties, graph.neighbours, a, b):
        counts += np.bincount(which, minlength=len(a))
    assert (counts == (tied[a] & tied[b]).sum(1)).all()


def test_ties_are_found_by_their_numbers_even_where_places_in_the_table_run_short() -> None:
    """All pairs but some of few nodes, and of many: what a set says; numbers are those of the order given."""
    rng = np.random.default_rng(0)
    for n_nodes in (1, 2, 50, 3_000_000):
        a, b = rng.integers(0, n_nodes, (2, 5_000))
        once = np.unique(np.minimum(a, b) * n_nodes + np.maximum(a, b), return_index=True)[1]
        a, b = a[once], b[once]
        order = rng.permutation(len(a))[: len(a) * 9 // 10]
        ties, held = (
            Ties(n_nodes, a[order], b[order]),
            {tuple(sorted(pair)) for pair in zip(a[order], b[order], strict=True)},
        )
        asked = [tuple(sorted(pair)) in held for pair in zip(b, a, strict=True)]
        assert ties.hold(b, a).tolist() == asked
        which, number = ties.found(b, a)
        assert (order[number] == which).all()
    assert Ties(5, np.zeros(0, int), np.zeros(0, int)).hold(np.arange(5), np.arange(5)).tolist() == [False] * 5


def test_a_graph_and_what_was_computed_of_it_are_freed_at_once() -> None:
    graph, _ = planted(60, 2, 0.3, 0.1, seed=1)
    assert graph.skeleton.n_edges == len(graph.neighbours.other_H) / 2
    gone = weakref.ref(graph)
    del graph
    assert gone() is None


def test_a_graph_is_simple_and_within_its_nodes() -> None:
    with pytest.raises(DataError, match="self-loops or double edges"):
        Graph.of(3, np.array([0, 1]), np.array([1, 0]))
    with pytest.raises(DataError, match="outside of nodes 0 to 1"):
        Graph.of(2, np.array([0]), np.array([2]))
    both_ways = Graph.of(3, np.array([0, 1, 1]), np.array([1, 0, 2]), directed=True)
    assert both_ways.mutual_M.tolist() == [True, True, False]
    assert both_ways.skeleton.n_edges == 2


def test_what_a_merge_costs_is_the_difference_of_two_descriptions() -> None:
    rng = np.random.default_rng(0)
    ties = rng.integers(0, 20, (6, 6)).astype(float)
    ties, sizes = ties + ties.T, rng.integers(5, 30, 6)
    costs = _cost_of_merging(ties, sizes)
    for a, b in combinations(range(6), 2):
        merged = ties.copy()
        merged[a] += merged[b]
        merged[:, a] += merged[:, b]
        fewer = sizes.copy()
        fewer[a] += fewer[b]
        after = _nats(np.delete(np.delete(merged, b, 0), b, 1), np.delete(fewer, b))
        assert costs[a, b] == pytest.approx(after - _nats(ties, sizes))


def test_planted_communities_are_found_and_none_where_there_is_none() -> None:
    graph, block_N = planted()
    found = find_communities(graph, np.random.default_rng(0))
    assert found.n_blocks == 6
    together = found.block_N[:, None] == found.block_N[None, :]
    planted_together = block_N[:, None] == block_N[None, :]
    assert (together != planted_together).mean() < 0.01
    assert found.nats < found.nats_of_one
    alike, _ = planted(400, 1, 0.05, 0.05, seed=1)
    assert find_communities(alike, np.random.default_rng(0)).n_blocks == 1


def test_factors_bring_every_margin_back() -> None:
    graph, block_N = planted(400, 4, 0.2, 0.02, seed=2)
    label_N = np.random.default_rng(0).integers(0, 2, 400)
    a, b = np.r_[graph.from_M, graph.to_M], np.r_[graph.to_M, graph.from_M]
    kinds = [block_N, label_N]
    counts = [
        np.bincount(kind[a] * (kind.max() + 1) + kind[b]).reshape(kind.max() + 1, -1).astype(float) for kind in kinds
    ]
    cells = Cells.of(kinds)
    factors = fit_factors(cells, graph.out_N, graph.out_N, counts)
    expected = expected_ends(cells, factors, graph.out_N, graph.out_N)
    assert expected.sum(1) == pytest.approx(cells.sums(graph.out_N), rel=1e-3)
    for group_C, count in zip(cells.groups, counts, strict=True):
        size = len(count)
        got = np.zeros((size, size))
        np.add.at(got, (group_C[:, None], group_C[None, :]), expected)
        assert got == pytest.approx(count, rel=0.01)


def test_whole_numbers_keep_rows_and_columns_and_stay_near() -> None:
    rng = np.random.default_rng(0)
    rough = rng.random((30, 30)) * 5
    expected = rough + rough.T
    ends = np.round(expected.sum(1)).astype(int)
    ends[0] += ends.sum() % 2
    counts = whole_numbers(expected, ends, rng)
    assert (counts == counts.T).all()
    assert (counts.sum(0) == ends).all()
    assert not (np.diag(counts) % 2).any()
    assert np.abs(counts - expected).mean() < 1.5  # rounding moves by under 1 each, cells served last by more
    out, into = rng.integers(0, 40, 30), None
    into = rng.permutation(out)
    directed = whole_numbers_directed(np.outer(out, into) / out.sum(), out, into, rng)
    assert (directed.sum(1) == out).all()
    assert (directed.sum(0) == into).all()


def test_exchanges_free_edges_of_loops_and_doubles_and_keep_degrees() -> None:
    rng = np.random.default_rng(0)
    ends = rng.permutation(np.repeat(np.arange(100), rng.integers(1, 30, 100)))
    ends = ends[: len(ends) // 2 * 2]
    a, b = ends[0::2], ends[1::2]
    exchanger = Exchanger(100, False, None, rng)
    assert exchanger.bad(a, b).sum() > 20
    c, d, bad = exchanger.mended(a, b, [np.arange(100) % 3])
    assert not bad.any()
    assert (np.bincount(np.r_[a, b]) == np.bincount(np.r_[c, d])).all()


def test_rewiring_reaches_triangles_and_keeps_the_rest() -> None:
    wanted = cliques()
    rng = np.random.default_rng(0)
    ends = rng.permutation(np.repeat(np.arange(wanted.n_nodes), wanted.out_N))
    a, b, bad = Exchanger(wanted.n_nodes, False, None, rng).mended(ends[0::2], ends[1::2], [])
    assert not bad.any()
    start = Graph.of(wanted.n_nodes, a, b)
    cell_N, class_N = np.arange(wanted.n_nodes) % 2, np.zeros(wanted.n_nodes, int)
    goal = np.array([0.3 * triangles_of_nodes(wanted).sum()])
    done = rewire(start, cell_N, class_N, goal, rng)
    assert done.before > 0.5
    assert done.after <= 0.005
    assert done.reason == "enough"
    assert triangles_of_nodes(done.graph).sum() == pytest.approx(goal[0], rel=0.005)
    assert (done.graph.out_N == start.out_N).all()

    def between(graph: Graph) -> int:
        return int((cell_N[graph.from_M] != cell_N[graph.to_M]).sum())

    assert between(done.graph) == between(start)


def test_what_an_exchange_brings_is_the_difference_of_two_counts() -> None:
    graph, block_N = planted(80, 2, 0.35, 0.1, seed=8)
    class_N = np.arange(80) % 3
    corners = np.bincount(class_N, triangles_of_nodes(graph), 3)
    state = _State(graph, block_N, class_N, corners * 1.3, np.random.default_rng(0))
    layer = layers_of(graph)[0]
    at_M = np.arange(graph.n_edges)
    proposer = Proposer(block_N, 2, graph.neighbours, state.ties, np.random.default_rng(1))
    asked = proposer.proposed(layer, np.zeros(graph.n_edges, int), np.ones(80), 0.5)
    found, change_PK = state._counted_through(asked, at_M)
    assert len(found) > 50
    for number in range(50):
        a_M, b_M = layer.a_M.copy(), layer.b_M.copy()
        a_M[found.first_P[number]], b_M[found.first_P[number]] = found.a_P[number], found.b_P[number]
        a_M[found.second_P[number]], b_M[found.second_P[number]] = found.y_P[number], found.x_P[number]
        after = Graph.of(80, a_M, b_M)
        assert np.bincount(class_N, triangles_of_nodes(after), 3) == pytest.approx(corners + change_PK[number])


def test_rewiring_takes_triangles_away_too() -> None:
    start = cliques()
    goal = np.array([0.5 * triangles_of_nodes(start).sum()])
    zeros = np.zeros(start.n_nodes, int)
    done = rewire(start, zeros, zeros, goal, np.random.default_rng(0))
    assert done.after <= 0.005


def test_rewiring_keeps_mutual_ties() -> None:
    graph, block_N = planted(200, 2, 0.15, 0.03, back=0.5, seed=5)
    goal = np.array([1.3 * triangles_of_nodes(graph).sum()])
    done = rewire(graph, block_N, np.zeros(200, int), goal, np.random.default_rng(0))
    assert done.exchanges > 0
    assert (done.graph.out_N == graph.out_N).all()
    assert (done.graph.in_N == graph.in_N).all()
    for block in range(2):
        ends = [np.bincount(block_N[one.from_M[one.mutual_M]]) for one in (graph, done.graph)]
        assert ends[0][block] == ends[1][block]
    assert done.graph.mutual_M.sum() == graph.mutual_M.sum()


def test_mutual_ties_come_back_in_their_number_and_within_their_bounds() -> None:
    rng = np.random.default_rng(0)
    out, into = rng.integers(0, 60, 2_000), rng.integers(0, 60, 2_000)
    real = rng.binomial(np.minimum(out, into), rng.beta(2, 3, 2_000))
    shares, within = fit_reciprocity(out, into, real)
    assert within == pytest.approx(1 / 6, abs=0.03)  # of a beta law 1 / (2 + 3 + 1); five standard errors
    made = draw_mutual(out, into, shares, within, rng)
    assert made.sum() % 2 == 0
    assert (made <= np.minimum(out, into)).all()
    assert made.sum() == pytest.approx(real.sum(), abs=3)
    assert made.std() == pytest.approx(real.std(), rel=0.1)


def test_exchanges_settle_who_is_tied_to_whom_and_keep_degrees() -> None:
    """The ties of a planted graph are wanted, of one whose ends were shuffled; two kinds of groups at once."""
    graph, block_N = planted(400, 4, 0.2, 0.02, seed=6)
    label_N = np.random.default_rng(1).integers(0, 3, 400)
    rng = np.random.default_rng(0)
    ends = rng.permutation(np.repeat(np.arange(400), graph.out_N))
    a, b, _ = Exchanger(400, False, None, rng).mended(ends[0::2], ends[1::2], [])

    def between(one: np.ndarray, other: np.ndarray, group_N: np.ndarray) -> np.ndarray:
        n = int(group_N.max()) + 1
        found = np.bincount(group_N[one] * n + group_N[other], minlength=n * n).reshape(n, n)
        return found + found.T

    groups = (block_N, label_N)
    kinds = [Kind.of(group_N, between(graph.from_M, graph.to_M, group_N).astype(float), True) for group_N in groups]
    layer = settle(Layer(a, b, mutual=True), kinds, None, 400, rng)
    for group_N in groups:
        wanted = between(graph.from_M, graph.to_M, group_N)
        before, after = (
            np.abs(between(*one, group_N) - wanted).sum() / 4 / graph.n_edges
            for one in ((a, b), (layer.a_M, layer.b_M))
        )
        assert after <= min(0.01, before)
    assert np.abs(between(a, b, block_N) - between(graph.from_M, graph.to_M, block_N)).sum() / 4 > 0.2 * graph.n_edges
    settled = Graph.of(400, layer.a_M, layer.b_M)  # raises where a tie is there twice
    assert (settled.out_N == graph.out_N).all()


def test_local_ties_close_triangles_and_leave_communities_what_they_want() -> None:
    graph, block_N = planted(600, 4, 0.06, 0.02, seed=2)
    cells = Cells.of([block_N])
    ends_CC = np.zeros((4, 4))
    np.add.at(ends_CC, (block_N[graph.from_M], block_N[graph.to_M]), 1.0)
    ends_CC += ends_CC.T
    rng = np.random.default_rng(0)
    ring = Ring.of(cells, ends_CC, rng)
    a, b = ring.pairs(graph.out_N, np.full(600, 0.8), ends_CC, rng)
    local = Graph.of(600, a, b)
    assert len(a) > 0.5 * graph.n_edges
    assert (local.out_N <= graph.out_N).all()
    held = np.zeros((4, 4))
    np.add.at(held, (block_N[a], block_N[b]), 1.0)
    assert (held + held.T <= ends_CC + 1).all()
    by_chance = (local.n_edges / graph.n_edges) ** 3 * triangles_of_nodes(graph).sum()
    assert triangles_of_nodes(local).sum() > 5 * by_chance
