#!/usr/bin/env python3
"""Fake accounts: campaigns found, detectors taught by made accounts, campaigns asked for by difficulty; accounts.md.

    python benchmarks/accounts.py                # everything
    python benchmarks/accounts.py --reuse        # go on where a stopped run was
    python benchmarks/accounts.py --report       # only write the page again

Runs in synthgen's environment. Worlds come from ``synthgen make-world``, where the truth is known.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from harness.pages import Case, ours_of, parser, run_page, spread, table
from sklearn.metrics import adjusted_rand_score

from synthgen.campaigns import Accounts, AskedCampaigns, find_campaigns
from synthgen.campaigns.roles import is_fake
from synthgen.config import RunConfig
from synthgen.judging import Sides
from synthgen.judging.accounts import AccountsSection, view_of
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.linked.splitting import split_people
from synthgen.metrics.accounts import DETECTORS, AccountView, Trial, judge_accounts, shortcut
from synthgen.metrics.accounts.detectors import seen
from synthgen.metrics.accounts.features import Profile
from synthgen.metrics.base import Result
from synthgen.metrics.utility.rare_class import Ranking
from synthgen.synthesizers.linked_campaigns import Campaigns
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.table.table import Table
from synthgen.world.making import make_world

NAME = "twitter_human_bots"
USERS, FARMS, FARM, HELD = 800, 6, 25, 0.25
"""Of the worlds that are learned from: a fifth of the accounts are bots, and a quarter of the people are held out."""
STEPS = {"max_steps": 250, "evaluate_every": 50, "width": 64, "blocks": 2}
"""Of training: minutes on one core, so that the page can be made again."""
FOUND_USERS = 2_000
DIFFICULTIES = (0.0, 0.25, 0.5, 0.75, 1.0)
LOOKS = (("profile", 0), ("graph", 0), ("both", 0), ("both", 2))
"""Features, and the place of the detector."""
HEADINGS = ("profiles, trees", "ties, trees", "both, trees", "both, graph net")
ASKED = (5, 20)
"""Campaigns, and accounts of each."""


def arguments() -> argparse.Namespace:
    """The command line."""
    return parser(__doc__, "accounts", [NAME], seeds=2).parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed."""
    found = []
    for seed in range(args.seeds):
        found += [
            Case(f"found.{kind}.{seed}", {"what": "found", "difficulty": kind, "seed": seed})
            for kind in ("none", *(f"{100 * d:.0f}" for d in DIFFICULTIES))
        ]
        found += [Case(f"{what}.{seed}", {"what": what, "seed": seed}) for what in ("human-bots", "world")]
    return found


def measure(case: Case, data: Path) -> dict[str, Any]:
    """One setting."""
    what, seed = case.job["what"], case.job["seed"]
    if what == "found":
        return found(case.job["difficulty"], seed)
    return human_bots(data, seed) if what == "human-bots" else world(seed)


def found(kind: str, seed: int) -> dict[str, Any]:
    """Campaigns found in a world of 2,000 users, beside the truth."""
    settings = {"campaigns": 0} if kind == "none" else {"difficulty": int(kind) / 100}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "world"
        make_world(place, users=FOUND_USERS, seed=seed, **settings)
        users, follows, posts, truth = (
            pd.read_csv(place / name) for name in ("users.csv", "follows.csv", "posts.csv", "truth/users.csv")
        )
    start = time.process_time()
    said_N = find_campaigns(
        Accounts(
            len(users),
            _seconds(users.created_at),
            users.handle.tolist(),
            follows.follower_id.to_numpy() - 1,
            follows.followed_id.to_numpy() - 1,
            author_P=posts.user_id.to_numpy() - 1,
            second_P=_seconds(posts.created_at).astype(np.int64),
            texts=posts.text.tolist(),
        )
    ).campaign_N
    true_N = truth.campaign.fillna(0).to_numpy().astype(int) - 1
    both = int(((said_N >= 0) & (true_N >= 0)).sum())
    return {
        "campaigns": int(said_N.max(initial=-1)) + 1,
        "true": int(true_N.max(initial=-1)) + 1,
        "index": float(adjusted_rand_score(true_N, said_N)),
        "precision": both / max(1, int((said_N >= 0).sum())) if (said_N >= 0).any() else None,
        "recall": both / int((true_N >= 0).sum()) if (true_N >= 0).any() else None,
        "seconds": time.process_time() - start,
    }


