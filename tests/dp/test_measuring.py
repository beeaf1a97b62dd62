"""Noisy tables: repeated counts, empirical Bayes, agreement between tables."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.dp.graphical import Evidence
from synthgen.dp.measuring import Measured, counted, likeliest_spread, reconciled


def test_counts_of_two_releases_are_weighted_by_precision() -> None:
    table = Measured.planned((0,), np.array([5.0, 5.0]), np.ones(2))
    table.add(np.array([10.0, 0.0]), 1.0, 0.1)
    table.add(np.array([0.0, 5.0]), 0.5, 0.2)
    assert table.counts.tolist() == [2.0, 4.0]  # (1 * 10 + 4 * 0) / 5, (1 * 0 + 4 * 5) / 5
    assert (table.precision, table.spent) == (5.0, pytest.approx(0.3))


def test_slack_is_noise_over_the_deviation_that_is_likely() -> None:
    rng, expected = np.random.default_rng(1), np.full((40, 40), 200.0)
    table = Measured.planned((0, 1), expected, expected)
    table.add(expected * (1 + 0.5 * rng.normal(size=(40, 40))) + 10 * rng.normal(size=(40, 40)), 10.0, 0.1)
    assert np.median(table.evidence().slack) == pytest.approx(10.0**2 / (200 * 0.5**2), rel=0.35)  # spreads are a grid


def test_pure_noise_gets_the_least_spread() -> None:
    noise = np.random.default_rng(2).normal(size=1000) * 30
    assert likeliest_spread(noise, np.full(1000, 500.0), 900.0) == pytest.approx(0.05)


def test_tables_agree_on_shared_sums_after_reconciling() -> None:
    rng, sizes = np.random.default_rng(3), [3, 2, 4]
    kinds = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)]
    noisy = [
        Evidence(columns, rng.normal(50, 20, [sizes[c] for c in columns]), np.ones([sizes[c] for c in columns]), sd)
        for columns, sd in zip(kinds, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], strict=True)
    ]
    agreed = {e.columns: e.counts for e in reconciled(noisy, sizes, 1000.0)}
    for table in agreed.values():
        assert table.sum() == pytest.approx(1000.0)
    np.testing.assert_allclose(agreed[0, 1, 2].sum(axis=2), agreed[0, 1])
    np.testing.assert_allclose(agreed[0, 1, 2].sum(axis=0), agreed[1, 2])
    np.testing.assert_allclose(agreed[0, 1].sum(axis=0), agreed[1,])
    np.testing.assert_allclose(agreed[1, 2].sum(axis=1), agreed[1,])


def test_tables_that_agree_stay_as_they_are() -> None:
    rng, sizes = np.random.default_rng(4), [3, 2, 4]
    tokens_NC = rng.integers(0, sizes, size=(500, 3))
    exact = [
        Evidence(columns, counted(tokens_NC, columns, sizes), np.ones([sizes[c] for c in columns]), 1.0 + len(columns))
        for columns in [(0,), (0, 1), (1, 2), (0, 1, 2)]
    ]
    for before, after in zip(exact, reconciled(exact, sizes, 500.0), strict=True):
        np.testing.assert_allclose(after.counts, before.counts, atol=1e-9)
