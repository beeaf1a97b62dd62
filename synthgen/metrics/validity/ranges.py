"""Ranges: numbers and dates where no real value lies."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.validity.faults import Faults, fault_result
from synthgen.metrics.view import View

ENDS = 1
"""Range ends to wait for besides the first: values beyond two ends are a negative binomial count with two of them."""


class Ranges:
    """Share of numbers and dates below the smallest or above the largest training value of their column.

    Fresh real rows go beyond the range now and then, which is the floor; a column is broken when so many would not.
    """

    name = "ranges"
    title = "Values out of range"
    group: Group = "validity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        faults = {}
        for name, values in train.quantities.items():
            present = values[~np.isnan(values)]
            if len(present) and synthetic.n_rows and name not in train.derived:
                low, high = float(present.min()), float(present.max())
                counts = [_outside(view.quantities[name], low, high) for view in (synthetic, holdout)]
                faults[name] = Faults(*counts[0], *counts[1], real=ENDS)
        if not faults:
            return not_applicable(self, "the table has no column of numbers or dates")
        what = f"numbers and dates in {len(faults)} column{'s' if len(faults) != 1 else ''}"
        clean = "No column has more values beyond the real range than fresh real rows would."
        broken = "Values lie beyond the real range more often than in fresh real rows: {names}."
        return fault_result(self, faults, train.n_rows, what, clean, broken)


def _outside(values: np.ndarray, low: float, high: float) -> tuple[int, int]:
    present = values[~np.isnan(values)]
    return int(((present < low) | (present > high)).sum()), len(present)
