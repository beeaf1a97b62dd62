"""The adversarial loop: any generator against any critic over rows of numbers; read it top to bottom.

All of it counts steps, so that a seed gives the same weights again. A step is some updates of the critic and one of
the generator. A generator maps noise to rows, a critic rows to scores; where rows have conditions, both take them as a
second argument. Generated rows get the conditions of the real rows beside them, so they come at their true shares.

Letters: N rows, B rows in a batch, Z noise width, P rows in a pack, C numbers in a condition. A row may have any shape.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from synthgen.errors import ConfigError, DivergedError, choose
from synthgen.losses.adversarial import LOSSES, AdversarialLoss
from synthgen.nets.initialisation import WEIGHTED, initialise
from synthgen.nets.noise import noise_of
from synthgen.seeding import derived_seed
from synthgen.training.chance import auc_interval
from synthgen.training.loop import TIME_TO_SPARE, TIMED_STEPS, adam_state, flatten
from synthgen.training.settings import AdversarialSettings

HELD_ROWS = 4096
"""Real rows, and as many generated ones, for a look at the critic's area: its interval is then 0.013 to a side."""
AVERAGE_WARMUP = 20
"""Steps after which the average remembers half of what it has seen: the first weights are soon forgotten."""
STEERING = (
    "step",
    "critic_updates",
    "stalled",
    "best_step",
    "best_quality",
    "last_penalty",
    "step_cap",
    "done",
)
"""What decides how a run goes on, besides weights, random states and what the optimizers remember."""


