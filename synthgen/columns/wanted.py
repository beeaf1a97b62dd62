"""What a condition wants of one column's values: clauses that all have to hold, and stretches of an ordered line.

A stretch is a pair of ends that both belong to it. Stretches of a list do not touch and rise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from synthgen.columns.number_text import NUMBER
from synthgen.errors import ConditionError

Operation = Literal["in", "not in", "<", "<=", ">", ">=", "has", "has not", "in box", "missing", "present", "judged"]
Stretch = tuple[Any, Any]


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included; None for an open end."""

    low: Any
    high: Any

    def __str__(self) -> str:
        ends = ("" if end is None else str(end) for end in (self.low, self.high))
        return "..".join(ends)


@dataclass(frozen=True)
class Clause:
    """One thing that every value has to keep.

    Attributes:
        operation: ``judged`` stands for a wish that the codec made out of one on another column.
        values: what is asked for: values, and ranges after ``in`` and ``not in``; None among those of ``in`` lets
            missing cells in. Four numbers after ``in box``; a function from an array of values to ``(N,)`` bool, or
            stretches of numbers, after ``judged``.
        or_missing: with ``judged``, whether a missing cell keeps it as well.
        said: with ``judged``, the wish on the other column, in words.

    Example:
        >>> str(Clause("in", ("FR", "DE"))), str(Clause("in", (Range(30, None),))), str(Clause("<=", (5,)))
        ('in FR|DE', '= 30..', '<= 5')
    """

    operation: Operation
    values: tuple[Any, ...] = ()
    or_missing: bool = False
    said: str = ""

    def __str__(self) -> str:
        if self.operation in ("missing", "present"):
            return "is missing" if self.operation == "missing" else "is not missing"
        if self.operation == "in box":
            return f"in box({', '.join(map(str, self.values))})"
        if self.operation == "judged":
            return self.said
        signs = {"in": "=", "not in": "!="} if len(self.values) == 1 else {}
        return f"{signs.get(self.operation, self.operation)} {'|'.join(map(str, self.values))}"

    @property
    def takes_missing(self) -> bool:
        """Whether a missing cell keeps it."""
        return self.operation == "missing" or self.or_missing or (self.operation == "in" and None in self.values)

    @property
    def takes_values(self) -> bool:
        """Whether some value may keep it."""
        return self.operation != "missing" and self.values != (None,)


@dataclass(frozen=True)
class Line:
    """An ordered line on which stretches lie: its ends, and the points next to one."""

    least: Any
    greatest: Any
    before: Callable[[Any], Any]
    after: Callable[[Any], Any]


FLOATS = Line(
    -math.inf, math.inf, lambda x: float(np.nextafter(x, -math.inf)), lambda x: float(np.nextafter(x, math.inf))
)
WHOLE = Line(-(1 << 90), 1 << 90, lambda x: x - 1, lambda x: x + 1)
"""Whole numbers of any size: nanoseconds of all years."""


def stretches_of(clauses: Sequence[Clause], read: Callable[[Any], Stretch], line: Line) -> list[Stretch]:
    """Where all clauses hold.

    Args:
        clauses: with ``in``, ``not in`` or a comparison; those judged bring their stretches along.
        read: the stretch that a single value stands for: a number, or a whole month.
        line: what they lie on.

    Raises:
        ConditionError: a range is empty, or another operation is asked for.

    Example:
        >>> stretches_of([Clause(">", (3,)), Clause("not in", (5,))], lambda x: (x, x), WHOLE)[0]
        (4, 4)
    """
    found: list[Stretch] = [(line.least, line.greatest)]
    for clause in clauses:
        found = intersection(found, _stretches(clause, read, line))
    return found


def _stretches(clause: Clause, read: Callable[[Any], Stretch], line: Line) -> list[Stretch]:
    if clause.operation == "judged":
        return list(clause.values)
    if clause.operation in ("in", "not in"):
        inside = union((_of(value, read, line) for value in clause.values if value is not None), line)
        return inside if clause.operation == "in" else complement(inside, line)
    if clause.operation not in ("<", "<=", ">", ">="):
        raise ConditionError(f"'{clause}' cannot be asked of it; expected values, a range or a comparison")
    low, high = read(clause.values[0])
    return {
        "<": [(line.least, line.before(low))],
        "<=": [(line.least, high)],
        ">": [(line.after(high), line.greatest)],
        ">=": [(low, line.greatest)],
    }[clause.operation]


def _of(value: Any, read: Callable[[Any], Stretch], line: Line) -> Stretch:
    if not isinstance(value, Range):
        return read(value)
    low = line.least if value.low is None else read(value.low)[0]
    high = line.greatest if value.high is None else read(value.high)[1]
    if low > high:
        raise ConditionError(f"{value} is empty; write the smaller end first, {value.high}..{value.low}")
    return low, high


def union(stretches: Iterable[Stretch], line: Line) -> list[Stretch]:
    """All of them, rising, those that touch made one.

    Example:
        >>> union([(5, 9), (1, 2), (3, 4)], WHOLE)
        [(1, 9)]
    """
    out: list[Stretch] = []
    for low, high in sorted(stretches):
        if out and low <= line.after(out[-1][1]):
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return out


def complement(stretches: list[Stretch], line: Line) -> list[Stretch]:
    """What lies between and beyond.

    Example:
        >>> complement([(-(1 << 90), 4), (7, 1 << 90)], WHOLE)
        [(5, 6)]
    """
    out, low = [], line.least
    for first, last in stretches:
        if first > line.least:
            out.append((low, line.before(first)))
        low = line.after(last)
    if not stretches or stretches[-1][1] < line.greatest:
        out.append((low, line.greatest))
    return [(low, high) for low, high in out if low <= high]


def intersection(one: list[Stretch], other: list[Stretch]) -> list[Stretch]:
    """What lies in both.

    Example:
        >>> intersection([(1, 5), (8, 9)], [(4, 8)])
        [(4, 5), (8, 8)]
    """
    out, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low <= high:
            out.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return out


def contains(stretches: list[Stretch], x: np.ndarray) -> np.ndarray:
    """``(N,)`` whether a number lies in one of the stretches; nan does not."""
    if not stretches:
        return np.zeros(len(x), bool)
    low, high = np.array([a for a, _ in stretches], float), np.array([b for _, b in stretches], float)
    at = np.clip(np.searchsorted(low, x, side="right") - 1, 0, None)
    inside: np.ndarray = (x >= low[at]) & (x <= high[at])
    return inside


def number_of(value: Any, decimal: str = ".") -> float:
    """A value that a condition names, as a number.

    Raises:
        ConditionError: it is none.

    Example:
        >>> number_of(" 1e3"), number_of("2,5", ","), number_of(True)
        (1000.0, 2.5, 1.0)
    """
    text = str(int(value) if isinstance(value, bool | np.bool_) else value).strip()
    plain = text.replace(decimal, ".") if decimal != "." else text
    if not re.match(NUMBER, plain) and plain.lower().lstrip("+-") not in ("inf", "infinity"):
        raise ConditionError(f"{str(value)!r} is no number; expected one, such as 30")
    return float(plain)


def contradiction(clauses: Sequence[Clause]) -> ConditionError:
    """The error for clauses that leave nothing."""
    asked = " and ".join(repr(str(clause)) for clause in clauses)
    if len(clauses) == 1:
        return ConditionError(f"no value keeps {asked}. Ask for less")
    return ConditionError(f"{asked} contradict one another: no value keeps them all. Leave one out")
