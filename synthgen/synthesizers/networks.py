"""Models that are one network over tokens: trained by one loop, drawn from chunk by chunk, their marginals corrected.

Letters: N rows, S slots.
"""

from __future__ import annotations

import copy
import math
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any, Generic, Self

import numpy as np
import pyarrow as pa
import torch

from synthgen.config import RunConfig, SamplingSettings
from synthgen.errors import ConfigError, RunError
from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.critic import Critic
from synthgen.nets.guide import Guide
from synthgen.nets.passes import dependence
from synthgen.nets.rollout import CHUNK_ROWS, RollOut, phase_of
from synthgen.seeding import derived_seed
from synthgen.storage import Checkpoint, RunWriter
from synthgen.synthesizers.base import Account, Job, TokenModel
from synthgen.training.correction import correct_marginals
from synthgen.training.critic import Taught
from synthgen.training.devices import device_of, side_by_side
from synthgen.training.guiding import critic_of, judge, tilt_of
from synthgen.training.loop import Network, Objective, Trainer, new_network, split_held
from synthgen.training.planning import Plan, plan
from synthgen.training.progress import Progress
from synthgen.training.quality import ROWS as QUALITY_ROWS
from synthgen.training.quality import LiveQuality
from synthgen.training.rival import Rival

CORRECTION_ROWS = 32 * CHUNK_ROWS
LOOKS_PER_FIGURE = 2
SECONDS_BETWEEN_CHECKPOINTS = 20.0
CRITIC, TILT, DEPENDENCE = "critic.", "guide.tilt", "guide.dependence"
"""What stands beside the network among the weights: a prefix, and two names."""
CRITIC_ROWS = 40_000
"""Rows of each kind that the critic learns from at the most: its 200 steps see no more of them anyway."""


