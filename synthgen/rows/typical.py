"""How far rows are from what real rows are usually like, in either direction: too odd, too even, too plain.

Letters: N rows, S slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthgen.nets.conditionals import Surprises

MOST_QUANTILES = 1_001
LEAST_SPREAD = 0.05
"""Nats that are added to a slot's spread: one that is always sure of itself would outweigh the others."""


@dataclass(frozen=True)
class Looks:
    """Three figures of rows; the larger, the farther from the usual.

    Attributes:
        plainness: how far what a row's cells are expected to cost is from that of the middle row. Made-up rows are
            often plain: defaults, zeros and short texts, each of which follows from the others.
        unevenness: sum over slots of the squared difference of their nats from the usual, in spreads of the slot.
        worst: nats of the least likely cell given the rest of its row.
    """

    plainness: np.ndarray
    unevenness: np.ndarray
    worst: np.ndarray


@dataclass(frozen=True)
class Typical:
    """What held-out rows look like.

    Attributes:
        rows: how many were looked at.
        expected: the median of what a row's cells are expected to cost, nats.
        mean: ``(S,)`` nats of the slots.
        spread: ``(S,)`` their standard deviations.
        quantiles: of each figure of ``Looks``, and of ``together``, evenly spaced, ascending.
    """

    rows: int
    expected: float
    mean: np.ndarray
    spread: np.ndarray
    quantiles: dict[str, np.ndarray]

    @classmethod
    def of(cls, seen: Surprises, worst_N: np.ndarray) -> Typical:
        """From what held-out rows cost, and the nats of their least likely cells."""
        middle = float(np.median(seen.expected_N))
        found = cls(len(worst_N), middle, seen.slots_NS.mean(0), seen.slots_NS.std(0), {})
        looks = found.looks(seen, worst_N, np.ones(seen.slots_NS.shape, bool))
        for name, figure_N in vars(looks).items():
            found.quantiles[name] = quantiles(figure_N)
        found.quantiles["together"] = quantiles(found.together(looks))
        return found

    def looks(self, seen: Surprises, worst_N: np.ndarray, counted_NS: np.ndarray) -> Looks:
        """Figures of rows, of which some slots count."""
        off_NS = (seen.slots_NS - self.mean) / (self.spread + LEAST_SPREAD) * counted_NS
        return Looks(np.abs(seen.expected_N - self.expected), (off_NS**2).sum(1), worst_N)

    def together(self, looks: Looks) -> np.ndarray:
        """``(N,)`` Fisher's sum of the logs of the shares of held-out rows that go at least as far, over the figures.

        Source:
            Fisher 1925, Statistical Methods for Research Workers, 21.1. The figures hang together, so the sum is
            compared with that of held-out rows, not with its law under independence.
        """
        shares = [1 - percentile(self.quantiles[name], figure_N) / 100 for name, figure_N in vars(looks).items()]
        return np.asarray(-np.log(np.stack(shares) + 0.5 / self.rows).sum(0))

    def percentile(self, looks: Looks) -> np.ndarray:
        """``(N,)`` 0 to 100: the share of held-out rows that are less far from the usual."""
        return percentile(self.quantiles["together"], self.together(looks))

    def facts(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "rows": self.rows,
            "expected": round(self.expected, 4),
            "mean": [round(float(x), 4) for x in self.mean],
            "spread": [round(float(x), 4) for x in self.spread],
            "quantiles": {name: [round(float(x), 4) for x in of] for name, of in self.quantiles.items()},
        }

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Typical:
        """Back from ``facts``."""
        of = {name: np.asarray(values) for name, values in facts["quantiles"].items()}
        return cls(facts["rows"], facts["expected"], np.asarray(facts["mean"]), np.asarray(facts["spread"]), of)


def quantiles(figure_N: np.ndarray) -> np.ndarray:
    """Evenly spaced, ascending, no more than there are rows.

    Example:
        >>> quantiles(np.array([3.0, 1.0, 2.0])).tolist()
        [1.0, 2.0, 3.0]
    """
    return np.asarray(np.quantile(figure_N, np.linspace(0, 1, min(MOST_QUANTILES, len(figure_N)))))


def percentile(of: np.ndarray, figure_N: np.ndarray) -> np.ndarray:
    """``(N,)`` 0 to 100: where figures stand among quantiles.

    Example:
        >>> percentile(np.array([-9.0, -7.0, -5.0]), np.array([-8.0, -20.0, 0.0])).tolist()
        [25.0, 0.0, 100.0]
    """
    return np.asarray(np.interp(figure_N, of, np.linspace(0, 100, len(of))))
