"""The section on ties: who follows whom, as a graph beside the real one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from synthgen.graphs import Graph
from synthgen.graphs.communities import find_communities
from synthgen.judging.base import Sides
from synthgen.linked.labels import labels_of
from synthgen.linked.network import Network
from synthgen.metrics.base import Group, Result
from synthgen.metrics.graphs import GraphView, compare_graphs, disturbed
from synthgen.metrics.graphs.alike import numbered_alike

NUMBERS = ("numeric", "datetime")


class TiesSection:
    """Degrees, clustering, paths, orbits, reciprocity, assortativity, communities, spectrum; no loop and no double.

    Of people held out the ties are cut, so all real ties are looked at. The floor is the real graph with a twentieth of
    its ties replaced: one of people who are held out would have the few ties that they have among themselves.
    Communities are found in each graph anew, and numbered by who is tied to whom.
    """

    name = "ties"
    title = "Ties"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        """Figures of the largest table of ties; none where there is no such table."""
        if not sides.train.plan.edges:
            return []
        whole = sides.every or sides.train
        directed = _directed(whole)
        graphs = [simple_graph(one, directed) for one in (whole, sides.made)]
        if min(graph.n_edges for graph in graphs) == 0:
            return []
        views = [_view(one, graph) for one, graph in zip((whole, sides.made), graphs, strict=True)]
        seeds = rng.integers(2**62, size=2)
        floor = disturbed(views[0], np.random.default_rng(seeds[0]))
        real, made, other = (
            replace(view, block_N=find_communities(view.graph, np.random.default_rng(seeds[1])).block_N)
            for view in (*views, floor)
        )
        made, other = (replace(view, block_N=numbered_alike(real, view)) for view in (made, other))
        found = compare_graphs(real, made, other, int(seeds[1] % 2**31))
        return [("fidelity", result) for result in found] + [("validity", one) for one in _faults(sides.made, directed)]


def simple_graph(network: Network, directed: bool) -> Graph:
    """The ties of a network, each once, none of a row with itself."""
    start_M, end_M = network.ends
    n = len(network.keys(network.ties[0].parent))
    start_M, end_M = start_M[start_M != end_M], end_M[start_M != end_M]
    if not directed:
        start_M, end_M = np.minimum(start_M, end_M), np.maximum(start_M, end_M)
    key_M = np.unique(start_M.astype(np.int64) * n + end_M)
    return Graph.of(n, key_M // max(n, 1), key_M % max(n, 1), directed)


def _directed(network: Network) -> bool:
    """Whether some ties go both ways: where none does, ties have no direction."""
    graph = simple_graph(network, True)
    return bool(graph.mutual_M.any())


def _view(network: Network, graph: Graph) -> GraphView:
    name = network.ties[0].parent
    if name not in network.tables:
        return GraphView(graph)
    lines = network.own(name)
    columns: dict[str, pa.Array] = {line.name: network.column(name, line.name) for line in lines}
    counts = network.schema.tables[name].counts
    numbers = [line.name for line in lines if line.type in NUMBERS and line.name not in counts]
    return GraphView(
        graph,
        labels_of(network.schema.tables[name], columns, []),
        columns={column: network.numbers(name, column) for column in numbers},
    )


def _faults(network: Network, directed: bool) -> list[Result]:
    """Ties of a row with itself, and ties that are there twice."""
    start_M, end_M = network.ends
    loops = int((start_M == end_M).sum())
    doubles = len(start_M) - loops - simple_graph(network, directed).n_edges
    return [
        Result(name, title, float(many), "lower", unit="count", sentence=f"among {len(start_M):,} ties that were made")
        for name, title, many in (
            ("loops", "Ties of a row with itself", loops),
            ("doubles", "Ties that are there twice", doubles),
        )
    ]
