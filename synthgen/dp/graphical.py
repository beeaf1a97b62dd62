"""A law of whole rows from noisy tables of a few columns each.

Of all laws, the one is taken that agrees with the noisy tables as far as they deserve and is otherwise as uniform as
can be: it minimises

    1/2 * sum over cells of (counted - expected)^2 / slack  -  rows * entropy

Its form is a product of one factor per table (log-linear), so belief propagation on a junction tree gives every sum.
The dual of the problem is smooth and convex in the logarithms of the factors and has no constraint; at its optimum
``counted - expected = slack * log factor``. So a cell with much slack (noise) stays where the other tables put it, and
a cell with none is met exactly.

Letters: N rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synthgen.dp.beliefs import Propagation, spread, summed
from synthgen.dp.cliques import Columns, JunctionTree, junction_tree
from synthgen.dp.drawing import draw, draw_given

_STEEPEST = 25.0
"""Minus the logarithm of a factor that makes a cell empty."""
_LEAST_SLACK = 1e-9
_LEAST_EXPECTED = 1e-100


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
    tree: JunctionTree | None = None,
    start: Mapping[Columns, np.ndarray] | None = None,
    tolerance: float = 5e-4,
    sweeps: int = 30,
) -> GraphicalModel:
    """The law nearest to noisy tables, and otherwise of the greatest entropy.

    The factors are brought to their optimum one after the other (block coordinate descent on the dual), each in closed
    form up to a scalar equation per cell; a walk along the tree keeps the clique at hand up to date. Without slack this
    is iterative proportional fitting.

    Args:
        sizes: the number of values of each of the C columns.
        evidence: the tables; several may have the same columns.
        rows: the number of rows, more than 0.
        tree: cliques that hold the columns of every table; None makes a small tree.
        start: factors to begin with, such as those of an earlier model.
        tolerance: ends when a sweep moves less than this share of the rows, on average over tables.
        sweeps: at most so many times through all tables.

    Source:
        McKenna, Sheldon, Miklau 2019, "Graphical-model based estimation and inference for differential privacy",
        arXiv:1901.09136 (the problem and the log-linear form); Jirousek, Preucil 1995, "On the effective
        implementation of the iterative proportional fitting procedure" (the walk); the entropy term makes the law the
        most probable table among all tables with so many rows.

    Example:
        >>> pairs = Evidence((0, 1), np.array([[30.0, 10.0], [20.0, 40.0]]), np.full((2, 2), 1e-6))
        >>> model = estimate([2, 2], [pairs], 100.0)
        >>> model.marginal((0, 1)).round(2).tolist()
        [[0.3, 0.1], [0.2, 0.4]]
    """
    kinds = [e.columns for e in evidence]
    tree = junction_tree(kinds, sizes) if tree is None else tree
    propagation = Propagation(tree, sizes, kinds)
    logs = [np.zeros(e.counts.shape) for e in evidence]
    for k, columns in enumerate(kinds):
        if start and columns in start and columns not in kinds[:k] and start[columns].shape == logs[k].shape:
            logs[k] = start[columns].copy()
    slacks = [np.maximum(e.slack, np.maximum(-e.counts / _STEEPEST, _LEAST_SLACK)) for e in evidence]
    homes: list[list[int]] = [[] for _ in tree.cliques]
    for k in sorted(range(len(evidence)), key=lambda k: evidence[k].counts.size):
        homes[propagation.homes[k]].append(k)
    walk = _walk(tree)
    _, tables = propagation(logs)
    for _ in range(sweeps):
        moved, last = 0.0, 0
        for clique, first in walk:
            if clique != last:
                _tell(tree, tables, last, clique)
            for k in homes[clique] if first else ():
                expected = summed(tables[clique], tree.cliques[clique], kinds[k])
                expected = expected * (rows / expected.sum())
                change = _to_optimum(expected, evidence[k].counts, slacks[k], logs[k])
                logs[k] += change
                factor = np.exp(change)
                tables[clique] *= spread(factor, kinds[k], tree.cliques[clique])
                moved += float(np.abs(expected * (factor - 1.0)).sum())
            tables[clique] /= tables[clique].sum()
            last = clique
        if moved < tolerance * rows * len(evidence):
            break
    merged: dict[Columns, np.ndarray] = {}
    for columns, log in zip(kinds, logs, strict=True):
        merged[columns] = merged[columns] + log if columns in merged else log
    _, tables = propagation(logs)
    return GraphicalModel(tuple(sizes), rows, tree, tuple(tables), merged)


def _to_optimum(expected: np.ndarray, counts: np.ndarray, slack: np.ndarray, log: np.ndarray) -> np.ndarray:
    """By how much to change the logarithms so that expected * exp(change) + slack * (log + change) = counts.

    The left side is rising and convex in the change, so Newton's method falls to the root from any point above it.
    """
    expected = np.maximum(expected, _LEAST_EXPECTED)
    wanted = counts - slack * log
    above = np.log(np.maximum(wanted, _LEAST_EXPECTED) / expected)
    change = np.where(wanted > expected, np.minimum((wanted - expected) / slack, above), 0.0)
    for _ in range(50):
        now = expected * np.exp(change)
        step = (now + slack * change - wanted) / (now + slack)
        change -= step
        if np.abs(step).max() < 1e-4:
            break
    return np.asarray(np.maximum(log + change, -_STEEPEST) - log)


def _walk(tree: JunctionTree) -> list[tuple[int, bool]]:
    """The cliques along a round trip through the tree from the root, and whether each is met for the first time."""
    children: list[list[int]] = [[] for _ in tree.cliques]
    for k in range(len(tree.cliques) - 1, 0, -1):
        children[tree.parents[k]].append(k)
    walk, here = [(0, True)], 0
    while here or children[0]:
        if children[here]:
            here = children[here].pop()
            walk.append((here, True))
        else:
            here = tree.parents[here]
            walk.append((here, False))
    return walk


def _tell(tree: JunctionTree, tables: list[np.ndarray], known: int, other: int) -> None:
    """Bring the table of a neighbouring clique up to date with what has changed on this side of it."""
    separator = tree.separators[max(known, other)]  # of the child; parents come first
    new = summed(tables[known], tree.cliques[known], separator)
    old = summed(tables[other], tree.cliques[other], separator)
    tables[other] *= spread(new / np.maximum(old, _LEAST_EXPECTED), separator, tree.cliques[other])
