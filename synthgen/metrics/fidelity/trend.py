"""Trend: how far each pair of columns is from the training pair.

Letters: N rows, Q quantities.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Chart, Heat, Number
from synthgen.metrics.codes import Coded, cramers_v, decile_codes
from synthgen.metrics.sets import Pair, draw_pairs, no_sets
from synthgen.metrics.statistics import floor_scale, total_variation
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

BINS = 10
"""Equal-width bins of a quantity beside a label, as published."""
MOST_PAIRS = 2_000
"""More pairs (from 64 columns on) are sampled: their mean is known to a few hundredths of itself."""
MOST_ROWS = 200_000
"""Of each table: sampling noise is then below a tenth of a per cent for most pairs."""
PAIRS_KEPT = 100
FLAT = 1e-12
"""A quantity whose variance is so small a part of the whole column's has no correlation."""

MOST_DRAWN = 40
"""Columns of the heat charts: those in the pairs that are farthest above their floors come first."""
ROWS_DRAWN = 20_000
"""Of each table behind the heat charts: a colour is then right to a hundredth."""
LABELS_DRAWN = 30
NO_SIGN = "0 to 1, without a sign, for labels"


class Trend:
    """Mean over pairs: half the difference of correlations (two quantities), or total variation of the joint table.

    A quantity beside a label is cut into 10 equal-width bins, laid over the real and the other column separately,
    as in the published tables; missing cells have a bin of their own. A pair without a correlation in the training
    table is left out; one without in the other table counts as 0. The charts show the correlation of two
    quantities and, where a label takes part, Cramer's V with quantities cut at the training deciles.

    Source:
        The protocol behind the published tables of TabSyn (Zhang et al. 2024, arXiv:2310.09656). ``sdmetrics`` from
        0.27 on leaves out pairs that hang together weakly, so its mean is of other pairs; the figure of one pair is
        one minus its CorrelationSimilarity or ContingencySimilarity.
    """

    name = "trend"
    title = "Trend error"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if reason := no_sets(self, train, synthetic, 2):
            return reason
        pairs, n_pairs = draw_pairs(train.compared, MOST_PAIRS, rng), comb(len(train.compared), 2)
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        errors = pair_errors(train, synthetic, pairs)
        if not errors:
            return not_applicable(self, "no pair of columns has a trend in the training table")
        floors: dict[Pair, float] = {}
        if holdout.n_rows:
            scale = floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows)
            floors = {pair: error * scale for pair, error in pair_errors(train, holdout, pairs).items()}
        value = float(np.mean(list(errors.values())))
        floor = float(np.mean(list(floors.values()))) if floors else None
        worst = _worst(errors, floors)
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=_sentence(len(errors), n_pairs, synthetic.n_rows),
            meaning=f"How two columns go together is off by {percent(value)} on average, most of all "
            f"{worst[0]['first']} with {worst[0]['second']}. {beside_floor(value, floor)}",
            details={"pairs": worst, "n_pairs": len(errors), "n_pairs_in_all": n_pairs},
            charts=_charts(train.draw(ROWS_DRAWN, rng), synthetic.draw(ROWS_DRAWN, rng), worst),
        )


def _sentence(measured: int, n_pairs: int, n_rows: int) -> str:
    sampled = f", a sample of {n_pairs:,}" if n_pairs > MOST_PAIRS else ""
    rows = f", {MOST_ROWS:,} rows" if n_rows >= MOST_ROWS else ""
    return f"mean of {measured:,} pairs{sampled}{rows}"


def _worst(errors: dict[Pair, float], floors: dict[Pair, float]) -> list[dict[str, object]]:
    """Pairs by what the error has over the floor: a pair that differs as much between real rows is not at fault."""
    order = sorted(errors, key=lambda pair: floors.get(pair, 0.0) - errors[pair])[:PAIRS_KEPT]
    return [{"first": a, "second": b, "error": errors[a, b], "floor": floors.get((a, b))} for a, b in order]


def _charts(train: View, synthetic: View, worst: list[dict[str, object]]) -> tuple[Chart, ...]:
    """What goes with what in the real and in the synthetic table, and the difference."""
    first = dict.fromkeys(str(pair[side]) for pair in worst for side in ("first", "second"))
    chosen = set(list(first | dict.fromkeys(train.compared))[:MOST_DRAWN])
    names = [name for name in train.compared if name in chosen]
    tables = decile_codes(train, (train, synthetic), names, LABELS_DRAWN)
    real, made = (associations(view, coded, names) for view, coded in zip((train, synthetic), tables, strict=True))
    gap = made - real
    widest = float(np.nanmax(np.abs(gap), initial=0.0, where=~np.isnan(gap)))
    k, farthest = len(names), np.nan_to_num(np.abs(gap))
    i, j = divmod(int(np.argmax(farthest)), k)
    alts = (
        f"What goes with what among {k} real columns: correlation, {NO_SIGN}.",
        f"The same among the synthetic columns: correlation, {NO_SIGN}.",
        f"Synthetic less real. The largest difference is {widest:.2f}, of {names[i]} with {names[j]}.",
    )
    bound = max(round(widest, 2), 0.1)
    return tuple(
        _heat(title, alt, names, matrix, reach)
        for title, alt, matrix, reach in zip(
            ("Real", "Synthetic", "Difference"), alts, (real, made, gap), (1.0, 1.0, bound), strict=True
        )
    )


