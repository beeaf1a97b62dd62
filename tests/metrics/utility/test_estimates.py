from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import linregress
from sklearn.linear_model import LogisticRegression

from synthgen.metrics.base import Result
from synthgen.metrics.utility.estimates import EstimatesOverlap, interval_overlap, least_squares, logistic
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, Any]]


def run(tables: tuple[View, View, View]) -> Result:
    return EstimatesOverlap().compute(*tables, np.random.default_rng(0))


def test_the_overlap_of_intervals_is_the_mean_of_two_shares():
    assert interval_overlap((3.0, 1.0), (3.0, 1.0)) == 1
    assert interval_overlap((0.0, 1.0), (1.959963984540054, 1.0)) == pytest.approx(0.5)
    assert interval_overlap((0.0, 1.0), (4.0, 1.0)) == 0
    assert interval_overlap((0.0, 2.0), (0.0, 1.0)) == pytest.approx((0.5 + 1) / 2)


def test_two_samples_of_the_same_people_overlap_by_what_theory_says():
    pairs = np.random.default_rng(0).normal(size=(4000, 2))
    overlaps = [interval_overlap((a, 1.0), (b, 1.0)) for a, b in pairs]
    expected = 1 - 2 / np.sqrt(np.pi) / (2 * 1.959964)  # mean distance of two normals over the width of an interval
    assert expected == pytest.approx(0.712, abs=1e-3)
    assert np.mean(overlaps) == pytest.approx(expected, abs=0.015)  # standard error 0.0034


def test_least_squares_is_simple_regression_for_one_column():
    rng = np.random.default_rng(1)
    x = rng.normal(size=80)
    y = 2 * x + rng.normal(size=80)
    expected = linregress(x, y)
    assert least_squares(x[:, None], y)[0] == pytest.approx((expected.slope, expected.stderr))


def test_logistic_regression_is_that_of_scikit_learn_and_its_error_that_of_a_two_by_two_table():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(500, 2))
    y = (rng.random(500) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    model = LogisticRegression(C=1e10, tol=1e-8, max_iter=1000).fit(x, y)
    assert [weight for weight, _ in logistic(x, y)] == pytest.approx(list(model.coef_[0]), abs=1e-4)
    table = np.array([[30, 20], [10, 40]])  # the log odds ratio and its error (Woolf 1955)
    group, won = np.repeat([0.0, 0.0, 1.0, 1.0], table.ravel()), np.repeat([0.0, 1.0, 0.0, 1.0], table.ravel())
    ratio, error = logistic(group[:, None], won)[0]
    assert ratio == pytest.approx(np.log(30 * 40 / (20 * 10)), abs=1e-3)
    assert error == pytest.approx(np.sqrt((1 / table).sum()), abs=1e-3)


def test_flipped_labels_turn_the_coefficients(views: Tables, draw: Draw):
    flipped = draw(400, 2)
    flipped["buys"] = np.where(flipped["buys"] == "yes", "no", "yes")
    result = run(views(TYPES, draw(400, 0), draw(400, 1), flipped, "buys"))
    coefficients = result.details["coefficients"]
    age = next(one for one in coefficients["least"] if one["of"] == "age")
    assert age["overlap"] == 0
    assert np.sign(age["real"]) == -np.sign(age["synthetic"])
    assert coefficients["overlap"] < coefficients["floor"]
    assert result.value is not None
    assert result.floor is not None
    assert result.value < result.floor


def test_equal_tables_overlap_wholly(views: Tables, draw: Draw):
    result = run(views(TYPES, draw(400, 0), draw(400, 1), draw(400, 0), "buys"))
    assert result.value == pytest.approx(1)
    assert result.details["means"]["n"] == 5  # age by three cities and by two answers
    assert result.meaning == "Of 8 estimates 8 agree within their intervals; 0 are apart from the real ones."


def test_a_column_that_repeats_another_has_no_coefficient(views: Tables, draw: Draw):
    tables = [draw(300, seed) for seed in range(3)]
    for rows in tables:
        rows["again"] = 2 * rows["age"] + 1
    result = run(views(TYPES | {"again": "numeric"}, *tables, "buys"))
    assert {one["of"] for one in result.details["coefficients"]["least"]} == {"age", "city = Kiel", "city = Ulm"}


def test_a_column_that_is_constant_in_synthetic_rows_overlaps_by_nothing(views: Tables, draw: Draw):
    made = draw(300, 2)
    made["age"][:] = 30.0
    result = run(views(TYPES, draw(300, 0), draw(300, 1), made, "buys"))
    worst = result.details["coefficients"]["least"][0]
    assert (worst["of"], worst["synthetic"], worst["overlap"]) == ("age", None, 0)


def test_top_lists_are_compared_by_what_they_share(views: Tables):
    towns = [f"town{i}" for i in range(8)]
    rng = np.random.default_rng(0)

    def rows(first: int, rich: list[int]) -> dict[str, Any]:
        """50 people in each town, 10 more in four of them; those in the rich ones earn more."""
        town = np.repeat(towns, [60 if first <= i < first + 4 else 50 for i in range(8)])
        earns = rng.normal(size=len(town)) + 10 * np.isin(town, [towns[i] for i in rich])
        return {"town": town, "earns": earns}

    types = {"town": "categorical", "earns": "numeric"}
    real, made = rows(0, [0, 1, 2, 3]), rows(2, [0, 1, 2, 7])
    result = run(views(types, real, real, made))
    assert result.details["top_labels"]["least"] == {"town": 0.5}  # towns 0 to 3 against 2 to 5
    assert result.details["top_groups"]["least"] == {"earns by town": 0.75}
    assert result.details["top_labels"]["floor"] == 1
    assert result.details["coefficients"]["n"] == 0  # no target


def test_many_pairs_are_sampled_and_that_is_said(views: Tables):
    rng = np.random.default_rng(0)
    numbers = {f"x{i}": rng.normal(size=120) for i in range(30)}
    labels = {f"c{i}": rng.choice(["a", "b"], 120) for i in range(10)}
    types = dict.fromkeys(numbers, "numeric") | dict.fromkeys(labels, "categorical")
    result = run(views(types, *[numbers | labels] * 3))
    assert "of 200 of 300 pairs of columns" in result.sentence
    assert result.details["means"]["n"] == 400
