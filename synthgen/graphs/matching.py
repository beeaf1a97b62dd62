"""Ends of edges matched: how many between two cells, then which node with which, then no pair twice.

Letters: N nodes, C cells, M edges, S stubs (a node as often as it has ends to place).
"""

from __future__ import annotations

import numpy as np

from synthgen.graphs.mixing import Cells
from synthgen.graphs.pairs import Ties, distinct, places_by, sorted_with_places

ATTEMPTS = 30
"""Rounds of exchanges at each strictness."""
WORTH = 0.1
"""Of the bad edges, those that a round must mend for another of its strictness."""
FEW = 20
"""Bad edges: whether a round mends some of so few is chance."""
BY_HAND = 200
"""Edges left over that are worth a search of their own, one after the other."""


def whole_numbers(expected_CC: np.ndarray, ends_C: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Symmetric counts of ends between cells: rows sum to each cell's ends, the diagonal is even.

    Cells are served in random order; each asks the others for what is expected of them, in proportion to what they
    still have, and fractions are rounded by one systematic draw.

    Args:
        expected_CC: symmetric expectation, rows about as large as ``ends_C``.
        ends_C: whole numbers with an even sum.
        rng: for order and rounding.
    """
    n = len(ends_C)
    counts_CC = np.zeros((n, n), np.int64)
    left_C = ends_C.astype(np.int64).copy()
    hoped_C = expected_CC.sum(0)
    for row in rng.permutation(n):
        own = int(left_C[row])
        if own:
            wish_C = expected_CC[row] * left_C / np.maximum(hoped_C, 1e-12)
            got_C = _rounded(wish_C, own, left_C, rng)
            if got_C[row] % 2:
                _make_even(got_C, row, left_C, wish_C)
            counts_CC[row] += got_C
            counts_CC[:, row] = counts_CC[row]
            left_C -= got_C
        left_C[row] = 0
        hoped_C = hoped_C - expected_CC[row]
    return counts_CC


def whole_numbers_directed(
    expected_CC: np.ndarray, out_C: np.ndarray, in_C: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The same for edges with a direction: rows sum to ``out_C``, columns to ``in_C``."""
    counts_CC = np.zeros(expected_CC.shape, np.int64)
    left_C, hoped_C = in_C.astype(np.int64).copy(), expected_CC.sum(0)
    for row in rng.permutation(len(out_C)):
        if out_C[row]:
            wish_C = expected_CC[row] * left_C / np.maximum(hoped_C, 1e-12)
            counts_CC[row] = _rounded(wish_C, int(out_C[row]), left_C, rng)
            left_C -= counts_CC[row]
        hoped_C = hoped_C - expected_CC[row]
    return counts_CC


def _rounded(wish_C: np.ndarray, total: int, most_C: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whole numbers near a wish that sum to a total, none above what there is."""
    real_C = np.minimum(wish_C, most_C)
    for _ in range(8):
        missing = total - real_C.sum()
        room_C = most_C - real_C
        if missing <= 1e-9 * total:
            break
        pull_C = np.where(room_C > 0, np.maximum(wish_C, 1e-12), 0)
        real_C = np.minimum(real_C + missing * pull_C / pull_C.sum(), most_C)
    missing = total - real_C.sum()
    if missing > 0:
        room_C = most_C - real_C
        real_C = real_C + room_C * min(1.0, missing / max(room_C.sum(), 1e-300))
    else:
        real_C = real_C * (total / real_C.sum())
    order = rng.permutation(len(real_C))
    steps = np.floor(np.cumsum(real_C[order]) + rng.random() * (1 - 1e-9))
    steps[-1] = total
    got_C = np.empty(len(real_C), np.int64)
    got_C[order] = np.diff(np.minimum(steps, total), prepend=0)
    return _within(got_C, total, most_C, rng)


def _within(got_C: np.ndarray, total: int, most_C: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rounding may ask one too many of a cell, or one too few in all: put right at random."""
    got_C = np.minimum(got_C, most_C)
    while (missing := total - int(got_C.sum())) > 0:
        free = np.flatnonzero(got_C < most_C)
        got_C[rng.permutation(free)[:missing]] += 1
    return got_C


def _make_even(got_C: np.ndarray, row: int, left_C: np.ndarray, wish_C: np.ndarray) -> None:
    """One end more or fewer within the own cell, taken from or given to another."""
    free_C = got_C < left_C
    free_C[row] = False
    if free_C.any():
        other = int(np.where(free_C, wish_C, -1.0).argmax())
        got_C[other] += 1
        got_C[row] -= 1
    else:  # all others are used up, and with them an odd number of ends: one of them is given back
        held_C = got_C > 0
        held_C[row] = False
        got_C[int(np.flatnonzero(held_C)[0])] -= 1
        got_C[row] += 1


def pair_stubs(
    counts_CC: np.ndarray, cells: Cells, degree_N: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of nodes paired at random, so many between each two cells; may hold loops and doubles."""
    own_S, partner_S, node_S = _addressed(counts_CC, cells, degree_N, rng)
    n = len(counts_CC)
    key_S = np.minimum(own_S, partner_S) * n + np.maximum(own_S, partner_S)
    inner_S = own_S == partner_S
    first, second = np.flatnonzero(own_S < partner_S), np.flatnonzero(own_S > partner_S)
    a_M = node_S[first[sorted_with_places(key_S[first])[1]]]
    b_M = node_S[second[sorted_with_places(key_S[second])[1]]]
    within = np.flatnonzero(inner_S)
    within = node_S[within[sorted_with_places(key_S[within])[1]]]
    return np.r_[a_M, within[0::2]], np.r_[b_M, within[1::2]]


def pair_directed(
    counts_CC: np.ndarray, cells: Cells, out_N: np.ndarray, in_N: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The same with directions."""
    n = len(counts_CC)
    own_S, to_S, from_node_S = _addressed(counts_CC, cells, out_N, rng)
    cell_S, of_S, to_node_S = _addressed(counts_CC.T, cells, in_N, rng)
    first = sorted_with_places(own_S * n + to_S)[1]
    second = sorted_with_places(of_S * n + cell_S)[1]
    return from_node_S[first], to_node_S[second]


def _addressed(
    counts_CC: np.ndarray, cells: Cells, ends_N: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each stub's cell, the cell that it is for, and its node, shuffled within cells."""
    node_S = rng.permutation(np.repeat(np.arange(len(ends_N)), ends_N))
    node_S = node_S[places_by(cells.cell_N[node_S], cells.n_cells)[1]]
    rows, columns = np.nonzero(counts_CC)
    partner_S = np.repeat(columns, counts_CC[rows, columns])
    return cells.cell_N[node_S], partner_S, node_S


class Exchanger:
    """Mends loops, doubles and ties that another layer has, by exchanging ends of edges; degrees stay."""

    def __init__(self, n_nodes: int, directed: bool, taken: Ties | None, rng: np.random.Generator) -> None:
        self.n_nodes, self.directed, self.taken, self.rng = n_nodes, directed, taken, rng

    def bad(self, a_M: np.ndarray, b_M: np.ndarray) -> np.ndarray:
        """Which edges cannot stay: loops, all but one of doubles, ties of the other layer."""
        key_M = np.minimum(a_M, b_M) * self.n_nodes + np.maximum(a_M, b_M)
        bad_M: np.ndarray = a_M == b_M
        sorted_M, place_M = sorted_with_places(key_M)
        bad_M[place_M[1:][sorted_M[1:] == sorted_M[:-1]]] = True
        if self.taken is not None:
            bad_M |= self.taken.hold(a_M, b_M)
        return bad_M

    def mended(
        self, a_M: np.ndarray, b_M: np.ndarray, groups: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges after exchanges, and which are still bad.

        Args:
            a_M: one end.
            b_M: the other.
            groups: divisions of nodes, strictest first; exchanged ends are of one group while that helps.
        """
        a_M, b_M = a_M.copy(), b_M.copy()
        for group_N in [*groups, np.zeros(self.n_nodes, np.int64)]:
            left = len(a_M) + 1
            for _ in range(ATTEMPTS):
                bad_M = self.bad(a_M, b_M)
                many = int(bad_M.sum())
                if not many:
                    return a_M, b_M, bad_M
                if many > (1 - WORTH) * left and many > FEW:
                    break
                left = many
                self._exchange(a_M, b_M, np.flatnonzero(bad_M), group_N)
        bad_M = self.bad(a_M, b_M)
        if bad_M.any() and bad_M.sum() <= BY_HAND:
            self._by_hand(a_M, b_M, bad_M)
            bad_M = self.bad(a_M, b_M)
        return a_M, b_M, bad_M

    def _exchange(self, a_M: np.ndarray, b_M: np.ndarray, bad: np.ndarray, group_N: np.ndarray) -> None:
        """One round: each bad edge gives its second end for that of another edge with the same group there."""
        m = len(a_M)
        if not self.directed:
            turned = bad[self.rng.random(len(bad)) < 0.5]
            a_M[turned], b_M[turned] = b_M[turned], a_M[turned].copy()
        ends = [b_M] if self.directed else [b_M, a_M]
        start_G, order = places_by(np.concatenate([group_N[end] for end in ends]), int(group_N.max()) + 1)
        low, high = start_G[group_N[b_M[bad]]], start_G[group_N[b_M[bad]] + 1]
        found = order[low + (self.rng.random(len(bad)) * (high - low)).astype(np.int64)]
        other, swapped = found % m, found >= m
        keep = np.zeros(len(bad), bool)
        keep[distinct(other)[1]] = True
        is_bad = np.zeros(m, bool)
        is_bad[bad] = True
        keep &= ~is_bad[other]
        bad, other, swapped = bad[keep], other[keep], swapped[keep]
        x, y = np.where(swapped, b_M[other], a_M[other]), np.where(swapped, a_M[other], b_M[other])
        there = Ties(self.n_nodes, a_M, b_M)
        new = [(a_M[bad], y), (x, b_M[bad])]
        fine = np.ones(len(bad), bool)
        for first_end, second_end in new:
            fine &= (first_end != second_end) & ~there.hold(first_end, second_end)
            if self.taken is not None:
                fine &= ~self.taken.hold(first_end, second_end)
        keys = np.stack([there.keys(*pair) for pair in new])
        fine &= _alone(keys, fine)
        bad, other, x, y = bad[fine], other[fine], x[fine], y[fine]
        old = b_M[bad].copy()
        b_M[bad] = y
        a_M[other], b_M[other] = x, old

    def _by_hand(self, a_M: np.ndarray, b_M: np.ndarray, bad_M: np.ndarray) -> None:
        """For each edge left, the first other edge that it can exchange ends with, in random order."""
        for edge in np.flatnonzero(bad_M):
            there = Ties(self.n_nodes, np.delete(a_M, edge), np.delete(b_M, edge))
            for x_M, y_M in [(a_M, b_M)] + ([] if self.directed else [(b_M, a_M)]):
                u, v = np.full(len(a_M), a_M[edge]), np.full(len(a_M), b_M[edge])
                fine = (u != y_M) & (x_M != v) & ~there.hold(u, y_M) & ~there.hold(x_M, v)
                fine &= there.keys(u, y_M) != there.keys(x_M, v)
                if self.taken is not None:
                    fine &= ~self.taken.hold(u, y_M) & ~self.taken.hold(x_M, v)
                fine[edge] = False
                if fine.any():
                    other = int(self.rng.choice(np.flatnonzero(fine)))
                    x, y, old = int(x_M[other]), int(y_M[other]), int(b_M[edge])
                    b_M[edge] = y
                    a_M[other], b_M[other] = x, old
                    break


def _alone(keys: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Which columns bring no pair that an earlier fine column brings."""
    flat = np.where(fine[None, :], keys, -1 - np.arange(keys.size).reshape(keys.shape)).T.reshape(-1)
    alone = np.zeros(keys.size, bool)
    alone[distinct(flat)[1]] = True
    result: np.ndarray = alone.reshape(-1, len(keys)).min(1)
    return result
