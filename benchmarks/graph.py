#!/usr/bin/env python3
"""Friendship graphs: synthgen beside the configuration model, Chung-Lu and block models; writes graph.md.

    python benchmarks/graph.py                # everything
    python benchmarks/graph.py --reuse        # go on where a stopped run was
    python benchmarks/graph.py --report       # only write the page again

Runs in synthgen's environment.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness.pages import Case, margin, ours_of, parser, pooled, run_page, spread, table
from methods.graphs import PEERS
from run import chosen

from synthgen.graphs import GraphModel, ReadGraph, read_graph
from synthgen.graphs.rewiring import ENOUGH, MOST_ROUNDS, STALLED
from synthgen.metrics.graphs import GRAPH_METRICS, GraphView, compare_graphs, disturbed

NAME = "twitch_de_graph"
LABELS = ("mature", "partner")
TITLES = {
    "synthgen": "**synthgen**, nodes given",
    "synthgen-nodes": "**synthgen**, nodes made too",
    "configuration": "configuration model",
    "chung-lu": "Chung-Lu",
    "sbm": "block model",
    "dc-sbm": "degree-corrected block model",
}
SCALE_EDGES = 1_000_000
DIGITS = 4


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "graph", [NAME], seeds=3)
    ask.add_argument("--systems", default=",".join([*TITLES, "scale"]), help="comma-separated; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed; the large graph once."""
    chosen(args.tables, {NAME: NAME}, "tables")
    systems = args.systems.split(",")
    small = [
        Case(f"{system}.{seed}", {"system": system, "seed": seed})
        for seed in range(args.seeds)
        for system in systems
        if system != "scale"
    ]
    return small + [Case("scale.0", {"system": "scale", "seed": 0})] * ("scale" in systems)


@cache
def real(data: Path) -> tuple[ReadGraph, dict[str, np.ndarray], np.ndarray]:
    """The graph, its labels, and both labels as one."""
    read = read_graph(data / NAME / "edges.csv", data / NAME / "nodes.csv")
    assert read.nodes is not None
    labels = {name: read.nodes[name].astype(str).to_numpy() for name in LABELS}
    return read, labels, np.array(["|".join(pair) for pair in zip(*labels.values(), strict=True)], object)


@cache
def fitted(data: Path, seed: int) -> tuple[GraphModel, float]:
    """A model, and the seconds of processor time it took; peers are given its communities."""
    read, _, label = real(data)
    start = time.process_time()
    model = GraphModel(random_state=seed).fit(read.graph, label=label)
    return model, time.process_time() - start


def measure(case: Case, data: Path) -> dict[str, Any]:
    """One system with one seed."""
    system, seed = case.job["system"], case.job["seed"]
    if system == "scale":
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(scale, data, seed).result()
    read, labels, label = real(data)
    model, fit_s = fitted(data, seed)
    columns = model.columns(read.graph).assign(label=label)
    block_N = columns["community"].to_numpy()
    view = GraphView(read.graph, labels, block_N)
    start = time.process_time()
    figures: dict[str, Any] = {}
    if system in PEERS:
        made = GraphView(PEERS[system](read.graph, block_N, np.random.default_rng([seed, 1])), labels, block_N)
    else:
        sample = model.sample(columns if system == "synthgen" else None, random_state=seed + 1)
        made = GraphView(sample.graph, labels_of(sample.nodes), sample.nodes["community"].to_numpy())
        rewired = sample.rewired
        figures = {"fit_s": fit_s, "notes": list(sample.notes), "communities": model.facts["communities"]}
        figures |= {"before": rewired.before, "after": rewired.after, "exchanges": rewired.exchanges}
        if system == "synthgen":
            figures["degrees_off"] = int((sample.graph.out_N != read.graph.out_N).sum())
    figures["sample_s"] = time.process_time() - start
    figures |= {"nodes": read.graph.n_nodes, "edges": read.graph.n_edges, "made_edges": made.graph.n_edges}
    floor = disturbed(view, np.random.default_rng([seed, 2]))
    found = compare_graphs(view, made, floor, seed)
    figures["values"] = {one.name: one.value for one in found}
    figures["floors"] = {one.name: one.floor for one in found}
    return figures


