"""In which order a user takes the items of a set: from cluster to cluster, as real users go.

Letters: E interactions, N users, C clusters and that of rare items.
"""

from __future__ import annotations

import numpy as np

PULL = 5.0
"""Steps that are added to each pair of clusters as if users went at random."""
PUSHES = 4
"""Rounds of pushing rows back; what comes forward may then be early itself."""


def fit_steps(user_E: np.ndarray, cluster_E: np.ndarray, n_clusters: int, fewest: int) -> np.ndarray:
    """``(C, C)``: how many times as often as by chance a user goes from one cluster to another.

    Chance is any order of the user's own items. Pairs of clusters that fewer than ``fewest`` users stepped between
    are at 1.

    Args:
        user_E: users, ascending, each one's rows in time.
        cluster_E: clusters.
        n_clusters: how many there are.
        fewest: see above.
    """
    step_E = np.flatnonzero(user_E[1:] == user_E[:-1])
    pair_E = cluster_E[step_E] * n_clusters + cluster_E[step_E + 1]
    steps_CC = np.bincount(pair_E, minlength=n_clusters**2).reshape(n_clusters, n_clusters)
    who = np.unique(pair_E * (int(user_E.max(initial=0)) + 1) + user_E[step_E]) // (int(user_E.max(initial=0)) + 1)
    holders_CC = np.bincount(who, minlength=n_clusters**2).reshape(n_clusters, n_clusters)
    chance_CC = np.zeros((n_clusters, n_clusters))
    bounds = np.flatnonzero(np.r_[True, user_E[1:] != user_E[:-1], True]) if len(user_E) else np.zeros(1, np.int64)
    for start in range(0, len(bounds) - 1, 1_024):
        ends = bounds[start : start + 1_025]
        counts_NC = np.zeros((len(ends) - 1, n_clusters))
        row = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        np.add.at(counts_NC, (row, cluster_E[ends[0] : ends[-1]]), 1)
        n_N = counts_NC.sum(1)
        weight_N = np.where(n_N > 1, 1 / np.maximum(n_N, 1), 0)  # n - 1 steps among n (n - 1) ordered pairs
        chance_CC += (counts_NC * weight_N[:, None]).T @ counts_NC
        chance_CC[np.diag_indices(n_clusters)] -= (counts_NC * weight_N[:, None]).sum(0)
    times_CC: np.ndarray = np.where(holders_CC >= fewest, (steps_CC + PULL) / (chance_CC + PULL), 1.0)
    return times_CC


def ordered(user_E: np.ndarray, cluster_E: np.ndarray, times_CC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows in the order in which each user takes them, by user.

    The next cluster is drawn by how many items of it are left, times how often users go there from the last; the item
    is any that is left of it.

    Args:
        user_E: users from 0, ascending.
        cluster_E: clusters of their items.
        times_CC: see ``fit_steps``.
        rng: draws.
    """
    rows = np.lexsort((rng.random(len(user_E)), cluster_E, user_E))
    n_clusters = len(times_CC)
    users = int(user_E.max(initial=-1)) + 1
    left_NC = np.bincount(user_E * n_clusters + cluster_E, minlength=users * n_clusters).reshape(users, n_clusters)
    begin_NC = (np.cumsum(left_NC.ravel()) - left_NC.ravel()).reshape(users, n_clusters)
    n_N = left_NC.sum(1)
    start_N = np.cumsum(n_N) - n_N
    order = np.empty(len(user_E), np.int64)
    last_N = np.full(users, -1)
    for place in range(int(n_N.max(initial=0))):
        who = np.flatnonzero(n_N > place)
        weight_NC = left_NC[who] * (times_CC[last_N[who]] if place else 1.0)
        reach_NC = np.cumsum(weight_NC, axis=1)
        next_N = (reach_NC <= rng.random(len(who))[:, None] * reach_NC[:, -1:]).sum(1)
        next_N = np.minimum(next_N, n_clusters - 1)
        empty = left_NC[who, next_N] == 0
        next_N[empty] = left_NC[who[empty]].argmax(1)
        left_NC[who, next_N] -= 1
        order[start_N[who] + place] = rows[begin_NC[who, next_N] + left_NC[who, next_N]]
        last_N[who] = next_N
    return order


def not_before(user_E: np.ndarray, since_E: np.ndarray, time_E: np.ndarray) -> np.ndarray:
    """An order of rows in which few come before their item is there: those that would, wait until it is.

    Args:
        user_E: users, ascending.
        since_E: the second from which each row's item is taken.
        time_E: times of each user's places, ascending.
    """
    order = place_E = np.arange(len(user_E))
    if not len(order):
        return order
    begin = int(time_E.min())
    span = int(time_E.max()) - begin + 2
    clock_E = user_E * span + time_E - begin
    last_E = np.searchsorted(user_E, user_E, side="right") - 1
    for _ in range(PUSHES):
        wanted_E = user_E * span + np.clip(since_E[order] - begin, 0, span - 1)
        early_E = wanted_E > clock_E
        if not early_E.any():
            break
        there_E = np.minimum(np.searchsorted(clock_E, wanted_E), last_E)
        order = order[np.lexsort((np.where(early_E, there_E + 0.5, place_E), user_E))]
    return order
