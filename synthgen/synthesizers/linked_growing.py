"""Rows of owners made one after another: each is told of its owner, of the rows before, and of when they were.

Letters: N rows of a table, O owners, A owners who have a row left to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.date_text import DAY
from synthgen.columns.number_text import parse_numbers
from synthgen.linked.calendar import Calendar, Gaps, weekdays
from synthgen.linked.frames import (
    Clockwork,
    before,
    cluster_of,
    labels,
    mean,
    numbers,
    parents,
    shifted,
    usual_of,
)
from synthgen.linked.history import Follow, History, Values, arrow_of
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.linked.siblings import Sibling
from synthgen.seeding import derived_seed
from synthgen.synthesizers.completing import SoFar, completed_with
from synthgen.synthesizers.linked_campaigns import Campaigns
from synthgen.synthesizers.linked_choosing import Choices
from synthgen.synthesizers.linked_part import Part

STEPS = 256
"""Steps after which what was made is put together."""


class Makeable(Protocol):
    """The model that makes them."""

    schema: LinkedSchema
    plan: Plan
    parts: dict[str, Part]
    missing: dict[Reference, float]
    campaigns: Campaigns | None


@dataclass
class Made:
    """One table so far.

    Attributes:
        rows: how many.
        columns: by name, helpers too.
        owner_N: the row of the owner of each row, below 0 for none; empty for tables without one.
        second_N: times in seconds since 1970, where its rows follow a time.
        same_N: the row whose texts each row has too, where some are posted by several.
    """

    rows: int
    columns: dict[str, pa.Array] = field(default_factory=dict)
    owner_N: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    second_N: np.ndarray | None = None
    same_N: np.ndarray | None = None

    @classmethod
    def of(cls, table: pa.Table) -> Made:
        """A table of its own."""
        return cls(len(table), {name: table.column(name).combine_chunks() for name in table.column_names})

    def numbers(self, name: str) -> np.ndarray:
        """``(N,)`` whole numbers of a helper, 0 or more; 0 where there is no such helper or no number."""
        if name not in self.columns:
            return np.zeros(self.rows, np.int64)
        found = pc.fill_null(self.columns[name].cast(pa.float64()), 0.0)
        return np.maximum(np.round(np.asarray(found)), 0).astype(np.int64)


class Begun(Protocol):
    """Tables that are there when rows of another are made."""

    model: Makeable
    made: dict[str, Made]


@dataclass
class Piece:
    """Rows made in some steps: whose they are, which of the owner's, what they hold, and when they are."""

    owner_N: np.ndarray
    at_N: np.ndarray
    table: pa.Table
    second_N: np.ndarray
    row_N: np.ndarray

    @classmethod
    def joined(cls, pieces: list[Piece]) -> Piece:
        """One of many, columns in one piece each: of thousands of steps, what describes them outweighs their rows."""
        owner_N, at_N, second_N, row_N = (
            np.concatenate(parts)
            for parts in zip(*((p.owner_N, p.at_N, p.second_N, p.row_N) for p in pieces), strict=True)
        )
        table = pa.concat_tables([piece.table for piece in pieces]).combine_chunks()
        return cls(owner_N, at_N, table, second_N, row_N)


