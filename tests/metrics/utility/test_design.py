from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.utility.design import Design
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


@pytest.fixture
def view(views: Tables) -> View:
    rows = {"x": [1.0, 3.0, None, 1.0, 3.0], "city": ["b", "a", "b", "c", "b"], "none": [None] * 5}
    return views({"x": "numeric", "city": "categorical", "none": "missing"}, rows, rows, rows)[0]


def test_quantities_are_standardised_and_labels_become_indicators(view: View):
    design = Design.learn(view, ["x", "city"])
    assert design.columns == [("x", None), ("x", -1), ("city", 0), ("city", 2)]  # b, the most frequent, is code 1
    expected = [[-1, 0, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 1], [1, 0, 0, 0]]
    assert design.apply(view) == pytest.approx(np.array(expected, dtype=float), abs=0.02)  # cut at 0.5 % of 4 values


def test_a_label_with_few_rows_gets_no_indicator(view: View):
    assert Design.learn(view, ["x", "city"], fewest=2).columns == [("x", None)]


def test_columns_without_a_value_make_no_trouble(view: View):
    assert Design.learn(view, ["none"]).apply(view).shape == (5, 0)
