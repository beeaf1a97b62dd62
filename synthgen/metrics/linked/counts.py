"""Children counts: how many rows owners have."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.linked.base import LinkedView, missing
from synthgen.metrics.recommendation.ranking import gini
from synthgen.metrics.statistics import floor_scale, kolmogorov_smirnov
from synthgen.metrics.wording import beside_floor, percent


class ChildrenCounts:
    """Largest gap between the distribution functions of rows per owner, owners without rows counted as 0."""

    name = "children_counts"
    title = "Rows per owner"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if not all(view.parent.n_rows for view in views):
            return missing(self, "one of the tables has no owners")
        real, held, made = (view.count_P.astype(float) for view in views)
        value = kolmogorov_smirnov(real, made)
        floor = kolmogorov_smirnov(real, held) * floor_scale(len(real), len(held), len(made))
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=f"Kolmogorov-Smirnov distance over {len(made):,} owners",
            meaning=f"The part of owners with at most so many rows is off by {percent(value)} at most. "
            f"{beside_floor(value, floor)}",
            details={
                "mean": [float(count_P.mean()) for count_P in (real, made)],
                "largest": [int(count_P.max()) for count_P in (real, made)],
            },
        )


class Childless:
    """Difference of the part of owners without a row."""

    name = "childless"
    title = "Owners without rows"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if not all(view.parent.n_rows for view in views):
            return missing(self, "one of the tables has no owners")
        real, held, made = (float((view.count_P == 0).mean()) for view in views)
        scale = floor_scale(*(view.parent.n_rows for view in views))
        return Result(
            self.name,
            self.title,
            abs(made - real),
            self.direction,
            floor=abs(held - real) * scale,
            sentence=f"{percent(made)} of made owners have no row, {percent(real)} of real ones",
            details={"shares": [real, made]},
        )


class Unevenness:
    """Difference of the Gini coefficient of rows per owner."""

    name = "unevenness"
    title = "Gini of rows per owner"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if not all(len(view.owner_N) for view in views):
            return missing(self, "one of the tables has no rows")
        real, held, made = (gini(view.count_P) for view in views)
        scale = floor_scale(*(view.parent.n_rows for view in views))
        return Result(
            self.name,
            self.title,
            abs(made - real),
            self.direction,
            floor=abs(held - real) * scale,
            unit="score",
            sentence=f"Gini coefficient {made:.3f} of made rows per owner, {real:.3f} of real ones",
            details={"gini": [real, made]},
        )
