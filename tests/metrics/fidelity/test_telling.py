from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.fidelity.detector_critic import CriticDetector
from synthgen.metrics.fidelity.detector_logistic import LogisticDetector
from synthgen.metrics.fidelity.telling import example_rows
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, np.ndarray]]

each_detector = pytest.mark.parametrize(
    "detector", [Detector(), LogisticDetector(), CriticDetector()], ids=lambda one: one.name
)


def detect(detector: Any, tables: tuple[View, View, View], seed: int = 0) -> Result:
    return detector.compute(*tables, np.random.default_rng(seed))


@each_detector
def test_the_column_that_is_wrong_is_the_one_that_gives_rows_away(detector: Any, views: Tables, draw: Draw):
    wrong = draw(400, 2)
    wrong["age"] = wrong["age"] + np.where(np.arange(400) % 2, 40, 0)
    result = detect(detector, views(TYPES, draw(400, 0), draw(400, 1), wrong))
    telling = result.details["telling"]
    assert telling[0]["column"] == "age"
    assert telling[0]["drop"] > 0.1
    assert telling[1]["drop"] < telling[0]["drop"] / 2
    assert "What gives rows away: age" in result.meaning
    bars = result.charts[0]
    assert bars["labels"][0] == "age"


@each_detector
def test_the_rows_shown_are_synthetic_and_the_surest(detector: Any, views: Tables, draw: Draw):
    made = draw(400, 2)
    made["city"] = np.where(np.arange(400) % 4 == 0, "Atlantis", made["city"])
    result = detect(detector, views(TYPES, draw(400, 0), draw(400, 1), made))
    table = result.charts[1]
    assert len(table["rows"]) == 5
    assert all(row[table["headings"].index("city")] == "Atlantis" for row in table["rows"])
    scores = [row[0] for row in table["rows"]]
    assert scores == sorted(scores, reverse=True)


@each_detector
def test_no_row_that_copies_a_person_is_shown(detector: Any, views: Tables):
    rng = np.random.default_rng(0)
    types = dict.fromkeys("abcde", "numeric")
    train, holdout = ({name: rng.lognormal(size=300) for name in types} for _ in range(2))
    near = train | {"c": rng.lognormal(5, 1, size=300)}  # one cell of each row was changed
    for made in (train, near):
        result = detect(detector, views(types, train, holdout, made))
        assert result.details["examples_withheld"] == 30
        assert len(result.charts) == 1


def test_a_row_that_many_people_share_is_shown(views: Tables):
    types = {"a": "categorical", "b": "categorical"}
    real = {"a": ["x", "y"] * 20, "b": ["p", "p"] * 20}
    train, holdout, synthetic = views(types, real, real, {"a": ["x", "x"], "b": ["p", "q"]})
    assert example_rows(train, holdout, synthetic, np.array([1.0, 0.5]), ["a", "b"]) == ([0, 1], 0)
    few = train.take(np.arange(4))
    assert example_rows(few, few.take(np.arange(0)), synthetic, np.array([1.0, 0.5]), ["a", "b"]) == ([1], 1)


def test_logistic_regression_sees_a_wrong_column_and_no_broken_dependence(views: Tables, draw: Draw):
    apart = {name: np.random.default_rng(i).permutation(cells) for i, (name, cells) in enumerate(draw(400, 2).items())}
    shifted = draw(400, 2)
    shifted["age"] = shifted["age"] * 1.3
    fresh, blind, seen = (
        detect(LogisticDetector(), views(TYPES, draw(400, 0), draw(400, 1), made))
        for made in (draw(400, 2), apart, shifted)
    )
    assert fresh.value is not None
    assert blind.value is not None
    # standard error 0.02: false alarm 1 in 100,000
    assert abs(fresh.value - 0.5) < 0.09
    assert abs(blind.value - 0.5) < 0.09
    assert seen.interval is not None
    assert seen.interval[0] > 0.6


def test_a_missing_quantity_gives_itself_away_to_logistic_regression(views: Tables):
    rng = np.random.default_rng(0)
    train, holdout, made = ({"n": rng.normal(size=300)} for _ in range(3))
    made["n"][::3] = np.nan
    result = detect(LogisticDetector(), views({"n": "numeric"}, train, holdout, made))
    assert result.value is not None
    assert result.value > 0.6


@pytest.mark.parametrize("columns", [120, 600])
def test_wide_tables_are_asked_about_the_columns_that_differ_most(columns: int, views: Tables):
    rng = np.random.default_rng(0)
    types = {f"x{i}": "numeric" for i in range(columns)}
    train, holdout, made = ({name: rng.normal(size=120) for name in types} for _ in range(3))
    for name in list(types)[-20:]:
        made[name] = made[name] + 1.5
    result = detect(LogisticDetector(), views(types, train, holdout, made))
    assert result.details["columns"] == min(columns, 500)
    assert result.details["columns_asked"] == 100
    assert int(result.details["telling"][0]["column"][1:]) >= columns - 20
