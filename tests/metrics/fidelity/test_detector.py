from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.base import Metric
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.fidelity.detector_critic import CriticDetector
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, np.ndarray]]
both = pytest.mark.parametrize("metric", [Detector(), CriticDetector()], ids=lambda metric: metric.name)


@both
def test_rows_of_the_same_world_cannot_be_told_apart(metric: Metric, views: Tables, draw: Draw):
    result = metric.compute(*views(TYPES, draw(400, 0), draw(400, 1), draw(400, 2)), np.random.default_rng(0))
    assert result.value is not None
    assert abs(result.value - 0.5) < 0.09  # standard error 0.02: false alarm 1 in 100,000
    assert result.interval is not None
    assert result.interval[0] < result.value < result.interval[1]


@both
def test_a_broken_dependence_is_seen_though_every_column_is_right(metric: Metric, views: Tables, draw: Draw):
    broken = draw(400, 2)
    broken["buys"] = np.random.default_rng(5).permutation(broken["buys"])
    result = metric.compute(*views(TYPES, draw(400, 0), draw(400, 1), broken), np.random.default_rng(0))
    assert result.interval is not None
    assert result.interval[0] > 0.6


@both
def test_labels_that_one_table_lacks_by_chance_give_nothing_away(metric: Metric, views: Tables):
    tables = ({"place": np.random.default_rng(seed).integers(0, 3000, 300).astype(str)} for seed in range(3))
    result = metric.compute(*views({"place": "categorical"}, *tables), np.random.default_rng(0))
    assert result.floor is not None
    assert abs(result.floor - 0.5) < 0.11  # standard error 0.024: false alarm 1 in 100,000


@both
def test_a_hundred_rows_of_each_kind_are_needed(metric: Metric, views: Tables, draw: Draw):
    result = metric.compute(*views(TYPES, draw(400, 0), draw(99, 1), draw(400, 2)), np.random.default_rng(0))
    assert result.value is None
    assert "99 rows of each kind are too few" in result.reason
