"""The search for formulas in a sample of rows: cheap tests first, nothing proven here.

Letters: K columns, n rows of the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthgen.columns.dependencies import dependencies
from synthgen.table.schema import Formula

FEWEST_ROWS = 30
"""Rows in which a formula has to say something that its inputs alone do not."""

_PROBE_ROWS = 50
_FEWEST_JUDGED = 10  # probed rows in which a ratio does not divide by zero
_MOST_FOR_PAIRS = 300  # columns: all pairs of 300 take some seconds, and the time grows with the cube
_UNROUNDED = 12  # decimals from which a column counts as unrounded binary numbers

Pair = Literal["sum", "product", "ratio", "share", "difference"]
DIVISIONS = ("ratio", "share")
"""Operations that say nothing where they divide by zero."""
PAIRS: dict[Pair, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "sum": np.add,
    "product": np.multiply,
    "ratio": np.divide,
    "share": lambda a, b: a / (a + b),
    "difference": np.subtract,
}


@dataclass(frozen=True)
class NumberColumn:
    """A numeric column in the sample.

    Attributes:
        name: its name.
        values: ``(n,)``, nan where missing.
        decimals: what it is rounded to; None: not rounded.
        digits: most significant digits of a value: 12 for numbers written as ``%.12g``.
        informative: ``(n,)`` rows that do not hold its most frequent value.
        n_distinct: how many different values.
    """

    name: str
    values: np.ndarray
    decimals: int | None
    digits: int
    informative: np.ndarray
    n_distinct: int

    @property
    def is_flag(self) -> bool:
        return self.n_distinct == 2 and bool(np.isin(self.values[~np.isnan(self.values)], (0, 1)).all())

    def half_unit(self, values: np.ndarray) -> np.ndarray:
        """Half of the last place that these values of the column are written to."""
        slack: np.ndarray = 1e-10 * np.abs(values)
        if self.decimals is None:
            return slack + 1e-300
        half: np.ndarray = np.full(len(values), 0.5 * 10.0**-self.decimals)
        if self.decimals >= 8:  # many decimals are rather a number of digits: small values show more of them
            exponents = np.ceil(np.log10(np.maximum(np.abs(values), 1e-300)))
            half = np.maximum(half, 0.5 * 10.0 ** (exponents - self.digits))
        return np.asarray(half * (1 + 1e-6) + slack)


def number_column(name: str, values: np.ndarray | None) -> NumberColumn | None:
    """The column, or None where it is constant or not a number."""
    if values is None:
        return None
    present = values[~np.isnan(values)]
    distinct, counts = np.unique(present, return_counts=True)
    if len(distinct) < 2:
        return None
    informative = ~np.isnan(values) & (values != distinct[counts.argmax()])
    texts = [_plain_text(value) for value in np.abs(distinct[:: max(1, len(distinct) // 1000)]).tolist()]
    decimals = max(len(text.partition(".")[2]) for text in texts)
    digits = max(len(text.replace(".", "").lstrip("0")) for text in texts)
    is_binary = decimals > _UNROUNDED and digits > 14
    return NumberColumn(name, values, None if is_binary else decimals, digits, informative, len(distinct))


def _plain_text(value: float) -> str:
    """The shortest decimals that give the number again, without an exponent; several times faster than numpy's."""
    text = repr(value)
    return np.format_float_positional(value, trim="-") if "e" in text else text.removesuffix(".0")


