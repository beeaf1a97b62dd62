from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from synthgen.metrics.bins import PERIODS, even_bins, join_small, ladder_bins, period_name, period_numbers, shown_codes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make", [even_bins, ladder_bins])
def test_every_bin_holds_no_real_row_or_enough_of_them(make, seed: int):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.pareto(1, 200), np.zeros(rng.integers(0, 9)), [np.nan]])
    bins = make(values, 5)
    counts = bins.count(values)
    assert counts.sum() == (~np.isnan(values)).sum()
    assert not ((0 < counts) & (counts < 5)).any()
    assert (np.diff(bins.edges) > 0).all()


def test_edges_are_round_numbers_and_no_values_of_the_data():
    values = np.random.default_rng(0).normal(3.21987, 0.71234, 5_000)
    edges = even_bins(values, 5).edges
    assert np.allclose(edges * 10, np.round(edges * 10))
    assert not np.isin(edges, values).any()


@pytest.mark.parametrize("values", [[3.0] * 40, [1e17, 1e17 + 16] * 20, [1e150, -1e150] * 20, [5e-324, 0.0] * 20])
def test_dull_and_extreme_values_have_bins_too(values: list[float]):
    bins = even_bins(np.array(values), 5)
    assert bins is not None
    assert bins.count(np.array(values)).sum() == 40


def test_too_few_values_have_no_bins():
    assert even_bins(np.array([1.0] * 9 + [np.nan] * 9), 5) is None


def test_whole_numbers_have_bins_of_at_least_one():
    assert even_bins(np.repeat(np.arange(7.0), 20), 5).edges.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]


def test_small_bins_at_the_end_are_joined_backwards_over_empty_ones():
    assert join_small(np.array([5, 0, 0, 2]), 5).tolist() == [0, 4]
    assert join_small(np.array([0, 0]), 5).tolist() == [0, 1, 2]


def test_labels_left_over_are_never_fewer_than_enough_rows():
    assert shown_codes(np.array([50, 5, 2]), 20, 5).tolist() == [0]  # 2 alone would be too few: 5 joins them
    assert shown_codes(np.array([50, 5, 0]), 20, 5).tolist() == [0, 1]


@pytest.mark.parametrize("period", PERIODS)
def test_a_moment_lies_in_the_period_that_the_calendar_says(period: str):
    rng = np.random.default_rng(0)
    for days in rng.uniform(-40_000, 60_000, 40):
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(days=float(days))
        monday = moment.date() - dt.timedelta(days=moment.weekday())
        expected = {
            "hour": f"{moment:%Y-%m-%d %H}h",
            "day": f"{moment:%Y-%m-%d}",
            "week": f"{monday:%Y-%m-%d}",
            "month": f"{moment:%Y-%m}",
            "quarter": f"{moment.year} Q{(moment.month + 2) // 3}",
            "year": str(moment.year),
            "decade": f"{moment.year // 10}0s",
            "century": f"{moment.year // 100}00s",
        }[period]
        assert period_name(int(period_numbers(np.array([days]), period)[0]), period) == expected
