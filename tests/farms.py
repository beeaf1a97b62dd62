"""A small network with planted farms of fake accounts, each with a burst, a template, a clique and posts in step."""

from __future__ import annotations

import numpy as np
import pandas as pd

HUMANS, FARM, FARMS = 200, 15, 2
STEMS = ("kobalt", "mirada", "welton", "zupeda", "quinto", "farbel", "ondesk", "yarrow")
BURSTS = pd.to_datetime("2023-04-04 10:00:00") + pd.to_timedelta(np.arange(8) * 23, unit="D")


def farmed(seed: int = 0, farms: int = FARMS) -> dict[str, pd.DataFrame]:
    """Users with handles and times, ties with a clique to each farm, posts of which a farm's are in step."""
    rng = np.random.default_rng(seed)
    n = HUMANS + FARM * farms
    farm = np.r_[np.full(HUMANS, -1), np.repeat(np.arange(farms), FARM)]
    fake = farm >= 0
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 330 * 86_400, n), unit="s")
    burst = BURSTS.to_numpy()[np.maximum(farm, 0)] + pd.to_timedelta(rng.integers(0, 3_600, n), unit="s").to_numpy()
    human = ["".join(rng.choice(list("abdeiklmnorstu"), 7)) + str(rng.integers(10, 99)) for _ in range(n)]
    handle = [f"{STEMS[f]}{rng.integers(10**6):06d}" if f >= 0 else human[i] for i, f in enumerate(farm)]
    users = pd.DataFrame(
        {
            "user_id": [f"u{i:05d}" for i in rng.permutation(n)],
            "handle": handle,
            "created_at": pd.Series(np.where(fake, burst, created.to_numpy())).dt.strftime("%Y-%m-%d %H:%M:%S"),
            "country": np.where(fake, rng.choice(["AT", "XX"], n, p=[0.2, 0.8]), rng.choice(["AT", "CH"], n)),
            "score": np.where(fake, rng.normal(80, 5, n), rng.normal(40, 5, n)).round(1),
            "is_bot": fake,
        }
    )
    ends = rng.integers(0, n, (1_200, 2))
    ties = {(a, b) for a, b in ends.tolist() if a != b}
    for f in range(farms):
        inside = np.flatnonzero(farm == f).tolist()
        ties |= {(a, b) for a in inside for b in inside if a != b}
    follows = pd.DataFrame(sorted(ties), columns=["follower", "followee"]).map(lambda i: users.user_id[i])
    owner = np.repeat(np.arange(n), rng.integers(1, 4, n))
    since = pd.to_datetime(users.created_at).to_numpy()[owner]
    at = since + pd.to_timedelta(rng.integers(3_600, 30 * 86_400, len(owner)), unit="s").to_numpy()
    posts = [pd.DataFrame({"who": owner, "at": at, "topic": rng.choice(["news", "sport"], len(owner))})]
    for f in range(farms):
        for event in range(4):
            inside = np.flatnonzero(farm == f)
            moment = BURSTS[f] + pd.Timedelta(days=20 * (event + 1))
            delay = pd.to_timedelta(rng.integers(0, 60, FARM), unit="s").to_numpy()
            posts.append(pd.DataFrame({"who": inside, "at": moment.to_numpy() + delay, "topic": "spam"}))
    post = pd.concat(posts, ignore_index=True)
    wall = pd.DataFrame(
        {
            "post_id": 1_000 + rng.permutation(len(post)),
            "user_id": users.user_id.to_numpy()[post.who],
            "posted": post["at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "topic": post.topic,
        }
    )
    return {"users": users, "posts": wall, "follows": follows}
