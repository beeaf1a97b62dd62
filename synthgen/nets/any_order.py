"""The any-order generator: given any subset of a row's slots, it predicts every other slot.

Input is the sum of the embeddings of the given tokens and of one *unknown* vector per slot not given;
then a residual MLP; then one linear layer to the logits of all tokens. Numbers know their order: the
tokens of an ordered slot share waves over their place, in the embedding and in the head.

Letters: B rows in a batch, S slots, V tokens over all slots (padded), D width, F wave features,
G slots in a group of equally wide slots, W the group's width.

Sources: order-agnostic likelihood, Uria et al. 2014, arXiv:1310.1757; Hoogeboom et al. 2022, arXiv:2110.02037.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.layout import Layout, RowSlot

MULTI_HOT_TOKENS = 1200
"""Up to so many tokens a product with a row of zeros and ones is faster than looking embeddings up."""


OUTERMOST = 1e-5
"""The share of the rows beyond which a place counts as no further out: 4.3 standard deviations."""
HALF_OWN_ROWS, HALF_OWN_ROWS_OF_A_VALUE = 4_000.0, 100.0
"""Rows with which a bin, and a single value, of an ordered slot has half a vector of its own."""


@dataclass(frozen=True)
class Group:
    """Slots of one stage and one padded width, side by side on the token axis.

    Attributes:
        slots: their numbers.
        stage: when they are drawn.
        start: where their tokens begin.
        width: padded tokens per slot.
    """

    slots: tuple[int, ...]
    stage: int
    start: int
    width: int

    @property
    def stop(self) -> int:
        """Where their tokens end."""
        return self.start + len(self.slots) * self.width


def padded_groups(sizes: list[int], stages: list[list[int]]) -> list[Group]:
    """Slots grouped so that each group's logits are one ``(B, G, W)`` block, at most two fifths of it padding.

    Example:
        >>> [(g.slots, g.stage, g.width) for g in padded_groups([2, 17, 2, 16], [[0, 1, 2, 3]])]
        [((0, 2), 0, 2), ((1, 3), 0, 17)]
    """
    groups: list[Group] = []
    for stage, slots in enumerate(stages):
        order = sorted(slots, key=lambda s: (-sizes[s], s))
        while order:
            widest = sizes[order[0]]
            members = [s for s in order if sizes[s] >= 0.6 * widest]
            groups.append(Group(tuple(sorted(members)), stage, 0, widest))
            order = order[len(members) :]
    placed, start = [], 0
    for group in sorted(groups, key=lambda g: (g.stage, g.width)):
        placed.append(Group(group.slots, group.stage, start, group.width))
        start = placed[-1].stop
    return placed


def own_strength(slot: RowSlot, finer: RowSlot | None) -> np.ndarray:
    """``(size,)`` how much of a vector of its own each token of a slot has, beside what its place gives it, 0 to 1.

    All of it without a place; less of it the fewer rows there are to learn it from. Single values need fewer
    (spikes such as 0 or 40 hours tie columns together in ways that near values do not) than bins, which are like
    their neighbours and would be learned by heart.

    Example:
        >>> from synthgen.layout import RowSlot
        >>> none, places = np.full(3, np.nan), np.array([0.1, 0.3, 0.6, np.nan])
        >>> coarse = RowSlot(0, "hours:coarse", 0, 4, places, np.array([900, 200, 250, 3]), missing=3)
        >>> fine = RowSlot(0, "hours:fine", 1, 3, none, np.ones(3), (0,), np.array([0, 2, 2, 0]), none=2)
        >>> own_strength(coarse, fine).round(2).tolist()
        [0.9, 0.05, 0.06, 1.0]
    """
    counts = np.asarray(slot.counts, dtype=float)
    follow = finer.follow if finer is not None else None
    single = np.asarray(follow) == 0 if follow is not None else np.full(slot.size, slot.level == 0)
    half = np.where(single, HALF_OWN_ROWS_OF_A_VALUE, HALF_OWN_ROWS)
    strength: np.ndarray = np.where(np.isfinite(slot.places), counts / (counts + half), 1.0)
    return strength


def drop(x: Tensor, share: float, rng: torch.Generator | None) -> Tensor:
    """Dropout from a generator of our own, so that a run can be repeated; a byte of chance per entry."""
    words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64, device=x.device)
    bytes_ = words.random_(-(2**63), generator=rng, to=None).view(torch.uint8)[: x.numel()].view_as(x)
    dropped = round(256 * share)
    return x * (bytes_ >= dropped) * (256 / (256 - dropped))


class Residual(nn.Module):
    """``h + down(drop(silu(up(norm(h)))))``; the identity when new.

    Shape: ``(*, D)`` to ``(*, D)``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, h_BD: Tensor, drop: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        up_BD = F.silu(self.up(self.norm(h_BD)))
        change_BD: Tensor = self.down(drop(up_BD) if drop else up_BD)
        return h_BD + change_BD


