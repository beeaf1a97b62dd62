"""How a column writes its moments, by votes over fixed lists: template, zone, fraction of a second, case, step.

Letters: D different values.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.date_text import DAY, DateText, Moments, all_templates, loosened, templates

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter

TEMPLATES = tuple(all_templates())
STEPS = (DAY, 3600, 60, 1)
"""Seconds: what a column may count in."""
CASES = ("title", "upper", "lower")
_NUMBER = {template: number for number, template in enumerate(TEMPLATES)}
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_DATE = (
    "[0-9]{1,4}[-/.][0-9]{1,4}(?:[-/.][0-9]{2,4})?|(?:19|20)[0-9]{6}"
    f"|[0-9]{{1,2}}[.]?[-/ ]{_MONTH}[-/ ][0-9]{{2,4}}|{_MONTH} [0-9]{{1,2}},? [0-9]{{4}}"
)
_ZONE = "(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
_TIME = f"[0-9]{{1,2}}:?[0-9]{{2}}(?::?[0-9]{{2}}(?:[.][0-9]{{1,9}})?)?(?: ?[ap]m)?{_ZONE}"
_LOOKS_LIKE = (
    f"(?i)^(?:(?:{_DAY}, )?(?:{_DATE})(?:(?:T|,? | at )?{_TIME})?|{_DAY} {_MONTH} [0-9]{{1,2}} {_TIME} [0-9]{{4}})$"
)
"""A quick look that lets every one of ``TEMPLATES`` pass, and little else."""
_NAMED = [lead + name for lead in ("", " ") for name in ("Z", "UTC", "GMT")]
_OFFSETS = product(("", " "), "+-", range(15), ("", ":"), (0, 30, 45))
ZONES = ("", *_NAMED, *[f"{lead}{sign}{hour:02d}{colon}{minute:02d}" for lead, sign, hour, colon, minute in _OFFSETS])
_PART = 0.15
"""A second way to write is one when it has this share of the votes for both."""


def template_of(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` the first of ``TEMPLATES`` in which each text is a moment, by itself; -1 for none.

    Example:
        >>> [TEMPLATES[i] for i in template_of(pa.array(["2020-01-31", "31.01.2020"]))]
        ['%Y-%m-%d', '%d.%m.%Y']
    """
    found = np.full(len(distinct), -1)
    maybe = np.flatnonzero(np.asarray(pc.match_substring_regex(distinct, _LOOKS_LIKE)))
    if not len(maybe):
        return found
    shapes = pc.replace_substring_regex(distinct.take(pa.array(maybe)), "[0-9]", "9").dictionary_encode()
    shape_M = np.asarray(shapes.indices)
    order = np.argsort(shape_M, kind="stable")
    groups = np.split(maybe[order], np.cumsum(np.bincount(shape_M, minlength=len(shapes.dictionary)))[:-1])
    for shape, group in zip(shapes.dictionary.to_pylist(), groups, strict=True):
        for template in templates(shape):
            left = group[found[group] < 0]
            if not len(left):
                break
            valid = DateText(template).parse(distinct.take(pa.array(left))).valid
            found[left[valid]] = _NUMBER[template]
    return found


def voted_text(cells: Cells, meter: Meter) -> DateText:
    """The way in which most cells are written."""
    votes = meter.vote(cells.histogram(cells.once(template_of), len(TEMPLATES)), "date format")
    form = DateText(_settled(votes.counts))
    if "%z" in form.template:
        zones = meter.vote(cells.histogram(_zone_of(cells.distinct, form), len(ZONES)), "time zone")
        if not (zone := ZONES[int(np.argmax(zones.counts))]):
            form = replace(form, template=form.template.replace("%z", ""))
        else:
            form = replace(form, template=form.template.replace("%z", zone))
    if any(name in form.template for name in ("%b", "%B", "%a", "%A", "%p")):
        cased = meter.vote(cells.histogram(_case_of(cells.distinct), len(CASES)), "case of names")
        form = replace(form, case=CASES[int(np.argmax(cased.counts))])
    return form


def fraction_of(moments: Moments) -> np.ndarray:
    """``(D,)`` digits of the fraction of a second that each moment needs, in threes, by itself: 0, 3, 6 or 9."""
    digits = np.full(len(moments.nanoseconds), 9)
    for fewer in (6, 3, 0):
        digits[moments.nanoseconds % 10 ** (9 - fewer) == 0] = fewer
    return np.where(moments.valid, digits, -1)


def step_of(moments: Moments) -> np.ndarray:
    """``(D,)`` the longest of ``STEPS`` that each moment is a multiple of, by itself."""
    step = np.full(len(moments.seconds), len(STEPS) - 1)
    for number in range(len(STEPS) - 2, -1, -1):
        step[(moments.seconds % STEPS[number] == 0) & (moments.nanoseconds == 0)] = number
    return np.where(moments.valid, step, -1)


def _settled(votes: np.ndarray) -> str:
    """The winner, unless cells that could be written in two ways voted for the wrong one.

    ``01/02/2020`` votes for months first, ``12/25/2020`` for padded fields; where a fair part of the cells can only
    be the other way, that is the way of all.
    """
    template = TEMPLATES[int(np.argmax(votes))]
    for other in (_swapped(template), loosened(template), _swapped(loosened(template))):
        if _NUMBER.get(other, -1) <= _NUMBER[template]:  # a cell that fits both votes for the first of them
            continue
        if votes[_NUMBER[other]] > _PART * (votes[_NUMBER[template]] + votes[_NUMBER[other]]):
            template = other
    return template


def _swapped(template: str) -> str:
    """Day and month in each other's place."""
    return template.translate(str.maketrans("md", "dm"))


def _zone_of(distinct: pa.Array, form: DateText) -> np.ndarray:
    """``(D,)`` which of ``ZONES`` each text ends in, by itself; -1 for others."""
    moments = form.parse(distinct)
    found = pc.fill_null(pc.index_in(moments.zones, value_set=pa.array(ZONES)), -1)
    return np.where(moments.valid, np.asarray(found), -1)


def _case_of(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` which of ``CASES`` each text's letters are, by itself."""
    lower, upper = (np.asarray(test(distinct)) for test in (pc.utf8_is_lower, pc.utf8_is_upper))
    return np.where(lower, CASES.index("lower"), np.where(upper, CASES.index("upper"), 0))
