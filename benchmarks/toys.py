#!/usr/bin/env python3
"""Each adversarial loss on a ring of eight Gaussians and on a 5x5 grid of them; writes toys.md and toys.svg.

    python benchmarks/toys.py                       # all of it, some minutes on one core
    python benchmarks/toys.py --losses hinge --seeds 1

Networks, steps, batch and noise are the same for all. What a loss's own paper says otherwise is in ``RECIPES``.

Letters: N rows, M modes.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synthgen.losses.adversarial import LOSSES
from synthgen.seeding import derived_seed
from synthgen.training.adversarial import AdversarialTrainer, Rows
from synthgen.training.settings import AdversarialSettings

HERE = Path(__file__).parent
CPU = torch.device("cpu")
SAMPLES, DRAWN = 10_000, 1_200
GOOD_WITHIN = 3.0
"""Standard deviations from a mode within which a sample is good; 98.9 % of the law's own are."""
FOUND_SHARE = 0.25
"""Of its fair share of all samples, which a mode must hold in good ones to be found."""

WIDTH, OCTAVES = 64, 4


@dataclass(frozen=True)
class Toy:
    """A mixture of round Gaussians of equal weight.

    Attributes:
        name: as in the table.
        modes_M2: centres.
        spread: standard deviation of each, in both directions.
    """

    name: str
    modes_M2: Tensor
    spread: float

    def draw(self, n_rows: int, rng: torch.Generator) -> Tensor:
        """Rows ``(N, 2)`` of the law."""
        mode = torch.randint(len(self.modes_M2), (n_rows,), generator=rng)
        return self.modes_M2[mode] + self.spread * torch.randn(n_rows, 2, generator=rng)


def ring() -> Toy:
    """Eight modes on a circle."""
    angle = torch.arange(8) * (math.pi / 4)
    return Toy("ring", math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], 1), 0.05)


def grid() -> Toy:
    """Five times five modes."""
    side = torch.linspace(-math.sqrt(2), math.sqrt(2), 5)
    return Toy("grid", torch.cartesian_prod(side, side), 0.05)


def judged(samples_N2: Tensor, toy: Toy) -> tuple[int, float]:
    """Modes found, and the share of good samples."""
    distance, mode = torch.cdist(samples_N2, toy.modes_M2).min(1)
    good = distance <= GOOD_WITHIN * toy.spread
    held = torch.bincount(mode[good], minlength=len(toy.modes_M2))
    fair = len(samples_N2) / len(toy.modes_M2)
    return int((held >= FOUND_SHARE * fair).sum()), float(good.float().mean())


class Waves(nn.Module):
    """Each coordinate as itself and as sines and cosines of some octaves, so that a small critic sees small modes."""

    def forward(self, rows: Tensor) -> Tensor:
        angle = (rows[:, :, None] * (math.pi / 2 * 2.0 ** torch.arange(OCTAVES))).flatten(1)
        return torch.cat([rows, angle.sin(), angle.cos()], 1)


def layers(inputs: int, outputs: int) -> list[nn.Module]:
    """Two hidden layers."""
    hidden = [nn.Linear(inputs, WIDTH), nn.LeakyReLU(0.2), nn.Linear(WIDTH, WIDTH), nn.LeakyReLU(0.2)]
    return [*hidden, nn.Linear(WIDTH, outputs)]


def generator(noise_width: int) -> nn.Module:
    """Noise to two coordinates."""
    return nn.Sequential(*layers(noise_width, 2))


def critic(rows: int) -> nn.Module:
    """So many rows side by side to one score."""
    return nn.Sequential(Waves(), *layers(rows * 2 * (1 + 2 * OCTAVES), 1))


SHARED: dict[str, Any] = {
    "batch_rows": 256,
    "max_steps": 3_000,
    "noise_width": 8,
    "initialisation": "kaiming",
    "generator_rate": 1e-3,
    "critic_rate": 1e-3,
    "beta1": 0.0,
    "beta2": 0.9,
    "average": 0.995,
}
RECIPES: dict[str, dict[str, Any]] = {
    **{name: {"loss": name} for name in LOSSES},
    "non-saturating, packs of 4": {"loss": "non-saturating", "packing": 4},
}


def trained(toy: Toy, recipe: dict[str, Any], seed: int) -> Tensor:
    """Samples of a generator trained on the toy."""
    settings = AdversarialSettings(**SHARED | recipe)
    rows = toy.draw(20_000, torch.Generator().manual_seed(derived_seed(seed, "toy rows")))
    networks = generator(settings.noise_width), critic(settings.packing)
    trainer = AdversarialTrainer(*networks, Rows(rows), settings, seed, CPU)
    trainer.run()
    trainer.finish()
    return trainer.sample(SAMPLES, torch.Generator().manual_seed(derived_seed(seed, "toy samples")))
