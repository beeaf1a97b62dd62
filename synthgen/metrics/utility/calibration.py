"""Calibration: whether probabilities learned from synthetic rows are true of real ones.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Lines, Series
from synthgen.metrics.statistics import interval
from synthgen.metrics.utility.models import FOREST
from synthgen.metrics.utility.task import Task, read_task
from synthgen.metrics.view import View

MOST_ROWS = 10_000
MOST_CELLS = 300_000
MOST_CLASSES = 20
MOST_BINS = 10
BIN_ROWS = 50
"""At least so many rows stand behind each point of the curve: a share is then known to 0.07."""

Curve = list[dict[str, float]]


class Calibration:
    """Expected calibration error on held-out rows, random forest trained on synthetic rows; beside it on real ones.

    Rows are put into ten bins of equal mass by the probability they were given: of the rarer class where there are
    two, of the class that was predicted where there are more. The error is the mean distance between what was
    predicted and what was observed in a bin. It grows by chance when there are few rows; so does the floor.

    Source:
        Naeini, Cooper and Hauskrecht 2015, doi:10.1609/aaai.v29i1.9602; Guo et al. 2017, arXiv:1706.04599.
    """

    name = "calibration"
    title = "Calibration error"
    group: Group = "utility"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(
            train, holdout, synthetic, rng, most_rows=MOST_ROWS, most_classes=MOST_CLASSES, most_cells=MOST_CELLS
        )
        if isinstance(task, str):
            return not_applicable(self, task)
        if not task.n_classes:
            return not_applicable(self, "the target is a number, so no probabilities are predicted")
        seed = int(rng.integers(2**31))
        fewest = max(BIN_ROWS, train.min_holders)
        bins = max(1, min(MOST_BINS, len(task.holdout.truth) // fewest))
        found = {}
        for source, part in (("real", task.train), ("synthetic", task.synthetic)):
            chances, hits = _chances(task, FOREST.fit(task, part, seed)(task.holdout.view))
            found[source] = (*calibration_error(chances, hits, bins, fewest), float(chances.mean() - hits.mean()))
        (floor, _, curve_real, shift_real), (value, influence, curve, shift) = found["real"], found["synthetic"]
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            interval=interval(value, influence, 0.0, 1.0),
            sentence=f"{bins} bins of {len(task.holdout.truth):,} held-out rows; beside it: trained on real rows"
            f"{task.screened}",
            meaning=f"A probability learned from synthetic rows is {100 * value:.1f} points off on average, one "
            f"learned from real rows {100 * floor:.1f}.",
            details={
                "of": _of(task),
                "bins": bins,
                "mean_too_high": shift,
                "mean_too_high_trained_on_real": shift_real,
                "curve": curve,
                "curve_trained_on_real": curve_real,
            },
            charts=(_chart(task, curve_real, curve),),
        )


def calibration_error(
    chances: np.ndarray, hits: np.ndarray, bins: int, fewest: int = 1
) -> tuple[float, np.ndarray, Curve]:
    """The error, each row's influence on it with the bins as they are, and the curve.

    Args:
        chances: ``(N,)`` predicted probabilities.
        hits: ``(N,)`` True where it came so.
        bins: of equal mass; equal probabilities share one.
        fewest: rows of a bin; one with fewer is joined with the next.

    Example:
        >>> error, _, curve = calibration_error(np.array([0.2, 0.2, 0.9, 0.9]), np.array([0, 1, 1, 1]) == 1, 2)
        >>> round(error, 3), [(point["predicted"], point["observed"]) for point in curve]
        (0.2, [(0.2, 0.5), (0.9, 1.0)])
    """
    place = _bins(chances, bins, fewest)
    rows = np.bincount(place)
    excess = chances - hits
    off = np.bincount(place, excess)
    error = float(np.abs(off).sum() / len(chances))
    predicted, observed = np.bincount(place, chances) / rows, np.bincount(place, hits) / rows
    curve = [
        {"rows": int(n), "predicted": float(p), "observed": float(o)}
        for n, p, o in zip(rows, predicted, observed, strict=True)
    ]
    return error, np.sign(off)[place] * excess - error, curve


def _bins(chances: np.ndarray, bins: int, fewest: int) -> np.ndarray:
    """``(N,)`` bin numbers, none left out."""
    ordered, last, cuts = np.sort(chances), 0, []
    for k in range(1, bins):
        end = int(np.searchsorted(ordered, ordered[max(round(len(ordered) * k / bins) - 1, 0)], side="right"))
        if end - last >= fewest and len(ordered) - end >= fewest:
            cuts.append(ordered[end - 1])
            last = end
    return np.searchsorted(np.array(cuts), chances, side="left")


def _chances(task: Task, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The probability that is judged of each row, and whether it came so."""
    truth = task.holdout.truth
    if _two(task):
        return scores[:, 1], truth == 1
    return scores.max(axis=1), scores.argmax(axis=1) == truth


def _two(task: Task) -> bool:
    return len(np.unique(np.concatenate([task.train.truth, task.holdout.truth]))) == 2


def _of(task: Task) -> str:
    return "the rarer class" if _two(task) else "the predicted class"


def _chart(task: Task, real: Curve, made: Curve) -> Lines:
    return {
        "kind": "lines",
        "title": f"Predicted and observed share of {_of(task)}",
        "alt": "Calibration curves of a model trained on real and of one trained on synthetic rows, beside the "
        "diagonal on which predicted and observed shares are equal.",
        "x_label": "predicted",
        "y_label": "observed",
        "series": [
            {"name": "perfect", "x": [0.0, 1.0], "y": [0.0, 1.0]},
            _series("trained on real", real),
            _series("trained on synthetic", made),
        ],
    }


def _series(name: str, curve: Curve) -> Series:
    return {"name": name, "x": [p["predicted"] for p in curve], "y": [p["observed"] for p in curve]}
