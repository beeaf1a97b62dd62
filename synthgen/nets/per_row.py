"""The any-order generator, and a critic, in layers whose gradient, and its length, is known row by row.

Private training bounds what a single row does to the weights, so it needs the length of every row's own gradient. Each
layer here is linear in its weights: its gradient is a sum of outer products, and that sum's length follows from two
small products without writing the gradient down. A row may be seen in several *views*, each with other slots hidden;
its gradient is the sum over them.

Letters: B rows, K views of a row, S slots, U entries of the embedding (tokens and unknown vectors), V tokens, D width,
M ordered slots, F wave features, T logits that a stage's views ask for.

Sources: gradient lengths without gradients, Goodfellow 2015, arXiv:1510.01799, and for sums Li et al. 2021,
arXiv:2110.05679; several views of a row in one clipped gradient, De et al. 2022, arXiv:2204.13650.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.nets.any_order import MULTI_HOT_TOKENS, AnyOrderGenerator, Group, Waves
from synthgen.nets.one_shot import NOT_GIVEN, OneShotCritic

Gradients = dict[nn.Parameter, Tensor]


class GivenSum(nn.Module):
    """The sum of the embeddings of what is given and of the unknown vectors of the rest.

    Shape:
        Entries ``(B, K, S)`` and a probe ``(1,)`` to ``(B, K, D)``. The probe is zero: a gradient asked for at it goes
        through all layers without making that of any weight.
    """

    own_U: Tensor
    feature_UF: Tensor

    def __init__(self, generator: AnyOrderGenerator) -> None:
        super().__init__()
        self.embed, self.mix = generator.embed, generator.waves_in.mix
        self.mixed = (generator.waves_in,)  # no part of its own: Opacus would look for its gradients
        self.register_buffer("own_U", generator.own[:, 0], persistent=False)
        features, blocks_of = features_of(generator.waves_in, len(generator.embed))
        self.register_buffer("feature_UF", features, persistent=False)
        block_of_token = torch.full((len(generator.embed),), -1, device=features.device)
        for number, block in enumerate(blocks_of):
            block_of_token[block] = number
        slots = zip(generator.first.tolist(), generator.layout.sizes, strict=True)
        blocks = [int(block_of_token[first : first + size].max()) for first, size in slots]
        self.ordered = sorted((s for s, block in enumerate(blocks) if block >= 0), key=lambda s: blocks[s])

    def forward(self, entries_BKS: Tensor, probe: Tensor) -> Tensor:
        """Sums."""
        table_UD = self.mixed[0](self.embed * self.own_U[:, None])
        flat_NS = entries_BKS.flatten(0, 1)
        if len(table_UD) > MULTI_HOT_TOKENS:
            sums_ND = F.embedding_bag(flat_NS, table_UD, mode="sum")
        else:
            sums_ND = table_UD.new_zeros(len(flat_NS), len(table_UD)).scatter_(1, flat_NS, 1.0) @ table_UD
        return sums_ND.view(*entries_BKS.shape[:2], -1) + probe

    def row_lengths(self, activations: list[Tensor], slopes_BKD: Tensor) -> Gradients:
        """``(B,)`` lengths of each row's gradient, by parameter."""
        entries_BKS = activations[0]
        slopes_BKK = slopes_BKD @ slopes_BKD.mT
        same = entries_BKS[:, :, None] == entries_BKS[:, None]
        shared_BKK = (same * self.own_U[entries_BKS].square()[:, :, None]).sum(3)
        feature = self.feature_UF[entries_BKS[:, :, self.ordered]].flatten(2)
        found = {self.embed: shared_BKK, self.mix: feature @ feature.mT}
        return {weights: root((product * slopes_BKK).sum((1, 2))) for weights, product in found.items()}

    def row_gradients(self, activations: list[Tensor], slopes_BKD: Tensor) -> Gradients:
        """Each row's gradient itself, ``(B, *)`` by parameter; slow, and large."""
        entries_BKS = activations[0]
        hot_BKU = slopes_BKD.new_zeros(*entries_BKS.shape[:2], len(self.own_U)).scatter_(2, entries_BKS, 1.0)
        embed = torch.einsum("bku,bkd->bud", hot_BKU * self.own_U, slopes_BKD)
        feature = self.feature_UF[entries_BKS[:, :, self.ordered]]
        mix = torch.einsum("bkmf,bkd->bmfd", feature, slopes_BKD)
        return {self.embed: embed, self.mix: mix}


