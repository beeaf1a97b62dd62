#!/usr/bin/env python3
"""How synthgen scales, and what the rule for batch, width and steps rests on; writes scale.md.

    python benchmarks/scale.py                     # everything: an hour or two on two cores
    python benchmarks/scale.py --parts limits,read # some parts; the page keeps the others
    python benchmarks/scale.py --reuse             # go on where a stopped run was

Tables are made, from a law that is known (workers/made_tables.py). Each measurement is a fresh process with its own
peak memory, in the same environment and on the same cores as run.py uses. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.environments import BENCHMARKS, REPOSITORY, ensure
from harness.execute import Machine, StepFailed, read_json, run_step, write_json
from harness.report import three_digits

SIZES = [
    (100, 10),
    (1_000, 10),
    (10_000, 10),
    (100_000, 10),
    (1_000_000, 10),
    (10_000, 2),
    (10_000, 100),
    (10_000, 300),
]
LEARN_SIZES = [
    (100, 10),
    (1_000, 10),
    (10_000, 2),
    (10_000, 10),
    (10_000, 100),
    (2_000, 300),
    (100_000, 10),
    (1_000_000, 10),
]
BATCHES, WIDTHS = [256, 512, 1024], [64, 128, 256]
CATEGORY_FIT_S, CATEGORY_GB = 60, 1.5
READ_S, READ_GB = 60, 3.0
EVALUATE_S, EVALUATE_GB = 300, 6.0
BUSY = 0.8
"""A measurement that computes for less of its time shared its core with other work."""
ACCOUNTS = {"real": (1_000_000, 1, 0.0), "holdout": (100_000, 2, 0.0), "synthetic": (1_000_000, 3, 0.05)}
"""Rows, seed and drift (how wrong the law is) of the three tables that are judged."""
NEAREST_ROWS, NEAREST_COLUMNS, NEAREST_S, NEAREST_GB = 30_000, [(6, 9), (15, 0)], 60, 2.0
HELP_S, HELP_RUNS = 0.4, 9


@dataclass(frozen=True)
class Scale:
    """Where and how to measure."""

    work: Path
    machine: Machine
    reuse: bool
    cap_s: float

    def measure(self, task: str, name: str, job: dict[str, Any]) -> dict[str, Any]:
        """Figures of one measurement, or ``{"error": reason}``."""
        folder = self.work / "scale"
        result, asked = folder / f"{task}-{name}.json", folder / f"{task}-{name}.job.json"
        if self.reuse and result.exists() and asked.exists():
            return {**read_json(result), "threads": read_json(asked)["threads"]}
        job = job | {"threads": self.machine.threads, "result": str(result)}
        job_file = write_json(asked, job)
        command: list[str | Path] = [
            ensure("synthgen", self.work),
            BENCHMARKS / "workers/scale_worker.py",
            task,
            job_file,
        ]
        print(f"{time.strftime('%H:%M:%S')} {task} {name}", flush=True)
        try:
            run_step(command, self.machine, result.with_suffix(".log"), REPOSITORY)
        except StepFailed as reason:
            return {"error": str(reason)}
        return {**read_json(result), "threads": self.machine.threads}

    def table(self, rows: int, columns: int, measured: bool) -> str:
        """Path of a made table; made when it is not there."""
        path = self.work / "scale" / f"made-{rows}x{columns}{'-measured' if measured else ''}.csv"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            job = {"csv": str(path), "rows": rows, "columns": columns, "measured": measured}
            self.measure("make", path.stem, job)
        return str(path)


def met(text: str, reached: bool) -> str:
    """Bold when a bar is reached."""
    return f"**{text}**" if reached else text


def grid(headings: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return [*lines, *["| " + " | ".join(row) + " |" for row in rows], ""]


def on_threads(seen: dict[str, Any]) -> str:
    """How many threads a measurement had."""
    return f"{seen['threads']} thread{'s' if seen['threads'] > 1 else ''}"


def help_time(scale: Scale) -> list[str]:
    """``synthgen --help``, median of nine starts after one that fills the disk cache."""
    command = [str(ensure("synthgen", scale.work)), "-m", "synthgen", "--help"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    seconds, before = [], os.times()
    for _ in range(HELP_RUNS + 1):
        start = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, check=False, preexec_fn=scale.machine.bind)
        seconds.append(time.perf_counter() - start)
        if done.returncode:
            return ["`synthgen --help` failed.", ""]
    after, middle = os.times(), statistics.median(seconds[1:])
    cpu = (after.children_user + after.children_system - before.children_user - before.children_system) / len(seconds)
    reached = met(f"{middle:.2f} s", middle < HELP_S)
    return [f"`synthgen --help`: {reached} (median of {HELP_RUNS}; bar {HELP_S} s), {cpu:.2f} s of it computing.", ""]


def limits(scale: Scale) -> list[str]:
    """The command's start, and 20,000 rows with a category of 5,000 values."""
    path = scale.work / "scale" / "category.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        scale.measure("make", "category", {"csv": str(path), "rows": 20_000, "category_values": 5_000})
    seen = scale.measure("fit", "category", {"csv": str(path), "options": {}, "sample_rows": 20_000})
    lines = help_time(scale)
    if "error" in seen:
        return [*lines, f"20,000 rows with a category of 5,000 values: failed, {seen['error']}", ""]
    fit_s, gigabytes = seen["fit_s"], seen["whole_peak_mb"] / 1000
    return [
        *lines,
        f"20,000 rows with a category of 5,000 values: fit {met(f'{fit_s:.1f} s', fit_s <= CATEGORY_FIT_S)} "
        f"(bar {CATEGORY_FIT_S} s), peak {met(f'{gigabytes:.2f} GB', gigabytes < CATEGORY_GB)} (bar {CATEGORY_GB} GB), "
        f"sampling {seen['rows_per_s']:,.0f} rows/s; {on_threads(seen)}.",
        "",
    ]


