"""Importance: whether the columns that matter for a prediction are the same when it is learned from synthetic rows."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars
from synthgen.metrics.statistics import TWO_SIDED, standard_error
from synthgen.metrics.utility.models import FOREST, LINEAR, Score
from synthgen.metrics.utility.task import Part, Task, read_task
from synthgen.metrics.view import View

FEWEST_INPUTS = 3
"""Two columns can only agree or disagree."""
MOST_ROWS = 5_000
MOST_CELLS = 300_000
MOST_CLASSES = 4
MOST_TRIED = 2_000
"""Held-out rows that a column is permuted in, of two classes; the models answer for them again for each column."""
MOST_CELLS_TRIED = 60_000
"""Rows times inputs."""
SHOWN = 15


class Importance:
    """Spearman's correlation of permutation importances, of models trained on real and on synthetic rows.

    A column's importance is what the figure on held-out rows loses when that column is permuted in them, the mean of a
    linear model and of a random forest; the same permutations serve all models. A loss within chance (95 %, paired
    over the rows) counts as none: the order of columns that do not matter says nothing. The floor compares two halves
    of the training rows in the same way.

    Source:
        Breiman 2001, doi:10.1023/A:1010933404324 (permutation importance); Fisher, Rudin and Dominici 2019,
        arXiv:1801.01489 (of any model).
    """

    name = "importance"
    title = "Column importance"
    group: Group = "utility"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(
            train, holdout, synthetic, rng, most_rows=MOST_ROWS, most_classes=MOST_CLASSES, most_cells=MOST_CELLS
        )
        if isinstance(task, str):
            return not_applicable(self, task)
        if len(task.inputs) < FEWEST_INPUTS:
            return not_applicable(self, f"fewer than {FEWEST_INPUTS} columns to predict the target from")
        tried = _tried(task, rng)
        if len(np.unique(tried.truth)) < 2:
            return not_applicable(self, "the held-out rows that were drawn have only one class of the target")
        seed, shuffle = int(rng.integers(2**31)), int(rng.integers(2**31))

        def importances(part: Part) -> np.ndarray:
            scores = [learner.fit(task, part, seed) for learner in (LINEAR, FOREST)]
            return permuted(task, tried, scores, np.random.default_rng(shuffle))

        real, made = importances(task.train), importances(task.synthetic)
        value = agreement(real, made)
        if value is None:
            return not_applicable(self, "no column tells anything about the target in the training rows")
        mixed = rng.permutation(len(task.train.truth))
        halves = [importances(task.train.take(np.sort(rows))) for rows in np.array_split(mixed, 2)]
        floor = agreement(*halves)
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=floor,
            unit="score",
            sentence=f"rank correlation over {len(task.inputs)} columns permuted in {len(tried.truth):,} held-out "
            f"rows; beside it: two halves of the training rows{task.screened}",
            meaning=_meaning(task.inputs, real, made),
            details={
                "columns": [
                    {"name": name, "real": r, "synthetic": m}
                    for name, r, m in zip(task.inputs, real, made, strict=True)
                ]
            },
            charts=(_chart(task, real, made),),
        )


def permuted(task: Task, tried: Part, scores: list[Score], rng: np.random.Generator) -> np.ndarray:
    """``(len(inputs),)`` what the figure loses when a column is permuted, the mean over the models; 0 within chance."""

    def judge() -> tuple[float, np.ndarray]:
        judged = [task.judge(score(tried.view), tried.truth) for score in scores]
        return float(np.mean([figure for figure, _ in judged])), np.mean([part for _, part in judged], axis=0)

    whole, influence = judge()
    losses = np.zeros(len(task.inputs))
    for i, name in enumerate(task.inputs):
        columns = tried.view.quantities if name in tried.view.quantities else tried.view.labels
        kept = columns[name]
        columns[name] = rng.permutation(kept)
        without, influence_without = judge()
        columns[name] = kept
        lost, chance = whole - without, TWO_SIDED * standard_error(influence - influence_without)
        losses[i] = lost if lost > chance else 0.0
    return losses


def agreement(real: np.ndarray, made: np.ndarray) -> float | None:
    """Spearman's correlation; 0 when the second has no order at all, None when the first has none.

    Example:
        >>> agreement(np.array([0.3, 0.1, 0.0]), np.array([0.2, 0.0, 0.1]))
        0.5
    """
    if np.ptp(real) == 0:
        return None
    return float(spearmanr(real, made).statistic) if np.ptp(made) > 0 else 0.0


def _tried(task: Task, rng: np.random.Generator) -> Part:
    """Some held-out rows, in a view of their own whose columns may be exchanged."""
    most = min(MOST_TRIED // max(task.n_classes - 2, 1), MOST_CELLS_TRIED // len(task.inputs))
    n = min(len(task.holdout.truth), most)
    return task.holdout.take(np.sort(rng.permutation(len(task.holdout.truth))[:n]))


def _meaning(names: list[str], real: np.ndarray, made: np.ndarray) -> str:
    first, second = (names[int(np.argmax(values))] for values in (real, made))
    if first == second:
        return f"The column that matters most is {first} with either table."
    return f"The column that matters most is {first} in real rows and {second} in synthetic ones."


def _chart(task: Task, real: np.ndarray, made: np.ndarray) -> Bars:
    shown = np.argsort(-np.maximum(real, made), kind="stable")[:SHOWN]
    most = task.inputs[int(np.argmax(real))]
    return {
        "kind": "bars",
        "title": f"{task.figure} lost when a column is permuted",
        "alt": f"Bars of the {len(shown)} columns that matter most; {most} is first for a model trained on real rows.",
        "labels": [task.inputs[i] for i in shown],
        "series": {
            "trained on real": [float(real[i]) for i in shown],
            "trained on synthetic": [float(made[i]) for i in shown],
        },
        "unit": "score",
    }
