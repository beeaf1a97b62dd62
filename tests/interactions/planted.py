"""Interactions whose tastes, popularity, ratings and times are known."""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions

HOUR, DAY = 3_600, 86_400
MONDAY = 4 * DAY
BLOCKS, IN_BLOCK = 4, 60
LIKING = 0.8
"""Share of a user's items that are of the user's own block."""
START = 18_000 * DAY
SPAN = 400 * DAY


def planted(n_users: int = 400, seed: int = 0, rated: bool = True, timed: bool = True) -> Interactions:
    """Users of one of four blocks, each of 60 items with chances like 1 over the rank.

    Users take 10 to 40 items, each once; 0.8 of the draws are from the own block. A rating is 3 plus the user's level
    (1 or -1, as likely) plus the item's (1 for the even ones, else 0), from 1 to 5. Sessions open on average at every
    fourth interaction, between 18 and 22 h UTC, some whole days after the one before; within one, gaps are 30 or 60 s.
    """
    rng = np.random.default_rng(seed)
    n_items = BLOCKS * IN_BLOCK
    chance_I = np.tile(1 / np.arange(1, IN_BLOCK + 1), BLOCKS)
    block_I = np.repeat(np.arange(BLOCKS), IN_BLOCK)
    users, items = [], []
    for user in range(n_users):
        many = int(rng.integers(10, 41))
        weight_I = chance_I * np.where(block_I == user % BLOCKS, LIKING, (1 - LIKING) / (BLOCKS - 1))
        users.append(np.full(many, user))
        items.append(np.argsort(rng.exponential(size=n_items) / weight_I)[:many])
    user_E, item_E = np.concatenate(users), np.concatenate(items)
    level_U = np.where(rng.random(n_users) < 0.5, 1, -1)
    rating_E = np.clip(3 + level_U[user_E] + (item_E % 2 == 0), 1, 5).astype(float) if rated else None
    time_E = _times(user_E, rng) if timed else None
    return Interactions.of(user_E, item_E, n_users=n_users, n_items=n_items, rating_E=rating_E, time_E=time_E)


def _times(user_E: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    first_E = np.r_[True, user_E[1:] != user_E[:-1]]
    opens_E = first_E | (rng.random(len(user_E)) < 0.25)
    day_E = np.where(first_E, rng.integers(0, 300, len(user_E)), np.where(opens_E, rng.integers(1, 8, len(user_E)), 0))
    session = np.cumsum(opens_E) - 1
    days = np.cumsum(day_E)
    at_first = np.flatnonzero(first_E)[np.cumsum(first_E) - 1]
    days = days - days[at_first] + day_E[at_first]
    opening = (18 * HOUR + rng.integers(0, 4 * HOUR, opens_E.sum()))[session]
    gap_E = np.where(opens_E, 0, rng.choice([30, 60], len(user_E)))
    passed = np.cumsum(gap_E)
    return START + days * DAY + opening + passed - passed[np.flatnonzero(opens_E)][session]