def read(scale: Scale) -> list[str]:
    """1,000,000 rows x 15 columns: read, detect, encode."""
    seen = scale.measure("codec", "1000000x15", {"csv": scale.table(1_000_000, 15, measured=True)})
    if "error" in seen:
        return [f"Failed: {seen['error']}", ""]
    total, gigabytes = seen["total_s"], seen["whole_peak_mb"] / 1000
    steps = [f"{seen[key]:.1f}" for key in ("read_s", "detect_s", "codec_s", "encode_s")]
    cells = [*steps, met(f"{total:.1f}", total <= READ_S), met(f"{gigabytes:.2f}", gigabytes < READ_GB)]
    cells.insert(-1, f"{seen['cpu_s']:.1f}")
    headings = ["read s", "detect s", "fit the codec s", "encode s", "together s", "CPU s", "peak GB"]
    return [*grid(headings, [["", "", "", "", f"*{READ_S}*", "", f"*{READ_GB}*"], cells]), on_threads(seen), ""]


def accounts(scale: Scale, name: str) -> str:
    """Path of one of the three tables that are judged; made when it is not there."""
    rows, seed, drift = ACCOUNTS[name]
    path = scale.work / "scale" / f"accounts-{name}.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scale.measure("make", path.stem, {"csv": str(path), "rows": rows, "seed": seed, "drift": drift})
    return str(path)


def evaluate(scale: Scale) -> list[str]:
    """The whole command on a million rows, and the distances of 30,000 rows to as many."""
    job = {name: accounts(scale, name) for name in ACCOUNTS}
    seen = scale.measure("judge", "1000000x20", job | {"target": "bot", "out": str(scale.work / "scale" / "report")})
    sizes = " and ".join(f"{ACCOUNTS[name][0]:,} {name}" for name in ("synthetic", "holdout"))
    lines = [f"`synthgen evaluate` on {ACCOUNTS['real'][0]:,} real, {sizes} rows of 20 columns in CSV files.", ""]
    if "error" in seen:
        lines += [f"Failed: {seen['error']}", ""]
    else:
        gigabytes = seen["whole_peak_mb"] / 1000
        cells = [
            met(f"{seen['wall_s']:.0f}", seen["wall_s"] <= EVALUATE_S),
            f"{seen['cpu_s']:.0f}",
            met(f"{gigabytes:.2f}", gigabytes < EVALUATE_GB),
            f"{seen['page_bytes'] / 1e6:.2f}",
            f"{seen['measured']} of {seen['asked']}",
            f"{seen['told']}",
        ]
        headings = ["s", "CPU s", "peak GB", "page MB", "figures that apply", "steps of the progress bar"]
        lines += [
            *grid(headings, [[f"*{EVALUATE_S}*", "", f"*{EVALUATE_GB}*", "", "", ""], cells]),
            f"{on_threads(seen)}; other work ran beside it: it got {seen['cpu_s'] / seen['wall_s']:.0%} of a core."
            if seen["cpu_s"] < BUSY * seen["wall_s"]
            else on_threads(seen),
            "",
        ]
    return [*lines, *distances(scale)]


