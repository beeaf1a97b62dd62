"""Networks that learn from real rows privately, after a private table has given them their codec.

The codec, the layout's counts, the corrected marginals and the critic that judges all come from the private table,
which is post-processing; the real rows are met by noised gradients alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from synthgen.codec import Codec
from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.one_shot import OneShotCritic, OneShotGenerator
from synthgen.synthesizers.adversarial import resolved
from synthgen.synthesizers.any_order import AnyOrderGan
from synthgen.synthesizers.base import Account, Job
from synthgen.synthesizers.one_shot import BLOCKS, WAVES, WIDTH, OneShot
from synthgen.synthesizers.rolled_out import RolledOut, correction_rows
from synthgen.training.correction import correct_marginals
from synthgen.training.loop import new_network, split_held
from synthgen.training.planning import plan as resolved_plan
from synthgen.training.private import BATCH, STEPS, TUNING_RATE, PrivatePlan, PrivateTrainer, private_plan
from synthgen.training.private_adversarial import GAME_BATCH, GAME_CLIP, GAME_STEPS, PrivateGame, check_game
from synthgen.training.progress import Progress

OWN_GAME: dict[str, Any] = {
    "loss": "non-saturating",
    "penalty_weight": 0.1,
    "penalty_every": 4,
    "noise_width": 64,
    "generator_rate": 1e-3,
    "critic_rate": 2e-3,
    "average": 0.99,
}
"""Of a private game: each of its losses is of one row, and the penalty is taken at generated rows alone."""


TUNING_MINUTES = 0.4
"""Of a fit's minutes, for gradients after the private table."""
TRIED_STEPS, FEWEST_STEPS = 2, 10
NARROW = 64
"""Width of a network that noisy gradients teach: noise grows with the number of weights, and on Adult at epsilon 3 a
new one of 64 was left at 22.92 nats per held-out row where one of 128 was left at 23.08."""


@dataclass(frozen=True)
class RealRows:
    """Rows under a guarantee, and what is left to spend on them.

    Attributes:
        table: the real rows, of each unit at most so many as the budget's ledger says.
        budget: all that is left of it is spent.
        units: how many units there are, privately released or public.
        unit_N: whose each row is; None: each row is a unit.
    """

    table: pa.Table
    budget: Budget
    units: float
    unit_N: np.ndarray | None = None

    def tokens(self, codec: Codec) -> torch.Tensor:
        """``(N, S)``; what encoding draws, it draws from the noise's entropy, for each cell anew."""
        return torch.from_numpy(codec.encode(self.table, seed=self.budget.noise.number()))


def narrowed(job: Job) -> Job:
    """The job with a narrow network, where the user chose no width."""
    config = job.config
    if config.training.width is not None:
        return job
    training = config.training.model_copy(update={"width": NARROW})
    return replace(job, config=config.model_copy(update={"training": training}))


def shortened(job: Job, share: float) -> Job:
    """The job with a part of its minutes, where it has any."""
    minutes = job.config.minutes
    return job if minutes is None else replace(job, config=job.config.model_copy(update={"minutes": share * minutes}))


def tune(
    model: AnyOrderGan, rows: RealRows, private_NS: np.ndarray, job: Job, seconds: float | None = None
) -> dict[str, Any]:
    """Go on with an any-order generator that was fitted to a private table.

    Args:
        model: fitted; its network is changed in place.
        rows: the real ones.
        private_NS: the private table's tokens, whose marginals the generator keeps.
        job: what the model was fitted with; its table is the private one.
        seconds: that are left for it; None: no end.

    Returns:
        The run in numbers, JSON types.

    Raises:
        PrivacyError: nothing is left of the budget.
    """
    assert model.network is not None
    layout = model.codec.layout(private_NS)
    steps = _steps_within(model.network, layout, private_NS, job, seconds)
    plan = private_plan(rows.budget, rows.units, steps=steps, learning_rate=TUNING_RATE)
    network = _taught(model.network, layout, rows, plan, model.codec, job)
    return {"private": plan.state(), **_finished(model, network, network, private_NS, layout, job)}


def _steps_within(
    network: AnyOrderGenerator, layout: Layout, private_NS: np.ndarray, job: Job, seconds: float | None
) -> int:
    """As many steps as there is time for, by trying a few on the private table: real rows tell nothing of it."""
    most = min(STEPS, job.config.training.max_steps or STEPS)
    if seconds is None:
        return most
    rate = min(0.5, BATCH / len(private_NS))
    plan = PrivatePlan(round(rate * len(private_NS)), rate, TRIED_STEPS, noise=1.0)
    tokens = torch.from_numpy(private_NS)
    trial = PrivateTrainer(deepcopy(network), layout, tokens, plan, Noise(job.config.seed), job.device)
    began = time.perf_counter()
    trial.run()
    each = (time.perf_counter() - began) / TRIED_STEPS
    return int(np.clip(seconds / each - TRIED_STEPS, FEWEST_STEPS, most))


