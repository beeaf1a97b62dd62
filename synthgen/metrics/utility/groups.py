"""Groups: whether every group of people is served as well by a model trained on synthetic rows.

Letters: N rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars, Cells, Chart
from synthgen.metrics.statistics import TWO_SIDED, binomial_interval
from synthgen.metrics.utility.models import FOREST
from synthgen.metrics.utility.task import RARE, Task, read_task
from synthgen.metrics.view import View

MOST_ROWS = 10_000
MOST_CELLS = 300_000
MOST_CLASSES = 20
MOST_LABELS = 10
"""A label column with more of them does not divide the rows into groups that are looked at one by one."""
RATE_ROWS = 30
"""The fewest rows behind a rate: it is then known to 0.18 at worst."""
MOST_SHOWN = 30
"""Groups, the worst first, and columns."""


@dataclass(frozen=True)
class Served:
    """One group, and how the models serve it.

    Attributes:
        column: the label column.
        label: the group's label.
        rows: held-out rows.
        error: of the model trained on synthetic rows.
        error_real: of the one trained on real rows.
        recall: share of the rarer class that is found; None where fewer than 30 rows are of it.
        recall_real: the same when trained on real rows.
    """

    column: str
    label: str
    rows: int
    error: float
    error_real: float
    recall: float | None
    recall_real: float | None


class Groups:
    """The worst group's error on held-out rows, random forest trained on synthetic rows; beside it on real ones.

    Groups are the labels of columns with at most ten. The class with the highest probability is called; of a class
    below 15 % that would be hardly any row, so as many are called as the training rows have of it, the likeliest first.
    The error is the share of rows called wrongly; of a number, the mean distance over that of a guess at the median.
    The equal opportunity difference is the largest difference, in a column, between the groups' shares of the rarer of
    two classes that are found. A group with too few rows for a rate is left out and counted. The interval is that of
    the worst group alone.

    Source:
        Hardt, Price and Srebro 2016, arXiv:1610.02413 (equal opportunity); Sagawa et al. 2020, arXiv:1911.08731
        (worst group).
    """

    name = "groups"
    title = "Worst group error"
    group: Group = "utility"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(
            train, holdout, synthetic, rng, most_rows=MOST_ROWS, most_classes=MOST_CLASSES, most_cells=MOST_CELLS
        )
        if isinstance(task, str):
            return not_applicable(self, task)
        names = {n: train.names_of(n) for n in train.labels if n != task.target}
        names = {n: labels for n, labels in names.items() if 2 <= len(labels) <= MOST_LABELS}
        if not names:
            return not_applicable(self, f"no label column has 2 to {MOST_LABELS} labels to divide the rows by")
        seed = int(rng.integers(2**31))
        errors = [_errors(task, FOREST.fit(task, p, seed)(task.holdout.view)) for p in (task.synthetic, task.train)]
        served, left_out = _serve(task, names, *errors)
        if not served:
            return not_applicable(self, f"no column has two groups of {_fewest(train)} held-out rows")
        worst = max(served, key=lambda one: one.error)
        worst_real = max(served, key=lambda one: one.error_real)
        opportunity = _opportunity(served)
        return Result(
            self.name,
            self.title,
            worst.error,
            self.direction,
            floor=worst_real.error_real,
            interval=_interval(task, worst, errors[0], names),
            unit="share" if task.n_classes else "score",
            sentence=f"{len(served)} groups of {len({one.column for one in served})} columns, "
            f"{len(task.holdout.truth):,} held-out rows; {left_out} groups have fewer than {_fewest(train)} and are "
            f"left out{task.screened}",
            meaning=_meaning(worst, worst_real, opportunity),
            details={
                "groups": len(served),
                "groups_left_out": left_out,
                "fewest_rows": _fewest(train),
                "worst": vars(worst),
                "worst_trained_on_real": vars(worst_real),
                "equal_opportunity": opportunity,
                "served": [vars(one) for one in sorted(served, key=lambda one: -one.error)[:MOST_SHOWN]],
            },
            charts=_charts(served, opportunity),
        )


def _fewest(view: View) -> int:
    return max(RATE_ROWS, view.min_holders)


def _errors(task: Task, scores: np.ndarray) -> np.ndarray:
    """``(N, 2)`` error of each held-out row; 1 where it is of the rarer of two classes and found, nan of the other."""
    truth = task.holdout.truth
    found = np.full(len(truth), np.nan)
    if not task.n_classes:
        guess = np.abs(truth - np.median(truth)).mean()
        return np.stack([np.abs(scores - truth) / (guess if guess > 0 else 1.0), found], axis=1)
    called = scores.argmax(axis=1)
    if max(task.train.truth.max(), truth.max()) == 1:
        share = float(task.train.truth.mean())
        if share < RARE:
            called = np.zeros(len(truth), dtype=np.int64)
            called[np.argsort(-scores[:, 1], kind="stable")[: round(share * len(truth))]] = 1
        found = np.where(truth == 1, (called == 1).astype(np.float64), np.nan)
    return np.stack([(called != truth).astype(np.float64), found], axis=1)


def _serve(
    task: Task, names: dict[str, dict[int, str]], made: np.ndarray, real: np.ndarray
) -> tuple[list[Served], int]:
    """The groups with enough rows, of columns with two of them; and how many had too few."""
    fewest, served, left_out = _fewest(task.holdout.view), [], 0
    for column, labels in names.items():
        codes = task.holdout.view.labels[column]
        held = np.bincount(codes, minlength=task.holdout.view.sizes[column])
        enough = [code for code in labels if held[code] >= fewest]
        left_out += int((held > 0).sum()) - len(enough)
        for code in enough if len(enough) > 1 else []:
            rows = codes == code
            rarer = int((~np.isnan(real[rows, 1])).sum()) >= fewest
            served.append(
                Served(
                    column,
                    labels[code],
                    int(held[code]),
                    float(made[rows, 0].mean()),
                    float(real[rows, 0].mean()),
                    float(np.nanmean(made[rows, 1])) if rarer else None,
                    float(np.nanmean(real[rows, 1])) if rarer else None,
                )
            )
    return served, left_out


def _interval(task: Task, worst: Served, errors: np.ndarray, names: dict[str, dict[int, str]]) -> tuple[float, float]:
    code = next(code for code, label in names[worst.column].items() if label == worst.label)
    own = errors[task.holdout.view.labels[worst.column] == code, 0]
    if task.n_classes:
        return binomial_interval(float(own.sum()), len(own))
    half = TWO_SIDED * float(own.std()) / len(own) ** 0.5
    return max(0.0, worst.error - half), worst.error + half


def _opportunity(served: list[Served]) -> list[dict[str, Any]]:
    """The equal opportunity difference of columns that have two groups with a recall, the widest first."""
    found: list[dict[str, Any]] = []
    for column in dict.fromkeys(one.column for one in served):
        own = [one for one in served if one.column == column]
        recalls = [one.recall for one in own if one.recall is not None]
        recalls_real = [one.recall_real for one in own if one.recall_real is not None]
        if len(recalls) > 1:
            found.append(
                {
                    "column": column,
                    "difference": max(recalls) - min(recalls),
                    "difference_trained_on_real": max(recalls_real) - min(recalls_real),
                }
            )
    return sorted(found, key=lambda one: -one["difference"])[:MOST_SHOWN]


def _meaning(worst: Served, worst_real: Served, opportunity: list[dict[str, Any]]) -> str:
    said = (
        f"The group served worst is {worst.column} = {worst.label}; "
        f"trained on real rows it is {worst_real.column} = {worst_real.label}."
    )
    if (worst.column, worst.label) == (worst_real.column, worst_real.label):
        said = f"The group served worst is {worst.column} = {worst.label} with either table."
    if not opportunity:
        return said
    widest = max(opportunity, key=lambda one: one["difference"] - one["difference_trained_on_real"])
    return (
        f"{said} Between the groups of {widest['column']} the share found differs by "
        f"{100 * widest['difference']:.0f} points, by {100 * widest['difference_trained_on_real']:.0f} when trained on "
        "real rows."
    )


def _charts(served: list[Served], opportunity: list[dict[str, Any]]) -> tuple[Chart, ...]:
    order = sorted(served, key=lambda one: -one.error)[:MOST_SHOWN]
    table: Cells = {
        "kind": "table",
        "title": "Error by group",
        "alt": f"The {len(order)} groups with the largest error, their errors, and the share of the rarer class found.",
        "headings": ["column", "group", "rows", "error, synthetic", "error, real", "found, synthetic", "found, real"],
        "rows": [[one.column, one.label, one.rows, *list(vars(one).values())[3:]] for one in order],
    }
    if not opportunity:
        return (table,)
    bars: Bars = {
        "kind": "bars",
        "title": "Equal opportunity difference by column",
        "alt": "Largest difference between groups in the share of the rarer class that is found, by column.",
        "labels": [one["column"] for one in opportunity],
        "series": {
            "trained on real": [one["difference_trained_on_real"] for one in opportunity],
            "trained on synthetic": [one["difference"] for one in opportunity],
        },
        "unit": "share",
    }
    return table, bars
