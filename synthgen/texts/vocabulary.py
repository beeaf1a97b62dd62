"""Texts <-> numbers: what enough users wrote has a token; a rare word is read in pieces.

A token is a word in one of its spellings, a mark, a tag, a handle, a place-holder, or a piece of rare words.
Markers before a word say that it is written with a capital, in capitals, or not spaced as usual.

Letters: V tokens.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from synthgen.texts.pieces import END, learn_pieces, spelled
from synthgen.texts.units import DIGITS, HANDLE, PLACEHOLDERS, TAG, Unit, digits_holder, folded

MOST_TOKENS = 8_000
STOP, FLIP, CAPITAL, CAPITALS, UNKNOWN = "stop", "flip", "capital", "capitals", "unknown"
MARKERS = (FLIP, CAPITAL, CAPITALS)
PIECE = "piece"
_OPENING = ("number", "word", "single", "handle", "tag", "url", "mail", "phone", "code", "entity")
"""Kinds that stand after a space, where texts do not tell."""
_HOLDERS: dict[str, Callable[[str], str]] = {
    "number": digits_holder,
    "tag": lambda _: TAG,
    "handle": lambda _: HANDLE,
}


@dataclass(frozen=True)
class Token:
    """One entry.

    Attributes:
        kind: of a unit, ``piece``, or one of the markers.
        text: what it says.
        spaced: whether a space usually stands before it.
    """

    kind: str
    text: str
    spaced: bool

    @property
    def is_word(self) -> bool:
        return Unit(self.text, self.kind, self.spaced).is_word


@dataclass(frozen=True)
class Vocabulary:
    """Tokens, the most frequent first; the first one ends a text.

    Attributes:
        tokens: ``V`` of them.
        joins: how rare words are put together from letters.
        rare_share: of the words of the texts, those that too few users wrote.
        idle: place-holders that no text needed.
    """

    tokens: tuple[Token, ...]
    joins: tuple[tuple[str, str], ...]
    rare_share: float
    idle: tuple[int, ...] = ()

    @classmethod
    def fit(cls, texts: Sequence[Sequence[Unit]], owners: np.ndarray, min_holders: int) -> Self:
        """Keep what at least ``min_holders`` owners wrote.

        Args:
            texts: in units.
            owners: ``(N,)``, a number per text.
            min_holders: owners that a token needs.
        """
        spellings: dict[tuple[str, str], _Held] = defaultdict(_Held)
        folds: dict[tuple[str, str], _Held] = defaultdict(_Held)
        for units, owner in zip(texts, owners.tolist(), strict=True):
            for place, unit in enumerate(units):
                spaced = unit.spaced if place else None
                spellings[unit.kind, unit.text].add(owner, spaced)
                folds[unit.kind, folded(unit.text)].add(owner, spaced)
        common = {key for key, held in folds.items() if len(held.owners) >= min_holders}
        kept = {key: held for key, held in spellings.items() if len(held.owners) >= min_holders}
        known = {(kind, folded(text)) for kind, text in kept}
        kept |= {key: folds[key] for key in common - known}
        counts: Counter[Token] = Counter()
        for (kind, text), held in kept.items():
            counts[Token(kind, text, held.spaced(kind))] = held.count
        rare = {
            text: held.owners for (kind, text), held in folds.items() if kind == "word" and (kind, text) not in common
        }
        joins = learn_pieces(rare, min_holders)
        pieces = _pieces(rare, joins, min_holders)
        counts.update({Token(PIECE, piece, True): many for piece, many in pieces.items()})
        counts.update({Token(_kind_of(name), name, True): min_holders for name in PLACEHOLDERS})
        order = sorted(counts, key=lambda token: (-counts[token], token.kind, token.text))[:MOST_TOKENS]
        needed = [Token(_kind_of(name), name, True) for name in PLACEHOLDERS]
        markers = [Token(kind, "", False) for kind in (STOP, *MARKERS, UNKNOWN)]
        order = [*markers, *dict.fromkeys([*order, *needed])]
        words = sum(held.count for (kind, _), held in folds.items() if kind == "word")
        missed = sum(folds["word", text].count for text in rare)
        found = cls(tuple(order), tuple(joins), round(missed / max(words, 1), 2))
        return replace(found, idle=found.unneeded(texts))

    def unneeded(self, texts: Iterable[Sequence[Unit]]) -> tuple[int, ...]:
        """Place-holders that stand in none of the texts."""
        needed = {number for units in texts for number in self.encode(units)}
        holders = {place for place, token in enumerate(self.tokens) if token.text in PLACEHOLDERS}
        return tuple(sorted(holders - needed))

    def encode(self, units: Sequence[Unit]) -> list[int]:
        """Token numbers; the end is not among them."""
        found: list[int] = []
        for place, unit in enumerate(self.masked(units)):
            numbers = self._spelling(unit)
            first = self.tokens[numbers[0] if numbers[0] not in self._cases else numbers[1]]
            if place and unit.spaced != first.spaced:
                found.append(self.number[FLIP, ""])
            found += numbers
        return found

    def masked(self, units: Sequence[Unit]) -> list[Unit]:
        """Numbers, tags and handles that have no token become place-holders."""
        return [
            unit._replace(text=_HOLDERS[unit.kind](unit.text))
            if unit.kind in _HOLDERS and (unit.kind, folded(unit.text)) not in self._usual
            else unit
            for unit in units
        ]

    def units(self, numbers: Iterable[int]) -> list[Unit]:
        """Token numbers in units again; markers that stand before nothing are left out."""
        found: list[Unit] = []
        flip, case, parts, spaced = False, "", "", True
        for number in numbers:
            token = self.tokens[number]
            if token.kind == FLIP:
                flip = True
            elif token.kind in (CAPITAL, CAPITALS):
                case = token.kind
            elif token.kind in (STOP, UNKNOWN):
                continue
            else:
                spaced = spaced if parts else (token.spaced != flip and bool(found))
                parts += token.text.removesuffix(END) if token.kind == PIECE else token.text
                if token.kind != PIECE or token.text.endswith(END):
                    text = parts.upper() if case == CAPITALS else parts[:1].upper() + parts[1:] if case else parts
                    found.append(Unit(text, "word" if token.kind == PIECE else token.kind, spaced))
                    flip, case, parts, spaced = False, "", "", True
        return found

    @cached_property
    def number(self) -> dict[tuple[str, str], int]:
        """Where each token stands, by kind and text."""
        return {(token.kind, token.text): place for place, token in enumerate(self.tokens)}

    @cached_property
    def whole(self) -> np.ndarray:
        """``(V,)`` whether a token ends a unit; markers, and pieces before the last one of a word, do not."""
        return np.array(
            [
                token.kind not in (STOP, UNKNOWN, *MARKERS) and (token.kind != PIECE or token.text.endswith(END))
                for token in self.tokens
            ]
        )

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], int]:
        return {pair: place for place, pair in enumerate(self.joins)}

    @cached_property
    def _usual(self) -> dict[tuple[str, str], int]:
        """The most frequent spelling of each word."""
        found: dict[tuple[str, str], int] = {}
        for place, token in enumerate(self.tokens):
            if token.kind not in (PIECE, STOP, UNKNOWN, *MARKERS):
                found.setdefault((token.kind, folded(token.text)), place)
        return found

    @cached_property
    def _cases(self) -> tuple[int, int]:
        return self.number[CAPITAL, ""], self.number[CAPITALS, ""]

    def _spelling(self, unit: Unit) -> list[int]:
        exact = self.number.get((unit.kind, unit.text))
        if exact is not None:
            return [exact]
        usual = self._usual.get((unit.kind, folded(unit.text)))
        if unit.kind in ("word", "single"):
            low = self.number.get((unit.kind, folded(unit.text)))
            case = self._case(unit.text)
            if low is not None:
                return [*case, low]
            if usual is not None:
                return [usual]
            parts = spelled(folded(unit.text), self._ranks)
            return [*case, *(self.number.get((PIECE, part), self.number[UNKNOWN, ""]) for part in parts)]
        return [self.number[UNKNOWN, ""] if usual is None else usual]

    def _case(self, text: str) -> list[int]:
        if len(text) > 1 and text.isupper():
            return [self._cases[1]]
        return [self._cases[0]] if text[:1].isupper() else []

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "tokens": [[token.kind, token.text, int(token.spaced)] for token in self.tokens],
            "joins": [list(pair) for pair in self.joins],
            "rare_share": self.rare_share,
            "idle": list(self.idle),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The vocabulary again."""
        tokens = tuple(Token(str(kind), str(text), bool(spaced)) for kind, text, spaced in state["tokens"])
        joins = tuple((str(one), str(other)) for one, other in state["joins"])
        return cls(tokens, joins, float(state["rare_share"]), tuple(map(int, state["idle"])))


class _Held:
    """Who wrote something, how often, and how often after a space."""

    __slots__ = ("after_space", "count", "inside", "owners")

    def __init__(self) -> None:
        self.owners: set[int] = set()
        self.count = self.inside = self.after_space = 0

    def add(self, owner: int, spaced: bool | None) -> None:
        self.owners.add(owner)
        self.count += 1
        if spaced is not None:
            self.inside += 1
            self.after_space += spaced

    def spaced(self, kind: str) -> bool:
        return 2 * self.after_space > self.inside if self.inside else kind in _OPENING


def _kind_of(placeholder: str) -> str:
    if placeholder in DIGITS:
        return "number"
    return {HANDLE: "handle", TAG: "tag"}.get(placeholder, placeholder.strip("<>"))


def _pieces(rare: Mapping[str, set[int]], joins: Sequence[tuple[str, str]], min_holders: int) -> dict[str, int]:
    """Pieces that rare words of enough owners hold, with how many owners."""
    ranks = {pair: place for place, pair in enumerate(joins)}
    holders: dict[str, set[int]] = defaultdict(set)
    for word, owners in rare.items():
        for part in spelled(word, ranks):
            holders[part] |= owners
    return {part: len(owners) for part, owners in holders.items() if len(owners) >= min_holders}
