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

from synthgen.graphs.mixing import Cells, members
from synthgen.graphs.pairs import Ties, within_room

WIDTH = 1.5
"""A node's local ends lie within so many places per end: under 1 many would meet twice, from 3 on few close."""
MOST = 0.8
"""Of a node's ends, those that may be local: what is left brings degrees and labels together."""
PASSES = 6
"""Of pairing ends that are next to each other; a pass leaves about a third of those before."""
TOGETHER = 6
"""Communities on a stretch: with fewer, ties within communities crowd out the others; with more, few ties close."""
STRETCHES = 64
"""At least so many; one for each community where there are more of these."""
ROUNDS = 10
"""Of scaling addresses until those to each community are as many as wanted, as far as stretches allow."""


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
        there_RB = _stretches(_of_blocks(cells, ends_CC), rng)
        held_B, pick_N = there_RB.sum(0), rng.random(len(block_N))
        listed = np.concatenate([np.flatnonzero(there_R) for there_R in there_RB.T])
        start_B = np.cumsum(held_B) - held_B
        stretch_N = listed[start_B[block_N] + (pick_N * held_B[block_N]).astype(np.int64)]
        place_N = (stretch_N + rng.random(len(block_N))) / len(there_RB)
        return cls(cells, block_N, stretch_N, place_N, there_RB)

    def pairs(
        self, ends_N: np.ndarray, share_N: np.ndarray, expected_CC: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Undirected edges between nodes near each other; no loop, none twice, none that communities do not want.

        Args:
            ends_N: how many ends each node has in all.
            share_N: chance of each end to be local.
            expected_CC: ends between cells.
            rng: for chances, addresses and distances.
        """
        wanted_BB = _of_blocks(self.cells, expected_CC)
        node_S, to_S, place_S = self._stubs(ends_N, share_N, wanted_BB, rng)
        own_S, n_blocks = self.block_N[node_S], len(wanted_BB)
        group_S = np.minimum(own_S, to_S) * n_blocks + np.maximum(own_S, to_S)
        a_M, b_M = _met(node_S, group_S, place_S, np.where(own_S == to_S, 2, own_S > to_S))
        room_BB = wanted_BB - np.diag(np.diag(wanted_BB)) / 2  # the first end is of the community with the lower number
        return self._simple(a_M, b_M, None, room_BB, rng)

    def arrows(
        self,
        ends: tuple[np.ndarray, np.ndarray],
        share_N: np.ndarray,
        expected_CC: np.ndarray,
        taken: Ties,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same with directions, ends that leave and those that reach, and no pair that is tied already."""
        wanted_BB = _of_blocks(self.cells, expected_CC)
        from_S, to_S, place_S = self._stubs(ends[0], share_N, wanted_BB, rng)
        into_S, of_S, there_S = self._stubs(ends[1], share_N, wanted_BB.T, rng)
        n_blocks = len(wanted_BB)
        group_S = np.r_[self.block_N[from_S] * n_blocks + to_S, of_S * n_blocks + self.block_N[into_S]]
        side_S = np.r_[np.zeros(len(from_S), np.int64), np.ones(len(into_S), np.int64)]
        a_M, b_M = _met(np.r_[from_S, into_S], group_S, np.r_[place_S, there_S], side_S)
        return self._simple(a_M, b_M, taken, wanted_BB, rng)

    def _stubs(
        self, ends_N: np.ndarray, share_N: np.ndarray, wanted_BB: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Local ends: whose they are, to which community they go, and where on the ring they look."""
        n_stretches, n_blocks = self.there_RB.shape
        local_N = rng.binomial(ends_N, share_N)
        node_S = np.repeat(np.arange(len(local_N)), local_N)
        chance_BRB = _addresses(wanted_BB, self.there_RB)
        row_S = (self.block_N * n_stretches + self.stretch_N)[node_S]
        reach = np.cumsum(chance_BRB, 2).reshape(-1, n_blocks)
        reach = (reach / np.maximum(reach[:, -1:], 1e-300) + np.arange(len(reach))[:, None]).reshape(-1)
        found_S = np.searchsorted(reach, row_S + rng.random(len(row_S)), side="right")
        to_S = np.clip(found_S - row_S * n_blocks, 0, n_blocks - 1)
        held_RB = np.bincount(self.stretch_N * n_blocks + self.block_N, minlength=self.there_RB.size)
        partners_S = np.maximum(held_RB[self.stretch_N[node_S] * n_blocks + to_S], 1)
        own_S = np.maximum(local_N[node_S] * chance_BRB.reshape(-1, n_blocks)[row_S, to_S], 1.0)
        reach_S = np.minimum(WIDTH * own_S / partners_S / n_stretches, 1.0)
        return node_S, to_S, (self.place_N[node_S] + reach_S * (rng.random(len(node_S)) - 0.5)) % 1.0

    def _simple(
        self, a_M: np.ndarray, b_M: np.ndarray, taken: Ties | None, room_BB: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        if taken is not None:
            free_M = ~taken.hold(a_M, b_M)
            a_M, b_M = a_M[free_M], b_M[free_M]
        _, first = np.unique(np.minimum(a_M, b_M) * len(self.place_N) + np.maximum(a_M, b_M), return_index=True)
        order = rng.permutation(first)
        place_M = (self.block_N[a_M] * len(room_BB) + self.block_N[b_M])[order]
        kept = order[within_room(place_M, room_BB.reshape(-1))]
        return a_M[kept], b_M[kept]


def _of_blocks(cells: Cells, ends_CC: np.ndarray) -> np.ndarray:
    belongs = members(cells.groups[0], int(cells.groups[0].max()) + 1)
    ends_BB: np.ndarray = belongs.T @ (ends_CC @ belongs)
    return ends_BB


def _stretches(ends_BB: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which communities lie together: one after the other, those that are tied to the ones that are there."""
    ends_BB = ends_BB + ends_BB.T
    n_blocks, ends_B = len(ends_BB), np.maximum(ends_BB.sum(1), 1e-12)
    like_BB = np.log(np.maximum(ends_BB * ends_B.sum() / np.outer(ends_B, ends_B), 1e-3))
    there_RB = np.zeros((max(STRETCHES, n_blocks), n_blocks), bool)
    for stretch, first in enumerate(np.resize(rng.permutation(n_blocks), len(there_RB))):
        there_RB[stretch, first] = True
        for _ in range(min(TOGETHER, n_blocks) - 1):
            free_B = ~there_RB[stretch]
            weight_B = free_B * np.exp(like_BB[there_RB[stretch]].mean(0)) * ends_B / (1 + there_RB.sum(0))
            there_RB[stretch, rng.choice(n_blocks, p=weight_B / weight_B.sum())] = True
    return there_RB


def _addresses(wanted_BB: np.ndarray, there_RB: np.ndarray) -> np.ndarray:
    """Chances ``(B, R, B)`` that an end of a node goes to a community, given its own and its stretch."""
    share_BB = wanted_BB / np.maximum(wanted_BB.sum(1, keepdims=True), 1e-300)
    spread_BR = there_RB.T / there_RB.sum(0)[:, None]
    weight_BB = share_BB.copy()
    for _ in range(ROUNDS):
        chance_BRB = weight_BB[:, None, :] * there_RB[None, :, :]
        chance_BRB /= np.maximum(chance_BRB.sum(2, keepdims=True), 1e-300)
        now_BB = np.einsum("br,brc->bc", spread_BR, chance_BRB)
        weight_BB *= np.where(now_BB > 0, share_BB / np.maximum(now_BB, 1e-300), 1)
    return chance_BRB


def _met(
    node_S: np.ndarray, group_S: np.ndarray, place_S: np.ndarray, side_S: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of one group that are next to each other and of two sides; of side 2, of any. The first is of side 0."""
    order = np.argsort(group_S + np.minimum(place_S, 1 - 1e-9), kind="stable")
    node_S, group_S, side_S = node_S[order], group_S[order], side_S[order]
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(PASSES):
        fits_S = (group_S[1:] == group_S[:-1]) & (node_S[1:] != node_S[:-1])
        fits_S &= (side_S[1:] != side_S[:-1]) | (side_S[1:] == 2)
        start_S = np.maximum.accumulate(np.where(fits_S, 0, np.arange(1, len(fits_S) + 1)))
        left = np.flatnonzero(fits_S & ((np.arange(len(fits_S)) - start_S) % 2 == 0))
        if not len(left):
            break
        turned = side_S[left] == 1
        found.append((node_S[left + turned], node_S[left + ~turned]))
        stays_S = np.ones(len(node_S), bool)
        stays_S[left] = stays_S[left + 1] = False
        node_S, group_S, side_S = node_S[stays_S], group_S[stays_S], side_S[stays_S]
    if not found:
        return node_S[:0], node_S[:0]
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])


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
