"""Sets of items for users: how many of each cluster, then members, none twice.

Letters: N users, C clusters and that of rare items, D items drawn, M members of a cluster.
"""

from __future__ import annotations

import numpy as np

from synthgen.interactions.catalogue import Catalogue

DENSE = 4_096
"""Members of a cluster that are weighed one by one for each user; in larger ones doubles are drawn again."""
AT_A_TIME = 2_000_000
"""Weights held at once: 8 MB."""
NOT_YET = np.float32(-1e4)
"""Added to the logarithm of the chance of what the user was too early for: taken only when nothing else is left."""
ROUNDS = 100
"""Of drawing again; what is then still double falls to the likeliest members left."""


def draw_sets(
    catalogue: Catalogue, shares_NC: np.ndarray, n_N: np.ndarray, last_N: np.ndarray | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Users and the items of each, by user.

    Args:
        catalogue: the items.
        shares_NC: each user's shares of clusters.
        n_N: how many items each takes; at most as many as are ever taken.
        last_N: the last second of each user; None: times are not known.
        rng: draws.
    """
    sizes_C = np.array([len(one) for one in catalogue.members])
    counts_NC = _counts(shares_NC, n_N, sizes_C, rng)
    users, items = [], []
    for cluster, members_M in enumerate(catalogue.members):
        who = np.flatnonzero(counts_NC[:, cluster])
        if not len(who):
            continue
        pick = _weighed if len(members_M) <= DENSE else _again
        user_D, place_D = pick(
            catalogue.weight_I[members_M],
            None if catalogue.since_I is None else catalogue.since_I[members_M],
            counts_NC[who, cluster],
            None if last_N is None else last_N[who],
            rng,
        )
        users.append(who[user_D])
        items.append(members_M[place_D])
    user_D = np.concatenate(users) if users else np.zeros(0, np.int64)
    item_D = np.concatenate(items) if items else np.zeros(0, np.int64)
    order = np.argsort(user_D, kind="stable")
    return user_D[order], item_D[order]


def _counts(shares_NC: np.ndarray, n_N: np.ndarray, sizes_C: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How many items of each cluster; what is beyond a cluster's size goes to others by their shares."""
    counts_NC = np.zeros(shares_NC.shape, np.int64)
    left_N = n_N.astype(np.int64)
    while True:
        open_N = np.flatnonzero(left_N > 0)
        if not len(open_N):
            return counts_NC
        free_NC = counts_NC[open_N] < sizes_C
        chance_NC = np.where(free_NC, shares_NC[open_N] + 1e-9, 0.0)
        chance_NC /= chance_NC.sum(1, keepdims=True)
        more_NC = counts_NC[open_N] + rng.multinomial(left_N[open_N], chance_NC)
        counts_NC[open_N] = np.minimum(more_NC, sizes_C)
        left_N[open_N] = n_N[open_N] - counts_NC[open_N].sum(1)


def _weighed(
    weight_M: np.ndarray,
    since_M: np.ndarray | None,
    n_N: np.ndarray,
    last_N: np.ndarray | None,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """A race with exponential times: the first n are a draw without putting back.

    Source:
        Efraimidis, Spirakis 2006, doi:10.1016/j.ipl.2005.11.003.
    """
    users, places = [], []
    step = max(1, AT_A_TIME // len(weight_M))
    for start in range(0, len(n_N), step):
        n_B = n_N[start : start + step]
        wait_BM = rng.standard_exponential((len(n_B), len(weight_M)), dtype=np.float32)
        key_BM = weight_M - np.log(np.maximum(wait_BM, np.float32(1e-30)))
        if since_M is not None and last_N is not None:
            key_BM += NOT_YET * (since_M > last_N[start : start + step, None])
        most = int(n_B.max())
        first_BM = np.argpartition(-key_BM, most - 1, axis=1)[:, :most] if most < len(weight_M) else None
        first_BM = np.broadcast_to(np.arange(len(weight_M)), key_BM.shape) if first_BM is None else first_BM
        sorted_BM = np.argsort(-np.take_along_axis(key_BM, first_BM, 1), axis=1)
        row_D, rank_D = np.nonzero(np.arange(most) < n_B[:, None])
        users.append(row_D + start)
        places.append(np.take_along_axis(first_BM, sorted_BM, 1)[row_D, rank_D])
    return np.concatenate(users), np.concatenate(places)


def _again(
    weight_M: np.ndarray,
    since_M: np.ndarray | None,
    n_N: np.ndarray,
    last_N: np.ndarray | None,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Drawn with putting back, doubles again; after many rounds the likeliest that a user lacks."""
    reach_M = np.cumsum(np.exp(weight_M.astype(float)))
    size = len(weight_M)
    kept = np.zeros(0, np.int64)
    left_N = n_N.copy()
    for number in range(ROUNDS):
        user_D = np.repeat(np.arange(len(n_N)), left_N)
        if not len(user_D):
            break
        place_D = np.minimum(np.searchsorted(reach_M, rng.random(len(user_D)) * reach_M[-1], side="right"), size - 1)
        if since_M is not None and last_N is not None and number < ROUNDS // 2:
            user_D, place_D = (one[since_M[place_D] <= last_N[user_D]] for one in (user_D, place_D))
        kept = np.union1d(kept, user_D * size + place_D)
        left_N = n_N - np.bincount(kept // size, minlength=len(n_N))
    for user in np.flatnonzero(left_N):
        own = kept[kept // size == user] % size
        rest = np.setdiff1d(np.argsort(-weight_M, kind="stable"), own, assume_unique=True)[: left_N[user]]
        kept = np.union1d(kept, user * size + rest)
    return kept // size, kept % size
