"""Numbers that are computed from other numbers: found on a sample of rows, proven on all of them.

Letters: N rows, K columns, n rows of the sample.

A formula holds when every row agrees within half a unit of the last place that the column is written to.
Missing in, missing out. It has to matter: in 30 rows or more it says something other than one of its inputs
(in 10, where flags are added up).
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

import numpy as np
import pyarrow as pa

from synthgen.columns.formula_search import (
    DIVISIONS,
    FEWEST_ROWS,
    PAIRS,
    NumberColumn,
    candidates,
    divisor,
    number_column,
)
from synthgen.columns.number_text import is_text, parse_numbers
from synthgen.seeding import numpy_stream
from synthgen.table.schema import Formula, Schema

FEWEST_FLAGGED = 10
"""As ``FEWEST_ROWS``, for a flag that is a sum of flags, each of which is rare by nature."""

MOST_BROKEN = 0.001
"""Share of rows in which a formula may fail to be offered as nearly kept."""

_SAMPLE_ROWS = 20_000
_RANK = {"absolute": 0, "sum": 0, "product": 1, "ratio": 2, "share": 2, "difference": 3, "complement": 4}


def read_numbers(values: pa.Array | pa.ChunkedArray, decimal: str = ".") -> np.ndarray | None:
    """Plain finite numbers of a column, text or not, as ``(N,)`` float64; nan where missing. None: not all are such.

    Example:
        >>> read_numbers(pa.array(["1", None, "2.50"]))
        array([1. , nan, 2.5])
        >>> read_numbers(pa.array(["1", "a few"])) is None
        True
    """
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    chunks = [chunk.cast(pa.uint8()) if pa.types.is_boolean(chunk.type) else chunk for chunk in chunks]
    numbers = np.concatenate([_parsed(chunk, decimal) for chunk in chunks] or [np.empty(0)])
    return numbers if np.isfinite(numbers).sum() == len(values) - values.null_count else None


def _parsed(values: pa.Array, decimal: str) -> np.ndarray:
    """As ``parse_numbers``, and several times faster on plain text."""
    if is_text(values.type) and decimal == ".":
        with suppress(pa.ArrowInvalid):
            return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return parse_numbers(values, decimal)


def compute(formula: Formula, columns: dict[str, np.ndarray]) -> np.ndarray:
    """The computed column.

    Args:
        formula: what to compute.
        columns: ``(N,)`` float64 by name, nan where missing; the inputs must be among them.

    Returns:
        ``(N,)`` float64, nan where an input is missing.

    Example:
        >>> rate = Formula(column="rate", operation="ratio", inputs=["posts", "days"], decimals=2)
        >>> compute(rate, {"posts": np.array([1.0, 5.0]), "days": np.array([3.0, 0.0])})
        array([0.33,  nan])
    """
    inputs = [columns[name] for name in formula.inputs]
    result: np.ndarray
    if formula.operation == "sum":
        result = np.sum(inputs, axis=0)
    elif formula.operation == "complement":
        result = formula.total - np.sum(inputs, axis=0)
    elif formula.operation == "absolute":
        result = np.abs(inputs[0] - formula.total)
    else:
        with np.errstate(all="ignore"):
            result = PAIRS[formula.operation](inputs[0], inputs[1])
        if formula.operation in DIVISIONS:
            constant = np.nan if formula.when_zero is None else formula.when_zero
            by_zero = divisor(formula.operation, inputs[0], inputs[1]) == 0
            result = np.where(by_zero, np.where(np.isnan(inputs[0]), np.nan, constant), result)
    if formula.low is not None or formula.high is not None:
        result = np.clip(result, formula.low, formula.high)
    if formula.decimals is None:
        return result
    with np.errstate(over="ignore", invalid="ignore"):  # a number too large to be rounded stays as it is
        rounded = np.round(result, formula.decimals) + 0.0  # no negative zero
    return np.where(np.isfinite(rounded), rounded, result)


def find_formulas(
    table: pa.Table,
    schema: Schema,
    *,
    target: str | None = None,
    min_holders: int = 5,
    nearly: list[tuple[Formula, int]] | None = None,
) -> list[Formula]:
    """Numeric columns that are exactly computable from others, in an order in which they can be computed.

    Args:
        table: the raw table.
        schema: types of its columns, and ties: a column of a tie is not computed, so ties can be restored first.
        target: never computed.
        min_holders: a constant for ratios over zero needs so many rows.
        nearly: where given, formulas that fail in few rows are added, with how many these are.

    Returns:
        Formulas that hold in every row, without circles. Ratios are computed rather than counts: of the
        columns in a relation, the one written to most decimals.
    """
    names = [c.name for c in schema.columns if c.type in ("numeric", "boolean")]
    names = [name for name in names if not any(name in tie.columns[1:] for tie in schema.ties)]
    marks = {c.name: str(c.options.get("decimal", ".")) for c in schema.columns}
    if table.num_rows < FEWEST_ROWS:
        return []
    rng = numpy_stream(0, "formulas")
    rows = np.arange(table.num_rows)
    if len(rows) > _SAMPLE_ROWS:
        rows = np.sort(rng.choice(rows, _SAMPLE_ROWS, replace=False))
    sampled = table.select(names).take(pa.array(rows))
    columns = [c for name in names if (c := number_column(name, read_numbers(sampled[name], marks[name]))) is not None]

    @lru_cache(maxsize=16)
    def numbers(name: str) -> np.ndarray | None:
        return read_numbers(table[name], marks[name])

    by_name = {column.name: column for column in columns}
    places = {column.name: -1 if column.decimals is None else column.decimals for column in columns}
    given = {target, *(name for tie in schema.ties for name in tie.columns)}
    given |= {name for name in names if pa.types.is_boolean(table[name].type)}  # a number is not written as one
    found = [f for f in candidates(columns, target, rng) if f.column not in given]
    found.sort(key=lambda f: (places[f.column] != -1, -places[f.column], _RANK[f.operation], len(f.inputs)))
    accepted: list[Formula] = []
    for formula in found:
        if _would_circle(formula, accepted):
            continue
        whole = {name: numbers(name) for name in (formula.column, *formula.inputs)}
        if all(values is not None for values in whole.values()):
            proven = _proven(formula, whole, by_name, min_holders)  # type: ignore[arg-type]
            accepted += [proven] if proven else []
            known = [{f.column, *f.inputs} for f, _ in nearly or []]
            if nearly is not None and proven is None and {formula.column, *formula.inputs} not in known:
                broken = _broken_rows(formula, whole, by_name)  # type: ignore[arg-type]
                nearly += [(formula, broken)] if 0 < broken <= MOST_BROKEN * table.num_rows else []
    if nearly is not None:
        nearly[:] = [pair for pair in nearly if not _would_circle(pair[0], accepted)]
    return _in_order(accepted)


def _proven(
    formula: Formula, whole: dict[str, np.ndarray], by_name: dict[str, NumberColumn], min_holders: int
) -> Formula | None:
    """The formula with its bounds, if it holds in all N rows and says something in 30 of them."""
    wanted, inputs = whole[formula.column], [whole[name] for name in formula.inputs]
    if formula.operation in DIVISIONS:
        zero = wanted[(divisor(formula.operation, *inputs) == 0) & ~np.isnan(inputs[0])]
        if len(zero) and not np.isnan(zero).all():
            if (zero != zero[0]).any() or (zero[0] != 0 and len(zero) < min_holders):
                return None
            formula = formula.model_copy(update={"when_zero": float(zero[0])})
    result = compute(formula.model_copy(update={"decimals": None}), whole)
    if not np.array_equal(np.isnan(result), np.isnan(wanted)):
        return None
    known = ~np.isnan(wanted)
    wanted, result, inputs = wanted[known], result[known], [values[known] for values in inputs]
    half = _allowed(formula, wanted, inputs, by_name)
    if (np.abs(result - wanted) > half).any():
        return None
    fewest = FEWEST_FLAGGED if by_name[formula.column].is_flag else FEWEST_ROWS
    if any(rows.sum() < fewest for rows in _beyond_inputs(formula, wanted, inputs, half)):
        return None
    return formula.model_copy(update=_bounds(formula, wanted, by_name[formula.column]))


def breaks(formula: Formula, columns: dict[str, np.ndarray], by_name: dict[str, NumberColumn]) -> np.ndarray:
    """Rows in which a column is not what its formula gives.

    Args:
        formula: the rule.
        columns: ``(N,)`` float64 by name, nan where missing; the formula's columns must be among them.
        by_name: how the same columns are written in the table that the rule was found in.

    Returns:
        ``(N,)`` bool, True where they differ by more than half a unit of the column's last place; False where a
        value is missing.

    Example:
        >>> both = Formula(column="both", operation="sum", inputs=["a", "b"])
        >>> columns = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0]), "both": np.array([4.0, 7.0])}
        >>> breaks(both, columns, {name: number_column(name, values) for name, values in columns.items()})
        array([False,  True])
    """
    wanted, result = columns[formula.column], compute(formula.model_copy(update={"decimals": None}), columns)
    known = ~np.isnan(wanted) & ~np.isnan(result)
    broken = np.zeros(len(wanted), bool)
    if known.any():
        inputs = [columns[name][known] for name in formula.inputs]
        half = _allowed(formula, wanted[known], inputs, by_name)
        broken[known] = np.abs(result[known] - wanted[known]) > half
    return broken


def _broken_rows(
    formula: Formula, whole: dict[str, np.ndarray], by_name: dict[str, NumberColumn], probed: int = FEWEST_ROWS
) -> int:
    """Rows in which a formula fails, its missing cells too; all rows where it says no more than an input does."""
    wanted, inputs = whole[formula.column], [whole[name] for name in formula.inputs]
    result = compute(formula, whole)
    off = breaks(formula, whole, by_name) | (np.isnan(result) != np.isnan(wanted))
    good = ~off & ~np.isnan(wanted)
    if good.sum() < probed or formula.operation in DIVISIONS:
        return len(wanted)
    inputs = [values[good] for values in inputs]
    half = _allowed(formula, wanted[good], inputs, by_name)
    says = all(rows.sum() >= FEWEST_ROWS for rows in _beyond_inputs(formula, wanted[good], inputs, half))
    return int(off.sum()) if says else len(wanted)


def _allowed(
    formula: Formula, wanted: np.ndarray, inputs: list[np.ndarray], by_name: dict[str, NumberColumn]
) -> np.ndarray:
    """How far a row may be off: half a unit of its last place, and what the rounding of the inputs explains."""
    half = by_name[formula.column].half_unit(wanted)
    if formula.operation in ("sum", "complement", "difference", "share", "absolute"):
        half = half + _written_off(formula, inputs, by_name, float(np.ptp(wanted)))
    return half


def _written_off(
    formula: Formula, inputs: list[np.ndarray], by_name: dict[str, NumberColumn], spread: float
) -> np.ndarray:
    """What the rounding of the inputs explains: only where it is tiny (shares that sum to 1 in all 12 digits)."""
    halves: np.ndarray = np.sum(
        [by_name[name].half_unit(v) for name, v in zip(formula.inputs, inputs, strict=True)], axis=0
    )
    return np.asarray(np.minimum(halves, 1e-6 * spread))


def _beyond_inputs(
    formula: Formula, wanted: np.ndarray, inputs: list[np.ndarray], half: np.ndarray
) -> list[np.ndarray]:
    """For each input, the rows in which the formula says something that the other one alone does not."""
    if len(inputs) == 2 and formula.operation in ("sum", "difference"):
        return [np.abs(wanted - inputs[0]) > half, np.abs(wanted - inputs[1]) > half]
    if len(inputs) == 2 and formula.operation in ("product", "ratio", "share"):
        return [wanted != 0, np.abs(wanted - inputs[0]) > half, np.abs(wanted - inputs[1]) > half]
    if formula.operation == "absolute":
        return [inputs[0] > formula.total, inputs[0] < formula.total]
    return [values != np.median(values) for values in inputs]


def _bounds(formula: Formula, wanted: np.ndarray, column: NumberColumn) -> dict[str, float]:
    """Bounds that a computed value keeps when the drawn inputs do not fit perfectly: public ones only."""
    if column.is_flag:
        return {"low": 0.0, "high": 1.0}
    keeps_sign = formula.operation in ("complement", "difference") and wanted.min() >= 0
    return {"low": 0.0} if keeps_sign else {}


def _would_circle(formula: Formula, accepted: list[Formula]) -> bool:
    """Whether the column is computed already, or its inputs are computed out of it."""
    sources = {f.column: f.inputs for f in accepted}
    if formula.column in sources:
        return True
    to_see, seen = list(formula.inputs), set()
    while to_see:
        name = to_see.pop()
        if name == formula.column:
            return True
        if name not in seen:
            seen.add(name)
            to_see += sources.get(name, [])
    return False


def _in_order(formulas: list[Formula]) -> list[Formula]:
    """Each formula after those that compute its inputs."""
    ordered: list[Formula] = []
    left = list(formulas)
    while left:
        waiting = {f.column for f in left}
        ready = [f for f in left if not waiting & set(f.inputs)]
        ordered += ready
        left = [f for f in left if f not in ready]
    return ordered
