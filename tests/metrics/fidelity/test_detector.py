from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from synthgen.metrics.base import Metric
from synthgen.metrics.fidelity import detector
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


@pytest.mark.parametrize(("columns", "words"), [(200, "rows; 0.5"), (400, "rows, columns cut into 127 bins; 0.5")])
def test_a_wide_table_is_cut_more_coarsely_which_is_said(
    views: Tables, monkeypatch: pytest.MonkeyPatch, columns: int, words: str
):
    seen: list[int] = []

    class Trees(HistGradientBoostingClassifier):
        def fit(self, *rows: Any, **settings: Any) -> Any:
            seen.append(self.max_bins)
            self.set_params(max_iter=2)
            return super().fit(*rows, **settings)

    monkeypatch.setattr(detector, "HistGradientBoostingClassifier", Trees)
    names = [f"c{i}" for i in range(columns)]
    tables = [
        dict(zip(names, np.random.default_rng(seed).normal(size=(columns, 100)), strict=True)) for seed in range(3)
    ]
    result = Detector().compute(*views(dict.fromkeys(names, "numeric"), *tables), np.random.default_rng(0))
    assert words in result.sentence
    assert set(seen) == {51_000 // columns}
