"""The task: what is predicted from what, on which rows, and how well it was done.

Letters: N rows, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from synthgen.metrics.statistics import macro_auc, r_squared
from synthgen.metrics.view import View

FEWEST_ROWS = 50
MOST_INPUTS = 100
"""More columns are screened: the ones that tell a forest most about the target in the training rows remain."""
MOST_CELLS = 5_000_000
"""Rows times inputs of one table: 40 MB."""
LARGEST_FLOAT = 1e30
"""Sums over a table stay finite in 32-bit floats."""
SCREEN_ROWS = 2_000
SCREEN_TREES = 20
RARE = 0.15
"""A class below this share of the training rows is rare."""
HEAVY = 1.5
"""A target that is never negative is heavy-tailed when its standard deviation is so many times its mean."""


@dataclass(frozen=True)
class Part:
    """Rows that have a target.

    Attributes:
        view: the rows.
        truth: ``(N,)`` class numbers, most frequent first, or numbers on the task's scale.
    """

    view: View
    truth: np.ndarray

    def take(self, rows: np.ndarray) -> Part:
        """The same of some rows."""
        return Part(self.view.take(rows), self.truth[rows])

    def joined(self, other: Part) -> Part:
        """The rows of both, with the columns that a model can use."""
        one, two = self.view, other.view
        quantities = {name: np.concatenate([one.quantities[name], two.quantities[name]]) for name in one.quantities}
        labels = {name: np.concatenate([one.labels[name], two.labels[name]]) for name in one.labels}
        rows = one.n_rows + two.n_rows
        view = replace(one, n_rows=rows, quantities=quantities, labels=labels, others={}, missing={})
        return Part(view, np.concatenate([self.truth, other.truth]))

    def shuffled(self, rng: np.random.Generator) -> Part:
        """Each column's values in an order of their own, with the columns that a model can use."""
        quantities = {name: rng.permutation(values) for name, values in self.view.quantities.items()}
        labels = {name: rng.permutation(codes) for name, codes in self.view.labels.items()}
        view = replace(self.view, quantities=quantities, labels=labels, others={}, missing={})
        return Part(view, rng.permutation(self.truth))


