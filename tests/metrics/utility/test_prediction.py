from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.utility import prediction
from synthgen.metrics.utility.prediction import Prediction
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, np.ndarray]]


def test_synthetic_rows_without_the_dependence_teach_nothing(views: Tables, draw: Draw):
    broken = draw(400, 2)
    broken["buys"] = np.random.default_rng(5).permutation(broken["buys"])
    result = Prediction().compute(*views(TYPES, draw(400, 0), draw(500, 1), broken, "buys"), np.random.default_rng(0))
    assert result.title == "Prediction AUC"
    assert result.floor is not None
    assert result.floor > 0.8
    assert result.details["gap_interval"][1] < -0.1
    assert result.details["gap"] == pytest.approx(result.value - result.floor)


def test_a_number_is_predicted_by_regression(views: Tables, draw: Draw):
    tables = []
    for seed in range(3):
        rows = draw(300, seed)
        rows["spent"] = 2 * rows["age"] + np.random.default_rng(seed).normal(size=300)
        tables.append(rows)
    result = Prediction().compute(*views(TYPES | {"spent": "numeric"}, *tables, "spent"), np.random.default_rng(0))
    assert result.title == "Prediction R2"
    assert result.value is not None
    assert result.value > 0.9
    assert result.details["rmse"] < 12


def test_a_heavy_tailed_number_is_predicted_by_its_logarithm(views: Tables, draw: Draw):
    tables = [draw(300, seed) for seed in range(3)]
    for rows in tables:
        rows["followers"] = np.round(np.exp(rows["age"] / 6))
        rows["followers"][:2] = 1e14
    result = Prediction().compute(
        *views(TYPES | {"followers": "numeric"}, *tables, "followers"), np.random.default_rng(0)
    )
    assert result.title == "Prediction R2 of the log"
    assert result.value is not None
    assert result.value > 0.4


def test_a_class_that_was_never_generated_counts_as_a_guess(views: Tables, draw: Draw):
    tables = [draw(300, seed) for seed in range(3)]
    for rows in tables:
        rows["kind"] = np.select([rows["age"] > 45, rows["age"] > 30], ["old", "middle"], "young")
    made = tables[2]
    made["kind"] = np.where(made["kind"] == "old", "middle", made["kind"])
    result = Prediction().compute(*views(TYPES | {"kind": "categorical"}, *tables, "kind"), np.random.default_rng(0))
    assert result.details["classes"] == 3
    assert result.details["classes_never_generated"] == 1
    assert result.value is not None
    assert result.floor is not None
    others = tables[1]["kind"][tables[1]["kind"] != "middle"]
    middle = 1 - (others == "old").mean() / 2  # the old are taken for the middle: ties
    assert result.value == pytest.approx((1 + middle + 0.5) / 3, abs=0.03)
    assert result.floor > 0.98


def test_rare_classes_are_predicted_as_one(views: Tables, draw: Draw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prediction, "MOST_CLASSES", 2)
    tables = [draw(300, seed) for seed in range(3)]
    result = Prediction().compute(*views(TYPES, *tables, "city"), np.random.default_rng(0))
    assert result.details["classes"] == 3  # Bonn, Kiel, the rest


def test_rows_whose_target_is_missing_are_left_out(views: Tables, draw: Draw):
    tables = [draw(200, seed) for seed in range(3)]
    for rows in tables:
        rows["buys"] = [None if i < 120 else value for i, value in enumerate(rows["buys"])]
    result = Prediction().compute(*views(TYPES, *tables, "buys"), np.random.default_rng(0))
    assert "tested on 80 held-out" in result.sentence


@pytest.mark.parametrize("target", [None, "gone"])
def test_without_a_target_there_is_nothing_to_predict(target: str | None, views: Tables, draw: Draw):
    tables = [draw(60, seed) for seed in range(3)]
    assert Prediction().compute(*views(TYPES, *tables, target), np.random.default_rng(0)).value is None
