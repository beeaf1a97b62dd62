"""The contract of every metric of graphs, hand-worked small graphs, and slow second ways."""

from __future__ import annotations

import json
from collections import deque
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from synthgen.graphs import Graph
from synthgen.metrics.graphs import GRAPH_METRICS, GraphMetric, GraphView, compare_graphs, disturbed
from synthgen.metrics.graphs.alike import numbered_alike
from synthgen.metrics.graphs.assortativity import by_degree, by_label
from synthgen.metrics.graphs.columns import associations
from synthgen.metrics.graphs.kernel import mmd, mmd_rows
from synthgen.metrics.graphs.mixing import mixing
from synthgen.metrics.graphs.orbits import orbit_counts
from synthgen.metrics.graphs.paths import step_counts
from synthgen.metrics.graphs.spectrum import eigenvalues
from synthgen.metrics.graphs.triads import triad_counts
from tests.graphs.planted import planted

each_metric = pytest.mark.parametrize("metric", GRAPH_METRICS, ids=lambda metric: metric.name)


def path(*nodes: int, n: int = 4) -> GraphView:
    """A path through nodes, a closed one where the last is the first."""
    return GraphView(Graph.of(n, np.array(nodes[:-1]), np.array(nodes[1:])))


@pytest.fixture(scope="module")
def views() -> dict[str, GraphView]:
    """A real graph, a fresh one of its law, one disturbed a little, and one of another law; with directions."""
    found = {}
    for name, seed, inside in (("real", 0, 0.15), ("fresh", 1, 0.15), ("other", 2, 0.02)):
        graph, block_N = planted(300, 3, inside, 0.02, back=0.5 if inside > 0.1 else 0.0, seed=seed)
        graph = with_hubs(graph) if name == "other" else graph
        noise_N = np.random.default_rng(seed).normal(0, graph.in_N.std(), 300)
        age_N = noise_N if name == "other" else graph.in_N + noise_N
        found[name] = GraphView(graph, {"side": block_N % 2}, block_N, {"age": age_N})
    found["disturbed"] = disturbed(found["real"], np.random.default_rng(0))
    return found


def with_hubs(graph: Graph) -> Graph:
    """Five nodes of the first community are followed by everyone."""
    hub, fan = np.repeat(np.arange(5), 295), np.tile(np.arange(5, 300), 5)
    keys = np.union1d(graph.keys_M, fan * graph.n_nodes + hub)
    return Graph.of(graph.n_nodes, keys // graph.n_nodes, keys % graph.n_nodes, directed=True)


def run(metric: GraphMetric, views: dict[str, GraphView], made: str) -> Any:
    return metric.compute(views["real"], views[made], views["disturbed"], np.random.default_rng(0))


@each_metric
def test_the_real_graph_scores_best_and_another_law_is_beyond_the_floor(
    metric: GraphMetric, views: dict[str, GraphView]
) -> None:
    itself, other = run(metric, views, "real"), run(metric, views, "other")
    assert metric.direction == itself.direction == "lower"
    assert itself.value <= 0.06  # metrics that sample nodes sample others of the second graph
    assert other.value > itself.value
    assert other.value > other.floor
    assert json.loads(json.dumps(other.to_json()))["name"] == metric.name
    assert metric.title
    assert other.sentence


@each_metric
def test_a_fresh_graph_of_the_same_law_is_nearer_than_another(metric: GraphMetric, views: dict[str, GraphView]) -> None:
    assert run(metric, views, "fresh").value < run(metric, views, "other").value


@each_metric
def test_what_cannot_be_said_is_not_applicable(metric: GraphMetric) -> None:
    lonely = GraphView(Graph.of(3, np.array([0]), np.array([1])))
    result = metric.compute(lonely, lonely, None, np.random.default_rng(0))
    assert result.value is None or result.value <= 1e-6
    assert result.floor is None
    assert (result.value is None) == bool(result.reason)


def test_names_differ_and_results_are_the_same_twice(views: dict[str, GraphView]) -> None:
    assert len({metric.name for metric in GRAPH_METRICS}) == len(GRAPH_METRICS)
    one, same = (compare_graphs(views["real"], views["fresh"], views["disturbed"], 3) for _ in range(2))
    assert [result.to_json() for result in one] == [result.to_json() for result in same]


def test_clustering_of_a_triangle_with_a_tail() -> None:
    view = GraphView(Graph.of(4, np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3])))
    assert view.clustering_N == pytest.approx([1, 1, 1 / 3, 0])


def test_assortativity_by_hand() -> None:
    star = GraphView(Graph.of(4, np.array([0, 0, 0]), np.array([1, 2, 3])))
    assert by_degree(star) == pytest.approx(-1)
    assert by_degree(path(0, 1, 2, 3)) == pytest.approx(-0.5)  # ends (1, 2), (2, 2), (2, 1), each both ways
    halves = GraphView(path(0, 1, 2, 3).graph, {"side": np.array(["a", "a", "b", "b"])})
    assert by_label(halves, "side") == pytest.approx(1 / 3)  # 2 of 3 within, half at chance
    assert by_degree(path(0, 1, 2, 3, 0)) is None


def test_mixing_by_hand() -> None:
    view = GraphView(path(0, 1, 2, 3).graph, {}, np.array([0, 0, 1, 1]))
    assert mixing(view, 2) == pytest.approx(np.array([[1 / 3, 1 / 6], [1 / 6, 1 / 3]]))


