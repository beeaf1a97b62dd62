"""What every worker does around its system: threads, clocks, peak memory, and one JSON per step.

A worker is a program ``worker.py STEP JOB.json`` that runs inside its system's own environment and needs
nothing from this repository but this file. There are two steps, each a fresh process, so that each has a
peak memory of its own:

``fit``     read the training CSV, fit (timed together), save the model; writes ``fit.json``
``sample``  load the model (timed apart), draw a table as long as the training table into ``synthetic.csv``,
            then, for fast systems, a longer one for the speed; writes ``sample.json``
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Job:
    """One system on one table."""

    system: str
    train: str
    """The training rows, a CSV."""
    folder: str
    """Where the model, the table and the figures go."""
    target: str
    dates: list[str]
    """Columns that hold dates; a system that wants them parsed may parse them."""
    threads: int
    rows: int
    """How many rows the synthetic table has."""
    speed_rows: int
    """How many rows the speed is measured on; 0: the synthetic table itself."""
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """A file or folder of this job."""
        return Path(self.folder, name)


@dataclass(frozen=True)
class System:
    """How to drive one system; ``sample`` takes the model, how many rows, and a seed."""

    fit: Callable[[Job], Any]
    save: Callable[[Any, Job], None]
    load: Callable[[Job], Any]
    sample: Callable[[Any, int, int], Any]
    packages: tuple[str, ...]
    """Distributions whose versions stand beside the figures."""


def peak_mb() -> float:
    """Largest resident size so far of this process or of any finished child, in MB (10^6 bytes)."""
    sizes = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(sizes) * BYTES_PER_MAXRSS / 1e6


def limit_threads(threads: int) -> None:
    """Give torch, where there is one, as many threads as the job says; the environment tells the rest."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(threads)


def write_csv(table: Any, path: Path) -> None:
    """Write a pandas or Arrow table as CSV."""
    if hasattr(table, "to_csv"):
        table.to_csv(path, index=False)
    else:
        from pyarrow import csv

        csv.write_csv(table, path)


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What the action returns, and how many seconds it took."""
    start = time.perf_counter()
    result = action()
    return result, time.perf_counter() - start


def fit_step(system: System, job: Job) -> dict[str, Any]:
    """Fit and save; the clock stops before saving."""
    cpu_start = time.process_time()
    model, seconds = timed(lambda: system.fit(job))
    figures = {"fit_s": seconds, "fit_cpu_s": time.process_time() - cpu_start, "fit_peak_mb": peak_mb()}
    system.save(model, job)
    return figures


def sample_step(system: System, job: Job) -> dict[str, Any]:
    """Load, draw the table to be judged, then draw for the speed."""
    model, load_s = timed(lambda: system.load(job))
    table, sample_s = timed(lambda: system.sample(model, job.rows, job.seed + 1))
    write_csv(table, job.path("synthetic.csv"))
    speed_rows, speed_s = job.rows, sample_s
    if job.speed_rows:
        del table
        speed_rows = job.speed_rows
        _, speed_s = timed(lambda: system.sample(model, speed_rows, job.seed + 2))
    return {
        "load_s": load_s,
        "sample_s": sample_s,
        "sample_rows": job.rows,
        "speed_rows": speed_rows,
        "rows_per_s": speed_rows / speed_s,
        "sample_peak_mb": peak_mb(),
    }


def version_of(package: str) -> str:
    """The installed version of a distribution."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "source tree"


def main(system: System) -> None:
    """Run the step that the command line names."""
    step, job_file = sys.argv[1:]
    job = Job(**json.loads(Path(job_file).read_text("utf-8")))
    limit_threads(job.threads)
    figures = {"fit": fit_step, "sample": sample_step}[step](system, job)
    figures["versions"] = {name: version_of(name) for name in system.packages}
    job.path(f"{step}.json").write_text(json.dumps(figures, indent=1), "utf-8")
