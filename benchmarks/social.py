#!/usr/bin/env python3
"""Linked tables of social data: synthgen beside SDV, MOSTLY AI's engine and independent columns; writes social.md.

    python benchmarks/social.py                              # everything: hours, mostly SDV's
    python benchmarks/social.py --reuse                      # go on where a stopped run was
    python benchmarks/social.py --systems synthgen           # only ours; the others' results stay
    python benchmarks/social.py --judge-again                # judge the tables that are there
    python benchmarks/social.py --report                     # only write the page again

Runs in synthgen's environment, with the extra "recommend"; the others get environments of their own. Made tables stay
below the work folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import graph
import numpy as np
from harness.environments import BENCHMARKS, REPOSITORY, ensure
from harness.execute import read_json, run_step, write_json
from harness.pages import Case, margin, ours_of, parser, pooled, run_page, spread, table
from methods.linked_judging import FEWEST_RATINGS, KNOWN, judged
from methods.linked_tables import HELD, SPECS, LinkedSpec, prepare
from run import chosen, machine

TWITCH = "twitch_de_graph"
WORKERS = BENCHMARKS / "workers"
NEAR = 0.1
"""Of the floor: with one seed, figures that differ by less count as equal."""


@dataclass(frozen=True)
class System:
    """One system.

    Attributes:
        title: for people.
        worker: the program that drives it.
        environment: its own; empty: this one.
        options: by table, what is made simpler for time.
    """

    title: str
    worker: str
    environment: str = ""
    options: dict[str, dict[str, Any]] = field(default_factory=dict)


SYSTEMS = {
    "synthgen": System("**synthgen**", "linked_synthgen_worker.py"),
    "argn": System("MOSTLY AI engine", "linked_argn_worker.py", "argn"),
    "hma": System(
        "SDV HMA",
        "linked_sdv_worker.py",
        "sdv",
        {"airline_tweets": {"made": 1_000}},
    ),
    "par": System(
        "SDV PAR",
        "linked_sdv_worker.py",
        "sdv",
        {
            "movielens_small": {"people": 200, "longest": 100, "epochs": 64, "made": 200},
            "airline_tweets": {"people": 500, "epochs": 64, "made": 1_000},
            "world": {"people": 300, "epochs": 64, "table": "posts", "made": 300},
        },
    ),
    "independent": System("independent columns", "linked_synthgen_worker.py"),
}


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "social", [*SPECS, TWITCH], seeds=1)
    ask.add_argument("--systems", default=",".join(SYSTEMS), help="comma-separated; default: %(default)s")
    ask.add_argument("--sections", default="linked,ties", help="of the report, comma-separated; default: %(default)s")
    ask.add_argument("--minutes", type=float, default=2, help="to train a table, at most, where a system can be told")
    ask.add_argument("--memory", type=float, default=16, help="GB that a system may take; default: %(default)s")
    ask.add_argument("--made", type=Path, help="folder of made tables; default: linked/ in the work folder")
    ask.add_argument("--judge-again", action="store_true", help="make no table that is there, judge all")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed; the graph's systems are those of its own page."""
    tables = [name for name in [*SPECS, TWITCH] if name in args.tables.split(",")]
    chosen(args.tables, {name: name for name in [*SPECS, TWITCH]}, "tables")
    chosen(args.systems, SYSTEMS, "systems")
    found = []
    for seed in range(args.seeds):
        for name in tables:
            systems = list(graph.TITLES) if name == TWITCH else [s for s in SYSTEMS if s in args.systems.split(",")]
            if name == TWITCH and "synthgen" not in args.systems.split(","):
                continue
            found += [
                Case(f"{name}.{system}.{seed}", {"table": name, "system": system, "seed": seed}) for system in systems
            ]
    return found


