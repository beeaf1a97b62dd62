"""Made-up names of people, from public lists of first and last names, in the order and capitals of the real ones.

Why none is real: at fit every last name that occurs as a word in any real value is struck off the list. Every
made-up name carries one of the others, so it differs from every real value by construction, not by luck; and
nobody in the real table has that last name.

Why no two are alike: number i in mixed radix, shuffled by a key, names a first and a last name; when those pairs
are used up, a middle initial is a digit too, then a second and a third last name.

The lists are Faker's. They are read while a column is learned; what is drawn from them is kept in the state.

Letters: N names, F first names, L last names.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.made_up import choose_marker, hashed, join, new_key, scatter

_LOCALES = {
    "latin": ("en_US",),
    "accents": ("en_US", "de_DE", "es_ES", "fr_FR", "it_IT", "pt_BR", "sv_SE"),
    "cyrillic": ("ru_RU",),
    "greek": ("el_GR",),
}
"""Whose names are mixed, by the letters of the real ones."""
_RECOGNISED = ("cs_CZ", "en_GB", "en_IN", "nl_NL", "pl_PL", "tr_TR")
"""Whose first names are known too."""
_ENDINGS = {
    "latin": ("son", "man", "ley", "ton", "berg", "field", "well", "ford"),
    "accents": ("son", "man", "mann", "berg", "ier", "ini", "eda", "ard"),
    "cyrillic": ("енко", "чук"),
    "greek": ("ίδη", "άκη", "έα"),
}
"""They make new last names of the listed ones where too many of those are real."""
_MOST_FIRST, _MOST_LAST, _FEWEST_LAST = 300, 600, 200
_ACCENTS = 0.05
_VOWELS = "aeiouy\u0430\u0435\u0438\u0439\u043e\u0443\u044b\u044d\u044e\u044f"  # Latin, then Cyrillic
_LOOKED_AT = 1_000

_WORD = r"[\p{L}\p{M}][\p{L}\p{M}'\x{2019}-]*\.?"
_FORMED = rf"^{_WORD}(?: {_WORD}){{0,3}}(?:, {_WORD}(?: {_WORD}){{0,2}})?$"
_CASED = r"^\p{Lu}.*[ ,]\p{Lu}[^ ]*$"
_GIVEN = rf"^(?:.*, )?(?P<given>{_WORD})"
_INITIAL_FIRST = r"^(?:.*, )?\p{L}\."
_INITIAL_LATER = r"[^,][ .]\p{L}(?:\.| |$)"
_FIRM = r"(?i)\b(?:and|und|et|of|inc|ltd|llc|plc|corp|co|gmbh|ag|sons|group|company|the)\b"
_NO_LETTERS = r"[^\p{L}]+"


@dataclass(frozen=True)
class NameSigns:
    """What speaks for names of people, in shares of the different values.

    Attributes:
        formed: one to four words of letters, with at most one comma, and no word of firms and titles.
        full: of these, two words or more, the first and the last with a capital.
        known: the given name is in a public list, or an initial.
    """

    formed: float
    full: float
    known: float


def name_signs(texts: pa.Array) -> NameSigns:
    """How much the texts look like names of people.

    Example:
        >>> name_signs(pa.array(["Anna Smith", "Lee, Robert J."]))
        NameSigns(formed=1.0, full=1.0, known=1.0)
        >>> name_signs(pa.array(["Red Wine Glass", "Toy Story (1995)"]))
        NameSigns(formed=0.5, full=0.5, known=0.0)
    """
    step = max(1, len(texts) // _LOOKED_AT)
    texts = texts.take(pa.array(np.arange(0, len(texts), step))).cast(pa.string())
    firms = pc.match_substring_regex(texts, _FIRM)
    formed = pc.and_(pc.match_substring_regex(texts, _FORMED), pc.invert(firms))
    full = pc.and_(formed, pc.match_substring_regex(texts, _CASED))
    if _share_of(formed) < 0.5:
        return NameSigns(_share_of(formed), _share_of(full), 0.0)
    locales = {*_LOCALES[_script(texts)], *_LOCALES["accents"], *_RECOGNISED}
    listed = _folded(pa.array(_listed(tuple(sorted(locales)), "first")))
    given = _folded(pc.struct_field(pc.extract_regex(texts, _GIVEN), "given"))
    known = pc.is_in(given, listed)
    known = pc.and_(formed, pc.or_(known, pc.match_substring_regex(texts, _INITIAL_FIRST)))
    return NameSigns(_share_of(formed), _share_of(full), _share_of(known))


@dataclass(frozen=True)
class NameMaker:
    """Names such as ``Anna Smith``, ``SMITH, ANNA K.`` or only ``Smith``.

    Attributes:
        firsts: first names, or initials, in the capitals of the real ones; none for a column of single words.
        lasts: words that are in no real value.
        key: which shuffle.
        comma: whether the last name comes first, with a comma.
        initial: the share of names with a middle initial, ``dot`` whether it has a dot.
        middle: the share with a second first name.
    """

    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    key: int
    comma: bool = False
    initial: float = 0.0
    dot: bool = True
    middle: float = 0.0

    @classmethod
    def fit(cls, texts: pa.Array, rng: np.random.Generator) -> Self:
        """Learn the dress, and which last names are free.

        Args:
            texts: all different real values.
            rng: for the choice of names and the key.
        """
        script, case = _script(texts), _case(texts)
        locales = _LOCALES[script]
        words = pc.split_pattern_regex(_folded(texts), _NO_LETTERS).flatten().unique()
        single = _share_of(pc.match_substring(texts, " ")) < 0.5
        part = "last"
        if single:
            hits = {each: _hits(words, _listed(locales, each)) for each in ("last", "first")}
            part = max(hits, key=lambda each: hits[each])
        lasts = _free_names(_listed(locales, part), _ENDINGS[script], case, words, texts, rng)
        if single:
            return cls((), lasts, new_key(rng))
        firsts = [name for name in _cased(_listed(locales, "first"), case) if len(name) > 1]
        firsts = _without(firsts, _folded(texts))
        if _share_of(pc.match_substring_regex(texts, _INITIAL_FIRST)) > 0.5:
            firsts = [f"{letter}." for letter in _initials(firsts)]
        firsts = [firsts[place] for place in rng.permutation(len(firsts))[:_MOST_FIRST]]
        return cls(tuple(firsts), lasts, new_key(rng), **_dress(texts))

    def make(self, numbers: np.ndarray) -> pa.Array:
        """The name of each number."""
        first, last, letter, second, third = self._digits(np.asarray(numbers, dtype=np.int64))
        names, more = pa.array(self.lasts), pa.array(["", *(f"-{name}" for name in self.lasts)])
        family = [names.take(pa.array(last))]
        if second.any():
            family += [more.take(pa.array(second)), more.take(pa.array(third))]
        family_name = join(family)
        if not self.firsts:
            return family_name
        given = join([pa.array(self.firsts).take(pa.array(first)), self._middles(numbers, letter)])
        return join([family_name, given], ", ") if self.comma else join([given, family_name], " ")

    def _digits(self, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        """Which first name, last name, initial, second and third last name; 0 for none of the last three."""
        n_first, n_last = max(1, len(self.firsts)), len(self.lasts)
        letters = len(self._letters[1]) if self.firsts else 0
        pairs = n_first * n_last
        sizes = np.array([pairs, pairs * letters, pairs * n_last, pairs * n_last**2])
        ends = np.cumsum(sizes)
        numbers = numbers % int(ends[-1])
        level = np.searchsorted(ends, numbers, side="right")
        rest = numbers - (ends - sizes)[level]
        for each in np.unique(level):
            here = level == each
            rest[here] = scatter(rest[here], int(sizes[each]), self.key + 8 * int(each))
        first, rest = rest % n_first, rest // n_first
        last, rest = rest % n_last, rest // n_last
        letter = np.where(level == 1, rest + 1, 0)
        second = np.where(level >= 2, rest % n_last + 1, 0)
        third = np.where(level == 3, rest // n_last + 1, 0)
        return first, last, letter, second, third

    @property
    def _letters(self) -> tuple[list[str], list[str]]:
        """Initials that only adorn, and initials that tell names apart: no name could be read both ways."""
        letters = _initials(self.firsts)
        return letters[::2], letters[1::2]

    def _middles(self, numbers: np.ndarray, letter: np.ndarray) -> pa.Array:
        """What follows the first name: a blank and an initial or another first name, or nothing."""
        sign = "." if self.dot else ""
        adorning, telling = ([f" {each}{sign}" for each in letters] for letters in self._letters)
        others = [f" {name}" for name in self.firsts]
        chance = hashed(numbers, self.key + 1) % 1_000
        pick = hashed(numbers, self.key + 2)
        index = np.zeros(len(numbers), dtype=np.int64)
        index = np.where(chance < 1_000 * self.initial, 1 + pick % len(adorning), index)
        start, other = 1 + len(adorning), chance >= 1_000 * (1 - self.middle)
        if not self.firsts[0].endswith("."):
            index = np.where(other, start + pick % len(others), index)
        start += len(others)
        index = np.where(letter > 0, start + letter - 1, index)
        return pa.array(["", *adorning, *others, *telling]).take(pa.array(index))

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"maker": "name", **asdict(self), "firsts": list(self.firsts), "lasts": list(self.lasts)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The maker again."""
        kept = {name: value for name, value in state.items() if name != "maker"}
        return cls(**{**kept, "firsts": tuple(state["firsts"]), "lasts": tuple(state["lasts"])})


