"""Columns that another one decides: ties, one to one, and dependences, many to one."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.formulas import read_numbers
from synthgen.columns.holders import counted
from synthgen.columns.keeping import Ask, Drawn, Keeping, Laid, keeping_of, said
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.relations import TieMap, as_json, from_json
from synthgen.columns.rules.base import Fitting, Rows, Source, Step, equal
from synthgen.columns.wanted import FLOATS, Clause, Stretch, contradiction, union
from synthgen.errors import ConditionError
from synthgen.table.table import joined


class Tied(Step):
    """A column that stands beside another's value."""

    kind = "tie"
    how: Literal["tie", "dependence"] = "tie"

    def __init__(self, name: str, leader: str, known: TieMap) -> None:
        self.name, self.leader, self.map = name, leader, known

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        pairs = [(name, tie.columns[0]) for tie in fitting.schema.ties for name in tie.columns[1:]]
        return [cls(*pair, cls._map(fitting, *pair)) for pair in _taken(fitting, pairs)]

    @staticmethod
    def _map(fitting: Fitting, name: str, leader: str) -> TieMap:
        return TieMap.fit(fitting.columns[leader], fitting.columns[name], fitting.min_holders, fitting.unit_N)

    @property
    def makes(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.leader,)

    def restore(self, rows: Rows) -> None:
        rows.put(self.name, self.beside(rows.out[self.leader]))

    def beside(self, values: pa.Array) -> pa.Array:
        """``(N,)`` what stands beside values of the leader."""
        return self.map.restore(values)

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        """The leader's values beside which stands one that keeps the conditions."""
        clauses = wanted[self.name]
        known = pa.concat_arrays([self.map.values, self.others])
        keeping = keeping_of(clauses, known, ask.kind(self.name), ask.decimal(self.name))
        if not keeping(known).any():
            raise contradiction(clauses)
        nothing = pa.nulls(1, self.map.keys.type)
        missing, words = bool(keeping(self.beside(nothing))[0]), said(self.name, clauses)
        kind = ask.kind(self.leader)
        if kind in ("boolean", "categorical"):
            clause = Clause("judged", (lambda values: keeping(self.beside(values)),), missing, words)
        elif kind == "numeric" and self.by_number:
            stretches = tuple(leading_numbers(keeping, self.map, ask.decimal(self.leader)))
            clause = Clause("judged", stretches, missing, words)
        else:
            raise ConditionError(f"it is restored from {self.leader!r}; put the condition there")
        return Laid(keeps={self.name: keeping}, onto=[(self.leader, clause)])

    def tells(self, learned: str, values: pa.Array) -> dict[str, pa.Array]:
        return {self.name: self.beside(values)} if learned == self.leader else {}

    @property
    def others(self) -> pa.Array:
        """What may stand beside leaders that are not remembered."""
        return self.map.values[:0]

    @property
    def by_number(self) -> bool:
        """Whether beside a number that is not remembered stands what the nearest one has."""
        return len(self.map.keys) > 0 and read_numbers(self.map.keys) is not None

    def deduce(self, columns: Mapping[str, pa.Array], drawn: Mapping[str, Drawn]) -> dict[str, pa.Array]:
        leader = columns[self.leader]
        return {self.leader: pc.coalesce(leader, self.leaders(columns[self.name], leader.type))}

    def leaders(self, follower: pa.Array, kind: pa.DataType) -> pa.Array:
        """``(N,)`` the leader's value beside each follower's, null where more than one goes with it."""
        counted = pc.value_counts(self.map.values.drop_null())
        once = counted.field(0).filter(pc.equal(counted.field(1), 1))
        at = pc.index_in(follower, value_set=self.map.values, skip_nulls=True)
        sure = pc.is_in(follower, value_set=once, skip_nulls=True)
        return self.map.keys.take(pc.if_else(sure, at, pa.scalar(None, at.type))).cast(kind)

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        cells, leaders = columns[self.name], columns[self.leader]
        both = np.asarray(cells.is_valid()) & np.asarray(leaders.is_valid())
        return {self.name: both & ~equal(cells, self.beside(leaders))}

    def known_values(self, name: str) -> pa.Array | None:
        return pa.concat_arrays([self.map.values, self.others]) if name == self.name else None

    def source(self, name: str) -> Source | None:
        return Source(self.how, columns=(self.leader,)) if name == self.name else None

    def state(self) -> dict[str, Any]:
        return {"column": self.name, "leader": self.leader, "map": self.map.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["column"], state["leader"], TieMap.from_state(state["map"]))


