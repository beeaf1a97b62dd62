"""The contract of every metric; a new one is tested by being listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics import METRICS
from synthgen.metrics.base import Metric, Result
from synthgen.metrics.view import View

TYPES = {
    "age": "numeric",
    "city": "categorical",
    "buys": "boolean",
    "name": "identifier",
    "since": "datetime",
}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, np.ndarray]]

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)


def badness(result: Result) -> float:
    """Zero is best, for every direction."""
    assert result.value is not None, result.reason
    return {"lower": result.value, "higher": -result.value, "half": abs(result.value - 0.5)}[result.direction]


@pytest.fixture
def world(draw: Draw) -> Callable[..., dict[str, Any]]:
    """Rows with a name, a date in office hours, and some missing cities."""

    def rows(n: int, seed: int) -> dict[str, Any]:
        columns: dict[str, Any] = dict(draw(n, seed))
        columns["city"] = [None if i % 7 == 0 else city for i, city in enumerate(columns["city"])]
        rng = np.random.default_rng(seed)
        hours = 7 * 24 * rng.integers(0, 50, n) + 24 * rng.integers(0, 5, n) + rng.integers(9, 17, n)
        since = np.datetime64("2020-01-06T00") + hours  # a Monday
        return columns | {"name": [f"user{seed}-{i}" for i in range(n)], "since": since.astype("datetime64[s]")}

    return rows


def wide_tables(views: Tables, world: Callable[..., dict[str, Any]]) -> list[tuple[View, View, View]]:
    """Fresh rows and copies, in a world with two more columns."""
    more = {name: np.random.default_rng(i).normal(size=(3, 700)) for i, name in enumerate(("height", "income"))}
    train, holdout, fresh = (world(700, i) | {name: values[i] for name, values in more.items()} for i in range(3))
    types = TYPES | dict.fromkeys(more, "numeric")
    return [views(types, train, holdout, made, "buys") for made in (fresh, train)]


def run(metric: Metric, tables: tuple[View, View, View]) -> Result:
    return metric.compute(*tables, np.random.default_rng(0))


def wider(rows: dict[str, Any]) -> dict[str, Any]:
    """Two columns more, one that hangs on age and one on nothing: the order of two inputs hardly says anything."""
    rng = np.random.default_rng(int(10 * rows["age"][0]))
    return rows | {"steps": rows["age"] + rng.normal(size=300), "luck": rng.normal(size=300)}


WHOLE = [m for m in METRICS if m.group != "validity" and not m.name.startswith("text_")]
"""Metrics of these tables; those of texts are tried on texts (``test_text_columns.py`` and ``texts/``)."""


@pytest.mark.parametrize("metric", WHOLE, ids=lambda m: m.name)
def test_fresh_rows_are_better_than_spoiled_ones(metric: Metric, views: Tables, world: Callable[..., dict[str, Any]]):
    train, holdout, fresh = (world(300, seed) for seed in range(3))
    spoiled = dict(train)  # copies in one half of the rows, nonsense in the other
    wrong = np.arange(300) >= 150
    spoiled["buys"] = np.where(wrong ^ (train["buys"] == "yes"), "yes", "no")
    spoiled["city"] = [None if bad else city for bad, city in zip(wrong, train["city"], strict=True)]
    types = TYPES
    if metric.name == "importance":
        types = TYPES | {"steps": "numeric", "luck": "numeric"}
        train, holdout, fresh, spoiled = (wider(rows) for rows in (train, holdout, fresh, spoiled))
        spoiled["buys"] = np.where(spoiled["luck"] > 0, "yes", "no")
    spoiled["since"] = np.where(wrong, train["since"] + np.timedelta64(12, "h"), train["since"])
    good = run(metric, views(types, train, holdout, fresh, "buys", "detect"))
    bad = run(metric, views(types, train, holdout, spoiled, "buys", "detect"))
    if metric.name in ("distance_share", "authenticity"):  # nonsense hides copies in a mean: copies alone
        bad = run(metric, views(TYPES, train, holdout, train, "buys"))
    if metric.name == "coverage":  # half of the training rows have nearly all there is: one city and one year of life
        few = {name: [cells[0]] * 300 for name, cells in train.items()}
        bad = run(metric, views(TYPES, train, holdout, few, "buys"))
    if metric.name in ("linkability", "exposed"):  # they need more columns, and more people
        good, bad = (run(metric, tables) for tables in wide_tables(views, world))
    assert badness(good) < badness(bad)


@each_metric
def test_the_same_seed_gives_the_same_result_in_plain_json(
    metric: Metric, views: Tables, world: Callable[..., dict[str, Any]]
):
    tables = views(TYPES, world(150, 0), world(150, 1), world(150, 2), "buys", "detect")
    first, second = (json.dumps(run(metric, tables).to_json(), allow_nan=False) for _ in range(2))
    assert first == second
    assert "user" not in first


@each_metric
@pytest.mark.parametrize("copied", [True, False])
def test_nothing_of_a_single_real_person_is_in_a_result(
    metric: Metric, copied: bool, views: Tables, world: Callable[..., dict[str, Any]]
):
    train, fresh = world(300, 0), world(300, 2)
    train["city"] = ["Xanten" if i in (3, 4) else city for i, city in enumerate(train["city"])]
    train["age"] = np.append(train["age"][:-1], 98765.4)
    result = run(metric, views(TYPES, train, world(300, 1), train if copied else fresh, "buys", "detect"))
    written = json.dumps(result.to_json())
    assert not [secret for secret in ("user", "Xanten", "98765", "98,765", "98,8") if secret in written]


@each_metric
def test_a_label_that_few_real_rows_hold_is_never_named(
    metric: Metric, views: Tables, world: Callable[..., dict[str, Any]]
):
    tables = [world(150, seed) for seed in range(3)]
    for rows, holders in zip(tables, (4, 0, 40), strict=True):
        rows["city"][:holders] = ["Elba"] * holders
    result = run(metric, views(TYPES, *tables, "buys", "detect"))
    assert "Elba" not in json.dumps(result.to_json())


@each_metric
@pytest.mark.parametrize("empty", ["train", "holdout", "synthetic"])
def test_a_table_without_rows_is_never_a_crash(
    metric: Metric, empty: str, views: Tables, world: Callable[..., dict[str, Any]]
):
    tables = {name: world(30, seed) for seed, name in enumerate(("train", "holdout", "synthetic"))}
    tables[empty] = {name: [] for name in TYPES}
    result = run(metric, views(TYPES, **tables, target="buys"))
    assert result.value is not None or result.reason


@each_metric
@pytest.mark.parametrize(
    ("kind", "train", "synthetic"),
    [
        ("numeric", [3] * 120, [3] * 120),
        ("numeric", [3] * 120, [3, 4] * 60),
        ("numeric", [1e308, -1e308] * 60, [1e17] * 120),
        ("numeric", [None, 1.0] * 60, [None] * 120),
        ("missing", [None] * 120, [None] * 120),
        ("constant", ["a"] * 120, ["a"] * 120),
        ("categorical", ["a", "b"] * 60, ["c"] * 120),
        ("boolean", [True, False] * 60, [True] * 120),
        ("text", ["some words"] * 120, [None] * 120),
        ("datetime", ["2020-01-31"] * 120, ["2020-02-01"] * 120),
    ],
)
def test_dull_and_foreign_columns_are_never_a_crash(
    metric: Metric, kind: str, train: list[Any], synthetic: list[Any], views: Tables
):
    names = ["x", "y"]
    tables = (dict.fromkeys(names, cells) for cells in (train, train, synthetic))
    result = run(metric, views(dict.fromkeys(names, kind), *tables, names[-1]))
    assert result.value is not None or result.reason
    assert result.value is None or np.isfinite(result.value)


@each_metric
@pytest.mark.parametrize("kind", ["numeric", "categorical", "identifier"])
def test_a_table_of_one_column_is_never_a_crash(metric: Metric, kind: str, views: Tables):
    cells = {"x": [str(i % 9) for i in range(110)]}
    result = run(metric, views({"x": kind}, cells, cells, cells, "x"))
    assert result.value is not None or result.reason


@each_metric
def test_a_result_without_a_value_says_why(metric: Metric, views: Tables):
    result = run(metric, views({}, {}, {}, {}))
    assert result.value is None
    assert result.reason
