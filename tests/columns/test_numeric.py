from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.columns.base import NOT_APPLICABLE, FitContext, RejectColumn, Sample
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.tails import TailLaw, pareto_fit
from synthgen.errors import ConfigError, DataError

ROOT = Path(__file__).parents[2]
HOLDERS = 5


def fitted(values: pa.Array, **options: object) -> Numeric:
    context = FitContext(np.random.default_rng(0), HOLDERS, len(values), np.zeros((len(values), 0)))
    return Numeric.fit(values, dict(options), context)


def tokens_of(column: Numeric, values: pa.Array) -> np.ndarray:
    return column.encode(values, np.random.default_rng(1))


def drawn(column: Numeric, values: pa.Array) -> pa.Array:
    return column.decode(tokens_of(column, values), np.random.default_rng(2), 0)


def numbers(values: pa.Array) -> np.ndarray:
    return np.asarray(parse_numbers(values))


def gap(a: np.ndarray, b: np.ndarray) -> float:
    """Largest distance between two empirical distribution functions."""
    both = np.union1d(a, b)
    return float(
        np.abs(
            np.searchsorted(np.sort(a), both, side="right") / a.size
            - np.searchsorted(np.sort(b), both, side="right") / b.size
        ).max()
    )


def real(file: str, name: str) -> pa.Array:
    options = pacsv.ConvertOptions(column_types={name: pa.string()}, include_columns=[name])
    return pacsv.read_csv(ROOT / file, convert_options=options)[name].combine_chunks()


def match(values: list[object] | pa.Array, name: str = "x", n_rows: int | None = None):
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return Numeric.matches(Sample(name, array, n_rows or len(array), 0))


# Real columns

REAL = [
    ("examples/data/shoppers.csv", "BounceRates"),
    ("examples/data/shoppers.csv", "PageValues"),
    ("examples/data/shoppers.csv", "ProductRelated_Duration"),
    ("examples/data/shoppers.csv", "ProductRelated"),
    ("tests/data/adult_1000.csv", "fnlwgt"),
    ("tests/data/adult_1000.csv", "capital.gain"),
    ("tests/data/adult_1000.csv", "hours.per.week"),
    ("tests/data/news_400.csv", "shares"),
    ("tests/data/news_400.csv", "kw_avg_avg"),
]


@pytest.mark.parametrize(("file", "name"), REAL)
def test_real_columns_come_back_within_a_cell(file: str, name: str) -> None:
    values = real(file, name)
    column = fitted(values)
    out = drawn(column, values)
    assert out.type == values.type
    assert np.array_equal(tokens_of(column, out), tokens_of(column, values))
    largest_leaf = 3 * max(HOLDERS, 0.02 * len(values) / 16)  # the rows of a pooled leaf can move as one
    assert gap(numbers(values), numbers(out)) <= largest_leaf / len(values)


@pytest.mark.parametrize(("file", "name"), REAL)
def test_every_leaf_has_enough_rows(file: str, name: str) -> None:
    values = real(file, name)
    held = np.unique(tokens_of(fitted(values), values), axis=0, return_counts=True)[1]
    assert held.min() >= HOLDERS


@pytest.mark.parametrize(("file", "name"), REAL)
def test_the_state_survives_json_and_decodes_alike(file: str, name: str) -> None:
    values = real(file, name)
    column = fitted(values)
    again = Numeric.from_state(json.loads(json.dumps(column.state())))
    assert again.state() == column.state()
    assert drawn(again, values).equals(drawn(column, values))
    assert again.describe() == column.describe()


def test_spikes_of_a_real_column_are_kept() -> None:
    values = real("examples/data/shoppers.csv", "BounceRates")
    out = drawn(fitted(values), values)
    real_counts = dict(zip(*np.unique(numbers(values), return_counts=True), strict=True))
    counts = dict(zip(*np.unique(numbers(out), return_counts=True), strict=True))
    spikes = [value for value, count in real_counts.items() if count >= 20]
    assert len(spikes) > 50
    assert all(counts[value] == pytest.approx(real_counts[value], rel=0.2) for value in spikes)


# Cells


