"""What a metric of graphs sees, and the real graph a little disturbed: the floor."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from synthgen.graphs.graph import Graph
from synthgen.graphs.pairs import triangles_of_nodes
from synthgen.metrics.base import Direction, Result

DISTURBED = 0.05
"""Of the edges, those that the floor replaces: a graph of the same people taken a little earlier or later."""


@dataclass(frozen=True)
class GraphView:
    """A graph with what is known of its nodes.

    Attributes:
        graph: the graph.
        labels: values of labels per node, as text; names alike in all views.
        block_N: communities per node, numbered alike in all views; None: not known.
        columns: numbers of nodes, nan for none; names alike in all views.
    """

    graph: Graph
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    block_N: np.ndarray | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def degree_N(self) -> np.ndarray:
        """Without regard to direction."""
        return self.graph.skeleton.out_N

    @cached_property
    def triangles_N(self) -> np.ndarray:
        return triangles_of_nodes(self.graph)

    @cached_property
    def clustering_N(self) -> np.ndarray:
        """Of the pairs of a node's neighbours, the part that is tied; 0 where there is no pair."""
        pairs_N = self.degree_N * (self.degree_N - 1.0) / 2
        share_N: np.ndarray = np.where(pairs_N > 0, self.triangles_N / np.maximum(pairs_N, 1), 0.0)
        return share_N


class GraphMetric(Protocol):
    """Measures one thing. A new one is a file, a test, and a line in ``GRAPH_METRICS``."""

    name: str
    title: str
    direction: Direction

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        """The answer.

        Args:
            real: the real graph.
            synthetic: the made one.
            floor: another real one, or the real one disturbed; None: no floor.
            rng: the only source of randomness.

        Returns:
            A result; one that is not applicable rather than an exception.
        """
        ...


def missing(metric: GraphMetric, reason: str) -> Result:
    """The result of a metric that cannot say anything here."""
    return Result(metric.name, metric.title, None, metric.direction, reason=reason)


def between_shares(metric: GraphMetric, shares: list[np.ndarray], sentence: str) -> Result:
    """The total variation of the made graph's shares, and of the floor's where there is one, from the real graph's."""
    away = [float(np.abs(shares[0] - other).sum() / 2) for other in shares[1:]]
    floor = away[1] if len(away) > 1 else None
    return Result(metric.name, metric.title, away[0], metric.direction, floor=floor, sentence=sentence)


def disturbed(view: GraphView, rng: np.random.Generator, share: float = DISTURBED) -> GraphView:
    """The real graph with a part of its edges replaced by others between ends of edges at random.

    Each edge goes with the given chance; as many come, between the first end of one edge and the second of another.
    """
    graph = view.graph
    stays_M = rng.random(graph.n_edges) >= share
    from_M, to_M = graph.from_M[stays_M], graph.to_M[stays_M]
    for _ in range(20):
        missing_edges = graph.n_edges - len(from_M)
        if not missing_edges:
            break
        pick = rng.integers(graph.n_edges, size=(2, missing_edges))
        a, b = graph.from_M[pick[0]], graph.to_M[pick[1]]
        if not graph.directed:
            a, b = np.minimum(a, b), np.maximum(a, b)
        fine = a != b
        keys = np.unique(np.r_[from_M * graph.n_nodes + to_M, (a * graph.n_nodes + b)[fine]])
        from_M, to_M = keys // graph.n_nodes, keys % graph.n_nodes
    return GraphView(Graph.of(graph.n_nodes, from_M, to_M, graph.directed), view.labels, view.block_N, view.columns)
