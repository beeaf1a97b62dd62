"""Private training of the any-order generator: a fixed number of noised steps on the real rows, and nothing else.

No row is held out and nothing is looked at on the way: rate, steps, noise and the bound on gradients are fixed before
the first row is read, from the budget that is left, so the whole run is one composition of Poisson-sampled Gaussian
mechanisms. The weights are averaged as they go, which is post-processing.

Each row that is drawn is seen in several views, one for every stage of a roll-out at least, so that its gradient is
that of its whole likelihood, not of the one stage that a place in the batch would give it. Views of a row are drawn
for it alone, and their mean gradient is shortened as one.

Letters: N rows, B rows in a batch, S slots, K views of a row, G slots in a group, W the group's width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.dp.sgd import RowGradients, UnitSample, noised
from synthgen.errors import DivergedError
from synthgen.layout import Layout
from synthgen.losses.likelihood import Masks, Segment
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.per_row import PerRow
from synthgen.training.loop import flatten

BATCH, STEPS = 1024, 300
"""Units that a step draws in the mean, and steps."""
TUNING_RATE = 2e-3
"""The learning rate where a network was fitted to a private table before; a new one learns at twice that."""


@dataclass(frozen=True)
class PrivatePlan:
    """A private run in numbers, all of them public.

    Attributes:
        batch: units that a step draws in the mean, as far as is publicly known.
        rate: chance of each unit to be drawn for a step.
        steps: of the run.
        noise: standard deviation of the noise over ``clip``.
        clip: the most that one unit moves a sum of gradients by.
        learning_rate: of Adam.
        warmup: steps in which the rate rises to it.
        cooldown: share of the steps, at the end, in which it falls to zero.
        average: how long the exponential average of the weights remembers, as a decay per step.
        views: of each row, beyond one for every stage.
        any_share: of a row's loss that comes of views with any subset given.
        task_share: of a row's loss that comes, on top of its due, of predicting the target.
        micro_rows: rows at a time.
    """

    batch: int
    rate: float
    steps: int
    noise: float
    clip: float = 1.0
    learning_rate: float = 2 * TUNING_RATE
    warmup: int = 20
    cooldown: float = 0.3
    average: float = 0.98
    views: int = 1
    any_share: float = 0.0
    task_share: float = 0.1
    micro_rows: int = 256

    def state(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


def private_plan(
    budget: Budget,
    units: float,
    *,
    batch: int = BATCH,
    steps: int | None = None,
    step: str = "training",
    **others: float,
) -> PrivatePlan:
    """Plan a run for all of the budget that is left, and write it into the ledger.

    Args:
        budget: what is left of it is spent.
        units: how many there are, from a private release or public.
        batch: units that a step draws in the mean; half of them at the most.
        steps: of the run; None: as usual.
        step: as the ledger shows it.
        others: attributes of the plan.

    Raises:
        PrivacyError: nothing is left.
    """
    rate, steps = min(0.5, batch / max(1.0, units)), steps or STEPS
    chosen = {**others, "batch": max(1, round(rate * units)), "rate": rate, "steps": steps}
    plan = PrivatePlan(noise=budget.training_noise(rate, steps), **chosen)  # type: ignore[arg-type]
    budget.train(plan.noise, plan.rate, plan.steps, max_grad_norm=plan.clip, step=step)
    return plan


class RowLikelihood:
    """Masked likelihood, row by row: see ``MaskedLikelihood``, which takes one stage per row.

    Args:
        generator: what learns.
        layout: the row's slots.
        device: where the tokens are.
        more_views: of each row, beyond one for every stage; they go to the stages with the most slots.
        any_share: see ``PrivatePlan``.
        task_share: see ``PrivatePlan``.
    """

    def __init__(
        self,
        generator: AnyOrderGenerator,
        layout: Layout,
        device: torch.device,
        more_views: int = 0,
        any_share: float = 0.0,
        task_share: float = 0.0,
    ) -> None:
        self.masks = Masks(layout, device)
        self.views = views_of(layout, more_views, any_share, task_share)
        self.network = PerRow(generator, [stage for stage, _ in self.views]).to(device)
        possible = ~generator.impossible
        spans = zip(generator.first.tolist(), layout.sizes, strict=True)
        widest = max(layout.sizes)
        self.possible_SW = torch.stack([F.pad(possible[first : first + n], (0, widest - n)) for first, n in spans])

    def losses(self, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """``(B,)`` the loss of each row, in nats; a row's views are drawn for it alone."""
        n_rows, n_views = len(tokens_BS), len(self.views)
        parts = [Segment(stage, k * n_rows, (k + 1) * n_rows, weight) for k, (stage, weight) in enumerate(self.views)]
        given, weight = self.masks.draw(tokens_BS.repeat(n_views, 1), parts, rng)
        given_BKS, weight_BKS = (x.view(n_views, n_rows, -1).transpose(0, 1) for x in (given, weight))
        seen_BS = self.possible_SW.gather(1, tokens_BS.T).T  # what the network cannot draw, it cannot be asked for
        weight_BKS = weight_BKS * seen_BS[:, None]
        logits_BX = self.network(tokens_BS, given_BKS)
        losses_B = torch.zeros(n_rows, device=logits_BX.device)
        for groups, views, logits_BKT in self.network.heads.stages(logits_BX):
            for group, part in zip(groups, torch.split(logits_BKT, [g.stop - g.start for g in groups], 2), strict=True):
                slots = list(group.slots)
                logits: Tensor = self._without_missing(part.view(n_rows, len(views), len(slots), -1), views, group)
                wanted = tokens_BS[:, None, slots].expand(-1, len(views), -1)
                nll = F.cross_entropy(logits.flatten(0, 2), wanted.flatten(), reduction="none").view_as(wanted)
                losses_B = losses_B + (nll * weight_BKS[:, views][:, :, slots]).sum((1, 2))
        return losses_B

    def _without_missing(self, logits_BKGW: Tensor, views: list[int], group: Any) -> Tensor:
        """Views of no stage are asked what is there, never whether it is."""
        barred_GW = self.masks.missing_of(group)
        free_K = torch.tensor([self.views[k][0] is None for k in views], device=logits_BKGW.device)
        if barred_GW is None or not bool(free_K.any()):
            return logits_BKGW
        barred_KGW: Tensor = barred_GW & free_K[:, None, None]
        return logits_BKGW.masked_fill(barred_KGW, -1e9)


