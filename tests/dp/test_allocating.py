"""The division of a budget among tables against hand-worked cases and against a search."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from synthgen.dp.allocating import HALF_NORMAL, divided


def error(shares: np.ndarray, deviations: list[np.ndarray], weights: list[float], unit_sd: float) -> float:
    total = 0.0
    for share, cells, weight in zip(shares, deviations, weights, strict=True):
        variance = unit_sd**2 / max(float(share), 1e-12)
        total += weight * HALF_NORMAL * float((cells * np.sqrt(variance / (cells**2 + variance))).sum())
    return total


@pytest.mark.parametrize("seed", range(3))
def test_no_search_finds_a_division_with_less_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    deviations = [rng.gamma(0.5, 40.0, size) for size in (4, 30, 60, 12)]
    weights, unit_sd = [1.0, 1.0, 3.0, 1.0], 4.0
    ours = error(divided(deviations, weights, total=0.6, unit_sd=unit_sd).shares, deviations, weights, unit_sd)

    def of_logits(logits: np.ndarray) -> float:
        shares = 0.6 * np.exp(logits) / np.exp(logits).sum()
        return error(shares, deviations, weights, unit_sd)

    found = min(minimize(of_logits, rng.normal(size=4), method="Nelder-Mead").fun for _ in range(3))
    assert ours <= found * 1.01  # shares lie on a grid


def test_shares_add_up_and_weights_count() -> None:
    table = np.full(9, 10.0)
    division = divided([table, table, table], [1.0, 1.0, 4.0], total=0.3, unit_sd=2.0)
    assert division.shares.sum() == pytest.approx(0.3)
    assert division.shares[2] > division.shares[0] == pytest.approx(division.shares[1])
    assert (division.profits >= 0).all()


def test_what_agrees_with_its_expectation_gets_nothing() -> None:
    division = divided([np.zeros(5), np.full(5, 20.0)], [1.0, 1.0], total=1.0, unit_sd=1.0)
    assert division.shares.tolist() == [0.0, 1.0]
    assert division.profits[0] == 0.0
    assert divided([np.zeros(5)], [1.0], total=1.0, unit_sd=1.0).shares.tolist() == [0.0]
    assert not len(divided([], [], total=1.0, unit_sd=1.0).shares)
