"""Each check of validity finds the fault that is planted for it, and fresh real rows break none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.metrics import METRICS
from synthgen.metrics.base import Metric, Result
from synthgen.metrics.validity.faults import FALSE_ALARMS, beyond_chance
from synthgen.metrics.validity.ranges import ENDS, Ranges
from synthgen.metrics.view import View, read_views
from synthgen.table.schema import ColumnSchema, Formula, OneHot, Schema, Tie

CHECKS = [metric for metric in METRICS if metric.group == "validity"]
TYPES = {
    "user": "identifier",
    "born": "datetime",
    "posts": "numeric",
    "likes": "numeric",
    "both": "numeric",
    "city": "categorical",
    "code": "categorical",
    "mon": "boolean",
    "tue": "boolean",
    "wed": "boolean",
}
SCHEMA = Schema(
    columns=[ColumnSchema(name=name, type=kind) for name, kind in TYPES.items()],
    ties=[Tie(columns=["city", "code"])],
    formulas=[Formula(column="both", operation="sum", inputs=["posts", "likes"], decimals=1)],
    one_hot=[OneHot(columns=["mon", "tue", "wed"])],
)
CITIES = {"Bonn": "BN", "Kiel": "KI", "Ulm": "UL"}


def rows(n: int, seed: int) -> pd.DataFrame:
    """As from a CSV: all text."""
    rng = np.random.default_rng(seed)
    posts, likes = rng.poisson(20, n), np.round(rng.gamma(2, 3, n), 1)
    city, day = rng.choice(list(CITIES), n, p=[0.6, 0.3, 0.1]), rng.integers(0, 3, n)
    born = pd.Timestamp("1970-01-01") + pd.to_timedelta(rng.integers(0, 12_000, n), unit="D")
    numbers = {"posts": posts, "likes": likes, "both": np.round(posts + likes, 1)}
    return pd.DataFrame(
        {
            "user": [f"u-{seed}{i:06d}" for i in range(n)],
            "born": born.strftime("%Y-%m-%d"),
            **{name: values.astype(str) for name, values in numbers.items()},
            "city": city,
            "code": [CITIES[one] for one in city],
            **{name: np.where(day == i, "yes", "no") for i, name in enumerate(("mon", "tue", "wed"))},
        }
    )


def views(*frames: pd.DataFrame, schema: Schema = SCHEMA) -> tuple[View, View, View]:
    tables = [pa.Table.from_pandas(frame, preserve_index=False) for frame in frames]
    return read_views(tables[0], tables[1], tables[2], schema)


def judged(metric: Metric, synthetic: pd.DataFrame, n: int = 200) -> Result:
    return metric.compute(*views(rows(n, 0), rows(n, 1), synthetic), np.random.default_rng(0))


def spoiled(**cells: Any) -> pd.DataFrame:
    """Fresh rows, 20 of which hold other cells."""
    frame = rows(200, 2)
    for name, values in cells.items():
        frame.loc[frame.index[:20], name] = values
    return frame


FAULTS: list[tuple[str, str, dict[str, Any], int]] = [
    ("types", "posts", {"posts": "many"}, 20),
    ("types", "born", {"born": "soon"}, 20),
    ("types", "city", {"city": None}, 20),
    ("ranges", "likes", {"likes": "-1.0"}, 20),
    ("ranges", "born", {"born": "2030-01-01"}, 20),
    ("categories", "city", {"city": [f"Xanten {i}" for i in range(20)]}, 20),
    ("categories", "mon", {"mon": [f"perhaps {i}" for i in range(20)]}, 20),
    ("keys", "user", {"user": "u-2000100"}, 20),  # the one row that has it by right is among the others
    ("keys", "user", {"user": [f"u-0{i:06d}" for i in range(20)]}, 20),
    ("rules", "both = posts + likes", {"both": "3.0"}, 20),
    ("rules", "city and code, one to one", {"code": ["KI" if i % 2 else "BN" for i in range(20)]}, 0),
    ("rules", "at most one of mon, tue, wed", {"mon": "yes", "tue": "yes"}, 20),
    ("formats", "posts", {"posts": "12.5"}, 20),
    ("formats", "likes", {"likes": "3.25"}, 20),
    ("formats", "user", {"user": [f"user {'x-' * i}" for i in range(20)]}, 20),
]


@pytest.mark.parametrize(("name", "column", "cells", "found"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_planted_fault_is_found_and_named(name: str, column: str, cells: dict[str, Any], found: int):
    metric = next(metric for metric in CHECKS if metric.name == name)
    result = judged(metric, spoiled(**cells))
    assert result.details["broken"] == [column]
    assert result.value is not None
    assert result.value > 0
    assert result.floor == pytest.approx(0, abs=0.01)
    assert column in result.meaning
    if found:
        assert result.details["columns"][column]["faults"] >= found
    assert "Xanten" not in str(result.to_json())


@pytest.mark.parametrize("metric", CHECKS, ids=lambda m: m.name)
def test_fresh_real_rows_break_nothing(metric: Metric):
    result = judged(metric, rows(200, 2))
    assert result.details["broken"] == []
    assert result.value == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("metric", CHECKS, ids=lambda m: m.name)
def test_half_of_the_rows_held_out_or_none_at_all_changes_only_the_floor(metric: Metric):
    real, made = rows(100, 0), spoiled(posts="12.5", user="x")
    with_floor = metric.compute(*views(real, rows(50, 1), made), np.random.default_rng(0))
    without = metric.compute(*views(real, real[:0], made), np.random.default_rng(0))
    assert (without.value, without.floor) == (with_floor.value, None)


def test_ranges_raise_a_false_alarm_no_more_often_than_they_say():
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(2_000):  # tables of 2 columns: the chance of an alarm is at most 1 in 100
        for _ in range(2):
            real, fresh = rng.pareto(1.0, 100), rng.pareto(1.0, 300)
            alarms += beyond_chance(int(((fresh < real.min()) | (fresh > real.max())).sum()), ENDS, 300, 100, 2)
    assert 0 < alarms <= 2_000 * FALSE_ALARMS * 1.5  # 20 are expected at most; more than 30 in 1 of 70 seeds


def test_new_labels_among_many_rare_ones_are_no_fault():
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(200):
        real, fresh = (np.minimum(rng.zipf(1.3, 400), 10**9) for _ in range(2))
        labels, counts = np.unique(real, return_counts=True)
        new = np.setdiff1d(fresh, labels)
        alarms += beyond_chance(len(new), int((counts == 1).sum()), 400, 400)
    assert alarms <= 200 * FALSE_ALARMS * 3


def test_a_rule_that_real_rows_break_too_is_no_fault_of_the_synthetic_ones():
    frames = [rows(200, seed) for seed in range(3)]
    for frame in frames:
        frame.loc[frame.index[:30], "both"] = "1.0"
    metric = next(metric for metric in CHECKS if metric.name == "rules")
    result = metric.compute(*views(*frames), np.random.default_rng(0))
    assert result.value == pytest.approx(30 / 600)
    assert result.details["broken"] == []


@pytest.mark.parametrize("metric", CHECKS, ids=lambda m: m.name)
def test_rules_between_columns_that_say_nothing_are_not_checked(metric: Metric):
    frames = [rows(40, seed).assign(posts="7", mon="perhaps", city=None) for seed in range(3)]
    result = metric.compute(*views(*frames), np.random.default_rng(0))
    assert result.value is not None or result.reason


def test_what_follows_from_other_columns_has_no_range() -> None:
    tables = [pa.table({"gap": pa.array(values)}) for values in ([1.0, 2.0, 3.0] * 40, [2.0] * 40, [9.0] * 40)]
    schema = Schema(columns=[ColumnSchema(name="gap", type="numeric")])
    for derived, worth in (((), 1.0), (("gap",), None)):
        views = read_views(*tables, schema, derived=derived)
        assert Ranges().compute(*views, np.random.default_rng(0)).value == worth
