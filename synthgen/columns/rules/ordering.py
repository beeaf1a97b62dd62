"""Conditions on columns in order: what they leave of each, and which columns they tie together.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgen.columns.date_restriction import moment_stretches
from synthgen.columns.keeping import Ask, Keeping, Laid, about_values
from synthgen.columns.label_restriction import Judge
from synthgen.columns.lines import DateLine, Line, NumberLine
from synthgen.columns.numeric_restriction import number_stretches
from synthgen.columns.rules.chain import Chain, Link
from synthgen.columns.wanted import FLOATS, WHOLE, Clause, Stretch, contradiction, intersection
from synthgen.errors import ConditionError

if TYPE_CHECKING:
    from synthgen.columns.rules.orders import Ordered

_HALVINGS = 1100
"""From the largest number to the next one of zero, and to the last digit from there."""


def lay_order(step: Ordered, wanted: Mapping[str, list[Clause]], ask: Ask) -> Laid:
    """What conditions ask of columns in order.

    Those on a column that is drawn as a gap tie it to all that it is reckoned from; one path of tokens spans them.

    Raises:
        ConditionError: they cannot be kept exactly, or not at all.
    """
    laid = Laid()
    valued: dict[str, list[Clause]] = {}
    for name, clauses in wanted.items():
        if name not in step.gaps:
            if about_values(clauses) and all(clause.takes_values for clause in clauses):
                valued[name] = clauses
            continue
        laid.keeps[name] = Keeping.of(clauses, None)
        if not all(clause.takes_values for clause in clauses):
            laid.onto.append((step.gaps[name].label, Clause("missing")))
        elif not about_values(clauses):
            laid.onto += [(one, Clause("present")) for one in _reckoned(step, name, labels=True)]
        elif all(clause.takes_missing for clause in clauses):
            raise ConditionError(
                f"it is drawn as a gap after {step.gaps[name].earlier!r}, so that a value and a missing cell cannot be "
                "asked for in one condition. Ask for values alone, or for 'is missing'"
            )
        else:
            valued[name] = clauses
    left = {name: _places(step, name, clauses, ask) for name, clauses in valued.items()}
    for name, clauses in valued.items():
        if name in step.gaps:
            laid.keeps[name] = Keeping.of(clauses, _judge(step.lines[name], left[name]))
    gaps = [name for name in valued if name in step.gaps]
    for root in dict.fromkeys(_reckoned(step, name)[0] for name in gaps):
        laid.chains.append(_chain(step, root, [n for n in gaps if _reckoned(step, n)[0] == root], left, ask))
    laid.held |= {link.name: list(link.left) for chain in laid.chains for link in chain.links}
    laid.held |= {name: stretches for name, stretches in left.items() if name not in laid.held}
    return laid


def _reckoned(step: Ordered, name: str, labels: bool = False) -> list[str]:
    """The columns that a column is reckoned from, the first one first, and itself; or what has their tokens."""
    found = [name]
    while found[0] in step.gaps:
        found.insert(0, step.gaps[found[0]].earlier)
    return [step.gaps[one].label if labels and one in step.gaps else one for one in found]


def _chain(step: Ordered, root: str, asked: Sequence[str], left: Mapping[str, list[Stretch]], ask: Ask) -> Chain:
    """The columns from the first one to all that are asked for."""
    if root not in ask.drawn:
        raise ConditionError(
            f"it is drawn as a gap after {root!r}, which has no tokens of its own; put the condition on another column"
        )
    names = {name for one in asked for name in _reckoned(step, one)}
    order = [name for name in step.lines if name in names]
    links = []
    for name in order:
        gap, line = step.gaps.get(name), step.lines[name]
        free = [(WHOLE.least, WHOLE.greatest)] if isinstance(line, DateLine) else [(FLOATS.least, FLOATS.greatest)]
        stretches = left.get(name, _within_ends(step, name, free))
        parent = -1 if gap is None else order.index(gap.earlier)
        label, unit = (name, 1.0) if gap is None else (gap.label, gap.unit)
        links.append(Link(name, label, parent, unit, step.tops[name], line, tuple(stretches)))
    return Chain(tuple(links), ask.drawn, tuple(asked))


def _places(step: Ordered, name: str, clauses: Sequence[Clause], ask: Ask) -> list[Stretch]:
    """The places at which what is written keeps the clauses."""
    line, asked = step.lines[name], about_values(clauses)
    if isinstance(line, DateLine):
        stretches = [
            (-(-low // line.tick), high // line.tick) for low, high in moment_stretches(asked, line)
        ]  # fmt: skip
    else:
        stretches = number_stretches(asked, line.text.type, ask.decimal(name))
    found = [ends for wanted in stretches if (ends := _written_in(line, wanted)) is not None]
    found = _within_ends(step, name, found)
    if not found:
        raise contradiction(clauses)
    return found


def _within_ends(step: Ordered, name: str, stretches: list[Stretch]) -> list[Stretch]:
    """What the range that the user gave leaves of stretches."""
    low, high = step.ends.get(name, (None, None))
    whole = isinstance(step.lines[name], DateLine)
    least, most = (WHOLE.least, WHOLE.greatest) if whole else (FLOATS.least, FLOATS.greatest)
    return intersection(stretches, [(least if low is None else low, most if high is None else high)])


def _written_in(line: NumberLine | DateLine, wanted: Stretch) -> Stretch | None:
    """The places that are written as one in a stretch; None: none is."""
    low, high = wanted
    if isinstance(line, DateLine):
        unit = int(line.unit(np.zeros(1))[0])
        first = low if low <= WHOLE.least // line.tick else _edge(line, low, unit)
        last = high if high >= WHOLE.greatest // line.tick else _edge(line, high + 1, unit) - 1
        return (first, last) if first <= last else None
    first = low if np.isinf(low) else _number_edge(line, low, False)
    last = high if np.isinf(high) else _number_edge(line, high, True)
    return (first, last) if first <= last else None


def _edge(line: DateLine, limit: int, unit: int) -> int:
    """The first place that is written as one at a limit or later; what is written is no later than its place."""

    def reaches(place: int) -> bool:
        found, _ = line.read(line.write(np.array([place], np.int64), pa.nulls(1, pa.string())))
        return bool(found[0] >= limit)

    ends = line.read(line.write(np.array([-(1 << 62), 1 << 62], np.int64), pa.nulls(2, pa.string())))[0]
    limit = int(min(max(limit, int(ends[0])), int(ends[1]) + 1))
    past = limit
    reach = unit
    while not reaches(past) and past <= int(ends[1]):
        past, reach = past + reach, 2 * reach
    before = limit - 1
    while reaches(before) and before >= int(ends[0]):
        before, reach = before - reach, 2 * reach
    while past - before > 1:
        middle = (past + before) // 2
        before, past = (before, middle) if reaches(middle) else (middle, past)
    return past


def _number_edge(line: NumberLine, limit: float, upper: bool) -> float:
    """The first place that is written as a number at a limit or above; with ``upper``, the last one not above it."""

    def written(place: float) -> float:
        return float(line.read(line.write(np.array([place]), pa.nulls(1, pa.string())))[0][0])

    reach = float(line.unit(np.array([limit]))[0])
    before, past = limit - 2 * reach, limit + 2 * reach
    for _ in range(_HALVINGS):
        middle = before / 2 + past / 2
        if middle in (before, past):
            break
        beyond = written(middle) > limit if upper else written(middle) >= limit
        before, past = (before, middle) if beyond else (middle, past)
    return before if upper else past


def _judge(line: Line, left: list[Stretch]) -> Judge:
    def holds(values: pa.Array) -> np.ndarray:
        places, there = line.read(values)
        return np.asarray(there & (nearest(left, places) == places))

    return holds


def nearest(stretches: Sequence[Stretch], places: np.ndarray) -> np.ndarray:
    """``(N,)`` places moved into the nearest stretch.

    Example:
        >>> nearest([(1, 3), (8, 9)], np.array([0, 2, 5, 6, 12])).tolist()
        [1, 2, 3, 8, 9]
    """
    found, best = places, np.full(len(places), np.inf)
    for low, high in stretches:
        inside = np.clip(places, _bounded(low, places.dtype), _bounded(high, places.dtype))
        away = np.abs((inside - places).astype(np.float64))
        found, best = np.where(away < best, inside, found), np.minimum(away, best)
    return found


def beside(stretches: Sequence[Stretch], bound: np.ndarray, up: bool) -> tuple[np.ndarray, np.ndarray]:
    """``(N,)`` the first places in stretches that lie on a bound or above (with ``up``; below without), and if any is.

    Example:
        >>> [each.tolist() for each in beside([(1, 3), (8, 9)], np.array([2, 5, 10]), True)]
        [[2, 8, 10], [True, True, False]]
    """
    found, there = bound, np.zeros(len(bound), bool)
    for low, high in stretches if up else reversed(stretches):
        first, last = (_bounded(end, bound.dtype) for end in (low, high))
        here = ~there & ((bound <= last) if up else (bound >= first))
        found = np.where(here, np.maximum(bound, first) if up else np.minimum(bound, last), found)
        there = there | here
    return found, there


def _bounded(end: float, kind: np.dtype) -> float:
    """An end within what an array of places holds."""
    return max(min(end, 1 << 62), -(1 << 62)) if np.issubdtype(kind, np.integer) else end
