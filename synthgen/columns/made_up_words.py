"""Made-up handles, names, e-mail and web addresses: words with a marker, in the dress of the real ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.made_up import choose_marker, hashed, join, new_key, numbered_words

_SEPARATORS = ("_", ".", "-", " ")
_LAST_LETTERS = pa.array(["", "", "n", "r", "s", "l"])
_SUFFIX_SHARE = 0.5
_MAIL_HOSTS = ("@example.com", "@example.org", "@example.net")
"""Reserved by RFC 2606, so that no made-up address reaches anybody; .invalid is reserved too."""


@dataclass(frozen=True)
class WordMaker:
    """Words such as ``Mevoxbu``, ``me_voxbun``, ``@mevox27`` or ``mevoxbu@example.org``.

    No real value is made, because each word holds the marker, which no real value holds. No value is made
    twice: separators, digits and the last letter (which makes the count of letters odd where it was even)
    can be taken off again, and what is left are numbered words.

    Attributes:
        marker: letters that no real value holds.
        key: which shuffle of the words.
        syllables: fewest syllables of a word.
        capital: whether parts start with a capital.
        separator: between two parts, and ``parted``, the share of values that have it.
        numbered: the share of values that end in digits.
        prefix: before each value, such as ``@`` or ``https://example.org/``.
        suffixes: after each value, one of these.
    """

    marker: str
    key: int
    syllables: int = 2
    capital: bool = False
    separator: str = ""
    parted: float = 0.0
    numbered: float = 0.0
    prefix: str = ""
    suffixes: tuple[str, ...] = ("",)

    @classmethod
    def fit(cls, texts: pa.Array, kind: str, rng: np.random.Generator) -> Self:
        """Learn the dress.

        Args:
            texts: all different real values.
            kind: ``email``, ``url``, or anything else.
            rng: for marker and key.
        """
        marker, key = choose_marker(texts, rng), new_key(rng)
        if kind == "url":
            host = _free(texts, ["https://example.org/", "https://example.com/"]) or f"https://{marker}.invalid/"
            return cls(marker, key, 3, prefix=host, suffixes=(_common_ending(texts),))
        if kind == "email":
            hosts = _MAIL_HOSTS if _free(texts, ["@example."]) else (f"@{marker}.invalid",)
            body = pc.replace_substring_regex(texts, r"@.*$", "")
            return cls(marker, key, suffixes=hosts, **_dress(body))
        prefix = next((sign for sign in "@#$" if _share_of(pc.starts_with(texts, sign)) > 0.9), "")
        return cls(marker, key, prefix=prefix, **_dress(pc.utf8_ltrim(texts, prefix) if prefix else texts))

    def make(self, numbers: np.ndarray) -> pa.Array:
        """The word of each number."""
        words = numbered_words(numbers, self.marker, self.key, self.syllables)
        words = join([words, _pick(_LAST_LETTERS, numbers, self.key + 1)])
        if self.capital:
            words = pc.utf8_capitalize(words)
        if self.separator:
            marker = self.marker.capitalize() if self.capital else self.marker
            parted = pc.replace_substring(words, self.marker, self.separator + marker)
            words = pc.if_else(_share(self.parted, numbers, self.key + 2), parted, words)
        tail = pa.array(hashed(numbers, self.key + 3) % 90 + 10).cast(pa.string())
        tail = pc.if_else(_share(self.numbered, numbers, self.key + 4), tail, "")
        return join([self.prefix, words, tail, _pick(pa.array(self.suffixes), numbers, self.key + 5)])

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {"maker": "word", **asdict(self), "suffixes": list(self.suffixes)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The maker again."""
        return cls(**{**{k: v for k, v in state.items() if k != "maker"}, "suffixes": tuple(state["suffixes"])})


def _dress(texts: pa.Array) -> dict[str, Any]:
    """What the texts look like in the large, in rounded shares."""
    shares = {separator: _share_of(pc.match_substring(texts, separator)) for separator in _SEPARATORS}
    separator = max(shares, key=lambda each: shares[each])
    length = float(pc.mean(pc.utf8_length(texts)).as_py() or 0)
    return {
        "syllables": int(np.clip(round((length - 4) / 2), 2, 6)),
        "capital": _share_of(pc.match_substring_regex(texts, r"^\W*\p{Lu}")) > 0.5,
        "separator": separator if shares[separator] >= 0.05 else "",
        "parted": round(shares[separator], 1),
        "numbered": round(_share_of(pc.match_substring_regex(texts, r"\d$")), 1),
    }


def _share_of(flags: pa.Array) -> float:
    return float(pc.mean(flags.cast(pa.int8())).as_py() or 0)


def _free(texts: pa.Array, candidates: list[str]) -> str | None:
    """The first candidate that no text holds."""
    for candidate in candidates:
        if not pc.any(pc.match_substring(texts, candidate, ignore_case=True)).as_py():
            return candidate
    return None


def _common_ending(texts: pa.Array) -> str:
    """A file ending such as ``.jpg`` that most of the texts share, or nothing."""
    endings = pc.struct_field(pc.extract_regex(texts, r"(?P<ending>\.(?:jpe?g|png|gif|html?|php|pdf))$"), "ending")
    counted = pc.value_counts(endings.drop_null())
    if not len(counted):
        return ""
    best = int(np.argmax(counted.field(1)))
    return str(counted.field(0)[best]) if counted.field(1)[best].as_py() > _SUFFIX_SHARE * len(texts) else ""


def _pick(choices: pa.Array, numbers: np.ndarray, key: int) -> pa.Array:
    return choices.take(pa.array(hashed(numbers, key) % len(choices)))


def _share(share: float, numbers: np.ndarray, key: int) -> pa.Array:
    """True for that share of the numbers, always the same ones."""
    return pa.array(hashed(numbers, key) % 1000 < share * 1000)
