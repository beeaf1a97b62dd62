from __future__ import annotations

import re

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synthgen.world.campaigns import MARKS
from tests.world.conftest import World, agrees, seconds

Worlds = dict[float, World]


def members(world: World) -> list[tuple[pd.Series, pd.DataFrame]]:
    """Each campaign, and its accounts' public and true facts."""
    users = world.users.merge(world.truth["users"], on="user_id", suffixes=("", "_true"))
    return [(row, users[users["campaign"] == row["campaign"]]) for _, row in world.truth["campaigns"].iterrows()]


def test_each_mark_is_borne_with_the_same_chance(world: World) -> None:
    bots = world.truth["users"][world.truth["users"]["is_bot"]]
    assert len(bots) == 200
    assert (bots["campaign"].value_counts() == 40).all()
    for mark in MARKS:
        assert agrees(bots[mark].sum(), 200, 0.5), mark


def test_accounts_of_a_burst_are_made_within_six_hours(world: World) -> None:
    for campaign, bots in members(world):
        after = (bots.loc[bots["in_burst"], "created_at"] - campaign["burst_from"]).dt.total_seconds()
        assert after.between(0, 6 * 3600).all()
        assert after.max() - after.min() > 3 * 3600  # twenty moments in half of the window: once in a million
        rest = (bots.loc[~bots["in_burst"], "created_at"] - campaign["burst_from"]).dt.total_seconds()
        assert (~rest.between(0, 6 * 3600)).mean() > 0.9


def test_handles_follow_the_template_and_humans_never_do(world: World) -> None:
    for campaign, bots in members(world):
        stem = campaign["handle_template"].rstrip("0")
        shape = re.compile(rf"{stem}\d{{8}}")
        fitting = bots["handle"].map(lambda handle, shape=shape: bool(shape.fullmatch(handle)))
        assert (fitting == bots["in_template"]).all()
    human = world.users[~world.truth["users"]["is_bot"]]
    assert not human["handle"].str.contains(r"\d{5}").any()


def test_bots_follow_each_other_back_as_often_as_the_law_says(world: World, worlds_by_difficulty: Worlds) -> None:
    for made, chance in ((world, 0.5), *((w, 1 - d) for d, w in worlds_by_difficulty.items())):
        known = set(zip(made.follows["follower_id"], made.follows["followed_id"], strict=True))
        kinds = made.truth["follows"]
        clique = kinds[kinds["kind"] == "clique"]
        pairs = mutual = 0
        for _, bots in members(made):
            ids = bots["user_id"].to_numpy()
            pairs += len(ids) * (len(ids) - 1) // 2
            mutual += sum((a, b) in known and (b, a) in known for a in ids for b in ids if a < b)
        # Follows of their own add a pair now and then.
        assert chance * pairs - 4 * np.sqrt(pairs * chance * (1 - chance)) <= mutual
        assert mutual <= chance * pairs + 4 * np.sqrt(pairs * chance * (1 - chance)) + 0.02 * pairs
        campaign = made.truth["users"].set_index("user_id")["campaign"]
        assert (campaign[clique["follower_id"]].to_numpy() == campaign[clique["followed_id"]].to_numpy()).all()


def test_bots_post_the_same_within_two_minutes(world: World) -> None:
    posts = world.posts.merge(world.truth["campaign_posts"], on="post_id")
    tried = joined = 0
    for campaign, bots in members(world):
        left = bots["created_at"] + pd.to_timedelta(bots["active_days"], unit="D")
        for event, opening in enumerate(pd.to_datetime(campaign["events_from"].split("|")), 1):
            same = posts[(posts["campaign"] == campaign["campaign"]) & (posts["event"] == event)]
            assert (same["created_at"] - opening).dt.total_seconds().between(0, 120).all()
            assert same["text"].nunique() <= 1
            assert (same["hashtags"] == campaign["hashtag"]).all()
            assert same["user_id"].is_unique
            assert same["user_id"].isin(bots["user_id"]).all()
            margin = pd.Timedelta(seconds=122)
            tried += int(((bots["created_at"] <= opening) & (left > opening + margin)).sum())
            joined += len(same)
    assert agrees(joined, tried, 0.5)


def test_bots_raid_their_item_and_boost_their_customer(world: World) -> None:
    known = set(zip(world.follows["follower_id"], world.follows["followed_id"], strict=True))
    tried = raided = boosted = 0
    for campaign, bots in members(world):
        rated = world.interactions.merge(bots[["user_id"]]).query("item_id == @campaign.item_id and rating == 5")
        after = (rated["rated_at"] - campaign["raid_from"]).dt.total_seconds()
        raided += int(after.between(0, 86_400).sum())
        left = bots["created_at"] + pd.to_timedelta(bots["active_days"], unit="D")
        there = (bots["created_at"] <= campaign["raid_from"]) & (left > campaign["raid_from"] + pd.Timedelta(days=1))
        tried += int(there.sum())
        boosted += sum((user, campaign["customer_id"]) in known for user in bots["user_id"])
        assert not world.truth["users"].set_index("user_id")["is_bot"][campaign["customer_id"]]
    assert agrees(raided, tried, 0.5)
    assert boosted >= 100 - 4 * np.sqrt(50)


def test_at_difficulty_one_nothing_is_left_but_the_truth(worlds_by_difficulty: Worlds) -> None:
    made = worlds_by_difficulty[1.0]
    truth = made.truth["users"]
    assert truth["is_bot"].sum() == 120
    assert not truth[list(MARKS)].any().any()
    assert not made.truth["follows"]["kind"].isin(["clique", "boost"]).any()
    assert made.truth["campaign_posts"].empty


def detector_auc(world: World) -> float:
    """Of a logistic regression on what profiles and counts say, cross-validated, against the true label."""
    users = world.users
    features = np.column_stack(
        [
            users[["age", "bio"]].isna(),
            users["default_avatar"],
            users["device"] == "web",
            users["handle"].str.count(r"\d"),
            np.log1p(users[["followers_count", "following_count", "posts_count"]]),
        ]
    ).astype(float)
    truth = world.truth["users"]["is_bot"].to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    scores = cross_val_predict(model, features, truth, cv=5, method="predict_proba")[:, 1]
    return float(roc_auc_score(truth, scores))


def test_difficulty_makes_bots_harder_to_tell(worlds_by_difficulty: Worlds) -> None:
    easy, middle, hard = (detector_auc(worlds_by_difficulty[d]) for d in (0.0, 0.6, 1.0))
    assert easy > 0.99
    assert 0.65 < middle < easy - 0.03
    # 120 bots: the AUC of a coin spreads by 0.027.
    assert abs(hard - 0.5) < 0.11
    assert hard < middle - 0.1


def test_without_difficulty_every_bot_bears_every_mark(worlds_by_difficulty: Worlds) -> None:
    made = worlds_by_difficulty[0.0]
    bots = made.truth["users"][made.truth["users"]["is_bot"]]
    assert bots[list(MARKS)].all().all()
    assert (made.users["is_bot"] == made.truth["users"]["is_bot"]).all()
    for campaign, accounts in members(made):
        assert np.ptp(seconds(accounts["created_at"])) <= 6 * 3600
        assert (accounts["community"] == campaign["target_community"]).all()
