"""Networks that learn from real rows privately, after a private table has given them their codec.

The codec, the layout's counts, the corrected marginals and the critic that judges all come from the private table,
which is post-processing; the real rows are met by noised gradients alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from synthgen.codec import Codec
from synthgen.dp.budget import Budget
from synthgen.dp.sgd import check_private_training
from synthgen.nets.one_shot import OneShotCritic, OneShotGenerator
from synthgen.synthesizers.adversarial import resolved
from synthgen.synthesizers.any_order import AnyOrderGan
from synthgen.synthesizers.base import Account, Job
from synthgen.synthesizers.one_shot import BLOCKS, WAVES, WIDTH, OneShot
from synthgen.synthesizers.rolled_out import correction_rows
from synthgen.training.correction import correct_marginals
from synthgen.training.loop import new_network, split_held
from synthgen.training.private import STEPS, PrivatePlan, PrivateTrainer, private_plan
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


def tune(model: AnyOrderGan, rows: RealRows, private_NS: np.ndarray, job: Job) -> dict[str, Any]:
    """Go on with an any-order generator that was fitted to a private table.

    Args:
        model: fitted; its network is changed in place.
        rows: the real ones.
        private_NS: the private table's tokens, whose marginals the generator keeps.
        job: what the model was fitted with; its table is the private one.

    Returns:
        The run in numbers, JSON types.

    Raises:
        MissingExtraError: Opacus is not installed. Nothing was spent.
        PrivacyError: nothing is left of the budget.
    """
    check_private_training()
    assert model.network is not None
    config, layout, device = job.config, model.codec.layout(private_NS), job.device
    plan = private_plan(rows.budget, rows.units, steps=STEPS)
    trainer = PrivateTrainer(
        model.network, layout, rows.tokens(model.codec), plan, rows.budget.noise, device, rows.unit_N
    )
    job.progress.stage("private training")
    trainer.run(_told(job.progress, plan))
    network = trainer.finish()
    model.network, model._roll_out = network, None
    job.progress.stage("correcting marginals")
    n_rows, new_roll_out = correction_rows(len(private_NS)), partial(model.roll_out, network)
    distances = correct_marginals(network, private_NS, config.seed, n_rows, new_roll_out=new_roll_out)
    train, held = (part.numpy() for part in split_held(len(private_NS), config.training.held_share, config.seed))
    job.progress.stage("asking the critic")
    judged = model.ask_critic(private_NS[train], private_NS[held], layout, config.seed, device)
    return {"private": plan.state(), "correction": distances, "critic": judged}


def learn_one_shot(model: OneShot, rows: RealRows, job: Job) -> Account:
    """Teach a one-shot generator by a critic that meets real rows privately, as DP-CTGAN does.

    Args:
        model: new.
        rows: the real ones.
        job: with the private table, which gives the codec and the counts by which tokens are asked for.

    Raises:
        ConfigError: the game's settings cannot be private.
        MissingExtraError: Opacus is not installed. Nothing was spent.
        PrivacyError: nothing is left of the budget.
    """
    check_private_training()
    config, device, private = job.config, job.device, job.table.arrow
    settings = resolved(config.adversarial, OWN_GAME)
    check_game(settings)
    model.codec = codec = Codec.fit(
        private, job.schema, target=config.target, context=config.context, min_holders=1, seed=config.seed
    )
    private_NS = codec.encode(private, seed=config.seed)
    layout = codec.layout(private_NS)
    if not layout.slots:
        return Account()
    width, blocks = config.training.width or WIDTH, config.training.blocks or BLOCKS
    waves, shape = config.training.waves or WAVES, (settings.noise_width, settings.noise)
    generator = new_network(lambda: OneShotGenerator(layout, width, blocks, *shape, waves), config.seed)
    critic = new_network(lambda: OneShotCritic(layout, width, blocks, 1, waves), config.seed)
    learned = private_plan(
        rows.budget,
        rows.units,
        batch=GAME_BATCH,
        steps=GAME_STEPS,
        clip=GAME_CLIP,
        learning_rate=settings.critic_rate,
    )
    game = PrivateGame(
        generator, critic, layout, rows.tokens(codec), learned, settings, rows.budget.noise, device, rows.unit_N
    )
    job.progress.stage("private training")
    game.run(_told(job.progress, learned))
    game.finish()
    model.network, model._roll_out = generator, None
    job.progress.stage("correcting marginals")
    n_rows, new_roll_out = correction_rows(len(private_NS)), partial(model.roll_out, generator)
    distances = correct_marginals(generator.core, private_NS, config.seed, n_rows, new_roll_out=new_roll_out)
    train, held = (part.numpy() for part in split_held(len(private_NS), config.training.held_share, config.seed))
    job.progress.stage("asking the critic")
    judged = model.ask_critic(private_NS[train], private_NS[held], layout, config.seed, device)
    facts = {"width": width, "blocks": blocks, "waves": waves, "adversarial": settings.model_dump(exclude_none=True)}
    facts |= {"private": learned.state(), "steps": learned.steps, "correction": distances, "critic": judged}
    facts |= {"best_step": learned.steps, "held_out_loss": None, "quality": None, "cut": False}
    facts |= {"parameters": sum(p.numel() for p in generator.parameters())}
    return Account(facts)


def _told(progress: Progress, plan: PrivatePlan) -> Callable[[Any], None]:
    """Tells how far a run is; of steps alone, never of rows."""
    started = time.perf_counter()

    def look(trainer: PrivateTrainer | PrivateGame) -> None:
        if trainer.step % 10 == 0 or trainer.step == plan.steps:
            per_step = (time.perf_counter() - started) / trainer.step
            progress.step(trainer.step, plan.steps, {}, per_step * (plan.steps - trainer.step))

    return look
