"""Texts in units: words, marks, tags, mentions; what names a person or a place on the web becomes a place-holder."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

HANDLE, TAG, URL, MAIL, PHONE, CODE = "<@>", "<#>", "<url>", "<mail>", "<phone>", "<code>"
MOST_DIGITS = 12
PLAIN_DIGITS = 4
"""A number of more digits always becomes a place-holder, however many users wrote it."""
DIGITS = tuple(f"<{many} digits>" for many in range(1, MOST_DIGITS + 1))
PLACEHOLDERS = (HANDLE, TAG, URL, MAIL, PHONE, CODE, *DIGITS)

_SINGLE = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Letters of scripts that are written without spaces: each is a word."""
_UNIT = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,!?;:)\]'\u2026])"
    r"|(?P<handle>(?<![\w@])@\w+)"
    r"|(?P<tag>(?<![\w&])#(?=\d*[^\W\d])\w+)"
    r"|(?P<phone>(?<!\w)\+?\(?\d[\d().\x20/-]{6,}\d(?!\w))"
    r"|(?P<entity>&\#?\w{2,8};)"
    r"|(?P<code>(?<!\w)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{5,}(?!\w))"
    r"|(?P<number>\d+)"
    rf"|(?P<single>[{_SINGLE}])"
    rf"|(?P<word>[^\W\d_{_SINGLE}]+(?:['\u2019][^\W\d_{_SINGLE}]+)*)"
    r"|(?P<line>\n)"
    r"|(?P<mark>(?P<one>[^\w\s])(?P=one)*[\ufe0e\ufe0f\u0300-\u036f\U0001f3fb-\U0001f3ff]*"
    r"(?:\u200d[^\w\s][\ufe0f\U0001f3fb-\U0001f3ff]*)*|_+|\S)"
)
_WORDS = ("handle", "tag", "mail", "url", "phone", "code", "number", "single", "word")
"""Kinds that count as words; marks, line ends and pictographs do not."""
_FEWEST_DIGITS = 7
"""Of a telephone number."""


class Unit(NamedTuple):
    """One piece of a text.

    Attributes:
        text: what it says, or its place-holder.
        kind: ``word``, ``number``, ``handle``, ``tag``, ``mark`` ...
        spaced: whether a space stands before it.
    """

    text: str
    kind: str
    spaced: bool

    @property
    def is_word(self) -> bool:
        return self.kind in _WORDS


def units_of(text: str, handle: Callable[[str], str] | None = None) -> list[Unit]:
    """A text in units, addresses and long numbers masked.

    Args:
        text: any text; runs of blanks count as one space.
        handle: what stands for a handle; None: ``HANDLE`` for all.

    Example:
        >>> [unit.text for unit in units_of("@ann flight 12345 is late!! http://t.co/x")]
        ['<@>', 'flight', '<5 digits>', 'is', 'late', '!!', '<url>']
    """
    found = []
    for match in _UNIT.finditer(text):
        kind, written = str(match.lastgroup), match.group()
        start = match.start()
        spaced = start > 0 and text[start - 1].isspace() and text[start - 1] != "\n"
        if kind == "phone" and sum(letter.isdigit() for letter in written) < _FEWEST_DIGITS:
            found += [
                Unit(unit.text, unit.kind, unit.spaced if place else spaced)
                for place, unit in enumerate(_parts(written))
            ]
            continue
        found.append(Unit(_masked(written, kind, handle), kind, spaced))
    return found


def tied(units: Sequence[Unit], tags: Sequence[str]) -> list[Unit]:
    """Units, tags of the row as place-holders.

    Example:
        >>> [unit.text for unit in tied(units_of("so #late and #Rude"), ["late"])]
        ['so', '<#>', 'and', '#Rude']
    """
    known = {f"#{folded(tag.lstrip('#'))}" for tag in tags}
    return [unit._replace(text=TAG) if unit.kind == "tag" and folded(unit.text) in known else unit for unit in units]


def as_said(masked: Sequence[Unit], units: Sequence[Unit]) -> list[Unit]:
    """Masked units with tags of their rows as they stand in the text.

    Example:
        >>> units = units_of("so #late")
        >>> [unit.text for unit in as_said(tied(units, ["late"]), units)]
        ['so', '#late']
    """
    return [own if unit.text == TAG and unit.kind == "tag" else unit for unit, own in zip(masked, units, strict=True)]


def named_in(text: str) -> list[tuple[str, str]]:
    """The place-holder of each handle, address and long number of a text, and what stands there.

    Example:
        >>> named_in("@Ann see http://t.co/x #late 12345")
        [('<@>', '@Ann'), ('<url>', 'http://t.co/x'), ('<5 digits>', '12345')]
    """
    found = []
    for match in _UNIT.finditer(text):
        kind, written = str(match.lastgroup), match.group()
        held = _masked(written, kind, None)
        if held in PLACEHOLDERS and (kind != "phone" or sum(letter.isdigit() for letter in written) >= _FEWEST_DIGITS):
            found.append((held, written))
    return found


def words_of(units: Sequence[Unit]) -> list[str]:
    """The words that count in a run: lower case, marks left out.

    Example:
        >>> words_of(units_of("Don't, @ann: #Fail at 9!"))
        ["don't", '<@>', '#fail', 'at', '9']
    """
    return [folded(unit.text) for unit in units if unit.is_word]


def folded(text: str) -> str:
    """A word without regard to case and to the kind of apostrophe."""
    return text.lower().replace("\u2019", "'")


def owner_numbers(owners: Sequence[object] | None, many: int) -> np.ndarray:
    """Owners as numbers, a text without an owner being its own."""
    if owners is None:
        return np.arange(many)
    codes: np.ndarray = pd.factorize(np.asarray(owners, object))[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def _masked(written: str, kind: str, handle: Callable[[str], str] | None) -> str:
    if kind == "handle":
        return HANDLE if handle is None else handle(written)
    if kind == "number" and len(written) > PLAIN_DIGITS:
        return digits_holder(written)
    return {"mail": MAIL, "url": URL, "phone": PHONE, "code": CODE}.get(kind, written)


def digits_holder(number: str) -> str:
    """The place-holder of a number of so many digits.

    Example:
        >>> digits_holder("1234")
        '<4 digits>'
    """
    return DIGITS[min(len(number), MOST_DIGITS) - 1]


def _parts(written: str) -> list[Unit]:
    """What looks like a telephone number and has too few digits: numbers and marks."""
    return [
        Unit(
            digits_holder(part) if part.isdigit() and len(part) > PLAIN_DIGITS else part,
            "number" if part.isdigit() else "mark",
            written[place - 1 : place] == " ",
        )
        for part, place in ((match.group(), match.start()) for match in re.finditer(r"\d+|[^\d\s]", written))
    ]
