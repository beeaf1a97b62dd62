"""Who is tied to whom put right by exchanging ends of edges: between communities, classes of degree and labels.

Local ties and the mending of doubles leave each a little off. Two edges a -> x and y -> b become a -> b and y -> x
where that brings the counts nearer to what is wanted; every degree stays.

Letters: N nodes, M edges, H half-edges (each edge in every direction in which it may be taken), P proposals, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthgen.graphs.layers import Layer
from synthgen.graphs.pairs import Ties, first_of_each, places_by, within_room

ROUNDS = 100
NEAR = 0.002
"""Of the edges: where so few are off for each kind of group, rounding is all that is left."""
STALLED = 0.01
"""A round that takes off a smaller share of what is off is the last but ``PATIENCE``."""
PATIENCE = 3
MOST = 200_000
"""Proposals in a round: some 100 MB of working memory."""


@dataclass(frozen=True)
class Kind:
    """A division of nodes, and how many edges there should be between its groups.

    Attributes:
        group_N: of each node.
        wanted_GG: edges from group to group; where they go both ways, those above the diagonal and on it.
    """

    group_N: np.ndarray
    wanted_GG: np.ndarray

    @classmethod
    def of(cls, group_N: np.ndarray, ends_GG: np.ndarray, mutual: bool) -> Kind:
        """From expected ends between groups: of edges that go both ways, both ends are counted."""
        if not mutual:
            return cls(group_N, ends_GG)
        return cls(group_N, np.triu(ends_GG + ends_GG.T, 1) / 2 + np.diag(np.diag(ends_GG)) / 2)

    def place(self, a: np.ndarray, b: np.ndarray, mutual: bool) -> np.ndarray:
        """The number of a pair of groups."""
        one, other = self.group_N[a], self.group_N[b]
        if mutual:
            one, other = np.minimum(one, other), np.maximum(one, other)
        numbers: np.ndarray = one * len(self.wanted_GG) + other
        return numbers


def settle(layer: Layer, kinds: Sequence[Kind], taken: Ties | None, n_nodes: int, rng: np.random.Generator) -> Layer:
    """Bring the edges between groups of every kind near to what is wanted.

    A round takes edges between groups that have too many, of the kind that is furthest off, and ends of others that
    lie in groups to which they have too few; exchanges that lower the sum of what is off over all kinds are made. It
    stops when little is off, or when rounds take off little.

    Args:
        layer: edges, none twice.
        kinds: divisions of the nodes.
        taken: ties of the other layer.
        n_nodes: N.
        rng: for proposals.
    """
    if len(layer.a_M) < 2:
        return layer
    state = _Settling(layer, kinds, taken, n_nodes, rng)
    idle = 0
    for _ in range(ROUNDS):
        before = state.off()
        if before <= NEAR * len(kinds) * len(layer.a_M):
            break
        state.round()
        idle = idle + 1 if state.off() > (1 - STALLED) * before else 0
        if idle >= PATIENCE:
            break
    return state.layer


class _Settling:
    """The edges as they are, and how many there are too many between groups."""

    def __init__(
        self, layer: Layer, kinds: Sequence[Kind], taken: Ties | None, n_nodes: int, rng: np.random.Generator
    ) -> None:
        self.layer, self.kinds, self.taken, self.n_nodes, self.rng = layer, kinds, taken, n_nodes, rng
        self.off_K = [self._counted(kind) - kind.wanted_GG.reshape(-1) for kind in kinds]

    def _counted(self, kind: Kind) -> np.ndarray:
        place_M = kind.place(self.layer.a_M, self.layer.b_M, self.layer.mutual)
        return np.bincount(place_M, minlength=kind.wanted_GG.size).astype(float)

    def off(self) -> float:
        """Edges that are in the wrong place, summed over kinds."""
        return float(sum(np.abs(off).sum() for off in self.off_K) / 2)

    def round(self) -> None:
        """One round of exchanges."""
        first, second, turned_first, turned_second = self._proposed()
        a_M, b_M = self.layer.a_M, self.layer.b_M
        a, x = np.where(turned_first, b_M[first], a_M[first]), np.where(turned_first, a_M[first], b_M[first])
        y, b = np.where(turned_second, b_M[second], a_M[second]), np.where(turned_second, a_M[second], b_M[second])
        fine = (first != second) & (a != b) & (y != x)
        fine[fine] &= self._gain(a[fine], x[fine], y[fine], b[fine]) < -1e-9
        first, second, a, x, y, b = (part[fine] for part in (first, second, a, x, y, b))
        ties = Ties(self.n_nodes, a_M, b_M)
        fine = ~ties.hold(a, b) & ~ties.hold(y, x)
        if self.taken is not None:
            fine &= ~self.taken.hold(a, b) & ~self.taken.hold(y, x)
        first, second, a, x, y, b = (part[fine] for part in (first, second, a, x, y, b))
        fine = first_of_each(first, second) & first_of_each(ties.keys(a, b), ties.keys(y, x))
        kind, off = self._furthest()
        room = np.maximum(np.abs(off), 1.0)
        for pair in ((a, x), (y, b), (a, b), (y, x)):
            open_ = np.flatnonzero(fine)
            fine[open_] = within_room(kind.place(pair[0][open_], pair[1][open_], self.layer.mutual), room)
        chosen = np.flatnonzero(fine)
        before = self.off()
        while len(chosen):
            then_K = self._after(a[chosen], x[chosen], y[chosen], b[chosen])
            if sum(np.abs(off).sum() for off in then_K) / 2 < before:
                break
            chosen = chosen[: len(chosen) // 2]
        else:
            return
        self.off_K = then_K
        a_M, b_M = a_M.copy(), b_M.copy()
        a_M[first[chosen]], b_M[first[chosen]] = a[chosen], b[chosen]
        a_M[second[chosen]], b_M[second[chosen]] = y[chosen], x[chosen]
        self.layer = replace(self.layer, a_M=a_M, b_M=b_M)

    def _after(self, a: np.ndarray, x: np.ndarray, y: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
        """What is off after exchanges that are made together."""
        then_K = [off.copy() for off in self.off_K]
        for kind, off in zip(self.kinds, then_K, strict=True):
            for pair, sign in (((a, x), -1), ((y, b), -1), ((a, b), 1), ((y, x), 1)):
                off += sign * np.bincount(kind.place(*pair, self.layer.mutual), minlength=len(off))
        return then_K

    def _furthest(self) -> tuple[Kind, np.ndarray]:
        """The kind that is furthest off, and by how much."""
        return max(zip(self.kinds, self.off_K, strict=True), key=lambda pair: float(np.abs(pair[1]).sum()))

    def _proposed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Numbers of two edges each, and whether they are taken from their second end on."""
        kind, off = self._furthest()
        mutual, n_groups = self.layer.mutual, len(kind.wanted_GG)
        a_H, b_H, number_H = self.layer.ends()
        m = len(self.layer.a_M)
        many = np.flatnonzero(off[kind.place(a_H, b_H, mutual)] > 0.5)
        first = many[self.rng.integers(len(many), size=min(MOST, 2 * len(many)))] if len(many) else many
        off_GG = off.reshape(n_groups, n_groups)
        few_GG = np.maximum(-(off_GG + off_GG.T - np.diag(np.diag(off_GG)) if mutual else off_GG), 0)
        held_G, order = places_by(kind.group_N[b_H[many]], n_groups)
        few_GG = few_GG * (np.diff(held_G) > 0)
        total_G = few_GG.sum(1)
        first = first[total_G[kind.group_N[a_H[first]]] > 0]
        from_P = kind.group_N[a_H[first]]
        reach = (np.cumsum(few_GG / np.maximum(total_G, 1e-300)[:, None], 1) + np.arange(n_groups)[:, None]).reshape(-1)
        to_P = np.searchsorted(reach, from_P + self.rng.random(len(from_P)) * (1 - 1e-9), side="right")
        to_P = np.clip(to_P - from_P * n_groups, 0, n_groups - 1)
        at_P = held_G[to_P] + (self.rng.random(len(to_P)) * (held_G[to_P + 1] - held_G[to_P])).astype(np.int64)
        second = many[order[at_P]]
        return number_H[first], number_H[second], first >= m, second >= m

    def _gain(self, a: np.ndarray, x: np.ndarray, y: np.ndarray, b: np.ndarray) -> np.ndarray:
        """What exchanges would add to what is off; exact for one alone whose four pairs are of different groups."""
        total = np.zeros(len(a))
        for kind, off in zip(self.kinds, self.off_K, strict=True):
            less, more = np.abs(off - 1) - np.abs(off), np.abs(off + 1) - np.abs(off)
            old = [kind.place(*pair, self.layer.mutual) for pair in ((a, x), (y, b))]
            new = [kind.place(*pair, self.layer.mutual) for pair in ((a, b), (y, x))]
            same = ((old[0] == new[0]) & (old[1] == new[1])) | ((old[0] == new[1]) & (old[1] == new[0]))
            total += np.where(same, 0.0, less[old[0]] + less[old[1]] + more[new[0]] + more[new[1]])
        return total