class Waves(nn.Module):
    """What neighbouring tokens of an ordered slot share: waves over their place, mixed per slot.

    Beside the waves stand the normal score of the place and its square: places tell the tails of a column hardly
    apart, and with scores two columns that move together, as normal ones with a correlation do, take one weight each.

    Shape: to ``(V, D)``; zero for tokens without a place.
    """

    waves: Tensor
    filled: Tensor
    tokens: Tensor

    def __init__(self, places_V: Tensor, slot_V: Tensor, width: int, waves: int, scale: float) -> None:
        super().__init__()
        ordered_V = ~places_V.isnan()
        place_V1 = places_V.nan_to_num(0.0)[:, None]
        angle = math.pi * place_V1 * 2.0 ** torch.arange(waves)
        score_V1 = torch.special.ndtri(place_V1.clamp(OUTERMOST, 1 - OUTERMOST)) / 3
        features = [2 * place_V1 - 1, score_V1, score_V1**2, angle.sin(), angle.cos()]
        waves_VF = torch.cat(features, 1) * ordered_V[:, None]
        blocks = [(slot_V == slot).nonzero().squeeze(1) for slot in sorted(set(slot_V[ordered_V].tolist()))]
        widest = max((len(block) for block in blocks), default=0)
        padded = torch.zeros(len(blocks), widest, waves_VF.shape[1])  # one padded block per ordered slot
        for i, block in enumerate(blocks):
            padded[i, : len(block)] = waves_VF[block]
        filled = torch.cat([i * widest + torch.arange(len(block)) for i, block in enumerate(blocks)] or [slot_V[:0]])
        self.register_buffer("waves", padded, persistent=False)
        self.register_buffer("filled", filled, persistent=False)
        self.register_buffer("tokens", torch.cat(blocks or [slot_V[:0]]), persistent=False)
        mix = torch.zeros(len(blocks), waves_VF.shape[1], width)
        self.mix = nn.Parameter(mix.normal_(std=scale) if scale else mix)

    def forward(self, base_VD: Tensor) -> Tensor:
        """Add the waves to the tokens' own vectors."""
        if not len(self.tokens):
            return base_VD
        mixed_ND = torch.bmm(self.waves, self.mix).flatten(0, 1)
        return base_VD.index_add(0, self.tokens, mixed_ND.index_select(0, self.filled))


