"""Shortcut: whether the synthetic table can be solved by one or three questions that do not solve the real one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars
from synthgen.metrics.statistics import TWO_SIDED, macro_auc, standard_error
from synthgen.metrics.utility.task import Part, Task, read_task, tree_rows
from synthgen.metrics.view import View

MOST_ROWS = 10_000
MOST_CELLS = 1_000_000
MOST_CLASSES = 4
MOST_LEVELS = 20
DEPTHS = (1, 3)
FOLDS = 5
CLASS_ROWS = 2 * FOLDS
"""A class with fewer rows is left out: each fold needs two."""
LEAF_ROWS = 5
PURE = 1e-6
"""A split that gains less impurity is rounding."""
SURE = 3.090232306167813
"""Standard errors: an equally hard table is flagged at one depth in 1,000, at either in 500."""
EASIER = 0.02
"""A table that is easier by less is not flagged: at a million rows any difference is sure."""


class Shortcut:
    """How much better or worse the best tree of depth 1 or 3 does inside the synthetic table than in the real one.

    Both are judged out of fold on as many rows, by the area under the ROC curve; the value is the larger distance of
    the two depths. A table that is easier than the real one, by more than 0.02 and more than 3.09 standard errors, is
    flagged: a detector that learns the shortcut looks excellent until it meets real accounts. The trees may ask whether
    a quantity is above a value and whether a label is one of the 20 most frequent. The floor compares held-out with
    training rows.

    Source:
        Hays et al. 2023, arXiv:2301.07015: decision trees of depth 1 to 4 solve most published bot data sets.
    """

    name = "shortcut"
    title = "Shortcut gap"
    group: Group = "utility"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        task = read_task(
            train,
            holdout,
            synthetic,
            rng,
            most_rows=MOST_ROWS,
            most_classes=MOST_CLASSES,
            most_cells=MOST_CELLS,
            tested=False,
        )
        if isinstance(task, str):
            return not_applicable(self, task)
        if not task.n_classes:
            return not_applicable(self, "the target is a number; the trees that are looked for tell classes apart")
        found = compare(task, task.train, task.synthetic, rng)
        if found is None:
            return not_applicable(self, f"fewer than two classes have {CLASS_ROWS} rows in both tables")
        floors = compare(task, task.train, task.holdout, rng)
        widest = max(found, key=lambda one: abs(one["difference"]))
        value, half = abs(widest["difference"]), TWO_SIDED * widest["standard_error"]
        easier = [one for one in found if is_easier(one)]
        return Result(
            self.name,
            self.title,
            value,
            self.direction,
            floor=max(abs(one["difference"]) for one in floors) if floors else None,
            interval=(max(0.0, value - half), min(1.0, value + half)),
            unit="score",
            sentence=f"AUC of trees of depth 1 and 3, {FOLDS} folds of {found[0]['rows']:,} rows of each table"
            f"{task.screened}",
            meaning=_meaning(found, easier),
            details={"trees": found, "flag": "easier than the real table" if easier else None},
            charts=(_chart(found, floors),),
        )


def compare(task: Task, real: Part, other: Part, rng: np.random.Generator) -> list[dict[str, Any]] | None:
    """Trees of both depths in two tables, as many rows of each; None: not two classes that both have enough of."""
    n = min(len(real.truth), len(other.truth))
    parts = [part if len(part.truth) == n else part.take(_some(part, n, rng)) for part in (real, other)]
    counts = [np.bincount(part.truth, minlength=task.n_classes) for part in parts]
    kept = np.flatnonzero(np.minimum(*counts) >= CLASS_ROWS)
    if len(kept) < 2:
        return None
    parts = [part.take(np.flatnonzero(np.isin(part.truth, kept))) for part in parts]
    levels = _levels(parts[0].view, task.inputs)
    seed = int(rng.integers(2**31))
    found = []
    for depth in DEPTHS:
        (hard, real_influence, real_columns), (easy, influence, columns) = (
            _solve(part, task.inputs, levels, depth, seed) for part in parts
        )
        found.append(
            {
                "depth": depth,
                "rows": n,
                "synthetic": easy,
                "real": hard,
                "difference": easy - hard,
                "standard_error": float(np.hypot(standard_error(influence), standard_error(real_influence))),
                "columns_synthetic": columns,
                "columns_real": real_columns,
            }
        )
    return found


def is_easier(tree: dict[str, Any]) -> bool:
    """Whether one depth's tree shows the synthetic table to be easier than the real one."""
    return bool(tree["difference"] > max(EASIER, SURE * tree["standard_error"]))


