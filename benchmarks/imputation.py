#!/usr/bin/env python3
"""Filling removed cells: synthgen beside means, neighbours, chained regressions, forests and a GAIN; imputation.md.

    python benchmarks/imputation.py                      # everything
    python benchmarks/imputation.py --tables shoppers --shares 0.3 --seeds 1 --methods synthgen,forests
    python benchmarks/imputation.py --reuse              # go on where a stopped run was
    python benchmarks/imputation.py --report             # only write the page again

Runs in synthgen's environment; the judge's functions are read from its file.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
from harness import stages
from harness.pages import Case, ours_of, parser, pooled, spread, table
from harness.pages import margin as margin_of
from harness.tables import TABLES
from methods.figures import errors
from methods.gain import STEPS, gain
from methods.holes import MECHANISMS, with_holes
from methods.imputers import (
    DRAWS,
    FOREST_ROUNDS,
    LEAF_ROWS,
    NEAREST,
    NEIGHBOURS,
    ROUNDS,
    TREES,
    Filled,
    chained,
    forests,
    mean_mode,
    neighbours,
)
from methods.measuring import measure_page
from methods.ours import impute
from methods.tables import Cells, Columns, distances, real_tables, some_rows, task_auc
from run import chosen

NAMES = ("adult", "shoppers", "twitter_human_bots")
SHARES = (0.1, 0.3, 0.5)
METHODS: dict[str, tuple[str, Callable[[Columns, Cells, int], Filled] | None]] = {
    "synthgen": ("**synthgen**", None),
    "mean-mode": ("mean, mode", mean_mode),
    "neighbours": ("KNNImputer", neighbours),
    "chained": ("IterativeImputer", chained),
    "forests": ("forests", forests),
    "gain": ("GAIN", gain),
}
ONCE = ("gain",)
"""With one seed and gaps at random alone: a minute each, and far from the others."""
OURS, LIKELIEST = "synthgen", "likeliest"
FIGURES = {
    "rmse": ("RMSE", 3, False),
    "crps": ("CRPS", 3, False),
    "accuracy": ("accuracy", 3, True),
    "log_loss": ("log loss", 3, False),
    "shape": ("shape %", 2, False),
    "trend": ("trend %", 2, False),
    "task": ("task AUC", 3, True),
}
"""Title, digits, and whether more is better."""
ASKED = ("shape", "trend", "log_loss")
"""What is counted: the distribution kept, and the chances of labels."""


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "imputation", NAMES, seeds=2)
    ask.add_argument("--shares", default="0.1,0.3,0.5", help="of the cells removed; default: %(default)s")
    ask.add_argument("--mechanisms", default=",".join(MECHANISMS), help="default: %(default)s")
    ask.add_argument("--depending-seeds", type=int, default=1, help="for gaps that depend; default: %(default)s")
    ask.add_argument("--methods", default=",".join(METHODS), help="default: %(default)s")
    ask.add_argument("--rows", type=int, default=2_000, help="of each table; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed, gaps at random first, synthgen first in each setting."""
    shares = [float(share) for share in args.shares.split(",")]
    methods = [name for name in METHODS if name in args.methods.split(",")]
    tables = [entry.name for entry in chosen(args.tables, {name: TABLES[name] for name in NAMES}, "tables")]
    found = []
    for seed in range(args.seeds):
        for mechanism in args.mechanisms.split(","):
            if mechanism == "depending" and seed >= args.depending_seeds:
                continue
            for method in methods:
                if method in ONCE and (seed or mechanism != "random"):
                    continue
                for name in tables:
                    for share in shares:
                        job = {"table": name, "mechanism": mechanism, "share": share, "method": method}
                        found.append(Case(setting(**job, seed=seed), job | {"seed": seed, "rows": args.rows}))
    return found


def setting(table: str, mechanism: str, share: float, method: str, seed: int | None = None) -> str:
    """Name of a result."""
    parts = [table, mechanism, f"{share * 100:.0f}", method, *([] if seed is None else [str(seed)])]
    return ".".join(parts)


@cache
def whole(bench: stages.Bench, name: str, rows: int, seed: int) -> tuple[pd.DataFrame, Columns, Cells, float]:
    """Rows of a table, its columns, held-out rows, and what a classifier of the whole rows is worth."""
    train, test = real_tables(bench, TABLES[name])
    frame = some_rows(train, rows, seed)
    columns = Columns(frame, TABLES[name].target)
    held = columns.cells(test)
    return frame, columns, held, task_auc(columns, columns.cells(frame), held, seed)


