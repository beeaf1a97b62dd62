"""Projection: both tables on the two axes along which the real rows spread most."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Chart, Heat, Lines, Number, Series
from synthgen.metrics.features import MOST_FEATURES, Features
from synthgen.metrics.statistics import floor_scale, total_variation
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

FEWEST_ROWS = 50
MOST_ROWS = 20_000
"""Of each table."""
FINEST, COARSEST = 20, 4
"""Cells along each axis of the grid."""
ROWS_OF_CELL = 20
"""On average: with fewer in a cell, chance would make up most of the error."""
EDGE = 0.005
"""Share of the real rows that each side of the grid leaves to its outermost cells."""
POINTS = 1_000
"""Of each kind in the overlay."""
NAMED = 3


class Projection:
    """Total variation over a grid on the first two principal components of the training rows.

    Quantities go in by their ranks, labels one-hot. The grid has 20 by 20 cells, fewer for fewer than 8,000 rows;
    those at its border hold what lies beyond. In the overlay synthetic rows are points; real rows are never shown: as
    many points as they have are strewn evenly over each cell that enough of them hold.

    Source:
        Pearson 1901, "On lines and planes of closest fit".
    """

    name = "projection"
    title = "Overlay error, two main axes"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared:
            return not_applicable(self, "there is no column with values to compare")
        if min(train.n_rows, synthetic.n_rows) < FEWEST_ROWS:
            return not_applicable(self, f"fewer than {FEWEST_ROWS} training or synthetic rows")
        names = train.compared
        if len(names) > MOST_FEATURES:
            names = [names[i] for i in np.sort(rng.choice(len(names), MOST_FEATURES, replace=False))]
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        features = Features.learn(train, names)
        rows = features.matrix(train)
        mean = rows.mean(axis=0)
        spread, axes = np.linalg.eigh(np.cov(rows - mean, rowvar=False).reshape(rows.shape[1], -1))
        if spread[-1] <= 0:
            return not_applicable(self, "the training rows do not vary")
        axes = axes[:, ::-1][:, :2]
        axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # one sign, not either
        places = [(rows - mean) @ axes, (features.matrix(synthetic) - mean) @ axes]
        grid = int(np.clip(np.sqrt(min(map(len, places)) / ROWS_OF_CELL), COARSEST, FINEST))
        edges = [_edges(places[0][:, i], grid) for i in range(axes.shape[1])]
        codes = [_cells(one, edges) for one in places]
        value, floor = total_variation(codes[0], codes[1], grid**2), None
        if holdout.n_rows >= FEWEST_ROWS:
            held_out = _cells((features.matrix(holdout) - mean) @ axes, edges)
            scale = floor_scale(train.n_rows, holdout.n_rows, synthetic.n_rows)
            floor = total_variation(codes[0], held_out, grid**2) * scale
        explained = (spread[::-1] / spread.sum())[: axes.shape[1]]
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=f"{synthetic.n_rows:,} synthetic against {train.n_rows:,} training rows"
            + (f", {len(names)} of the columns" if len(names) < len(synthetic.compared) else ""),
            meaning=f"Seen along the two axes on which the real rows spread most, {percent(value)} of the synthetic "
            f"rows lie where too many are. {beside_floor(value, floor)}",
            details={
                "axes": [
                    {"share_of_spread": explained[i], "columns": _columns(features, axes[:, i])}
                    for i in range(axes.shape[1])
                ]
            },
            charts=_charts(places[1], codes, edges, train.min_holders, rng) if axes.shape[1] == 2 else (),
        )


def _edges(values: np.ndarray, grid: int) -> np.ndarray:
    """``(grid + 1,)`` even ones, rounded, over all but the outermost rows."""
    low, high = np.quantile(values, [EDGE, 1 - EDGE])
    low, high = (low, high) if high > low else (low - 1, high + 1)
    return np.round(np.linspace(low, high, grid + 1), 3 - int(np.floor(np.log10(high - low))))


def _cells(places: np.ndarray, edges: list[np.ndarray]) -> np.ndarray:
    """``(N,)`` the grid cell of each row."""
    cell = np.zeros(len(places), dtype=np.int64)
    for i, ends in enumerate(edges):
        cell = cell * (len(ends) - 1) + np.searchsorted(ends[1:-1], places[:, i], side="right")
    return cell


def _columns(features: Features, axis: np.ndarray) -> list[str]:
    """The columns that make up most of an axis."""
    parts = {name: float((axis[group] ** 2).sum()) for name, group in features.groups.items()}
    return sorted(parts, key=lambda name: -parts[name])[:NAMED]


def _charts(
    made: np.ndarray, codes: list[np.ndarray], edges: list[np.ndarray], holders: int, rng: np.random.Generator
) -> tuple[Chart, ...]:
    grid = len(edges[0]) - 1
    counts = [np.bincount(one, minlength=grid**2) for one in codes]
    hidden = (counts[0] > 0) & (counts[0] < holders)
    if hidden[counts[0] > 0].all():
        return ()
    some = made[rng.choice(len(made), min(POINTS, len(made)), replace=False)]
    some = np.clip(some, [one[0] for one in edges], [one[-1] for one in edges])
    overlay: Lines = {
        "kind": "points",
        "title": "Real and synthetic rows",
        "alt": "Synthetic rows as points over points strewn where real rows lie, along the two main axes.",
        "x_label": "first axis",
        "y_label": "second axis",
        "series": [_series("real", _strewn(np.where(hidden, 0, counts[0]), edges, rng)), _series("synthetic", some)],
    }
    shares = [one / one.sum() for one in counts]
    high = float(max(one[~hidden].max() for one in shares))
    gap = shares[1] - shares[0]
    reach = float(np.abs(gap[~hidden]).max()) or high
    heats = (
        _heat("Real", "where real rows lie", shares[0], hidden, edges, (0.0, high)),
        _heat("Synthetic", "where synthetic rows lie", shares[1], np.zeros_like(hidden), edges, (0.0, high)),
        _heat("Difference", "where synthetic rows are too many or too few", gap, hidden, edges, (-reach, reach)),
    )
    return overlay, *heats


def _strewn(counts: np.ndarray, edges: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Points spread evenly within cells, in proportion to the counts: made up, no row among them."""
    grid = len(edges[0]) - 1
    cells = rng.choice(grid**2, POINTS, p=counts / counts.sum())
    places = [cells // grid, cells % grid]
    within = rng.random((POINTS, 2))
    return np.stack(
        [
            ends[one] + within[:, i] * (ends[one + 1] - ends[one])
            for i, (ends, one) in enumerate(zip(edges, places, strict=True))
        ],
        axis=1,
    )


def _series(name: str, points: np.ndarray) -> Series:
    x, y = ([round(float(value), 2) for value in points[:, i]] for i in (0, 1))
    return {"name": name, "x": list(x), "y": list(y)}


def _heat(
    title: str, what: str, shares: np.ndarray, hidden: np.ndarray, edges: list[np.ndarray], ends: tuple[float, float]
) -> Heat:
    """The second axis upwards, the first to the right; hidden cells are empty."""
    cells = np.where(hidden, np.nan, shares).reshape(len(edges[0]) - 1, -1).T[::-1]
    values: list[list[Number]] = [
        [None if np.isnan(cell) else round(float(cell), 5) for cell in line] for line in cells
    ]
    return {
        "kind": "heat",
        "title": title,
        "alt": f"Shares of rows on a grid of the two main axes: {what}.",
        "rows": [f"{edge:g}" for edge in edges[1][:-1][::-1]],
        "columns": [f"{edge:g}" for edge in edges[0][:-1]],
        "values": values,
        "low": ends[0],
        "high": ends[1],
        "diverging": ends[0] < 0,
        "group": "projection",
    }
