"""Campaigns are found where there are some, and nowhere else; the truth is known by construction or from a world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from synthgen.campaigns import Accounts, find_campaigns
from synthgen.world.making import make_world

DAY = 86_400


def seconds(column: pd.Series) -> np.ndarray:
    return np.asarray((pd.to_datetime(column) - pd.Timestamp(0)).dt.total_seconds())


def accounts_of(folder: Path) -> tuple[Accounts, np.ndarray]:
    """A world's accounts, and the true campaign of each, -1 for none."""
    users, follows, posts, truth = (
        pd.read_csv(folder / name) for name in ("users.csv", "follows.csv", "posts.csv", "truth/users.csv")
    )
    accounts = Accounts(
        len(users),
        seconds(users.created_at),
        users.handle.tolist(),
        follows.follower_id.to_numpy() - 1,
        follows.followed_id.to_numpy() - 1,
        author_P=posts.user_id.to_numpy() - 1,
        second_P=seconds(posts.created_at).astype(np.int64),
        texts=posts.text.tolist(),
    )
    return accounts, truth.campaign.fillna(0).to_numpy().astype(int) - 1


@pytest.mark.parametrize(
    ("difficulty", "index", "precision", "recall"),
    [(0.3, 0.93, 0.9, 0.99), (0.5, 0.93, 0.94, 0.93)],
    ids=["easy", "half"],
)
def test_the_campaigns_of_a_world_are_found(
    tmp_path: Path, difficulty: float, index: float, precision: float, recall: float
) -> None:
    make_world(tmp_path / "world", users=2000, seed=0, difficulty=difficulty)
    accounts, campaign_N = accounts_of(tmp_path / "world")
    found = find_campaigns(accounts)
    assert found.n_campaigns == 5
    assert adjusted_rand_score(campaign_N, found.campaign_N) > index
    bot_N, said_N = campaign_N >= 0, found.campaign_N >= 0
    assert (bot_N & said_N).sum() > precision * said_N.sum()
    assert (bot_N & said_N).sum() > recall * bot_N.sum()


@pytest.mark.parametrize(
    "settings", [{"campaigns": 0}, {"difficulty": 1.0, "campaigns": 2}], ids=["no bots", "hidden bots"]
)
def test_nothing_is_found_in_a_world_where_there_is_nothing_to_be_found(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """At most one world in a hundred has a finding, so two of two have none with a chance above 98 %."""
    for seed in range(2):
        make_world(tmp_path / f"{seed}", users=500, seed=seed, **settings)
        found = find_campaigns(accounts_of(tmp_path / f"{seed}")[0])
        assert found.n_campaigns == 0
        assert not found.evidence


def test_accounts_without_anything_in_common_are_a_false_alarm_in_one_table_of_a_hundred_at_most() -> None:
    """Of 200 tables with an even rate at most 6 give an alarm, but for one run in 200 (2 are expected at most)."""
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        second_P = rng.integers(0, 400 * DAY, 300)
        accounts = Accounts(300, rng.uniform(0, 400 * DAY, 300), author_P=rng.integers(0, 300, 300), second_P=second_P)
        alarms += bool(find_campaigns(accounts).evidence)
    assert alarms <= 6


def test_a_rate_that_rises_and_hours_that_are_busy_are_no_burst() -> None:
    rng = np.random.default_rng(0)
    day = np.floor(1_000 * np.sqrt(rng.random(20_000)))
    hour = np.clip(rng.normal(20, 2, 20_000), 0, 23.99)
    created_N = day * DAY + hour * 3_600
    assert not find_campaigns(Accounts(20_000, created_N)).evidence
    farm = np.r_[created_N, created_N[5] + rng.uniform(0, 1_800, 25)]
    found = find_campaigns(Accounts(20_025, farm))
    assert (found.campaign_N[20_000:] == 0).all()
    assert (found.campaign_N >= 0).sum() < 35


def test_days_without_a_clock_are_scanned_by_day() -> None:
    rng = np.random.default_rng(0)
    created_N = np.r_[rng.integers(0, 900, 900), np.full(15, 400)] * DAY
    found = find_campaigns(Accounts(915, created_N.astype(float)))
    assert (found.campaign_N[900:] == 0).all()


def test_a_name_that_is_common_with_any_number_of_digits_is_no_template() -> None:
    rng = np.random.default_rng(0)
    names = rng.choice(["anna", "boris", "carla", "dmitri", "elena"], 600)
    plain = [
        f"{name}{number}" for name, number in zip(names, rng.integers(0, 10 ** rng.integers(1, 7, 600)), strict=True)
    ]
    assert not find_campaigns(Accounts(600, handles=plain)).evidence
    farm = [*plain, *(f"kobalt{n:08d}" for n in rng.integers(0, 10**8, 12))]
    found = find_campaigns(Accounts(612, handles=farm))
    assert np.flatnonzero(found.campaign_N == 0).tolist() == list(range(600, 612))


def test_a_clique_is_found_among_ties_and_communities_are_not() -> None:
    rng = np.random.default_rng(0)
    block = np.arange(800) % 8
    ends = rng.integers(0, 800, (40_000, 2))
    ends = ends[(block[ends[:, 0]] == block[ends[:, 1]]) | (rng.random(40_000) < 0.1)]
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    assert not find_campaigns(Accounts(800, from_M=ends[:, 0], to_M=ends[:, 1], directed=False)).evidence
    one, other = np.triu_indices(25, 1)
    both = np.unique(np.vstack([ends, np.column_stack([one, other]) * 8]), axis=0)
    found = find_campaigns(Accounts(800, from_M=both[:, 0], to_M=both[:, 1], directed=False))
    assert set(range(0, 200, 8)) <= set(np.flatnonzero(found.campaign_N == 0))
    assert (found.campaign_N >= 0).sum() < 30


def test_findings_that_share_one_account_are_not_one() -> None:
    rng = np.random.default_rng(0)
    times = np.r_[rng.uniform(0, 1_000, 300) * DAY, 2e7 + rng.uniform(0, 600, 10), 6e7 + rng.uniform(0, 600, 10)]
    handles = [None] * 309 + ["kobalt00000001"] + [f"kobalt{n:08d}" for n in range(10, 20)] + [None] * 0
    found = find_campaigns(Accounts(320, times, handles[:320]))
    assert found.n_campaigns == 2