def candidates(columns: list[NumberColumn], target: str | None, rng: np.random.Generator) -> Iterator[Formula]:
    """Formulas that hold in a sample of rows."""
    yield from _copies(columns, target)
    yield from dependencies({c.name: c.values for c in columns}, {c.name: c.decimals for c in columns}, target)
    stacked = np.stack([c.values for c in columns]) if columns else np.empty((0, 0))
    if len(columns) > _MOST_FOR_PAIRS:
        return
    divisors = np.array([c.n_distinct > 2 for c in columns])
    for i, column in enumerate(columns):
        rows = np.flatnonzero(column.informative)
        if column.n_distinct > 2 and len(rows) >= FEWEST_ROWS:
            probe = rng.choice(rows, min(_PROBE_ROWS, len(rows)), replace=False)
            great_first = np.argsort(-np.abs(column.values[probe]), kind="stable")  # they agree least by chance
            yield from _distances(i, columns, stacked[:, probe[great_first]])
            yield from _pairs(i, columns, stacked[:, probe[great_first]], divisors)


def _copies(columns: list[NumberColumn], target: str | None) -> Iterator[Formula]:
    """Columns that equal an earlier one in every row of the sample."""
    first: dict[bytes, str] = {}
    for column in sorted(columns, key=lambda c: c.name != target):
        key = (column.values + 0.0).tobytes()
        if key in first:
            yield Formula(column=column.name, operation="sum", inputs=[first[key]], decimals=column.decimals)
        first.setdefault(key, column.name)


def _pairs(i: int, columns: list[NumberColumn], probe: np.ndarray, divisors: np.ndarray) -> Iterator[Formula]:
    """Operations on two columns that give column i in all rows of the probe.

    Args:
        i: which column is to be computed.
        columns: all K.
        probe: ``(K, 50)`` values in rows where column i says something.
        divisors: ``(K,)`` columns that may stand below the line: not flags.
    """
    wanted, half = probe[i], columns[i].half_unit(probe[i])
    others = np.arange(len(columns)) != i
    for operation in PAIRS:
        left, right = np.nonzero(_near(operation, probe[:, :1], probe[:, 0], wanted[0], half[0]))
        sensible = others[left] & others[right] & (left != right)
        if operation in ("sum", "product"):
            sensible &= left < right
        if operation in DIVISIONS:
            sensible &= divisors[right]
        left, right = left[sensible], right[sensible]
        for row in range(1, probe.shape[1]):
            near = _near(operation, probe[left, row], probe[right, row], wanted[row], half[row])
            left, right = left[near], right[near]
            if not len(left):
                break
        if operation in DIVISIONS:
            judged = (divisor(operation, probe[left], probe[right]) != 0).sum(axis=1) >= _FEWEST_JUDGED
            left, right = left[judged], right[judged]
        for a, b in zip(left, right, strict=True):
            inputs = [columns[a].name, columns[b].name]
            yield Formula(column=columns[i].name, operation=operation, inputs=inputs, decimals=columns[i].decimals)


def _near(operation: Pair, a: np.ndarray, b: np.ndarray, wanted: float, half: float) -> np.ndarray:
    """Where the operation gives the wanted value; a ratio over zero is judged later, on the whole table."""
    with np.errstate(all="ignore"):
        near = np.abs(PAIRS[operation](a, b) - wanted) <= half
        return np.asarray(near | (divisor(operation, a, b) == 0) if operation in DIVISIONS else near)


def divisor(operation: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What stands below the line of a division."""
    return a + b if operation == "share" else b + 0.0 * a


def _distances(i: int, columns: list[NumberColumn], probe: np.ndarray) -> Iterator[Formula]:
    """Columns whose distance from a constant is column i in all rows of the probe."""
    wanted, half = probe[i], columns[i].half_unit(probe[i])
    if (wanted < 0).any() or not (wanted > 0).any():
        return
    for k, column in enumerate(columns):
        for centre in {round(float(c), 9) for c in (0.0, probe[k, 0] - wanted[0], probe[k, 0] + wanted[0])}:
            below, above = (probe[k] < centre).any(), (probe[k] > centre).any()
            if k != i and below and above and (np.abs(np.abs(probe[k] - centre) - wanted) <= half + 1e-9).all():
                decimals = columns[i].decimals
                yield Formula(
                    column=columns[i].name, operation="absolute", inputs=[column.name], total=centre, decimals=decimals
                )
