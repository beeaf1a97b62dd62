"""Tables of events that are measured, and a lower baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema

HOUR, DAY = 3_600, 86_400
START = 1_577_836_800
"""2020-01-01: after every account of the table was made."""
RATERS = 60
"""Users of the films: rows of one are made one after another, the longest history decides how long that takes."""
ACCOUNTS = 1_500


@dataclass(frozen=True)
class Events:
    """A table of events.

    Attributes:
        title: on the page.
        read: from the folder of real tables.
        training: settings.
    """

    title: str
    read: Callable[[Path], dict[str, pd.DataFrame]]
    training: Mapping[str, Any] = field(default_factory=dict)


def tweets(data: Path) -> dict[str, pd.DataFrame]:
    """Tweets to airlines, without their words."""
    frame = pd.read_csv(data / "airline_tweets/tweets.csv").rename(columns={"user": "user_id"})
    columns = ["user_id", "airline", "tweet_created", "hashtags", "retweet_count", "user_timezone"]
    return {"tweets": frame[[*columns, "airline_sentiment", "negativereason"]]}


def ratings(data: Path) -> dict[str, pd.DataFrame]:
    """Ratings of some users, films by their first genre."""
    frame = pd.read_csv(data / "movielens_small/ratings.csv")
    films = pd.read_csv(data / "movielens_small/movies.csv").set_index("movieId")
    frame = frame[frame.userId <= RATERS]
    genre = frame.movieId.map(films.genres.str.split("|").str[0])
    return {
        "ratings": pd.DataFrame(
            {"userId": frame.userId, "genre": genre, "rating": frame.rating, "timestamp": frame.timestamp}
        )
    }


def accounts(data: Path) -> dict[str, pd.DataFrame]:
    """Real accounts of people and bots, and events made for them by a planted law."""
    frame = pd.read_csv(data / "twitter_human_bots/accounts.csv").sample(ACCOUNTS, random_state=0)
    columns = ["account", "default_profile", "verified", "followers_count", "friends_count", "statuses_count"]
    return accounts_with_events(frame[[*columns, "account_type"]].reset_index(drop=True), np.random.default_rng(0))


def accounts_with_events(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Events of accounts.

    People view in the evening, put into the cart with chance 0.5 and then purchase with chance 0.8; bots view at any
    hour, in long sessions.

    Args:
        frame: accounts, ``account`` names them; without ``account_type`` all are people.
        rng: draws.
    """
    bots = frame.account_type.eq("bot").to_numpy() if "account_type" in frame else np.zeros(len(frame), bool)
    rows: list[tuple[Any, int, str, float]] = []
    for account, bot in zip(frame.account, bots, strict=True):
        day = int(rng.integers(0, 60))
        for _ in range(rng.integers(0, 5)):
            day += int(rng.geometric(0.25))
            second = START + day * DAY + int(rng.integers(0, DAY) if bot else rng.integers(18 * HOUR, 22 * HOUR))
            for _ in range(rng.integers(1, 8 if bot else 3)):
                rows.append((account, second, "view", np.nan))
                second += int(rng.integers(5, 60))
                if not bot and rng.random() < 0.5:
                    rows.append((account, second, "add_to_cart", np.nan))
                    second += int(rng.integers(5, 60))
                    if rng.random() < 0.8:
                        rows.append((account, second, "purchase", float(rng.integers(5, 90))))
                        second += int(rng.integers(5, 60))
    events = pd.DataFrame(rows, columns=["account", "at", "event", "amount"])
    events["at"] = pd.to_datetime(events["at"], unit="s").dt.strftime("%Y-%m-%d %H:%M:%S")
    return {"accounts": frame, "events": events}


def shuffled(tables: Mapping[str, pa.Table], schema: LinkedSchema, rng: np.random.Generator) -> dict[str, pa.Table]:
    """Tables whose children's columns are each dealt out anew: counts and single columns stay."""
    found = dict(tables)
    for name in Plan.of(schema, {}).owner:
        columns = {}
        for column in found[name].column_names:
            columns[column] = found[name].column(column).take(pa.array(rng.permutation(len(found[name]))))
        found[name] = pa.table(columns)
    return found


TABLES = {
    "airline_tweets": Events("Tweets to airlines", tweets),
    "movielens_small": Events(f"Ratings of films, {RATERS} users", ratings, {"max_steps": 600, "width": 64}),
    "twitter_human_bots": Events(
        "Accounts of people and bots, with events of a planted law", accounts, {"max_steps": 1_500}
    ),
}