def measure(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """One method on one table with holes."""
    job, seed = case.job, case.job["seed"]
    frame, columns, held, whole_task = whole(bench, job["table"], job["rows"], seed)
    holed, _ = with_holes(frame, job["mechanism"], job["share"], seed)
    truth, known = columns.cells(frame), columns.cells(holed)
    start, cpu = time.perf_counter(), time.process_time()
    fill = METHODS[job["method"]][1]
    likeliest = None
    if fill is None:
        filled, likeliest = impute(columns, known, holed, seed)
    else:
        filled = fill(columns, known, seed)
    took = {"wall_s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}
    found: dict[str, Any] = {**errors(columns, truth, known, filled), **took}
    kept = {"drawn": filled.draws[0], **({} if likeliest is None else {LIKELIEST: likeliest})}
    real = columns.frame(truth)
    for name, cells in kept.items():
        said = distances(bench.judge, columns, real, columns.frame(cells))
        said["task"] = task_auc(columns, cells, held, seed)
        if name == LIKELIEST:
            guessed = Filled(cells, [cells], filled.chances)
            said = {LIKELIEST: {**errors(columns, truth, known, guessed), "log_loss": None, **said}}
        found |= said
    return found | {"whole_task": whole_task, "rows": len(frame)}


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    some = next((result for result in results.values() if not result["error"]), None)
    rows = some["figures"]["rows"] if some else 0
    lines = [
        "# Filling removed cells",
        "",
        f"Written by `python benchmarks/imputation.py`. Of each table {rows:,} rows, others for each seed; cells are",
        "removed from every column, the target's too, and each method sees the table with its holes and nothing else.",
        "*At random*: every cell with the same chance. *Depending*: a third of the columns stay whole; each other one",
        "follows one of these, and loses a cell with a chance of twice the share times the row's rank there.",
        "",
        "- RMSE and CRPS in standard deviations of the column, accuracy, log loss in nats: of the removed cells, each",
        f"  the mean over columns. CRPS is of {DRAWS} draws (fair form); a method without draws pays its",
        "  absolute error.",
        "  For the log loss each method's chances are mixed with 1 % of the column's own shares.",
        "- Shape and trend error in percent, by the judge's functions: the filled table (a draw, where the method",
        "  draws) against the same rows before cells were removed. The classifier (scikit-learn's",
        "  gradient boosting) learns the filled table and is asked about held-out real rows; *no holes* is one that",
        "  learned the table before.",
        "- synthgen: fitted with its defaults and the target named on the table with holes; `impute` for the draws,",
        "  its mean over draws as best number, `predict_proba` for chances and the best label. *likeliest*: what",
        "  `impute` fills in when asked for the likeliest value.",
        f"- IterativeImputer: Bayesian ridge on numbers and on one column per value, {ROUNDS} rounds,",
        f"  {NEAREST} nearest",
        f"  features; posterior draws. KNNImputer: {NEIGHBOURS} neighbours, no draws. Forests: MissForest with {TREES}",
        f"  trees, at least {LEAF_ROWS} rows in a leaf, {FOREST_ROUNDS} rounds; draws from the leaves. GAIN:",
        "  the one-shot",
        f"  generator and the critic's trunk of this package, {STEPS} steps. Filled numbers of all are cut to the",
        "  column's range and rounded where it is whole.",
        "- Bold: the best of its setting, or within noise of it (two standard errors over seeds, the spread",
        "  pooled over",
        "  the shares of a table; with one seed the best alone). ± standard deviation over seeds; without",
        "  it, one seed.",
        "",
    ]
    for mechanism, title in MECHANISMS.items():
        sections, counts = [], {figure: [0, 0] for figure in ASKED}
        for name in NAMES:
            sections += of_table(results, mechanism, name, counts)
        if sections:
            lines += [f"## Cells removed {title}", "", *verdict(counts), *sections]
    return lines


def verdict(counts: dict[str, list[int]]) -> list[str]:
    """In how many settings synthgen is best or within noise."""
    told = [
        f"{FIGURES[figure][0].removesuffix(' %')} in {good} of {among} settings"
        for figure, (good, among) in counts.items()
    ]
    return [f"synthgen is best or within noise: {', '.join(told)}.", ""]


def of_table(results: dict[str, dict[str, Any]], mechanism: str, name: str, counts: dict[str, list[int]]) -> list[str]:
    """The section of one table; what is counted is added up."""
    taken = {
        (share, method): ours_of(results, setting(name, mechanism, share, method))
        for share in SHARES
        for method in METHODS
    }
    usual = {figure: pooled(values(runs, figure) for runs in taken.values()) for figure in FIGURES}
    rows = []
    for share in SHARES:
        there = {method: taken[share, method] for method in METHODS if taken[share, method]}
        if not there:
            continue
        good = {figure: winners(there, figure, usual[figure]) for figure in FIGURES}
        for figure in ASKED:
            if OURS in there and len(there) > 1:
                counts[figure][0] += OURS in good[figure]
                counts[figure][1] += 1
        no_holes = spread([run["whole_task"] for run in next(iter(there.values()))], 3)
        rows.append([f"{share * 100:.0f} %", "no holes", *[""] * 6, no_holes, ""])
        for method, runs in there.items():
            cells = [
                bold(spread(values(runs, figure), digits), method in good[figure])
                for figure, (_, digits, _) in FIGURES.items()
            ]
            rows.append(["", METHODS[method][0], *cells, spread([run["cpu_s"] for run in runs], 0)])
            if method == OURS:
                said = [[run[LIKELIEST].get(figure) for run in runs] for figure in FIGURES]
                cells = [spread(each, FIGURES[figure][1]) for figure, each in zip(FIGURES, said, strict=True)]
                rows.append(["", "synthgen, likeliest", *cells, ""])
    if not rows:
        return []
    headings = ["removed", "method", *[title for title, _, _ in FIGURES.values()], "CPU s"]
    seeds = max(len(runs) for runs in taken.values())
    return [f"### {TABLES[name].title}", "", f"{seeds} seed{'s' * (seeds > 1)}.", "", *table(headings, rows)]


def values(runs: list[dict[str, Any]], figure: str) -> list[float]:
    """A figure by seed."""
    return [run[figure] for run in runs if run[figure] is not None]


def winners(there: dict[str, list[dict[str, Any]]], figure: str, usual: float) -> set[str]:
    """The best method and those within noise of it."""
    sign = -1 if FIGURES[figure][2] else 1
    seen = {method: values(runs, figure) for method, runs in there.items()}
    means = {method: sign * sum(each) / len(each) for method, each in seen.items() if each}
    best = min(means, key=lambda method: means[method])
    return {m for m, mean in means.items() if mean <= means[best] + margin_of(seen[m], seen[best], usual)}


def bold(text: str, good: bool) -> str:
    """Marked or not."""
    return f"**{text}**" if good and text else text


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    measure_page(args, cases(args), measure, page)


if __name__ == "__main__":
    main()
