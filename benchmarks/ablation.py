#!/usr/bin/env python3
"""What each part of the default model is worth: critic as guide or teacher, number of passes; writes ablation.md.

    python benchmarks/ablation.py                      # everything: hours
    python benchmarks/ablation.py --tables shoppers --seeds 1
    python benchmarks/ablation.py --reuse              # go on where a stopped run was
    python benchmarks/ablation.py --report             # only write the page again

Each table is learned whole and from 1,000 of its rows, from likelihood alone and with the critic's adversarial loss
beside it; each fit draws a table in every number of passes, with and without the critic as guide. Few rows come first,
and each seed is run on all tables before the next one. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
from pathlib import Path
from typing import Any

from harness import stages
from harness.environments import BENCHMARKS, REPOSITORY, ensure
from harness.execute import StepFailed, read_json, run_step, write_json
from harness.tables import TABLES, TableSpec
from run import chosen, machine, say

ARMS: dict[str, dict[str, Any]] = {"likelihood": {"weight": 0.0}, "adversarial": {"weight": 0.3}}
PASSES: tuple[int | None, ...] = (1, 2, 4, 8, None)
GUIDES = (1.0, 2.0)
FEW_ROWS = 1_000
JUDGED_ROWS = 3_000
"""Of each kind, for the detector: 480 tables are judged. Its area is then known to 0.015 in one table."""
TASK_MODEL = {"max_depth": 5, "min_child_weight": 10, "gamma": 0.0, "rounds": 50}
"""One of the judge's 36 settings, instead of the best of them."""
READING = (
    "What the default takes from it: the critic teaches where rows are few (the rule and its limit are in",
    "`synthgen/training/planning.py`), for there shape, trend and detector are better on every table, the task on",
    "two of four; elsewhere it only judges, for there it costs fit time and pays within the noise. All passes, no",
    "guide: fewer passes cost trend, the guide costs shape and half the speed; both are for those who ask. Slots",
    "that hang together are drawn in different passes as long as there are enough of these, which is why few",
    "passes do so well. Times are those of a machine that may have done other work beside; compare them within a",
    "table only.",
)
FIGURES = {"shape": ("shape %", 2), "trend": ("trend %", 2), "detector": ("detector", 3), "task": ("task", 3)}


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = REPOSITORY.parent / "shared"
    ask.add_argument("--tables", default=",".join(TABLES), help="comma-separated; default: %(default)s")
    ask.add_argument("--sizes", default="few,all", help="1,000 rows, all rows, or both; default: %(default)s")
    ask.add_argument("--seeds", type=int, default=3, help="so many; default: %(default)s")
    ask.add_argument("--threads", type=int, default=1, help="of every fit; default: %(default)s")
    ask.add_argument("--cores", help="cores to bind to, as '0,1'; default: as many as threads")
    ask.add_argument("--nice", type=int, default=0, help="lower the priority by this much")
    ask.add_argument("--limit", type=float, default=3600, help="seconds that one step may take; default: %(default)s")
    ask.add_argument("--data", type=Path, default=beside / "data", help="folder of the real tables")
    ask.add_argument("--judge", type=Path, default=beside / "bench/judge.py", help="the judge")
    ask.add_argument("--work", type=Path, default=BENCHMARKS / ".work", help="environments and working files")
    ask.add_argument("--results", type=Path, default=BENCHMARKS / "results/ablation", help="one JSON per fit")
    ask.add_argument("--page", type=Path, default=BENCHMARKS / "ablation.md", help="the page")
    ask.add_argument("--reuse", action="store_true", help="keep results that are there; run only what is missing")
    ask.add_argument("--report", action="store_true", help="run nothing, write the page from the results")
    return ask.parse_args()


def ways() -> dict[str, dict[str, Any]]:
    """How each fit draws its tables."""
    return {f"k{steps or 'all'}_g{guide:g}": {"steps": steps, "guide": guide} for steps in PASSES for guide in GUIDES}


def few(source: Path, seed: int) -> Path:
    """A thousand of the rows, others for each seed."""
    result = source.with_name(f"{source.stem}_few{seed}.csv")
    with source.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    random.Random(seed).shuffle(rows)
    with result.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows[:FEW_ROWS]])
    return result


