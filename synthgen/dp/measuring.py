"""Tables of a few columns, counted with noise, and what they are worth as evidence.

Letters: N rows, C columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from synthgen.dp.beliefs import spread, summed
from synthgen.dp.cliques import Columns
from synthgen.dp.graphical import Evidence

_SPREADS = np.geomspace(0.05, 5.0, 24)
"""Relative deviations of cells from expectation, among which the likeliest is taken for each table."""


def counted(tokens_NC: np.ndarray, columns: Columns, sizes: Sequence[int]) -> np.ndarray:
    """How many rows each combination of values of these columns has.

    Example:
        >>> counted(np.array([[0, 1], [0, 1], [1, 0]]), (0, 1), [2, 2]).tolist()
        [[0.0, 2.0], [1.0, 0.0]]
    """
    shape = tuple(sizes[c] for c in columns)
    code_N = np.zeros(len(tokens_NC), np.int64)
    for c in columns:
        code_N = code_N * sizes[c] + tokens_NC[:, c]
    return np.bincount(code_N, minlength=math.prod(shape)).astype(np.float64).reshape(shape)


def rows_told(histograms: Sequence[tuple[np.ndarray, np.ndarray | float]]) -> tuple[float, float]:
    """The number of rows that noisy histograms of the same rows tell together, and the standard deviation of it.

    Their totals are weighted by the inverse of the variance of their noise.

    Args:
        histograms: noisy counts, each row in one of them, and standard deviations: one for all or one each.

    Example:
        >>> rows, sd = rows_told([(np.array([90.0, 20.0]), 5.0), (np.array([95.0]), 5.0)])
        >>> round(rows), round(sd, 2)
        (100, 4.08)
    """
    variances = np.array([float(np.sum(np.square(np.broadcast_to(sd, counts.shape)))) for counts, sd in histograms])
    weights = 1.0 / np.maximum(variances, 1e-9)
    totals = np.array([float(counts.sum()) for counts, _ in histograms])
    return float(weights @ totals / weights.sum()), float(weights.sum() ** -0.5)


@dataclass
class Measured:
    """A table whose cells were counted with noise, once or several times.

    Attributes:
        columns: the table's columns, ascending.
        expected: rows per cell that the model expected before the table was counted.
        likely: by how many rows each cell is likely to differ from that, as its score says.
        precision: one over the variance of the noise of ``counts``; 0 before it is counted.
        counts: noisy rows per cell, the mean of all times weighted by precision.
        spent: share of the budget it has had.
    """

    columns: Columns
    expected: np.ndarray
    likely: np.ndarray
    precision: float
    counts: np.ndarray
    spent: float = 0.0

    @classmethod
    def planned(cls, columns: Columns, expected: np.ndarray, likely: np.ndarray) -> Measured:
        """One that is still to be counted."""
        return cls(columns, expected, likely, 0.0, np.zeros_like(expected))

    def add(self, counts: np.ndarray, sd: float, share: float) -> None:
        """Take in one more noisy count of all cells."""
        new = 1.0 / sd**2
        self.counts = (self.counts * self.precision + counts * new) / (self.precision + new)
        self.precision += new
        self.spent += share

    def evidence(self) -> Evidence:
        """What the table says, cell by cell as far as noise allows.

        True cells are taken to differ from ``expected`` by a relative deviation that the whole table shares; the
        likeliest one given the noisy counts is taken (empirical Bayes). A cell's slack is the variance of its noise
        over the variance that this deviation gives it: cells in which few rows are expected follow the expectation,
        large ones follow the count.
        """
        variance = 1.0 / self.precision
        slack = variance * np.maximum(self.expected, 1.0) / self.deviation() ** 2
        return Evidence(self.columns, self.counts, slack, math.sqrt(variance))

    def deviation(self) -> np.ndarray:
        """By how many rows each cell is likely to differ from ``expected``: what its counts say, else its score."""
        if not self.precision:
            return self.likely
        expected = np.maximum(self.expected, 1.0)
        spread = likeliest_spread(self.counts - self.expected, expected, 1.0 / self.precision)
        return np.asarray(expected * spread)


def likeliest_spread(gaps: np.ndarray, expected: np.ndarray, variance: float) -> float:
    """The relative deviation r for which gaps are likeliest, if they are normal of variance (r * expected)^2 + noise.

    Example:
        >>> rng, expected = np.random.default_rng(0), np.full(1000, 50.0)
        >>> gaps = rng.normal(size=1000) * np.hypot(0.4 * expected, 10.0)
        >>> round(likeliest_spread(gaps, expected, 100.0), 1)
        0.4
    """
    total = variance + (_SPREADS[:, None] * expected.ravel()) ** 2
    surprise = (np.log(total) + gaps.ravel() ** 2 / total).sum(axis=1)
    return float(_SPREADS[int(np.argmin(surprise))])


def reconciled(evidence: Sequence[Evidence], sizes: Sequence[int], rows: float) -> list[Evidence]:
    """The same tables, moved as little as possible so that totals and sums over shared columns agree between them.

    First the totals, then the sums of every single column, then those of every pair that two tables share. The agreed
    sum is the mean over all tables that hold it, weighted by the inverse of its noise variance; each table's cells
    move by equal amounts, which leaves the sums that agreed before as they are. What is known of the noise is
    unchanged.

    Source:
        Qardaji, Yang, Li 2014, "PriView"; Zhang et al. 2021, "PrivSyn", arXiv:2012.15128.

    Example:
        >>> one = Evidence((0,), np.array([6.0, 4.0]), np.ones(2), sd=1e-6)
        >>> two = Evidence((0, 1), np.array([[5.0, 3.0], [1.0, 1.0]]), np.ones((2, 2)), sd=1.0)
        >>> reconciled([one, two], [2, 2], 10.0)[1].counts.round(3).tolist()
        [[4.0, 2.0], [2.0, 2.0]]
    """
    counts = [e.counts + (rows - e.counts.sum()) / e.counts.size for e in evidence]
    holders: dict[Columns, list[int]] = {}
    for width in (1, 2):
        for k, e in enumerate(evidence):
            for columns in combinations(e.columns, width):
                holders.setdefault(columns, []).append(k)
    for columns, holding in holders.items():
        if len(holding) < 2:
            continue
        cells = [evidence[k].counts.size / math.prod(sizes[c] for c in columns) for k in holding]  # of each sum
        sums = [summed(counts[k], evidence[k].columns, columns) for k in holding]
        weights = np.array([1.0 / (n * evidence[k].sd ** 2) for n, k in zip(cells, holding, strict=True)])
        agreed = np.tensordot(weights / weights.sum(), np.array(sums), axes=1)
        for k, n, total in zip(holding, cells, sums, strict=True):
            counts[k] = counts[k] + spread((agreed - total) / n, columns, evidence[k].columns)
    return [replace(e, counts=moved) for e, moved in zip(evidence, counts, strict=True)]
