"""Lower baselines of made interactions: what keeps each column and loses what ties them."""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions

ROUNDS = 200
"""Of drawing a double again; what is then still double is left out."""


def independent(real: Interactions, rng: np.random.Generator) -> Interactions:
    """Each column on its own: users as active as real ones, items by popularity, ratings and times from anywhere."""
    return _by_chance(real, real.per_user_U[rng.integers(real.n_users, size=real.n_users)], rng)


def shuffled(real: Interactions, rng: np.random.Generator) -> Interactions:
    """The real rows with the users dealt out anew: users' counts stay, who takes what is chance."""
    return _by_chance(real, real.per_user_U, rng)


def _by_chance(real: Interactions, many_U: np.ndarray, rng: np.random.Generator) -> Interactions:
    user_E = np.repeat(np.arange(real.n_users), many_U)
    row_E = rng.integers(len(real), size=len(user_E))
    for _ in range(ROUNDS):
        order = np.lexsort((real.item_E[row_E], user_E))
        double = order[1:][(np.diff(user_E[order]) == 0) & (np.diff(real.item_E[row_E[order]]) == 0)]
        if not len(double):
            break
        row_E[double] = rng.integers(len(real), size=len(double))
    _, first = np.unique(user_E * real.n_items + real.item_E[row_E], return_index=True)
    made, user_E = real.take(row_E[first]), user_E[first]
    own = rng.permutation(len(made))
    return Interactions.of(
        user_E,
        made.item_E,
        n_users=real.n_users,
        n_items=real.n_items,
        rating_E=None if made.rating_E is None else made.rating_E[own],
        time_E=None if made.time_E is None else made.time_E[own],
    )


PEERS = {"independent": independent, "shuffled": shuffled}