class Bench:
    """Where everything is, and what is known while the run lasts."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.work = args.work.resolve()
        self.data = args.data.resolve()
        self.place = (args.made or args.work / "linked").resolve()
        self.machine = machine(args)

    def measure(self, case: Case) -> dict[str, Any]:
        """One system on one table."""
        name, system, seed = (case.job[key] for key in ("table", "system", "seed"))
        if name == TWITCH:
            return graph.measure(Case(case.name, {"system": system, "seed": seed}), self.data)
        folder = self.place / f"{name}.{seed}"
        facts = read_json(folder / "facts.json") if (folder / "facts.json").exists() else None
        if facts is None:
            facts = prepare(SPECS[name], self.data, folder, seed)
        made = folder / system
        if not (self.args.judge_again and (made / "made.json").exists()):
            self.make(name, system, seed, folder, facts)
        return read_json(made / "made.json") | judged(folder, made, seed, self.args.sections.split(","))

    def make(self, name: str, system: str, seed: int, folder: Path, facts: dict[str, Any]) -> None:
        """Run a system in a process of its own.

        Raises:
            StepFailed: it failed, took too long, or too much memory.
        """
        spec, out = SYSTEMS[system], folder / system
        shutil.rmtree(out, ignore_errors=True)
        job = {"system": system, "train": str(folder / "train"), "out": str(out), "facts": facts, "seed": seed}
        job |= {"threads": self.args.threads, "minutes": self.args.minutes, "memory_gb": self.args.memory}
        file = write_json(out / "job.json", job | {"options": spec.options.get(name, {})})
        python = ensure(spec.environment, self.work) if spec.environment else Path(sys.executable)
        search = None if spec.environment else REPOSITORY
        run_step([python, WORKERS / spec.worker, file], self.machine, out / "log.txt", search)


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    lines = [
        "# Linked tables of social data",
        "",
        "Written by `python benchmarks/social.py`. Each system learns the tables of 70 % of the people, makes as many",
        f"people with all that is theirs, and is judged beside the other {HELD:.0%}, whom no system saw. Free texts,",
        "lists and places are left out for all (they have pages of their own); films and items are a public catalogue",
        "and stay. 0 is best unless a row says otherwise; a detector's AUC is best at 0.5. *Floor*: the same figure of",
        "held-out people in place of made ones. Bold: the best of its row, or within noise of it. Figures at the floor",
        f"or below it are equal; with one seed so are those that differ by less than {NEAR:.0%} of the floor (a",
        "detector's: than half of its 95 % interval), with more those within two standard errors.",
        "[Metrics](../synthgen/metrics/linked) say",
        "what is measured. Times are seconds of processor time.",
        "",
    ]
    for name, spec in SPECS.items():
        known = {system: found for system in SYSTEMS if (found := ours_of(results, name, system))}
        if known:
            lines += section(spec, known)
            lines += failures(results, name, known)
    graphs = {system: found for system in graph.TITLES if (found := ours_of(results, TWITCH, system))}
    if graphs:
        lines += ["## Friendships of streamers", ""]
        lines += table(["", *(graph.TITLES[system] for system in graphs), "floor"], graph.rows_of(graphs))
        lines += graph.verdict(graphs)
        lines += table(["", "seconds", "edges"], graph.times(graphs))
    return lines


def section(spec: LinkedSpec, known: dict[str, list[dict[str, Any]]]) -> list[str]:
    """One set of tables: figures, what it serves for, costs, what was made simpler."""
    seeds = max(len(found) for found in known.values())
    rows, won, lost = [], [], []
    for name in dict.fromkeys(one["name"] for found in known.values() for one in found[0]["figures"]):
        row, good = line_of(name, known)
        rows.append(row)
        if "synthgen" in known:
            (won if "synthgen" in good else lost).append(row[0])
    lines = [f"## {spec.title}", "", f"{seeds} seed{'s' * (seeds > 1)}.", ""]
    lines += table(["", *(SYSTEMS[system].title for system in known), "floor"], rows)
    if "synthgen" in known:
        missed = f"; not in: {', '.join(lost)}" if lost else ""
        lines += [f"synthgen is best or within noise in {len(won)} of {len(won) + len(lost)} rows{missed}.", ""]
    if any("recommender" in found[0] for found in known.values()):
        lines += serving(known)
    return [*lines, *table(COSTS, [costs(system, found) for system, found in known.items()]), *notes(known)]


def line_of(name: str, known: dict[str, list[dict[str, Any]]]) -> tuple[list[str], set[str]]:
    """A row of the table, and the systems that are best in it."""
    said = {
        system: [one for run in found for one in run["figures"] if one["name"] == name]
        for system, found in known.items()
    }
    said = {system: found for system, found in said.items() if found}
    first = next(iter(said.values()))[0]
    good = best(said)
    cells = []
    for system in known:
        text = spread([one["value"] for one in said.get(system, [])], 3) or "not made"
        cells.append(f"**{text}**" if system in good else text)
    higher = " (higher is better)" if first["direction"] == "higher" else ""
    return [first["title"] + higher, *cells, spread([one["floor"] for one in next(iter(said.values()))], 3)], good


def best(said: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Systems that are best or within noise of it."""
    faults = {system: [fault(one) for one in found] for system, found in said.items()}
    least = min(faults, key=lambda system: float(np.mean(faults[system])))
    usual = pooled(faults.values())
    found = set()
    for system, series in faults.items():
        noise = margin(series, faults[least], usual) if usual else noise_of(said[least][0])
        if float(np.mean(series)) <= float(np.mean(faults[least])) + noise:
            found.add(system)
    return found


