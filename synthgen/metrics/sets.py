"""Sets of columns: which pairs and triples are looked at, and when there is none to look at."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from synthgen.metrics.base import Metric, Result, not_applicable
from synthgen.metrics.view import View

Pair = tuple[str, str]
WORDS = {2: "two", 3: "three"}


def no_sets(metric: Metric, train: View, synthetic: View, size: int) -> Result | None:
    """Why sets of so many columns cannot be compared; None: they can."""
    if len(train.compared) < size:
        return not_applicable(metric, f"there are no {WORDS[size]} columns with values to compare")
    if not train.n_rows or not synthetic.n_rows:
        return not_applicable(metric, "there are no rows to compare")
    return None


def draw_pairs(names: list[str], most: int, rng: np.random.Generator) -> list[Pair]:
    """All pairs in the columns' order, or so many of them, each as likely as any other."""
    pairs = list(combinations(names, 2))
    if len(pairs) <= most:
        return pairs
    return [pairs[i] for i in np.sort(rng.choice(len(pairs), most, replace=False))]


def draw_sets(columns: int, size: int, most: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """The same for sets of any size, by the columns' numbers, without a list of all.

    Example:
        >>> draw_sets(3, 2, 10, np.random.default_rng(0))
        [(0, 1), (0, 2), (1, 2)]
    """
    if comb(columns, size) <= most:
        return list(combinations(range(columns), size))
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < most:
        drawn.add(tuple(sorted(rng.choice(columns, size, replace=False).tolist())))
    return sorted(drawn)
