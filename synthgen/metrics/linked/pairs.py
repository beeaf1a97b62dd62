"""Rows with several parents: how often an owner and another parent meet."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.linked.base import LinkedView, missing
from synthgen.metrics.statistics import floor_scale, total_variation

MOST = 5
"""Rows of a pair that are told apart; more count as so many."""


class PairCardinality:
    """Total variation of the laws of rows per pair of an owner and another parent, the mean over other parents."""

    name = "pair_cardinality"
    title = "Rows per pair of parents"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if not train.others:
            return missing(self, "rows have one parent")
        values, floors, often = [], [], {}
        for name in train.others:
            real, held, made = (rows_of_pairs(view.owner_N, view.others[name]) for view in views)
            values.append(total_variation(real, made, MOST + 1))
            floors.append(total_variation(real, held, MOST + 1))
            often[name] = [float((law > 1).mean()) if len(law) else 0.0 for law in (real, made)]
        return Result(
            self.name,
            self.title,
            float(np.mean(values)),
            self.direction,
            floor=float(np.mean(floors)) * floor_scale(*(view.parent.n_rows for view in views)),
            sentence=f"total variation over 1, 2 ... {MOST} and more rows of a pair",
            details={"pairs_with_several_rows": often},
        )


def rows_of_pairs(owner_N: np.ndarray, other_N: np.ndarray) -> np.ndarray:
    """How many rows each pair has that has any, ``MOST`` at most.

    Example:
        >>> rows_of_pairs(np.array([0, 0, 0, 1]), np.array([2, 2, 1, -1])).tolist()
        [1, 2]
    """
    there_N = other_N >= 0
    size = int(other_N.max(initial=0)) + 1
    _, counts = np.unique(owner_N[there_N] * size + other_N[there_N], return_counts=True)
    return np.minimum(counts, MOST)
