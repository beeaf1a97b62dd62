"""Free text: how long, and a template; the words are made up anew from words that many texts share.

No real text is ever given back: each text gets a made-up word with a marker that no real text holds. A text
model that writes the words from the row may replace ``decode`` and keep the tokens.

Letters: N texts, W words in the vocabulary, T templates, B length bins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from synthgen.columns.base import ColumnType, FitContext, Match, Measure, RejectColumn, Sample, Slot
from synthgen.columns.holders import one_each
from synthgen.columns.made_up import choose_marker, join, new_key, numbered_words
from synthgen.columns.physical import is_text, named_type, type_name
from synthgen.errors import DataError

FEATURES = {
    "address": r"https?://\S",
    "mention": r"(^|\s)@\w",
    "hashtag": r"(^|\s)#\w",
    "question": r"\?\s*$",
    "exclaimed": r"!\s*$",
    "stopped": r"[^.]\.\s*$",
    "capitals": r"^[^a-z]*[A-Z][^a-z]*[A-Z][^a-z]*$",
    "lower": r"^[^A-Z]*$",
}
"""What a template says about a text; one bit each."""

_TEMPLATES = 16
_LENGTH_BINS = 24
_MOST_WORDS = 20_000
_MOST_READ = 200_000
"""Texts from which the vocabulary is learned; the marker is checked against all."""
_WORD = r"^[\p{L}][\p{L}'\x{2019}-]*$"
_LONGEST = 2_000
"""Words: no text that is made up is longer, however long the real ones are."""
_AT_ONCE = 4_000_000
"""Words composed at a time, some 200 MB."""


@dataclass(frozen=True)
class Vocabulary:
    """Words that enough different texts hold, with their shares.

    Attributes:
        words: ``(W,)``, lower case, letters only.
        weights: ``(W,)``, rounded shares.
        starts: ``(W,)``, how often each begins a text.
    """

    words: pa.Array
    weights: np.ndarray
    starts: np.ndarray


class Text(ColumnType):
    """Texts of a learned length and template, with a marker word, so that none is real."""

    name: ClassVar[str] = "text"
    measure: ClassVar[Measure] = "text"
    unasked: ClassVar[str] = "its texts are made up anew for each row"

    def __init__(
        self,
        physical: pa.DataType,
        edges: np.ndarray,
        templates: np.ndarray,
        vocabulary: Vocabulary,
        marker: str,
        key: int,
    ) -> None:
        self._physical, self._edges, self._templates = physical, edges, templates
        self._vocabulary, self._marker, self._key = vocabulary, marker, key

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        if not sample.is_text:
            raise RejectColumn(f"values of type {sample.values.type}")
        values, _ = sample.distinct
        if len(values) == 0:
            raise RejectColumn("no values")
        words = pc.mean(_count_words(values)).as_py()
        spaced = pc.mean(pc.match_substring(values, " ").cast(pa.int8())).as_py()
        mostly = len(values) > 0.5 * len(sample.values)
        score = 0.2
        if mostly and spaced > 0.3:
            score = 0.78 if words > 6 or len(values) > 0.9 * len(sample.values) else 0.5
        return Match(score, f"free text, {words:.0f} words on average")

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        if not is_text(values.type):
            raise DataError(f"values of type {values.type} are no text; expected strings. Change the schema")
        coded = values.dictionary_encode()
        texts = coded.dictionary.cast(pa.large_string())
        edges = _length_edges(np.asarray(_count_words(values)), context)
        templates = _common_templates(_template_bits(values), context)
        read = np.arange(len(texts))
        if len(texts) > _MOST_READ:
            read = np.sort(context.rng.choice(len(texts), _MOST_READ, replace=False))
        writers = None if context.unit_N is None else _writers(np.asarray(coded.indices), context.unit_N)[read]
        marker, key = choose_marker(texts, context.rng), new_key(context.rng)
        words = _learn_words(texts.take(pa.array(read)), context.min_holders, writers)
        return cls(values.type, edges, templates, words, marker, key)

    @property
    def slots(self) -> tuple[Slot, ...]:
        bins = len(self._edges) - 1
        return Slot("length", bins, (np.arange(bins) + 0.5) / bins), Slot("template", len(self._templates))

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        bins = np.searchsorted(self._edges, np.asarray(_count_words(values)), side="right") - 1
        bits = _template_bits(values)
        every = range(1 << len(FEATURES))
        nearest = np.array([[(one ^ int(kept)).bit_count() for kept in self._templates] for one in every]).argmin(
            axis=1
        )
        return np.column_stack([np.clip(bins, 0, len(self._edges) - 2), nearest[bits]]).astype(np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        bins = np.clip(tokens[:, 0], 0, len(self._edges) - 2)
        lengths = np.maximum(rng.integers(self._edges[bins], self._edges[bins + 1]), 1)
        bits = self._templates[np.clip(tokens[:, 1], 0, len(self._templates) - 1)]
        numbers = start + np.arange(len(tokens))
        marked = numbered_words(numbers, self._marker, self._key)
        parts = np.cumsum(lengths) // _AT_ONCE
        texts = [
            _finish(self._compose(lengths[rows], bits[rows], marked.take(pa.array(rows)), rng), bits[rows])
            for rows in (np.flatnonzero(parts == part) for part in np.unique(parts))
        ]
        return pa.chunked_array(texts, type=pa.large_string()).combine_chunks().cast(self._physical)

    def state(self) -> dict[str, Any]:
        return {
            "physical": type_name(self._physical),
            "edges": self._edges.tolist(),
            "templates": self._templates.tolist(),
            "words": self._vocabulary.words.to_pylist(),
            "weights": self._vocabulary.weights.tolist(),
            "starts": self._vocabulary.starts.tolist(),
            "marker": self._marker,
            "key": self._key,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        words = pa.array(state["words"], type=pa.large_string())
        vocabulary = Vocabulary(words, np.array(state["weights"]), np.array(state["starts"]))
        edges, templates = np.array(state["edges"]), np.array(state["templates"])
        return cls(named_type(state["physical"]), edges, templates, vocabulary, state["marker"], state["key"])

    def describe(self) -> str:
        longest = int(self._edges[-1]) - 1
        return f"up to {longest:,} words, {len(self._templates)} templates, {len(self._vocabulary.words):,} words known"

    def _compose(self, lengths: np.ndarray, bits: np.ndarray, marked: pa.Array, rng: np.random.Generator) -> pa.Array:
        """Words with spaces between: drawn ones, and the marked one in the places that the template names."""
        words, n = self._vocabulary.words, len(lengths)
        ends = np.cumsum(lengths)
        starts = ends - lengths
        drawn = self._draw_words(int(ends[-1]), starts, rng)
        special = {
            "plain": (starts + rng.integers(0, lengths), ~(_has(bits, "mention", "hashtag", "address"))),
            "mention": (starts, _has(bits, "mention")),
            "hashtag": (starts + lengths // 2, _has(bits, "hashtag")),
            "address": (ends - 1, _has(bits, "address")),
        }
        capital = np.zeros(len(drawn), dtype=bool)
        first = starts + ((lengths > 1) & (_has(bits, "mention") | (_has(bits, "address", "hashtag") & (lengths < 3))))
        capital[first[~_has(bits, "lower")]] = True
        index = drawn + capital * len(words)
        for kind, (places, wanted) in enumerate(special.values()):
            token = 2 * len(words) + 2 * kind * n + np.arange(n)
            index[places[wanted]] = (token + capital[places] * n)[wanted]
        dressed = [join([sign, marked]) for sign in ("", "@", "#", "https://example.org/")]
        forms = [form for each in dressed for form in (each, pc.utf8_capitalize(each))]
        every = pa.concat_arrays([each.cast(pa.large_string()) for each in (words, pc.utf8_capitalize(words), *forms)])
        if not len(words):
            index = np.where(index < len(every), index, 0)
        lists = pa.LargeListArray.from_arrays(pa.array(np.append(starts, ends[-1])), every.take(pa.array(index)))
        return pc.binary_join(lists, pa.scalar(" ", pa.large_string()))

    def _draw_words(self, many: int, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Word numbers by frequency, the first of each text by how often the word begins one."""
        weights, firsts = np.cumsum(self._vocabulary.weights), np.cumsum(self._vocabulary.starts)
        if not len(weights):
            return np.zeros(many, dtype=np.int64)
        drawn = np.searchsorted(weights, rng.integers(0, weights[-1], many), side="right")
        drawn[starts] = np.searchsorted(firsts, rng.integers(0, firsts[-1], len(starts)), side="right")
        return drawn


