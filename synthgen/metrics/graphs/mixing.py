"""Mixing: which communities are tied to which."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, between_shares, missing


class CommunityMixing:
    """Total variation between the shares of edges over pairs of communities."""

    name = "community_mixing"
    title = "Community mixing"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        views = [real, synthetic, *([] if floor is None else [floor])]
        if any(view.block_N is None for view in views):
            return missing(self, "the communities of nodes are not known")
        n = 1 + max(int(view.block_N.max()) for view in views if view.block_N is not None)
        shares = [mixing(view, n) for view in views]
        return between_shares(self, shares, f"total variation of edges over pairs of {n} communities")


def mixing(view: GraphView, n_blocks: int) -> np.ndarray:
    """Shares of edges between communities; symmetric where undirected."""
    if view.block_N is None or not view.graph.n_edges:
        return np.zeros((n_blocks, n_blocks))
    key_M = view.block_N[view.graph.from_M] * n_blocks + view.block_N[view.graph.to_M]
    ties = np.bincount(key_M, minlength=n_blocks**2).reshape(n_blocks, n_blocks)
    share: np.ndarray = (ties if view.graph.directed else (ties + ties.T) / 2) / view.graph.n_edges
    return share
