"""A law of whole rows from noisy tables of a few columns each.

Of all laws, the one is taken that agrees with the noisy tables as far as they deserve and is otherwise as uniform as
can be: it minimises

    1/2 * sum over cells of (counted - expected)^2 / slack  -  rows * entropy

Its form is a product of one factor per table (log-linear), so belief propagation on a junction tree gives every sum.
The dual of the problem is smooth and strongly convex in the logarithms of the factors and has no constraint; at its
optimum ``counted - expected = slack * log factor``. So a cell with much slack (noise) stays where the other tables put
it, and a cell with none is met exactly.

Letters: N rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from synthgen.dp.beliefs import Propagation, summed
from synthgen.dp.cliques import Columns, JunctionTree, junction_tree
from synthgen.dp.drawing import draw, draw_given

_STEEPEST = 25.0
"""Logarithm of a factor that stands for a cell which is empty."""


@dataclass(frozen=True)
class Evidence:
    """What is known of one table.

    Attributes:
        columns: the table's columns, ascending.
        counts: counted rows per cell, noisy, one axis per column; may be negative.
        slack: per cell, how strongly the law may differ from the count: noise variance over the variance which the
            count is expected to have around what the other tables say, in units of rows.
        sd: of the noise of the counts; only compared with that of other tables.
    """

    columns: Columns
    counts: np.ndarray
    slack: np.ndarray
    sd: float = 1.0


@dataclass(frozen=True)
class GraphicalModel:
    """A law of rows of C small whole numbers, as marginal tables on the cliques of a junction tree.

    Attributes:
        sizes: the number of values of each column.
        rows: the (noisy) number of rows that it stands for.
        tree: the cliques.
        tables: the marginal table of each clique, which sums to one; they agree on separators.
        logs: the logarithms of the factors, by columns.
    """

    sizes: tuple[int, ...]
    rows: float
    tree: JunctionTree
    tables: tuple[np.ndarray, ...]
    logs: Mapping[Columns, np.ndarray]

    def marginal(self, columns: Columns) -> np.ndarray | None:
        """The law of some columns, ascending, where a clique holds them all; else None."""
        k = self.tree.clique_of(columns, self.sizes)
        return None if k is None else summed(self.tables[k], self.tree.cliques[k], columns)

    def sample(self, n: int, rng: np.random.Generator, given: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
        """Rows drawn from the law.

        Every single row follows the law exactly; together they spread more evenly than independent rows would, so
        that shares of values stay near their expectation (systematic sampling within each clique).

        Args:
            n: how many rows.
            rng: the randomness.
            given: columns that are fixed, and their value in each of the n rows; the others follow the law given
                these. Values that the law holds to be impossible together are honoured all the same.

        Returns:
            (n, C) int32.
        """
        if not given:
            return draw(self.tree, self.tables, self.sizes, n, rng)
        return draw_given(self.tree, self.tables, self.sizes, n, rng, given)


def estimate(
    sizes: Sequence[int],
    evidence: Sequence[Evidence],
    rows: float,
    *,
    start: Mapping[Columns, np.ndarray] | None = None,
    tolerance: float = 0.05,
    iterations: int = 200,
    groups: Sequence[Columns] = (),
) -> GraphicalModel:
    """The law nearest to noisy tables, and otherwise of the greatest entropy.

    Args:
        sizes: the number of values of each of the C columns.
        evidence: the tables; several may have the same columns.
        rows: the number of rows, more than 0.
        start: factors to begin with, such as those of an earlier model.
        tolerance: ends when no cell is further from its optimum, in standard deviations of a Poisson count.
        iterations: at most so many steps.
        groups: further columns that shall lie within one clique.

    Source:
        McKenna, Sheldon, Miklau 2019, "Graphical-model based estimation and inference for differential privacy",
        arXiv:1901.09136 (the problem and the log-linear form); the entropy term makes the law the most probable table
        among all tables with so many rows.

    Example:
        >>> pairs = Evidence((0, 1), np.array([[30.0, 10.0], [20.0, 40.0]]), np.full((2, 2), 1e-6))
        >>> model = estimate([2, 2], [pairs], 100.0)
        >>> model.marginal((0, 1)).round(2).tolist()
        [[0.3, 0.1], [0.2, 0.4]]
    """
    tables = [e.columns for e in evidence]
    tree = junction_tree([*tables, *groups], sizes)
    propagation = Propagation(tree, sizes, tables)
    ends = np.cumsum([e.counts.size for e in evidence])
    counts = np.concatenate([e.counts.ravel() for e in evidence])
    slack = np.concatenate([e.slack.ravel() for e in evidence])
    slack = np.maximum(slack, -counts / _STEEPEST)  # a negative count asks for no more than an empty cell
    scale = 1.0 / np.sqrt(np.maximum(counts, 1.0) + slack)  # a step of one in any coordinate is as long

    def logs_of(z: np.ndarray) -> list[np.ndarray]:
        return [part.reshape(e.counts.shape) for part, e in zip(np.split(z * scale, ends[:-1]), evidence, strict=True)]

    def dual(z: np.ndarray) -> tuple[float, np.ndarray]:
        log_z, beliefs = propagation(logs_of(z))
        expected = rows * np.concatenate([m.ravel() for m in propagation.marginals(beliefs)])
        theta = z * scale
        value = rows * log_z - theta @ counts + 0.5 * (slack * theta) @ theta
        return float(value), (expected - counts + slack * theta) * scale

    first = np.zeros(len(counts))
    seen: set[Columns] = set()
    for e, end in zip(evidence, ends, strict=True):
        if start and e.columns in start and e.columns not in seen and start[e.columns].shape == e.counts.shape:
            first[end - e.counts.size : end] = start[e.columns].ravel()
            seen.add(e.columns)
    found = minimize(
        dual, first / scale, jac=True, method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 20, "gtol": tolerance, "ftol": 1e-10},
    )  # fmt: skip
    logs = logs_of(found.x)
    merged: dict[Columns, np.ndarray] = {}
    for columns, log in zip(tables, logs, strict=True):
        merged[columns] = merged[columns] + log if columns in merged else log
    _, beliefs = propagation(logs)
    return GraphicalModel(tuple(sizes), rows, tree, tuple(beliefs), merged)
