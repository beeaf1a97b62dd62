"""How much alike the rows of one owner are."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.linked.base import LinkedView, frequent_labels, missing
from synthgen.metrics.statistics import floor_scale


class OwnerLikeness:
    """Mean over columns of the difference of the intraclass correlation: the part of the variance that owners explain.

    Quantities are taken by their rank among the real rows, labels as zeros and ones, the most frequent ones.
    """

    name = "owner_likeness"
    title = "Likeness within owners"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        frequent = frequent_labels(train)
        found: dict[str, list[float]] = {}
        for name, real_N in train.rows.quantities.items():
            sorted_N = np.sort(real_N[~np.isnan(real_N)])
            if len(sorted_N):
                found[name] = [icc(view.owner_N, _ranks(view.rows.quantities[name], sorted_N)) for view in views]
        for name, codes in frequent.items():
            for code in codes:
                key = f"{name} {code}"
                found[key] = [icc(view.owner_N, (view.rows.labels[name] == code).astype(float)) for view in views]
        known = {name: values for name, values in found.items() if not np.isnan(values[0])}
        if not known:
            return missing(self, "no owner has two rows, or no column varies")
        scale = floor_scale(*(view.parent.n_rows for view in views))
        real, held, made = (np.nan_to_num([values[side] for values in known.values()]) for side in range(3))
        return Result(
            self.name,
            self.title,
            float(np.abs(made - real).mean()),
            self.direction,
            floor=float(np.abs(held - real).mean()) * scale,
            unit="score",
            sentence=f"mean difference of the intraclass correlation over {len(known)} columns and labels",
            details={"mean": [float(real.mean()), float(made.mean())]},
        )


def icc(owner_N: np.ndarray, value_N: np.ndarray) -> float:
    """One-way intraclass correlation, 1 where owners decide all, about 0 where they say nothing; nan: not defined.

    Source:
        Donner 1986, doi:10.2307/1403259, groups of unequal size.

    Example:
        >>> icc(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 2.0, 2.0]))
        1.0
    """
    there_N = ~np.isnan(value_N)
    _, owner_N = np.unique(owner_N[there_N], return_inverse=True)
    value_N = value_N[there_N]
    if not len(value_N):
        return float("nan")
    count_K = np.bincount(owner_N)
    n, k = len(value_N), len(count_K)
    total = float(((value_N - value_N.mean()) ** 2).sum())
    if k < 2 or n == k or total <= 0:
        return float("nan")
    mean_K = np.bincount(owner_N, value_N) / count_K
    between = float(count_K @ (mean_K - value_N.mean()) ** 2)
    usual = (n - float((count_K**2).sum()) / n) / (k - 1)
    between, within = between / (k - 1), max(total - between, 0.0) / (n - k)
    return float((between - within) / (between + (usual - 1) * within))


def _ranks(value_N: np.ndarray, sorted_N: np.ndarray) -> np.ndarray:
    middle_N = (np.searchsorted(sorted_N, value_N) + np.searchsorted(sorted_N, value_N, side="right")) / 2
    return np.where(np.isnan(value_N), np.nan, middle_N / len(sorted_N))
