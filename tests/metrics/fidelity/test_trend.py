from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from synthgen.metrics.fidelity import trend
from synthgen.metrics.fidelity.trend import Trend, correlations, equal_width, pair_errors
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_correlations_use_the_rows_where_both_are_present():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 4)) * [1, 1e6, 1e-3, 1] + [0, 5, 1, 1e4]
    values[rng.random((80, 4)) < 0.2] = np.nan
    slow = pd.DataFrame(values).corr(min_periods=2).to_numpy()
    assert correlations(values) == pytest.approx(slow, abs=1e-9)


def test_a_column_that_does_not_vary_has_no_correlation():
    values = np.array([[1.0, 0.1], [2.0, 0.1], [3.0, 0.1], [4.0, np.nan]])
    assert np.isnan(correlations(values)[0, 1])


def test_bins_are_those_of_numpy_with_one_for_the_upper_end_and_one_for_missing():
    values = np.array([0.0, 0.99, 1.0, 9.5, 10.0, np.nan])
    assert equal_width(values).tolist() == [1, 1, 2, 10, 11, 12]
    assert equal_width(np.array([1e17, 1e17])).tolist() == [11, 11]


def test_the_error_of_each_kind_of_pair_is_the_one_worked_slowly(views: Tables):
    rng = np.random.default_rng(1)

    def rows(n: int, slope: float) -> dict[str, object]:
        x = rng.normal(size=n)
        y = slope * x + rng.normal(size=n)
        return {"x": x, "y": y, "c": np.where(x > 0.5, "high", "low"), "d": rng.choice(["p", "q", "r"], n)}

    real, made = rows(200, 1.0), rows(150, -1.0)
    types = {"x": "numeric", "y": "numeric", "c": "categorical", "d": "categorical"}
    train, _, synthetic = views(types, real, real, made)
    found = pair_errors(train, synthetic, [("x", "y"), ("c", "d"), ("y", "d")])

    def gap(one: list[tuple[object, object]], other: list[tuple[object, object]]) -> float:
        a, b = Counter(one), Counter(other)
        return sum(abs(a[k] / len(one) - b[k] / len(other)) for k in a | b) / 2

    def bins(values: object) -> list[int]:
        return np.digitize(values, np.histogram_bin_edges(values, 10)).tolist()

    rho = [np.corrcoef(t["x"], t["y"])[0, 1] for t in (real, made)]
    assert found["x", "y"] == pytest.approx(abs(rho[0] - rho[1]) / 2, abs=1e-6)
    joint = [list(zip(t["c"], t["d"], strict=True)) for t in (real, made)]
    assert found["c", "d"] == pytest.approx(gap(*joint), abs=1e-6)
    joint = [list(zip(bins(t["y"]), t["d"], strict=True)) for t in (real, made)]
    assert found["y", "d"] == pytest.approx(gap(*joint), abs=1e-6)


def test_a_flat_synthetic_column_counts_as_uncorrelated_and_a_flat_real_one_is_left_out(views: Tables):
    types = {"x": "numeric", "y": "numeric", "z": "numeric"}
    real = {"x": [1, 2, 3], "y": [1, 2, 3], "z": [5, 5, 5]}
    train, _, synthetic = views(types, real, real, {"x": [1, 2, 3], "y": [2, 2, 2], "z": [1, 2, 3]})
    found = pair_errors(train, synthetic, [("x", "y"), ("x", "z")])
    assert found == pytest.approx({("x", "y"): 0.5})


def test_the_worst_pair_is_the_one_farthest_above_its_floor(views: Tables):
    rng = np.random.default_rng(2)

    def rows(n: int, tied: bool) -> dict[str, object]:
        a, b = rng.choice(["p", "q"], n), rng.choice(["p", "q"], n)
        return {"many": rng.integers(0, 60, n).astype(str), "a": a, "b": a if tied else b}

    types = {"many": "categorical", "a": "categorical", "b": "categorical"}
    result = Trend().compute(*views(types, rows(300, True), rows(300, True), rows(300, False)), rng)
    assert (result.details["pairs"][0]["first"], result.details["pairs"][0]["second"]) == ("a", "b")


def test_many_pairs_are_sampled_and_the_result_says_so(views: Tables, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trend, "MOST_PAIRS", 10)
    rng = np.random.default_rng(3)
    table = {f"x{i}": rng.normal(size=40) for i in range(8)}
    result = Trend().compute(*views(dict.fromkeys(table, "numeric"), table, table, table), rng)
    assert result.value == pytest.approx(0, abs=1e-12)
    assert result.sentence == "mean of 10 pairs, a sample of 28"


def test_three_heat_charts_show_the_pair_that_was_broken(views: Tables):
    rng = np.random.default_rng(4)
    x, c = rng.normal(size=2_000), rng.choice(["p", "q"], 2_000)
    real = {"x": x, "y": x + rng.normal(size=2_000), "c": c, "d": np.where(rng.random(2_000) < 0.9, c, "p")}
    made = real | {"y": -real["y"], "d": rng.permutation(real["d"])}
    types = {"x": "numeric", "y": "numeric", "c": "categorical", "d": "categorical"}
    charts = Trend().compute(*views(types, real, real, made), rng).charts
    assert [(chart["title"], chart["group"]) for chart in charts] == [
        ("Real", "pairs"),
        ("Synthetic", "pairs"),
        ("Difference", "pairs"),
    ]
    values = [np.array(chart["values"], dtype=float) for chart in charts]
    rho = np.corrcoef(real["x"], real["y"])[0, 1]
    assert values[0][0, 1] == pytest.approx(rho, abs=1e-3)
    assert values[2][0, 1] == pytest.approx(-2 * rho, abs=2e-3)
    assert values[0][2, 3] > 0.8
    assert values[1][2, 3] < 0.1  # standard error 0.02
    assert values[0][0, 2] < 0.15
    assert charts[2]["alt"].endswith("of x with y.")


def test_only_forty_columns_are_drawn_and_the_worst_pair_is_among_them(views: Tables):
    rng = np.random.default_rng(5)
    table = {f"x{i}": rng.normal(size=60) for i in range(50)}
    real = table | {"x49": table["x48"]}
    result = Trend().compute(*views(dict.fromkeys(table, "numeric"), real, real, table), rng)
    assert len(result.charts[0]["rows"]) == 40
    assert {"x48", "x49"} <= set(result.charts[0]["rows"])
    assert "most of all x48 with x49" in result.meaning
