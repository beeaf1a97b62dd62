"""Rare class: whether a detector of few accounts among many, trained on synthetic rows, finds the real ones.

Letters: N rows, E different scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars, Lines
from synthgen.metrics.statistics import auc_and_influence, interval
from synthgen.metrics.utility.models import BOOSTING, LEAF_ROWS, TREES
from synthgen.metrics.utility.task import RARE, Task, read_task, tree_rows
from synthgen.metrics.view import View

DETECT = "detect"
"""The task of a user who asks for these figures though no class is rare."""
FALSE_ALARMS = 0.01
MOST_ROWS = 50_000
FEWEST_OF_CLASS = 20
"""Held-out rows of the rare class: a share found is then known to 0.22 at worst."""
FEWEST_FOR_ALARMS = 100
"""Held-out rows of the other class: one false alarm is then the 1 % that is allowed."""
MOST_REALISM = 600
"""Rows of one class and table that are told apart: the interval is then about 0.03 to either side."""
FOLDS = 3
RESAMPLES = 200
POINTS = 21
"""Of the curve that is drawn: steps of 5 % of the class, so that no step is one account."""


class RareClass:
    """Average precision for the rarer class on held-out rows, of boosted trees trained on synthetic rows.

    For a target of two classes of which one is below 15 %, or where the task is to detect; the floor is that of the
    model trained on the training rows. With it: the share of the class that is found at 1 % false alarms, and realism
    by class: how well a forest tells synthetic from held-out rows within the rare class and within the other (0.5: not
    at all), beside training rows told from held-out rows. A table can look right as a whole while its few fake accounts
    do not. Intervals are from 200 resamples of the held-out rows.

    Source:
        Saito and Rehmsmeier 2015, doi:10.1371/journal.pone.0118432 (why average precision, when a class is rare).
    """

    name = "rare_class"
    title = "Rare class average precision"
    group: Group = "utility"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(train, holdout, synthetic, rng, most_rows=MOST_ROWS, most_classes=2)
        if isinstance(task, str):
            return not_applicable(self, task)
        if reason := _unfit(task, train):
            return not_applicable(self, reason)
        seed, positive = int(rng.integers(2**31)), task.holdout.truth == 1
        real, made = (
            Ranking.of(BOOSTING.fit(task, part, seed)(task.holdout.view)[:, 1], positive)
            for part in (task.train, task.synthetic)
        )
        resamples = rng.multinomial(len(positive), np.full(len(positive), 1 / len(positive)), RESAMPLES)
        alarms = bool((~positive).sum() >= FEWEST_FOR_ALARMS)
        found = {
            "base_rate": float(positive.mean()),
            "recall_at_1_percent": made.recall() if alarms else None,
            "recall_at_1_percent_interval": _interval([made.recall(w) for w in resamples]) if alarms else None,
            "recall_at_1_percent_trained_on_real": real.recall() if alarms else None,
        }
        realism = _realism(task, (train, holdout, synthetic), rng)
        name = _name(train)
        return Result(
            self.name,
            self.title,
            made.average_precision(),
            self.direction,
            floor=real.average_precision(),
            interval=_interval([made.average_precision(w) for w in resamples]),
            unit="score",
            sentence=f"{int(positive.sum()):,} of {len(positive):,} held-out rows are of the class; beside it: trained "
            f"on real rows{task.screened}",
            meaning=_meaning(name, made, real, found, realism),
            details={"class": name, **found, "realism": realism},
            charts=(_curves(name, made, real), *_bars(realism)),
        )


@dataclass(frozen=True)
class Ranking:
    """Rows from the highest score to the lowest.

    Attributes:
        order: ``(N,)`` row numbers.
        ends: ``(E,)`` where each different score ends in it.
        positive: ``(N,)`` in that order.
    """

    order: np.ndarray
    ends: np.ndarray
    positive: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, positive: np.ndarray) -> Ranking:
        """Of ``(N,)`` scores."""
        order = np.argsort(-scores, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
        return cls(order, ends, positive[order])

    def curve(self, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Recall, precision and share of false alarms down to each score, ``(E,)`` each.

        Args:
            weights: ``(N,)`` how often each row counts, in the order of the table.
        """
        weight = np.ones(len(self.order)) if weights is None else weights[self.order].astype(np.float64)
        hits, taken = np.cumsum(weight * self.positive)[self.ends], np.cumsum(weight)[self.ends]
        alarms = taken - hits
        return hits / max(hits[-1], 1.0), hits / np.maximum(taken, 1.0), alarms / max(alarms[-1], 1.0)

    def average_precision(self, weights: np.ndarray | None = None) -> float:
        """Precision, averaged over the rows of the class.

        Example:
            >>> scores, positive = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False])
            >>> round(Ranking.of(scores, positive).average_precision(), 4)
            0.8333
        """
        recall, precision, _ = self.curve(weights)
        return float((np.diff(recall, prepend=0.0) * precision).sum())

    def recall(self, weights: np.ndarray | None = None) -> float:
        """The share of the class that is found with at most 1 % false alarms."""
        recall, _, alarms = self.curve(weights)
        allowed = alarms <= FALSE_ALARMS
        return float(recall[allowed].max()) if allowed.any() else 0.0