def test_a_few_values_are_a_token_each_in_one_slot() -> None:
    column = fitted(pa.array([1, 2, 3] * 20))
    assert [slot.size for slot in column.slots] == [3]
    assert tokens_of(column, pa.array([1, 2, 3])).tolist() == [[0], [1], [2]]


def test_an_atom_has_no_fine_token_and_comes_back_exactly() -> None:
    rng = np.random.default_rng(0)
    values = pa.array(np.concatenate([np.zeros(3000), rng.normal(100, 10, 3000)]))
    column = fitted(values)
    tokens = tokens_of(column, values)
    assert (tokens[:3000] == [0, NOT_APPLICABLE]).all()
    assert column.slots[1].children is not None
    assert column.slots[1].children[0] == 0
    assert (numbers(drawn(column, values))[:3000] == 0).all()
    assert (numbers(drawn(column, values))[3000:] > 50).all()


def test_coarse_tokens_and_their_places_rise_with_the_value() -> None:
    values = np.sort(np.random.default_rng(0).lognormal(3, 2, 5000))
    column = fitted(pa.array(values))
    tokens = tokens_of(column, pa.array(values)).astype(np.int64)
    assert (np.diff(tokens[:, 0] * 1000 + tokens[:, 1]) >= 0).all()
    places = column.slots[0].places
    assert places is not None
    assert (np.diff(places) > 0).all()
    assert 0 < places[0] < places[-1] < 1


def test_bins_hold_equal_masses() -> None:
    values = pa.array(np.random.default_rng(0).normal(size=20_000))
    held = np.bincount(tokens_of(fitted(values), values)[:, 0])
    ends = [400 / 2**k for k in range(1, 6)]  # the outermost bins are halved while each half has 10 rows
    assert held.size == 60
    np.testing.assert_allclose(held[6:-6], 400, atol=4)
    np.testing.assert_allclose(held[1:6][::-1], ends, atol=4)
    np.testing.assert_allclose(held[-6:-1], ends, atol=4)
    assert min(held[0], held[-1]) >= 10


def test_no_value_of_few_rows_is_in_the_state() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(10**8, 10**9, 3000)  # a cell edge meets one of them once in about 400 such columns
    text = json.dumps(fitted(pa.array(values)).state())
    assert not [v for v in values.tolist() if f"{v}" in text]
    floats = rng.normal(size=3000)
    text = json.dumps(fitted(pa.array(floats)).state())
    assert not [v for v in floats.tolist() if f"{v!r}" in text]


def test_a_value_of_few_rows_between_spikes_becomes_its_neighbour() -> None:
    column = fitted(pa.array([1] * 100 + [2] + [3] * 100))
    assert set(numbers(drawn(column, pa.array([2] * 50)))) <= {1.0, 3.0}


def test_a_table_smaller_than_min_holders_keeps_no_value() -> None:
    text = json.dumps(fitted(pa.array([123_456, 123_456])).state())
    assert "123456" not in text
    assert len(drawn(fitted(pa.array([123_456, 987_654])), pa.array([123_456]))) == 1


def test_the_grid_is_kept() -> None:
    rng = np.random.default_rng(0)
    prices = pa.array((rng.integers(100, 90_000, 4000) + 0.99).round(2))
    out = numbers(drawn(fitted(prices), prices))
    assert np.allclose(out % 1, 0.99)
    mixed = np.where(np.arange(4000) % 2, rng.integers(1, 1000, 4000), rng.integers(10, 9000, 4000) * 100)
    out = numbers(drawn(fitted(pa.array(mixed)), pa.array(mixed)))
    assert np.mean(out[out > 2000] % 100 == 0) > 0.99


@pytest.mark.parametrize("low", [0.0, 12.0])
def test_natural_bounds_are_not_crossed(low: float) -> None:
    values = np.random.default_rng(0).exponential(2.0, 3000) + low
    out = numbers(drawn(fitted(pa.array(values)), pa.array(values)))
    assert out.min() >= 0
    shares = pa.array(np.random.default_rng(0).beta(0.3, 0.3, 3000))
    out = numbers(drawn(fitted(shares), shares))
    assert out.min() >= 0
    assert out.max() <= 1


