"""Degree against columns of nodes: whether the old, the loud and the partners have as many ties as they had."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, missing

FEWEST = 20
"""Nodes with a number: fewer have no rank correlation to speak of."""


class DegreeByColumn:
    """Mean over columns of the difference in the rank correlation of degree and column.

    A label counts with its correlation ratio of ranked degrees; a graph with directions counts both degrees. The floor
    is the same between two halves of the real nodes.

    Source:
        Spearman 1904, doi:10.2307/1412159; Kruskal, Wallis 1952, doi:10.1080/01621459.1952.10483441 (ranks by label).
    """

    name = "degree_by_column"
    title = "Degree against columns"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        if not any(name in synthetic.columns for name in real.columns):
            return missing(self, "no column of nodes holds numbers")
        every = [np.ones(view.graph.n_nodes, bool) for view in (real, synthetic)]
        half_N = rng.permutation(real.graph.n_nodes) < real.graph.n_nodes // 2
        found = [associations(real, every[0]), associations(synthetic, every[1])]
        names = [name for name in found[0] if name in found[1]]
        if not names:
            return missing(self, "too few nodes have numbers in their columns")
        halves = [associations(real, side_N) for side_N in (half_N, ~half_N)]
        both = [name for name in names if all(name in half for half in halves)]
        return Result(
            self.name,
            self.title,
            float(np.mean([abs(found[0][name] - found[1][name]) for name in names])),
            self.direction,
            floor=float(np.mean([abs(halves[0][name] - halves[1][name]) for name in both])) if floor and both else None,
            unit="score",
            sentence=f"mean difference of the association of degree and column over {len(names)} of them",
            details={name: {"real": found[0][name], "synthetic": found[1][name]} for name in names},
        )


def associations(view: GraphView, among_N: np.ndarray) -> dict[str, float]:
    """By column and side the association with the degree, among some nodes; none where it does not vary.

    Example:
        >>> from synthgen.graphs import Graph
        >>> star = Graph.of(21, np.zeros(20, int), np.arange(1, 21))
        >>> view = GraphView(star, columns={"size": np.r_[5.0, np.ones(20)]})
        >>> round(associations(view, np.ones(21, bool))["size"], 6)
        1.0
    """
    sides = {"": view.degree_N} if not view.graph.directed else {" (out)": view.graph.out_N, " (in)": view.graph.in_N}
    found: dict[str, float] = {}
    for mark, degree_N in sides.items():
        for name, number_N in view.columns.items():
            there_N = among_N & ~np.isnan(number_N)
            if there_N.sum() >= FEWEST and np.ptp(number_N[there_N]) > 0 and np.ptp(degree_N[there_N]) > 0:
                ranks = [rankdata(one[there_N]) for one in (degree_N, number_N)]
                found[f"{name}{mark}"] = float(np.corrcoef(*ranks)[0, 1])
        for name, label_N in view.labels.items():
            value = _ratio(degree_N[among_N], label_N[among_N].astype(str))
            if value is not None:
                found[f"{name}{mark}"] = value
    return found


def _ratio(degree_N: np.ndarray, label_N: np.ndarray) -> float | None:
    """Root of the part of the variance of ranks that lies between labels."""
    _, code_N = np.unique(label_N, return_inverse=True)
    if len(degree_N) < FEWEST or code_N.max() == 0 or np.ptp(degree_N) == 0:
        return None
    rank_N = rankdata(degree_N)
    mean_L = np.bincount(code_N, rank_N) / np.bincount(code_N)
    return float(mean_L[code_N].std() / rank_N.std())
