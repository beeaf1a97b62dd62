"""What a metric of behaviour is: one figure of made streams beside real ones, and the same of other real people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.behaviour.streams import Streams
from synthgen.metrics.recommendation.base import between_shares, law_distance

FEWEST = 20
"""Numbers below which nothing is said of their law."""


class BehaviourMetric(Protocol):
    """Measures one thing. A new one is a line in ``BEHAVIOUR_METRICS``, and a test."""

    @property
    def name(self) -> str:
        """A key for machines."""
        ...

    @property
    def title(self) -> str:
        """For people."""
        ...

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        ...

    def compute(self, real: Streams, synthetic: Streams, floor: Streams | None, rng: np.random.Generator) -> Result:
        """The answer.

        Args:
            real: events of real people.
            synthetic: of made ones.
            floor: of other real people, as many as made ones; None: no floor.
            rng: the only source of randomness.

        Returns:
            A result; one that is not applicable rather than an exception.
        """
        ...


@dataclass(frozen=True)
class _Compared(ABC):
    """What all share: something is taken of each stream, and a distance between two of them."""

    name: str
    title: str
    taken: Callable[[Streams], np.ndarray]
    sentence: str
    direction: Direction = "lower"

    def compute(self, real: Streams, synthetic: Streams, floor: Streams | None, rng: np.random.Generator) -> Result:
        """The distance of made streams, and of other real ones, from real streams."""
        sides = [self.taken(side) for side in (real, synthetic, *([] if floor is None else [floor]))]
        if self._few(sides):
            return Result(self.name, self.title, None, self.direction, reason="too few events say something of it")
        away = [self._distance(sides[0], side) for side in sides[1:]]
        return Result(
            self.name,
            self.title,
            away[0],
            self.direction,
            floor=None if floor is None else away[1],
            unit="score" if isinstance(self, Law) else "share",
            sentence=self.sentence,
            details={"mean": [float(np.mean(side)) if isinstance(self, Law) else None for side in sides]},
        )

    @abstractmethod
    def _few(self, sides: list[np.ndarray]) -> bool: ...

    @abstractmethod
    def _distance(self, real_N: np.ndarray, other_N: np.ndarray) -> float: ...


@dataclass(frozen=True)
class Law(_Compared):
    """MMD between two samples of numbers, Gaussian kernel one standard deviation of the real ones wide."""

    def _few(self, sides: list[np.ndarray]) -> bool:
        return min(len(side) for side in sides) < FEWEST

    def _distance(self, real_N: np.ndarray, other_N: np.ndarray) -> float:
        return law_distance(real_N, other_N)


@dataclass(frozen=True)
class Shares(_Compared):
    """Total variation between shares of counts."""

    def _few(self, sides: list[np.ndarray]) -> bool:
        return bool(min(int(side.sum()) for side in sides) < FEWEST)

    def _distance(self, real_N: np.ndarray, other_N: np.ndarray) -> float:
        return between_shares(real_N, other_N)


@dataclass(frozen=True)
class Levels(_Compared):
    """Mean absolute difference of some shares."""

    def _few(self, sides: list[np.ndarray]) -> bool:
        return any(np.isnan(side).any() for side in sides)

    def _distance(self, real_N: np.ndarray, other_N: np.ndarray) -> float:
        return float(np.abs(real_N - other_N).mean())
