#!/usr/bin/env python3
"""A bot detector where bots are few: weights, over-sampling and synthetic rows side by side; writes balance.md.

    python benchmarks/balance.py                # everything
    python benchmarks/balance.py --shares 0.05 --methods nothing,weights,synthgen
    python benchmarks/balance.py --reuse        # go on where a stopped run was
    python benchmarks/balance.py --report       # only write the page again

Runs in synthgen's environment; imbalanced-learn and SDV in their own.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness import stages
from harness.environments import ensure
from harness.execute import read_json, run_step, write_json
from harness.pages import NOISE, Case, ours_of, parser, spread, table
from harness.tables import TABLES
from methods.imputers import SideBySide
from methods.measuring import measure_page
from methods.ours import balance
from methods.tables import Cells, Columns, boosting, features, read_frame, real_tables
from run import chosen
from sklearn.metrics import average_precision_score, roc_auc_score

NAME, RARE = "twitter_human_bots", "bot"
HELD_SHARE = 0.25
SHARES = (0.01, 0.05)
OVERSAMPLED = ("SMOTE", "BorderlineSMOTE", "ADASYN", "SMOTENC")
METHODS = {
    "nothing": "nothing",
    "weights": "class weights",
    **{name: name for name in OVERSAMPLED},
    "ctgan": "SDV CTGAN, conditions",
    "synthgen": "**synthgen** `balance`",
    "all": "all bots there are",
}
TOPS_UP = (*OVERSAMPLED, "ctgan", "synthgen")
CTGAN_EPOCHS = 100


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "balance", [NAME], seeds=5)
    ask.add_argument("--shares", default=",".join(map(str, SHARES)), help="of bots; default: %(default)s")
    ask.add_argument("--methods", default=",".join(METHODS), help="default: %(default)s")
    ask.add_argument("--epochs", type=int, default=CTGAN_EPOCHS, help="of CTGAN; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed, cheap methods first."""
    chosen(args.tables, {NAME: TABLES[NAME]}, "tables")
    shares = [float(share) for share in args.shares.split(",")]
    methods = [name for name in METHODS if name in args.methods.split(",")]
    return [
        Case(
            f"{method}.{share * 100:.0f}.{seed}",
            {"method": method, "share": share, "seed": seed, "epochs": args.epochs},
        )
        for seed in range(args.seeds)
        for method in methods
        for share in shares
    ]


def split(frame: pd.DataFrame, target: str, share: float, seed: int) -> tuple[pd.DataFrame, ...]:
    """Rows to learn from with so few bots, the same with all bots, and untouched rows to be tested on."""
    order = np.random.default_rng([seed, 7]).permutation(len(frame))
    n_held = round(HELD_SHARE * len(frame))
    held, whole = (frame.iloc[part].reset_index(drop=True) for part in (order[:n_held], order[n_held:]))
    bots = np.flatnonzero(whole[target] == RARE)
    n_bots = round(share / (1 - share) * (len(whole) - len(bots)))
    few = whole.drop(index=bots[n_bots:]).reset_index(drop=True)
    return few, whole, held


def precision_of(columns: Columns, learned: Cells, held: Cells, seed: int, **options: Any) -> dict[str, float]:
    """Average precision and area under the curve of the detector, for bots."""
    at = columns.labels.index(columns.target)
    bot = columns.values[columns.target].index(RARE)
    model = boosting(columns, seed, **options)
    model.fit(features(columns, learned, columns.target), learned.codes_NL[:, at] == bot)
    chance_N = model.predict_proba(features(columns, held, columns.target))[:, 1]
    truth_N = held.codes_NL[:, at] == bot
    found = {"ap": average_precision_score(truth_N, chance_N), "auc": roc_auc_score(truth_N, chance_N)}
    return {name: float(value) for name, value in found.items()}


def joined(one: Cells, other: Cells) -> Cells:
    """Rows below one another."""
    return Cells(np.r_[one.numbers_NM, other.numbers_NM], np.r_[one.codes_NL, other.codes_NL])