def fault(one: dict[str, Any]) -> float:
    """How far a figure is from the best it can be; what is at the floor or below it is 0."""
    value, floor = one["value"], one["floor"]
    if one["direction"] == "half":
        return max(abs(value - 0.5), abs((floor if floor is not None else 0.5) - 0.5))
    if one["direction"] == "higher":
        return max((floor if floor is not None else 1.0) - value, 0.0)
    return max(value - (floor or 0.0), 0.0)


def noise_of(one: dict[str, Any]) -> float:
    """By how much one seed's figures differ by chance."""
    if one["direction"] == "half" and one["interval"]:
        return (one["interval"][1] - one["interval"][0]) / 2
    return NEAR * abs(one["floor"] or 0.0)


def serving(known: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Recommenders taught by made people."""
    rows = []
    for system, found in known.items():
        said = [run["recommender"] for run in found]
        kept = spread([one["ndcg"] / one["real"] for one in said], 0, 100)
        rows.append(
            [
                SYSTEMS[system].title,
                spread([one["ndcg"] for one in said], 3),
                kept,
                spread([one["tau"] for one in said], 2),
            ]
        )
    said = [run["recommender"] for run in next(iter(known.values()))]
    rows.append(
        ["real people", spread([one["real"] for one in said], 3), "100", spread([one["tau_floor"] for one in said], 2)]
    )
    return [
        *table(["recommenders taught by", f"NDCG@10 of {said[0]['best']}", "kept %", "Kendall's tau"], rows),
        f"Recommenders are given {KNOWN:.0%} of each held-out person's ratings and asked for the rest, among films",
        f"with {FEWEST_RATINGS} ratings or more. *tau*: of the order of the recommenders with that when taught by real",
        "people; in the last row between two halves of those tested.",
        "",
    ]


COSTS = ["", "fit s", "sample s", "peak MB", "rows", "references to nothing", "keys that repeat"]


def costs(system: str, found: list[dict[str, Any]]) -> list[str]:
    """Times and memory of a system, and what is wrong with its keys."""
    cells = [spread([run[key] for run in found], 0) for key in ("fit_cpu_s", "sample_cpu_s", "peak_mb")]
    rows = spread([sum(run["rows"].values()) for run in found], 0)
    return [
        SYSTEMS[system].title,
        *cells,
        rows,
        *(spread([run[key] for run in found], 0) for key in ("lost", "doubles")),
    ]


def notes(known: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What was made simpler, system by system."""
    said = [
        f"- {SYSTEMS[system].title}: {'; '.join(found[0]['notes'])}."
        for system, found in known.items()
        if found[0]["notes"]
    ]
    return [*said, *([""] if said else [])]


def failures(results: dict[str, dict[str, Any]], name: str, known: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Systems without a result on these tables."""
    failed = [
        f"- {system.title} failed: {result['error']}."
        for key, system in SYSTEMS.items()
        if key not in known and (result := results.get(f"{name}.{key}.0")) and result["error"]
    ]
    return [*failed, *([""] if failed else [])]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), Bench(args).measure, page)


if __name__ == "__main__":
    main()
