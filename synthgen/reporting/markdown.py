"""The report as Markdown: for a pull request, a wiki, or a screen without a browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from synthgen.reporting.words import (
    DIRECTIONS,
    FLOOR,
    GROUPS,
    INTERVAL,
    QUESTIONS,
    STATES,
    results_of,
    rows_sentence,
    show_figure,
    show_interval,
    show_plain,
    spoken,
    worst_first,
)

MARKS = {"pass": "✓", "attention": "!", "fail": "✗", "unknown": "?"}
SPECIAL = frozenset("\\`*_{}[]<>#|~!&")
"""Signs that Markdown or HTML would take for more than themselves."""
MOST_COLUMNS = 50
"""Columns listed, the furthest off first."""
MOST_ROWS = 20
"""Rows of a table that a metric hands over."""
MOST_DEEP = 12
"""Items shown of one fact."""


def write_markdown(metrics: dict[str, Any]) -> str:
    """The report.

    Args:
        metrics: what ``metrics.json`` holds (``metrics.schema.json``).

    Returns:
        Markdown with tables as GitHub reads them; names from the data are escaped.
    """
    lines = ["# Synthetic data report", "", plain_text(f"{rows_sentence(metrics)}; seed {metrics.get('seed', '')}"), ""]
    lines += _verdicts(metrics)
    lines += _notes(metrics)
    for group, (title, question) in GROUPS.items():
        lines += ["", f"## {title}", "", question, ""]
        lines += _results(results_of(metrics, group))
        if group == "fidelity" and metrics.get("columns"):
            lines += _columns(metrics["columns"])
    facts = metrics.get("facts", {})
    for key, title in (("data", "Data facts"), ("versions", "Versions"), ("settings", "Settings")):
        lines += ["", f"## {title}", "", *_facts(facts.get(key, {}))]
    lines += ["", "## How to cite", "", plain_text(facts.get("cite") or "Nothing is known.")]
    lines += ["", "## How to read this report", "", FLOOR, INTERVAL]
    return "\n".join(lines) + "\n"


def plain_text(text: str) -> str:
    r"""Text that Markdown leaves as it is, on one line.

    Example:
        >>> plain_text("<img> | a_b")
        '\\<img\\> \\| a\\_b'
    """
    return "".join("\\" + sign if sign in SPECIAL else sign for sign in " ".join(text.split()))


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]], figures: Iterable[bool]) -> list[str]:
    head = [plain_text(heading) for heading in headings]
    rules = ["---:" if figure else "---" for figure in figures]
    return [f"| {' | '.join(cells)} |" for cells in (head, rules, *rows)]


def _verdicts(metrics: Mapping[str, Any]) -> list[str]:
    results = {result["name"]: result for result in metrics.get("results", [])}
    lines = []
    for verdict in metrics.get("verdicts", []):
        question, _ = QUESTIONS[verdict["question"]]
        state = verdict["state"]
        lines += [f"**{question} {MARKS[state]} {STATES[state]}.** {plain_text(verdict['sentence'])}"]
        found = [_brief(results[name]) for name in verdict["figures"] if name in results]
        lines += [f"- {line}" for line in found]
        lines += [f"- What to do next: {plain_text(verdict['next'])}"] if verdict["next"] else []
        lines += [""]
    return lines


def _brief(result: dict[str, Any]) -> str:
    if result["value"] is None:
        return f"{plain_text(result['title'])}: not measured; {plain_text(result['reason'])}"
    unit = result["unit"]
    between = f", 95 % interval {show_interval(result['interval'], unit)}" if result["interval"] else ""
    floor = "none" if result["floor"] is None else show_figure(result["floor"], unit)
    value, direction = show_figure(result["value"], unit), DIRECTIONS[result["direction"]]
    return f"{plain_text(result['title'])}: {value}{between}; real rows (floor): {floor}; {direction}"


def _notes(metrics: Mapping[str, Any]) -> list[str]:
    lines = []
    if metrics.get("notes"):
        lines += ["## Good to know", "", *(f"- {plain_text(note)}" for note in metrics["notes"])]
    if metrics.get("gates"):
        rows = [
            [plain_text(gate["rule"]), show_plain(gate["value"]), "✓ passed" if gate["passed"] else "✗ failed"]
            for gate in metrics["gates"]
        ]
        lines += ["", "## Gates", "", *_table(["Fails if", "Found", "Gate"], rows, [False, True, False])]
    return lines


def _results(results: list[dict[str, Any]]) -> list[str]:
    if not results:
        return ["Nothing was measured here."]
    rows, after = [], []
    for result in results:
        title, unit = plain_text(result["title"]), result["unit"]
        if result["value"] is None:
            rows.append([title, "not measured", "", "", "", plain_text(result["reason"])])
            continue
        floor = "none" if result["floor"] is None else show_figure(result["floor"], unit)
        figures = [show_figure(result["value"], unit), floor, show_interval(result["interval"], unit)]
        said = " ".join(plain_text(part) for part in (result["meaning"], _bracket(result["sentence"])) if part)
        rows.append([title, *figures, DIRECTIONS[result["direction"]], said])
        for chart in result["charts"]:
            if chart["kind"] == "table":
                after += _cells(chart)
    headings = ["Figure", "Synthetic", "Real rows (floor)", "95 % interval", "Direction", "Meaning"]
    return _table(headings, rows, [False, True, True, True, False, False]) + after


def _bracket(sentence: str) -> str:
    return f"({sentence})" if sentence else ""


def _cells(chart: dict[str, Any]) -> list[str]:
    rows = [[plain_text(show_plain(cell)) for cell in row] for row in chart["rows"][:MOST_ROWS]]
    cut = f" The first {MOST_ROWS} of {len(chart['rows']):,} rows." if len(chart["rows"]) > MOST_ROWS else ""
    lines = ["", f"**{plain_text(chart['title'])}.** {plain_text(chart['alt'])}{cut}", ""]
    return lines + _table(chart["headings"], rows, [False] * len(chart["headings"]))


def _columns(columns: list[dict[str, Any]]) -> list[str]:
    worst = worst_first(columns)[:MOST_COLUMNS]
    rows = [
        [
            plain_text(column["name"]),
            plain_text(column["type"]),
            show_figure(column["error"], "share"),
            show_figure(column["floor"], "share"),
        ]
        for column in worst
    ]
    cut = f" The {MOST_COLUMNS} furthest off of {len(columns):,}." if len(columns) > MOST_COLUMNS else ""
    table = _table(["Column", "Type", "Error", "Floor"], rows, [False, False, True, True])
    return ["", "### Columns", "", f"Error of each column beside its floor.{cut}", "", *table]


def _facts(facts: dict[str, Any]) -> list[str]:
    if not facts:
        return ["Nothing is known."]
    return [
        f"- {plain_text(spoken(str(key)))}: {plain_text(show_plain(_start(value)))}" for key, value in facts.items()
    ]


def _start(value: Any) -> Any:
    """The first items of what is long."""
    if isinstance(value, dict):
        return {key: _start(item) for key, item in list(value.items())[:MOST_DEEP]}
    return value[:MOST_DEEP] if isinstance(value, list) else value
