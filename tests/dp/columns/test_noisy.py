"""Noisy histograms: what is taken for mass, and what for noise."""

from __future__ import annotations

import numpy as np

from synthgen.dp.columns.noisy import combined, on_simplex, outermost, runs


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


def test_gaps_fill_easily_and_ends_grow_reluctantly() -> None:
    """Three bars of 1 sd each together say 1.7: enough between two runs, too little next to one."""
    between = np.array([90.0, 10.0, 10.0, 10.0, 90.0])
    assert runs(between, sd=10.0) == [(0, 1), (1, 4), (4, 5)]
    beyond = np.array([0.0, 90.0, 4.0, 4.0, 4.0])
    assert runs(beyond, sd=10.0) == [(1, 2)]
    known = np.array([False, False, False, False, True])
    assert runs(np.array([0.0, 90.0, 10.0, 10.0, 0.0]), 10.0, known) == [(1, 2), (2, 4)]


def test_noise_next_to_a_run_is_seldom_taken_for_more_of_it() -> None:
    rng = np.random.default_rng(6)
    grown = 0
    for _ in range(300):
        counts = rng.normal(size=60)
        counts[30] = 100.0
        grown += sum(len(range(a, b)) for a, b in runs(counts, 1.0) if 24 <= a < 37) > 1
    assert grown / 300 < 0.4  # six steps at 1.5 sd on either side: about .13 each


def test_what_lies_beyond_all_bins_must_show_by_itself() -> None:
    beyond = np.array([True, False, False, True])
    joined = np.array([False, True, True, True])
    found = outermost(np.array([15.0, 90.0, 80.0, 30.0]), 10.0, joined, beyond)
    assert found.tolist() == [True, False, False, False]
    assert outermost(np.array([90.0, 5.0, 5.0, 90.0]), 10.0, joined, beyond).all()
