from __future__ import annotations

import json
import random
import re
import uuid

import numpy as np
import pyarrow as pa
import pytest
from faker.providers.person.en_US import Provider as EN_US

from synthgen.columns.base import FitContext, RejectColumn, Sample
from synthgen.columns.detect import detect_schema
from synthgen.columns.identifier import Identifier
from synthgen.columns.makers import KINDS, PATTERNS
from synthgen.errors import ConfigError, DataError

N = 3_000
DRAW = random.Random(0)


FIRSTS = sorted(name for name in EN_US.first_names if name.isalpha())
LASTS = sorted(EN_US.last_names)


def letters(alphabet: str, length: int) -> str:
    return "".join(DRAW.choices(alphabet, k=length))


REAL = {
    "email": [f"user{i}.smith@mail{i % 7}.com" for i in range(N)],
    "email_example": [f"user{i}@example.com" for i in range(N)],
    "url": [f"https://site.com/p/{i}.jpg" for i in range(N)],
    "handle": [f"@{letters('abcdefghij', 6)}_{i}x" for i in range(N)],
    "ipv4": list({".".join(str(DRAW.randrange(1, 255)) for _ in range(4)) for _ in range(N)}),
    "ipv6": [":".join(f"{DRAW.randrange(1, 1 << 16):x}" for _ in range(8)) for _ in range(N)],
    "uuid": [str(uuid.UUID(int=DRAW.getrandbits(128), version=4)) for _ in range(N)],
    "hash": [f"{DRAW.getrandbits(128):032x}" for _ in range(N)],
    "phone": list({f"+1-{DRAW.randrange(200, 999)}-555-{DRAW.randrange(10_000):04d}" for _ in range(N)}),
    "padded": [f"{i:06d}" for i in range(1, N + 1)],
    "within": [f"user_{i}" for i in range(N)],
    "template": list({f"{letters('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 2)}-{DRAW.randrange(100_000):05d}" for _ in range(N)}),
    "full": [f"{a}{b}{c}-X" for a in "ABCDEFGHIJKLM" for b in "ABCDEFGHIJKLM" for c in "0123456789"],
    "base62": [letters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 11) for _ in range(N)],
    "word": list({letters("abcdefghijklmno", 8) for _ in range(N)}),
    "name": list({f"{DRAW.choice(FIRSTS)} {DRAW.choice(LASTS)}" for _ in range(N)}),
    "unicode": [f"Zoé{i}ß" for i in range(N)],
}


def fit(values: pa.Array, **options: object) -> Identifier:
    context = FitContext(np.random.default_rng(0), 5, len(values), np.empty((len(values), 0), dtype=np.int32))
    return Identifier.fit(values, options, context)


def chunks(column: Identifier, sizes: list[int]) -> list:
    """Values of several draws, each going on where the last one ended."""
    rng, start, out = np.random.default_rng(1), 0, []
    for size in sizes:
        out += column.decode(np.empty((size, 0), dtype=np.int32), rng, start).to_pylist()
        start += size
    return out


def match(name: str, values: pa.Array):
    return Identifier.matches(Sample(name, values, len(values), 0))


@pytest.mark.parametrize("kind", REAL)
def test_made_up_values_are_unique_and_never_real(kind):
    column = fit(pa.array(REAL[kind]))
    assert column.slots == ()
    made = chunks(column, [1, 999, 5_000, 14_000])
    assert len(set(made)) == 20_000
    assert not set(made) & set(REAL[kind])
    assert chunks(Identifier.from_state(json.loads(json.dumps(column.state()))), [20_000]) == made


@pytest.mark.parametrize("kind", sorted(set(PATTERNS) & set(REAL)))
def test_made_up_values_have_the_format_of_the_real_ones(kind):
    found = match("column", pa.array(REAL[kind]))
    assert found.score == 0.97
    made = chunks(fit(pa.array(REAL[kind])), [500])
    assert all(re.match(PATTERNS[kind].replace("(?i)", "").replace("(?i:", "(?:"), value) for value in made)


def test_uuids_keep_their_version_and_variant():
    made = [uuid.UUID(value) for value in chunks(fit(pa.array(REAL["uuid"])), [200])]
    assert {(each.version, each.variant) for each in made} == {(4, uuid.RFC_4122)}


def test_two_crowded_layouts_never_grow_into_one_another():
    real = [f"{a}{b}-{c}" for a in "ABC" for b in "0123456789" for c in "0123456789"]
    real += [f"{a}{b}-{c:02d}" for a in "ABC" for b in "0123456789" for c in range(100)]
    made = chunks(fit(pa.array(real)), [30_000])
    assert len(set(made)) == 30_000
    assert not set(made) & set(real)


def test_layouts_keep_letters_digits_and_length():
    assert all(re.fullmatch(r"[A-Z]{2}-\d{5}", value) for value in chunks(fit(pa.array(REAL["template"])), [500]))
    assert all(re.fullmatch(r"\d{6}", value) for value in chunks(fit(pa.array(REAL["padded"])), [500]))
    assert all(re.fullmatch(r"user_\d{4}", value) for value in chunks(fit(pa.array(REAL["within"])), [500]))


def test_mail_goes_nowhere():
    hosts = {value.split("@")[1] for value in chunks(fit(pa.array(REAL["email"])), [100])}
    assert hosts == {"example.com", "example.org", "example.net"}
    hosts = {value.split("@")[1] for value in chunks(fit(pa.array(REAL["email_example"])), [100])}
    assert all(host.endswith(".invalid") for host in hosts)


