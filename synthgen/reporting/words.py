"""Words and figures as people read them; the page and the Markdown share them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

DIRECTIONS = {"lower": "lower is better", "higher": "higher is better", "half": "0.5 is ideal"}
GROUPS = {
    "validity": ("Validity", "Are the rows possible?"),
    "fidelity": ("Fidelity", "Do they look and behave like the real rows?"),
    "utility": ("Utility", "Does work done on them carry over to real rows?"),
    "privacy": ("Privacy", "What do they give away about real people?"),
}
"""Group of a result -> heading, and the question in words."""
QUESTIONS = {
    "faithful": ("Is it faithful?", "fidelity"),
    "useful": ("Is it useful?", "utility"),
    "private": ("Is it private?", "privacy"),
}
"""Question of a verdict -> in words, and the group that answers it."""
STATES = {"pass": "Yes", "attention": "Look closer", "fail": "No", "unknown": "Not known"}
FLOOR = (
    "The floor is the same figure for real rows that the generator never saw, as many as there are synthetic ones. "
    "It is what a perfect synthetic table would score, so read each figure against its floor, not against zero."
)
INTERVAL = "An interval is where the figure would fall in 95 of 100 repetitions with other rows of the same kind."


def show_figure(value: float | None, unit: str) -> str:
    """A figure in its unit; small shares keep two digits that say something.

    Example:
        >>> show_figure(0.00871, "share"), show_figure(0.5413, "score"), show_figure(12345, "count")
        ('0.87 %', '0.541', '12,345')
        >>> show_figure(0.0000123, "share"), show_figure(None, "share")
        ('0.0012 %', 'none')
    """
    if value is None or not math.isfinite(value):
        return "none"
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "score":
        return f"{value:.3f}" if abs(value) < 1000 else f"{value:,.0f}"
    percent = 100 * value
    if percent == 0 or percent == 100:
        return f"{percent:.0f} %"
    digits = 1 if abs(percent) >= 10 else 2
    if abs(percent) < 0.1:
        digits = min(8, 1 - math.floor(math.log10(abs(percent))))
    return f"{percent:.{digits}f} %"


def show_interval(interval: Iterable[float] | None, unit: str) -> str:
    """Both ends in words.

    Example:
        >>> show_interval((0.01, 0.02), "share")
        '1.00 % to 2.00 %'
    """
    return "none" if interval is None else " to ".join(show_figure(end, unit) for end in interval)


def show_plain(value: object) -> str:
    """Any JSON value of one cell: whole numbers with separators, others to four digits.

    Example:
        >>> [show_plain(value) for value in (12345, 0.123456, True, None, "a", [1, 2])]
        ['12,345', '0.1235', 'yes', 'none', 'a', '1, 2']
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return f"{value:,.0f}"
        return f"{value:,.1f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(show_plain(item) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {show_plain(item)}" for key, item in value.items()) or "none"
    return str(value)


def spoken(key: str) -> str:
    """A key for machines as words.

    Example:
        >>> spoken("rows_of_each"), spoken("AUC")
        ('Rows of each', 'AUC')
    """
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def results_of(metrics: Mapping[str, Any], group: str) -> list[dict[str, Any]]:
    """The results that answer the group's question, in the order of the file."""
    return [result for result in metrics.get("results", []) if result.get("group") == group]


def worst_first(columns: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Columns by error, largest first; those not measured last, in the table's order."""
    return sorted(columns, key=lambda column: -1.0 if column.get("error") is None else column["error"], reverse=True)


def rows_sentence(metrics: Mapping[str, Any]) -> str:
    """How many rows of each table, and the target.

    Example:
        >>> rows_sentence({"rows": {"train": 1000, "holdout": 0, "synthetic": 900}, "target": None})
        '1,000 training rows, 0 held-out rows, 900 synthetic rows'
    """
    rows = metrics.get("rows", {})
    names = {"train": "training", "holdout": "held-out", "synthetic": "synthetic"}
    parts = [f"{rows[key]:,} {words} rows" for key, words in names.items() if key in rows]
    if metrics.get("columns"):
        parts.append(f"{len(metrics['columns']):,} columns")
    if metrics.get("target"):
        parts.append(f"target {metrics['target']}")
    return ", ".join(parts)


def detail_tables(details: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[Any]]]]:
    """What stands behind a figure as tables: a title, headings, rows.

    Single figures come first in one table without a title; a list of records or a mapping to records is a table of
    its own; what is nested deeper is left to the file for machines.

    Example:
        >>> detail_tables({"rows": 5, "pairs": [{"first": "a", "error": 0.5}]})
        [('', ['Figure', 'Value'], [['Rows', 5]]), ('Pairs', ['First', 'Error'], [['a', 0.5]])]
    """
    single = [[spoken(key), value] for key, value in details.items() if _flat(value)]
    tables: list[tuple[str, list[str], list[list[Any]]]] = [("", ["Figure", "Value"], single)] if single else []
    for key, value in details.items():
        if _flat(value) or not value:
            continue
        if isinstance(value, dict) and all(_flat(item) for item in value.values()):
            tables.append((spoken(key), ["Name", "Value"], [[str(name), item] for name, item in value.items()]))
            continue
        records = (
            [{"name": name} | item for name, item in value.items() if isinstance(item, dict)]
            if isinstance(value, dict)
            else [item for item in value if isinstance(item, dict)]
        )
        names = list(dict.fromkeys(name for record in records for name, item in record.items() if _flat(item)))
        if names:
            rows = [[record.get(name) for name in names] for record in records]
            tables.append((spoken(key), [spoken(name) for name in names], rows))
    return tables


def _flat(value: object) -> bool:
    """Whether a cell can show it: a single value, or a short list of them."""
    if isinstance(value, list | tuple):
        return len(value) <= 4 and not any(isinstance(item, dict | list | tuple) for item in value)
    return not isinstance(value, dict)
