from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from synthgen.metrics.fidelity.coverage import Coverage, columns_covered, rare_kept
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_labels_and_ranges_are_covered_as_worked_by_hand(views: Tables):
    real = {"c": ["a"] * 10 + ["b"] * 10 + ["c"] * 10 + ["rare"] * 2, "n": np.arange(32)}
    made = {"c": ["a", "b", "new"], "n": [4, 10, 19.3]}
    train, _, synthetic = views({"c": "categorical", "n": "numeric"}, real, real, made)
    assert columns_covered(train, synthetic) == pytest.approx({"c": 2 / 3, "n": (19.3 - 4) / (27 - 4)})


def test_rows_beyond_the_real_range_do_not_make_up_for_a_missing_end(views: Tables):
    real = {"n": np.arange(100.0)}
    train, _, synthetic = views({"n": "numeric"}, real, real, {"n": [50.0, 500.0]})
    assert columns_covered(train, synthetic)["n"] == pytest.approx(1 - (50 - 4) / (95 - 4))
    far = replace(synthetic, quantities={"n": np.array([500.0, 600.0])})
    assert columns_covered(train, far)["n"] == 0


def test_the_value_is_that_of_as_many_rows_as_were_held_out(views: Tables):
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, 201)
    draws = [{"c": rng.choice(200, n, p=shares / shares.sum()).astype(str)} for n in (8_000, 100, 8_000)]
    result = Coverage().compute(*views({"c": "categorical"}, *draws), rng)
    assert result.value is not None
    assert result.floor is not None
    assert result.value == pytest.approx(result.floor, abs=0.1)  # about 50 of 200 labels, standard error 0.02
    assert result.value < 0.5
    assert result.details["columns"]["c"]["all_rows"] > 0.95
    assert "100 of 8,000 rows, as many as were held out" in result.sentence


def test_rare_labels_that_were_lost_are_counted(views: Tables):
    real = {"c": ["often"] * 2_000 + [f"rare{i}" for i in range(10) for _ in range(6)] + ["single"]}
    made = {"c": ["often"] * 900 + [f"rare{i}" for i in range(7) for _ in range(3)]}
    train, _, synthetic = views({"c": "categorical"}, real, real, made)
    found = rare_kept(train, synthetic)
    assert (found["labels"], found["kept"]) == (10, 7)
    assert found["frequency_ratio"] == pytest.approx((21 / 921) / (60 / 2_061))
    result = Coverage().compute(train, train, synthetic, np.random.default_rng(0))
    assert "Of 10 rare labels the whole table has 7" in result.meaning
