"""Beta-recall: whether every kind of real row has synthetic rows near it."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.fidelity.precision_recall import (
    REPEATS,
    Points,
    bootstrap_interval,
    curve_score,
    from_centre,
    nearest,
    recall_curve,
    rows_affordable,
    same_number,
)
from synthgen.metrics.view import View
from synthgen.metrics.wording import NO_FLOOR, percent


class BetaRecall:
    """Beta-recall of the training rows by as many synthetic rows. The floor is that of as many held-out rows.

    A perfect generator scores about one half, not 1: a real row's nearest neighbour is as often real as synthetic.
    Above it synthetic rows lie closer to the training rows than strangers do: copies; so one half is taken as ideal.
    The interval is a bootstrap of the real rows, with neighbours as they are.

    Source:
        Alaa et al. 2022, arXiv:2102.08921, see ``precision_recall``.
    """

    name = "beta_recall"
    title = "Beta-recall"
    group: Group = "fidelity"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        drawn = same_number(self, train, holdout, synthetic, rng, rows_affordable)
        if isinstance(drawn, Result):
            return drawn
        n, points = drawn
        own, _ = nearest(points[0], points[0], own=True)
        covered, radius = _covered(points[0], points[1], own)
        value = curve_score(recall_curve(covered, radius))
        scores = []
        for _ in range(REPEATS):
            rows = rng.integers(0, n, n)
            scores.append(curve_score(recall_curve(covered[rows], radius[rows])))
        floor, covered_floor = None, np.zeros(0, dtype=bool)
        if len(points) > 2:
            covered_floor, radius_floor = _covered(points[0], points[2], own)
            floor = curve_score(recall_curve(covered_floor, radius_floor))
        beside = (
            NO_FLOOR if floor is None else f"As many held-out rows do so for {percent(float(covered_floor.mean()))}."
        )
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            interval=bootstrap_interval(value, scores),
            unit="score",
            sentence=f"{n:,} synthetic against {n:,} training rows; 0.5 is what real rows reach",
            meaning=f"For {percent(float(covered.mean()))} of the real rows a synthetic row is as near as the nearest "
            f"other real row. {beside}",
            details={
                "rows_of_each": n,
                "covered": float(covered.mean()),
                "covered_floor": float(covered_floor.mean()) if len(points) > 2 else None,
            },
        )


def _covered(real: Points, other: Points, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(N,)`` whether another row is as near as the nearest real one, and its distance to their centre."""
    distance, which = nearest(real, other)
    return distance <= own, from_centre(other, other)[which]
