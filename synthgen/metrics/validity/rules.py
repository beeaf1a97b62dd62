"""Rules: what ties columns together in every real row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from synthgen.columns.formula_search import NumberColumn, number_column
from synthgen.columns.formulas import breaks, read_numbers
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.rules.broken import BROKEN
from synthgen.errors import DataError, SchemaError
from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.validity.faults import Faults, fault_result
from synthgen.metrics.view import View
from synthgen.table.schema import Formula, Line, Schema

Check = Callable[[View], np.ndarray]
"""``(N,)`` bool, True where a row breaks the rule."""


class Rules:
    """Share of rows that break a rule of the schema, over all rules.

    A tie is broken by a pair of values that no training row holds, when one of the two is known. A formula is broken
    beyond half a unit of the last place that the real column is written to. Of a dependence, the value beside most
    real rows counts as right; a unique column's second and later rows of a value are broken.
    """

    name = "rules"
    title = "Rows that break a rule"
    group: Group = "validity"
    direction: Direction = "lower"

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        if not train.n_rows or not synthetic.n_rows:
            return not_applicable(self, "there are no rows to look at")
        faults = {}
        for name, check in _rules(train):
            found, held, real = (int(check(view).sum()) for view in (synthetic, holdout, train))
            faults[name] = Faults(found, synthetic.n_rows, held, holdout.n_rows, real)
        if not faults:
            return not_applicable(self, "no rule ties the columns of this table")
        what = f"rows, counted for each of {len(faults)} rule{'s' if len(faults) != 1 else ''}"
        clean = "What holds in every real row holds in the synthetic ones."
        broken = "What holds in real rows does not hold in all synthetic ones: {names}."
        return fault_result(self, faults, train.n_rows, what, clean, broken)


def _rules(train: View) -> Iterator[tuple[str, Check]]:
    """All rules of the schema between columns that are there."""
    schema = train.schema or Schema(columns=[])
    for tie in schema.ties:
        names = [name for name in tie.columns if name in train.compared]
        for name in names[1:]:
            yield f"{names[0]} and {name}, one to one", _tie_check(train, names[0], name)
    for formula in schema.formulas:
        if check := _formula_check(train, formula):
            yield formula.text, check
    for key, line in schema.rules:
        if key in BROKEN and (check := _value_check(train, key, line)):
            yield line.text, check


def _tie_check(train: View, first: str, second: str) -> Check:
    def check(view: View) -> np.ndarray:
        a, b = (_shared_codes(train, view, name) for name in (first, second))
        pairs = [
            one.astype(np.int64) * (int(max(b[0].max(initial=0), b[1].max(initial=0))) + 1) + two
            for one, two in zip(a, b, strict=True)
        ]
        known = np.isin(a[1], a[0]) | np.isin(b[1], b[0])
        return np.asarray(known & ~np.isin(pairs[1], pairs[0]))

    return check


def _shared_codes(train: View, view: View, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column in both tables; missing has one of its own."""
    if name in train.labels:
        return train.labels[name], view.labels[name]
    both = np.concatenate([train.quantities[name], view.quantities[name]])
    codes, _ = pd.factorize(both, use_na_sentinel=False)
    return codes[: train.n_rows], codes[train.n_rows :]


def _formula_check(train: View, formula: Formula) -> Check | None:
    names = [formula.column, *formula.inputs]
    if any(name not in train.measures for name in names):
        return None
    columns = {name: number_column(name, _numbers(train, name)) for name in names}
    by_name: dict[str, NumberColumn] = {name: column for name, column in columns.items() if column is not None}
    if len(by_name) < len(columns):
        return None
    return lambda view: breaks(formula, {name: _numbers(view, name) for name in names}, by_name)


def _numbers(view: View, name: str) -> np.ndarray:
    """``(N,)`` float64; nan where a cell is no number."""
    if name in view.quantities:
        return view.quantities[name]
    assert view.raw is not None
    found = read_numbers(view.raw[name])
    if found is None:
        found = np.concatenate([parse_numbers(chunk) for chunk in view.raw[name].chunks])
    return np.where(np.isfinite(found), found, np.nan)


def _value_check(train: View, key: str, line: Line) -> Check | None:
    """The check of a rule that is judged on the values as they stand."""
    like, schema = train.raw, train.schema
    if like is None or schema is None or any(name not in train.measures for name in line.columns_named.values()):
        return None
    try:
        BROKEN[key](line, like.slice(0, 1), like, schema)
    except (DataError, SchemaError):  # by hand, of columns that do not say yes and no, or hold no dates
        return None

    def check(view: View) -> np.ndarray:
        assert view.raw is not None
        return BROKEN[key](line, view.raw, like, schema)

    return check
