"""What holds for every column type: a type that is added to the registry needs a line in EXAMPLES and CANARIES."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgen.columns import COLUMN_TYPES, TYPES_BY_NAME, column_type
from synthgen.columns.base import NOT_APPLICABLE, ColumnType, FitContext, Match, RejectColumn, Sample
from synthgen.errors import DataError, SchemaError

N = 400
NO_OPTIONS: dict[str, Any] = {}


def strings(values: Any) -> pa.Array:
    return pa.array([str(value) for value in values], pa.string())


def examples() -> dict[str, dict[str, pa.Array]]:
    """Columns by type and by what they are; made with a fixed seed."""
    rng = np.random.default_rng(0)
    days = np.datetime64("2012-03-01") + rng.integers(0, 3000, N).astype("timedelta64[D]")
    moments = np.datetime64("2015-01-01T00:00:00") + rng.integers(0, 10**8, N).astype("timedelta64[s]")
    words = np.array("the quick brown fox jumps over a lazy dog while nobody looks up".split())
    zipf = np.minimum(rng.zipf(1.3, N), 150)
    heavy = np.floor(rng.pareto(1.1, N) * 20).astype(np.int64)
    places = rng.uniform([47, 6], [54, 15], (N, 2))
    return {
        "boolean": {
            "digits": strings(rng.integers(0, 2, N)),
            "words": strings(rng.choice(["Yes", "No"], N)),
            "typed": pa.array(rng.random(N) < 0.1),
            "integers": pa.array(rng.integers(0, 2, N)),
        },
        "datetime": {
            "days": strings(days),
            "german": strings(np.char.add(np.char.add("0", rng.integers(1, 9, N).astype(str)), ".11.2019")),
            "moments": strings(moments),
            "timestamp": strings(rng.integers(1_400_000_000, 1_600_000_000, N)),
            "typed": pa.array(moments.astype("datetime64[us]")),
            "zoned": pa.array(moments.astype("datetime64[ms]").astype(np.int64), pa.timestamp("ms", "Europe/Paris")),
            "dates": pa.array(days),
        },
        "geo": {"text": strings(f"{a:.4f},{b:.4f}" for a, b in places)},
        "identifier": {
            "mail": strings(f"user{i}@example.com" for i in rng.permutation(N)),
            "codes": strings(f"AB-{i:05d}" for i in rng.permutation(N) * 7),
            "numbers": pa.array(rng.permutation(N) * 13 + 1000),
            "repeated": strings(f"@h{i}" for i in rng.integers(0, 150, N)),
        },
        "image": {"paths": strings(f"avatars/user{i}.png" for i in rng.permutation(N))},
        "tags": {
            "piped": strings("|".join(rng.choice(words, k, replace=False)) for k in rng.integers(1, 5, N)),
            "json": strings(json.dumps(rng.choice(words, k).tolist()) for k in rng.integers(0, 4, N)),
            "lists": pa.array([rng.choice(words, k).tolist() for k in rng.integers(0, 4, N)], pa.list_(pa.string())),
        },
        "numeric": {
            "floats": pa.array(rng.lognormal(3, 2, N)),
            "heavy counts": strings(heavy),
            "few": strings(rng.choice([0, 1, 2, 5], N)),
            "prices": strings(f"{x:.2f}" for x in rng.lognormal(3, 1, N)),
            "signed": pa.array(rng.normal(0, 1e-6, N)),
            "small integers": pa.array(rng.integers(-100, 100, N), pa.int8()),
            "decimals": strings(f"{x:.2f}" for x in rng.normal(0, 50, N)).cast(pa.decimal128(10, 2)),
        },
        "categorical": {
            "few": strings(rng.choice(["a", "b", "ü", ""], N)),
            "many": strings(f"town {i}" for i in zipf),
            "codes": strings(f"{i:05d}" for i in zipf),
            "integers": pa.array(zipf, pa.int32()),
        },
        "text": {"sentences": strings(" ".join(rng.choice(words, k)) for k in rng.integers(3, 20, N))},
    }


EXAMPLES = examples()
CASES = [(kind, name) for kind in COLUMN_TYPES for name in EXAMPLES.get(kind.name, {"none": None})]
CANARIES: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    # a column of the example, the value that one row holds, what may not be in the state
    "boolean": ("words", ["canary-7391"], NO_OPTIONS),
    "datetime": ("days", ["1931-07-19"], {"days": -14046, "seconds": -14046 * 86_400}),
    "geo": ("text", ["-33.7391,151.2847"], NO_OPTIONS),
    "identifier": ("mail", ["canary7391@secret.org"], NO_OPTIONS),
    "image": ("paths", ["avatars/canary7391.png"], NO_OPTIONS),
    "tags": ("piped", ["canary7391"], NO_OPTIONS),
    "numeric": ("prices", ["73912847.65"], {"units": 7391284765}),
    "categorical": ("few", ["canary-7391"], NO_OPTIONS),
    "text": ("sentences", ["canary7391 sings sadly"], NO_OPTIONS),
}


def fit(kind: type[ColumnType], values: pa.Array, options: dict[str, Any] = NO_OPTIONS, holders: int = 5) -> ColumnType:
    """As the codec does it: detection's options, a seed, no company."""
    context = FitContext(np.random.default_rng(1), holders, len(values), np.empty((len(values), 0), dtype=np.int32))
    return kind.fit(values, options, context)


