"""Cells as they are shown: labels and figures, and those of synthetic rows without any real person's value.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.columns.holders import holders as people_of
from synthgen.metrics.bins import period_name, period_numbers, safe_range
from synthgen.metrics.view import View

LONGEST = 60
"""Characters of a label that are shown."""

Cell = Callable[[int], str]


def label_text(view: View, name: str, code: int) -> str:
    """A label as it is shown."""
    if code == view.sizes[name] - 1:
        return "(missing)"
    text = str(view.books[name][code].as_py())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"


def figure_text(value: float) -> str:
    """A number as it is shown: four digits.

    Example:
        >>> figure_text(12345.6), figure_text(0.5), figure_text(3e9)
        ('12,350', '0.5', '3e+09')
    """
    rounded = float(f"{value:.4g}")
    return f"{rounded:,.10g}" if 1e-4 <= abs(rounded) < 1e9 or rounded == 0 else f"{rounded:.4g}"


def cell_writer(train: View, holdout: View, synthetic: View, name: str) -> Cell:
    """Writes cells of synthetic rows so that no real person's value is among them.

    Labels that only a few real rows hold are called rare; quantities are rounded to three digits and dates to the
    month, and those beyond what enough real rows reach are only said to be beyond.
    """
    holders = train.min_holders
    if name in train.labels:
        codes, size = synthetic.labels[name], train.sizes[name]
        held = sum(people_of(view.labels[name], size, view.unit_N) for view in (train, holdout))
        few: np.ndarray = np.asarray((held > 0) & (held < holders))
        return lambda row: "(rare)" if few[codes[row]] else label_text(synthetic, name, int(codes[row]))
    values = synthetic.quantities[name]
    reach = safe_range(train.quantities[name], holders)
    is_date = train.types.get(name) == "datetime"

    def written(value: float) -> str:
        if is_date:
            return period_name(int(period_numbers(np.array([value]), "month")[0]), "month")
        return figure_text(float(f"{value:.3g}"))

    def cell(row: int) -> str:
        value = float(values[row])
        if np.isnan(value):
            return "(missing)"
        if reach is None:
            return "(some value)"
        if not reach[0] <= value <= reach[1]:
            return f"{'below' if value < reach[0] else 'above'} {written(reach[value > reach[0]])}"
        return written(value)

    return cell
