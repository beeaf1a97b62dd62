#!/usr/bin/env python3
"""Events of made people beside real ones: how many, when, what after what, and what predicts the next; events.md.

    python benchmarks/events.py                # everything
    python benchmarks/events.py --reuse        # go on where a stopped run was
    python benchmarks/events.py --report       # only write the page again

Runs in synthgen's environment.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from harness.pages import Case, ours_of, parser, run_page, spread, table
from methods.events import TABLES, accounts_with_events, shuffled
from run import chosen

from synthgen.config import RunConfig
from synthgen.judging.behaviour import kind_of, streams_of
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network, texts
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema
from synthgen.linked.splitting import split_people
from synthgen.linking import keys_in
from synthgen.metrics.behaviour import PREDICTIONS, Streams, judge_streams
from synthgen.synthesizers import linked_fitting
from synthgen.synthesizers.linked_growing import Made
from synthgen.synthesizers.linked_making import Making
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.table.table import Table

TITLES = {
    "synthgen": "**synthgen**",
    "plain": "synthgen, told of the row before alone",
    "shuffled": "rows dealt out anew",
}
HELD = 0.2
"""Share of the people who are held out with all their rows."""
LENGTHS = (1_000, 10_000)
"""Rows of each owner, as many in all, in the measure of memory."""
ROWS = 10_000
"""In all, in that measure."""
UTILITY = {task.name for task in PREDICTIONS}


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "events", TABLES, seeds=1)
    ask.add_argument("--systems", default=",".join([*TITLES, "length"]), help="comma-separated; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Table by table; the measure of memory once for each length."""
    tables = [name for name in TABLES if name in chosen_names(args.tables)]
    systems = args.systems.split(",")
    found = [
        Case(f"{name}.{system}.{seed}", {"table": name, "system": system, "seed": seed})
        for seed in range(args.seeds)
        for name in tables
        for system in TITLES
        if system in systems
    ]
    lengths = LENGTHS if "length" in systems else ()
    return found + [Case(f"length.{length}.0", {"system": "length", "length": length}) for length in lengths]


def chosen_names(asked: str) -> list[str]:
    """Tables by name, checked."""
    return list(chosen(asked, {name: name for name in TABLES}, "tables"))


def measure(case: Case, data: Path) -> dict[str, Any]:
    """One system on one table."""
    if case.job["system"] == "length":
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(of_length, case.job["length"]).result()
    settings, seed = TABLES[case.job["table"]], case.job["seed"]
    tables = {name: Table.from_any(frame, name) for name, frame in settings.read(data).items()}
    config = RunConfig(seed=seed, training=settings.training)
    schema = detect_links(tables, config)
    train, held = split_people(tables, schema, Plan.of(schema, {}), HELD, np.random.default_rng(seed))
    start = time.process_time()
    if case.job["system"] == "shuffled":
        made = shuffled({name: one.arrow for name, one in train.items()}, schema, np.random.default_rng([seed, 1]))
        took = {"sample_s": time.process_time() - start}
    else:
        with told_little(case.job["system"] == "plain"):
            model = Synthesizer.from_config(config, schema).fit(dict(train))
            took = {"fit_s": time.process_time() - start}
            start = time.process_time()
            asked = {name: keys_in(train, schema, name) for name in schema.implied}
            made = model.linked_.sample(1.0, asked, seed + 1)
        took["sample_s"] = time.process_time() - start
    return (
        judged(schema, {n: one.arrow for n, one in train.items()}, {n: one.arrow for n, one in held.items()}, made)
        | took
    )


@contextmanager
def told_little(little: bool) -> Iterator[None]:
    """Leave out what the rows so far add up to."""
    before = linked_fitting.walked
    if little:
        linked_fitting.walked = lambda *_: {}
    try:
        yield
    finally:
        linked_fitting.walked = before


def judged(
    schema: LinkedSchema, train: Mapping[str, pa.Table], held: Mapping[str, pa.Table], made: Mapping[str, pa.Table]
) -> dict[str, Any]:
    """Figures of the table of events: of those with times, the one that has most rows."""
    sides = [Network(tables, schema) for tables in (train, held, made)]
    timed = [name for name in sides[0].plan.owner if schema.tables[name].time is not None]
    name = max(timed, key=lambda one: len(train[one]))
    kind = kind_of(sides[0], name)
    labels = () if kind is None else tuple(sorted({t for s in sides for t in texts(s.column(name, kind).drop_null())}))
    streams: list[Streams] = [streams_of(side, name, kind, labels) for side in sides]
    found = judge_streams(streams[0], streams[1], streams[2], np.random.default_rng(0))
    figures = [{"name": one.name, "title": one.title, "value": one.value, "floor": one.floor} for one in found]
    return {"figures": figures, "rows": [len(one) for one in streams], "owners": [one.n_owners for one in streams]}


