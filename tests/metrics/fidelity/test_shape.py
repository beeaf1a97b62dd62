from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.fidelity.shape import Shape
from synthgen.metrics.view import View


def test_errors_and_floors_are_the_ones_worked_by_hand(views: Callable[..., tuple[View, View, View]]):
    tables = views(
        {"n": "numeric", "c": "categorical"},
        {"n": [1, 2, 3, 4], "c": ["a", "a", "b", None]},
        {"n": [1, 2], "c": ["a", "b"]},
        {"n": [3, 4, None, 4], "c": ["a", "z", "b", None]},
    )
    result = Shape().compute(*tables, np.random.default_rng(0))
    scale = np.sqrt((1 / 4 + 1 / 4) / (1 / 4 + 1 / 2))
    columns = result.details["columns"]
    assert columns["n"] == pytest.approx({"error": 0.5, "floor": 0.5 * scale})  # present values only
    assert columns["c"] == pytest.approx({"error": 0.25, "floor": 0.25 * scale})  # missing is a label
    assert result.value == pytest.approx(0.375)
    assert result.floor == pytest.approx(0.375 * scale)


def test_a_column_of_another_range_is_wholly_wrong(views: Callable[..., tuple[View, View, View]]):
    tables = views({"n": "numeric"}, {"n": [1, 2]}, {"n": [1]}, {"n": [8, 9]})
    assert Shape().compute(*tables, np.random.default_rng(0)).value == 1.0
