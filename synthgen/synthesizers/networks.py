"""Models that are one network over tokens: trained by one loop, drawn from chunk by chunk, their marginals corrected.

Letters: N rows, S slots.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from functools import partial
from typing import Any, Generic

import numpy as np
import torch

from synthgen.config import RunConfig
from synthgen.errors import RunError
from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import CHUNK_ROWS, RollOut, phase_of
from synthgen.seeding import derived_seed
from synthgen.storage import Checkpoint, RunWriter
from synthgen.synthesizers.base import Account, Job, TokenModel
from synthgen.training.correction import correct_marginals
from synthgen.training.devices import device_of, side_by_side
from synthgen.training.loop import Network, Objective, Trainer, new_network, split_held
from synthgen.training.planning import Plan, plan
from synthgen.training.progress import Progress
from synthgen.training.quality import LiveQuality

CORRECTION_ROWS = 32 * CHUNK_ROWS
LOOKS_PER_FIGURE = 2
SECONDS_BETWEEN_CHECKPOINTS = 20.0


class NetworkModel(TokenModel, Generic[Network]):
    """What such a model has to say: its network, what that learns by, how rows are drawn, where the biases are."""

    network: Network | None = None
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
    def roll_out(self, network: Network) -> RollOut:
        """What draws rows from it."""

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
        trainer = Trainer(new, objective, tokens[train], tokens[held], chosen, config.seed, job.device)
        keeper = _Keeper(trainer, self, progress, writer, config, LiveQuality(layout, tokens_NS, config.seed))
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
        clock = trainer.clock
        training = {
            **chosen.state(),
            "steps": clock.step,
            "best_step": clock.best_step,
            "held_out_loss": clock.best_loss if clock.best_step else None,
            "cut": clock.cut or trainer.interrupted,
            "step_cap": clock.step_cap,
            "minutes": config.minutes,
            "correction": distances,
            "parameters": sum(p.numel() for p in network.parameters()),
        }
        return Account(training, trainer.history, interrupted=trainer.interrupted)

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        """Each chunk has a random stream of its own, so that its rows do not depend on how many come after."""
        assert self.network is not None
        self._roll_out = roll_out = self._roll_out or self.roll_out(self.network)

        def chunk(at: int) -> np.ndarray:
            rng = torch.Generator(roll_out.device).manual_seed(derived_seed(seed, "sample", at))
            drawn = roll_out.chunk(CHUNK_ROWS, rng, phase=phase_of(seed, at // CHUNK_ROWS))
            return np.asarray(drawn[: start + rows - at].to(torch.int32).cpu().numpy())

        parts = side_by_side(chunk, range(start, start + rows, CHUNK_ROWS), roll_out.device)
        return np.concatenate(parts) if parts else np.zeros((0, len(roll_out.layout.slots)), np.int32)

    def token_vectors(self) -> list[np.ndarray]:
        return [] if self.network is None else [v.cpu().numpy() for v in self.biased(self.network).token_vectors()]

    def weights(self) -> dict[str, np.ndarray]:
        return {} if self.network is None else {k: v.cpu().numpy() for k, v in self.network.state_dict().items()}

    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        size = (training["width"], training["blocks"], training["waves"])
        network = self.new_network(self.codec.layout(), *size, None)
        network.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()})
        self.network = network.to(device_of(device)).eval()


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
    ) -> None:
        self.trainer, self.model, self.progress, self.writer = trainer, model, progress, writer
        self.config, self.quality = config, quality
        self.figure: float | None = None
        self.started = self.kept = time.perf_counter()
        self.first_step = 0

    def look(self, trainer: Trainer[Any]) -> None:
        now, clock = time.perf_counter(), trainer.clock
        if len(trainer.history) % LOOKS_PER_FIGURE == 0 or clock.done:
            rng = torch.Generator(trainer.device).manual_seed(derived_seed(self.config.seed, "figure", clock.step))
            with trainer.averaged() as network:
                self.figure = self.quality.measure(self.model.roll_out(network), rng)
            trainer.history[-1]["quality"] = self.figure
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
        facts = {
            **state,
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
        if (facts.get("plan"), facts.get("rows"), facts.get("seed")) != (
            self.trainer.plan.state(),
            len(self.trainer.train_NS),
            self.config.seed,
        ):
            raise RunError(
                "checkpoint: was written for other data or other settings; use the same data, schema, settings "
                "and seed, or train without --resume"
            )
        self.trainer.load_state(facts, {k: torch.from_numpy(v.copy()) for k, v in checkpoint.arrays.items()})
        self.first_step = self.trainer.clock.step
        self.progress.message(f"resumed at step {self.first_step}", step=self.first_step)
