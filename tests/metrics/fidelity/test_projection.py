from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.fidelity.projection import Projection
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
TYPES = {"a": "numeric", "b": "numeric", "c": "numeric", "d": "categorical"}


def stretched(n: int, seed: int, sign: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    return {
        "a": a,
        "b": sign * a + 0.1 * rng.normal(size=n),
        "c": rng.normal(size=n),
        "d": rng.choice(["p", "q"], n, p=[0.9, 0.1]),
    }


def measure(tables: tuple[View, View, View]) -> Result:
    return Projection().compute(*tables, np.random.default_rng(0))


def test_the_first_axis_is_the_one_on_which_rows_spread_most(views: Tables):
    result = measure(views(TYPES, stretched(2_000, 0), stretched(2_000, 1), stretched(2_000, 2)))
    first, second = result.details["axes"]
    assert set(first["columns"][:2]) == {"a", "b"}
    assert second["columns"][0] == "c"
    assert first["share_of_spread"] == pytest.approx(2 / 3.18, abs=0.05)  # ranks of a and b, of c, and d's two features
    assert result.floor is not None
    assert result.value == pytest.approx(result.floor, rel=0.3)


def test_rows_turned_the_other_way_are_seen(views: Tables):
    result = measure(views(TYPES, stretched(2_000, 0), stretched(2_000, 1), stretched(2_000, 2, sign=-1)))
    assert result.value is not None
    assert result.floor is not None
    assert result.value > 3 * result.floor


def test_cells_of_too_few_real_rows_are_empty_and_no_real_row_is_a_point(views: Tables):
    tables = views(TYPES, stretched(8_000, 0), stretched(800, 1), stretched(8_000, 2))
    result = measure((replace(tables[0], min_holders=15), *tables[1:]))
    overlay, real, synthetic, difference = result.charts
    assert [one["name"] for one in overlay["series"]] == ["real", "synthetic"]
    hidden = np.array([[cell is None for cell in line] for line in real["values"]])
    shares = np.array(real["values"], dtype=float)
    assert hidden.any()
    assert ((shares[~hidden] == 0) | (shares[~hidden] >= 15 / 8_000 - 1e-5)).all()
    assert np.array_equal(hidden, np.array([[cell is None for cell in line] for line in difference["values"]]))
    assert np.array(synthetic["values"], dtype=float).sum() == pytest.approx(1, abs=0.01)
    assert np.shape(real["values"]) == (20, 20)


def test_columns_that_do_not_vary_have_no_axis(views: Tables):
    table = {"a": [1.0] * 60}
    assert measure(views({"a": "numeric"}, table, table, table)).reason == "the training rows do not vary"
