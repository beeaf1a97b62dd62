"""Detector: whether a classifier can tell synthetic rows from real rows that the generator never saw."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.fidelity.telling import Method, Model, tell_apart
from synthgen.metrics.statistics import binnable
from synthgen.metrics.view import View

MOST_ROWS = 10_000
"""Of each kind: the interval is then about 0.008 to either side."""
MOST_CELLS = 2_000_000
"""Of each kind: tables of more than 200 columns get fewer rows."""
MOST_BINS, BINS, FEWEST_BINS = 51_000, 255, 10
"""Of all columns, and of one: a tree weighs every bin at every leaf, so that columns of tables of more than 200 are cut
more coarsely; ten fits then stay within a minute up to 5,000 columns."""


class Detector:
    """Area under the ROC curve of gradient-boosted trees, out of fold, against equally many held-out rows.

    0.5: cannot be told apart; 1: every row gives itself away. Against training rows a generator that copies would
    look good, so the rows are held-out ones. The floor tells training rows from held-out rows in the same way. The
    interval takes scores as given: it does not hold the chance in the folds and in the classifiers. What gave rows
    away is seen by shuffling one column at a time.

    Source:
        Classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545.
    """

    name = "detector"
    title = "Detector AUC"
    group: Group = "fidelity"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        names = train.compared
        bins = min(BINS, max(FEWEST_BINS, MOST_BINS // max(len(names), 1)))

        def method(seed: int) -> Method:
            def fit(rows: np.ndarray, kind: np.ndarray) -> Model:
                model = HistGradientBoostingClassifier(max_bins=bins, early_stopping=False, random_state=seed)
                model.fit(binnable(rows), kind)
                return lambda rows: np.asarray(model.predict_proba(rows)[:, 1])

            groups = {name: np.array([i]) for i, name in enumerate(names)}
            coarse = f", columns cut into {bins} bins" if bins < BINS else ""
            return Method("the trees", fit, lambda view: view.ordinal(names), groups, coarse)

        most_rows = min(MOST_ROWS, MOST_CELLS // max(len(names), 1))
        return tell_apart(self, train, holdout, synthetic, rng, most_rows, method)
