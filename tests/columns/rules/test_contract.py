"""What every rule keeps, whatever tokens a network draws: any row of tokens decodes to a row that breaks none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import synthgen
from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.columns.rules import STEPS
from synthgen.columns.rules.broken import BROKEN
from synthgen.table.rules import RULES
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.made import quick_settings, random_tokens

N = 3_000
COUNTRIES = {"Bonn": "de", "Kiel": "de", "Lyon": "fr", "Nice": "fr", "Oslo": "no"}


def sales(n: int = N, seed: int = 0) -> pd.DataFrame:
    """A table with a rule of every kind in it."""
    rng = np.random.default_rng(seed)
    city = rng.choice(
        [*COUNTRIES, *(f"hamlet {i}" for i in range(n // 20))], n, p=[0.16] * 5 + [0.2 / (n // 20)] * (n // 20)
    )
    opened = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 500 * 86400, n), unit="s")
    lasts = pd.to_timedelta(np.round(rng.exponential(86400 * 3, n)) + 1, unit="s")
    is_open = rng.random(n) < 0.3
    low = np.round(rng.gamma(2, 5, n), 2)
    mean = np.round(low + rng.exponential(3, n), 2)
    high = np.ceil(mean + rng.exponential(10, n)).astype(int)
    kind = rng.integers(0, 3, n)
    size, colour = rng.choice(list("SML"), n), rng.integers(0, 3, n)
    share = np.round(rng.dirichlet([2, 3, 4], n), 3)
    return pd.DataFrame(
        {
            "city": city,
            "country": [COUNTRIES.get(one, "xx" if len(one) % 2 else "yy") for one in city],
            "opened": opened.strftime("%d.%m.%Y %H:%M:%S"),
            "closed": np.where(is_open, None, (opened + lasts).strftime("%Y-%m-%d %H:%M:%S")),
            "status": np.where(is_open, "open", "closed"),
            "seen": (opened + lasts * 2).strftime("%Y-%m-%d"),
            "low": low,
            "mean": mean,
            "high": np.where(rng.random(n) < 0.1, np.nan, high),
            "range": np.round(mean - low, 2),
            "age": np.where(rng.random(n) < 0.001, 417, rng.integers(18, 80, n)),
            "ticket": rng.permutation(np.arange(5 * n))[:n],
            "a": kind == 0,
            "b": kind == 1,
            "c": kind == 2,
            "size": size,
            "colour": np.where(size == "S", "red", np.array(["red", "blue", "green"])[colour]),
            "phone": np.where(rng.random(n) < 0.4, None, rng.choice(["home", "work", "cell"], n)),
            "x": share[:, 0],
            "y": share[:, 1],
            "z": np.round(1 - share[:, 0] - share[:, 1], 3),
        }
    ).assign(
        extension=lambda f: np.where(
            f["phone"].isna() | (rng.random(n) < 0.5), None, rng.integers(10, 99, n).astype(str)
        )
    )


def rules() -> dict[str, list[dict[str, Any]]]:
    return {
        "ties": [],
        "formulas": [
            {"column": "range", "operation": "difference", "inputs": ["mean", "low"], "decimals": 2},
            {"column": "z", "operation": "complement", "inputs": ["x", "y"], "total": 1.0, "decimals": 3},
        ],
        "one_hot": [{"columns": ["a", "b", "c"], "exactly": True}],
        "combinations": [{"columns": ["size", "colour"]}],
        "dependences": [{"column": "country", "depends_on": "city"}],
        "orders": [
            {"columns": ["opened", "closed"], "strict": True},
            {"columns": ["low", "mean", "high"]},
        ],
        "ranges": [{"column": "age", "low": 18, "high": 79}, {"column": "seen", "low": "2020-02-01"}],
        "missing": [
            {"column": "closed", "when": "status", "values": ["open"]},
            {"column": "extension", "when": "phone", "values": [None], "exactly": False},
        ],
    }


def schema_of(frame: pd.DataFrame, **options: Any) -> Schema:
    detected = detect_schema(Table.from_any(frame).arrow, relations=False)
    found = detected.model_dump() | rules()
    found["columns"] = [
        c | {"type": "numeric", "options": {"unique": True}} if c["name"] == "ticket" else c for c in found["columns"]
    ]
    return Schema.from_json(found)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return Table.from_any(sales()).arrow


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(sales())


@pytest.fixture(scope="module")
def codec(table: pa.Table, schema: Schema) -> Codec:
    return Codec.fit(table, schema, target="status")


def all_broken(made: pa.Table, table: pa.Table, schema: Schema) -> dict[str, int]:
    """Rows of a made table that break each rule that has a judge of values."""
    return {line.text: int(BROKEN[key](line, made, table, schema).sum()) for key, line in schema.rules if key in BROKEN}


def test_there_is_a_rule_of_every_list_and_a_step_of_every_kind(codec: Codec, schema: Schema) -> None:
    assert {key for key, _ in schema.rules} == {*RULES, "unique"} - {"ties"}
    assert {*(step.kind for step in STEPS)} - {step.kind for step in codec.steps} == {"constant", "tie"}


@pytest.mark.parametrize("seed", range(3))
def test_any_tokens_decode_to_rows_that_keep_every_rule(codec, schema, table, seed) -> None:
    made = codec.decode(random_tokens(codec.layout(), 10_000, seed), seed=seed)
    assert made.schema.equals(table.schema)
    assert {text: count for text, count in all_broken(made, table, schema).items() if count} == {}
    back = made.to_pandas()
    np.testing.assert_allclose(back["range"], (back["mean"] - back["low"]).round(2), atol=1e-9)
    np.testing.assert_allclose(back[["x", "y", "z"]].sum(axis=1), 1.0, atol=1e-9)


def test_real_tokens_come_back_with_their_law(codec, schema, table) -> None:
    made = codec.decode(codec.encode(table), seed=0)
    assert not any(all_broken(made, table, schema).values())
    for name in ("low", "mean", "high"):
        real, back = (np.sort(np.asarray(t[name].drop_null(), dtype=float)) for t in (table, made))
        grid = np.unique(np.concatenate([real, back]))
        shares = [np.searchsorted(x, grid, side="right") / len(x) for x in (real, back)]
        assert np.abs(shares[0] - shares[1]).max() < 0.02


def test_the_state_survives_json_and_restores_alike(codec: Codec) -> None:
    again = Codec.from_state(json.loads(json.dumps(codec.state())))
    tokens = random_tokens(codec.layout(), 500)
    assert again.decode(tokens, seed=5).equals(codec.decode(tokens, seed=5))
    assert [again.source_of(name) for name in codec.names] == [codec.source_of(name) for name in codec.names]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_and_none(codec, schema, table, rows) -> None:
    for seed in range(6):
        made = codec.decode(random_tokens(codec.layout(), rows, seed), seed=seed)
        assert made.num_rows == rows
        assert not any(all_broken(made, table, schema).values())


def test_every_column_says_how_it_is_made(codec: Codec) -> None:
    found = {name: codec.source_of(name) for name in codec.names}
    assert all(source.learned in ("", *codec.modelled) for source in found.values())
    assert {name: found[name].how for name in ("country", "closed", "range", "a", "size", "age")} == {
        "country": "dependence", "closed": "gap", "range": "formula", "a": "label", "size": "label", "age": "own",
    }  # fmt: skip
    assert found["closed"].columns == ("opened",)


def test_the_state_holds_no_value_of_too_few_rows(table, schema) -> None:
    text = json.dumps(Codec.fit(table, schema).state())
    rare = {name for name, count in table["city"].to_pandas().value_counts().items() if count < 5}
    assert rare
    assert not [name for name in rare if f'"{name}"' in text]


def test_ten_thousand_sampled_rows_keep_every_rule(table: pa.Table, schema: Schema) -> None:
    model = synthgen.Synthesizer(schema=schema, target="status", **quick_settings("gan")).fit(table)
    made = model.sample(10_000, random_state=1)
    assert {text: count for text, count in all_broken(made, table, schema).items() if count} == {}
