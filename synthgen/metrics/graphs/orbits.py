"""Orbits: the small subgraphs around nodes."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView
from synthgen.metrics.graphs.kernel import mmd_rows

NODES = 1_000
"""Sampled of each graph; two samples of one law are then about 0.03 apart, and the floor says so."""


class OrbitLaw:
    """MMD of the logarithms of counts of small subgraphs at sampled nodes.

    Ties, paths of two that start there, triangles, triangles at neighbours, cycles of four.

    Source:
        Pržulj 2007, doi:10.1093/bioinformatics/btl301 (graphlet degrees; here counts that need not be induced).
    """

    name = "orbits"
    title = "Orbit law"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        rows = [_sampled(view, rng) for view in (real, synthetic, *([] if floor is None else [floor]))]
        return Result(
            self.name,
            self.title,
            mmd_rows(rows[0], rows[1]),
            self.direction,
            floor=None if floor is None else mmd_rows(rows[0], rows[2]),
            unit="score",
            sentence=f"MMD of log(1 + counts) of five small subgraphs at {min(len(one) for one in rows[:2])} nodes",
        )


def _sampled(view: GraphView, rng: np.random.Generator) -> np.ndarray:
    n = view.graph.n_nodes
    chosen = rng.choice(n, min(NODES, n), replace=False)
    logs: np.ndarray = np.log1p(orbit_counts(view, chosen))
    return logs


def orbit_counts(view: GraphView, nodes_P: np.ndarray) -> np.ndarray:
    """Ties, paths of two that start here, triangles, triangles at neighbours, cycles of four, ``(P, 5)``."""
    matrix = view.graph.skeleton.matrix()
    rows = matrix[nodes_P]
    two = rows @ matrix
    pairs = two.copy()
    pairs.data = two.data * (two.data - 1) / 2
    degree_P = view.degree_N[nodes_P]
    own_P = degree_P * (degree_P - 1) / 2  # a node is the far end of its own paths of two
    return np.stack(
        [
            degree_P,
            rows @ (view.degree_N - 1.0),
            view.triangles_N[nodes_P],
            rows @ view.triangles_N.astype(float),
            np.asarray(pairs.sum(1)).ravel() - own_P,
        ],
        1,
    )
