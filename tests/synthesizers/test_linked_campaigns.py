"""Campaigns in linked tables: found, hidden, made again, and exactly as many as are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.campaigns import Accounts, find_campaigns
from synthgen.errors import ConfigError
from tests.farms import BURSTS, FARM, FARMS, STEMS, farmed
from tests.made import accounts as account_rows
from tests.made import quick_settings
from tests.networks import network

TABLES = ("users", "posts", "follows")


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    training = {"max_steps": 150, "evaluate_every": 50, "width": 32, "blocks": 1}
    return synthgen.Synthesizer(random_state=0, training=training).fit(farmed())


@pytest.fixture(scope="module")
def plain(model: synthgen.Synthesizer) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = model.sample(campaigns=3, campaign_size=12, difficulty=0.0, random_state=1)
    return found


def moments(column: pd.Series) -> np.ndarray:
    return np.asarray((pd.to_datetime(column) - pd.Timestamp(0)).dt.total_seconds())


def test_farms_of_the_real_tables_are_found_and_kept_as_a_law(model: synthgen.Synthesizer) -> None:
    kept = model.linked_.campaigns
    assert kept is not None
    assert (kept.users, kept.posts) == ("users", "posts")
    assert sum(kind.campaigns for kind in kept.kinds) == FARMS
    assert sum(kind.accounts for kind in kept.kinds) == pytest.approx(FARM * FARMS, abs=2)
    assert kept.kinds[0].ties == 1.0
    assert any("campaigns of fake accounts" in note for note in model.notes_)


def test_exactly_so_many_campaigns_of_that_size_are_there(plain: dict[str, pd.DataFrame]) -> None:
    truth = plain["campaigns"]
    assert list(truth.columns) == ["user_id", "campaign", "true_label"]
    assert truth.user_id.tolist() == plain["users"].user_id.tolist()
    assert truth.campaign.value_counts().to_dict() == {1.0: 12, 2.0: 12, 3.0: 12}
    assert (truth.true_label == truth.campaign.notna()).all()
    assert (plain["users"].is_bot == truth.true_label).all()
    assert list(plain["users"].columns) == list(farmed()["users"].columns)  # the hidden column stays hidden


def test_the_easiest_campaign_has_one_burst_one_template_a_whole_clique_and_posts_in_step(
    plain: dict[str, pd.DataFrame],
) -> None:
    users = plain["users"].assign(campaign=plain["campaigns"].campaign)
    ties = set(zip(plain["follows"].follower, plain["follows"].followee, strict=True))
    assert len(ties) == len(plain["follows"])
    for _, farm in users.dropna(subset=["campaign"]).groupby("campaign"):
        assert np.ptp(moments(farm.created_at)) <= 8_192
        assert farm.handle.str.replace(r"\d+$", "", regex=True).nunique() == 1
        assert (farm.handle.str.extract(r"(\d+)$")[0].str.len() == 6).all()
        assert {(a, b) for a in farm.user_id for b in farm.user_id if a != b} <= ties
        posts = plain["posts"][plain["posts"].user_id.isin(farm.user_id)].sort_values("posted")
        at = moments(posts.posted)
        together = [i for i in range(len(at)) if ((at >= at[i]) & (at <= at[i] + 128)).sum() >= 12]
        assert len(together) >= 3
    assert users.handle[users.campaign.notna()].is_unique


def test_posts_in_step_are_alike_and_never_before_their_account(plain: dict[str, pd.DataFrame]) -> None:
    users = plain["users"].assign(campaign=plain["campaigns"].campaign)
    joined = plain["posts"].merge(users, on="user_id", validate="many_to_one")
    assert len(joined) == len(plain["posts"])
    assert plain["posts"].post_id.is_unique
    for _, posts in joined.dropna(subset=["campaign"]).groupby("campaign"):
        at = moments(posts.posted)
        for start in at:
            inside = (at >= start) & (at <= start + 128)
            if posts.user_id[inside].nunique() == 12 and inside.sum() == 12:
                assert posts.topic[inside].nunique() == 1
                assert (at[inside] > moments(posts.created_at[inside])).all()


def test_the_finder_finds_what_was_asked_for_and_nothing_of_the_hardest(
    model: synthgen.Synthesizer, plain: dict[str, pd.DataFrame]
) -> None:
    def found(made: dict[str, pd.DataFrame]) -> np.ndarray:
        users, place = made["users"], {key: n for n, key in enumerate(made["users"].user_id)}
        ends = [made["follows"][side].map(place).to_numpy() for side in ("follower", "followee")]
        return find_campaigns(Accounts(len(users), moments(users.created_at), users.handle.tolist(), *ends)).campaign_N

    truth = plain["campaigns"].campaign
    told = found(plain)
    for number in (1, 2, 3):
        assert len(np.unique(told[truth == number])) == 1
        assert (told[truth == number] >= 0).all()
    hidden = model.sample(campaigns=3, campaign_size=12, difficulty=1.0, random_state=1)
    inside = hidden["campaigns"].campaign.notna()
    assert (found(hidden)[inside] < 0).mean() > 0.9
    assert hidden["users"].is_bot.sum() == 36


@pytest.mark.parametrize(("noise", "turned"), [(0.0, 0), (0.25, 9), (1.0, 36)])
def test_label_noise_turns_exactly_that_share_and_as_many_others(
    model: synthgen.Synthesizer, noise: float, turned: int
) -> None:
    made = model.sample(campaigns=3, campaign_size=12, difficulty=0.5, label_noise=noise, random_state=1)
    said, true = made["users"].is_bot, made["campaigns"].true_label
    assert true.sum() == 36
    assert (true & ~said).sum() == turned
    assert (said & ~true).sum() == turned


def test_harder_campaigns_look_less_like_fakes(model: synthgen.Synthesizer) -> None:
    """``XX`` is a country of fakes alone."""
    shares = []
    for difficulty in (0.0, 0.5, 1.0):
        made = model.sample(campaigns=5, campaign_size=16, difficulty=difficulty, random_state=2)
        shares.append((made["users"].country[made["campaigns"].campaign.notna()] == "XX").mean())
    assert shares[0] > shares[1] > shares[2]


def test_campaigns_come_unasked_too_and_none_is_a_real_one(model: synthgen.Synthesizer) -> None:
    made = model.sample(scale=2.0, random_state=3)
    assert sorted(made) == sorted(TABLES)
    stems = made["users"].handle.str.extract(r"^([a-z]+)\d{6}$")[0].dropna()
    assert (stems.value_counts() >= 5).any()
    assert not set(stems) & set(STEMS)
    at = moments(made["users"].created_at)
    real = moments(pd.Series(BURSTS[:FARMS]))
    close = (np.abs(at[:, None] - real[None, :] - 1_800) < 7_200).mean()
    assert close < 0.02  # by an even rate 0.0005 of all accounts, of the real ones 0.065 for each


def test_what_was_saved_makes_the_same(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    how = {"campaigns": 2, "campaign_size": 10, "difficulty": 0.3, "label_noise": 0.1, "random_state": 4}
    one, other = model.sample(**how), synthgen.load(tmp_path / "run").sample(**how)
    for name in (*TABLES, "campaigns"):
        pd.testing.assert_frame_equal(
            one[name].reset_index(drop=True), other[name].reset_index(drop=True), check_dtype=False
        )


def test_what_cannot_be_made_is_said_in_one_sentence(model: synthgen.Synthesizer) -> None:
    with pytest.raises(ConfigError, match="at most half of the users may be"):
        model.sample(campaigns=10, campaign_size=40)
    with pytest.raises(ConfigError, match="difficulty: 2; a number from 0 to 1"):
        model.sample(campaigns=1, difficulty=2)
    films = network()["films"]
    bare = synthgen.Synthesizer(random_state=0, **quick_settings("gan")).fit({"films": films})
    with pytest.raises(ConfigError, match="no table of users"):
        bare.sample(campaigns=1)
    unlabelled = {"users": farmed()["users"].drop(columns="is_bot")}
    nameless = synthgen.Synthesizer(random_state=0, **quick_settings("gan")).fit(unlabelled)
    with pytest.raises(ConfigError, match="no column of 'users' says who is fake"):
        nameless.sample(campaigns=1, campaign_size=4)


def test_a_single_table_of_accounts_has_campaigns_too() -> None:
    model = synthgen.Synthesizer(random_state=0, **quick_settings("gan")).fit(account_rows(300))
    made, truth = model.sample(200, campaigns=4, campaign_size=10, difficulty=0.0, label_noise=0.1, random_state=1)
    assert len(made) == len(truth) == 200
    assert list(made.columns) == list(account_rows(10).columns)
    assert truth["row"].tolist() == list(range(1, 201))
    assert truth.campaign.value_counts().to_dict() == dict.fromkeys((1.0, 2.0, 3.0, 4.0), 10)
    assert (made.is_bot != truth.true_label).sum() == 8
    for _, farm in made.assign(campaign=truth.campaign).dropna(subset=["campaign"]).groupby("campaign"):
        assert (farm.created_at.max() - farm.created_at.min()).total_seconds() <= 16_384
    with pytest.raises(ConfigError, match="where: not with campaigns"):
        model.sample(100, campaigns=1, where="plan=free")