def detected(kind: type[ColumnType], values: pa.Array, name: str = "column") -> Match | None:
    try:
        return kind.matches(Sample(name, values, len(values), 0))
    except (RejectColumn, pa.ArrowNotImplementedError) as reason:
        said = str(reason)
    assert said
    return None


def refused(kind: type[ColumnType], values: pa.Array, options: dict[str, Any], holders: int = 5) -> str | None:
    """What a type says against a column; None where it learns it."""
    try:
        fit(kind, values, options, holders)
    except DataError as error:
        return str(error)
    return None


def fitted(kind: type[ColumnType], name: str) -> tuple[ColumnType, pa.Array]:
    values = EXAMPLES[kind.name][name]
    match = detected(kind, values, name)
    return fit(kind, values, match.options if match else NO_OPTIONS), values


def check_tokens(column: ColumnType, tokens: np.ndarray, n: int) -> None:
    """Every token within its slot's vocabulary, and among those that may follow the path so far."""
    assert tokens.shape == (n, len(column.slots))
    assert tokens.dtype == np.int32
    for i, slot in enumerate(column.slots):
        own, before = tokens[:, i], tokens[:, :i]
        assert own.min(initial=0) >= NOT_APPLICABLE
        assert own.max(initial=0) < slot.size
        allowed = following(column, i, before)
        assert np.array_equal(own == NOT_APPLICABLE, allowed == 0), slot.name
        assert (own < np.maximum(allowed, 0)).all() | (allowed == 0).any()
        assert (own[allowed > 0] < allowed[allowed > 0]).all(), slot.name


def following(column: ColumnType, i: int, before: np.ndarray) -> np.ndarray:
    """How many tokens of slot i may follow each path: none after a slot that does not apply."""
    slot = column.slots[i]
    if slot.children is None:
        return np.full(len(before), slot.size)
    applies = (before != NOT_APPLICABLE).all(axis=1)
    return np.where(applies, slot.children[tuple(np.maximum(before, 0).T)], 0)


def random_paths(column: ColumnType, n: int, rng: np.random.Generator) -> np.ndarray:
    paths = np.empty((n, 0), dtype=np.int32)
    for i in range(len(column.slots)):
        allowed = following(column, i, paths)
        drawn = np.floor(rng.random(n) * allowed).astype(np.int32)
        paths = np.column_stack([paths, np.where(allowed > 0, drawn, NOT_APPLICABLE)]).astype(np.int32)
    return paths


def check_decoded(column: ColumnType, tokens: np.ndarray, physical: pa.DataType, seed: int = 0) -> pa.Array:
    decoded = column.decode(tokens, np.random.default_rng(seed), 0)
    assert isinstance(decoded, pa.Array)
    assert decoded.type == physical
    assert len(decoded) == len(tokens)
    assert decoded.null_count == 0
    decoded.validate(full=True)
    return decoded


@pytest.fixture(params=CASES, ids=[f"{kind.name}-{name}" for kind, name in CASES])
def case(request: pytest.FixtureRequest) -> tuple[ColumnType, pa.Array]:
    kind, name = request.param
    assert kind.name in EXAMPLES, f"EXAMPLES in {__file__} has no columns of type {kind.name!r}"
    return fitted(kind, name)


