"""Choosing a parent for rows that are there: first a cluster, which the row's own model draws, then a row of it.

Clusters come from who goes with what: parents that the same owners have are alike.

Letters: N rows of the child, P rows of the parent, O owners, C clusters.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.extmath import randomized_svd

MOST_CLUSTERS = 64
ROWS_PER_CLUSTER = 20
"""Parents to a cluster, on average, at least: fewer would name single ones."""
RANK = 16
ROUNDS = 40
"""Of swaps, to part rows of one owner that have the same parent."""


def clusters_of(owner_N: np.ndarray, parent_N: np.ndarray, n_owners: int, n_parents: int, seed: int) -> np.ndarray:
    """``(P,)`` the cluster of each parent, by the company it keeps; numbers from 0, most frequent first.

    Args:
        owner_N: the owner of each row, numbers from 0.
        parent_N: the parent of each row; below 0: none.
        n_owners: O.
        n_parents: P.
        seed: of the decomposition and of the clusters.
    """
    n_clusters = min(MOST_CLUSTERS, n_parents // ROWS_PER_CLUSTER)
    there_N = (parent_N >= 0) & (owner_N >= 0)
    if n_clusters < 2 or not there_N.any():
        return np.zeros(n_parents, np.int64)
    pairs = sp.csr_matrix(
        (np.ones(int(there_N.sum()), np.float32), (parent_N[there_N], owner_N[there_N])), shape=(n_parents, n_owners)
    )
    pairs.data = np.log1p(pairs.data)
    sums_O = np.asarray(pairs.sum(0)).ravel()
    pairs = pairs @ sp.diags(1 / np.sqrt(np.maximum(sums_O, 1)))
    rank = max(1, min(RANK, min(pairs.shape) - 1))
    left_PR, size_R, _ = randomized_svd(pairs, rank, random_state=seed % 2**32)
    place_PR = left_PR * size_R
    length_P1 = np.linalg.norm(place_PR, axis=1, keepdims=True)
    place_PR = place_PR / np.maximum(length_P1, 1e-12) * np.log1p(length_P1 * np.sqrt(n_owners))
    found = MiniBatchKMeans(n_clusters, random_state=seed % 2**32, n_init=3, batch_size=4096).fit(place_PR).labels_
    rows_C = np.bincount(found[parent_N[there_N]], minlength=n_clusters)
    rank_C = np.empty(n_clusters, np.int64)
    rank_C[np.argsort(-rows_C, kind="stable")] = np.arange(n_clusters)
    cluster_P: np.ndarray = rank_C[found]
    return cluster_P


def take(
    cluster_N: np.ndarray,
    owner_N: np.ndarray,
    cluster_P: np.ndarray,
    wanted_P: np.ndarray,
    rng: np.random.Generator,
    once: bool,
) -> np.ndarray:
    """``(N,)`` a parent for each row: of its cluster, each as often as wanted in proportion.

    Args:
        cluster_N: the cluster of each row; below 0: it has no parent.
        owner_N: whose row it is.
        cluster_P: of the parents.
        wanted_P: how many rows each parent would have.
        rng: of the choice.
        once: whether an owner has no parent twice.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> take(np.array([0, 0, 0, -1]), np.arange(4), np.zeros(2, int), np.array([2, 1]), rng, True)[[3]].tolist()
        [-1]
    """
    chosen_N = np.full(len(cluster_N), -1, np.int64)
    order_P = np.argsort(cluster_P, kind="stable")
    for cluster in np.unique(cluster_N[cluster_N >= 0]):
        rows = np.flatnonzero(cluster_N == cluster)
        members = order_P[np.searchsorted(cluster_P[order_P], cluster) :][: int((cluster_P == cluster).sum())]
        if not len(members):
            members = np.arange(len(cluster_P))
        most = len(np.unique(owner_N[rows])) if once else len(rows)
        count_M = _shared(np.maximum(wanted_P[members], 0).astype(float), len(rows), most)
        chosen_N[rows] = rng.permutation(np.repeat(members, count_M))[: len(rows)]
    if once:
        _part(chosen_N, cluster_N, owner_N, len(cluster_P), rng)
    return chosen_N


def _shared(weight_M: np.ndarray, n_rows: int, most: int) -> np.ndarray:
    """Whole numbers in proportion to weights, at least ``n_rows`` in all and at most ``most`` each where they can.

    Example:
        >>> _shared(np.array([8.0, 1.0, 1.0]), 6, 3).tolist()
        [3, 2, 1]
    """
    weight_M = weight_M if weight_M.sum() > 0 else np.ones_like(weight_M)
    most = max(most, -(-n_rows // len(weight_M)))
    count_M, left = np.zeros(len(weight_M), np.int64), n_rows
    while left > 0:
        open_M = count_M < most
        share_M = np.where(open_M, weight_M, 0)
        share_M = share_M / share_M.sum() if share_M.sum() > 0 else open_M / open_M.sum()
        exact_M = share_M * left
        add_M = np.minimum(np.floor(exact_M).astype(np.int64), most - count_M)
        if not add_M.any():
            place = np.argsort(-(exact_M - np.floor(exact_M)) - 1e-9 * weight_M, kind="stable")
            add_M[[p for p in place if open_M[p]][:left]] = 1
        count_M += add_M
        left = n_rows - int(count_M.sum())
    return count_M


def _part(
    chosen_N: np.ndarray, cluster_N: np.ndarray, owner_N: np.ndarray, n_parents: int, rng: np.random.Generator
) -> None:
    """Swap parents between rows of one cluster until no owner has one twice; where swaps do not help, take another."""
    order = np.argsort(cluster_N, kind="stable")
    first = np.searchsorted(cluster_N[order], cluster_N[order], side="left")
    last = np.searchsorted(cluster_N[order], cluster_N[order], side="right")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    for _ in range(ROUNDS):
        again = _again(chosen_N, owner_N, n_parents)
        if not len(again):
            return
        for row in again:
            other = order[rng.integers(first[place[row]], last[place[row]])]
            chosen_N[row], chosen_N[other] = chosen_N[other], chosen_N[row]
    again = _again(chosen_N, owner_N, n_parents)
    if not len(again):
        return
    weight_P = np.bincount(chosen_N[chosen_N >= 0], minlength=n_parents).astype(float) + 0.5
    for row in again:
        free_P = weight_P.copy()
        free_P[chosen_N[(owner_N == owner_N[row]) & (chosen_N >= 0)]] = 0
        chosen_N[row] = rng.choice(n_parents, p=free_P / free_P.sum()) if free_P.any() else -1


def _again(chosen_N: np.ndarray, owner_N: np.ndarray, n_parents: int) -> np.ndarray:
    """Rows whose owner has the same parent in a row before."""
    rows = np.flatnonzero(chosen_N >= 0)
    pair = owner_N[rows].astype(np.int64) * n_parents + chosen_N[rows]
    _, first = np.unique(pair, return_index=True)
    return np.setdiff1d(rows, rows[first], assume_unique=True)
