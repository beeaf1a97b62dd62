#!/usr/bin/env python3
"""Private training: synthgen beside AIM, MST and TabularARGN under the same epsilon and delta; writes privacy.md.

    python benchmarks/privacy.py                             # everything: hours
    python benchmarks/privacy.py --reuse                     # go on where a stopped run was
    python benchmarks/privacy.py --systems mst,synthgen --epsilons 1 --seeds 1
    python benchmarks/privacy.py --report                    # only write the page again

Runs in synthgen's environment; the others get environments of their own below the work folder. Noise is drawn from
seeds, so that a run can be repeated: what is made here is for measuring, not for publishing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from harness import stages
from harness.environments import REPOSITORY, ensure
from harness.execute import Machine, read_json, run_step, write_json
from harness.pages import Case, parser, run_page
from harness.tables import TABLES, TableSpec
from methods.private_page import page
from methods.private_systems import (
    ATTACKED,
    ATTACKS,
    AUDIT_CANARIES,
    AUDIT_FITS,
    AUDIT_TABLE,
    EPSILONS,
    FIT_MINUTES,
    NOT_SHOWN,
    SYSTEMS,
    USUAL,
    delta_of,
)
from methods.public_domain import public_domain
from run import chosen, machine


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "privacy", USUAL, seeds=3)
    ask.add_argument("--systems", default=",".join(SYSTEMS), help="comma-separated; default: %(default)s")
    ask.add_argument("--epsilons", default=",".join(f"{epsilon:g}" for epsilon in EPSILONS), help="comma-separated")
    ask.add_argument("--attacks", default=",".join(ATTACKS), help="comma-separated; default: %(default)s")
    ask.add_argument("--judge-again", action="store_true", help="make no table that is there, judge all")
    ask.set_defaults(limit=60.0 * FIT_MINUTES)
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed, epsilon by epsilon, so that a stopped run has the same settings of every system."""
    tables = chosen(args.tables, {name: TABLES[name] for name in USUAL}, "tables")
    chosen(args.systems, SYSTEMS, "systems")
    systems = [name for name in SYSTEMS if name in args.systems.split(",")]
    wanted = [float(epsilon) for epsilon in args.epsilons.split(",")]
    found: dict[str, Case] = {}
    for seed in range(args.seeds):
        for epsilon in wanted:
            for spec in tables:
                for system in systems:
                    job = {"table": spec.name, "system": system, "seed": seed}
                    if SYSTEMS[system].private:
                        job["epsilon"] = epsilon
                    found.setdefault(name_of(**job), Case(name_of(**job), job))
    return [*found.values(), *attack_cases(args, systems)]


def attack_cases(args: argparse.Namespace, systems: list[str]) -> list[Case]:
    """Tables that were made are attacked; the auditor makes his own, of one table."""
    found = []
    for attack in (one for one in ATTACKS if one in args.attacks.split(",")):
        for name in (one for one in args.tables.split(",") if attack == "membership" or one == AUDIT_TABLE):
            for system in (one for one in ATTACKED if one in systems):
                for seed in range(args.seeds if attack == "membership" else 1):
                    job = {"table": name, "system": system, "seed": seed, "attack": attack}
                    if SYSTEMS[system].private:
                        job["epsilon"] = ATTACKS[attack]
                    found.append(Case(f"{attack}.{name_of(name, system, seed, job.get('epsilon'))}", job))
    return found


def name_of(table: str, system: str, seed: int, epsilon: float | None = None) -> str:
    """Of a setting's result."""
    return ".".join([table, system, *([f"{epsilon:g}"] if epsilon is not None else []), str(seed)])


