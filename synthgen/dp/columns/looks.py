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

_DIGITS, _HEX = "0123456789", "0123456789abcdef"
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_POOL = 50_000


def made_up(look: str, lengths: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A text of each length, in characters, in one of the looks of ``LOOKS``; the shortest there is where none fits.

    Example:
        >>> [len(text) for text in made_up("Two Words", np.array([9, 14]), np.random.default_rng(0))]
        [9, 14]
    """
    sizes = np.maximum(lengths, 1).tolist()
    if look == "uuid":
        return [str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in sizes]
    if look in ("digits", "hex"):
        return _cuts(_random(_DIGITS if look == "digits" else _HEX, rng), sizes, rng)
    if look in ("capital code", "code"):
        heads = _cuts(_random(_UPPER if look == "capital code" else _LOWER, rng), [size // 2 for size in sizes], rng)
        tails = _cuts(_random(_DIGITS, rng), [size - size // 2 for size in sizes], rng)
        return [head + tail for head, tail in zip(heads, tails, strict=True)]
    if look in ("Two Words", "Place, Place"):
        return _pairs(" " if look == "Two Words" else ", ", sizes, rng)
    if look in ("words", "text", "Sentence."):
        return [_closed(text) if look == "Sentence." else text for text in _cuts(_prose(rng), sizes, rng)]
    before, after = _DRESS.get(look, ("", ""))
    bodies = _cuts(_syllables(rng), [max(size - len(before) - len(after), 1) for size in sizes], rng)
    if look in ("capitals", "Word"):
        bodies = [body.upper() if look == "capitals" else body.capitalize() for body in bodies]
    return [before + body + after for body in bodies]


_DRESS = {
    "email": ("", "@example.org"),
    "url": ("https://example.org/", ""),
    "hashtag": ("#", ""),
    "handle": ("@", ""),
}


def _cuts(pool: str, sizes: list[int], rng: np.random.Generator) -> list[str]:
    """Pieces of a long text, each from another place."""
    starts = (rng.random(len(sizes)) * (len(pool) - max(sizes, default=0))).astype(int).tolist()
    return [pool[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _random(alphabet: str, rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(alphabet), _POOL))


def _syllables(rng: np.random.Generator) -> str:
    """A long pronounceable word."""
    return "".join(rng.choice(SYLLABLES, _POOL // 2))


def _prose(rng: np.random.Generator) -> str:
    """A long text of words with spaces between."""
    letters = _syllables(rng)
    ends = np.cumsum(rng.integers(2, 9, size=_POOL // 5))
    ends = ends[ends < len(letters)].tolist()
    return " ".join(letters[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True))


def _pairs(between: str, sizes: list[int], rng: np.random.Generator) -> list[str]:
    first = [max((size - len(between)) // 2, 1) for size in sizes]
    second = [max(size - len(between) - part, 1) for size, part in zip(sizes, first, strict=True)]
    words = zip(_cuts(_syllables(rng), first, rng), _cuts(_syllables(rng), second, rng), strict=True)
    return [one.capitalize() + between + two.capitalize() for one, two in words]


def _closed(text: str) -> str:
    """A sentence as long as the text."""
    return (text[:-1].strip().ljust(len(text) - 1, "a").capitalize() + ".") if len(text) > 1 else "A"
