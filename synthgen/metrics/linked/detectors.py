"""Detectors: whether made owners with their rows can be told from held-out ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.fidelity.telling import FOLDS, Model, importances, out_of_fold
from synthgen.metrics.linked.base import LinkedMetric, LinkedView, beside, frequent_labels, missing
from synthgen.metrics.statistics import binnable, interval
from synthgen.metrics.view import View
from synthgen.metrics.wording import of_hundred

FEWEST_OWNERS = 50
"""Of each kind; the standard error of the area is then 0.06."""
MOST_OWNERS = 5_000
"""Of each kind; the standard error of the area is then 0.006."""
TREES = 60
"""With some hundreds of rows more of them only learn their rows by heart."""
MOST_NAMED = 10

Tables = Callable[[LinkedView, np.ndarray, np.random.Generator], View]
"""A view, some of its owners and a source of randomness, to one row of numbers for each of them."""


class JoinedDetector:
    """Area under the ROC curve of gradient-boosted trees on one row of each owner beside the owner and the row before.

    One row each, because rows of one owner are alike: with all of them the folds would share owners, and the floor
    would not be 0.5. The area is 0.5 where made and held-out rows cannot be told apart.

    Source:
        Classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545.
    """

    name = "joined_detector"
    title = "Detector on joined rows"
    direction: Direction = "half"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        return told_apart(self, (train, holdout, synthetic), _with_rows, one_row, rng)


class SummaryDetector:
    """The same on one row for each owner: its columns, how many rows it has, and what they are like."""

    name = "summary_detector"
    title = "Detector on summaries of owners"
    direction: Direction = "half"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        frequent = frequent_labels(train)

        def summaries(view: LinkedView, owners: np.ndarray, rng: np.random.Generator) -> View:
            return view.summaries(frequent).take(owners)

        return told_apart(self, (train, holdout, synthetic), _all, summaries, rng)


def _with_rows(view: LinkedView) -> np.ndarray:
    return np.flatnonzero(view.count_P)


def _all(view: LinkedView) -> np.ndarray:
    return np.arange(view.parent.n_rows)


def one_row(view: LinkedView, owners: np.ndarray, rng: np.random.Generator) -> View:
    """One row of each of some owners, beside the owner's columns and the row before."""
    start_P = np.r_[0, np.cumsum(view.count_P)[:-1]]
    row = start_P[owners] + np.floor(rng.random(len(owners)) * view.count_P[owners]).astype(int)
    before = view.rows.take(np.maximum(row - 1, 0))
    first = view.first_N[row]
    for values in before.quantities.values():
        values[first] = np.nan
    for name, codes in before.labels.items():
        codes[first] = view.rows.sizes[name]
    return beside(view.joined.take(row), before, "before: ")


def told_apart(
    metric: LinkedMetric,
    views: Sequence[LinkedView],
    among: Callable[[LinkedView], np.ndarray],
    table_of: Tables,
    rng: np.random.Generator,
) -> Result:
    """The result of a detector: made against held-out owners, and real against held-out ones as the floor.

    Args:
        metric: whose result it is.
        views: the real, held-out and made owners.
        among: owners that take part.
        table_of: their rows of numbers.
        rng: the only source of randomness.
    """
    owners = [among(view) for view in views]
    many = min(*(len(some) for some in owners), MOST_OWNERS)
    if many < FEWEST_OWNERS:
        return missing(metric, f"{many} owners of each kind are too few for a detector; {FEWEST_OWNERS} are needed")
    drawn = [rng.choice(some, many, replace=False) for some in owners]
    tables = [table_of(view, some, rng) for view, some in zip(views, drawn, strict=True)]
    names = tables[0].compared
    real, held, made = (table.ordinal(names) for table in tables)
    seed = int(rng.integers(2**31))
    kind = np.repeat([0, 1], [many, many])
    rows = np.concatenate([held, made])
    told = out_of_fold(rows, kind, _trees(seed), seed, FOLDS)
    floor = out_of_fold(np.concatenate([held, real]), kind, _trees(seed), seed, FOLDS).area
    groups = {name: np.array([place]) for place, name in enumerate(names)}
    drops = importances(told, rows, kind, groups, np.random.default_rng(seed))
    telling = sorted(drops, key=lambda name: -drops[name])[:MOST_NAMED]
    return Result(
        metric.name,
        metric.title,
        told.area,
        metric.direction,
        floor=floor,
        interval=interval(told.area, told.influence, 0.0, 1.0),
        unit="score",
        sentence=f"{many:,} made against {many:,} held-out owners; 0.5 is best",
        meaning=f"Shown a made and a held-out one, the trees would point at the made one in {of_hundred(told.area)} "
        f"cases; guessing is right in 50, and a training one is told from a held-out one in {of_hundred(floor)}. "
        f"What gives them away most: {', '.join(telling[:3])}.",
        details={"owners_of_each": many, "telling": [{"column": name, "drop": drops[name]} for name in telling]},
    )


def _trees(seed: int) -> Callable[[np.ndarray, np.ndarray], Model]:
    def fit(rows: np.ndarray, kind: np.ndarray) -> Model:
        model = HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False, random_state=seed)
        model.fit(binnable(rows), kind)
        return lambda others: np.asarray(model.predict_proba(others)[:, 1])

    return fit
