"""What every worker on linked tables does around its system: reading, clocks, peak memory, one JSON.

A worker is a program ``worker.py JOB.json`` that runs inside its system's own environment and needs nothing from this
repository but this file and ``common.py``. It reads the CSV files of a folder, fits, makes as many people, and leaves
the made tables and ``made.json`` in another folder. Times are text, ``2021-03-01 14:02:11``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from common import limit_threads, peak_mb, version_of

FORM = "%Y-%m-%d %H:%M:%S"


@dataclass
class Job:
    """One system on one set of linked tables.

    Attributes:
        system: which.
        train: folder of the real tables.
        out: folder for the made ones and everything else.
        facts: by table its key, its kinds of columns, whether it is kept, and what it refers to.
        threads: of everything.
        minutes: that fitting of one table should take at most, where the system can be told.
        seed: of every draw.
        memory_gb: of address space, at most; 0: no limit.
        options: of the system.
        notes: what was made simpler for this system, sentences.
    """

    system: str
    train: str
    out: str
    facts: dict[str, Any]
    threads: int = 1
    minutes: float = 10.0
    seed: int = 0
    memory_gb: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def read(self, name: str) -> pd.DataFrame:
        """One table, its times parsed."""
        times = self.of_kind(name, "time")
        return pd.read_csv(Path(self.train, f"{name}.csv"), parse_dates=times, date_format=FORM)

    def of_kind(self, name: str, kind: str) -> list[str]:
        """Columns: ``time``, ``number`` or ``label``."""
        return [column for column, found in self.facts["tables"][name]["columns"].items() if found == kind]

    def refers(self, name: str) -> list[dict[str, str]]:
        """What the rows of a table refer to: column, parent, its key."""
        return [one for one in self.facts["references"] if one["table"] == name]

    def owner(self, name: str) -> dict[str, str] | None:
        """The reference to whose rows they are."""
        return next((one for one in self.refers(name) if one["owner"]), None)

    def keep(self, name: str) -> bool:
        """Whether a table is a public catalogue."""
        return bool(self.facts["tables"].get(name, {}).get("keep"))

    @property
    def people(self) -> str:
        """The table of people."""
        return str(self.facts["people"])

    @property
    def key(self) -> str:
        """Of the table of people."""
        return str(self.facts["people_key"])

    def persons(self) -> pd.DataFrame:
        """The table of people; where it has no file, of its key alone."""
        if self.people in self.facts["tables"]:
            return self.read(self.people)
        keys = {value for name in self.children() for value in self.read(name)[self.owner(name)["column"]]}
        return pd.DataFrame({self.key: sorted(keys)})

    def children(self) -> list[str]:
        """Tables whose rows have an owner."""
        return [name for name in self.facts["tables"] if self.owner(name)]

    def note(self, text: str) -> None:
        """Something that the table of figures must say."""
        self.notes.append(text)


Made = dict[str, pd.DataFrame]


def main(systems: dict[str, Callable[[Job], Callable[[], Made]]], packages: tuple[str, ...]) -> None:
    """Fit and make.

    Args:
        systems: by name, what fits: it returns what makes tables.
        packages: whose versions stand beside the figures.
    """
    job = Job(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    limit_threads(job.threads)
    if job.memory_gb:
        resource.setrlimit(resource.RLIMIT_AS, (int(job.memory_gb * 1e9),) * 2)
    started, cpu = time.perf_counter(), spent()
    make = systems[job.system](job)
    figures: dict[str, Any] = {"fit_s": time.perf_counter() - started, "fit_cpu_s": spent() - cpu}
    figures["fit_peak_mb"] = peak_mb()
    started, cpu = time.perf_counter(), spent()
    made = make()
    figures |= {"sample_s": time.perf_counter() - started, "sample_cpu_s": spent() - cpu, "peak_mb": peak_mb()}
    for name, frame in made.items():
        for column in job.of_kind(name, "time") if name in job.facts["tables"] else []:
            if column in frame and frame[column].dtype.kind == "M":
                frame[column] = frame[column].dt.strftime(FORM)
        frame.to_csv(Path(job.out, f"{name}.csv"), index=False)
    figures["versions"] = {name: version_of(name) for name in packages}
    Path(job.out, "made.json").write_text(json.dumps(figures | {"notes": job.notes}, indent=1), "utf-8")


def spent() -> float:
    """Seconds of processor time of this process and of its finished children."""
    sizes = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(size.ru_utime + size.ru_stime for size in sizes)
