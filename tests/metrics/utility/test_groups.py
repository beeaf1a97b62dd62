from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.utility.groups import Groups
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "sex": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]


def people(n: int, seed: int, few: int = 10) -> dict[str, Any]:
    """Old people buy, whatever their sex; ``few`` rows are of a third one."""
    rng = np.random.default_rng(seed)
    age, sex = rng.uniform(20, 80, n), rng.choice(["f", "m"], n)
    sex[:few] = "x"
    return {"age": age, "sex": sex, "buys": np.where(age > 45, "yes", "no")}


def run(tables: tuple[View, View, View]) -> Result:
    return Groups().compute(*tables, np.random.default_rng(0))


def test_the_group_whose_labels_are_flipped_is_served_worst(views: Tables):
    made = people(400, 2)
    made["buys"] = np.where((made["sex"] == "f") ^ (made["age"] > 45), "yes", "no")
    result = run(views(TYPES, people(400, 0), people(400, 1), made, "buys"))
    assert result.details["worst"]["label"] == "f"
    assert result.value is not None
    assert result.value > 0.9
    assert result.floor is not None
    assert result.floor < 0.05
    assert result.interval is not None
    assert result.interval[0] < result.value <= result.interval[1]
    equal = result.details["equal_opportunity"][0]
    assert equal["column"] == "sex"
    assert equal["difference"] > 0.8
    assert equal["difference_trained_on_real"] < 0.1
    assert "sex = f" in result.meaning


def test_a_group_with_few_rows_is_left_out_and_counted(views: Tables):
    result = run(views(TYPES, *(people(300, seed) for seed in range(3)), "buys"))
    assert result.details["groups"] == 2
    assert result.details["groups_left_out"] == 1
    assert "1 groups have fewer than 30 and are left out" in result.sentence
    assert {one["label"] for one in result.details["served"]} == {"f", "m"}


def test_a_label_that_few_training_rows_hold_is_no_group_though_many_held_out_rows_do(views: Tables):
    tables = (people(300, 0, few=3), people(300, 1, few=100), people(300, 2, few=100))
    result = run(views(TYPES, *tables, "buys"))
    assert result.details["groups_left_out"] == 1
    assert '"x"' not in json.dumps(result.to_json())


def test_the_error_of_a_number_is_over_that_of_a_guess(views: Tables):
    tables = [people(300, seed) for seed in range(3)]
    tables[2]["age"] = np.where(tables[2]["buys"] == "yes", 50.0, 50.0)
    result = run(views(TYPES, *tables, "age"))
    assert result.unit == "score"
    assert result.value is not None
    assert result.value == pytest.approx(1, abs=0.4)  # guesses 50 for all
    assert result.floor is not None
    assert result.floor < 0.8
    assert result.details["equal_opportunity"] == []


def test_without_a_column_of_few_labels_there_are_no_groups(views: Tables):
    rows = {"age": np.arange(100.0), "id": np.arange(100) % 50, "buys": ["yes", "no"] * 50}
    types = {"age": "numeric", "id": "categorical", "buys": "boolean"}
    assert "no label column has 2 to 10 labels" in run(views(types, rows, rows, rows, "buys")).reason
