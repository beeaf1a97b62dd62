#!/usr/bin/env python3
"""Interactions of made users beside real ones: statistics, recommenders taught by them, privacy; interactions.md.

    python benchmarks/interactions.py                # everything
    python benchmarks/interactions.py --reuse        # go on where a stopped run was
    python benchmarks/interactions.py --report       # only write the page again

Runs in synthgen's environment.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from harness.pages import Case, ours_of, parser, run_page, spread, table
from methods.interactions import PEERS
from run import chosen
from sklearn.metrics import roc_auc_score

from synthgen.interactions import InteractionModel, Interactions, read_interactions
from synthgen.metrics.recommendation import (
    INTERACTION_METRICS,
    RECOMMENDERS,
    Task,
    Trial,
    agreement,
    compare_interactions,
    run_trials,
)
from synthgen.metrics.recommendation.recommenders.similarity import EASE

NAME = "movielens_small"
FEWEST_RATINGS = 5
KNOWN = 0.8
"""Share of each history that is learned from; the rest is what recommenders are tested by."""
TITLES = {
    "real": "real users",
    "synthgen": "**synthgen**, as many",
    "synthgen-3x": "**synthgen**, 3 times as many",
    "independent": "independent columns",
    "shuffled": "shuffled users",
}
SCALE_USERS, SCALE_ITEMS, SCALE_BLOCKS, SCALE_MEAN, SCALE_MADE = 100_000, 200_000, 200, 30, 2_000


class ScaledEASE(EASE):
    """EASE whose penalty grows with the users: 200 for as many as are real."""

    name = "ease-scaled"
    title = "EASE, penalty by users"


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "interactions", [NAME], seeds=1)
    ask.add_argument(
        "--systems", default=",".join([*TITLES, "privacy", "scale"]), help="comma-separated; default: %(default)s"
    )
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed; the large table once."""
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
def parts(data: Path, seed: int) -> tuple[Interactions, Interactions]:
    """What is learned from, and what is held out of the same histories."""
    read = read_interactions(
        data / NAME / "ratings.csv", user="userId", item="movieId", rating="rating", time="timestamp"
    ).interactions
    common = read.of_items(read.per_item_I >= FEWEST_RATINGS)
    return common.split(KNOWN, np.random.default_rng(seed))


@cache
def taught_by_real(data: Path, seed: int) -> tuple[Trial, ...]:
    """Recommenders taught by real histories."""
    known, held = parts(data, seed)
    return run_trials(known, Task(known, held), seed)


@cache
def fitted(data: Path, seed: int) -> tuple[InteractionModel, float]:
    """A model, and the seconds of processor time that it took."""
    start = time.process_time()
    model = InteractionModel(random_state=seed).fit(parts(data, seed)[0])
    return model, time.process_time() - start


def measure(case: Case, data: Path) -> dict[str, Any]:
    """One system with one seed."""
    system, seed = case.job["system"], case.job["seed"]
    if system == "scale":
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(scale, seed).result()
    known, held = parts(data, seed)
    if system == "privacy":
        return membership(known, seed)
    if system == "real":
        near = nearest(known, known, itself=True)
        return {"trials": [one.to_json() for one in taught_by_real(data, seed)], "nearest": near}
    start = time.process_time()
    figures: dict[str, Any] = {}
    if system in PEERS:
        made = PEERS[system](known, np.random.default_rng([seed, 1]))
    else:
        model, figures["fit_s"] = fitted(data, seed)
        start = time.process_time()
        many = 3 if system == "synthgen-3x" else 1
        made = model.sample(many * known.n_users, random_state=seed + 1)
        figures["facts"] = model.facts
    figures |= {"sample_s": time.process_time() - start, "users": made.n_users, "interactions": len(made)}
    figures["double"] = int((made.counts().data > 1).sum())
    figures["nearest"] = nearest(made, known)
    scaled = ScaledEASE(200.0 * made.n_users / known.n_users)
    trials = run_trials(made, Task(known, held), seed, (*RECOMMENDERS, scaled))
    figures["trials"] = [one.to_json() for one in trials]
    order = agreement(taught_by_real(data, seed), trials, np.random.default_rng([seed, 2]))
    if order is not None:
        figures["tau"] = {"value": order.tau, "interval": order.interval, "floor": order.floor}
    if system != "synthgen-3x":
        found = compare_interactions(known, made, seed)
        figures["statistics"] = [{"title": one.title, "value": one.value, "floor": one.floor} for one in found]
    return figures


def likeness(sets: Interactions, others: Interactions) -> np.ndarray:
    """``(U, V)`` share of items in common (Jaccard)."""
    both = (sets.matrix() @ others.matrix().T).toarray()
    shares: np.ndarray = both / np.maximum(sets.per_user_U[:, None] + others.per_user_U[None, :] - both, 1)
    return shares


