"""Coverage: how much of what the real columns hold appears in the synthetic ones: labels, rare ones, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars, Number
from synthgen.metrics.view import View
from synthgen.metrics.wording import NO_FLOOR, percent

FEWEST_HELD_OUT = 50
"""Fewer held-out rows cover so little that they are no floor."""
RARE = 0.01
"""Share of the training rows below which a label is rare."""
MOST_DRAWN = 30


class Coverage:
    """Mean over columns of the share of labels that appear (labels), or of the range that is reached (quantities).

    Counted are labels that at least ``min_holders`` training rows hold, and the range between values with at least
    as many training rows at or beyond them: what only a person or two have is not to be reached. More rows cover more,
    so with held-out rows the value and the floor are those of equally many rows; the details have the whole table's.
    Rare labels are those that less than 1 % of the training rows hold.

    Source:
        With a ``min_holders`` of 1 the columns' figures are the CategoryCoverage and RangeCoverage of ``sdmetrics``,
        but that a missing label is a label here, and that a range beyond the training one counts for nothing there
        and here alike.
    """

    name = "coverage"
    title = "Coverage"
    group: Group = "fidelity"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared or not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there is no column with values to compare")
        n = synthetic.n_rows
        fair = holdout.n_rows >= FEWEST_HELD_OUT
        if fair:
            n = min(n, holdout.n_rows)
        some = synthetic.draw(n, rng)
        whole = columns_covered(train, synthetic)
        made = columns_covered(train, some) if n < synthetic.n_rows else whole
        held_out = holdout.draw(n, rng)
        real = columns_covered(train, held_out) if fair else {}
        kept = [name for name in train.compared if made[name] is not None]
        if not kept:
            return not_applicable(self, f"no label and no range is held by {train.min_holders} training rows")
        value = float(np.mean([made[name] for name in kept]))
        floor = float(np.mean([real[name] for name in kept])) if fair else None
        rare = rare_kept(train, synthetic)
        order = sorted(kept, key=lambda name: (made[name] or 0.0) - ((real[name] or 0.0) if fair else 0.0))
        of = (
            f"; {n:,} of {synthetic.n_rows:,} rows, as many as were held out"
            if n < synthetic.n_rows
            else f"; {n:,} rows"
        )
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=f"mean of {len(kept)} columns{of}",
            meaning=_meaning(value, floor, n, order[0], rare),
            details={
                "rows": n,
                "columns": {
                    name: {"value": made[name], "floor": real.get(name), "all_rows": whole[name]} for name in order
                },
                "rare_labels": rare_kept(train, some),
                "rare_labels_floor": rare_kept(train, held_out) if fair else None,
                "rare_labels_all_rows": rare,
            },
            charts=(_chart(order[:MOST_DRAWN], made, real),),
        )


def _meaning(value: float, floor: float | None, n: int, worst: str, rare: dict[str, Any]) -> str:
    beside = NO_FLOOR if floor is None else f"As many held-out rows show {percent(floor)}."
    kept = ""
    if rare["labels"]:
        kept = f" Of {rare['labels']} rare labels the whole table has {rare['kept']}."
    return (
        f"{n:,} synthetic rows show {percent(value)} of the labels and ranges that the real columns have, least of "
        f"{worst}. {beside}{kept}"
    )


def columns_covered(train: View, other: View) -> dict[str, float | None]:
    """The coverage of each column."""
    return {name: covered(train, other, name) for name in train.compared}


def covered(train: View, other: View, name: str) -> float | None:
    """Share of a column's labels, or of its range, that a table has; None where the training column has none."""
    if name in train.labels:
        held = np.bincount(train.labels[name], minlength=train.sizes[name]) >= max(train.min_holders, 1)
        seen = np.bincount(other.labels[name], minlength=train.sizes[name]) > 0
        return float(seen[held].mean()) if held.any() else None
    reach = _reach(train.quantities[name], max(train.min_holders, 1))
    if reach is None:
        return None
    cells = other.quantities[name]
    if np.isnan(cells).all():
        return 0.0
    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    if reach[0] == reach[1]:
        return float(low <= reach[0] <= high)
    short = max(low - reach[0], 0.0) + max(reach[1] - high, 0.0)
    return max(0.0, 1.0 - short / (reach[1] - reach[0]))


def _reach(values: np.ndarray, holders: int) -> tuple[float, float] | None:
    present = values[~np.isnan(values)]
    if len(present) < 2 * holders:
        return None
    parts = np.partition(present, [holders - 1, len(present) - holders])
    return float(parts[holders - 1]), float(parts[-holders])


def rare_kept(train: View, other: View) -> dict[str, Any]:
    """Rare labels of all columns: how many there are, how many a table has, and what share of its cells they make."""
    labels = kept = 0
    real_cells = other_cells = 0.0
    for name, codes in train.labels.items():
        counts = np.bincount(codes, minlength=train.sizes[name])
        seen = np.bincount(other.labels[name], minlength=train.sizes[name])
        rare = (counts >= max(train.min_holders, 1)) & (counts < RARE * train.n_rows)
        labels, kept = labels + int(rare.sum()), kept + int((seen[rare] > 0).sum())
        real_cells += counts[rare].sum() / max(train.n_rows, 1)
        other_cells += seen[rare].sum() / max(other.n_rows, 1)
    ratio = float(other_cells / real_cells) if real_cells > 0 else None
    return {"labels": labels, "kept": kept, "frequency_ratio": ratio}


def _chart(names: list[str], made: dict[str, float | None], real: dict[str, float | None]) -> Bars:
    series: dict[str, list[Number]] = {"synthetic": [made[name] for name in names]}
    if real:
        series["held-out"] = [real[name] for name in names]
    return {
        "kind": "bars",
        "title": "Labels and ranges covered",
        "alt": f"Share of labels or of the range that appear in {len(names)} columns, the least covered first.",
        "labels": names,
        "series": series,
        "unit": "share",
    }
