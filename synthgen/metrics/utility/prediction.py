"""Prediction: whether a model trained on synthetic rows predicts real ones as well as one trained on real rows.

Letters: N rows, K classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.statistics import TWO_SIDED, binnable, interval, macro_auc, r_squared, standard_error
from synthgen.metrics.view import View

FEWEST_ROWS = 50
MOST_ROWS = 50_000
FAR = 1e6
"""Standard deviations at which a target is cut: the trees' gradients are 32-bit floats."""
HEAVY = 1.5
"""A target that is never negative is heavy-tailed when its standard deviation is so many times its mean."""
MOST_CLASSES = 20
"""The most frequent classes; the others are predicted as one. Each class costs as many trees as a two-class task."""


class Prediction:
    """Gradient-boosted trees for the target, trained on each table, tested on the same held-out rows.

    The value is the area under the ROC curve for labels (the mean of one class against the rest for three and more;
    a class that the synthetic table lacks scores one half), the share of variance explained (R2) for quantities, of
    their logarithm when they are heavy-tailed: a handful of rows would decide otherwise.
    The floor is that of the model trained on the training rows.
    """

    name = "prediction"
    title = "Prediction"
    group: Group = "utility"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        target = train.target
        if target is None or target not in train.compared:
            return not_applicable(self, "no target with values to predict was named")
        inputs = [name for name in train.compared if name != target]
        if not inputs:
            return not_applicable(self, "the target is the only column")
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        train, holdout, synthetic = (_with_target(view, target) for view in (train, holdout, synthetic))
        if min(train.n_rows, holdout.n_rows, synthetic.n_rows) < FEWEST_ROWS:
            return not_applicable(self, f"fewer than {FEWEST_ROWS} training, held-out or synthetic rows have a target")
        task = _regression if target in train.quantities else _classification
        return task(self, train, holdout, synthetic, inputs, int(rng.integers(2**31)))


def _with_target(view: View, target: str) -> View:
    """Rows whose target is not missing."""
    present = ~np.isnan(view.quantities[target]) if target in view.quantities else ~_missing(view, target)
    return view if present.all() else view.take(np.flatnonzero(present))


def _missing(view: View, target: str) -> np.ndarray:
    return view.missing.get(target, np.zeros(view.n_rows, dtype=bool))


def _regression(
    metric: Prediction, train: View, holdout: View, synthetic: View, inputs: list[str], seed: int
) -> Result:
    target = str(train.target)
    targets = [view.quantities[target] for view in (train, holdout, synthetic)]
    heavy = targets[0].min() >= 0 and targets[0].std() > HEAVY * targets[0].mean()
    learned, truth, made_up = (np.log1p(np.maximum(one, 0)) for one in targets) if heavy else targets
    if np.ptp(truth) == 0:
        return not_applicable(metric, "the target does not vary in the held-out rows")
    mean, spread = learned.mean(), learned.std() or 1.0

    def predict(view: View, values: np.ndarray) -> np.ndarray:
        model = HistGradientBoostingRegressor(early_stopping=False, random_state=seed)
        model.fit(binnable(view.ordinal(inputs)), np.clip((values - mean) / spread, -FAR, FAR))
        return np.asarray(model.predict(holdout.ordinal(inputs)) * spread + mean)

    made, real = predict(synthetic, made_up), predict(train, learned)
    errors = {
        "scale": "log" if heavy else "plain",
        "rmse": float(np.sqrt(((made - truth) ** 2).mean())),
        "rmse_trained_on_real": float(np.sqrt(((real - truth) ** 2).mean())),
    }
    return _result(metric, "R2 of the log" if heavy else "R2", truth, made, real, r_squared, -np.inf, errors)


def _classification(
    metric: Prediction, train: View, holdout: View, synthetic: View, inputs: list[str], seed: int
) -> Result:
    target = str(train.target)
    frequent = np.argsort(-np.bincount(train.labels[target], minlength=train.sizes[target]), kind="stable")
    book = np.full(train.sizes[target], min(MOST_CLASSES, len(frequent)), dtype=np.int64)
    book[frequent[:MOST_CLASSES]] = np.arange(min(MOST_CLASSES, len(frequent)))
    truth = book[holdout.labels[target]]
    if len(np.unique(truth)) < 2:
        return not_applicable(metric, "the held-out rows have only one class of the target")

    def predict(view: View) -> np.ndarray:
        """``(N, K)`` scores of the held-out rows; a class that the view lacks scores 0 everywhere."""
        classes = book[view.labels[target]]
        scores = np.zeros((holdout.n_rows, MOST_CLASSES + 1))
        if len(np.unique(classes)) > 1:  # a model of one class has nothing to learn
            model = HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
            model.fit(binnable(view.ordinal(inputs)), classes)
            scores[:, model.classes_] = model.predict_proba(holdout.ordinal(inputs))
        return scores

    n_classes, lacking = len(np.unique(truth)), set(np.unique(truth)) - set(book[synthetic.labels[target]])
    details = {"classes": n_classes, "classes_never_generated": len(lacking)}
    return _result(metric, "AUC", truth, predict(synthetic), predict(train), macro_auc, 0.0, details)


def _result(
    metric: Prediction,
    figure: str,
    truth: np.ndarray,
    made: np.ndarray,
    real: np.ndarray,
    judge: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]],
    lowest: float,
    details: dict[str, Any],
) -> Result:
    """Both models' figures, and the difference with its interval (the held-out rows are the same)."""
    value, influence = judge(made, truth)
    floor, influence_real = judge(real, truth)
    half = TWO_SIDED * standard_error(influence - influence_real)
    details = {
        "figure": figure,
        "gap": value - floor,
        "gap_interval": [value - floor - half, value - floor + half],
    } | details
    return Result(
        metric.name,
        f"{metric.title} {figure}",
        value,
        metric.direction,
        floor=floor,
        interval=interval(value, influence, lowest, 1.0),
        unit="score",
        sentence=f"tested on {len(truth):,} held-out rows; beside it: trained on real rows",
        details=details,
    )
