"""Numbers that are computed from other numbers, and numbers that add up to a total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.formulas import compute, read_numbers
from synthgen.columns.keeping import Ask, Drawn, Laid
from synthgen.columns.number_text import NumberFormat, learn_format, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.rules.backwards import deduced, onto_input
from synthgen.columns.rules.base import Fitting, Rows, Source, Step
from synthgen.columns.wanted import Clause
from synthgen.table.schema import Formula

TOLERANCE = 1e-6
"""Of a computed number, relative: what reading and writing it costs."""


class Computed(Step):
    """A column that is computed.

    Args:
        formula: of what.
        text: how the result is written.
        decimals: decimal marks of the inputs.
    """

    kind = "formula"

    def __init__(self, formula: Formula, text: NumberFormat, decimals: dict[str, str]) -> None:
        self.formula, self.text, self.decimals = formula, text, decimals

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        steps = []
        for formula in _here(fitting):
            if formula in _in_total(fitting):
                continue
            fitting.learned.remove(formula.column)
            values, decimal = fitting.columns[formula.column].drop_null(), fitting.decimal(formula.column)
            text = learn_format(values, parse_numbers(values, decimal), decimal)
            steps.append(cls(formula, text, {name: fitting.decimal(name) for name in formula.inputs}))
        return steps

    @property
    def makes(self) -> tuple[str, ...]:
        return (self.formula.column,)

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(self.formula.inputs)

    def restore(self, rows: Rows) -> None:
        n_rows = rows.n_rows
        inputs = {name: read_numbers(rows.out[name], self.decimals[name]) for name in self.formula.inputs}
        result = compute(self.formula, {k: np.zeros(n_rows) if v is None else v for k, v in inputs.items()})
        gone = ~np.isfinite(result)
        values = self.text.write(self.text.tidy(np.where(gone, 0.0, result)))
        if gone.any():
            values = values.take(pa.array(np.arange(n_rows), mask=gone))
        rows.put(self.formula.column, values)

    def lay(self, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
        keeping, onto = onto_input(self.formula, self.text, wanted[self.formula.column], ask)
        return Laid(keeps={self.formula.column: keeping}, onto=onto)

    def deduce(self, columns: Mapping[str, pa.Array], drawn: Mapping[str, Drawn]) -> dict[str, pa.Array]:
        return deduced(self.formula, columns, drawn, self._decimals, self.text)

    @property
    def _decimals(self) -> dict[str, str]:
        return self.decimals | {self.formula.column: self.text.decimal}

    def broken(self, columns: Mapping[str, pa.Array]) -> dict[str, np.ndarray]:
        names = (*self.formula.inputs, self.formula.column)
        read = {name: read_numbers(columns[name], self._decimals[name]) for name in names}
        x = {name: np.asarray(found, float) for name, found in read.items() if found is not None}
        if len(x) < len(set(names)):
            return {}
        cells_N, result_N = x[self.formula.column], compute(self.formula, x)
        unit = 0.0 if self.text.decimals is None else 10.0**-self.text.decimals
        off_N = np.abs(result_N - cells_N) > unit + TOLERANCE * np.abs(cells_N)
        return {self.formula.column: off_N & np.isfinite(cells_N) & np.isfinite(result_N)}

    def known_values(self, name: str) -> pa.Array | None:
        return pa.nulls(0, self.text.type) if name == self.formula.column else None

    def source(self, name: str) -> Source | None:
        return Source("formula", columns=self.reads) if name == self.formula.column else None

    def state(self) -> dict[str, Any]:
        return {"formula": self.formula.model_dump(), "text": self.text.state(), "decimals": self.decimals}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        formula = Formula.model_validate(state["formula"])
        return cls(formula, NumberFormat.from_state(state["text"]), state["decimals"])


class Total(Step):
    """Drawn numbers that add up to a total: what is wanting goes to the largest of them."""

    kind = "total"

    def __init__(self, formula: Formula, decimals: dict[str, str]) -> None:
        self.formula, self.decimals = formula, decimals
        self.kinds: dict[str, Numeric] = {}

    @classmethod
    def fit(cls, fitting: Fitting) -> list[Self]:
        totals = [f for f in _in_total(fitting) if {f.column, *f.inputs} <= set(fitting.learned)]
        return [cls(f, {name: fitting.decimal(name) for name in (*f.inputs, f.column)}) for f in totals]

    @property
    def moves(self) -> tuple[str, ...]:
        return (*self.formula.inputs, self.formula.column)

    def bind(self, drawn: Mapping[str, Drawn]) -> None:
        kinds = {name: drawn[name].type for name in self.moves}
        self.kinds = {name: kind for name, kind in kinds.items() if isinstance(kind, Numeric)}

    def restore(self, rows: Rows) -> None:
        """The largest takes what is wanting, then the next, within their bounds; what is known or asked for stays."""
        out, formula = rows.out, self.formula
        read = [read_numbers(out[name], self.decimals[name]) for name in self.kinds]
        if len(self.kinds) < len(self.moves) or any(x is None for x in read):
            return
        x_NK = np.stack(read, 1)  # type: ignore[arg-type]
        whole_N = np.isfinite(x_NK).all(1)
        bounds = np.array([kind.bounds for kind in self.kinds.values()])
        wanting_N = np.where(whole_N, formula.total - x_NK.sum(1), 0.0)
        order_NK = np.argsort(-np.nan_to_num(np.abs(x_NK)), axis=1, kind="stable")
        rows_N = np.arange(len(x_NK))
        free_NK = ~np.stack([rows.stays(name) for name in self.kinds], 1)
        for k_N in order_NK.T:
            old_N = x_NK[rows_N, k_N]
            new_N = np.where(free_NK[rows_N, k_N], np.clip(old_N + wanting_N, *bounds[k_N].T), old_N)
            x_NK[rows_N, k_N] = new_N
            wanting_N = wanting_N - np.nan_to_num(new_N - old_N)
        for (name, kind), x_N, free_N in zip(self.kinds.items(), x_NK.T, free_NK.T, strict=True):
            values = kind.text.write(kind.text.tidy(np.where(whole_N, x_N, 0.0)))
            rows.put(name, pc.if_else(pa.array(whole_N & free_N), values, out[name]))

    def deduce(self, columns: Mapping[str, pa.Array], drawn: Mapping[str, Drawn]) -> dict[str, pa.Array]:
        return deduced(self.formula, columns, drawn, self.decimals, None)

    def source(self, name: str) -> Source | None:
        return Source("own", name, moved=True) if name in self.moves else None

    def state(self) -> dict[str, Any]:
        return {"formula": self.formula.model_dump(), "decimals": self.decimals}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(Formula.model_validate(state["formula"]), state["decimals"])


def _here(fitting: Fitting) -> list[Formula]:
    """Formulas whose columns are all there."""
    return [f for f in fitting.schema.formulas if {f.column, *f.inputs} <= fitting.columns.keys() - fitting.constants]


def _in_total(fitting: Fitting) -> list[Formula]:
    """Formulas of a total all whose columns can be drawn; each column is in one of them at most."""
    computed = {f.column for f in _here(fitting) if f.operation != "complement"}
    computed |= {name for tie in fitting.schema.ties for name in tie.columns[1:]}
    computed |= {one.column for one in fitting.schema.dependences}
    computed |= {name for group in fitting.schema.one_hot for name in group.columns}
    computed |= {name for group in fitting.schema.combinations for name in group.columns}
    taken: set[str] = set()
    totals = []
    for formula in _here(fitting):
        names = {formula.column, *formula.inputs}
        numeric = all(fitting.kinds.get(name) == "numeric" for name in names)
        if formula.operation == "complement" and numeric and not names & (computed | taken):
            totals.append(formula)
            taken |= names
    return totals
