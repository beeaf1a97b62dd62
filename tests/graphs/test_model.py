from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.errors import DataError, RunError
from synthgen.graphs import Graph, GraphModel
from synthgen.graphs.pairs import triangles_of_nodes
from synthgen.metrics.graphs.assortativity import by_label
from synthgen.metrics.graphs.base import GraphView
from tests.graphs.planted import cliques, planted


@pytest.fixture(scope="module")
def directed() -> tuple[Graph, np.ndarray, np.ndarray, GraphModel]:
    graph, block_N = planted(back=0.4)
    label_N = np.where(np.random.default_rng(0).random(600) < 0.8, np.array(["a", "b"])[block_N % 2], "c")
    return graph, block_N, label_N, GraphModel().fit(graph, label=list(label_N))


@pytest.fixture(scope="module")
def tiny() -> dict[bool, GraphModel]:
    """Models of any kind of graph, for degrees that are asked for."""
    return {way: GraphModel().fit(planted(60, 1, 0.2, 0.2, back=0.3 if way else None)[0]) for way in (False, True)}


def test_degrees_are_exact_and_mixing_reciprocity_and_labels_come_back(
    directed: tuple[Graph, np.ndarray, np.ndarray, GraphModel],
) -> None:
    graph, block_N, label_N, model = directed
    nodes = model.columns(graph).assign(label=label_N)
    sample = model.sample(nodes, random_state=1)
    made = sample.graph
    assert sample.notes == ()
    assert (made.out_N == graph.out_N).all()
    assert (made.in_N == graph.in_N).all()
    assert not (made.from_M == made.to_M).any()
    assert len(np.unique(made.keys_M)) == made.n_edges
    same = [(block_N[one.from_M] == block_N[one.to_M]).mean() for one in (graph, made)]
    assert same[1] == pytest.approx(same[0], abs=0.02)  # 0.5 over the root of 7,000 edges is 0.006: under 1 in 1,000
    assert made.mutual_M.mean() == pytest.approx(graph.mutual_M.mean(), abs=1e-3)  # matched up to rounding
    views = [GraphView(one, {"label": label_N}) for one in (graph, made)]
    real, other = (by_label(view, "label") or 0.0 for view in views)
    assert other == pytest.approx(real, abs=0.03)  # standard error 0.007


def test_clustering_far_above_chance_comes_back() -> None:
    graph = cliques(strays=1_500)
    model = GraphModel().fit(graph)
    sample = model.sample(model.columns(graph), random_state=3)
    assert (sample.graph.out_N == graph.out_N).all()
    wanted = triangles_of_nodes(graph).sum()
    assert sample.rewired.after < 0.1, sample.rewired
    assert triangles_of_nodes(sample.graph).sum() == pytest.approx(wanted, rel=0.1)
    shared = len(np.intersect1d(sample.graph.keys_M, graph.keys_M)) / graph.n_edges
    assert shared < 0.25  # by chance: a fifth of the pairs within a community of 37 are tied


def test_nodes_are_made_too(directed: tuple[Graph, np.ndarray, np.ndarray, GraphModel]) -> None:
    graph, _, _, model = directed
    sample = model.sample(1_200, random_state=2)
    assert len(sample.nodes) == sample.graph.n_nodes == 1_200
    assert sample.graph.n_edges / 1_200 == pytest.approx(graph.n_edges / 600, rel=0.05)  # standard error under 1 %
    assert (sample.nodes["out_degree"] == sample.graph.out_N).all()
    assert set(sample.nodes["label"]) <= {"a", "b", "c", "(others)"}
    assert model.sample(random_state=2).graph.n_nodes == 600


@settings(max_examples=40)
@given(st.integers(2, 14), st.floats(0, 1), st.integers(0, 10_000), st.booleans())
def test_any_degrees_that_a_graph_has_are_met(
    tiny: dict[bool, GraphModel], n_nodes: int, chance: float, seed: int, way: bool
) -> None:
    tied_NN = np.random.default_rng(seed).random((n_nodes, n_nodes)) < chance
    tied_NN = tied_NN if way else np.triu(tied_NN, 1) | np.triu(tied_NN, 1).T
    np.fill_diagonal(tied_NN, False)
    nodes = pd.DataFrame({"out_degree": tied_NN.sum(1), "in_degree": tied_NN.sum(0), "community": 0})
    made = tiny[way].sample(nodes, random_state=seed).graph
    assert (made.out_N == nodes["out_degree"]).all()
    assert (made.in_N == nodes["in_degree"]).all()


