"""How many rows of a person are looked at: what is lost beyond against noise that grows with them."""

from __future__ import annotations

import numpy as np

GRID = np.array([1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 40, 50, 70, 100, 140, 200, 300, 500, 700, 1_000])
CELL = 0.05
"""The share of rows in a cell of a table of counts whose error is weighed."""
TABLE_SHARE = 0.05
"""Of a table's budget, what such a table of counts gets."""


def most_rows(number_P: np.ndarray, mu: float) -> int:
    """Rows per person with the least error of shares: noise, m / mu of all rows kept, and chance among these.

    Args:
        number_P: rows of persons, of noisy figures.
        mu: of the table's budget.

    Example:
        >>> most_rows(np.full(500, 20), 0.5), most_rows(np.ones(100_000), 0.5)
        (20, 1)
    """
    best, least = 1, np.inf
    for most in GRID.tolist():
        kept = max(float(np.minimum(number_P, most).sum()), 1.0)
        noise = most / (mu * np.sqrt(TABLE_SHARE)) / kept
        error = noise**2 + CELL / kept
        if error < least * (1 - 1e-9) or (
            error <= least * 1.02 and kept > 1.2 * float(np.minimum(number_P, best).sum())
        ):
            best, least = most, min(error, least)
    return best


def most_named(number_P: np.ndarray, mu: float, persons: int) -> int:
    """Rows per person of which it is counted whom they name: so many that noise stays a twentieth of the people.

    Args:
        number_P: rows of persons, of noisy figures.
        mu: of the release.
        persons: the noisy number of people.
    """
    room = persons / 20 * mu
    return int(max(1, min(room, np.quantile(number_P, 0.95) if len(number_P) else 1)))


def most_taken(number_P: np.ndarray) -> int:
    """Rows per person of which it is counted which items they take: noise grows with the root of them alone.

    Example:
        >>> most_taken(np.full(500, 100))
        100
    """
    score = [float(np.minimum(number_P, most).sum()) / np.sqrt(most) for most in GRID]
    return int(GRID[int(np.argmax(score))])
