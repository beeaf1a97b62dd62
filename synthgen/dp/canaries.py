"""Canaries: made-up units whose rows are unlike all others, so that nothing hides them.

A canary's rows are all alike: each statistic that counts rows sees the whole unit in one cell, which is the most that
a unit may move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import is_number, is_text, parse_numbers
from synthgen.dp.noise import Noise
from synthgen.errors import DataError, PrivacyError
from synthgen.table.table import joined

WORD = "canary "
"""How words and units of canaries begin."""
UNUSUAL = 0.5
"""Chance that a cell has a value that no other row has; else it is that of any row, so that pairs are new."""
MOSTLY = 0.9
"""A text column whose cells are numbers to this share gets numbers too."""
FARTHEST = 1000.0
"""An unusual number lies up to so many ranges of its column outside of it."""


@dataclass(frozen=True)
class Canary:
    """The rows of one made-up unit.

    Args:
        rows: all alike, with the columns and types of the table.
        own: values that no row of the table has, by column.
    """

    rows: pa.Table
    own: dict[str, Any]


def make_canaries(table: pa.Table, count: int, *, rows: int, unit: str | None, chance: Noise) -> list[Canary]:
    """Make up units: rare words, numbers and times far outside, and cells of different rows side by side.

    Args:
        table: the real rows; at least one.
        count: units to make, 1 or more.
        rows: of each; more than the mechanism keeps of a unit, to see that it does cut.
        unit: the column that names the units; None where each row is one.
        chance: draws them.

    Raises:
        DataError: there are no rows, or the unit column is not there or has a type that cannot be continued.
        PrivacyError: a count is less than 1.
    """
    if count < 1 or rows < 1:
        raise PrivacyError(f"canaries: at least 1 of at least 1 row; got {count} of {rows}")
    if not table.num_rows:
        raise DataError("canaries: the table has no rows; at least one was expected")
    if unit is not None and unit not in table.column_names:
        raise DataError(f"unit: the table has no column {unit!r}; one that says whose each row is was expected")
    names = [name for name in table.column_names if name != unit]
    strange_KC = chance.uniform((count, len(names))) < UNUSUAL
    texts = [place for place, name in enumerate(names) if is_text(table.schema.field(name).type)]
    if texts:  # at least one word of its own
        strange_KC[np.arange(count), np.take(texts, (chance.uniform(count) * len(texts)).astype(int))] = True
    cells: dict[str, pa.Array] = {}
    for place, name in enumerate(names):
        values = joined(table.column(name))
        usual = values.take(pa.array((chance.uniform(count) * len(values)).astype(int)))
        cells[name], changed = _with_unusual(values, usual, strange_KC[:, place], chance)
        strange_KC[:, place] &= changed
    if unit is not None:
        cells[unit] = _new_units(unit, joined(table.column(unit)), count)
    whole = pa.table({name: cells[name] for name in table.column_names}, schema=table.schema)
    return [
        Canary(
            whole.take(pa.array([number] * rows)),
            {name: cells[name][number].as_py() for name, own in zip(names, strange_KC[number], strict=True) if own}
            | ({unit: cells[unit][number].as_py()} if unit is not None else {}),
        )
        for number in range(count)
    ]


def _with_unusual(values: pa.Array, usual: pa.Array, strange: np.ndarray, chance: Noise) -> tuple[pa.Array, bool]:
    """Unusual values where asked, and whether the column's type has any."""
    kind = values.type
    if is_text(kind):
        number = parse_numbers(values.drop_null())
        if len(number) and np.isfinite(number).mean() >= MOSTLY:
            far = pa.array([f"{x:.0f}" for x in _far(number[np.isfinite(number)], len(usual), chance)], kind)
        else:
            far = pa.array([f"{WORD}{chance.number():016x}" for _ in range(len(usual))], kind)
    elif is_number(kind):
        number = parse_numbers(values.drop_null())
        far = _fitting(_far(number[np.isfinite(number)], len(usual), chance), kind)
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        day = pa.int64() if pa.types.is_timestamp(kind) or pa.types.is_date64(kind) else pa.int32()
        number = values.drop_null().cast(day).to_numpy(zero_copy_only=False).astype(np.float64)
        span = max(float(np.ptp(number)), 1.0) if len(number) else 1.0
        start = float(number.max()) if len(number) else 0.0
        later = np.round(start + span * (1.0 + chance.uniform(len(usual))))
        if pa.types.is_date64(kind):
            later = np.round(later / 86_400_000) * 86_400_000
        far = pa.array(later.astype(np.int64)).cast(day).cast(kind)
    else:
        return usual, False
    return pa.array(np.where(strange, far.to_pylist(), usual.to_pylist()).tolist(), kind), True


def _far(number: np.ndarray, count: int, chance: Noise) -> np.ndarray:
    """Numbers outside the range of all others, on either side where some are negative."""
    low, high = (float(number.min()), float(number.max())) if len(number) else (0.0, 1.0)
    away = max(high - low, 1.0) * (1.0 + FARTHEST * chance.uniform(count))
    below = (chance.uniform(count) < 0.5) & (low < 0.0)
    return np.round(np.where(below, low - away, high + away))


def _fitting(x: np.ndarray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        ends = np.iinfo(kind.to_pandas_dtype())
        return pa.array([int(min(max(value, ends.min), ends.max)) for value in x.tolist()], kind)
    if pa.types.is_decimal(kind):
        most = 10.0 ** (kind.precision - kind.scale) - 1
        return pa.array(np.clip(x, -most, most).astype(np.int64)).cast(pa.decimal128(38, 0)).cast(kind)
    if pa.types.is_float16(kind):
        x = np.clip(x, -60_000.0, 60_000.0)
    return pa.array(x).cast(kind)


def _new_units(name: str, values: pa.Array, count: int) -> pa.Array:
    if is_text(values.type):
        return pa.array([f"{WORD}unit {number}" for number in range(count)], values.type)
    if pa.types.is_integer(values.type):
        last = int(np.max(parse_numbers(values.drop_null()), initial=0.0))
        return pa.array(np.arange(last + 1, last + 1 + count)).cast(values.type)
    raise DataError(f"unit: column {name!r} of type {values.type} cannot be given new units; text or whole numbers can")
