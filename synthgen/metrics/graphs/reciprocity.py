"""Reciprocity: how many ties go both ways."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, missing


class Reciprocity:
    """Difference in the share of edges whose edge back is there."""

    name = "reciprocity"
    title = "Reciprocity"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        if not real.graph.directed:
            return missing(self, "the graph is undirected")
        shares = [_share(view) for view in (real, synthetic)]
        return Result(
            self.name,
            self.title,
            abs(shares[0] - shares[1]),
            self.direction,
            floor=None if floor is None else abs(shares[0] - _share(floor)),
            sentence="difference in the share of edges that go both ways",
            details={"real": shares[0], "synthetic": shares[1]},
        )


def _share(view: GraphView) -> float:
    return float(view.graph.mutual_M.mean()) if view.graph.n_edges else 0.0
