"""Shape: how far each column's distribution is from the training column's."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Chart
from synthgen.metrics.overlays import overlay
from synthgen.metrics.statistics import floor_scale, present_sorted, sorted_distances, tail_index, total_variation
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

MOST_CHARTS = 60
"""Overlays: those of the columns that are farthest above their floor."""
HEAVY = 1.5
"""A quantity that is never negative is heavy-tailed when its standard deviation is so many times its mean."""
TAIL_SHARE = 0.05
"""Of the rows, the largest: Hill's tail."""
FEWEST_IN_TAIL = 25
"""Hill's index has a relative error of one over the root of their number: here a fifth."""
EXTREMES = (0.99, 0.999)

Part = dict[str, Any]


class Shape:
    """Mean over columns of the Kolmogorov-Smirnov distance (quantities) or total variation (labels).

    Quantities are compared by their present values; a missing label is a label. The floor is the error of the
    held-out rows, scaled to the synthetic table's size. The details hold for each column the missing shares, for
    quantities the Wasserstein distance in standard deviations of the training values, and for heavy tails Hill's
    index of the largest 5 % and extreme quantiles, as far as enough rows lie beyond them.

    Source:
        The protocol behind the published tables of TabSyn (Zhang et al. 2024, arXiv:2310.09656). The errors are one
        minus the KSComplement and the TVComplement of ``sdmetrics``.
    """

    name = "shape"
    title = "Shape error"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there is no column with values to compare")
        scale = floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows) if holdout.n_rows else None
        columns = {name: _column(name, train, holdout, synthetic, scale) for name in train.compared}
        errors = {name: float(part["error"]) for name, part in columns.items()}
        value = float(np.mean(list(errors.values())))
        floor = float(np.mean([part["floor"] for part in columns.values()])) if scale is not None else None
        order = sorted(columns, key=lambda name: (columns[name]["floor"] or 0.0) - errors[name])
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=f"mean of {len(errors)} columns",
            meaning=f"On average {percent(value)} of a column's rows would have to move to match the real column; "
            f"farthest off is {order[0]} ({percent(errors[order[0]])}). {beside_floor(value, floor)}",
            details={"columns": columns, "columns_drawn": min(len(order), MOST_CHARTS)},
            charts=_charts(train, synthetic, order[:MOST_CHARTS]),
        )


def _charts(train: View, synthetic: View, names: list[str]) -> tuple[Chart, ...]:
    chosen = set(names)
    drawn = (overlay(train, synthetic, name) for name in train.compared if name in chosen)
    return tuple(chart for chart in drawn if chart is not None)


def _column(name: str, train: View, holdout: View, synthetic: View, scale: float | None) -> Part:
    """All figures of one column; a ``scale`` of None: there are no held-out rows."""
    views = {"real": train, "synthetic": synthetic} | ({"holdout": holdout} if scale is not None else {})
    part = _quantity(name, views, train.min_holders) if name in train.quantities else _label(name, views)
    part["floor"] = part["floor"] * scale if scale is not None else None
    part["missing"] = {which: _missing(view, name) for which, view in views.items()}
    return part


def _missing(view: View, name: str) -> float:
    cells = view.missing.get(name)
    return float(cells.mean()) if cells is not None else 0.0


def _label(name: str, views: dict[str, View]) -> Part:
    codes, size = {which: view.labels[name] for which, view in views.items()}, views["real"].sizes[name]
    far = {which: total_variation(codes["real"], codes[which], size) for which in codes if which != "real"}
    return {"error": far["synthetic"], "floor": far.get("holdout"), "distance": "total variation"}


def _quantity(name: str, views: dict[str, View], holders: int) -> Part:
    values = {which: present_sorted(view.quantities[name]) for which, view in views.items()}
    far = {which: sorted_distances(values["real"], values[which]) for which in values if which != "real"}
    spread = float(values["real"].std()) if len(values["real"]) else 0.0
    moved = {which: distance / spread if spread > 0 else None for which, (_, distance) in far.items()}
    part: Part = {
        "error": far["synthetic"][0],
        "floor": far["holdout"][0] if "holdout" in far else None,
        "distance": "Kolmogorov-Smirnov",
        "wasserstein": moved["synthetic"],
        "wasserstein_floor": moved.get("holdout"),
    }
    if is_heavy(values["real"]) and views["real"].types.get(name) != "datetime":
        part |= _tail(values, holders)
    return part


def is_heavy(values: np.ndarray) -> bool:
    """Whether so few values make up so much that their mean says little."""
    return bool(len(values) and values.min() >= 0 and values.std() > HEAVY * values.mean())


def _tail(values: dict[str, np.ndarray], holders: int) -> Part:
    """Hill's index, and extreme quantiles with enough rows beyond them, of each table."""
    index = {which: _index(one) for which, one in values.items()}
    extremes: dict[str, dict[str, float | None]] = {}
    for level in EXTREMES:
        if len(values["real"]) * (1 - level) >= holders:
            extremes[f"{level:g}"] = {which: _quantile(one, level, holders) for which, one in values.items()}
    return {"tail_index": index, "extremes": extremes}


def _index(values: np.ndarray) -> float | None:
    rows = int(TAIL_SHARE * len(values))
    return tail_index(values, rows) if rows >= FEWEST_IN_TAIL else None


def _quantile(values: np.ndarray, level: float, holders: int) -> float | None:
    """To three digits, so that it is no one's own value; None with too few rows beyond."""
    if len(values) * (1 - level) < holders:
        return None
    return float(f"{np.quantile(values, level):.3g}")
