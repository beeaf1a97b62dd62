from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from synthgen.metrics.utility.calibration import Calibration, calibration_error
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, Any]]


def test_the_error_is_what_a_loop_over_bins_finds():
    rng = np.random.default_rng(0)
    chances = rng.random(1000)
    hits = rng.random(1000) < chances**2
    error, influence, curve = calibration_error(chances, hits, 10)
    order = np.argsort(chances)
    slow = sum(abs(chances[part].mean() - hits[part].mean()) * len(part) / 1000 for part in np.array_split(order, 10))
    assert error == pytest.approx(slow)
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    assert [point["rows"] for point in curve] == [100] * 10


def test_true_probabilities_are_off_by_chance_only_and_bold_ones_by_what_they_are_bold():
    rng = np.random.default_rng(1)
    chances = rng.choice([0.3, 0.7], 20_000)
    hits = rng.random(20_000) < chances
    true, _, _ = calibration_error(chances, hits, 10)
    bold, influence, curve = calibration_error(np.where(chances > 0.5, 0.9, 0.1), hits, 10)
    assert true < 0.015  # two shares with standard error 0.0046: false alarm below 1 in 1,000
    assert bold == pytest.approx(0.2, abs=0.015)
    assert len(curve) == 2
    assert np.sqrt((influence**2).mean() / 20_000) == pytest.approx(np.sqrt(0.21 / 20_000), rel=0.05)


def test_flipped_labels_are_badly_calibrated(views: Tables, draw: Draw):
    flipped = draw(300, 2)
    flipped["buys"] = np.where(flipped["buys"] == "yes", "no", "yes")
    result = Calibration().compute(*views(TYPES, draw(300, 0), draw(500, 1), flipped, "buys"), np.random.default_rng(0))
    assert result.value is not None
    assert result.floor is not None
    assert result.value > 0.4
    assert result.floor < 0.12
    assert result.interval is not None
    assert result.interval[0] < result.value < result.interval[1]
    assert result.details["bins"] == 10
    assert all(point["rows"] >= 50 for point in result.details["curve"])
    assert [series["name"] for series in result.charts[0]["series"]] == [
        "perfect",
        "trained on real",
        "trained on synthetic",
    ]


def test_of_many_classes_the_predicted_one_is_judged(views: Tables, draw: Draw):
    result = Calibration().compute(
        *views(TYPES, *(draw(200, seed) for seed in range(3)), "city"), np.random.default_rng(0)
    )
    assert result.details["of"] == "the predicted class"
    assert result.value is not None
    assert result.value < 0.3


def test_a_number_has_no_probabilities(views: Tables, draw: Draw):
    tables = views(TYPES, *(draw(60, seed) for seed in range(3)), "age")
    assert "the target is a number" in Calibration().compute(*tables, np.random.default_rng(0)).reason
