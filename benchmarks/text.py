#!/usr/bin/env python3
"""Tweets: synthgen's text model beside a chain of real words and the stand-in of a table; writes text.md.

    python benchmarks/text.py                # everything
    python benchmarks/text.py --reuse        # go on where a stopped run was
    python benchmarks/text.py --report       # only write the page again

Runs in synthgen's environment.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness.pages import Case, ours_of, parser, run_page, spread, table
from methods.texts import PEERS
from run import chosen

from synthgen.metrics.texts import TEXT_METRICS, TextView, compare_texts
from synthgen.texts import TextModel
from synthgen.texts.guard import ANCHOR, RUN, SET_SHARE

NAME = "airline_tweets"
CONTEXT = ["airline", "airline_sentiment", "negativereason"]
LABELS = ("airline_sentiment", "airline")
PUBLIC = ("@united", "@AmericanAir", "@USAirways", "@SouthwestAir", "@JetBlue", "@VirginAmerica", "@Delta", "@user")
"""Accounts of airlines keep their names, as does what stands for a person in this table."""
HELD_OF = 4
"""One user in so many is held out."""
SHOWN = 14
TITLES = {
    "synthgen": "**synthgen**",
    "chain": "chain of real words",
    "stand-in": "stand-in",
    "blind": "synthgen, nothing barred",
}
DIGITS = 3


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "text", [NAME], seeds=1)
    ask.add_argument("--systems", default=",".join(TITLES), help="comma-separated; default: %(default)s")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed."""
    chosen(args.tables, {NAME: NAME}, "tables")
    systems = args.systems.split(",")
    return [
        Case(f"{system}.{seed}", {"system": system, "seed": seed}) for seed in range(args.seeds) for system in systems
    ]


