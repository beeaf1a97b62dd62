"""Estimates: whether an analyst reads the same group means, coefficients and top lists off the synthetic table.

Letters: N rows, D columns of a design.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.linalg import qr

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Bars, Cells, Chart
from synthgen.metrics.statistics import TWO_SIDED
from synthgen.metrics.utility.design import Design, Scale
from synthgen.metrics.utility.task import FEWEST_ROWS, Task, read_task
from synthgen.metrics.view import View

MOST_ROWS = 20_000
MOST_CELLS = 1_000_000
GROUP_ROWS = 30
"""Training rows of a group or of an indicator: with fewer, the normal interval of a mean is not to be trusted."""
MOST_LABELS = 50
"""A label column with more of them does not make groups whose means are looked at."""
MOST_PAIRS = 200
"""Pairs of a label column and a quantity; more are sampled."""
K = 10
"""Length of a top list; half of the labels where there are fewer than 20."""
REPEATED = 0.01
"""A column of whose variance the columns before it leave so small a share unexplained has no coefficient."""
STEPS = 25
"""Of Newton's method; ten do unless classes are all but separated."""
RIDGE = 1e-6
"""Per row, of the logistic fit: keeps separated classes finite."""
SHOWN = 15

Estimates = dict[str, tuple[float, float]]
"""By name: the estimate and its standard error."""


class EstimatesOverlap:
    """Mean overlap of 95 % intervals, real and synthetic rows, over regression coefficients and group means.

    Coefficients: of the target on all other columns, standardised by the training rows and cut at their 0.5 % quantiles
    (least squares for a number, logistic for classes: the most frequent one but the first against the rest). Group
    means: of each quantity by each label with 30 training rows. The overlap is the mean of the shares that the common
    part has in either interval, 0 where there is none. Both tables give as many rows, so that two samples of the same
    people overlap by 0.71 on average; the floor measures that on held-out rows. Top lists stand in the details: the
    most frequent labels, and the groups with the highest mean, by the share of one list that is in the other.

    Source:
        Karr, Kohnen, Oganian, Reiter and Sanil 2006, doi:10.1198/000313006X124640.
    """

    name = "estimates"
    title = "Overlap of estimates"
    group: Group = "utility"
    direction: Direction = "higher"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if min(train.n_rows, synthetic.n_rows) < FEWEST_ROWS:
            return not_applicable(self, f"fewer than {FEWEST_ROWS} training or synthetic rows")
        train, holdout, synthetic = (view.draw(MOST_ROWS, rng) for view in (train, holdout, synthetic))
        pairs, n_pairs = _pairs(train, rng)
        seen = compare(train, synthetic, pairs, rng)
        if not seen.overlaps:
            return not_applicable(self, f"no quantity with groups of {GROUP_ROWS} rows, and no target to explain")
        floor = compare(train, holdout, pairs, rng) if holdout.n_rows >= FEWEST_ROWS else None
        sampled = f", of {MOST_PAIRS} of {n_pairs:,} pairs of columns" if n_pairs > MOST_PAIRS else ""
        return Result(
            self.name,
            self.title,
            _mean(seen.overlaps),
            self.direction,
            floor=_mean(floor.overlaps) if floor and floor.overlaps else None,
            sentence=f"{len(seen.coefficients)} coefficients and {len(seen.means)} group means{sampled}, {seen.rows:,} "
            "rows of each table; 0.71 on average for two samples of the same people",
            unit="score",
            meaning=_meaning(seen),
            details=_details(seen, floor, n_pairs),
            charts=_charts(seen),
        )


@dataclass(frozen=True)
class Comparison:
    """The same analyses of two tables.

    Attributes:
        coefficients: name -> estimates and intervals' overlap.
        means: the same of group means.
        labels: column -> share of the most frequent labels that are so in the other table.
        groups: label column and quantity -> the same of the groups with the highest mean.
        rows: of each table.
    """

    coefficients: dict[str, tuple[float, float | None, float]]
    means: dict[str, tuple[float, float | None, float]]
    labels: dict[str, float]
    groups: dict[str, float]
    rows: int

    @property
    def overlaps(self) -> list[float]:
        """Of all intervals."""
        return [overlap for _, _, overlap in [*self.coefficients.values(), *self.means.values()]]


