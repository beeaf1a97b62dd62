"""Degrees: how many ties nodes have."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView
from synthgen.metrics.graphs.kernel import mmd


class DegreeLaw:
    """MMD of the logarithm of one plus the degree; of a directed graph the mean over both directions."""

    name = "degree"
    title = "Degree law"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        value = _distance(real, synthetic)
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=None if floor is None else _distance(real, floor),
            unit="score",
            sentence="MMD of log(1 + degree), Gaussian kernel one standard deviation wide",
            details={"mean": [float(view.degree_N.mean()) for view in (real, synthetic)]},
        )


def _distance(real: GraphView, other: GraphView) -> float:
    sides = ("out_N", "in_N") if real.graph.directed else ("out_N",)
    laws = [[np.log1p(getattr(view.graph, side)) for view in (real, other)] for side in sides]
    return float(np.mean([mmd(law[0], law[1]) for law in laws]))
