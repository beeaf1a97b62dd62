"""Shares of the budget, thresholds that hold for every split, and what is left for training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from synthgen.dp.accountant import epsilon_of
from synthgen.dp.budget import Budget, threshold
from synthgen.dp.ledger import Ledger
from synthgen.dp.losses import SampledGaussian
from synthgen.dp.noise import Noise
from synthgen.errors import PrivacyError


def partitions(total: int, largest: int) -> Iterator[list[int]]:
    if total == 0:
        yield []
    for part in range(min(total, largest), 0, -1):
        yield from ([part, *rest] for rest in partitions(total - part, part))


@pytest.mark.parametrize("sd", [0.3, 1.0, 5.0, 40.0])
@pytest.mark.parametrize("most", [1, 2, 5, 12])
@pytest.mark.parametrize("delta", [1e-3, 1e-7])
def test_the_threshold_holds_for_every_split_and_is_reached_by_one(sd: float, most: int, delta: float) -> None:
    cut = threshold(sd, delta, most)
    chances = [-np.expm1(sum(norm.logsf(-(cut - c) / sd) for c in split)) for split in partitions(most, most)]
    assert max(chances) == pytest.approx(delta, rel=1e-6)
    once = threshold(sd, delta, most, once=True)
    assert -np.expm1(most * norm.logsf(-(once - 1) / sd)) == pytest.approx(delta, rel=1e-6)


def test_values_of_one_unit_pass_as_often_as_delta_says() -> None:
    """20,000 releases at delta 0.01: between 120 and 280 pass but for chances of 1e-8."""
    passed = 0
    noise = Noise(seed=0)
    for _ in range(200):
        budget = Budget(1.0, 0.1, noise=noise)
        counts = np.ones(100)
        got = budget.vocabulary(pa.array(range(100)), counts, step="v", share=0.5, delta_share=1.0, most=1)
        passed += len(got.values)
    assert 120 < passed < 280


def test_all_shares_spend_the_asked_epsilon_and_no_more() -> None:
    budget = Budget(3.0, 1e-6, noise=Noise(seed=0))
    for part in range(50):
        noisy, sd = budget.gaussian(np.zeros((2, 3)), step=f"pairs {part}", share=0.02, sensitivity=1.5)
        assert noisy.shape == (2, 3)
        assert sd == pytest.approx(1.5 / (budget.mu * 0.02**0.5))
    assert 2.9 < budget.ledger.epsilon_spent() <= 3.0
    assert budget.left == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(PrivacyError, match="one more"):
        budget.gaussian(np.zeros(1), step="one more", share=0.01, sensitivity=1.0)
    assert len(budget.ledger.entries) == 50


def test_a_vocabulary_tells_common_values_in_the_order_of_noisy_counts() -> None:
    values = pa.array(["rare", "common", "usual"])
    budget = Budget(1.0, 1e-5, noise=Noise(seed=1))
    got = budget.vocabulary(values, np.array([1, 900, 400]), step="vocabulary: plan", share=0.5, delta_share=0.5)
    assert got.values.to_pylist() == ["common", "usual"]
    assert np.abs(got.counts - [900, 400]).max() < 6 * got.sd
    entry = budget.ledger.entries[0]
    assert (entry.mechanism, entry.schema) == ("thresholded gaussian", True)
    assert entry.delta == pytest.approx(0.5e-6)


def test_min_holders_raises_the_threshold() -> None:
    budget = Budget(1.0, 1e-5, noise=Noise(seed=1))
    got = budget.vocabulary(
        pa.array(["a", "b"]), np.array([1000, 400]), step="v", share=0.5, delta_share=0.5, min_holders=700
    )
    assert got.values.to_pylist() == ["a"]
    assert got.threshold == 700


def test_units_counted_once_need_less_noise() -> None:
    sds = []
    for once in (False, True):
        budget = Budget(1.0, 1e-5, ledger=Ledger(1.0, 1e-5, unit="user", rows_per_unit=16), noise=Noise(seed=0))
        got = budget.vocabulary(pa.array(["a"]), np.array([500]), step="v", share=1.0, delta_share=1.0, once=once)
        sds.append(got.sd)
    assert sds[0] == pytest.approx(4 * sds[1])


def test_thresholds_share_their_delta() -> None:
    budget = Budget(1.0, 1e-5, noise=Noise(seed=0))
    budget.vocabulary(pa.array(["a"]), np.array([5]), step="v", share=0.1, delta_share=0.7)
    with pytest.raises(PrivacyError, match=r"0\.3 of their delta"):
        budget.vocabulary(pa.array(["a"]), np.array([5]), step="w", share=0.1, delta_share=0.4)


def test_training_takes_what_is_left_and_all_stays_within_epsilon() -> None:
    budget = Budget(1.0, 1e-6, noise=Noise(seed=0))
    budget.gaussian(np.zeros(3), step="pairs", share=0.4, sensitivity=1.0)
    budget.vocabulary(pa.array(["a"]), np.array([5]), step="v", share=0.1, delta_share=1.0)
    noise = budget.training_noise(rate=0.02, steps=300)
    budget.train(noise, 0.02, 300, max_grad_norm=1.0)
    assert 0.995 < budget.ledger.epsilon_spent() <= 1.0
    assert noise < 3 * Budget(1.0, 1e-6).training_noise(rate=0.02, steps=300)
    parts = [e.composed() for e in budget.ledger.entries[:2]]
    assert epsilon_of([*parts, (SampledGaussian(noise * 0.99, 0.02), 300)], budget.ledger.delta_left) > 1.0
    with pytest.raises(PrivacyError, match=r"nothing is left of epsilon 1 for gradients, .* Ask for a larger epsilon"):
        budget.training_noise(rate=0.02, steps=300)


def test_training_is_refused_where_other_releases_took_all() -> None:
    budget = Budget(1.0, 1e-6, noise=Noise(seed=0))
    budget.gaussian(np.zeros(3), step="pairs", share=1.0, sensitivity=1.0)
    with pytest.raises(PrivacyError, match=r"nothing is left of epsilon 1 .* leave privacy\.method out"):
        budget.training_noise(rate=0.02, steps=300)


def test_a_seed_is_told_by_the_ledger() -> None:
    assert Budget(1.0, 1e-5, noise=Noise(seed=0)).ledger.seeded
    assert not Budget(1.0, 1e-5).ledger.seeded
