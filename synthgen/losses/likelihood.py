"""Masked likelihood: hide some slots of each row, and predict them from the others.

The expectation of the loss is the negative log-likelihood of a row, in nats, when its slots are drawn as a
roll-out draws them: stage by stage (first slots of all columns, then finer ones, then the target), in a
random order within a stage.

Letters: B rows in a batch, S slots, G slots in a group, W the group's width.

Source: Hoogeboom et al. 2022, arXiv:2110.02037 (one random step of an order stands for all of them).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator, Group

CONTEXT_SHARE = 0.8
"""Rows with all of the context given, of those that are masked as a roll-out meets them."""


@dataclass(frozen=True)
class Segment:
    """Rows of a batch that are masked in the same way.

    Attributes:
        stage: slots of this stage are asked for; None: of any.
        start: first row.
        stop: row after the last.
        weight: what the mean loss of a hidden slot of one row counts.
    """

    stage: int | None
    start: int
    stop: int
    weight: float


class Masks:
    """Draws which slots are given.

    Args:
        layout: the row's slots.
        device: where the tokens are.
        any_share: share of a batch with any subset of the slots given, not only those that a roll-out meets; there a
            missing cell is one of which nothing is known, neither given nor asked for, as when it is to be filled.
        task_share: share of a batch, on top of its due, with all but the target given.
    """

    def __init__(self, layout: Layout, device: torch.device, any_share: float = 0.0, task_share: float = 0.0) -> None:
        self.any_share, self.task_share = any_share, task_share if layout.target else 0.0
        self.stages = layout.stages
        stage = torch.zeros(len(layout.slots), dtype=torch.long)
        for number, slots in enumerate(self.stages):
            stage[slots] = number
        self.stage_S = stage.to(device)
        parent = [s.prefix[-1] if s.prefix else i for i, s in enumerate(layout.slots)]
        self.parent_S = torch.tensor(parent, device=device)
        self.levels = max((s.level for s in layout.slots), default=0)
        self.context = torch.tensor(layout.context, dtype=torch.long, device=device)
        own = [[s for s in slots if s not in set(layout.context)] or slots for slots in self.stages]
        self.own_of_stage = [torch.tensor(slots, device=device) for slots in own]
        self.none_S = torch.tensor([-1 if s.none is None else s.none for s in layout.slots], device=device)
        self.missing_S = torch.tensor([-1 if s.missing is None else s.missing for s in layout.slots], device=device)
        self.barred: dict[tuple[int, ...], Tensor | None] = {}
        self.slots_of_stage = [torch.tensor(slots, device=device) for slots in self.stages]
        self.n_target_stages = len(layout.target)

    def segments(self, n_rows: int) -> list[Segment]:
        """How a batch is divided; each stage gets rows in proportion to its slots, at least one."""
        n_slots = len(self.stage_S)
        n_any = min(round(n_rows * self.any_share), max(0, n_rows - len(self.stages)))
        shares = [len(slots) / n_slots for slots in self.stages]
        extra = [0.0] * len(shares)
        for i in range(self.n_target_stages):
            extra[-1 - i] = self.task_share / self.n_target_stages
        free = n_rows - n_any
        rows = [max(1, int(free * (a * (1 - self.task_share) + b))) for a, b in zip(shares, extra, strict=True)]
        rows[rows.index(max(rows))] += free - sum(rows)
        out, at = [], 0
        if n_any:
            out.append(Segment(None, 0, n_any, n_slots / n_rows))
            at = n_any
        plain = free / n_rows
        for stage, n in enumerate(rows):
            share = shares[stage] * (1 - self.task_share) + extra[stage]
            out.append(Segment(stage, at, at + n, plain * share * n_slots / n))
            at += n
        return out

    def draw(self, tokens_BS: Tensor, segments: list[Segment], rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Which slots are given, and the weight of each slot's loss; both ``(B, S)``.

        A pivot slot is hidden, and every other slot of its stage is given with one chance that is drawn
        evenly per row: so the number of given slots is even too, and no row is wasted.
        """
        n_rows, n_slots = tokens_BS.shape
        device = tokens_BS.device
        chance_B1 = torch.rand(n_rows, 1, generator=rng, device=device)
        given_BS = torch.rand(n_rows, n_slots, generator=rng, device=device) < chance_B1
        weight_BS = torch.zeros(n_rows, n_slots, device=device)
        for part in segments:
            n, given = part.stop - part.start, given_BS[part.start : part.stop]
            pool = torch.arange(n_slots, device=device) if part.stage is None else self.slots_of_stage[part.stage]
            pivot = pool[torch.randint(len(pool), (n, 1), generator=rng, device=device)]
            if part.stage is not None:
                given &= self.stage_S == part.stage
                given |= self.stage_S < part.stage
                if len(self.context):
                    pivot = self._give_context(given, pivot, self.own_of_stage[part.stage], rng)
            given.scatter_(1, pivot, False)
            if part.stage is None:
                there = tokens_BS[part.start : part.stop] != self.missing_S
                given &= there
                for _ in range(self.levels):  # a finer slot is given only with its coarser
                    given &= given[:, self.parent_S]
                first = self.parent_S == torch.arange(n_slots, device=device)
                asked = ~given & there & (first | given[:, self.parent_S])
            else:
                asked = ~given & (self.stage_S == part.stage)
            weight_BS[part.start : part.stop] = asked * (part.weight / asked.sum(1, keepdim=True).clamp(min=1))
        return given_BS, weight_BS * (tokens_BS != self.none_S)  # what cannot apply is never drawn

    def _give_context(self, given_BS: Tensor, pivot_B1: Tensor, own: Tensor, rng: torch.Generator) -> Tensor:
        """Give most rows all of the context, and ask them for one of the other slots of their stage."""
        size, device = pivot_B1.shape, given_BS.device
        told_B1 = torch.rand(size, generator=rng, device=device) < CONTEXT_SHARE
        given_BS[:, self.context] |= told_B1
        return torch.where(told_B1, own[torch.randint(len(own), size, generator=rng, device=device)], pivot_B1)

    def missing_of(self, group: Group) -> Tensor | None:
        """``(G, W)`` which tokens of a group are missing ones; None: none is."""
        if group.slots not in self.barred:
            missing_G1 = self.missing_S[list(group.slots)][:, None]
            found = missing_G1 == torch.arange(group.width, device=missing_G1.device)
            self.barred[group.slots] = found if bool(found.any()) else None
        return self.barred[group.slots]


