"""What measured pages share: one command, one JSON per setting, a page written from these; standard library only."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import textwrap
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.environments import BENCHMARKS, REPOSITORY
from harness.execute import cpu_model, read_json, write_json

NOISE = 2.0
"""Standard errors of a difference that count as noise: 1 of 20 equal pairs are further apart."""
LINE = 118
"""Characters in a line of a page."""


@dataclass(frozen=True)
class Case:
    """One setting that is measured.

    Attributes:
        name: of its result file, parts between dots.
        job: what ``measure`` needs to know.
    """

    name: str
    job: dict[str, Any] = field(default_factory=dict)


def parser(doc: str, name: str, tables: Iterable[str], seeds: int) -> argparse.ArgumentParser:
    """The command line that all pages share.

    Args:
        doc: of the script.
        name: of the page and of the folder of results.
        tables: usual ones.
        seeds: usual number.
    """
    ask = argparse.ArgumentParser(description=doc.splitlines()[0])
    beside = REPOSITORY.parent / "shared"
    ask.add_argument("--tables", default=",".join(tables), help="comma-separated; default: %(default)s")
    ask.add_argument("--seeds", type=int, default=seeds, help="so many; default: %(default)s")
    ask.add_argument("--threads", type=int, default=1, help="of everything; default: %(default)s")
    ask.add_argument("--cores", help="cores to bind other systems to, as '0,1'; default: as many as threads")
    ask.add_argument("--nice", type=int, default=0, help="lower the priority of other systems by this much")
    ask.add_argument("--limit", type=float, default=3600, help="seconds that one step may take; default: %(default)s")
    ask.add_argument("--data", type=Path, default=beside / "data", help="folder of the real tables")
    ask.add_argument("--judge", type=Path, default=beside / "bench/judge.py", help="the judge")
    ask.add_argument("--work", type=Path, default=BENCHMARKS / ".work", help="environments and working files")
    ask.add_argument("--results", type=Path, default=BENCHMARKS / "results" / name, help="one JSON per setting")
    ask.add_argument("--page", type=Path, default=BENCHMARKS / f"{name}.md", help="the page")
    ask.add_argument("--reuse", action="store_true", help="keep results that are there; run only what is missing")
    ask.add_argument("--report", action="store_true", help="run nothing, write the page from the results")
    return ask


def run_page(
    args: argparse.Namespace,
    cases: Iterable[Case],
    measure: Callable[[Case], dict[str, Any]],
    page: Callable[[dict[str, dict[str, Any]]], list[str]],
) -> None:
    """Measure what is missing, and write the page after every setting.

    A setting that fails is a result with the reason; ``--reuse`` tries it again.
    """
    args.results.mkdir(parents=True, exist_ok=True)
    for case in [] if args.report else cases:
        target = args.results / f"{case.name}.json"
        if args.reuse and target.exists() and not read_json(target)["error"]:
            continue
        print(f"{datetime.datetime.now():%H:%M:%S} {case.name}", flush=True)
        write_json(target, measured(case, measure))
        write_page(args, page)
    write_page(args, page)
    print(f"written: {args.page}")


def measured(case: Case, measure: Callable[[Case], dict[str, Any]]) -> dict[str, Any]:
    """One result, with what it took and where, or why there is none."""
    result: dict[str, Any] = {"case": case.name, "job": case.job, "error": None}
    started, cpu = time.perf_counter(), time.process_time()
    try:
        result["figures"] = measure(case)
    except Exception as reason:
        traceback.print_exc()
        words = (str(reason).splitlines() or [""])[0]
        result["error"] = f"{type(reason).__name__}: {words}"[:300].replace(str(REPOSITORY), ".")
    result["wall_s"], result["cpu_s"] = time.perf_counter() - started, time.process_time() - cpu
    result["machine"] = {"cpu": cpu_model(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    return result | {"date": time.strftime("%Y-%m-%d")}


def write_page(args: argparse.Namespace, page: Callable[[dict[str, dict[str, Any]]], list[str]]) -> None:
    """The page from the results that are there."""
    results = {path.stem: read_json(path) for path in sorted(args.results.glob("*.json"))}
    lines = [*page(results), *closing(list(results.values()))]
    args.page.write_text("\n".join(wrapped(lines)).rstrip() + "\n", "utf-8")


def wrapped(lines: Iterable[str]) -> list[str]:
    """Lines of the same paragraph or item made equally long; headings and tables stay.

    Example:
        >>> wrapped(["# Title", "", "one", "two", "- three", "  four", "| five |"])
        ['# Title', '', 'one two', '- three four', '| five |']
    """
    found: list[str] = []
    for line in lines:
        text = line.strip()
        alone = not text or text.startswith(("#", "|", "- "))
        if alone or not found or not found[-1] or found[-1].startswith(("#", "|")):
            found.append(text)
        else:
            found[-1] += f" {text}"
    return [part for line in found for part in _broken(line)]


def _broken(line: str) -> list[str]:
    if line.startswith(("#", "|")) or not line:
        return [line]
    indent = "  " if line.startswith("- ") else ""
    return textwrap.wrap(line, LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def closing(results: Sequence[dict[str, Any]]) -> list[str]:
    """Where, when and at what cost the figures were taken, and what failed."""
    if not results:
        return []
    failed = [f"- `{result['case']}` failed: {result['error']}" for result in results if result["error"]]
    minutes = sum(result["cpu_s"] for result in results) / 60
    last = max(results, key=lambda result: str(result["date"]))
    where = f"{last['machine']['cpu']}; Python {last['machine']['python']}; {last['date']}"
    spent = f"{len(results)} settings, {minutes:.0f} minutes of processor time in all (other systems' own not counted)."
    return [*failed, *([""] if failed else []), f"{where}; {spent}"]


def ours_of(results: dict[str, dict[str, Any]], *parts: str) -> list[dict[str, Any]]:
    """Figures of all seeds of a setting: results whose name has these parts, in this order, before the seed."""
    wanted = ".".join(parts)
    return [
        result["figures"]
        for name, result in results.items()
        if name.rsplit(".", 1)[0] == wanted and not result["error"]
    ]


def spread(values: Iterable[float | None], digits: int, times: float = 1.0) -> str:
    """Mean and, from two seeds on, the standard deviation over them; empty where nothing is known.

    Example:
        >>> spread([1.0, 2.0, None], 2), spread([0.5], 1, times=100), spread([None], 2)
        ('1.50 ± 0.71', '50.0', '')
    """
    known = [value * times for value in values if value is not None]
    if not known:
        return ""
    mean = f"{statistics.mean(known):,.{digits}f}"
    return mean if len(known) < 2 else f"{mean} ± {statistics.stdev(known):,.{digits}f}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and an empty line."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def margin(ours: Sequence[float], other: Sequence[float], usual: float) -> float:
    """How far apart two means over seeds may be by chance.

    Args:
        ours: figures by seed.
        other: the same.
        usual: standard deviation over seeds, pooled over alike settings; stands in for one that few seeds tell badly.

    Example:
        >>> round(margin([1.0, 1.2], [1.1, 1.3], 0.1), 3)
        0.2
    """
    return NOISE * usual * (1 / len(ours) + 1 / len(other)) ** 0.5


def pooled(groups: Iterable[Sequence[float]]) -> float:
    """Standard deviation over seeds, pooled over settings; 0 where no setting has two seeds."""
    many = [group for group in groups if len(group) > 1]
    squares = sum((len(group) - 1) * statistics.variance(group) for group in many)
    return float((squares / sum(len(group) - 1 for group in many)) ** 0.5) if many else 0.0
