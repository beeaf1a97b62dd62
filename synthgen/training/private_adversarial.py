"""Private training of a generator against a critic: only the critic meets real rows, through noised gradients.

The generator learns from the critic's scores of its own rows, and what the critic knows is private, so the generator
costs nothing. For that, nothing else may touch the real rows: conditions are drawn by the private table's counts, not
taken from real rows; no score of a real row enters the generator's loss; the penalty on the critic's slope is taken at
generated rows alone (one between real and generated rows would mix rows); packs, batch norm and a look at held-out
rows are left out. Every real row meets one generated row, and the gradient of the pair is shortened as one: where the
two laws agree, the two halves cancel, which clipping the real half alone would spoil.

Letters: N rows, B rows in a batch, S slots, V tokens over all slots, Z noise width.

Sources: private critics, Xie et al. 2018, arXiv:1802.06739; for tables with conditions, Fang et al. 2022,
doi:10.1007/978-3-031-09342-5_17 (DP-CTGAN). Written from the papers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from synthgen.dp.noise import Noise
from synthgen.dp.sgd import RowGradients, UnitSample, noised
from synthgen.errors import ConfigError, DivergedError
from synthgen.layout import Layout
from synthgen.losses.adversarial import LOSSES
from synthgen.losses.penalties import squared_slope
from synthgen.nets.noise import noise_of
from synthgen.nets.one_shot import NOT_GIVEN, OneShotCritic, OneShotGenerator
from synthgen.nets.per_row import PerRowCritic
from synthgen.training.loop import flatten
from synthgen.training.private import PrivatePlan
from synthgen.training.settings import AdversarialSettings

GAME_BATCH, GAME_STEPS, GAME_CLIP = 512, 1_000, 1.0
"""Units that a step draws in the mean, steps of the critic, and the bound on a pair's gradient."""


