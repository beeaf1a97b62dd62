"""The summary at the end of a job: a plain dict in, a table in the terminal out."""

from __future__ import annotations

from typing import Any, TypedDict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from synthgen.reporting.words import STATES

PIPE_WIDTH = 160
"""Columns when the output is not a terminal: wide enough that nothing is cut."""
WORST_PAIRS = 5
CLOSE, FAR = 1.2, 2.0
"""Times the floor up to which an error is shown as close (green), and beyond which as far off (red)."""
UNSEEN = 0.005
"""An error that is close whatever the floor: one row in two hundred."""

COLOURS = {"pass": "green", "attention": "yellow", "fail": "red", "unknown": "cyan"}
"""State of a verdict -> the colour that shows it."""


class ColumnLine(TypedDict):
    """One column: errors and floors are shares, 0 to 1; None where it was not measured."""

    name: str
    type: str
    error: float | None
    floor: float | None


class PairLine(TypedDict):
    """One pair of columns."""

    first: str
    second: str
    error: float
    floor: float | None


class Figure(TypedDict):
    """One figure of the whole table, ready to print: ``value`` and ``floor`` in the unit of the name."""

    name: str
    value: str
    floor: str
    note: str


class VerdictLine(TypedDict):
    """The answer to one question; ``state`` is ``pass``, ``attention``, ``fail`` or ``unknown``."""

    question: str
    state: str
    sentence: str
    figures: list[str]
    next: str


class GateLine(TypedDict):
    """One rule of ``--fail-if``: the figure, and whether it passed."""

    rule: str
    value: float | None
    passed: bool


class Summary(TypedDict, total=False):
    """All that the terminal shows of an outcome; what is absent is not shown.

    Attributes:
        columns: one line each, in the table's order.
        pairs: worst first.
        figures: of the whole table.
        counts: what was done -> how often, ready to print.
        verdicts: faithful, useful, private.
        gates: rules of ``--fail-if``.
        files: what it is -> path.
        next: commands to type next.
        notes: sentences, such as what so few rows can support.
    """

    columns: list[ColumnLine]
    pairs: list[PairLine]
    figures: list[Figure]
    counts: dict[str, str]
    verdicts: list[VerdictLine]
    gates: list[GateLine]
    files: dict[str, str]
    next: list[str]
    notes: list[str]


def output_console() -> Console:
    """Standard output; colours and the terminal's width only where there is a terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)


def print_summary(summary: Summary, console: Console) -> None:
    """Show the outcome: columns beside the floor, worst pairs, figures, verdicts, files, what to type next.

    The floor is the error that real rows have against other real rows; below it there is nothing to gain.
    """
    tables: list[Table] = []
    if summary.get("columns"):
        tables.append(_columns(summary["columns"]))
    if summary.get("pairs"):
        tables.append(_pairs(summary["pairs"][:WORST_PAIRS]))
    if summary.get("figures"):
        tables.append(_overall(summary["figures"]))
    for table in tables:
        console.print(table)
        console.print()
    for what, count in summary.get("counts", {}).items():
        console.print(f"{escape(what):<28} {escape(count)}", highlight=False, soft_wrap=True)
    for verdict in summary.get("verdicts", []):
        mark, colour = STATES[verdict["state"]].lower(), COLOURS[verdict["state"]]
        head = f"[bold]{verdict['question'].capitalize()}?[/] [{colour}]{mark}[/]"
        console.print(
            f"{head}  {escape(verdict['sentence'])} {escape(verdict['next'])}", highlight=False, soft_wrap=True
        )
    for gate in summary.get("gates", []):
        found = "not measured" if gate["value"] is None else f"{gate['value']:.6g}"
        outcome = "[green]passed[/]" if gate["passed"] else "[red]failed[/]"
        console.print(f"[bold]Gate[/] {escape(gate['rule'])}: {outcome}, the figure is {found}", highlight=False)
    if summary.get("verdicts") or summary.get("gates"):
        console.print()
    for note in summary.get("notes", []):
        console.print(f"[yellow]Note:[/] {escape(note)}", highlight=False, soft_wrap=True)
    _print_list(console, [f"{what:<18} {path}" for what, path in summary.get("files", {}).items()], "Written")
    _print_list(console, summary.get("next", []), "Next")


def print_comparison(
    headings: list[str], lines: list[list[str]], notes: list[str], files: dict[str, str], console: Console
) -> None:
    """Show models side by side, the real rows first."""
    table = _table(headings[0])
    for heading in headings[1:]:
        table.add_column(heading, justify="right", overflow="fold")
    for line in lines:
        table.add_row(*map(escape, line))
    console.print(table)
    console.print()
    for note in notes:
        console.print(f"[yellow]Note:[/] {escape(note)}", highlight=False, soft_wrap=True)
    _print_list(console, [f"{what:<18} {path}" for what, path in files.items()], "Written")


def schema_table(rows: list[tuple[str, str, str, int, int]], n_rows: int) -> Table:
    """What detection found.

    Args:
        rows: column, type, reason, missing cells, distinct values.
        n_rows: rows in the table.
    """
    table = _table("Column", "Type", "Why")
    table.add_column("Missing", justify="right")
    table.add_column("Distinct", justify="right")
    for name, kind, reason, missing, distinct in rows:
        share = f"{100 * missing / n_rows:.1f} %" if missing and n_rows else "-"
        table.add_row(escape(name), kind, escape(reason), share, f"{distinct:,}")
    return table


def _columns(lines: list[ColumnLine]) -> Table:
    table = _table("Column", "Type")
    for heading in ("Error", "Floor"):
        table.add_column(heading, justify="right")
    for line in lines:
        error = _coloured(line["error"], line["floor"])
        table.add_row(escape(line["name"]), line["type"], error, _percent(line["floor"]))
    return table


def _pairs(lines: list[PairLine]) -> Table:
    table = _table("Worst pairs", "")
    for heading in ("Error", "Floor"):
        table.add_column(heading, justify="right")
    for line in lines:
        error = _coloured(line["error"], line["floor"])
        table.add_row(escape(line["first"]), escape(line["second"]), error, _percent(line["floor"]))
    return table


def _overall(figures: list[Figure]) -> Table:
    table = _table("Whole table")
    table.add_column("Synthetic", justify="right")
    table.add_column("Real (floor)", justify="right")
    table.add_column("")
    for figure in figures:
        table.add_row(escape(figure["name"]), figure["value"], figure["floor"], escape(figure["note"]))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _print_list(console: Console, lines: list[str], heading: str) -> None:
    if lines:
        console.print(f"\n[bold]{heading}[/]")
    for line in lines:
        console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def _coloured(error: float | None, floor: float | None) -> str:
    text = _percent(error)
    if error is None or floor is None or floor <= 0:
        return text
    colour = "green" if error <= max(CLOSE * floor, UNSEEN) else "red" if error > FAR * floor else "yellow"
    return f"[{colour}]{text}[/]"


def summary_facts(summary: Summary) -> dict[str, Any]:
    """The same for machines: JSON values only.

    Example:
        >>> summary_facts({"files": {"table": "a.csv"}})
        {'files': {'table': 'a.csv'}}
    """
    return {key: value for key, value in summary.items() if value}
