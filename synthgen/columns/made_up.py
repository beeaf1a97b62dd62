"""Made-up words: pronounceable, numbered so that no two are alike, and none of them real.

Why none is real: at fit a *marker* is chosen, a few letters that occur in no real value of the column. Every
made-up word carries the marker, so it differs from every real value by construction, not by luck.

Why no two are alike: word number i spells i in syllables of fixed width, after a keyed shuffle of the
numbers that can be undone, so the words look unrelated and still every number has its own.

Letters: N words.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SYLLABLES = [consonant + vowel for consonant in "bcdfghklmnprst" for vowel in "aeiou"]
"""70 syllables of two letters. Without v, w, j, x, z, q: those make markers, which then stand out in no word."""

_ODD, _VOWELS = "vzxwjkq", "aeiou"
_FEWEST = 2
"""Syllables in the shortest word: 4,900 words."""


def choose_marker(texts: pa.Array, rng: np.random.Generator) -> str:
    """A pronounceable string of three letters or more that no text holds, in any case.

    Args:
        texts: all real values, strings.
        rng: shuffles the candidates, so that two runs use different markers.

    Example:
        >>> marker = choose_marker(pa.array(["Zavier", "vox"]), np.random.default_rng(0))
        >>> marker in ("zav", "vox"), len(marker)
        (False, 3)
    """
    lower = pa.concat_arrays([pc.utf8_lower(texts.cast(pa.large_string()))])
    hay = (lower.buffers()[2] or pa.py_buffer(b"")).to_pybytes()  # end to end: what is not here is in no text
    for pairs in itertools.count(1):
        shape = (_ODD, _VOWELS) * pairs + (_ODD,)
        candidates: list[str] = ["".join(letters) for letters in itertools.product(*shape)]
        for position in rng.permutation(len(candidates)):
            candidate = candidates[position]
            if candidate.encode() not in hay:
                return str(candidate)
    raise AssertionError("a text cannot hold every string")


def scatter(numbers: np.ndarray, space: int, key: int) -> np.ndarray:
    """Shuffle ``0 .. space - 1`` by a key: every number goes to one of its own, neighbours far apart.

    A Feistel network on a rectangle: with n = a * columns + b, a is shifted by a hash of b and then b by a
    hash of a, four times. Each step can be undone, so no two numbers meet. The few numbers past the
    rectangle stay where they are.

    Args:
        numbers: ``(N,)`` whole numbers in ``0 .. space - 1``.
        space: how many numbers there are, 1 to 2**62.
        key: which shuffle.

    Source:
        Luby and Rackoff 1988, SIAM J. Comput. 17(2); Black and Rogaway 2002 for domains of any size.

    Example:
        >>> sorted(scatter(np.arange(10), 10, key=7).tolist()) == list(range(10))
        True
    """
    numbers = np.asarray(numbers, dtype=np.int64)
    columns = max(1, int(np.sqrt(space)))
    rows = space // columns
    a, b = numbers // columns, numbers % columns
    for turn in range(4):
        a = (a + hashed(b, key + 2 * turn) % rows) % rows
        b = (b + hashed(a, key + 2 * turn + 1) % columns) % columns
    return np.where(numbers < rows * columns, a * columns + b, numbers)


def numbered_words(numbers: np.ndarray, marker: str, key: int, fewest: int = _FEWEST) -> pa.Array:
    """Word number i for each i: all different, all lower case, all with the marker inside.

    Args:
        numbers: ``(N,)`` whole numbers, zero or more.
        marker: letters that no real value holds.
        key: which shuffle.
        fewest: syllables of the first words; later words have more as each length is used up.

    Returns:
        ``(N,)`` strings.

    Example:
        >>> numbered_words(np.arange(3), "vox", key=1).to_pylist()
        ['mevoxbu', 'mivoxfe', 'nivoxdu']
    """
    numbers = np.asarray(numbers, dtype=np.int64)
    words = np.full(len(numbers), None, dtype=object)
    before, length = 0, fewest
    while True:
        space = len(SYLLABLES) ** length
        here = np.flatnonzero((numbers >= before) & (numbers < before + space))
        if len(here):
            spelt = spell(scatter(numbers[here] - before, space, key), length, marker)
            if len(here) == len(numbers):
                return spelt
            words[here] = spelt.to_pylist()
        if not len(numbers) or before + space > numbers.max():
            return pa.array(words, type=pa.string())
        before, length = before + space, length + 1


def spell(numbers: np.ndarray, length: int, marker: str) -> pa.Array:
    """Each number below ``70 ** length`` in syllables, with the marker after the first half of them."""
    digits = [numbers // len(SYLLABLES) ** power % len(SYLLABLES) for power in range(length)]
    pieces: list[pa.Array | pa.Scalar] = [_TABLE.take(pa.array(digit)) for digit in digits]
    pieces.insert((length + 1) // 2, pa.scalar(marker))
    return join(pieces)


def join(pieces: Sequence[pa.Array | pa.Scalar | str], separator: str = "") -> pa.Array:
    """Texts put together piece by piece, row by row; large strings if one of them is."""
    large = any(not isinstance(piece, str) and pa.types.is_large_string(piece.type) for piece in pieces)
    kind = pa.large_string() if large else pa.string()
    cast = [pa.scalar(piece, kind) if isinstance(piece, str) else piece.cast(kind) for piece in pieces]
    return pc.binary_join_element_wise(*cast, pa.scalar(separator, kind))


def hashed(numbers: np.ndarray, key: int) -> np.ndarray:
    """A well mixed number of 0 to 2**62 - 1 for each number and key.

    Source:
        Steele et al. 2014, "Fast splittable pseudorandom number generators" (the mixing of SplitMix64).
    """
    mixed = numbers.astype(np.uint64) + np.uint64((key + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(2)).astype(np.int64)


def new_key(rng: np.random.Generator) -> int:
    """A key for ``scatter``."""
    return int(rng.integers(1 << 31))


_TABLE = pa.array(SYLLABLES)
