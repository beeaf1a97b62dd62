"""A small social network as linked tables, with planted laws."""

from __future__ import annotations

import numpy as np
import pandas as pd


def network(seed: int = 0, n: int = 240) -> dict[str, pd.DataFrame]:
    """Users, their posts (of one kind by the user's plan, answered by later ones), ties, and what they read."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["free", "pro"], n, p=[0.6, 0.4])
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    users = pd.DataFrame(
        {"id": [f"u{i:04d}" for i in rng.permutation(n)], "plan": plan, "created": created.astype(str)}
    )
    owner = np.repeat(np.arange(n), np.where(plan == "pro", rng.poisson(8, n), rng.poisson(2, n)))
    m = len(owner)
    pro = plan[owner] == "pro"
    kind = np.where(rng.random(m) < 0.9, np.where(pro, "ad", "chat"), np.where(pro, "chat", "ad"))
    at = created[owner] + pd.to_timedelta(rng.integers(0, 60, m) * 86_400 + rng.integers(8, 20, m) * 3_600, unit="s")
    posts = pd.DataFrame({"post_id": 500 + rng.permutation(m), "user_id": users.id.to_numpy()[owner], "kind": kind})
    posts["at"] = at.strftime("%Y-%m-%d %H:%M:%S")
    answered = np.where(rng.random(m) < 0.3, rng.choice(posts.post_id, m), -1)
    posts["reply_to_post"] = pd.array(answered).astype("Int64")
    posts.loc[answered < 0, "reply_to_post"] = pd.NA
    ends = rng.integers(0, n, (900 * n // 240, 2))
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    follows = pd.DataFrame({"follower": users.id.to_numpy()[ends[:, 0]], "followee": users.id.to_numpy()[ends[:, 1]]})
    films = pd.DataFrame({"film_id": range(1, 81), "genre": ["war", "love"] * 40})
    reader = np.repeat(np.arange(n), rng.integers(0, 8, n))
    film = 2 * rng.integers(0, 40, len(reader)) + (plan[reader] == "pro")
    reads = pd.DataFrame({"user_id": users.id.to_numpy()[reader], "film_id": film + 1}).drop_duplicates()
    return {"users": users, "posts": posts, "follows": follows, "films": films, "reads": reads.reset_index(drop=True)}


def counted(seed: int = 0) -> dict[str, pd.DataFrame]:
    """The same network with columns that say what other tables hold."""
    tables = network(seed)
    rng = np.random.default_rng(seed + 1)
    users, posts, follows = tables["users"], tables["posts"], tables["follows"]
    posts["likes"] = rng.poisson(np.where(posts.kind == "ad", 2, 9))

    def rows(keys: pd.Series, ends: pd.Series) -> pd.Series:
        return keys.map(ends.value_counts()).fillna(0).astype(int)

    users["followers_count"] = rows(users.id, follows.followee)
    users["friends_count"] = rows(users.id, follows.follower)
    users["statuses_count"] = rows(users.id, posts.user_id)
    users["n_ads"] = rows(users.id, posts.user_id[posts.kind == "ad"])
    users["last_post_at"] = users.id.map(posts.groupby("user_id")["at"].max())
    users["mean_likes"] = users.id.map(posts.groupby("user_id").likes.mean().round(2))
    users["total_likes"] = users.id.map(posts.groupby("user_id").likes.sum()).fillna(0).astype(int)
    tables["films"]["n_readers"] = rows(tables["films"].film_id, tables["reads"].film_id)
    posts["n_replies"] = rows(posts.post_id, posts.reply_to_post)
    return tables
