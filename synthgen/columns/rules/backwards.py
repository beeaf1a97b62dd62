"""Formulas run backwards: a term from all the others, and what a condition on the result asks of a single input.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.formulas import compute, read_numbers
from synthgen.columns.keeping import Ask, Drawn, Keeping, about_values, said
from synthgen.columns.number_text import NumberFormat, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.numeric_restriction import number_stretches
from synthgen.columns.wanted import FLOATS, Clause, Stretch, contains, contradiction, union
from synthgen.errors import ConditionError
from synthgen.table.schema import Formula


def deduced(
    formula: Formula,
    columns: Mapping[str, pa.Array],
    drawn: Mapping[str, Drawn],
    decimals: Mapping[str, str],
    text: NumberFormat | None,
) -> dict[str, pa.Array]:
    """Terms of a formula from all the others, in rows that lack one alone.

    Args:
        formula: of what.
        columns: cells that are there.
        drawn: columns with tokens: only such a term is found.
        decimals: decimal marks of all columns.
        text: how the result is written; None: it is one of the terms (of a total).
    """
    found: dict[str, pa.Array] = {}
    for wanted in formula.inputs if text is not None else [*formula.inputs, formula.column]:
        here = {**columns, **found}
        found[wanted] = _solved(formula, wanted, here, drawn, decimals, text)
    return found


def _solved(
    formula: Formula,
    wanted: str,
    columns: Mapping[str, pa.Array],
    drawn: Mapping[str, Drawn],
    decimals: Mapping[str, str],
    text: NumberFormat | None,
) -> pa.Array:
    cells = columns[wanted]
    kind = drawn[wanted].type if wanted in drawn else None
    others = [name for name in (*formula.inputs, formula.column) if name != wanted]
    if not isinstance(kind, Numeric) or formula.inputs.count(wanted) > 1:
        return cells
    read = {name: read_numbers(columns[name], decimals[name]) for name in (*others, wanted)}
    if any(x is None for x in read.values()):
        return cells
    x = {name: np.asarray(values, float) for name, values in read.items() if values is not None}
    lacking_N = np.asarray(cells.is_null()) & np.all([np.isfinite(x[name]) for name in others], axis=0)
    if not lacking_N.any():
        return cells
    solved_N = kind.text.tidy(np.where(lacking_N, np.nan_to_num(_solve(formula, wanted, x), nan=np.inf), np.inf))
    low, high = kind.bounds
    with np.errstate(invalid="ignore"):
        solved_N = np.where(np.isfinite(solved_N), solved_N, np.nan)
        fits_N = (solved_N >= low) & (solved_N <= high)
    written = kind.text.write(np.where(fits_N, solved_N, max(low, min(high, 0.0))))
    if text is not None:
        fits_N &= _agrees(formula, wanted, x, read_numbers(written, decimals[wanted]), text)
    return pc.coalesce(cells, pc.if_else(pa.array(fits_N), written, pa.scalar(None, written.type)))


def _solve(formula: Formula, wanted: str, x: dict[str, np.ndarray]) -> np.ndarray:
    """``(N,)`` the term that makes the formula true; nan where none or more than one does."""
    y = x.get(formula.column)
    rest = [x[name] for name in formula.inputs if name != wanted]
    first = wanted == formula.inputs[0]
    nothing = np.full(len(next(iter(x.values()))), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        if wanted == formula.column:
            return np.asarray(compute(formula, x))
        assert y is not None
        if formula.operation == "sum":
            return np.asarray(y - sum(rest))
        if formula.operation == "complement":
            return np.asarray(formula.total - y - sum(rest))
        if formula.operation == "difference":
            return np.asarray(y + rest[0] if first else rest[0] - y)
        if formula.operation == "product":
            return np.where(rest[0] != 0, y / rest[0], np.nan)
        if formula.operation == "ratio":
            return np.asarray(y * rest[0] if first else np.where(y != 0, rest[0] / y, np.nan))
        if formula.operation == "share":
            return (
                np.where(y < 1, rest[0] * y / (1 - y), np.nan)
                if first
                else np.where(y > 0, rest[0] / y - rest[0], np.nan)
            )
    return nothing


def _agrees(
    formula: Formula, wanted: str, x: dict[str, np.ndarray], found: np.ndarray | None, text: NumberFormat
) -> np.ndarray:
    """Whether the term as it is written gives the computed cell as it is written."""
    assert found is not None
    result = compute(formula, {**x, wanted: found})
    digits = 12 if text.decimals is None else text.decimals
    return np.asarray(np.abs(np.nan_to_num(result, nan=np.inf) - x[formula.column]) <= 0.5000001 * 10.0**-digits)


def onto_input(
    formula: Formula, text: NumberFormat, clauses: Sequence[Clause], ask: Ask
) -> tuple[Keeping, list[tuple[str, Clause]]]:
    """What a column computed from one other asks of that one; from several, no restriction of tokens is exact.

    Raises:
        ConditionError: it is computed from several, or nothing is left.
    """
    source = formula.inputs[0]
    kind = ask.drawn[source].type if source in ask.drawn else None
    if len(formula.inputs) > 1 or not isinstance(kind, Numeric):
        names = " and ".join(map(repr, formula.inputs))
        raise ConditionError(f"it is computed, {formula.text}; put the condition on {names} in its place")
    if not all(clause.takes_values for clause in clauses):
        return Keeping.of(clauses, None), [(source, Clause("missing"))]
    missing = all(clause.takes_missing for clause in clauses)
    if not about_values(clauses):
        return Keeping.of(clauses, None), [(source, Clause("present"))]
    wanted = number_stretches(about_values(clauses), text.type, ask.decimal(formula.column))
    if not wanted:
        raise contradiction(clauses)

    def computed(x: np.ndarray) -> np.ndarray:
        return parse_numbers(text.write(text.tidy(compute(formula, {source: x}))), text.decimal)

    turn = [formula.total] if formula.operation == "absolute" else []
    low, high = kind.bounds
    ends = [low, *(min(max(point, low), high) for point in turn), high]
    found = [part for a, b in pairwise(ends) for want in wanted for part in before(computed, a, b, want)]

    def judge(values: pa.Array) -> np.ndarray:
        return contains(wanted, parse_numbers(values, text.decimal))

    clause = Clause("judged", tuple(union(found, FLOATS)), missing, said(formula.column, clauses))
    return Keeping.of(clauses, judge), [(source, clause)]


def before(function: Callable[[np.ndarray], np.ndarray], low: float, high: float, wanted: Stretch) -> list[Stretch]:
    """Where a function that only rises, or only falls, from ``low`` to ``high`` has values in a stretch."""
    at_low, at_high = function(np.array([low, high]))
    rises = bool(at_low <= at_high)
    least, most = (at_low, at_high) if rises else (at_high, at_low)
    if most < wanted[0] or least > wanted[1]:
        return []

    def edge(limit: float, is_past: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """The last point before and the first one past, from the end with the least value on."""
        before, past = (low, high) if rises else (high, low)
        while True:
            middle = before / 2 + past / 2
            if middle in (before, past):
                return before, past
            if is_past(function(np.array([middle])))[0]:
                past = middle
            else:
                before = middle

    first = (low if rises else high) if least >= wanted[0] else edge(wanted[0], lambda y: y >= wanted[0])[1]
    last = (high if rises else low) if most <= wanted[1] else edge(wanted[1], lambda y: y > wanted[1])[0]
    first, last = (first, last) if rises else (last, first)
    return [(first, last)] if first <= last else []