def of_length(length: int) -> dict[str, Any]:
    """Rows made for owners of one length: time and memory; in a process of its own."""
    frames = accounts_with_events(pd.DataFrame({"account": range(400)}), np.random.default_rng(0))
    model = Synthesizer(training={"max_steps": 100, "width": 64, "blocks": 1}, random_state=0).fit(frames)
    before, start = peak_mb(), time.process_time()
    owners = ROWS // length
    making = Making(model.linked_, 1.0, {}, 0, None)
    helper = "accounts: rows of events by account"
    making.made["accounts"] = Made(owners, {helper: pa.array([length] * owners)})
    making._grow("events", 1)
    took = time.process_time() - start
    return {
        "length": length,
        "owners": owners,
        "rows": making.made["events"].rows,
        "s": took,
        "mb": [before, peak_mb()],
    }


def peak_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    lines = [
        "# Events",
        "",
        "Written by `python benchmarks/events.py`. A fifth of the people is held out with all their rows. Figures of",
        "likeness are distances from the people who were learned from, 0 is best; their floor is that of the people",
        "held out, and all are of equally many people. Prediction is the area under the curve (0.5 is guessing) of",
        "boosting asked of the people held out; the floor is taught by as many real people. *Told of the row before",
        "alone*: the same model without what the rows so far add up to (runs of one kind, last and mean gap, session,",
        "usual hour, rows left). *Dealt out anew*: real rows with other owners, each column on its own.",
        "",
    ]
    for name, settings in TABLES.items():
        runs = {system: found for system in TITLES if (found := ours_of(results, name, system))}
        if runs:
            lines += part(settings.title, runs)
    lengths = [run for length in LENGTHS for run in ours_of(results, "length", str(length))]
    return lines + (of_memory(lengths) if lengths else [])


def part(title: str, runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The page's part on one table."""
    first = next(iter(runs.values()))[0]
    rows = []
    for place, figure in enumerate(first["figures"]):
        values = [[run["figures"][place]["value"] for run in found] for found in runs.values()]
        if figure["floor"] is not None:
            name = f"{figure['title']} (AUC)" if figure["name"] in UTILITY else figure["title"]
            rows.append([name, *(spread(one, 4) for one in values), spread([figure["floor"]], 4)])
    learned, held, _ = first["rows"]
    people = first["owners"]
    spent = [
        f"{TITLES[system].replace('*', '')}: {found[0]['fit_s']:.0f} s of processor time to fit, "
        f"{found[0]['sample_s']:.0f} s to make {found[0]['rows'][2]:,} rows"
        for system, found in runs.items()
        if "fit_s" in found[0]
    ]
    return [
        f"## {title}",
        "",
        f"{learned:,} rows of {people[0]:,} people to learn from, {held:,} of {people[1]:,} held out.",
        "",
        *table(["", *(TITLES[system] for system in runs), "floor"], rows),
        *([f"{'; '.join(spent)}.", ""] if spent else []),
    ]


def of_memory(lengths: list[dict[str, Any]]) -> list[str]:
    """The page's part on long sequences."""
    rows = [
        [
            f"{one['length']:,}",
            f"{one['owners']:,}",
            f"{one['rows']:,}",
            f"{one['s']:.0f}",
            f"{one['rows'] / one['s']:,.0f}",
            f"{1_000 * one['s'] / one['length']:.1f}",
            f"{one['mb'][0]:,.0f} / {one['mb'][1]:,.0f}",
        ]
        for one in lengths
    ]
    heads = ["rows of each owner", "owners", "rows", "s", "rows/s", "ms a step", "peak MB before / after"]
    return [
        "## Long sequences",
        "",
        "As many rows in all, in shorter and in longer sequences. Owners are made side by side, one row of each at a",
        "step; what is kept of an owner does not grow with its rows.",
        "",
        *table(heads, rows),
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), lambda case: measure(case, args.data.resolve()), page)


if __name__ == "__main__":
    main()
