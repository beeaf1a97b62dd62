"""Interactions with a law that is known: groups of users who take from their own group of items."""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions

DAY = 86_400


def planted(
    users: int = 200,
    items: int = 60,
    groups: int = 4,
    own: float = 0.9,
    per_user: int = 12,
    steep: float = 1.0,
    seed: int = 0,
) -> Interactions:
    """Each user takes different items in one evening, most of them from one group and rates those higher.

    Args:
        users: how many.
        items: how many, parted in groups by their remainder; the first of a group are the popular ones.
        groups: how many.
        own: chance that a draw is from the user's own group.
        per_user: mean number of items.
        steep: exponent of popularity over rank.
        seed: of everything.
    """
    rng = np.random.default_rng(seed)
    group_U, group_I = rng.integers(groups, size=users), np.arange(items) % groups
    weight_I = (1.0 + np.arange(items) // groups) ** -steep
    weight_UI = np.where(group_U[:, None] == group_I, own / groups, (1 - own) / groups) * weight_I
    key_UI = np.log(weight_UI) + rng.gumbel(size=(users, items))
    many_U = np.clip(rng.poisson(per_user, users), 3, items)
    order_UI = np.argsort(-key_UI, axis=1)
    user_E = np.repeat(np.arange(users), many_U)
    item_E = np.concatenate([order_UI[user, : many_U[user]] for user in range(users)])
    mood_U = rng.normal(0, 0.5, users)
    rating_E = 3 + mood_U[user_E] + (group_U[user_E] == group_I[item_E]) + rng.normal(0, 0.5, len(user_E))
    start_U = rng.integers(200, size=users) * DAY + 20 * 3_600
    time_E = start_U[user_E] + rng.integers(60, 600, len(user_E)).cumsum() % 7_200
    return Interactions.of(
        user_E, item_E, n_users=users, n_items=items, rating_E=np.clip(np.round(rating_E), 1, 5), time_E=time_E
    )


def shuffled(taken: Interactions, seed: int = 0) -> Interactions:
    """The same items with users dealt out anew: activity and popularity stay, company goes."""
    dealt_E = np.random.default_rng(seed).permutation(taken.user_E)
    return Interactions.of(
        dealt_E,
        taken.item_E,
        n_users=taken.n_users,
        n_items=taken.n_items,
        rating_E=taken.rating_E,
        time_E=taken.time_E,
    )
