"""The critic of a finished generator, and the tilt that keeps the shares of tokens when it chooses rows.

Letters: N real rows, M generated rows, S slots, V tokens over all slots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synthgen.layout import Layout
from synthgen.nets.critic import Critic
from synthgen.nets.guide import MOST_SCORE, chosen
from synthgen.seeding import derived_seed
from synthgen.training.chance import auc_interval
from synthgen.training.critic import teach

OVERDRAW = 2.0
"""The tilt is found for so many rows to each that is kept."""
FEWEST_JUDGED = 2
"""Fewer rows of each kind say nothing: the interval is then 0 to 1."""
ROUNDS, MAX_STEP, SMOOTHING = 8, 0.5, 1.0
"""As in ``correction.py``; a round costs a choice among rows, no roll-out."""


@dataclass(frozen=True)
class Judgement:
    """Whether a critic can tell held-out real rows from generated ones.

    Attributes:
        auc: area under the ROC curve of its scores, 0.5 at chance.
        low: lower end of the 95 % interval.
        high: upper end.
        rows: of each kind.
    """

    auc: float
    low: float
    high: float
    rows: int

    @property
    def at_chance(self) -> bool:
        """It cannot tell."""
        return self.low <= 0.5


def critic_of(layout: Layout, real_NS: np.ndarray, drawn_MS: np.ndarray, seed: int) -> Critic:
    """A critic that has learned what tells real rows from generated ones; as many of each are used."""
    n = min(len(real_NS), len(drawn_MS))
    rng = np.random.default_rng(derived_seed(seed, "critic rows"))
    real = real_NS[rng.permutation(len(real_NS))[:n]]
    kinds = np.repeat([1, 0], n)
    return teach(layout, np.concatenate([real, drawn_MS[:n]]), kinds, seed).critic


@torch.inference_mode()
def judge(critic: Critic, held_NS: np.ndarray, drawn_MS: np.ndarray) -> Judgement:
    """Score rows that neither the generator nor the critic has seen against freshly drawn ones."""
    n = min(len(held_NS), len(drawn_MS))
    if n < FEWEST_JUDGED:
        return Judgement(0.5, 0.0, 1.0, n)
    device = critic.embed.device
    real, drawn = (critic.eval()(torch.as_tensor(rows[:n], device=device).long()) for rows in (held_NS, drawn_MS))
    return Judgement(*auc_interval(real, drawn), rows=n)


@torch.inference_mode()
def tilt_of(critic: Critic, drawn_MS: np.ndarray, seed: int) -> Tensor:
    """``(V,)`` what to add to the scores, per token, so that the rows kept have the shares of the rows drawn.

    Found by iterative scaling over one pool of rows, whose shares were corrected before.
    """
    device = critic.embed.device
    cells_MS = torch.as_tensor(drawn_MS, device=device).long() + critic.first
    score_M = critic.eval()(cells_MS - critic.first).clamp(-MOST_SCORE, MOST_SCORE)
    tilt_V = torch.zeros(critic.n_tokens, device=device)
    keep = int(len(cells_MS) / OVERDRAW)
    wanted_V = torch.bincount(cells_MS.flatten(), minlength=critic.n_tokens) * (keep / max(1, len(cells_MS)))
    for number in range(ROUNDS if keep else 0):
        rng = torch.Generator(device).manual_seed(derived_seed(seed, "tilt", number))
        rows = chosen(score_M + tilt_V[cells_MS].sum(1), keep, rng)
        kept_V = torch.bincount(cells_MS[rows].flatten(), minlength=critic.n_tokens)
        step_V = ((wanted_V + SMOOTHING) / (kept_V + SMOOTHING)).log()
        tilt_V += step_V.clamp(-MAX_STEP, MAX_STEP)
    return tilt_V
