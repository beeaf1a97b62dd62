"""Do made people behave as real ones? Each table whose rows follow an owner and a time.

Letters: N rows of a table.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from synthgen.judging.base import Sides
from synthgen.linked.calendar import Calendar
from synthgen.linked.history import MOST_VALUES
from synthgen.linked.keys import parent_rows
from synthgen.linked.network import Network, codes, texts
from synthgen.metrics.base import Group, Result
from synthgen.metrics.behaviour import PREDICTIONS, Streams, judge_streams

UTILITY = {task.name for task in PREDICTIONS}


class BehaviourSection:
    """Events in time: how many, when, what after what; what comes next, told by predictors that made people taught."""

    name = "behaviour"
    title = "Behaviour"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        found: list[tuple[Group, Result]] = []
        for name in streaming(sides.train):
            kind = kind_of(sides.train, name)
            labels = (
                _labels([side.column(name, kind) for side in (sides.train, sides.held, sides.made)]) if kind else ()
            )
            train, held, made = (streams_of(side, name, kind, labels) for side in (sides.train, sides.held, sides.made))
            if not min(len(train), len(held), len(made)):
                continue
            for result in judge_streams(train, held, made, rng):
                if result.value is not None:
                    group: Group = "utility" if result.name in UTILITY else "fidelity"
                    named = replace(result, name=f"{name}.{result.name}", title=f"{name}: {result.title}")
                    found.append((group, named))
        return sorted(found, key=lambda pair: pair[0] != "utility")


def streaming(network: Network) -> list[str]:
    """Tables whose rows have an owner and a time."""
    return [name for name in network.plan.owner if network.schema.tables[name].time is not None]


def kind_of(network: Network, table: str) -> str | None:
    """The column that says what a row is: the first of labels with more than one value and few enough."""
    for line in network.own(table):
        if line.type in ("categorical", "boolean"):
            distinct = len(network.column(table, line.name).drop_null().unique())
            if 1 < distinct <= MOST_VALUES:
                return line.name
    return None


def streams_of(network: Network, table: str, kind: str | None, labels: tuple[str, ...]) -> Streams:
    """Rows of a table that have an owner and a time.

    Args:
        network: the tables.
        table: which of them.
        kind: the column of kinds; None: there is none.
        labels: its values.
    """
    owner, time = network.plan.owner[table], network.schema.tables[table].time
    assert time is not None
    keys = network.keys(owner.parent)
    owner_N = parent_rows([network.said(owner)], [keys])
    values = network.column(table, time)
    second_N, there_N = Calendar.fit(values, network.line(table, time).options).seconds(values)
    kind_N = np.full(len(owner_N), -1)
    if kind is not None:
        kind_N = codes(pa.array(texts(network.column(table, kind))), labels)
    kept = there_N & (owner_N >= 0)
    return Streams.of(owner_N[kept], second_N[kept], kind_N[kept], len(keys), labels)


def _labels(columns: list[pa.Array]) -> tuple[str, ...]:
    return tuple(sorted({text for column in columns for text in texts(column.drop_null())}))
