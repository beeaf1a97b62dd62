"""What one column of a row is likely to hold, given whatever else of the row is given.

Letters: B rows, N rows, S slots, P slots of one column's path, W tokens of one slot, D width, K orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import RollOut
from synthgen.seeding import derived_seed

ROWS = 4_096
"""Rows at a time: what is in memory, whatever the number of rows."""
BRANCHES = 4
"""First tokens that are followed down to find the likeliest path; the best path hardly ever begins with the fifth."""
LEAST = 1e-37
"""Chances are cut there: float32 ends below."""


@dataclass(frozen=True)
class Surprises:
    """What rows cost by the chain rule, in nats.

    Attributes:
        whole_NK: ``(N, orders)`` negative log-likelihood of a row, in each order of the slots.
        slots_NS: ``(N, S)`` of each slot's token given those before it, mean over the orders; 0 where it is not counted
            or does not apply.
        expected_N: ``(N,)`` the sum of the entropies of the laws that these tokens are from, mean over the orders: what
            a row with such cells usually costs. The plainer a row, the less.
    """

    whole_NK: np.ndarray
    slots_NS: np.ndarray
    expected_N: np.ndarray


class Conditionals(RollOut):
    """Laws of single columns, from a generator whose weights no longer change.

    Args:
        generator: put in evaluation mode here.
        unseen: the chance of a token that never occurred in the training rows.
    """

    def __init__(self, generator: AnyOrderGenerator, unseen: float = LEAST) -> None:
        super().__init__(generator)
        self.unseen = unseen
        sizes = self.layout.sizes
        self.impossible = [generator.impossible[a : a + n] for a, n in zip(self.first, sizes, strict=True)]

    # ------------------------------------------------------------------ one column
    def law(self, slots: Sequence[int], tokens_NS: np.ndarray, given_NS: np.ndarray) -> np.ndarray:
        """``(N, W)`` chances of the first tokens of a column, its own slots not looked at; of a value that is there."""

        def one(tokens_BS: Tensor, given_BS: Tensor) -> tuple[Tensor]:
            return (self._first(slots[0], self._rest_of(slots[0], slots, tokens_BS, given_BS)),)

        return self._by_chunk(one, tokens_NS, given_NS)[0]

    def next_law(
        self, slots: Sequence[int], prefix: Sequence[int], tokens_NS: np.ndarray, given_NS: np.ndarray
    ) -> np.ndarray:
        """``(N, W)`` chances of the token that goes on from a beginning of a column's path."""

        def one(tokens_BS: Tensor, given_BS: Tensor) -> tuple[Tensor]:
            tokens_BS = tokens_BS.clone()
            sums_BD = self._rest_of(slots[len(prefix)], slots, tokens_BS, given_BS)
            for slot, token in zip(slots, prefix, strict=False):
                tokens_BS[:, slot] = token
                sums_BD = sums_BD + self.changes[slot][token]
            slot = slots[len(prefix)]
            return (self._chances(slot, self._trunk(sums_BD), self._allowed(slot, tokens_BS)),)

        return self._by_chunk(one, tokens_NS, given_NS)[0]

    def nats(self, slots: Sequence[int], tokens_NS: np.ndarray, given_NS: np.ndarray) -> np.ndarray:
        """``(N,)`` negative log-likelihood of what a column holds, its own slots not looked at."""

        def one(tokens_BS: Tensor, given_BS: Tensor) -> tuple[Tensor]:
            nats_B, own_BD = torch.zeros(len(tokens_BS), device=self.device), torch.zeros(())
            for slot, rest_BD in zip(slots, self._rest(slots, tokens_BS, given_BS), strict=True):
                nats_B += self._nats(slot, rest_BD + own_BD, tokens_BS)
                own_BD = own_BD + self.changes[slot][tokens_BS[:, slot]]
            return (nats_B,)

        return self._by_chunk(one, tokens_NS, given_NS)[0]

    def likeliest(
        self,
        slots: Sequence[int],
        tokens_NS: np.ndarray,
        given_NS: np.ndarray,
        median: bool,
        barred: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What a column holds most likely, its own slots not looked at.

        Args:
            slots: its path.
            tokens_NS: rows.
            given_NS: what of them is given.
            median: the median along the order of the tokens in place of the likeliest path.
            barred: a first token that stands for no value.

        Returns:
            ``(N, P)`` tokens, ``(N,)`` their negative log-likelihood, and ``(N,)`` where inside the last token's cell
            the median lies, 0 to 1.
        """

        def one(tokens_BS: Tensor, given_BS: Tensor) -> tuple[Tensor, ...]:
            rests = self._rest(slots, tokens_BS, given_BS)
            chance_BW = self._first(slots[0], rests[0])
            if barred is not None:
                chance_BW[:, barred] = 0.0
            return self._best(slots, tokens_BS, rests, chance_BW, median)

        path, nats, place = self._by_chunk(one, tokens_NS, given_NS)
        return path.astype(np.int32), nats, place

    def compared(
        self,
        slots: Sequence[int],
        tokens_NS: np.ndarray,
        given_NS: np.ndarray,
        inside_N2: np.ndarray | None,
        barred: int | None = None,
    ) -> tuple[np.ndarray, ...]:
        """What a column holds beside what it holds most likely, its own slots not looked at.

        Args:
            slots: its path.
            tokens_NS: rows.
            given_NS: what of them is given.
            inside_N2: of a column with an order, which shares of the last token's mass lie at or below the value, and
                at or above it; None: the column has no order.
            barred: a first token that stands for no value.

        Returns:
            ``(N,)`` nats each: of what is there; of the likeliest, with an order of the median; of the first token that
            is there; of lying as far out as what is there, 0 without order.
        """
        ends_N2 = np.ones((len(tokens_NS), 2)) if inside_N2 is None else inside_N2
        packed_NT, width = np.concatenate([given_NS, ends_N2], axis=1), given_NS.shape[1]

        def one(tokens_BS: Tensor, packed_BT: Tensor) -> tuple[Tensor, ...]:
            given_BS, inside_B2 = packed_BT[:, :width] > 0, packed_BT[:, width:].float()
            rests = self._rest(slots, tokens_BS, given_BS)
            chance_BW = self._first(slots[0], rests[0])
            below_B = above_B = first_B = torch.zeros(len(tokens_BS), device=self.device)
            mass_B, own_BD = torch.ones_like(below_B), torch.zeros(())
            for level, slot in enumerate(slots):
                token_B1 = tokens_BS[:, slot, None]
                applies_B = torch.ones_like(token_B1[:, 0], dtype=torch.bool)
                law_BW = chance_BW
                if level:
                    allowed_B = self._allowed(slot, tokens_BS)
                    law_BW = self._chances(slot, self._trunk(rests[level] + own_BD), allowed_B)
                    applies_B = applies_B if allowed_B is None else allowed_B > 0
                upto_B = law_BW.cumsum(1).gather(1, token_B1)[:, 0]
                chance_B = law_BW.gather(1, token_B1)[:, 0]
                below_B = torch.where(applies_B, below_B + mass_B * (upto_B - chance_B).clamp(min=0), below_B)
                above_B = torch.where(applies_B, above_B + mass_B * (1 - upto_B).clamp(min=0), above_B)
                chance_B = torch.where(self.impossible[slot][token_B1[:, 0]], self.unseen, chance_B)
                mass_B = torch.where(applies_B, mass_B * chance_B, mass_B)
                first_B = mass_B if not level else first_B
                own_BD = own_BD + self.changes[slot][token_B1[:, 0]]
            out_B = torch.minimum(below_B + mass_B * inside_B2[:, 0], above_B + mass_B * inside_B2[:, 1])
            out_B = torch.ones_like(out_B) if inside_N2 is None else out_B
            likely_BW = chance_BW
            if barred is not None:
                likely_BW = chance_BW.clone()
                likely_BW[:, barred] = 0.0
            best_B = self._best(slots, tokens_BS, rests, likely_BW, inside_N2 is not None)[1]
            return (_nats(mass_B), best_B, _nats(first_B), _nats(out_B))

        return tuple(self._by_chunk(one, tokens_NS, packed_NT))

    def free_law(self, slots: Sequence[int]) -> np.ndarray:
        """``(W,)`` chances of a column's first tokens when nothing is known of the row."""
        nothing = np.zeros((1, len(self.layout.slots)), np.int64)
        found: np.ndarray = self.law(slots, nothing, nothing > 0)[0]
        return found

    # ------------------------------------------------------------------ whole rows
    def surprises(self, tokens_NS: np.ndarray, counted_NS: np.ndarray, orders: int, seed: int) -> Surprises:
        """What rows cost by the chain rule, in random orders of the slots.

        Args:
            tokens_NS: rows.
            counted_NS: what is part of a row; the rest is as if the table had no such column.
            orders: how many; the same ones for every row.
            seed: of the orders.
        """

        def one(tokens_BS: Tensor, counted_BS: Tensor) -> tuple[Tensor, ...]:
            whole: list[Tensor] = []
            slots_BS = torch.zeros(tokens_BS.shape, device=self.device)
            expected_B = torch.zeros(len(tokens_BS), device=self.device)
            for number in range(orders):
                rng = np.random.default_rng(derived_seed(seed, "order", number))
                sums_BD = self.embed[self.unknown].sum(0, keepdim=True).expand(len(tokens_BS), -1).clone()
                before_B = slots_BS.sum(1)
                for stage in self.layout.stages:
                    for slot in rng.permutation(stage).tolist():
                        counted_B1 = counted_BS[:, slot, None]
                        chance_BW = self._chances(slot, self._trunk(sums_BD), self._allowed(slot, tokens_BS))
                        slots_BS[:, slot] += self._nats_of(slot, chance_BW, tokens_BS) * counted_B1[:, 0]
                        entropy_B = torch.special.entr(chance_BW).sum(1)
                        expected_B += self._where_it_applies(slot, entropy_B, tokens_BS) * counted_B1[:, 0]
                        sums_BD += self.changes[slot][tokens_BS[:, slot]] * counted_B1
                whole.append(slots_BS.sum(1) - before_B)
            return torch.stack(whole, 1), slots_BS / orders, expected_B / orders

        return Surprises(*self._by_chunk(one, tokens_NS, counted_NS))

    # ------------------------------------------------------------------ parts
    def _by_chunk(
        self, one: Callable[[Tensor, Tensor], tuple[Tensor, ...]], tokens_NS: np.ndarray, given_NS: np.ndarray
    ) -> list[np.ndarray]:
        found = []
        with torch.inference_mode():
            for at in range(0, max(1, len(tokens_NS)), ROWS):
                tokens_BS = torch.as_tensor(tokens_NS[at : at + ROWS], device=self.device).long()
                given_BS = torch.as_tensor(given_NS[at : at + ROWS], device=self.device)
                found.append([part.cpu().numpy() for part in one(tokens_BS, given_BS)])
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def _rest(self, slots: Sequence[int], tokens_BS: Tensor, given_BS: Tensor) -> list[Tensor]:
        """``(B, D)`` for each slot of a path: what the trunk reads of the given slots but these."""
        found: list[Tensor] = []
        for number, slot in enumerate(slots):
            same = number and torch.equal(self.reads_SS[slot], self.reads_SS[slots[number - 1]])
            found.append(found[-1] if same else self._rest_of(slot, slots, tokens_BS, given_BS))
        return found

    def _rest_of(self, slot: int, slots: Sequence[int], tokens_BS: Tensor, given_BS: Tensor) -> Tensor:
        """``(B, D)`` the same for one slot of the path."""
        shown_BS = given_BS & self.reads_SS[slot]
        shown_BS[:, list(slots)] = False
        return self.generator.given_sum(self.embed, tokens_BS, shown_BS)

    def _first(self, slot: int, sums_BD: Tensor) -> Tensor:
        chance_BW = self._chances(slot, self._trunk(sums_BD), None)
        missing = self.layout.slots[slot].missing
        if missing is not None and chance_BW.shape[1] > 1:
            chance_BW[:, missing] = 0.0
        return chance_BW / chance_BW.sum(1, keepdim=True).clamp(min=LEAST)

    def _allowed(self, slot: int, tokens_BS: Tensor) -> Tensor | None:
        follow = self.follow[slot]
        return None if follow is None else follow[tuple(tokens_BS[:, s] for s in self.layout.slots[slot].prefix)]

    def _nats(self, slot: int, sums_BD: Tensor, tokens_BS: Tensor) -> Tensor:
        """Of one slot's token; 0 where the slot does not apply."""
        chance_BW = self._chances(slot, self._trunk(sums_BD), self._allowed(slot, tokens_BS))
        return self._nats_of(slot, chance_BW, tokens_BS)

    def _nats_of(self, slot: int, chance_BW: Tensor, tokens_BS: Tensor) -> Tensor:
        token_B = tokens_BS[:, slot]
        chance_B = chance_BW.gather(1, token_B[:, None])[:, 0]
        nats_B = _nats(torch.where(self.impossible[slot][token_B], self.unseen, chance_B))
        return self._where_it_applies(slot, nats_B, tokens_BS)

    def _where_it_applies(self, slot: int, of_B: Tensor, tokens_BS: Tensor) -> Tensor:
        none = self.layout.slots[slot].none
        return of_B if none is None else of_B.masked_fill(tokens_BS[:, slot] == none, 0.0)

    def _ordered(self, slot: int) -> bool:
        return bool(np.isfinite(self.layout.slots[slot].places).any())

    def _best(
        self, slots: Sequence[int], tokens_BS: Tensor, rests: list[Tensor], chance_BW: Tensor, median: bool
    ) -> tuple[Tensor, ...]:
        """The median of a column, or its likeliest path: tokens, nats, place inside the last cell."""
        if median and self._ordered(slots[0]):
            half_B = torch.full((len(tokens_BS),), 0.5, device=self.device)
            token_B, place_B = _quantile(chance_BW, half_B)
            return self._descend(slots, tokens_BS, rests, chance_BW, token_B, place_B)
        branches = 1 if len(slots) == 1 else min(BRANCHES, chance_BW.shape[1])
        tried = [
            self._descend(slots, tokens_BS, rests, chance_BW, token_B, None)
            for token_B in chance_BW.topk(branches, dim=1).indices.T
        ]
        best = torch.stack([nats for _, nats, _ in tried]).argmin(0)
        rows = torch.arange(len(best), device=self.device)
        return tuple(torch.stack(parts)[best, rows] for parts in zip(*tried, strict=True))

    def _descend(
        self,
        slots: Sequence[int],
        tokens_BS: Tensor,
        rests: list[Tensor],
        chance_BW: Tensor,
        token_B: Tensor,
        place_B: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """From a first token down its path: the median when there is a place to find, else the likeliest token."""
        tokens_BS = tokens_BS.clone()
        nats_B = -chance_BW.gather(1, token_B[:, None])[:, 0].clamp(min=LEAST).log()
        tokens_BS[:, slots[0]] = token_B
        own_BD = torch.zeros(())
        for (before, slot), rest_BD in zip(pairwise(slots), rests[1:], strict=True):
            own_BD = own_BD + self.changes[before][tokens_BS[:, before]]
            sums_BD = rest_BD + own_BD
            allowed_B = self._allowed(slot, tokens_BS)
            applies_B = torch.ones_like(token_B, dtype=torch.bool) if allowed_B is None else allowed_B > 0
            none = self.layout.slots[slot].none
            tokens_BS[:, slot] = 0 if none is None else none
            rows = applies_B.nonzero().squeeze(1)
            if not len(rows):
                continue
            chance_RW = self._chances(slot, self._trunk(sums_BD[rows]), None if allowed_B is None else allowed_B[rows])
            if place_B is not None and self._ordered(slot):
                token_R, place_B[rows] = _quantile(chance_RW, place_B[rows])
            else:
                token_R = chance_RW.argmax(1)
            tokens_BS[rows, slot] = token_R
            nats_B[rows] -= chance_RW.gather(1, token_R[:, None])[:, 0].clamp(min=LEAST).log()
        place_B = torch.full_like(nats_B, 0.5) if place_B is None else place_B
        return tokens_BS[:, list(slots)], nats_B, place_B


def _nats(chance_B: Tensor) -> Tensor:
    return -chance_B.clamp(min=LEAST).log()


def _quantile(chance_BW: Tensor, place_B: Tensor) -> tuple[Tensor, Tensor]:
    """The token in which a share of the mass ends, and how far inside its own mass.

    Example:
        >>> token, place = _quantile(torch.tensor([[0.2, 0.5, 0.3]]), torch.tensor([0.5]))
        >>> int(token), round(float(place), 2)
        (1, 0.6)
    """
    cumulated_BW = chance_BW.cumsum(1)
    wanted_B1 = place_B[:, None] * cumulated_BW[:, -1:]
    token_B1 = torch.searchsorted(cumulated_BW, wanted_B1).clamp_(max=chance_BW.shape[1] - 1)
    own_B1 = chance_BW.gather(1, token_B1).clamp(min=LEAST)
    before_B1 = cumulated_BW.gather(1, token_B1) - own_B1
    return token_B1[:, 0], ((wanted_B1 - before_B1) / own_B1).clamp(0.0, 1.0)[:, 0]
