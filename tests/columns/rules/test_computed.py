from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.made import random_tokens


def decoded(frame: pd.DataFrame, n: int = 10_000, **rules: Any) -> tuple[Codec, pd.DataFrame]:
    table = Table.from_any(frame).arrow
    schema = Schema.from_json(detect_schema(table, relations=False).model_dump() | rules)
    codec = Codec.fit(table, schema)
    return codec, codec.decode(random_tokens(codec.layout(), n), seed=0).to_pandas()


@pytest.fixture
def counts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"posts": rng.poisson(40, 2_000), "days": rng.integers(1, 900, 2_000)})
    return frame.assign(rate=np.round(frame.posts / frame.days, 3))


def test_a_formula_that_the_user_wrote_is_computed_though_dirty_rows_break_it(counts: pd.DataFrame) -> None:
    counts.loc[:200, "rate"] = 77.125
    formula = {"column": "rate", "operation": "ratio", "inputs": ["posts", "days"], "decimals": 3}
    codec, made = decoded(counts, formulas=[formula])
    assert codec.source_of("rate").how == "formula"
    np.testing.assert_allclose(made.rate, np.round(made.posts / made.days, 3), atol=1e-12)


def test_a_column_is_computed_from_one_that_is_drawn_as_a_gap() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 10**6, 2_000)
    frame = pd.DataFrame({"a": a, "b": a + rng.integers(1, 50, 2_000)}).assign(length=lambda f: f.b - f.a)
    formula = {"column": "length", "operation": "difference", "inputs": ["b", "a"], "decimals": 0}
    codec, made = decoded(frame, formulas=[formula], orders=[{"columns": ["a", "b"], "strict": True}])
    assert codec.source_of("b").how == "gap"
    assert (made.b > made.a).all()
    assert (made.length == made.b - made.a).all()


def test_a_total_some_of_whose_parts_are_computed_is_computed_itself() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 40, 2_000)
    frame = pd.DataFrame({"a": a, "twice": 2 * a, "rest": 100 - 3 * a + 50})
    formulas = [
        {"column": "twice", "operation": "sum", "inputs": ["a", "a"], "decimals": 0},
        {"column": "rest", "operation": "complement", "inputs": ["a", "twice"], "total": 150, "decimals": 0},
    ]
    _, made = decoded(frame, formulas=formulas)
    assert (made.a + made.twice + made.rest == 150).all()


def test_dropped_columns_take_their_rules_along(counts: pd.DataFrame) -> None:
    table = Table.from_any(counts).arrow
    found = detect_schema(table)
    assert [f.column for f in found.formulas] == ["rate"]
    found.column("days").type = "drop"
    codec = Codec.fit(table, found)
    assert codec.source_of("rate").how == "own"
    assert codec.decode(codec.encode(table), seed=0).column_names == ["posts", "rate"]


def test_a_country_of_a_city_too_rare_to_be_kept_is_one_that_rare_cities_have() -> None:
    rng = np.random.default_rng(0)
    n = 4_000
    rare = rng.random(n) < 0.7
    city = np.where(rare, [f"hamlet-{i:05d}" for i in rng.permutation(n)], rng.choice(["Bonn", "Lyon"], n))
    country = np.where(rare, rng.choice(["no", "se"], n, p=[0.8, 0.2]), np.where(city == "Bonn", "de", "fr"))
    frame = pd.DataFrame({"city": city, "country": country, "x": rng.normal(size=n)})
    table = Table.from_any(frame).arrow
    schema = detect_schema(table, relations=False, overrides={"city": {"type": "categorical"}})
    schema = Schema.from_json(schema.model_dump() | {"dependences": [{"column": "country", "depends_on": "city"}]})
    made = Codec.fit(table, schema)
    rows = made.decode(random_tokens(made.layout(), 9_000), seed=0).to_pandas()
    fresh = rows[~rows.city.isin(["Bonn", "Lyon"])]
    assert len(fresh) > 2_000
    assert set(fresh.country) == {"no", "se"}
    assert (fresh.country == "no").mean() == pytest.approx(0.8, abs=0.05)
    assert (rows.groupby("city").country.nunique() == 1).all()
    assert set(rows[rows.city == "Bonn"].country) == {"de"}


def test_exactly_one_flag_is_true_though_dirty_rows_have_none() -> None:
    day = np.random.default_rng(0).integers(0, 4, 1_000)
    frame = pd.DataFrame({name: day == i for i, name in enumerate("abc")})
    _, made = decoded(frame, one_hot=[{"columns": list("abc"), "exactly": True}])
    assert (made.sum(axis=1) == 1).all()
