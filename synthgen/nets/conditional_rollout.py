"""Rolling out rows that keep conditions: restricted columns are drawn first, then rows are chosen by what was left.

A condition leaves a part of a column's law: tokens, and of the outermost ones a part of their cell. The column is drawn
from that part alone, and a row weighs as much as the parts were likely, so that of many rows drawn so, as many as are
wanted are chosen by weight: sequential importance resampling. Nothing is drawn to be thrown away for missing the
condition, however rare it is.

Letters: B rows wanted, M rows drawn to choose from, U different states of them, S slots, P earlier slots of a path,
W tokens of one slot.

Sources: Gordon, Salmond & Smith 1993, doi:10.1049/ip-f-2.1993.0015 (resampling); Pitt & Shephard 1999,
doi:10.1080/01621459.1999.10474153 (looking ahead); Kitagawa 1996, doi:10.1080/10618600.1996.10474692 (evenly).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import Dice, RollOut

FEWEST, MOST = 2, 32
"""Rows drawn to choose one from: as many as cost one more roll-out, within these bounds."""
UNEVEN = 0.5
"""Rows are chosen anew as soon as their weights are worth fewer than so many evenly weighted ones (a share)."""


class NoRowError(Exception):
    """The generator gives no row that keeps all conditions any probability."""


class Restricted(Protocol):
    """What a condition leaves of one column.

    Attributes:
        slots: the column's slots in the row, coarse to fine.
    """

    @property
    def slots(self) -> tuple[int, ...]: ...

    def weigh(self, prefix_NP: np.ndarray) -> np.ndarray:
        """``(N, W)`` how much of each token of the next slot is left, 0 to 1; before the last slot an estimate."""


@dataclass
class _Drawn:
    """Rows on their way.

    Attributes:
        tokens_MS: tokens so far.
        sums_UD: what the trunk reads.
        state_M: which state each row is in; None when each has its own.
        log_weight_M: how likely a row's restrictions were, as far as it was not chosen by that already.
    """

    tokens_MS: Tensor
    sums_UD: Tensor
    state_M: Tensor | None
    log_weight_M: Tensor


class ConditionalRollOut(RollOut):
    """Draws rows of a conditional law.

    Args:
        generator: put in evaluation mode here.
        paths: the restricted columns.
        steps: see ``RollOut``; restricted columns are drawn slot by slot in any case.
        dependence_SS: see ``RollOut``.

    Attributes:
        log_shares: per chunk, the log of the share of free rows that would keep the conditions, as estimated.
    """

    def __init__(
        self,
        generator: AnyOrderGenerator,
        paths: Sequence[Restricted],
        steps: int | None = None,
        dependence_SS: np.ndarray | None = None,
    ) -> None:
        super().__init__(generator, steps, dependence_SS)
        roots = [np.count_nonzero(path.weigh(np.zeros((1, 0), np.int64))) for path in paths]
        order = np.argsort(roots, kind="stable")
        self.paths = [paths[i] for i in order]  # a column of one token left first: it leaves nothing to choose from
        self.fixed = max(roots, default=0) <= 1
        self.restricted = {slot for path in paths for slot in path.slots}
        self.log_shares: list[float] = []

    @torch.inference_mode()
    def chunk(
        self, n_rows: int, rng: torch.Generator, shares: list[Tensor] | None = None, phase: float | None = None
    ) -> Tensor:
        """Draw rows; see ``RollOut.chunk``.

        Raises:
            NoRowError: none keeps all conditions.
        """
        if phase is None:
            phase = float(torch.rand(1, generator=rng, device=self.device))
        dice = Dice(rng, phase, shares)
        passes = [[slot for slot in slots if slot not in self.restricted] for slots in self._passes(rng)]
        passes = [slots for slots in passes if slots]
        n_drawn = n_rows if self.fixed else n_rows * self._to_choose_from(len(passes))
        drawn = self._start(n_drawn)
        log_share = 0.0
        for path in self.paths:
            for level in range(len(path.slots)):
                self._restrict(path, level, drawn, dice)
            if self._uneven(drawn.log_weight_M):
                log_share += _log_mean(drawn.log_weight_M)
                drawn = self._choose(drawn, n_drawn, dice)
        log_share += _log_mean(drawn.log_weight_M)
        self.log_shares.append(log_share)
        drawn = self._choose(drawn, n_rows, dice)
        return self._go_on(passes, drawn.tokens_MS, drawn.sums_UD, drawn.state_M, dice)

    def _to_choose_from(self, n_passes: int) -> int:
        """Rows drawn for each one wanted."""
        return min(MOST, max(FEWEST, n_passes // len(self.restricted)))

    def _start(self, n_rows: int) -> _Drawn:
        tokens_MS = torch.zeros(n_rows, len(self.layout.slots), dtype=torch.long, device=self.device)
        log_weight_M = torch.zeros(n_rows, dtype=torch.float64, device=self.device)
        sums_UD = self.embed[self.unknown].sum(0, keepdim=True)
        return _Drawn(tokens_MS, sums_UD, torch.zeros_like(tokens_MS[:, 0]), log_weight_M)

    def _restrict(self, path: Restricted, level: int, drawn: _Drawn, dice: Dice) -> None:
        """Draw one slot of a restricted column from what is left of it."""
        slot, tokens_MS = path.slots[level], drawn.tokens_MS
        if drawn.state_M is None:
            state_M, example_U = torch.arange(len(tokens_MS), device=self.device), tokens_MS
        else:
            state_M = drawn.state_M
            example_U = tokens_MS[_first_of_each(state_M, len(drawn.sums_UD))]
        chance_UW = self._following(slot, self._trunk(drawn.sums_UD), example_U)
        left_UW = self._left(path, level, example_U)
        product_UW = chance_UW.double() * left_UW
        mass_U = product_UW.sum(1)
        product_MW = product_UW[state_M].float()
        product_MW /= product_MW.sum(1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
        likeliest_M = product_MW.argmax(1)
        token_M = self._pick(slot, product_MW.clone(), dice)
        hit_M = product_MW.gather(1, token_M[:, None]).squeeze(1) > 0
        token_M = torch.where(hit_M, token_M, likeliest_M)
        change_M = mass_U.log()[state_M]
        if level + 1 < len(path.slots):
            change_M = change_M - left_UW[state_M, token_M].log()
        drawn.log_weight_M = (drawn.log_weight_M + change_M).nan_to_num(nan=-math.inf, neginf=-math.inf)
        tokens_MS[:, slot] = token_M
        drawn.sums_UD, drawn.state_M = self._given(slot, token_M, drawn.sums_UD, drawn.state_M)

    def _following(self, slot: int, h_UD: Tensor, tokens_US: Tensor) -> Tensor:
        """``(U, W)`` probabilities of a slot's tokens, all on *not applicable* where the slot has nothing to say."""
        layout, follow = self.layout.slots[slot], self.follow[slot]
        if follow is None:
            return self._chances(slot, h_UD, None)
        allowed_U = follow[tuple(tokens_US[:, s] for s in layout.prefix)]
        chance_UW = self._chances(slot, h_UD, allowed_U.clamp(min=1))
        nothing_U = allowed_U == 0
        if nothing_U.any():
            chance_UW[nothing_U] = 0.0
            chance_UW[nothing_U, layout.none if layout.none is not None else 0] = 1.0
        return chance_UW

    def _left(self, path: Restricted, level: int, tokens_US: Tensor) -> Tensor:
        """``(U, W)`` what the condition leaves of each token, asked once for each beginning of the path."""
        if level == 0:
            left_1W = torch.as_tensor(path.weigh(np.zeros((1, 0), np.int64)), dtype=torch.float64, device=self.device)
            return left_1W.expand(len(tokens_US), -1)
        prefix_UP = tokens_US[:, list(path.slots[:level])]
        different, which_U = torch.unique(prefix_UP, dim=0, return_inverse=True)
        left = torch.as_tensor(path.weigh(different.cpu().numpy()), dtype=torch.float64, device=self.device)
        return left[which_U]

    def _uneven(self, log_weight_M: Tensor) -> bool:
        """Whether a few rows have most of the weight."""
        weight_M = _weights(log_weight_M)
        return bool(1 / weight_M.square().sum() < UNEVEN * len(weight_M))

    def _choose(self, drawn: _Drawn, n_rows: int, dice: Dice) -> _Drawn:
        """Rows by weight, as evenly as whole numbers allow, in random order."""
        weight_M = _weights(drawn.log_weight_M)
        start = torch.rand(1, generator=dice.rng, device=self.device, dtype=torch.float64)
        place_B = (start + torch.arange(n_rows, device=self.device)) / n_rows
        cumulated_M = weight_M.cumsum(0)
        chosen_B = torch.searchsorted(cumulated_M / cumulated_M[-1], place_B, right=True).clamp(max=len(weight_M) - 1)
        chosen_B = chosen_B[torch.randperm(n_rows, generator=dice.rng, device=self.device)]
        tokens_BS, log_weight_B = drawn.tokens_MS[chosen_B], torch.zeros_like(place_B)
        if drawn.state_M is None:
            return _Drawn(tokens_BS, drawn.sums_UD[chosen_B], None, log_weight_B)
        used, state_B = torch.unique(drawn.state_M[chosen_B], return_inverse=True)
        return _Drawn(tokens_BS, drawn.sums_UD[used], state_B, log_weight_B)


def _weights(log_weight_M: Tensor) -> Tensor:
    """Weights that add up to one.

    Raises:
        NoRowError: all are zero.
    """
    largest = log_weight_M.max()
    if largest == -math.inf:
        raise NoRowError
    weight_M = (log_weight_M - largest).exp()
    return weight_M / weight_M.sum()


def _log_mean(log_weight_M: Tensor) -> float:
    return float(log_weight_M.logsumexp(0)) - math.log(len(log_weight_M))


def _first_of_each(state_M: Tensor, n_states: int) -> Tensor:
    """``(U,)`` the number of one row in each state."""
    first_U = torch.full((n_states,), len(state_M), device=state_M.device)
    return first_U.scatter_reduce(0, state_M, torch.arange(len(state_M), device=state_M.device), "amin")
