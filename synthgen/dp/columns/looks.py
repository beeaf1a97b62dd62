"""Looks of texts: a fixed list that no data shaped, and texts made up in each."""

from __future__ import annotations

import uuid

import numpy as np

from synthgen.columns.made_up import SYLLABLES

LOOKS = (
    ("uuid", r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"),
    ("email", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    ("url", r"^(?:https?://|www\.)\S+$"),
    ("hashtag", r"^#\w+$"),
    ("handle", r"^@\w+$"),
    ("digits", r"^[0-9]+$"),
    ("hex", r"^(?:[0-9a-f]{12,}|[0-9A-F]{12,})$"),
    ("capital code", r"^[A-Z0-9._-]*[0-9][A-Z0-9._-]*$"),
    ("code", r"^[A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*$"),
    ("capitals", r"^\p{Lu}+$"),
    ("Word", r"^\p{Lu}\p{Ll}*$"),
    ("word", r"^\p{Ll}+$"),
    ("Two Words", r"^\p{Lu}[^\s]* \p{Lu}[^\s]*$"),
    ("Place, Place", r"^\p{Lu}[^,]*, \p{Lu}[^,]*$"),
    ("no space", r"^\S+$"),
    ("words", r"^\S+(?: \S+){1,3}$"),
    ("Sentence.", r"^\p{Lu}[\s\S]*[.!?]$"),
    ("text", ""),
)
"""Name and regular expression of each; the first that fits is a text's look, and the last fits all."""

_DIGITS = np.array(list("0123456789"))
_HEX = np.array(list("0123456789abcdef"))
_UPPER = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_LOWER = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def made_up(look: str, lengths: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A text of each length, in characters, in one of the looks of ``LOOKS``.

    Example:
        >>> [len(text) for text in made_up("Two Words", np.array([9, 14]), np.random.default_rng(0))]
        [9, 14]
    """
    return [_one(look, max(int(length), 1), rng) for length in lengths.tolist()]


def _one(look: str, length: int, rng: np.random.Generator) -> str:
    if look == "uuid":
        return str(uuid.UUID(bytes=rng.bytes(16), version=4))
    if look == "email":
        return _letters(max(length - 12, 1), rng) + "@example.org"
    if look == "url":
        return "https://example.org/" + _letters(max(length - 20, 1), rng)
    if look in ("hashtag", "handle"):
        return ("#" if look == "hashtag" else "@") + _letters(max(length - 1, 1), rng)
    if look in ("digits", "hex"):
        return "".join(rng.choice(_DIGITS if look == "digits" else _HEX, length))
    if look in ("capital code", "code"):
        letters = "".join(rng.choice(_UPPER if look == "capital code" else _LOWER, length // 2))
        return letters + "".join(rng.choice(_DIGITS, length - length // 2))
    if look == "capitals":
        return _letters(length, rng).upper()
    if look == "Word":
        return _letters(length, rng).capitalize()
    if look in ("word", "no space"):
        return _letters(length, rng)
    if look in ("Two Words", "Place, Place"):
        between = " " if look == "Two Words" else ", "
        first = max((length - len(between)) // 2, 1)
        second = max(length - len(between) - first, 1)
        return _letters(first, rng).capitalize() + between + _letters(second, rng).capitalize()
    return _sentence(length, rng, closed=look == "Sentence.")


def _letters(length: int, rng: np.random.Generator) -> str:
    """So many letters in pronounceable syllables."""
    drawn = rng.integers(len(SYLLABLES), size=length // 2 + 1).tolist()
    return "".join(SYLLABLES[i] for i in drawn)[:length]


def _sentence(length: int, rng: np.random.Generator, closed: bool) -> str:
    """Words and spaces, with a capital and a full stop where it is closed."""
    sizes = rng.integers(2, 9, size=length // 3 + 2).tolist()
    text = " ".join(_letters(size, rng) for size in sizes)[:length]
    text = text[:-1] + "a" if text.endswith(" ") else text
    if not closed:
        return text
    return (text[:-1].rstrip().capitalize() + "." if length > 1 else "A") if text else text