def labels_of(nodes: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two labels back from one."""
    parts = nodes["label"].str.split("|", expand=True)
    return {name: parts[place].to_numpy() for place, name in enumerate(LABELS)}


def scale(data: Path, seed: int) -> dict[str, Any]:
    """A graph of a million edges from the same model, in a process of its own."""
    read, _, _ = real(data)
    model, fit_s = fitted(data, seed)
    nodes = round(SCALE_EDGES * read.graph.n_nodes / read.graph.n_edges)
    cpu, wall = time.process_time(), time.perf_counter()
    sample = model.sample(nodes, random_state=seed + 1)
    return {
        "fit_s": fit_s,
        "nodes": nodes,
        "edges": sample.graph.n_edges,
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "load": os.getloadavg()[0],
        "cores": len(os.sched_getaffinity(0)),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "before": sample.rewired.before,
        "after": sample.rewired.after,
        "rounds": sample.rewired.rounds,
        "reason": sample.rewired.reason,
        "notes": list(sample.notes),
    }


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    runs = {system: ours_of(results, system) for system in TITLES}
    lines = [
        "# A friendship graph",
        "",
        "Written by `python benchmarks/graph.py`. Each system makes a graph like that of 9,498 streamers and 153,138",
        "friendships. The peers get the real degrees, the block models synthgen's communities too. *Nodes given*:",
        "synthgen gets degree, community and label of each node, as a model of the table of nodes would draw them;",
        "*nodes made too*: it draws them itself from the totals that it keeps. 0 is best in every row;",
        "[metrics](../synthgen/metrics/graphs) say what is measured. *Floor*: the real graph with 5 % of its edges",
        "replaced at random. Bold: the best of its row, or within noise of it (two standard errors over seeds, or, of",
        "one seed, a tenth of the floor). ± standard deviation over seeds.",
        "",
    ]
    known = {system: found for system, found in runs.items() if found}
    if known:
        lines += table(["", *(TITLES[system] for system in known), "floor"], rows_of(known))
        lines += verdict(known)
        lines += table(["", "seconds", "edges"], times(known))
    for found in ours_of(results, "scale"):
        lines += large(found)
    return lines


def rows_of(known: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    """A row per metric that applies."""
    rows = []
    for metric in GRAPH_METRICS:
        values = {system: [run["values"][metric.name] for run in found] for system, found in known.items()}
        if any(value is None for series in values.values() for value in series):
            continue
        floors = [run["floors"][metric.name] for run in next(iter(known.values()))]
        good = best(values, floors)
        cells = [
            f"**{spread(series, DIGITS)}**" if system in good else spread(series, DIGITS)
            for system, series in values.items()
        ]
        rows.append([metric.title, *cells, spread(floors, DIGITS)])
    return rows


def best(values: dict[str, list[float]], floors: list[float]) -> set[str]:
    """Systems that are best or within noise of it."""
    usual = pooled(values.values())
    least = min(values, key=lambda system: float(np.mean(values[system])))
    found = set()
    for system, series in values.items():
        noise = margin(series, values[least], usual) if usual else 0.1 * float(np.mean(floors))
        if float(np.mean(series)) <= float(np.mean(values[least])) + noise:
            found.add(system)
    return found


def verdict(known: dict[str, list[dict[str, Any]]]) -> list[str]:
    """How many rows synthgen wins among systems that were given the same, by the figures."""
    if "synthgen" not in known:
        return []
    fair = {system: found for system, found in known.items() if system != "synthgen-nodes"}
    won, lost = [], []
    for metric in GRAPH_METRICS:
        values = {system: [run["values"][metric.name] for run in found] for system, found in fair.items()}
        if any(value is None for series in values.values() for value in series):
            continue
        floors = [run["floors"][metric.name] for run in fair["synthgen"]]
        (won if "synthgen" in best(values, floors) else lost).append(metric.title.lower())
    missed = f"; not in: {', '.join(lost)}" if lost else ""
    wrong = sum(run["degrees_off"] for run in known["synthgen"])
    return [
        f"With nodes given synthgen is best or within noise in {len(won)} of {len(won) + len(lost)} rows{missed}.",
        f"Nodes whose degree is not as asked for: {wrong}.",
        "",
    ]


def times(known: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    """Processor seconds, and the edges that were made."""
    rows = []
    for system, found in known.items():
        fit = f"{spread([run['fit_s'] for run in found], 1)} to fit, " if "fit_s" in found[0] else ""
        made = spread([run["made_edges"] for run in found], 0)
        rows.append([TITLES[system], f"{fit}{spread([run['sample_s'] for run in found], 1)} to draw", made])
    return rows


def large(found: dict[str, Any]) -> list[str]:
    """The page's part on a million edges."""
    return [
        "## A million edges",
        "",
        f"{found['nodes']:,} nodes and {found['edges']:,} edges from the same model on one core:",
        f"{found['cpu_s']:.0f} seconds of processor time ({found['wall_s']:.0f} by the clock, at a load of",
        f"{found['load']:.1f} on {found['cores']} cores), at most",
        f"{found['peak_mb']:,.0f} MB in the process. Of the corners of triangles {100 * found['before']:.0f} % were",
        f"too many or too few before they were put right, {100 * found['after']:.1f} % after {found['rounds']} rounds",
        f"(`{found['reason']}`). Rounds stop at {100 * ENOUGH:g} % (`enough`), when {STALLED[0]} in a row each take",
        f"off less than {100 * STALLED[1]:g} % of what is off (`stalled`), or after {MOST_ROUNDS} (`rounds`).",
        "",
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), lambda case: measure(case, args.data.resolve()), page)


if __name__ == "__main__":
    main()
