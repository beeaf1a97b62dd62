"""Models that are trained on one table and tried on another.

Letters: N rows, K classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgWarning
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from synthgen.metrics.statistics import binnable
from synthgen.metrics.utility.design import Design
from synthgen.metrics.utility.task import Part, Task, tree_rows
from synthgen.metrics.view import View

FAR = 1e6
"""Standard deviations at which a target is cut: the trees' gradients are 32-bit floats."""
TREES = 30
LEAF_ROWS = 5
"""Of a forest's tree: probabilities out of fewer rows are mostly 0 and 1."""

Score = Callable[[View], np.ndarray]
"""``(N, K)`` probabilities of the rows; a class that the model never saw has 0. ``(N,)`` for a number."""


@dataclass(frozen=True)
class Learner:
    """One way of learning, with the settings that its users start from.

    Attributes:
        name: for people.
        classifier: makes a model of classes out of a seed.
        regressor: makes a model of a number.
        linear: whether labels are to be spread over columns of their own.
    """

    name: str
    classifier: Callable[[int], Any]
    regressor: Callable[[int], Any]
    linear: bool = False

    def fit(self, task: Task, part: Part, seed: int) -> Score:
        """Learn the target from one table's rows; rows of one class teach nothing but that class."""
        design = Design.learn(part.view, task.inputs) if self.linear else None

        def rows(view: View) -> np.ndarray:
            return design.apply(view) if design else tree_rows(view, task.inputs)

        return (self._classes if task.n_classes else self._number)(task, part, rows, seed)

    def _classes(self, task: Task, part: Part, rows: Score, seed: int) -> Score:
        known = np.unique(part.truth)
        model = self.classifier(seed) if len(known) > 1 else None
        if model is not None:
            _quietly(model, rows(part.view), part.truth)

        def score(view: View) -> np.ndarray:
            scores = np.zeros((view.n_rows, task.n_classes))
            scores[:, known] = 1.0 if model is None else model.predict_proba(rows(view))
            return scores

        return score

    def _number(self, task: Task, part: Part, rows: Score, seed: int) -> Score:
        mean, spread = task.train.truth.mean(), task.train.truth.std() or 1.0
        model = self.regressor(seed)
        _quietly(model, rows(part.view), np.clip((part.truth - mean) / spread, -FAR, FAR))

        def score(view: View) -> np.ndarray:
            return np.asarray(model.predict(rows(view)) * spread + mean)

        return score


def _quietly(model: Any, rows: np.ndarray, truth: np.ndarray) -> None:
    """Fit: a linear model that stops before its last digit, or on columns that say the same, is good enough here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", LinAlgWarning)
        model.fit(binnable(rows), truth)


LINEAR = Learner(
    "linear",
    lambda seed: LogisticRegression(solver="newton-cholesky", max_iter=50),
    lambda seed: Ridge(),
    linear=True,
)
FOREST = Learner(
    "random forest",
    lambda seed: RandomForestClassifier(TREES, min_samples_leaf=LEAF_ROWS, random_state=seed),
    lambda seed: RandomForestRegressor(TREES, min_samples_leaf=LEAF_ROWS, max_features="sqrt", random_state=seed),
)
BOOSTING = Learner(
    "gradient boosting",
    lambda seed: HistGradientBoostingClassifier(early_stopping=False, random_state=seed),
    lambda seed: HistGradientBoostingRegressor(early_stopping=False, random_state=seed),
)
LEARNERS: tuple[Learner, ...] = (LINEAR, FOREST, BOOSTING)
"""From the plainest to the one that mostly wins on tables."""
