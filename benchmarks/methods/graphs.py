"""Usual random graphs, written small: configuration model, Chung-Lu, block model with and without degrees.

Each gets the real degrees, and the block models the communities as well; what a draw brings as loops and doubles is
left out, as these models have it.
"""

from __future__ import annotations

import numpy as np

from synthgen.graphs import Graph


def _simple(n_nodes: int, a_M: np.ndarray, b_M: np.ndarray) -> Graph:
    keys = np.unique((np.minimum(a_M, b_M) * n_nodes + np.maximum(a_M, b_M))[a_M != b_M])
    return Graph.of(n_nodes, keys // n_nodes, keys % n_nodes)


def configuration(graph: Graph, block_N: np.ndarray, rng: np.random.Generator) -> Graph:
    """Ends of edges matched at random (Bollobas 1980, doi:10.1016/S0195-6698(80)80030-8)."""
    ends = rng.permutation(np.repeat(np.arange(graph.n_nodes), graph.out_N))
    return _simple(graph.n_nodes, ends[0::2], ends[1::2])


def chung_lu(graph: Graph, block_N: np.ndarray, rng: np.random.Generator) -> Graph:
    """As many edges, each end drawn in proportion to degree (Chung, Lu 2002, doi:10.1007/PL00012580)."""
    chance_N = graph.out_N / graph.out_N.sum()
    ends = rng.choice(graph.n_nodes, size=(2, graph.n_edges), p=chance_N)
    return _simple(graph.n_nodes, *ends)


def block_model(graph: Graph, block_N: np.ndarray, rng: np.random.Generator) -> Graph:
    """As many edges between communities, ends drawn evenly (Holland et al. 1983, doi:10.1016/0378-8733(83)90021-7)."""
    return _blocks(graph, block_N, np.ones(graph.n_nodes), rng)


def degree_corrected(graph: Graph, block_N: np.ndarray, rng: np.random.Generator) -> Graph:
    """As many edges between communities, ends drawn in proportion to degree (Karrer, Newman 2011, arXiv:1008.3926)."""
    return _blocks(graph, block_N, graph.out_N.astype(float), rng)


def _blocks(graph: Graph, block_N: np.ndarray, weight_N: np.ndarray, rng: np.random.Generator) -> Graph:
    order = np.lexsort((np.arange(graph.n_nodes), block_N))
    reach = np.cumsum(weight_N[order])
    starts = np.searchsorted(block_N[order], np.arange(block_N.max() + 2))
    low = np.r_[0.0, reach][starts]
    ends = []
    for of_M in (block_N[graph.from_M], block_N[graph.to_M]):
        at = low[of_M] + rng.random(graph.n_edges) * (low[of_M + 1] - low[of_M])
        ends.append(order[np.minimum(np.searchsorted(reach, at, side="right"), graph.n_nodes - 1)])
    return _simple(graph.n_nodes, *ends)


PEERS = {
    "configuration": configuration,
    "chung-lu": chung_lu,
    "sbm": block_model,
    "dc-sbm": degree_corrected,
}
