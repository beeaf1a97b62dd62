"""Ties to those nearby: part of each node's ends are placed among the neighbours on a line within its community.

Triangles come from such ties; how many ends they take is found for each class of degree before anything is drawn.

Letters: N nodes, K classes of degree, S stubs, M edges.
"""

from __future__ import annotations

import numpy as np

from synthgen.graphs.pairs import Ties

WIDTH = 1.5
"""A node's local ends lie within so many places per end: under 1 many would meet twice, from 3 on few close."""
MOST = 0.8
"""Of a node's ends, those that may be local: what is left ties communities together."""


def pair_locally(
    block_N: np.ndarray, ends_N: np.ndarray, share_N: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Undirected edges between nodes of one community that are near each other; no loop, none twice.

    Args:
        block_N: the community of each node.
        ends_N: how many ends it has in all; at most these are used.
        share_N: chance of each end to be local.
        rng: for places, chances and distances.
    """
    n = len(block_N)
    local_N = rng.binomial(ends_N, share_N)
    node_S = np.repeat(np.arange(n), local_N)
    spread_S = WIDTH * np.maximum(local_N, 2)[node_S]
    key_S = _places(block_N, rng)[node_S] + (rng.random(len(node_S)) - 0.5) * spread_S
    node_S = node_S[np.lexsort((key_S, block_N[node_S]))]
    a_M, b_M = node_S[0:-1:2], node_S[1::2]
    return _simple(n, block_N, a_M, b_M, None)


def pair_locally_directed(
    block_N: np.ndarray,
    out_N: np.ndarray,
    in_N: np.ndarray,
    share_N: np.ndarray,
    taken: Ties,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The same with directions, and no pair that is tied already."""
    n, place_N = len(block_N), _places(block_N, rng)
    sides = []
    for ends_N in (out_N, in_N):
        local_N = rng.binomial(ends_N, share_N)
        node_S = np.repeat(np.arange(n), local_N)
        key_S = place_N[node_S] + (rng.random(len(node_S)) - 0.5) * WIDTH * np.maximum(local_N, 2)[node_S]
        node_S = node_S[np.lexsort((key_S, block_N[node_S]))]
        start = np.searchsorted(block_N[node_S], np.arange(block_N.max(initial=0) + 1))
        sides.append((node_S, np.arange(len(node_S)) - start[block_N[node_S]]))
    (from_S, rank_S), (to_S, other_S) = sides
    stride = len(from_S) + len(to_S) + 1
    key_from, key_to = block_N[from_S] * stride + rank_S, block_N[to_S] * stride + other_S
    _, one, two = np.intersect1d(key_from, key_to, assume_unique=True, return_indices=True)
    return _simple(n, block_N, from_S[one], to_S[two], taken)


def _places(block_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random place on a line for each node, one apart within a community."""
    order = np.lexsort((rng.random(len(block_N)), block_N))
    place_N = np.empty(len(block_N))
    place_N[order] = np.arange(len(block_N))
    return place_N


def _simple(
    n: int, block_N: np.ndarray, a_M: np.ndarray, b_M: np.ndarray, taken: Ties | None
) -> tuple[np.ndarray, np.ndarray]:
    keep_M = (a_M != b_M) & (block_N[a_M] == block_N[b_M])
    if taken is not None:
        keep_M &= ~taken.hold(a_M, b_M)
    a_M, b_M = a_M[keep_M], b_M[keep_M]
    _, first = np.unique(np.minimum(a_M, b_M) * n + np.maximum(a_M, b_M), return_index=True)
    return a_M[first], b_M[first]


def next_share(share_K: np.ndarray, base_K: np.ndarray, now_K: np.ndarray, wanted_K: np.ndarray) -> np.ndarray:
    """Shares of local ends to try next: triangles grow about as their square.

    Args:
        share_K: tried last; all zero when nothing was tried.
        base_K: corners of triangles without local ends.
        now_K: with them.
        wanted_K: those to come.
    """
    short_K = np.maximum(wanted_K - base_K, 0)
    if not share_K.any():
        first_K: np.ndarray = np.minimum(np.sqrt(short_K / np.maximum(wanted_K, 1)) / 2, MOST)
        return first_K
    growth_K = np.sqrt(short_K / np.maximum(now_K - base_K, 0.1 * short_K + 1))
    nxt_K: np.ndarray = np.clip(share_K * np.clip(growth_K, 0.3, 3.0), 0, MOST)
    return nxt_K
