"""Columns that hold one value in every row, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.holders import holders
from synthgen.columns.keeping import Ask, Laid, keeping_of
from synthgen.columns.physical import named_type, type_name
from synthgen.columns.rules.base import Fitting, Rows, Source, Step, equal
from synthgen.columns.wanted import Clause
from synthgen.errors import ConditionError
from synthgen.table.schema import SPECIAL_TYPES


class Constant(Step):
    """A column without tokens."""

    kind = "constant"

    def __init__(self, name: str, value: pa.Array) -> None:
        self.name, self.value = name, value

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        steps = []
        for name in fitting.names:
            values, kind = fitting.columns[name], fitting.schema.column(name).type
            if kind in SPECIAL_TYPES or values.null_count == len(values):
                present = values.drop_null()
                unit_N = None if fitting.unit_N is None else fitting.unit_N[np.asarray(values.is_valid())]
                held = holders(np.zeros(len(present), np.int64), 1, unit_N)[0]
                none = kind == "missing" or held < fitting.min_holders
                steps.append(cls(name, pa.nulls(1, values.type) if none else present[:1]))
                fitting.learned.remove(name)
                fitting.constants.add(name)
        return steps

    @property
    def makes(self) -> tuple[str, ...]:
        return (self.name,)

    def restore(self, rows: Rows) -> None:
        rows.put(self.name, self.value.take(pa.array(np.zeros(rows.n_rows, np.int64))))

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        clauses, held = wanted[self.name], self.value[0].as_py()
        says = "it is missing in every row" if held is None else f"it holds {str(held)!r} in every row"
        try:
            keeping = keeping_of(clauses, self.value, ask.kind(self.name), ask.decimal(self.name))
            kept = bool(keeping(self.value)[0])
        except ConditionError:
            kept = False
        if not kept:
            asked = " and ".join(repr(str(clause)) for clause in clauses)
            raise ConditionError(f"{says}, so {asked} cannot be kept. Leave the condition out")
        return Laid(keeps={self.name: keeping})

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        cells = columns[self.name]
        everywhere = self.value.take(pa.array(np.zeros(len(cells), np.int64)))
        return {self.name: np.asarray(cells.is_valid()) & ~equal(cells, everywhere)}

    def known_values(self, name: str) -> pa.Array | None:
        return self.value if name == self.name else None

    def source(self, name: str) -> Source | None:
        return Source("constant") if name == self.name else None

    def state(self) -> dict[str, Any]:
        text = pc.cast(self.value, pa.string()).to_pylist()[0]
        return {"column": self.name, "physical": type_name(self.value.type), "value": text}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(state["column"], pa.array([state["value"]], pa.string()).cast(named_type(state["physical"])))
