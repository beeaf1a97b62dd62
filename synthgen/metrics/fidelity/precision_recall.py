"""Alpha-precision, beta-recall and authenticity of two samples, in the "naive" form.

Rows are points: quantities from 0 to 1 over the training range (a missing one at the training mean, with a flag of
its own), labels one-hot; distances are Euclidean. Of a set of levels alpha, alpha-precision asks whether the ball
around the real centre that holds alpha of the real rows holds alpha of the synthetic rows; beta-recall asks whether
the balls around the synthetic centre cover beta of the real rows; each is 1 less the area between curve and diagonal.
A synthetic row is authentic when it is farther from the nearest real row than that row's own nearest neighbour.

Letters: N real rows, M synthetic rows, Q quantities with their flags, K labels.

Source:
    Alaa, van Breugel, Saveliev and van der Schaar 2022, "How faithful is your synthetic data?", arXiv:2102.08921;
    without its embedding into a ball ("naive"), as in the published tables of TabSyn (arXiv:2310.09656).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from synthgen.metrics.base import Metric, Result, not_applicable
from synthgen.metrics.view import View

LEVELS = np.linspace(0, 1, 30)
FEWEST_ROWS = 20
MOST_ROWS = 4_000
"""Of each kind: a share is then known to 0.015 on either side."""
MOST_WORK = 400_000_000
"""Cells compared for one matrix of distances, about a second; wider tables get fewer rows."""
CHUNK = 256
REPEATS = 200
"""Bootstrap samples: their 2.5 % and 97.5 % points are right to a tenth of the interval's width."""


@dataclass(frozen=True)
class Points:
    """Rows as points.

    Attributes:
        numbers: ``(N, Q)``.
        codes: ``(N, K)`` float64 codes; two that differ are the root of 2 apart.
    """

    numbers: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)


def same_number(
    metric: Metric,
    train: View,
    holdout: View,
    synthetic: View,
    rng: np.random.Generator,
    affordable: Callable[..., int],
) -> Result | tuple[int, list[Points]]:
    """Equally many rows of each table as points: training, synthetic and, where there are enough, held-out ones.

    Args:
        metric: asks.
        train: real rows; their range and mean make the points.
        holdout: left out when it has too few rows to be a floor.
        synthetic: the rows in question.
        rng: draws them.
        affordable: how many rows of the tables it is given can be compared.

    Returns:
        How many rows of each, and the points; or why the metric cannot say anything.
    """
    if not train.compared:
        return not_applicable(metric, "there is no column with values to compare")
    views = [train, synthetic, *([holdout] if holdout.n_rows >= FEWEST_ROWS else [])]
    n = affordable(*views)
    if n < FEWEST_ROWS:
        return not_applicable(metric, f"fewer than {FEWEST_ROWS} training or synthetic rows")
    return n, as_points(*(view.draw(n, rng) for view in views))


def rows_affordable(train: View, *others: View) -> int:
    """How many rows of each table are compared."""
    width = max(len(train.compared), 1)
    return min(MOST_ROWS, int(np.sqrt(MOST_WORK / width)), train.n_rows, *(view.n_rows for view in others))


def as_points(real: View, *views: View) -> list[Points]:
    """Real rows and others as points; range and mean are those of the real rows given."""
    numbers: list[list[np.ndarray]] = [[] for _ in range(1 + len(views))]
    tables = (real, *views)
    for name, values in real.quantities.items():
        present = values[~np.isnan(values)]
        low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
        mean, span = float(present.mean()) if len(present) else 0.0, high - low if high > low else 1.0
        flagged = any(np.isnan(view.quantities[name]).any() for view in tables)
        for parts, view in zip(numbers, tables, strict=True):
            absent = np.isnan(view.quantities[name])
            parts.append((np.where(absent, mean, view.quantities[name]) - low) / span)
            if flagged:
                parts.append(absent.astype(np.float64))
    return [
        Points(np.stack(parts, axis=1) if parts else np.empty((view.n_rows, 0)), view.ordinal(list(real.labels)))
        for parts, view in zip(numbers, tables, strict=True)
    ]


def from_centre(points: Points, sample: Points) -> np.ndarray:
    """``(N,)`` distances of points to the mean of a sample."""
    squares = ((points.numbers - sample.numbers.mean(axis=0)) ** 2).sum(axis=1)
    for k in range(points.codes.shape[1]):
        here, there = points.codes[:, k].astype(np.int64), sample.codes[:, k].astype(np.int64)
        centre = np.bincount(there, minlength=int(max(here.max(initial=0), there.max(initial=0))) + 1) / len(there)
        squares = squares + 1 - 2 * centre[here] + (centre**2).sum()
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def nearest(points: Points, others: Points, own: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """``(N,)`` distances to the nearest of the others, and which it is.

    Args:
        points: from where.
        others: to where.
        own: the two are the same rows, and a row is not its own neighbour.
    """
    distance, which = np.empty(len(points)), np.empty(len(points), dtype=np.int64)
    k = points.codes.shape[1]
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        squares = np.zeros((len(points.numbers[part]), len(others)))
        if points.numbers.shape[1]:
            squares += cdist(points.numbers[part], others.numbers, "sqeuclidean")
        if k:
            squares += 2 * k * cdist(points.codes[part], others.codes, "hamming")
        if own:
            rows = np.arange(len(squares))
            squares[rows, start + rows] = np.inf
        which[part] = squares.argmin(axis=1)
        distance[part] = np.sqrt(squares[np.arange(len(squares)), which[part]])
    return distance, which


def curve_score(curve: np.ndarray) -> float:
    """1 less the area between a curve over the levels and the diagonal, in parts of the largest area."""
    return float(1 - np.abs(LEVELS - curve).sum() / LEVELS.sum())


def precision_curve(real: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
    """``(30,)`` share of synthetic rows within the ball of each level, of distances to the real centre."""
    radii = np.quantile(real, LEVELS)
    return np.asarray(np.searchsorted(np.sort(synthetic), radii, side="right") / len(synthetic))


def recall_curve(covered: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """``(30,)`` share of real rows that are covered within the ball of each level.

    Args:
        covered: ``(N,)`` whether a synthetic row is as near to the real one as its nearest real row.
        radius: ``(N,)`` how far that synthetic row is from the synthetic centre.
    """
    within = np.searchsorted(np.sort(radius[covered]), np.quantile(radius, LEVELS), side="right")
    return np.asarray(within / len(radius))


def bootstrap_interval(value: float, scores: list[float]) -> tuple[float, float]:
    """95 % of a score, 0 to 1: as far from it on either side as bootstrap scores lie from their own mean.

    Their mean is lower than the score, as noise counts against both, so the scores themselves would not do.
    """
    low, high = np.quantile(scores, [0.025, 0.975]) - np.mean(scores)
    return max(0.0, value + float(low)), min(1.0, value + float(high))
