from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.cells import cell_writer
from synthgen.metrics.overlays import overlay
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_counts_of_many_sizes_get_a_ladder_with_a_bar_of_their_own_for_zeros(views: Tables):
    rng = np.random.default_rng(0)
    real = np.where(rng.random(500) < 0.6, 0, np.round(10 ** rng.uniform(1, 5, 500)))
    train, _, synthetic = views({"n": "numeric"}, {"n": real}, {"n": real}, {"n": np.full(500, 0.0)})
    chart = overlay(train, synthetic, "n")
    assert chart is not None
    assert chart["kind"] == "bars"
    assert chart["labels"][0] == "0"
    assert chart["series"]["real"][0] == pytest.approx((real == 0).mean(), abs=1e-6)
    assert chart["series"]["synthetic"][0] == 1
    assert chart["labels"][-1].startswith("from ")


def test_dates_are_shown_by_the_calendar(views: Tables):
    def days(first: str, n: int) -> list[str]:
        return [str(np.datetime64(first) + i) for i in range(n)]

    train, _, synthetic = views(
        {"d": "datetime"}, {"d": days("2020-01-01", 366)}, {"d": ["2020-01-01"]}, {"d": days("2020-01-01", 31)}
    )
    chart = overlay(train, synthetic, "d")
    assert chart is not None
    assert chart["kind"] == "bars"
    assert chart["labels"][:2] == ["2020-01", "2020-02"]
    assert chart["series"]["real"][1] == pytest.approx(29 / 366, abs=1e-6)
    assert chart["series"]["synthetic"][0] == 1
    assert "2020-01: 8.5 % and 100 %" in chart["alt"]


def test_a_line_over_joined_bins_keeps_the_share_of_rows(views: Tables):
    real = np.concatenate([np.linspace(0, 10, 400), [30.0] * 6, [33.0, 34.0]])
    train, _, synthetic = views({"n": "numeric"}, {"n": real}, {"n": real}, {"n": real})
    chart = overlay(train, synthetic, "n")
    assert chart is not None
    assert chart["kind"] == "lines"
    line = chart["series"][0]
    x, y = np.array(line["x"], dtype=float), np.array(line["y"], dtype=float)
    step = np.diff(np.unique(x)).min()
    assert (y[::2] * np.diff(x)[::2] / step).sum() == pytest.approx(1, abs=1e-4)


def test_a_column_with_too_few_values_has_no_picture(views: Tables):
    train, _, synthetic = views({"n": "numeric"}, {"n": [1, 2, 3]}, {"n": [1]}, {"n": [1, 2]})
    assert overlay(train, synthetic, "n") is None


def test_cells_of_synthetic_rows_are_written_without_a_real_persons_value(views: Tables):
    types = {"city": "categorical", "n": "numeric", "d": "datetime"}
    real = {
        "city": ["Bonn"] * 48 + ["Xanten"] * 2,
        "n": [*np.linspace(10, 20, 49), 3_516_738],
        "d": [f"2020-{1 + i % 12:02}-17" for i in range(50)],
    }
    made = {"city": ["Bonn", "Xanten", "Atlantis", None], "n": [12.3456, 3_516_738, 1, None], "d": ["2020-03-04"] * 4}
    train, _, synthetic = views(types, real, real, made)
    city, n, d = (cell_writer(train, train.take(np.arange(0)), synthetic, name) for name in types)
    assert [city(i) for i in range(4)] == ["Bonn", "(rare)", "Atlantis", "(missing)"]
    assert [n(i) for i in range(4)] == ["12.3", "above 19.4", "below 10.8", "(missing)"]
    assert d(0) == "2020-03"