def _unfit(task: Task, train: View) -> str:
    """Why there is no rare class to find; empty: there is one."""
    if not task.n_classes:
        return "the target is a number"
    if len(np.unique(train.labels[str(train.target)][_present(train)])) != 2:
        return "the target does not have two classes"
    share = float((task.train.truth == 1).mean())
    if share >= RARE and train.task != DETECT:
        return f"the rarer class has {100 * share:.0f} % of the training rows; below {100 * RARE:.0f} % is rare"
    n = int((task.holdout.truth == 1).sum())
    return f"{n} held-out rows are of the rarer class; {FEWEST_OF_CLASS} are needed" if n < FEWEST_OF_CLASS else ""


def _present(view: View) -> np.ndarray:
    return ~view.missing.get(str(view.target), np.zeros(view.n_rows, dtype=bool))


def _name(train: View) -> str:
    """The rarer class, where enough rows hold it to be named."""
    target = str(train.target)
    code = int(_codes(train)[1])
    return f"{target} = {train.names_of(target).get(code, '(rare)')}"


def _codes(train: View) -> np.ndarray:
    """The codes of both classes, most frequent first."""
    target = str(train.target)
    counts = np.bincount(train.labels[target][_present(train)], minlength=train.sizes[target])
    return np.argsort(-counts, kind="stable")[:2]


def _realism(task: Task, views: tuple[View, View, View], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Of the rare class and of the other: how well synthetic rows, and training rows, are told from held-out rows.

    The rows are drawn from the whole tables: a sample of the task's would hold few of a rare class.
    """
    found = []
    for which, code in zip(("the rare class", "the other class"), _codes(views[0])[::-1], strict=True):
        rows = [np.flatnonzero(view.labels[task.target] == code) for view in views]
        n = min(*map(len, rows), MOST_REALISM)
        if n < FEWEST_OF_CLASS:
            continue
        parts = [view.take(np.sort(rng.permutation(own)[:n])) for view, own in zip(views, rows, strict=True)]
        train, holdout, synthetic = (tree_rows(part, task.inputs) for part in parts)
        seed = int(rng.integers(2**31))
        area, influence = _told_apart(holdout, synthetic, seed)
        floor, _ = _told_apart(train, holdout, seed)
        found.append(
            {"of": which, "rows": n, "auc": area, "interval": interval(area, influence, 0.0, 1.0), "floor": floor}
        )
    return found


def _told_apart(one: np.ndarray, other: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
    """Area for telling the rows of two tables apart, out of fold, and each row's influence on it."""
    kind = np.repeat([0, 1], [len(one), len(other)])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF_ROWS, random_state=seed)
    rows = np.concatenate([one, other])
    scores = cross_val_predict(forest, rows, kind, cv=folds, method="predict_proba")[:, 1]
    return auc_and_influence(scores, kind == 1)


def _interval(figures: list[float]) -> tuple[float, float]:
    low, high = np.quantile(figures, [0.025, 0.975])
    return float(low), float(high)


def _meaning(name: str, made: Ranking, real: Ranking, found: dict[str, Any], realism: list[dict[str, Any]]) -> str:
    if found["recall_at_1_percent"] is None:
        said = f"A detector of {name} reaches {made.average_precision():.3f} when trained on synthetic rows"
        said += f", {real.average_precision():.3f} when trained on real ones."
    else:
        said = (
            f"A detector trained on synthetic rows finds {100 * found['recall_at_1_percent']:.0f} % of {name} at 1 % "
            f"false alarms, one trained on real rows {100 * found['recall_at_1_percent_trained_on_real']:.0f} %."
        )
    unreal = [one["of"] for one in realism if one["interval"][0] > max(one["floor"], 0.5)]
    return f"{said} Synthetic rows of {' and of '.join(unreal)} can be told from real ones." if unreal else said


def _curves(name: str, made: Ranking, real: Ranking) -> Lines:
    places = np.linspace(0, 1, POINTS)[1:]

    def points(ranking: Ranking) -> list[float | int | None]:
        recall, precision, _ = ranking.curve()
        best = np.maximum.accumulate(precision[::-1])[::-1]
        return [float(best[min(np.searchsorted(recall, place - 1e-12), len(best) - 1)]) for place in places]

    return {
        "kind": "lines",
        "title": f"Precision and recall for {name}",
        "alt": f"Precision by share found: the average is {made.average_precision():.3f} when trained on synthetic "
        f"rows, {real.average_precision():.3f} when trained on real rows.",
        "x_label": "share found",
        "y_label": "precision",
        "series": [
            {"name": "trained on real", "x": list(places), "y": points(real)},
            {"name": "trained on synthetic", "x": list(places), "y": points(made)},
        ],
    }


def _bars(realism: list[dict[str, Any]]) -> tuple[Bars, ...]:
    if not realism:
        return ()
    shown = "; ".join(f"{one['of']} {one['auc']:.3f}, real rows {one['floor']:.3f}" for one in realism)
    return (
        {
            "kind": "bars",
            "title": "Told from held-out rows within a class (0.5: not at all)",
            "alt": f"Detector AUC of synthetic rows: {shown}.",
            "labels": [one["of"] for one in realism],
            "series": {
                "training rows": [one["floor"] for one in realism],
                "synthetic rows": [one["auc"] for one in realism],
            },
            "unit": "score",
        },
    )
