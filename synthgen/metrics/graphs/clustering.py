"""Clustering: how many of a node's neighbours are tied to each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, missing
from synthgen.metrics.graphs.kernel import mmd


class ClusteringLaw:
    """MMD of local clustering over nodes with at least two neighbours."""

    name = "clustering"
    title = "Clustering law"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        if not min((view.degree_N > 1).sum() for view in (real, synthetic)):
            return missing(self, "no node has two neighbours")
        return Result(
            self.name,
            self.title,
            _distance(real, synthetic),
            self.direction,
            floor=None if floor is None else _distance(real, floor),
            unit="score",
            sentence="MMD of local clustering, Gaussian kernel one standard deviation wide",
            details={"real": figures(real), "synthetic": figures(synthetic)},
        )


class ClusteringByDegree:
    """Mean over powers of two of the degree, weighted by nodes, of the difference in mean local clustering.

    Source:
        Seshadhri, Kolda, Pinar 2012, arXiv:1112.3644 (clustering by degree as what a model must bring).
    """

    name = "clustering_by_degree"
    title = "Clustering by degree"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        if not (real.degree_N > 1).any():
            return missing(self, "no node has two neighbours")
        return Result(
            self.name,
            self.title,
            _off(real, synthetic),
            self.direction,
            floor=None if floor is None else _off(real, floor),
            unit="score",
            sentence="mean difference of mean local clustering over powers of two of the degree",
        )


def figures(view: GraphView) -> dict[str, Any]:
    """Triangles, transitivity and mean local clustering."""
    pairs = (view.degree_N * (view.degree_N - 1.0) / 2).sum()
    return {
        "triangles": int(view.triangles_N.sum() // 3),
        "transitivity": float(view.triangles_N.sum() / max(pairs, 1)),
        "mean": float(view.clustering_N.mean()),
    }


def _distance(real: GraphView, other: GraphView) -> float:
    samples = [view.clustering_N[view.degree_N > 1] for view in (real, other)]
    return mmd(samples[0], samples[1])


def _off(real: GraphView, other: GraphView) -> float:
    means = []
    for view in (real, other):
        octave_N = np.floor(np.log2(np.maximum(view.degree_N, 1))).astype(int)
        held = np.bincount(octave_N, minlength=64)
        means.append((np.bincount(octave_N, view.clustering_N, 64) / np.maximum(held, 1), held))
    both = (means[0][1] > 0) & (means[1][1] > 0) & (np.arange(64) > 0)
    weight = means[0][1] * both
    return float((np.abs(means[0][0] - means[1][0]) * weight).sum() / max(weight.sum(), 1))
