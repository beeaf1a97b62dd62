"""What a metric of interactions is: one figure of two tables, and the same of two halves of the real users."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from synthgen.interactions import Interactions
from synthgen.metrics.base import Direction, Result
from synthgen.metrics.graphs.kernel import mmd


class InteractionMetric(Protocol):
    """Measures one thing. A new one is a file, a test, and a line in ``INTERACTION_METRICS``."""

    name: str
    title: str
    direction: Direction

    def compute(
        self, real: Interactions, synthetic: Interactions, floor: Interactions | None, rng: np.random.Generator
    ) -> Result:
        """The answer.

        Args:
            real: real users.
            synthetic: made ones; as many, or figures that grow with the number of users say nothing.
            floor: other real users, as many; None: no floor.
            rng: the only source of randomness.

        Returns:
            A result; one that is not applicable rather than an exception.
        """
        ...


def missing(metric: InteractionMetric, reason: str) -> Result:
    """The result of a metric that cannot say anything here."""
    return Result(metric.name, metric.title, None, metric.direction, reason=reason)


def law_distance(real_N: np.ndarray, other_N: np.ndarray) -> float:
    """MMD of two samples of numbers, one standard deviation of the real ones wide; the most it can be without any."""
    if not len(real_N) or not len(other_N):
        return float(2**0.5) if len(real_N) != len(other_N) else 0.0
    return mmd(real_N, other_N)


def between_shares(real_N: np.ndarray, other_N: np.ndarray) -> float:
    """Total variation between the shares of two lists of counts; 1 where one of them is empty."""
    sums = real_N.sum(), other_N.sum()
    if not min(sums):
        return float(max(sums) > 0)
    return float(np.abs(real_N / sums[0] - other_N / sums[1]).sum() / 2)
