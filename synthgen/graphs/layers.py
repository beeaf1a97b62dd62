"""Edges that go both ways and edges that do not: two layers of one graph.

Letters: N nodes, M edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.graphs.graph import Graph


@dataclass(frozen=True)
class Layer:
    """Edges that are exchanged among themselves.

    Attributes:
        a_M: one end; the follower where it matters.
        b_M: the other.
        mutual: whether each goes both ways, so that either end may be the first.
    """

    a_M: np.ndarray
    b_M: np.ndarray
    mutual: bool

    def ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """First ends, second ends and numbers of edges, in each direction in which an edge may be taken."""
        number_M = np.arange(len(self.a_M))
        if not self.mutual:
            return self.a_M, self.b_M, number_M
        return np.r_[self.a_M, self.b_M], np.r_[self.b_M, self.a_M], np.r_[number_M, number_M]


def layers_of(graph: Graph) -> tuple[Layer, Layer]:
    """Edges that go both ways, once each, and the others."""
    back_M = graph.mutual_M
    once_M = back_M & ((graph.from_M < graph.to_M) | (not graph.directed))
    return (
        Layer(graph.from_M[once_M], graph.to_M[once_M], mutual=True),
        Layer(graph.from_M[~back_M], graph.to_M[~back_M], mutual=False),
    )


def graph_of(n_nodes: int, layers: tuple[Layer, Layer], directed: bool) -> Graph:
    """The other way round."""
    both, single = layers
    back = (both.b_M, both.a_M) if directed else (both.a_M[:0], both.a_M[:0])
    return Graph.of(n_nodes, np.r_[both.a_M, back[0], single.a_M], np.r_[both.b_M, back[1], single.b_M], directed)
