"""Models that are one network over tokens: trained by one loop, drawn from chunk by chunk, their marginals corrected.

Letters: N rows, S slots.
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

from synthgen.config import RunConfig
from synthgen.layout import Layout
from synthgen.nets.rollout import CHUNK_ROWS
from synthgen.seeding import derived_seed
from synthgen.storage import RunWriter
from synthgen.synthesizers.base import Account, Job
from synthgen.synthesizers.keeping import Checkpoints
from synthgen.synthesizers.rolled_out import RolledOut, correction_rows
from synthgen.training.correction import correct_marginals
from synthgen.training.devices import device_of
from synthgen.training.loop import Network, Objective, Trainer, new_network, split_held
from synthgen.training.planning import Plan, critic_weight, plan
from synthgen.training.progress import Progress
from synthgen.training.quality import ROWS as QUALITY_ROWS
from synthgen.training.quality import LiveQuality
from synthgen.training.rival import Rival

LOOKS_PER_FIGURE = 2


class NetworkModel(RolledOut[Network]):
    """What such a model has to say besides: its network, and what that learns by.

    Attributes:
        share_of_steps: of those that the rule allows, it takes so many at the most.
    """

    share_of_steps: ClassVar[float] = 1.0

    @abstractmethod
    def new_network(self, layout: Layout, width: int, blocks: int, waves: int, chosen: Plan | None) -> Network:
        """A network with random weights.

        Args:
            layout: the row's slots.
            width: of the network.
            blocks: residual blocks.
            waves: octaves with which a number's order is seen.
            chosen: how it will be trained; None: it will not be.
        """

    @abstractmethod
    def objective(self, layout: Layout, chosen: Plan, device: torch.device) -> Objective[Network]:
        """What it learns by."""

    def adversarial(
        self, rival: Rival, objective: Objective[Network], weight: float
    ) -> Callable[[Network, torch.Tensor], torch.Tensor] | None:
        """The adversarial loss of a batch, times its weight; None: this model has none."""
        return None

    def calibrated(self, held_NS: np.ndarray, rows: int, seed: int) -> dict[str, Any]:
        """What held-out rows are like to the finished network, for scoring others; empty: it cannot score.

        Args:
            held_NS: rows that it did not learn from.
            rows: of the training table.
            seed: of the orders in which slots are looked at.
        """
        return {}

    def learn(self, tokens_NS: np.ndarray, layout: Layout, job: Job) -> Account:
        config, progress, writer = job.config, job.progress, job.writer
        chosen = plan(len(tokens_NS), config.training, layout.missing_share)
        if config.training.max_steps is None:
            chosen = replace(chosen, max_steps=math.ceil(self.share_of_steps * chosen.max_steps))
        train, held = split_held(len(tokens_NS), config.training.held_share, config.seed, job.unit_N)
        tokens = torch.from_numpy(tokens_NS)
        size = (chosen.width, chosen.blocks, chosen.waves)
        new = new_network(lambda: self.new_network(layout, *size, chosen), config.seed)
        objective = self.objective(layout, chosen, job.device)
        rival = Rival(layout, tokens[train], tokens[held], config.critic, config.seed, job.device)
        weight = critic_weight(len(train), config.critic)
        beside = self.adversarial(rival, objective, weight) if weight else None
        every = config.critic.every
        trainer = Trainer(new, objective, tokens[train], tokens[held], chosen, config.seed, job.device, beside, every)
        keeper = _Keeper(trainer, self, progress, writer, config, LiveQuality(layout, tokens_NS, config.seed), rival)
        if job.resume and writer is not None:
            keeper.resume()
        progress.stage("training")
        progress.message(
            f"seed {config.seed}, {len(train):,} rows, {len(layout.slots)} slots, {self.biased(new).n_tokens:,} "
            f"tokens, width {chosen.width}, {job.device}",
            seed=config.seed,
            rows=len(train),
            slots=len(layout.slots),
        )
        trainer.run(config.minutes, keeper.look, job.stop)
        if trainer.interrupted:
            keeper.checkpoints.keep()
        network = trainer.finish()
        self.network, self._roll_out = network, None
        progress.stage("correcting marginals")
        rows = correction_rows(len(tokens_NS))
        biased, new_roll_out = self.biased(network), partial(self.roll_out, network)
        distances = correct_marginals(biased, tokens_NS, config.seed, rows, new_roll_out=new_roll_out)
        progress.stage("asking the critic")
        judged = self.ask_critic(tokens_NS[train.numpy()], tokens_NS[held.numpy()], layout, config.seed, job.device)
        progress.stage("scoring held-out rows")
        calibrated = self.calibrated(tokens_NS[held.numpy()], len(tokens_NS), config.seed)
        clock = trainer.clock
        training = {
            **chosen.state(),
            "steps": clock.step,
            "best_step": clock.best_step,
            "held_out_loss": clock.kept_loss if clock.best_step else None,
            "ended_by": clock.ended_by,
            "cut": clock.cut or trainer.interrupted,
            "step_cap": clock.step_cap,
            "minutes": config.minutes,
            "correction": distances,
            "parameters": sum(p.numel() for p in network.parameters()),
            "critic": judged,
            **({"held_out_rows": calibrated} if calibrated else {}),
        }
        return Account(training, trainer.history, interrupted=trainer.interrupted)

    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        size = (training["width"], training["blocks"], training["waves"])
        network = self.new_network(self.codec.layout(), *size, None)
        self.restore_network(network, weights, training, device_of(device))


class Beside:
    """A trainer and the critic beside it, as one run that can stop and go on."""

    def __init__(self, trainer: Trainer[Any], rival: Rival) -> None:
        self.trainer, self.rival = trainer, rival

    def state(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """Where both stand: JSON and tensors."""
        (facts, tensors), (of_rival, more) = self.trainer.state(), self.rival.state()
        return {**facts, "rival": of_rival}, tensors | more

    def load_state(self, state: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
        """Go on from there."""
        self.trainer.load_state(state, tensors)
        self.rival.load_state(state["rival"], tensors)


class _Keeper:
    """Between looks: tells the progress, keeps checkpoints."""

    def __init__(
        self,
        trainer: Trainer[Any],
        model: NetworkModel[Any],
        progress: Progress,
        writer: RunWriter | None,
        config: RunConfig,
        quality: LiveQuality,
        rival: Rival,
    ) -> None:
        self.trainer, self.model, self.progress = trainer, model, progress
        facts: dict[str, Any] = {"plan": trainer.plan.state(), "critic": config.critic.model_dump()}
        facts |= {"rows": len(trainer.train_NS), "seed": config.seed}
        self.checkpoints = Checkpoints(Beside(trainer, rival), writer, facts)
        self.config, self.quality, self.rival = config, quality, rival
        self.figure: float | None = None
        self.started = time.perf_counter()
        self.first_step = 0

    def look(self, trainer: Trainer[Any]) -> None:
        now, clock = time.perf_counter(), trainer.clock
        if len(trainer.history) % LOOKS_PER_FIGURE == 0 or clock.done:
            rng = torch.Generator(trainer.device).manual_seed(derived_seed(self.config.seed, "figure", clock.step))
            with trainer.averaged() as network:
                roll_out = self.model.roll_out(network)
                n_drawn = self.config.critic.rows
                chunks = range(0, max(n_drawn, QUALITY_ROWS), CHUNK_ROWS)
                drawn = torch.cat([roll_out.chunk(CHUNK_ROWS, rng) for _ in chunks])
            self.figure = self.quality.of(drawn[:QUALITY_ROWS].cpu().numpy())
            trainer.history[-1] |= {"quality": self.figure, **self.rival.look(drawn[:n_drawn])}
            patience = self.config.critic.patience
            clock.certified = patience is not None and self.rival.at_chance >= patience
        per_step = (now - self.started) / max(1, clock.step - self.first_step)
        total = trainer.expected_steps
        figures = {name: value for name, value in trainer.history[-1].items() if name != "step"}
        left = per_step * max(0, total - clock.step)
        self.progress.step(clock.step, max(total, clock.step), figures | {"quality": self.figure}, left)
        if self.checkpoints.due() and not clock.done:
            self.checkpoints.keep()

    def resume(self) -> None:
        """Go on from a checkpoint."""
        if self.checkpoints.resume(self.progress):
            self.first_step = self.trainer.clock.step
            self.progress.message(f"resumed at step {self.first_step}", step=self.first_step)
