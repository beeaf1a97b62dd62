"""Ties to those nearby: part of each node's ends are placed among the neighbours on a ring.

Triangles come from such ties; how many ends they take is found for each class of degree before anything is drawn. The
ring has stretches; on each lie nodes of a few communities that are tied to each other. Each local end is first
addressed to one of these, as often as ties to it are expected, and then meets the end nearest to it that is addressed
the other way: so the ties between communities stay as they are wanted.

Letters: N nodes, K classes of degree, B communities, C cells, R stretches of the ring, S stubs, M edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from synthgen.graphs.mixing import Cells, members
from synthgen.graphs.pairs import Ties, distinct, within_room

WIDTH = 1.5
"""A node's local ends lie within so many places per end: under 1 many would meet twice, from 3 on few close."""
MOST = 0.95
"""Of a node's ends, those that may be local: what is left brings degrees and labels together."""
PASSES = 16
"""Of pairing ends that are next to each other; the last ones find few that may still meet."""
STRETCHES = 64
"""At least so many, one for each community where there are more of these: each has as many communities as one is tied
to, on average."""


@dataclass(frozen=True)
class Ring:
    """Where nodes lie.

    Attributes:
        cells: of the nodes; communities first.
        block_N: the community of each node.
        stretch_N: its stretch.
        place_N: its place, from 0 to 1 around the ring.
        there_RB: which communities are on which stretch.
    """

    cells: Cells
    block_N: np.ndarray
    stretch_N: np.ndarray
    place_N: np.ndarray
    there_RB: np.ndarray

    @classmethod
    def of(cls, cells: Cells, ends_CC: np.ndarray, rng: np.random.Generator) -> Ring:
        """Nodes of each community spread at random over its stretches.

        Args:
            cells: of the nodes; communities first.
            ends_CC: ends of edges expected between cells.
            rng: for who lies where.
        """
        block_N = cells.groups[0][cells.cell_N]
        there_RB = _stretches(of_blocks(cells, ends_CC), rng)
        held_B, pick_N = there_RB.sum(0), rng.random(len(block_N))
        listed = np.concatenate([np.flatnonzero(there_R) for there_R in there_RB.T])
        start_B = np.cumsum(held_B) - held_B
        stretch_N = listed[start_B[block_N] + (pick_N * held_B[block_N]).astype(np.int64)]
        place_N = (stretch_N + rng.random(len(block_N))) / len(there_RB)
        return cls(cells, block_N, stretch_N, place_N, there_RB)

    def pairs(
        self, ends_N: np.ndarray, share_N: np.ndarray, expected_CC: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Undirected edges between nodes near each other; no loop, none twice, no more than communities want.

        Args:
            ends_N: how many ends each node has in all.
            share_N: chance of each end to be local.
            expected_CC: ends between cells.
            rng: for chances and distances.
        """
        node_S, place_S = self._stubs(ends_N, share_N, rng)
        wanted_BB = of_blocks(self.cells, expected_CC)
        room_BB = wanted_BB - np.diag(np.diag(wanted_BB)) / 2
        return self._met(node_S, place_S, None, None, room_BB)

    def arrows(
        self,
        ends: tuple[np.ndarray, np.ndarray],
        share_N: np.ndarray,
        expected_CC: np.ndarray,
        taken: Ties,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same with directions, ends that leave and those that reach, and no pair that is tied already."""
        from_S, place_S = self._stubs(ends[0], share_N, rng)
        into_S, there_S = self._stubs(ends[1], share_N, rng)
        side_S = np.repeat([0, 1], [len(from_S), len(into_S)])
        wanted_BB = of_blocks(self.cells, expected_CC)
        return self._met(np.r_[from_S, into_S], np.r_[place_S, there_S], side_S, taken, wanted_BB)

    def _stubs(
        self, ends_N: np.ndarray, share_N: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Local ends: whose they are, and where on the ring they look."""
        local_N = rng.binomial(ends_N, share_N)
        node_S = np.repeat(np.arange(len(local_N)), local_N)
        reach_S = np.minimum(WIDTH * np.maximum(local_N, 2)[node_S] / len(local_N), 1.0)
        return node_S, (self.place_N[node_S] + reach_S * (rng.random(len(node_S)) - 0.5)) % 1.0

    def _met(
        self,
        node_S: np.ndarray,
        place_S: np.ndarray,
        side_S: np.ndarray | None,
        taken: Ties | None,
        room_BB: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ends that are next to each other, and then next to each other among those left, while there is room."""
        order = np.argsort(place_S)
        node_S, side_S = node_S[order], None if side_S is None else side_S[order]
        n_blocks = len(room_BB)
        room = room_BB.reshape(-1).copy()
        found = [np.zeros((2, 0), np.int64)]
        for number in range(PASSES):
            fits_S = node_S[1:] != node_S[:-1]
            if side_S is not None:
                fits_S &= side_S[1:] != side_S[:-1]
            at_S = np.arange(len(fits_S))
            start_S = np.maximum.accumulate(np.where(fits_S, 0, at_S + 1))
            left = np.flatnonzero(fits_S & ((at_S - start_S) % 2 == number % 2))
            a, b = node_S[left], node_S[left + 1]
            if side_S is None:
                turned = self.block_N[a] > self.block_N[b]
            else:
                turned = side_S[left] == 1
            a, b = np.where(turned, b, a), np.where(turned, a, b)
            open_ = np.arange(len(a)) if taken is None else np.flatnonzero(~taken.hold(a, b))
            place = self.block_N[a[open_]] * n_blocks + self.block_N[b[open_]]
            fine = np.zeros(len(a), bool)
            fine[open_] = within_room(place, room)
            room -= np.bincount(self.block_N[a[fine]] * n_blocks + self.block_N[b[fine]], minlength=len(room))
            found.append(np.stack([a[fine], b[fine]]))
            stays_S = np.ones(len(node_S), bool)
            stays_S[left[fine]] = stays_S[left[fine] + 1] = False
            node_S, side_S = node_S[stays_S], None if side_S is None else side_S[stays_S]
        a_M, b_M = np.concatenate(found, 1)
        once = distinct(np.minimum(a_M, b_M) * len(self.place_N) + np.maximum(a_M, b_M))[1]
        return a_M[once], b_M[once]


def of_blocks(cells: Cells, ends_CC: np.ndarray) -> np.ndarray:
    """Ends between communities."""
    belongs = members(cells.groups[0], int(cells.groups[0].max()) + 1)
    ends_BB: np.ndarray = belongs.T @ (ends_CC @ belongs)
    return ends_BB


def _stretches(ends_BB: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which communities lie together: one after the other, those that are tied to the ones that are there."""
    ends_BB = ends_BB + ends_BB.T
    n_blocks, ends_B = len(ends_BB), np.maximum(ends_BB.sum(1), 1e-12)
    like_BB = np.log(np.maximum(ends_BB * ends_B.sum() / np.outer(ends_B, ends_B), 1e-3))
    share_BB = ends_BB / ends_B[:, None]
    tied = float(np.exp(entr(share_BB).sum(1) @ (ends_B / ends_B.sum())))
    together = int(np.clip(np.ceil(tied), 1, n_blocks))
    there_RB = np.zeros((max(STRETCHES, n_blocks), n_blocks), bool)
    for stretch, first in enumerate(np.resize(rng.permutation(n_blocks), len(there_RB))):
        there_RB[stretch, first] = True
        for _ in range(together - 1):
            free_B = ~there_RB[stretch]
            weight_B = free_B * np.exp(like_BB[there_RB[stretch]].mean(0)) * ends_B / (1 + there_RB.sum(0))
            there_RB[stretch, rng.choice(n_blocks, p=weight_B / weight_B.sum())] = True
    return there_RB


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
        first_K: np.ndarray = np.minimum(np.sqrt(short_K / np.maximum(wanted_K, 1)), MOST)
        return first_K
    growth_K = np.sqrt(short_K / np.maximum(now_K - base_K, 0.1 * short_K + 1))
    nxt_K: np.ndarray = np.clip(share_K * np.clip(growth_K, 0.3, 3.0), 0, MOST)
    return nxt_K
