"""Which pairs of nodes are tied, asked millions of times.

Letters: P pairs asked about, W ties found.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from synthgen.graphs.graph import Adjacency, Graph

CHUNK = 60_000
"""Pairs looked at together: what belongs to them fits into a processor's cache."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: the multiplier of Fibonacci hashing (Knuth 1973, section 6.4)."""
_ROOM = 4
"""Places in the table per tie, at least: most pairs are told apart by the first place that is looked at."""


class Ties:
    """The pairs that are tied: a hash table with linear probing, filled by one sort.

    Numbers of pairs are mixed by a multiplier that no two have alike, so a place that holds the mixed number holds the
    pair. They are put in ascending order, each at the place that its first bits say or at the next free one; a search
    goes on from there while it finds smaller numbers.

    Source:
        Knuth 1973, The Art of Computer Programming 3, section 6.4.
    """

    def __init__(self, n_nodes: int, a_M: np.ndarray, b_M: np.ndarray) -> None:
        self.n_nodes = n_nodes
        self._a_M, self._b_M = a_M, b_M
        mixed_M = np.sort(self._mixed(a_M, b_M))
        bits = int(np.ceil(np.log2(max(len(a_M), 1) * _ROOM)))
        self._shift = np.uint64(64 - bits)
        step_M = np.arange(len(mixed_M))
        self._place_M = np.maximum.accumulate(self._first(mixed_M) - step_M) + step_M
        self._table = np.zeros(max(1 << bits, int(self._place_M.max(initial=0)) + 1) + 1, np.uint64)
        self._table[self._place_M] = mixed_M

    def keys(self, a_P: np.ndarray, b_P: np.ndarray) -> np.ndarray:
        """One number per pair, whichever of the two comes first."""
        keys_P: np.ndarray = np.minimum(a_P, b_P) * self.n_nodes + np.maximum(a_P, b_P)
        return keys_P

    def _mixed(self, a_P: np.ndarray, b_P: np.ndarray) -> np.ndarray:
        """Never 0, which stands for an empty place."""
        keys_P = self.keys(a_P, b_P)
        keys_P += 1
        mixed_P = keys_P.view(np.uint64)
        mixed_P *= _MIX
        return mixed_P

    def _first(self, mixed_P: np.ndarray) -> np.ndarray:
        """Where to look first."""
        place_P: np.ndarray = (mixed_P >> self._shift).view(np.int64)
        return place_P

    def hold(self, a_P: np.ndarray, b_P: np.ndarray) -> np.ndarray:
        """Whether each pair is tied."""
        return self._looked_up(a_P, b_P)[0]

    def found(self, a_P: np.ndarray, b_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which pairs are tied, and the numbers of these ties in the order in which they were given."""
        yes_P, place_P = self._looked_up(a_P, b_P)
        which = np.flatnonzero(yes_P)
        return which, self._number[place_P[which]]

    @cached_property
    def _number(self) -> np.ndarray:
        """The number of the tie at each place."""
        number = np.zeros(len(self._table), np.int32)
        number[self._place_M] = np.argsort(self._mixed(self._a_M, self._b_M))
        return number

    def _looked_up(self, a_P: np.ndarray, b_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether each pair is tied, and at which place of the table it is then."""
        mixed_P = self._mixed(a_P, b_P)
        place_P = self._first(mixed_P)
        there_P = self._table.take(place_P)
        yes_P: np.ndarray = there_P == mixed_P
        on = np.flatnonzero((there_P < mixed_P) & (there_P > 0))
        while len(on):
            place_P[on] += 1
            there, mixed = self._table.take(place_P[on]), mixed_P[on]
            yes_P[on] = there == mixed
            on = on[(there < mixed) & (there > 0)]
        return yes_P, place_P


def spread(counts_P: np.ndarray, starts_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each entry its own number as often as it counts, and the places from its start on.

    Example:
        >>> [part.tolist() for part in spread(np.array([2, 0, 1]), np.array([5, 0, 9]))]
        [[0, 0, 2], [5, 6, 9]]
    """
    which_W = np.repeat(np.arange(len(counts_P)), counts_P)
    before_P = np.cumsum(counts_P) - counts_P
    return which_W, np.arange(len(which_W)) + (starts_P - before_P)[which_W]


def sorted_with_places(key_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keys in ascending order, and where they stood; equal ones in their order. Much quicker than a stable argsort.

    Example:
        >>> [part.tolist() for part in sorted_with_places(np.array([5, 2, 5]))]
        [[2, 5, 5], [1, 0, 2]]
    """
    n = max(len(key_P), 1)
    if len(key_P) and int(key_P.max()) > np.iinfo(np.int64).max // n - 1:
        order = np.argsort(key_P, kind="stable")
        return key_P[order], order
    both_P = np.sort(key_P.astype(np.int64) * n + np.arange(len(key_P)))
    keys_P, places_P = np.divmod(both_P, n)
    return keys_P, places_P


def distinct(key_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each key once, in ascending order, and where it stood first. Much quicker than asking ``np.unique`` for both.

    Example:
        >>> [part.tolist() for part in distinct(np.array([5, 2, 5]))]
        [[2, 5], [1, 0]]
    """
    keys_P, places_P = sorted_with_places(key_P)
    first_P = np.ones(len(keys_P), bool)
    first_P[1:] = keys_P[1:] != keys_P[:-1]
    return keys_P[first_P], places_P[first_P]


def places_by(group_P: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the entries of each group start, one more at the end, in the order that puts group after group.

    Example:
        >>> [part.tolist() for part in places_by(np.array([1, 0, 1]), 2)]
        [[0, 1, 3], [1, 0, 2]]
    """
    start = np.zeros(n_groups + 1, np.int64)
    np.cumsum(np.bincount(group_P, minlength=n_groups), out=start[1:])
    return start, sorted_with_places(group_P)[1]


def first_of_each(one_P: np.ndarray, two_P: np.ndarray) -> np.ndarray:
    """Which entries hold no number, in either array, that an earlier entry holds.

    Example:
        >>> first_of_each(np.array([1, 2, 5]), np.array([3, 3, 4])).tolist()
        [True, False, True]
    """
    flat = np.stack([one_P, two_P], 1).reshape(-1)
    alone = np.zeros(len(flat), bool)
    alone[distinct(flat)[1]] = True
    free_P2 = alone.reshape(-1, 2)
    return free_P2[:, 0] & free_P2[:, 1]


def within_room(group_P: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Which entries come before so many others of their group that there is no more room.

    Example:
        >>> within_room(np.array([0, 1, 0, 0]), np.array([2.0, 1.0])).tolist()
        [True, True, True, False]
    """
    start, order = places_by(group_P, len(room))
    rank_P = np.empty(len(group_P), np.int64)
    rank_P[order] = np.arange(len(group_P)) - np.repeat(start[:-1], np.diff(start))
    within_P: np.ndarray = rank_P < room[group_P]
    return within_P


def chunks(sizes_P: np.ndarray) -> Iterator[slice]:
    """Runs of entries whose sizes sum to about ``CHUNK``."""
    last = 0
    ends_P = np.cumsum(sizes_P)
    while last < len(sizes_P):
        done = ends_P[last - 1] if last else 0
        stop = max(last + 1, int(np.searchsorted(ends_P, done + CHUNK, side="right")))
        yield slice(last, stop)
        last = stop


def common(
    ties: Ties, neighbours: Adjacency, a_P: np.ndarray, b_P: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Nodes tied to both of a pair: numbers of pairs and such nodes, chunk by chunk."""
    fewer_P = np.where(neighbours.size_N[a_P] <= neighbours.size_N[b_P], a_P, b_P)
    other_P = a_P + b_P - fewer_P
    sizes_P = neighbours.size_N[fewer_P]
    for part in chunks(sizes_P):
        which_W, at_W = spread(sizes_P[part], neighbours.start_N[fewer_P[part]])
        node_W = neighbours.other_H[at_W]
        yes_W = ties.hold(other_P[part][which_W], node_W) & (node_W != other_P[part][which_W])
        yield which_W[yes_W] + part.start, node_W[yes_W]


Three = tuple[np.ndarray, np.ndarray, np.ndarray]


def triangles(graph: Graph) -> Iterator[Three]:
    """Every triangle of the skeleton once, as three arrays of nodes, chunk by chunk."""
    for nodes, _ in triangles_and_edges(graph):
        yield nodes


def triangles_and_edges(graph: Graph) -> Iterator[tuple[Three, Three]]:
    """Every triangle of the skeleton once, chunk by chunk: its nodes, and the numbers of the edges opposite to them.

    Ends of edges are ordered by degree, and two edges out of the lowest node are asked whether they are closed: the
    work is at most edges times the root of their number (Chiba, Nishizeki 1985, doi:10.1137/0214017).
    """
    whole = graph.skeleton
    n = graph.n_nodes
    if not whole.n_edges:
        return
    rank_N = np.empty(n, np.int64)
    node_N = np.lexsort((np.arange(n), whole.out_N))
    rank_N[node_N] = np.arange(n)
    ends = rank_N[whole.from_M], rank_N[whole.to_M]
    low_M, high_M = np.minimum(*ends), np.maximum(*ends)
    order = np.argsort(low_M * n + high_M)
    low_M, high_M = low_M[order], high_M[order]
    ties = Ties(n, low_M, high_M)
    after_M = np.cumsum(np.bincount(low_M, minlength=n))[low_M] - np.arange(len(low_M)) - 1
    for part in chunks(after_M):
        which_W, at_W = spread(after_M[part], np.arange(len(low_M))[part] + 1)
        second_W, third_W = high_M[part][which_W], high_M[at_W]
        yes, opposite = ties.found(second_W, third_W)
        which = which_W[yes] + part.start
        nodes = node_N[low_M[which]], node_N[second_W[yes]], node_N[third_W[yes]]
        yield nodes, (order[opposite], order[at_W[yes]], order[which])


def triangles_of_nodes(graph: Graph) -> np.ndarray:
    """How many triangles each node is a corner of.

    Example:
        >>> triangles_of_nodes(Graph.of(4, np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]))).tolist()
        [1, 1, 1, 0]
    """
    counts_N = np.zeros(graph.n_nodes, np.int64)
    for corners in triangles(graph):
        for corner_W in corners:
            counts_N += np.bincount(corner_W, minlength=graph.n_nodes)
    return counts_N
