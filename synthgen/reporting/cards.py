"""What goes with a table that is handed on: a data card and a privacy statement, in Markdown."""

from __future__ import annotations

from typing import Any

from synthgen.reporting.guarantee import ledger_lines, statement
from synthgen.reporting.words import STATES, show_figure, show_interval

USES = (
    "developing and testing programs, queries and models before the real table is at hand",
    "teaching, demonstrations and benchmarks",
    "figures over many rows, as far as the report says that they are faithful",
)
NO_USES = (
    "decisions about single people: no row is a person",
    "figures about groups so small that the real table has few rows of them",
    "telling whether somebody is in the real table",
)


def data_card(metrics: dict[str, Any], manifest: dict[str, Any], table: str) -> str:
    """What the table is, how it was made, its columns, what it is for and its limits.

    Args:
        metrics: the evaluation.
        manifest: of the run folder.
        table: the file's name.
    """
    rows, made = metrics["rows"], manifest.get("training") or {}
    facts = metrics["facts"]["data"].get("synthetic", {})
    lines = [
        "# Data card",
        "",
        "## What it is",
        "",
        f"`{table}`: {facts.get('rows', rows['synthetic']):,} synthetic rows, {len(metrics['columns'])} columns. "
        "No row is a real one: each was drawn from a model of a real table.",
        "",
        "## How it was made",
        "",
        f"- by synthgen {manifest.get('synthgen')}, seed {manifest.get('seed')}; all settings: `settings.toml`",
        f"- learned from {rows['train']:,} rows; {rows['holdout']:,} more were held out and used to judge it",
        f"- trained for {made.get('steps', 0):,} steps, {made.get('parameters', 0):,} parameters",
        f"- target: {metrics['target'] or 'none'}",
        "",
        "## How good it is",
        "",
        *_answers(metrics),
        "",
        "All figures, each beside the same figure of held-out real rows: `report.html`, and for machines "
        "`metrics.json`.",
        "",
        "## Columns",
        "",
        "| column | type | error | of real rows |",
        "|---|---|---|---|",
        *(_column(column) for column in metrics["columns"]),
        "",
        "Error: distance of the column's distribution from the training rows', 0 to 100 %.",
        "",
        *_uses_and_limits(),
        "- Rare values of the real table are pooled or left out.",
        *(f"- {note}" for note in metrics["notes"]),
    ]
    return "\n".join(lines) + "\n"


def guaranteed_card(manifest: dict[str, Any], schema: dict[str, Any], table: str) -> str:
    """What a privately made table is, how it was made, its columns, what it is for and its limits.

    Args:
        manifest: of the run folder.
        schema: of the run folder.
        table: the file's name.
    """
    privacy, data = manifest["privacy"], manifest["data"]
    error = {column["name"]: column for column in privacy["columns"]}
    columns = [
        (column["name"], column["type"], *(error.get(column["name"], {}).get(key) for key in ("error", "noise")))
        for column in schema["columns"]
    ]
    lines = [
        "# Data card",
        "",
        "## What it is",
        "",
        f"`{table}`: synthetic rows of {data['columns']} columns. No row is a real one: each was drawn from a model, "
        "and the model learned from noisy figures of a real table alone.",
        "",
        "## How it was made",
        "",
        f"- by synthgen {manifest.get('synthgen')}, seed {manifest.get('seed')}; all settings: `settings.toml`",
        f"- learned with epsilon {privacy['epsilon']:g} and delta {privacy['delta']:g} from about {data['rows']:,} "
        "rows (that number is noisy too): `privacy.md`",
        f"- target: {manifest.get('target') or 'none'}",
        "",
        "## Columns",
        "",
        "| column | type | error beside the noisy shares | of the noise |",
        "|---|---|---|---|",
        *(
            f"| {cell(name)} | {kind} | {show_figure(off, 'share')} | {show_figure(noise, 'share')} |"
            for name, kind, off, noise in columns
        ),
        "",
        *_uses_and_limits(),
        "- Values that few hold are not in it; how columns hang together is kept as far as the noise lets through.",
        "- It was not judged beside real rows, for that would be outside the guarantee.",
    ]
    return "\n".join(lines) + "\n"


