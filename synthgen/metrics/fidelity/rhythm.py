"""Date rhythm: whether dates fall on the hours of the week, and follow one another, as the real ones do.

Letters: N rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.bins import even_bins, join_small
from synthgen.metrics.charts import Bars, Chart, Heat, Lines, Number
from synthgen.metrics.statistics import floor_scale, kolmogorov_smirnov, total_variation
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

FEWEST_ROWS = 20
MOST_ROWS = 200_000
"""Of each table."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS_OF_WEEK = 168
MIDNIGHT = 0.99
"""A column whose times are midnight in such a share of the rows has days and no hours."""
MOST_DRAWN = 10
FIRST_MONDAY = 3
"""Days that 1970-01-01, a Thursday, lies after a Monday."""
SECOND = 1 / 86_400
"""In days; a gap of less counts as one, so that gaps have a logarithm."""


class Rhythm:
    """Mean over date columns of two errors: of the week's rhythm, and of the gaps between one date and the next.

    The first is the total variation over the 168 hours of the week (over weekdays for dates without times), the
    second the Kolmogorov-Smirnov distance of the gaps between consecutive dates when all are put in order, among
    equally many rows of each table. The floors are those of held-out rows.
    """

    name = "rhythm"
    title = "Date rhythm error"
    group: Group = "fidelity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        names = [name for name, kind in train.types.items() if kind == "datetime" and name in train.quantities]
        if not names:
            return not_applicable(self, "the table has no date column")
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        columns: dict[str, dict[str, Any]] = {}
        for name in names:
            days = [_present(view, name) for view in (train, synthetic, holdout)]
            if min(len(days[0]), len(days[1])) >= FEWEST_ROWS:
                columns[name] = _column(days, rng)
        if not columns:
            return not_applicable(self, f"no date column has {FEWEST_ROWS} dates in the training and synthetic rows")
        value = float(np.mean([part["error"] for part in columns.values()]))
        floors = [part["floor"] for part in columns.values() if part["floor"] is not None]
        floor = float(np.mean(floors)) if len(floors) == len(columns) else None
        worst = max(columns, key=lambda name: columns[name]["error"] - (columns[name]["floor"] or 0.0))
        rows = f", {MOST_ROWS:,} rows" if max(train.n_rows, synthetic.n_rows) >= MOST_ROWS else ""
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            sentence=f"mean of {len(columns)} date column{'s' if len(columns) > 1 else ''}{rows}",
            meaning=f"In {worst} {percent(columns[worst]['week'])} of the dates would have to move to another "
            f"{'hour' if columns[worst]['hours'] else 'day'} of the week, and the gaps from one to the next are off by "
            f"{percent(columns[worst]['gaps'])}. {beside_floor(value, floor)}",
            details={"columns": columns},
            charts=tuple(
                chart
                for name in list(columns)[:MOST_DRAWN]
                for chart in _charts(name, _present(train, name), _present(synthetic, name), train.min_holders)
            ),
        )


def _present(view: View, name: str) -> np.ndarray:
    values = view.quantities[name]
    return np.asarray(values[~np.isnan(values)])


def _column(days: list[np.ndarray], rng: np.random.Generator) -> dict[str, Any]:
    """The parts of one column: training, synthetic and held-out dates."""
    hours = has_hours(days[0])
    size = HOURS_OF_WEEK if hours else len(WEEKDAYS)
    places = [week_places(one, hours) for one in days]
    week, held_out = total_variation(places[0], places[1], size), len(days[2]) >= FEWEST_ROWS
    n = min(len(one) for one in (days if held_out else days[:2]))
    between = [gaps(rng.choice(one, n, replace=False)) for one in (days if held_out else days[:2])]
    found: dict[str, Any] = {
        "hours": hours,
        "week": week,
        "gaps": kolmogorov_smirnov(between[0], between[1]),
        "rows_of_gaps": n,
    }
    found["error"] = (found["week"] + found["gaps"]) / 2
    found["floor"] = None
    if held_out:
        found["week_floor"] = total_variation(places[0], places[2], size) * floor_scale(
            *map(len, (days[0], days[2], days[1]))
        )
        found["gaps_floor"] = kolmogorov_smirnov(between[0], between[2])
        found["floor"] = (found["week_floor"] + found["gaps_floor"]) / 2
    return found


def has_hours(days: np.ndarray) -> bool:
    """Whether dates have times of day."""
    return bool(len(days)) and float((np.mod(days, 1) == 0).mean()) < MIDNIGHT