@dataclass(frozen=True)
class Task:
    """A target and its inputs in three tables.

    Attributes:
        target: the column to predict.
        inputs: the columns to predict it from.
        n_columns: how many could have been inputs; more than there are when they were screened.
        train: what the generator learned from.
        holdout: what all models are tested on.
        synthetic: its rows.
        n_classes: K, with one for all rare classes together; 0: the target is a number.
        heavy: whether the number is predicted as its logarithm.
    """

    target: str
    inputs: list[str]
    n_columns: int
    train: Part
    holdout: Part
    synthetic: Part
    n_classes: int
    heavy: bool

    @property
    def figure(self) -> str:
        """What ``judge`` measures."""
        if self.n_classes:
            return "AUC"
        return "R2 of the log" if self.heavy else "R2"

    @property
    def lowest(self) -> float:
        """The worst that the figure can be."""
        return 0.0 if self.n_classes else -np.inf

    @property
    def screened(self) -> str:
        """What is to be said of inputs that were left out, for a sentence."""
        if len(self.inputs) == self.n_columns:
            return ""
        return f"; the {len(self.inputs)} most telling of {self.n_columns:,} columns"

    def judge(self, scores: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
        """How good scores are, higher is better, and each row's influence on it."""
        return macro_auc(scores, truth) if self.n_classes else r_squared(scores, truth)


def read_task(
    train: View,
    holdout: View,
    synthetic: View,
    rng: np.random.Generator,
    *,
    most_rows: int,
    most_classes: int,
    most_cells: int = MOST_CELLS,
    tested: bool = True,
) -> Task | str:
    """The task of three tables, or why there is none.

    Args:
        train: what the generator learned from.
        holdout: real rows that it never saw.
        synthetic: its rows.
        rng: for the sample.
        most_rows: of each table.
        most_classes: the most frequent; the others are predicted as one.
        most_cells: rows times inputs of each table.
        tested: whether held-out rows are needed.
    """
    target = train.target
    if target is None or target not in train.compared:
        return "no target with values to predict was named"
    inputs = [name for name in train.compared if name != target]
    if not inputs:
        return "the target is the only column"
    n_columns = len(inputs)
    most_rows = min(most_rows, most_cells // min(n_columns, MOST_INPUTS))
    train, holdout, synthetic = (view.draw(most_rows, rng) for view in (train, holdout, synthetic))
    train, holdout, synthetic = (with_target(view, target) for view in (train, holdout, synthetic))
    needed = {"training": train, "held-out": holdout, "synthetic": synthetic}
    if not tested:
        del needed["held-out"]
    if min(view.n_rows for view in needed.values()) < FEWEST_ROWS:
        *first, last = needed
        return f"fewer than {FEWEST_ROWS} {', '.join(first)} or {last} rows have a target"
    views = (train, holdout, synthetic)
    heavy, n_classes = False, 0
    if target in train.quantities:
        heavy, truths = _numbers(views, target)
    else:
        n_classes, truths = _classes(views, target, most_classes)
    tried = truths[1] if tested else truths[0]
    if len(np.unique(tried)) < 2:
        which = "held-out" if tested else "training"
        varies = "have only one class of the target" if n_classes else "all have the same value of the target"
        return f"the {which} rows {varies}"
    learned, kept_out, made = (Part(view, truth) for view, truth in zip(views, truths, strict=True))
    if n_columns > MOST_INPUTS:
        inputs = _screen(learned, inputs, n_classes, rng)
    return Task(target, inputs, n_columns, learned, kept_out, made, n_classes, heavy)


def tree_rows(view: View, names: list[str]) -> np.ndarray:
    """``(N, len(names))`` for trees: quantities and codes, within what their 32-bit floats can hold."""
    return np.asarray(np.clip(view.ordinal(names), -LARGEST_FLOAT, LARGEST_FLOAT))


def with_target(view: View, target: str) -> View:
    """Rows whose target is not missing."""
    if target in view.quantities:
        present = ~np.isnan(view.quantities[target])
    else:
        present = ~view.missing.get(target, np.zeros(view.n_rows, dtype=bool))
    return view if present.all() else view.take(np.flatnonzero(present))


def _numbers(views: tuple[View, ...], target: str) -> tuple[bool, list[np.ndarray]]:
    """Whether the target is heavy-tailed in the first table, and its numbers: logarithms where it is."""
    targets = [view.quantities[target] for view in views]
    heavy = targets[0].min() >= 0 and targets[0].std() > HEAVY * targets[0].mean()
    return bool(heavy), [np.log1p(np.maximum(one, 0)) for one in targets] if heavy else targets


def _classes(views: tuple[View, ...], target: str, most: int) -> tuple[int, list[np.ndarray]]:
    """How many classes there are, and class numbers: by frequency in the first table, the rare ones as the last."""
    size = views[0].sizes[target]
    frequent = np.argsort(-np.bincount(views[0].labels[target], minlength=size), kind="stable")[:most]
    book = np.full(size, len(frequent), dtype=np.int64)
    book[frequent] = np.arange(len(frequent))
    return len(frequent) + 1, [book[view.labels[target]] for view in views]


def _screen(train: Part, inputs: list[str], n_classes: int, rng: np.random.Generator) -> list[str]:
    """The inputs that a forest of training rows uses most, in the table's order."""
    rows = rng.permutation(train.view.n_rows)[:SCREEN_ROWS]
    forest = RandomForestClassifier if n_classes else RandomForestRegressor
    model = forest(SCREEN_TREES, max_features="sqrt", min_samples_leaf=5, random_state=int(rng.integers(2**31)))
    model.fit(tree_rows(train.view.take(rows), inputs), train.truth[rows])
    best = np.sort(np.argsort(-model.feature_importances_, kind="stable")[:MOST_INPUTS])
    return [inputs[i] for i in best]
