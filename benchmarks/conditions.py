#!/usr/bin/env python3
"""Rows under conditions, from likely to one in a million: time, kept or not, and their law; writes conditions.md.

    python benchmarks/conditions.py                       # everything
    python benchmarks/conditions.py --systems synthgen
    python benchmarks/conditions.py --reuse               # go on where a stopped run was
    python benchmarks/conditions.py --report              # only write the page again

Runs in synthgen's environment; SDV's CTGAN and MOSTLY AI's TabularARGN in their own.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness import stages
from harness.environments import ensure
from harness.execute import read_json, run_step, write_json
from harness.pages import Case, ours_of, parser, spread, table
from harness.tables import TABLES
from methods.measuring import measure_page
from methods.tables import Columns, distances, read_frame, real_tables
from run import chosen

from synthgen import Synthesizer

NAME, FREE = "shoppers", "free"
ENOUGH = 200
"""Held-out rows that keep a condition, from which its law is compared."""
MOST_TIMES = 3.0
"""What conditioned rows may take, beside as many free ones."""
CTGAN_EPOCHS = 10
TITLES = {"synthgen": "**synthgen**", "ctgan": "SDV CTGAN", "argn": "MOSTLY AI TabularARGN"}
ENVIRONMENT = {"ctgan": "sdv", "argn": "argn"}


@dataclass(frozen=True)
class Asked:
    """A condition.

    Attributes:
        name: in file names.
        values: columns that must hold a value.
        ranges: columns that must lie between two numbers, both included; only synthgen takes these.
    """

    name: str
    values: dict[str, Any]
    ranges: dict[str, tuple[float, float]] | None = None

    def where(self) -> dict[str, Any]:
        """As synthgen takes it."""
        return {**self.values, **(self.ranges or {})}

    def words(self) -> str:
        """As it is read."""
        parts = [f"{name}={value}" for name, value in self.values.items()]
        return ", ".join([*parts, *(f"{name}={low:g}..{high:g}" for name, (low, high) in (self.ranges or {}).items())])

    def kept_by(self, frame: pd.DataFrame) -> np.ndarray:
        """Which rows keep it."""
        kept_N = np.ones(len(frame), bool)
        for name, value in self.values.items():
            kept_N &= (frame[name].astype(str) == str(value)).to_numpy()
        for name, (low, high) in (self.ranges or {}).items():
            kept_N &= frame[name].between(low, high).to_numpy()
        return kept_N

    def if_independent(self, frame: pd.DataFrame) -> float:
        """The share of rows that would keep it if its columns had nothing to do with one another."""
        return float(np.prod([Asked("", *part).kept_by(frame).mean() for part in self.parts()]))

    def parts(self) -> list[tuple[dict[str, Any], dict[str, tuple[float, float]]]]:
        """One column at a time."""
        values = [({name: value}, {}) for name, value in self.values.items()]
        return [*values, *(({}, {name: limits}) for name, limits in (self.ranges or {}).items())]


CONDITIONS = [
    Asked("half", {"OperatingSystems": 2}),
    Asked("tenth", {"TrafficType": 4}),
    Asked("hundredth", {"TrafficType": 4, "Revenue": True}),
    Asked("thousandth", {"TrafficType": 4, "Revenue": True, "Region": 4}),
    Asked("ten-thousandth", {"Month": "Sep", "Region": 2, "Revenue": True, "Weekend": True}),
    Asked(
        "millionth",
        {"Month": "Sep", "Region": 2, "Revenue": True, "Weekend": True, "TrafficType": 4, "Browser": 5},
    ),
    Asked("range", {}, {"ProductRelated": (30, 60)}),
    Asked("ranges", {"VisitorType": "New_Visitor"}, {"ExitRates": (0.0, 0.02), "ProductRelated": (20, 1000)}),
    Asked("rare ranges", {"Month": "Feb"}, {"PageValues": (20, 1000), "ProductRelated": (100, 1000)}),
]


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "conditions", [NAME], seeds=1)
    ask.add_argument("--systems", default=",".join(TITLES), help="comma-separated; default: %(default)s")
    ask.add_argument("--rows", type=int, default=10_000, help="under each condition; default: %(default)s")
    ask.add_argument("--epochs", type=int, default=CTGAN_EPOCHS, help="of CTGAN; default: %(default)s")
    ask.add_argument("--patience", type=int, default=300, help="seconds for one condition; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed, synthgen first."""
    chosen(args.tables, {NAME: TABLES[NAME]}, "tables")
    job = {"rows": args.rows, "epochs": args.epochs, "patience": args.patience}
    names = [name for name in TITLES if name in args.systems.split(",")]
    return [Case(f"{name}.{s}", {**job, "system": name, "seed": s}) for s in range(args.seeds) for name in names]


