"""Systems that make interactions from the real ones: synthgen and two lower baselines.

Each takes the real histories, how many times as many users to make, and a seed; items keep their numbers.
Letters: E interactions, U users, I items.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.interactions import InteractionModel, Interactions

Maker = Callable[[Interactions, int, int], Interactions]
"""Real histories, how many times as many users, seed -> made ones."""


def independent(taken: Interactions, times: int, seed: int) -> Interactions:
    """Independent columns: a user's number of items is a real one's, items are drawn by popularity, none twice."""
    rng = np.random.default_rng([seed, 0])
    many_U = rng.choice(taken.per_user_U, times * taken.n_users) if times > 1 else taken.per_user_U
    weight_I = np.log(np.maximum(taken.per_item_I, 1e-9))
    item_E = np.concatenate([np.argsort(-weight_I - rng.gumbel(size=taken.n_items))[:many] for many in many_U])
    rows = rng.integers(len(taken), size=(2, len(item_E)))
    return Interactions.of(
        np.repeat(np.arange(len(many_U)), many_U),
        item_E,
        n_users=len(many_U),
        n_items=taken.n_items,
        rating_E=None if taken.rating_E is None else taken.rating_E[rows[0]],
        time_E=None if taken.time_E is None else taken.time_E[rows[1]],
    )


def shuffled_users(taken: Interactions, times: int, seed: int) -> Interactions:
    """Rows keep item, rating and time; users are dealt out anew, and again where one would have an item twice."""
    rng = np.random.default_rng([seed, 1])
    parts = [_dealt(taken, rng) for _ in range(times)]

    def joined(name: str) -> np.ndarray | None:
        return None if getattr(taken, name) is None else np.tile(getattr(taken, name), times)

    return Interactions.of(
        np.concatenate([part + place * taken.n_users for place, part in enumerate(parts)]),
        np.tile(taken.item_E, times),
        n_users=times * taken.n_users,
        n_items=taken.n_items,
        rating_E=joined("rating_E"),
        time_E=joined("time_E"),
    )


def _dealt(taken: Interactions, rng: np.random.Generator) -> np.ndarray:
    user_E = rng.permutation(taken.user_E)
    for _ in range(100):
        keys_E = user_E * taken.n_items + taken.item_E
        _, first = np.unique(keys_E, return_index=True)
        twice = np.setdiff1d(np.arange(len(taken)), first)
        if not len(twice):
            break
        mixed = np.union1d(twice, rng.integers(len(taken), size=len(twice)))
        user_E[mixed] = rng.permutation(user_E[mixed])
    return user_E


def synthgen(taken: Interactions, times: int, seed: int) -> Interactions:
    """The package's own model, with its defaults."""
    model = InteractionModel(random_state=seed).fit(taken)
    return model.sample(times * taken.n_users, random_state=seed + 1)


MAKERS: dict[str, Maker] = {
    "synthgen": synthgen,
    "independent": independent,
    "shuffled": shuffled_users,
}
