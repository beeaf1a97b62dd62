"""What is written down, what is refused, and that the ledger comes back from its JSON."""

from __future__ import annotations

import json

import pytest

from synthgen.dp.accountant import gaussian_epsilon
from synthgen.dp.ledger import Entry, Ledger
from synthgen.errors import PrivacyError, RunError


def ledger() -> Ledger:
    full = Ledger(epsilon=2.0, delta=1e-5, unit="user_id", rows_per_unit=4)
    full.spend(Entry("vocabulary: plan", "thresholded gaussian", noise=20.0, sensitivity=4.0, delta=1e-6, schema=True))
    full.spend(Entry("pairs", "gaussian", noise=10.0, sensitivity=4.0, times=3))
    return full


def test_epsilon_is_that_of_all_entries_at_what_the_thresholds_left_of_delta() -> None:
    assert ledger().epsilon_spent() == pytest.approx(gaussian_epsilon((1 / 400 + 3 / 100) ** 0.5, 9e-6))
    assert ledger().epsilon_spent(without_schema=True) == pytest.approx(gaussian_epsilon(0.03**0.5, 1e-5))


def test_what_would_pass_the_asked_epsilon_is_refused_and_not_written() -> None:
    full = ledger()
    with pytest.raises(PrivacyError, match=r"second look: would bring epsilon to 4\.\d+"):
        full.spend(Entry("second look", "gaussian", noise=1.0, sensitivity=1.0))
    with pytest.raises(PrivacyError, match="all of delta"):
        full.spend(Entry("words", "thresholded gaussian", noise=100.0, sensitivity=1.0, delta=9e-6))
    assert len(full.entries) == 2


def test_shares_add_up() -> None:
    assert ledger().shares() == pytest.approx({"vocabulary: plan": 0.25 / 3.25, "pairs": 3 / 3.25})
    full = ledger()
    full.spend(Entry("training", "sampled gaussian", noise=2.0, sensitivity=1.0, times=100, rate=0.01))
    shares = full.shares()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) > 0.0
    assert shares["pairs"] > shares["vocabulary: plan"]
    assert Ledger(1.0, 1e-5).shares() == {}


def test_it_comes_back_from_its_json() -> None:
    state = json.loads(json.dumps(ledger().state()))
    assert Ledger.from_state(state) == ledger()
    assert state["relation"] == "add or remove one user_id with at most 4 rows"
    with pytest.raises(RunError, match="privacy ledger"):
        Ledger.from_state({"epsilon": 1.0})


@pytest.mark.parametrize(
    ("epsilon", "delta", "rows"), [(0.0, 1e-5, 1), (float("inf"), 1e-5, 1), (1.0, 0.0, 1), (1.0, 1e-5, 0)]
)
def test_impossible_settings_are_refused(epsilon: float, delta: float, rows: int) -> None:
    with pytest.raises(PrivacyError):
        Ledger(epsilon, delta, rows_per_unit=rows)