class NetworkModel(TokenModel, Generic[Network]):
    """What such a model has to say: its network, what that learns by, how rows are drawn, where the biases are."""

    network: Network | None = None
    _sampling = SamplingSettings()
    _tilt_V: torch.Tensor | None = None
    _dependence_SS: np.ndarray | None = None
    _roll_out: RollOut | None = None

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

    @abstractmethod
    def roll_out(self, network: Network, steps: int | None = None) -> RollOut:
        """What draws rows from it; ``steps`` as in ``SamplingSettings``."""

    def taught_by(self, rival: Rival, objective: Objective[Network]) -> Callable[[Network, torch.Tensor], torch.Tensor]:
        """The adversarial loss of a batch, which stands beside what it learns by.

        Raises:
            ConfigError: this model has none.
        """
        raise ConfigError(
            f"critic.weight: model {self.name!r} learns from its own loss alone; leave it out, or use model 'gan'"
        )

    @abstractmethod
    def biased(self, network: Network) -> AnyOrderGenerator:
        """The part whose biases decide the shares of single tokens."""

    def learn(self, tokens_NS: np.ndarray, layout: Layout, job: Job) -> Account:
        config, progress, writer = job.config, job.progress, job.writer
        chosen = plan(len(tokens_NS), config.training)
        train, held = split_held(len(tokens_NS), config.training.held_share, config.seed)
        tokens = torch.from_numpy(tokens_NS)
        size = (chosen.width, chosen.blocks, chosen.waves)
        new = new_network(lambda: self.new_network(layout, *size, chosen), config.seed)
        objective = self.objective(layout, chosen, job.device)
        rival = Rival(layout, tokens[train], tokens[held], config.critic, config.seed, job.device)
        beside = self.taught_by(rival, objective) if config.critic.weight else None
        every = config.critic.every
        trainer = Trainer(new, objective, tokens[train], tokens[held], chosen, config.seed, job.device, beside, every)
        keeper = _Keeper(trainer, self, progress, writer, config, LiveQuality(layout, tokens_NS, config.seed), rival)
        if job.resume and writer is not None:
            keeper.resume(writer.read_checkpoint())
        progress.stage("training")
        progress.message(
            f"seed {config.seed}, {len(train):,} rows, {len(layout.slots)} slots, {self.biased(new).n_tokens:,} "
            f"tokens, width {chosen.width}, {job.device}",
            seed=config.seed,
            rows=len(train),
            slots=len(layout.slots),
        )
        trainer.run(config.minutes, keeper.look, job.stop)
        if trainer.interrupted and writer is not None:
            keeper.keep()
        network = trainer.finish()
        self.network, self._roll_out = network, None
        progress.stage("correcting marginals")
        rows = min(CORRECTION_ROWS, max(4096, 2 * len(tokens_NS)))
        biased, new_roll_out = self.biased(network), partial(self.roll_out, network)
        distances = correct_marginals(biased, tokens_NS, config.seed, rows, new_roll_out=new_roll_out)
        progress.stage("asking the critic")
        judged = self._ask_critic(tokens_NS[train.numpy()], tokens_NS[held.numpy()], layout, config.seed, job.device)
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
        }
        return Account(training, trainer.history, interrupted=trainer.interrupted)

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        """Each chunk has a random stream of its own, so that its rows do not depend on how many come after."""
        assert self.network is not None
        how = self._sampling
        self._roll_out = roll_out = self._roll_out or self.roll_out(self.network, how.steps)
        guide = Guide(self.critic, self._tilt_V) if self.critic is not None and how.guide > 1 else None

        def chunk(at: int) -> np.ndarray:
            rng = torch.Generator(roll_out.device).manual_seed(derived_seed(seed, "sample", at))
            phase, n_drawn = phase_of(seed, at // CHUNK_ROWS), math.ceil(CHUNK_ROWS * how.guide)
            drawn = roll_out.chunk(n_drawn if guide else CHUNK_ROWS, rng, phase=phase)
            if guide:
                drawn = guide.keep(drawn, CHUNK_ROWS, rng)
            return np.asarray(drawn[: start + rows - at].to(torch.int32).cpu().numpy())

        parts = side_by_side(chunk, range(start, start + rows, CHUNK_ROWS), roll_out.device)
        return np.concatenate(parts) if parts else np.zeros((0, len(roll_out.layout.slots)), np.int32)

    def token_vectors(self) -> list[np.ndarray]:
        return [] if self.network is None else [v.cpu().numpy() for v in self.biased(self.network).token_vectors()]

    def drawing(self, how: SamplingSettings) -> Self:
        if how.guide > 1 and self.network is not None and self.critic is None:
            raise ConfigError("sampling.guide: the run has no critic; it was fitted by an older synthgen, fit it again")
        model = copy.copy(self)
        model._sampling, model._roll_out = how, None
        return model

    def critic_scores(self, table: pa.Table, seed: int = 0) -> np.ndarray:
        """``(N,)`` the critic's score of each row of a table, real or not: how much likelier real than generated.

        Args:
            table: the columns that the model was fitted to.
            seed: places inside cells of rounded numbers are drawn.
        """
        if self.critic is None:
            return np.zeros(len(table), np.float32)
        return Taught(self.critic).score(self.codec.encode(table, seed=seed))

    def _ask_critic(
        self, train_NS: np.ndarray, held_NS: np.ndarray, layout: Layout, seed: int, device: torch.device
    ) -> dict[str, Any]:
        """Teach the critic of the finished generator, and let it judge rows that neither has seen."""
        n_learn, n_judge = min(len(train_NS), CRITIC_ROWS), len(held_NS)
        drawn = self.draw(0, n_learn + n_judge, derived_seed(seed, "critic"))
        self.critic = critic_of(layout, train_NS, drawn[n_judge:], seed).to(device)
        judgement = judge(self.critic, held_NS, drawn[:n_judge])
        self._tilt_V = tilt_of(self.critic, drawn, seed)
        self._dependence_SS = dependence(drawn, layout)
        return {**asdict(judgement), "width": self.critic.width}

    def weights(self) -> dict[str, np.ndarray]:
        if self.network is None:
            return {}
        arrays = {k: v.cpu().numpy() for k, v in self.network.state_dict().items()}
        if self.critic is not None and self._tilt_V is not None and self._dependence_SS is not None:
            arrays |= {CRITIC + k: v.cpu().numpy() for k, v in self.critic.state_dict().items()}
            arrays |= {TILT: self._tilt_V.cpu().numpy(), DEPENDENCE: self._dependence_SS.astype(np.float32)}
        return arrays

    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        layout, place = self.codec.layout(), device_of(device)
        arrays = {k: torch.from_numpy(v.copy()) for k, v in weights.items()}
        if TILT in arrays:
            self._tilt_V, self._dependence_SS = arrays.pop(TILT).to(place), arrays.pop(DEPENDENCE).numpy()
            of_critic = {k.removeprefix(CRITIC): arrays.pop(k) for k in list(arrays) if k.startswith(CRITIC)}
            critic = Critic(layout, training["critic"]["width"])
            critic.load_state_dict(of_critic)
            self.critic = critic.to(place).eval()
        network = self.new_network(layout, training["width"], training["blocks"], training["waves"], None)
        network.load_state_dict(arrays)
        self.network = network.to(place).eval()


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
        self.trainer, self.model, self.progress, self.writer = trainer, model, progress, writer
        self.config, self.quality, self.rival = config, quality, rival
        self.figure: float | None = None
        self.started = self.kept = time.perf_counter()
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
        if self.writer is not None and now - self.kept > SECONDS_BETWEEN_CHECKPOINTS and not clock.done:
            self.keep()

    def keep(self) -> None:
        """Write the checkpoint."""
        assert self.writer is not None
        state, tensors = self.trainer.state()
        of_rival, more = self.rival.state()
        tensors |= more
        facts = {
            **state,
            "rival": of_rival,
            "critic": self.config.critic.model_dump(),
            "plan": self.trainer.plan.state(),
            "rows": len(self.trainer.train_NS),
            "seed": self.config.seed,
        }
        self.writer.write_checkpoint({k: v.cpu().numpy() for k, v in tensors.items()}, facts)
        self.kept = time.perf_counter()

    def resume(self, checkpoint: Checkpoint | None) -> None:
        """Go on from a checkpoint that fits this table and these settings."""
        if checkpoint is None:
            self.progress.message("nothing to resume; training from the start", warning=True)
            return
        facts = checkpoint.facts
        if (facts.get("plan"), facts.get("critic"), facts.get("rows"), facts.get("seed")) != (
            self.trainer.plan.state(),
            self.config.critic.model_dump(),
            len(self.trainer.train_NS),
            self.config.seed,
        ):
            raise RunError(
                "checkpoint: was written for other data or other settings; use the same data, schema, settings "
                "and seed, or train without --resume"
            )
        tensors = {k: torch.from_numpy(v.copy()) for k, v in checkpoint.arrays.items()}
        self.trainer.load_state(facts, tensors)
        self.rival.load_state(facts["rival"], tensors)
        self.first_step = self.trainer.clock.step
        self.progress.message(f"resumed at step {self.first_step}", step=self.first_step)
