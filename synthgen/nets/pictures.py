"""A convolutional generator and critic of small pictures, both told what is known of each picture.

The generator doubles a coarse grid until it has the picture's size; every stage is scaled and shifted by the
condition. The critic halves the picture, and scores it by itself and by how it goes with its condition.

Letters: B pictures in a batch, C numbers in a condition, Z noise width, K colour channels, H height, W width,
E width of an embedded condition, P pictures in a pack.

Sources: Radford et al. 2015, arXiv:1511.06434 (layers); Dumoulin et al. 2017, arXiv:1610.07629 (scale and shift by
condition); Miyato and Koyama 2018, arXiv:1802.05637 (projection critic).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EMBEDDED = 32
"""E, enough to tell some hundred labels apart."""
COARSEST = 4
"""Pixels of the shorter side that the coarsest grid has at least; halving a picture of 28 gives 14, then 7."""
GROUPS = 8
MOST_TIMES = 4
"""A coarse stage has so many times the channels at most: each further doubling would cost four times the work."""
SLOPE = 0.2
"""Of the leaky rectifiers: Radford et al. 2015."""


def doublings(height: int, width: int) -> int:
    """How often the coarsest grid is doubled.

    Example:
        >>> doublings(28, 28), doublings(16, 24), doublings(64, 64)
        (2, 2, 4)
    """
    return max(1, int(math.log2(min(height, width) / COARSEST)))


def _channels(channels: int, halvings: int) -> int:
    """Channels of a stage so many times smaller than half the picture's size."""
    return channels * min(MOST_TIMES, 1 << halvings)


class _Scaled(nn.Module):
    """Normalises groups of channels, then scales and shifts each channel by the condition."""

    def __init__(self, channels: int, known: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels, affine=False)
        self.by = nn.Linear(known, 2 * channels)

    def forward(self, x_BKHW: Tensor, known_BE: Tensor) -> Tensor:
        scale_BK, shift_BK = self.by(known_BE)[:, :, None, None].chunk(2, 1)
        return F.leaky_relu(torch.addcmul(shift_BK, self.norm(x_BKHW), 1 + scale_BK), SLOPE)


class PictureGenerator(nn.Module):
    """Noise and condition to a picture of numbers from -1 to 1.

    Args:
        shape: K, H, W.
        noise_width: Z.
        condition_width: C; 0: nothing is known of a picture.
        channels: at half the picture's size; a coarser stage has twice as many, the finest half.

    Shape:
        ``(B, Z)`` and ``(B, C)`` to ``(B, K, H, W)``.
    """

    def __init__(self, shape: tuple[int, int, int], noise_width: int, condition_width: int, channels: int) -> None:
        super().__init__()
        self.noise_width, self.condition_width, self.channels = noise_width, condition_width, channels
        self.colours, self.height, self.width = shape
        n = doublings(self.height, self.width)
        self.coarse = (-(-self.height // 2**n), -(-self.width // 2**n))
        widths = [_channels(channels, n - 1 - stage) for stage in range(n)] + [max(GROUPS, channels // 2)]
        self.embed = nn.Linear(condition_width, EMBEDDED) if condition_width else None
        known = noise_width + (EMBEDDED if condition_width else 0)
        self.start = nn.Linear(known, widths[0] * self.coarse[0] * self.coarse[1])
        self.scaled = nn.ModuleList([_Scaled(width, known) for width in widths])
        self.up = nn.ModuleList([nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in pairwise(widths)])
        self.paint = nn.Conv2d(widths[-1], self.colours, 3, 1, 1)

    def forward(self, noise_BZ: Tensor, condition_BC: Tensor | None = None) -> Tensor:
        known_BE = noise_BZ
        if self.embed is not None:
            assert condition_BC is not None
            known_BE = torch.cat([noise_BZ, self.embed(condition_BC)], 1)
        x_BKHW = self.start(known_BE).unflatten(1, (-1, *self.coarse))
        x_BKHW = self.scaled[0](x_BKHW, known_BE)
        for up, scaled in zip(self.up, self.scaled[1:], strict=True):
            x_BKHW = scaled(up(x_BKHW), known_BE)
        return torch.tanh(self.paint(x_BKHW))[:, :, : self.height, : self.width]


class PictureCritic(nn.Module):
    """Packs of pictures, and their conditions side by side, to scores.

    Args:
        shape: K, H, W.
        condition_width: C; 0: nothing is known of a picture.
        channels: at half the picture's size; a coarser stage has twice as many.
        packing: P.

    Shape:
        ``(B, P * K, H, W)`` and ``(B, P * C)`` to ``(B,)``.
    """

    def __init__(self, shape: tuple[int, int, int], condition_width: int, channels: int, packing: int = 1) -> None:
        super().__init__()
        colours, height, width = shape
        inputs, layers = packing * colours, list[nn.Module]()
        for stage in range(doublings(height, width)):
            outputs = _channels(channels, stage)
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            inputs, height, width = outputs, height // 2, width // 2
        layers += [nn.Conv2d(inputs, 2 * inputs, 3, 2, 1), nn.LeakyReLU(SLOPE), nn.Flatten()]
        self.body = nn.Sequential(*layers)
        features = 2 * inputs * ((height + 1) // 2) * ((width + 1) // 2)
        self.hidden = nn.Linear(features, 4 * EMBEDDED)
        self.score = nn.Linear(4 * EMBEDDED, 1)
        self.embed = nn.Linear(packing * condition_width, 4 * EMBEDDED) if condition_width else None

    def forward(self, pictures: Tensor, condition: Tensor | None = None) -> Tensor:
        h_BE = F.leaky_relu(self.hidden(self.body(pictures)), SLOPE)
        score_B: Tensor = self.score(h_BE)[:, 0]
        if self.embed is not None:
            assert condition is not None
            score_B = score_B + (h_BE * self.embed(condition)).sum(1) / math.sqrt(h_BE.shape[1])
        return score_B