# The registry


def test_the_registry_has_each_type_once_by_its_name():
    assert list(TYPES_BY_NAME) == [kind.name for kind in COLUMN_TYPES]
    assert all(column_type(kind.name) is kind for kind in COLUMN_TYPES)
    assert set(CANARIES) == set(EXAMPLES) == set(TYPES_BY_NAME)


def test_an_unknown_type_suggests_a_near_miss():
    with pytest.raises(
        SchemaError, match=r"schema\.json: columns\[2\]\.type: no type 'numerc'; did you mean 'numeric'"
    ):
        column_type("numerc", "schema.json: columns[2].type")


# Examples


def test_each_token_has_a_name_of_its_own(case):
    column, _ = case
    for level, slot in enumerate(column.slots):
        names = column.token_names(level)
        assert len(names) == len(set(names)) == slot.size
        assert all(isinstance(name, str) and name for name in names)


def test_tokens_are_named_after_what_they_stand_for():
    few = pa.array([f"{x}" for x in [0] * 50 + [1] * 30 + [7] * 20 + [900]], pa.string())
    *names, last = fit(column_type("numeric"), few).token_names(0)
    assert names[:2] == ["0", "1"]
    assert "900" not in last
    towns = pa.array(["Ulm"] * 9 + ["Bonn"] * 12 + ["Lorch"], pa.string())
    assert fit(column_type("categorical"), towns).token_names(0) == ["Bonn", "Ulm", "rare"]
    many = pa.array([f"town {i % 300}" for i in range(3_000)] + ["town 7"], pa.string())
    clusters = fit(column_type("categorical"), many).token_names(0)
    assert clusters[-1] == "rare"
    assert any(name.startswith("town 7, town") for name in clusters)
    answers = fit(column_type("boolean"), pa.array(["Yes", "No"] * 9)).token_names(0)
    assert answers == ["No", "Yes"]
    days = pa.array(np.datetime64("2024-01-01") + np.repeat(np.arange(300), 9))
    periods = fit(column_type("datetime"), days).token_names(0)
    assert re.fullmatch(r"up to 2024-01-\d\d", periods[0])
    assert re.fullmatch(r"from 2024-1\d-\d\d on", periods[-1])
    assert all(re.fullmatch(r"2024-\d\d-\d\d to 2024-\d\d-\d\d", name) for name in periods[1:-1])


def test_slots_are_well_formed(case):
    column, _ = case
    sizes = [slot.size for slot in column.slots]
    for i, slot in enumerate(column.slots):
        assert slot.size >= 1
        if slot.places is not None:
            places = slot.places[~np.isnan(slot.places)]
            assert slot.places.shape == (slot.size,)
            assert ((places >= 0) & (places <= 1)).all()
        if slot.children is not None:
            assert slot.children.shape == tuple(sizes[:i])
            assert slot.children.min() >= 0
            assert slot.children.max() <= slot.size
    assert column.describe()


def test_tokens_are_within_their_slots_and_decode_to_the_same_physical_type(case):
    column, values = case
    tokens = column.encode(values, np.random.default_rng(0))
    check_tokens(column, tokens, len(values))
    again = column.encode(check_decoded(column, tokens, values.type), np.random.default_rng(0))
    check_tokens(column, again, len(values))


def test_labels_numbers_and_places_come_back_to_their_tokens(case):
    column, values = case
    if column.measure not in ("label", "quantity", "position"):
        pytest.skip("only these promise it")
    tokens = column.encode(values, np.random.default_rng(0))
    again = column.encode(check_decoded(column, tokens, values.type), np.random.default_rng(0))
    kept = (tokens == again).all(axis=1)
    if column.name == "categorical":  # a rare value is decoded as another one
        kept |= tokens[:, 0] == column.slots[0].size - 1
    assert kept.all()


def test_any_allowed_path_decodes(case):
    column, values = case
    paths = random_paths(column, 500, np.random.default_rng(3))
    check_tokens(column, paths, 500)
    decoded = check_decoded(column, paths, values.type)
    check_tokens(column, column.encode(decoded, np.random.default_rng(0)), 500)


