#!/usr/bin/env python3
"""Finding and mending wrong cells: synthgen beside column rules and an isolation forest; writes repair.md.

    python benchmarks/repair.py                 # everything
    python benchmarks/repair.py --tables shoppers --seeds 1
    python benchmarks/repair.py --reuse         # go on where a stopped run was
    python benchmarks/repair.py --report        # only write the page again

Runs in synthgen's environment.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from harness import stages
from harness.pages import Case, ours_of, parser, spread, table
from harness.tables import TABLES
from methods.corruption import KINDS, corrupted
from methods.measuring import measure_page
from methods.ours import repair
from methods.suspects import FENCE, RARE, Repaired, by_forest, by_rules
from methods.tables import Columns, real_tables, some_rows
from run import chosen

NAMES = ("adult", "shoppers", "twitter_human_bots")
SHARE = 0.05
LEARNED = {"itself": "Learned from the wrong table itself", "clean": "Learned from other rows, which are right"}
THRESHOLDS: dict[str, float | None] = {"usual": None, "100": 100.0, "10": 10.0}
"""Likelihood ratios from which synthgen flags a cell; None: its own choice."""
METHODS = {"synthgen": tuple(THRESHOLDS), "rules": ("rules",), "forest": ("forest",)}
"""What each is told apart by in its result."""
TITLES = {
    "usual": "**synthgen**",
    "100": "synthgen, ratio 100",
    "10": "synthgen, ratio 10",
    "rules": "column rules",
    "forest": "isolation forest",
}
FIGURES = {
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "f1": ("F1", 3),
    **{f"recall_{kind}": (f"recall, {words}", 3) for kind, words in KINDS.items()},
    "numbers": ("numbers, SD off", 3),
    "labels": ("labels wrong %", 2),
}


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "repair", NAMES, seeds=3)
    ask.add_argument("--methods", default=",".join(METHODS), help="default: %(default)s")
    ask.add_argument("--rows", type=int, default=2_000, help="of each table; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed, synthgen first."""
    tables = [entry.name for entry in chosen(args.tables, {name: TABLES[name] for name in NAMES}, "tables")]
    methods = [name for name in METHODS if name in args.methods.split(",")]
    jobs = [
        {"table": name, "learned": learned, "method": method, "seed": seed, "rows": args.rows}
        for seed in range(args.seeds)
        for method in methods
        for learned in LEARNED
        for name in tables
    ]
    return [Case("{table}.{learned}.{method}.{seed}".format(**job), job) for job in jobs]


def judged(
    columns: Columns, truth: pd.DataFrame, wrong: pd.DataFrame, how_NC: np.ndarray, said: Repaired
) -> dict[str, float | None]:
    """Flags against what was made wrong, and how far the table is from the truth before and after."""
    bad_NC, flags_NC = how_NC != "", said.flags_NC
    hits = int((bad_NC & flags_NC).sum())
    precision = hits / max(1, int(flags_NC.sum()))
    recall = hits / max(1, int(bad_NC.sum()))
    found: dict[str, float | None] = {
        "flags": float(flags_NC.sum()),
        "wrong": float(bad_NC.sum()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-12, precision + recall),
    }
    for kind in KINDS:
        of_kind = how_NC == kind
        found[f"recall_{kind}"] = float(flags_NC[of_kind].mean()) if of_kind.any() else None
    return found | away(columns, truth, said.frame) | {f"{k}_before": v for k, v in away(columns, truth, wrong).items()}


def away(columns: Columns, truth: pd.DataFrame, other: pd.DataFrame) -> dict[str, float | None]:
    """Means over columns: root mean squared error of numbers in standard deviations, percent of labels that differ."""
    real, found = columns.cells(truth), columns.cells(other)
    spread_M = np.std(real.numbers_NM, 0)
    off_M = np.sqrt(np.nanmean((found.numbers_NM - real.numbers_NM) ** 2, 0)) / np.where(spread_M > 0, spread_M, 1)
    wrong_L = 100 * (found.codes_NL != real.codes_NL).mean(0)
    return {
        "numbers": float(off_M.mean()) if len(off_M) else None,
        "labels": float(wrong_L.mean()) if len(wrong_L) else None,
    }