def distances(scale: Scale) -> list[str]:
    """The nearest of 30,000 rows to each of 30,000 rows."""
    rows, lines = [], [f"Exact nearest rows, {NEAREST_ROWS:,} x {NEAREST_ROWS:,}:", ""]
    threads = set[str]()
    for quantities, labels in NEAREST_COLUMNS:
        job = {"rows": NEAREST_ROWS, "quantities": quantities, "labels": labels}
        seen = scale.measure("nearest", f"{NEAREST_ROWS}x{quantities}+{labels}", job)
        name = f"{quantities} of numbers, {labels} of labels"
        if "error" in seen:
            rows.append([name, f"failed: {seen['error']}", "", ""])
            continue
        seconds, gigabytes = seen["wall_s"], seen["whole_peak_mb"] / 1000
        memory = met(f"{gigabytes:.2f}", gigabytes < NEAREST_GB)
        rows.append([name, met(f"{seconds:.1f}", seconds <= NEAREST_S), f"{seen['cpu_s']:.1f}", memory])
        threads.add(on_threads(seen))
    bars = ["", f"*{NEAREST_S}*", "", f"*{NEAREST_GB}*"]
    return [*lines, *grid(["columns", "s", "CPU s", "peak GB"], [bars, *rows]), ", ".join(sorted(threads)), ""]


def sizes(scale: Scale) -> list[str]:
    """Whole fits with defaults."""
    rows = []
    for n_rows, columns in SIZES:
        job = {"csv": scale.table(n_rows, columns, measured=True), "options": {}, "sample_rows": 10_000}
        seen = scale.measure("fit", f"{n_rows}x{columns}", job)
        name = f"{n_rows:,} x {columns}"
        if "error" in seen:
            rows.append([name, f"failed: {seen['error']}", "", "", "", ""])
            continue
        memory = [f"{seen[key]:,.0f}" for key in ("fit_peak_mb", "whole_peak_mb")]
        rows.append(
            [name, f"{seen['fit_s']:.1f}", f"{seen['fit_cpu_s']:.1f}", *memory, three_digits(seen["rows_per_s"])]
        )
    note = "Labels, whole numbers and continuous numbers by turns; reading and detecting included; 10,000 rows drawn."
    headings = ["rows x columns", "fit s", "CPU s", "peak MB, fit", "peak MB, with sampling", "sample rows/s"]
    return [note, "", *grid(headings, rows)]


def learned(seen: dict[str, Any]) -> str:
    """Loss on fresh rows and the seconds it took, and whether the time limit cut the training."""
    if "error" in seen:
        return "failed"
    return f"{seen['loss']:.2f} ({seen['train_s']:.0f} s{', cut' if seen['cut'] else ''})"


def best_in_bold(cells: list[dict[str, Any]]) -> list[str]:
    """The lowest loss of a row in bold, with every other within a thousandth of it."""
    losses = [seen["loss"] for seen in cells if "loss" in seen]
    low = min(losses, default=0.0)
    return [met(learned(seen), "loss" in seen and seen["loss"] <= low + 0.001 * abs(low)) for seen in cells]