def test_the_state_survives_json_and_gives_the_same_column(case):
    column, values = case
    again = type(column).from_state(json.loads(json.dumps(column.state(), allow_nan=False)))
    tokens = column.encode(values, np.random.default_rng(0))
    assert np.array_equal(again.encode(values, np.random.default_rng(0)), tokens)
    assert check_decoded(again, tokens, values.type).equals(check_decoded(column, tokens, values.type))
    assert again.state() == column.state()
    assert again.describe() == column.describe()
    for mine, theirs in zip(column.slots, again.slots, strict=True):
        assert (mine.name, mine.size) == (theirs.name, theirs.size)
        np.testing.assert_array_equal(mine.places, theirs.places)
        np.testing.assert_array_equal(mine.children, theirs.children)


def test_the_same_seed_gives_the_same_bytes(case):
    column, values = case
    name = next(name for name, known in EXAMPLES[column.name].items() if known is values)
    assert fitted(type(column), name)[0].state() == column.state()
    tokens = column.encode(values, np.random.default_rng(5))
    assert np.array_equal(column.encode(values, np.random.default_rng(5)), tokens)
    assert check_decoded(column, tokens, values.type, 7).equals(check_decoded(column, tokens, values.type, 7))


def test_no_rows_encode_and_decode_to_no_rows(case):
    column, values = case
    tokens = column.encode(values[:0], np.random.default_rng(0))
    check_tokens(column, tokens, 0)
    assert len(check_decoded(column, tokens, values.type)) == 0


def test_values_never_seen_are_no_error(case):
    column, values = case
    rng = np.random.default_rng(0)
    if pa.types.is_string(values.type):
        unseen = pa.array(["", " ", "never seen", "0", "-1e9", "9999-12-31", "a|b", "[]", "ü" * 50, "inf", "1,5"])
    elif pa.types.is_nested(values.type):
        unseen = pa.array([[], ["never seen"], ["x"] * 40], values.type)
    elif pa.types.is_boolean(values.type):
        unseen = pa.array([True, False])
    else:
        numbers = pa.array([0, 1, 120, -120, 77], pa.int8() if pa.types.is_decimal(values.type) else pa.int64())
        numbers = numbers.cast(pa.int32()) if pa.types.is_date32(values.type) else numbers
        unseen = numbers.cast(values.type)
    check_tokens(column, column.encode(unseen, rng), len(unseen))


# Small and plain columns


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("rows", [1, 2, 5, 60])
def test_one_value_in_few_or_many_rows_is_learned_or_refused_in_words(kind, rows):
    for name, values in EXAMPLES[kind.name].items():
        constant = pa.concat_arrays([values[:1]] * rows)
        match = detected(kind, values, name)
        options = match.options if match else NO_OPTIONS
        if (said := refused(kind, constant, options)) is not None:
            assert said
            continue
        column = fit(kind, constant, options)
        tokens = column.encode(constant, np.random.default_rng(0))
        check_tokens(column, tokens, rows)
        check_decoded(column, tokens, values.type)


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_no_type_fails_on_a_column_of_another(kind):
    for others in EXAMPLES.values():
        for values in others.values():
            match = detected(kind, values)
            if match is not None:
                assert 0 <= match.score <= 1
                assert match.reason
                json.dumps(match.options)


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_what_one_row_holds_is_neither_in_the_state_nor_made(kind):
    name, canary, forms = CANARIES[kind.name]
    values = pa.concat_arrays([EXAMPLES[kind.name][name], pa.array(canary)])
    match = detected(kind, EXAMPLES[kind.name][name], name)
    options = match.options if match else NO_OPTIONS
    if (said := refused(kind, values, options)) is not None:
        assert canary[0] not in said
        return
    column = fit(kind, values, options)
    text = json.dumps(column.state())
    assert canary[0] not in text
    numbers = set(_numbers(column.state()))
    assert not numbers & set(forms.values())
    assert not any(abs(number - float(canary[0])) < 1 for number in numbers if kind.name == "numeric")
    names = " ".join(name for level in range(len(column.slots)) for name in column.token_names(level))
    assert canary[0] not in names
    assert "73,9" not in names
    made = column.decode(random_paths(column, 5000, np.random.default_rng(0)), np.random.default_rng(0), 0)
    if kind.measure in ("label", "identifier", "text", "set"):
        assert not any(canary[0] in str(value) for value in made.to_pylist())


