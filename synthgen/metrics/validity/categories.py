"""Categories: labels that no real row holds."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.validity.faults import Faults, fault_result
from synthgen.metrics.view import View


class Categories:
    """Share of labels that no training row holds.

    Where a column has many rare labels, fresh real rows bring new ones too: a column is broken when its new labels
    are more than the training rows' labels of one row let expect.

    Source:
        New labels from those seen once: Good 1953, doi:10.1093/biomet/40.3-4.237.
    """

    name = "categories"
    title = "Unknown categories"
    group: Group = "validity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        faults = {}
        for name, codes in train.labels.items():
            counts = np.bincount(codes, minlength=train.sizes[name])
            if not synthetic.n_rows or not train.n_rows:
                continue
            new, cells = _new(synthetic.labels[name], counts)
            new_held, cells_held = _new(holdout.labels[name], counts)
            once, held_by = int((counts[:-1] == 1).sum()), np.unique(new, return_counts=True)[1]
            faults[name] = Faults(
                len(new),
                cells,
                len(new_held),
                cells_held,
                once,
                odd=len(held_by),
                most_alike=int(held_by.max(initial=0)),
                labels=train.sizes[name],
            )
        if not faults:
            return not_applicable(self, "the table has no column of categories")
        what = f"labels in {len(faults)} column{'s' if len(faults) != 1 else ''}"
        clean = "No column has more new labels than fresh real rows would bring."
        broken = "There are labels that the real table does not know: {names}."
        return fault_result(self, faults, train.n_rows, what, clean, broken)


def _new(codes: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels that are not known, one per cell, and how many cells are present."""
    present = codes[codes != len(known) - 1]
    return present[known[present] == 0], len(present)
