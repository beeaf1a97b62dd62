"""Dates of digits in fixed places, such as ``2015-02-24 11:35:52``, read as bytes: ten times as fast as by pattern.

Letters: N values, L characters.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_PARTS = re.compile(r"%-?[A-Za-z]|[^%]")


def fields_of_digits(template: str, text: pa.Array) -> tuple[dict[str, np.ndarray], np.ndarray] | None:
    """The fields of texts that all have the template's length, and ``(N,)`` which texts are written so.

    Args:
        template: padded fields of digits; a zone at its end may be left out by all texts.
        text: values.

    Returns:
        None where the template has other fields, or a text another length.

    Example:
        >>> fields, good = fields_of_digits("%Y-%m", pa.array(["2015-02", "2015/02"]))
        >>> fields["m"].tolist()[0], good.tolist()
        (2, [True, False])
    """
    places, literals, width = {}, [], 0
    for part in _PARTS.findall(template.removesuffix("%z")):
        if not part.startswith("%"):
            literals.append((width, part))
            width += 1
        elif part[1:] in WIDTHS and part[1:] not in places:
            places[part[1:]] = width
            width += WIDTHS[part[1:]]
        else:
            return None
    letters_NL = _letters(text, width)
    if letters_NL is None or not template.isascii():
        return None
    good = np.ones(len(text), bool)
    for place, letter in literals:
        good &= letters_NL[:, place] == ord(letter)
    fields = {}
    for code, start in places.items():
        digits = letters_NL[:, start : start + WIDTHS[code]] - np.uint8(ord("0"))  # other letters wrap to 10 and more
        good &= (digits <= 9).all(axis=1)
        fields[code] = digits.astype(np.int64) @ (10 ** np.arange(WIDTHS[code] - 1, -1, -1))
    return fields, good


def _letters(text: pa.Array, width: int) -> np.ndarray | None:
    """``(N, L)`` the bytes of texts that are all ``width`` bytes long."""
    if not len(text) or not width or text.null_count or not pa.types.is_string(text.type):
        return None
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    if data is None or int(ends[-1]) - int(ends[0]) != width * len(text) or not np.all(np.diff(ends) == width):
        return None
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].reshape(len(text), width)
