"""Distance share: whether synthetic rows lie nearer to training rows than to rows never seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.charts import Lines, Series
from synthgen.metrics.privacy.neighbours import Points, RangeScale, nearest
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View

FEWEST_ROWS = 20
MOST_ROWS = 2_000
"""Synthetic rows: the interval is then 0.022 to either side."""
MOST_REFERENCES = 10_000
"""Real rows of each kind."""
MOST_WORK = 1_000_000_000
"""Cells compared, about a second and a half on one core; wider tables get fewer reference rows."""
TIE = 1e-5
LEVELS = np.array([1, 2, 5, *range(10, 100, 10), 95, 98, 99]) / 100


class DistanceShare:
    """Share of synthetic rows whose nearest real row is a training row, with equally many held-out ones; 0.5 is ideal.

    The distance is the sum of differences of quantities (over the training range) and 2 for each label that differs;
    a missing quantity stands at the training mean. Ties are split. In the floor one half of the held-out rows plays
    the generator. The interval holds the chance in the synthetic rows, not in which real rows were held out; ``p``
    in the details holds that too: real rows are the units, as each was a training row by the toss of a coin.

    The details have the same by kind of column, quantiles of the distance to the closest record, and of the
    nearest-neighbour ratio: that distance over the one to the second closest, near 0 where a synthetic row sits on
    one person alone.
    """

    name = "distance_share"
    title = "Distance share"
    group: Group = "privacy"
    direction: Direction = "half"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.compared:
            return not_applicable(self, "there is no column with values to compare")
        if min(train.n_rows, holdout.n_rows, synthetic.n_rows) < FEWEST_ROWS:
            return not_applicable(self, f"fewer than {FEWEST_ROWS} training, held-out or synthetic rows")
        found = look(synthetic, train, holdout, rng)
        mixed, half = rng.permutation(holdout.n_rows), holdout.n_rows // 2
        floor = look(holdout.take(mixed[:half]), train, holdout.take(mixed[half:]), rng)
        interval = binomial_interval(found.share * found.rows, found.rows)
        if interval[0] > 0.5:
            so = "it is nearer to the people it was learned from, which gives something of them away"
        else:
            so = "it is no nearer to the people it was learned from than to strangers"
        levels, curves = _curves(found, floor, train.min_holders)
        return Result(
            self.name,
            self.title,
            found.share,
            self.direction,
            floor=floor.share,
            interval=interval,
            sentence=f"{found.rows:,} rows, {found.references:,} training and as many held-out rows; 0.5 is best",
            meaning=f"The nearest real person of a synthetic row is a training person in {found.share:.1%} of the "
            f"cases, of a held-out row in {floor.share:.1%}: {so}.",
            unit="score",
            details={
                "rows": found.rows,
                "references_of_each": found.references,
                "ties": found.ties,
                "rows_floor": floor.rows,
                "p": found.p,
                "groups": found.groups,
                "levels": levels,
                "closest": {name: _rounded(np.quantile(one[0], levels)) for name, one in curves.items()},
                "ratio": {name: _rounded(np.quantile(one[1], levels)) for name, one in curves.items()},
            },
            charts=tuple(_chart(levels, curves, place) for place in (0, 1)) if levels else (),
        )


@dataclass(frozen=True)
class Nearness:
    """How near rows are to training and to held-out rows.

    Attributes:
        share: of rows nearer to a training row; ties count half.
        ties: share of rows as near to both.
        rows: how many.
        references: real rows of each kind.
        p: chance of such a share if it were chance which real rows were held out.
        groups: the share by kind of column.
        to_train: ``(rows, 2)`` distances to the two nearest training rows.
        to_holdout: the same to held-out rows.
    """

    share: float
    ties: float
    rows: int
    references: int
    p: float
    groups: dict[str, float]
    to_train: np.ndarray
    to_holdout: np.ndarray


def look(rows: View, train: View, holdout: View, rng: np.random.Generator) -> Nearness:
    """How near rows are to equally many training and held-out rows."""
    n = min(rows.n_rows, MOST_ROWS)
    affordable = MOST_WORK // (2 * n * len(train.compared))
    references = min(train.n_rows, holdout.n_rows, MOST_REFERENCES, max(affordable, FEWEST_ROWS))
    scale = RangeScale.learn(train)
    drawn = scale.place(rows.draw(n, rng))
    real = scale.place(train.draw(references, rng)), scale.place(holdout.draw(references, rng))
    (to_train, at_train), (to_holdout, at_holdout) = (nearest(drawn, one, 2) for one in real)
    nearer, tie = _compare(to_train, to_holdout)
    at = np.where(nearer > 0, at_train[:, 0], references + at_holdout[:, 0])
    groups = {name: _share(_only(drawn, part), *(_only(one, part) for one in real)) for name, part in _parts(drawn)}
    return Nearness(
        float((nearer + 1).mean() / 2),
        float(tie.mean()),
        n,
        references,
        _chance(nearer, at),
        groups,
        to_train,
        to_holdout,
    )


def _compare(to_train: np.ndarray, to_holdout: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(N,)`` 1 where the nearest training row is nearer, -1 where the held-out one is, 0 where they tie; ties."""
    gap = to_holdout[:, 0] - to_train[:, 0]
    tie = np.abs(gap) <= TIE
    return np.where(tie, 0.0, np.sign(gap)), tie


