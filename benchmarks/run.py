#!/usr/bin/env python3
"""Runs synthgen and its peers side by side on real tables and writes the table of README.md.

    python benchmarks/run.py                        # everything: hours, mostly CTGAN's
    python benchmarks/run.py --tables shoppers --systems gaussian-copula,synthgen,argn
    python benchmarks/run.py --reuse                # go on where a stopped run was
    python benchmarks/run.py --report               # only write the table again from results/

Standard library only. Each system gets an environment of its own below the work folder, the same cores and
threads, and a fresh process for fitting and for sampling. A system that fails is a row with the reason.
Cheap systems go first and every result is written as it comes.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from pathlib import Path
from typing import Any

from harness import stages
from harness.environments import BENCHMARKS, REPOSITORY, BuildError
from harness.execute import Machine, StepFailed, read_json, write_json
from harness.report import markdown
from harness.systems import SYSTEMS
from harness.tables import TABLES, TableSpec

BEGIN, END = "<!-- results: written by run.py, do not edit -->", "<!-- end of results -->"


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    usual = [name for name, system in SYSTEMS.items() if system.default]
    beside = REPOSITORY.parent / "shared"
    ask.add_argument("--tables", default=",".join(TABLES), help="comma-separated; default: %(default)s")
    ask.add_argument("--systems", default=",".join(usual), help=f"comma-separated, of {', '.join(SYSTEMS)}")
    ask.add_argument("--threads", type=int, default=2, help="threads of every system; default: %(default)s")
    ask.add_argument("--cores", help="cores to bind every system to, as '0,1'; default: as many as threads")
    ask.add_argument("--nice", type=int, default=0, help="lower every system's priority by this much")
    ask.add_argument("--limit", type=float, default=7200, help="seconds that one step may take; default: %(default)s")
    ask.add_argument("--data", type=Path, default=beside / "data", help="folder of the real tables")
    ask.add_argument("--judge", type=Path, default=beside / "bench/judge.py", help="the judge")
    ask.add_argument("--experiment", type=Path, default=beside / "experiments/any_order.py", help="its script")
    ask.add_argument("--work", type=Path, default=BENCHMARKS / ".work", help="environments and working files")
    ask.add_argument("--results", type=Path, default=BENCHMARKS / "results", help="one JSON per figure set")
    ask.add_argument("--page", type=Path, default=BENCHMARKS / "README.md", help="the page that holds the table")
    ask.add_argument("--reuse", action="store_true", help="keep results that are there; run only what is missing")
    ask.add_argument("--report", action="store_true", help="run nothing, write the page from the results")
    return ask.parse_args()


def chosen(given: str, known: dict[str, Any], what: str) -> list[Any]:
    """The named entries, in the registry's order."""
    names = [name for name in given.split(",") if name]
    for name in names:
        if name not in known:
            sys.exit(f"--{what}: no {name!r}; there are: {', '.join(known)}")
    return [entry for name, entry in known.items() if name in names]


def machine(args: argparse.Namespace) -> Machine:
    """The cores and threads of this run."""
    cores: tuple[int, ...] = ()
    if hasattr(os, "sched_getaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        cores = tuple(int(core) for core in args.cores.split(",")) if args.cores else tuple(allowed[: args.threads])
        if not set(cores) <= set(allowed):
            sys.exit(f"--cores: {args.cores}; this process may use {', '.join(map(str, allowed))}")
    return Machine(cores, args.threads, args.nice, args.limit)


def say(text: str) -> None:
    """One line with the time."""
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def write_page(results: Path, page: Path) -> None:
    """Put the tables between the page's marks; a page without marks gets them at its end."""
    floors = {path.stem.removesuffix(".floor"): read_json(path) for path in sorted(results.glob("*.floor.json"))}
    taken = [read_json(path) for path in sorted(results.glob("*.json")) if not path.stem.endswith(".floor")]
    text = page.read_text("utf-8") if page.exists() else ""
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n".lstrip()
    before, rest = text.split(BEGIN, 1)
    page.write_text(f"{before}{BEGIN}\n{markdown(floors, taken)}{END}{rest.split(END, 1)[1]}", "utf-8")


def prepare(bench: stages.Bench, tables: list[TableSpec], args: argparse.Namespace) -> dict[str, dict[str, int]]:
    """Split every table and judge its floor; return the sizes of the tables that are there."""
    sizes = {}
    for table in tables:
        missing = [path for path in (table.train, table.test) if path and not (args.data / path).exists()]
        if missing:
            say(f"{table.name}: left out, {args.data / missing[0]} is not there; --data names the folder")
            continue
        sizes[table.name] = stages.split(bench, table)
        target = args.results / f"{table.name}.floor.json"
        if not (args.reuse and target.exists()):
            say(f"{table.name}: judging the floor")
            write_json(target, stages.floor(bench, table))
    return sizes


def take(bench: stages.Bench, table: TableSpec, system: Any, size: dict[str, int], experiment: Path) -> dict[str, Any]:
    """One result: figures, or the reason why there are none."""
    options = {"script": str(experiment), "seconds": 60} if system.name == "experiment" else {}
    result = {"table": table.name, "system": system.name, "error": None, "rows": size}
    result["load_before"] = os.getloadavg()[0]  # other work on the machine makes times worthless; this shows it
    try:
        result |= stages.run_system(bench, table, system, options, size["train_rows"])
    except (StepFailed, BuildError) as reason:
        result["error"] = without_paths(str(reason), bench)
    return result


def without_paths(text: str, bench: stages.Bench) -> str:
    """Results are published: folders of this machine do not belong in them."""
    for folder, name in ((bench.work, ".work"), (bench.data, "data"), (REPOSITORY, "."), (Path.home(), "~")):
        text = text.replace(str(folder), name)
    return text


def summary(result: dict[str, Any]) -> str:
    """One line for the person who waits."""
    if result["error"]:
        return f"failed: {result['error']}"
    said = result["judge"]["synthetic"]
    return (
        f"fit {result['fit']['fit_s']:.1f} s, {result['sample']['rows_per_s']:,.0f} rows/s, "
        f"shape {said['shape_error_pct']:.2f}, trend {said['trend_error_pct']:.2f}, "
        f"detector {said['c2st_gbm_auc_vs_test']:.3f}"
    )


def main() -> None:
    """Run, and write the page after every result."""
    args = arguments()
    args.work, args.results = args.work.resolve(), args.results.resolve()
    if not args.report:
        if not args.judge.exists():
            sys.exit(f"--judge: {args.judge} is not there; name the judge's file")
        bench = stages.Bench(args.data.resolve(), args.judge.resolve(), args.work, machine(args))
        tables, systems = chosen(args.tables, TABLES, "tables"), chosen(args.systems, SYSTEMS, "systems")
        run_mark = args.work / "run.json"
        if not (args.reuse and run_mark.exists()):
            write_json(run_mark, datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"))
        run, facts = read_json(run_mark), bench.machine.facts()
        sizes = prepare(bench, tables, args)
        for system in systems:
            for table in (table for table in tables if table.name in sizes):
                target = args.results / f"{table.name}.{system.name}.json"
                if args.reuse and target.exists() and not read_json(target)["error"]:
                    continue
                say(f"{table.name}: {system.name} ...")
                result = take(bench, table, system, sizes[table.name], args.experiment.resolve())
                date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                write_json(target, result | {"run": run, "date": date, "machine": facts})
                say(f"{table.name}: {system.name}: {summary(result)}")
                write_page(args.results, args.page)
    write_page(args.results, args.page)
    say(f"written: {args.page}")


if __name__ == "__main__":
    main()
