#!/usr/bin/env python3
"""Each adversarial loss on a ring of eight Gaussians and on a 5x5 grid of them; writes toys.md and toys.svg.

    python benchmarks/toys.py                       # all of it, some minutes on one core
    python benchmarks/toys.py --losses hinge --seeds 1

Networks, steps, batch and noise are the same for all. What differs by loss is in ``RECIPES``.

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

WIDTH, OCTAVES = 64, 3


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
    return Toy("ring", math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], 1), 0.1)


def grid() -> Toy:
    """Five times five modes."""
    side = torch.linspace(-math.sqrt(2), math.sqrt(2), 5)
    return Toy("grid", torch.cartesian_prod(side, side), 0.07)


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
    "batch_rows": 512,
    "noise": "uniform",
    "noise_width": 2,
    "initialisation": "kaiming",
    "generator_rate": 4e-3,
    "critic_rate": 4e-3,
    "beta1": 0.0,
    "beta2": 0.99,
    "average": 0.99,
    "cooldown": 0.5,
}
STEPS = {"ring": 700, "grid": 2_500}
RECIPES: dict[str, dict[str, Any]] = {
    **{name: {"loss": name} for name in LOSSES},
    "wasserstein-gp": {"loss": "wasserstein-gp", "critic_steps": 3, "penalty_weight": 1.0},
    "relativistic": {"loss": "relativistic", "penalty_weight": 0.005, "penalty_every": 2},
    "relativistic in packs": {"loss": "relativistic", "packing": 2, "penalty_weight": 0.005, "penalty_every": 2},
    "non-saturating in packs": {"loss": "non-saturating", "packing": 2, "generator_rate": 2e-3},
}
"""What differs by loss: the paper's several critic updates with Wasserstein's; lighter penalties for fine modes."""


def trained(toy: Toy, recipe: dict[str, Any], seed: int) -> Tensor:
    """Samples of a generator trained on the toy."""
    settings = AdversarialSettings(**{"max_steps": STEPS[toy.name], **SHARED, **recipe})
    rows = toy.draw(20_000, torch.Generator().manual_seed(derived_seed(seed, "toy rows")))
    networks = generator(settings.noise_width), critic(settings.packing)
    trainer = AdversarialTrainer(*networks, Rows(rows), settings, seed, CPU)
    trainer.run()
    trainer.finish()
    return trainer.sample(SAMPLES, torch.Generator().manual_seed(derived_seed(seed, "toy samples")))


@dataclass(frozen=True)
class Outcome:
    """What one recipe made of one toy, over seeds.

    Attributes:
        found: modes found, by seed.
        good: share of good samples, by seed.
        drawn: some samples of the first seed.
        seconds: of training, on average.
    """

    found: list[int]
    good: list[float]
    drawn: Tensor
    seconds: float


def outcome(toy: Toy, recipe: dict[str, Any], seeds: int) -> Outcome:
    """Train with each seed and judge."""
    start, made = time.process_time(), [trained(toy, recipe, seed) for seed in range(seeds)]
    seconds = (time.process_time() - start) / seeds
    figures = [judged(samples, toy) for samples in made]
    return Outcome([f for f, _ in figures], [g for _, g in figures], made[0][:DRAWN], seconds)


def law(toy: Toy) -> Outcome:
    """The same figures of the law's own samples."""
    rows = toy.draw(SAMPLES, torch.Generator().manual_seed(1))
    found, good = judged(rows, toy)
    return Outcome([found], [good], rows[:DRAWN], 0.0)


