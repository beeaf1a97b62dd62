from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from synthgen.metrics.fidelity.shape import Shape
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def measure(tables: tuple[View, View, View]) -> Any:
    return Shape().compute(*tables, np.random.default_rng(0))


def test_errors_and_floors_are_the_ones_worked_by_hand(views: Tables):
    tables = views(
        {"n": "numeric", "c": "categorical"},
        {"n": [1, 2, 3, 4], "c": ["a", "a", "b", None]},
        {"n": [1, 2], "c": ["a", "b"]},
        {"n": [3, 4, None, 4], "c": ["a", "z", "b", None]},
    )
    result = measure(tables)
    scale = np.sqrt((1 / 4 + 1 / 4) / (1 / 4 + 1 / 2))
    columns = result.details["columns"]
    assert (columns["n"]["error"], columns["n"]["floor"]) == pytest.approx((0.5, 0.5 * scale))  # present values only
    assert (columns["c"]["error"], columns["c"]["floor"]) == pytest.approx((0.25, 0.25 * scale))  # missing is a label
    assert columns["n"]["missing"] == {"real": 0.0, "synthetic": 0.25, "holdout": 0.0}
    assert columns["c"]["missing"] == {"real": 0.25, "synthetic": 0.25, "holdout": 0.0}
    assert columns["n"]["wasserstein"] == pytest.approx((7 / 6) / np.std([1, 2, 3, 4]))  # 3.67 on average against 2.5
    assert result.value == pytest.approx(0.375)
    assert result.floor == pytest.approx(0.375 * scale)


def test_a_column_of_another_range_is_wholly_wrong(views: Tables):
    tables = views({"n": "numeric"}, {"n": [1, 2]}, {"n": [1]}, {"n": [8, 9]})
    assert measure(tables).value == 1.0


def test_the_wasserstein_distance_is_that_of_scipy(views: Tables):
    rng = np.random.default_rng(1)
    real, made = rng.gamma(2, 3, 400), rng.gamma(2, 4, 300)
    found = measure(views({"n": "numeric"}, {"n": real}, {"n": real[:100]}, {"n": made})).details["columns"]["n"]
    assert found["wasserstein"] == pytest.approx(wasserstein_distance(real, made) / real.std(), abs=1e-9)
    floor = wasserstein_distance(real, real[:100]) / real.std()
    assert found["wasserstein_floor"] == pytest.approx(floor, abs=1e-9)


def test_a_thin_tail_is_told_from_a_heavy_one(views: Tables):
    def pareto(index: float, seed: int) -> dict[str, np.ndarray]:
        return {"n": 1 / (1 - np.random.default_rng(seed).random(20_000)) ** (1 / index)}

    found = measure(views({"n": "numeric"}, pareto(1.5, 0), pareto(1.5, 1), pareto(3, 2))).details["columns"]["n"]
    index = found["tail_index"]
    # standard error 1.5 / sqrt(1000) = 0.05 and 0.1: false alarm below 1 in 10,000
    assert index["real"] == pytest.approx(1.5, abs=0.2)
    assert index["holdout"] == pytest.approx(1.5, abs=0.2)
    assert index["synthetic"] == pytest.approx(3, abs=0.4)
    assert found["extremes"]["0.99"]["real"] == pytest.approx(100 ** (1 / 1.5), rel=0.2)
    assert found["extremes"]["0.99"]["synthetic"] == pytest.approx(100 ** (1 / 3), rel=0.2)


def test_no_quantile_is_given_beyond_which_fewer_rows_lie_than_min_holders(views: Tables):
    rng = np.random.default_rng(0)
    tables = views({"n": "numeric"}, *({"n": rng.pareto(1, n)} for n in (4_000, 300, 6_000)))
    extremes = measure(tables).details["columns"]["n"]["extremes"]
    assert list(extremes) == ["0.99"]  # 4 rows lie beyond 0.999
    assert extremes["0.99"]["holdout"] is None
    assert extremes["0.99"]["synthetic"] is not None


def test_overlays_show_both_tables_and_name_their_column(views: Tables, draw: Callable[[int, int], dict[str, Any]]):
    types = {"age": "numeric", "city": "categorical", "buys": "boolean"}
    result = measure(views(types, draw(400, 0), draw(400, 1), draw(300, 2)))
    assert [chart["column"] for chart in result.charts] == ["age", "city", "buys"]
    lines, bars = result.charts[0], result.charts[1]
    assert [one["name"] for one in lines["series"]] == ["real", "synthetic"]
    assert bars["labels"] == ["Bonn", "Kiel", "Ulm"]
    for shares in bars["series"].values():
        assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_only_the_sixty_columns_farthest_off_are_drawn(views: Tables):
    rng = np.random.default_rng(0)
    table = {f"x{i}": rng.integers(0, 3, 40).astype(str) for i in range(70)}
    made = table | {"x69": ["9"] * 40}
    result = measure(views(dict.fromkeys(table, "categorical"), table, table, made))
    assert len(result.charts) == 60
    assert "x69" in [chart["column"] for chart in result.charts]
    assert "farthest off is x69 (100 %)" in result.meaning


def test_no_rare_label_and_no_single_value_of_a_real_row_is_shown(views: Tables):
    rng = np.random.default_rng(0)
    n = 300
    table = {
        "city": ["Bonn"] * (n - 9) + ["Kiel"] * 6 + ["Xanten"] * 3,
        "income": np.append(rng.gamma(2, 2e4, n - 1), 98765432.1),
        "height": np.round(rng.normal(170, 10, n), 7),
    }
    types = {"city": "categorical", "income": "numeric", "height": "numeric"}
    written = json.dumps(measure(views(types, table, table, table)).to_json())
    assert "Bonn" in written
    assert "Xanten" not in written
    assert "98765" not in written
    assert not [value for value in table["height"] if str(value) in written]
