"""Assembly: which charts fit, the sections, and one file with its own style, script and data."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from synthgen.reporting.page.charts import Plan, Shown, fallback
from synthgen.reporting.page.columns import column_part
from synthgen.reporting.page.elements import Html, element, join
from synthgen.reporting.page.facts import block, fact_list, gate_table
from synthgen.reporting.page.figures import result_article, result_table
from synthgen.reporting.page.verdicts import verdict_row
from synthgen.reporting.words import FLOOR, GROUPS, INTERVAL, results_of, rows_sentence, worst_first

SCRIPTS = ("draw.js", "bars.js", "lines.js", "heat.js", "columns.js", "page.js")
"""One after the other in one script: each uses what stands before it."""
CHART_BYTES = 3_000_000
"""Of all charts with their tables: with 2,000 columns beside them the page stays below 6 MB."""
DIGITS = 5
"""Significant digits of a figure in a chart: finer than a pixel."""

FOOTER = (
    "Made by synthgen from metrics.json. Names of columns and figures only; nothing on this page is loaded from "
    "elsewhere or sent anywhere."
)
READING = (
    "Each figure says which way is better. A figure of 0.5 for a detector means that it guesses.",
    "Names of columns and figures are shown. A label or range of values is shown only where enough real rows share "
    "it; rows that are written out are synthetic.",
)


def write_page(metrics: dict[str, Any]) -> str:
    """The report.

    Args:
        metrics: what ``metrics.json`` holds (``metrics.schema.json``).

    Returns:
        One HTML file that needs nothing else and asks nothing of the network.
    """
    known = {column["name"] for column in metrics.get("columns", [])}
    own, of_columns = _charts(metrics, known)
    plan, drawn = _fit(own, of_columns, metrics)
    verdicts = element("div", "\n", _verdicts(metrics), "\n", class_="verdicts")
    return assemble(
        title=_title(metrics),
        heading="Synthetic data report",
        said=f"{rows_sentence(metrics)}; seed {metrics.get('seed', '')}",
        top=join([verdicts, "\n", Html(_source("key.html")), _notes(metrics)]),
        contents=_contents(),
        sections=_sections(metrics, own, of_columns, plan),
        charts=drawn,
        footer=FOOTER,
        skip="Skip to the verdicts",
    )


def assemble(
    *,
    title: str,
    heading: str,
    said: str,
    top: Html,
    contents: Iterable[tuple[str, str]],
    sections: Iterable[Html],
    charts: list[dict[str, Any]],
    footer: str,
    skip: str = "Skip to the content",
) -> str:
    """One file with its own style, script and data.

    Args:
        title: of the document.
        heading: the first one.
        said: below it.
        top: what stands before the sections.
        contents: key and title of each section.
        sections: one after the other.
        charts: that the script draws, by number.
        footer: one or two sentences.
        skip: words of the link for those who use the keyboard.
    """
    style, script = _source("page.css"), "".join(map(_source, SCRIPTS))
    links = element("ul", [element("li", element("a", name, href=f"#{key}")) for key, name in contents])
    page = Template(_source("page.html")).substitute(
        title=_escaped(title),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        skip=_escaped(skip),
        heading=_escaped(heading),
        said=_escaped(said),
        top=top,
        contents=links,
        sections=join(sections),
        footer=_escaped(footer),
        data=_embedded({"charts": charts}),
    )
    return page.encode("utf-8", "replace").decode("utf-8")


@cache
def _source(name: str) -> str:
    return files("synthgen.reporting.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a content security policy calls an inline script or style by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _escaped(text: str) -> Html:
    return join([text])


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _title(metrics: Mapping[str, Any]) -> str:
    answers = ", ".join(f"{verdict['question']}: {verdict['state']}" for verdict in metrics.get("verdicts", []))
    return f"Synthetic data report ({answers})" if answers else "Synthetic data report"


Charts = dict[str, list[dict[str, Any]]]


def _charts(metrics: Mapping[str, Any], known: set[str]) -> tuple[Charts, Charts]:
    """Charts by result, and by column; one of a column that the table of columns lacks stays with its result."""
    own: Charts = {}
    of_columns: Charts = {}
    for result in metrics.get("results", []):
        for chart in result.get("charts", []):
            if chart.get("column") in known:
                of_columns.setdefault(chart["column"], []).append(chart)
            else:
                own.setdefault(result["name"], []).append(chart)
    return own, of_columns


def _fit(own: Charts, of_columns: Charts, metrics: Mapping[str, Any]) -> tuple[Plan, list[dict[str, Any]]]:
    """What is shown while there is room: charts of the whole table first, then those of the worst columns."""
    order = [chart for charts in own.values() for chart in charts]
    of_table = len(order)
    for column in worst_first(metrics.get("columns", [])):
        order += of_columns.get(column["name"], [])
    room, plan, drawn = CHART_BYTES, {id(chart): Shown(None, None) for chart in order}, list[dict[str, Any]]()
    for place, chart in enumerate(order):
        table = fallback(chart)
        data = {} if chart["kind"] == "table" else _rounded(chart)
        fits = len(table) + len(_embedded(data)) <= room
        if not fits and place >= of_table:
            break
        if not fits and len(table) > room:
            continue
        room -= len(table) + (len(_embedded(data)) if fits else 0)
        number = len(drawn) if data and fits else None
        if number is not None:
            drawn.append(data)
        plan[id(chart)] = Shown(number, table)
    return plan, drawn


def shown_charts(charts: list[dict[str, Any]]) -> tuple[Plan, list[dict[str, Any]]]:
    """What is shown of charts that belong to no column."""
    return _fit({"": charts}, {}, {})


def _verdicts(metrics: Mapping[str, Any]) -> Html:
    results = {result["name"]: result for result in metrics.get("results", [])}
    return join([verdict_row(verdict, results) for verdict in metrics.get("verdicts", [])])


def _notes(metrics: Mapping[str, Any]) -> Html:
    notes, gates = metrics.get("notes", []), metrics.get("gates", [])
    parts = []
    if notes:
        lines = element("ul", [element("li", note) for note in notes])
        parts.append(
            element(
                "section", element("h2", "Good to know", id="notes"), lines, class_="notes", aria_labelledby="notes"
            )
        )
    if gates:
        failed = sum(not gate["passed"] for gate in gates)
        said = f"{failed} of {len(gates)} failed." if failed else f"All {len(gates)} passed."
        heading = element("h2", "Gates", id="gates")
        parts.append(
            element("section", heading, element("p", said), gate_table(gates), class_="gates", aria_labelledby="gates")
        )
    return join(parts)


def _contents() -> list[tuple[str, str]]:
    names = [(key, title) for key, (title, _) in GROUPS.items()]
    names[2:2] = [("columns", "Columns")]
    names += [
        ("data", "Data facts"),
        ("versions", "Versions, seed, settings"),
        ("cite", "How to cite"),
        ("reading", "How to read this"),
    ]
    return names


def _sections(metrics: Mapping[str, Any], own: Charts, of_columns: Charts, plan: Plan) -> Iterable[Html]:
    columns, facts = metrics.get("columns", []), metrics.get("facts", {})
    for group, (title, question) in GROUPS.items():
        results = results_of(metrics, group)
        yield section(group, title, question, _count(results), _group(results, group, own, plan))
        if group == "fidelity":
            part = column_part(columns, of_columns, plan) if columns else element("p", "No column is compared.")
            yield section("columns", "Columns", "Which columns are off, and how?", f"{len(columns):,} columns", part)
    yield section("data", "Data facts", "What was judged?", "", fact_list(facts.get("data", {})))
    made = [
        block("Seed", element("p", *_seed(metrics))),
        block("Versions", fact_list(facts.get("versions", {}))),
        block("Settings", fact_list(facts.get("settings", {}))),
    ]
    yield section("versions", "Versions, seed and settings", "How can it be repeated?", "", join(made))
    cite = element("p", facts.get("cite") or "Nothing is known.", class_="cite")
    yield section("cite", "How to cite", "What to write in a paper or a data card?", "", cite)
    yield section("reading", "How to read this report", "Floors, intervals, directions", "", _reading())


def _seed(metrics: Mapping[str, Any]) -> list[str]:
    seed = element("strong", str(metrics.get("seed", "")))
    return ["All sampling was drawn from seed ", seed, ". The same files, versions and seed give the same figures."]


def _group(results: list[dict[str, Any]], group: str, own: Charts, plan: Plan) -> Html:
    if not results:
        return element("p", "Nothing was measured here.", class_="quiet")
    overview = result_table(results, "All privacy figures") if group == "privacy" else None
    articles = [result_article(result, own.get(result["name"], []), plan) for result in results]
    return join([overview, articles])


def _count(results: list[dict[str, Any]]) -> str:
    absent = sum(result["value"] is None for result in results)
    measured = len(results) - absent
    said = f"{measured} figure{'' if measured == 1 else 's'}"
    return f"{said}, {absent} not measured" if absent else said


def section(key: str, title: str, question: str, count: str, content: Html, *, open_: bool = False) -> Html:
    """A part of the page that opens and closes."""
    summary = element(
        "summary",
        element("h2", title),
        element("span", question, class_="question"),
        element("span", count, class_="count") if count else None,
    )
    return element("details", summary, element("div", content, class_="content"), id=key, class_="section", open=open_)


def _reading() -> Html:
    return join([element("p", sentence) for sentence in (FLOOR, INTERVAL, *READING)])
