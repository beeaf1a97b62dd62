#!/usr/bin/env python3
"""Recommenders taught by made interactions and tested on real users; writes recommendation.md.

    python benchmarks/recommendation.py                # everything
    python benchmarks/recommendation.py --reuse        # go on where a stopped run was
    python benchmarks/recommendation.py --report       # only write the page again

Runs in synthgen's environment, with the extra "recommend".
"""

from __future__ import annotations

import argparse
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from harness.pages import Case, ours_of, parser, run_page, spread, table
from methods.histories import MAKERS
from run import chosen

from synthgen.interactions import Interactions, read_interactions
from synthgen.metrics.recommendation import (
    INTERACTION_METRICS,
    RECOMMENDERS,
    Task,
    Trial,
    agreement,
    compare_interactions,
    judge_behaviour,
    run_trials,
)

NAME = "movielens_small"
FEWEST = 5
"""Ratings that a film must have: the films of the table in the design."""
SHARE = 0.8
"""Of each user's ratings, drawn evenly, in the history."""
TITLES = {
    "real": "real histories",
    "half": "real histories of half of the users",
    "synthgen": "**synthgen**",
    "independent": "films drawn by popularity alone",
    "shuffled": "shuffled users",
}
TIMES = {"synthgen": (1, 3)}
"""How many users a system makes, as multiples of the real ones; the others as many as there are."""


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "recommendation", [NAME], seeds=3)
    ask.add_argument("--systems", default=",".join(["real", "half", *MAKERS]), help="default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed; real histories first, since the others are compared with them."""
    chosen(args.tables, {NAME: NAME}, "tables")
    return [
        Case(f"{system}-{times}.{seed}", {"system": system, "times": times, "seed": seed})
        for seed in range(args.seeds)
        for system in args.systems.split(",")
        for times in TIMES.get(system, (1,))
    ] + [
        Case(f"next-{system}.{seed}", {"system": system, "times": 1, "seed": seed, "next": True})
        for seed in range(args.seeds)
        for system in args.systems.split(",")
        if system in MAKERS
    ]


@cache
def real(data: Path, seed: int, by_time: bool = False) -> tuple[Interactions, Interactions]:
    """Histories, and what is held out, drawn evenly or what came last; both of films with enough ratings."""
    read = read_interactions(
        data / NAME / "ratings.csv", user="userId", item="movieId", rating="rating", time="timestamp"
    )
    taken = read.interactions.of_items(read.interactions.per_item_I >= FEWEST)
    return taken.split(SHARE, None if by_time else np.random.default_rng([seed, 10]))


@cache
def taught_by_real(data: Path, seed: int) -> tuple[Trial, ...]:
    """What every other row is compared with."""
    histories, held = real(data, seed)
    return run_trials(histories, Task(histories, held), seed)


def measure(case: Case, data: Path) -> dict[str, Any]:
    """One row with one seed."""
    system, times, seed = case.job["system"], case.job["times"], case.job["seed"]
    if "next" in case.job:
        histories, held = real(data, seed, by_time=True)
        found = judge_behaviour(histories, held, made_by(system, histories, times, seed), seed)
        return {one.name: (one.value, one.floor) for one in found}
    histories, held = real(data, seed)
    start, made_s = time.process_time(), 0.0
    if system == "real":
        made, trials = histories, taught_by_real(data, seed)
    else:
        made = made_by(system, histories, times, seed)
        made_s = time.process_time() - start
        trials = run_trials(made, Task(histories, held), seed)
    ranked = agreement(taught_by_real(data, seed), trials, np.random.default_rng([seed, 11]))
    figures: dict[str, Any] = {"users": made.n_users, "interactions": len(made), "made_s": made_s}
    figures["trials"] = {one.name: one.to_json() for one in trials}
    if ranked is not None:
        figures |= {"tau": ranked.tau, "tau_interval": ranked.interval, "tau_floor": ranked.floor}
    if system in MAKERS and times == 1:
        found = compare_interactions(histories, made, seed)
        figures["values"] = {one.name: one.value for one in found}
        figures["floors"] = {one.name: one.floor for one in found}
    return figures


def made_by(system: str, histories: Interactions, times: int, seed: int) -> Interactions:
    """A table to learn from."""
    if system == "half":
        return histories.halves(np.random.default_rng([seed, 12]))[0]
    return MAKERS[system](histories, times, seed)


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    runs = {
        (system, times): found
        for system in TITLES
        for times in TIMES.get(system, (1,))
        if (found := ours_of(results, f"{system}-{times}"))
    }
    many = max((len(found) for found in runs.values()), default=0)
    lines = [
        "# Recommenders taught by made interactions",
        "",
        "Written by `python benchmarks/recommendation.py`. MovieLens (latest-small), 610 users, 3,650 films with",
        f"{FEWEST} ratings or more. {SHARE:.0%} of each user's ratings, drawn evenly, are the history, from which",
        "systems and recommenders learn; the rest is held out. Each recommender is taught by the table of the row, is",
        "then given the real histories, and names ten films that are not in them; figures are means over real users.",
        f"± standard deviation over {many} splits and seeds." if many > 1 else "One split and seed.",
        "",
    ]
    if ("real", 1) not in runs:
        return lines
    names = {one.name: one.title for one in RECOMMENDERS if runs["real", 1][0]["trials"][one.name]["ndcg"] is not None}
    lines += ["## NDCG@10", "", *ndcg_table(runs, names)]
    lines += verdicts(runs, names)
    lines += ["## What else the lists are like", "", *lists_table(runs, names)]
    made = {key: found for key, found in runs.items() if "values" in found[0]}
    if made:
        lines += ["## What the tables are like", "", *statistics_table(made)]
    later = {system: found for system in TITLES if (found := ours_of(results, f"next-{system}"))}
    if later:
        lines += ["## What users do next", "", *behaviour_table(later)]
    return lines


def title(system: str, times: int) -> str:
    """Of a row."""
    return TITLES[system] + (f", {times} times as many users" if times > 1 else "")


def ndcg_table(runs: dict[tuple[str, int], list[dict[str, Any]]], names: dict[str, str]) -> list[str]:
    """A row per table to learn from: NDCG by recommender, tau, what the best one keeps."""
    rows = []
    best = best_of(runs["real", 1], names)
    for (system, times), found in runs.items():
        cells = [spread([run["trials"][name]["ndcg"] for run in found], 3) for name in names]
        taus = [run["tau_floor" if system == "real" else "tau"] for run in found if "tau" in run]
        rows.append([title(system, times), *cells, spread(taus, 2), spread(kept(found, runs["real", 1], best), 0, 100)])
    return [
        *table(["taught by", *names.values(), "Kendall's tau", f"{names[best]} keeps %"], rows),
        "*Kendall's tau*: of the order of the recommenders with that when taught by real histories; in the first",
        "row between two halves of the users tested (the floor).",
        f"*keeps*: NDCG@10 of {names[best]}, the best when taught by real histories, as a part of that.",
        "",
    ]


def best_of(found: list[dict[str, Any]], names: dict[str, str]) -> str:
    """The recommender with the highest mean."""
    return max(names, key=lambda name: float(np.mean([run["trials"][name]["ndcg"] for run in found])))


def kept(found: list[dict[str, Any]], base: list[dict[str, Any]], name: str) -> list[float]:
    """NDCG as a part of that when taught by real histories, seed by seed."""
    pairs = zip(found, base, strict=False)
    return [run["trials"][name]["ndcg"] / other["trials"][name]["ndcg"] for run, other in pairs]


TARGETS = {1: 0.85, 3: 0.90}
"""Parts of the best recommender's NDCG to keep, by how many times as many users."""
TARGET_TAU = 0.8


def verdicts(runs: dict[tuple[str, int], list[dict[str, Any]]], names: dict[str, str]) -> list[str]:
    """Whether synthgen reaches what is asked of it."""
    best, lines = best_of(runs["real", 1], names), []
    for times, target in TARGETS.items():
        if ("synthgen", times) in runs:
            found = runs["synthgen", times]
            share = float(np.mean(kept(found, runs["real", 1], best)))
            tau = float(np.mean([run["tau"] for run in found]))
            lines.append(
                f"- {title('synthgen', times)}: {names[best]} keeps {share:.1%} ({word(share, target)} the target of "
                f"{target:.0%}), tau {tau:.2f} ({word(tau, TARGET_TAU)} {TARGET_TAU})."
            )
    return [*lines, *([""] if lines else [])]


def word(value: float, target: float) -> str:
    """Where a figure stands."""
    return "at or above" if value >= target else "below"


def lists_table(runs: dict[tuple[str, int], list[dict[str, Any]]], names: dict[str, str]) -> list[str]:
    """A row per table to learn from: recall, coverage, Gini, by recommender."""
    rows = [
        [
            title(system, times),
            *(
                " / ".join(f"{np.mean([run['trials'][name][what] for run in found]):.2f}" for what in LISTS)
                for name in names
            ),
        ]
        for (system, times), found in runs.items()
    ]
    return [
        *table(["taught by", *names.values()], rows),
        "Recall@10 / part of all films that is recommended to anyone / Gini coefficient of how often films are.",
        "",
    ]


LISTS = ("recall", "coverage", "gini")


def statistics_table(runs: dict[tuple[str, int], list[dict[str, Any]]]) -> list[str]:
    """A row per statistic that applies."""
    rows = []
    for metric in INTERACTION_METRICS:
        values = [[run["values"][metric.name] for run in found] for found in runs.values()]
        floors = [run["floors"][metric.name] for run in next(iter(runs.values()))]
        if all(value is not None for series in values for value in series):
            name = f"{metric.title} (higher is better)" if metric.direction == "higher" else metric.title
            rows.append([name, *(spread(series, 3) for series in values), spread(floors, 3)])
    return [
        *table(["", *(title(*key) for key in runs), "floor"], rows),
        "Of half of the real users and as many made ones; *floor*: of the two halves of the real users, means over",
        "five partings. 0 is best but where a row says otherwise; [metrics](../synthgen/metrics/recommendation) say",
        "what is measured. Baselines are below a floor where they keep the real figures themselves.",
        "",
    ]


def behaviour_table(later: dict[str, list[dict[str, Any]]]) -> list[str]:
    """A row per system, the floor last."""
    what = ("next_item", "comes_back")
    rows = [
        [TITLES[system], *(spread([run[name][0] for run in found], 3) for name in what)]
        for system, found in later.items()
    ]
    floors = [spread([run[name][1] for run in next(iter(later.values()))], 3) for name in what]
    return [
        *table(["taught by", "next film, NDCG@10", "comes back, AUC"], [*rows, ["real users (the floor)", *floors]]),
        f"*Next film*: the first {SHARE:.0%} of each history are known, and the film after them is asked for; the best",
        "of popularity, item kNN and two Markov chains when taught by real histories. *Comes back*: whether a user",
        "rates anything after the first day, by a logistic model of what they did in it, taught by half as many users",
        "as there are and asked for the other half.",
        "",
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), lambda case: measure(case, args.data.resolve()), page)


if __name__ == "__main__":
    main()
