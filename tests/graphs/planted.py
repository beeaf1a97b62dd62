"""Graphs whose communities, reciprocity and clustering are known."""

from __future__ import annotations

import numpy as np

from synthgen.graphs import Graph


def planted(
    n_nodes: int = 600,
    n_blocks: int = 6,
    inside: float = 0.12,
    outside: float = 0.01,
    back: float | None = None,
    seed: int = 0,
) -> tuple[Graph, np.ndarray]:
    """Blocks of equal size; ``back``: chance that an edge is followed back, None: undirected."""
    rng = np.random.default_rng(seed)
    block_N = np.arange(n_nodes) * n_blocks // n_nodes
    tied_NN = rng.random((n_nodes, n_nodes)) < np.where(block_N[:, None] == block_N[None, :], inside, outside)
    if back is None:
        tied_NN = np.triu(tied_NN, 1)
    else:
        tied_NN |= tied_NN.T & (rng.random((n_nodes, n_nodes)) < back)
        np.fill_diagonal(tied_NN, False)
    return Graph.of(n_nodes, *np.nonzero(tied_NN), directed=back is not None), block_N


def cliques(n_cliques: int = 60, size: int = 8, strays: int = 300, seed: int = 0) -> Graph:
    """Groups that are all tied, and some ties between them: clustering far above chance."""
    rng = np.random.default_rng(seed)
    n = n_cliques * size
    tied_NN = np.kron(np.eye(n_cliques), np.ones((size, size))) > 0
    tied_NN[rng.integers(n, size=strays), rng.integers(n, size=strays)] = True
    tied_NN |= tied_NN.T
    return Graph.of(n, *np.nonzero(np.triu(tied_NN, 1)))
