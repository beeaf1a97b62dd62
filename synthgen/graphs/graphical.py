"""Whether a simple graph has given degrees, and one that has, or the nearest from below.

Letters: N nodes, M edges.
"""

from __future__ import annotations

import heapq

import numpy as np


def is_graphical(degree_N: np.ndarray) -> bool:
    """Whether some simple graph has these degrees.

    Source:
        Erdős, Gallai 1960, Matematikai Lapok 11, 264.

    Example:
        >>> is_graphical(np.array([2, 2, 2])), is_graphical(np.array([3, 3, 1, 1]))
        (True, False)
    """
    if not len(degree_N):
        return True
    sorted_N = np.sort(degree_N)[::-1].astype(np.int64)
    n = len(sorted_N)
    if sorted_N[0] >= n or sorted_N[-1] < 0 or sorted_N.sum() % 2:
        return False
    first_N = np.arange(1, n + 1)
    rising_N = sorted_N[::-1]
    totals = np.concatenate([[0], np.cumsum(rising_N)])
    below_N = np.searchsorted(rising_N, first_N, side="left")  # nodes of a degree below k
    capped_N = totals[np.minimum(below_N, n - first_N)] + first_N * np.maximum(n - first_N - below_N, 0)
    return bool((np.cumsum(sorted_N) <= first_N * (first_N - 1) + capped_N).all())


def are_graphical(out_N: np.ndarray, in_N: np.ndarray) -> bool:
    """Whether some simple directed graph has these out- and in-degrees.

    Source:
        Fulkerson 1960, doi:10.2140/pjm.1960.10.831; Chen 1966; Berger 2014, arXiv:1304.0315 (the order).

    Example:
        >>> are_graphical(np.array([1, 1]), np.array([1, 1])), are_graphical(np.array([2, 0]), np.array([1, 1]))
        (True, False)
    """
    n = len(out_N)
    if not n:
        return True
    if min(out_N.min(), in_N.min()) < 0 or max(out_N.max(), in_N.max()) >= n or out_N.sum() != in_N.sum():
        return False
    order = np.lexsort((-in_N, -out_N))
    out_N, in_N = out_N[order].astype(np.int64), in_N[order].astype(np.int64)
    first_N = np.arange(1, n + 1)
    holds_N = np.cumsum(np.bincount(in_N, minlength=n + 1)[::-1])[::-1][1:]  # nodes of an in-degree of at least k
    change = np.zeros(n + 2, np.int64)  # of the first k nodes, those that would take an end of their own
    early = in_N >= first_N
    np.add.at(change, first_N[early], 1)
    np.add.at(change, in_N[early] + 1, -1)
    room_N = np.cumsum(holds_N) - np.cumsum(change)[1 : n + 1]
    return bool((np.cumsum(out_N) <= room_N).all())


def havel_hakimi(degree_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges of a simple graph with these degrees, or with none above them and as many edges as this finds.

    The node that wants most is tied to those that want most after it; what is then still wanted is left.

    Source:
        Havel 1955; Hakimi 1962, doi:10.1137/0110037.

    Example:
        >>> [end.tolist() for end in havel_hakimi(np.array([1, 2, 1]))]
        [[1, 1], [0, 2]]
    """
    heap = [(-int(degree), node) for node, degree in enumerate(degree_N) if degree > 0]
    heapq.heapify(heap)
    a_M: list[int] = []
    b_M: list[int] = []
    while heap:
        wants, node = heapq.heappop(heap)
        taken = [heapq.heappop(heap) for _ in range(min(-wants, len(heap)))]
        a_M += [node] * len(taken)
        b_M += [other for _, other in taken]
        for left, other in taken:
            if left < -1:
                heapq.heappush(heap, (left + 1, other))
    return np.array(a_M, np.int64), np.array(b_M, np.int64)


def kleitman_wang(out_N: np.ndarray, in_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same with directions: each node in turn is tied to those that want most followers.

    Of equal wishes the node that still has more ends to send comes first.

    Source:
        Kleitman, Wang 1973, doi:10.1016/0012-365X(73)90037-X.

    Example:
        >>> [end.tolist() for end in kleitman_wang(np.array([1, 1]), np.array([1, 1]))]
        [[0, 1], [1, 0]]
    """
    left_out, left_in = out_N.astype(np.int64).copy(), in_N.astype(np.int64).copy()
    heap = [(-int(left_in[node]), -int(left_out[node]), int(node)) for node in np.flatnonzero(left_in > 0)]
    heapq.heapify(heap)
    a_M: list[int] = []
    b_M: list[int] = []
    for node in np.argsort(-left_out, kind="stable"):
        wants = int(left_out[node])
        kept: list[int] = []
        left_out[node] = 0
        while wants and heap:
            entry = heapq.heappop(heap)
            other = entry[2]
            current = (-int(left_in[other]), -int(left_out[other]), other)
            if not left_in[other]:
                continue
            if entry != current:
                heapq.heappush(heap, current)
                continue
            kept.append(other)
            if other != node:
                a_M.append(int(node))
                b_M.append(int(other))
                wants -= 1
        for other in kept:
            left_in[other] -= int(other != node)
            if left_in[other]:
                heapq.heappush(heap, (-int(left_in[other]), -int(left_out[other]), other))
    return np.array(a_M, np.int64), np.array(b_M, np.int64)