class PrivateGame:
    """Trains a one-shot generator against a critic that learns privately.

    Args:
        generator: new; its layout's counts come from a private table.
        critic: new, of single rows.
        layout: the row's slots.
        tokens_NS: the real rows, in the tokens of a private codec.
        plan: the critic's steps; what the ledger holds must be these. One update of the generator follows every
            ``settings.critic_steps`` of them.
        settings: of the game; packs and losses that compare real and generated rows cannot be private.
        noise: draws samples, what is asked for, and the noise.
        device: where to train.
        unit_N: whose each row is; None: each row is a unit.

    Raises:
        ConfigError: the settings cannot be kept privately.
    """

    def __init__(
        self,
        generator: OneShotGenerator,
        critic: OneShotCritic,
        layout: Layout,
        tokens_NS: Tensor,
        plan: PrivatePlan,
        settings: AdversarialSettings,
        noise: Noise,
        device: torch.device,
        unit_N: np.ndarray | None = None,
    ) -> None:
        check_game(settings)
        self.plan, self.settings, self.noise, self.device = plan, settings, noise, device
        self.generator, self.critic, self.loss = generator.to(device).train(), critic.to(device), LOSSES[settings.loss]
        self.tokens_NS = tokens_NS.to(device)
        self.units = UnitSample(len(tokens_NS), unit_N)
        sizes = torch.tensor(layout.sizes, device=device)
        self.first_S, self.n_tokens = sizes.cumsum(0) - sizes, int(sizes.sum())
        self.asked = torch.tensor([s for s, slot in enumerate(layout.slots) if slot.level == 0], device=device)
        self.critic_vector, self.generator_vector = flatten(self.critic), flatten(self.generator)
        self.average = self.generator_vector.detach().clone()
        self.view = PerRowCritic(self.critic)
        self.gradients = RowGradients(self.view, plan.clip, self.view.probe, plan.micro_rows)
        order = {id(p): n for n, p in enumerate(self.gradients.weights)}
        self.order = [order[id(p)] for p in self.critic.parameters()]
        betas = (settings.beta1, settings.beta2)
        self.critic_steps = torch.optim.Adam([self.critic_vector], lr=plan.learning_rate, betas=betas)
        self.generator_steps = torch.optim.Adam([self.generator_vector], lr=settings.generator_rate, betas=betas)
        self.rng = torch.Generator(device).manual_seed(noise.number())
        self.step = 0

    def run(self, look: Callable[[PrivateGame], None] = lambda _: None) -> None:
        """All steps.

        Args:
            look: called after each step of the critic; it must not read the real rows.

        Raises:
            DivergedError: the generator's weights are no longer finite.
        """
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(self.noise.number())  # the generator draws tokens from torch's own
            while self.step < self.plan.steps:
                self._teach_critic()
                self.step += 1
                if self.step % self.settings.critic_steps == 0:
                    self._teach_generator()
                look(self)
        if not bool(self.average.isfinite().all()):
            raise DivergedError("private training: the weights are not finite; lower adversarial.generator_rate")

    def _made(self, n_rows: int) -> tuple[Tensor, Tensor]:
        """Generated rows ``(B, V)`` and what was asked of them ``(B, S)``, by the private table's counts."""
        given_BS = self.generator.ask(n_rows, self.rng)
        noise_BZ = noise_of(self.settings.noise, (n_rows, self.settings.noise_width), self.rng)
        return self.generator(noise_BZ, given_BS), given_BS

    def _real(self, rows_B: Tensor) -> tuple[Tensor, Tensor]:
        """Real rows ``(B, V)``, each as if asked for by one of its own tokens."""
        tokens_BS = self.tokens_NS[rows_B].long()
        hot_BV = torch.zeros(len(rows_B), self.n_tokens, device=self.device).scatter_(1, tokens_BS + self.first_S, 1.0)
        drawn_B1 = torch.randint(len(self.asked), (len(rows_B), 1), generator=self.rng, device=self.device)
        column_B1 = self.asked[drawn_B1]
        given_BS = torch.full_like(tokens_BS, NOT_GIVEN).scatter_(1, column_B1, tokens_BS.gather(1, column_B1))
        return hot_BV, given_BS

    def _teach_critic(self) -> None:
        plan, chosen_B = self.plan, self.units.draw(self.plan.rate, self.noise).to(self.device)

        def losses(part: slice) -> Tensor:
            real, asked = self._real(chosen_B[part])
            with torch.no_grad():
                fake, given = self._made(len(real))
            scores_B2 = self.view(torch.stack([real, fake], 1), torch.stack([asked, given], 1))
            out: Tensor = torch.vmap(self.loss.critic)(scores_B2[:, :1], scores_B2[:, 1:])
            return out

        total = noised(self.gradients.sum(len(chosen_B), losses), plan.noise, plan.clip, self.noise)
        pieces = torch.split(total / plan.batch, [p.numel() for p in self.gradients.weights])
        assert self.critic_vector.grad is not None
        self.critic_vector.grad.zero_()
        weight, every = self.settings.penalty_weight or 0.0, self.settings.penalty_every or 1
        if weight and self.step % every == 0:
            with torch.no_grad():
                fake, given = self._made(plan.batch)
            penalty = squared_slope(lambda rows: self.critic(rows, given), fake).mean() * (weight * every / 2)
            torch.autograd.backward(penalty, inputs=list(self.critic.parameters()))
        self.critic_vector.grad += torch.cat([pieces[n] for n in self.order])
        self.critic_steps.step()

    def _teach_generator(self) -> None:
        fake, given = self._made(self.plan.batch)
        loss = self.loss.generator(fake.new_zeros(0), self.critic(fake, given))
        assert self.generator_vector.grad is not None
        self.generator_vector.grad.zero_()
        torch.autograd.backward(loss, inputs=list(self.generator.parameters()))
        self.generator_steps.step()
        with torch.no_grad():
            decay = min(self.settings.average, self.step / (self.step + 20))
            self.average.lerp_(self.generator_vector, 1 - decay)

    def finish(self) -> OneShotGenerator:
        """The generator with the averaged weights."""
        self.gradients.close()
        with torch.no_grad():
            self.generator_vector.copy_(self.average)
        return self.generator.eval()


def check_game(settings: AdversarialSettings) -> None:
    """Whether a game's settings can be kept privately.

    Raises:
        ConfigError: they cannot; it says which and why.
    """
    if LOSSES[settings.loss].paired:
        alone = ", ".join(repr(name) for name, loss in LOSSES.items() if not loss.paired)
        raise ConfigError(
            f"adversarial.loss: with {settings.loss!r} the generator sees scores of real rows, so it cannot be "
            f"private; use one of {alone}"
        )
    if settings.packing > 1:
        raise ConfigError(
            f"adversarial.packing: a pack of {settings.packing} rows has one gradient for several people, so it cannot "
            "be private; use 1"
        )