def page(toys: list[Toy], outcomes: dict[str, list[Outcome]], seeds: int) -> str:
    """toys.md."""
    shared = ", ".join(f"`{key}` {value}" for key, value in SHARED.items())
    steps = ", ".join(f"{STEPS[toy.name]:,} on the {toy.name}" for toy in toys)
    lines = [
        "# The losses on toys",
        "",
        f"Written by `python benchmarks/toys.py`. {platform.machine()}, one thread, no GPU; torch {torch.__version__}.",
        "",
        f"A ring of eight Gaussians and a 5x5 grid of them, standard deviation {toys[0].spread:g} where the whole "
        f"has about 1. Median over {seeds} seeds (lowest to highest) of {SAMPLES:,} samples. *good*: within "
        f"{GOOD_WITHIN:g} standard deviations of a mode. *found*: a mode that holds, in good samples, at least "
        f"{FOUND_SHARE:g} of its fair share of all samples.",
        "",
        f"The same for all: two hidden layers of {WIDTH} in either network, the critic seeing each coordinate as "
        f"itself and as {OCTAVES} octaves of waves; steps {steps}; {shared}. What differs is in the last column.",
        "",
        "| loss | ring: found of 8 | ring: good % | grid: found of 25 | grid: good % | CPU s, ring + grid | its own |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in outcomes.items():
        cells = []
        for seen in row:
            cells += [_spread(seen.found, "{:.0f}"), _spread([100 * share for share in seen.good], "{:.1f}")]
        seconds = " + ".join(f"{seen.seconds:.1f}" for seen in row) if row[0].seconds else ""
        own = ", ".join(f"`{key}` {value}" for key, value in RECIPES.get(name, {}).items() if key != "loss")
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {seconds} | {own} |")
    lines += ["", "Samples of the first seed; circles hold what is good.", "", "![samples](toys.svg)"]
    return "\n".join(lines) + "\n"


def _spread(values: list[Any], form: str) -> str:
    middle, low, high = (form.format(v) for v in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


SIDE, TITLE, EDGE = 150, 18, 1.9
"""Of one panel: pixels, pixels of its heading, and the coordinate at its border."""


def picture(toys: list[Toy], outcomes: dict[str, list[Outcome]]) -> str:
    """toys.svg: a column for each recipe, a row for each toy."""
    width, height = SIDE * len(outcomes), (SIDE + TITLE) * len(toys)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for column, (name, row) in enumerate(outcomes.items()):
        for line, (toy, seen) in enumerate(zip(toys, row, strict=True)):
            left, top = column * SIDE, line * (SIDE + TITLE)
            short = name.removeprefix("non-saturating ")  # room above a panel
            caption = f"{short}: {seen.found[0]} of {len(toy.modes_M2)}"
            parts.append(f'<text x="{left + 4}" y="{top + 13}">{caption}</text>')
            parts.append(f'<svg x="{left}" y="{top + TITLE}" width="{SIDE}" height="{SIDE}">')
            radius = GOOD_WITHIN * toy.spread * SIDE / (2 * EDGE)
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" stroke="#bbb"/>'
                for x, y in _pixels(toy.modes_M2)
            ]
            dots = "".join(f"M{x:.0f} {y:.0f}h1" for x, y in _pixels(seen.drawn))
            parts.append(f'<path d="{dots}" stroke="#1f5fa8" stroke-opacity="0.6" stroke-width="1.4"/></svg>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _pixels(rows_N2: Tensor) -> list[tuple[float, float]]:
    return [(x, y) for x, y in ((rows_N2.clamp(-EDGE, EDGE) / EDGE + 1) * SIDE / 2).tolist()]


def main() -> None:
    """Train, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--losses", default=",".join(RECIPES), help="recipes, with commas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of toys.md and toys.svg")
    given = parser.parse_args()
    torch.set_num_threads(1)
    toys = [ring(), grid()]
    outcomes = {"the law itself": [law(toy) for toy in toys]}
    for name in given.losses.split(","):
        outcomes[name] = [outcome(toy, RECIPES[name], given.seeds) for toy in toys]
        print(time.strftime("%H:%M:%S"), name, [(seen.found, seen.good) for seen in outcomes[name]], flush=True)
        (given.out / "toys.md").write_text(page(toys, outcomes, given.seeds), encoding="utf-8")
        (given.out / "toys.svg").write_text(picture(toys, outcomes), encoding="utf-8")


if __name__ == "__main__":
    main()
