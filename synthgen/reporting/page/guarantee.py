"""The page about a guarantee: what is promised, where the budget went, what came out of the noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthgen.reporting.page.build import assemble, section, shown_charts
from synthgen.reporting.page.charts import chart_list
from synthgen.reporting.page.elements import Html, element, join, name_of, table
from synthgen.reporting.page.facts import fact_list
from synthgen.reporting.words import show_figure

FOOTER = (
    "Made by synthgen from noisy figures alone: everything on this page is inside the guarantee, and nothing on it is "
    "loaded from elsewhere or sent anywhere."
)


def write_guarantee(found: Mapping[str, Any]) -> str:
    """The page.

    Args:
        found: ``name`` of the table, ``statement`` (what is promised, sentences), ``top`` (names and values),
            ``ledger`` (entries, each with its share of the budget), ``spent`` (that share by kind of step),
            ``columns`` (name, error, noise; shares), ``notes`` and ``facts``.

    Returns:
        One HTML file that needs nothing else and asks nothing of the network.
    """
    chart = _spending(found["spent"])
    plan, drawn = shown_charts([chart])
    said = element("div", [element("p", sentence) for sentence in found["statement"]], class_="words")
    notes = element("ul", [element("li", note) for note in found["notes"]]) if found["notes"] else None
    ledger = join([_ledger(found["ledger"]), chart_list([chart], plan)])
    parts = [
        section("promise", "What is promised", "And to whom?", "", join([said, notes]), open_=True),
        section("ledger", "Ledger", "What was measured, with how much noise?", "", ledger, open_=True),
        section("columns", "Columns", "How near are made rows to the noisy figures?", "", _columns(found["columns"])),
        section("facts", "Facts", "What was made, and how?", "", fact_list(dict(found["facts"]))),
    ]
    entries = [element("div", element("dt", name), element("dd", value)) for name, value in found["top"]]
    return assemble(
        title=f"Privacy guarantee: {found['name']}",
        heading="Privacy guarantee",
        said=found["name"],
        top=element("dl", entries, class_="figures overview"),
        contents=[("promise", "Promise"), ("ledger", "Ledger"), ("columns", "Columns"), ("facts", "Facts")],
        sections=parts,
        charts=drawn,
        footer=FOOTER,
    )


def _ledger(lines: list[dict[str, Any]]) -> Html:
    headings = ["Step", "Mechanism", "Noise", "Sensitivity", "Times", "Sampling rate", "Delta", "Share of the budget"]
    rows = [
        [
            (line["step"], False),
            (line["mechanism"], False),
            (f"{line['noise']:.4g}", True),
            (f"{line['sensitivity']:.4g}", True),
            (f"{line['times']:,}", True),
            (f"{line['rate']:.4g}", True),
            (f"{line['delta']:.2g}" if line["delta"] else "0", True),
            (show_figure(line["share"], "share"), True),
        ]
        for line in lines
    ]
    said = (
        "Noise is the standard deviation of what was added, over the sensitivity: how far one unit can move what is "
        "measured. All lines together give the epsilon above."
    )
    return join([element("p", said), table(headings, rows, "Ledger")])


def _columns(columns: list[dict[str, Any]]) -> Html:
    if not columns:
        return element("p", "No column was measured.", class_="quiet")
    rows = [
        [
            (name_of(column["name"]), False),
            (show_figure(column["error"], "share"), True),
            (show_figure(column["noise"], "share"), True),
        ]
        for column in columns
    ]
    said = (
        "Error: distance of the rows that the model learned from, from the noisy shares that were released, 0 to 100 "
        "%. Noise: how far the noise alone moves such shares. Neither looks at a real row."
    )
    return join([element("p", said), table(["Column", "Error", "Noise"], rows, "Columns")])


def _spending(shares: Mapping[str, float]) -> dict[str, Any]:
    """Bars: each kind of step's share of the budget."""
    return {
        "kind": "bars",
        "title": "Where the budget went",
        "alt": "Share of the budget of each kind of step.",
        "unit": "share",
        "labels": list(shares),
        "series": {"share of the budget": list(shares.values())},
    }