def _numbers(state: Any) -> Iterator[float]:
    if isinstance(state, dict):
        for value in state.values():
            yield from _numbers(value)
    elif isinstance(state, list):
        for value in state:
            yield from _numbers(value)
    elif isinstance(state, (int, float)):
        yield state


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_identifiers_and_texts_are_never_real_ones(kind):
    if kind.measure not in ("identifier", "text"):
        pytest.skip("labels are given back as they are")
    for name, values in EXAMPLES[kind.name].items():
        column, _ = fitted(kind, name)
        made = column.decode(random_paths(column, 5000, np.random.default_rng(0)), np.random.default_rng(0), 0)
        assert not set(made.to_pylist()) & set(values.to_pylist())


# Anything in, something valid out

TEXTS = st.text(min_size=1, max_size=30)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DAYS = st.dates(dt.date(1700, 1, 1), dt.date(2200, 12, 31))
PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
ANYTHING: dict[str, st.SearchStrategy[tuple[list[Any], pa.DataType]]] = {
    "boolean": st.sampled_from([["no", "yes"], ["0", "1"], ["F", "T"], ["0.0", "1.0"], ["False", "True"]]).flatmap(
        lambda pair: st.tuples(st.lists(st.sampled_from(pair), min_size=1), st.just(pa.string()))
    ),
    "datetime": st.one_of(
        st.tuples(st.lists(DAYS.map(str), min_size=1), st.just(pa.string())),
        st.tuples(st.lists(DAYS, min_size=1), st.just(pa.date32())),
        st.tuples(
            st.lists(st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)), min_size=1),
            st.just(pa.timestamp("us")),
        ),
    ),
    "geo": st.tuples(st.lists(PLACES.map(lambda p: f"{p[0]:.5f}, {p[1]:.5f}"), min_size=1), st.just(pa.string())),
    "image": st.tuples(st.lists(TEXTS, min_size=1), st.just(pa.string())),
    "identifier": st.one_of(
        st.tuples(st.lists(TEXTS, min_size=1), st.just(pa.string())),
        st.tuples(st.lists(st.integers(0, 2**40), min_size=1), st.just(pa.int64())),
    ),
    "tags": st.tuples(st.lists(st.lists(TEXTS, max_size=5), min_size=1), st.just(pa.list_(pa.string()))),
    "numeric": st.one_of(
        st.tuples(st.lists(FLOATS, min_size=1), st.just(pa.float64())),
        st.tuples(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.just(pa.int64())),
        st.tuples(st.lists(FLOATS.map(repr), min_size=1), st.just(pa.string())),
        st.tuples(st.lists(st.integers(-(10**6), 10**6).map(str), min_size=1), st.just(pa.string())),
    ),
    "categorical": st.one_of(
        st.tuples(st.lists(TEXTS, min_size=1), st.just(pa.string())),
        st.tuples(st.lists(st.integers(-5, 5), min_size=1), st.just(pa.int16())),
    ),
    "text": st.tuples(st.lists(TEXTS, min_size=1), st.just(pa.string())),
}


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_any_value_goes_in_and_a_valid_value_comes_out(kind):
    assert kind.name in ANYTHING, f"ANYTHING in {__file__} has no values for type {kind.name!r}"

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(ANYTHING[kind.name], st.integers(1, 5), st.integers(1, 8))
    def there_and_back(drawn: tuple[list[Any], pa.DataType], holders: int, times: int) -> None:
        values = pa.array(drawn[0] * times, drawn[1])
        if (said := refused(kind, values, NO_OPTIONS, holders)) is not None:
            assert "enough rows" in said or len(values) < 20, said
            return
        column = fit(kind, values, holders=holders)
        tokens = column.encode(values, np.random.default_rng(0))
        check_tokens(column, tokens, len(values))
        decoded = check_decoded(column, tokens, values.type)
        check_tokens(column, column.encode(decoded, np.random.default_rng(0)), len(values))
        again = kind.from_state(json.loads(json.dumps(column.state(), allow_nan=False)))
        assert check_decoded(again, tokens, values.type).equals(decoded)

    there_and_back()
