"""Noisy histograms: what is taken for mass, and what for noise."""

from __future__ import annotations

import numpy as np

from synthgen.dp.columns.noisy import combined, on_simplex, runs


def test_a_thin_tail_is_found_as_one_wide_run() -> None:
    counts = np.zeros(64)
    counts[32:64] = 12.0  # 1.2 sd each, 6.8 sd together
    assert runs(counts, sd=10.0) == [(32, 64)] or all(32 <= a < b <= 64 for a, b in runs(counts, sd=10.0))


def test_noise_alone_is_seldom_taken_for_mass() -> None:
    rng = np.random.default_rng(0)
    found = [runs(rng.normal(size=250), 1.0) for _ in range(200)]
    alone = np.mean([len(each) > 0 for each in found])
    assert alone < 0.75  # 250 bars at 3 sd: about 0.5


def test_the_simplex_keeps_the_sum_and_what_is_large() -> None:
    rng = np.random.default_rng(1)
    exact = np.array([5_000.0, 3_000.0, 2_000.0, *[0.0] * 20])
    found = on_simplex(exact + 30 * rng.normal(size=23), 10_000.0)
    assert np.isclose(found.sum(), 10_000.0)
    assert found.min() >= 0
    assert np.abs(found[:3] - exact[:3]).max() < 150
    assert (found[3:] == 0).mean() > 0.4


def test_two_measurements_weigh_by_what_they_are_worth() -> None:
    """By hand: weights 1/4 and 1/16, so (20 * 4 + 30) / 5 and a variance of 1 / (5 / 16)."""
    both, sd = combined(np.array([20.0]), 2.0, np.array([30.0]), 4.0)
    assert both.tolist() == [22.0]
    assert np.isclose(sd[0] ** 2, 3.2)