def topped(columns: Columns, few: Cells, seed: int, bench: stages.Bench, folder: Path) -> dict[str, Any]:
    """Rows that each way of over-sampling adds; a value that lies between labels becomes the nearest."""
    at = columns.labels.index(columns.target)
    kept = [i for i in range(len(columns.labels)) if i != at]
    side = SideBySide(columns, few)
    first = len(columns.numbers) + sum(side.sizes[:at])
    matrix_NV = np.delete(side.write(few), np.s_[first : first + side.sizes[at]], 1)
    plain_NC = np.concatenate([few.numbers_NM, few.codes_NL[:, kept]], 1)
    labels = np.arange(len(columns.numbers), plain_NC.shape[1])
    np.savez(folder / "ask.npz", matrix=matrix_NV, plain=plain_NC, labels=labels, target=few.codes_NL[:, at])
    job = {"task": "topped", "ask": str(folder / "ask.npz"), "result": str(folder / "topped.json"), "seed": seed}
    worker = [ensure("peers", bench.work), stages.WORKERS / "peers_worker.py", write_json(folder / "job.json", job)]
    run_step(worker, bench.machine, folder / "topped.log")
    found = {}
    for name, said in read_json(folder / "topped.json").items():
        if "error" in said:
            found[name] = said["error"]
            continue
        rows, target_N = np.array(said["rows"], float), np.array(said["target"], int)
        if said["of"] == "matrix":
            rows = np.insert(rows, [first] * side.sizes[at], np.eye(side.sizes[at])[target_N], 1)
            sizes = (len(rows), len(columns.numbers)), (len(rows), len(columns.labels))
            found[name] = side.read(rows, Cells(np.full(sizes[0], np.nan), np.full(sizes[1], -1)))[0]
        else:
            codes_NL = np.insert(rows[:, len(columns.numbers) :].astype(int), at, target_N, 1)
            found[name] = Cells(columns.tidied(rows[:, : len(columns.numbers)]), codes_NL)
    return found


def by_ctgan(
    columns: Columns, few: pd.DataFrame, n_more: int, job: dict[str, Any], bench: stages.Bench, folder: Path
) -> Cells:
    """Bots from SDV's CTGAN, asked for by condition."""
    few.to_csv(folder / "train.csv", index=False)
    full = {"system": "ctgan", "train": str(folder / "train.csv"), "folder": str(folder), "seed": job["seed"]}
    full |= {"epochs": job["epochs"], "rows": n_more, "limit_s": 600, "threads": bench.machine.threads}
    full |= {"conditions": {"bots": {columns.target: RARE}}, "result": str(folder / "drawn.json")}
    worker = [ensure("sdv", bench.work), stages.WORKERS / "conditions_worker.py", write_json(folder / "ask.json", full)]
    run_step(worker, bench.machine, folder / "ctgan.log")
    said = read_json(folder / "drawn.json")["drawn"]["bots"]
    if said["error"] and not said["rows"]:
        raise RuntimeError(said["error"])
    return columns.cells(read_frame(folder / "bots.csv"))


