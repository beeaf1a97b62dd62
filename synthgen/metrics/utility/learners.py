"""Learners: whether several ways of learning do as well with synthetic rows as with real ones, and rank alike."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars
from synthgen.metrics.statistics import TWO_SIDED, interval, standard_error
from synthgen.metrics.utility.models import LEARNERS
from synthgen.metrics.utility.task import Task, read_task
from synthgen.metrics.view import View

MOST_ROWS = 5_000
"""Of each table to learn from: 12 models are fitted, three of them on twice as many rows."""
MOST_CELLS = 250_000
"""Rows times inputs of each table."""
MOST_CLASSES = 3
"""The others are one more: each class costs the boosted trees as much as a two-class task."""
REAL, SYNTHETIC, BOTH, INDEPENDENT = "real", "synthetic", "both", "independent columns"

Judged = tuple[float, np.ndarray]
"""A figure and each held-out row's influence on it."""


class Learners:
    """Linear model, random forest and boosted trees, each trained on four tables, tested on the same held-out rows.

    The value is the mean figure of the three when they learn from synthetic rows, the floor when they learn from real
    ones; the figure is as in ``prediction``. Beside them: real and synthetic rows together, and synthetic columns
    shuffled independently, which is what a table without any dependence teaches (a small one may lean either way by
    chance, so the share that is kept of what real rows teach is counted from a guess). The learners' order is compared
    as a user would who picks one: the share of pairs in the same order, where a pair that real rows cannot tell apart
    (95 %, paired) counts as agreeing; and what is lost by picking the winner on synthetic rows.

    Source:
        Esteban, Hyland and Rätsch 2017, arXiv:1706.02633 (train on synthetic, test on real); Jordon, Yoon and van der
        Schaar 2018, arXiv:1806.11345 (agreement of the ranking).
    """

    name = "learners"
    title = "Learners"
    group: Group = "utility"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(
            train, holdout, synthetic, rng, most_rows=MOST_ROWS, most_classes=MOST_CLASSES, most_cells=MOST_CELLS
        )
        if isinstance(task, str):
            return not_applicable(self, task)
        judged = _judge_all(task, rng)
        value, influence = _mean(judged, SYNTHETIC)
        floor, influence_real = _mean(judged, REAL)
        gap, half = value - floor, TWO_SIDED * standard_error(influence - influence_real)
        kept = _kept(judged, 0.5 if task.n_classes else 0.0)
        order = compare_order(judged)
        return Result(
            self.name,
            f"{self.title} {task.figure}",
            value,
            self.direction,
            floor=floor,
            interval=interval(value, influence, task.lowest, 1.0),
            unit="score",
            sentence=f"mean of {len(judged)} learners trained on {len(task.synthetic.truth):,} synthetic rows, tested "
            f"on {len(task.holdout.truth):,} held-out rows; beside it: trained on real rows{task.screened}",
            meaning=_meaning(kept, order),
            details={
                "figure": task.figure,
                "gap": gap,
                "gap_interval": [gap - half, gap + half],
                "kept": kept,
                "rows": {REAL: len(task.train.truth), SYNTHETIC: len(task.synthetic.truth)},
                "learners": _table(judged, task),
            }
            | order,
            charts=(_chart(judged, task),),
        )


def _judge_all(task: Task, rng: np.random.Generator) -> dict[str, dict[str, Judged]]:
    """By learner, by the table it learned from."""
    seed = int(rng.integers(2**31))
    parts = {
        REAL: task.train,
        SYNTHETIC: task.synthetic,
        BOTH: task.train.joined(task.synthetic),
        INDEPENDENT: task.synthetic.shuffled(rng),
    }
    return {
        learner.name: {
            source: task.judge(learner.fit(task, part, seed)(task.holdout.view), task.holdout.truth)
            for source, part in parts.items()
        }
        for learner in LEARNERS
    }


def _mean(judged: dict[str, dict[str, Judged]], source: str) -> Judged:
    """The mean over the learners, and its influences: the held-out rows are the same for all."""
    found = [by_source[source] for by_source in judged.values()]
    return float(np.mean([figure for figure, _ in found])), np.mean([part for _, part in found], axis=0)


def _kept(judged: dict[str, dict[str, Judged]], guess: float) -> float | None:
    """Of what real rows teach beyond a guess, the share that synthetic rows teach; None: nothing beyond chance."""
    (value, _), (floor, influence) = _mean(judged, SYNTHETIC), _mean(judged, REAL)
    return (value - guess) / (floor - guess) if floor - guess > TWO_SIDED * standard_error(influence) else None


def compare_order(judged: dict[str, dict[str, Judged]]) -> dict[str, Any]:
    """How far the order of the learners is the same, who wins, and what choosing by synthetic rows costs."""
    agreeing = []
    for one, other in combinations(judged, 2):
        real = judged[one][REAL][0] - judged[other][REAL][0]
        half = TWO_SIDED * standard_error(judged[one][REAL][1] - judged[other][REAL][1])
        made = judged[one][SYNTHETIC][0] - judged[other][SYNTHETIC][0]
        agreeing.append(np.sign(real) == np.sign(made) or abs(real) <= half)
    winners = {source: max(judged, key=lambda name: judged[name][source][0]) for source in (REAL, SYNTHETIC)}
    return {
        "order_agreement": float(np.mean(agreeing)),
        "winner_real": winners[REAL],
        "winner_synthetic": winners[SYNTHETIC],
        "cost_of_choice": judged[winners[REAL]][REAL][0] - judged[winners[SYNTHETIC]][REAL][0],
    }


def _meaning(kept: float | None, order: dict[str, Any]) -> str:
    if kept is None:
        return "Real rows teach no more about the target than a guess."
    said = f"Synthetic rows teach {100 * kept:.0f} % of what real rows teach about the target"
    if order["winner_real"] == order["winner_synthetic"]:
        return f"{said}, and the best learner is the same ({order['winner_real']})."
    return f"{said}; choosing the learner by them costs {order['cost_of_choice']:.3f}."


def _table(judged: dict[str, dict[str, Judged]], task: Task) -> list[dict[str, Any]]:
    return [
        {"learner": name, "table": source, "value": figure, "interval": interval(figure, influence, task.lowest, 1.0)}
        for name, by_source in judged.items()
        for source, (figure, influence) in by_source.items()
    ]


def _chart(judged: dict[str, dict[str, Judged]], task: Task) -> Bars:
    sources = (REAL, SYNTHETIC, BOTH, INDEPENDENT)
    series = {source: [by_source[source][0] for by_source in judged.values()] for source in sources}
    shown = "; ".join(
        f"{name}: {by_source[SYNTHETIC][0]:.3f} from synthetic, {by_source[REAL][0]:.3f} from real rows"
        for name, by_source in judged.items()
    )
    return {
        "kind": "bars",
        "title": f"{task.figure} on held-out rows, by what was learned from",
        "alt": f"{shown}.",
        "labels": list(judged),
        "series": {f"trained on {source}": list(values) for source, values in series.items()},
        "unit": "score",
    }
