"""Dates of digits in fixed places: the same moments as by pattern, without the pattern."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.date_digits import fields_of_digits
from synthgen.columns.date_text import DateText

TEXTS = [
    "2015-02-24 11:35:52",
    "2015-02-30 11:35:52",  # no such day
    "2015-02-24 24:00:00",
    "2015-02-24T11:35:52",
    "2015-02-24 11:3x:52",
    "0000-01-01 00:00:00",
    "1969-12-31 23:59:59",
]


@pytest.mark.parametrize("template", ["%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S"])
def test_fixed_places_and_pattern_read_the_same(template: str) -> None:
    texts = pa.array(TEXTS)
    assert fields_of_digits(template, texts) is not None
    fast = DateText(template).parse(texts)
    slow = DateText(template).parse(pa.array([*TEXTS, "1-1"]))  # another length: by pattern
    assert fast.valid.tolist() == slow.valid[:-1].tolist() == [True, False, False, False, False, False, True]
    good = fast.valid
    assert np.array_equal(fast.days[good], slow.days[:-1][good])
    assert np.array_equal(fast.seconds[good], slow.seconds[:-1][good])
    assert DateText(template).write(fast).to_pylist()[-1] == TEXTS[-1]


def test_a_slice_of_an_array_is_read_from_its_place() -> None:
    fields, good = fields_of_digits("%d.%m.%Y", pa.array(["x", "31.12.1999", "01.02.2003"]).slice(1)) or ({}, [])
    assert fields["d"].tolist() == [31, 1]
    assert fields["Y"].tolist() == [1999, 2003]
    assert list(good) == [True, True]


@pytest.mark.parametrize("template", ["%-d.%m.%Y", "%b %Y", "%y-%m-%d", "%Y-%m-%dT%z%H"])
def test_other_fields_are_left_to_the_pattern(template: str) -> None:
    assert fields_of_digits(template, pa.array(["2015-02"])) is None
