"""Cells that are missing because of another column: an end date while open, a second name without a first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.keeping import Ask, Drawn, Laid
from synthgen.columns.rules.base import Fitting, Rows, Step
from synthgen.columns.rules.ranges import replaced
from synthgen.columns.wanted import Clause
from synthgen.table.schema import Missing


class Absent(Step):
    """Missing where another column says so; with ``exactly``, nowhere else.

    Args:
        rule: which column, and where.
        carrier: the learned column whose missing token it is: the column itself, or its gap.
        when: the column that says so, or its gap where only missing cells count.
    """

    kind = "missing"

    def __init__(self, rule: Missing, carrier: str, when: str) -> None:
        self.rule, self.carrier, self.when = rule, carrier, when
        self.drawn: Drawn | None = None
        self.decider: Drawn | None = None

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        steps = []
        for rule in fitting.schema.missing:
            if {rule.column, rule.when} <= fitting.columns.keys():
                carrier, when = (fitting.carriers.get(name, name) for name in (rule.column, rule.when))
                steps.append(cls(rule, carrier, when if rule.values == [None] else rule.when))
        return steps

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.when,)

    @property
    def blind(self) -> bool:
        return self.rule.values == [None]

    @property
    def moves(self) -> tuple[str, ...]:
        return (self.carrier,)

    def bind(self, drawn: Mapping[str, Drawn]) -> None:
        self.drawn, self.decider = drawn.get(self.carrier), drawn.get(self.when)

    def bars(self, learned: str, values: pa.Array) -> dict[str, np.ndarray]:
        return {self.rule.column: holds(values, self.rule.values)} if learned == self.when else {}

    def restore(self, rows: Rows) -> None:
        self._make_room(rows)
        gone = holds(rows.out[self.when], self.rule.values)
        values = pc.if_else(pa.array(gone), pa.scalar(None, rows.out[self.carrier].type), rows.out[self.carrier])
        lost = np.asarray(values.is_null()) & ~gone
        if self.rule.exactly and lost.any() and self.drawn is not None:
            values = _filled(values, lost, rows.stream("missing", self.rule.column), self.drawn, rows.start)
        rows.put(self.carrier, values)

    def _make_room(self, rows: Rows) -> None:
        """Where a cell is known, the other column cannot be missing and say that this one is."""
        if None not in self.rule.values or self.rule.column not in rows.known or self.decider is None:
            return
        wanted = np.asarray(rows.known[self.rule.column].is_valid())
        lost = wanted & np.asarray(rows.out[self.when].is_null())
        if lost.any():
            rng = rows.stream("present", self.rule.when)
            rows.put(self.when, _filled(rows.out[self.when], lost, rng, self.decider, rows.start))

    @property
    def concerns(self) -> tuple[str, ...]:
        return (self.rule.column,)

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        clauses = wanted[self.rule.column]
        if not all(clause.takes_values for clause in clauses):
            return Laid(onto=[self._when(ask, True)] if self.rule.exactly else [])
        return Laid() if all(clause.takes_missing for clause in clauses) else Laid(onto=[self._when(ask, False)])

    def _when(self, ask: Ask, gone: bool) -> tuple[str, Clause]:
        """The condition under which its cells are missing, or are not."""
        values = self.rule.values
        words = f"{self.rule.column} is {'' if gone else 'not '}missing"
        if values == [None]:
            return self.rule.when, Clause("missing" if gone else "present")
        if ask.kind(self.rule.when) in ("boolean", "categorical"):
            clause = Clause("judged", (lambda held: holds(held, values) == gone,), (None in values) == gone, words)
        else:
            named = tuple(value for value in values if value is not None)
            clause = Clause("in" if gone else "not in", named, (None in values) == gone)
        return self.rule.when, clause

    def state(self) -> dict[str, Any]:
        return {"rule": self.rule.model_dump(), "carrier": self.carrier, "when": self.when}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(Missing.model_validate(state["rule"]), state["carrier"], state["when"])


def holds(values: pa.Array, wanted: list[str | None]) -> np.ndarray:
    """``(N,)`` whether a cell holds one of the values, as text; None stands for a missing cell.

    Example:
        >>> holds(pa.array([1, None, 2]), ["1", None]).tolist()
        [True, True, False]
    """
    coded = values.dictionary_encode()
    texts = coded.dictionary.cast(pa.string()).to_pylist()
    known = np.array([text in wanted for text in texts] + [None in wanted], bool)
    found: np.ndarray = known[np.asarray(coded.indices.fill_null(len(texts)))]
    return found


def _filled(values: pa.Array, lost: np.ndarray, rng: np.random.Generator, drawn: Drawn, start: int) -> pa.Array:
    """Something in place of cells that must not be missing: what another of these rows holds."""
    there = np.flatnonzero(np.asarray(values.is_valid()))
    many = int(lost.sum())
    spare = values.take(pa.array(rng.choice(there, many))) if len(there) else drawn.blank(many, rng, start)
    return replaced(values, np.flatnonzero(lost), spare)
