"""The training loop: a loss on tokens, held-out stopping, averaged weights; read it top to bottom.

The rate is held until the held-out loss stalls; then training goes back to the best step, lets the rate
decay to zero over some more, and stops. All of it counts steps, never seconds, so that a run can be
repeated and resumed bit for bit; a cap in minutes is turned into steps once, after a short timing.

Letters: N rows, S slots, B rows in a batch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from synthgen.errors import DivergedError
from synthgen.seeding import derived_seed
from synthgen.training.planning import Plan

WARMUP_STEPS = 100
TIMED_STEPS = (20, 60)
"""Steps between which one step is timed for ``--minutes``; the first ones are slower."""
TIME_TO_SPARE = 1.15
"""Looks and checkpoints take time too: a step is counted as so much longer when minutes are turned into steps."""
HELD_DRAWS = 4
"""Mask draws per look at the held-out rows; always the same ones, so that looks compare."""
MAX_HELD_ROWS = 4096
ADVERSARIAL_STEPS = 600
"""The decay takes so many steps at the least where an adversarial loss stands beside; its last weights are kept."""
MOST_SET_ASIDE = 0.6
"""Of the seconds that are left of ``--minutes``; where it would take more, the adversarial loss is left out."""
COOLDOWN_PATIENCE = 2
"""Looks with a worse held-out loss that end the decay: where rows are few, a lower rate only learns by heart."""
AS_GOOD = 5e-4
"""While the rate decays, a held-out loss this much above the best (a share of it) is as good, and the later weights,
which a lower rate has settled, are kept. Measured on News: at the same loss (175.24 nats) trend 1.05 -> 0.96 %,
detector 0.628 -> 0.606."""


@dataclass
class Clock:
    """Where a run stands. All that steers it, besides weights and random states."""

    step: int = 0
    best_step: int = 0
    best_loss: float = math.inf
    kept_loss: float = math.inf
    stalled: int = 0
    cooldown_start: int | None = None
    cooldown_steps: int = 0
    step_cap: int | None = None
    ended_by: str | None = None
    cut: bool = False
    certified: bool = False
    alone: bool = False
    done: bool = False


Network = TypeVar("Network", bound=nn.Module)
Learner = TypeVar("Learner", bound=nn.Module, contravariant=True)


class Objective(Protocol[Learner]):
    """What a network learns by, in nats per row."""

    def learn(self, network: Learner, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """The loss of a batch, a scalar."""
        ...

    def hold(self, network: Learner, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """The loss of rows that were held out; training stops by it."""
        ...


class Trainer(Generic[Network]):
    """Trains one network on one matrix of tokens.

    Args:
        network: new; moved to the device.
        objective: what it learns by.
        train_NS: tokens to learn from.
        held_NS: tokens to stop by.
        plan: the run in numbers.
        seed: of batches, masks and dropout.
        device: where to train.
        beside: when there, what is added to the loss of a batch of tokens while the rate decays.
        beside_every: steps from one such addition to the next.
    """

    def __init__(
        self,
        network: Network,
        objective: Objective[Network],
        train_NS: Tensor,
        held_NS: Tensor,
        plan: Plan,
        seed: int,
        device: torch.device,
        beside: Callable[[Network, Tensor], Tensor] | None = None,
        beside_every: int = 1,
    ) -> None:
        self.plan, self.seed, self.device = plan, seed, device
        self.beside, self.beside_every = beside, beside_every
        self.network, self.objective = network.to(device), objective
        self.train_NS = train_NS.to(device)
        self.held_NS = held_NS[:MAX_HELD_ROWS].to(device)
        self.rng = torch.Generator(device).manual_seed(derived_seed(seed, "training"))
        self.weights = flatten(self.network)
        self.average, self.best, self.best_raw = (self.weights.detach().clone() for _ in range(3))
        self.optimizer = torch.optim.AdamW(
            [self.weights], lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=plan.weight_decay, fused=True
        )
        self.clock = Clock()
        self.history: list[dict[str, Any]] = []
        self.seconds_per_step = 0.0
        self.interrupted = False

    def run(
        self,
        minutes: float | None = None,
        look: Callable[[Trainer[Network]], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train until done.

        Args:
            minutes: at most so long; turned into a number of steps after a short timing.
            look: called after each look at the held-out rows.
            stop: asked after every step; True ends the run at once, to be finished or resumed.

        Raises:
            DivergedError: a loss or the gradient is not finite. The weights are those of the step before.
        """
        plan, clock = self.plan, self.clock
        self.network.train()
        started = time.perf_counter()
        timed_from = started
        while not clock.done:
            self._set_rate()
            loss, norm = self._step()
            clock.step += 1
            self._average()
            if clock.step == TIMED_STEPS[0]:
                timed_from = time.perf_counter()
            if clock.step == TIMED_STEPS[1]:
                self.seconds_per_step = (time.perf_counter() - timed_from) / (TIMED_STEPS[1] - TIMED_STEPS[0])
                if minutes is not None and clock.step_cap is None:
                    left = minutes * 60 - (time.perf_counter() - started)
                    left -= self._set_aside(left)
                    clock.step_cap = clock.step + max(1, int(left / (TIME_TO_SPARE * self.seconds_per_step)))
            if clock.step % plan.evaluate_every == 0 or clock.step == self.last_step:
                self._look(loss, norm)
                look(self)
            if stop():
                self.interrupted = True
                return

    def _set_aside(self, left: float) -> float:
        """Seconds that the adversarial loss will take of those left; there will be none where it takes too many."""
        if self.beside is None:
            return 0.0
        before = time.perf_counter()
        self.beside(self.network, self.train_NS[: self.plan.batch_rows].long())
        seconds = (time.perf_counter() - before) * TIME_TO_SPARE * ADVERSARIAL_STEPS / self.beside_every
        if seconds < MOST_SET_ASIDE * left:
            return seconds
        self.clock.alone = True
        return 0.0

    @property
    def playing(self) -> bool:
        """Whether an adversarial loss stands beside from now on."""
        return self.beside is not None and not self.clock.alone and self.clock.cooldown_start is not None

    def _step(self) -> tuple[float, float]:
        """One update; nothing is touched when the loss or the gradient is not finite."""
        batch = torch.randint(
            len(self.train_NS), (min(self.plan.batch_rows, len(self.train_NS)),), generator=self.rng, device=self.device
        )
        tokens_BS = self.train_NS[batch].long()
        loss = self.objective.learn(self.network, tokens_BS, self.rng)
        if self.playing and self.beside is not None and self.clock.step % self.beside_every == 0:
            loss = loss + self.beside(self.network, tokens_BS)
        assert self.weights.grad is not None
        self.weights.grad.zero_()
        torch.autograd.backward(loss)
        norm = float(self.weights.grad.norm())
        if norm > self.plan.max_grad_norm:
            self.weights.grad.mul_(self.plan.max_grad_norm / norm)
        value = float(loss.detach())
        if not (math.isfinite(value) and math.isfinite(norm)):
            what = "gradient" if math.isfinite(value) else "loss"
            raise DivergedError(
                f"step {self.clock.step + 1}: the {what} is not finite; the weights were not updated. "
                "Lower training.learning_rate"
            )
        self.optimizer.step()
        return value, norm

    def _set_rate(self) -> None:
        """Warm up, hold, decay linearly."""
        clock, rate = self.clock, self.plan.learning_rate
        rate *= min(1.0, (clock.step + 1) / WARMUP_STEPS)
        if clock.cooldown_start is not None:
            rate *= max(0.0, 1 - (clock.step - clock.cooldown_start) / max(1, clock.cooldown_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.plan.average, self.clock.step / (self.clock.step + 20))
        self.average.lerp_(self.weights, 1 - decay)

    @property
    def last_step(self) -> int:
        """The last step, as far as is known now."""
        clock = self.clock
        ends = [self.plan.max_steps]
        if clock.step_cap is not None:
            ends.append(clock.step_cap)
        if clock.cooldown_start is not None:
            ends.append(clock.cooldown_start + clock.cooldown_steps)
        return min(ends)

    @property
    def expected_steps(self) -> int:
        """An estimate of the last step: as if the best look so far stayed the best one."""
        plan, clock = self.plan, self.clock
        stall = clock.best_step + plan.patience * plan.evaluate_every
        return min(self.last_step, stall + self._cooldown_wanted())

    def _cooldown_wanted(self) -> int:
        least = ADVERSARIAL_STEPS if self.beside is not None and not self.clock.alone else 0
        return max(least, 2 * self.plan.evaluate_every, int(self.plan.cooldown * self.clock.best_step))

    @torch.no_grad()
    def held_loss(self) -> float:
        """Held-out negative log-likelihood of the averaged weights, nats per row, under the same masks every time."""
        rng = torch.Generator(self.device).manual_seed(derived_seed(self.seed, "held-out"))
        held = self.held_NS.long()
        with self.averaged():
            losses = [float(self.objective.hold(self.network, held, rng)) for _ in range(HELD_DRAWS)]
        return sum(losses) / len(losses)

    @contextmanager
    def averaged(self) -> Iterator[Network]:
        """The network with the averaged weights, for a while."""
        now = self.weights.detach().clone()
        with torch.no_grad():
            self.weights.copy_(self.average)
        self.network.eval()
        try:
            yield self.network
        finally:
            with torch.no_grad():
                self.weights.copy_(now)
            self.network.train()

    def _look(self, loss: float, norm: float) -> None:
        """Evaluate on held-out rows, keep the best, and decide what comes next."""
        plan, clock = self.plan, self.clock
        held = self.held_loss()
        if not math.isfinite(held):
            raise DivergedError(
                f"step {clock.step}: the held-out loss is not finite; training stopped, and nothing was overwritten. "
                "Lower training.learning_rate"
            )
        slack = 0.0 if clock.cooldown_start is None else math.inf if self.playing else AS_GOOD * abs(clock.best_loss)
        if held < clock.best_loss + slack:
            clock.stalled = 0
            clock.best_loss, clock.kept_loss, clock.best_step = min(held, clock.best_loss), held, clock.step
            self.best.copy_(self.average)
            self.best_raw.copy_(self.weights.detach())
        else:
            clock.stalled += 1
        self.history.append(
            {
                "step": clock.step,
                "loss": loss,
                "held_out_loss": held,
                "grad_norm": norm,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
            }
        )
        last = min(plan.max_steps, clock.step_cap or plan.max_steps)
        if clock.cooldown_start is not None:
            over = clock.step >= min(last, clock.cooldown_start + clock.cooldown_steps)
            clock.done = over or clock.stalled >= COOLDOWN_PATIENCE
            return
        wanted = self._cooldown_wanted()
        stalled = clock.stalled >= plan.patience
        if stalled or clock.certified or clock.step + wanted >= last:
            clock.ended_by = "held-out loss" if stalled else "critic" if clock.certified else "steps"
            clock.cut = (
                not (stalled or clock.certified) and clock.step_cap is not None and clock.step_cap < plan.max_steps
            )
            clock.cooldown_start, clock.stalled = clock.step, 0
            clock.cooldown_steps = min(wanted, last - clock.step)
            if stalled:
                with torch.no_grad():
                    self.weights.copy_(self.best_raw)
                    self.average.copy_(self.best)
            clock.done = clock.cooldown_steps <= 0

    def finish(self) -> Network:
        """The network with the best averaged weights; with the latest where none was looked at yet."""
        with torch.no_grad():
            self.weights.copy_(self.best if math.isfinite(self.clock.best_loss) else self.average)
        return self.network.eval()

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Everything a run needs to go on bit for bit: JSON and tensors."""
        tensors = {
            "rng": self.rng.get_state(),
            "weights": self.weights.detach(),
            "average": self.average,
            "best": self.best,
            "best_raw": self.best_raw,
        }
        tensors |= {f"adam.{key}": value for key, value in self.optimizer.state[self.weights].items()}
        return {"clock": asdict(self.clock), "history": self.history}, tensors

    def load_state(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Go on from ``state()``."""
        self.clock, self.history = Clock(**state["clock"]), list(state["history"])
        self.rng.set_state(tensors["rng"])
        with torch.no_grad():
            for name in ("weights", "average", "best", "best_raw"):
                getattr(self, name).copy_(tensors[name])
        self.optimizer.state[self.weights] = adam_state(tensors, "adam.", self.device)


def adam_state(tensors: dict[str, Tensor], prefix: str, device: torch.device) -> dict[str, Tensor]:
    """What an optimizer remembers of one vector, from a checkpoint's tensors."""
    return {
        key.removeprefix(prefix): value.clone().to(device) for key, value in tensors.items() if key.startswith(prefix)
    }


def flatten(module: torch.nn.Module) -> Tensor:
    """All parameters of a module as one vector that they and their gradients become views of.

    One long vector is updated, averaged and measured in a tenth of the calls that two dozen small ones take.
    """
    parameters = list(module.parameters())
    vector = torch.cat([p.detach().flatten() for p in parameters]).requires_grad_()
    vector.grad = torch.zeros_like(vector)
    at = 0
    for parameter in parameters:
        n = parameter.numel()
        parameter.data = vector.data[at : at + n].view_as(parameter)
        parameter.grad = vector.grad[at : at + n].view_as(parameter)
        at += n
    return vector


def split_held(n_rows: int, held_share: float, seed: int, unit_N: np.ndarray | None = None) -> tuple[Tensor, Tensor]:
    """Row numbers to train on and to stop by: a tenth or so held, at least 20 rows, at most 10,000.

    Args:
        n_rows: N.
        held_share: of the rows.
        seed: of the choice.
        unit_N: whose each row is: all rows of a person go to one side, and some people to each; None: each is
            somebody else's.
    """
    rng = torch.Generator().manual_seed(derived_seed(seed, "held-out rows"))
    n_held = min(max(round(held_share * n_rows), min(20, n_rows // 3)), 10_000)
    if unit_N is not None:
        whose_N, rows_U = np.unique(unit_N, return_inverse=True, return_counts=True)[1:]
        if len(rows_U) > 1:
            order_U = torch.randperm(len(rows_U), generator=rng).numpy()
            n_units = 1 + int(np.searchsorted(np.cumsum(rows_U[order_U]), n_held))
            held_N = np.isin(whose_N, order_U[: min(n_units, len(rows_U) - 1)])
            sides = (torch.from_numpy(np.flatnonzero(side)) for side in (~held_N, held_N))
            train, held = (side[torch.randperm(len(side), generator=rng)] for side in sides)
            return train, held[:10_000]
    order = torch.randperm(n_rows, generator=rng)
    return order[n_held:], order[:n_held]


def new_network(build: Callable[[], Network], seed: int) -> Network:
    """A network whose first weights come from the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "weights"))
        return build()