def test_a_bound_that_many_rows_hold_is_exact() -> None:
    rng = np.random.default_rng(0)
    values = np.clip(rng.normal(70, 30, 3000).round(1), 0, 137.5)
    out = numbers(drawn(fitted(pa.array(values)), pa.array(values)))
    assert out.max() == 137.5
    assert np.mean(out == 137.5) == pytest.approx(np.mean(values == 137.5))


def test_values_never_seen_get_the_nearest_leaf() -> None:
    column = fitted(pa.array(["1", "2", "3"] * 10))
    assert tokens_of(column, pa.array(["-50", "2.2", "1e9", "word"]))[:3].tolist() == [[0], [1], [2]]


def test_bins_and_other_settings_are_checked() -> None:
    values = pa.array(np.random.default_rng(0).normal(size=2000))
    assert fitted(values, bins=7).slots[0].size == 7 + 2 * 4  # 286 rows halved four times, at either end
    for wrong in ({"bins": 0}, {"tail": "huge"}, {"decimal": ";"}, {"decimals": -1}):
        with pytest.raises(ConfigError, match="expected"):
            fitted(values, **wrong)


# Tails


@pytest.mark.parametrize("shape", [0.2, 0.5, 1.0])
def test_the_fit_recovers_a_pareto_shape(shape: float) -> None:
    excess = TailLaw(0.0, 1e30, shape, 3.0).draw(np.random.default_rng(0).random(5000))
    found, scale = pareto_fit(excess)
    assert found == pytest.approx(shape, abs=4 * (1 + shape) / 5000**0.5)  # 4 standard errors: 1 in 16,000
    assert scale == pytest.approx(3.0, rel=0.15)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_heavy_tail_reaches_as_far_as_the_data(sign: int) -> None:
    values = sign * (np.random.default_rng(0).pareto(1.5, 20_000) + 1)  # 0.9999 quantile: 1e4 ** (1 / 1.5) = 464
    column = fitted(pa.array(values))
    law = column.upper if sign > 0 else column.lower
    assert law is not None
    assert law.shape == pytest.approx(1 / 1.5, abs=0.25)
    out = [
        sign * numbers(column.decode(tokens_of(column, pa.array(values)), np.random.default_rng(i), 0))
        for i in range(20)
    ]
    assert np.median([np.quantile(x, 0.9999) for x in out]) == pytest.approx(464, rel=0.5)
    assert np.median([x.max() for x in out]) == pytest.approx(np.abs(values).max(), rel=0.8)
    assert max(x.max() for x in out) < 3 * np.abs(values).max()


def test_a_light_tail_has_no_law() -> None:
    for values in (np.random.default_rng(0).uniform(0, 1000, 5000), np.random.default_rng(0).normal(size=5000)):
        column = fitted(pa.array(values))
        assert column.upper is None
        assert column.lower is None
    assert fitted(pa.array(np.random.default_rng(0).pareto(1.0, 5000)), tail="light").upper is None


# Formats


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "20", "-3"],
        ["1.50", "2.25", "-0.75"],
        ["0.2", "0", "0.016667"],
        ["7.0", "7.25", "-1.5"],
        ["7.0", "8.0", "19.0"],
        ["1.5e-07", "2.5e-09", "3.0e+10"],
        ["1.50E+02", "2.25E-03", "7.00E+01"],
        ["1e-05", "0.25", "3.5"],
    ],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text_formats_come_back(texts: list[str], kind: pa.DataType) -> None:
    values = pa.array(texts * HOLDERS, kind)
    assert drawn(fitted(values), values).equals(values)


def test_a_decimal_comma_comes_back() -> None:
    values = pa.array(["1,50", "20,25", "-3,75"] * HOLDERS)
    found = match(values)
    assert found.options == {"decimal": ","}
    assert drawn(fitted(values, **found.options), values).equals(values)


def test_white_space_and_plus_signs_are_read() -> None:
    values = pa.array([" 1", "+2 ", "3"] * HOLDERS)
    assert drawn(fitted(values), values).to_pylist()[:3] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint8(), pa.int32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64()]
)
def test_arrow_types_come_back(kind: pa.DataType) -> None:
    values = pa.array(np.random.default_rng(0).integers(0, 127, 500)).cast(kind)
    out = drawn(fitted(values), values)
    assert out.type == kind
    assert np.array_equal(numbers(out), np.rint(numbers(out)))


