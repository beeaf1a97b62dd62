"""What users like: a group of like users, and each user's own shares of the clusters about the group's.

Letters: U users, N users drawn, C clusters and that of rare items, G groups, K classes of numbers of items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import KMeans, MiniBatchKMeans

from synthgen.interactions.catalogue import Catalogue
from synthgen.interactions.laws import given

USERS_PER_GROUP = 40
"""Fewer do not tell the shares of some dozen clusters."""
MOST_GROUPS = 500
FEW_GROUPS = 64
"""Found by all users together; more are found by parts of them at a time, ten times as fast."""
CLASSES = 8
AT_A_TIME = 50_000
"""Users whose groups are found together: a table of them and 500 groups has 200 MB."""
OWN_WEIGHT = 20.0
"""Interactions that a group needs for its shares to count as much as those of all."""


@dataclass(frozen=True)
class Tastes:
    """Laws, one drawn after the other.

    Attributes:
        bounds_K: lower ends of classes of how many items a user takes.
        group_KG: chances of groups given the class.
        share_GC: shares of clusters in the group.
        spread_G: how near users keep to the group's shares: the sum of the parameters of a Dirichlet law.
    """

    bounds_K: np.ndarray
    group_KG: np.ndarray
    share_GC: np.ndarray
    spread_G: np.ndarray

    @classmethod
    def fit(cls, counts_UC: np.ndarray, fewest: int, rng: np.random.Generator) -> tuple[Tastes, np.ndarray]:
        """The laws, and the group of each user."""
        n_U = counts_UC.sum(1)
        group_U = _groups(counts_UC, fewest, rng)
        n_groups = int(group_U.max()) + 1
        bounds_K = np.unique(np.quantile(n_U, np.arange(CLASSES) / CLASSES, method="lower")).astype(np.int64)
        bounds_K[0] = 0
        class_U = np.searchsorted(bounds_K, n_U, side="right") - 1
        totals_GC = np.stack([np.bincount(group_U, column, n_groups) for column in counts_UC.T], 1)
        holders_GC = np.stack([np.bincount(group_U, column > 0, n_groups) for column in counts_UC.T], 1)
        whole_C = counts_UC.sum(0) / max(counts_UC.sum(), 1)
        rare_GC = np.where(holders_GC >= fewest, 0.0, whole_C)
        rest_G1 = (totals_GC * (rare_GC > 0)).sum(1, keepdims=True)
        totals_GC = np.where(rare_GC > 0, 0.0, totals_GC)
        totals_GC += rest_G1 * rare_GC / np.maximum(rare_GC.sum(1, keepdims=True), 1e-12)
        share_GC = totals_GC + OWN_WEIGHT * whole_C
        share_GC /= share_GC.sum(1, keepdims=True)
        spread_G = np.array([_spread(counts_UC[group_U == g], share_GC[g]) for g in range(n_groups)])
        group_KG = given(class_U, group_U, (len(bounds_K), n_groups), fewest)
        return cls(bounds_K, group_KG, share_GC, spread_G), group_U

    def groups_of(self, taken_UI: sp.csr_array, catalogue: Catalogue) -> np.ndarray:
        """``(U,)`` the group whose shares make each user's items likeliest; -1 of users without any."""
        n_items, clusters = taken_UI.shape[1], self.share_GC.shape[1]
        log_CG = np.log(np.maximum(self.share_GC, 1e-12)).T
        ends = (np.arange(n_items), catalogue.cluster_I)
        of_IC = sp.csr_array((np.ones(n_items), ends), (n_items, clusters))
        group_U: np.ndarray = np.full(taken_UI.shape[0], -1, np.int64)
        for start in range(0, len(group_U), AT_A_TIME):
            block = slice(start, start + AT_A_TIME)
            group_U[block] = np.asarray((taken_UI[block] @ of_IC) @ log_CG).argmax(1)
        group_U[np.diff(taken_UI.indptr) == 0] = -1
        return group_U

    def draw_groups(self, n_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The group of each of N users who take so many items."""
        class_N = np.searchsorted(self.bounds_K, n_N, side="right") - 1
        reach_KG = np.cumsum(self.group_KG, 1)
        below_NG = reach_KG[class_N] < rng.random(len(n_N))[:, None] * reach_KG[class_N, -1:]
        group_N: np.ndarray = np.minimum(below_NG.sum(1), reach_KG.shape[1] - 1)
        return group_N

    def draw_shares(self, group_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """``(N, C)``: each user's own shares of the clusters."""
        raw_NC = rng.standard_gamma(self.share_GC[group_N] * self.spread_G[group_N, None])
        raw_NC += 1e-12 * self.share_GC[group_N]
        shares_NC: np.ndarray = raw_NC / raw_NC.sum(1, keepdims=True)
        return shares_NC


def _groups(counts_UC: np.ndarray, fewest: int, rng: np.random.Generator) -> np.ndarray:
    """K-means of the roots of users' shares; a group of too few joins the nearest."""
    n_groups = int(np.clip(len(counts_UC) // USERS_PER_GROUP, 1, MOST_GROUPS))
    root_UC = np.sqrt((counts_UC + 0.1) / (counts_UC + 0.1).sum(1, keepdims=True)).astype(np.float32)
    seed = int(rng.integers(2**31))
    if n_groups <= FEW_GROUPS:
        centre_GC = KMeans(n_groups, n_init=3, random_state=seed).fit(root_UC).cluster_centers_
    else:
        centre_GC = (
            MiniBatchKMeans(n_groups, n_init=3, random_state=seed, batch_size=4096).fit(root_UC).cluster_centers_
        )
    while True:
        group_U: np.ndarray = (root_UC @ centre_GC.T - (centre_GC**2).sum(1) / 2).argmax(1)
        held_G = np.bincount(group_U, minlength=len(centre_GC))
        if len(centre_GC) == 1 or held_G.min() >= fewest:
            return group_U
        centre_GC = np.delete(centre_GC, held_G.argmin(), 0)


def _spread(counts_UC: np.ndarray, share_C: np.ndarray) -> float:
    """The Dirichlet law's sum of parameters by which two items of a user are as often of one cluster as they are.

    Source:
        Mosimann 1962, doi:10.1093/biomet/49.1-2.65 (moments of the Dirichlet-multinomial law).
    """
    n_U = counts_UC.sum(1)
    pairs = (n_U * (n_U - 1)).sum()
    if not pairs:
        return 1e3
    same, chance = float((counts_UC * (counts_UC - 1)).sum() / pairs), float((share_C**2).sum())
    return float(np.clip((1 - same) / max(same - chance, 1e-9), 1.0, 1e3))
