"""How a generator of pictures is trained: the adversarial loop's settings by a rule, and a figure to choose by.

Letters: N pictures, C numbers in a condition, K channels, H height, W width, M different conditions, F features.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from synthgen.nets.noise import noise_of
from synthgen.nets.pictures import PictureCritic, PictureGenerator
from synthgen.seeding import derived_seed
from synthgen.training.adversarial import AdversarialTrainer
from synthgen.training.loop import new_network, split_held
from synthgen.training.progress import Progress
from synthgen.training.settings import AdversarialSettings, ImageSettings

BYTE = 127.5
"""Half of the largest byte: pictures are numbers from -1 to 1 for the networks."""
TIMED = (4, 12)
"""Steps between which one step is timed for a cap in minutes; the first ones are slower."""
JUDGED = 2_048
"""Real and generated pictures, each, behind a figure; its noise is then a few per cent."""
FEATURES = 48
CHUNK = 256
"""Pictures drawn at a time, always the same ones for a seed."""
RULE: dict[str, Any] = {
    "loss": "relativistic",
    "penalty_every": 8,
    "batch_rows": 64,
    "noise_width": 64,
    "initialisation": "orthogonal",
    "generator_rate": 6e-4,
    "critic_rate": 6e-4,
    "cooldown": 0.5,
    "average": 0.998,
}
FEWEST_STEPS, MOST_STEPS, STEPS_PER_ROOT = 1_000, 6_000, 12.5
"""Steps grow with the root of the number of pictures; what 3,061 of them reach on 60,000 is in benchmarks/images.md."""


@dataclass(frozen=True)
class PictureRows:
    """Pictures as bytes, with the condition of each; drawn evenly, with replacement.

    Attributes:
        pixels_NKHW: bytes.
        which_N: the row of ``conditions_MC`` that holds for a picture; None when nothing is known.
        conditions_MC: different conditions.
    """

    pixels_NKHW: Tensor
    which_N: Tensor | None = None
    conditions_MC: Tensor | None = None

    def __len__(self) -> int:
        return len(self.pixels_NKHW)

    @property
    def condition_width(self) -> int:
        """C; 0 when nothing is known."""
        return 0 if self.conditions_MC is None else self.conditions_MC.shape[1]

    def draw(self, n_rows: int, rng: torch.Generator) -> tuple[Tensor, Tensor | None]:
        return self.at(torch.randint(len(self), (n_rows,), generator=rng, device=self.pixels_NKHW.device))

    def at(self, rows: Tensor) -> tuple[Tensor, Tensor | None]:
        """These pictures as numbers from -1 to 1, and their conditions."""
        pixels = self.pixels_NKHW[rows].float() / BYTE - 1
        if self.which_N is None or self.conditions_MC is None:
            return pixels, None
        return pixels, self.conditions_MC[self.which_N[rows]]

    def take(self, rows: Tensor) -> PictureRows:
        """Some of them."""
        return PictureRows(
            self.pixels_NKHW[rows], None if self.which_N is None else self.which_N[rows], self.conditions_MC
        )

    def to(self, device: torch.device) -> PictureRows:
        """On another device."""
        moved = [None if x is None else x.to(device) for x in (self.which_N, self.conditions_MC)]
        return PictureRows(self.pixels_NKHW.to(device), *moved)


def settings_for(n_pictures: int, chosen: AdversarialSettings) -> AdversarialSettings:
    """The rule for so many pictures; what the user set stands above it.

    Example:
        >>> settings_for(60_000, AdversarialSettings(loss="hinge", penalty_every=None)).loss
        'hinge'
    """
    steps = int(min(max(STEPS_PER_ROOT * n_pictures**0.5, FEWEST_STEPS), MOST_STEPS))
    given = chosen.model_dump(exclude_unset=True)
    rule = RULE | {"max_steps": steps, "evaluate_every": max(1, given.get("max_steps", steps) // 16)}
    if given.get("loss", RULE["loss"]) != RULE["loss"]:
        del rule["penalty_every"]
    return AdversarialSettings(**(rule | given))


class PictureQuality:
    """How near generated pictures are to real ones, 0 to 1: as near as other real ones are.

    Both are seen by a small convolutional network with fixed random weights; the distance is Frechet's, between
    normal laws fitted to what it sees. Conditions stand beside, so that a picture of the wrong label counts.

    Args:
        real: pictures that generated ones are compared with.
        seed: of the network's weights and of the halves.

    Sources:
        Heusel et al. 2017, arXiv:1706.08500 (the distance); Naeem et al. 2020, arXiv:2002.09797 (random networks).
    """

    def __init__(self, real: PictureRows, seed: int) -> None:
        self.seed = seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(seed, "picture features"))
            self.eye = nn.Sequential(
                nn.Conv2d(real.pixels_NKHW.shape[1], 32, 4, 2, 1), nn.ReLU(),
                nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(),
                nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(1024, FEATURES),
            ).to(real.pixels_NKHW.device)  # fmt: skip
        rng = torch.Generator().manual_seed(derived_seed(seed, "picture halves"))
        order = torch.randperm(len(real), generator=rng)[: 2 * JUDGED].to(real.pixels_NKHW.device)
        self.first, self.other = real.take(order[: len(order) // 2]), real.take(order[len(order) // 2 :])
        pictures, conditions = self.first.at(torch.arange(len(self.first)))
        raw = self._raw(pictures, conditions)
        self.mean_F, self.spread_F = raw.mean(0), raw.std(0) + 1e-6
        self.seen = self.features(pictures, conditions)
        self.floor = frechet(self.seen, self.features(*self.other.at(torch.arange(len(self.other)))))

    @torch.no_grad()
    def _raw(self, pictures: Tensor, conditions: Tensor | None) -> Tensor:
        seen: Tensor = self.eye(pictures)
        return seen if conditions is None else torch.cat([seen, conditions[:, :FEATURES]], 1)

    def features(self, pictures: Tensor, conditions: Tensor | None) -> Tensor:
        """``(N, F)``, of mean 0 and variance 1 over the real pictures."""
        return (self._raw(pictures, conditions) - self.mean_F) / self.spread_F

    @torch.no_grad()
    def measure(self, draw: Callable[[int, torch.Generator, Tensor | None], Tensor]) -> float:
        """The figure of what ``draw`` makes for a number, a generator and conditions."""
        rng = torch.Generator(self.mean_F.device).manual_seed(derived_seed(self.seed, "picture figure"))
        _, conditions = self.other.at(torch.arange(len(self.other)))
        parts = []
        for at in range(0, len(self.other), CHUNK):
            part = None if conditions is None else conditions[at : at + CHUNK]
            parts.append(self.features(draw(min(CHUNK, len(self.other) - at), rng, part), part))
        return self.floor / max(self.floor, frechet(self.seen, torch.cat(parts)))


def frechet(a_NF: Tensor, b_NF: Tensor) -> float:
    """The squared Frechet distance between normal laws fitted to two sets of points.

    Example:
        Means 3 apart, and standard deviations 1 and 2: 3^2 + (2 - 1)^2.

        >>> x = torch.tensor([[-1.0], [1.0]]) / 2**0.5
        >>> round(frechet(x, 2 * x + 3), 4)
        10.0
    """
    mean_a, mean_b = a_NF.double().mean(0), b_NF.double().mean(0)
    cov_a, cov_b = (torch.cov(x_NF.double().T).reshape(len(mean_a), -1) for x_NF in (a_NF, b_NF))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
    return float((mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * shared)


@dataclass
class TrainedPictures:
    """What training leaves.

    Attributes:
        network: with its best averaged weights.
        training: the run in numbers, JSON types.
        history: one entry per look.
        interrupted: whether it was stopped from outside.
    """

    network: PictureGenerator
    training: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False


def train_pictures(
    pictures: PictureRows,
    image: ImageSettings,
    chosen: AdversarialSettings,
    seed: int,
    device: torch.device,
    progress: Progress,
    minutes: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainedPictures:
    """Train a generator of pictures against a critic.

    Args:
        pictures: to learn from; a share of them is kept from both networks.
        image: the networks' size, and the share kept.
        chosen: what the user set of the loop.
        seed: of everything random.
        device: where to train.
        progress: is told what happens.
        minutes: at most so long; turned into a number of steps after a short timing.
        stop: asked after every step; True ends the run with the best weights so far.

    Raises:
        ConfigError: settings that do not go together.
        DivergedError: a loss or a gradient is not finite.
    """
    pictures = pictures.to(device)
    settings = settings_for(len(pictures), chosen)
    colours, height, width = pictures.pixels_NKHW.shape[1:]
    shape = (colours, height, width)
    train, held = (pictures.take(rows.to(device)) for rows in split_held(len(pictures), image.held_share, seed))

    def new_trainer(settings: AdversarialSettings) -> AdversarialTrainer:
        noise, known = settings.noise_width, pictures.condition_width
        generator = new_network(lambda: PictureGenerator(shape, noise, known, image.channels), seed)
        critic = new_network(lambda: PictureCritic(shape, known, image.channels, settings.packing), seed)
        return AdversarialTrainer(generator, critic, train, settings, seed, device, held)

    planned = new_trainer(settings).last_step
    if minutes is not None:
        capped = _steps_within(minutes, new_trainer(settings))
        settings = settings.model_copy(update={"max_steps": min(planned, capped), "epochs": None})
    quality = PictureQuality(pictures, seed)
    trainer = new_trainer(settings)
    progress.message(
        f"seed {seed}, {len(train):,} pictures of {width} x {height} pixels, {trainer.last_step:,} steps of "
        f"{settings.batch_rows}, loss {settings.loss}, {device}",
        seed=seed,
        pictures=len(train),
        steps=trainer.last_step,
    )
    trainer.run(lambda loop: quality.measure(loop.sample), partial(_tell, progress, time.perf_counter()), stop)
    network = trainer.finish()
    assert isinstance(network, PictureGenerator)
    figures = [entry["quality"] for entry in trainer.history]
    training = {
        **settings.model_dump(),
        "channels": image.channels,
        "condition_width": pictures.condition_width,
        "pictures": len(train),
        "steps": trainer.step,
        "best_step": trainer.history[figures.index(max(figures))]["step"] if figures else None,
        "quality": max(figures, default=None),
        "cut": minutes is not None and settings.max_steps < planned,
        "minutes": minutes,
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    return TrainedPictures(network, training, trainer.history, trainer.interrupted)


def _steps_within(minutes: float, trial: AdversarialTrainer) -> int:
    """Steps that fit into so many minutes, by the time of a few on a trainer that is thrown away."""
    began, times = time.perf_counter(), list[float]()

    def note_time() -> bool:
        times.append(time.perf_counter())
        return len(times) >= TIMED[1]

    trial.run(lambda _: 0.0, stop=note_time)
    per_step = (times[-1] - times[min(TIMED[0], len(times) - 1) - 1]) / max(1, len(times) - TIMED[0])
    left = minutes * 60 - (times[-1] - began)
    return max(1, int(left / (1.15 * max(per_step, 1e-4))))


def _tell(progress: Progress, started: float, trainer: AdversarialTrainer) -> None:
    left = (time.perf_counter() - started) / trainer.step * (trainer.last_step - trainer.step)
    figures = {name: value for name, value in trainer.history[-1].items() if name != "step"}
    progress.step(trainer.step, trainer.last_step, figures, left)


@torch.no_grad()
def draw_chunk(
    network: PictureGenerator, conditions_BC: Tensor | None, noise: str, truncation: float, seed: int
) -> np.ndarray:
    """``CHUNK`` pictures as bytes ``(B, H, W, K)``.

    Args:
        network: the generator.
        conditions_BC: what is asked for, one of each.
        noise: ``normal`` or ``uniform``, as it was trained.
        truncation: what the noise is multiplied by.
        seed: of the noise.
    """
    device = next(network.parameters()).device
    rng = torch.Generator(device).manual_seed(seed)
    return bytes_of(network, noise_of(noise, (CHUNK, network.noise_width), rng) * truncation, conditions_BC)


@torch.no_grad()
def bytes_of(network: PictureGenerator, noise_BZ: Tensor, conditions_BC: Tensor | None) -> np.ndarray:
    """``(B, H, W, K)`` the pictures of so much noise."""
    device = next(network.parameters()).device
    pixels_BKHW = network(noise_BZ.to(device), None if conditions_BC is None else conditions_BC.to(device))
    pixels_BHWK = ((pixels_BKHW + 1) * BYTE).round().clamp(0, 255).byte().permute(0, 2, 3, 1)
    return np.ascontiguousarray(pixels_BHWK.cpu().numpy())
