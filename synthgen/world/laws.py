"""The constants of a simulated world's laws, each named as in ``examples/world.md``. Times are in seconds.

They are round numbers of the size that published networks have; the tests rest on their being known, not on their
being anyone's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.world.lexicon import CITIES, LANGUAGE_OF

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800
START = 1_578_268_800
"""Monday 2020-01-06 00:00 UTC, since 1970; no account is older."""
END = 1_704_067_200
"""Monday 2024-01-01 00:00 UTC, 208 weeks later; nothing is younger."""
LAST_ACCOUNT = END - 30 * DAY
"""So that every account has a month to do something in."""

SIZE_DECAY = 0.5
"""Community c of 0, 1, ... has a share proportional to (c + 1) to the minus this."""
HOME = 6.0
"""How much likelier than elsewhere a member lives in one of the community's home countries."""
NATIVE = 0.85
"""The share that writes in the country's language; the rest in English."""
AGE_FIRST, AGE_STEP, AGE_SPREAD, AGE_RANGE = 22.0, 3.0, 6.0, (16, 80)
"""Years: mean of community 0, what each next one is older, spread, bounds."""
DEVICES = ("android", "ios", "web")
DEVICE_SHARES = (0.6, 0.25, 0.15)
"""Of community 0; each next one has them turned by one place."""
HUMAN_PROFILE = {"age_missing": 0.1, "bio_missing": 0.2, "default_avatar": 0.1}
BARE_PROFILE = {"age_missing": 0.7, "bio_missing": 0.8, "default_avatar": 0.7, "web": 0.8}
"""Chances of an account without, and with, the mark *bare profile*; a human's device is the community's own."""
LIFETIME, SHORTEST_LIFE = 1_200 * DAY, DAY
"""Mean of the exponential law of how long an account stays active beyond its shortest life."""

ACTIVITY_SPREAD, ACTIVITY_SHARED = 0.8, 0.5
"""Of the log-normal factor on a user's counts, and the share of its variance common to follows, posts and ratings."""
OWN_SHARE = 1 / 3
"""The largest popularity is such that this share of a community is expected to follow its most popular member."""
BARE_POPULARITY = 0.1
"""Popularity of an account with a bare profile; nobody else has less than 1."""
FOLLOW_BACK_DELAY = 2 * DAY
"""Mean of the exponential law, cut at the end of the world."""

RHYTHM_STRENGTH, RHYTHM_PEAK, WEEKEND_SHIFT, WEEKEND_LEVEL = 1.2, 20, 2, 1.2
"""Logarithm of the busiest hour over the average one; that hour, local; how much later and busier at weekends."""

REPLIES, MENTIONS = 0.2, 0.2
"""Chances that a post tries to answer, or to mention, somebody whom its author follows."""
TAG_COUNTS = (0.45, 0.3, 0.15, 0.1)
"""Shares of posts with 0, 1, 2 and 3 hashtags drawn; two equal ones are one."""
OWN_TAGS, OWN_WORDS = 0.85, 0.85
"""Shares of tags and words that are the community's; others are common tags, and words of any community."""
LIKES = 0.05
"""Expected likes of a post for each follower that its author has."""
MAILS = 0.02
"""The share of posts that give the author's made-up address away."""
OWN_LANGUAGE = 0.9
"""The share of posts in the author's language; the rest in English."""

FACTORS = 4
COMMUNITY_TASTE, OWN_TASTE, GENRE_FACTOR, ITEM_FACTOR = 0.8, 0.6, 0.8, 0.4
"""Spreads of latent factors: of communities, of users about theirs, of genres, of items about their genre."""
CHOICE = 0.8
"""How strongly taste decides the genre that is chosen."""
ITEM_DECAY = 0.8
"""An item's chance within its genre is its rank to the minus this."""
MEAN_RATING, QUALITY, TASTE, RATING_NOISE = 3.3, 0.4, 0.4, 0.5
"""Stars: the mean, spread of item quality, stars per unit of taste, spread of noise."""
RATING_GRID, LEAST, MOST = 0.5, 0.5, 5.0
NEW_SESSION, SESSION_GAP, SAME_GENRE = 0.2, 90, 0.6
"""Chance that a rating opens a session, mean seconds between two in one, chance that the next keeps the genre."""
MORE_GENRES = 0.3
"""Chance of a second, and then of a third genre of an item."""
YEARS = (1960, 2019)

BURST = 6 * HOUR
"""Width of the window in which a campaign's accounts are made."""
EVENTS, SYNCHRONY = 10, 2 * MINUTE
"""Synchronised posts of a campaign, and the window of each."""
RATING_RAID = DAY
"""The window in which a campaign rates its item."""
CLIQUE_DELAY = DAY
"""Mean seconds until two bots follow each other."""
HANDLE_DIGITS = 8
"""After the stem of a campaign's handles; humans have four at most."""


def community_shares(communities: int) -> np.ndarray:
    """``(C,)`` expected shares of the communities, largest first.

    Example:
        >>> community_shares(2).round(3).tolist()
        [0.586, 0.414]
    """
    sizes = (np.arange(communities) + 1.0) ** -SIZE_DECAY
    shares: np.ndarray = sizes / sizes.sum()
    return shares


def city_shares(communities: int) -> np.ndarray:
    """``(C, cities)`` where the members of each community live: country, then city."""
    countries = list(LANGUAGE_OF)
    weights = np.array(
        [
            [city.share * (HOME if countries.index(city.country) % communities == c else 1.0) for city in CITIES]
            for c in range(communities)
        ]
    )
    shares: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
    return shares


def device_shares(communities: int) -> np.ndarray:
    """``(C, devices)`` what the members of each community use."""
    return np.array([np.roll(DEVICE_SHARES, c) for c in range(communities)])


def constants() -> dict[str, Any]:
    """Every constant of this file, for the truth that is written beside a world."""
    return {name.lower(): value for name, value in sorted(globals().items()) if name.isupper() and name != "CITIES"} | {
        "cities": [city._asdict() for city in CITIES]
    }
