"""The page about one model: the same looks as the report, one section for each thing that was looked into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthgen.reporting.page.build import assemble, section, shown_charts
from synthgen.reporting.page.charts import Plan, chart_list
from synthgen.reporting.page.elements import Html, element, join
from synthgen.reporting.page.facts import fact_list

FOOTER = (
    "Made by synthgen inspect from a run folder, which holds no real row. Names of columns and of vocabularies and "
    "generated rows only; nothing on this page is loaded from elsewhere or sent anywhere."
)


def write_inspection(found: Mapping[str, Any]) -> str:
    """The page.

    Args:
        found: what ``inspect_run`` returns.

    Returns:
        One HTML file that needs nothing else and asks nothing of the network.
    """
    parts, heading = found["parts"], "Inside the model"
    charts = [chart for part in parts for chart in part["charts"]]
    plan, drawn = shown_charts(charts)
    facts = section("facts", "Facts", "What was trained, and how?", "", fact_list(found["facts"]), open_=True)
    return assemble(
        title=f"{heading}: {found['model']['name']}",
        heading=heading,
        said=f"{found['model']['title']}; seed of this page {found['seed']}",
        top=_top(found["top"]),
        contents=[*((part["key"], part["title"]) for part in parts), ("facts", "Facts")],
        sections=[*(_section(part, plan) for part in parts), facts],
        charts=drawn,
        footer=FOOTER,
    )


def _top(pairs: list[list[str]]) -> Html:
    entries = [element("div", element("dt", name), element("dd", value)) for name, value in pairs]
    return element("dl", entries, class_="figures overview")


def _section(part: Mapping[str, Any], plan: Plan) -> Html:
    said = element("div", [element("p", sentence) for sentence in part["said"]], class_="words")
    content = join([said, _pictures(part.get("pictures", [])), chart_list(part["charts"], plan)])
    return section(part["key"], part["title"], part["question"], "", content, open_=True)


def _pictures(pictures: list[dict[str, str]]) -> Html | None:
    images = [element("img", src=picture["source"], alt=picture["alt"]) for picture in pictures]
    return element("div", images, class_="pictures") if images else None