class MaskedLikelihood:
    """What an any-order generator learns by.

    Args:
        layout: the row's slots.
        device: where the tokens are.
        any_share: see ``Masks``; while learning only.
        task_share: see ``Masks``; while learning only.
    """

    def __init__(self, layout: Layout, device: torch.device, any_share: float = 0.0, task_share: float = 0.0) -> None:
        self.masks = Masks(layout, device, any_share, task_share)
        self.held_masks = Masks(layout, device)

    def learn(self, network: AnyOrderGenerator, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """The loss of a batch."""
        return masked_nll(network, tokens_BS, self.masks, rng)

    def hold(self, network: AnyOrderGenerator, tokens_BS: Tensor, rng: torch.Generator) -> Tensor:
        """The loss of rows that were held out, to stop by."""
        return masked_nll(network, tokens_BS, self.held_masks, rng)


def masked_nll(generator: AnyOrderGenerator, tokens_BS: Tensor, masks: Masks, rng: torch.Generator) -> Tensor:
    """One draw of the mean negative log-likelihood of the rows, in nats per row.

    Unbiased with ``any_share = task_share = 0``. Heads are read only for rows that ask for their stage.
    """
    segments = masks.segments(len(tokens_BS))
    n_any = segments[0].stop if segments[0].stage is None else 0
    given_BS, weight_BS = masks.draw(tokens_BS, segments, rng)
    h_BD, head, bias = generator.hidden(tokens_BS, given_BS, rng)
    total = h_BD.new_zeros(())
    order = [s for group in generator.groups for s in group.slots]
    tokens_BS, weight_BS, at = tokens_BS[:, order], weight_BS[:, order], 0
    for group, group_head, group_bias in generator.heads(head, bias):
        rows = [slice(p.start, p.stop) for p in segments if p.stage in (None, group.stage)]
        columns = slice(at, at + len(group.slots))
        at = columns.stop
        logits_RGW = generator.logits(_rows(h_BD, rows), group, group_head, group_bias)
        barred_GW = masks.missing_of(group) if n_any else None
        if barred_GW is not None:
            logits_RGW[:n_any].masked_fill_(barred_GW, -1e9)  # these rows come first, and are asked what is there
        tokens_RG, weight_RG = _rows(tokens_BS[:, columns], rows), _rows(weight_BS[:, columns], rows)
        nll = F.cross_entropy(logits_RGW.flatten(0, 1).float(), tokens_RG.flatten(), reduction="none")
        total = total + nll @ weight_RG.flatten()
    return total


def _rows(x: Tensor, parts: list[slice]) -> Tensor:
    return x[parts[0]] if len(parts) == 1 else torch.cat([x[p] for p in parts])
