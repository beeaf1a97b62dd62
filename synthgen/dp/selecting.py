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

Scaled counts and scores are not whole numbers, so of the floating-point caveats that ``synthgen.dp.noise`` states the
one on statistics that are not whole is theirs.

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

from synthgen.dp.allocating import HALF_NORMAL, Division, divided
from synthgen.dp.cliques import Columns, junction_tree
from synthgen.dp.coarsening import Coarsening, coarsen
from synthgen.dp.graphical import Evidence, GraphicalModel, estimate
from synthgen.dp.measuring import Measured, counted, reconciled, rows_told

OneWay = tuple[np.ndarray, np.ndarray | float]
"""Noisy counts of a column's values, and the standard deviations of their noise."""
_FREE = 2.0
"""Relative deviation from expectation that counts of a single column may have."""
_LEAST_PART = 1e-6
"""Of the budget, for a table that is chosen and then found to be worth nothing."""


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
        reference_rows: drawn from the law so far to know what it expects; fewer for a small table.
        least: rows that a merged value shall hold, in standard deviations of the noise of a table.
        doubt: standard deviations of their noise by which scores are lowered before they are believed.
    """

    cells: int = 2_000_000
    values: int = 16
    rounds: int = 4
    scores: float = 0.04
    at_once: float = 0.4
    target_weight: float = 3.0
    reference_rows: int = 300_000
    least: float = 8.0
    doubt: float = 1.0

    def __post_init__(self) -> None:
        if not (self.rounds >= 1 and 0.0 < self.scores and self.rounds * self.scores < 1.0):
            raise ValueError("limits: scores of all rounds must leave a part of the budget for counts")


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
    one_way: Sequence[OneWay],
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
        one_way: for each column its noisy counts, already paid for, and the standard deviation of their noise, one for
            all or one each.
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
        if not selection.round(number) and number > 1:
            break  # the same question again would cost the tables budget
    return selection.finished()


class _Selection:
    def __init__(
        self,
        tokens_NC: np.ndarray,
        sizes: Sequence[int],
        sensitivity: float,
        budget: Releasing,
        share: float,
        one_way: Sequence[OneWay],
        target: int | None,
        rng: np.random.Generator,
        ordered: Sequence[bool] | None,
        limits: Limits,
    ) -> None:
        self.sensitivity, self.budget, self.share, self.limits = sensitivity, budget, share, limits
        self.target, self.rng, self.left = target, rng, share
        self.rows = max(rows_told(one_way)[0], 1.0)
        likely = max(1.0, min(2.5 * len(sizes), math.comb(len(sizes), 2)))
        noise = self._sd(self._for_tables) * math.sqrt(likely)
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
        groups = [coarsening.group_of[tokens_NC[:, c]] for c, coarsening in enumerate(self.coarsenings)]
        self.tokens_NC = np.stack(groups).T  # columns are read one by one
        self.alone = [_alone(c, *one_way[c], coarsening) for c, coarsening in enumerate(self.coarsenings)]
        self.tables: dict[Columns, Measured] = {}
        self.tree = junction_tree([], self.sizes)
        self.model = estimate(self.sizes, reconciled(self.alone, self.sizes, self.rows), self.rows, tree=self.tree)

    def round(self, number: int) -> bool:
        """Score what could be added, choose, count, and fit anew; whether anything was chosen."""
        candidates = self._candidates(triples=number > 1)
        if not candidates:
            return False
        drawn = min(self.limits.reference_rows, max(20_000, round(8 * self.rows)))
        sample_NC = np.asfortranarray(self.model.sample(drawn, self.rng))  # columns are read one by one
        lift = self.rows / len(sample_NC)
        expected = [counted(sample_NC, columns, self.sizes) * lift for columns in candidates]
        exact = [
            np.abs(counted(self.tokens_NC, columns, self.sizes) - table).sum()
            for columns, table in zip(candidates, expected, strict=True)
        ]
        score_P, sd = self._release(
            np.array(exact),
            f"tables: scores, round {number}",
            self.share * self.limits.scores,
            self.sensitivity * math.sqrt(len(candidates)),
        )
        chance_P = np.array([chance_deviation(table).sum() * math.sqrt(1.0 + lift) for table in expected])
        chosen: list[Measured] = []
        for doubt in (self.limits.doubt, -self.limits.doubt):
            apart_P = np.sqrt(np.maximum((score_P - doubt * sd).clip(0.0) ** 2 - chance_P**2, 0.0))
            chosen = self._chosen(candidates, expected, apart_P, most=len(self.sizes) * (1 + (number == 1)))
            if chosen or self.tables:  # a budget that is left over is worth nothing
                break
        if chosen:
            shares = self._division(list(self.tables.values()), {}).shares[-len(chosen) :]
            shares = np.maximum(shares, self._for_tables * _LEAST_PART)
            later = self.share * self.limits.scores * (self.limits.rounds - number)
            part = min(self.limits.at_once, 0.7 * (self.left - later) / shares.sum())
            self._count(chosen, list(part * shares), f"tables: counts, round {number}")
            self._fit(sweeps=10)
        return bool(chosen)

    def finished(self) -> FittedMarginals:
        """Spend what is left on the chosen tables, and fit a last time."""
        tables = list(self.tables.values())
        if tables:
            shares = self._division(tables, {}).shares
            wanted = np.maximum(self.left * _LEAST_PART, shares - [table.spent for table in tables])
            self._count(tables, list(wanted * (self.left / wanted.sum())), "tables: counts, last")
            self._fit(sweeps=30)
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
        self, candidates: list[Columns], expected: list[np.ndarray], apart_P: np.ndarray, most: int
    ) -> list[Measured]:
        """Those that are worth their price beside all tables so far, the best first, as far as memory allows."""
        likely = {
            columns: table * (apart / (HALF_NORMAL * max(table.sum(), 1.0)))
            for columns, table, apart in zip(candidates, expected, apart_P, strict=True)
        }
        division = self._division(list(self.tables.values()), likely)
        profit_P = division.profits[len(self.tables) :]
        chosen: list[Measured] = []
        refused = 0
        for best in np.argsort(-profit_P, kind="stable"):
            columns = candidates[best]
            if len(chosen) == most or refused == most or profit_P[best] <= 0.0:
                break
            if not self._fits(columns):
                refused += 1
            else:
                chosen.append(Measured.planned(columns, expected[best], likely[columns]))
                self.tables[columns] = chosen[-1]
        return chosen

    def _fits(self, columns: Columns) -> bool:
        """Whether there is a tree, small enough, that holds these columns as well; it becomes the tree."""
        if self.tree.clique_of(columns, self.sizes) is not None:
            return True
        for kept in (self.tables, self.tree.cliques):
            tree = junction_tree([*kept, columns], self.sizes)
            if tree.cells(self.sizes) <= self.limits.cells:
                self.tree = tree
                return True
        return False

    def _division(self, tables: Sequence[Measured], likely: Mapping[Columns, np.ndarray]) -> Division:
        """The budget of all rounds, divided among tables and candidates."""
        columns = [*(table.columns for table in tables), *likely]
        return divided(
            [*(table.deviation() for table in tables), *likely.values()],
            [self.limits.target_weight if self.target in c else 1.0 for c in columns],
            total=self._for_tables,
            unit_sd=self._sd(1.0),
        )

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
            table.add(part.reshape(table.expected.shape) / root, sd / root, share)

    def _fit(self, sweeps: int) -> None:
        evidence = reconciled(
            [*self.alone, *(table.evidence() for table in self.tables.values())], self.sizes, self.rows
        )
        self.model = estimate(self.sizes, evidence, self.rows, tree=self.tree, start=self.model.logs, sweeps=sweeps)


def chance_deviation(expected: np.ndarray) -> np.ndarray:
    """The mean of |count - expected| of a Poisson count.

    Example:
        >>> chance_deviation(np.array([0.5, 100.0])).round(2).tolist()
        [0.61, 7.98]
    """
    few = np.clip(expected, 1e-12, 30.0)
    below = np.floor(few)
    exact = 2.0 * np.exp((below + 1.0) * np.log(few) - few - gammaln(below + 1.0))
    return np.asarray(np.where(expected < 30.0, exact, HALF_NORMAL * np.sqrt(expected)))


def _alone(c: int, counts: np.ndarray, sd: np.ndarray | float, coarsening: Coarsening) -> Evidence:
    """What is known of a column alone; its counts may differ from any expectation, so only noise gives them slack."""
    merged = np.bincount(coarsening.group_of, weights=counts, minlength=coarsening.size)
    squares = np.square(np.broadcast_to(sd, counts.shape))
    variance = np.bincount(coarsening.group_of, weights=squares, minlength=coarsening.size)
    held = np.maximum(merged, np.sqrt(variance))
    return Evidence((c,), merged, variance / (_FREE**2 * held), math.sqrt(variance.mean()))
