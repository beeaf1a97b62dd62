"""Each table that people own, joined with its owner's columns and the row before, judged as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from synthgen.judging.base import Sides
from synthgen.linked.people import WHOSE
from synthgen.metrics import METRICS
from synthgen.metrics.base import Metric
from synthgen.metrics.evaluation import Evaluation, evaluate
from synthgen.synthesizers.linked import joined_tables
from synthgen.table.origin import Origin
from synthgen.table.schema import Schema
from synthgen.table.table import Table

Joined = tuple[pa.Table, Schema]
NO_ATTACKS = tuple(metric for metric in METRICS if metric.group != "privacy")


def judge_tables(
    sides: Sides, origins: Mapping[str, Origin], epochs: Mapping[str, int] | None = None
) -> dict[str, Evaluation]:
    """By name the evaluation of each table of which rows were held out.

    Attacks are not tried on a table of ties: those held out have one end at least among people held out, so they are
    no rows like the others; attacks on people see them.

    Args:
        sides: the three networks.
        origins: how each table came.
        epochs: by table from when its times are counted, on all sides.
    """
    real, unseen, made = (
        joined_tables(
            {name: Table(table, origins[name], name) for name, table in one.tables.items()},
            sides.config,
            one.schema,
            epochs,
        )
        for one in (sides.train, sides.held, sides.made)
    )
    found = {}
    for name, joined in real.items():
        others = [one[name] for one in (unseen, made) if name in one and len(one[name][0])]
        if name not in sides.whole and len(others) == 2:
            tried = NO_ATTACKS if name in sides.train.plan.edges else METRICS
            own = sides.train.tables[name].column_names
            found[name] = _judge(joined, others[0], others[1], sides, tried, own)
    return found


def _judge(
    real: Joined, unseen: Joined, made: Joined, sides: Sides, metrics: Sequence[Metric], names: Sequence[str]
) -> Evaluation:
    table, lines = real
    unit = WHOSE if WHOSE in table.column_names else None
    if unit is not None:
        unseen, made = _with_people(unseen), _with_people(made)
    shared = [c.name for c in lines.columns if all(c.name in other[0].column_names for other in (unseen, made))]
    own = lines.model_copy(update={"columns": [c for c in lines.columns if c.name in shared]})
    config = sides.config
    return evaluate(
        table.select(shared),
        unseen[0].select(shared),
        made[0].select(shared),
        own,
        target=config.target if config.target in shared else None,
        seed=config.seed,
        min_holders=config.min_holders,
        unit=unit,
        metrics=metrics,
        derived=set(shared) - set(names),
    )


def _with_people(joined: Joined) -> Joined:
    """The same where each row is somebody's own, with a column that says so."""
    table, lines = joined
    if WHOSE in table.column_names:
        return joined
    return table.append_column(WHOSE, pa.array(np.arange(len(table)))), lines
