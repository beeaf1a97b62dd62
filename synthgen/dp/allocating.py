"""How a budget is divided among tables so that the expected error of all of them together is least.

Where a true cell differs from what is expected by about d rows, an estimate that weighs a count of noise sd against
the expectation misses it by about d * sd / sqrt(d^2 + sd^2) rows: d without a count, sd where the noise is small. So
a table is worth more the further its large cells are from expectation, and the worth of noise that falls has
diminishing returns. The division that is best has one price for budget, at which every table takes as much as pays.

Letters: T tables, S shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HALF_NORMAL = math.sqrt(2 / math.pi)
"""Mean of the absolute value of a standard normal number."""
_STEPS = 40
_GROUPS = 64


@dataclass(frozen=True)
class Division:
    """A budget divided among T tables.

    Attributes:
        shares: of each table; together they are what was to be divided, or nothing where no table is worth any.
        profits: rows of error that its share spares each table, less the price of that share.
    """

    shares: np.ndarray
    profits: np.ndarray


def divided(deviations: Sequence[np.ndarray], weights: Sequence[float], *, total: float, unit_sd: float) -> Division:
    """Divide a share of the budget among tables so that the weighted sum of absolute errors is least.

    Args:
        deviations: for each table by how many rows each of its cells is likely to differ from what is expected.
        weights: how much a row's error counts in each table.
        total: the share of the budget to be divided.
        unit_sd: the standard deviation of the noise of a table that has all of the budget (a share of 1).

    Example:
        >>> even = divided([np.full(4, 50.0), np.full(4, 50.0)], [1.0, 1.0], total=0.5, unit_sd=3.0)
        >>> even.shares.tolist()
        [0.25, 0.25]
        >>> divided([np.full(4, 50.0), np.full(4, 0.01)], [1.0, 1.0], total=0.5, unit_sd=3.0).shares.round(3).tolist()
        [0.5, 0.0]
    """
    none = np.zeros(len(deviations))
    if not len(deviations):
        return Division(none, none)
    shares_S = np.concatenate([[0.0], total * np.geomspace(1e-5, 1.0, _STEPS)])
    spared_TS = np.stack(
        [
            weight * _spared(table.ravel(), shares_S / unit_sd**2)
            for table, weight in zip(deviations, weights, strict=True)
        ]
    )
    low, high = 0.0, float((spared_TS[:, 1:] / shares_S[1:]).max()) + 1e-300
    for _ in range(60):
        price = (low + high) / 2
        taken = shares_S[(spared_TS - price * shares_S).argmax(axis=1)].sum()
        low, high = (price, high) if taken > total else (low, price)
    profit_TS = spared_TS - high * shares_S
    best_T = profit_TS.argmax(axis=1)
    shares_T = shares_S[best_T]
    if not shares_T.sum() > 0.0:
        return Division(none, none)
    return Division(shares_T * (total / shares_T.sum()), profit_TS.max(axis=1))


def _spared(deviation: np.ndarray, precision_S: np.ndarray) -> np.ndarray:
    """The error in rows that counts of each precision spare; many cells are taken together in groups of near ones."""
    parts = np.array_split(np.sort(deviation), min(_GROUPS, len(deviation)))
    size_G, mean_G = np.array([len(part) for part in parts]), np.array([part.mean() for part in parts])
    left_GS = 1.0 / np.sqrt(1.0 + mean_G[:, None] ** 2 * precision_S)
    return np.asarray(HALF_NORMAL * (size_G * mean_G) @ (1.0 - left_GS))
