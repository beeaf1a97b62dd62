"""Missing cells: how far the share of missing cells is off, column by column."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.view import View


class Missing:
    """The largest difference of missing shares over all columns that have a missing cell in any table."""

    name = "missing"
    title = "Missing cells, worst column"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.missing or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "no cell is missing")
        gaps = _gaps(train, synthetic)
        floors = _gaps(train, holdout) if holdout.n_rows else {}
        worst = max(gaps, key=lambda name: gaps[name])
        return Result(
            self.name,
            self.title,
            gaps[worst],
            self.direction,
            floor=max(floors.values()) if floors else None,
            sentence=f"{worst}; of {len(gaps)} columns with missing cells",
            details={"columns": {name: {"error": gaps[name], "floor": floors.get(name)} for name in gaps}},
        )


def _gaps(train: View, other: View) -> dict[str, float]:
    return {name: abs(float(train.missing[name].mean() - other.missing[name].mean())) for name in train.missing}
