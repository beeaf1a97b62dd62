"""Columns that another one decides: ties, one to one, and dependences, many to one."""

from __future__ import annotations

import zlib
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.formulas import read_numbers
from synthgen.columns.relations import TieMap, as_json, from_json
from synthgen.columns.rules.base import Fitting, Rows, Source, Step


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
        return TieMap.fit(fitting.columns[leader], fitting.columns[name], fitting.min_holders)

    @property
    def makes(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.leader,)

    def restore(self, rows: Rows) -> None:
        rows.out[self.name] = self.map.restore(rows.out[self.leader])

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
        self.others, self.weights = others, weights

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        pairs = [(one.column, one.depends_on) for one in fitting.schema.dependences]
        steps = []
        for name, leader in _taken(fitting, pairs):
            known = cls._map(fitting, name, leader)
            steps.append(cls(name, leader, known, *_beside_the_rare(fitting, name, leader, known)))
        return steps

    def restore(self, rows: Rows) -> None:
        values = rows.out[self.leader]
        if len(self.map.keys) and read_numbers(self.map.keys) is not None:  # beside a number, what the nearest one has
            rows.out[self.name] = self.map.restore(values)
            return
        known = (
            pc.is_in(values, value_set=self.map.keys) if len(self.map.keys) else pa.array(np.zeros(len(values), bool))
        )
        if not len(self.others) or pc.all(known, min_count=0).as_py():
            rows.out[self.name] = self.map.restore(values)
            return
        coded = values.dictionary_encode(null_encoding="encode")
        texts = [str(value).encode() for value in coded.dictionary.to_pylist()]
        place = np.array([zlib.crc32(text) / 2**32 for text in texts])  # one value, one follower, in any sample
        chosen = np.searchsorted(np.cumsum(self.weights) / self.weights.sum(), place, side="right")
        drawn = self.others.take(pa.array(np.minimum(chosen, len(self.others) - 1))).take(coded.indices)
        made = self.map.restore(values) if len(self.map.keys) else drawn
        rows.out[self.name] = pc.if_else(known, made, drawn)

    def state(self) -> dict[str, Any]:
        return super().state() | {"others": as_json(self.others), "weights": self.weights.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        known = TieMap.from_state(state["map"])
        others = from_json(state["others"], known.values.type)
        return cls(state["column"], state["leader"], known, others, np.array(state["weights"]))


def _taken(fitting: Fitting, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs whose columns are both there and no constants; the first is learned no more."""
    here = [pair for pair in pairs if all(n in fitting.columns and n not in fitting.constants for n in pair)]
    for name, _ in here:
        fitting.learned.remove(name)
    return here


def _beside_the_rare(fitting: Fitting, name: str, leader: str, known: TieMap) -> tuple[pa.Array, np.ndarray]:
    """What stands beside leaders that are not remembered: values that enough rows hold, and how many."""
    values, leaders = fitting.columns[name], fitting.columns[leader]
    rare = pc.invert(pc.is_in(leaders, value_set=known.keys)) if len(known.keys) else None
    for some in (values if rare is None else values.filter(rare), values):
        counted = pc.value_counts(some)
        counts = counted.field(1).to_numpy(zero_copy_only=False)
        enough = np.flatnonzero(counts >= fitting.min_holders)
        if len(enough):
            return counted.field(0).take(pa.array(enough)), counts[enough]
    return values[:0], np.zeros(0, np.int64)
