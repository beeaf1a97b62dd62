"""Overlays: one column of the real and of the synthetic table in one picture."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.bins import (
    MOST_BINS,
    PERIODS,
    Binned,
    even_bins,
    join_small,
    ladder_bins,
    period_name,
    period_numbers,
    safe_range,
    shown_codes,
)
from synthgen.metrics.cells import figure_text, label_text
from synthgen.metrics.charts import Bars, Chart, Lines, Number
from synthgen.metrics.view import View
from synthgen.metrics.wording import percent

MOST_LABELS = 20
PEAK = 0.5
"""When one bin of an even grid holds such a share, the grid shows little else: round numbers of many sizes do."""
REAL, SYNTHETIC = "real", "synthetic"


def overlay(train: View, synthetic: View, name: str) -> Chart | None:
    """The picture of one column; None when too few real rows have a value."""
    if name in train.labels:
        return _label_bars(train, synthetic, name)
    values, made = train.quantities[name], synthetic.quantities[name]
    if train.types.get(name) == "datetime":
        return _date_bars(values, made, train.min_holders, name)
    bins = even_bins(values, train.min_holders)
    if bins is None:
        return None
    counts = bins.count(values)
    reach = safe_range(values, train.min_holders)
    if reach is not None and np.nanmin(values) >= 0 and counts.max() > PEAK * counts.sum() and reach[1] > reach[0]:
        ladder = ladder_bins(values, train.min_holders)
        if ladder is not None:
            return _bars(_range_names(ladder), (ladder.count(values), ladder.count(made)), name, "range")
    return _step_lines(bins, values, made, name)


def _label_bars(train: View, synthetic: View, name: str) -> Bars | None:
    counts = [np.bincount(view.labels[name], minlength=train.sizes[name]) for view in (train, synthetic)]
    shown = shown_codes(np.where(train.named(name), counts[0], 0), MOST_LABELS, train.min_holders)
    parts = [np.append(one[shown], one.sum() - one[shown].sum()) for one in counts]
    names = [*(label_text(train, name, int(code)) for code in shown), "(other labels)"]
    if not parts[0][-1] and not parts[1][-1]:
        parts, names = [one[:-1] for one in parts], names[:-1]
    return _bars(names, (parts[0], parts[1]), name, "label") if len(shown) else None


def _date_bars(values: np.ndarray, made: np.ndarray, holders: int, name: str) -> Bars | None:
    """Shares by the shortest period of the calendar of which not too many are needed."""
    reach = safe_range(values, holders)
    if reach is None:
        return None
    for period in PERIODS:
        first, last = (int(number) for number in period_numbers(np.array(reach), period))
        if last - first < MOST_BINS:
            break
    size = last - first + 1
    places = [
        np.clip(period_numbers(one[~np.isnan(one)], period) - first, 0, size - 1).astype(np.int64)
        for one in (values, made)
    ]
    keep = join_small(np.bincount(places[0], minlength=size), holders)
    counts = [np.add.reduceat(np.bincount(one, minlength=size), keep[:-1]) for one in places]
    names = []
    for start, end in zip(keep[:-1], keep[1:] - 1, strict=True):
        begin, until = period_name(first + int(start), period), period_name(first + int(end), period)
        names.append(begin if begin == until else f"{begin} to {until}")
    return _bars(names, (counts[0], counts[1]), name, period)


def _range_names(bins: Binned) -> list[str]:
    """Of a ladder: ``0``, ``up to 10``, ``10 to 20``, ..., ``from 50``."""
    names = []
    for start, end in zip(bins.edges[:-1], bins.edges[1:], strict=True):
        low, high = figure_text(start), figure_text(end)
        if start == 0:
            names.append("0" if end < np.finfo(float).tiny else f"0 to {high}")
        elif start < np.finfo(float).tiny:
            names.append(f"up to {high}" if np.isfinite(end) else "above 0")
        else:
            names.append(f"{low} to {high}" if np.isfinite(end) else f"from {low}")
    return names


def _bars(names: list[str], counts: tuple[np.ndarray, np.ndarray], column: str, what: str) -> Bars:
    real, made = (one / max(one.sum(), 1) for one in counts)
    series: dict[str, list[Number]] = {REAL: _short(real), SYNTHETIC: _short(made)}
    return {
        "kind": "bars",
        "title": column,
        "alt": f"Shares of each {what} of {column}, real and synthetic. {_farthest(names, real, made)}",
        "labels": names,
        "series": series,
        "unit": "share",
        "column": column,
    }


def _farthest(names: list[str], real: np.ndarray, made: np.ndarray) -> str:
    worst = int(np.argmax(np.abs(real - made)))
    return f"They differ most at {names[worst]}: {percent(real[worst])} and {percent(made[worst])}."


def _step_lines(bins: Binned, values: np.ndarray, made: np.ndarray, column: str) -> Lines:
    """Shares per bin of the even grid: a wider bin's share is spread evenly over those it spans."""
    real, synthetic = (bins.count(one) / max((~np.isnan(one)).sum(), 1) for one in (values, made))
    places = np.repeat(bins.edges, 2)[1:-1]
    names = [f"{figure_text(a)} to {figure_text(b)}" for a, b in zip(bins.edges[:-1], bins.edges[1:], strict=True)]
    x = [float(f"{place:.10g}") for place in places]
    return {
        "kind": "lines",
        "title": column,
        "alt": f"Shares of rows along {column}, real and synthetic. {_farthest(names, real, synthetic)}",
        "x_label": column,
        "y_label": "share of rows",
        "series": [
            {"name": which, "x": list(x), "y": _short(np.repeat(shares / bins.widths, 2))}
            for which, shares in ((REAL, real), (SYNTHETIC, synthetic))
        ],
        "column": column,
    }


def _short(shares: np.ndarray) -> list[Number]:
    """Six digits: a picture shows three, and the page stays small."""
    return [float(f"{share:.6g}") for share in shares]
