from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.fidelity.conditional import Conditional
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def measure(tables: tuple[View, View, View]) -> Result:
    return Conditional().compute(*tables, np.random.default_rng(0))


def test_errors_within_classes_are_the_ones_worked_by_hand(views: Tables):
    types = {"n": "numeric", "c": "categorical", "y": "categorical"}
    real = {"n": [0, 2] * 20 + [4, 6] * 10, "c": ["p"] * 40 + ["p", "q"] * 10, "y": ["low"] * 40 + ["high"] * 20}
    made = {"n": [2, 2] * 20 + [5, 5] * 10, "c": ["q"] * 40 + ["p", "q"] * 10, "y": ["low"] * 40 + ["high"] * 20}
    result = measure(views(types, real, real, made, "y"))
    spread = np.std(real["n"])
    columns = result.details["columns"]
    assert columns["n"]["error"] == pytest.approx((40 / 60) * 1 / spread)  # means 1 and 2, then 5 and 5
    assert columns["c"]["error"] == pytest.approx(40 / 60)  # wholly off in the larger class, right in the other
    assert result.value == pytest.approx((columns["n"]["error"] + columns["c"]["error"]) / 2)
    assert result.floor == pytest.approx(0)
    assert result.details["groups"] == ["low", "high"]
    heat, bars = result.charts
    assert heat["rows"] == ["c", "n"]
    assert bars["series"] == {"real": [1.0, 5.0], "synthetic": [2.0, 5.0]}


def test_means_that_change_the_wrong_way_along_a_number_are_seen(views: Tables):
    def rows(n: int, seed: int, sign: float) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        y = rng.normal(size=n)
        return {"x": sign * y + rng.normal(size=n), "y": y}

    types = {"x": "numeric", "y": "numeric"}
    good = measure(views(types, rows(2_000, 0, 1), rows(2_000, 1, 1), rows(2_000, 2, 1), "y"))
    bad = measure(views(types, rows(2_000, 0, 1), rows(2_000, 1, 1), rows(2_000, 2, -1), "y"))
    assert good.value is not None
    assert good.floor is not None
    assert bad.value is not None
    assert good.value < 2 * good.floor
    assert bad.value == pytest.approx(2 * 0.8 / np.sqrt(2), rel=0.1)  # E|y| = 0.8, on both sides
    assert len(bad.details["groups"]) == 10


def test_a_class_that_was_never_generated_is_wholly_off(views: Tables):
    types = {"c": "categorical", "y": "categorical"}
    real = {"c": ["p"] * 60, "y": ["a"] * 30 + ["b"] * 30}
    result = measure(views(types, real, real, {"c": ["p"] * 60, "y": ["a"] * 60}, "y"))
    assert result.value == pytest.approx(0.5)


def test_small_classes_are_neither_measured_nor_named(views: Tables):
    rng = np.random.default_rng(0)
    real = {"n": rng.normal(size=100), "y": ["a"] * 50 + ["b"] * 45 + ["zebra"] * 5}
    result = measure(views({"n": "numeric", "y": "categorical"}, real, real, real, "y"))
    assert result.details["groups"] == ["a"]  # 5 alone would be too few: b joins them
    assert "zebra" not in json.dumps(result.to_json())


@pytest.mark.parametrize("target", [None, "name"])
def test_without_a_target_it_does_not_apply(target: Any, views: Tables):
    table = {"n": [1, 2], "name": ["x", "y"]}
    result = measure(views({"n": "numeric", "name": "identifier"}, table, table, table, target))
    assert result.reason == "no target with values was named"