class StageHeads(nn.Module):
    """The logits that each view asks for: of its stage's tokens, or of all where it is of none.

    Args:
        generator: whose weights these are.
        views: each view's stage; None: any.

    Shape:
        ``(B, K, D)`` to ``(B, X)``: for each stage in turn the logits ``(views, T)`` of the views that ask for it.
    """

    own_V: Tensor
    possible_V: Tensor
    feature_VF: Tensor

    def __init__(self, generator: AnyOrderGenerator, views: Iterable[int | None]) -> None:
        super().__init__()
        self.head, self.bias, self.mix = generator.head, generator.bias, generator.waves_out.mix
        self.mixed = (generator.waves_out,)
        self.register_buffer("own_V", generator.own[: generator.n_tokens, 0], persistent=False)
        self.register_buffer("possible_V", ~generator.impossible, persistent=False)
        stages = sorted({group.stage for group in generator.groups})
        self.groups = [[g for g in generator.groups if g.stage == stage] for stage in stages]
        self.spans = [slice(groups[0].start, groups[-1].stop) for groups in self.groups]
        asked = list(views)
        self.views = [[k for k, view in enumerate(asked) if view in (None, stage)] for stage in stages]
        features, blocks = features_of(generator.waves_out, generator.n_tokens)
        self.register_buffer("feature_VF", features, persistent=False)
        self.blocks = [
            [(m, block) for m, block in enumerate(blocks) if span.start <= int(block[0]) < span.stop]
            for span in self.spans
        ]

    def forward(self, h_BKD: Tensor) -> Tensor:
        """Logits."""
        head_VD = self.mixed[0](self.head * self.own_V[:, None])
        bias_V = self.bias.masked_fill(~self.possible_V, -1e9)
        sizes, h_BD = [span.stop - span.start for span in self.spans], h_BKD.unbind(1)
        tables = zip(self.views, torch.split(head_VD, sizes), torch.split(bias_V, sizes), strict=True)
        parts = [
            F.linear(torch.stack([h_BD[k] for k in views], 1), head, bias).flatten(1)
            for views, head, bias in tables
            if views
        ]
        return torch.cat(parts, 1)

    def stages(self, flat_BX: Tensor) -> list[tuple[list[Group], list[int], Tensor]]:
        """Each stage's groups, the views that ask for it, and their part of a flat ``(B, X)`` as ``(B, views, T)``."""
        sizes = [len(v) * (span.stop - span.start) for v, span in zip(self.views, self.spans, strict=True)]
        parts = zip(self.groups, self.views, torch.split(flat_BX, sizes, 1), strict=True)
        return [(groups, views, part.view(len(part), len(views), -1)) for groups, views, part in parts if views]

    def row_lengths(self, activations: list[Tensor], slopes_BX: Tensor) -> Gradients:
        """``(B,)`` lengths of each row's gradient, by parameter."""
        h_BKD = activations[0]
        squares = {weights: slopes_BX.new_zeros(len(slopes_BX)) for weights in (self.head, self.bias, self.mix)}
        for groups, views, slopes_BKT in self.stages(slopes_BX):
            span, blocks = self.spans[groups[0].stage], self.blocks[groups[0].stage]
            h = torch.stack([h_BKD[:, k] for k in views], 1)
            h_BKK = h @ h.mT
            own = slopes_BKT * self.own_V[span]
            squares[self.head] += (h_BKK * (own @ own.mT)).sum((1, 2))
            squares[self.bias] += (slopes_BKT.sum(1) * self.possible_V[span]).square().sum(1)
            for _, block in blocks:
                mixed_BKF = slopes_BKT[:, :, block - span.start] @ self.feature_VF[block]
                squares[self.mix] += (h_BKK * (mixed_BKF @ mixed_BKF.mT)).sum((1, 2))
        return {weights: root(square) for weights, square in squares.items()}

    def row_gradients(self, activations: list[Tensor], slopes_BX: Tensor) -> Gradients:
        """Each row's gradient itself, ``(B, *)`` by parameter; slow, and large."""
        h_BKD, rows = activations[0], len(slopes_BX)
        out = {p: slopes_BX.new_zeros(rows, *p.shape) for p in (self.head, self.bias, self.mix)}
        for groups, views, slopes_BKT in self.stages(slopes_BX):
            span, blocks = self.spans[groups[0].stage], self.blocks[groups[0].stage]
            table_BTD = torch.einsum("bkt,bkd->btd", slopes_BKT, h_BKD[:, views])
            out[self.head][:, span] = table_BTD * self.own_V[span, None]
            out[self.bias][:, span] = slopes_BKT.sum(1) * self.possible_V[span]
            for m, block in blocks:
                here = table_BTD[:, block - span.start]
                out[self.mix][:, m] = torch.einsum("tf,btd->bfd", self.feature_VF[block], here)
        return out


class PerRow(nn.Module):
    """An any-order generator, seen in views; its weights are the generator's own, not copies.

    Args:
        generator: what is trained.
        views: the stage of each view's questions; None: of any.

    Shape:
        Tokens ``(B, S)`` and what is given ``(B, K, S)`` to logits ``(B, X)`` as ``StageHeads`` orders them.
    """

    probe: Tensor
    first: Tensor
    unknown: Tensor

    def __init__(self, generator: AnyOrderGenerator, views: Iterable[int | None]) -> None:
        super().__init__()
        self.given, self.trunk, self.heads = GivenSum(generator), generator.trunk, StageHeads(generator, views)
        self.register_buffer("first", generator.first, persistent=False)
        self.register_buffer("unknown", generator.unknown, persistent=False)
        self.register_buffer("probe", torch.zeros(1, device=generator.first.device), persistent=False)

    def forward(self, tokens_BS: Tensor, given_BKS: Tensor) -> Tensor:
        """Logits; without dropout, whose place the noise takes."""
        entries_BKS = torch.where(given_BKS, (tokens_BS + self.first)[:, None], self.unknown)
        logits_BX: Tensor = self.heads(self.trunk(self.given(entries_BKS, self.probe)))
        return logits_BX


