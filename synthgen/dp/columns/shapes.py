"""Shapes of codes and handles, such as ``customer-00000`` with any digits, published where many texts share one.

A first look keeps the letters and hides the digits, a second one hides the letters as well; both publish only what
passes a threshold, as a vocabulary does. A text made up in a shape may be a real one by chance; to look whether it is
would tell who is in the table. A hidden character is written as one of ``DIGIT``, ``UPPER``, ``LOWER``.

Letters: N texts, D different values, S shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter

DIGIT, UPPER, LOWER = "\ue000", "\ue001", "\ue002"
"""Of Unicode's private area: no text means anything by them."""
ALPHABETS = {DIGIT: "0123456789", UPPER: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", LOWER: "abcdefghijklmnopqrstuvwxyz"}
_CLASSES = {DIGIT: "[0-9]", UPPER: "[A-Z]", LOWER: "[a-z]"}
_LONGEST = 40
_SHARE, _DELTA = 0.05, 0.2
"""Of a column's budget and of its delta for thresholds, for each of the two looks."""


@dataclass(frozen=True)
class Shapes:
    """Published shapes.

    Attributes:
        patterns: ``(S,)`` texts with hidden characters.
        counts: ``(S,)`` noisy texts of each.
    """

    patterns: tuple[str, ...]
    counts: np.ndarray

    def make(self, those: np.ndarray, count: int, rng: np.random.Generator) -> list[str]:
        """Made-up texts in some of the shapes, as often as these occur.

        Args:
            those: numbers of the shapes.
            count: how many texts.
            rng: draws shapes and hidden characters.

        Example:
            >>> shapes = Shapes((f"AB-{DIGIT}{DIGIT}", LOWER), np.array([9.0, 1.0]))
            >>> [text[:3] for text in shapes.make(np.array([0]), 2, np.random.default_rng(0))]
            ['AB-', 'AB-']
        """
        weights = np.maximum(self.counts[those], 1e-9)
        drawn = rng.choice(those, count, p=weights / weights.sum())
        texts = np.empty(count, object)
        for shape in np.unique(drawn).tolist():
            here = np.flatnonzero(drawn == shape)
            places = [_place(letter, len(here), rng) for letter in self.patterns[shape]]
            texts[here] = ["".join(letters) for letters in zip(*places, strict=True)]
        return [str(text) for text in texts]


def published_shapes(cells: Cells, published_D: np.ndarray, meter: Meter) -> Shapes:
    """The shapes that enough texts have, of those that are not published themselves.

    Args:
        cells: the column.
        published_D: which of its different values are published.
        meter: measures.
    """
    left = ~published_D & np.asarray(pc.match_substring_regex(cells.distinct, rf"^\S{{1,{_LONGEST}}}$"))
    first, seen = _look(cells, left, (DIGIT,), "shapes of digits", meter)
    left &= ~np.asarray(pc.is_in(hidden(cells.distinct, (DIGIT,)), value_set=first))
    second, seen_too = _look(cells, left, tuple(_CLASSES), "shapes of letters", meter)
    return Shapes((*first.to_pylist(), *second.to_pylist()), np.concatenate([seen, seen_too]))


def _look(
    cells: Cells, left: np.ndarray, classes: tuple[str, ...], question: str, meter: Meter
) -> tuple[pa.Array, np.ndarray]:
    shaped = cells.grouped(hidden(cells.distinct, classes), left)
    found, seen = meter.vocabulary(shaped, question, _SHARE * meter.whole, schema=False, delta_part=_DELTA)
    return found, seen.counts


def hidden(texts: pa.Array, classes: tuple[str, ...]) -> pa.Array:
    """``(D,)`` each text with the characters of some classes hidden, by itself.

    Example:
        >>> hidden(pa.array(["a-1"]), (DIGIT,))[0].as_py() == "a-" + DIGIT
        True
    """
    for each in classes:
        texts = pc.replace_substring_regex(texts, _CLASSES[each], each)
    return texts


def example(pattern: str) -> str:
    """One text of a shape.

    Example:
        >>> example(f"AB-{DIGIT}{LOWER}")
        'AB-0a'
    """
    return "".join(ALPHABETS[letter][0] if letter in ALPHABETS else letter for letter in pattern)


def _place(letter: str, count: int, rng: np.random.Generator) -> list[str]:
    """One place of the texts."""
    if letter not in ALPHABETS:
        return [letter] * count
    return [str(drawn) for drawn in rng.choice(list(ALPHABETS[letter]), count)]
