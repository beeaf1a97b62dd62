"""How close a synthetic graph is to the real one. Metrics see graphs with labels and communities, never a model."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Result
from synthgen.metrics.graphs.assortativity import DegreeAssortativity, LabelAssortativity
from synthgen.metrics.graphs.base import GraphMetric, GraphView, disturbed
from synthgen.metrics.graphs.clustering import ClusteringByDegree, ClusteringLaw
from synthgen.metrics.graphs.columns import DegreeByColumn
from synthgen.metrics.graphs.degree import DegreeLaw
from synthgen.metrics.graphs.mixing import CommunityMixing
from synthgen.metrics.graphs.orbits import OrbitLaw
from synthgen.metrics.graphs.paths import PathLaw
from synthgen.metrics.graphs.reciprocity import Reciprocity
from synthgen.metrics.graphs.spectrum import Spectrum
from synthgen.metrics.graphs.triads import Triads

__all__ = ["GRAPH_METRICS", "GraphMetric", "GraphView", "compare_graphs", "disturbed"]

GRAPH_METRICS: tuple[GraphMetric, ...] = (
    DegreeLaw(),
    ClusteringLaw(),
    ClusteringByDegree(),
    PathLaw(),
    OrbitLaw(),
    Triads(),
    Reciprocity(),
    DegreeAssortativity(),
    LabelAssortativity(),
    CommunityMixing(),
    Spectrum(),
    DegreeByColumn(),
)
"""In the order in which they are shown."""


def compare_graphs(real: GraphView, synthetic: GraphView, floor: GraphView | None, seed: int) -> list[Result]:
    """Every metric, each with a random stream of its own.

    Args:
        real: the real graph.
        synthetic: the made one.
        floor: another real one, or ``disturbed(real, rng)``.
        seed: zero or more.
    """
    return [
        metric.compute(real, synthetic, floor, np.random.default_rng([seed, place]))
        for place, metric in enumerate(GRAPH_METRICS)
    ]
