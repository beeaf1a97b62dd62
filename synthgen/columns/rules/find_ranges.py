"""Natural ends that numbers keep: shares from 0 to 1, percentages from 0 to 100, counts of which a few are below 0.

They are offered, never taken unasked: a share that was 0.98 at most may be 1 tomorrow, and only the user knows.

Letters: N values.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.columns.number_text import parse_numbers
from synthgen.columns.rules.finding import FEWEST_ROWS, NEARLY
from synthgen.table.rules import Range
from synthgen.table.schema import Schema
from synthgen.table.table import joined

ENDS = ((0.0, 1.0), (0.0, 100.0))
"""Of shares and of percentages."""
NEAR = 0.02
"""The least and the greatest value lie so near the ends, as a part of the distance between them."""
FEWEST_VALUES = 20
"""A column of fewer values is a scale or a flag, whose values are learned one by one."""


def find_ranges(table: pa.Table, schema: Schema, decimal: str = ".") -> list[tuple[Range, int]]:
    """Ranges that nearly all numbers keep, and how many do not.

    Args:
        table: the raw table.
        schema: types of its columns.
        decimal: the mark of decimal text.

    Example:
        >>> from synthgen.table.schema import ColumnSchema
        >>> schema = Schema(columns=[ColumnSchema(name="open rate", type="numeric")])
        >>> [line.text for line, _ in find_ranges(pa.table({"open rate": np.linspace(0, 1, 200)}), schema)]
        ['0 <= open rate <= 1']
    """
    found = []
    for column in schema.columns:
        if column.type != "numeric":
            continue
        number_N = parse_numbers(joined(table[column.name]).drop_null(), decimal)
        number_N = number_N[np.isfinite(number_N)]
        if len(number_N) >= FEWEST_ROWS and len(np.unique(number_N)) >= FEWEST_VALUES:
            found += [(Range(column=column.name, low=low, high=high), n) for low, high, n in _natural(number_N)[:1]]
    return found


def _natural(number_N: np.ndarray) -> list[tuple[float, float | None, int]]:
    """Ends that numbers keep and reach, and how many lie beyond.

    Example:
        >>> _natural(np.r_[np.arange(2_000), -1])
        [(0.0, None, 1)]
    """
    found: list[tuple[float, float | None, int]] = []
    few = (1 - NEARLY) * len(number_N)
    for low, high in ENDS:
        inside_N = (number_N >= low) & (number_N <= high)
        beyond = int((~inside_N).sum())
        if beyond <= few:
            least, greatest, reach = number_N[inside_N].min(), number_N[inside_N].max(), NEAR * (high - low)
            if least <= low + reach and greatest >= high - reach:
                found.append((low, high, beyond))
    below = int((number_N < 0).sum())
    if 0 < below <= few:
        found.append((0.0, None, below))
    return found