def _seconds(column: pd.Series) -> np.ndarray:
    return np.asarray((pd.to_datetime(column) - pd.Timestamp(0)).dt.total_seconds())


def world(seed: int) -> dict[str, Any]:
    """A world learned, made again and judged; then campaigns asked of the model by difficulty."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "world"
        make_world(place, users=USERS, seed=seed, campaigns=FARMS, campaign_size=FARM, posts=5)
        frames = {name: pd.read_csv(place / f"{name}.csv") for name in ("users", "posts", "follows")}
    frames["posts"] = frames["posts"][["post_id", "user_id", "created_at", "language", "text", "likes"]]
    whole = {name: Table.from_any(frame, name) for name, frame in frames.items()}
    config = RunConfig(seed=seed)
    schema = detect_links(whole, config)
    schema = schema.model_copy(update={"references": _references()})
    train, held = split_people(whole, schema, Plan.of(schema, {}), HELD, np.random.default_rng(seed))
    model = Synthesizer(random_state=seed, schema=schema, training=STEPS)
    start = time.process_time()
    model.fit(train)
    figures: dict[str, Any] = {"fit_s": time.process_time() - start, "notes": model.notes_}
    made = model.linked_.sample(1.0, {"users": USERS}, seed)
    sides = [Network({name: _arrow(one) for name, one in tables.items()}, schema) for tables in (train, held, made)]
    results = AccountsSection().compute(Sides(*sides, config), np.random.default_rng(seed))
    figures["fidelity"] = [_said(result) for _, result in results]
    figures["curve"] = [by_difficulty(model, schema, difficulty, seed) for difficulty in DIFFICULTIES]
    return figures


def _references() -> list[Reference]:
    def to_users(name: str, column: str) -> Reference:
        return Reference(table=name, columns=(column,), parent="users", parent_columns=("user_id",))

    return [to_users("posts", "user_id"), to_users("follows", "follower_id"), to_users("follows", "followed_id")]


def _arrow(one: Any) -> Any:
    return one.arrow if isinstance(one, Table) else one


def _said(result: Result) -> dict[str, Any]:
    found = result.to_json()
    return {name: found[name] for name in ("name", "title", "value", "floor", "interval", "reason", "details")}


def by_difficulty(model: Synthesizer, schema: LinkedSchema, difficulty: float, seed: int) -> dict[str, Any]:
    """Average precision of detectors of made fakes: taught by one made network, tested on the next."""
    views = []
    for number in (1, 2):
        asked = AskedCampaigns(*ASKED, difficulty)
        made = model.linked_.sample(1.0, {"users": USERS}, 100 * seed + number, campaigns=asked)
        del made["campaigns"]
        views.append(view_of(Network(made, schema), "users", Campaigns("users", None).columns(schema)))
    one, other = views
    profile, every = Profile.of(one, other), np.ones(len(one), bool)
    figures = []
    for features, place in LOOKS:
        taught = DETECTORS[place].fit(seen(one, profile, features), every, one.fake_N, seed)
        figures.append(Ranking.of(taught(seen(other, profile, features)), other.fake_N).average_precision())
    return {"difficulty": difficulty, "precision": figures, "chance": float(other.fake_N.mean())}


def human_bots(data: Path, seed: int) -> dict[str, Any]:
    """The single table of accounts: campaigns found, and detectors taught by made rows."""
    frame = pd.read_csv(next((data / NAME).glob("*.csv")))
    fake_N = frame.account_type.map(is_fake).to_numpy(bool)
    said_N = find_campaigns(Accounts(len(frame), _seconds(frame.created_at))).campaign_N
    campaigns = [
        {"accounts": int((said_N == k).sum()), "bots": float(fake_N[said_N == k].mean())}
        for k in range(int(said_N.max(initial=-1)) + 1)
    ]
    tested_N = np.random.default_rng(seed).random(len(frame)) < HELD
    start = time.process_time()
    model = Synthesizer(random_state=seed, target="account_type", training=STEPS).fit(frame[~tested_N])
    seconds = time.process_time() - start
    trial = Trial(_rows(frame), ~tested_N, tested_N, _rows(model.sample(len(frame), random_state=seed)))
    results = [*judge_accounts(trial, np.random.default_rng(seed)), shortcut(trial, np.random.default_rng(seed))]
    return {
        "campaigns": campaigns,
        "rows": len(frame),
        "bots": float(fake_N.mean()),
        "fit_s": seconds,
        "fidelity": [_said(one) for one in results],
    }


def _rows(frame: pd.DataFrame) -> AccountView:
    own = frame.drop(columns=["account", "created_at", "account_type"])
    numeric = own.select_dtypes(["number"]).columns
    return AccountView(
        frame.account_type.map(is_fake).to_numpy(bool),
        {name: own[name].to_numpy(float) for name in numeric},
        {name: own[name].fillna("").astype(str).to_numpy() for name in own.columns if name not in numeric},
        _seconds(frame.created_at),
    )


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    lines = ["# Fake accounts", "", "Written by `python benchmarks/accounts.py`.", ""]
    searched = {kind: ours_of(results, "found", kind) for kind in ("none", *(f"{100 * d:.0f}" for d in DIFFICULTIES))}
    if any(searched.values()):
        lines += campaigns_found(searched)
    if bots := ours_of(results, "human-bots"):
        lines += of_human_bots(bots)
    if worlds := ours_of(results, "world"):
        lines += fidelity(worlds, f"A simulated world of {USERS} accounts learned and made again") + curve(worlds)
    return lines


def campaigns_found(searched: dict[str, list[dict[str, Any]]]) -> list[str]:
    """How well campaigns are found where the truth is known."""
    rows = []
    for kind, runs in searched.items():
        if not runs:
            continue
        name = "no bots" if kind == "none" else f"{int(kind) / 100:g}"
        found = spread([run["campaigns"] for run in runs], 1)
        rest = [spread([run[what] for run in runs], 2) for what in ("index", "precision", "recall")]
        rows.append([name, f"{runs[0]['true']}", found, *(rest if kind != "none" else ["", "", ""])])
    return [
        "## Campaigns found",
        "",
        f"Worlds of {FOUND_USERS:,} users, 40 bots to a campaign, without a look at labels: bursts of sign-ups, handle",
        "templates, cliques, posts in step; the chance of any finding among independent accounts is held at 1 %.",
        "Precision and recall are of members.",
        "",
        *table(["difficulty", "campaigns", "found", "adjusted Rand index", "precision", "recall"], rows),
    ]


def of_human_bots(runs: list[dict[str, Any]]) -> list[str]:
    """The single table."""
    first = runs[0]
    groups = [f"{one['accounts']} ({one['bots']:.0%})" for one in first["campaigns"]]
    return [
        *fidelity(runs, f"Accounts of {NAME}"),
        f"In its {first['rows']:,} rows, {first['bots']:.0%} of them bots, {len(groups)} bursts of sign-ups are found",
        f"without a look at the label; accounts, and how many of them are bots: {', '.join(groups)}.",
        "",
    ]


def fidelity(runs: list[dict[str, Any]], heading: str) -> list[str]:
    """Detectors taught by made accounts beside those taught by real ones."""
    rows = []
    for place, one in enumerate(runs[0]["fidelity"]):
        alike = [run["fidelity"][place] for run in runs]
        if one["value"] is not None:
            chance = spread([each["details"].get("chance") for each in alike], 3)
            shown = [spread([each[what] for each in alike], 3) for what in ("value", "floor")]
            rows.append([one["title"], *shown, chance])
    return [
        f"## {heading}",
        "",
        "Average precision on real people who were held out; *floor*: taught by real accounts (of the lead of a single",
        f"feature: one half of the real accounts beside the other). Seeds: {len(runs)}; {STEPS['max_steps']} steps of",
        "training.",
        "",
        *table(["", "taught by made accounts", "floor", "guessing"], rows),
    ]


def curve(runs: list[dict[str, Any]]) -> list[str]:
    """Campaigns asked for."""
    rows = []
    for place, difficulty in enumerate(DIFFICULTIES):
        alike = [run["curve"][place] for run in runs]
        cells = [spread([one["precision"][k] for one in alike], 3) for k in range(len(LOOKS))]
        rows.append([f"{difficulty:g}", *cells, f"{alike[0]['chance']:.3f}"])
    return [
        "## Campaigns asked for",
        "",
        f"`synthgen sample --campaigns {ASKED[0]} --campaign-size {ASKED[1]} --difficulty D`: average precision of",
        "detectors taught by one made network and tested on the next.",
        "",
        *table(["difficulty", *HEADINGS, "guessing"], rows),
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    run_page(args, cases(args), lambda case: measure(case, args.data.resolve()), page)


if __name__ == "__main__":
    main()
