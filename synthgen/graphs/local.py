"""Ties to those nearby: part of each node's ends are placed among the neighbours on a ring through all communities.

Triangles come from such ties; how many ends they take is found for each class of degree before anything is drawn. Each
local end is first addressed to a community, as often as ties to it are expected, and then meets the end nearest to it
on the ring that is addressed the other way: so the ties between communities stay as they are wanted.

Letters: N nodes, K classes of degree, B communities, C cells, S stubs, M edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.graphs.mixing import Cells, members
from synthgen.graphs.pairs import Ties

WIDTH = 1.5
"""A node's local ends lie within so many places per end: under 1 many would meet twice, from 3 on few close."""
MOST = 0.8
"""Of a node's ends, those that may be local: what is left brings degrees and labels together."""
PASSES = 6
"""Of pairing ends that are next to each other; a pass leaves about a third of those before."""


@dataclass(frozen=True)
class Nearby:
    """Where nodes lie, and to which communities their ends go.

    Attributes:
        cells: of the nodes; communities first.
        share_N: chance of each end to be local.
        place_N: of each node on the ring, from 0 to 1.
        size_B: nodes of each community.
    """

    cells: Cells
    share_N: np.ndarray
    place_N: np.ndarray
    size_B: np.ndarray

    @classmethod
    def of(cls, cells: Cells, share_N: np.ndarray, rng: np.random.Generator) -> Nearby:
        """Places at random."""
        block_N = cells.groups[0][cells.cell_N]
        return cls(cells, share_N, rng.random(len(block_N)), np.bincount(block_N))

    @property
    def block_N(self) -> np.ndarray:
        block_N: np.ndarray = self.cells.groups[0][self.cells.cell_N]
        return block_N

    def stubs(
        self, ends_N: np.ndarray, expected_CC: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Local ends: whose they are, to which community they go, and where on the ring they look.

        Args:
            ends_N: how many ends each node has in all.
            expected_CC: ends between cells; rows are those of these ends.
            rng: for chances, addresses and distances.
        """
        local_N = rng.binomial(ends_N, self.share_N)
        node_S = np.repeat(np.arange(len(local_N)), local_N)
        to_CB = expected_CC @ members(self.cells.groups[0], len(self.size_B)).toarray()
        to_CB /= np.maximum(to_CB.sum(1, keepdims=True), 1e-300)
        cell_S = self.cells.cell_N[node_S]
        reach = np.cumsum(to_CB, 1) / np.maximum(to_CB.sum(1, keepdims=True), 1e-300)
        reach = (reach + np.arange(len(reach))[:, None]).reshape(-1)
        found_S = np.searchsorted(reach, cell_S + rng.random(len(cell_S)), side="right")
        to_S = np.clip(found_S - cell_S * len(self.size_B), 0, len(self.size_B) - 1)
        near_S = np.maximum(local_N[node_S] * to_CB[cell_S, to_S], 1.0) / self.size_B[to_S]
        place_S = self.place_N[node_S] + WIDTH * np.minimum(near_S, 1.0) * (rng.random(len(node_S)) - 0.5)
        return node_S, to_S, place_S % 1.0

    def pairs(
        self, ends_N: np.ndarray, expected_CC: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Undirected edges between nodes near each other; no loop, none twice."""
        node_S, to_S, place_S = self.stubs(ends_N, expected_CC, rng)
        own_S, n_blocks = self.block_N[node_S], len(self.size_B)
        group_S = np.minimum(own_S, to_S) * n_blocks + np.maximum(own_S, to_S)
        a_M, b_M = _met(node_S, group_S, place_S, np.where(own_S == to_S, 2, own_S > to_S))
        return self._simple(a_M, b_M, None)

    def arrows(
        self,
        out_N: np.ndarray,
        in_N: np.ndarray,
        expected_CC: np.ndarray,
        taken: Ties,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same with directions, and no pair that is tied already."""
        n_blocks = len(self.size_B)
        from_S, to_S, place_S = self.stubs(out_N, expected_CC, rng)
        into_S, of_S, there_S = self.stubs(in_N, expected_CC.T, rng)
        group_S = np.r_[self.block_N[from_S] * n_blocks + to_S, of_S * n_blocks + self.block_N[into_S]]
        side_S = np.r_[np.zeros(len(from_S), np.int64), np.ones(len(into_S), np.int64)]
        node_S, place_S = np.r_[from_S, into_S], np.r_[place_S, there_S]
        a_M, b_M = _met(node_S, group_S, place_S, side_S)
        return self._simple(a_M, b_M, taken)

    def _simple(self, a_M: np.ndarray, b_M: np.ndarray, taken: Ties | None) -> tuple[np.ndarray, np.ndarray]:
        if taken is not None:
            free_M = ~taken.hold(a_M, b_M)
            a_M, b_M = a_M[free_M], b_M[free_M]
        _, first = np.unique(np.minimum(a_M, b_M) * len(self.place_N) + np.maximum(a_M, b_M), return_index=True)
        return a_M[first], b_M[first]


def _met(
    node_S: np.ndarray, group_S: np.ndarray, place_S: np.ndarray, side_S: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of one group that are next to each other and of two sides; of side 2, of any. The first is of side 0."""
    order = np.argsort(group_S + place_S, kind="stable")
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
