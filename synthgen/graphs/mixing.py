"""Who is tied to whom: rates between communities, between degrees and between labels, one set of factors.

Nodes of one community, class of degree and label are a *cell*. The expected ends of edges between two cells are what
chance would give them times three factors, so that the ties between communities, between classes of degree and
between labels are each as in the real graph.

Letters: N nodes, C cells, G groups of one kind (communities, classes of degree, labels).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

MIN_EDGES = 5
"""Pairs of groups with fewer edges share one rate: no single tie can be read from the factors."""
ROUNDS = 40
"""Of proportional fitting; on real graphs all margins are then within a thousandth."""


@dataclass(frozen=True)
class Cells:
    """A division of nodes by all of their groups at once.

    Attributes:
        cell_N: the cell of each node.
        groups: for each kind of group, that of each cell.
    """

    cell_N: np.ndarray
    groups: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, kinds: Sequence[np.ndarray]) -> Cells:
        """Only the combinations that some node has.

        Example:
            >>> Cells.of([np.array([0, 0, 1]), np.array([1, 1, 0])]).cell_N.tolist()
            [0, 0, 1]
        """
        rows, cell_N = np.unique(np.stack(kinds, 1), axis=0, return_inverse=True)
        return cls(cell_N.reshape(-1), tuple(rows.T))

    @property
    def n_cells(self) -> int:
        return len(self.groups[0])

    def sums(self, weight_N: np.ndarray) -> np.ndarray:
        """Totals of a weight over the nodes of each cell."""
        return np.bincount(self.cell_N, weights=weight_N, minlength=self.n_cells)


def members(group_C: np.ndarray, n_groups: int) -> sp.csr_array:
    """Cells by groups, a one where a cell belongs."""
    n = len(group_C)
    return sp.csr_array((np.ones(n), group_C, np.arange(n + 1)), (n, n_groups))


def fit_factors(
    cells: Cells, out_N: np.ndarray, in_N: np.ndarray, counts: Sequence[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Factors for each kind of group, by iterative proportional fitting.

    Args:
        cells: of the real nodes.
        out_N: ends of edges that leave each node.
        in_N: ends that reach it; the same where undirected.
        counts: for each kind, ends of edges between groups ``(G, G)``; where undirected each edge counts twice.

    Source:
        Deming, Stephan 1940, doi:10.1214/aoms/1177731829.
    """
    out_C, in_C = cells.sums(out_N), cells.sums(in_N)
    total = max(out_C.sum(), 1.0)
    expected_CC = np.outer(out_C, in_C) / total
    belongs = [members(group_C, len(count)) for group_C, count in zip(cells.groups, counts, strict=True)]
    factors = [np.ones_like(count, dtype=float) for count in counts]
    for _ in range(ROUNDS):
        for kind, (one, count) in enumerate(zip(belongs, counts, strict=True)):
            now_GG = one.T @ (expected_CC @ one)
            change_GG = _ratio(count, now_GG)
            factors[kind] *= change_GG
            group_C = cells.groups[kind]
            expected_CC *= change_GG[group_C][:, group_C]
        balance(expected_CC, out_C, in_C, rounds=1)
    return tuple(factors)


def _ratio(count_GG: np.ndarray, now_GG: np.ndarray) -> np.ndarray:
    rare_GG = count_GG < MIN_EDGES
    change_GG = np.where(now_GG > 0, count_GG / np.where(now_GG > 0, now_GG, 1), 1.0)
    held = now_GG[rare_GG].sum()
    change_GG[rare_GG] = count_GG[rare_GG].sum() / held if held > 0 else 1.0
    return change_GG


def balance(expected_CC: np.ndarray, out_C: np.ndarray, in_C: np.ndarray, rounds: int = ROUNDS) -> None:
    """Scale rows and columns in place until they sum to the ends that each cell has."""
    for _ in range(rounds):
        for axis, ends_C in ((1, out_C), (0, in_C)):
            now_C = expected_CC.sum(axis)
            scale_C = ends_C / np.where(now_C > 0, now_C, 1)
            expected_CC *= scale_C[:, None] if axis else scale_C[None, :]


def expected_ends(cells: Cells, factors: Sequence[np.ndarray], out_N: np.ndarray, in_N: np.ndarray) -> np.ndarray:
    """Ends of edges between the cells of new nodes, their own totals kept."""
    out_C, in_C = cells.sums(out_N), cells.sums(in_N)
    expected_CC: np.ndarray = np.outer(out_C, in_C) / max(out_C.sum(), 1.0)
    for group_C, factor_GG in zip(cells.groups, factors, strict=True):
        expected_CC *= factor_GG[group_C][:, group_C]
    floor = 1e-9 * expected_CC.mean() if expected_CC.size else 0.0
    expected_CC += floor * (out_C[:, None] > 0) * (in_C[None, :] > 0)  # a cell whose every rate is 0 must end somewhere
    balance(expected_CC, out_C, in_C)
    return expected_CC
