"""Made-up whole numbers, plain or in a fixed text (``user_123``), and IP addresses, from ranges with no real value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.made_up import hashed, join, new_key, scatter
from synthgen.errors import DataError

Interval = tuple[int, int]
"""First number and how many."""

_PLAIN = r"^(?P<prefix>)(?P<number>-?\d{1,20})(?P<suffix>\.0)?$"
_WITHIN = r"^(?P<prefix>.*?)(?P<number>\d{1,20})(?P<suffix>\.0|[^\d]*)$"
_MOST = 9 * 10**18
"""No made-up number is larger: all fit in 64 bits with a sign."""
_WIDEST = 1 << 62
"""The longest interval that ``scatter`` takes."""
_DENSE = 0.5
"""Numbers that fill so much of their range are counted up; sparser ones are scattered."""
_AMPLE = 4
"""A range in the digits of the real numbers is used when it has room for so many times the real ones."""
_IPV4_RESERVED = ((0xC6120000, 1 << 17), (0xF0000000, (1 << 28) - 1))
"""198.18.0.0/15, for benchmarks (RFC 2544), and 240.0.0.0/4, future use (RFC 1112) without broadcast."""


@dataclass(frozen=True)
class NumberMaker:
    """Number i of a list of intervals in which no real number lies.

    Attributes:
        intervals: used one after the other; bounds are round numbers, not real ones.
        key: which shuffle, or None to count up.
        prefix: before the number.
        suffix: after the number.
        width: filled up with zeros to so many digits.
    """

    intervals: tuple[Interval, ...]
    key: int | None
    prefix: str = ""
    suffix: str = ""
    width: int = 0

    @classmethod
    def fit(
        cls,
        texts: pa.Array,
        rng: np.random.Generator,
        limits: tuple[int, int],
        min_holders: int,
        unit_V: np.ndarray | None = None,
    ) -> Self | None:
        """Learn from all different texts; None when they are not one text around a number.

        Args:
            texts: all different real values.
            rng: for the key.
            limits: the least and the largest number that the physical type can hold.
            min_holders: a text around the number needs so many values, or people where it is known whose they are.
            unit_V: who holds each text; None: each is held by somebody else.
        """
        parts = pc.extract_regex(texts, _PLAIN)
        if parts.null_count and (len(texts) if unit_V is None else len(np.unique(unit_V))) >= min_holders:
            parts = pc.extract_regex(texts, _WITHIN)
        if parts.null_count or not len(texts):
            return None
        prefixes, suffixes = (pc.struct_field(parts, part).unique() for part in ("prefix", "suffix"))
        digits = pc.struct_field(parts, "number")
        if len(prefixes) > 1 or len(suffixes) > 1:
            return None
        padded = bool(pc.any(pc.match_substring_regex(digits, r"^0\d")).as_py())
        width = int(pc.max(pc.utf8_length(digits)).as_py()) if padded else 0
        if padded and pc.min(pc.utf8_length(digits)).as_py() != width:
            return None
        real = _whole_numbers(digits)
        if real is None:
            return None
        dense = len(real) > 0 and len(real) >= _DENSE * (float(real[-1]) - float(real[0]) + 1)
        lowest = 0 if padded else None
        intervals = free_intervals(real, dense, limits, lowest)
        return cls(intervals, None if dense else new_key(rng), prefixes[0].as_py(), suffixes[0].as_py(), width)

    def make(self, numbers: np.ndarray) -> pa.Array:
        """The text of each number."""
        texts = pa.array(place(numbers, self.intervals, self.key)).cast(pa.string())
        if self.width:
            texts = pc.utf8_lpad(texts, self.width, "0")
        return join([self.prefix, texts, self.suffix]) if self.prefix or self.suffix else texts

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"maker": "number", **asdict(self), "intervals": [list(each) for each in self.intervals]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The maker again."""
        intervals = tuple((first, size) for first, size in state["intervals"])
        return cls(intervals, state["key"], state["prefix"], state["suffix"], state["width"])