class AnyOrderGenerator(nn.Module):
    """Predicts every slot from any given subset of slots.

    Args:
        layout: the row's slots.
        width: D.
        blocks: residual blocks.
        dropout: share of the hidden entries of each block set to zero while training.
        input_dropout: the same for the sum of the embeddings.
        waves: octaves of sine and cosine over a column's order; the finest of six has a period of 1/16 of the column.

    Shape:
        Tokens ``(B, S)``, whole numbers, token ``t`` of slot ``s`` in ``0 .. size[s] - 1``; logits ``(B, V)``.
    """

    first: Tensor
    unknown: Tensor
    impossible: Tensor
    own: Tensor

    def __init__(
        self, layout: Layout, width: int, blocks: int, dropout: float = 0.0, waves: int = 6, input_dropout: float = 0.0
    ) -> None:
        super().__init__()
        sizes = layout.sizes
        self.layout, self.width, self.dropout, self.input_dropout = layout, width, dropout, input_dropout
        self.groups = padded_groups(sizes, layout.stages)
        self.n_tokens, n_slots = self.groups[-1].stop, len(sizes)
        first, slot_V = torch.zeros(n_slots, dtype=torch.long), torch.zeros(self.n_tokens, dtype=torch.long)
        places, counts = torch.full((self.n_tokens,), float("nan")), torch.zeros(self.n_tokens)
        own = torch.ones(self.n_tokens + n_slots, 1)
        finer = {slot.prefix[0]: slot for slot in layout.slots if len(slot.prefix) == 1}
        for group in self.groups:
            for i, s in enumerate(group.slots):
                at, slot = group.start + i * group.width, layout.slots[s]
                first[s], slot_V[at : at + group.width] = at, s
                places[at : at + sizes[s]] = torch.as_tensor(slot.places, dtype=torch.float32)
                counts[at : at + sizes[s]] = torch.as_tensor(slot.counts, dtype=torch.float32)
                own[at : at + sizes[s], 0] = torch.as_tensor(own_strength(slot, finer.get(s)), dtype=torch.float32)
        impossible = counts == 0  # never seen, never drawn
        total_V = torch.zeros(n_slots).index_add(0, slot_V, counts)[slot_V].clamp(min=1)
        log_share = ((counts + 0.1) / (total_V + 0.1)).log()
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("unknown", self.n_tokens + torch.arange(n_slots), persistent=False)
        self.register_buffer("impossible", impossible)
        self.register_buffer("own", own)
        self.embed = nn.Parameter(torch.empty(self.n_tokens + n_slots, width).normal_(std=0.1))
        self.waves_in = Waves(places, slot_V, width, waves, 0.1)
        self.waves_out = Waves(places, slot_V, width, waves, 0.0)
        self.trunk = nn.Sequential(*[Residual(width) for _ in range(blocks)], nn.LayerNorm(width))
        self.head = nn.Parameter(torch.empty(self.n_tokens, width).uniform_(-1, 1) * (0.1 / width**0.5))
        self.bias = nn.Parameter(log_share.masked_fill(impossible, 0.0))

    def tables(self) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings ``(V + S, D)``, head ``(V, D)`` and bias ``(V,)``, waves mixed in; -inf for what cannot be."""
        head = self.waves_out(self.head * self.own[: self.n_tokens])
        return self.waves_in(self.embed * self.own), head, self.bias.masked_fill(self.impossible, -1e9)

    @torch.no_grad()
    def token_vectors(self) -> list[Tensor]:
        """Per slot ``(size, D)`` what each token adds to what the trunk reads; nan for tokens that never occurred."""
        embed = self.tables()[0][: self.n_tokens].masked_fill(self.impossible[:, None], float("nan"))
        return [embed[at : at + n] for at, n in zip(self.first.tolist(), self.layout.sizes, strict=True)]

    def given_sum(self, embed: Tensor, tokens_BS: Tensor, given_BS: Tensor) -> Tensor:
        """``(B, D)``: embeddings of the given tokens plus the unknown vectors of the others."""
        chosen_BS = torch.where(given_BS, tokens_BS + self.first, self.unknown)
        if len(embed) > MULTI_HOT_TOKENS:
            return F.embedding_bag(chosen_BS, embed, mode="sum")
        return embed.new_zeros(len(tokens_BS), len(embed)).scatter_(1, chosen_BS, 1.0) @ embed

    def hidden(self, tokens_BS: Tensor, given_BS: Tensor, rng: torch.Generator | None = None) -> tuple[Tensor, ...]:
        """What the heads read, ``(B, D)``, with the head ``(V, D)`` and bias ``(V,)`` themselves.

        Args:
            tokens_BS: tokens.
            given_BS: which of them are given.
            rng: of the dropout while training; None: no dropout.
        """
        embed, head, bias = self.tables()
        h_BD = self.given_sum(embed, tokens_BS, given_BS)
        learning = self.training and rng is not None
        if learning and self.input_dropout:
            h_BD = drop(h_BD, self.input_dropout, rng)
        between = partial(drop, share=self.dropout, rng=rng) if learning and self.dropout else None
        for part in self.trunk:
            h_BD = part(h_BD, between) if isinstance(part, Residual) else part(h_BD)
        return h_BD, head, bias

    def forward(self, tokens_BS: Tensor, given_BS: Tensor) -> list[Tensor]:
        """Logits per group, ``(B, G, W)``, in the order of ``groups``: each slot from the given ones."""
        h_BD, head, bias = self.hidden(tokens_BS, given_BS)
        return [self.logits(h_BD, *part) for part in self.heads(head, bias)]

    def heads(self, head: Tensor, bias: Tensor) -> list[tuple[Group, Tensor, Tensor]]:
        """Each group with its rows of the head and bias; one split, because many slices are slow backwards."""
        lengths = [g.stop - g.start for g in self.groups]
        return list(zip(self.groups, torch.split(head, lengths), torch.split(bias, lengths), strict=True))

    @staticmethod
    def logits(h_BD: Tensor, group: Group, head: Tensor, bias: Tensor) -> Tensor:
        """One group's logits, ``(B, G, W)``."""
        return F.linear(h_BD, head, bias).view(-1, len(group.slots), group.width)