def _dress(texts: pa.Array) -> dict[str, Any]:
    """What full names look like in the large, in rounded shares."""
    blanks = pc.count_substring(texts, " ")
    initial = pc.match_substring_regex(texts, _INITIAL_LATER)
    longer = pc.and_(pc.greater(blanks, 1), pc.invert(initial))
    with_initial = texts.filter(initial)
    return {
        "comma": _share_of(pc.match_substring(texts, ", ")) > 0.5,
        "initial": round(_share_of(initial), 1),
        "dot": _share_of(pc.match_substring(with_initial, ".")) >= 0.5 or not len(with_initial),
        "middle": round(_share_of(longer), 1),
    }


def _free_names(
    listed: list[str], endings: tuple[str, ...], case: str, words: pa.Array, texts: pa.Array, rng: np.random.Generator
) -> tuple[str, ...]:
    """Names that are no real word: of the list, else with another ending, else with a marker."""
    shuffled = [listed[place] for place in rng.permutation(len(listed))]
    free = _without(_cased(shuffled, case), words)[:_MOST_LAST]
    if len(free) < _FEWEST_LAST:
        stems = [name for name in shuffled if name[-1] not in _VOWELS]
        coined = [stem + endings[place % len(endings)] for place, stem in enumerate(stems)]
        free += _without(_cased(coined, case), words)[: _FEWEST_LAST - len(free)]
    if len(free) < _FEWEST_LAST:
        marker = choose_marker(texts, rng)
        free += _cased([name + marker for name in shuffled], case)[: _FEWEST_LAST - len(free)]
    return tuple(sorted(free))


