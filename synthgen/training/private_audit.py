"""The audit of private gradients: canaries that each pull the weights in a direction of their own.

A canary is a unit whose row has a gradient far longer than the bound, along one weight that no other row touches. The
attack sees every noised sum, which is more than training gives away (its weights are computed from these), and adds
up the log likelihood ratios of what the sums are along that direction.

Letters: K canaries, R runs, T steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from synthgen.dp.audit import Trials
from synthgen.dp.noise import Noise
from synthgen.dp.sgd import RowGradients, UnitSample, noised

STEEP = 20.0
"""Length of a canary's gradient over the bound: shortened, unless shortening fails."""


@dataclass(frozen=True)
class PrivateSteps:
    """What is audited: a number of noised steps.

    Args:
        rate: chance of each unit to be drawn for a step.
        steps: of a run.
        noise: standard deviation of the noise over ``clip``, as claimed.
        clip: the most that one unit moves a sum of gradients by, as claimed.
    """

    rate: float
    steps: int
    noise: float
    clip: float = 1.0

    def sums(self, rows_ND: Tensor, unit_N: np.ndarray, noise: Noise) -> Tensor:
        """``(T, D)`` the noised sums of all steps; the gradient of a row is the row."""
        module = nn.Linear(rows_ND.shape[1], 1, bias=False)
        probe = torch.zeros(1)
        gradients = self.engine(module, probe)
        units = self.sample(len(rows_ND), unit_N)
        sums = []
        for _ in range(self.steps):
            drawn_BD = rows_ND[units.draw(self.rate, noise)]

            def losses(part: slice, rows_BD: Tensor = drawn_BD) -> Tensor:
                outputs: Tensor = module(rows_BD[part] + probe)
                return outputs[:, 0]

            sums.append(noised(gradients.sum(len(drawn_BD), losses), self.noise, self.clip, noise))
        gradients.close()
        return torch.stack(sums)

    def engine(self, module: nn.Module, probe: Tensor) -> RowGradients:
        """Shortens and adds up gradients."""
        return RowGradients(module, self.clip, probe)

    def sample(self, rows: int, unit_N: np.ndarray) -> UnitSample:
        """Draws units."""
        return UnitSample(rows, unit_N)


def gradient_trials(
    steps: PrivateSteps,
    *,
    canaries: int,
    rows: int = 3,
    runs: int = 1,
    noise: Callable[[int], Noise],
    coins: Noise,
    done: Callable[[int], None] = lambda _: None,
) -> Trials:
    """Train again and again with half of the canaries, and attack what each step tells.

    Args:
        steps: what is audited.
        canaries: K.
        rows: of each canary.
        runs: R.
        noise: the noise of a run, by its number.
        coins: decide who is in.
        done: told after each run how many are done.
    """
    included_RK = coins.uniform((runs, canaries)) < 0.5
    scores_RK = np.zeros(included_RK.shape)
    for run, included_K in enumerate(included_RK):
        unit_N = np.repeat(np.append(np.flatnonzero(included_K), canaries), rows)  # and one who is always there
        rows_ND = nn.functional.one_hot(torch.from_numpy(unit_N), canaries + 1).float() * STEEP * steps.clip
        along_TK = steps.sums(rows_ND, unit_N, noise(run))[:, :canaries].double().numpy() / steps.clip
        pulled_TK = (along_TK - 0.5) / steps.noise**2 + np.log(steps.rate)
        ratio_K = np.logaddexp(pulled_TK, np.log1p(-steps.rate)).sum(axis=0)
        scores_RK[run] = ratio_K - np.median(ratio_K)  # half of them are in, whatever the noise really is
        done(run + 1)
    return Trials(included_RK, scores_RK)