def run_fit(bench: stages.Bench, table: TableSpec, size: str, arm: str, seed: int) -> dict[str, Any]:
    """Fit, draw, judge.

    Raises:
        StepFailed: a step failed; its log is in the working folder.
    """
    facts = stages.split(bench, table)
    tables = bench.folder(table, "tables")
    train = tables / "train.csv" if size == "all" else few(tables / "train.csv", seed)
    folder = bench.folder(table, f"ablation-{size}-{arm}-{seed}")
    job = {"train": str(train), "folder": str(folder), "target": table.target, "seed": seed, "critic": ARMS[arm]}
    job |= {"rows": facts["train_rows"] if size == "all" else FEW_ROWS, "ways": ways()}
    python = ensure("synthgen", bench.work)
    worker = [python, stages.WORKERS / "ablation_worker.py", write_json(folder / "job.json", job)]
    run_step(worker, bench.machine, folder / "fit.log", REPOSITORY)
    made = {name: str(folder / f"{name}.csv") for name in ways()}
    asked = {"judge": str(bench.judge), "train": str(train), "test": str(tables / "test.csv"), "tables": made}
    asked |= {"aside": table.aside, "dates": table.dates}
    asked |= {"target": table.target, "task": table.task, "seed": seed, "rows": JUDGED_ROWS, "model": TASK_MODEL}
    asked |= {"result": str(folder / "judged.json")}
    judge = [ensure("judge", bench.work), stages.WORKERS / "ablation_judge.py", write_json(folder / "ask.json", asked)]
    run_step(judge, bench.machine, folder / "judge.log")
    for path in folder.glob("*.csv"):
        path.unlink()
    return {**read_json(folder / "fit.json"), "judged": read_json(folder / "judged.json")}


def page(results: Path) -> str:
    """The results as Markdown: mean and, from two seeds on, the standard deviation over them."""
    lines = [
        "# What each part of the default model is worth",
        "",
        "Written by `python benchmarks/ablation.py`. Each table is learned whole and from 1,000 of its rows.",
        "*Likelihood*: no adversarial loss; *adversarial*: the critic weighs the generator's own rows while the rate",
        "decays. *Guide*: two rows are drawn for each that the critic lets pass. *Passes*: of the network for the",
        f"first slots of all columns. Figures are the judge's; its detector sees {JUDGED_ROWS:,} rows of each kind",
        "(fewer where fewer are held out), its task model has one setting instead of 36. Mean over seeds ± standard",
        "deviation; lower is better, but for the task higher (for News it is an error: lower). *Real*: held-out rows",
        "in place of synthetic ones; the task model trained on the real rows.",
        "",
    ]
    lines += [*READING, ""]
    for table in TABLES.values():
        for size in ("all", "few"):
            fits = {arm: _read(results, table.name, size, arm) for arm in ARMS}
            if not any(fits.values()):
                continue
            lines += _table(table, size, fits)
    return "\n".join(lines)


def _read(results: Path, table: str, size: str, arm: str) -> list[dict[str, Any]]:
    return [read_json(path) for path in sorted(results.glob(f"{table}.{size}.{arm}.*.json"))]


def _table(table: TableSpec, size: str, fits: dict[str, list[dict[str, Any]]]) -> list[str]:
    title = table.title if size == "all" else f"{table.title}, {FEW_ROWS:,} rows"
    seeds = max(len(runs) for runs in fits.values())
    lines = [f"## {title}", "", f"{seeds} seed{'s' * (seeds > 1)}.", ""]
    lines += ["| learned by | guide | passes | shape % | trend % | detector | task | rows/s |", "|" + "---|" * 8]
    some = next(runs for runs in fits.values() if runs)
    real = [_spread([run["judged"]["real"][key] for run in some], digits) for key, (_, digits) in FIGURES.items()]
    lines.append(f"| real | | | {' | '.join(real)} | |")
    for arm, runs in fits.items():
        for guide in GUIDES if runs else ():
            for steps in PASSES:
                name = f"k{steps or 'all'}_g{guide:g}"
                cells = [
                    _spread([run["judged"][name][key] for run in runs], digits) for key, (_, digits) in FIGURES.items()
                ]
                speed = statistics.median(run["ways"][name]["rows_per_s"] for run in runs)
                asked = "-" if guide == 1 else f"{guide:g}"
                lines.append(f"| {arm} | {asked} | {steps or 'all'} | {' | '.join(cells)} | {speed:,.0f} |")
    times = [
        f"{arm} {statistics.median(run['fit_s'] for run in runs):.0f} s, ended by "
        f"{', '.join(sorted({str(run['training']['ended_by']) for run in runs}))}"
        for arm, runs in fits.items()
        if runs
    ]
    return [*lines, "", f"Fit: {'; '.join(times)}.", ""]


def _spread(values: list[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean = f"{statistics.mean(known):.{digits}f}"
    return mean if len(known) < 2 else f"{mean} ± {statistics.stdev(known):.{digits}f}"


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    tables = chosen(args.tables, TABLES, "tables")
    sizes = [size for size in ("few", "all") if size in args.sizes.split(",")]
    args.results.mkdir(parents=True, exist_ok=True)
    bench = stages.Bench(args.data, args.judge, args.work, machine(args))
    todo = [(t, size, arm, seed) for size in sizes for seed in range(args.seeds) for t in tables for arm in ARMS]
    for table, size, arm, seed in [] if args.report else todo:
        result = args.results / f"{table.name}.{size}.{arm}.{seed}.json"
        if args.reuse and result.exists():
            continue
        say(f"{table.name}, {size} rows, {arm}, seed {seed}")
        try:
            write_json(result, run_fit(bench, table, size, arm, seed))
        except StepFailed as error:
            say(f"failed: {error}")
        args.page.write_text(page(args.results), encoding="utf-8")
    args.page.write_text(page(args.results), encoding="utf-8")


if __name__ == "__main__":
    main()