def test_degrees_that_no_graph_has_are_met_from_below_and_said(tiny: dict[bool, GraphModel]) -> None:
    nodes = pd.DataFrame({"out_degree": [3, 3, 1, 0], "in_degree": [3, 3, 1, 0], "community": 0})
    sample = tiny[False].sample(nodes)
    assert sample.graph.out_N.sum() == 4
    assert sample.notes[0].startswith("no simple graph has the degrees asked for; ")
    uneven = pd.DataFrame({"out_degree": [2, 1, 1], "in_degree": [1, 1, 1], "community": 0})
    sample = tiny[True].sample(uneven)
    assert sample.graph.n_edges == 3
    assert "1 ends of 7 in all" in sample.notes[0]


def test_the_same_seed_is_the_same_graph_and_another_is_not(
    directed: tuple[Graph, np.ndarray, np.ndarray, GraphModel],
) -> None:
    model = directed[3]
    one, same, other = (model.sample(random_state=seed).graph.keys_M for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_saved_model_draws_alike_and_holds_no_edge_and_no_node(
    directed: tuple[Graph, np.ndarray, np.ndarray, GraphModel], tmp_path: Path
) -> None:
    graph, _, label_N, model = directed
    model.save(tmp_path / "run")
    again = GraphModel.load(tmp_path / "run")
    assert np.array_equal(again.sample(random_state=5).graph.keys_M, model.sample(random_state=5).graph.keys_M)
    for name, array in again.arrays.items():
        assert graph.n_nodes not in array.shape, name
        assert graph.n_edges not in array.shape, name
        assert array.size < graph.n_edges, name
    with pytest.raises(DataError, match="columns are known for the graph it was fitted on"):
        again.columns(graph)
    twin = GraphModel().fit(graph, label=list(label_N))
    twin.save(tmp_path / "twin")
    for file in (tmp_path / "run").iterdir():
        assert file.read_bytes() == (tmp_path / "twin" / file.name).read_bytes()


def test_who_is_called_what_does_not_change_what_is_kept() -> None:
    graph, _ = planted(300, 3, 0.2, 0.02, seed=7)
    order = np.random.default_rng(0).permutation(300)
    renamed = Graph.of(300, order[graph.from_M], order[graph.to_M])
    one, other = (GraphModel().fit(each) for each in (graph, renamed))
    assert one.arrays["clustering"] == pytest.approx(other.arrays["clustering"])
    assert np.sort(one.arrays["slots.community_K"]) == pytest.approx(
        np.sort(other.arrays["slots.community_K"]), abs=0.02
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda nodes: nodes.drop(columns="community"), "no column 'community'"),
        (lambda nodes: nodes.assign(out_degree=-1), "out_degree holds no whole number of at least 0 in 600 rows"),
        (lambda nodes: nodes.assign(in_degree=0.5), "in_degree holds no whole number"),
        (lambda nodes: nodes.assign(community=99), "community holds 99; whole numbers from 0 to 5"),
        (lambda nodes: nodes.head(0), "there is no row"),
        (lambda nodes: nodes.drop(columns="label"), "no column 'label'"),
    ],
)
def test_bad_slots_are_said_in_one_sentence(
    directed: tuple[Graph, np.ndarray, np.ndarray, GraphModel], change: object, says: str
) -> None:
    graph, _, label_N, model = directed
    nodes = model.columns(graph).assign(label=label_N)
    with pytest.raises(DataError, match=says):
        model.sample(change(nodes))  # type: ignore[operator]


def test_bad_calls_are_said_in_one_sentence(tiny: dict[bool, GraphModel], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it was not fitted"):
        GraphModel().sample()
    with pytest.raises(DataError, match="1 edges; at least 10"):
        GraphModel().fit(Graph.of(2, np.array([0]), np.array([1])))
    with pytest.raises(DataError, match="2 values; one for each of the 60 nodes"):
        GraphModel().fit(planted(60, 1, 0.2, 0.2)[0], label=["a", "b"])
    differing = pd.DataFrame({"out_degree": [1, 1], "in_degree": [1, 0], "community": 0})
    with pytest.raises(DataError, match="in_degree differs from out_degree in 1 rows"):
        tiny[False].sample(differing)
    with pytest.raises(RunError, match="no such folder"):
        GraphModel.load(tmp_path / "nothing")
