from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.base import FitContext, RejectColumn, Sample
from synthgen.columns.boolean import SPELLINGS, Boolean
from synthgen.errors import DataError


def context() -> FitContext:
    return FitContext(np.random.default_rng(0), 5, 100, np.empty((0, 0), dtype=np.int32))


def sample(values: pa.Array) -> Sample:
    return Sample("flag", values, len(values), 0)


@pytest.mark.parametrize("case", [str.lower, str.upper, str.capitalize])
@pytest.mark.parametrize(("false", "true"), SPELLINGS.items())
def test_every_spelling_comes_back_letter_for_letter(false, true, case):
    values = pa.array([case(true), case(false), case(true)])
    assert Boolean.matches(sample(values)).score == 0.99
    column = Boolean.fit(values, {}, context())
    tokens = column.encode(values, np.random.default_rng(0))
    assert tokens.tolist() == [[1], [0], [1]]
    assert column.decode(tokens, np.random.default_rng(0), 0).equals(values)


@pytest.mark.parametrize(
    "physical", [pa.bool_(), pa.int8(), pa.int64(), pa.uint8(), pa.float32(), pa.float64(), pa.large_string()]
)
def test_the_physical_type_comes_back(physical):
    values = pa.array(["1", "0", "0"]).cast(physical)
    column = Boolean.from_state(json.loads(json.dumps(Boolean.fit(values, {}, context()).state())))
    assert column.decode(column.encode(values, np.random.default_rng(0)), np.random.default_rng(0), 0).equals(values)


def test_one_holder_of_a_known_spelling_is_enough():
    values = pa.array(["no"] * 99 + ["yes"])
    column = Boolean.fit(values, {}, context())
    assert column.decode(np.array([[1]]), np.random.default_rng(0), 0).to_pylist() == ["yes"]


@pytest.mark.parametrize("values", [["male", "female"], ["yes", "false"], ["1", "2"], ["0"], ["a"], ["y", "n", "?"]])
def test_other_pairs_are_rejected(values):
    with pytest.raises(RejectColumn):
        Boolean.matches(sample(pa.array(values)))


def test_a_value_never_seen_reads_by_its_meaning_or_as_the_common_one():
    column = Boolean.fit(pa.array(["TRUE", "FALSE", "TRUE"]), {}, context())
    assert column.encode(pa.array(["no", "Yes", "banana"]), np.random.default_rng(0)).ravel().tolist() == [0, 1, 1]


def test_a_common_third_value_is_an_error_without_the_value():
    values = pa.array(["yes", "no"] * 10 + ["my secret"] * 5)
    with pytest.raises(DataError, match="5 rows hold a third value") as caught:
        Boolean.fit(values, {}, context())
    assert "secret" not in str(caught.value)
    Boolean.fit(values[:-1], {}, context())


def test_no_known_spelling_is_an_error():
    with pytest.raises(DataError, match="Use 'categorical'"):
        Boolean.fit(pa.array(["left", "right"]), {}, context())
