"""Prediction: whether a model trained on synthetic rows predicts real ones as well as one trained on real rows.

Letters: N rows, K classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.statistics import TWO_SIDED, interval, standard_error
from synthgen.metrics.utility.models import BOOSTING
from synthgen.metrics.utility.task import Task, read_task
from synthgen.metrics.view import View

MOST_ROWS = 50_000
MOST_CLASSES = 20
"""The most frequent classes; the others are predicted as one. Each class costs as many trees as a two-class task."""


class Prediction:
    """Gradient-boosted trees for the target, trained on each table, tested on the same held-out rows.

    The value is the area under the ROC curve for labels (the mean of one class against the rest for three and more;
    a class that the synthetic table lacks scores one half), the share of variance explained (R2) for quantities, of
    their logarithm when they are heavy-tailed: a handful of rows would decide otherwise.
    The floor is that of the model trained on the training rows. Other learners: see ``learners``.
    """

    name = "prediction"
    title = "Prediction"
    group: Group = "utility"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(train, holdout, synthetic, rng, most_rows=MOST_ROWS, most_classes=MOST_CLASSES)
        if isinstance(task, str):
            return not_applicable(self, task)
        seed, truth = int(rng.integers(2**31)), task.holdout.truth
        made, real = (BOOSTING.fit(task, part, seed)(task.holdout.view) for part in (task.synthetic, task.train))
        value, influence = task.judge(made, truth)
        floor, influence_real = task.judge(real, truth)
        gap, half = value - floor, TWO_SIDED * standard_error(influence - influence_real)
        details: dict[str, Any] = {
            "figure": task.figure,
            "gap": gap,
            "gap_interval": [gap - half, gap + half],
        }
        return Result(
            self.name,
            f"{self.title} {task.figure}",
            value,
            self.direction,
            floor=floor,
            interval=interval(value, influence, task.lowest, 1.0),
            unit="score",
            sentence=f"tested on {len(truth):,} held-out rows; beside it: trained on real rows{task.screened}",
            meaning=_meaning(gap, half),
            details=details | (_classes(task) if task.n_classes else _errors(task, made, real)),
        )


def _meaning(gap: float, half: float) -> str:
    """What the difference, with half its interval, tells the user."""
    if gap + half < 0:
        return f"A model trained on the synthetic rows predicts real ones worse, by {-gap:.3f}."
    if gap - half > 0:
        return f"A model trained on the synthetic rows predicts real ones better, by {gap:.3f}."
    return "A model trained on the synthetic rows predicts real ones as well as one trained on real rows."


def _classes(task: Task) -> dict[str, Any]:
    known = set(np.unique(task.holdout.truth))
    lacking = known - set(np.unique(task.synthetic.truth))
    return {"classes": len(known), "classes_never_generated": len(lacking)}


def _errors(task: Task, made: np.ndarray, real: np.ndarray) -> dict[str, Any]:
    truth = task.holdout.truth
    return {
        "scale": "log" if task.heavy else "plain",
        "rmse": float(np.sqrt(((made - truth) ** 2).mean())),
        "rmse_trained_on_real": float(np.sqrt(((real - truth) ** 2).mean())),
    }