class Following(Tied):
    """A column that another one decides; beside values too rare to be remembered, one that their rows had.

    Args:
        others: values that enough rows with a rare leader hold.
        weights: how many.
    """

    kind = "dependence"
    how = "dependence"

    def __init__(self, name: str, leader: str, known: TieMap, others: pa.Array, weights: np.ndarray) -> None:
        super().__init__(name, leader, known)
        self._others, self.weights = others, weights

    @property
    def others(self) -> pa.Array:
        return self._others

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        pairs = [(one.column, one.depends_on) for one in fitting.schema.dependences]
        steps = []
        for name, leader in _taken(fitting, pairs):
            known = cls._map(fitting, name, leader)
            steps.append(cls(name, leader, known, *_beside_the_rare(fitting, name, leader, known)))
        return steps

    def beside(self, values: pa.Array) -> pa.Array:
        if self.by_number:
            return self.map.restore(values)
        known = (
            pc.is_in(values, value_set=self.map.keys) if len(self.map.keys) else pa.array(np.zeros(len(values), bool))
        )
        if not len(self.others) or pc.all(known, min_count=0).as_py():
            return self.map.restore(values)
        coded = values.dictionary_encode(null_encoding="encode")
        texts = [str(value).encode() for value in coded.dictionary.to_pylist()]
        place = np.array([zlib.crc32(text) / 2**32 for text in texts])  # one value, one follower, in any sample
        chosen = np.searchsorted(np.cumsum(self.weights) / self.weights.sum(), place, side="right")
        drawn = self.others.take(pa.array(np.minimum(chosen, len(self.others) - 1))).take(coded.indices)
        made = self.map.restore(values) if len(self.map.keys) else drawn
        return pc.if_else(known, made, drawn)

    def deduce(self, columns: Mapping[str, pa.Array], drawn: Mapping[str, Drawn]) -> dict[str, pa.Array]:
        return {}  # a follower that one remembered leader has may stand beside rare ones too

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        found = super().broken(columns)[self.name]
        return {self.name: found & np.asarray(pc.is_in(columns[self.leader], value_set=self.map.keys))}

    def state(self) -> dict[str, Any]:
        return super().state() | {"others": as_json(self.others), "weights": self.weights.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        known = TieMap.from_state(state["map"])
        others = from_json(state["others"], known.values.type)
        return cls(state["column"], state["leader"], known, others, np.array(state["weights"]))


def leading_numbers(keeping: Keeping, tie: TieMap, decimal: str) -> list[Stretch]:
    """The numbers beside which stands what keeps the clauses: those nearest to a number that the tie remembers."""
    keys, kept_V = parse_numbers(tie.keys, decimal), keeping(tie.values)
    if decimal != "." or not np.isfinite(keys[np.asarray(tie.keys.is_valid())]).all():
        raise ConditionError("it is restored from a column of numbers with a decimal comma; put the condition there")
    order = np.argsort(keys)[: int(np.isfinite(keys).sum())]
    middles = (keys[order][1:] + keys[order][:-1]) / 2
    low = [FLOATS.least, *(FLOATS.after(middle) for middle in middles)]
    high = [*middles.tolist(), FLOATS.greatest]
    return union([ends for ends, kept in zip(zip(low, high, strict=True), kept_V[order], strict=True) if kept], FLOATS)


def _taken(fitting: Fitting, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs whose columns are both there and no constants; the first is learned no more."""
    here = [pair for pair in pairs if all(n in fitting.columns and n not in fitting.constants for n in pair)]
    for name, _ in here:
        fitting.learned.remove(name)
    return here


def _beside_the_rare(fitting: Fitting, name: str, leader: str, known: TieMap) -> tuple[pa.Array, np.ndarray]:
    """What stands beside leaders that are not remembered: values that enough rows hold, and how many."""
    values, leaders = fitting.columns[name], fitting.columns[leader]
    rare = np.ones(len(values), bool)
    if len(known.keys):
        rare = ~np.asarray(pc.is_in(leaders, value_set=known.keys))
    for some in (rare, np.ones(len(values), bool)):
        unit_N = None if fitting.unit_N is None else fitting.unit_N[some]
        found = counted({"value": values.filter(pa.array(some))}, unit_N)
        found = found.filter(pc.greater_equal(found["holders"], fitting.min_holders))
        if len(found):
            return joined(found["value"]), found["rows"].to_numpy()
    return values[:0], np.zeros(0, np.int64)
