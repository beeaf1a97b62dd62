"""Telling synthetic rows from held-out real rows: by any classifier, and by what it goes.

Letters: N rows of both kinds, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from synthgen.metrics.base import Metric, Result, not_applicable
from synthgen.metrics.cells import cell_writer
from synthgen.metrics.charts import Bars, Cells, Chart, Number
from synthgen.metrics.statistics import auc_and_influence, interval
from synthgen.metrics.view import View
from synthgen.metrics.wording import of_hundred

FEWEST_ROWS = 100
"""Of each kind; with fewer, chance alone moves the area by a tenth."""
FOLDS = 5
MOST_ASKED = 100
"""Columns that are shuffled to see what the classifier goes by: of wider tables those that differ most alone."""
MOST_SHUFFLED = 200_000
"""Rows scored again with a shuffled column, in all."""
MOST_NAMED = 10
TELLING = 0.002
"""A loss of the area below this is what the shuffling of an idle column does."""
EXAMPLES, CANDIDATES, COLUMNS_SHOWN = 5, 30, 8
ALIKE, ALIKE_DAYS = 0.005, 31.0
"""Figures that differ by less (a share of themselves; days) may look alike in three digits or as months."""

Model = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Model]


@dataclass(frozen=True)
class Method:
    """A classifier.

    Attributes:
        called: as in "the trees", for sentences.
        fit: rows and kinds (0 or 1), to a model that scores rows.
        matrix: a view's rows as ``(N, F)`` numbers.
        groups: which features belong to each column.
        coarse: what was made simpler for a wide table, for a sentence.
    """

    called: str
    fit: Fit
    matrix: Callable[[View], np.ndarray]
    groups: dict[str, np.ndarray]
    coarse: str = ""


@dataclass(frozen=True)
class Told:
    """What came of it.

    Attributes:
        area: under the ROC curve.
        influence: ``(N,)`` each row's influence on it.
        scores: ``(N,)`` out of fold, the rows of kind 0 first.
        folds: the rows of each fold, with the model that did not see them.
    """

    area: float
    influence: np.ndarray
    scores: np.ndarray
    folds: list[tuple[np.ndarray, Model]]


def tell_apart(
    metric: Metric,
    train: View,
    holdout: View,
    synthetic: View,
    rng: np.random.Generator,
    most_rows: int,
    method_of: Callable[[int], Method],
    n_folds: int = FOLDS,
) -> Result:
    """The result of a detector: synthetic against held-out rows, and training against held-out rows as the floor.

    Args:
        metric: whose result it is.
        train: the training rows.
        holdout: held-out rows.
        synthetic: synthetic rows.
        rng: the only source of randomness.
        most_rows: of each kind.
        method_of: the classifier, of a seed.
        n_folds: in how many parts the rows are judged, each by a classifier that learned from the others.
    """
    n = min(holdout.n_rows, synthetic.n_rows, most_rows)
    if not train.compared:
        return not_applicable(metric, "there is no column with values to compare")
    if n < FEWEST_ROWS:
        return not_applicable(metric, f"{n} rows of each kind are too few for a detector; {FEWEST_ROWS} are needed")
    real, made = holdout.draw(n, rng), synthetic.draw(n, rng)
    seed = int(rng.integers(2**31))
    method = method_of(seed)
    rows = np.concatenate([method.matrix(real), method.matrix(made)])
    kind = np.repeat([0, 1], [n, n])
    told = out_of_fold(rows, kind, method.fit, seed, n_folds, _groups(real, made))
    n_floor = min(n, train.n_rows)
    others = [view.draw(n_floor, rng) for view in (train, holdout)]
    floor_rows = np.concatenate([method.matrix(view) for view in others])
    floor_kind = np.repeat([0, 1], [n_floor, n_floor])
    floor = out_of_fold(floor_rows, floor_kind, method.fit, seed, n_folds, _groups(*others)).area
    asked = _asked(real, made, [name for name in train.compared if name in method.groups])
    drops = importances(told, rows, kind, {name: method.groups[name] for name in asked}, np.random.default_rng(seed))
    telling = sorted(drops, key=lambda name: -drops[name])
    shown = telling[:COLUMNS_SHOWN]
    examples, withheld = example_rows(train, holdout, made, told.scores[n:], shown)
    sure = interval(told.area, told.influence, 0.0, 1.0)
    writers = [cell_writer(train, holdout, made, name) for name in shown]
    lines: list[list[str | Number]] = [
        [round(float(told.scores[n + row]), 3), *(writer(row) for writer in writers)] for row in examples
    ]
    return Result(
        metric.name,
        metric.title,
        told.area,
        metric.direction,
        floor=floor,
        interval=sure,
        unit="score",
        sentence=f"{n:,} synthetic against {n:,} held-out rows{method.coarse}; 0.5 is best",
        meaning=_meaning(method.called, told.area, floor, [n for n in telling if drops[n] > TELLING and sure[0] > 0.5]),
        details={
            "rows_of_each": n,
            "rows_of_each_floor": n_floor,
            "folds": n_folds,
            "columns": len(method.groups),
            "columns_in_all": len(train.compared),
            "telling": [{"column": name, "drop": drops[name]} for name in telling[:MOST_NAMED]],
            "columns_asked": len(asked),
            "examples_withheld": withheld,
        },
        charts=_charts(method.called, telling, drops, shown, lines),
    )


def _meaning(called: str, area: float, floor: float, telling: list[str]) -> str:
    by = f" What gives rows away: {', '.join(telling[:3])}." if telling else ""
    return (
        f"Shown a synthetic and a held-out row, {called} would point at the synthetic one in {of_hundred(area)} cases; "
        f"guessing is right in 50, and a training row is told from a held-out one in {of_hundred(floor)}.{by}"
    )


def _groups(one: View, other: View) -> np.ndarray | None:
    """``(N,)`` whose each row of two views is; None where it is not known."""
    if one.unit_N is None or other.unit_N is None:
        return None
    return np.concatenate([one.unit_N, int(one.unit_N.max(initial=-1)) + 1 + other.unit_N])


def out_of_fold(
    rows: np.ndarray, kind: np.ndarray, fit: Fit, seed: int, n_folds: int = FOLDS, unit_N: np.ndarray | None = None
) -> Told:
    """Scores of every row by a model that did not see it, and the area for telling the rows of kind 1.

    Args:
        rows: ``(N, F)``.
        kind: ``(N,)`` 0 or 1.
        fit: trains a model.
        seed: of the folds.
        n_folds: how many.
        unit_N: whose each row is: the rows of a person are in one fold; None: each is somebody else's.
    """
    scores, folds = np.empty(len(kind)), []
    by_person = StratifiedKFold if unit_N is None else StratifiedGroupKFold
    for learn, judge in by_person(n_folds, shuffle=True, random_state=seed).split(rows, kind, unit_N):
        model = fit(rows[learn], kind[learn])
        scores[judge] = model(rows[judge])
        folds.append((judge, model))
    area, influence = auc_and_influence(scores, kind == 1)
    return Told(area, influence, scores, folds)


def _asked(real: View, made: View, names: list[str]) -> list[str]:
    """Columns to ask about: all, or those whose values alone tell most."""
    if len(names) <= MOST_ASKED:
        return names
    rows = np.nan_to_num(np.concatenate([real.ordinal(names), made.ordinal(names)]), nan=-np.inf, neginf=-np.inf)
    kind = np.repeat([False, True], [real.n_rows, made.n_rows])
    apart = [abs(auc_and_influence(rows[:, i], kind)[0] - 0.5) for i in range(len(names))]
    return [names[i] for i in sorted(np.argsort(-np.array(apart), kind="stable")[:MOST_ASKED])]


def importances(
    told: Told, rows: np.ndarray, kind: np.ndarray, groups: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, float]:
    """How much of the area is lost when a column is shuffled among rows that the model did not see.

    Source:
        Breiman 2001, doi:10.1023/A:1010933404324, on held-out rows.
    """
    drops = dict.fromkeys(groups, 0.0)
    for judge, model in told.folds:
        most = max(FEWEST_ROWS, MOST_SHUFFLED // (len(told.folds) * len(groups)))
        some = judge if len(judge) <= most else rng.choice(judge, most, replace=False)
        positive = kind[some] == 1
        if positive.all() or not positive.any():
            continue
        whole, _ = auc_and_influence(told.scores[some], positive)
        for name, features in groups.items():
            shuffled = rows[some]
            shuffled[:, features] = shuffled[rng.permutation(len(some))][:, features]
            drops[name] += (whole - auc_and_influence(model(shuffled), positive)[0]) / len(told.folds)
    return drops


def example_rows(train: View, holdout: View, made: View, scores: np.ndarray, names: list[str]) -> tuple[list[int], int]:
    """The synthetic rows that were surest to be synthetic, and how many were left out on the way.

    Left out is a row that looks like a few real ones in all of the columns shown but at most one: it may be the copy
    of a person.
    """
    found: list[int] = []
    withheld = 0
    for row in np.argsort(-scores, kind="stable")[:CANDIDATES].tolist():
        if _like_a_person(train, holdout, made, row, names):
            withheld += 1
        else:
            found.append(row)
        if len(found) == EXAMPLES:
            break
    return found, withheld


def _like_a_person(train: View, holdout: View, made: View, row: int, names: list[str]) -> bool:
    needed = len(names) - 1 if len(names) > 2 else len(names)
    alike = sum(int((_agreements(view, made, row, names) >= needed).sum()) for view in (train, holdout))
    return 0 < alike < train.min_holders


def _agreements(real: View, made: View, row: int, names: list[str]) -> np.ndarray:
    """``(N,)`` in how many columns a real row would look like the synthetic one."""
    count = np.zeros(real.n_rows, dtype=np.uint16)
    for name in names:
        if name in real.labels:
            count += real.labels[name] == made.labels[name][row]
            continue
        value, cells = made.quantities[name][row], real.quantities[name]
        near = ALIKE_DAYS if real.types.get(name) == "datetime" else ALIKE * abs(value)
        count += np.isnan(cells) if np.isnan(value) else np.abs(cells - value) <= near
    return count


def _charts(
    called: str, telling: list[str], drops: dict[str, float], shown: list[str], lines: list[list[str | Number]]
) -> tuple[Chart, ...]:
    named = telling[:MOST_NAMED]
    bars: Bars = {
        "kind": "bars",
        "title": "What gives synthetic rows away",
        "alt": f"How much skill {called} would lose without each column; {named[0]} comes first.",
        "labels": named,
        "series": {"loss of AUC": [round(drops[name], 4) for name in named]},
        "unit": "score",
    }
    if not lines:
        return (bars,)
    table: Cells = {
        "kind": "table",
        "title": "Synthetic rows that gave themselves away",
        "alt": f"{len(lines)} synthetic rows of which {called} are surest, in the columns that tell most.",
        "headings": ["score", *shown],
        "rows": lines,
    }
    return bars, table