@cache
def real(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tweets to learn from, and those of other users."""
    frame = pd.read_csv(data / NAME / "tweets.csv")
    held = frame["user"] % HELD_OF == 0
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)


def view(frame: pd.DataFrame, texts: list[str] | None = None) -> TextView:
    """Tweets with their labels; other texts in the same rows have no users."""
    labels = {name: frame[name].to_numpy() for name in LABELS}
    return TextView(
        list(frame["text"]) if texts is None else texts, labels, None if texts else frame["user"].to_numpy()
    )


@cache
def real_views(data: Path) -> tuple[TextView, TextView]:
    """The same as the metrics see them."""
    train, held = real(data)
    return view(train), view(held)


@cache
def fitted(data: Path, seed: int) -> tuple[TextModel, dict[str, float]]:
    """A model, and the seconds that it took."""
    train, _ = real(data)
    wall, cpu = time.perf_counter(), time.process_time()
    model = TextModel.fit(
        list(train["text"]),
        train[CONTEXT],
        train["user"].to_numpy(),
        seed=seed,
        handles={name: name for name in PUBLIC},
    )
    return model, {"fit_s": time.process_time() - cpu, "fit_wall_s": time.perf_counter() - wall}


def measure(case: Case, data: Path) -> dict[str, Any]:
    """One system with one seed, writing as many tweets as it learned from, in rows with the same labels."""
    system, seed = case.job["system"], case.job["seed"]
    train, held = real(data)
    rows = train[[*CONTEXT]].sample(frac=1, random_state=seed, ignore_index=True)
    figures: dict[str, Any] = {"train": len(train), "held": len(held)}
    if system in PEERS:
        rng, start = np.random.default_rng([seed, 1]), time.process_time()
        label = LABELS[0]
        made = PEERS[system](list(train["text"]), train[label].to_numpy(), rows[label].to_numpy(), rng)
    else:
        model, times = fitted(data, seed)
        figures |= {**times, "words": model.describe(), "history": model.history}
        if system == "blind":
            guard = replace(model.writer.guard, bits=np.zeros_like(model.writer.guard.bits))
            model = replace(model, writer=replace(model.writer, guard=guard))
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        made = model.sample(rows, seed=seed)
        figures["grown_mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    figures["sample_s"] = time.process_time() - start
    figures["samples"] = [[*rows.loc[place, list(LABELS)], made[place]] for place in range(SHOWN)]
    found = compare_texts(*real_views(data), view(rows, made), seed)
    figures["values"] = {one.name: one.value for one in found}
    figures["floors"] = {one.name: one.floor for one in found}
    figures["details"] = {one.name: one.details for one in found}
    return figures


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    runs = {system: ours_of(results, system) for system in TITLES}
    known = {system: found for system, found in runs.items() if found}
    lines = ["# Tweets", ""]
    if not known:
        return lines
    first = next(iter(known.values()))[0]
    lines += [
        f"Written by `python benchmarks/text.py`. Each system learns {first['train']:,} tweets to airlines",
        "and writes as",
        f"many, for rows with the same airline, sentiment and reason. Figures are against {first['held']:,} tweets of",
        "other users; *floor*: the learned-from tweets in place of made ones (for the last two rows, the other users'",
        "tweets). A label is read with a linear model over words and pairs that learned from made tweets and",
        "reads real",
        "ones: macro F1, higher is better. The detector's best is 0.5. In all other rows 0 is best.",
        "[Metrics](../synthgen/metrics/texts) say what is measured. *Chain*: each word as it follows the two before it",
        "in real tweets of the same sentiment. *Stand-in*: what a text column of a table is without a text model.",
        "",
    ]
    lines += table(["", *(TITLES[system] for system in known), "floor"], rows_of(known))
    for found in known.get("synthgen", [])[:1]:
        lines += reading(found) + runs_of(known) + speed(found) + barred() + shown(found)
    return lines


def rows_of(known: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    """A row per metric that applies."""
    rows = []
    for metric in TEXT_METRICS:
        cells = [spread([run["values"][metric.name] for run in found], DIGITS) for found in known.values()]
        floors = [run["floors"][metric.name] for run in next(iter(known.values()))]
        rows.append([metric.title, *cells, spread(floors, DIGITS)])
    return rows


def reading(found: dict[str, Any]) -> list[str]:
    """What a reader of sentiment reaches."""
    details = found["details"]["text_label"]
    share = details["macro_f1"]["synthetic"] / details["macro_f1"]["real"]
    kinds = {"real": "real tweets", "synthetic": "synthgen's tweets", "majority": "(the most frequent one always)"}
    return [
        "## Sentiment agrees with the text",
        "",
        *table(
            ["learned from", "accuracy", "macro F1"],
            [
                [title, *(f"{details[figure][kind]:.{DIGITS}f}" for figure in ("accuracy", "macro_f1"))]
                for kind, title in kinds.items()
            ],
        ),
        f"A reader that learned from made tweets has {share:.0%} of the F1 of one that learned from real ones.",
        "",
    ]


def runs_of(known: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Longest runs in common with a real tweet."""
    rows = []
    for system, found in known.items():
        runs = found[0]["details"]["text_runs"]["longest_run"]
        rows.append([TITLES[system], *(f"{runs['synthetic'][share]:.0f}" for share in ("0.5", "0.9", "0.99", "1.0"))])
    first = next(iter(known.values()))[0]["details"]
    floor, alike = first["text_runs"]["longest_run"]["holdout"], first["text_copies"]["letter_by_letter"]
    rows.append(["*real tweets of other users*", *(f"{floor[share]:.0f}" for share in ("0.5", "0.9", "0.99", "1.0"))])
    return [
        "## Longest run of words in common with any learned-from tweet",
        "",
        *table(["", "median", "90 %", "99 %", "longest"], rows),
        f"Runs of {RUN} and more are those that five users or more wrote. Formulas such as *thank you* come as they",
        f"are: {alike:.1%} of synthgen's tweets are also a real one letter by letter, and of these each that fewer",
        "than five users wrote is counted in the table above.",
        "",
    ]


def speed(found: dict[str, Any]) -> list[str]:
    """Seconds and memory."""
    return [
        "## Speed",
        "",
        f"On one core: {found['fit_s']:.0f} seconds of processor time to learn {found['train']:,} tweets,",
        f"{found['train'] / found['sample_s']:,.0f} tweets per second written; writing all of them took",
        f"{found['grown_mb']:.0f} MB more than learning did. The model: {found['words']}.",
        "",
    ]


def barred() -> list[str]:
    """What keeps real runs out, and what it gives away."""
    bits = np.log2(1 / SET_SHARE)
    return [
        "## How runs of real tweets are kept out",
        "",
        f"A model that must not say a run of {RUN} real words has to know them. A list of hashes would give them",
        f"away: who knows {RUN - 1} words of a tweet tries every word of a dictionary as the next, and reads",
        "on. So each",
        f"run is known by one run of {ANCHOR} words in it (chosen so that it is the same one in any text),",
        "whose salted",
        f"hash sets one bit of a small table in which {SET_SHARE:.0%} of the bits are set. A run is barred",
        "when its bit is",
        f"set: every real one, and {SET_SHARE:.0%} of the others, for which another word is drawn. To whoever",
        "holds the",
        f"model, a set bit makes a guess at {ANCHOR} words {1 / SET_SHARE:.0f} times as likely to be right",
        f"({bits:.0f} bits),",
        "and no more; the runs of one tweet add up, some two in five words. No word is written that fewer",
        "than five users",
        "wrote: names, places and misspellings of single users are not in the model at all.",
        "",
    ]


def shown(found: dict[str, Any]) -> list[str]:
    """Made tweets as they came, the first ones."""
    rows = [
        [airline, sentiment, text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")]
        for sentiment, airline, text in found["samples"]
    ]
    return ["## The first made tweets", "", *table(["airline", "sentiment", "tweet"], rows)]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), lambda case: measure(case, args.data.resolve()), page)


if __name__ == "__main__":
    main()
