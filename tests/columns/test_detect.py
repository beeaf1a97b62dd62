"""Detection against what a person would say, on slices of real tables and on made-up columns."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.detect import detect_schema
from synthgen.errors import DataError, SchemaError
from synthgen.table.files import read_table
from synthgen.table.schema import Schema

TESTS = Path(__file__).parent.parent
SHOPPERS = TESTS.parent / "examples" / "data" / "shoppers.csv"
WORDS = "the quick brown fox jumps over a lazy dog while nobody in this town ever looks up at the sky".split()


def types_of(schema: Schema) -> dict[str, str]:
    return {column.name: column.type for column in schema.columns}


def text_table(**columns: list[object]) -> pa.Table:
    texts = {name: [None if v is None else str(v) for v in values] for name, values in columns.items()}
    return pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})


# Real tables: slices that every run reads, and whole tables where SYNTHGEN_TABLES names their folder

NUMERIC, LABEL, BOOLEAN = "numeric", "categorical", "boolean"
ADULT = {
    **dict.fromkeys(
        ["age", "fnlwgt", "education.num", "capital.gain", "capital.loss", "hours.per.week"],
        NUMERIC,
    ),
    **dict.fromkeys(
        [
            "workclass",
            "education",
            "marital.status",
            "occupation",
            "relationship",
            "race",
            "sex",
            "native.country",
            "income",
        ],
        LABEL,
    ),
}
SHOPPERS_TYPES = {
    "Administrative": NUMERIC,
    "Administrative_Duration": NUMERIC,
    "Informational": NUMERIC,
    "Informational_Duration": NUMERIC,
    "ProductRelated": NUMERIC,
    "ProductRelated_Duration": NUMERIC,
    "BounceRates": NUMERIC,
    "ExitRates": NUMERIC,
    "PageValues": NUMERIC,
    "SpecialDay": NUMERIC,
    "Month": LABEL,
    "OperatingSystems": LABEL,
    "Browser": LABEL,
    "Region": LABEL,
    "TrafficType": LABEL,
    "VisitorType": LABEL,
    "Weekend": BOOLEAN,
    "Revenue": BOOLEAN,
}
ACCOUNTS = {
    "account": "identifier",
    "created_at": "datetime",
    "lang": LABEL,
    "location": LABEL,
    **dict.fromkeys(["default_profile", "default_profile_image", "geo_enabled", "verified"], BOOLEAN),
    "background_theme": LABEL,
    **dict.fromkeys(["followers_count", "statuses_count", "account_age_days", "average_tweets_per_day"], NUMERIC),
    "account_type": LABEL,
}
TWEETS = {
    "tweet": "identifier",
    "user": "identifier",
    "airline": LABEL,
    "tweet_created": "datetime",
    "text": "text",
    "hashtags": "tags",
    "retweet_count": NUMERIC,
    "lat": NUMERIC,
    "lon": NUMERIC,
    "airline_sentiment": LABEL,
    "airline_sentiment_confidence": NUMERIC,
}
WHOLE_TABLES = {
    "adult/adult_train.csv": ADULT,
    "shoppers/online_shoppers_intention.csv": SHOPPERS_TYPES,
    "twitter_human_bots/accounts.csv": ACCOUNTS,
    "airline_tweets/tweets.csv": TWEETS,
    "movielens_small/movies.csv": {"movieId": "identifier", "genres": "tags"},
    "movielens_small/ratings.csv": {"rating": NUMERIC, "timestamp": "datetime"},
    "twitch_de_graph/nodes.csv": {
        "node": "identifier",
        "days": NUMERIC,
        "mature": BOOLEAN,
        "views": NUMERIC,
        "partner": BOOLEAN,
    },
    "sns_teens/snsdata.csv": {"gender": LABEL, "age": NUMERIC, "friends": NUMERIC, "sex": NUMERIC, "music": NUMERIC},
    "insurance/insurance.csv": {
        "age": NUMERIC,
        "sex": LABEL,
        "bmi": NUMERIC,
        "children": NUMERIC,
        "smoker": BOOLEAN,
        "region": LABEL,
        "charges": NUMERIC,
    },
}


def test_adult_as_a_person_would_read_it():
    schema = detect_schema(read_table(TESTS / "data" / "adult_1000.csv").arrow, target="income")
    assert types_of(schema) == ADULT
    assert [tie.columns for tie in schema.ties] == [["education", "education.num"]]
    assert schema.formulas == []
    assert all(column.reason for column in schema.columns)


def test_shoppers_as_a_person_would_read_it():
    schema = detect_schema(read_table(SHOPPERS).arrow, target="Revenue")
    assert types_of(schema) == SHOPPERS_TYPES
    assert schema.ties == []
    assert schema.formulas == []


def test_news_as_a_person_would_read_it():
    schema = detect_schema(read_table(TESTS / "data" / "news_400.csv").arrow, target="shares")
    found = types_of(schema)
    flags = [name for name in found if name.startswith(("data_channel_is", "weekday_is", "is_weekend"))]
    assert {name for name, kind in found.items() if kind == BOOLEAN} == set(flags)
    assert {kind for name, kind in found.items() if name not in flags} == {NUMERIC}
    formulas = {formula.column: (formula.operation, len(formula.inputs)) for formula in schema.formulas}
    assert formulas == {
        "LDA_04": ("complement", 4),
        "weekday_is_sunday": ("complement", 6),
        "is_weekend": ("sum", 2),
        "rate_positive_words": ("share", 2),
        "rate_negative_words": ("share", 2),
        "abs_title_subjectivity": ("absolute", 1),
        "abs_title_sentiment_polarity": ("absolute", 1),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE_TABLES)
def test_whole_tables_as_a_person_would_read_them(name):
    path = Path(os.environ.get("SYNTHGEN_TABLES", "")) / name
    if not path.is_file():
        pytest.skip("SYNTHGEN_TABLES names no folder with this table")
    found = types_of(detect_schema(read_table(path).arrow))
    expected = WHOLE_TABLES[name]
    assert {column: found[column] for column in expected} == expected


# Made-up columns


def made_up(n: int = 600) -> pa.Table:
    """One column for each thing that detection must not take for another; the name says which."""
    rng = np.random.default_rng(0)
    days = (np.datetime64("2015-01-01") + rng.integers(0, 3000, n)).astype(str)
    kinds = ["music", "art", "sport", "news", "food", "travel"]
    prices = rng.lognormal(3, 1, n)
    return text_table(
        zip=[f"{1067 + 7 * i:05d}" for i in rng.integers(0, 60, n)],
        phone=[f"+49 {i} {j:07d}" for i, j in rng.integers([100, 0], [200, 9_999_999], (n, 2))],
        email=[f"user{i}@example{i % 5}.com" for i in rng.integers(0, 10**6, n)],
        ip=[".".join(map(str, row)) for row in rng.integers(1, 255, (n, 4))],
        url=[f"https://example.org/p/{i}" for i in rng.integers(0, 10**7, n)],
        uuid=[uuid.UUID(bytes=rng.bytes(16)) for _ in range(n)],
        handle=[f"@u{i}_{i % 99}" for i in rng.integers(0, 10**6, n)],
        flag=rng.integers(0, 2, n).tolist(),
        smoker=["yes" if i else "no" for i in rng.integers(0, 2, n)],
        iso=days.tolist(),
        british=["/".join(reversed(day.split("-"))) for day in days],
        event_time=rng.integers(1_500_000_000, 1_600_000_000, n).tolist(),
        langs=[
            json.dumps(rng.choice(["en", "de", "fr", "es"], k, replace=False).tolist()) for k in rng.integers(0, 4, n)
        ],
        interests=["|".join(rng.choice(kinds, k, replace=False)) for k in rng.integers(1, 5, n)],
        position=[f"{a:.4f},{b:.4f}" for a, b in rng.uniform([47, 6], [54, 15], (n, 2))],
        price=[f"{price:.2f}" for price in prices],
        price_with_comma=[f"{price:.2f}".replace(".", ",") for price in prices[::-1]],
        branch=[f"{i:03d}" for i in rng.integers(1, 60, n)],
        year=rng.integers(1950, 2024, n).tolist(),
        percent=[f"{i / 10:.1f}" for i in rng.integers(0, 1001, n)],
        source=["web"] * n,
        nothing=[None] * n,
        bio=[" ".join(rng.choice(WORDS, k)) for k in rng.integers(6, 25, n)],
        country=rng.choice(["DE", "FR", "US", "GB", "IT"], n).tolist(),
        followers=np.floor(rng.pareto(1.1, n) * 50).astype(int).tolist(),
        order_id=[f"A-{i:06d}" for i in range(12_345, 12_345 + n)],
        row=list(range(1, n + 1)),
        status=rng.choice([200, 301, 404, 500], n, p=[0.9, 0.04, 0.04, 0.02]).tolist(),
        sometimes=["x" if i < 3 else None for i in rng.integers(0, 10, n)],
    )


EXPECTED = {
    "zip": LABEL,
    "phone": "identifier",
    "email": "identifier",
    "ip": "identifier",
    "url": "identifier",
    "uuid": "identifier",
    "handle": "identifier",
    "flag": BOOLEAN,
    "smoker": BOOLEAN,
    "iso": "datetime",
    "british": "datetime",
    "event_time": "datetime",
    "langs": "tags",
    "interests": "tags",
    "position": "geo",
    "price": NUMERIC,
    "price_with_comma": NUMERIC,
    "branch": LABEL,
    "year": NUMERIC,
    "percent": NUMERIC,
    "source": "constant",
    "nothing": "missing",
    "bio": "text",
    "country": LABEL,
    "followers": NUMERIC,
    "order_id": "identifier",
    "row": "identifier",
    "status": LABEL,
    "sometimes": "constant",
}


@pytest.fixture(scope="module")
def made_up_schema() -> Schema:
    return detect_schema(made_up())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_column_is_what_its_name_says(made_up_schema, name):
    column = made_up_schema.column(name)
    assert column.type == EXPECTED[name], column.reason
    assert column.reason


def test_missing_cells_change_nothing(made_up_schema):
    table = made_up()
    rng = np.random.default_rng(1)
    gappy = [pa.array(table[name].to_pylist(), mask=rng.random(len(table)) < 0.3) for name in table.column_names]
    found = detect_schema(pa.table(dict(zip(table.column_names, gappy, strict=True))))
    changed = {c.name for c in found.columns if c.type != EXPECTED[c.name]}
    assert changed <= {"row"}  # a row number with gaps may be a number


def test_typed_columns_are_read_as_their_text_is():
    rng = np.random.default_rng(0)
    n = 500
    table = pa.table(
        {
            "zip": rng.choice([10115, 20095, 50667], n),
            "flag": rng.integers(0, 2, n),
            "truth": rng.integers(0, 2, n).astype(bool),
            "amount": rng.lognormal(3, 1, n),
            "day": pa.array(rng.integers(10_000, 20_000, n), pa.int32()).cast(pa.date32()),
            "when": pa.array(rng.integers(0, 10**15, n), pa.timestamp("us")),
            "price": pa.array([f"{x:.2f}" for x in rng.lognormal(3, 1, n)]).cast(pa.decimal128(12, 2)),
            "user_id": np.arange(n) * 7 + 1000,
            "words": [list(rng.choice(WORDS[:6], 2)) for _ in range(n)],
        }
    )
    assert types_of(detect_schema(table)) == {
        "zip": LABEL,
        "flag": BOOLEAN,
        "truth": BOOLEAN,
        "amount": NUMERIC,
        "day": "datetime",
        "when": "datetime",
        "price": NUMERIC,
        "user_id": "identifier",
        "words": "tags",
    }


def test_a_long_column_is_read_by_a_sample_that_the_seed_draws():
    rng = np.random.default_rng(0)
    table = pa.table({"a": rng.integers(0, 10**6, 250_000).astype(str), "b": rng.choice(["x", "y"], 250_000)})
    one, other = (detect_schema(table, seed=3, relations=False) for _ in range(2))
    assert one == other
    assert types_of(one) == {"a": NUMERIC, "b": LABEL}


# The target


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1] * 50, BOOLEAN),
        (["True", "False"] * 50, BOOLEAN),
        (["bot", "human"] * 50, LABEL),
        ([1, 2, 3] * 40, LABEL),
        ([f"{i / 7:.3f}" for i in range(200)], NUMERIC),
        (list(range(200)), NUMERIC),
        ([f"c{i}" for i in range(200)], LABEL),
    ],
)
def test_a_target_is_a_label_or_a_number(values, expected):
    schema = detect_schema(text_table(id=values), target="id")
    assert schema.column("id").type == expected


def test_a_target_without_a_value_is_refused():
    with pytest.raises(DataError, match="column 'y': all 50 rows are missing; a target needs values"):
        detect_schema(text_table(x=list(range(50)), y=[None] * 50), target="y")


def test_a_target_that_is_not_there_is_refused_with_a_near_miss():
    with pytest.raises(SchemaError, match="target: no column 'incme'; did you mean 'income'"):
        detect_schema(text_table(income=["a", "b"] * 20), target="incme")


def test_a_target_cannot_be_made_an_identifier():
    with pytest.raises(SchemaError, match="the target cannot be of type 'text'"):
        detect_schema(text_table(y=["a", "b"] * 20), target="y", overrides={"y": {"type": "text"}})


# What the user says


def test_an_override_wins_with_its_options():
    schema = detect_schema(made_up(), overrides={"year": {"type": "categorical", "options": {"rare": "pool"}}})
    assert schema.column("year").type == "categorical"
    assert schema.column("year").options == {"rare": "pool"}
    assert schema.column("zip").type == "categorical"


def test_options_alone_leave_the_type_to_detection():
    schema = detect_schema(made_up(), overrides={"price": {"options": {"bins": 20}}}, relations=False)
    assert (schema.column("price").type, schema.column("price").options) == ("numeric", {"bins": 20})


def test_a_dropped_column_may_hold_anything():
    table = text_table(a=["1", "2", "inf"] * 40, b=list(range(120)))
    assert detect_schema(table, overrides={"a": {"type": "drop"}}).column("a").type == "drop"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"yaer": {"type": "numeric"}}, "no column 'yaer'; did you mean 'year'"),
        ({"year": {"type": "numeri"}}, r"schema: year\.type: no type 'numeri'; did you mean 'numeric'"),
        ({"year": {"tpye": "numeric"}}, r"schema: year\.tpye: no such key; did you mean 'type'"),
    ],
)
def test_an_override_that_cannot_be_is_refused_with_a_near_miss(overrides, expected):
    with pytest.raises(SchemaError, match=expected):
        detect_schema(made_up(), overrides=overrides)


# What cannot be used


def test_words_among_numbers_are_refused_by_row_and_without_the_value():
    values = [f"{i / 10:.1f}" for i in range(300)]
    values[6], values[19] = "secret", "n.v."
    with pytest.raises(DataError) as caught:
        detect_schema(text_table(income=values))
    message = str(caught.value)
    assert "column 'income': 2 of 300 values are not numbers (rows 7, 20)" in message
    assert "--missing" in message
    assert "categorical" in message
    assert "secret" not in message


def test_words_among_numbers_are_fine_when_the_user_says_so_or_when_they_are_codes():
    values = [f"{i / 10:.1f}" for i in range(300)]
    values[6] = "n.v."
    assert detect_schema(text_table(a=values), overrides={"a": {"type": "categorical"}})
    zips = ["10115", "20095", "K1A 0B1", "50667"] * 50
    assert detect_schema(text_table(zip=zips)).column("zip").type == "categorical"
    grades = [*range(1, 7), "n"] * 40
    assert detect_schema(text_table(grade=grades)).column("grade").type == "categorical"


@pytest.mark.parametrize("as_text", [True, False])
def test_infinities_are_refused_by_row(as_text):
    values = np.random.default_rng(0).normal(size=300)
    values[[4, 200]] = np.inf, -np.inf
    column = pa.array(values.astype(str) if as_text else values)
    with pytest.raises(DataError, match=r"column 'x': 2 infinite values \(rows 5, 201\)"):
        detect_schema(pa.table({"x": column}))


def test_a_value_of_too_few_rows_does_not_make_a_constant():
    table = text_table(a=["canary", None, None, None] * 1 + [None] * 96, b=list(range(100)))
    column = detect_schema(table).column("a")
    assert column.type == "missing"
    assert "canary" not in column.model_dump_json()


def test_a_type_that_nobody_reads_is_refused_by_name():
    table = pa.table({"blob": pa.array([b"\x00", b"\x01"] * 20, pa.binary())})
    with pytest.raises(DataError, match="column 'blob': values of type binary"):
        detect_schema(table)
