"""Coarse tokens: items of a column put together until each token holds enough to be told from noise.

Letters: I items, T tokens.
"""

from __future__ import annotations

import numpy as np


def in_order(mass: np.ndarray, tokens: int, least: float) -> np.ndarray:
    """``(I,)`` the token of each item of a line: heavy items alone, the others in runs of about equal mass.

    Args:
        mass: ``(I,)`` estimated cells, in the order of the line.
        tokens: at most about so many.
        least: cells that a token should hold.

    Example:
        >>> in_order(np.array([90.0, 2.0, 2.0, 2.0, 4.0]), tokens=3, least=1.0).tolist()
        [0, 1, 1, 1, 2]
    """
    heavy = mass >= max(mass.sum() / max(tokens, 1), least)
    free = max(tokens - int(heavy.sum()), 1)
    aim = max(float(mass[~heavy].sum()) / free, least)
    found = np.zeros(len(mass), np.int64)
    token, held = 0, 0.0
    for item, (own, alone) in enumerate(zip(mass.tolist(), heavy.tolist(), strict=True)):
        full = held >= aim or (held and held + own / 2 > aim)
        if item and (full or heavy[item - 1] or (alone and held >= aim / 2)):
            token, held = token + 1, 0.0
        found[item] = token
        held += own
    return found


def by_mass(mass: np.ndarray, tokens: int, least: float) -> np.ndarray:
    """``(I,)`` the token of each item without order: the heaviest alone, the others together.

    Example:
        >>> by_mass(np.array([5.0, 90.0, 3.0, 40.0]), tokens=3, least=1.0).tolist()
        [2, 0, 2, 1]
    """
    order = np.argsort(-mass, kind="stable")
    alone = max(int(np.sum(mass[order] >= least)), 1)
    if len(mass) > tokens:
        alone = min(alone, tokens - 1)
    if alone == len(mass) - 1:
        alone = len(mass)
    rank = np.empty(len(mass), np.int64)
    rank[order] = np.arange(len(mass))
    return np.minimum(rank, alone)
