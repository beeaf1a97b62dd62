from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.privacy.copies import Copies, round_digits
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_copies_are_counted_in_synthetic_and_in_held_out_rows(views: Tables):
    tables = views(
        {"x": "numeric", "c": "categorical", "name": "identifier"},
        {"x": ["1", "2", None], "c": ["a", "b", None], "name": ["u1", "u2", "u3"]},
        {"x": ["1", "1"], "c": ["a", "b"], "name": ["u4", "u5"]},
        {"x": ["1.0", "2", None, "3"], "c": ["a", "a", None, "b"], "name": ["v1", "v2", "v3", "v4"]},
    )
    result = Copies().compute(*tables, np.random.default_rng(0))
    assert result.value == 0.5  # 1.0 is 1, and missing equals missing
    assert result.floor == 0.5
    assert result.interval == binomial_interval(2, 4)


def test_numbers_agree_in_twelve_digits():
    values = round_digits(np.array([0.1 + 0.2, 0.3, 123456789.012, 123456789.013, -0.0, 0.0, 999999999999.9, 1e12]))
    assert values[0] == values[1]
    assert values[2] != values[3]
    assert values[4] == values[5] == 0
    assert values[6] == values[7]
    assert np.isnan(round_digits(np.array([np.nan]))[0])


@pytest.mark.parametrize("value", [1e300, 5e-324, -1e-300, 1.7976931348623157e308])
def test_extreme_numbers_stay_finite(value: float):
    assert np.isfinite(round_digits(np.array([value]))[0])
