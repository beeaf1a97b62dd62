"""Results: each figure beside its floor, with interval, direction, what was measured and what it means."""

from __future__ import annotations

import math
from typing import Any

from synthgen.reporting.page.charts import Plan, chart_list
from synthgen.reporting.page.elements import Html, element, join, name_of, table
from synthgen.reporting.words import DIRECTIONS, detail_tables, show_figure, show_interval, show_plain

MOST_DETAILS = 20
"""Rows shown of each table behind a figure; the file for machines holds all."""


def result_article(result: dict[str, Any], charts: list[dict[str, Any]], plan: Plan) -> Html:
    """One result in full.

    Args:
        result: plain data.
        charts: those of the result that belong to no column.
        plan: what is shown of each chart.
    """
    heading = element("h3", result["title"])
    if result["value"] is None:
        reason = element("p", element("strong", "Not measured: "), result["reason"], ".", class_="reason")
        return element("article", heading, reason, class_="result absent", id=f"result-{result['name']}")
    unit = result["unit"]
    floor = "none" if result["floor"] is None else show_figure(result["floor"], unit)
    interval = show_interval(result["interval"], unit)
    figures = element(
        "dl",
        _pair("Synthetic", show_figure(result["value"], unit), "own"),
        _pair("Real rows (floor)", floor, "floor"),
        _pair("95 % interval", interval, "interval"),
        class_="figures",
    )
    measured = element("p", result["sentence"], class_="sentence") if result["sentence"] else None
    words = element(
        "div",
        element("p", result["meaning"], class_="meaning") if result["meaning"] else None,
        measured,
        class_="words",
    )
    scale = element("div", scale_picture(result), element("p", DIRECTIONS[result["direction"]], class_="direction"))
    body = element("div", figures, scale, words, class_="reading")
    parts = (heading, body, chart_list(charts, plan), _behind(result))
    return element("article", *parts, class_="result", id=f"result-{result['name']}")


def result_table(results: list[dict[str, Any]], caption: str) -> Html:
    """All results of one question in one table, for a look across."""
    rows = []
    for result in results:
        title = element("a", result["title"], href=f"#result-{result['name']}")
        if result["value"] is None:
            rows.append([(title, False), ("not measured", True), ("", True), ("", True), ("", False)])
            continue
        unit = result["unit"]
        floor = "none" if result["floor"] is None else show_figure(result["floor"], unit)
        cells = (show_figure(result["value"], unit), show_interval(result["interval"], unit), floor)
        rows.append([(title, False), *((cell, True) for cell in cells), (DIRECTIONS[result["direction"]], False)])
    headings = ["Figure", "Synthetic", "95 % interval", "Real rows (floor)", "Direction"]
    return table(headings, rows, caption, class_="overview")


def scale_picture(result: dict[str, Any]) -> Html:
    """The figure, its interval and its floor on one line: a disc, a bar and a diamond."""
    ends = _domain(result)
    unit, value, floor, interval = result["unit"], result["value"], result["floor"], result["interval"]

    def place(at: float) -> str:
        return f"{3 + 94 * min(1.0, max(0.0, (at - ends[0]) / (ends[1] - ends[0]))):.2f}%"

    parts = [element("line", x1="3%", x2="97%", y1="12", y2="12", class_="track")]
    if result["direction"] == "half":
        parts.append(element("line", x1=place(0.5), x2=place(0.5), y1="4", y2="20", class_="ideal"))
    said = [f"Synthetic {show_figure(value, unit)}"]
    if interval is not None and None not in interval:
        low, high = (place(end) for end in interval)
        parts.append(element("line", x1=low, x2=high, y1="12", y2="12", class_="interval"))
        said.append(f"95 % interval {show_interval(interval, unit)}")
    if floor is not None:
        diamond = element("path", d="M0 -7.5L7.5 0L0 7.5L-7.5 0Z")
        parts.append(element("svg", diamond, x=place(floor), y="12", class_="diamond"))
        said.append(f"floor {show_figure(floor, unit)}")
    parts.append(element("circle", cx=place(value), cy="12", r="4.5", class_="own"))
    label = f"{', '.join(said)}; {DIRECTIONS[result['direction']]}."
    line = element("svg", parts, class_="scale", role="img", aria_label=label, height="24")
    marks = element("div", *(element("span", _end(end, unit)) for end in ends), class_="ends", aria_hidden="true")
    return element("div", line, marks, class_="scale-box")


def _domain(result: dict[str, Any]) -> tuple[float, float]:
    """Ends of the scale: from 0 for shares and counts, around 0.5 where that is ideal, close by for other scores."""
    shown = [result["value"], result["floor"], *(result["interval"] or [])]
    known = [float(figure) for figure in shown if figure is not None]
    low, high = min(known), max(known)
    if result["direction"] == "half":
        reach = _rounded_up(max(0.1, 1.1 * max(high - 0.5, 0.5 - low)))
        return 0.5 - reach, 0.5 + reach
    if result["unit"] == "score":
        step = _rounded_up(max(high - low, 0.04))
        ends = step * math.floor(low / step - 0.25), step * math.ceil(high / step + 0.25)
        return (max(0.0, ends[0]) if low >= 0 else ends[0]), (min(1.0, ends[1]) if high <= 1 else ends[1])
    top = _rounded_up(1.1 * high) if high > 0 else (1.0 if result["unit"] == "count" else 0.01)
    whole = 1.0 if result["unit"] == "share" and high <= 1 else math.inf
    return (-_rounded_up(-low) if low < 0 else 0.0), min(top, whole)


def _end(figure: float, unit: str) -> str:
    return f"{100 * figure:.3g} %" if unit == "share" else f"{figure:,.4g}" if abs(figure) < 1000 else f"{figure:,.0f}"


def _rounded_up(figure: float) -> float:
    power = 10.0 ** math.floor(math.log10(figure))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= figure * (1 - 1e-9))


def _pair(term: str, value: str, kind: str) -> Html:
    return element("div", element("dt", term), element("dd", value), class_=kind)


def _behind(result: dict[str, Any]) -> Html | None:
    tables = []
    for title, headings, rows in detail_tables(result["details"]):
        shown = [
            [(show_plain(cell), True) if _figure(cell) else (name_of(show_plain(cell)), False) for cell in row]
            for row in rows[:MOST_DETAILS]
        ]
        cut = f"The first {MOST_DETAILS} of {len(rows):,}; metrics.json holds all." if len(rows) > MOST_DETAILS else ""
        heading = element("h4", title) if title else None
        note = element("p", cut, class_="quiet") if cut else None
        tables.append(join([heading, table(headings, shown, title or "Figures behind it"), note]))
    if not tables:
        return None
    return element("details", element("summary", "Figures behind it"), tables, class_="behind")


def _figure(cell: object) -> bool:
    return cell is None or isinstance(cell, int | float)