def interval_overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Mean of the shares that the common part has in either 95 % interval; 0 where there is none.

    Args:
        one: an estimate and its standard error, which is above 0.
        other: the same.

    Example:
        >>> interval_overlap((0.0, 1.0), (0.0, 0.5))
        0.75
    """
    low = max(estimate - TWO_SIDED * error for estimate, error in (one, other))
    high = min(estimate + TWO_SIDED * error for estimate, error in (one, other))
    width = [2 * TWO_SIDED * error for _, error in (one, other)]
    return max(0.0, (high - low) / width[0] / 2 + (high - low) / width[1] / 2)


def compare(real: View, other: View, pairs: list[tuple[str, str]], rng: np.random.Generator) -> Comparison:
    """All analyses of both tables, on as many rows of each."""
    n = min(real.n_rows, other.n_rows)
    real, other = real.draw(n, rng), other.draw(n, rng)
    scales = {quantity: Scale.learn(real.quantities[quantity]) for _, quantity in pairs}
    means: dict[str, tuple[float, float | None, float]] = {}
    groups: dict[str, float] = {}
    for label, quantity in pairs:
        own, tops = _means(real, other, label, quantity, scales[quantity])
        means |= own
        if tops is not None:
            groups[f"{quantity} by {label}"] = tops
    labels = {name: top for name in real.labels if (top := _top_labels(real, other, name)) is not None}
    return Comparison(_coefficients(real, other, rng), means, labels, groups, n)


def _pairs(train: View, rng: np.random.Generator) -> tuple[list[tuple[str, str]], int]:
    """Label columns that divide the rows, each beside each quantity; and how many there are before sampling."""
    labels = [name for name in train.labels if 2 <= np.count_nonzero(_held(train, name)) <= MOST_LABELS]
    pairs = list(product(labels, train.quantities))
    if len(pairs) <= MOST_PAIRS:
        return pairs, len(pairs)
    return [pairs[i] for i in np.sort(rng.choice(len(pairs), MOST_PAIRS, replace=False))], len(pairs)


def _held(view: View, name: str) -> np.ndarray:
    """How many rows hold each label; a missing cell is none."""
    counts = np.bincount(view.labels[name], minlength=view.sizes[name])
    counts[-1] = 0
    return counts


def _means(
    real: View, other: View, label: str, quantity: str, scale: Scale
) -> tuple[dict[str, tuple[float, float | None, float]], float | None]:
    """Means of the groups with enough rows, and how much the lists of the highest agree."""
    fewest = max(GROUP_ROWS, real.min_holders)
    n_real, mean_real, error_real = _moments(real, label, quantity, scale)
    _, mean, error = _moments(other, label, quantity, scale)
    codes = np.flatnonzero((n_real >= fewest) & (error_real > 0) & real.named(label))
    codes = codes[codes < real.sizes[label] - 1]
    names = real.names_of(label)
    found = {
        f"{quantity} where {label} = {names[int(code)]}": _compared(
            (mean_real[code], error_real[code]), (mean[code], error[code])
        )
        for code in codes
    }
    if len(codes) < 4:
        return found, None
    k = min(K, len(codes) // 2)
    highest, high = (np.nan_to_num(one[codes], nan=-np.inf) for one in (mean_real, mean))
    return found, _shared(highest, high, k)


def _moments(view: View, label: str, quantity: str, scale: Scale) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each code: rows with the quantity, its mean, and the mean's standard error; nan for fewer than two rows."""
    values, size = view.quantities[quantity], view.sizes[label]
    present = ~np.isnan(values)
    codes, cut = view.labels[label][present], np.clip(values[present], scale.low, scale.high)
    n = np.bincount(codes, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(codes, cut, size) / n
        spread = np.bincount(codes, (cut - mean[codes]) ** 2, size) / (n - 1)
        return n, mean, np.sqrt(spread / n)


def _compared(real: tuple[float, float], other: tuple[float, float]) -> tuple[float, float | None, float]:
    """Both estimates and the overlap; what the other table cannot estimate overlaps by 0."""
    estimate, error = other
    if not (np.isfinite(estimate) and np.isfinite(error)):
        return float(real[0]), None, 0.0
    return float(real[0]), float(estimate), interval_overlap(real, other) if error > 0 else 0.0


def _top_labels(real: View, other: View, name: str) -> float | None:
    """The share of the k most frequent labels that are among them in the other table; None: fewer than four labels."""
    counts = _held(real, name)
    n_labels = int((counts >= max(real.min_holders, 1)).sum())
    if n_labels < 4:
        return None
    k = min(K, n_labels // 2)
    return _shared(counts, _held(other, name), k)


def _shared(one: np.ndarray, other: np.ndarray, k: int) -> float:
    """The share of the k highest places of the one that are among those of the other."""
    first, second = (np.argsort(-values, kind="stable")[:k] for values in (one, other))
    return len(np.intersect1d(first, second)) / k


def _coefficients(real: View, other: View, rng: np.random.Generator) -> dict[str, tuple[float, float | None, float]]:
    """Of the target on the other columns; empty where there is none to explain."""
    task = read_task(
        real, real, other, rng, most_rows=MOST_ROWS, most_classes=MOST_LABELS, most_cells=MOST_CELLS, tested=False
    )
    if isinstance(task, str):
        return {}
    design = Design.learn(task.train.view, task.inputs, max(GROUP_ROWS, real.min_holders))
    x, x_other = design.apply(task.train.view), design.apply(task.synthetic.view)
    kept = _own(x)
    y, y_other = _outcomes(task)
    fit = logistic if task.n_classes else least_squares
    names = _coefficient_names(design, task.train.view)
    found, found_other = fit(x[:, kept], y), _where_it_varies(fit, x_other[:, kept], y_other)
    return {
        names[column]: _compared(one, two)
        for column, one, two in zip(kept, found, found_other, strict=True)
        if np.isfinite(one[1]) and one[1] > 0
    }


def _outcomes(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """What is explained, in both tables: the second most frequent class, or a standardised number."""
    if task.n_classes:
        return (task.train.truth == 1).astype(np.float64), (task.synthetic.truth == 1).astype(np.float64)
    scale = Scale.learn(task.train.truth)
    return scale.apply(task.train.truth), scale.apply(task.synthetic.truth)


def _own(x: np.ndarray) -> np.ndarray:
    """The columns that are more than sums of the ones before them and of a constant."""
    centred = x - x.mean(axis=0)
    spread = (centred**2).sum(axis=0)
    left = np.diag(qr(centred, mode="r", check_finite=False)[0]) ** 2 if x.shape[1] else np.empty(0)
    left = np.pad(left, (0, x.shape[1] - len(left)))
    return np.flatnonzero((left > REPEATED * spread) & (spread > 0))


def _where_it_varies(fit: Any, x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    """Coefficients of the columns that can be estimated; nan for the others."""
    found = [(np.nan, np.nan)] * x.shape[1]
    own = _own(x)
    if np.ptp(y) > 0:
        for column, one in zip(own, fit(x[:, own], y), strict=True):
            found[column] = one
    return found


def least_squares(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    """Each column's coefficient, beside a constant, and its standard error.

    Args:
        x: ``(N, D)`` of full rank.
        y: ``(N,)``.
    """
    rows = np.column_stack([x, np.ones(len(x))])
    inverse = np.linalg.inv(rows.T @ rows)
    weights = inverse @ rows.T @ y
    variance = ((y - rows @ weights) ** 2).sum() / max(len(y) - rows.shape[1], 1)
    return _with_errors(weights, inverse * variance)


def logistic(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    """The same for the log odds of ``y``, which is 0 or 1; Newton's method."""
    rows = np.column_stack([x, np.ones(len(x))])
    weights = np.zeros(rows.shape[1])
    keep = RIDGE * len(y) * np.eye(rows.shape[1])
    inverse: np.ndarray = keep
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        inverse = np.linalg.inv(rows.T @ (rows * (chance * (1 - chance))[:, None]) + keep)
        step = inverse @ (rows.T @ (y - chance) - keep @ weights)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return _with_errors(weights, inverse)


def _with_errors(weights: np.ndarray, covariance: np.ndarray) -> list[tuple[float, float]]:
    """Without the constant, which comes last."""
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return [(float(weight), float(error)) for weight, error in zip(weights[:-1], errors[:-1], strict=True)]


def _coefficient_names(design: Design, train: View) -> list[str]:
    labels = {name: train.names_of(name) for name in design.levels}
    return [
        name
        if code is None
        else f"{name} missing"
        if code < 0
        else f"{name} = {labels[name].get(code, f'(rare {code})')}"
        for name, code in design.columns
    ]


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _meaning(seen: Comparison) -> str:
    """How many estimates an analyst would read otherwise."""
    apart = sum(overlap == 0 for overlap in seen.overlaps)
    n = len(seen.overlaps)
    return f"Of {n} estimates {n - apart} agree within their intervals; {apart} are apart from the real ones."


def _details(seen: Comparison, floor: Comparison | None, n_pairs: int) -> dict[str, Any]:
    parts = ("coefficients", "means")
    found: dict[str, Any] = {"rows": seen.rows, "pairs_in_all": n_pairs}
    for part in parts:
        found[part] = {
            "n": len(getattr(seen, part)),
            "overlap": _part(seen, part),
            "floor": _part(floor, part),
            "least": _least(getattr(seen, part)),
        }
    for part in ("labels", "groups"):
        own = getattr(seen, part)
        found[f"top_{part}"] = {
            "n": len(own),
            "overlap": _mean(list(own.values())) if own else None,
            "floor": _mean(list(getattr(floor, part).values())) if floor and getattr(floor, part) else None,
            "least": dict(sorted(own.items(), key=lambda one: one[1])[:SHOWN]),
        }
    return found


def _part(comparison: Comparison | None, part: str) -> float | None:
    found = getattr(comparison, part).values() if comparison else ()
    return _mean([overlap for _, _, overlap in found]) if found else None


def _least(found: dict[str, tuple[float, float | None, float]]) -> list[dict[str, Any]]:
    """The estimates that overlap least."""
    order = sorted(found.items(), key=lambda one: one[1][2])[:SHOWN]
    return [{"of": name, "real": real, "synthetic": made, "overlap": overlap} for name, (real, made, overlap) in order]


def _charts(seen: Comparison) -> tuple[Chart, ...]:
    charts: list[Chart] = []
    if seen.coefficients:
        order = sorted(seen.coefficients.items(), key=lambda one: -abs(one[1][0]))[:SHOWN]
        bars: Bars = {
            "kind": "bars",
            "title": "Regression coefficients, standardised",
            "alt": f"The {len(order)} largest coefficients of the target on the other columns, real and synthetic.",
            "labels": [name for name, _ in order],
            "series": {"real": [one[0] for _, one in order], "synthetic": [one[1] for _, one in order]},
            "unit": "score",
        }
        charts.append(bars)
    if seen.means:
        least = _least(seen.means)
        table: Cells = {
            "kind": "table",
            "title": "Group means that agree least",
            "alt": f"The {len(least)} group means whose intervals overlap least.",
            "headings": ["mean of", "real", "synthetic", "overlap"],
            "rows": [list(one.values()) for one in least],
        }
        charts.append(table)
    lists = {**seen.labels, **seen.groups}
    if lists:
        order_lists = sorted(lists.items(), key=lambda one: one[1])[:SHOWN]
        tops: Bars = {
            "kind": "bars",
            "title": "Top lists: share of the real list that is in the synthetic one",
            "alt": f"The {len(order_lists)} top lists that agree least; the lowest is {order_lists[0][0]}.",
            "labels": [name for name, _ in order_lists],
            "series": {"synthetic": [share for _, share in order_lists]},
            "unit": "share",
        }
        charts.append(tops)
    return tuple(charts)