def _some(part: Part, n: int, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.permutation(len(part.truth))[:n])


def _levels(view: View, inputs: list[str]) -> dict[str, list[int]]:
    """The most frequent codes of each label column."""
    found = {}
    for name in inputs:
        if name in view.labels:
            counts = np.bincount(view.labels[name], minlength=view.sizes[name])
            found[name] = [int(code) for code in np.argsort(-counts, kind="stable")[:MOST_LEVELS] if counts[code]]
    return found


def _solve(
    part: Part, inputs: list[str], levels: dict[str, list[int]], depth: int, seed: int
) -> tuple[float, np.ndarray, list[str]]:
    """The area out of fold, each row's influence on it, and the columns that the tree of all rows asks for."""
    quantities = [name for name in inputs if name in part.view.quantities]
    asked = quantities + [name for name, codes in levels.items() for _ in codes]
    labels = [part.view.labels[name] == code for name, codes in levels.items() for code in codes]
    rows = np.column_stack([tree_rows(part.view, quantities), *labels]).astype(np.float32)
    classes, truth = np.unique(part.truth, return_inverse=True)
    scores = np.zeros((len(truth), len(classes)))

    def tree() -> DecisionTreeClassifier:
        return DecisionTreeClassifier(
            max_depth=depth,
            min_samples_leaf=LEAF_ROWS,
            min_impurity_decrease=PURE,
            class_weight="balanced",
            random_state=seed,
        )

    for fit, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, truth):
        scores[judge] = tree().fit(rows[fit], truth[fit]).predict_proba(rows[judge])
    weights = tree().fit(rows, truth).feature_importances_
    order = [asked[i] for i in np.argsort(-weights, kind="stable") if weights[i] > 0]
    return (*macro_auc(scores, truth), list(dict.fromkeys(order)))


def _meaning(found: list[dict[str, Any]], easier: list[dict[str, Any]]) -> str:
    if easier:
        worst = max(easier, key=lambda one: one["difference"])
        columns = ", ".join(worst["columns_synthetic"])
        return (
            f"The synthetic table is easier than the real one: a tree of depth {worst['depth']} on {columns} reaches "
            f"{worst['synthetic']:.3f} in it and {worst['real']:.3f} in the real one, so do not judge a detector on it."
        )
    deep = found[-1]
    return (
        f"There is no shortcut: a tree of depth {deep['depth']} reaches {deep['synthetic']:.3f} in the synthetic table "
        f"and {deep['real']:.3f} in the real one."
    )


def _chart(found: list[dict[str, Any]], floors: list[dict[str, Any]] | None) -> Bars:
    series = {"real": [one["real"] for one in found], "synthetic": [one["synthetic"] for one in found]}
    if floors:
        series["held-out"] = [one["synthetic"] for one in floors]
    shown = "; ".join(f"depth {one['depth']}: {one['synthetic']:.3f} and {one['real']:.3f}" for one in found)
    return {
        "kind": "bars",
        "title": "AUC of the best small tree inside each table",
        "alt": f"Synthetic and real table, {shown}.",
        "labels": [f"depth {one['depth']}" for one in found],
        "series": {name: list(values) for name, values in series.items()},
        "unit": "score",
    }