def halves(bench: stages.Bench, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to learn from and as many held out."""
    frame = pd.concat(real_tables(bench, TABLES[NAME]), ignore_index=True)
    order = np.random.default_rng([seed, 4]).permutation(len(frame))
    first, second = (frame.iloc[part].reset_index(drop=True) for part in np.array_split(order, 2))
    return first, second


def ours(learned: pd.DataFrame, job: dict[str, Any], folder: Path, conditions: list[Asked], **options: Any) -> Any:
    """Fit synthgen and draw: what was drawn lies in the folder."""
    start = time.process_time()
    model = Synthesizer(random_state=job["seed"], target=TABLES[NAME].target, **options).fit(learned)
    found: dict[str, Any] = {"fit_cpu_s": time.process_time() - start, "drawn": {}}
    model.sample(500)
    for asked in [None, *conditions]:
        start, name = time.process_time(), asked.name if asked else FREE
        rows = model.sample(job["rows"], random_state=job["seed"], where=asked.where() if asked else None)
        found["drawn"][name] = {"rows": len(rows), "error": None, "cpu_s": time.process_time() - start}
        found["drawn"][name]["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        rows.to_csv(folder / f"{name}.csv", index=False)
        if asked:
            found["drawn"][name]["share"] = model.share_of(asked.where())
    return found


def theirs(learned: pd.DataFrame, job: dict[str, Any], folder: Path, bench: stages.Bench) -> Any:
    """The same of another system, in its own environment."""
    learned.to_csv(folder / "train.csv", index=False)
    conditions = {FREE: None} | {asked.name: asked.values for asked in CONDITIONS if not asked.ranges}
    full = {"system": job["system"], "train": str(folder / "train.csv"), "folder": str(folder), "seed": job["seed"]}
    full |= {"epochs": job["epochs"], "rows": job["rows"], "limit_s": job["patience"], "threads": bench.machine.threads}
    full |= {"conditions": conditions, "result": str(folder / "drawn.json")}
    python = ensure(ENVIRONMENT[job["system"]], bench.work)
    worker = [python, stages.WORKERS / "conditions_worker.py", write_json(folder / "job.json", full)]
    run_step(worker, bench.machine, folder / "draw.log")
    return read_json(folder / "drawn.json")


def measure(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """One system."""
    job = case.job
    learned, held = halves(bench, job["seed"])
    folder = bench.folder(TABLES[NAME], f"conditions-{job['system']}-{job['seed']}")
    if job["system"] == "synthgen":
        found = ours(learned, job, folder, CONDITIONS)
    else:
        found = theirs(learned, job, folder, bench)
    for asked in CONDITIONS:
        seen = found["drawn"].get(asked.name)
        if seen and seen["rows"]:
            seen |= compared(bench.judge, asked, read_frame(folder / f"{asked.name}.csv"), learned, held)
    return found | {"facts": [fact(asked, learned, held) for asked in CONDITIONS]}


def compared(
    judge: Path, asked: Asked, drawn: pd.DataFrame, learned: pd.DataFrame, held: pd.DataFrame
) -> dict[str, Any]:
    """The share that keeps the condition, and how near the other columns are to held-out rows that keep it."""
    found: dict[str, Any] = {"kept": float(asked.kept_by(drawn).mean())}
    real = held[asked.kept_by(held)].drop(columns=list(asked.where()))
    if len(real) < ENOUGH:
        return found
    beside = learned[asked.kept_by(learned)][real.columns]
    target = TABLES[NAME].target if TABLES[NAME].target in real.columns else real.columns[-1]
    columns = Columns(pd.concat([real, beside, drawn[real.columns]], ignore_index=True), target)
    return found | {
        "law": distances(judge, columns, real, drawn[real.columns]),
        "floor": distances(judge, columns, real, beside),
    }


def fact(asked: Asked, learned: pd.DataFrame, held: pd.DataFrame) -> dict[str, Any]:
    """What real rows say of a condition."""
    whole = pd.concat([learned, held])
    kept = asked.kept_by(whole)
    return {"share": float(kept.mean()), "rows": int(kept.sum()), "independent": asked.if_independent(whole)}


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    taken = {name: ours_of(results, name) for name in TITLES}
    some = next((result for result in results.values() if not result["error"]), None)
    if some is None:
        return ["# Rows under conditions", ""]
    rows, epochs = some["job"]["rows"], some["job"]["epochs"]
    lines = [
        "# Rows under conditions",
        "",
        f"Written by `python benchmarks/conditions.py`. *{TABLES[NAME].title}*, a random half of its rows to",
        "learn from",
        f"and the other half held out; {rows:,} rows are asked for under each condition. Times are seconds of",
        "processor",
        "time on one thread, so other work on the machine hardly shows.",
        "",
        *peers(taken, epochs),
        "| condition | real rows that keep it | of all | if its columns were independent | synthgen says |",
        "|---|---|---|---|---|",
    ]
    facts = some["figures"]["facts"]
    for asked, seen in zip(CONDITIONS, facts, strict=True):
        said = [run["drawn"][asked.name]["share"] for run in taken["synthgen"]]
        means = f"{np.mean(said):.2g}" if said else ""
        words = f"{seen['share']:.2g}" if seen["rows"] else "none"
        lines.append(f"| {asked.words()} | {seen['rows']:,} | {words} | {seen['independent']:.2g} | {means} |")
    lines += ["", "## Time", "", *times(taken), *verdict(taken, rows), "## Rows that keep the condition", ""]
    lines += kept(taken, rows)
    return [*lines, *law(taken)]


def peers(taken: dict[str, list[dict[str, Any]]], epochs: int) -> list[str]:
    """How the others are asked, of those that were."""
    lines = []
    if taken["ctgan"]:
        lines += [
            f"CTGAN is fitted for {epochs} epochs instead of 300, for its times alone (drawing takes as long however",
            "well it has learned); it draws free rows, drops those that do not keep one, and takes no ranges.",
        ]
    if taken["argn"]:
        lines.append("TabularARGN has its defaults, is given the columns as seeds, and takes no ranges.")
    return [*lines, ""] if lines else []


def times(taken: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Seconds, and how many times those of free rows."""
    there = [name for name in TITLES if taken[name]]
    lines = []
    for name in [FREE, *(asked.name for asked in CONDITIONS)]:
        words = next((asked.words() for asked in CONDITIONS if asked.name == name), "*free rows*")
        lines.append([words, *(time_cell(taken[system], name) for system in there)])
    return table(["condition", *(TITLES[name] for name in there)], lines)


def time_cell(runs: list[dict[str, Any]], name: str) -> str:
    """One cell: seconds (times those of free rows)."""
    seen = [run["drawn"][name] for run in runs if name in run["drawn"]]
    if not seen:
        return "does not take it"
    if any(each["error"] for each in seen):
        return f"{spread([each['cpu_s'] for each in seen], 1)}: {seen[0]['error']}".replace("|", "/")
    ratios = [each["cpu_s"] / run["drawn"][FREE]["cpu_s"] for each, run in zip(seen, runs, strict=True)]
    beside = "" if name == FREE else f" ({np.mean(ratios):.1f} x)"
    return spread([each["cpu_s"] for each in seen], 1) + beside


def verdict(taken: dict[str, list[dict[str, Any]]], rows: int) -> list[str]:
    """Whether the bar is kept."""
    ratios = [
        run["drawn"][asked.name]["cpu_s"] / run["drawn"][FREE]["cpu_s"]
        for run in taken["synthgen"]
        for asked in CONDITIONS
    ]
    if not ratios:
        return []
    peak_mb = max(seen.get("peak_mb", 0) for run in taken["synthgen"] for seen in run["drawn"].values())
    kept = "within" if max(ratios) <= MOST_TIMES else "over"
    return [
        f"At most {max(ratios):.1f} times the time of {rows:,} free rows: {kept} the bar of {MOST_TIMES:g}.",
        "Memory never rose",
        f"above {peak_mb:,.0f} MB, the fit included.",
        "",
    ]


def kept(taken: dict[str, list[dict[str, Any]]], rows: int) -> list[str]:
    """Rows given, and the share of them that keep the condition, judged on the rows alone."""
    there = [name for name in TITLES if taken[name]]
    lines = []
    for asked in CONDITIONS:
        cells = []
        for name in there:
            seen = [run["drawn"][asked.name] for run in taken[name] if asked.name in run["drawn"]]
            told = [f"{each['rows']:,} given, {100 * each.get('kept', 0):.2f} %" for each in seen]
            cells.append(
                "; ".join("0 given" if not each["rows"] else text for each, text in zip(seen, told, strict=True))
            )
        lines.append([asked.words(), *cells])
    return [f"Of {rows:,} rows asked for.", "", *table(["condition", *(TITLES[name] for name in there)], lines)]


def law(taken: dict[str, list[dict[str, Any]]]) -> list[str]:
    """How near the other columns are to those of held-out rows."""
    there = [name for name in TITLES if taken[name] and name != "ctgan"]
    lines = []
    for asked in CONDITIONS:
        seen = {name: [run["drawn"].get(asked.name, {}) for run in taken[name]] for name in there}
        floors = [each["floor"] for runs in seen.values() for each in runs if "floor" in each]
        if not floors:
            continue
        cells = [f"{spread([each[key] for each in floors[:1]], 2)}" for key in ("shape", "trend")]
        for runs in seen.values():
            cells += [spread([each["law"][key] for each in runs if "law" in each], 2) for key in ("shape", "trend")]
        lines.append([asked.words(), *cells])
    if not lines:
        return []
    headings = [f"{name} {key} %" for name in ("real", *(TITLES[n] for n in there)) for key in ("shape", "trend")]
    return [
        "## The law of the other columns",
        "",
        "Shape and trend error of the other columns against held-out real rows that keep the condition,",
        "where there are",
        f"at least {ENOUGH}, by the judge's functions. *Real*: the training rows that keep it, fewer than the",
        "rows drawn,",
        "so that their own noise is larger.",
        "",
        *table(["condition", *headings], lines),
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    measure_page(args, cases(args), measure, page)


if __name__ == "__main__":
    main()
