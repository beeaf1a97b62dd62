"""A simple graph as two arrays of ends, and what is counted on it.

Letters: N nodes, M edges, H half-edges (each undirected edge twice), P pairs asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from synthgen.errors import DataError


@dataclass(frozen=True)
class Adjacency:
    """Neighbours of each node, one list after the other.

    Attributes:
        start_N: where the list of each node begins; one more at the end.
        other_H: the neighbours.
    """

    start_N: np.ndarray
    other_H: np.ndarray

    @classmethod
    def of(cls, n_nodes: int, from_H: np.ndarray, to_H: np.ndarray) -> Adjacency:
        """Lists in ascending order.

        Example:
            >>> Adjacency.of(3, np.array([2, 0, 0]), np.array([1, 2, 1])).other_H.tolist()
            [1, 2, 1]
        """
        start_N = np.zeros(n_nodes + 1, np.int64)
        np.cumsum(np.bincount(from_H, minlength=n_nodes), out=start_N[1:])
        return cls(start_N, np.sort(from_H * n_nodes + to_H) % max(n_nodes, 1))

    @cached_property
    def size_N(self) -> np.ndarray:
        return np.diff(self.start_N)

    def any_of(self, nodes_P: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each node one of its neighbours; it must have one."""
        place_P = (rng.random(len(nodes_P)) * self.size_N[nodes_P]).astype(np.int64)
        chosen_P: np.ndarray = self.other_H[self.start_N[nodes_P] + place_P]
        return chosen_P


@dataclass(frozen=True)
class Graph:
    """Nodes 0 to N - 1 and their edges, no self-loop and no double edge.

    Attributes:
        n_nodes: how many nodes.
        from_M: one end of each edge; the follower where directed, else the smaller number.
        to_M: the other end.
        directed: whether the ends differ in meaning.
    """

    n_nodes: int
    from_M: np.ndarray
    to_M: np.ndarray
    directed: bool = False

    @classmethod
    def of(cls, n_nodes: int, from_M: np.ndarray, to_M: np.ndarray, directed: bool = False) -> Graph:
        """A graph in the one order that it can be written in.

        Raises:
            DataError: an end is no node, or there are self-loops or double edges.

        Example:
            >>> Graph.of(3, np.array([2, 1]), np.array([1, 0])).from_M.tolist()
            [0, 1]
        """
        if len(from_M) and not (0 <= min(from_M.min(), to_M.min()) and max(from_M.max(), to_M.max()) < n_nodes):
            raise DataError(f"graph: an edge ends outside of nodes 0 to {n_nodes - 1}. Number the nodes without gaps")
        ends = (from_M, to_M) if directed else (np.minimum(from_M, to_M), np.maximum(from_M, to_M))
        keys_M = np.sort(ends[0].astype(np.int64) * n_nodes + ends[1])
        graph = cls(n_nodes, keys_M // max(n_nodes, 1), keys_M % max(n_nodes, 1), directed)
        if (graph.from_M == graph.to_M).any() or (keys_M[1:] == keys_M[:-1]).any():
            raise DataError("graph: it has self-loops or double edges; a simple graph was expected. Drop them")
        return graph

    @property
    def n_edges(self) -> int:
        return len(self.from_M)

    @property
    def keys_M(self) -> np.ndarray:
        """One ascending number per edge."""
        keys_M: np.ndarray = self.from_M * self.n_nodes + self.to_M
        return keys_M

    @cached_property
    def out_N(self) -> np.ndarray:
        """Out-degrees; the degrees where undirected."""
        out_N = np.bincount(self.from_M, minlength=self.n_nodes)
        return out_N if self.directed else out_N + np.bincount(self.to_M, minlength=self.n_nodes)

    @cached_property
    def in_N(self) -> np.ndarray:
        """In-degrees; the degrees where undirected."""
        return np.bincount(self.to_M, minlength=self.n_nodes) if self.directed else self.out_N

    @cached_property
    def mutual_M(self) -> np.ndarray:
        """Whether the edge back is there too; of an undirected graph, always."""
        if not self.directed:
            return np.ones(self.n_edges, bool)
        back_M = self.to_M * self.n_nodes + self.from_M
        keys_M = self.keys_M
        at_M = np.minimum(np.searchsorted(keys_M, back_M), max(self.n_edges - 1, 0))
        return keys_M[at_M] == back_M if self.n_edges else np.zeros(0, bool)

    @property
    def skeleton(self) -> Graph:
        """The graph without directions."""
        return self._undirected if self.directed else self  # kept in itself, its memory would be freed late

    @cached_property
    def _undirected(self) -> Graph:
        keep_M = ~self.mutual_M | (self.from_M < self.to_M)
        return Graph.of(self.n_nodes, self.from_M[keep_M], self.to_M[keep_M])

    @cached_property
    def neighbours(self) -> Adjacency:
        """Of each node, without regard to direction."""
        whole = self.skeleton
        return Adjacency.of(self.n_nodes, np.r_[whole.from_M, whole.to_M], np.r_[whole.to_M, whole.from_M])

    def matrix(self) -> sp.csr_array:
        """The adjacency matrix, symmetric where undirected."""
        ends = (self.from_M, self.to_M)
        if not self.directed:
            ends = (np.r_[ends[0], ends[1]], np.r_[ends[1], ends[0]])
        return sp.csr_array((np.ones(len(ends[0])), ends), (self.n_nodes, self.n_nodes))