def _finish(texts: pa.Array, bits: np.ndarray) -> pa.Array:
    """Capitals throughout and the closing mark, as the template says."""
    texts = pc.if_else(pa.array(_has(bits, "capitals")), pc.utf8_upper(texts), texts)
    marks = np.select([_has(bits, name) for name in ("question", "exclaimed", "stopped")], ["?", "!", "."], "")
    return join([texts, pa.array(marks.tolist())])


def _has(bits: np.ndarray, *features: str) -> np.ndarray:
    """Where one of the features is in the template."""
    mask = sum(1 << list(FEATURES).index(feature) for feature in features)
    return (bits & mask) > 0


def _template_bits(texts: pa.Array) -> np.ndarray:
    """``(N,)``, one bit per feature."""
    bits = np.zeros(len(texts), dtype=np.int64)
    for place, pattern in enumerate(FEATURES.values()):
        bits |= np.asarray(pc.match_substring_regex(texts, pattern)).astype(np.int64) << place
    return bits


def _common_templates(bits: np.ndarray, context: FitContext) -> np.ndarray:
    """The templates that enough hold, the most common first; the plain one when there is none."""
    found, place, counts = np.unique(bits, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = found[order][context.holders(place, len(found))[order] >= context.min_holders][:_TEMPLATES]
    return kept if len(kept) else np.zeros(1, dtype=np.int64)


def _length_edges(lengths: np.ndarray, context: FitContext) -> np.ndarray:
    """Bins of like mass with enough texts each; the last ends at the mean of the longest texts, one of each person.

    Args:
        lengths: words per text.
        context: how many are enough, and whose they are.
    """
    order, min_holders = np.argsort(lengths, kind="stable"), context.min_holders
    lengths, ends = lengths[order], (lengths[order], lengths[order])
    if context.unit_N is not None:
        unit_N = context.unit_N[order]
        first, last = one_each(unit_N, min_holders), len(lengths) - 1 - one_each(unit_N[::-1], min_holders)
        ends = lengths[first], lengths[last[::-1]]
    bins = int(np.clip(len(lengths) // max(1, min_holders), 1, _LENGTH_BINS))
    inner = np.unique(lengths[(np.arange(1, bins) * len(lengths)) // bins])
    low, high = (round(float(part.mean())) for part in (ends[0][:min_holders], ends[1][-min_holders:]))
    low, high = min(low, _LONGEST), min(high, _LONGEST)
    inner = inner[(inner > low) & (inner <= high)]
    return np.concatenate([[low], inner, [max(high, int(inner.max(initial=low))) + 1]])


def _writers(text_N: np.ndarray, unit_N: np.ndarray) -> csr_array:
    """``(T, U)`` who holds which of the texts 0 to T - 1."""
    held = csr_array((np.ones(len(text_N), np.int32), (text_N, np.unique(unit_N, return_inverse=True)[1])))
    held.sum_duplicates()
    return held


def _learn_words(texts: pa.Array, min_holders: int, writers: csr_array | None) -> Vocabulary:
    """Words of letters only that enough different texts hold, and enough people where it is known whose they are."""
    lists = pc.utf8_split_whitespace(texts)
    lengths = np.asarray(pc.list_value_length(lists))
    flat = pc.utf8_lower(pc.replace_substring_regex(pc.list_flatten(lists), r"[.,;:!?\"()]+$", ""))
    coded = flat.dictionary_encode()
    codes, many = np.asarray(coded.indices), len(coded.dictionary)
    owner = np.repeat(np.arange(len(texts)), lengths)
    pairs = np.unique(owner * many + codes)
    holders = np.bincount(pairs % max(1, many), minlength=many)
    plain = np.asarray(pc.match_substring_regex(coded.dictionary, _WORD))
    people = holders if writers is None else _people(pairs, many, writers)
    kept = np.flatnonzero((holders >= min_holders) & (people >= min_holders) & plain)
    kept = kept[np.argsort(-holders[kept], kind="stable")][:_MOST_WORDS]
    firsts = (np.cumsum(lengths) - lengths)[lengths > 0]
    starts = np.bincount(codes[firsts], minlength=many)[kept]
    counts = np.bincount(codes, minlength=many)[kept]
    words = coded.dictionary.take(pa.array(kept)).cast(pa.large_string())
    return Vocabulary(words, counts, np.where(starts >= min_holders, starts, 0) + (starts < min_holders).all())


def _people(pairs: np.ndarray, many: int, writers: csr_array) -> np.ndarray:
    """``(many,)`` how many people hold a text with each word.

    Args:
        pairs: text times ``many`` + word, each once.
        many: how many words there are.
        writers: ``(T, U)`` who holds which text.
    """
    words = csr_array((np.ones(len(pairs), np.int32), (pairs % many, pairs // many)), shape=(many, writers.shape[0]))
    return np.diff((words @ writers).indptr)


def _count_words(texts: pa.Array) -> pa.Array:
    return pc.list_value_length(pc.utf8_split_whitespace(texts)).cast(pa.int64())