def week_places(days: np.ndarray, hours: bool) -> np.ndarray:
    """``(N,)`` the hour of the week from Monday, 0 o'clock, or the day of the week.

    Args:
        days: ``(N,)`` days since 1970.
        hours: whether by the hour.

    Example:
        >>> week_places(np.array([0.0, 4.5]), hours=True).tolist()  # a Thursday; Monday noon
        [72, 12]
    """
    since_monday = np.mod(days + FIRST_MONDAY + SECOND / 1000, 7)
    places = np.minimum(np.floor(since_monday * (24 if hours else 1)), HOURS_OF_WEEK - 1)
    return np.asarray(places.astype(np.int64))


def gaps(days: np.ndarray) -> np.ndarray:
    """``(N - 1,)`` days from each date to the next when they are put in order."""
    return np.diff(np.sort(days))


def _charts(name: str, real: np.ndarray, made: np.ndarray, holders: int) -> list[Chart]:
    hours = has_hours(real)
    places = [week_places(one, hours) for one in (real, made)]
    charts: list[Chart] = _week_heats(name, places, holders) if hours else [_week_bars(name, places, holders)]
    if max(np.bincount(places[0])) < holders:
        charts = []
    lines = _gap_lines(name, gaps(real), gaps(made), holders)
    return [*charts, lines] if lines else charts


def _week_bars(name: str, places: list[np.ndarray], holders: int) -> Bars:
    counts = [np.bincount(one, minlength=len(WEEKDAYS)) for one in places]
    shares = [one / one.sum() for one in counts]
    shares[0] = np.where((counts[0] > 0) & (counts[0] < holders), np.nan, shares[0])
    series: dict[str, list[Number]] = {
        which: [None if np.isnan(share) else round(float(share), 5) for share in one]
        for which, one in zip(("real", "synthetic"), shares, strict=True)
    }
    worst = int(np.nanargmax(np.abs(shares[0] - shares[1])))
    return {
        "kind": "bars",
        "title": f"{name} by day of the week",
        "alt": f"Shares of the weekdays of {name}; they differ most on {WEEKDAYS[worst]}: {percent(shares[0][worst])} "
        f"real, {percent(shares[1][worst])} synthetic.",
        "labels": list(WEEKDAYS),
        "series": series,
        "unit": "share",
        "column": name,
    }


def _week_heats(name: str, places: list[np.ndarray], holders: int) -> list[Chart]:
    """Weekdays by hours, real and synthetic; a real cell that fewer rows than enough hold is left empty."""
    counts = [np.bincount(one, minlength=HOURS_OF_WEEK).reshape(7, 24) for one in places]
    shares = [one / one.sum() for one in counts]
    high = float(max(one.max() for one in shares))
    charts: list[Chart] = []
    for title, share, hide in (
        ("real", shares[0], (counts[0] > 0) & (counts[0] < holders)),
        ("synthetic", shares[1], np.zeros((7, 24), dtype=bool)),
    ):
        day, hour = divmod(int(np.argmax(np.where(hide, 0.0, share))), 24)
        values: list[list[Number]] = [
            [None if hidden else round(float(cell), 5) for cell, hidden in zip(*line, strict=True)]
            for line in zip(share, hide, strict=True)
        ]
        heat: Heat = {
            "kind": "heat",
            "title": f"{name}, {title}",
            "alt": f"Shares of the hours of the week, {title}; the fullest is {WEEKDAYS[day]}, {hour} o'clock.",
            "rows": list(WEEKDAYS),
            "columns": [str(hour) for hour in range(24)],
            "values": values,
            "low": 0.0,
            "high": high,
            "diverging": False,
            "group": f"week of {name}",
        }
        charts.append(heat)
    return charts


def _gap_lines(name: str, real: np.ndarray, made: np.ndarray, holders: int) -> Lines | None:
    """How the gaps spread, on a logarithmic axis."""
    logs = [np.log10(np.maximum(one, SECOND)) for one in (real, made)]
    bins = even_bins(logs[0], holders)
    if bins is None or len(join_small(bins.count(logs[0]), holders)) < 3:
        return None
    shares = [bins.count(one) / len(one) for one in logs]
    x: list[Number] = [round(float(place), 6) for place in np.repeat(bins.edges, 2)[1:-1]]
    return {
        "kind": "lines",
        "title": f"Gaps between dates of {name}",
        "alt": f"Shares of the gaps from one date of {name} to the next, real and synthetic, by their length.",
        "x_label": "power of ten of the gap in days",
        "y_label": "share of gaps",
        "series": [
            {"name": which, "x": list(x), "y": [round(float(part), 6) for part in np.repeat(share / bins.widths, 2)]}
            for which, share in zip(("real", "synthetic"), shares, strict=True)
        ],
        "column": name,
    }