def views_of(
    layout: Layout, more: int = 0, any_share: float = 0.0, task_share: float = 0.0
) -> list[tuple[int | None, float]]:
    """The stage that each view of a row asks about, None for any, and what a hidden slot's mean loss counts there.

    Example:
        >>> from synthgen.layout import RowSlot
        >>> two, none = np.ones(2), np.full(2, np.nan)
        >>> layout = Layout(tuple(RowSlot(c, "", 0, 2, none, two) for c in range(4)), target=(3,))
        >>> views_of(layout, more=1)
        [(0, 1.5), (0, 1.5), (1, 1.0)]
    """
    sizes = [len(slots) for slots in layout.stages]
    n_slots = sum(sizes)
    shares = [size / n_slots * (1 - task_share * bool(layout.target)) for size in sizes]
    for i in range(len(layout.target)):
        shares[-1 - i] += task_share / len(layout.target)
    counts = [1] * len(sizes)
    for _ in range(more):
        counts[max(range(len(sizes)), key=lambda i: shares[i] / counts[i])] += 1
    views: list[tuple[int | None, float]] = [(None, any_share * n_slots)] if any_share else []
    for stage, (share, count) in enumerate(zip(shares, counts, strict=True)):
        views += [(stage, (1 - any_share) * share * n_slots / count)] * count
    return views


class PrivateTrainer:
    """Trains an any-order generator on real rows, privately.

    Args:
        network: new, or fitted to a private table.
        layout: the row's slots; its counts come from private figures.
        tokens_NS: the real rows, in the tokens of a private codec.
        plan: the run in numbers; what the ledger holds must be these.
        noise: draws samples, views and noise.
        device: where to train.
        unit_N: whose each row is; None: each row is a unit.
    """

    def __init__(
        self,
        network: AnyOrderGenerator,
        layout: Layout,
        tokens_NS: Tensor,
        plan: PrivatePlan,
        noise: Noise,
        device: torch.device,
        unit_N: np.ndarray | None = None,
    ) -> None:
        self.plan, self.noise, self.device, self.generator = plan, noise, device, network.to(device)
        self.tokens_NS = tokens_NS.to(device)
        self.units = UnitSample(len(tokens_NS), unit_N)
        self.weights = flatten(self.generator)
        self.average = self.weights.detach().clone()
        more = (plan.views, plan.any_share, plan.task_share)
        self.objective = RowLikelihood(self.generator, layout, device, *more)
        view = self.objective.network
        self.gradients = RowGradients(view, plan.clip, view.probe, plan.micro_rows)
        order = {id(p): n for n, p in enumerate(self.gradients.weights)}
        assert len(order) == len(list(self.generator.parameters()))
        self.order = [order[id(p)] for p in self.generator.parameters()]
        self.optimizer = torch.optim.Adam([self.weights], lr=plan.learning_rate, betas=(0.9, 0.99), fused=True)
        self.views_rng = torch.Generator(device).manual_seed(noise.number())
        self.step = 0

    def run(self, look: Callable[[PrivateTrainer], None] = lambda _: None) -> None:
        """All steps.

        Args:
            look: called after each step; it must not read the real rows.

        Raises:
            DivergedError: the weights are no longer finite.
        """
        while self.step < self.plan.steps:
            self.optimizer.param_groups[0]["lr"] = self._rate()
            self._step()
            self.step += 1
            with torch.no_grad():
                decay = min(self.plan.average, self.step / (self.step + 10))
                self.average.lerp_(self.weights, 1 - decay)
            look(self)
        if not bool(self.average.isfinite().all()):
            raise DivergedError("private training: the weights are not finite; lower the learning rate")

    def _rate(self) -> float:
        plan = self.plan
        falling = max(1.0, plan.cooldown * plan.steps)
        return plan.learning_rate * min(1.0, (self.step + 1) / plan.warmup, (plan.steps - self.step) / falling)

    def _step(self) -> None:
        plan = self.plan
        chosen_B = self.units.draw(plan.rate, self.noise).to(self.device)

        def losses(part: slice) -> Tensor:
            return self.objective.losses(self.tokens_NS[chosen_B[part]].long(), self.views_rng)

        total = noised(self.gradients.sum(len(chosen_B), losses), plan.noise, plan.clip, self.noise)
        pieces = torch.split(total, [p.numel() for p in self.gradients.weights])
        assert self.weights.grad is not None
        torch.cat([pieces[n] for n in self.order], out=self.weights.grad)
        self.optimizer.step()

    def finish(self) -> AnyOrderGenerator:
        """The network with the averaged weights."""
        self.gradients.close()
        with torch.no_grad():
            self.weights.copy_(self.average)
        return self.generator.eval()