def _listed(locales: tuple[str, ...], part: str) -> list[str]:
    """Faker's ``first`` or ``last`` names: single words of letters, sorted."""
    names: set[str] = set()
    for locale in locales:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        names.update(getattr(provider, f"{part}_names"))
    return sorted(name for name in names if name.isalpha() and name[0].isupper() and len(name) > 1)


def _without(names: list[str], words: pa.Array) -> list[str]:
    """The names that are none of the folded words, each once."""
    names = list(dict.fromkeys(names))
    taken = pc.is_in(_folded(pa.array(names, type=pa.string())), words.cast(pa.string())).to_pylist()
    return [name for name, real in zip(names, taken, strict=True) if not real]


def _hits(words: pa.Array, names: list[str]) -> int:
    return int(pc.sum(pc.is_in(words, _folded(pa.array(names)).cast(words.type))).as_py() or 0)


def _initials(names: list[str] | tuple[str, ...]) -> list[str]:
    return sorted({name[0] for name in names})


def _folded(texts: pa.Array) -> pa.Array:
    """One form for a word in all capitals, none, or with its accents apart; a sigma is a sigma."""
    return pc.utf8_lower(pc.utf8_upper(pc.utf8_normalize(texts, "NFC")))


def _script(texts: pa.Array) -> str:
    """The key of ``_LOCALES`` for the letters of most texts."""
    for script in ("cyrillic", "greek"):
        if _share_of(pc.match_substring_regex(texts, rf"\p{{{script.capitalize()}}}")) > 0.5:
            return script
    return "accents" if _share_of(pc.match_substring_regex(texts, r"[^\x00-\x7f]")) >= _ACCENTS else "latin"


def _case(texts: pa.Array) -> str:
    """Whether most texts are all ``upper`` or ``lower`` case, or ``mixed``."""
    for case, change in (("upper", pc.utf8_upper), ("lower", pc.utf8_lower)):
        if _share_of(pc.equal(texts, change(texts))) > 0.5:
            return case
    return "mixed"


def _cased(names: list[str], case: str) -> list[str]:
    return names if case == "mixed" else [name.upper() if case == "upper" else name.lower() for name in names]


def _share_of(flags: pa.Array) -> float:
    return float(pc.mean(flags.cast(pa.int8())).as_py() or 0)
