"""Units to text: place-holders get synthetic values, and words their spaces."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.columns.made_up_words import WordMaker
from synthgen.texts.guard import Guard
from synthgen.texts.handles import Handles
from synthgen.texts.units import CODE, DIGITS, HANDLE, MAIL, PHONE, PLACEHOLDERS, TAG, URL, Unit, folded

_SPACE = 1 << 40
"""Numbers of made-up addresses: two alike are as good as never drawn."""
_AT_ONCE = 256
_TRIES = 20
_LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
_CODE_LETTERS = 6
_SIGNED = ("handle", "tag", "mail", "url", "phone", "code")
"""Kinds that are read as long as letters go on."""

Fill = Callable[[int, str], str | None]
"""What stands in a row for a place-holder, where other tables say so; None: it is made up."""


@dataclass(frozen=True)
class Filler:
    """What stands in for what was masked.

    Attributes:
        handles: of people.
        url: web addresses, at a host that is reserved for examples.
        mail: e-mail addresses, likewise.
    """

    handles: Handles
    url: WordMaker
    mail: WordMaker

    @classmethod
    def fit(cls, handles: Handles, rng: np.random.Generator) -> Self:
        """Makers with keys of their own."""
        none = pa.array([], pa.string())
        return cls(handles, WordMaker.fit(none, "url", rng), WordMaker.fit(none, "email", rng))

    def stock(
        self,
        rng: np.random.Generator,
        known: Collection[str],
        among: Sequence[str] | None = None,
        fill: Fill | None = None,
    ) -> Stock:
        """Synthetic values to fill in.

        Args:
            rng: of all that is drawn.
            known: numbers that are words, and so stand for no other.
            among: synthetic handles to mention; None: made-up ones.
            fill: is asked first.
        """
        return Stock(
            rng,
            known,
            {
                HANDLE: lambda: self.handles.draw(_AT_ONCE, rng, among),
                URL: lambda: self.url.make(rng.integers(_SPACE, size=_AT_ONCE)).to_pylist(),
                MAIL: lambda: self.mail.make(rng.integers(_SPACE, size=_AT_ONCE)).to_pylist(),
            },
            fill or (lambda _, __: None),
        )

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"handles": self.handles.state(), "url": self.url.state(), "mail": self.mail.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The filler again."""
        return cls(
            Handles.from_state(state["handles"]),
            WordMaker.from_state(state["url"]),
            WordMaker.from_state(state["mail"]),
        )


class Stock:
    """Values are made some hundred at a time, since one costs as much as many."""

    def __init__(
        self, rng: np.random.Generator, known: Collection[str], sources: dict[str, Callable[[], list[str]]], fill: Fill
    ) -> None:
        self._rng, self._known, self._sources, self._fill = rng, known, sources, fill
        self._left: dict[str, list[str]] = {name: [] for name in sources}

    def text(self, units: Sequence[Unit], guard: Guard, row: int, tags: Sequence[str] | None = None) -> str:
        """The text of units.

        Args:
            units: with place-holders.
            guard: says which made-up tags may be real.
            row: that it stands in.
            tags: of the row, one for each place-holder; None: made-up ones.
        """
        parts: list[str] = []
        left = iter(tags or ())
        for place, unit in enumerate(units):
            written = self._fill(row, unit.text) if unit.text in PLACEHOLDERS else None
            if tags is not None and unit.text == TAG:
                written = f"#{next(left)}"
            if written is None:
                written = self._filled(unit.text, units, guard)
            apart = place and (unit.spaced or _would_join(parts[-1], units[place - 1].kind, written, unit.kind))
            parts.append(f" {written}" if apart else written)
        return "".join(parts)

    def _filled(self, text: str, units: Sequence[Unit], guard: Guard) -> str:
        if text in self._sources:
            if not self._left[text]:
                self._left[text] = self._sources[text]()
            return self._left[text].pop()
        if text in DIGITS:
            drawn = (_digits(DIGITS.index(text) + 1, self._rng) for _ in range(_TRIES))
            return next((number for number in drawn if number not in self._known), "0" * (DIGITS.index(text) + 1))
        if text == TAG:
            return _tag(units, guard, self._rng)
        if text == PHONE:
            return f"+1-555-01{_digits(2, self._rng)}"
        return "".join(self._rng.choice(_LETTERS, _CODE_LETTERS)) if text == CODE else text


def _would_join(before: str, kind: str, written: str, own: str) -> bool:
    """Whether without a space two units would be read as one, or as others."""
    if not written or not (before[-1:].isalnum() or before[-1:] in "_@&"):
        return False
    if own in _SIGNED:
        return True
    solid = written[0].isalnum() or written[0] == "_"
    return solid and (kind in _SIGNED or (kind == own and kind != "single"))


def _digits(many: int, rng: np.random.Generator) -> str:
    return str(rng.integers(1, 10)) + "".join(map(str, rng.integers(0, 10, many - 1)))


def _tag(units: Sequence[Unit], guard: Guard, rng: np.random.Generator) -> str:
    """A tag of one to three neighbouring words of the text itself, one that no real text is known to hold."""
    words = [folded(unit.text) for unit in units if unit.kind == "word" and unit.text.isalpha()] or ["so"]
    for _ in range(_TRIES):
        many = int(rng.integers(1, 4))
        first = int(rng.integers(len(words)))
        tag = "#" + "".join(words[first : first + many])
        if len(tag) > 3 and not guard.bars_words([tag])[0]:
            return tag
    return f"#{words[0]}{_digits(2, rng)}"
