"""People are counted, not their rows: what one of them holds often is as rare as what one holds once."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.columns import COLUMN_TYPES
from synthgen.columns.base import ColumnType, FitContext
from synthgen.columns.holders import holders, one_each
from synthgen.columns.modes import Modes
from synthgen.columns.relations import TieMap
from synthgen.errors import DataError
from tests.columns.test_contract import CANARIES, EXAMPLES, NO_OPTIONS, detected, random_paths

ROWS = 100
"""Of the secret."""
WITHOUT = ("boolean", "identifier", "image")
"""Types that keep no value whoever holds it: spellings of yes and no, and formats."""


def secrets(kind: type[ColumnType]) -> tuple[pa.Array, pa.Array, dict]:
    """A column, as many rows of a secret, and detection's options."""
    name, canary, _ = CANARIES[kind.name]
    values = EXAMPLES[kind.name][name]
    told = [canary[0]] * ROWS
    if kind.name in ("text", "identifier", "image"):
        told = [canary[0].replace("7391", "") + f" {number}" * (kind.name == "text") for number in range(ROWS)]
    match = detected(kind, values, name)
    return values, pa.array(told, values.type), match.options if match else NO_OPTIONS


def fitted(kind: type[ColumnType], people: int) -> tuple[ColumnType, list[str], str]:
    """The type, fitted to a column in which so many people hold the secret; what it makes, and the secret."""
    values, told, options = secrets(kind)
    unit_N = np.r_[np.arange(len(values)), len(values) + np.arange(ROWS) % people]
    everything = pa.concat_arrays([values, told])
    context = FitContext(np.random.default_rng(1), 5, len(everything), np.zeros((len(everything), 0), np.int32), unit_N)
    column = kind.fit(everything, options, context)
    rng = np.random.default_rng(0)
    made = column.decode(random_paths(column, 5_000, rng), rng, 0)
    secret = "canary" if kind.name in ("text", "identifier", "image") else told[0].as_py()
    return column, [str(value) for value in made.to_pylist()], secret


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_what_one_person_holds_in_a_hundred_rows_is_not_remembered(kind):
    column, made, secret = fitted(kind, people=1)
    names = [name for level in range(len(column.slots)) for name in column.token_names(level)]
    assert secret not in json.dumps(column.state())
    assert not any(secret in name for name in names)
    assert not any(secret in value for value in made)
    if kind.name == "geo":
        places = np.array([[float(part) for part in value.split(",")] for value in made])
        assert np.abs(places - [-33.7391, 151.2847]).max(1).min() > 1


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("people", [4, 5])
def test_five_people_bring_a_value_into_the_vocabulary_and_four_do_not(kind, people):
    if kind.name in WITHOUT:
        pytest.skip("it keeps no value, whoever holds it")
    _, made, secret = fitted(kind, people)
    assert any(secret in value for value in made) == (people == 5)


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_where_each_row_is_somebody_elses_nothing_changes(kind):
    for name, values in EXAMPLES[kind.name].items():
        match = detected(kind, values, name)
        options = match.options if match else NO_OPTIONS
        states = []
        for unit_N in (None, np.random.default_rng(3).permutation(len(values))):
            context = FitContext(np.random.default_rng(1), 5, len(values), np.zeros((len(values), 0), np.int32), unit_N)
            states.append(json.dumps(kind.fit(values, options, context).state()))
        assert states[0] == states[1]


def test_a_number_of_one_person_bounds_no_cell():
    """One person's thousand numbers far above all others draw no bin up there."""
    rng = np.random.default_rng(0)
    numbers = np.r_[rng.normal(100, 10, 1_000), rng.uniform(9_000, 9_100, 1_000)]
    unit_N = np.r_[np.arange(1_000), np.full(1_000, 1_000)]
    kind = next(kind for kind in COLUMN_TYPES if kind.name == "numeric")
    context = FitContext(np.random.default_rng(1), 5, 2_000, np.zeros((2_000, 0), np.int32), unit_N)
    column = kind.fit(pa.array(numbers), {}, context)
    made = column.decode(random_paths(column, 20_000, rng), rng, 0).to_numpy()
    assert np.mean(made > 8_000) < 0.05
    low, high = np.array(column.state()["leaves"]["low"]), np.array(column.state()["leaves"]["high"])
    assert not ((low > 8_000) & (high < 9_200)).any()


def test_a_tie_of_one_person_is_not_remembered():
    a, b = pa.array(["x"] * 50 + ["secret"] * 50), pa.array(["1"] * 50 + ["2"] * 50)
    known = TieMap.fit(a, b, 5, np.r_[np.arange(50), np.full(50, 50)])
    assert known.keys.to_pylist() == ["x"]
    assert set(TieMap.fit(a, b, 5).keys.to_pylist()) == {"x", "secret"}


def test_a_mode_of_one_person_is_no_mode():
    values = np.r_[np.linspace(-1, 1, 500), np.full(100, 77.0), np.linspace(49, 51, 100)]
    unit_N = np.r_[np.arange(500), np.full(200, 500)]
    modes = Modes.fit(values, np.random.default_rng(0), 5, unit_N)
    assert (np.abs(modes.middle_K) < 2).all()
    assert (Modes.fit(values, np.random.default_rng(0), 5).middle_K > 40).any()


def test_a_column_of_fewer_people_than_are_needed_keeps_one_digit():
    numbers = pa.array(np.repeat([12_345.0, 67_891.0], 50))
    kind = next(kind for kind in COLUMN_TYPES if kind.name == "numeric")
    context = FitContext(np.random.default_rng(1), 5, 100, np.zeros((100, 0), np.int32), np.repeat([0, 1], 50))
    assert "12345" not in json.dumps(kind.fit(numbers, {}, context).state())


def test_labels_of_too_few_people_are_refused_where_none_can_be_made_up():
    kind = next(kind for kind in COLUMN_TYPES if kind.name == "categorical")
    context = FitContext(np.random.default_rng(1), 5, 100, np.zeros((100, 0), np.int32), np.repeat([0, 1], 50))
    with pytest.raises(DataError, match="no value is held"):
        kind.fit(pa.array([1.5, 2.5] * 50), {}, context)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=40), st.integers(1, 6))
def test_holders_are_counted_as_sets_would_be(pairs: list[tuple[int, int]], most: int) -> None:
    value_N, unit_N = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    slow = [len({unit for value, unit in pairs if value == v}) for v in range(6)]
    assert holders(value_N, 6, unit_N).tolist() == slow
    seen: list[int] = []
    for place, unit in enumerate(unit_N.tolist()):
        if unit not in unit_N[seen].tolist() and len(seen) < most:
            seen.append(place)
    assert one_each(unit_N, most).tolist() == seen
