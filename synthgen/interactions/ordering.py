"""In which order a user takes the items of a set: from cluster to cluster, as real users go.

Letters: E interactions, C clusters and that of rare items, B classes of nearness, S rows of a user, F frequent items.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from synthgen.interactions.company import Company

PULL = 5.0
"""Steps that are added to each pair of clusters as if users went at random."""
TIERS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998)
"""Classes of nearness, finer towards the nearest pairs, between which users step most."""
ROUNDS = 3
"""Of putting real users' items into made orders."""
MOST_STEPS = 200_000
"""Rows by which nearness is learned: steps of a class are then told to a per cent or two."""
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


@dataclass(frozen=True)
class Nearness:
    """How gladly a user goes on to an item that the same users take as the last one.

    Attributes:
        edges_B: lower ends of classes of cosine, but the first, which is of pairs that are not kept.
        times_B: how many times as often as by clusters alone the next item is of the class.
    """

    edges_B: np.ndarray
    times_B: np.ndarray

    @classmethod
    def fit(
        cls,
        user_E: np.ndarray,
        item_E: np.ndarray,
        cluster_I: np.ndarray,
        times_CC: np.ndarray,
        company: Company,
        rng: np.random.Generator,
    ) -> Nearness:
        """Learned by putting the real users' items into made orders until as many steps are of each class.

        Args:
            user_E: users, ascending, each one's rows in time.
            item_E: their items.
            cluster_I: clusters of all items.
            times_CC: see ``fit_steps``.
            company: totals of pairs.
            rng: draws orders.
        """
        cosine_P = company.cosine_P
        edges_B = np.unique(np.quantile(cosine_P, TIERS)) if len(cosine_P) else np.zeros(0)
        found = cls(edges_B, np.ones(len(edges_B) + 1))
        if not len(edges_B):
            return found
        last = np.searchsorted(user_E, user_E[:MOST_STEPS][-1], "right")
        user_E, item_E = np.unique(user_E[:last], return_inverse=True)[1], item_E[:last]
        near = Near.of(company, found, len(cluster_I))
        real_B = near.steps(user_E, item_E)
        for _ in range(ROUNDS):
            order = ordered(user_E, cluster_I[item_E], times_CC, rng, near.at(item_E))
            times_B = near.times_B * (real_B + PULL) / (near.steps(user_E, item_E[order]) + PULL)
            near = replace(near, times_B=times_B)
        return cls(edges_B, np.round(near.times_B, 2))


@dataclass(frozen=True)
class Near:
    """Classes of pairs of frequent items, as an order is drawn by them.

    Attributes:
        class_FF: of each pair.
        times_B: see ``Nearness``.
        place_I: of each item among the frequent ones, -1 of others.
        place_E: the same of rows.
    """

    class_FF: np.ndarray
    times_B: np.ndarray
    place_I: np.ndarray
    place_E: np.ndarray

    @classmethod
    def of(cls, company: Company, nearness: Nearness, n_items: int) -> Near:
        """Classes of all pairs."""
        class_FF = np.zeros((len(company.item_F),) * 2, np.uint8)
        class_P = np.searchsorted(nearness.edges_B, company.cosine_P, side="right")
        class_FF[company.first_P, company.second_P] = class_P
        class_FF[company.second_P, company.first_P] = class_P
        place_I = np.full(n_items, -1)
        place_I[company.item_F] = np.arange(len(company.item_F))
        return cls(class_FF, nearness.times_B, place_I, np.zeros(0, np.int64))

    def at(self, item_E: np.ndarray) -> Near:
        """The same, for rows of these items."""
        return replace(self, place_E=self.place_I[item_E])

    def times(self, last: int, rest_S: np.ndarray) -> np.ndarray:
        """How gladly a user goes from one row to each of others."""
        if self.place_E[last] < 0:
            return self.times_B[np.zeros(len(rest_S), np.int64)]
        place_S = self.place_E[rest_S]
        class_S = np.where(place_S < 0, 0, self.class_FF[self.place_E[last], place_S])
        times_S: np.ndarray = self.times_B[class_S]
        return times_S

    def steps(self, user_E: np.ndarray, item_E: np.ndarray) -> np.ndarray:
        """How many steps of users are of each class."""
        place_E = self.place_I[item_E]
        a_E, b_E = place_E[:-1], place_E[1:]
        class_E = np.where((a_E < 0) | (b_E < 0), 0, self.class_FF[a_E, b_E])
        return np.bincount(class_E[user_E[1:] == user_E[:-1]], minlength=len(self.times_B))


def ordered(
    user_E: np.ndarray, cluster_E: np.ndarray, times_CC: np.ndarray, rng: np.random.Generator, near: Near | None = None
) -> np.ndarray:
    """Rows in the order in which each user takes them, by user.

    The first is any; the next is drawn by how gladly users go from the last one's cluster to its, and from the last
    item to it.

    Args:
        user_E: users from 0, ascending.
        cluster_E: clusters of their items.
        times_CC: see ``fit_steps``.
        rng: draws.
        near: classes of pairs, at these rows; None: only clusters count.
    """
    order = np.lexsort((rng.random(len(user_E)), user_E))
    height_E = rng.random(len(user_E))
    bounds = np.flatnonzero(np.r_[True, user_E[1:] != user_E[:-1], True]) if len(user_E) else np.zeros(1, np.int64)
    for start, end in pairwise(bounds):
        own_S = order[start:end]
        for place in range(1, len(own_S) - 1):
            last, rest_S = own_S[place - 1], own_S[place:]
            weight_S = times_CC[cluster_E[last], cluster_E[rest_S]]
            if near is not None:
                weight_S = weight_S * near.times(last, rest_S)
            reach_S = np.cumsum(weight_S)
            found = int(np.searchsorted(reach_S, height_E[start + place] * reach_S[-1], side="right"))
            found = place + min(found, len(rest_S) - 1)
            own_S[place], own_S[found] = own_S[found], own_S[place]
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
