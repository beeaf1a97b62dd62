"""Rules are proposed where every row keeps them, offered where nearly all do, and never seen where chance made them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.columns.rules.broken import BROKEN
from synthgen.columns.rules.find_orders import chains
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.made import random_tokens

N = 3_000
DIRTY = 2  # of 3,000 rows: 99.93 % keep the rule


def events(n: int = N, seed: int = 0) -> pd.DataFrame:
    """A country per city, three times in order, an end where closed, two columns missing together, a key."""
    rng = np.random.default_rng(seed)
    city = rng.integers(0, 30, n)
    start = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 3_000_000, n), unit="s")
    second = start + pd.to_timedelta(rng.integers(0, 500_000, n), unit="s")
    is_open = rng.random(n) < 0.4
    silent = rng.random(n) < 0.2
    return pd.DataFrame(
        {
            "city": [f"city {i}" for i in city],
            "country": [f"country {i % 7}" for i in city],
            "start": start,
            "end": (second + pd.to_timedelta(rng.integers(0, 500_000, n), unit="s")).where(~is_open),
            "second": second,
            "state": np.where(is_open, "open", rng.choice(["done", "lost"], n)),
            "first word": np.where(silent, None, rng.choice(["a", "b", "c"], n)),
            "mood": np.where(silent, np.nan, np.round(rng.normal(size=n), 2)),
            "number": rng.permutation(2 * n)[:n] + 7,
            "free": np.round(rng.gamma(2, 10, n), 1),
        }
    )


def found_in(frame: pd.DataFrame, **given: Any) -> Schema:
    return detect_schema(Table.from_any(frame).arrow, **given)


def texts(schema: Schema) -> list[str]:
    return [line.text for _, line in schema.rules]


EXPECTED = [
    "country follows from city",
    "start <= second <= end",
    "end is missing exactly where state is 'open'",
    "mood is missing exactly where first word is missing",
]
UNIQUE = "no value of number twice (in all rows; taken, it caps how many can be sampled)"


def test_what_every_row_keeps_is_proposed_and_nothing_else() -> None:
    schema = found_in(events())
    assert texts(schema) == EXPECTED
    assert [one.text for one in schema.nearly] == [UNIQUE]


@pytest.mark.parametrize("seed", range(5))
def test_independent_columns_show_no_rule(seed: int) -> None:
    """Five tables of eight columns in which every rule would be an accident (expected: none)."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"n{i}": np.round(rng.gamma(2, 3 * (i + 1) ** 2, 2_000), i % 3) for i in range(4)})
    frame["when"] = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 10**7, 2_000), unit="s")
    frame["label"], frame["other"] = rng.choice(list("abcdefg"), 2_000), rng.choice(list("xyz"), 2_000)
    frame["hole"] = np.where(rng.random(2_000) < 0.3, None, rng.choice(list("pq"), 2_000))
    schema = found_in(frame)
    assert texts(schema) == []
    assert [one for one in schema.nearly if one.list != "ranges"] == []  # a range is of one column alone


def soiled(kind: str) -> tuple[pd.DataFrame, int]:
    """The same rows, some of them dirty; a rule that they break, by its place in EXPECTED."""
    frame = events()
    rows = frame.index[frame["end"].notna() & frame["mood"].notna()][5 : 5 + DIRTY]
    if kind == "dependence":
        frame.loc[rows, "country"] = ["country 9"] * DIRTY
    elif kind == "order":
        frame.loc[rows, "start"] = frame.loc[rows, "end"] + pd.Timedelta("3D")
    elif kind == "missing":
        frame.loc[rows, "end"] = pd.NaT
    elif kind == "together":
        frame.loc[rows, "mood"] = np.nan
    else:
        frame.loc[rows, "number"] = frame["number"].iloc[0]
    return frame, {"dependence": 0, "order": 1, "missing": 2, "together": 3, "unique": 4}[kind]