@pytest.mark.parametrize("physical", [pa.int16(), pa.int64(), pa.uint64(), pa.float64(), pa.string()])
def test_counted_rows_go_on_beyond_the_largest(physical):
    values = pa.array(range(N)).cast(physical)
    made = fit(values).decode(np.empty((5, 0), dtype=np.int32), np.random.default_rng(0), 10)
    assert made.type == physical
    assert [int(value) for value in made.to_pylist()] == [3_010, 3_011, 3_012, 3_013, 3_014] or made[0].as_py() >= N


@pytest.mark.parametrize("low", [-(10**15), 10**8, 10**18])
def test_scattered_numbers_avoid_the_real_ones(low):
    real = [low + DRAW.randrange(9 * abs(low)) if low < 10**18 else low + DRAW.randrange(low) for _ in range(N)]
    made = chunks(fit(pa.array(real)), [30_000])
    assert len(set(made)) == 30_000
    assert not set(made) & set(real)


def test_a_type_without_a_free_number_is_an_error():
    with pytest.raises(DataError, match="none can be made up"):
        fit(pa.array(range(-128, 128), type=pa.int8()))


def test_repeated_keys_repeat_as_much():
    users = np.random.default_rng(2).zipf(1.7, 20_000) % 900
    values = pa.array([f"user_{i}" for i in users])
    made = chunks(fit(values), [12_000, 8_000])
    real_sizes, made_sizes = (np.sort(np.unique(each, return_counts=True)[1])[::-1] for each in (users, made))
    assert not set(made) & set(values.to_pylist())
    assert abs(len(made_sizes) / len(real_sizes) - 1) < 0.15
    assert abs(made_sizes[:60].sum() / real_sizes[:60].sum() - 1) < 0.1
    longer = chunks(fit(values), [40_000])
    assert len(set(longer)) > 1.6 * len(set(made))


def test_no_real_value_is_in_the_state():
    rare = [f"{letters('abcdefghij', 9)}{i}" for i in range(50)]
    state = json.dumps(fit(pa.array(rare)).state())
    assert not any(value in state for value in rare)
    assert "secret" not in json.dumps(fit(pa.array(["secret-1", "secret-2"])).state())


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("node", list(range(500))),
        ("imdbId", [7 * i for i in range(500)]),
        ("user_id", [i % 150 for i in range(500)]),
        ("code", [f"x{i}y" for i in range(500)]),
        ("full_name", [f"Ann B{letters('abcde', 8)}" for _ in range(100)]),
    ],
)
def test_keys_are_found(name, values):
    assert match(name, pa.array(values)).score >= 0.8


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("fnlwgt", DRAW.sample(range(10_000, 1_000_000), 500)),
        ("price", [i + 0.5 for i in range(500)]),
        ("price", [f"{i}.5" for i in range(500)]),
        ("country", ["a", "b"] * 100),
        ("user_type", ["a", "b"] * 100),
        ("text", [f"some words and more words {i}" for i in range(500)]),
    ],
)
def test_quantities_labels_and_texts_are_no_keys(name, values):
    with pytest.raises(RejectColumn):
        match(name, pa.array(values))


PEOPLE = [f"{FIRSTS[i % 400]} {LASTS[i % 470]}" for i in range(1_000)]


@pytest.mark.parametrize("name", ["who", "Full Name", "display_name", "author", "ContactName"])
def test_names_of_people_are_found(name):
    found = match(name, pa.array(PEOPLE))
    assert found.reason == "names of people, all different"
    assert found.options == {"kind": "name"}


def test_first_and_last_names_are_names_only_where_nearly_all_differ():
    assert match("last_name", pa.array(LASTS)).options == {"kind": "name"}
    with pytest.raises(RejectColumn):
        match("last_name", pa.array(LASTS[:40] * 10))
    with pytest.raises(RejectColumn):
        match("first_name", pa.array(FIRSTS * 3))


def test_authors_of_many_rows_are_names_that_repeat():
    authors = pa.array(PEOPLE[:200] * 10)
    found = match("author", authors)
    assert (found.reason, found.options) == ("names of people, 200 different", {"kind": "name"})
    made = chunks(fit(authors, **found.options), [2_000])
    assert 150 < len(set(made)) < 250


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("title", PEOPLE),
        ("city", [f"San {last}" for last in LASTS]),
        ("where", [f"{last}ville, {word}" for last in LASTS[:300] for word in ("Texas", "New York")]),
        ("what", [f"{word} {last} Soap" for last in LASTS[:300] for word in ("Blue", "Organic", "Grand")]),
        ("name", [f"{last}, {LASTS[-i]} and Sons" for i, last in enumerate(LASTS)]),
        ("name", [f"{first} Returns ({1900 + i % 100})" for i, first in enumerate(FIRSTS)]),
    ],
)
def test_titles_places_products_and_firms_are_no_people(name, values):
    try:
        assert "people" not in match(name, pa.array(values)).reason
    except RejectColumn:
        pass


def test_a_wrong_kind_is_named():
    assert "email" in KINDS
    with pytest.raises(ConfigError, match="did you mean 'email'"):
        fit(pa.array(["a", "b"]), kind="emial")


@pytest.mark.parametrize("name", ["account_age_days", "token_count", "id_score", "index_value"])
def test_a_measure_of_something_with_a_key_is_no_key(name: str) -> None:
    values = pa.array(np.random.default_rng(0).integers(0, 5000, 1000))
    assert detect_schema(pa.table({name: values})).columns[0].type == "numeric"
    assert detect_schema(pa.table({"account_id": values})).columns[0].type == "identifier"
