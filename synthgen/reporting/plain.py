"""The evaluation as Markdown, and the same text as the plainest of pages."""

from __future__ import annotations

import html
from typing import Any

from synthgen.reporting.cards import cell, result_line, shown
from synthgen.reporting.summary import STATES

GROUPS = {
    "validity": "Validity: are the rows possible?",
    "fidelity": "Fidelity: do they look like real ones?",
    "utility": "Utility: does work carry over to real rows?",
    "privacy": "Privacy: what do they give away?",
}


def plain_markdown(metrics: dict[str, Any]) -> str:
    """The dict of ``metrics.json`` as Markdown: verdicts, notes, one table per group, columns, facts."""
    rows = metrics["rows"]
    lines = [
        "# Evaluation of a synthetic table",
        "",
        f"{rows['synthetic']:,} synthetic rows beside {rows['train']:,} training rows "
        f"and {rows['holdout']:,} held-out rows.",
        "",
    ]
    for verdict in metrics["verdicts"]:
        mark = STATES[verdict["state"]][0]
        lines += [f"- **{verdict['question'].capitalize()}? {mark}.** {verdict['sentence']} {verdict['next']}"]
    lines += ["", *(f"> {note}\n" for note in metrics["notes"])]
    for group, title in GROUPS.items():
        results = [result for result in metrics["results"] if result["group"] == group]
        if results:
            lines += [f"## {title}", "", "| figure | synthetic | real (floor) | 95 % | what |", "|---|---|---|---|---|"]
            lines += [result_line(result) for result in results] + [""]
    lines += ["## Columns", "", "| column | type | error | floor |", "|---|---|---|---|"]
    for column in metrics["columns"]:
        figures = (shown(column[name], "share") for name in ("error", "floor"))
        lines.append(f"| {cell(column['name'])} | {column['type']} | {' | '.join(figures)} |")
    lines += ["", "## Facts", ""]
    for part in ("versions", "settings", "data"):
        lines += [f"- {part}: " + "; ".join(f"{key} {value}" for key, value in metrics["facts"][part].items())]
    return "\n".join([*lines, f"- seed: {metrics['seed']}", "", metrics["facts"]["cite"]]) + "\n"


def plain_page(metrics: dict[str, Any]) -> str:
    """The Markdown inside one HTML file."""
    text = html.escape(plain_markdown(metrics))
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evaluation of a synthetic table</title>'
    style = "<style>pre{white-space:pre-wrap;max-width:70em;margin:2em auto;padding:0 1em}</style>"
    return f"{head}{style}</head><body><main><pre>{text}</pre></main></body></html>\n"
