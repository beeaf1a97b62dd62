"""Rows that choose among many parents: what is learned of whom they take, and what a row knows of what it took.

Letters: N rows of a table, P rows of a parent, O owners, A owners who have a row left to make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from synthgen.columns.date_text import DAY
from synthgen.columns.number_text import parse_numbers
from synthgen.linked.calendar import weekdays
from synthgen.linked.choosing import (
    Choosing,
    StandIns,
    choices,
    learned,
    level_of,
    levels,
    many_to_choose_from,
    taste_of,
)
from synthgen.linked.frames import (
    MOST_OF_PARENT,
    Clockwork,
    Frame,
    cluster_of,
    labels,
    number_of,
    numbers,
    parents,
    shifted,
    tellers,
)
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.linked_part import Part
from synthgen.table.table import Table

MOST_LEVELS = 4
"""Columns of a row whose means are helpers of its owner and of what it chooses."""


class Learning(Protocol):
    """What is known while tables are fitted."""

    model: Any
    schema: LinkedSchema
    tables: dict[str, Table]
    rows: dict[Reference, np.ndarray]

    def seconds(self, name: str, order_N: np.ndarray) -> np.ndarray:
        """Times of rows that stand owner by owner."""
        ...


@dataclass(frozen=True)
class Choice:
    """What is known of how a table chooses, while tables are fitted.

    Attributes:
        owner: whose rows they are.
        reference: what they choose.
        choosing: what is kept of it.
        cluster_P: the cluster of each row that can be chosen.
        group_O: the group of each owner; -1 of those without rows.
        level: by column, of owners and of what is chosen.
    """

    owner: Reference
    reference: Reference
    choosing: Choosing
    cluster_P: np.ndarray
    group_O: np.ndarray
    level: Mapping[str, tuple[np.ndarray, np.ndarray]]

    @classmethod
    def fit(cls, fitting: Learning, name: str, order_N: np.ndarray) -> Choice | None:
        """Learn it where a table has enough rows and enough to choose from; of several references the largest.

        Args:
            fitting: what is known.
            name: the table.
            order_N: its rows, owner by owner.
        """
        plan, part, config = fitting.model.plan, fitting.model.parts[name], fitting.model.config
        owner: Reference = plan.owner[name]
        owner_N = fitting.rows[owner][order_N]
        found = [
            r
            for r in plan.chosen[name]
            if r.parent != owner.parent
            and many_to_choose_from(owner_N, fitting.rows[r][order_N], len(fitting.tables[r.parent]))
        ]
        if not found:
            return None
        reference = max(found, key=lambda r: len(fitting.tables[r.parent]))
        item_N = fitting.rows[reference][order_N]
        sizes = len(fitting.tables[owner.parent]), len(fitting.tables[reference.parent])
        timed = part.calendar is not None and part.begins is None
        second_N = None
        if timed:
            second_N = fitting.seconds(name, order_N)
        seed = derived_seed(config.seed, "choosing", reference.text) % 2**31
        model, group_O = learned(owner_N, item_N, second_N, sizes, seed, config.min_holders)
        owned_N = owner_N >= 0
        table, level = fitting.tables[name], dict[str, tuple[np.ndarray, np.ndarray]]()
        for line in tellers(fitting.schema.tables[name].columns, [], 10**6):
            if line.type == "numeric" and line.name in part.own and len(level) < MOST_LEVELS:
                value_N = parse_numbers(table.column(line.name), table.origin.dialect.decimal)[order_N]
                level[line.name] = (
                    levels(owner_N, value_N, sizes[0], 1),
                    levels(item_N, value_N, sizes[1], config.min_holders),
                )
        missing = float((item_N[owned_N] < 0).mean())
        choosing = Choosing(reference.text, model, timed, missing, tuple(level))
        return cls(owner, reference, choosing, model.clusters, group_O, level)

    def add_to_parent(self, frame: Frame, name: str, order_P: np.ndarray) -> None:
        """Helpers of owners and of what is chosen: group, and means of rows."""
        if name == self.owner.parent:
            frame.add(taste_of(self.reference, self.owner), "categorical", labels(self.group_O[order_P]))
        for reference, side in ((self.owner, 0), (self.reference, 1)):
            if name == reference.parent:
                for column, both in self.level.items():
                    value_P = both[side][order_P]
                    frame.add(level_of(reference, column), "numeric", _or_missing(value_P))

    def add_to_rows(self, frame: Frame, fitting: Learning, order_N: np.ndarray) -> None:
        """What a row knows: the group and means of its owner, the cluster, means and columns of what it chose."""
        owner_N, item_N = fitting.rows[self.owner][order_N], fitting.rows[self.reference][order_N]
        frame.add(
            taste_of(self.reference, self.owner), "categorical", shifted(labels(self.group_O), owner_N), given=True
        )
        kind_P = labels(self.cluster_P)
        frame.add(cluster_of(self.reference), "categorical", shifted(kind_P, item_N), given=True)
        for reference, side, row_N in ((self.owner, 0, owner_N), (self.reference, 1, item_N)):
            for column, both in self.level.items():
                values = shifted(_or_missing(both[side]), row_N)
                frame.add(level_of(reference, column), "numeric", values, given=True)
        parent = self.reference.parent
        if parent in fitting.schema.tables:
            linked = {c for r in fitting.schema.of(parent) for c in r.columns} | set(fitting.schema.key_of(parent))
            for line in tellers(fitting.schema.tables[parent].columns, list(linked), MOST_OF_PARENT):
                values = fitting.tables[parent].column(line.name)
                frame.add(parents(parent, line.name), line, shifted(values, item_N), given=True)


def add_own_times(frame: Frame, name: str, time: str, second_N: np.ndarray, epoch: int, clock: bool) -> None:
    """When a row is, where its time is known before the rest of it."""
    for column, (kind, values) in own_times(name, time, second_N, epoch, clock).items():
        frame.add(column, kind, values, given=True)


def own_times(name: str, time: str, second_N: np.ndarray, epoch: int, clock: bool) -> dict[str, tuple[str, pa.Array]]:
    """Weekday, days since the first of all and, of times with a clock, the hour: type and values."""
    names = Clockwork.of(name, time)
    found: dict[str, tuple[str, pa.Array]] = {
        names.weekday: ("categorical", weekdays(second_N)),
        names.since: ("numeric", pa.array((second_N - epoch) // DAY)),
    }
    if clock:
        found[names.hour] = ("numeric", pa.array(second_N % DAY // 3_600))
    return found


class Choices:
    """What the rows of one table choose, all drawn before the rows themselves are made.

    Args:
        making: what has been made so far.
        name: the table.
        owner: whose rows they are.
        chosen: references of which one is chosen so.
        whose_O: the owner's row for each who gets rows; below 0: none.
        number_O: how many.
        seed: of every draw.
    """

    def __init__(
        self,
        making: Any,
        name: str,
        owner: Reference,
        chosen: tuple[Reference, ...],
        whose_O: np.ndarray,
        number_O: np.ndarray,
        seed: int,
    ) -> None:
        part: Part = making.model.parts[name]
        assert part.choosing is not None
        self.choosing = part.choosing
        self.reference = next(r for r in chosen if r.text == self.choosing.reference)
        self.parent, self.name = making.made[self.reference.parent], name
        self.epoch, self.time = part.epoch, making.model.schema.tables[name].time
        self.clock = part.calendar is not None and part.calendar.clock
        taste, whole = taste_of(self.reference, owner), making.made[owner.parent]
        group_O = np.full(len(whose_O), -1, np.int64)
        if taste in whole.columns:
            group_O = np.where(whose_O >= 0, numbers(whole.columns[taste])[np.maximum(whose_O, 0)], -1)
        rng = numpy_stream(seed, "choices", self.reference.text)
        once = part.once[self.reference.text]
        self.drawn = choices(self.choosing, self._stand_ins(making), number_O, group_O, once, rng)
        self.start_O = np.cumsum(self.drawn.number_O) - self.drawn.number_O

    def _stand_ins(self, making: Any) -> StandIns:
        if making.model.parts[self.reference.parent].kept is not None:
            return StandIns.same(self.parent.rows)
        helper = cluster_of(self.reference)
        there = helper in self.parent.columns
        kind_P = numbers(self.parent.columns[helper]) if there else np.zeros(self.parent.rows, np.int64)
        return StandIns.of(kind_P, self.parent.numbers(number_of(self.reference)), self.choosing.model)

    def context(self, row_A: np.ndarray, known: Callable[[str], bool]) -> dict[str, pa.Array]:
        """What these rows, by number, know of what they chose, and when they are.

        Args:
            row_A: rows.
            known: whether a column is one that the model knows.
        """
        item_A = self.drawn.row_E[row_A]
        found = {
            parents(self.reference.parent, column): shifted(values, item_A)
            for column, values in self.parent.columns.items()
            if known(parents(self.reference.parent, column))
        }
        found |= {column: shifted(values, item_A) for column, values in self.parent.columns.items() if known(column)}
        if self.drawn.second_E is not None and self.time is not None:
            times = own_times(self.name, self.time, self.drawn.second_E[row_A], self.epoch, self.clock)
            found |= {column: values for column, (_, values) in times.items()}
        return found


def _or_missing(value_P: np.ndarray) -> pa.Array:
    gone_P = np.isnan(value_P)
    return pa.array(np.nan_to_num(value_P), mask=gone_P)
