"""Conditional means: whether columns change along the target as they do in the training table.

Letters: N rows, G groups.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.bins import shown_codes
from synthgen.metrics.cells import figure_text, label_text
from synthgen.metrics.charts import Bars, Chart, Heat, Number
from synthgen.metrics.codes import DECILES
from synthgen.metrics.statistics import floor_scale
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor

FEWEST_ROWS = 20
"""Of a group: a mean of fewer is mostly chance, and says too much about each of them."""
MOST_CLASSES = 20
MOST_LABELS = 30
MOST_DRAWN = 40
"""Columns in the heat chart, those farthest off."""
BARS_DRAWN = 5
MOST_ROWS = 200_000
"""Of each table."""


class Conditional:
    """Mean over columns of how far they are off within the classes (or tenths) of the target.

    A quantity's mean in a group is compared in standard deviations of the training column, a label by the total
    variation of its shares within the group; groups weigh as many rows as they hold in the training table. A group
    that the synthetic table lacks counts as one standard deviation off, or wholly off. Classes are the twenty most
    frequent with at least 20 rows; a quantity as target is cut at the training deciles.
    """

    name = "conditional"
    title = "Error along the target"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        target = train.target
        if target is None or target not in train.compared:
            return not_applicable(self, "no target with values was named")
        names = [name for name in train.compared if name != target]
        if not names:
            return not_applicable(self, "the target is the only column")
        if not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there are no rows to compare")
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        views = (train, synthetic, holdout) if holdout.n_rows else (train, synthetic)
        groups, called = target_groups(train, views, target)
        if not called:
            return not_applicable(self, f"no class of the target has {FEWEST_ROWS} rows")
        weights = np.bincount(groups[0][groups[0] >= 0], minlength=len(called)) / max((groups[0] >= 0).sum(), 1)
        tables = [
            group_values(train, view, group, len(called), names) for view, group in zip(views, groups, strict=True)
        ]
        gaps = {name: _gaps(tables[0][name], tables[1][name]) for name in names}
        kept = [name for name in names if gaps[name] is not None]
        if not kept:
            return not_applicable(self, "no other column varies in the training table")
        errors = {name: float(weights @ np.asarray(gaps[name])) for name in kept}
        floors: dict[str, float] = {}
        if holdout.n_rows:
            scale = floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows)
            floors = {
                name: scale * float(weights @ np.asarray(_gaps(tables[0][name], tables[2][name]))) for name in kept
            }
        value = float(np.mean(list(errors.values())))
        floor = float(np.mean(list(floors.values()))) if floors else None
        order = sorted(kept, key=lambda name: floors.get(name, 0.0) - errors[name])
        kind = "classes" if target in train.labels else "tenths"
        rows = f", {MOST_ROWS:,} rows" if max(train.n_rows, synthetic.n_rows) >= MOST_ROWS else ""
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            unit="score",
            sentence=f"mean of {len(kept)} columns over {len(called)} {kind} of {target}{rows}",
            meaning=f"Within the {kind} of {target}, columns are off by {value:.2f} on average (standard deviations, "
            f"or share of rows for labels), most of all {order[0]}. {beside_floor(value, floor)}",
            details={
                "target": target,
                "groups": called,
                "columns": {name: {"error": errors[name], "floor": floors.get(name)} for name in order},
            },
            charts=(_heat(target, called, order[:MOST_DRAWN], gaps), *_bars(train, target, called, order, tables)),
        )


def target_groups(train: View, views: tuple[View, ...], target: str) -> tuple[list[np.ndarray], list[str]]:
    """``(N,)`` the group of each row, -1 for none, for each view; and what the groups are called."""
    if target in train.labels:
        counts = np.bincount(train.labels[target], minlength=train.sizes[target])
        counts = np.where(train.named(target), counts, 0)
        shown = shown_codes(counts, MOST_CLASSES, max(FEWEST_ROWS, train.min_holders))
        book = np.full(train.sizes[target], -1)
        book[shown] = np.arange(len(shown))
        return [book[view.labels[target]] for view in views], [label_text(train, target, int(code)) for code in shown]
    values = train.quantities[target]
    present = values[~np.isnan(values)]
    if len(present) < len(DECILES) * max(FEWEST_ROWS, train.min_holders):
        return [np.full(view.n_rows, -1) for view in views], []
    edges = np.unique(np.quantile(present, DECILES))
    edges = edges[[(present < edge).sum() >= FEWEST_ROWS for edge in edges]]
    groups = [
        np.where(np.isnan(view.quantities[target]), -1, np.searchsorted(edges, view.quantities[target], side="right"))
        for view in views
    ]
    if train.types.get(target) == "datetime":
        return groups, [f"part {i + 1} of {len(edges) + 1}" for i in range(len(edges) + 1)]
    ends = [figure_text(float(f"{edge:.3g}")) for edge in edges]
    middle = [f"{a} to {b}" for a, b in pairwise(ends)]
    return groups, [f"below {ends[0]}", *middle, f"from {ends[-1]}"] if ends else ["all"]


def group_values(
    train: View, view: View, group: np.ndarray, n_groups: int, names: list[str]
) -> dict[str, dict[str, Any]]:
    """By column ``means`` ``(G,)`` and the training ``spread``, or ``shares`` ``(G, labels)``; nan without rows."""
    found: dict[str, dict[str, Any]] = {}
    inside = group >= 0
    for name in names:
        if name in train.quantities:
            known = inside & ~np.isnan(view.quantities[name])
            sums = np.bincount(group[known], weights=view.quantities[name][known], minlength=n_groups)
            counts = np.bincount(group[known], minlength=n_groups)
            real = train.quantities[name][~np.isnan(train.quantities[name])]
            found[name] = {
                "means": _divide(sums, counts),
                "counts": counts,
                "spread": float(real.std()) if len(real) else 0.0,
            }
        else:
            size = train.sizes[name]
            order = np.argsort(-np.bincount(train.labels[name], minlength=size), kind="stable")
            book = np.full(size, min(size, MOST_LABELS))
            book[order[:MOST_LABELS]] = np.arange(min(size, MOST_LABELS))
            width = min(size, MOST_LABELS) + 1
            cells = np.bincount(group[inside] * width + book[view.labels[name][inside]], minlength=n_groups * width)
            shares = cells.reshape(n_groups, width)
            found[name] = {"shares": _divide(shares, shares.sum(axis=1, keepdims=True))}
    return found


def _divide(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    counts = np.broadcast_to(counts, sums.shape)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _gaps(real: dict[str, Any], other: dict[str, Any]) -> np.ndarray | None:
    """``(G,)`` how far off each group is; None for a column that does not vary."""
    if "shares" in real:
        gaps = np.abs(real["shares"] - other["shares"]).sum(axis=1) / 2
    elif real["spread"] > 0:
        gaps = np.abs(real["means"] / real["spread"] - other["means"] / real["spread"])
    else:
        return None
    absent = "shares" if "shares" in real else "means"
    nothing = np.isnan(real[absent]).reshape(len(gaps), -1).all(axis=1)  # no real value there: nothing to be off from
    return np.where(nothing, 0.0, np.where(np.isnan(gaps), 1.0, gaps))


def _heat(target: str, called: list[str], names: list[str], gaps: dict[str, np.ndarray | None]) -> Heat:
    matrix = np.stack([np.asarray(gaps[name]) for name in names])
    i, j = divmod(int(np.argmax(matrix)), matrix.shape[1])
    values: list[list[Number]] = [[round(float(cell), 3) for cell in line] for line in matrix]
    return {
        "kind": "heat",
        "title": f"How far off along {target}",
        "alt": f"Columns by groups of {target}; farthest off is {names[i]} at {called[j]} ({matrix[i, j]:.2f}).",
        "rows": names,
        "columns": called,
        "values": values,
        "low": 0.0,
        "high": max(round(float(matrix.max()), 3), 0.1),
        "diverging": False,
    }


def _bars(
    train: View, target: str, called: list[str], order: list[str], tables: list[dict[str, dict[str, Any]]]
) -> list[Chart]:
    """Means of the quantities farthest off, where enough rows stand behind each."""
    charts: list[Chart] = []
    least = max(FEWEST_ROWS, train.min_holders)
    dates = {name for name, kind in train.types.items() if kind == "datetime"}
    for name in [name for name in order if name in train.quantities and name not in dates][:BARS_DRAWN]:
        series: dict[str, list[Number]] = {}
        for which, table, fewest in (("real", tables[0], least), ("synthetic", tables[1], 1)):
            enough = table[name]["counts"] >= fewest
            means = zip(table[name]["means"], enough, strict=True)
            series[which] = [float(f"{mean:.4g}") if there else None for mean, there in means]
        chart: Bars = {
            "kind": "bars",
            "title": f"Mean of {name} along {target}",
            "alt": f"Mean of {name} in {len(called)} groups of {target}, real and synthetic.",
            "labels": called,
            "series": series,
            "unit": "score",
            "column": name,
        }
        charts.append(chart)
    return charts
