from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.columns.rules.broken import BROKEN
from synthgen.table.schema import Order, Range, Schema
from synthgen.table.table import Table
from tests.made import random_tokens

N = 1_500


def fitted(frame: pd.DataFrame, target: str | None = None, **rules: Any) -> tuple[Codec, Schema, Any]:
    table = Table.from_any(frame).arrow
    schema = detect_schema(table, relations=False)
    schema = Schema.from_json(schema.model_dump() | rules)
    return Codec.fit(table, schema, target=target), schema, table


def holds(codec: Codec, schema: Schema, table: Any, n: int = 3_000) -> None:
    made = codec.decode(random_tokens(codec.layout(), n), seed=0)
    assert made.schema.equals(table.schema)
    for key, line in schema.rules:
        assert not BROKEN[key](line, made, table, schema).any(), line.text


FORMATS = {
    "seconds": lambda t: t,
    "days": lambda t: t.dt.normalize(),
    "text": lambda t: t.dt.strftime("%d/%m/%Y %H:%M"),
    "zone": lambda t: t.dt.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
    "months": lambda t: t.dt.strftime("%Y-%m"),
    "nanoseconds": lambda t: t + pd.to_timedelta(np.arange(len(t)) % 997, unit="ns"),
}


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", ["seconds", "days", "text", "zone"])
@pytest.mark.parametrize("strict", [False, True])
def test_dates_of_any_two_formats_are_kept_in_order(first: str, second: str, strict: bool) -> None:
    rng = np.random.default_rng(0)
    a = pd.Series(pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 10**7, 400), unit="s"))
    b = a + pd.to_timedelta(rng.integers(40 * 86400, 10**7, 400), unit="s")
    codec, schema, table = fitted(
        pd.DataFrame({"a": FORMATS[first](a), "b": FORMATS[second](b)}),
        orders=[{"columns": ["a", "b"], "strict": strict}],
    )
    holds(codec, schema, table, 500)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("low", "high"),
    [
        (lambda x: x.round(2), lambda x: np.ceil(x).astype(int)),
        (lambda x: np.floor(x).astype(int), lambda x: x.round(1)),
        (lambda x: x.astype(np.float32), lambda x: x),
        (lambda x: x, lambda x: x.astype(np.float32)),
        (lambda x: pd.Series([f"{v:.3f}" for v in x]), lambda x: pd.Series([f"{v:.2e}" for v in x * 1.02])),
        (lambda x: x.where(x > 1), lambda x: x.where(x < 30)),
    ],
)
def test_numbers_of_any_two_formats_are_kept_in_order(low: Any, high: Any, strict: bool) -> None:
    rng = np.random.default_rng(0)
    a = pd.Series(rng.gamma(2, 5, 600))
    frame = pd.DataFrame({"a": low(a), "b": high(a + 1 + rng.exponential(5, 600))})
    codec, schema, table = fitted(frame, orders=[{"columns": ["a", "b"], "strict": strict}])
    holds(codec, schema, table)


def test_chains_branches_and_a_target_in_the_middle() -> None:
    rng = np.random.default_rng(0)
    x = np.sort(rng.gamma(2, 10, (N, 5)).round(1), axis=1)
    frame = pd.DataFrame(x, columns=list("abcde"))
    orders = [{"columns": ["a", "b", "d"]}, {"columns": ["a", "c", "e"]}, {"columns": ["b", "e"]}]
    for target in (None, "b", "e"):
        codec, schema, table = fitted(frame, target, orders=orders)
        holds(codec, schema, table)
        if target is not None:
            made = codec.decode(tokens := random_tokens(codec.layout(), 500), seed=0)
            alone = codec.modelled[target]
            at = next(i for i, slot in enumerate(codec.layout().slots) if slot.name.startswith(f"{target}:"))
            assert codec.source_of(target).how == "own"
            back = alone.encode(made[target].combine_chunks(), np.random.default_rng(0))
            assert np.array_equal(back[:, 0], tokens[:, at])  # the target is what was drawn


def test_ranges_of_columns_in_order_hold_too() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 100, N)
    frame = pd.DataFrame({"a": a, "b": a + rng.integers(0, 60, N)})
    ranges = [{"column": "a", "low": 10}, {"column": "b", "high": 90}]
    codec, schema, table = fitted(frame, orders=[{"columns": ["a", "b"], "strict": True}], ranges=ranges)
    holds(codec, schema, table)


def test_a_cap_that_many_rows_hold_stays_one() -> None:
    """A gap would smear the 60 % of rows at 1,000; the later column is then drawn on its own, and put after."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 900, N)
    b = np.where(rng.random(N) < 0.6, 1_000, a + rng.integers(0, 100, N))
    codec, schema, table = fitted(pd.DataFrame({"a": a, "b": b}), orders=[{"columns": ["a", "b"]}])
    assert codec.source_of("b").how == "own"
    made = codec.decode(codec.encode(table), seed=0)["b"].to_numpy()
    assert (made == 1_000).mean() == pytest.approx((b == 1_000).mean(), abs=0.005)
    holds(codec, schema, table)


def test_a_short_gap_between_long_times_is_drawn_as_a_gap() -> None:
    rng = np.random.default_rng(0)
    a = pd.Series(pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 10**8, N), unit="s"))
    gap = rng.integers(1, 120, N)
    frame = pd.DataFrame({"a": a, "b": a + pd.to_timedelta(gap, unit="s")})
    codec, _, table = fitted(frame, orders=[{"columns": ["a", "b"]}])
    assert (codec.source_of("b").how, codec.source_of("b").columns) == ("gap", ("a",))
    made = codec.decode(codec.encode(table), seed=0).to_pandas()
    back = (made.b - made.a).dt.total_seconds()
    assert back.mean() == pytest.approx(gap.mean(), rel=0.02)
    assert back.between(1, 119).all()


def test_dirty_rows_do_not_undo_an_order_that_the_user_wrote() -> None:
    rng = np.random.default_rng(0)
    a = rng.gamma(2, 5, N).round(1)
    b = (a + rng.exponential(3, N)).round(1)
    b[:100] = 0.1
    codec, schema, table = fitted(pd.DataFrame({"a": a, "b": b}), orders=[{"columns": ["a", "b"]}])
    holds(codec, schema, table)


def test_what_is_said_in_words() -> None:
    assert Order(columns=["a", "b"], strict=True).text == "a < b"
    assert Range(column="a", low=1, high=2.5).text == "1 <= a <= 2.5"
