"""Distances between samples, and how sure a figure is.

Letters: N rows, K classes.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, rankdata

TWO_SIDED = 1.959963984540054
"""Standard deviations on either side that hold 95 % of a normal distribution."""
MOST_CELLS = 2_000_000
"""A joint table of more cells is counted by sorting: its memory would not be worth its speed."""


def kolmogorov_smirnov(one: np.ndarray, other: np.ndarray) -> float:
    """Largest gap between two distribution functions, 0 to 1; missing values (nan) are left out.

    Returns:
        1.0 when one sample has values and the other has none; 0.0 when neither has.

    Example:
        >>> kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
        0.5
    """
    return sorted_distances(present_sorted(one), present_sorted(other))[0]


def present_sorted(values: np.ndarray) -> np.ndarray:
    """The values that are not missing, smallest first."""
    return np.sort(values[~np.isnan(values)])


def sorted_distances(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Kolmogorov-Smirnov and Wasserstein distance of two sorted samples without missing values.

    The Wasserstein distance (of order 1, in the unit of the values) is the area between the distribution functions.

    Returns:
        1 and nan when one sample has values and the other has none; twice 0 when neither has.

    Source:
        Vallender 1974, doi:10.1137/1118101.

    Example:
        >>> sorted_distances(np.array([1.0, 2.0]), np.array([2.0, 5.0]))
        (0.5, 2.0)
    """
    if not len(one) or not len(other):
        return (0.0, 0.0) if len(one) == len(other) else (1.0, float("nan"))
    grid = np.sort(np.concatenate([one, other]), kind="stable")  # two runs: merged, not sorted anew
    below = np.searchsorted(one, grid, side="right") / len(one)
    gaps = np.abs(below - np.searchsorted(other, grid, side="right") / len(other))
    return float(gaps.max()), float((gaps[:-1] * np.diff(grid)).sum())


def tail_index(values: np.ndarray, rows: int) -> float | None:
    """Hill's index of the upper tail: the smaller, the heavier; moments from that order on are infinite.

    Args:
        values: sorted, smallest first.
        rows: how many of the largest values make the tail.

    Returns:
        None when they are not all positive, or all alike.

    Source:
        Hill 1975, doi:10.1214/aos/1176343247.

    Example:
        >>> round(tail_index(1 / (1 - np.arange(10_000) / 10_000) ** 0.5, 1_000), 1)  # a Pareto law of index 2
        2.0
    """
    if rows < 1 or len(values) <= rows or values[-rows - 1] <= 0:
        return None
    excess = float(np.log(values[-rows:] / values[-rows - 1]).mean())
    return 1 / excess if excess > 0 else None


def total_variation(one: np.ndarray, other: np.ndarray, size: int) -> float:
    """Half of the summed differences of shares, 0 to 1.

    Args:
        one: ``(N,)`` codes below ``size``.
        other: codes of the other sample.
        size: how many codes there may be.

    Example:
        >>> total_variation(np.array([0, 0, 1, 1]), np.array([1, 1, 1]), 2)
        0.5
    """
    if not len(one) or not len(other):
        return 0.0 if len(one) == len(other) else 1.0
    if size > MOST_CELLS:
        both, places = np.unique(np.concatenate([one, other]), return_inverse=True)
        one, other, size = places[: len(one)], places[len(one) :], len(both)
    shares = np.bincount(one, minlength=size) / len(one) - np.bincount(other, minlength=size) / len(other)
    return float(np.abs(shares).sum() / 2)


def binnable(rows: np.ndarray) -> np.ndarray:
    """``(N, Q)`` as trees can be fitted to: a column without a number is 0 throughout, which nothing can split.

    Example:
        >>> binnable(np.array([[1.0, np.nan], [np.nan, np.nan]])).tolist()
        [[1.0, 0.0], [nan, 0.0]]
    """
    return np.asarray(np.where(np.isnan(rows).all(axis=0), 0.0, rows))


def floor_scale(n_train: int, n_holdout: int, n_synthetic: int) -> float:
    """What a floor measured on held-out rows is to be multiplied by, to stand for as many rows as are synthetic.

    Distances between two samples of one distribution grow like sqrt(1/n + 1/m).

    Example:
        >>> floor_scale(1000, 250, 250)
        1.0
    """
    return float(np.sqrt((1 / n_train + 1 / n_synthetic) / (1 / n_train + 1 / n_holdout)))


def binomial_interval(hits: float, n: int, error: float = 0.05) -> tuple[float, float]:
    """Exact interval of a share; ``hits`` may hold halves (split ties), which only widens it.

    Args:
        hits: how many.
        n: of how many; 0: nothing is known, so 0 to 1.
        error: chance that the interval misses.

    Source:
        Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Example:
        >>> low, high = binomial_interval(0, 10)
        >>> low, round(high, 4)
        (0.0, 0.3085)
    """
    low = float(beta.ppf(error / 2, hits, n - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - error / 2, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def auc_and_influence(scores: np.ndarray, positive: np.ndarray) -> tuple[float, np.ndarray]:
    """Area under the ROC curve, and what each row adds to its error.

    The influence of a row is its centred placement among the rows of the other kind, as in DeLong; the root of
    its mean square over ``sqrt(N)`` is the standard error. The difference of two such arrays on the same rows
    gives the paired test.

    Args:
        scores: ``(N,)``, higher for the positive kind.
        positive: ``(N,)`` bool, with both kinds in it.

    Returns:
        The area, ties counted as half, and ``(N,)`` influences.

    Source:
        DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595; by ranks as in Sun and Xu 2014,
        doi:10.1109/LSP.2014.2337313.

    Example:
        >>> area, _ = auc_and_influence(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
        >>> area
        0.75
    """
    m, n = int(positive.sum()), int((~positive).sum())
    ranks = rankdata(scores)
    placement = np.empty(len(scores))
    placement[positive] = (ranks[positive] - rankdata(scores[positive])) / n
    placement[~positive] = 1 - (ranks[~positive] - rankdata(scores[~positive])) / m
    area = float(placement[positive].mean())
    weight = np.where(positive, len(scores) / m, len(scores) / n)
    return area, weight * (placement - area)


def macro_auc(scores: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean one-against-the-rest area over the classes that the truth has, and each row's influence on it.

    Args:
        scores: ``(N, K)``, one column per class.
        truth: ``(N,)`` class numbers, two or more different ones.
    """
    found = [auc_and_influence(scores[:, k], truth == k) for k in np.unique(truth)]
    return float(np.mean([area for area, _ in found])), np.asarray(np.mean([part for _, part in found], axis=0))


def r_squared(predicted: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Share of the variance explained, and each row's influence on it (delta method).

    Returns:
        The share: 1 is perfect, 0 as good as the mean, below that worse; and ``(N,)``.
    """
    squared, spread = (predicted - truth) ** 2, (truth - truth.mean()) ** 2
    ratio = squared.mean() / spread.mean()
    return float(1 - ratio), np.asarray((ratio * spread - squared) / spread.mean())


def standard_error(influence: np.ndarray) -> float:
    """Standard error of a figure, out of its rows' influences."""
    return float(np.sqrt((influence**2).mean() / len(influence)))


def interval(value: float, influence: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """95 % interval of a figure, kept within what it can be."""
    half = TWO_SIDED * standard_error(influence)
    return max(low, value - half), min(high, value + half)