def _uses_and_limits() -> list[str]:
    """What any made table is for and not for, and the first of its limits; more of them may follow."""
    return [
        "## What it is for",
        "",
        *(f"- {use}" for use in USES),
        "",
        "Not for:",
        "",
        *(f"- {use}" for use in NO_USES),
        "",
        "## Limits",
        "",
        "- Identifiers, names and texts are made up; they lead nowhere.",
    ]


def guaranteed_statement(manifest: dict[str, Any]) -> str:
    """What is promised, and the ledger of all that touched the real rows."""
    privacy = manifest["privacy"]
    lines = [
        "# Privacy statement",
        "",
        *(part for sentence in statement(privacy) for part in (sentence, "")),
        "## Ledger",
        "",
        "| step | mechanism | noise | sensitivity | times | sampling rate | delta | share of the budget |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {cell(line['step'])} | {line['mechanism']} | {line['noise']:.4g} | {line['sensitivity']:.4g} | "
            f"{line['times']:,} | {line['rate']:.4g} | {line['delta']:.2g} | {show_figure(line['share'], 'share')} |"
            for line in ledger_lines(privacy)
        ),
        "",
        f"All lines together: epsilon {privacy['ledger']['epsilon_spent']:.6g} at delta {privacy['delta']:g}.",
    ]
    return "\n".join(lines) + "\n"


def privacy_statement(metrics: dict[str, Any], manifest: dict[str, Any]) -> str:
    """What keeps real people out, what was tried, and what is not promised."""
    privacy = manifest.get("privacy") or {}
    settings = metrics["facts"]["settings"]
    holders = privacy.get("min_holders", settings.get("min_holders"))
    who = "people" if privacy.get("unit", settings.get("unit")) else "rows"
    verdict = next((one for one in metrics["verdicts"] if one["question"] == "private"), None)
    results = [result for result in metrics["results"] if result["group"] == "privacy"]
    lines = [
        "# Privacy statement",
        "",
        *([f"**{STATES[verdict['state']]}.** {verdict['sentence']} {verdict['next']}"] if verdict else []),
        "",
        "## By construction",
        "",
        f"- A value of a category enters the model only when at least {holders} {who} hold it.",
        "- Identifiers, names, addresses and texts are made up in the format of the real ones, never copied.",
        "- Numbers are drawn inside cells of many rows, not copied, unless many rows share the value.",
        "- This bundle holds no real row and no model.",
        "",
        "## What was tried",
        "",
        "| figure | synthetic | real rows held out | 95 % | what |",
        "|---|---|---|---|---|",
        *(result_line(result) for result in results),
        "",
        "## What is not promised",
        "",
        "There is no formal guarantee (no epsilon): an attack that nobody tried here may do better.",
        "The figures are of the attacks named here, on this table, with the rows that were held out.",
    ]
    return "\n".join(lines) + "\n"


def _answers(metrics: dict[str, Any]) -> list[str]:
    return [f"- {one['question']}? {STATES[one['state']].lower()}. {one['sentence']}" for one in metrics["verdicts"]]


def _column(column: dict[str, Any]) -> str:
    figures = (show_figure(column[name], "share") for name in ("error", "floor"))
    return f"| {cell(column['name'])} | {column['type']} | {' | '.join(figures)} |"


def result_line(result: dict[str, Any]) -> str:
    """A result as a line of a table: title, value, floor, interval, what."""
    if result["value"] is None:
        return f"| {cell(result['title'])} | - | - | - | not measured: {cell(result['reason'])} |"
    unit, bounds = result["unit"], result["interval"]
    interval = show_interval(bounds, unit) if bounds else "-"
    figures = f"{show_figure(result['value'], unit)} | {show_figure(result['floor'], unit)} | {interval}"
    what = " ".join(part for part in (result["sentence"], result["meaning"]) if part)
    return f"| {cell(result['title'])} | {figures} | {cell(what)} |"


def cell(text: str) -> str:
    """Text that does not break a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