@dataclass(frozen=True)
class AddressMaker:
    """IPv4 addresses from reserved ranges that hold no real one, or IPv6 under the prefix for documentation.

    Attributes:
        intervals: of IPv4 addresses as numbers; empty for IPv6.
        prefix: of IPv6 addresses, two groups.
        key: which shuffle.
    """

    intervals: tuple[Interval, ...]
    prefix: str
    key: int

    @classmethod
    def fit(cls, texts: pa.Array, kind: str, rng: np.random.Generator) -> Self:
        """Learn which ranges are free; ``kind`` is ``ipv4`` or ``ipv6``."""
        if kind == "ipv6":
            return cls((), _free_ipv6(texts, rng), new_key(rng))
        real = np.sort(_ipv4_numbers(texts))
        free = tuple(
            (first, size)
            for first, size in _IPV4_RESERVED
            if np.searchsorted(real, first) == np.searchsorted(real, first + size)
        )
        return cls(free or (_widest_gap(real, 1 << 24, 0xDFFFFFFF),), "", new_key(rng))

    def make(self, numbers: np.ndarray) -> pa.Array:
        """The address of each number."""
        if self.intervals:
            address = place(numbers, self.intervals, self.key)
            return join([_BYTES.take(pa.array(address >> shift & 255)) for shift in (24, 16, 8, 0)], ".")
        low = scatter(numbers, 1 << 60, self.key)
        high = hashed(numbers, self.key + 9)
        groups = [high & 0xFFFF, high >> 16 & 0xFFFF, *(low >> shift & 0xFFFF for shift in (48, 32, 16, 0))]
        return join([self.prefix, *(_GROUPS.take(pa.array(group)) for group in groups)], ":")

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"maker": "address", **asdict(self), "intervals": [list(each) for each in self.intervals]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The maker again."""
        return cls(tuple((first, size) for first, size in state["intervals"]), state["prefix"], state["key"])


def free_intervals(real: np.ndarray, dense: bool, limits: tuple[int, int], lowest: int | None) -> tuple[Interval, ...]:
    """Ranges without a real number: first in as many digits as the real ones have, then longer.

    Args:
        real: all real numbers, rising.
        dense: whether they are counted up: then there is one range, above them.
        limits: least and largest number allowed.
        lowest: where numbers of the same digits start; None: at the power of ten below the largest.

    Raises:
        DataError: the type has no free number.
    """
    top, largest = min(limits[1], _MOST), int(real[-1]) if len(real) else 0
    above = _round_up(largest + 1)
    digits = 10 ** len(str(max(largest, 0)))
    if dense and above <= top:
        return ((above, min(top - above + 1, _WIDEST)),)
    found: list[Interval] = []
    inside = _widest_gap(real, digits // 10 if lowest is None else lowest, min(digits - 1, top))
    for first, size in ((above, min(digits, top + 1) - above), inside):
        if not found and size >= _AMPLE * len(real):
            found.append((first, min(size, _WIDEST)))
    while digits <= top:
        found.append((digits, min(min(digits * 10, top + 1) - digits, _WIDEST)))
        digits *= 10
    if not found:
        found = [_widest_gap(real, *limits)]
    if found[0][1] <= 0:
        raise DataError("every number that the type can hold is a real one, so none can be made up. Use 'drop'")
    return tuple(found)


def place(numbers: np.ndarray, intervals: tuple[Interval, ...], key: int | None) -> np.ndarray:
    """Numbers 0, 1, ... to the numbers of the intervals; past the last one they start again."""
    room = min(sum(size for _, size in intervals), _MOST)
    rest = np.asarray(numbers, dtype=np.int64) % room
    placed = np.zeros(len(rest), dtype=np.int64)
    before = 0
    for first, size in intervals:
        here = (rest >= before) & (rest < before + size)
        inside = rest[here] - before
        placed[here] = first + (inside if key is None else scatter(inside, size, key))
        before += size
    return placed


def _round_up(number: int) -> int:
    """The next number with one digit that is not zero, so that it says little about the largest real one."""
    if number <= 10:
        return 10 if number > 0 else 1
    step: int = 10 ** (len(str(number)) - 1)
    return -(-number // step) * step


def _widest_gap(real: np.ndarray, low: int, high: int) -> Interval:
    """The widest range within low .. high without a real number, its bounds drawn in and rounded."""
    inside = real[np.searchsorted(real, low) : np.searchsorted(real, high, side="right")]
    if not len(inside):
        first, last = low, high
    else:
        between = np.diff(inside.view(np.uint64))
        widest = int(np.argmax(between)) if len(between) else 0
        gaps = [(low, int(inside[0]) - 1), (int(inside[-1]) + 1, high)]
        if len(between):
            gaps.append((int(inside[widest]) + 1, int(inside[widest + 1]) - 1))
        first, last = max(gaps, key=lambda gap: gap[1] - gap[0])
    step = 10 ** max(0, len(str(max(1, last - first))) - 2)
    rounded_first, rounded_last = -(-first // step) * step, last // step * step
    if rounded_last <= rounded_first:
        return first, last - first + 1
    return rounded_first, min(rounded_last - rounded_first, _WIDEST)


def _whole_numbers(digits: pa.Array) -> np.ndarray | None:
    """Rising 64-bit numbers; those past the signed range are left out, as no made-up one lies there."""
    try:
        return np.sort(np.asarray(digits.cast(pa.int64())))
    except pa.ArrowInvalid:
        pass
    try:
        large = np.sort(np.asarray(digits.cast(pa.uint64())))
    except pa.ArrowInvalid:
        return None
    return large[large <= _MOST].astype(np.int64)


def _ipv4_numbers(texts: pa.Array) -> np.ndarray:
    """The addresses among the texts as numbers; others are left out."""
    parts = pc.extract_regex(texts, r"^(?P<a>\d{1,3})\.(?P<b>\d{1,3})\.(?P<c>\d{1,3})\.(?P<d>\d{1,3})$").drop_null()
    number = np.zeros(len(parts), dtype=np.int64)
    for part in "abcd":
        number = number * 256 + np.asarray(pc.struct_field(parts, part).cast(pa.int64()))
    return number


def _free_ipv6(texts: pa.Array, rng: np.random.Generator) -> str:
    """The documentation prefix (RFC 3849), or a local one (RFC 4193) when real addresses lie there."""
    if not pc.any(pc.match_substring_regex(texts, r"(?i)^2001:0?db8")).as_py():
        return "2001:db8"
    while True:
        first, second = int(rng.integers(0xFD00, 0xFE00)), int(rng.integers(0x1000, 0x10000))
        if not pc.any(pc.match_substring_regex(texts, f"(?i)^{first:x}:{second:x}")).as_py():
            return f"{first:x}:{second:x}"


_BYTES = pa.array([str(byte) for byte in range(256)])
_GROUPS = pa.array([f"{group:x}" for group in range(1 << 16)])