def test_decimal_columns_come_back() -> None:
    cents = np.random.default_rng(0).integers(-(10**5), 10**5, 500)
    values = pa.array([Decimal(int(c)) / 100 for c in cents], pa.decimal128(12, 2))
    out = drawn(fitted(values), values)
    assert out.type == values.type
    assert np.corrcoef(numbers(out), numbers(values))[0, 1] > 0.999


def test_drawn_integers_stay_within_their_type() -> None:
    values = pa.array((np.random.default_rng(0).pareto(0.5, 5000) % 2**31).astype(np.int64)).cast(pa.int32())
    assert drawn(fitted(values), values).type == pa.int32()
    edges = pa.array([2**63 - 1, -(2**63), 0] * HOLDERS)
    assert drawn(fitted(edges), edges).type == pa.int64()


@pytest.mark.parametrize("bad", [["1", "x", "3"], [1.0, float("inf")], ["1", "-inf"], [1.0, float("nan")]])
def test_what_is_no_finite_number_is_an_error_that_quotes_no_value(bad: list[object]) -> None:
    with pytest.raises(DataError, match=r"1 of \d values are .*the first: 2.*expected finite numbers") as caught:
        fitted(pa.array(bad, from_pandas=False))
    assert "x" not in str(caught.value).split("expected")[0].replace("exp", "").replace("ex", "")


# Any numbers at all


@settings(max_examples=60)
@given(
    st.one_of(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
        st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=1, max_size=200),
        st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60),
        st.lists(st.integers(0, 9), min_size=1, max_size=200),
    )
)
def test_any_numbers_go_in_and_valid_numbers_come_out(values: list[float]) -> None:
    array = pa.array(values)
    for given_values in (array, pc.cast(array, pa.string())):
        column = fitted(given_values)
        tokens = tokens_of(column, given_values)
        sizes = [slot.size for slot in column.slots]
        assert tokens.shape == (len(values), len(sizes))
        assert (tokens < sizes).all()
        assert (tokens >= NOT_APPLICABLE).all()
        if len(sizes) == 2:
            children = column.slots[1].children
            assert children is not None
            assert np.array_equal(tokens[:, 1] == NOT_APPLICABLE, children[tokens[:, 0]] == 0)
        out = column.decode(tokens, np.random.default_rng(0), 0)
        assert out.type == given_values.type
        assert np.isfinite(numbers(out)).all()
        assert json.loads(json.dumps(column.state())) == column.state()


# Detection


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        (["007", "010", "123"], "x", "leading zeros"),
        ([str(10_000 + 7 * i) for i in range(100)], "zip_code", "name says a code"),
        (list(range(100)), "x", "row number"),
        (np.random.default_rng(0).permutation(100).tolist(), "x", "row number"),
        ([10**9 + 977 * i for i in range(100)], "user_id", "identifier"),
        ([0, 1, 1, 0], "x", "0 and 1"),
        (["1", "2", "three"], "x", "1 of 3 values are not numbers"),
        (["1,234", "5,678", "999"], "x", "thousands"),
    ],
)
def test_digits_that_count_nothing_are_refused(values: list[object], name: str, reason: str) -> None:
    with pytest.raises(RejectColumn, match=reason):
        match(values, name)


def test_small_codes_score_less_than_counts_and_measures() -> None:
    rng = np.random.default_rng(0)
    assert match(rng.integers(1, 10, 500).tolist(), "Region").score == pytest.approx(0.6)
    assert match(rng.geometric(0.3, 500).tolist(), "children").score == pytest.approx(0.9)
    assert match(rng.normal(170, 10, 500).round(1).tolist(), "height").score == pytest.approx(0.9)
    assert match(rng.integers(1, 600, 5000).tolist(), "user_id").score < 0.5


def test_the_reason_says_what_the_numbers_look_like() -> None:
    rng = np.random.default_rng(0)
    assert match(rng.integers(17, 90, 5000).tolist(), "age").reason == "whole numbers, 73 different"
    zeros = np.where(rng.random(5000) < 0.5, 0.0, rng.pareto(1.2, 5000).round(2))
    assert "exactly 0" in match(zeros.tolist()).reason
    assert "heavy upper tail" in match(zeros.tolist()).reason
