"""Runs one step of one system in a process of its own: on the chosen cores, with a time limit, its words in a log."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class StepFailed(RuntimeError):
    """A step ended badly; the text is the reason that the table gives."""


@dataclass(frozen=True)
class Machine:
    """The part of this computer that every system gets."""

    cores: tuple[int, ...]
    """Core numbers; empty where the operating system cannot bind a process to cores."""
    threads: int
    nice: int
    limit_s: float
    """Seconds that one step may take."""

    def bind(self) -> None:
        """Called in the child: what ``taskset`` and ``nice`` do."""
        if self.cores:
            os.sched_setaffinity(0, self.cores)
        if self.nice:
            os.nice(self.nice)

    def facts(self) -> dict[str, Any]:
        """What stands above the table."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        return {
            "cpu": cpu_model(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "cores_used": list(self.cores),
            "threads": self.threads,
            "memory_gb": round(memory, 1),
            "system": platform.platform(terse=True),
            "python": platform.python_version(),
        }


def cpu_model() -> str:
    """The processor's name, as far as this system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def last_words(log: Path) -> str:
    """The last line of a log that says something; in a Python program that failed, the error."""
    lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def run_step(command: Sequence[str | Path], machine: Machine, log: Path, search: Path | None = None) -> None:
    """Run a command to its end.

    Args:
        command: program and arguments.
        machine: cores, threads, time limit.
        log: what the command says.
        search: a folder that Python looks for modules in first.

    Raises:
        StepFailed: the command failed or took longer than the limit.
    """
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(machine.threads))
    environment["CUDA_VISIBLE_DEVICES"] = ""  # same cores for all: no system may use a GPU
    environment["PYTHONHASHSEED"] = "0"
    if search is not None:
        environment["PYTHONPATH"] = str(search)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        try:
            done = subprocess.run(
                [str(part) for part in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=machine.limit_s,
                preexec_fn=machine.bind if os.name == "posix" else None,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StepFailed(f"not done after {machine.limit_s:.0f} s") from None
    if done.returncode < 0:
        raise StepFailed(f"stopped from outside by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise StepFailed(f"exit {done.returncode}: {last_words(log)}")


def write_json(path: Path, value: Any) -> Path:
    """Write beside, then rename, so that a stopped run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    beside.write_text(json.dumps(value, indent=1), "utf-8")
    beside.replace(path)
    return path


def read_json(path: Path) -> Any:
    """Read what ``write_json`` wrote."""
    return json.loads(path.read_text("utf-8"))
