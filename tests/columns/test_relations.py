from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.relations import TieMap, compute, find_formulas, find_ties, read_numbers
from synthgen.table.schema import ColumnSchema, Formula, Schema


def schema_of(**types: str) -> Schema:
    return Schema(columns=[ColumnSchema(name=name, type=kind) for name, kind in types.items()])


def numeric(columns: dict[str, np.ndarray], as_text: bool = False) -> tuple[pa.Table, Schema]:
    arrays = {n: v if isinstance(v, pa.Array) else pa.array(v, from_pandas=True) for n, v in columns.items()}
    table = pa.table(arrays)
    if as_text:
        table = table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
    return table, schema_of(**dict.fromkeys(columns, "numeric"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# Ties


def test_a_label_and_its_number_are_tied_and_the_label_is_learned():
    levels = ["low", "middle", "high", None]
    table = pa.table({"code": ["1", "2", "3", "9"] * 25, "level": levels * 25, "other": ["a", "b"] * 50})
    ties = find_ties(table, schema_of(code="numeric", level="categorical", other="categorical"))
    assert [tie.columns for tie in ties] == [["level", "code"]]


def test_the_target_is_learned_even_when_it_is_the_number():
    table = pa.table({"level": ["a", "b", "c"] * 30, "code": [1, 2, 3] * 30})
    ties = find_ties(table, schema_of(level="categorical", code="numeric"), target="code")
    assert ties[0].columns == ["code", "level"]


def test_one_row_out_of_a_thousand_unties():
    codes = [1, 2, 3, 4] * 250
    broken = [*codes[:-1], 1]
    table = pa.table({"a": codes, "b": broken})
    assert find_ties(table, schema_of(a="categorical", b="categorical")) == []


def test_unique_values_two_values_and_rare_values_are_not_tied(rng):
    n = 300
    table = pa.table(
        {
            "key": [f"k{i}" for i in range(n)],
            "name": [f"n{i}" for i in range(n)],
            "yes": ["y", "n"] * (n // 2),
            "ja": ["j", "n"] * (n // 2),
            "thin": [str(i // 2) for i in range(n)],
            "dünn": [str(i // 2 + 1000) for i in range(n)],
        }
    )
    assert find_ties(table, schema_of(**dict.fromkeys(table.column_names, "categorical"))) == []


def test_four_columns_that_say_the_same_are_one_tie(rng):
    codes = rng.integers(0, 30, 2000)
    table = pa.table({name: [f"{name}{code}" for code in codes] for name in "abcd"})
    assert find_ties(table, schema_of(**dict.fromkeys("abcd", "categorical")))[0].columns == list("abcd")


def test_a_tie_map_restores_and_holds_no_value_of_too_few_rows():
    a = pa.array(["x"] * 10 + ["y"] * 10 + [None] * 10 + ["canary-a"] * 4)
    b = pa.array([1.5] * 10 + [2.5] * 10 + [None] * 10 + [777.25] * 4)
    tie = TieMap.fit(a, b, min_holders=5)
    text = json.dumps(tie.state())
    assert "canary" not in text
    assert "777" not in text
    again = TieMap.from_state(json.loads(text))
    assert again.restore(pa.array(["y", "x", None])).to_pylist() == [2.5, 1.5, None]
    assert again.restore(pa.array(["never seen"])).type == pa.float64()


def test_a_number_never_seen_gets_what_the_nearest_number_has():
    tie = TieMap.fit(pa.array(["1", "5", "9"] * 9), pa.array(["small", "middle", "large"] * 9), min_holders=5)
    assert tie.restore(pa.array(["2", "6", "100"])).to_pylist() == ["small", "middle", "large"]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 2, 3], pa.int16()),
        pa.array([True, False, None]),
        pa.array([1, 2, 3], pa.timestamp("us", "Europe/Berlin")),
        pa.array([1, 2, 3], pa.date32()),
        pa.array(["1.10", "2.20", "3.30"]).cast(pa.decimal128(8, 2)),
        pa.array(["a", "b", None], pa.large_string()),
    ],
    ids=lambda values: str(values.type),
)
def test_a_tie_map_keeps_physical_types_through_json(values):
    a = pa.array(["p", "q", "r"] * 6)
    b = pa.concat_arrays([values] * 6)
    tie = TieMap.from_state(json.loads(json.dumps(TieMap.fit(a, b).state())))
    assert tie.restore(a).equals(b)


def test_a_tie_map_of_nothing_gives_missing_cells():
    tie = TieMap.fit(pa.array(["a", "b"]), pa.array([1, 2]), min_holders=5)
    assert tie.restore(pa.array(["a"])).to_pylist() == [None]


# Formulas


@pytest.mark.parametrize("as_text", [False, True])
def test_a_rounded_ratio_is_computed_from_its_counts(rng, as_text):
    posts, days = rng.integers(0, 5000, 400), rng.integers(1, 900, 400)
    table, schema = numeric({"posts": posts, "days": days, "rate": np.round(posts / days, 3)}, as_text)
    (formula,) = find_formulas(table, schema)
    assert (formula.column, formula.operation, formula.inputs) == ("rate", "ratio", ["posts", "days"])
    assert formula.decimals == 3
    whole = {name: read_numbers(table[name]) for name in table.column_names}
    np.testing.assert_allclose(compute(formula, whole), whole["rate"], atol=0.0011)


def test_an_unrounded_ratio_is_preferred_to_the_counts_it_comes_from(rng):
    a, b = rng.integers(1, 500, 300), rng.integers(1, 50, 300)
    table, schema = numeric({"a": a, "share": a / b, "b": b})
    assert [f.column for f in find_formulas(table, schema)] == ["share"]


@pytest.mark.parametrize(("constant", "expected"), [(0.0, 0.0), (-1.0, -1.0), (np.nan, None)])
def test_a_ratio_over_zero_gives_what_the_data_show(rng, constant, expected):
    a, b = rng.integers(1, 500, 500).astype(float), rng.integers(0, 9, 500).astype(float)
    rate = np.where(b > 0, np.round(a / np.maximum(b, 1), 2), constant)
    table, schema = numeric({"a": a, "b": b, "rate": rate})
    (formula,) = find_formulas(table, schema)
    assert formula.when_zero == expected


def test_a_constant_over_zero_that_few_rows_show_is_not_told(rng):
    a, b = rng.integers(1, 500, 500).astype(float), rng.integers(1, 9, 500).astype(float)
    b[:3] = 0
    rate = np.where(b > 0, np.round(a / np.maximum(b, 1), 2), 123.45)
    table, schema = numeric({"a": a, "b": b, "rate": rate})
    assert find_formulas(table, schema) == []


def test_an_amount_is_price_times_quantity(rng):
    price, quantity = np.round(rng.uniform(1, 90, 500), 2), rng.integers(1, 20, 500)
    table, schema = numeric({"amount": np.round(price * quantity, 2), "price": price, "quantity": quantity})
    (formula,) = find_formulas(table, schema)
    assert (formula.column, formula.operation) == ("amount", "product")


def test_totals_shares_weekends_and_copies_are_found(rng):
    n = 1000
    parts = rng.integers(0, 40, (4, n))
    shares = np.round(rng.dirichlet([1, 2, 3], n), 6)
    shares[:, 2] = np.round(1 - shares[:, 0] - shares[:, 1], 6)
    day = rng.integers(0, 7, n)
    columns = {f"part{i}": part for i, part in enumerate(parts)} | {"total": parts.sum(axis=0)}
    columns |= {f"share{i}": share for i, share in enumerate(shares.T)}
    columns |= {f"day{i}": (day == i).astype(int) for i in range(7)} | {"weekend": (day >= 5).astype(int)}
    columns["copy"] = parts[0]
    columns["born"] = 2020 - parts[1]
    table, schema = numeric(columns)
    found = {f.column: f for f in find_formulas(table, schema)}
    assert found["total"].inputs == ["part0", "part1", "part2", "part3"]
    assert (found["share2"].operation, found["share2"].total) == ("complement", 1.0)
    assert found["weekend"].inputs == ["day5", "day6"]
    assert (found["weekend"].low, found["weekend"].high) == (0.0, 1.0)
    assert (found["day6"].operation, len(found["day6"].inputs)) == ("complement", 6)
    assert (found["copy"].operation, found["copy"].inputs) == ("sum", ["part0"])
    assert (found["born"].operation, found["born"].total) == ("complement", 2020)
    assert len(found) == 6


def test_what_is_found_gives_every_row_again_in_the_order_given(rng):
    a, b, c = rng.integers(1, 900, (3, 400))
    table, schema = numeric({"all": a + b + c, "half": a + b, "a": a, "b": b, "c": c, "rate": np.round(a / b, 2)})
    known = {name: read_numbers(table[name]) for name in "abc"}
    formulas = find_formulas(table, schema)
    assert len(formulas) == 3
    for formula in formulas:
        known[formula.column] = compute(formula, known)
        np.testing.assert_allclose(known[formula.column], read_numbers(table[formula.column]), atol=0.0101)


def test_missing_in_is_missing_out(rng):
    a, b = rng.integers(1, 900, (2, 400)).astype(float)
    a[::7] = np.nan
    table, schema = numeric({"a": a, "b": b, "both": a + b})
    (formula,) = find_formulas(table, schema)
    assert (formula.column, formula.operation) == ("both", "sum")
    assert np.isnan(compute(formula, {"a": np.array([np.nan]), "b": np.array([1.0])})).all()


def test_one_wrong_row_is_enough_to_refuse(rng):
    a, b = rng.integers(1, 900, (2, 50_000))
    both = a + b
    both[31_234] += 1
    table, schema = numeric({"a": a, "b": b, "both": both})
    assert find_formulas(table, schema) == []


def test_the_target_is_never_computed(rng):
    a, b = rng.integers(1, 900, (2, 400))
    table, schema = numeric({"a": a, "b": b, "both": a + b})
    formulas = find_formulas(table, schema, target="both")
    assert formulas
    assert all(formula.column != "both" for formula in formulas)


def test_a_column_restored_through_a_tie_is_not_computed_as_well(rng):
    a = rng.integers(0, 9, 400)
    table, schema = numeric({"a": a, "b": a})
    schema.ties = find_ties(table, schema)
    assert [tie.columns for tie in schema.ties] == [["a", "b"]]
    assert find_formulas(table, schema) == []


def test_small_counts_that_are_mostly_zero_give_no_accidental_formula():
    """100 tables of 12 zero-inflated counts: a formula in any would be an accident (expected: none)."""
    for seed in range(100):
        counts = np.random.default_rng(seed).poisson(0.15, (12, 120))
        table, schema = numeric({f"c{i}": column for i, column in enumerate(counts)})
        assert find_formulas(table, schema) == []


def test_few_rows_and_constants_give_no_formula(rng):
    a, b = rng.integers(1, 900, (2, 29))
    assert find_formulas(*numeric({"a": a, "b": b, "both": a + b})) == []
    c = rng.integers(1, 900, 400)
    assert find_formulas(*numeric({"a": c, "one": np.ones(400), "twice": 2 * c})) == []


def test_decimal_commas_are_read(rng):
    a, b = rng.integers(100, 999, (2, 300))
    table, schema = numeric({"a": a / 100, "b": b / 100, "both": np.round((a + b) / 100, 2)}, as_text=True)
    for i, name in enumerate(table.column_names):
        table = table.set_column(i, name, pa.array([text.replace(".", ",") for text in table[name].to_pylist()]))
        schema.columns[i].options = {"decimal": ","}
    assert [f.column for f in find_formulas(table, schema)] == ["both"]


def test_computed_values_keep_their_bounds():
    rest = Formula(column="c", operation="complement", inputs=["a", "b"], total=1.0, low=0.0, decimals=2)
    drawn = {"a": np.array([0.7, 0.2]), "b": np.array([0.5, 0.3])}
    assert compute(rest, drawn).tolist() == [0.0, 0.5]


def test_flags_of_a_boolean_type_are_added_up_but_never_computed():
    day = np.random.default_rng(0).integers(0, 7, 500)
    flags = {"sat": day == 5, "sun": day == 6, "weekend": day >= 5}
    table, schema = numeric({name: pa.array(flag) for name, flag in flags.items()} | {"free": (day >= 5) * 1})
    assert [formula.column for formula in find_formulas(table, schema)] == ["free"]