def measure(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """One method on one table."""
    job = case.job
    spec, seed = TABLES[job["table"]], job["seed"]
    rows = some_rows(real_tables(bench, spec)[0], 2 * job["rows"], seed)
    truth, others = (part.reset_index(drop=True) for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]))
    columns = Columns(rows, spec.target)
    wrong, how_NC = corrupted(truth, columns, SHARE, seed)
    start = time.process_time()
    said = asked(job["method"], wrong if job["learned"] == "itself" else others, wrong, columns, seed)
    took = {"cpu_s": time.process_time() - start}
    return (
        {name: judged(columns, truth, wrong, how_NC, one) for name, one in said.items()} | took | {"rows": len(truth)}
    )


def asked(method: str, learned: pd.DataFrame, wrong: pd.DataFrame, columns: Columns, seed: int) -> dict[str, Repaired]:
    """What a method says of a wrong table, by name of the row on the page."""
    if method == "synthgen":
        return dict(zip(THRESHOLDS, repair(learned, wrong, columns, seed, list(THRESHOLDS.values())), strict=True))
    find = {"rules": by_rules, "forest": by_forest}[method]
    return {method: find(learned, wrong, columns, seed, SHARE)}


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    some = next((result for result in results.values() if not result["error"]), None)
    rows = some["figures"]["rows"] if some else 0
    lines = [
        "# Finding and mending wrong cells",
        "",
        f"Written by `python benchmarks/repair.py`. Of each table {rows:,} rows, others for each seed;",
        f"{SHARE * 100:.0f} %",
        "of the cells of every column are made wrong: half of them hold what another row has there, the others have a",
        "zero more (numbers) or another label. A cell that would come out as it was is left alone, so a",
        "little fewer are",
        "wrong. Every method learns either from the wrong table itself, or from as many other rows that are right.",
        "",
        "- Precision and recall of the cells that a method flags, and of the wrong cells by kind. synthgen,",
        "  fitted with the",
        "  target named, flags from a likelihood ratio that one in a thousand cells of held-out rows reach",
        "  (in a table with",
        "  wrong cells, held-out rows have them too), or from one that the user names.",
        "- *Numbers, SD off*: root mean squared error of the whole repaired table, in standard deviations of",
        "  the column;",
        "  *labels wrong*: share of cells; both means over columns. *Left as it is*: the wrong table itself.",
        f"- Column rules: numbers beyond {FENCE} times the distance of the quartiles, labels of fewer than",
        f"  {RARE * 100:.0f} %",
        "  of the rows. Isolation forest: a row's score is spread on its cells by what it loses with the",
        "  usual value in",
        "  the cell's place; it is told the share of wrong cells, and flags so many. Both propose the median or the",
        "  commonest label; synthgen proposes what it takes for likeliest.",
        "",
    ]
    for learned, title in LEARNED.items():
        sections = [line for name in NAMES for line in of_table(results, learned, name)]
        if sections:
            lines += [f"## {title}", "", *sections]
    return lines


def of_table(results: dict[str, dict[str, Any]], learned: str, name: str) -> list[str]:
    """The section of one table."""
    taken = {
        row: [run[row] | {"cpu_s": run["cpu_s"]} for run in ours_of(results, name, learned, method)]
        for method, rows in METHODS.items()
        for row in rows
    }
    there = {row: runs for row, runs in taken.items() if runs}
    if not there:
        return []
    first = next(iter(there.values()))
    before = [spread([run[f"{key}_before"] for run in first], FIGURES[key][1]) for key in ("numbers", "labels")]
    lines = [["left as it is", *[""] * (len(FIGURES) - 2), *before, ""]]
    for row, runs in there.items():
        cells = [spread([run[key] for run in runs], digits) for key, (_, digits) in FIGURES.items()]
        lines.append([TITLES[row], *cells, spread([run["cpu_s"] for run in runs], 0)])
    headings = ["method", *(title for title, _ in FIGURES.values()), "CPU s"]
    return [f"### {TABLES[name].title}", "", *table(headings, lines), *verdict(there)]


def verdict(there: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Who finds more of the wrong cells, and whether the table is nearer to the truth for it."""
    if set(there) != set(TITLES):
        return []
    mean = {m: {key: float(np.mean([run[key] or 0 for run in runs])) for key in FIGURES} for m, runs in there.items()}
    best = max(mean, key=lambda row: mean[row]["f1"])
    lines = [f"Best by F1: {TITLES[best].strip('*')}."]
    for key in ("numbers", "labels"):
        before = float(np.mean([run[f"{key}_before"] or 0 for run in there["usual"]]))
        word = "nearer to" if mean["usual"][key] < before else "farther from"
        lines.append(f"After synthgen's repair the {key} are {word} the truth than before.")
    return [" ".join(lines), ""]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    measure_page(args, cases(args), measure, page)


if __name__ == "__main__":
    main()
