"""The networks of CTGAN: a row as spans, each of one discrete slot or of the modes of one number.

Letters: B rows in a batch, N spans, W a span's width, V entries of all spans, M numbers, K entries of the conditional
vector, Z noise width, D width, P rows in a pack.

Source: Xu, Skoularidou, Cuesta-Infante, Veeramachaneni 2019, arXiv:1907.00503, section 4. Written from the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 256
TEMPERATURE = 0.2
CRITIC_DROPOUT, CRITIC_SLOPE = 0.5, 0.2


class Spans(nn.Module):
    """Where each span lies on the axis of all entries: those of one width side by side, narrow ones first.

    Args:
        sizes: entries of each span.

    Example:
        >>> spans = Spans([2, 3])
        >>> spans.hot(torch.tensor([[1, 2]])).tolist(), spans.tokens(spans.hot(torch.tensor([[1, 2]]))).tolist()
        ([[0.0, 1.0, 0.0, 0.0, 1.0]], [[1, 2]])
    """

    first_N: Tensor

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.width = sum(self.sizes)
        self.widths = sorted(set(self.sizes))
        firsts, at = [0] * len(self.sizes), 0
        for n in sorted(range(len(self.sizes)), key=lambda n: self.sizes[n]):
            firsts[n] = at
            at += self.sizes[n]
        self.register_buffer("first_N", torch.tensor(firsts, dtype=torch.long), persistent=False)

    def hot(self, tokens_BN: Tensor) -> Tensor:
        """``(B, V)`` zeros and ones."""
        zeros = torch.zeros(len(tokens_BN), self.width, device=tokens_BN.device)
        return zeros.scatter_(1, tokens_BN + self.first_N, 1.0)

    def tokens(self, entries_BV: Tensor) -> Tensor:
        """``(B, N)`` the largest entry of each span."""
        found = [entries_BV[:, first : first + n].argmax(1) for first, n in zip(self.first_N, self.sizes, strict=True)]
        return torch.stack(found, 1)

    def blocks(self, entries_BV: Tensor) -> list[Tensor]:
        """The spans of each width, ``(B, N, W)``."""
        counts = [self.sizes.count(width) for width in self.widths]
        cuts = torch.split(entries_BV, [n * w for n, w in zip(counts, self.widths, strict=True)], 1)
        return [cut.view(len(cut), -1, width) for cut, width in zip(cuts, self.widths, strict=True)]


class Doubling(nn.Module):
    """``relu(norm(linear(h)))`` beside ``h`` itself."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(inputs, width), nn.BatchNorm1d(width)

    def forward(self, h_BD: Tensor) -> Tensor:
        return torch.cat([F.relu(self.norm(self.linear(h_BD))), h_BD], 1)


class CtganGenerator(nn.Module):
    """Noise and a conditional vector to rows.

    Args:
        spans: of the row; the modes of the numbers are the last M of them.
        numbers: M.
        noise_width: Z.
        asked_K: where on the row's axis each entry of the conditional vector is.

    Attributes:
        missed: how far the last rows were from what was asked for, as a cross-entropy in nats; while learning only.

    Shape:
        ``(B, Z)`` and ``(B, K)`` to ``(B, V + M)``: spans softened by Gumbel noise, then places within modes, -1 to 1.
    """

    asked_K: Tensor

    def __init__(self, spans: Spans, numbers: int, noise_width: int, asked_K: Tensor) -> None:
        super().__init__()
        self.spans, self.numbers = spans, numbers
        self.register_buffer("asked_K", asked_K, persistent=False)
        inputs = noise_width + len(asked_K)
        self.body = nn.Sequential(Doubling(inputs, WIDTH), Doubling(inputs + WIDTH, WIDTH))
        self.out = nn.Linear(inputs + 2 * WIDTH, spans.width + numbers)
        self.missed = torch.zeros(())

    def forward(self, noise_BZ: Tensor, asked_BK: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Make rows.

        Args:
            noise_BZ: noise.
            asked_BK: conditional vectors.
            rng: of the Gumbel noise; None: torch's own.
        """
        out_BX = self.out(self.body(torch.cat([noise_BZ, asked_BK], 1)))
        logits_BV, places_BM = out_BX.split([self.spans.width, self.numbers], 1)
        if self.training and torch.is_grad_enabled() and len(self.asked_K):
            logs = [block.log_softmax(2).flatten(1) for block in self.spans.blocks(logits_BV)]
            self.missed = -(torch.cat(logs, 1)[:, self.asked_K] * asked_BK).sum(1).mean()
        uniform_BV = torch.rand(logits_BV.shape, generator=rng, device=logits_BV.device).clamp_(1e-9, 1 - 1e-7)
        noisy_BV = logits_BV - uniform_BV.log_().neg_().log_()
        soft = [(block / TEMPERATURE).softmax(2).flatten(1) for block in self.spans.blocks(noisy_BV)]
        return torch.cat([*soft, places_BM.tanh()], 1)


class CtganCritic(nn.Module):
    """Scores packs of rows with their conditional vectors.

    Shape:
        ``(B / P, P * X)`` and ``(B / P, P * K)`` to ``(B / P, 1)``.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before in (inputs, WIDTH):
            layers += [nn.Linear(before, WIDTH), nn.LeakyReLU(CRITIC_SLOPE), nn.Dropout(CRITIC_DROPOUT)]
        self.body = nn.Sequential(*layers, nn.Linear(WIDTH, 1))

    def forward(self, packs_BX: Tensor, asked_BK: Tensor) -> Tensor:
        """Scores."""
        score_B1: Tensor = self.body(torch.cat([packs_BX, asked_BK], 1))
        return score_B1
