"""Missing cells: how far the share of missing cells is off, column by column."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

MOST_SHOWN = 30
"""Columns in the picture, those farthest off."""


class Missing:
    """The largest difference of missing shares over all columns that have a missing cell in any table.

    Source:
        One minus the MissingValueSimilarity of ``sdmetrics``, column by column.
    """

    name = "missing"
    title = "Missing cells, worst column"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.missing or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "no cell is missing")
        gaps = _gaps(train, synthetic)
        floors = _gaps(train, holdout) if holdout.n_rows else {}
        order = sorted(gaps, key=lambda name: -gaps[name])
        worst, floor = order[0], max(floors.values()) if floors else None
        real, made = (percent(float(view.missing[worst].mean())) for view in (train, synthetic))
        return Result(
            self.name,
            self.title,
            gaps[worst],
            self.direction,
            floor=floor,
            sentence=f"{worst}; of {len(gaps)} columns with missing cells",
            meaning=f"In {worst} {made} of the synthetic cells are missing, {real} of the real ones. "
            f"{beside_floor(gaps[worst], floor)}",
            details={"columns": {name: {"error": gaps[name], "floor": floors.get(name)} for name in gaps}},
            charts=(_chart(train, synthetic, order[:MOST_SHOWN]),),
        )


def _gaps(train: View, other: View) -> dict[str, float]:
    return {name: abs(float(train.missing[name].mean() - other.missing[name].mean())) for name in train.missing}


def _chart(train: View, synthetic: View, names: list[str]) -> Bars:
    shares = {
        which: [float(view.missing[name].mean()) for name in names]
        for which, view in (("real", train), ("synthetic", synthetic))
    }
    return {
        "kind": "bars",
        "title": "Missing cells",
        "alt": f"Shares of missing cells of {len(names)} columns, real and synthetic; the one farthest off is first.",
        "labels": names,
        "series": {which: list(values) for which, values in shares.items()},
        "unit": "share",
    }
