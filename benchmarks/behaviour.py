#!/usr/bin/env python3
"""Predicting what users do from the generator itself: Revenue of Shoppers beside gradient boosting; behaviour.md.

    python benchmarks/behaviour.py              # everything
    python benchmarks/behaviour.py --reuse      # go on where a stopped run was
    python benchmarks/behaviour.py --report     # only write the page again

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
from methods.measuring import measure_page
from methods.tables import Cells, Columns, boosting, features, real_tables
from run import chosen
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV

from synthgen import Synthesizer

NAMES = ("shoppers",)
HELD_SHARE = 0.2
GRID = {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [7, 15, 31], "min_samples_leaf": [20]}
FOLDS = 3
SYSTEMS = {
    "synthgen": "**synthgen**, `predict_proba`",
    "boosting": "gradient boosting",
    "tuned": "gradient boosting, tuned",
    "share": "the share of each value",
}
FIGURES = {"log_loss": ("log loss", 4), "auc": ("AUC", 4), "cpu_s": ("CPU s", 0)}


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "behaviour", NAMES, seeds=3)
    ask.add_argument("--systems", default=",".join(SYSTEMS), help="comma-separated; default: %(default)s")
    ask.add_argument("--rows", type=int, help="to learn from; default: all but the held-out ones")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed, synthgen first."""
    tables = [entry.name for entry in chosen(args.tables, {name: TABLES[name] for name in NAMES}, "tables")]
    systems = [name for name in SYSTEMS if name in args.systems.split(",")]
    return [
        Case(f"{name}.{system}.{seed}", {"table": name, "system": system, "seed": seed, "rows": args.rows})
        for seed in range(args.seeds)
        for name in tables
        for system in systems
    ]


def split(frame: pd.DataFrame, seed: int, rows: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to learn from and rows to be asked about, others for each seed."""
    order = np.random.default_rng([seed, 5]).permutation(len(frame))
    n_held = round(HELD_SHARE * len(frame))
    parts = order[n_held:][:rows], order[:n_held]
    learned, held = (frame.iloc[part].reset_index(drop=True) for part in parts)
    return learned, held


def chance(system: str, columns: Columns, learned: pd.DataFrame, held: pd.DataFrame, seed: int) -> np.ndarray:
    """Of the last value of the target, for each held-out row; nobody sees the target there."""
    last = columns.values[columns.target][-1]
    if system == "synthgen":
        model = Synthesizer(random_state=seed, target=columns.target).fit(learned)
        said = model.predict_proba(held.drop(columns=columns.target), columns.target)
        return np.asarray(next(said[name] for name in said.columns if str(name) == last), float)
    cells: Cells = columns.cells(learned)
    known = cells.codes_NL[:, columns.labels.index(columns.target)]
    if system == "share":
        return np.full(len(held), float((known == known.max()).mean()))
    model = boosting(columns, seed)
    if system == "tuned":
        model = GridSearchCV(model, GRID, scoring="neg_log_loss", cv=FOLDS)
    model.fit(features(columns, cells, columns.target), known)
    asked = features(columns, columns.cells(held), columns.target)
    return np.asarray(model.predict_proba(asked)[:, -1])


def judged(columns: Columns, held: pd.DataFrame, chance_N: np.ndarray) -> dict[str, float]:
    """Log loss in nats, and area under the curve."""
    truth = held[columns.target].astype(str) == columns.values[columns.target][-1]
    found = {"log_loss": float(log_loss(truth, chance_N)), "auc": float(roc_auc_score(truth, chance_N))}
    return found | {"said": float(chance_N.mean()), "true": float(truth.mean())}


def measure(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """One system on one split."""
    job = case.job
    spec = TABLES[job["table"]]
    frame = pd.concat(real_tables(bench, spec), ignore_index=True)
    learned, held = split(frame, job["seed"], job["rows"])
    columns = Columns(frame, spec.target)
    start = time.process_time()
    chance_N = chance(job["system"], columns, learned, held, job["seed"])
    took = {"cpu_s": time.process_time() - start}
    return {**judged(columns, held, chance_N), **took, "rows": [len(learned), len(held)]}


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    lines = [
        "# Predicting what users do",
        "",
        "Written by `python benchmarks/behaviour.py`. The model that draws tables is asked for the chances",
        "of one column",
        "given the others, `predict_proba(frame, column)`; nothing else is trained. Beside it scikit-learn's gradient",
        f"boosting, with its defaults and with the best of {len(GRID['learning_rate']) * len(GRID['max_leaf_nodes'])}",
        f"settings by log loss over {FOLDS} folds. A fifth of the rows is held out, others for each seed.",
        "",
    ]
    for name in NAMES:
        taken = {system: ours_of(results, name, system) for system in SYSTEMS}
        there = {system: runs for system, runs in taken.items() if runs}
        if not there:
            continue
        sizes = next(iter(there.values()))[0]["rows"]
        rows = [
            [SYSTEMS[system], *(spread([run[key] for run in runs], digits) for key, (_, digits) in FIGURES.items())]
            for system, runs in there.items()
        ]
        lines += [f"## {TABLES[name].title}: `{TABLES[name].target}`", ""]
        lines += [f"{sizes[0]:,} rows to learn from, {sizes[1]:,} asked about.", ""]
        lines += table(["system", *(title for title, _ in FIGURES.values())], rows)
        lines += verdict(taken)
    return lines


def verdict(taken: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The differences from boosting, seed by seed."""
    lines = []
    for peer in ("boosting", "tuned"):
        pairs = list(zip(taken["synthgen"], taken[peer], strict=False))
        if not pairs:
            continue
        told = [
            f"{title} {spread([own[key] - other[key] for own, other in pairs], digits)}"
            for key, (title, digits) in FIGURES.items()
            if key != "cpu_s"
        ]
        lines.append(f"synthgen less {SYSTEMS[peer]}, by seed: {', '.join(told)}.")
    return [*lines, ""]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    measure_page(args, cases(args), measure, page)


if __name__ == "__main__":
    main()
