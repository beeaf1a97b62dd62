"""Which tables of two or three columns are counted, under a budget of privacy and of memory.

A first law has every column on its own. In each round, all tables that could be added are scored: by how many rows
the true table differs from what the law so far expects. The noisy scores choose, against the noise that one more table
brings to all, and the law is fitted anew. A table gets a part of its budget in the round that chose it, the rest at the
end, when all tables are known.

What each release can move when one unit of at most m rows is added or removed (``sensitivity`` = m):

- a table of counts: its cells change by at most m rows together, so its L2 norm by at most m. Tables that are released
  together are each scaled by the square root of their share, and shares add up to 1, so the L2 norm of all together
  changes by at most m as well.
- a score, the sum over cells of |counted - expected|: the expectation comes from earlier releases, so it is fixed; each
  of the m rows moves the sum by at most 1, so it changes by at most m, and P scores at once by at most m * sqrt(P).

Letters: N rows, C columns, P candidates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from scipy.special import gammaln

from synthgen.dp.cliques import Columns, junction_tree
from synthgen.dp.coarsening import Coarsening, coarsen
from synthgen.dp.graphical import Evidence, GraphicalModel, estimate
from synthgen.dp.measuring import Measured, counted, reconciled

_HALF_NORMAL = math.sqrt(2 / math.pi)
"""Mean of the absolute value of a standard normal number."""


class Releasing(Protocol):
    """What is asked of a budget (``synthgen.dp.budget.Budget``)."""

    mu: float

    def gaussian(
        self, values: np.ndarray, *, step: str, share: float, sensitivity: float, schema: bool = False
    ) -> tuple[np.ndarray, float]:
        """Values with noise, and its standard deviation."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large the law may become, and how its budget is divided.

    Attributes:
        cells: of all cliques together; memory and time of a fit are proportional to it.
        values: of a column, as tables of several columns see it; rarer ones are merged.
        rounds: of scoring and counting.
        scores: share of the budget for the scores of each round.
        at_once: part of its budget that a table gets in the round which chose it.
        target_weight: how much more a row's error counts in a table with the target.
        reference_rows: drawn from the law so far to know what it expects.
        steps: of the last estimation, at most.
    """

    cells: int = 1_000_000
    values: int = 16
    rounds: int = 4
    scores: float = 0.04
    at_once: float = 0.4
    target_weight: float = 3.0
    reference_rows: int = 300_000
    steps: int = 150
    least: float = 4.0
    noise_cost: float = 1.0


@dataclass(frozen=True)
class FittedMarginals:
    """The fitted law, over merged values, and the way back.

    Attributes:
        model: the law of merged values.
        coarsenings: per column, which values are merged.
        measured: columns of the tables that were counted, in the order in which they were chosen.
        tables: these tables as they were released.
    """

    model: GraphicalModel
    coarsenings: tuple[Coarsening, ...]
    measured: tuple[Columns, ...]
    tables: tuple[Measured, ...]

    def sample(self, n: int, rng: np.random.Generator, given: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
        """Rows (n, C) int32; ``given`` fixes columns, each by n values. See ``GraphicalModel.sample``."""
        given = given or {}
        groups = {c: self.coarsenings[c].group_of[values_N] for c, values_N in given.items()}
        rows_NC = self.model.sample(n, rng, groups)
        for c, coarsening in enumerate(self.coarsenings):
            rows_NC[:, c] = given[c] if c in given else coarsening.refine(rows_NC[:, c], rng)
        return rows_NC


def fit_marginals(
    tokens_NC: np.ndarray,
    sizes: Sequence[int],
    *,
    sensitivity: float,
    budget: Releasing,
    share: float,
    one_way: Sequence[tuple[np.ndarray, float]],
    target: int | None,
    rng: np.random.Generator,
    ordered: Sequence[bool] | None = None,
    limits: Limits | None = None,
) -> FittedMarginals:
    """Count chosen tables of two and three columns with noise, and fit a law of whole rows to them.

    Args:
        tokens_NC: the data, whole numbers from 0 up to each column's size.
        sizes: the number of values of each column.
        sensitivity: the most rows that one unit has.
        budget: adds the noise and keeps the books.
        share: the part of the budget to spend here; all of it is spent where there are two columns to compare.
        one_way: for each column its noisy counts, already paid for, and the standard deviation of their noise.
        target: the column whose relations matter most, or None.
        rng: draws from the law while it grows; never sees the data, so it may come from the run's seed.
        ordered: which columns' values are in order (numbers, dates), so that only neighbours are merged.
        limits: None takes the default.

    Source:
        McKenna, Miklau, Sheldon 2021 (MST), arXiv:2108.04978; McKenna et al. 2022 (AIM), arXiv:2201.12677; Zhang et
        al. 2021 (PrivSyn: the balance of scores against noise, and noise by the number of cells), arXiv:2012.15128.
    """
    limits = limits or Limits()
    selection = _Selection(tokens_NC, sizes, sensitivity, budget, share, one_way, target, rng, ordered, limits)
    for number in range(1, limits.rounds + 1):
        selection.round(number)
    return selection.finished()


class _Selection:
    def __init__(
        self,
        tokens_NC: np.ndarray,
        sizes: Sequence[int],
        sensitivity: float,
        budget: Releasing,
        share: float,
        one_way: Sequence[tuple[np.ndarray, float]],
        target: int | None,
        rng: np.random.Generator,
        ordered: Sequence[bool] | None,
        limits: Limits,
    ) -> None:
        self.sensitivity, self.budget, self.share, self.limits = sensitivity, budget, share, limits
        self.target, self.rng, self.left = target, rng, share
        self.rows = _rows(one_way)
        noise = self._sd(share * (1.0 - limits.rounds * limits.scores)) * math.sqrt(2.5 * len(sizes))
        self.coarsenings = tuple(
            coarsen(
                counts,
                least=0.0 if c == target else limits.least * noise,
                most=limits.values,
                ordered=bool(ordered and ordered[c]),
            )
            for c, (counts, _) in enumerate(one_way)
        )
        self.sizes = [coarsening.size for coarsening in self.coarsenings]
        self.tokens_NC = np.stack(
            [coarsening.group_of[tokens_NC[:, c]] for c, coarsening in enumerate(self.coarsenings)], axis=1
        )
        self.alone = [_alone(c, *one_way[c], coarsening) for c, coarsening in enumerate(self.coarsenings)]
        self.tables: dict[Columns, Measured] = {}
        self.model = estimate(self.sizes, reconciled(self.alone, self.sizes, self.rows), self.rows)

    def round(self, number: int) -> None:
        """Score what could be added, choose, count, and fit anew."""
        candidates = self._candidates(triples=number > 1)
        if not candidates:
            return
        sample_NC = self.model.sample(self.limits.reference_rows, self.rng)
        lift = self.rows / len(sample_NC)
        expected = [counted(sample_NC, columns, self.sizes) * lift for columns in candidates]
        exact = [
            np.abs(counted(self.tokens_NC, columns, self.sizes) - table).sum()
            for columns, table in zip(candidates, expected, strict=True)
        ]
        score_P, _ = self._release(
            np.array(exact),
            f"tables: scores, round {number}",
            self.share * self.limits.scores,
            self.sensitivity * math.sqrt(len(candidates)),
        )
        by_chance_P = [chance_deviation(table).sum() * math.sqrt(1.0 + lift) for table in expected]
        chosen = self._chosen(candidates, expected, score_P - by_chance_P, most=len(self.sizes) * (1 + (number == 1)))
        if chosen:
            total = sum(table.weight for table in self.tables.values())
            part = self.limits.at_once * self._for_tables / total
            self._count(chosen, [part * table.weight for table in chosen], f"tables: counts, round {number}")
            self._fit(tolerance=0.2, steps=40)

    def finished(self) -> FittedMarginals:
        """Spend what is left on the chosen tables, and fit a last time."""
        tables = list(self.tables.values())
        if tables:
            total = sum(table.weight for table in tables)
            whole = self.left + sum(table.spent for table in tables)
            wanted = np.array([max(0.0, whole * table.weight / total - table.spent) for table in tables])
            self._count(tables, list(wanted * (self.left / wanted.sum())), "tables: counts, last")
            self._fit(tolerance=0.05, steps=self.limits.steps)
        return FittedMarginals(self.model, self.coarsenings, tuple(self.tables), tuple(tables))

    @property
    def _for_tables(self) -> float:
        return self.share * (1.0 - self.limits.rounds * self.limits.scores)

    def _sd(self, share: float) -> float:
        return self.sensitivity / (self.budget.mu * math.sqrt(share))

    def _release(self, values: np.ndarray, step: str, share: float, sensitivity: float) -> tuple[np.ndarray, float]:
        self.left -= share
        return self.budget.gaussian(values, step=step, share=share, sensitivity=sensitivity)

    def _candidates(self, triples: bool) -> list[Columns]:
        """Pairs that were not counted, and triples that cost no memory as a clique holds them already."""
        several = [c for c, size in enumerate(self.sizes) if size > 1]
        found: list[Columns] = [pair for pair in combinations(several, 2) if pair not in self.tables]
        if triples:
            inside = {t for clique in self.model.tree.cliques for t in combinations(clique, 3)}
            fitting = [
                t
                for t in sorted(inside)
                if t not in self.tables
                and min(self.sizes[c] for c in t) > 1
                and math.prod(self.sizes[c] for c in t) <= self.rows / 4
            ]
            if len(fitting) > 4 * len(several) ** 2:
                fitting = [t for t in fitting if self.target in t]
            found += fitting
        return found

    def _chosen(
        self, candidates: list[Columns], expected: list[np.ndarray], gain_P: np.ndarray, most: int
    ) -> list[Measured]:
        """Those for which the error they remove is larger than the noise they bring to all tables together.

        With shares proportional to w = (cells that stand out of the noise)^(2/3), which is best for the sum of
        errors, that sum is (sum of w)^(3/2) times a constant.
        """
        sd = self._sd(self._for_tables)
        usual = sd * math.sqrt(max(2 * len(self.sizes), len(self.tables)))
        weight_P = np.array([(table / (table + usual)).sum() for table in expected]) ** (2 / 3)
        gain_P = gain_P * [self.limits.target_weight if self.target in columns else 1.0 for columns in candidates]
        total = sum(table.weight for table in self.tables.values())
        open_P = np.ones(len(candidates), bool)
        chosen: list[Measured] = []
        while len(chosen) < most:
            cost_P = self.limits.noise_cost * _HALF_NORMAL * sd * ((total + weight_P) ** 1.5 - total**1.5)
            net_P = np.where(open_P, gain_P - cost_P, -np.inf)
            best = int(np.argmax(net_P))
            if net_P[best] <= 0.0:
                break
            open_P[best] = False
            columns = candidates[best]
            if junction_tree([*self.tables, columns], self.sizes).cells(self.sizes) > self.limits.cells:
                continue
            chosen.append(Measured.planned(columns, expected[best], float(weight_P[best])))
            self.tables[columns] = chosen[-1]
            total += weight_P[best]
        return chosen

    def _count(self, tables: Sequence[Measured], shares: Sequence[float], step: str) -> None:
        total = sum(shares)
        roots = [math.sqrt(share / total) for share in shares]
        exact = [
            root * counted(self.tokens_NC, table.columns, self.sizes).ravel()
            for root, table in zip(roots, tables, strict=True)
        ]
        noisy, sd = self._release(np.concatenate(exact), step, total, self.sensitivity)
        ends = np.cumsum([len(part) for part in exact])
        for table, part, root, share in zip(tables, np.split(noisy, ends[:-1]), roots, shares, strict=True):
            if root > 0.0:
                table.add(part.reshape(table.expected.shape) / root, sd / root, share)

    def _fit(self, tolerance: float, steps: int) -> None:
        evidence = reconciled(
            [*self.alone, *(table.evidence() for table in self.tables.values())], self.sizes, self.rows
        )
        self.model = estimate(
            self.sizes, evidence, self.rows, start=self.model.logs, tolerance=tolerance, iterations=steps
        )


def chance_deviation(expected: np.ndarray) -> np.ndarray:
    """The mean of |count - expected| of a Poisson count.

    Example:
        >>> chance_deviation(np.array([0.5, 100.0])).round(2).tolist()
        [0.61, 7.98]
    """
    few = np.clip(expected, 1e-12, 30.0)
    below = np.floor(few)
    exact = 2.0 * np.exp((below + 1.0) * np.log(few) - few - gammaln(below + 1.0))
    return np.asarray(np.where(expected < 30.0, exact, _HALF_NORMAL * np.sqrt(expected)))


def _rows(one_way: Sequence[tuple[np.ndarray, float]]) -> float:
    """The number of rows: the columns' totals, weighted by the inverse of their noise variance; at least 1."""
    weights = np.array([1.0 / max(len(counts) * sd**2, 1e-9) for counts, sd in one_way])
    return max(float(weights @ [counts.sum() for counts, _ in one_way] / weights.sum()), 1.0)


def _alone(c: int, counts: np.ndarray, sd: float, coarsening: Coarsening) -> Evidence:
    """What is known of a column alone; a deviation of 2 from equal shares is expected, so noise alone limits it."""
    merged = np.bincount(coarsening.group_of, weights=counts, minlength=coarsening.size)
    variance = sd**2 * np.bincount(coarsening.group_of, minlength=coarsening.size)
    return Evidence((c,), merged, variance / (4.0 * np.maximum(merged, sd)), math.sqrt(variance.mean()))
