"""Detector: whether a classifier can tell synthetic rows from real rows that the generator never saw."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.statistics import auc_and_influence, binnable, interval
from synthgen.metrics.view import View

FEWEST_ROWS = 100
"""Of each kind; with fewer, chance alone moves the area by a tenth."""
MOST_ROWS = 10_000
"""Of each kind: the interval is then about 0.008 to either side."""
FOLDS = 5


class Detector:
    """Area under the ROC curve of gradient-boosted trees, out of fold, against equally many held-out rows.

    0.5: cannot be told apart; 1: every row gives itself away. Against training rows a generator that copies would
    look good, so the rows are held-out ones. The floor tells training rows from held-out rows in the same way. The
    interval takes scores as given: it does not hold the chance in the folds and in the classifiers.

    Source:
        Classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545.
    """

    name = "detector"
    title = "Detector AUC"
    group: Group = "fidelity"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        n = min(holdout.n_rows, synthetic.n_rows, MOST_ROWS)
        if not train.compared:
            return not_applicable(self, "there is no column with values to compare")
        if n < FEWEST_ROWS:
            return not_applicable(self, f"{n} rows of each kind are too few for a detector; {FEWEST_ROWS} are needed")
        real, made = holdout.draw(n, rng), synthetic.draw(n, rng)
        seed = int(rng.integers(2**31))
        area, influence = out_of_fold(real, made, seed)
        n_floor = min(n, train.n_rows)
        floor, _ = out_of_fold(train.draw(n_floor, rng), holdout.draw(n_floor, rng), seed)
        return Result(
            self.name,
            self.title,
            area,
            self.direction,
            floor=floor,
            interval=interval(area, influence, 0.0, 1.0),
            unit="score",
            sentence=f"{n:,} synthetic against {n:,} held-out rows; 0.5 is best",
            details={"rows_of_each": n, "rows_of_each_floor": n_floor, "folds": FOLDS},
        )


def out_of_fold(zero: View, one: View, seed: int) -> tuple[float, np.ndarray]:
    """Area for telling the rows of ``one`` from those of ``zero``, and each row's influence on it."""
    names = zero.compared
    rows = np.concatenate([zero.ordinal(names), one.ordinal(names)])
    kind = np.repeat([0, 1], [zero.n_rows, one.n_rows])
    scores = np.empty(len(kind))
    for fit, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, kind):
        model = HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
        scores[judge] = model.fit(binnable(rows[fit]), kind[fit]).predict_proba(rows[judge])[:, 1]
    return auc_and_influence(scores, kind == 1)
