"""The classic conditional GAN on the same slots: noise and a condition in, a row out, adversarial loss alone."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.one_shot import MostLikelyOneShot, OneShotCritic, OneShotGenerator, OneShotRollOut
from synthgen.nets.rollout import RollOut
from synthgen.synthesizers.adversarial import look_seed, play, resolved
from synthgen.synthesizers.base import Account, Job, Walk, latent_line
from synthgen.synthesizers.rolled_out import RolledOut, correction_rows
from synthgen.training.adversarial import AdversarialTrainer
from synthgen.training.conditional import TokenRows
from synthgen.training.correction import correct_marginals
from synthgen.training.devices import device_of
from synthgen.training.loop import new_network, split_held
from synthgen.training.quality import LiveQuality
from synthgen.training.settings import TrainingSettings

WIDTH, BLOCKS, WAVES = 128, 2, 6
STEPS, STEPS_ROWS = 1_500, 10_000
"""Steps for a table of so many rows or fewer; they grow with the rows' root."""
USED = ("width", "blocks", "waves", "held_share")
OWN: dict[str, Any] = {
    "loss": "relativistic",
    "penalty_weight": 0.01,
    "penalty_every": 4,
    "critic_rate": 3e-3,
    "noise_width": 64,
    "evaluate_every": 150,
}
"""Where its choice differs from the usual settings: a heavy penalty freezes the critic on rows of zeros and ones."""


class OneShot(RolledOut[OneShotGenerator]):
    """Draws all columns at once from noise and one given token, taught by a critic alone."""

    name: ClassVar[str] = "one-shot"
    title: ClassVar[str] = "one-shot conditional GAN"
    unused: ClassVar[tuple[str, ...]] = (
        "critic",
        "sampling.steps",
        *(f"training.{field}" for field in TrainingSettings.model_fields if field not in USED),
    )

    def learn(self, tokens_NS: np.ndarray, layout: Layout, job: Job) -> Account:
        config, device = job.config, job.device
        train, held = split_held(len(tokens_NS), config.training.held_share, config.seed, job.unit_N)
        steps = int(STEPS * max(1.0, len(train) / STEPS_ROWS) ** 0.5)
        settings = resolved(config.adversarial, {**OWN, "max_steps": steps})
        width, blocks = config.training.width or WIDTH, config.training.blocks or BLOCKS
        waves = config.training.waves or WAVES
        noise = (settings.noise_width, settings.noise)
        generator = new_network(lambda: OneShotGenerator(layout, width, blocks, *noise, waves), config.seed)
        critic = new_network(lambda: OneShotCritic(layout, width, blocks, settings.packing, waves), config.seed)
        tokens = torch.from_numpy(tokens_NS).to(device)
        sources = [TokenRows(tokens[rows], layout) for rows in (train, held)]
        trainer = AdversarialTrainer(generator, critic, sources[0], settings, config.seed, device, sources[1])
        live = LiveQuality(layout, tokens_NS, config.seed)

        def quality(trainer: AdversarialTrainer) -> float:
            rng = torch.Generator(device).manual_seed(look_seed(trainer))
            return live.measure(self.roll_out(generator), rng)

        about = f"{len(layout.slots)} slots, {generator.core.n_tokens:,} tokens, width {width}"
        training = play(trainer, job, quality, about)
        trainer.finish()
        self.network, self._roll_out = generator, None
        job.progress.stage("correcting marginals")
        rows, new_roll_out = correction_rows(len(tokens_NS)), partial(self.roll_out, generator)
        distances = correct_marginals(generator.core, tokens_NS, config.seed, rows, new_roll_out=new_roll_out)
        job.progress.stage("asking the critic")
        judged = self.ask_critic(tokens_NS[train.numpy()], tokens_NS[held.numpy()], layout, config.seed, device)
        facts = {"width": width, "blocks": blocks, "waves": waves, **training, "correction": distances}
        return Account({**facts, "critic": judged}, trainer.history, trainer.interrupted)

    def roll_out(self, network: OneShotGenerator, steps: int | None = None) -> RollOut:
        return OneShotRollOut(network)

    def biased(self, network: OneShotGenerator) -> AnyOrderGenerator:
        return network.core

    def walk(self, n_steps: int, seed: int) -> Walk | None:
        if self.network is None:
            return None
        tokens = MostLikelyOneShot(self.network).decode(latent_line(n_steps, self.network.noise_width, seed))
        return self.walked(tokens.to(torch.int32).cpu().numpy(), seed)

    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        noise = (training["adversarial"]["noise_width"], training["adversarial"]["noise"])
        size = (training["width"], training["blocks"], *noise, training["waves"])
        network = OneShotGenerator(self.codec.layout(), *size)
        self.restore_network(network, weights, training, device_of(device))
