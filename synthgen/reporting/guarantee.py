"""What a private fit promises, in words and figures: for the terminal, the page and the bundle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from synthgen.dp.ledger import Ledger
from synthgen.reporting.summary import Figure
from synthgen.reporting.words import show_figure

PAGE_FILE, LEDGER_FILE = "guarantee.html", "guarantee.json"
"""What a private run leaves in place of a report, for people and for machines."""
FREE = "drawing rows costs nothing more: any number of them is inside the same guarantee"
MOST_FACTOR = 1e6
"""A factor above this is said in words: it promises nothing that anybody could feel."""


def statement(privacy: Mapping[str, Any]) -> list[str]:
    """What is promised to whom, what is taken as public, and what is not covered; sentences.

    Args:
        privacy: of the manifest.
    """
    ledger = Ledger.from_state(privacy["ledger"])
    factor = math.exp(ledger.epsilon)
    whose = "a row" if ledger.unit is None else f"all rows of one {ledger.unit}"
    times = f"{factor:.3g}" if factor < MOST_FACTOR else "more than a million"
    seeded = "The noise was drawn from a seed, for tests: who knows it can take the noise away. This is no guarantee."
    return [
        *([seeded] if ledger.seeded else []),
        f"({ledger.epsilon:g}, {ledger.delta:g})-differential privacy; neighbouring tables: {ledger.relation}. "
        "Whoever sees all that the run left (the model, the made rows, this page, any number of rows drawn later) and "
        f"wonders whether {whose} was in the real table cannot change the odds of it by a factor above {times}, "
        f"whatever else is known, but for a chance of {ledger.delta:g}.",
        *_bounds(ledger),
        "Inside it: column types, formats, vocabularies, ranges, numbers of rows, how columns hang together, training, "
        "early stopping and calibration. All of these come from noisy figures alone, or from rows made of them.",
        "Taken as public: the names and order of columns, how the file is written (delimiter, quotes, encoding, marks "
        "of missing cells), the physical types of Parquet files and frames, and what a schema or the settings say"
        f"{', with it what links the tables and tables that it keeps as they are' if ledger.by_table else ''}.",
        "Outside it: what other commands make of the real rows (evaluate, compare, inspect --rows), how long the run "
        "took, and that it ended well.",
        "The noise comes from the operating system and is kept nowhere. Counts are whole numbers and the noise lies on "
        "a lattice that holds them, which closes the known attack on the low bits of floating-point noise (Mironov "
        "2012); scores and gradients have no such protection.",
    ]


def _bounds(ledger: Ledger) -> list[str]:
    """Of how much of a unit anything came."""
    if ledger.by_table:
        tables = ", ".join(f"{most:,} of {table}" for table, most in ledger.by_table.items())
        return [
            f"Of one person's rows at most {tables} were counted as rows, drawn at random. Beside these, figures of "
            "all rows of a person were counted once for each person (how many, from when to when, what most of them "
            "say), and what rows name, of a bounded number of them: each line of the ledger says its own sensitivity.",
            "That others name somebody (follow, mention, answer them) is a fact of those others, protected as theirs.",
        ]
    if ledger.unit is None:
        return []
    return [
        f"Of each {ledger.unit} at most {ledger.rows_per_unit:,} rows were looked at, drawn at random; "
        "the others had no part in anything."
    ]


def ledger_lines(privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Entries of the ledger, each with its share of the budget."""
    ledger = Ledger.from_state(privacy["ledger"])
    shares = ledger.shares()
    weight = [entry.times * entry.rate**2 / entry.noise**2 for entry in ledger.entries]
    of_step: dict[str, float] = {}
    for entry, own in zip(ledger.entries, weight, strict=True):
        of_step[entry.step] = of_step.get(entry.step, 0.0) + own
    listed: list[dict[str, Any]] = privacy["ledger"]["entries"]
    return [
        {**line, "share": shares[line["step"]] * own / of_step[line["step"]]}
        for line, own in zip(listed, weight, strict=True)
    ]


def figures_of_guarantee(privacy: Mapping[str, Any]) -> list[Figure]:
    """Epsilon, what a public schema would save, and what each kind of step took."""
    ledger = Ledger.from_state(privacy["ledger"])
    spent, saved = ledger.epsilon_spent(), privacy["with_public_schema"]
    figures: list[Figure] = [
        {"name": "epsilon", "value": f"{spent:.4g}", "floor": "-", "note": f"of {ledger.epsilon:g}; {ledger.relation}"},
        {"name": "delta", "value": f"{ledger.delta:g}", "floor": "-", "note": "the chance that it does not hold"},
    ]
    if spent - saved >= 0.005 * spent:
        note = "with a schema.json that says what columns hold (types, categories, ranges): it costs nothing"
        figures.append({"name": "epsilon, public schema", "value": f"{saved:.4g}", "floor": "-", "note": note})
    for kind, share in kinds_of_steps(ledger_lines(privacy)).items():
        figures.append({"name": f"spent on {kind}", "value": show_figure(share, "share"), "floor": "-", "note": ""})
    return figures


def kinds_of_steps(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Shares of the budget by kind of step, that is what stands before a colon.

    Example:
        >>> kinds_of_steps([{"step": "values: a", "share": 0.25}, {"step": "values: b", "share": 0.5}])
        {'values': 0.75}
    """
    kinds: dict[str, float] = {}
    for line in lines:
        kind = str(line["step"]).split(":")[0].split(",")[0]
        kinds[kind] = kinds.get(kind, 0.0) + float(line["share"])
    return kinds
