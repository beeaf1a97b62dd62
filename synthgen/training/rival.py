"""The critic beside a generator that goes on learning: taught at its looks, judged on rows that neither learns from.

At each look it gets freshly drawn rows and the table's, goes on from where it was, and says whether it can tell
held-out rows from drawn ones it has not seen. With a weight it teaches the generator too, beside the likelihood, in
one of two ways. ``slope``: the adversarial loss of rows rolled out in a few passes, its gradient straight through the
draws. ``rows``: rows that the generator drew itself are made likelier where the critic takes them for real, and less
likely where it does not.

Letters: N rows, S slots, B rows in a batch, V tokens over all slots.

Sources: Goodfellow et al. 2014, arXiv:1406.2661; straight-through draws, Bengio et al. 2013, arXiv:1308.3432; own
rows weighed by the critic, Che et al. 2017, arXiv:1702.07983.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from synthgen.errors import DivergedError, choose
from synthgen.layout import Layout
from synthgen.losses.adversarial import LOSSES
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.critic import Critic
from synthgen.nets.guide import chosen
from synthgen.nets.rollout import CHUNK_ROWS, RollOut
from synthgen.nets.soft_rollout import soft_rows
from synthgen.seeding import derived_seed
from synthgen.training.chance import auc_interval
from synthgen.training.guiding import FEWEST_JUDGED
from synthgen.training.loop import adam_state, flatten, new_network
from synthgen.training.settings import CriticSettings

KEPT_DRAWS = 8
"""Rows of so many drawings are learned from: older ones come from a generator that is no more."""
REDRAW_STEPS = 12
"""Adversarial steps from one drawing of own rows to the next: the generator changes little in so many."""
UPDATES_PER_STEP = 3
"""Updates of the critic for one adversarial step on own rows."""


class Rival:
    """The critic in the loop.

    Args:
        layout: the row's slots.
        train_NS: real rows that the generator learns from too.
        held_NS: real rows that it is judged on.
        settings: how it learns.
        seed: of weights, batches and dropout.
        device: where.
    """

    def __init__(
        self,
        layout: Layout,
        train_NS: Tensor,
        held_NS: Tensor,
        settings: CriticSettings,
        seed: int,
        device: torch.device,
    ) -> None:
        self.settings, self.device = settings, device
        self.loss = LOSSES[choose("critic.loss", settings.loss, LOSSES)]
        self.train_NS, self.held_NS = train_NS.to(device), held_NS.to(device)
        self.critic = new_network(lambda: Critic(layout, settings.width), derived_seed(seed, "rival")).to(device)
        self.vector = flatten(self.critic)
        self.parameters = list(self.critic.parameters())
        self.optimizer = torch.optim.AdamW(
            [self.vector], lr=settings.learning_rate, betas=(0.5, 0.99), weight_decay=settings.weight_decay, fused=True
        )
        self.rng = torch.Generator(device).manual_seed(derived_seed(seed, "rival rows"))
        self.pool: list[Tensor] = []
        self.updates, self.steps, self.at_chance = 0, 0, 0
        self.last_loss = math.nan

    def look(self, drawn_NS: Tensor) -> dict[str, float]:
        """Learn from half of the freshly drawn rows, judge the other half.

        Returns:
            The critic's loss, the area under its ROC curve on held-out against drawn rows, and its 95 % interval.
        """
        half = len(drawn_NS) // 2
        self._remember(drawn_NS[:half])
        drawn = torch.cat(self.pool)
        for _ in range(self.settings.updates):
            self._update(self._some(self.train_NS), self._some(drawn))
        area, low, high = self._judge(drawn_NS[half:].to(self.device))
        self.at_chance = self.at_chance + 1 if low <= 0.5 else 0
        return {"critic_loss": self.last_loss, "critic_auc": area, "critic_auc_low": low, "critic_auc_high": high}

    def _remember(self, drawn_NS: Tensor) -> None:
        self.pool = [*self.pool[1 - KEPT_DRAWS :], drawn_NS.to(self.device)]

    @torch.inference_mode()
    def _judge(self, drawn_NS: Tensor) -> tuple[float, float, float]:
        if min(len(self.held_NS), len(drawn_NS)) < FEWEST_JUDGED:
            return 0.5, 0.0, 1.0
        self.critic.eval()
        scores = [self.critic(rows.long()) for rows in (self.held_NS[: len(drawn_NS)], drawn_NS)]
        self.critic.train()
        return auc_interval(*scores)

    def _some(self, rows_NS: Tensor) -> Tensor:
        chosen = torch.randint(len(rows_NS), (self.settings.batch_rows,), generator=self.rng, device=self.device)
        return rows_NS[chosen].long()

    def _update(self, real_BS: Tensor, drawn_BS: Tensor) -> None:
        scores = self.critic(torch.cat([real_BS, drawn_BS]), self.rng)
        loss = self.loss.critic(scores[: len(real_BS)], scores[len(real_BS) :])
        weight, every = self.loss.penalty_weight, self.loss.penalty_every
        if weight and self.updates % every == 0:
            real, drawn = self.critic.one_hot(real_BS), self.critic.one_hot(drawn_BS)
            loss = loss + weight * every * self.loss.penalty(self.critic.soft, real, drawn, self.rng)
        assert self.vector.grad is not None
        self.vector.grad.zero_()
        torch.autograd.backward(loss, inputs=self.parameters)
        self.last_loss = float(loss.detach())
        if not (math.isfinite(self.last_loss) and math.isfinite(float(self.vector.grad.norm()))):
            what = "gradient" if math.isfinite(self.last_loss) else "loss"
            raise DivergedError(
                f"update {self.updates + 1} of the critic: its {what} is not finite; its weights were not updated. "
                "Lower critic.learning_rate"
            )
        self.optimizer.step()
        self.updates += 1

    def against(
        self, generator: AnyOrderGenerator, real_BS: Tensor, likelihood: Callable[[Tensor, torch.Generator], Tensor]
    ) -> Tensor:
        """The critic learns on; then the generator's adversarial loss, a scalar.

        Args:
            generator: as it is now.
            real_BS: a batch of real rows.
            likelihood: the negative log-likelihood of rows, under masks drawn from the generator given.
        """
        if self.settings.gradient == "rows":
            return self._own_rows(generator, likelihood)
        n = self.settings.rolled_rows
        weights_BV, tokens_BS = soft_rows(generator, n, self.settings.passes, self.rng)
        real_BS = real_BS[:n]
        self._update(real_BS, tokens_BS)
        fake_B = self.critic.soft(weights_BV, self.rng)
        with torch.no_grad():
            real_B = self.critic(real_BS)
        return self.loss.generator(real_B[: len(fake_B)], fake_B[: len(real_B)])

    def _own_rows(
        self, generator: AnyOrderGenerator, likelihood: Callable[[Tensor, torch.Generator], Tensor]
    ) -> Tensor:
        n = self.settings.rolled_rows
        if self.steps % REDRAW_STEPS == 0:
            roll_out = RollOut(generator)
            self._remember(torch.cat([roll_out.chunk(CHUNK_ROWS, self.rng) for _ in range(-(-2 * n // CHUNK_ROWS))]))
            generator.train()
        self.steps += 1
        drawn = torch.cat(self.pool)
        for _ in range(UPDATES_PER_STEP):
            self._update(self._some(self.train_NS), self._some(drawn))
        latest = self.pool[-1]
        own = latest[torch.randperm(len(latest), generator=self.rng, device=self.device)[: 2 * n]].long()
        self.critic.eval()
        with torch.no_grad():
            score = self.critic(own)
        self.critic.train()
        good = torch.zeros(len(own), dtype=torch.bool, device=self.device)
        good[chosen(score, len(own) // 2, self.rng)] = True
        masks = int(torch.randint(2**62, (1,), generator=self.rng, device=self.device))
        good_nll, bad_nll = (
            likelihood(own[part], torch.Generator(self.device).manual_seed(masks)) for part in (good, ~good)
        )
        return good_nll - bad_nll

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Everything it needs to go on bit for bit: JSON and tensors."""
        tensors = {"rival.rng": self.rng.get_state(), "rival.weights": self.vector.detach()}
        tensors |= {f"rival.pool.{i}": rows for i, rows in enumerate(self.pool)}
        tensors |= {f"rival.adam.{key}": value for key, value in self.optimizer.state[self.vector].items()}
        facts = {"updates": self.updates, "steps": self.steps, "at_chance": self.at_chance, "loss": self.last_loss}
        return facts, tensors

    def load_state(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Go on from ``state()``."""
        self.updates, self.steps = state["updates"], state["steps"]
        self.at_chance, self.last_loss = state["at_chance"], state["loss"]
        self.rng.set_state(tensors["rival.rng"])
        with torch.no_grad():
            self.vector.copy_(tensors["rival.weights"])
        n_pool = sum(key.startswith("rival.pool.") for key in tensors)
        self.pool = [tensors[f"rival.pool.{i}"].to(self.device) for i in range(n_pool)]
        self.optimizer.state[self.vector] = adam_state(tensors, "rival.adam.", self.device)
