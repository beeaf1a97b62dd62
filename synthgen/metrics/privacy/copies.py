"""Copies: synthetic rows that equal a training row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.privacy.attack import Outcome
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View

DIGITS = 12
"""Significant digits in which two numbers must agree: what a file keeps, not the noise of binary fractions."""
SMALLEST = 1e-290
"""Of numbers yet smaller fewer digits count: their last digit has no float."""


class Copies:
    """Share of synthetic rows equal to some training row in every quantity and label.

    The floor is the same share of the held-out rows: where few values are possible, strangers are alike too. ``p``
    in the details compares people, not rows: how many of the training people, and how many of the strangers, have
    their row in the synthetic table.
    """

    name = "copies"
    title = "Exact copies of training rows"
    group: Group = "privacy"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there are no rows to compare")
        keys, strangers, made = (row_keys(view) for view in (train, holdout, synthetic))
        copied = np.isin(made, keys)
        floor = float(np.isin(strangers, keys).mean()) if holdout.n_rows else None
        same = (
            len(made) == len(keys) > 1
            and bool(np.array_equal(np.sort(made), np.sort(keys)))
            and keys.min() < keys.max()
        )
        details = {"copies": int(copied.sum()), "rows": len(copied), "columns": len(train.compared), "identical": same}
        if holdout.n_rows:
            people = Outcome.of((np.isin(keys, made), np.isin(strangers, made)))
            details |= {"people": people.to_json(), "p": people.p}
        beside = "" if floor is None else f", and so do {floor:.1%} of rows that were held out"
        return Result(
            self.name,
            self.title,
            float(copied.mean()),
            self.direction,
            floor=floor,
            interval=binomial_interval(int(copied.sum()), len(copied)),
            sentence=f"{int(copied.sum()):,} of {len(copied):,} rows",
            meaning="The synthetic table is the training table in another order."
            if same
            else f"{copied.mean():.1%} of the synthetic rows equal a row of a real person{beside}.",
            details=details,
        )


def row_keys(view: View) -> np.ndarray:
    """``(N,)`` 64-bit keys, equal when all quantities (to 12 digits) and labels are."""
    return np.asarray(cell_keys(view).sum(axis=1))


def cell_keys(view: View) -> np.ndarray:
    """``(N, C)`` 64-bit keys of cells, in the order of ``view.compared``; equal sums over columns mean equal cells.

    An odd number per column keeps two columns that swap their values apart.
    """
    keys_NC = np.empty((view.n_rows, len(view.compared)), dtype=np.uint64)
    for i, name in enumerate(view.compared):
        cells = round_digits(view.quantities[name]) if name in view.quantities else view.labels[name].astype(np.float64)
        keys_NC[:, i] = pd.util.hash_array(cells) * np.uint64(2 * i + 1)
    return keys_NC


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