@pytest.mark.parametrize("kind", ["dependence", "order", "missing", "together", "unique"])
def test_a_rule_with_dirty_rows_is_offered_and_kept_once_it_is_moved(kind: str) -> None:
    frame, which = soiled(kind)
    table = Table.from_any(frame).arrow
    schema = detect_schema(table)
    assert [*EXPECTED, UNIQUE][which] not in [*texts(schema), *(one.text for one in schema.nearly)]
    assert {one.exceptions for one in schema.nearly} & {DIRTY, DIRTY - 1}
    assert {one.exceptions for one in schema.nearly} <= {DIRTY, DIRTY - 1, 0}
    assert all(one.share >= 0.999 for one in schema.nearly)
    given = schema.model_dump()
    for one in given.pop("nearly"):
        if one["list"] == "unique":
            next(c for c in given["columns"] if c["name"] == one["rule"]["column"])["options"]["unique"] = True
        else:
            given[one["list"]].append(one["rule"])
    moved = Schema.from_json(given)
    codec = Codec.fit(table, moved)
    made = codec.decode(random_tokens(codec.layout(), 4_000 if kind == "unique" else 10_000), seed=0)
    for key, line in moved.rules:
        if key in BROKEN and not (key == "unique" and kind != "unique"):
            assert not BROKEN[key](line, made, table, moved).any(), line.text


def test_a_tie_with_dirty_rows_is_offered_once() -> None:
    code = np.random.default_rng(0).integers(0, 9, 3_000)
    frame = pd.DataFrame({"level": [f"level {i}" for i in code], "number": code * 3 + 1})
    frame.loc[7, "number"] = 1 if code[7] else 4
    schema = found_in(frame)
    assert [(one.list, one.exceptions) for one in schema.nearly] == [("ties", 1)]
    assert schema.nearly[0].rule == {"columns": ["level", "number"]}


def test_the_target_never_follows_from_another_column() -> None:
    schema = found_in(events(), target="country")
    assert schema.dependences == []


def test_a_formula_that_few_rows_break_is_offered() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 900, (2, 4_000))
    total = a + b
    total[17] += 5
    schema = found_in(pd.DataFrame({"a": a, "b": b, "total": total}))
    assert [(one.list, one.parsed.text, one.exceptions) for one in schema.nearly if one.list == "formulas"] == [
        ("formulas", "total = a + b", 1)
    ]
    assert schema.formulas == []


def test_few_combinations_of_labels_are_one_category() -> None:
    rng = np.random.default_rng(0)
    pairs = [(f"make {i % 9}", f"model {i % 13}") for i in range(20)]
    pairs = sorted(set(pairs))[:16]
    chosen = rng.integers(0, len(pairs), 2_000)
    frame = pd.DataFrame(
        {"make": [pairs[i][0] for i in chosen], "model": [pairs[i][1] for i in chosen], "x": rng.normal(size=2_000)}
    )
    assert texts(found_in(frame)) == ["make, model: only combinations that occur"]


def test_every_flag_group_says_whether_one_is_always_true() -> None:
    day = np.random.default_rng(0).integers(0, 7, 3_000)
    every = pd.DataFrame({f"d{i}": day == i for i in range(7)})
    assert [group.exactly for group in found_in(every).one_hot] == [True]
    assert [group.exactly for group in found_in(every[["d0", "d1", "d2", "d3"]]).one_hot] == [False]


def test_a_column_of_larger_numbers_alone_is_no_order() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"rooms": rng.integers(1, 30, 2_000), "price": rng.integers(10_000, 900_000, 2_000)})
    assert found_in(frame).orders == []


def test_chains_are_as_long_as_can_be() -> None:
    assert chains([]) == []
    assert chains([("a", "b"), ("b", "c"), ("b", "d")]) == [["a", "b", "c"], ["b", "d"]]


def test_natural_ends_are_offered_and_never_taken_unasked() -> None:
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "share": rng.uniform(0, 1, 2_000),
            "percent": rng.integers(0, 101, 2_000),
            "followers": np.r_[rng.integers(0, 5_000, 1_999), -1],
            "age": rng.integers(18, 80, 2_000),
            "posts": rng.poisson(30, 2_000),
            "level": rng.integers(0, 2, 2_000),
        }
    )
    schema = detect_schema(table)
    assert schema.ranges == []
    offered = {one.parsed.text: one.exceptions for one in schema.nearly if one.list == "ranges"}
    assert offered == {"0 <= share <= 1": 0, "0 <= percent <= 100": 0, "0 <= followers": 1}
    whole = next(one.text for one in schema.nearly if one.exceptions == 0)
    assert whole == "0 <= share <= 1 (in all rows; taken, no row is ever made beyond it)"


def test_ends_that_are_not_reached_or_often_crossed_are_no_range() -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"a": rng.uniform(0.2, 0.7, 500), "b": np.r_[rng.uniform(0, 1, 490), rng.uniform(1, 2, 10)]})
    assert [one for one in detect_schema(table).nearly if one.list == "ranges"] == []