def attack(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """Attack a table that was made, or let the auditor play with the generator."""
    spec, size = TABLES[case.job["table"]], stages.split(bench, TABLES[case.job["table"]])
    made = name_of(*(case.job[key] for key in ("table", "system", "seed")), case.job.get("epsilon"))
    folder, tables = bench.work / "private" / case.name, bench.folder(spec, "tables")
    job = {
        "task": case.job["attack"],
        "target": spec.target,
        "seed": case.job["seed"],
        "threads": bench.machine.threads,
    }
    job |= {part: str(tables / f"{part}.csv") for part in ("train", "test")}
    job |= {"synthetic": str(bench.work / "private" / made / "synthetic.csv"), "result": str(folder / "said.json")}
    job |= {"fits": AUDIT_FITS, "canaries": AUDIT_CANARIES, "options": dict(SYSTEMS[case.job["system"]].options)}
    if "epsilon" in case.job:
        job["options"] |= {"epsilon": case.job["epsilon"], "delta": delta_of(size["train_rows"])}
    file = write_json(folder / "job.json", job)
    patient = Machine(
        bench.machine.cores, bench.machine.threads, bench.machine.nice, AUDIT_FITS * bench.machine.limit_s
    )
    run_step([sys.executable, stages.WORKERS / "attacks_worker.py", file], patient, folder / "log.txt", REPOSITORY)
    return {"attacks": read_json(folder / "said.json")}


def measure(case: Case, bench: stages.Bench, judge_again: bool) -> dict[str, Any]:
    """Fit, sample and judge one system on one table."""
    if "attack" in case.job:
        return attack(case, bench)
    spec, system = TABLES[case.job["table"]], SYSTEMS[case.job["system"]]
    size = stages.split(bench, spec)
    if not system.worker:
        return floor_figures(stages.floor(bench, spec)) | {"rows": size}
    folder = bench.work / "private" / case.name
    if not (judge_again and (folder / "sample.json").exists()):
        make(case, bench, spec, folder, size)
    synthetic = stages.view(bench, spec, folder / "synthetic.csv", folder / "synthetic.judged.csv")
    said = stages.judge(bench, spec, synthetic, folder, NOT_SHOWN)["synthetic"]
    fit, sample = read_json(folder / "fit.json"), read_json(folder / "sample.json")
    return {
        "shape": said["shape_error_pct"],
        "trend": said["trend_error_pct"],
        "trend_fixed": said["trend_error_fixed_bins_pct"],
        "detector": said["c2st_gbm_auc_vs_test"],
        "task": said["mle_auc"],
        "fit_s": fit["fit_s"],
        "fit_cpu_s": fit["fit_cpu_s"],
        "sample_s": sample["sample_s"],
        "peak_mb": max(fit["fit_peak_mb"], sample["sample_peak_mb"]),
        "versions": fit["versions"],
        "rows": size,
    }


def make(case: Case, bench: stages.Bench, spec: TableSpec, folder: Path, size: dict[str, int]) -> None:
    """Run a system's worker, one process to fit and one to sample.

    Raises:
        StepFailed: it failed, or took too long.
    """
    system, seed, rows = SYSTEMS[case.job["system"]], case.job["seed"], size["train_rows"]
    options = dict(system.options)
    if system.private:
        options |= {"epsilon": case.job["epsilon"], "delta": delta_of(rows)}
        if system.environment:
            options |= {"aside": spec.aside, "minutes": bench.machine.limit_s / 60}
        else:
            if options.pop("domain", False):
                train = bench.folder(spec, "tables") / "train.csv"
                options["schema"] = str(public_domain(train, spec.dates, folder / "schema.json"))
            options["privacy"] = dict(options.get("privacy", {})) | {"noise_seed": seed}
    job = {
        "system": case.job["system"],
        "train": str(bench.folder(spec, "tables") / "train.csv"),
        "folder": str(folder),
        "target": spec.target,
        "dates": spec.dates,
        "threads": bench.machine.threads,
        "rows": rows,
        "speed_rows": 0,
        "seed": seed,
        "options": options,
    }
    file = write_json(folder / "job.json", job)
    python = ensure(system.environment, bench.work) if system.environment else Path(sys.executable)
    search = None if system.environment else REPOSITORY
    for step in ("fit", "sample"):
        run_step([python, stages.WORKERS / system.worker, step, file], bench.machine, folder / f"{step}.log", search)


def floor_figures(said: dict[str, Any]) -> dict[str, Any]:
    """Held-out real rows in place of synthetic ones; the task is that of a model trained on real rows."""
    floor = said["floor"]
    return {
        "shape": floor["shape_error_pct_at_synthetic_size"],
        "trend": floor["trend_error_pct_at_synthetic_size"],
        "trend_fixed": floor["trend_error_fixed_bins_pct_at_synthetic_size"],
        "detector": floor["c2st_gbm_auc"],
        "task": said["real"]["mle_auc"],
    }


def main() -> None:
    """Run, and write the page after every result."""
    args = arguments()
    bench = stages.Bench(args.data.resolve(), args.judge.resolve(), args.work.resolve(), machine(args))
    run_page(args, cases(args), lambda case: measure(case, bench, args.judge_again), page)


if __name__ == "__main__":
    main()
