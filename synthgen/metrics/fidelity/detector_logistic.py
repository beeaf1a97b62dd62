"""Logistic detector: whether a weighted sum of the columns can tell synthetic rows from held-out ones."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from synthgen.metrics.base import Direction, Group, Result
from synthgen.metrics.features import MOST_FEATURES, Features
from synthgen.metrics.fidelity.telling import Method, Model, tell_apart
from synthgen.metrics.view import View

MOST_ROWS = 5_000
"""Of each kind: the interval is then about 0.011 to either side."""


class LogisticDetector:
    """Area under the ROC curve of a logistic regression, out of fold, against equally many held-out rows.

    Labels are one-hot, quantities their ranks among the training values, missing quantities have a flag. It sees each
    column by itself and no dependence between them: rows whose columns were shuffled apart pass. So beside the
    boosted detector it tells which kind of fault there is: of single columns (both see it) or of how they go together
    (only the trees do).

    The LogisticDetection score of ``sdmetrics`` is of another kind: raw values scaled by quartiles, 3 folds, against
    training rows, areas below 0.5 set to 0.5, and 1 for what cannot be told apart (two minus twice the area).

    Source:
        Classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545.
    """

    name = "detector_logistic"
    title = "Detector AUC, logistic"
    group: Group = "fidelity"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        def method(seed: int) -> Method:
            names, wide = train.compared, len(train.compared) > MOST_FEATURES
            if wide:
                chosen = np.random.default_rng(seed).choice(len(names), MOST_FEATURES, replace=False)
                names = [names[i] for i in np.sort(chosen)]
            features = Features.learn(train, names)
            return Method("a weighted sum of the columns", _fit, features.matrix, features.groups)

        return tell_apart(self, train, holdout, synthetic, rng, MOST_ROWS, method)


def _fit(rows: np.ndarray, kind: np.ndarray) -> Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last digits of weights change no area
        model = LogisticRegression().fit(rows, kind)
    return lambda rows: np.asarray(expit(model.decision_function(rows)))
