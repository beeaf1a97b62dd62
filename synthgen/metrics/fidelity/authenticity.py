"""Authenticity: whether synthetic rows are rows of their own, or training rows with a little noise."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.fidelity.precision_recall import (
    FEWEST_ROWS,
    Points,
    as_points,
    nearest,
    rows_affordable,
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
        if not train.compared:
            return not_applicable(self, "there is no column with values to compare")
        fair = holdout.n_rows >= FEWEST_ROWS
        n = rows_affordable(train, synthetic, *((holdout,) if fair else ()))
        if n < FEWEST_ROWS:
            return not_applicable(self, f"fewer than {FEWEST_ROWS} training or synthetic rows")
        views = [view.draw(n, rng) for view in ((train, synthetic, holdout) if fair else (train, synthetic))]
        points = as_points(*views)
        own, _ = nearest(points[0], points[0], own=True)
        authentic = _authentic(points[1], points[0], own)
        value, floor = float(authentic.mean()), None
        if fair:
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
