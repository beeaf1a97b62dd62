"""Belief propagation: sums over all rows of a joint table, done inside the cliques of a junction tree.

The joint law of a row is a product of factors, each on a few columns, divided by its sum Z. Two passes over the tree
turn the factors into the marginal table of every clique.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from synthgen.dp.cliques import Columns, JunctionTree

_LEAST = 1e-90
"""The least that a cell may weigh beside the heaviest of its table: keeps products away from underflow."""
_LEAST_LOG = math.log(_LEAST)


def spread(table: np.ndarray, columns: Columns, over: Columns) -> np.ndarray:
    """A table of some columns as one that broadcasts against a table of more columns (both ascending)."""
    lengths = iter(table.shape)
    return table.reshape([next(lengths) if c in columns else 1 for c in over])


def summed(table: np.ndarray, columns: Columns, onto: Columns) -> np.ndarray:
    """A table of columns, summed over all of them but those of ``onto`` (both ascending)."""
    axes = tuple(axis for axis, c in enumerate(columns) if c not in onto)
    return np.asarray(table.sum(axis=axes)) if axes else table


class Propagation:
    """Marginal tables of a product of factors whose columns stay the same while their values change.

    Args:
        tree: a junction tree in which the columns of every factor lie in one clique.
        sizes: the number of values of each column.
        factors: the columns of each factor, ascending.

    Source:
        Lauritzen, Spiegelhalter 1988; Jensen, Lauritzen, Olesen 1990 (the division by what was sent before).

    Example:
        >>> from synthgen.dp.cliques import junction_tree
        >>> tree = junction_tree([(0, 1)], [2, 2])
        >>> log_z, (table,) = Propagation(tree, [2, 2], [(0, 1)])([np.log([[1.0, 2.0], [3.0, 2.0]])])
        >>> round(math.exp(log_z), 6), table.round(3).tolist()
        (8.0, [[0.125, 0.25], [0.375, 0.25]])
    """

    def __init__(self, tree: JunctionTree, sizes: Sequence[int], factors: Sequence[Columns]) -> None:
        self.tree = tree
        self.shapes = [tuple(sizes[c] for c in clique) for clique in tree.cliques]
        self.factors = list(factors)
        homes = [tree.clique_of(columns, sizes) for columns in factors]
        assert None not in homes, "the tree has a clique for every factor"
        self.homes = [home for home in homes if home is not None]

    def __call__(self, logs: Sequence[np.ndarray]) -> tuple[float, list[np.ndarray]]:
        """Log Z and the marginal table of each clique, from the logarithm of each factor."""
        tree = self.tree
        tables = [np.zeros(shape) for shape in self.shapes]
        for columns, log, home in zip(self.factors, logs, self.homes, strict=True):
            tables[home] += spread(log, columns, tree.cliques[home])
        log_z = 0.0
        for table in tables:
            top = float(table.max())
            log_z += top
            np.exp(np.maximum(np.subtract(table, top, out=table), _LEAST_LOG, out=table), out=table)
        sent: list[np.ndarray] = [np.ones(())] * len(tables)
        for k in range(len(tables) - 1, 0, -1):
            message = summed(tables[k], tree.cliques[k], tree.separators[k])
            total = float(message.sum())
            log_z += math.log(total)
            sent[k] = np.maximum(message / total, _LEAST)
            tables[k] /= total
            tables[tree.parents[k]] *= spread(sent[k], tree.separators[k], tree.cliques[tree.parents[k]])
        total = float(tables[0].sum())  # never 0: nothing is quite impossible
        log_z += math.log(total)
        tables[0] /= total
        for k in range(1, len(tables)):
            parent = tree.parents[k]
            onto = summed(tables[parent], tree.cliques[parent], tree.separators[k])
            tables[k] *= spread(onto / sent[k], tree.separators[k], tree.cliques[k])
        return log_z, tables

    def marginals(self, tables: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The marginal table of each factor's columns, from those of the cliques."""
        return [
            summed(tables[home], self.tree.cliques[home], columns)
            for columns, home in zip(self.factors, self.homes, strict=True)
        ]
