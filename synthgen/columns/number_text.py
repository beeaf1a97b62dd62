"""Numbers as they are written: text or a typed array -> float64 and back, in the same format.

Letters: N values, k the number times ``10 ** decimals``, a whole number where a column has a decimal grid.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.physical import named_type, type_name

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
LARGEST = 1e150
"""Numbers beyond it are taken as it, so that sums and widths of cells stay finite."""
EXACT = 2.0**53
"""Whole numbers up to here are exact in float64."""
MAX_DECIMALS = 15
INFINITE = ["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"]

Style = Literal["typed", "integer", "fixed", "shortest", "pointed", "scientific"]


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds integers, floats or decimals."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def plain_text(values: pa.Array, decimal: str = ".") -> pa.Array:
    """Text without white space around it and with a decimal point."""
    text = pc.utf8_trim_whitespace(values.cast(pa.string()))
    return text if decimal == "." else pc.replace_substring(text, decimal, ".")


def parse_numbers(values: pa.Array, decimal: str = ".") -> np.ndarray:
    """``(N,)`` float64: nan where a value is no number, infinite where it is infinite.

    Example:
        >>> parse_numbers(pa.array(["1", " -2.5", "1e3", "x", "inf"])).tolist()
        [1.0, -2.5, 1000.0, nan, inf]
    """
    if is_text(values.type):
        return _parse_text(plain_text(values, decimal))
    if not is_number(values.type):
        return np.full(len(values), np.nan)
    found: np.ndarray = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def _parse_text(text: pa.Array) -> np.ndarray:
    good = pc.match_substring_regex(text, NUMBER)
    if not pc.all(good, min_count=0).as_py():
        infinite = pc.is_in(pc.utf8_lower(text), pa.array(INFINITE))
        text = pc.if_else(pc.or_(good, infinite), text, pa.scalar(None, pa.string()))
    text = pc.replace_substring_regex(text, r"^\+", "")
    found: np.ndarray = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    return found


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes its numbers.

    Attributes:
        kind: the Arrow type, such as ``string`` or ``decimal128(10, 2)``.
        style: ``typed`` for an Arrow number; otherwise text: ``integer``, ``fixed`` decimals, ``shortest``
            without trailing zeros (``0.2``, ``7``), ``pointed`` the same with at least one decimal (``7.0``),
            ``scientific``.
        decimals: all values lie on the grid ``10 ** -decimals``; None when there is no such grid.
        significant: at most so many digits that say something; 0 for no limit.
        decimal: the decimal mark.
        exponents: small and large values may be written with an exponent, as Python does; ``E`` for a capital.
    """

    kind: str
    style: Style
    decimals: int | None
    significant: int = 0
    decimal: str = "."
    exponents: str = ""

    @property
    def type(self) -> pa.DataType:
        """The Arrow type."""
        return named_type(self.kind)

    def tidy(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers with no more digits than the column writes."""
        if not self.significant or self.significant >= 16:
            return numbers
        with np.errstate(divide="ignore"):
            magnitude = np.floor(np.log10(np.abs(numbers)))
        places = np.clip(self.significant - 1 - np.where(np.isfinite(magnitude), magnitude, 0.0), 0, 300)
        with np.errstate(over="ignore"):
            rounded = np.rint(numbers * 10.0**places) / 10.0**places
        return np.where(np.isfinite(rounded), rounded, numbers)

    def write(self, numbers: np.ndarray) -> pa.Array:
        """``(N,)`` finite numbers in the column's own type and format."""
        if self.style == "typed":
            return self._write_typed(numbers)
        if self.style == "integer" and np.all(np.abs(numbers) < 2.0**62):
            return pc.cast(pa.array(np.rint(numbers).astype(np.int64)), self.type)
        distinct, inverse = np.unique(numbers, return_inverse=True)
        texts = [self._one(value) for value in distinct.tolist()]
        if self.decimal != ".":
            texts = [text.replace(".", self.decimal) for text in texts]
        return pa.array(texts, self.type).take(pa.array(inverse))

    def _one(self, value: float) -> str:
        value = value or 0.0  # no minus zero
        if self.style == "integer":
            return str(round(value))
        if self.style == "fixed":
            return f"{value:.{self.decimals}f}"
        if self.style == "scientific":
            text = f"{value:.{max(self.significant - 1, 0)}e}"
        else:
            text = repr(value)
            if "e" in text and not self.exponents:
                text = f"{value:.{MAX_DECIMALS + 2 if self.decimals is None else self.decimals}f}"
                text = text.rstrip("0").rstrip(".") if "." in text else text
            text = text.removesuffix(".0")
            text += ".0" if self.style == "pointed" and "." not in text and "e" not in text else ""
        return text.upper() if self.exponents == "E" else text

    def _write_typed(self, numbers: np.ndarray) -> pa.Array:
        kind = self.type
        if pa.types.is_integer(kind):
            limits = np.iinfo(kind.to_pandas_dtype())
            low, high = float(limits.min), float(limits.max)
            high = np.nextafter(high, 0.0) if high > EXACT else high  # 2 ** 63 - 1 is no float64
            return pa.array(np.clip(np.rint(numbers), low, high).astype(kind.to_pandas_dtype()))
        if pa.types.is_floating(kind):
            with np.errstate(over="ignore"):
                limits_f = np.finfo(kind.to_pandas_dtype())
                return pa.array(np.clip(numbers, limits_f.min, limits_f.max).astype(kind.to_pandas_dtype()), kind)
        room = float(10.0 ** (kind.precision - kind.scale)) * (1 - 1e-15) - 10.0**-kind.scale
        texts = [f"{value:.{max(kind.scale, 0)}f}" for value in np.clip(numbers, -room, room).tolist()]
        return pc.cast(pa.array(texts, pa.string()), kind)

    def state(self) -> dict[str, Any]:
        """Its settings, in JSON types."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The format again."""
        return cls(**state)


def learn_format(values: pa.Array, numbers: np.ndarray, decimal: str = ".") -> NumberFormat:
    """How the values are written.

    Args:
        values: all present values, numbers each.
        numbers: the same, parsed.
        decimal: the decimal mark of text.

    Example:
        >>> text = pa.array(["7.0", "7.25"])
        >>> learn_format(text, parse_numbers(text)).style
        'pointed'
    """
    kind = type_name(values.type)
    if not is_text(values.type):
        return NumberFormat(kind, "typed", _typed_decimals(values.type, numbers))
    text = plain_text(values, decimal)
    with_exponent = pc.match_substring_regex(text, "[eE]").to_numpy(zero_copy_only=False)
    exponents = ""
    if with_exponent.any():
        exponents = "E" if pc.any(pc.match_substring(text, "E")).as_py() else "e"
    if with_exponent.mean() > 0.5:
        return NumberFormat(kind, "scientific", None, _significant(text), decimal, exponents)
    plain = text.filter(pa.array(~with_exponent))
    point = pc.find_substring(plain, ".").to_numpy(zero_copy_only=False)
    length = pc.utf8_length(plain).to_numpy(zero_copy_only=False)
    places = np.where(point < 0, -1, length - point - 1)
    most = int(max(places.max(), 0))
    grid = _typed_decimals(pa.float64(), numbers) if with_exponent.any() else _grid(numbers, most)
    if places.max() < 0:
        return NumberFormat(kind, "integer", _grid(numbers, 0), 0, decimal)
    if places.min() == places.max() and not with_exponent.any():
        whole = most == 1 and bool(np.all(numbers == np.rint(numbers)))
        if whole:
            return NumberFormat(kind, "pointed", 0, 0, decimal)
        if 0 < most <= MAX_DECIMALS:
            return NumberFormat(kind, "fixed", most, 0, decimal)
    style: Style = "shortest" if places.min() < 1 else "pointed"
    return NumberFormat(kind, style, grid, _significant(text), decimal, exponents)


def _significant(text: pa.Array) -> int:
    """The largest number of digits after the leading zeros, exponent aside."""
    digits = pc.replace_substring_regex(text, r"[eE].*$", "")
    digits = pc.replace_substring_regex(digits, r"[^0-9]", "")
    digits = pc.utf8_ltrim(digits, "0")
    return int(max(pc.max(pc.utf8_length(digits)).as_py() or 0, 1))


def _grid(numbers: np.ndarray, decimals: int | None) -> int | None:
    """The decimals, where the numbers counted in that unit are exact."""
    if decimals is None or decimals > MAX_DECIMALS or np.abs(numbers).max() * 10.0**decimals >= EXACT / 4:
        return None
    return decimals


def _typed_decimals(kind: pa.DataType, numbers: np.ndarray) -> int | None:
    """The fewest decimals that write every value of a typed column; None when there are too many."""
    if pa.types.is_integer(kind):
        return _grid(numbers, 0)
    if pa.types.is_decimal(kind):
        return _grid(numbers, max(kind.scale, 0))
    short = np.float64 if pa.types.is_float64(kind) else np.dtype(kind.to_pandas_dtype()).type
    digits = {"float64": 12, "float32": 5, "float16": 2}[np.dtype(short).name]
    head = numbers[:1000]
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers too large for any grid
        for decimals in range(digits + 1):
            rounded = (np.array_equal(np.round(x, decimals).astype(short), x.astype(short)) for x in (head, numbers))
            if all(rounded):
                return _grid(numbers, decimals)
    return None
