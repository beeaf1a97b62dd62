"""Which cells of a text table are missing, and which mark each column used for it.

An empty cell, or one of blanks only, is always missing. So are the notations in ``NOTATIONS``. ``NA`` and ``None`` are
words as well, and judged by column:

- in a file that writes one of them in a column of numbers or dates, it means missing everywhere;
- otherwise ``NA`` among two-letter upper-case codes is a code (Namibia), and ``None`` in a column of at most
  ``FEW_VALUES`` different texts is one of its categories (no veneer);
- everywhere else both mean missing.

A mark kept as a category costs nothing: it is learned and written as any other value. A list given by the user is
taken at its word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NOTATIONS = ("?", "N/A", "n/a", "null", "NULL", "NaN", "nan", "\\N", "#N/A")
WORDS = ("NA", "None")
FEW_VALUES = 100
LOOK_ROWS = 100_000
"""Rows of a column looked at to tell what its other values are."""


class Marked(NamedTuple):
    """A text column after its missing cells were found: the values, and the mark used most ('' if none)."""

    values: pa.Array
    mark: str


class _Found(NamedTuple):
    mask: np.ndarray | None
    counts: Counter[str]


def find_missing(columns: Sequence[pa.Array], missing: Sequence[str] | None = None) -> list[Marked]:
    """Turn missing marks into nulls.

    Args:
        columns: text columns without nulls.
        missing: the marks, taken at their word; None takes the default ones and judges words.

    Example:
        >>> marked = find_missing([pa.array(["1", "?", ""]), pa.array(["DE", "NA", "FR"])])
        >>> [(column.values.to_pylist(), column.mark) for column in marked]
        [(['1', None, None], ''), (['DE', 'NA', 'FR'], '')]
    """
    marks = (*NOTATIONS, *WORDS) if missing is None else tuple(missing)
    wanted = pa.array(sorted({"", *(mark.strip() for mark in marks)}), pa.string())
    found = [_find(column, wanted) for column in columns]
    if missing is None:
        certain = _words_for_missing(columns, found)
        for i, column in enumerate(columns):
            for word in WORDS:
                if found[i].counts[word] and word not in certain and _is_value(word, column, found[i].mask):
                    found[i] = _without(found[i], column, word)
    return [_apply(column, entry) for column, entry in zip(columns, found, strict=True)]


def _find(column: pa.Array, wanted: pa.Array) -> _Found:
    mask = pc.is_in(_trimmed(column), value_set=wanted)
    if not pc.any(mask).as_py():
        return _Found(None, Counter())
    counted = pc.value_counts(column.filter(mask))
    counts = Counter(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))
    return _Found(mask.to_numpy(zero_copy_only=False), counts)


def _trimmed(column: pa.Array) -> pa.Array:
    """Without blanks around; most columns have none and are not copied."""
    padded = pc.any(pc.or_(pc.starts_with(column, " "), pc.ends_with(column, " "))).as_py()
    return pc.utf8_trim_whitespace(column) if padded else column


def _words_for_missing(columns: Sequence[pa.Array], found: list[_Found]) -> set[str]:
    """Words that some column of numbers or dates holds: there they can mean nothing else."""
    words: set[str] = set()
    for column, entry in zip(columns, found, strict=True):
        used = {word for word in WORDS if entry.counts[word]} - words
        if used and _has_no_words(_others(column, entry.mask)):
            words |= used
    return words


def _others(column: pa.Array, mask: np.ndarray | None) -> pa.Array:
    """Different present values among the first rows."""
    head = column.slice(0, LOOK_ROWS)
    return pc.unique(head if mask is None else head.filter(pa.array(~mask[:LOOK_ROWS])))


def _has_no_words(values: pa.Array) -> bool:
    return len(values) > 0 and bool(pc.all(pc.match_substring_regex(values, r"^[^\p{L}]*\d[^\p{L}]*$")).as_py())


def _is_value(word: str, column: pa.Array, mask: np.ndarray | None) -> bool:
    others = _others(column, mask)
    if len(others) == 0:
        return False
    if word == "NA":
        return float(pc.mean(pc.match_substring_regex(others, "^[A-Z]{2}$")).as_py()) >= 0.9
    return len(others) <= FEW_VALUES


def _without(entry: _Found, column: pa.Array, word: str) -> _Found:
    """The same, with a word taken for a value."""
    assert entry.mask is not None
    kept = Counter({mark: n for mark, n in entry.counts.items() if mark != word})
    mask = entry.mask & ~pc.equal(column, word).to_numpy(zero_copy_only=False)
    return _Found(mask if kept else None, kept)


def _apply(column: pa.Array, entry: _Found) -> Marked:
    if entry.mask is None:
        return Marked(column, "")
    mark = min(entry.counts, key=lambda text: (-entry.counts[text], text))
    return Marked(pc.if_else(pa.array(entry.mask), pa.scalar(None, column.type), column), mark)
