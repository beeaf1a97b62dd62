"""Lists as they are written in a cell: ``a|b|c``, ``["a", "b"]``, or an Arrow list; to members and back.

Letters: N lists, M members in all of them.
"""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.physical import is_text, named_type, type_name
from synthgen.errors import DataError

SEPARATORS = ("|", ";", ", ", ",", " #")
"""Looked for in this order; `` #`` stands for hashtags with a space between."""


@dataclass(frozen=True)
class ListText:
    """How lists are written.

    Attributes:
        style: ``separator``, ``json`` (double quotes), ``python`` (single quotes) or ``list`` (an Arrow type).
        separator: between members.
        physical: the Arrow type of the column, by name.
    """

    style: str
    separator: str
    physical: str

    @classmethod
    def of(cls, values: pa.Array, separator: str | None = None) -> ListText | None:
        """What most of the values are written in; None when they are no lists."""
        physical = type_name(values.type)
        if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            return cls("list", "", physical)
        if not is_text(values.type) or not len(values):
            return None
        if separator is not None:
            return cls("separator", separator, physical)
        if _share(pc.match_substring_regex(values, r"^\[.*\]$")) > 0.95:
            spaced = _share(pc.match_substring(values, ", "))
            tight = _share(pc.match_substring_regex(values, r"[\"'\d],[\"'\d]")) > spaced
            style = "python" if _share(pc.match_substring_regex(values, r"^\['")) > 0.5 else "json"
            return cls(style, "," if tight else ", ", physical)
        for candidate in SEPARATORS:
            if candidate == " #" and _share(pc.starts_with(values, "#")) < 0.95:
                continue
            if _share(pc.match_substring(values, candidate)) >= 0.1:
                return cls("separator", candidate, physical)
        return None

    def members(self, values: pa.Array, strict: bool = True) -> tuple[pa.Array, np.ndarray]:
        """All members, list after list, as ``(M,)`` strings, and ``(N + 1,)`` offsets.

        Args:
            values: the lists.
            strict: whether a text that is no JSON list is an error; else it is a list of one member.

        Raises:
            DataError: a JSON list that is none, by row number.
        """
        if self.style == "list":
            lists = pa.concat_arrays([values])
            flat = pc.list_flatten(lists).cast(pa.string())
            return _kept(flat, np.asarray(pc.list_value_length(lists)), pc.is_valid(flat))
        if self.style == "separator":
            separator = " " if self.separator == " #" else self.separator.strip()
            lists = pc.split_pattern(values.cast(pa.string()), separator)
            lengths = np.asarray(pc.list_value_length(lists))
            flat = pc.utf8_trim_whitespace(pc.list_flatten(lists))
            return _kept(flat, lengths, pc.not_equal(flat, ""))
        coded = values.dictionary_encode()
        parsed = [_parse(text) for text in coded.dictionary.to_pylist()]
        codes = np.asarray(coded.indices)
        broken = np.array([each is None for each in parsed], dtype=bool)
        if broken.any() and strict:
            row = int(np.flatnonzero(broken[codes])[0]) + 1
            raise DataError(f'present value {row}: not a list in brackets; expected such as ["a", "b"]. Use \'text\'')
        texts = coded.dictionary.to_pylist()
        parsed = [[text] if each is None else each for text, each in zip(texts, parsed, strict=True)]
        lists = pa.array(parsed, type=pa.list_(pa.string())).take(pa.array(codes))
        return pc.list_flatten(lists), _offsets(np.asarray(pc.list_value_length(lists)))

    def write(self, members: pa.Array, offsets: np.ndarray) -> pa.Array:
        """Members and offsets to values of the physical type."""
        physical = named_type(self.physical)
        if self.style == "list":
            inner = members.cast(physical.value_type)
            lists = pa.LargeListArray.from_arrays(pa.array(offsets, type=pa.int64()), inner)
            return lists.cast(physical)
        if self.style != "separator":
            coded = members.dictionary_encode()
            quoted = pa.array([self._quote(text) for text in coded.dictionary.to_pylist()], type=pa.string())
            members = quoted.take(coded.indices)
        lists = pa.LargeListArray.from_arrays(pa.array(offsets, type=pa.int64()), members)
        joined = pc.binary_join(lists, " " if self.separator == " #" else self.separator)
        if self.style != "separator":
            joined = pc.binary_join_element_wise("[", joined, "]", "")
        return joined.cast(physical)

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return asdict(self)

    def _quote(self, member: str) -> str:
        if member.startswith("\0"):
            return member[1:]
        return repr(member) if self.style == "python" else json.dumps(member, ensure_ascii=False)


def _parse(text: str) -> list[str] | None:
    """Members of a list in brackets; one that is not text keeps its JSON form behind a NUL."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(found, list):
        return None
    return [each if isinstance(each, str) else "\0" + json.dumps(each) for each in found]


def _kept(flat: pa.Array, lengths: np.ndarray, there: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The members that are there, and offsets without the others (empty or missing ones)."""
    owner = np.repeat(np.arange(len(lengths)), lengths)[np.asarray(there)]
    return flat.filter(there), _offsets(np.bincount(owner, minlength=len(lengths)))


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _share(flags: pa.Array) -> float:
    return float(pc.mean(flags.cast(pa.int8())).as_py() or 0)
