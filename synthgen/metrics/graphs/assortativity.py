"""Assortativity: whether like is tied to like, by degree and by label."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.base import GraphView, missing


class DegreeAssortativity:
    """Difference in the correlation of degrees over the two ends of edges.

    Source:
        Newman 2003, arXiv:cond-mat/0209450.
    """

    name = "degree_assortativity"
    title = "Assortativity by degree"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        found = [by_degree(view) for view in (real, synthetic, *([] if floor is None else [floor]))]
        if any(one is None for one in found):
            return missing(self, "all nodes with ties have the same degree")
        figures = [float(one) for one in found if one is not None]
        return Result(
            self.name,
            self.title,
            abs(figures[0] - figures[1]),
            self.direction,
            floor=None if floor is None else abs(figures[0] - figures[2]),
            unit="score",
            sentence="difference in the correlation of degrees over edges",
            details={"real": figures[0], "synthetic": figures[1]},
        )


class LabelAssortativity:
    """Mean difference over labels in Newman's coefficient: 1 where ties stay within a label, 0 at chance."""

    name = "label_assortativity"
    title = "Assortativity by label"
    direction: Direction = "lower"

    def compute(
        self, real: GraphView, synthetic: GraphView, floor: GraphView | None, rng: np.random.Generator
    ) -> Result:
        names = [name for name in real.labels if name in synthetic.labels]
        found = {name: [by_label(view, name) for view in (real, synthetic)] for name in names}
        found = {name: pair for name, pair in found.items() if None not in pair}
        if not found:
            return missing(self, "there is no label with two values among nodes with ties")
        floors = [abs((by_label(floor, name) or 0.0) - (found[name][0] or 0.0)) for name in found] if floor else None
        return Result(
            self.name,
            self.title,
            float(np.mean([abs((one or 0.0) - (other or 0.0)) for one, other in found.values()])),
            self.direction,
            floor=None if floors is None else float(np.mean(floors)),
            unit="score",
            sentence=f"mean difference of the coefficient over {len(found)} label{'s' if len(found) > 1 else ''}",
            details={name: {"real": pair[0], "synthetic": pair[1]} for name, pair in found.items()},
        )


def by_degree(view: GraphView) -> float | None:
    """Correlation of degrees over the two ends of edges; None where it is not defined."""
    whole = view.graph.skeleton
    one, other = view.degree_N[whole.from_M], view.degree_N[whole.to_M]
    x, y = np.r_[one, other].astype(float), np.r_[other, one].astype(float)
    return float(np.corrcoef(x, y)[0, 1]) if len(x) and x.std() > 0 else None


def by_label(view: GraphView, name: str) -> float | None:
    """Newman's coefficient; None where all ends have one value."""
    values, code_N = np.unique(view.labels[name].astype(str), return_inverse=True)
    whole, n = view.graph.skeleton, len(values)
    ties = np.bincount(code_N[whole.from_M] * n + code_N[whole.to_M], minlength=n * n).reshape(n, n)
    share = (ties + ties.T) / max(2 * ties.sum(), 1)
    chance = float((share.sum(0) ** 2).sum())
    return (float(np.trace(share)) - chance) / (1 - chance) if whole.n_edges and chance < 1 else None
