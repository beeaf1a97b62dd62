"""Copies: synthetic rows that equal a training row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View

DIGITS = 12
"""Significant digits in which two numbers must agree: what a file keeps, not the noise of binary fractions."""
SMALLEST = 1e-290
"""Of numbers yet smaller fewer digits count: their last digit has no float."""


class Copies:
    """Share of synthetic rows equal to some training row in every quantity and label.

    The floor is the same share of the held-out rows: where few values are possible, strangers are alike too.
    """

    name = "copies"
    title = "Exact copies of training rows"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there are no rows to compare")
        known = np.unique(row_keys(train))
        copied = np.isin(row_keys(synthetic), known)
        floor = float(np.isin(row_keys(holdout), known).mean()) if holdout.n_rows else None
        return Result(
            self.name,
            self.title,
            float(copied.mean()),
            self.direction,
            floor=floor,
            interval=binomial_interval(int(copied.sum()), len(copied)),
            sentence=f"{int(copied.sum()):,} of {len(copied):,} rows",
            details={"copies": int(copied.sum()), "rows": len(copied), "columns": len(train.compared)},
        )


def row_keys(view: View) -> np.ndarray:
    """``(N,)`` 64-bit keys, equal when all quantities (to 12 digits) and labels are."""
    columns = [view.quantities[name] if name in view.quantities else view.labels[name] for name in view.compared]
    rounded = [round_digits(values) if values.dtype == np.float64 else values for values in columns]
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(dict(enumerate(rounded))), index=False).to_numpy())


def round_digits(values: np.ndarray) -> np.ndarray:
    """``(N,)`` rounded to 12 significant digits; nan stays.

    Example:
        >>> values = round_digits(np.array([0.1 + 0.2, 0.3]))
        >>> bool(values[0] == values[1])
        True
    """
    size = np.maximum(np.abs(np.where(np.isnan(values) | (values == 0), 1.0, values)), SMALLEST)
    unit = 10.0 ** (np.floor(np.log10(size)) - (DIGITS - 1))
    return np.asarray(np.round(values / unit) * unit + 0.0)
