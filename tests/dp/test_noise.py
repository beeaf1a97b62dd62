"""Noise has its law, its lattice, and no seed unless one is given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from synthgen.dp.noise import Noise, lattice_of


@pytest.mark.parametrize("noise", [Noise(seed=0), Noise(seed=1), Noise(secure=True)], ids=["0", "1", "secure"])
def test_draws_are_normal(noise: Noise) -> None:
    """The secure draws have no seed: false-alarm rate 1e-6."""
    assert kstest(noise.gaussian(20_000, 3.0) / 3.0, "norm").pvalue > 1e-6
    assert kstest(noise.uniform((100, 200)).ravel(), "uniform").pvalue > 1e-6


@pytest.mark.parametrize("sd", [0.01, 1.0, 7.3, 1e6])
def test_sums_that_neighbouring_counts_can_reach_are_the_same(sd: float) -> None:
    lattice = lattice_of(sd)
    noisy = 12_345 + Noise(seed=2).gaussian(1000, sd)
    assert np.array_equal(np.round(noisy / lattice) * lattice, noisy)
    assert (1.0 / lattice).is_integer()


def test_entropy_comes_from_the_system_unless_a_seed_is_given() -> None:
    assert Noise().gaussian(4, 1.0).tolist() != Noise().gaussian(4, 1.0).tolist()
    assert Noise(secure=True).gaussian(4, 1.0).tolist() != Noise(secure=True).gaussian(4, 1.0).tolist()
    assert Noise(seed=3).gaussian(4, 1.0).tolist() == Noise(seed=3).gaussian(4, 1.0).tolist()
    assert (Noise().seeded, Noise(seed=0).seeded) == (False, True)
    with pytest.raises(ValueError, match="no seed"):
        Noise(seed=1, secure=True)


@pytest.mark.parametrize("noise", [Noise(seed=0), Noise(secure=True)], ids=["seeded", "secure"])
def test_choices_are_even(noise: Noise) -> None:
    assert sorted(noise.permutation(50)) == list(range(50))
    assert len(set(noise.choice(10, 4))) == 4
    assert len(noise.choice(3, 4)) == 3
    first = np.array([noise.choice(5, 1)[0] for _ in range(5000)])
    assert np.abs(np.bincount(first, minlength=5) - 1000).max() < 6 * np.sqrt(800)  # false alarms: 1e-8
    assert 0 <= noise.number() < 2**63


def test_impossible_deviations_are_refused() -> None:
    for sd in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="standard deviation"):
            Noise(seed=0).gaussian(1, sd)
