"""Items as paths: a cluster learned from who takes what, then a member; rare items share a cluster of their own.

Letters: U users, I items, L items learned one by one, C clusters, E dimensions of the embedding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.extmath import randomized_svd

DAY = 86_400
WIDTH = 32
"""Dimensions in which items are alike; more tell clusters of some dozen items apart no better."""
MOST_CLUSTERS = 1_000
"""A million items are two softmaxes of a thousand."""
NEVER = -1e30
"""Logarithm of the chance of what is not taken at all; finite, so that it can be written."""


@dataclass(frozen=True)
class Catalogue:
    """Where each item stands and how likely it is there.

    Attributes:
        cluster_I: the item's cluster; the last one holds rare items.
        weight_I: logarithm of its chance among the members, up to a constant.
        since_I: second from which it is taken; None: times are not known.
        n_clusters: clusters without that of rare items.
    """

    cluster_I: np.ndarray
    weight_I: np.ndarray
    since_I: np.ndarray | None
    n_clusters: int

    @classmethod
    def fit(cls, taken_UI: sp.csr_array, fewest: int, rng: np.random.Generator) -> Catalogue:
        """Clusters of the items that at least ``fewest`` users took, as many as an even division has members.

        Which of the others is taken how often is made up: as many of them as really were have one, two, ... users,
        but which ones is drawn.
        """
        holders_I = np.asarray(taken_UI.sum(0)).ravel().astype(np.int64)
        learned = np.flatnonzero(holders_I >= fewest)
        n_clusters = int(min(MOST_CLUSTERS, np.ceil(np.sqrt(len(learned))))) if len(learned) else 0
        cluster_I = np.full(len(holders_I), n_clusters, np.int64)
        if n_clusters:
            cluster_I[learned] = _clusters(taken_UI[:, learned], n_clusters, rng)
            n_clusters = int(cluster_I[learned].max()) + 1
            cluster_I[holders_I < fewest] = n_clusters
        weight_I = np.full(len(holders_I), NEVER)
        weight_I[learned] = np.log(holders_I[learned])
        rare = np.flatnonzero(holders_I < fewest)
        held = rng.permutation(holders_I[rare])
        weight_I[rare] = np.where(held > 0, np.log(np.maximum(held, 1)), NEVER)
        return cls(cluster_I, weight_I.astype(np.float32), None, n_clusters)

    def with_since(self, since_I: np.ndarray) -> Catalogue:
        """The same with the second from which each is taken."""
        return replace(self, since_I=since_I)

    def only(self, items_I: np.ndarray) -> Catalogue:
        """The same where no other items are taken."""
        return replace(self, weight_I=np.where(items_I, self.weight_I, np.float32(NEVER)))

    @cached_property
    def possible_I(self) -> np.ndarray:
        """Which items are taken at all."""
        possible: np.ndarray = self.weight_I > NEVER / 2
        return possible

    @cached_property
    def members(self) -> tuple[np.ndarray, ...]:
        """The items of each cluster that are taken at all, those of the rare ones last."""
        items = np.flatnonzero(self.possible_I)
        order = items[np.argsort(self.cluster_I[items], kind="stable")]
        sizes = np.bincount(self.cluster_I[items], minlength=self.n_clusters + 1)
        return tuple(np.split(order, np.cumsum(sizes)[:-1]))


def first_times(item_E: np.ndarray, user_E: np.ndarray, time_E: np.ndarray, n_items: int, fewest: int) -> np.ndarray:
    """The day by which ``fewest`` users had taken each item; of rarer ones the earliest of all of these."""
    order = np.lexsort((time_E, user_E, item_E))
    item_F, user_F, time_F = item_E[order], user_E[order], time_E[order]
    new_F = np.r_[True, (item_F[1:] != item_F[:-1]) | (user_F[1:] != user_F[:-1])]
    item_F, time_F = item_F[new_F], time_F[new_F]
    order = np.lexsort((time_F, item_F))
    item_F, time_F = item_F[order], time_F[order]
    start_I = np.searchsorted(item_F, np.arange(n_items))
    enough_I = np.bincount(item_F, minlength=n_items) >= fewest
    since_I = np.zeros(n_items, np.int64)
    since_I[enough_I] = -(-time_F[start_I[enough_I] + fewest - 1] // DAY) * DAY
    since_I[~enough_I] = since_I[enough_I].min() if enough_I.any() else np.iinfo(np.int64).min
    return since_I


def _clusters(taken_UL: sp.csr_array, n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """K-means of the items' places in the main directions of the table, each scaled to length one.

    Source:
        Dhillon 2001, doi:10.1145/502512.502550 (spectral clustering of rows with columns).
    """
    sums_U, sums_L = (np.asarray(taken_UL.sum(axis)).ravel() for axis in (1, 0))
    scaled = sp.diags_array(1 / np.sqrt(sums_U + 1)) @ taken_UL @ sp.diags_array(1 / np.sqrt(sums_L + 1))
    width = int(min(WIDTH, min(taken_UL.shape) - 1))
    if n_clusters < 2 or width < 1:
        return np.zeros(taken_UL.shape[1], np.int64)
    seed = int(rng.integers(2**31))
    _, sizes_E, right_EL = randomized_svd(scaled, width, n_iter=4, random_state=seed)
    place_LE = right_EL.T * sizes_E
    place_LE /= np.maximum(np.linalg.norm(place_LE, axis=1, keepdims=True), 1e-12)
    batch = min(4096, taken_UL.shape[1])
    means = MiniBatchKMeans(n_clusters, n_init=3, random_state=seed, batch_size=batch).fit(place_LE)
    found: np.ndarray = np.unique(means.labels_, return_inverse=True)[1]
    return found.astype(np.int64)
