"""The audit of private gradients catches training that is broken, and not the one that is right."""

from __future__ import annotations

import numpy as np
import pytest
from torch import Tensor, nn

from synthgen.dp.accountant import epsilon_of
from synthgen.dp.audit import Audit, bound_epsilon
from synthgen.dp.losses import SampledGaussian
from synthgen.dp.noise import Noise
from synthgen.dp.sgd import RowGradients, UnitSample
from synthgen.training.private_audit import PrivateSteps, gradient_trials

RATE, STEPS, NOISE, DELTA = 0.3, 12, 1.5, 1e-5
CLAIMED = [(SampledGaussian(NOISE, RATE), STEPS)]
EPSILON = epsilon_of(CLAIMED, DELTA)


class HalvedNoise(Noise):
    def gaussian(self, shape: int | tuple[int, ...], sd: float) -> np.ndarray:
        return super().gaussian(shape, sd / 2)


class Unclipped(PrivateSteps):
    def engine(self, module: nn.Module, probe: Tensor) -> RowGradients:
        return RowGradients(module, 1e6, probe)


class RowsAsUnits(PrivateSteps):
    def sample(self, rows: int, unit_N: np.ndarray) -> UnitSample:
        return UnitSample(rows)


def audit(
    seed: int, steps: type[PrivateSteps] = PrivateSteps, noise: type[Noise] = Noise, runs: int = 40, canaries: int = 100
) -> Audit:
    trials = gradient_trials(
        steps(RATE, STEPS, NOISE),
        canaries=canaries,
        runs=runs,
        noise=lambda run: noise(seed=1000 * seed + run),
        coins=Noise(seed=seed),
    )
    return bound_epsilon(trials, CLAIMED, DELTA)


def test_right_steps_are_not_accused_and_the_attack_is_not_blind() -> None:
    """Each audit accuses them with a chance of at most 5 %."""
    found = [audit(seed) for seed in range(3)]
    assert not any(one.refutes(EPSILON) for one in found)
    assert max(one.epsilon for one in found) > EPSILON / 5


@pytest.mark.parametrize("seed", [0, 1])
def test_halved_noise_is_caught(seed: int) -> None:
    assert audit(seed, noise=HalvedNoise).refutes(EPSILON)


def test_gradients_that_are_not_shortened_are_caught_in_one_run() -> None:
    found = audit(0, Unclipped, runs=1, canaries=2000)
    assert found.bounds[0].estimator == "one-run"
    assert found.refutes(EPSILON)


def test_rows_of_a_unit_that_are_drawn_one_by_one_are_caught() -> None:
    assert audit(0, RowsAsUnits).refutes(EPSILON)