def _heat(title: str, alt: str, names: list[str], matrix: np.ndarray, reach: float) -> Heat:
    values: list[list[Number]] = [
        [None if np.isnan(cell) else round(float(cell), 3) for cell in line] for line in matrix
    ]
    return {
        "kind": "heat",
        "title": title,
        "alt": alt,
        "rows": names,
        "columns": names,
        "values": values,
        "low": -reach,
        "high": reach,
        "diverging": True,
        "group": "pairs",
    }


def associations(view: View, coded: Coded, names: list[str]) -> np.ndarray:
    """``(len(names),) * 2``: correlations of quantities, Cramer's V where a label takes part; nan where undefined."""
    found = np.full((len(names), len(names)), np.nan)
    numbers = [i for i, name in enumerate(names) if name in view.quantities]
    found[np.ix_(numbers, numbers)] = correlations(view.ordinal([names[i] for i in numbers]))
    for i, j in combinations(range(len(names)), 2):
        a, b = names[i], names[j]
        if a in view.labels or b in view.labels:
            v = cramers_v(coded.codes[a], coded.codes[b], coded.sizes[a], coded.sizes[b])
            found[i, j] = found[j, i] = v
    np.fill_diagonal(found, 1.0)
    return found


def pair_errors(train: View, other: View, pairs: list[Pair]) -> dict[Pair, float]:
    """The error of each pair that has a trend in the training table."""
    names = list(train.quantities)
    place = {name: i for i, name in enumerate(names)}
    real, seen = correlations(train.ordinal(names)), correlations(other.ordinal(names))
    cut_real, cut_other, sizes = _cut(train, other, pairs)
    errors = {}
    for a, b in pairs:
        if a in place and b in place:
            rho = real[place[a], place[b]]
            if not np.isnan(rho):
                errors[a, b] = float(abs(rho - np.nan_to_num(seen[place[a], place[b]])) / 2)
        else:
            width = sizes[b]
            joint = (cut_real[a] * width + cut_real[b], cut_other[a] * width + cut_other[b])
            errors[a, b] = total_variation(*joint, sizes[a] * width)
    return errors


def _cut(
    train: View, other: View, pairs: list[Pair]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, int]]:
    """Codes of all columns that stand in a pair with a label, for both tables, and how many codes there are."""
    needed = {name for pair in pairs if any(name in train.labels for name in pair) for name in pair}
    parts: list[dict[str, np.ndarray]] = []
    for view in (train, other):
        codes = {name: view.labels[name].astype(np.int64) for name in needed if name in view.labels}
        parts.append(codes | {name: equal_width(view.quantities[name]) for name in needed if name in view.quantities})
    sizes = {name: train.sizes.get(name, BINS + 3) for name in needed}
    return parts[0], parts[1], sizes


def equal_width(values: np.ndarray) -> np.ndarray:
    """``(N,)`` bins of equal width over the column's own range: 1 to 10, 11 at the upper end, 12 where missing."""
    present = values[~np.isnan(values)]
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    bins = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), BINS + 2, bins).astype(np.int64)


def correlations(values: np.ndarray) -> np.ndarray:
    """Pearson correlation of each two columns over the rows where both are present.

    Args:
        values: ``(N, Q)`` float64, nan where missing.

    Returns:
        ``(Q, Q)``, nan where a column does not vary in the rows that count.
    """
    present = ~np.isnan(values)
    count = np.maximum(present.sum(axis=0), 1)
    filled = np.where(present, values, 0.0)
    mean = filled.sum(axis=0) / count
    centred = np.where(present, filled - mean, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    spread[spread <= FLAT * np.abs(mean)] = 0.0
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    there = present.astype(np.float64)
    n, sums, squares = there.T @ there, scaled.T @ there, (scaled**2).T @ there
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = scaled.T @ scaled - sums * sums.T / n
        variance = squares - sums**2 / n
        variance[variance <= FLAT * n] = np.nan
        return np.asarray(np.clip(covariance / np.sqrt(variance * variance.T), -1, 1))