def _chance(nearer: np.ndarray, at: np.ndarray) -> float:
    """One-sided: the sum of what each real row attracts, against all its coins tossed anew."""
    sums = np.bincount(at, weights=nearer)
    spread = float(np.sqrt((sums**2).sum()))
    return float(norm.sf(sums.sum() / spread)) if spread > 0 else 1.0


def _parts(points: Points) -> list[tuple[str, tuple[list[int], list[int]]]]:
    """Kinds of columns, when there are two of them."""
    quantities, labels = list(range(len(points.x_QN))), list(range(len(points.codes)))
    return [("quantities", (quantities, [])), ("labels", ([], labels))] if quantities and labels else []


def _only(points: Points, part: tuple[list[int], list[int]]) -> Points:
    return points.only(*part)


def _share(rows: Points, train: Points, holdout: Points) -> float:
    nearer, _ = _compare(nearest(rows, train)[0], nearest(rows, holdout)[0])
    return float((nearer + 1).mean() / 2)


Curves = dict[str, tuple[np.ndarray, np.ndarray]]


def _curves(found: Nearness, floor: Nearness, holders: int) -> tuple[list[float], Curves]:
    """Levels with enough rows on either side, and distances and ratios of each pair of tables."""
    pairs = {
        "synthetic to training": found.to_train,
        "synthetic to held-out": found.to_holdout,
        "held-out to training": floor.to_train,
    }
    fewest = min(found.rows, floor.rows, found.references)
    levels = [float(level) for level in LEVELS if min(level, 1 - level) * fewest >= holders]
    ratio = {name: one[:, 0] / np.maximum(one[:, 1], TIE) for name, one in pairs.items()}
    return levels, {name: (one[:, 0], np.minimum(ratio[name], 1.0)) for name, one in pairs.items()}


def _chart(levels: list[float], curves: Curves, place: int) -> Lines:
    what = ("Distance to the closest record", "Closest over second closest distance")[place]
    series: list[Series] = [
        {"name": name, "x": _rounded(np.quantile(one[place], levels)), "y": list(levels)}
        for name, one in curves.items()
    ]
    middle = {name: float(np.median(one[place])) for name, one in curves.items()}
    told = ", ".join(f"{name} {value:.3g}" for name, value in middle.items())
    return {
        "kind": "lines",
        "title": what,
        "alt": f"Share of rows up to each value, one curve per pair of tables; medians: {told}.",
        "x_label": what.lower(),
        "y_label": "share of rows",
        "series": series,
    }


def _rounded(values: np.ndarray) -> list[float | int | None]:
    """To three digits: a distance to the last digit could be told from its row."""
    return [float(f"{value:.3g}") for value in values]