def nearest(sets: Interactions, others: Interactions, itself: bool = False) -> list[float]:
    """Median, 99 % and largest of how like each set is to the likest other."""
    like = likeness(sets, others)
    if itself:
        np.fill_diagonal(like, 0)
    return [float(one) for one in np.quantile(like.max(1), [0.5, 0.99, 1.0])]


def membership(known: Interactions, seed: int) -> dict[str, Any]:
    """Can one tell who was learned from? Fitted on one half of the users, told by the likest made user."""
    inside, outside = known.halves(np.random.default_rng([seed, 3]))
    made = InteractionModel(random_state=seed).fit(inside).sample(random_state=seed + 1)
    score = np.r_[likeness(inside, made).max(1), likeness(outside, made).max(1)]
    member = np.r_[np.ones(inside.n_users), np.zeros(outside.n_users)]
    pairs = min(inside.n_users, outside.n_users)
    return {"auc": float(roc_auc_score(member, score)), "error": float(1 / (12**0.5) * (2 / pairs) ** 0.5)}


def large_table(seed: int) -> Interactions:
    """Users of one of 200 blocks of 1,000 items each; three draws of four are from the own block, by 1 over rank."""
    rng = np.random.default_rng(seed)
    size = SCALE_ITEMS // SCALE_BLOCKS
    many_U = 1 + rng.geometric(1 / (SCALE_MEAN - 1), SCALE_USERS)
    user_E = np.repeat(np.arange(SCALE_USERS), many_U)
    own_E = rng.random(len(user_E)) < 0.75
    block_E = np.where(own_E, user_E % SCALE_BLOCKS, rng.integers(SCALE_BLOCKS, size=len(user_E)))
    reach = np.cumsum(1 / np.arange(1, size + 1) ** 0.8)
    rank_E = np.minimum(np.searchsorted(reach, rng.random(len(user_E)) * reach[-1]), size - 1)
    keys = np.unique(user_E * SCALE_ITEMS + block_E * size + rank_E)
    return Interactions.of(keys // SCALE_ITEMS, keys % SCALE_ITEMS, n_users=SCALE_USERS, n_items=SCALE_ITEMS)


def scale(seed: int) -> dict[str, Any]:
    """A large catalogue, in a process of its own."""
    real = large_table(seed)
    peak = [_peak_mb()]
    start = time.process_time()
    model = InteractionModel(random_state=seed).fit(real)
    fit_s = time.process_time() - start
    peak.append(_peak_mb())
    start = time.process_time()
    made_by = [(*_own_block(part), len(part)) for part in model.chunks(SCALE_MADE, random_state=seed + 1)]
    sample_s = time.process_time() - start
    peak.append(_peak_mb())
    return {
        "facts": model.facts,
        "fit_s": fit_s,
        "sample_s": sample_s,
        "made": [SCALE_MADE, sum(one[2] for one in made_by)],
        "own_block": [_own_block(real)[0], sum(one[0] * one[1] for one in made_by) / SCALE_MADE],
        "peak_mb": peak,
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _own_block(taken: Interactions) -> tuple[float, int]:
    """Mean share of a user's likeliest block, and the users."""
    size = SCALE_ITEMS // SCALE_BLOCKS
    pairs, many = np.unique(taken.user_E * SCALE_BLOCKS + taken.item_E // size, return_counts=True)
    most_U = np.zeros(taken.n_users)
    np.maximum.at(most_U, pairs // SCALE_BLOCKS, many)
    return float((most_U / np.maximum(taken.per_user_U, 1)).mean()), taken.n_users


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    runs = {system: found for system in TITLES if (found := ours_of(results, system))}
    lines = [
        "# Interactions",
        "",
        "Written by `python benchmarks/interactions.py`. Ratings of films by users (MovieLens latest-small), films",
        "with at least five ratings. Four fifths of each history, drawn at random, are learned from; the rest tests",
        "recommenders.",
        "",
    ]
    if "real" in runs:
        lines += recommenders(runs)
    if any("statistics" in found[0] for found in runs.values()):
        lines += statistics(runs)
    if "real" in runs:
        lines += copies(runs, ours_of(results, "privacy"))
    if "synthgen" in runs:
        lines += spent(runs)
    for found in ours_of(results, "scale"):
        lines += large(found)
    return lines


def recommenders(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What recommenders taught by each table are worth to real users."""
    names = {trial["name"]: trial for found in runs.values() for trial in found[0]["trials"] if not trial["reason"]}
    rows = []
    for system, found in runs.items():
        cells = []
        for name in names:
            values = [one["ndcg"] for run in found for one in run["trials"] if one["name"] == name]
            cells.append(spread(values, 3))
        order = spread([run["tau"]["value"] for run in found if "tau" in run], 2)
        rows.append([TITLES[system], *cells, order])
    best = max(runs["real"][0]["trials"], key=lambda one: one["ndcg"] or 0)["name"]
    lines = [
        "## Recommenders",
        "",
        "NDCG@10 on real users of recommenders taught by each table; tau: Kendall's, of their order by it, beside the",
        "order by real users. EASE holds its penalty at 200 whatever it is taught by; *penalty by users* is 200 for as",
        "many users as are real, and in proportion for more.",
        "",
        *table(["taught by", *(trial["title"] for trial in names.values()), "tau"], rows),
    ]
    kept = []
    for system in ("synthgen", "synthgen-3x"):
        for name in {best, f"{best}-scaled"} & set(names):
            for run in runs.get(system, [])[:1]:
                got, base = (
                    next((one["ndcg"] for one in each["trials"] if one["name"] == of), None)
                    for each, of in ((run, name), (runs["real"][0], best))
                )
                if got and base:
                    kept.append(f"{TITLES[system].replace('*', '')}: {names[name]['title']} {100 * got / base:.0f} %")
    wanted = "Wanted: 85 % with as many users, 90 % with three times as many, tau 0.8."
    return (
        [*lines, f"Of the best recommender's worth is kept: {'; '.join(sorted(kept))}. {wanted}", ""] if kept else lines
    )


def statistics(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """How tables are alike."""
    known = {system: found for system, found in runs.items() if "statistics" in found[0]}
    first = next(iter(known.values()))[0]["statistics"]
    upwards = {metric.title for metric in INTERACTION_METRICS if metric.direction == "higher"}
    rows = []
    for place, metric in enumerate(first):
        values = [[run["statistics"][place]["value"] for run in found] for found in known.values()]
        if metric["value"] is not None:
            title = metric["title"] + (" (1 is best)" if metric["title"] in upwards else "")
            rows.append([title, *(spread(one, 4) for one in values), spread([metric["floor"]], 4)])
    return [
        "## Likeness",
        "",
        "0 is best where nothing else is said; *floor*: one half of the real users beside the other.",
        "",
        *table(["", *(TITLES[system] for system in known), "floor"], rows),
    ]


def copies(runs: dict[str, list[dict[str, Any]]], privacy: list[dict[str, Any]]) -> list[str]:
    """How like made users are to real ones."""
    rows = []
    for system, found in runs.items():
        shown = [spread([run["nearest"][place] for run in found], 2) for place in range(3)]
        rows.append([TITLES[system], *shown, spread([run["double"] for run in found if "double" in run], 0)])
    lines = [
        "## Copies",
        "",
        "The share of items that a user has in common with the likest real user (of real users: another one).",
        "",
        *table(["", "median", "99 %", "largest", "items taken twice"], rows),
    ]
    for one in privacy:
        lines += [
            "Who was learned from, told by how like the likest made user is, the model fitted on a half of the users:",
            f"AUC {one['auc']:.3f} (0.5 is chance, standard error {one['error']:.3f}).",
            "",
        ]
    return lines


def spent(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Processor seconds."""
    one = runs["synthgen"][0]
    facts = one["facts"]
    return [
        f"From {facts['interactions']:,} interactions of {facts['users']:,} users with {facts['items']:,} items:",
        f"{facts['items_learned']:,} items learned one by one, in {facts['clusters']} clusters,",
        f"{facts['groups']} groups of users, {facts['pairs']:,} pairs of items. {one['fit_s']:.1f} s of processor time",
        "to fit,",
        f"{one['sample_s']:.0f} s to make {one['interactions']:,} interactions.",
        "",
    ]


def large(found: dict[str, Any]) -> list[str]:
    """The page's part on a large catalogue."""
    facts, (users, made), (real, own) = found["facts"], found["made"], found["own_block"]
    return [
        "## A large catalogue",
        "",
        f"A table made with planted tastes ({SCALE_BLOCKS} blocks of items, three draws of four from the user's own):",
        f"{facts['interactions']:,} interactions of {facts['users']:,} users with {facts['items']:,} items, of which",
        f"{facts['items_learned']:,} are learned one by one, in {facts['clusters']} clusters: a draw is a softmax of",
        f"{facts['clusters'] + 1} and one of some {round(facts['items_learned'] / facts['clusters'])}. Fit:",
        f"{found['fit_s']:.0f} s of processor time, at most {found['peak_mb'][1]:,.0f} MB",
        f"({found['peak_mb'][0]:,.0f} MB before it, with the table). {users:,} users with {made:,} interactions:",
        f"{found['sample_s']:.0f} s, at most {found['peak_mb'][2]:,.0f} MB. Share of a user's items in the block that",
        f"has most of them: {own:.2f}, in the table {real:.2f}.",
        "",
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), lambda case: measure(case, args.data.resolve()), page)


if __name__ == "__main__":
    main()
