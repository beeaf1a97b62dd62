"""Trends that run over two tables or two rows, measured as within one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.fidelity.trend import pair_errors
from synthgen.metrics.linked.base import OWNER, OWNERS, LinkedMetric, LinkedView, frequent_labels, missing, no_rows
from synthgen.metrics.sets import Pair
from synthgen.metrics.statistics import floor_scale
from synthgen.metrics.view import View
from synthgen.metrics.wording import beside_floor, percent

MOST_PAIRS = 2_000
PAIRS_KEPT = 20


class ParentChildTrend:
    """Mean over pairs of an owner's column and a column of its rows: the trend error of the joined table.

    The number of rows is a column of the owner, so that an owner without columns has one.
    """

    name = "parent_child"
    title = "Parent-child trend"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if reason := no_rows(self, *views):
            return reason
        pairs = [(a, b) for a in own_columns(train) for b in train.rows.compared]
        return mean_trend(self, [view.joined for view in views], views, pairs, rng)


class SummaryTrend:
    """Mean over pairs of an owner's column and a summary of its rows, owner by owner."""

    name = "parent_summary"
    title = "Parent-summary trend"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if reason := no_rows(self, *views):
            return reason
        frequent = frequent_labels(train)
        tables = [view.summaries(frequent) for view in views]
        summaries = [name for name in tables[0].compared if not name.startswith(OWNER)]
        pairs = [(a, b) for a in own_columns(train) for b in summaries]
        return mean_trend(self, tables, views, pairs, rng)


class SiblingTrend:
    """Mean over pairs of a column of the row before and a column of the row, both of one owner."""

    name = "siblings"
    title = "Trend from row to row"
    direction: Direction = "lower"

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        views = (train, holdout, synthetic)
        if not all((~view.first_N).any() for view in views):
            return missing(self, "one of the tables has no owner with two rows")
        pairs = [(f"before: {a}", b) for a in train.rows.compared for b in train.rows.compared]
        return mean_trend(self, [view.followed for view in views], views, pairs, rng)


def own_columns(view: LinkedView) -> list[str]:
    """Columns of owners as they are named beside rows; how many rows they have, by doublings alone."""
    return [OWNER + name for name in view.owners.compared if name != OWNERS]


def mean_trend(
    metric: LinkedMetric,
    tables: Sequence[View],
    views: Sequence[LinkedView],
    pairs: list[Pair],
    rng: np.random.Generator,
) -> Result:
    """The mean error of pairs, and the floor: held-out owners, as if they were as many as the made ones.

    Args:
        metric: whose result it is.
        tables: the real, held-out and made one.
        views: whose owners they are of.
        pairs: of columns.
        rng: draws pairs where there are too many.
    """
    if len(pairs) > MOST_PAIRS:
        pairs = [pairs[place] for place in sorted(rng.choice(len(pairs), MOST_PAIRS, replace=False))]
    errors = pair_errors(tables[0], tables[2], pairs)
    if not errors:
        return missing(metric, "no pair of columns has a trend in the real tables")
    scale = floor_scale(*(view.parent.n_rows for view in views))
    floors = {pair: error * scale for pair, error in pair_errors(tables[0], tables[1], pairs).items()}
    value, floor = float(np.mean(list(errors.values()))), float(np.mean(list(floors.values())))
    worst = sorted(errors, key=lambda pair: floors.get(pair, 0.0) - errors[pair])[:PAIRS_KEPT]
    return Result(
        metric.name,
        metric.title,
        value,
        metric.direction,
        floor=floor,
        sentence=f"mean of {len(errors):,} pairs",
        meaning=f"How two columns go together is off by {percent(value)} on average, most of all {worst[0][0]} with "
        f"{worst[0][1]}. {beside_floor(value, floor)}",
        details={"pairs": [{"first": a, "second": b, "error": errors[a, b], "floor": floors[a, b]} for a, b in worst]},
    )
