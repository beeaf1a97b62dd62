"""The stages of the run: split a table, judge the floor, run a system, judge what it made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.environments import BENCHMARKS, REPOSITORY, ensure
from harness.execute import Machine, read_json, run_step, write_json
from harness.systems import SystemSpec
from harness.tables import TableSpec

WORKERS = BENCHMARKS / "workers"
NOT_IN_THE_TABLE = "lr,xgb,nn,sdmetrics"  # further figures of the judge that the table does not show
JUDGE_LIMIT_S = 3600.0


@dataclass(frozen=True)
class Bench:
    """Where everything is."""

    data: Path
    judge: Path
    work: Path
    machine: Machine

    def folder(self, table: TableSpec, name: str) -> Path:
        """Working files of a system on a table."""
        path = self.work / "runs" / table.name / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def view(bench: Bench, table: TableSpec, source: Path, result: Path) -> Path:
    """The copy of a CSV that the judge reads."""
    job = {"source": str(source), "result": str(result), "aside": table.aside, "dates": table.dates}
    job_file = write_json(result.with_suffix(".view.json"), job)
    python = ensure("judge", bench.work)
    run_step([python, WORKERS / "judge_tables.py", "view", job_file], bench.machine, result.with_suffix(".view.log"))
    return result


def split(bench: Bench, table: TableSpec) -> dict[str, int]:
    """Write the training and the held-out rows, and return how many there are; files that still fit are kept."""
    folder = bench.folder(table, "tables")
    sources = [bench.data / part for part in (table.train, table.test) if part]
    recipe: dict[str, Any] = {"files": [[str(path), path.stat().st_size, path.stat().st_mtime] for path in sources]}
    recipe |= {"row_ids": table.row_ids, "aside": table.aside, "dates": table.dates}
    facts, mark = folder / "facts.json", folder / "recipe.json"
    if not (facts.exists() and mark.exists() and read_json(mark) == recipe):
        paths = [str(path) for path in sources]
        job = {"train": paths[0], "test": paths[1] if table.test else None, "row_ids": table.row_ids}
        job_file = write_json(folder / "split.json", job | {"folder": str(folder)})
        python = ensure("judge", bench.work)
        run_step([python, WORKERS / "judge_tables.py", "split", job_file], bench.machine, folder / "split.log")
        for part in ("train", "test"):
            view(bench, table, folder / f"{part}.csv", folder / f"{part}.judged.csv")
        write_json(mark, recipe)
    return dict(read_json(facts))


def judge(bench: Bench, table: TableSpec, synthetic: Path, folder: Path, skip: str) -> dict[str, Any]:
    """Run the judge on one synthetic table."""
    tables = bench.folder(table, "tables")
    command: list[str | Path] = [ensure("judge", bench.work), bench.judge, "--synthetic", synthetic]
    for part in ("train", "test"):
        command += [f"--{part}", tables / f"{part}.judged.csv"]
    command += ["--target", table.target, "--task", table.task, "--json", folder / "judge.json"]
    command += ["--skip", skip, "--jobs", str(bench.machine.threads)]
    patient = Machine(bench.machine.cores, bench.machine.threads, bench.machine.nice, JUDGE_LIMIT_S)
    run_step(command, patient, folder / "judge.log")
    return dict(read_json(folder / "judge.json"))


def floor(bench: Bench, table: TableSpec) -> dict[str, Any]:
    """Held-out real rows in place of synthetic ones.

    The judge scales the floor to the size of the synthetic table; the training rows stand in for a table of that size.
    """
    folder = bench.folder(table, "floor")
    said = judge(bench, table, bench.folder(table, "tables") / "train.judged.csv", folder, NOT_IN_THE_TABLE)
    return {"floor": said["floor"], "real": said["real"]}


def run_system(
    bench: Bench, table: TableSpec, system: SystemSpec, options: dict[str, Any], rows: int
) -> dict[str, Any]:
    """Fit, sample and judge one system on one table.

    Raises:
        StepFailed: a step failed; its log is in the working folder.
    """
    folder = bench.folder(table, system.name)
    job = {
        "system": system.name,
        "train": str(bench.folder(table, "tables") / "train.csv"),
        "folder": str(folder),
        "target": table.target,
        "dates": table.dates,
        "threads": bench.machine.threads,
        "rows": rows,
        "speed_rows": max(rows, system.speed_rows) if system.speed_rows else 0,
        "options": system.options | options,
    }
    python, job_file = ensure(system.environment, bench.work), write_json(folder / "job.json", job)
    search = REPOSITORY if system.environment == "synthgen" else None
    figures: dict[str, Any] = {}
    for step in ("fit", "sample"):
        start = time.monotonic()
        run_step([python, WORKERS / system.worker, step, job_file], bench.machine, folder / f"{step}.log", search)
        figures[step] = read_json(folder / f"{step}.json") | {"process_s": time.monotonic() - start}
    synthetic = view(bench, table, folder / "synthetic.csv", folder / "synthetic.judged.csv")
    figures["judge"] = judge(bench, table, synthetic, folder, f"{NOT_IN_THE_TABLE},floor")
    return figures
