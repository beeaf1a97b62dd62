"""Types: cells that are not what their column is made of."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.validity.faults import Faults, fault_result
from synthgen.metrics.view import View


class Types:
    """Share of cells that are no number in a column of numbers, no date in one of dates, or missing in a full one.

    A column is full when no training cell of it is missing.
    """

    name = "types"
    title = "Cells of the wrong type"
    group: Group = "validity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there are no rows to look at")
        faults = {}
        for name in train.measures:
            real, found, held = (_wrong(view, name, train) for view in (train, synthetic, holdout))
            faults[name] = Faults(found, synthetic.n_rows, held, holdout.n_rows, real)
        what = f"cells in {len(faults)} column{'s' if len(faults) != 1 else ''}"
        clean = "Every cell is of its column's type, and no column has gaps where the real one has none."
        broken = "Programs that read the real table will stumble over cells of another type, or gaps, in {names}."
        return fault_result(self, faults, train.n_rows, what, clean, broken)


def _wrong(view: View, name: str, train: View) -> int:
    """Cells that are present and cannot be read, and missing ones where no training cell is missing."""
    gaps = int(view.missing[name].sum()) if name in view.missing else 0
    unread = int(np.isnan(view.quantities[name]).sum()) - gaps if name in view.quantities else 0
    full = name not in train.missing or not train.missing[name].any()
    return unread + (gaps if full else 0)