class Source(Protocol):
    """Where real rows come from."""

    def __len__(self) -> int:
        """How many there are."""

    def draw(self, n_rows: int, rng: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """So many rows and, where there are any, their conditions ``(B, C)``."""


@dataclass(frozen=True)
class Rows:
    """Rows drawn evenly, with replacement.

    Attributes:
        rows: on the device of the training, the first dimension counts them.
        conditions_NC: what is known of each.
    """

    rows: Tensor
    conditions_NC: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def draw(self, n_rows: int, rng: torch.Generator) -> tuple[Tensor, Tensor | None]:
        chosen = torch.randint(len(self.rows), (n_rows,), generator=rng, device=self.rows.device)
        return self.rows[chosen], None if self.conditions_NC is None else self.conditions_NC[chosen]


class Player:
    """One of the two networks, its weights as one vector, and what updates them."""

    def __init__(self, role: str, network: nn.Module, rate: float, settings: AdversarialSettings) -> None:
        self.role, self.network, self.rate = role, network, rate
        self.vector = flatten(network)
        self.parameters = list(network.parameters())
        betas = (settings.beta1, settings.beta2)
        self.optimizer = torch.optim.Adam([self.vector], lr=rate, betas=betas, fused=True)

    def __call__(self, rows: Tensor, conditions: Tensor | None) -> Tensor:
        out: Tensor = self.network(rows) if conditions is None else self.network(rows, conditions)
        return out


class AdversarialTrainer:
    """Trains a generator and a critic against each other.

    Args:
        generator: noise ``(B, Z)`` to rows; moved to the device, its weights drawn anew where the settings say so.
        critic: packs of rows to scores ``(B / P,)``. Rows of a pack lie side by side along their second dimension.
        source: real rows.
        settings: the run in numbers.
        seed: of weights, noise, rows and what the networks draw themselves (dropout).
        device: where to train.
        held: real rows that neither network learns from, to see whether the critic can tell.
        beside: what the generator's loss counts beside the critic's say; asked for after it has made its rows.

    Raises:
        ConfigError: no such loss, or settings that do not go together.
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        source: Source,
        settings: AdversarialSettings,
        seed: int,
        device: torch.device,
        held: Source | None = None,
        beside: Callable[[], Tensor] | None = None,
    ) -> None:
        self.settings, self.seed, self.device, self.source, self.held = settings, seed, device, source, held
        self.beside = beside
        self.loss: AdversarialLoss = LOSSES[choose("adversarial.loss", settings.loss, LOSSES)]
        _check(settings, held)
        self.penalty_weight, self.penalty_every = _penalty(settings, self.loss)
        with self._own_draws("weights"):
            for network, name in ((generator, "generator"), (critic, "critic")):
                if settings.initialisation:
                    initialise(network, settings.initialisation, self._stream(f"{name} weights", torch.device("cpu")))
            if settings.spectral_norm:
                for layer in [part for part in critic.modules() if isinstance(part, WEIGHTED)]:
                    parametrizations.spectral_norm(layer)
        self.generator = Player("generator", generator.to(device), settings.generator_rate, settings)
        self.critic = Player("critic", critic.to(device), settings.critic_rate, settings)
        self.average = self.generator.vector.detach().clone()
        self.best = self.average.clone()
        self.rows_rng, self.noise_rng, self.penalty_rng = (
            self._stream(name, device) for name in ("rows", "noise", "penalty")
        )
        self.step, self.critic_updates, self.stalled = 0, 0, 0
        self.best_step, self.best_quality, self.best_buffers = 0, -math.inf, self._buffers(self.generator)
        self.last_penalty = 0.0
        self.step_cap: int | None = None
        self.done, self.interrupted = False, False
        self.draws: dict[str, Tensor] = {}
        self.history: list[dict[str, Any]] = []

    def _stream(self, name: str, device: torch.device) -> torch.Generator:
        return torch.Generator(device).manual_seed(derived_seed(self.seed, "adversarial", name))

    @contextmanager
    def _own_draws(self, name: str, number: int = 0) -> Iterator[None]:
        """What networks draw from torch's global generator comes from the seed too, and leaves the caller's alone."""
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(derived_seed(self.seed, "adversarial", name, number))
            yield

    @property
    def last_step(self) -> int:
        """The last step at the latest."""
        return self.planned_steps if self.step_cap is None else min(self.planned_steps, self.step_cap)

    @property
    def planned_steps(self) -> int:
        """The last step where no minutes are up before."""
        if self.settings.epochs is None:
            return self.settings.max_steps
        per_step = self.settings.batch_rows * self.settings.accumulate
        return min(self.settings.max_steps, max(1, math.ceil(self.settings.epochs * len(self.source) / per_step)))

    def run(
        self,
        quality: Callable[[AdversarialTrainer], float] | None = None,
        look: Callable[[AdversarialTrainer], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
        minutes: float | None = None,
    ) -> None:
        """Train until done.

        Args:
            quality: a figure, higher is better, asked for at each look while the averaged weights are in place; the
                best weights are kept.
            look: called after each look.
            stop: asked after every step; True ends the run at once, to be finished or resumed.
            minutes: at most so long; turned into a number of steps after a short timing.

        Raises:
            ConfigError: the run is to end by a quality, and none is given.
            DivergedError: a loss or a gradient is not finite. The network's weights are those of the update before.
        """
        if self.settings.convergence == "quality" and quality is None:
            raise ConfigError("adversarial.convergence: 'quality' needs a figure to go by; give one or use 'steps'")
        self.generator.network.train()
        self.critic.network.train()
        with self._own_draws("run", self.step):
            self._set_draws()
            self._run(quality, look, stop, minutes)

    def _run(
        self,
        quality: Callable[[AdversarialTrainer], float] | None,
        look: Callable[[AdversarialTrainer], None],
        stop: Callable[[], bool],
        minutes: float | None,
    ) -> None:
        started = timed_from = time.perf_counter()
        first = self.step
        while not self.done:
            self._set_rates()
            for _ in range(self.settings.critic_steps):
                critic_loss, critic_norm = self._update(self.critic, self._critic_loss)
                self.critic_updates += 1
            generator_loss, generator_norm = self._update(self.generator, self._generator_loss)
            self.step += 1
            self._average()
            if self.step - first == TIMED_STEPS[0]:
                timed_from = time.perf_counter()
            if self.step - first == TIMED_STEPS[1] and minutes is not None and self.step_cap is None:
                per_step = (time.perf_counter() - timed_from) / (TIMED_STEPS[1] - TIMED_STEPS[0])
                left = minutes * 60 - (time.perf_counter() - started)
                self.step_cap = self.step + max(1, int(left / (TIME_TO_SPARE * per_step)))
            self.done = self.step >= self.last_step
            if self.step % self.settings.evaluate_every == 0 or self.done:
                self.history.append(
                    {
                        "step": self.step,
                        "generator_loss": generator_loss,
                        "critic_loss": critic_loss,
                        "penalty": self.last_penalty,
                        "generator_grad_norm": generator_norm,
                        "critic_grad_norm": critic_norm,
                    }
                )
                self._look(quality)
                self._keep_draws()
                look(self)
            if stop():
                self._keep_draws()
                self.interrupted = True
                return

    def _set_rates(self) -> None:
        """Hold, then fall linearly towards zero after the last step."""
        falling = self.settings.cooldown * self.last_step
        left = self.last_step - self.step
        for player in (self.generator, self.critic):
            player.optimizer.param_groups[0]["lr"] = player.rate * (left / falling if left < falling else 1.0)

    def _update(self, player: Player, loss_of: Callable[[], Tensor]) -> tuple[float, float]:
        """One update; nothing is touched when the loss or the gradient is not finite."""
        assert player.vector.grad is not None
        player.vector.grad.zero_()
        total = torch.zeros((), device=self.device)
        for _ in range(self.settings.accumulate):
            loss = loss_of() / self.settings.accumulate
            torch.autograd.backward(loss, inputs=player.parameters)
            total += loss.detach()
        value, norm = float(total), float(player.vector.grad.norm())
        if not (math.isfinite(value) and math.isfinite(norm)):
            what = "gradient" if math.isfinite(value) else "loss"
            raise DivergedError(
                f"step {self.step + 1}: the {player.role}'s {what} is not finite; its weights were not updated. "
                f"Lower adversarial.{player.role}_rate"
            )
        most = self.settings.max_grad_norm
        if most is not None and norm > most:
            player.vector.grad.mul_(most / norm)
        player.optimizer.step()
        return value, norm

    def _critic_loss(self) -> Tensor:
        real, conditions = self.source.draw(self.settings.batch_rows, self.rows_rng)
        with torch.no_grad():
            fake = self._packs(self.generator(self._noise(len(real)), conditions))
        real, packed = self._packs(real), None if conditions is None else self._packs(conditions)
        loss = self.loss.critic(self._scores(real, packed), self._scores(fake, packed))
        if self.penalty_weight and self.critic_updates % self.penalty_every == 0:
            penalty = self.loss.penalty(lambda rows: self._scores(rows, packed), real, fake, self.penalty_rng)
            penalty = penalty * (self.penalty_weight * self.penalty_every)
            self.last_penalty = float(penalty.detach())
            loss = loss + penalty
        return loss

    def _generator_loss(self) -> Tensor:
        real, conditions = self.source.draw(self.settings.batch_rows, self.rows_rng)
        packed = None if conditions is None else self._packs(conditions)
        real_scores_B = real.new_zeros(0)
        if self.loss.paired:
            with torch.no_grad():
                real_scores_B = self._scores(self._packs(real), packed)
        fake = self._packs(self.generator(self._noise(len(real)), conditions))
        loss = self.loss.generator(real_scores_B, self._scores(fake, packed))
        return loss if self.beside is None else loss + self.beside()

    def _noise(self, n_rows: int, rng: torch.Generator | None = None) -> Tensor:
        return noise_of(self.settings.noise, (n_rows, self.settings.noise_width), rng or self.noise_rng)

    def _packs(self, rows: Tensor) -> Tensor:
        """Rows side by side: ``(B, D)`` to ``(B / P, P * D)``; pictures stack their channels."""
        p = self.settings.packing
        return rows.reshape(len(rows) // p, p * rows.shape[1], *rows.shape[2:])

    def _scores(self, packs: Tensor, conditions: Tensor | None) -> Tensor:
        scores = self.critic(packs, conditions).flatten()
        if len(scores) != len(packs):
            raise ValueError(f"critic: {len(scores)} scores for {len(packs)} rows; one for each was expected")
        return scores

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.settings.average, self.step / (self.step + AVERAGE_WARMUP))
        self.average.lerp_(self.generator.vector, 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[nn.Module]:
        """The generator with the averaged weights, for a while."""
        now = self.generator.vector.detach().clone()
        with torch.no_grad():
            self.generator.vector.copy_(self.average)
        self.generator.network.eval()
        try:
            yield self.generator.network
        finally:
            with torch.no_grad():
                self.generator.vector.copy_(now)
            self.generator.network.train()

    def _look(self, quality: Callable[[AdversarialTrainer], float] | None) -> None:
        """Measure, keep the best, and decide whether to go on."""
        if self.held is not None:
            area, low, high = self.critic_area()
            self.history[-1] |= {"critic_auc": area, "critic_auc_low": low, "critic_auc_high": high}
            if self.settings.convergence == "chance":
                self.stalled = self.stalled + 1 if low <= 0.5 <= high else 0
        if quality is not None:
            with self.averaged():
                figure = quality(self)
            self.history[-1]["quality"] = figure
            better = figure > self.best_quality
            if better:
                self.best_quality, self.best_step = figure, self.step
                self.best.copy_(self.average)
                self.best_buffers = self._buffers(self.generator)
            if self.settings.convergence == "quality":
                self.stalled = 0 if better else self.stalled + 1
        self.done |= self.stalled >= self.settings.patience

    @torch.no_grad()
    def critic_area(self) -> tuple[float, float, float]:
        """How well the critic tells held-out rows from the generator's own: area under the curve and its interval."""
        assert self.held is not None
        p, rng = self.settings.packing, self._stream("look", self.device)
        real, conditions = self.held.draw(max(2, min(len(self.held), HELD_ROWS) // p) * p, rng)
        packed = None if conditions is None else self._packs(conditions)
        self.critic.network.eval()
        fake = self.sample(len(real), rng, conditions)
        scores = self._scores(self._packs(real), packed), self._scores(self._packs(fake), packed)
        self.critic.network.train()
        if not all(bool(part.isfinite().all()) for part in scores):
            raise DivergedError(
                f"step {self.step}: the critic's scores of held-out or generated rows are not finite; training "
                "stopped, and nothing was overwritten. Lower adversarial.critic_rate"
            )
        return auc_interval(*scores)

    @torch.no_grad()
    def sample(self, n_rows: int, rng: torch.Generator, conditions_NC: Tensor | None = None) -> Tensor:
        """So many rows from the generator as it is now, or inside ``averaged()`` as it is on average."""
        return self.generator(self._noise(n_rows, rng), conditions_NC)

    def finish(self) -> nn.Module:
        """The generator with the best averaged weights; with the latest where no quality was measured."""
        best = math.isfinite(self.best_quality)
        with torch.no_grad():
            self.generator.vector.copy_(self.best if best else self.average)
        if best:
            self.generator.network.load_state_dict(self.best_buffers, strict=False)
        return self.generator.network.eval()

    @staticmethod
    def _buffers(player: Player) -> dict[str, Tensor]:
        """What a network keeps besides its weights, such as running means."""
        weights = {name for name, _ in player.network.named_parameters()}
        return {name: t.clone() for name, t in player.network.state_dict().items() if name not in weights}

    def _keep_draws(self) -> None:
        """Note where the generator of the networks' own draws stands."""
        self.draws = {"draws.cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            self.draws["draws.cuda"] = torch.cuda.get_rng_state(self.device)

    def _set_draws(self) -> None:
        """Go on drawing where a run that was resumed stopped."""
        if "draws.cpu" in self.draws:
            torch.set_rng_state(self.draws["draws.cpu"].cpu())
        if "draws.cuda" in self.draws and self.device.type == "cuda":
            torch.cuda.set_rng_state(self.draws["draws.cuda"].cpu(), self.device)

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Everything a run needs to go on bit for bit: JSON and tensors. Asked for in a look, or after a run."""
        tensors = {"average": self.average, "best": self.best, **self.draws}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best_buffers.items()}
        for stream in ("rows", "noise", "penalty"):
            tensors[f"rng.{stream}"] = getattr(self, f"{stream}_rng").get_state()
        for player in (self.generator, self.critic):
            tensors[player.role] = player.vector.detach()
            tensors |= {f"{player.role}.adam.{k}": v for k, v in player.optimizer.state[player.vector].items()}
            tensors |= {f"{player.role}.buffer.{k}": v for k, v in self._buffers(player).items()}
        return {"steering": {name: getattr(self, name) for name in STEERING}, "history": self.history}, tensors

    def load_state(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Go on from ``state()``."""

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v.clone() for k, v in tensors.items() if k.startswith(prefix)}

        for name in STEERING:
            setattr(self, name, state["steering"][name])
        self.history = list(state["history"])
        self.draws = {name: tensor for name, tensor in tensors.items() if name.startswith("draws.")}
        self.best_buffers = {name: t.to(self.device) for name, t in under("best.").items()}
        for stream in ("rows", "noise", "penalty"):
            getattr(self, f"{stream}_rng").set_state(tensors[f"rng.{stream}"])
        with torch.no_grad():
            self.average.copy_(tensors["average"])
            self.best.copy_(tensors["best"])
            for player in (self.generator, self.critic):
                player.vector.copy_(tensors[player.role])
        for player in (self.generator, self.critic):
            player.network.load_state_dict(under(f"{player.role}.buffer."), strict=False)
            player.optimizer.state[player.vector] = adam_state(tensors, f"{player.role}.adam.", self.device)


def _check(settings: AdversarialSettings, held: Source | None) -> None:
    rows, p = settings.batch_rows, settings.packing
    if rows % p:
        use = " or ".join(str(n) for n in (rows - rows % p, rows - rows % p + p) if n)
        raise ConfigError(f"adversarial.batch_rows: {rows} rows do not split into packs of {p}; use {use}")
    if settings.convergence == "chance" and held is None:
        raise ConfigError("adversarial.convergence: 'chance' needs held-out rows; keep some or use 'steps'")


def _penalty(settings: AdversarialSettings, loss: AdversarialLoss) -> tuple[float, int]:
    if not loss.penalty_weight and (settings.penalty_weight or settings.penalty_every):
        raise ConfigError(f"adversarial.penalty_weight: the loss {loss.name!r} has no penalty; leave it out")
    weight = loss.penalty_weight if settings.penalty_weight is None else settings.penalty_weight
    return weight, settings.penalty_every or loss.penalty_every
