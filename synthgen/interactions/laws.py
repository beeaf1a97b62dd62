"""Laws of whole numbers kept as cells that enough users share: no cell says anything about fewer.

Letters: V values, C cells, N draws, U users.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_CELLS = 64
"""Equal shares of 1.6 % each: finer than what a few thousand values tell."""


@dataclass(frozen=True)
class CellLaw:
    """Shares of stretches of whole numbers, even within each.

    Attributes:
        low_C: the smallest number of each cell.
        high_C: the largest.
        reach_C: the share of values up to the cell's end.
    """

    low_C: np.ndarray
    high_C: np.ndarray
    reach_C: np.ndarray

    @classmethod
    def fit(cls, value_V: np.ndarray, user_V: np.ndarray | None, fewest: int, most: int = MOST_CELLS) -> CellLaw:
        """Cells of like mass, each with values of at least ``fewest`` users, however many values one user has.

        The outer ends of the first and the last cell are placed so that the cell keeps its mean: a smallest and a
        largest value belong to one user each.

        Args:
            value_V: whole numbers, at least one.
            user_V: whose they are; None: each is another user's.
            fewest: users per cell; where there are fewer in all there is one cell.
            most: cells at most.

        Example:
            >>> law = CellLaw.fit(np.array([1, 1, 1, 2, 2, 2]), None, 3)
            >>> law.low_C.tolist(), law.high_C.tolist(), law.reach_C.tolist()
            ([1, 2], [1, 2], [0.5, 1.0])
        """
        order = np.argsort(value_V, kind="stable")
        value_V = value_V[order]
        owner_V = np.arange(len(value_V)) if user_V is None else user_V[order]
        cells = max(1, min(most, len(value_V) // max(fewest, 1)))
        ends = np.unique(
            np.searchsorted(value_V, value_V[np.arange(1, cells + 1) * len(value_V) // cells - 1], "right")
        )
        ends = _merged(owner_V, ends, fewest)
        starts = np.r_[0, ends[:-1]]
        low_C, high_C = value_V[starts].astype(np.int64), value_V[ends - 1].astype(np.int64)
        mean_C = np.add.reduceat(value_V.astype(float), starts) / (ends - starts)
        if (value_V[: ends[0]] == low_C[0]).sum() < fewest:
            low_C[0] = min(round(2 * mean_C[0]) - high_C[0], high_C[0])
        if (value_V[starts[-1] :] == high_C[-1]).sum() < fewest:
            high_C[-1] = max(round(2 * mean_C[-1]) - low_C[-1], low_C[-1])
        return cls(low_C, high_C, ends / len(value_V))

    def draw(self, u_N: np.ndarray) -> np.ndarray:
        """The numbers at these heights of the law, which are from 0 to below 1."""
        cell_N = np.minimum(np.searchsorted(self.reach_C, u_N, side="right"), len(self.reach_C) - 1)
        from_N = np.where(cell_N > 0, self.reach_C[cell_N - 1], 0.0)
        part_N = np.clip((u_N - from_N) / (self.reach_C[cell_N] - from_N), 0, 1 - 1e-12)
        width_N = self.high_C[cell_N] - self.low_C[cell_N] + 1
        drawn_N: np.ndarray = self.low_C[cell_N] + np.floor(part_N * width_N).astype(np.int64)
        return drawn_N

    def arrays(self) -> np.ndarray:
        """``(3, C)``: what ``of_arrays`` reads."""
        return np.stack([self.low_C.astype(float), self.high_C.astype(float), self.reach_C])

    @classmethod
    def of_arrays(cls, kept_3C: np.ndarray) -> CellLaw:
        """The other way round."""
        return cls(kept_3C[0].astype(np.int64), kept_3C[1].astype(np.int64), kept_3C[2])


def _merged(owner_V: np.ndarray, ends: np.ndarray, fewest: int) -> np.ndarray:
    """Ends of cells after those of too few users have joined the next, and the last the one before."""
    kept: list[int] = []
    start = 0
    for end in ends:
        if len(np.unique(owner_V[start:end])) >= fewest:
            kept.append(int(end))
            start = int(end)
    if not kept or kept[-1] != ends[-1]:
        kept = [*kept[:-1], int(ends[-1])]
    return np.array(kept, np.int64)


def even(n: int, rng: np.random.Generator) -> np.ndarray:
    """One height in each of ``n`` equal stretches of a law, in random order: shares come out nearly exact."""
    heights: np.ndarray = (rng.permutation(n) + rng.random(n)) / max(n, 1)
    return heights


def given(of_N: np.ndarray, what_N: np.ndarray, shape: tuple[int, int], fewest: int) -> np.ndarray:
    """Chances of one thing given another; the share of combinations of too few is spread as over all.

    Example:
        >>> given(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), (2, 2), 2).round(2).tolist()
        [[0.83, 0.17], [0.5, 0.5]]
    """
    counts = np.bincount(of_N * shape[1] + what_N, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    whole = counts.sum(0) / max(counts.sum(), 1)
    total = counts.sum(1, keepdims=True)
    common = np.where(counts >= fewest, counts, 0.0)
    rest = np.where(total > 0, 1 - common.sum(1, keepdims=True) / np.maximum(total, 1), 1)
    law: np.ndarray = common / np.maximum(total, 1) + rest * whole
    law /= law.sum(1, keepdims=True)
    return law