def rule(scale: Scale) -> list[str]:
    """Batch at the rule's width, then width at the rule's batch."""
    lines = [
        "Nats per row on 4,000 fresh rows of the same law, lower is better, and training time; best of a row in bold,",
        "with what is within a thousandth of it. `law`: the law's own likelihood, which no model can beat. `columns",
        "alone`: the same columns without their dependence. Both are left out where a value was too rare to be kept.",
        f"A training has {scale.cap_s:.0f} s; `cut` says that it would have gone on.",
        "",
    ]
    for what, values in (("batch_rows", BATCHES), ("width", WIDTHS)):
        rows, threads = [], set[str]()
        for n_rows, columns in LEARN_SIZES:
            csv = scale.table(n_rows, columns, measured=False)
            job = {"csv": csv, "columns": columns, "fresh_csv": csv.replace("made-", "fresh-"), "cap_s": scale.cap_s}
            by_rule = scale.measure("learn", f"{n_rows}x{columns}-rule", job | {"settings": {}})
            chosen = by_rule.get("plan", {}).get(what)
            taken = [
                by_rule
                if value == chosen
                else scale.measure("learn", f"{n_rows}x{columns}-{what}{value}", job | {"settings": {what: value}})
                for value in values
            ]
            known = next((seen for seen in taken if seen.get("law") is not None), None)
            ends = [f"{known[key]:.2f}" for key in ("law", "alone")] if known else ["", ""]
            threads |= {on_threads(seen) for seen in taken if "threads" in seen}
            rows.append([f"{n_rows:,} x {columns}", str(chosen or ""), *best_in_bold(taken), *ends])
        title = {"batch_rows": "Batch", "width": "Width"}[what]
        headings = ["rows x columns", "the rule says", *map(str, values), "law", "columns alone"]
        lines += [f"### {title}", "", *grid(headings, rows), ", ".join(sorted(threads)), ""]
    return lines


PARTS: dict[str, tuple[str, Callable[[Scale], list[str]]]] = {
    "limits": ("Limits", limits),
    "read": ("Before training: 1,000,000 rows x 15 columns in a CSV", read),
    "evaluate": ("Judging: 1,000,000 rows x 20 columns", evaluate),
    "sizes": ("Fit with defaults", sizes),
    "rule": ("What the rule for batch and width rests on", rule),
}


def sections(page: str) -> dict[str, str]:
    """What a page says below each of its headings of the second level."""
    parts = [part.split("\n", 1) for part in f"\n{page}".split("\n## ")[1:]]
    return {part[0]: part[1].strip() if len(part) > 1 else "" for part in parts}


def whole_page(top: list[str], kept: dict[str, str]) -> str:
    """The page: a part that was not measured this time stands as it stood."""
    titles = [title for title, _ in PARTS.values() if title in kept]
    return "\n".join(top) + "".join(f"\n## {title}\n\n{kept[title]}\n" for title in titles)


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--parts", default=",".join(PARTS), help="comma-separated; default: %(default)s")
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--cores", help="as '0,1'; default: as many as threads")
    ask.add_argument("--nice", type=int, default=0)
    ask.add_argument("--limit", type=float, default=1800, help="seconds that one measurement may take")
    ask.add_argument("--cap", type=float, default=90, help="seconds that one training of the rule's grid may take")
    ask.add_argument("--work", type=Path, default=BENCHMARKS / ".work")
    ask.add_argument("--page", type=Path, default=BENCHMARKS / "scale.md")
    ask.add_argument("--reuse", action="store_true", help="keep measurements that are there")
    return ask.parse_args()


def main() -> None:
    """Measure, and write the page after every part."""
    args = arguments()
    cores: tuple[int, ...] = ()
    if hasattr(os, "sched_getaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        cores = tuple(int(core) for core in args.cores.split(",")) if args.cores else tuple(allowed[: args.threads])
    machine = Machine(cores, args.threads, args.nice, args.limit)
    scale = Scale(args.work.resolve(), machine, args.reuse, args.cap)
    top = [
        "# How synthgen scales",
        "",
        "Written by `python benchmarks/scale.py`; bars in italics, figures that reach them in bold.",
        "",
    ]
    kept = sections(args.page.read_text("utf-8")) if args.page.exists() else {}
    where = f"{machine.facts()['cpu']}, no GPU"
    for part in args.parts.split(","):
        title, measure = PARTS[part]
        kept[title] = "\n".join([*measure(scale), f"{where}; {time.strftime('%Y-%m-%d')}."])
        args.page.write_text(whole_page(top, kept), "utf-8")
    print(f"written: {args.page}")


if __name__ == "__main__":
    main()
