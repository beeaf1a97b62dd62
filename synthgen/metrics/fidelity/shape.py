"""Shape: how far each column's distribution is from the training column's."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.statistics import floor_scale, kolmogorov_smirnov, total_variation
from synthgen.metrics.view import View


class Shape:
    """Mean over columns of the Kolmogorov-Smirnov distance (quantities) or total variation (labels).

    Quantities are compared by their present values; a missing label is a label. The floor is the error of the
    held-out rows, scaled to the synthetic table's size.

    Source:
        The protocol behind the published tables of TabSyn (Zhang et al. 2024, arXiv:2310.09656).
    """

    name = "shape"
    title = "Shape error"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there is no column with values to compare")
        errors = _errors(train, synthetic)
        floors: dict[str, float] = {}
        if holdout.n_rows:
            scale = floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows)
            floors = {name: error * scale for name, error in _errors(train, holdout).items()}
        columns = {name: {"error": error, "floor": floors.get(name)} for name, error in errors.items()}
        return Result(
            self.name,
            self.title,
            float(np.mean(list(errors.values()))),
            self.direction,
            floor=float(np.mean(list(floors.values()))) if floors else None,
            sentence=f"mean of {len(errors)} columns",
            details={"columns": columns},
        )


def _errors(train: View, other: View) -> dict[str, float]:
    errors = {}
    for name in train.compared:
        if name in train.quantities:
            errors[name] = kolmogorov_smirnov(train.quantities[name], other.quantities[name])
        else:
            errors[name] = total_variation(train.labels[name], other.labels[name], train.sizes[name])
    return errors
