"""Missing cells that other cells of the row decide, without chance: columns tied one-to-one, terms of a formula.

A follower from its leader and a computed column from its inputs are the codec's; here it goes the other way.

Letters: N rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.codec import Codec
from synthgen.columns.formulas import compute, read_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.relations import TieMap
from synthgen.table.schema import Formula
from synthgen.table.table import joined


def deduced(codec: Codec, cells: pa.Table) -> pa.Table:
    """Cells with what they decide themselves filled in; those that are there stay."""
    for name, (leader, tie) in codec.ties.items():
        cells = _with(cells, leader, leaders(tie, joined(cells[name]), joined(cells[leader])))
    for formula in [*codec.remainders, *(formula for formula, _ in codec.formulas)]:
        for wanted in formula.inputs if formula not in codec.remainders else [*formula.inputs, formula.column]:
            cells = solved(codec, formula, wanted, cells)
    return cells


def _with(cells: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return cells.set_column(cells.column_names.index(name), name, pc.coalesce(joined(cells[name]), values))


def leaders(tie: TieMap, follower: pa.Array, leader: pa.Array) -> pa.Array:
    """The leader's value beside each follower's, where exactly one goes with it."""
    values = tie.values.drop_null()
    counted = pc.value_counts(values)
    once = counted.field(0).filter(pc.equal(counted.field(1), 1))
    at = pc.index_in(follower, value_set=tie.values, skip_nulls=True)
    sure = pc.is_in(follower, value_set=once, skip_nulls=True)
    return tie.keys.take(pc.if_else(sure, at, pa.scalar(None, at.type))).cast(leader.type)


def solved(codec: Codec, formula: Formula, wanted: str, cells: pa.Table) -> pa.Table:
    """A term of a formula from all the others, in rows that lack it alone."""
    kind = codec.modelled[wanted].type if wanted in codec.modelled else None
    others = [name for name in (*formula.inputs, formula.column) if name != wanted]
    if not isinstance(kind, Numeric) or wanted in others:
        return cells
    read = {name: read_numbers(joined(cells[name]), codec.decimal(name)) for name in (*others, wanted)}
    if any(x is None for x in read.values()):
        return cells
    x = {name: np.asarray(values, float) for name, values in read.items() if values is not None}
    lacking_N = np.asarray(cells[wanted].is_null()) & np.all([np.isfinite(x[name]) for name in others], axis=0)
    if not lacking_N.any():
        return cells
    solved_N = kind.text.tidy(np.where(lacking_N, np.nan_to_num(_solve(formula, wanted, x), nan=np.inf), np.inf))
    low, high = kind.bounds
    with np.errstate(invalid="ignore"):
        solved_N = np.where(np.isfinite(solved_N), solved_N, np.nan)
        fits_N = (solved_N >= low) & (solved_N <= high)
    written = kind.text.write(np.where(fits_N, solved_N, max(low, min(high, 0.0))))
    fits_N &= _agrees(codec, formula, wanted, x, written)
    return _with(cells, wanted, pc.if_else(pa.array(fits_N), written, pa.scalar(None, written.type)))


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


def _agrees(codec: Codec, formula: Formula, wanted: str, x: dict[str, np.ndarray], written: pa.Array) -> np.ndarray:
    """Whether the term as it is written gives the computed cell as it is written."""
    if formula in codec.remainders:
        return np.ones(len(written), bool)
    found = read_numbers(written, codec.decimal(wanted))
    assert found is not None
    text = next(text for one, text in codec.formulas if one == formula)
    result = compute(formula, {**x, wanted: found})
    wanted_N = x[formula.column]
    digits = 12 if text.decimals is None else text.decimals
    return np.asarray(np.abs(np.nan_to_num(result, nan=np.inf) - wanted_N) <= 0.5000001 * 10.0**-digits)
