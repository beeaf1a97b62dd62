"""Heavy tails: a generalised Pareto law for what lies beyond the last cell of a number.

Exceedances over a high threshold follow such a law (Pickands 1975), and a higher threshold keeps its
shape and shifts its scale. So the shape is learned from a whole bin and used in its outermost cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from synthgen.columns.holders import one_each

MIN_EXCEEDANCES = 50
"""Fewer exceedances say too little about a tail's shape: its standard error is about (1 + shape) / sqrt(count)."""
HEAVY = 0.1
"""A shape above this is a heavy tail; an exponential tail has 0, Student's t with 10 degrees of freedom 0.1."""


@dataclass(frozen=True)
class TailLaw:
    """An upper tail: a generalised Pareto law above ``start``, cut at ``end``.

    Attributes:
        start: where it begins.
        end: the largest value it gives.
        shape: heavier when larger; above 0.
        scale: in the unit of the values, above 0.
    """

    start: float
    end: float
    shape: float
    scale: float

    def draw(self, uniform: np.ndarray) -> np.ndarray:
        """Uniform draws of [0, 1) to values of ``[start, end]``, by the inverse distribution function.

        Example:
            >>> TailLaw(10.0, 1e9, 1.0, 10.0).draw(np.array([0.0, 0.5, 0.9])).round(3).tolist()
            [10.0, 20.0, 100.0]
        """
        reach = -np.expm1(-np.log1p(self.shape * (self.end - self.start) / self.scale) / self.shape)
        excess = self.scale * np.expm1(-self.shape * np.log1p(-uniform * reach)) / self.shape
        drawn: np.ndarray = np.clip(self.start + excess, self.start, self.end)
        return drawn

    def below(self, x: np.ndarray) -> np.ndarray:
        """The share below values: ``draw`` the other way round.

        Example:
            >>> TailLaw(10.0, 1e9, 1.0, 10.0).below(np.array([5.0, 20.0, 2e9])).round(3).tolist()
            [0.0, 0.5, 1.0]
        """
        excess = np.clip(x, self.start, self.end) - self.start
        shares = [
            -np.expm1(-np.log1p(self.shape * far / self.scale) / self.shape) for far in (excess, self.end - self.start)
        ]
        below: np.ndarray = shares[0] / shares[1]
        return below

    def cut(self, end: float) -> Self:
        """The law that ends no later."""
        return replace(self, end=end) if self.start <= end < self.end else self

    def state(self) -> dict[str, Any]:
        """Its numbers, in JSON types."""
        return {"start": self.start, "end": self.end, "shape": self.shape, "scale": self.scale}

    @classmethod
    def from_state(cls, state: dict[str, Any] | None) -> Self | None:
        """The law again; None stays None."""
        return None if state is None else cls(**state)


def pareto_fit(excess: np.ndarray) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto law, from exceedances over its threshold (above 0).

    The posterior mean over a grid of the ratio shape / scale: as good as maximum likelihood, always defined,
    and, unlike moments, valid where the variance is infinite.

    Source:
        Zhang & Stephens 2009, Technometrics 51(3), doi:10.1198/tech.2009.08017. For the choice of
        estimators: Hosking & Wallis 1987, Technometrics 29(3).

    Example:
        >>> shape, scale = pareto_fit(np.random.default_rng(0).pareto(2.0, 20_000))
        >>> round(shape, 1), round(scale, 1)
        (0.5, 0.5)
    """
    unit = float(excess.mean())
    x = np.sort(excess) / unit
    n = x.size
    quartile = x[max(int(n / 4 + 0.5) - 1, 0)]
    grid = 20 + int(np.sqrt(n))
    theta = 1 / x[-1] + (1 - np.sqrt(grid / (np.arange(grid) + 0.5))) / (3 * quartile)
    shape = np.array([np.log1p(-t * x).mean() for t in theta])
    likelihood = n * (np.log(-theta / shape) - shape - 1)
    weight = np.exp(likelihood - likelihood.max())
    best = float((theta * weight).sum() / weight.sum())
    xi = float(np.log1p(-best * x).mean())
    return xi, -xi / best * unit


def upper_tail(
    top: np.ndarray,
    threshold: float,
    start: float,
    min_holders: int,
    always: bool = False,
    unit_N: np.ndarray | None = None,
) -> TailLaw | None:
    """The law of a column's outermost cell, or None where its tail is not heavy.

    The end is set so that the law neither stops at the body nor invents giants: the largest value rounded up to
    two digits, or less where that stands far above its kind: a fifth more than the largest of the ``min_holders``
    largest values as the law sees it from their mean, or the law's own quantile 1 - 0.3 / k for k rows in the cell.
    The scale is set so that the cut law has the mean of the cell's rows.

    Args:
        top: values above the threshold, rising where it is known whose they are.
        threshold: the bin's lower edge.
        start: the cell's lower edge, at or above the threshold.
        min_holders: so many rows, or people, are averaged for any number that is kept.
        always: take the law even when the test does not call the tail heavy.
        unit_N: whose each value is, a number for each person; None: each is somebody else's.
    """
    excess = top[top > threshold] - threshold
    cell = excess[excess > start - threshold]
    largest_each = np.sort(cell)
    if unit_N is not None:
        whose = unit_N[top > threshold][excess > start - threshold]
        largest_each = cell[len(cell) - 1 - one_each(whose[::-1], len(cell))][::-1]
    few = largest_each.size < min_holders
    if excess.size < MIN_EXCEEDANCES or np.unique(excess).size < MIN_EXCEEDANCES // 3 or few:
        return None
    shape, scale = pareto_fit(excess)
    if not (np.isfinite(shape) and scale > 0) or (shape <= HEAVY and not always):
        return None
    shape = float(np.clip(shape, 0.05, 1.5))
    offset = start - threshold
    scale = max(scale + shape * offset, 1e-3 * float(cell.mean()))
    largest = largest_each[-min_holders:].mean()
    ranks = (np.arange(min_holders) + 0.7) ** -shape
    quantile = offset + scale * np.expm1(-shape * np.log(0.3 / cell.size)) / shape
    reach = _two_digits_up(float(threshold + cell.max())) - threshold
    end = max(min(1.2 * largest * ranks[0] / ranks.mean(), quantile, reach), 1.01 * float(cell.mean()))
    law = _with_mean(TailLaw(0.0, end - offset, shape, scale), float(cell.mean()) - offset)
    digits = _three_digits
    return TailLaw(start, start + digits(law.end), digits(shape), digits(law.scale))


def _with_mean(law: TailLaw, mean: float) -> TailLaw:
    """The law that starts at 0 with the scale that gives it this mean; at most ten times the scale up or down."""
    points = (np.arange(512) + 0.5) / 512
    low, high = law.scale / 10, law.scale * 10
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        tried = TailLaw(0.0, law.end, law.shape, middle)
        low, high = (middle, high) if tried.draw(points).mean() < mean else (low, middle)
    return TailLaw(0.0, law.end, law.shape, low)


def _two_digits_up(value: float) -> float:
    unit = 10.0 ** (np.floor(np.log10(abs(value) or 1.0)) - 1)
    return float(np.ceil(value / unit) * unit)


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")