class CriticInputs(nn.Module):
    """What a critic's blocks read of rows in zeros and ones, and of what was asked for.

    Shape:
        Rows ``(B, K, V)``, zeros and ones for the slots asked for ``(B, K, S)`` and a probe ``(1,)`` to ``(B, K, D)``.
    """

    feature_VF: Tensor

    def __init__(self, critic: OneShotCritic) -> None:
        super().__init__()
        self.core = (critic.core,)  # no part of its own: Opacus would look for its gradients
        self.embed, self.mix, self.inside = critic.core.embed, critic.core.waves.mix, critic.core.inside.mix
        self.asked = critic.asked
        features, self.blocks = features_of(critic.core.waves, critic.core.n_tokens)
        self.register_buffer("feature_VF", features, persistent=False)

    def forward(self, rows_BKV: Tensor, asked_BKS: Tensor, probe: Tensor) -> Tensor:
        """Sums."""
        sums_ND = self.core[0].inputs(rows_BKV.flatten(0, 1)).view(*rows_BKV.shape[:2], -1)
        return sums_ND + asked_BKS @ self.asked + probe

    def _features(self, rows_BKV: Tensor, asked_BKS: Tensor) -> list[tuple[nn.Parameter, Tensor]]:
        """The layer as one product: each parameter, and what of a row is multiplied with it, ``(B, K, *)``."""
        mixed = [rows_BKV[:, :, block] @ self.feature_VF[block] for block in self.blocks]
        waves = torch.stack(mixed, 2) if mixed else rows_BKV.new_zeros(*rows_BKV.shape[:2], *self.mix.shape[:2])
        places = self.core[0].inside.soft_waves(rows_BKV.flatten(0, 1)) if len(self.inside) else rows_BKV[:, :, :0]
        places = places.reshape(*rows_BKV.shape[:2], *self.inside.shape[:2])
        return [(self.embed, rows_BKV), (self.mix, waves), (self.inside, places), (self.asked, asked_BKS)]

    def row_lengths(self, activations: list[Tensor], slopes_BKD: Tensor) -> Gradients:
        """``(B,)`` lengths of each row's gradient, by parameter."""
        slopes_BKK, out = slopes_BKD @ slopes_BKD.mT, {}
        for weights, features in self._features(*activations[:2]):
            flat = features.flatten(2)
            out[weights] = root((slopes_BKK * (flat @ flat.mT)).sum((1, 2)))
        return out

    def row_gradients(self, activations: list[Tensor], slopes_BKD: Tensor) -> Gradients:
        """Each row's gradient itself, ``(B, *)`` by parameter; slow, and large."""
        features = self._features(*activations[:2])
        return {
            weights: torch.einsum("bkx,bkd->bxd", x.flatten(2), slopes_BKD).view(len(x), *weights.shape)
            for weights, x in features
        }


class PerRowCritic(nn.Module):
    """A critic that gives each of a row's views a score; its weights are the critic's own, not copies.

    Args:
        critic: of single rows, not of packs.

    Shape:
        Rows ``(B, K, V)`` and what was asked for ``(B, K, S)`` to ``(B, K)``.
    """

    probe: Tensor

    def __init__(self, critic: OneShotCritic) -> None:
        super().__init__()
        self.inputs, self.trunk = CriticInputs(critic), critic.core.trunk
        self.norm, self.out = critic.core.norm, critic.core.out
        self.register_buffer("probe", torch.zeros(1, device=critic.asked.device), persistent=False)

    def forward(self, rows_BKV: Tensor, given_BKS: Tensor) -> Tensor:
        """Scores."""
        h_BKD = self.inputs(rows_BKV, (given_BKS != NOT_GIVEN).to(rows_BKV.dtype), self.probe)
        for block in self.trunk:
            h_BKD = block(h_BKD)
        score_BK: Tensor = self.out(self.norm(h_BKD)).squeeze(2)
        return score_BK


def features_of(waves: Waves, n_entries: int) -> tuple[Tensor, list[Tensor]]:
    """``(n, F)`` wave features of each entry, zero without a place, and the entries of each ordered slot."""
    features = waves.waves.flatten(0, 1)
    out = features.new_zeros(n_entries, waves.waves.shape[2])
    out[waves.tokens] = features[waves.filled]
    widest = max(1, waves.waves.shape[1])
    block_N = waves.filled // widest
    return out, [waves.tokens[block_N == m] for m in range(len(waves.waves))]


def root(squares_B: Tensor) -> Tensor:
    """Lengths from their squares, which rounding may have left a little below zero."""
    return squares_B.clamp(min=0).sqrt()
