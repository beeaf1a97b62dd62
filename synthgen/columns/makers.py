"""Makers: number i in, made-up value i out; no two alike, none of them real. This file chooses the right one."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.made_up_codes import CodeMaker
from synthgen.columns.made_up_names import NameMaker, name_signs
from synthgen.columns.made_up_numbers import AddressMaker, NumberMaker
from synthgen.columns.made_up_words import WordMaker
from synthgen.errors import SchemaError

PATTERNS = {
    "email": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "url": r"^(?i:https?://|ftp://|www\.)\S+$",
    "ipv4": r"^(\d{1,3}\.){3}\d{1,3}$",
    "ipv6": r"^(?i)[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}$",
    "uuid": r"^(?i)\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$",
    "hash": r"^(?:[0-9a-f]{16,128}|[0-9A-F]{16,128})$",
    "phone": (
        r"^\+\d{1,3}(?:[ ./-]?\(?\d{2,9}\)?){1,5}$|^\(\d{2,5}\)[ .-]?\d{2,9}(?:[ .-]\d{2,9}){0,3}$"
        r"|^\d{2,5}(?:[ .-]\d{2,9}){2,4}$|^\d{3,5}[ -]\d{6,9}$|^0\d{1,4}[ /-]\d{3,9}$|^\d{3}-\d{4}$"
    ),
    "handle": r"^@\w{1,50}$",
}
"""What a value of each known kind looks like."""

KINDS = (*PATTERNS, "name", "number", "code", "word")
"""All kinds of identifier; those without a pattern are found by trying."""

_DATE = r"^\d{4}[ .-]\d\d[ .-]\d\d$|^\d\d[ .-]\d\d[ .-](\d\d|\d{4})$"
_SHARE = 0.95
_FORMED, _KNOWN = 0.8, 0.3
_WIDE = (-(1 << 63), (1 << 63) - 1)


class Maker(Protocol):
    """Value number i for each i: different numbers give different values, and no value is real."""

    def make(self, numbers: np.ndarray) -> pa.Array:
        """``(N,)`` whole numbers, zero or more, to ``(N,)`` strings."""
        ...

    def state(self) -> dict[str, Any]:
        """JSON types."""
        ...


def known_kind(texts: pa.Array) -> str | None:
    """The kind whose pattern nearly all texts have, if any.

    Example:
        >>> known_kind(pa.array(["ann@site.com", "bob@site.com"]))
        'email'
    """
    for kind, pattern in PATTERNS.items():
        if _share(texts[:200], pattern) >= _SHARE / 2 and _share(texts, pattern) >= _SHARE:
            if kind == "hash" and not pc.any(pc.match_substring_regex(texts, "(?i)[a-f]")).as_py():
                continue
            if kind == "phone" and pc.all(pc.match_substring_regex(texts, _DATE)).as_py():
                continue
            return kind
    return None


def are_full_names(texts: pa.Array) -> bool:
    """Whether nearly all texts have the form of a full name, and many a first name that is known.

    Example:
        >>> are_full_names(pa.array(["Anna Smith", "Robert J. Lee"])), are_full_names(pa.array(["New York"]))
        (True, False)
    """
    signs = name_signs(texts)
    return signs.full >= _FORMED and signs.known >= _KNOWN


def _share(texts: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(texts, pattern).cast(pa.int8())).as_py())


def fit_maker(
    texts: pa.Array,
    rng: np.random.Generator,
    *,
    kind: str = "auto",
    min_holders: int = 5,
    limits: tuple[int, int] = _WIDE,
    unit_V: np.ndarray | None = None,
) -> Maker:
    """The maker for values like these.

    Args:
        texts: all different real values as strings, not only common ones: none of them is ever made.
        rng: for keys and markers.
        kind: one of ``KINDS``, or ``auto``.
        min_holders: a layout needs so many values, or people where it is known whose they are.
        limits: least and largest number of an integer column.
        unit_V: who holds each text; None: each is held by somebody else.

    Raises:
        DataError: an integer type has no free number.
    """
    if kind == "auto":
        kind = known_kind(texts) or ("name" if are_full_names(texts) else "auto")
    if kind == "name":
        return NameMaker.fit(texts.cast(pa.string()), rng)
    if kind in ("ipv4", "ipv6"):
        return AddressMaker.fit(texts, kind, rng)
    if kind in ("auto", "number"):
        numbers = NumberMaker.fit(texts, rng, limits, min_holders, unit_V)
        if numbers is not None:
            return numbers
    if kind in ("auto", "number", "uuid", "hash", "phone", "code"):
        codes = CodeMaker.fit(texts, min_holders, rng, unit_V)
        if codes is not None:
            return codes
    return WordMaker.fit(texts, kind, rng)


def maker_from_state(state: dict[str, Any]) -> Maker:
    """The maker again.

    Raises:
        SchemaError: the state names no maker.
    """
    makers: dict[str, Any] = {
        "word": WordMaker,
        "name": NameMaker,
        "number": NumberMaker,
        "address": AddressMaker,
        "code": CodeMaker,
    }
    if state.get("maker") not in makers:
        raise SchemaError(f"column state: no maker {state.get('maker')!r}; the file is damaged. Fit again")
    made: Maker = makers[state["maker"]].from_state(state)
    return made
