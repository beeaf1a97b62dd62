"""Keys, handles, addresses, numbers of things: no token; made up anew in the same format, never a real one."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import ColumnType, FitContext, Match, Measure, RejectColumn, Sample, Slot
from synthgen.columns.holders import first_units
from synthgen.columns.made_up_names import name_signs
from synthgen.columns.makers import KINDS, Maker, are_full_names, fit_maker, known_kind, maker_from_state
from synthgen.columns.physical import is_text, named_type, type_name, whole_limits
from synthgen.errors import DataError, choose

_OWNER = r"user|account|customer|member|person|patient|client|author|session|device|visitor|subscriber|employee|student"
_OWNER_NAME = re.compile(rf"(^|_)({_OWNER})_?(id|key|no|nr|num|number|name|handle|uuid)$|^({_OWNER})s?$|^id$")
_KEY_NAME = re.compile(
    r"(^|_|\W)(id|ids|key|uuid|guid|account|handle|user_?name|screen_?name|login|hash|token|serial|index|row)($|_|\W)"
)
_MEASURE_NAME = re.compile(
    r"(^|_|\W)(age|days?|hours?|minutes?|months?|seconds?|weeks?|years?|count|counts|len|length|size|score|rate|ratio|share"
    r"|total|sum|mean|average|amount|balance|price|value|number_of\w*|n)($|\W)"
)
_PERSON_NAME = re.compile(r"^((full|first|last|user|screen|display|customer|author)_?)?name$")
_PART_NAME = re.compile(r"(^|_)((full|first|last|given|family|middle|sur|fore|maiden)_?name|surname)$")
_PEOPLE_NAME = re.compile(rf"^name$|(^|_)((display|contact|owner|{_OWNER})_?name|contact|customer|author|person)$")
_NO_PEOPLE = re.compile(
    r"title|city|town|location|place|street|address|country|region|state|station|venue|hotel|product|item|film|movie"
    r"|song|album|book|game|team|company|brand|organi[sz]ation|school|text|description|comment|subject|category"
)
_WHOLE = r"^-?\d+(\.0)?$"
_NEARLY_ALL = 0.9
_FEW = 20
_MOST_GROUPS, _MOST_SPREAD = 16, 20
_NICE = {"email": "e-mail addresses", "url": "web addresses", "ipv4": "IP addresses", "ipv6": "IP addresses"}


class Identifier(ColumnType):
    """Values that only name a row or a person, regenerated: unique where the real ones are.

    Options: ``kind``: one of ``KINDS``; ``unique``: whether every row gets another value.

    Where real values repeat, made-up ones do so as much: rows draw from as many values as the real rows
    have, some of them more often than others, and a longer table has more in proportion.
    """

    name: ClassVar[str] = "identifier"
    measure: ClassVar[Measure] = "identifier"
    unasked: ClassVar[str] = "it only names a row or a person, and its values are made up, never real ones"

    def __init__(self, maker: Maker, physical: pa.DataType, rows: int, sizes: np.ndarray, weights: np.ndarray) -> None:
        self._maker, self._physical = maker, physical
        self._rows, self._sizes, self._weights = rows, sizes, weights

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        values, counts = sample.distinct
        if len(values) == 0:
            raise RejectColumn("no values")
        texts = _as_texts(values)
        unique, nearly = len(values) == len(sample.values), len(values) >= _NEARLY_ALL * len(sample.values)
        how = "all different" if unique else f"{len(values):,} different"
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", sample.name).lower()
        if is_text(values.type):
            kind = known_kind(texts)
            if kind and (nearly or kind != "phone") and (len(values) > 1 or len(sample.values) < _FEW):
                return Match(0.97, f"{_NICE.get(kind, kind + 's')}, {how}")
        many = len(values) > max(50, 0.005 * len(sample.values))
        if is_text(values.type) and _are_people(texts, name, len(values) / len(sample.values), many):
            return Match(0.97, f"names of people, {how}", {"kind": "name"})
        if _OWNER_NAME.search(name) and (nearly or many) and not _has_decimals(texts):
            return Match(0.96, f"named like a key, {how}")
        if pc.all(pc.match_substring_regex(texts, _WHOLE)).as_py():
            return _match_numbers(sample, texts, name, counts)
        return _match_texts(sample, texts, name, how)

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        kind = choose("identifier option 'kind'", options.get("kind", "auto"), ["auto", *KINDS])
        coded = values.dictionary_encode()
        counts = np.sort(np.bincount(np.asarray(coded.indices)))[::-1]
        nearly = len(counts) >= _NEARLY_ALL * len(values)
        unique = bool(options.get("unique", nearly))
        texts = _as_texts(coded.dictionary).dictionary_encode()
        unit_V = first_units(np.asarray(texts.indices), context.first_units(np.asarray(coded.indices)))
        limits, least = whole_limits(values.type), context.min_holders
        maker = fit_maker(texts.dictionary, context.rng, kind=kind, min_holders=least, limits=limits, unit_V=unit_V)
        if unique:
            return cls(maker, values.type, 0, np.empty(0, dtype=np.int64), np.empty(0))
        return cls(maker, values.type, _two_digits(len(values)), *_repetition(counts, context.min_holders))

    @property
    def slots(self) -> tuple[Slot, ...]:
        return ()

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        return np.empty((len(values), 0), dtype=np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        numbers = start + np.arange(len(tokens))
        if self._rows:
            group = rng.choice(len(self._weights), len(tokens), p=self._weights / self._weights.sum())
            first = (np.cumsum(self._sizes) - self._sizes)[group]
            within = rng.integers(0, self._sizes[group])
            numbers = numbers // self._rows * int(self._sizes.sum()) + first + within
        return _as_physical(self._maker.make(numbers), self._physical)

    def state(self) -> dict[str, Any]:
        return {
            "physical": type_name(self._physical),
            "maker": self._maker.state(),
            "rows": self._rows,
            "sizes": self._sizes.tolist(),
            "weights": self._weights.tolist(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        maker, physical = maker_from_state(state["maker"]), named_type(state["physical"])
        sizes = np.array(state["sizes"], dtype=np.int64)
        return cls(maker, physical, state["rows"], sizes, np.array(state["weights"], dtype=float))

    def describe(self) -> str:
        kind = {
            "word": "words",
            "name": "names of people",
            "number": "numbers",
            "address": "addresses",
            "code": "codes",
        }
        how = "repeated like the real ones" if self._rows else "all different"
        return f"made-up {kind[self._maker.state()['maker']]}, {how}"


def _are_people(texts: pa.Array, name: str, different: float, many: bool) -> bool:
    """Whether these are names of people, by their form, the column's name and how many are different.

    First or last names that repeat are labels. A column that says nothing of people needs known first names.
    """
    name, nearly = re.sub(r"\W+", "_", name), different >= _NEARLY_ALL
    if len(texts) < 2:
        return False
    if _PART_NAME.search(name):
        signs = name_signs(texts)
        return signs.formed >= _NEARLY_ALL and (nearly or (many and are_full_names(texts)))
    if _PEOPLE_NAME.search(name) and (nearly or many):
        signs = name_signs(texts)
        return signs.formed >= _NEARLY_ALL and signs.known >= (0.1 if signs.full >= 0.5 else 0.5)
    return different >= 0.5 and len(texts) >= _FEW and not _NO_PEOPLE.search(name) and are_full_names(texts)


def _is_named_like_a_key(name: str) -> bool:
    """The name has a word for keys in it and does not end in one for measures, as ``account_age_days`` does."""
    return bool(_KEY_NAME.search(name)) and not _MEASURE_NAME.search(name)


def _match_numbers(sample: Sample, texts: pa.Array, name: str, counts: np.ndarray) -> Match:
    """Whole numbers are keys when they count the rows, or are all different and named or ordered like keys."""
    if len(texts) < len(sample.values):
        if _is_named_like_a_key(name) and (counts == 1).mean() > 0.5 and len(texts) > 0.3 * len(sample.values):
            return Match(0.93, f"named like a key, {len(texts):,} different")
        raise RejectColumn("numbers that repeat")
    try:
        numbers = np.asarray(pc.replace_substring_regex(_as_texts(sample.values), r"\.0$", "").cast(pa.int64()))
    except pa.ArrowInvalid:
        return Match(0.95, "very long numbers, all different")
    if len(numbers) >= 2 and (_is_named_like_a_key(name) or name.endswith("id")):
        return Match(0.97, "whole numbers named like a key, all different")
    span = int(numbers.max()) - int(numbers.min()) + 1
    drawn = max(1.0, (sample.n_rows - sample.n_missing) / len(numbers))
    if len(numbers) >= _FEW and span <= 1.05 * drawn * len(numbers) and int(numbers.min()) in (0, 1):
        return Match(0.95, "whole numbers that count the rows")
    raise RejectColumn("numbers, not named or ordered like keys")


def _match_texts(sample: Sample, texts: pa.Array, name: str, how: str) -> Match:
    """Texts without spaces that are all different, or nearly so and named like a key or a person."""
    nearly = len(texts) >= _NEARLY_ALL * len(sample.values)
    if not nearly or not is_text(sample.values.type) or len(texts) < 2:
        raise RejectColumn("values repeat")
    if pc.mean(pc.match_substring_regex(texts, r"^[+-]?[\d.,]+([eE][+-]?\d+)?$").cast(pa.int8())).as_py() > 0.5:
        raise RejectColumn("numbers with decimals")
    spaced = pc.mean(pc.match_substring(texts, " ").cast(pa.int8())).as_py()
    length = pc.mean(pc.utf8_length(texts)).as_py()
    few = len(texts) < _FEW
    if spaced < 0.02 and length <= 100:
        return Match(0.5 if few and not _KEY_NAME.search(name) else 0.85, f"texts without spaces, {how}")
    words = pc.mean(pc.count_substring(texts, " ")).as_py() + 1
    if words <= 4 and (_PERSON_NAME.search(name) or _KEY_NAME.search(name)):
        return Match(0.8, f"names, {how}")
    raise RejectColumn("texts of several words")


def _has_decimals(texts: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, r"^-?\d*\.\d*[1-9]\d*$")).as_py())


def _as_texts(values: pa.Array) -> pa.Array:
    """The values as strings; whole numbers in a float type without their fraction.

    Raises:
        DataError: the type has no text form.
    """
    if pa.types.is_floating(values.type) and pc.all(pc.equal(pc.floor(values), values)).as_py():
        values = values.cast(pa.int64(), safe=False)
    try:
        return values.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise DataError(f"values of type {values.type} are no identifiers; expected text or numbers") from None


def _as_physical(texts: pa.Array, physical: pa.DataType) -> pa.Array:
    """Strings in the type of the input; marker words have no place in a number type, so makers make none."""
    if pa.types.is_floating(physical):
        return texts.cast(pa.int64()).cast(physical)
    return texts.cast(physical)


def _repetition(counts: np.ndarray, min_holders: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups of values of like frequency, the most frequent first: how many to draw from, and their share of rows.

    Random draws miss some values of a group, so it holds more than the real one: D' values with
    D' (1 - exp(-rows / D')) equal to the real number of different ones.

    Args:
        counts: rows of each value, falling.
        min_holders: values in the smallest group, so that none stands for one person.
    """
    ends = [end for power in range(_MOST_GROUPS) if (end := min_holders << power) < len(counts)]
    if ends and len(counts) - ends[-1] < min_holders:
        ends.pop()
    groups = np.split(counts, ends)
    masses = np.array([group.sum() for group in groups], dtype=float)
    real = np.array([len(group) for group in groups], dtype=float)
    low, high = real, real * _MOST_SPREAD
    for _ in range(40):
        middle = (low + high) / 2
        short = middle * -np.expm1(-masses / middle) < real
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.ceil(high).astype(np.int64), np.maximum(np.round(masses / masses.sum(), 3), 0.001)


def _two_digits(number: int) -> int:
    """Rounded to two digits, at least 1."""
    return max(1, int(float(f"{number:.1e}")))