class Growing:
    """Rows of some owners, those with most rows first."""

    def __init__(
        self,
        making: Begun,
        name: str,
        whose_O: np.ndarray,
        number_O: np.ndarray,
        seed: int,
        siblings: list[Sibling],
        so_far: SoFar,
    ) -> None:
        self.making, self.name, self.whose_O, self.number_O, self.seed = making, name, whose_O, number_O, seed
        self.part, plan = making.model.parts[name], making.model.plan
        self.owner, self.chosen = plan.owner[name], plan.chosen[name]
        self.time = making.model.schema.tables[name].time if self.part.calendar is not None else None
        self.siblings, self.so_far = siblings, so_far
        self.before: pa.Table | None = None
        self.choices: Choices | None = None
        self.start_O = np.zeros(len(whose_O), np.int64)
        self.second_O = self._begins()
        self.counts = {r: np.zeros((len(whose_O), 1), np.int64) for r in self.chosen}
        self.usual = {r: np.full(len(whose_O), -1, np.int64) for r in self.chosen}
        self.known = None if self.part.model is None else self.part.model.known("linked tables")
        self.of_owner = self._of_owner()
        self.repeated: dict[str, str] = {}
        self.sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        follow = Follow(name)
        if self.known is not None:
            drawn, context = self.known.codec.names, self.known.codec.context
            self.repeated = {before(name, column): column for column in drawn if before(name, column) in context}
            nothing = np.zeros(len(whose_O)), np.zeros(len(whose_O), np.int64)
            self.sums = {c: (nothing[0].copy(), nothing[1].copy()) for c in drawn if mean(name, c) in context}
            clock = self.part.calendar is not None and self.part.calendar.clock
            follow = Follow.learned(name, self.time, clock, drawn, context)
        self.history = History(follow, number_O)
        self.values = {kind: Values() for kind in follow.kinds}

    def take(self, choices: Choices, start_O: np.ndarray) -> None:
        """What rows choose is known before they are made; those of each owner begin at these numbers."""
        self.choices, self.start_O = choices, start_O
        self.chosen = tuple(r for r in self.chosen if r != choices.reference)

    def _begins(self) -> np.ndarray:
        """From when each owner's first time is counted."""
        since_O = np.full(len(self.whose_O), self.part.epoch)
        if self.part.begins is None:
            return since_O
        made, column = self.making.made[self.owner.parent], self.part.begins
        parent = self.making.model.schema.tables[self.owner.parent]
        if made.second_N is not None and parent.time == column:
            found_P, there_P = made.second_N, np.ones(made.rows, bool)
        else:
            values = made.columns[column]
            found_P, there_P = Calendar.fit(values, parent.columns.column(column).options).seconds(values)
        row_O = np.maximum(self.whose_O, 0)
        return np.where((self.whose_O >= 0) & there_P[row_O], found_P[row_O], since_O)

    def _of_owner(self) -> dict[str, pa.Array]:
        """What does not change from row to row."""
        if self.known is None:
            return {}
        made, context = self.making.made[self.owner.parent], set(self.known.codec.context)
        found = {
            parents(self.owner.parent, column): shifted(values, self.whose_O)
            for column, values in made.columns.items()
            if parents(self.owner.parent, column) in context
        }
        found |= {c: shifted(values, self.whose_O) for c, values in made.columns.items() if c in context}
        return found | {f"{self.name}: rows of this owner": pa.array(self.number_O)}

    @property
    def timed(self) -> bool:
        """Whether times are known before rows are made."""
        return self.choices is not None and self.choices.drawn.second_E is not None

    def pieces(self) -> list[Piece]:
        """All rows, step by step."""
        found: list[Piece] = []
        whole: list[Piece] = []
        for at in range(int(self.number_O.max(initial=0))):
            alive = int(np.searchsorted(-self.number_O, -at, side="left"))
            table = self._step(at, alive)
            self._note(at, table, alive)
            at_A, row_A = np.full(alive, at), self.start_O[:alive] + at
            found.append(Piece(self.whose_O[:alive], at_A, table, self.second_O[:alive].copy(), row_A))
            if len(found) == STEPS:
                whole, found = [*whole, Piece.joined(found)], []
        return [*whole, Piece.joined(found)] if found else whole

    def _step(self, at: int, alive: int) -> pa.Table:
        if self.known is None:
            return pa.table({"": pa.nulls(alive)})
        context = {name: values.slice(0, alive) for name, values in self.of_owner.items()}
        context[f"{self.name}: rows so far"] = pa.array(np.full(alive, at))
        if self.before is not None:
            earlier = self.before.slice(0, alive)
            context |= {name: earlier.column(column).combine_chunks() for name, column in self.repeated.items()}
        for reference in self.chosen:
            context[usual_of(reference)] = labels(self.usual[reference][:alive])
        if self.choices is not None:
            context |= self.choices.context(self.start_O[:alive] + at, self.known.codec.context.__contains__)
        if self.time is not None and not self.timed:
            names = Clockwork.of(self.name, self.time)
            context[names.weekday] = weekdays(self.second_O[:alive])
            context[names.hour] = pa.array(self.second_O[:alive] % DAY // 3_600)
            context[names.since] = pa.array((self.second_O[:alive] - self.part.epoch) // DAY)
        for column, (sum_O, count_O) in self.sums.items():
            mean_A = sum_O[:alive] / np.maximum(count_O[:alive], 1)
            context[mean(self.name, column)] = pa.array(mean_A, mask=count_O[:alive] == 0)
        for sibling in self.siblings:
            context |= arrow_of(sibling.known(self.whose_O[:alive], self.second_O[:alive]))
        context |= arrow_of(self.history.known(alive))
        made = completed_with(self.known, context, alive, derived_seed(self.seed, "step", at), self.so_far)
        if self.part.texts is not None and self.part.texts.columns:
            return made  # texts are told of whole rows
        return made.select([name for name in made.column_names if name not in self.known.codec.context])

    def _note(self, at: int, table: pa.Table, alive: int) -> None:
        """What the next row of each owner will know."""
        self.before = table
        for column, (sum_O, count_O) in self.sums.items():
            number_A = parse_numbers(table.column(column).combine_chunks(), self.part.origin.dialect.decimal)
            there_A = ~np.isnan(number_A)
            sum_O[:alive] += np.where(there_A, number_A, 0.0)
            count_O[:alive] += there_A
        for reference in self.chosen:
            helper = cluster_of(reference)
            if helper not in table.column_names:
                continue
            kind_A = numbers(table.column(helper).combine_chunks())
            counts = self.counts[reference]
            if (most := int(kind_A.max(initial=0)) + 1) > counts.shape[1]:
                counts = np.pad(counts, ((0, 0), (0, most - counts.shape[1])))
                self.counts[reference] = counts
            there = np.flatnonzero(kind_A >= 0)
            counts[there, kind_A[there]] += 1
            usual_O = self.usual[reference]
            more = there[counts[there, kind_A[there]] >= counts[there, np.maximum(usual_O[there], 0)]]
            usual_O[more] = kind_A[more]
        if self.timed:
            assert self.choices is not None
            assert self.choices.drawn.second_E is not None
            self.second_O[:alive] = self.choices.drawn.second_E[self.start_O[:alive] + at]
        elif self.time is not None:
            self.second_O[:alive] = self._times(table, at, alive)
        kinds = {kind: values.numbers(table.column(kind).combine_chunks()) for kind, values in self.values.items()}
        self.history.note(kinds, None if self.time is None else self.second_O[:alive])

    def _times(self, table: pa.Table, at: int, alive: int) -> np.ndarray:
        assert self.time is not None
        begins = self.part.begins is not None
        names, first_A = Clockwork.of(self.name, self.time), np.full(alive, at == 0 and not begins)
        found: dict[str, np.ndarray] = {}
        for name in names.drawn:
            there = name in table.column_names
            values = table.column(name).combine_chunks().cast(pa.float64()) if there else pa.nulls(alive, pa.float64())
            found[name] = np.asarray(pc.fill_null(values, np.nan))
        days_A = np.nan_to_num(found[names.days]).astype(np.int64)
        if begins or at:
            days_A = np.maximum(days_A, 0)
        gaps = Gaps(days_A, found[names.clock], found[names.within])
        before_A = self.second_O[:alive]
        after_A: np.ndarray = np.minimum(gaps.after(before_A, first_A), np.maximum(self.part.last, before_A))
        return after_A