def test_steps_are_those_of_breadth_first_search() -> None:
    view = planted_view(seed=4)
    matrix = view.graph.skeleton.matrix().toarray() > 0
    counts: dict[int, int] = {}
    for source in range(view.graph.n_nodes):
        steps = {source: 0}
        queue = deque([source])
        while queue:
            node = queue.popleft()
            for other in np.flatnonzero(matrix[node]):
                if int(other) not in steps:
                    steps[int(other)] = steps[node] + 1
                    queue.append(int(other))
        for far in range(view.graph.n_nodes):
            if far != source:
                counts[steps.get(far, -1)] = counts.get(steps.get(far, -1), 0) + 1
    found = step_counts(view, np.random.default_rng(0), sources=view.graph.n_nodes)
    assert found[-1] == counts.get(-1, 0)
    assert found[1:-1].tolist() == [counts[far] for far in range(1, len(found) - 1)]


def planted_view(seed: int = 0) -> GraphView:
    return GraphView(planted(40, 2, 0.15, 0.03, back=0.5, seed=seed)[0])


def test_small_subgraphs_are_those_that_loops_find() -> None:
    view = planted_view()
    tied = view.graph.skeleton.matrix().toarray() > 0
    n = len(tied)
    found = orbit_counts(view, np.arange(n))
    triangles, cycles, ends = np.zeros(n), np.zeros(n), np.zeros(n)
    for a, b, c in combinations(range(n), 3):
        if tied[a, b] and tied[b, c] and tied[a, c]:
            triangles[[a, b, c]] += 1
    for node in range(n):
        ends[node] = sum(tied[node, b] and tied[b, c] for b in range(n) for c in range(n) if c != node)
        for far in range(n):
            shared = int((tied[node] & tied[far]).sum())
            cycles[node] += shared * (shared - 1) / 2 if far != node else 0
    assert (found[:, 0] == tied.sum(1)).all()
    assert (found[:, 1] == ends).all()
    assert (found[:, 2] == triangles).all()
    assert (found[:, 3] == [triangles[tied[node]].sum() for node in range(n)]).all()
    assert (found[:, 4] == cycles).all()


def test_triads_are_those_of_all_threes() -> None:
    networkx = pytest.importorskip("networkx")
    view = planted_view(seed=2)
    graph = networkx.DiGraph(list(zip(view.graph.from_M.tolist(), view.graph.to_M.tolist(), strict=True)))
    census = networkx.triadic_census(graph)
    opened = ["021D", None, "111U", "021U", "111D", "201"]
    found = triad_counts(view.graph)
    assert len(found) == 13
    names = dict(zip(opened, found[:6], strict=True))
    for name, count in names.items():
        assert count == census["021C" if name is None else name], name
    closed = ["030T", "030C", "120D", "120U", "120C", "210", "300"]
    assert sorted(found[6:]) == sorted(census[name] for name in closed)


def test_eigenvalues_are_those_of_the_whole_matrix() -> None:
    view = planted_view(seed=3)
    matrix = view.graph.skeleton.matrix().toarray()
    tied = view.degree_N > 0
    scale = 1 / np.sqrt(view.degree_N[tied])
    slow = np.sort(np.linalg.eigvalsh(scale[:, None] * matrix[tied][:, tied] * scale[None, :]))[::-1][1:6]
    assert eigenvalues(view, 5, np.random.default_rng(0)) == pytest.approx(slow, abs=1e-3)


def test_mmd_is_near_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=300), rng.normal(0.4, 1.2, 200)
    scale = x.std()

    def mean(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean([np.exp(-((i - j) ** 2) / (2 * scale**2)) for i, j in product(a, b)]))

    slow = np.sqrt(mean(x, x) + mean(y, y) - 2 * mean(x, y))
    assert mmd(x, y) == pytest.approx(slow, rel=0.02)
    assert mmd_rows(x[:, None], y[:, None]) == pytest.approx(slow, rel=1e-6)


def test_a_disturbed_graph_has_as_many_edges_and_most_of_the_real_ones() -> None:
    view = GraphView(planted(300, 3, 0.15, 0.02, seed=6)[0])
    other = disturbed(view, np.random.default_rng(0))
    assert other.graph.n_edges == view.graph.n_edges
    shared = len(np.intersect1d(view.graph.keys_M, other.graph.keys_M)) / view.graph.n_edges
    assert shared == pytest.approx(0.95, abs=0.02)  # standard error 0.004


def test_communities_of_another_graph_are_numbered_by_who_is_tied_to_whom() -> None:
    """Four communities of different sizes and ties; the second graph is drawn anew and has other numbers."""
    rng = np.random.default_rng(0)
    block_N = np.repeat(np.arange(4), [40, 60, 80, 120])
    chance_BB = np.array(
        [[0.5, 0.2, 0.02, 0.02], [0.2, 0.1, 0.02, 0.1], [0.02, 0.02, 0.3, 0.02], [0.02, 0.1, 0.02, 0.1]]
    )
    drawn = [np.triu(rng.random((300, 300)) < chance_BB[block_N][:, block_N], 1) for _ in range(2)]
    graphs = [Graph.of(300, *np.nonzero(tied_NN)) for tied_NN in drawn]
    other_N = np.array([2, 0, 3, 1])[block_N]
    real, other = GraphView(graphs[0], block_N=block_N), GraphView(graphs[1], block_N=other_N)
    assert (numbered_alike(real, other) == block_N).all()


def test_the_association_of_degree_and_label_is_that_of_ranks() -> None:
    """Two stars: hubs are of one label, and the part of the variance that lies between labels is all of it."""
    graph = Graph.of(30, np.repeat([0, 1], 14), np.arange(2, 30))
    hub_N = np.array(["hub"] * 2 + ["fan"] * 28, object)
    found = associations(GraphView(graph, {"kind": hub_N}), np.ones(30, bool))
    assert found == {"kind": pytest.approx(1.0)}