def learn_any_order(model: AnyOrderGan, rows: RealRows, job: Job) -> Account:
    """Teach a new any-order generator by noisy gradients alone.

    Args:
        model: new.
        rows: the real ones.
        job: with the private table, which gives the codec and the shares of single tokens.

    Raises:
        PrivacyError: nothing is left of the budget.
    """
    private_NS, layout = model.encoded(job)
    if not layout.slots:
        return Account()
    chosen = resolved_plan(len(private_NS), narrowed(job).config.training, layout.missing_share)
    size = (chosen.width, chosen.blocks, chosen.waves)
    new = new_network(lambda: model.new_network(layout, *size, None), job.config.seed)
    plan = private_plan(rows.budget, rows.units)
    network = _taught(new, layout, rows, plan, model.codec, job)
    facts = {"width": size[0], "blocks": size[1], "waves": size[2], **_facts_of(plan, network)}
    return Account(facts | _finished(model, network, network, private_NS, layout, job))


def learn_one_shot(model: OneShot, rows: RealRows, job: Job) -> Account:
    """Teach a one-shot generator by a critic that meets real rows privately, as DP-CTGAN does.

    Args:
        model: new.
        rows: the real ones.
        job: with the private table, which gives the codec and the counts by which tokens are asked for.

    Raises:
        ConfigError: the game's settings cannot be private.
        PrivacyError: nothing is left of the budget.
    """
    config, device = job.config, job.device
    settings = resolved(config.adversarial, OWN_GAME)
    check_game(settings)
    private_NS, layout = model.encoded(job)
    if not layout.slots:
        return Account()
    width, blocks = config.training.width or WIDTH, config.training.blocks or BLOCKS
    waves, shape = config.training.waves or WAVES, (settings.noise_width, settings.noise)
    generator = new_network(lambda: OneShotGenerator(layout, width, blocks, *shape, waves), config.seed)
    critic = new_network(lambda: OneShotCritic(layout, width, blocks, 1, waves), config.seed)
    steps, rate = GAME_STEPS, settings.critic_rate
    plan = private_plan(rows.budget, rows.units, batch=GAME_BATCH, steps=steps, clip=GAME_CLIP, learning_rate=rate)
    tokens = rows.tokens(model.codec)
    game = PrivateGame(generator, critic, layout, tokens, plan, settings, rows.budget.noise, device, rows.unit_N)
    job.progress.stage("private training")
    game.run(_told(job.progress, plan))
    game.finish()
    facts = {"width": width, "blocks": blocks, "waves": waves, **_facts_of(plan, generator)}
    facts |= {"adversarial": settings.model_dump(exclude_none=True), "quality": None}
    return Account(facts | _finished(model, generator, generator.core, private_NS, layout, job))


def _taught(
    network: AnyOrderGenerator, layout: Layout, rows: RealRows, plan: PrivatePlan, codec: Codec, job: Job
) -> AnyOrderGenerator:
    trainer = PrivateTrainer(network, layout, rows.tokens(codec), plan, rows.budget.noise, job.device, rows.unit_N)
    job.progress.stage("private training")
    trainer.run(_told(job.progress, plan))
    return trainer.finish()


def _finished(
    model: RolledOut[Any], network: Any, biased: AnyOrderGenerator, private_NS: np.ndarray, layout: Layout, job: Job
) -> dict[str, Any]:
    """What follows training, by the private table alone."""
    seed, share = job.config.seed, job.config.training.held_share
    model.network, model._roll_out = network, None
    job.progress.stage("correcting marginals")
    roll_out, n_rows = partial(model.roll_out, network), correction_rows(len(private_NS))
    distances = correct_marginals(biased, private_NS, seed, n_rows, new_roll_out=roll_out)
    train, held = (part.numpy() for part in split_held(len(private_NS), share, seed))
    job.progress.stage("asking the critic")
    judged = model.ask_critic(private_NS[train], private_NS[held], layout, seed, job.device)
    found: dict[str, Any] = {"correction": distances, "critic": judged}
    if isinstance(model, AnyOrderGan):
        job.progress.stage("scoring held-out rows")
        found["held_out_rows"] = model.calibrated(private_NS[held], len(private_NS), seed)
    return found


def _facts_of(plan: PrivatePlan, network: torch.nn.Module) -> dict[str, Any]:
    """A run in numbers, as of other runs."""
    facts: dict[str, Any] = {"private": plan.state(), "steps": plan.steps, "best_step": plan.steps}
    facts |= {"held_out_loss": None, "cut": False}
    return facts | {"parameters": sum(p.numel() for p in network.parameters())}


def _told(progress: Progress, plan: PrivatePlan) -> Callable[[Any], None]:
    """Tells how far a run is; of steps alone, never of rows."""
    started = time.perf_counter()

    def look(trainer: PrivateTrainer | PrivateGame) -> None:
        if trainer.step % 10 == 0 or trainer.step == plan.steps:
            per_step = (time.perf_counter() - started) / trainer.step
            progress.step(trainer.step, plan.steps, {}, per_step * (plan.steps - trainer.step))

    return look