def measure(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """One way, at one share of bots."""
    job = case.job
    spec, seed, method = TABLES[NAME], job["seed"], job["method"]
    frame = pd.concat(real_tables(bench, spec), ignore_index=True)
    few_rows, whole, held_rows = split(frame, spec.target, job["share"], seed)
    columns = Columns(frame, spec.target)
    few, held = columns.cells(few_rows), columns.cells(held_rows)
    n_bots = int((few_rows[spec.target] == RARE).sum())
    n_more = len(few_rows) - 2 * n_bots
    folder = bench.folder(spec, "balance")
    start = time.process_time()
    options: dict[str, Any] = {}
    if method in OVERSAMPLED:
        added = topped(columns, few, seed, bench, folder)[method]
        if isinstance(added, str):
            raise RuntimeError(added)
        learned = joined(few, added)
    elif method == "ctgan":
        learned = joined(few, by_ctgan(columns, few_rows, n_more, job, bench, folder))
    elif method == "synthgen":
        learned = columns.cells(balance(few_rows, spec.target, RARE, n_more, seed))
    else:
        learned = columns.cells(whole) if method == "all" else few
        options = {"class_weight": "balanced"} if method == "weights" else {}
    took = {"cpu_s": time.process_time() - start}
    found = precision_of(columns, learned, held, seed, **options)
    return {**found, **took, "rows": len(few_rows), "bots": n_bots, "added": len(learned.codes_NL) - len(few_rows)}


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    epochs = next((r["job"]["epochs"] for r in results.values()), CTGAN_EPOCHS)
    lines = [
        "# A detector where bots are few",
        "",
        f"Written by `python benchmarks/balance.py`. *{TABLES[NAME].title}*: a quarter of the rows, others",
        "for each seed,",
        "is held out as it is (a third of it bots); from the rest all bots but a few are taken away. scikit-learn's",
        "gradient boosting learns what is left, as it is or topped up until both classes have as many rows,",
        "and ranks the",
        "held-out rows: average precision (1 is best; the share of bots is what chance gets) and area under the curve.",
        "",
        "*All bots there are*: what more real bots would be worth. Labels of over-sampled rows are rounded",
        "to the nearest",
        f"value; CTGAN has {epochs} epochs instead of 300 and draws bots by condition. All have their defaults.",
        "",
    ]
    for share in SHARES:
        taken = {method: ours_of(results, method, f"{share * 100:.0f}") for method in METHODS}
        there = {method: runs for method, runs in taken.items() if runs}
        if not there:
            continue
        some = next(iter(there.values()))[0]
        seeds = max(len(runs) for runs in there.values())
        lines += [f"## {share * 100:.0f} % bots", ""]
        lines += [f"{some['rows']:,} rows to learn from, {some['bots']} of them bots; {seeds} seeds.", ""]
        rows = [
            [
                METHODS[m],
                spread([run["ap"] for run in runs], 3),
                spread([run["auc"] for run in runs], 3),
                against(there, m),
            ]
            for m, runs in there.items()
        ]
        lines += table(["topped up by", "average precision", "AUC", "average precision less that of nothing"], rows)
        lines += verdict(there)
    return lines


def gains(there: dict[str, list[dict[str, Any]]], method: str, than: str) -> np.ndarray:
    """Average precision more than another way's, seed by seed."""
    pairs = zip(there.get(method, []), there.get(than, []), strict=False)
    return np.array([one["ap"] - other["ap"] for one, other in pairs])


def against(there: dict[str, list[dict[str, Any]]], method: str) -> str:
    """The gain over nothing, by seed."""
    return "" if method == "nothing" else spread(gains(there, method, "nothing").tolist(), 3)


def judged(more: np.ndarray) -> str:
    """What paired differences over seeds say: helps, does not help, or makes it worse.

    Example:
        >>> judged(np.array([0.1, 0.12])), judged(np.array([0.1, -0.1])), judged(np.array([-0.1, -0.12]))
        ('helps', 'does not help', 'makes it worse')
    """
    if len(more) < 2:
        return "does not help"
    error = NOISE * float(more.std(ddof=1)) / len(more) ** 0.5
    return "helps" if more.mean() > error else "makes it worse" if more.mean() < -error else "does not help"


def verdict(there: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Where topping up helps and where it does not, by two standard errors of the paired differences."""
    lines = []
    for than in ("nothing", "weights"):
        said: dict[str, list[str]] = {}
        for method in TOPS_UP:
            if method in there and than in there:
                said.setdefault(judged(gains(there, method, than)), []).append(METHODS[method].replace("*", ""))
        beside = "doing nothing" if than == "nothing" else "class weights"
        told = [
            f"{words}: {', '.join(said[words])}"
            for words in ("helps", "does not help", "makes it worse")
            if words in said
        ]
        if told:
            lines.append(f"- Beside {beside}, topping up {'; '.join(told)}.")
    return [*lines, ""] if lines else []


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    measure_page(args, cases(args), measure, page)


if __name__ == "__main__":
    main()
