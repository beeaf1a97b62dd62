"""Authenticity: whether synthetic rows are rows of their own, or training rows with a little noise."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.fidelity.precision_recall import (
    Points,
    nearest,
    rows_affordable,
    same_number,
)
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View
from synthgen.metrics.wording import NO_FLOOR, percent


class Authenticity:
    """Share of synthetic rows that are farther from their nearest training row than that row's nearest neighbour.

    Strangers score about one half, which the floor of held-out rows shows: below it rows are copied, far above it
    they lie far from the data. The interval is exact for the synthetic rows drawn, with the training rows as they are.

    Source:
        Alaa et al. 2022, arXiv:2102.08921, see ``precision_recall``.
    """

    name = "authenticity"
    title = "Authenticity"
    group: Group = "fidelity"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        drawn = same_number(self, train, holdout, synthetic, rng, rows_affordable)
        if isinstance(drawn, Result):
            return drawn
        n, points = drawn
        own, _ = nearest(points[0], points[0], own=True)
        authentic = _authentic(points[1], points[0], own)
        value, floor = float(authentic.mean()), None
        if len(points) > 2:
            floor = float(_authentic(points[2], points[0], own).mean())
        beside = NO_FLOOR if floor is None else f"Of held-out rows {percent(floor)} are."
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            interval=binomial_interval(int(authentic.sum()), n),
            unit="score",
            sentence=f"{n:,} synthetic against {n:,} training rows; about 0.5 is what strangers reach",
            meaning=f"{percent(value)} of the synthetic rows are farther from the nearest training row than that row's "
            f"own neighbour. {beside}",
            details={"rows_of_each": n},
        )


def _authentic(rows: Points, real: Points, own: np.ndarray) -> np.ndarray:
    distance, which = nearest(rows, real)
    return np.asarray(distance > own[which])
