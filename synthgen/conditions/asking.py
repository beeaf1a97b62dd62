"""Conditions on what to sample: from text or a mapping to clauses by column.

    is_bot=1, followers_count>10000, country in FR|DE, age=30..45, bio is missing

Commas part conditions; all have to hold. Names and values that hold commas, bars, signs or blanks at their ends are
quoted, 'so' or "so"; a quote inside is doubled. ``binding.py`` lays conditions on a fitted table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthgen.columns.wanted import Clause, Range
from synthgen.errors import ConditionError

_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
_OPERATORS = {
    "==": "in",
    "!=": "not in",
    "<=": "<=",
    ">=": ">=",
    "=": "in",
    "<": "<",
    ">": ">",
    "not in": "not in",
    "in": "in",
    "has not": "has not",
    "has": "has",
}
_SIGNS = r"==|!=|<=|>=|=|<|>"
_WORDS = r"not\s+in|in|has\s+not|has"
_CONDITION = re.compile(
    rf"\s*(?P<name>{_QUOTED}|.+?)"
    rf"(?:\s+(?P<missing>is\s+(?:not\s+)?missing)\s*$|\s*(?P<sign>{_SIGNS})|\s+(?P<word>{_WORDS})(?=[\s'\"(])\s*)(?P<rest>.*)$",
    re.DOTALL,
)
_SAID = re.compile(
    rf"\s*(?:(?P<missing>is\s+(?:not\s+)?missing)\s*$|(?P<sign>{_SIGNS})|(?P<word>{_WORDS})(?=[\s'\"(]))(?P<rest>.*)$",
    re.DOTALL,
)
_BOX = re.compile(r"\s*box\s*\((?P<ends>[^()]*)\)\s*$")
_EXPECTED = "expected such as age=30..45, country in FR|DE, followers>100, bio is missing"


@dataclass(frozen=True)
class Condition:
    """What one column has to keep.

    Attributes:
        column: its name.
        clause: what is asked of it.
    """

    column: str
    clause: Clause

    def __str__(self) -> str:
        return f"{self.column} {self.clause}"


def where_of(where: str | Mapping[str, Any] | Sequence[Condition] | None) -> list[Condition]:
    """Conditions in any form that a user may give them; None is none at all.

    A mapping has a column for a key, and for a value what the column should hold:

    - a value, or a list or set of values; None stands for a missing cell;
    - a pair ``(30, 45)`` or a ``slice`` for a range, both ends included, None for an open end;
    - text with an operator, such as ``">10000"``, ``"!= FR"``, ``"is not missing"``, ``"has #x"``. Other text is a
      value, letter for letter; a list of one value is never taken for an operator.

    Example:
        >>> wanted = {"age": (30, 45), "country": ["FR", "DE"], "bio": None, "is_bot": 1, "followers": ">100"}
        >>> [str(condition) for condition in where_of(wanted)]
        ['age = 30..45', 'country in FR|DE', 'bio is missing', 'is_bot = 1', 'followers > 100']
        >>> where_of({"age": (None, 45)}) == where_of("age=..'45'") == []
        False

    Raises:
        ConditionError: it cannot be read.
    """
    if where is None:
        return []
    if isinstance(where, str):
        return parse_where(where)
    if isinstance(where, Mapping):
        return [Condition(_name(name), _clause_of(_name(name), value)) for name, value in where.items()]
    wrong = next((each for each in where if not isinstance(each, Condition)), None)
    if wrong is not None:
        raise ConditionError(f"where: {wrong!r} is no condition; expected text, a mapping or a list of conditions")
    return list(where)


def parse_where(text: str) -> list[Condition]:
    """Conditions from text.

    Raises:
        ConditionError: a part is no condition; it is named.

    Example:
        >>> [str(each) for each in parse_where("age=30..45, 'home, town' in Ulm|Bonn, tags has #x, bio is missing")]
        ['age = 30..45', 'home, town in Ulm|Bonn', 'tags has #x', 'bio is missing']
        >>> str(parse_where("place in box(47, 5.5, 55, 15)")[0])
        'place in box(47.0, 5.5, 55.0, 15.0)'
    """
    found = []
    for part in _parted(text, ","):
        if not part.strip():
            raise ConditionError(f"condition: nothing stands between two commas in {text!r}; {_EXPECTED}")
        match = _CONDITION.match(part)
        if match is None:
            raise ConditionError(f"condition: {part.strip()!r} has no operator; {_EXPECTED}")
        name = _unquoted(match["name"].strip())[0]
        if not name:
            raise ConditionError(f"condition: {part.strip()!r} names no column; {_EXPECTED}")
        found.append(Condition(name, _clause(name, match)))
    return found


def _clause(name: str, match: re.Match[str]) -> Clause:
    if match["missing"]:
        return Clause("present" if "not" in match["missing"] else "missing")
    sign = match["sign"] or " ".join(match["word"].split())
    operation, rest = _OPERATORS[sign], match["rest"]
    if operation == "in" and (box := _BOX.match(rest)):
        return Clause("in box", _corners(name, box["ends"]))
    values = tuple(_value(name, sign, part) for part in _parted(rest, "|"))
    if operation in ("<", "<=", ">", ">=") and (len(values) > 1 or isinstance(values[0], Range)):
        raise ConditionError(f"condition on {name!r}: {sign}{rest.strip()} compares with more than one value; name one")
    return Clause(operation, values)  # type: ignore[arg-type]


def _value(name: str, sign: str, text: str) -> str | Range:
    """A value, or a range; what is quoted is a value."""
    plain, quoted = _unquoted(text.strip())
    if quoted:
        return plain
    if not plain:
        raise ConditionError(
            f"condition on {name!r}: no value stands after {sign!r} or '|'; name one, write '' for an empty text, "
            "or say 'is missing'"
        )
    ends = [_unquoted(end.strip())[0] for end in _parted(plain, "..")]
    if len(ends) == 1:
        return ends[0]
    if len(ends) > 2 or not any(ends):
        raise ConditionError(f"condition on {name!r}: {plain!r} is no range; expected such as 30..45, 30.. or ..45")
    return Range(*(end or None for end in ends))


def _corners(name: str, text: str) -> tuple[float, ...]:
    try:
        corners = tuple(float(part) for part in text.split(","))
    except ValueError:
        corners = ()
    if len(corners) != 4:
        raise ConditionError(
            f"condition on {name!r}: box({text}) has not four numbers; expected box(lat1, lon1, lat2, lon2), "
            "south-west and north-east"
        )
    return corners


def _clause_of(name: str, value: Any) -> Clause:
    """A clause from what a mapping holds."""
    if value is None:
        return Clause("missing")
    if isinstance(value, str):
        match = _SAID.match(value)
        return Clause("in", (value,)) if match is None else _clause(name, match)
    if isinstance(value, tuple | slice):
        return Clause("in", (_range(name, value),))
    if isinstance(value, list | set | frozenset | np.ndarray):
        values = sorted(value, key=repr) if isinstance(value, set | frozenset) else list(value)
        if not values:
            raise ConditionError(f"condition on {name!r}: no value is in an empty list; name one")
        return Clause("in", tuple(_range(name, v) if isinstance(v, tuple | slice) else v for v in values))
    return Clause("in", (value,))


def _range(name: str, value: tuple[Any, ...] | slice) -> Range:
    if isinstance(value, slice):
        if value.step is not None:
            raise ConditionError(f"condition on {name!r}: {value} has a step; a range has none")
        value = (value.start, value.stop)
    if len(value) != 2 or (value[0] is None and value[1] is None):
        raise ConditionError(
            f"condition on {name!r}: {value!r} is no range; expected two ends such as (30, 45), None for an open one. "
            "Give a set of values as a list"
        )
    return Range(*value)


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise ConditionError(f"where: {name!r} is no column's name; expected text")
    return name


def _parted(text: str, separator: str) -> list[str]:
    """Text cut at a separator that stands neither in quotes nor in brackets.

    A quote opens where a name or a value begins; elsewhere, as in ``it's``, it is a letter.
    """
    parts, at, depth, begin = [], 0, 0, 0
    while at < len(text):
        quote = re.match(_QUOTED, text[at:]) if text[at] in "'\"" and _begins(text[begin:at]) else None
        if quote:
            at += quote.end()
            continue
        depth += (text[at] == "(") - (text[at] == ")" and depth > 0)
        if depth == 0 and text.startswith(separator, at):
            parts.append(text[begin:at])
            at = begin = at + len(separator)
            continue
        at += 1
    return [*parts, text[begin:]]


def _begins(before: str) -> bool:
    """Whether a name or a value begins after this much of a part."""
    return re.search(rf"(^|[=<>|]|\.\.|(^|\s)({_WORDS}))\s*$", before) is not None


def _unquoted(text: str) -> tuple[str, bool]:
    """Text without the quotes around it, and whether there were any."""
    if re.fullmatch(_QUOTED, text):
        return text[1:-1].replace(text[0] * 2, text[0]), True
    return text, False
