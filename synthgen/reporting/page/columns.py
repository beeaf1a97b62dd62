"""The columns: a table to sort and search, and the pictures of each."""

from __future__ import annotations

from typing import Any

from synthgen.reporting.page.charts import Plan, chart_list
from synthgen.reporting.page.elements import Html, element, join, name_of
from synthgen.reporting.words import show_figure, worst_first

PRINTED = 6
"""Columns whose pictures are printed: the furthest off."""
SHORT = 8
"""A table of fewer columns needs no search."""


def column_part(columns: list[dict[str, Any]], charts: dict[str, list[dict[str, Any]]], plan: Plan) -> Html:
    """Table and pictures.

    Args:
        columns: plain data, in the table's order.
        charts: by column.
        plan: what is shown of each chart.
    """
    order = {id(column): place for place, column in enumerate(columns)}
    worst = worst_first(columns)
    rows = [_row(column, order[id(column)], _largest(columns)) for column in worst]
    headings = ("Column", "Type", "Error", "Floor", "Times floor")
    keys = ("name", "type", "error", "floor", "ratio")
    head = [
        element("th", heading, scope="col", class_=f"{key} figure" if place > 1 else key, data_key=key)
        for place, (key, heading) in enumerate(zip(keys, headings, strict=True))
    ]
    shown = element(
        "table",
        element("caption", "Error of each column beside its floor; largest error first", class_="unseen"),
        element("thead", element("tr", head)),
        element("tbody", rows),
        id="columns-table",
    )
    pictures = [
        element(
            "section",
            element("h3", name_of(column["name"])),
            element("p", _said(column), class_="quiet"),
            chart_list(found, plan) if (found := charts.get(column["name"], [])) else _no_picture(),
            class_="column-pictures printed" if place < PRINTED and found else "column-pictures",
            data_column=order[id(column)],
        )
        for place, column in enumerate(worst)
    ]
    return join(
        [
            _tools(columns) if len(columns) >= SHORT else None,
            element(
                "div",
                element("div", element("div", shown, class_="scroll"), _more(columns), class_="column-list"),
                element("div", id="column-panel", class_="column-panel", hidden=True),
                class_="column-view",
            ),
            element("div", pictures, id="column-store"),
        ]
    )


def _row(column: dict[str, Any], place: int, largest: float) -> Html:
    error, floor = column["error"], column["floor"]
    ratio = error / floor if error is not None and floor else None
    bars = element(
        "svg",
        element("rect", x="0", y="2", height="5", width=f"{100 * (error or 0) / largest:.1f}%", class_="own"),
        element("rect", x="0", y="9", height="3", width=f"{100 * (floor or 0) / largest:.1f}%", class_="floor"),
        class_="pair",
        height="14",
        aria_hidden="true",
    )
    return element(
        "tr",
        element("th", name_of(column["name"]), element("small", column["type"]), scope="row", class_="name"),
        element("td", column["type"], class_="type"),
        element("td", bars, element("span", show_figure(error, "share")), class_="error figure", data_value=error),
        element("td", show_figure(floor, "share"), class_="floor figure", data_value=floor),
        element("td", "none" if ratio is None else f"{ratio:.1f}", class_="ratio figure", data_value=ratio),
        data_column=place,
    )


def _largest(columns: list[dict[str, Any]]) -> float:
    figures = [figure for column in columns for figure in (column["error"], column["floor"]) if figure]
    return max(figures, default=1.0)


def _said(column: dict[str, Any]) -> str:
    error, floor = (show_figure(column[key], "share") for key in ("error", "floor"))
    if column["error"] is None:
        return f"{column['type']}; its values are not compared."
    return f"{column['type']}; error {error}, floor {floor}."


def _no_picture() -> Html:
    return element("p", "There is no picture of this column.", class_="quiet")


def _tools(columns: list[dict[str, Any]]) -> Html:
    kinds = sorted({column["type"] for column in columns})
    options = [element("option", "All types", value=""), *(element("option", kind, value=kind) for kind in kinds)]
    return element(
        "div",
        element("label", "Find a column", element("input", type="search", id="column-search", autocomplete="off")),
        element("label", "Type", element("select", options, id="column-type")),
        element("p", f"{len(columns):,} columns", id="column-count", role="status"),
        class_="tools scripted",
    )


def _more(columns: list[dict[str, Any]]) -> Html:
    return element("button", f"Show all {len(columns):,} columns", type="button", id="column-more", hidden=True)
