"""Charts: a frame that the page's script draws in, and the figures as a table for those without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synthgen.reporting.page.elements import Html, element, join, name_of, table
from synthgen.reporting.words import show_figure, show_plain

MOST_LABELS = 60
"""Rows of a table beside bars."""
MOST_POINTS = 12
"""Points of each series in a table beside curves, evenly picked."""
MOST_CELLS = 64
"""A heat map of more cells is listed by its strongest cells instead of written out."""
STRONGEST = 12
MOST_ROWS = 100
"""Rows shown of a table that a metric hands over."""


@dataclass(frozen=True)
class Shown:
    """What of a chart the page holds.

    Attributes:
        number: its place among the charts that the script draws; None: it is not drawn.
        table: its figures; None: there was no room for them.
    """

    number: int | None
    table: Html | None


Plan = dict[int, Shown]
"""``id`` of a chart -> what is shown of it."""


def chart_list(charts: list[dict[str, Any]], plan: Plan) -> Html:
    """Charts one after the other; heat maps of one group side by side."""
    parts: list[Html] = []
    for together in _neighbours(charts):
        figures = [_figure(chart, plan[id(chart)]) for chart in together]
        parts.append(element("div", figures, class_="together") if len(together) > 1 else join(figures))
    return element("div", parts, class_="charts") if parts else Html("")


def _figure(chart: dict[str, Any], shown: Shown) -> Html:
    caption = element("figcaption", element("strong", chart["title"]), " ", element("span", chart["alt"]))
    left_out = element("p", "Left out to keep the page small; metrics.json holds it.", class_="quiet")
    if chart["kind"] == "table":
        return element(
            "figure", caption, shown.table or left_out, class_="chart words" if len(chart["headings"]) > 3 else "chart"
        )
    beside = element("details", element("summary", "The same as a table"), shown.table, class_="numbers", open=True)
    if shown.number is None:
        return element("figure", caption, left_out, beside if shown.table else None, class_="chart")
    plot = element("div", class_="plot", data_chart=shown.number)
    return element("figure", caption, plot, beside, class_=f"chart drawn {chart['kind']}")


def fallback(chart: dict[str, Any]) -> Html:
    """The chart's figures as a table, cut where it is long; the cut is said."""
    kind = chart["kind"]
    if kind == "bars":
        headings, rows = _bars(chart)
        most = MOST_LABELS
    elif kind == "heat":
        headings, rows = _heat(chart)
        most = MOST_CELLS
    elif kind == "table":
        headings, rows = chart["headings"], [[_cell(cell) for cell in row] for row in chart["rows"]]
        most = MOST_ROWS
    else:
        headings, rows = _point_headings(chart), list(_points(chart))
        most = len(rows)
    cut = f"The first {most:,} of {len(rows):,} rows." if len(rows) > most else ""
    if kind == "heat" and len(chart["rows"]) * len(chart["columns"]) > MOST_CELLS:
        cut = f"The {len(rows)} strongest cells."
    note = element("p", cut, class_="quiet") if cut else None
    return join([table(headings, rows[:most], chart["title"]), note])


Cell = tuple[str, bool]


def _neighbours(charts: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    seen: set[str] = set()
    for chart in charts:
        group = chart.get("group")
        if group is None:
            yield [chart]
        elif group not in seen:
            seen.add(group)
            yield [other for other in charts if other.get("group") == group]


def _cell(cell: object) -> Cell:
    figure = isinstance(cell, int | float) or cell is None
    return (show_plain(cell) if figure else name_of(str(cell))), figure


def _bars(chart: dict[str, Any]) -> tuple[list[str], list[list[Cell]]]:
    rows = [
        [(name_of(label), False)]
        + [(show_figure(values[i], chart["unit"]), True) for values in chart["series"].values()]
        for i, label in enumerate(chart["labels"])
    ]
    return ["", *chart["series"]], rows


def _point_headings(chart: dict[str, Any]) -> list[str]:
    more = [word for key, word in (("labels", "What it is"), ("low", "Interval")) if _any_has(chart, key)]
    return ["Series", *more, chart["x_label"], chart["y_label"]]


def _any_has(chart: dict[str, Any], key: str) -> bool:
    return any(key in series for series in chart["series"])


def _points(chart: dict[str, Any]) -> Iterator[list[Cell]]:
    labelled, banded = _any_has(chart, "labels"), _any_has(chart, "low")
    for series in chart["series"]:
        count = len(series["x"])
        picked = sorted({round(i * (count - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)}) if count else []
        for i in picked:
            more: list[Cell] = [(name_of(series["labels"][i] if "labels" in series else ""), False)] * labelled
            if banded:
                ends = [show_plain(series[end][i]) for end in ("low", "high")] if "low" in series else []
                more.append((" to ".join(ends), False))
            yield [(name_of(series["name"]), False), *more, _cell(series["x"][i]), _cell(series["y"][i])]


def _heat(chart: dict[str, Any]) -> tuple[list[str], list[list[Cell]]]:
    rows, columns, values = chart["rows"], chart["columns"], chart["values"]
    if len(rows) * len(columns) <= MOST_CELLS:
        named = zip(rows, values, strict=False)
        return ["", *columns], [[(name_of(row), False), *map(_cell, cells)] for row, cells in named]
    same = rows == columns
    cells = (
        (value, i, j)
        for i, line in enumerate(values)
        for j, value in enumerate(line)
        if value is not None and not (same and j <= i)
    )
    strongest = sorted(cells, key=lambda cell: -abs(cell[0]))[:STRONGEST]
    found = [[(name_of(rows[i]), False), (name_of(columns[j]), False), _cell(value)] for value, i, j in strongest]
    return ["Row", "Column", "Value"], found
