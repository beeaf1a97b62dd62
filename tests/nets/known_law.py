"""A table of eight columns whose joint law is written down, and roll-outs that know every conditional of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from synthgen.layout import Layout
from tests.made import generator_of, layout_of

SIZES = [2, 3, 2, 4, 3, 2, 3, 2]
PARENTS = [(), (0,), (0,), (1, 2), (3,), (2,), (4, 5), (6,)]


def joint_law(seed: int = 0) -> np.ndarray:
    """Probabilities of all rows of a Bayesian net with links of every strength, one axis per column."""
    rng = np.random.default_rng(seed)
    law = np.ones(SIZES)
    for column, parents in enumerate(PARENTS):
        table = rng.dirichlet(np.full(SIZES[column], 0.7), [SIZES[p] for p in parents]) + 0.01
        table /= table.sum(-1, keepdims=True)
        axes = [SIZES[c] if c in (*parents, column) else 1 for c in range(len(SIZES))]
        order = np.argsort([*parents, column])
        law = law * table.transpose(order).reshape(axes)
    return law / law.sum()


def rows_of(law: np.ndarray, n_rows: int, seed: int) -> np.ndarray:
    """``(n_rows, 8)`` tokens drawn from a law."""
    cells = np.random.default_rng(seed).choice(law.size, n_rows, p=law.ravel())
    return np.stack(np.unravel_index(cells, law.shape), 1)


def total_variation(rows: np.ndarray, law: np.ndarray) -> float:
    """Half the sum of the differences between the shares of rows and a law."""
    cells = np.ravel_multi_index(tuple(rows.T), law.shape)
    return float(np.abs(np.bincount(cells, minlength=law.size) / len(rows) - law.ravel()).sum() / 2)


def noise_of(law: np.ndarray, n_rows: int, false_alarms: float, seed: int = 1) -> float:
    """The distance that so many independent rows of the law itself exceed in this share of samples."""
    rng = np.random.default_rng(seed)
    shares = rng.multinomial(n_rows, law.ravel(), 2000) / n_rows
    return float(np.quantile(np.abs(shares - law.ravel()).sum(1) / 2, 1 - false_alarms))


def knowing(kind: type, law: np.ndarray, *args: Any) -> Any:
    """A roll-out of some kind whose network is replaced by the law's own conditionals."""
    sizes = list(law.shape)
    layout: Layout = layout_of(sizes)
    rows = torch.as_tensor(np.stack(np.unravel_index(np.arange(law.size), law.shape), 1))
    weight = torch.as_tensor(law.ravel(), dtype=torch.float32)
    generator = generator_of(layout)
    holds_CV = torch.zeros(law.size, generator.n_tokens)
    holds_CV.scatter_(1, rows + generator.first, 1.0)

    class Knowing(kind):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(generator, *args)
            n_tokens, width = self.generator.n_tokens, self.generator.n_tokens + len(sizes)
            self.embed = torch.eye(width)
            spans = list(zip(self.first, sizes, self.unknown, strict=True))
            self.changes = [self.embed[a : a + n] - self.embed[u] for a, n, u in spans]
            self.heads = [(torch.eye(n_tokens)[a : a + n], torch.zeros(n)) for a, n, _ in spans]
            self.generator.given_sum = self._given_sum  # type: ignore[method-assign]

        def _given_sum(self, embed: Tensor, tokens_BS: Tensor, given_BS: Tensor) -> Tensor:
            chosen_BS = torch.where(given_BS, tokens_BS + torch.tensor(self.first), torch.tensor(self.unknown))
            return embed[chosen_BS].sum(1)

        def _trunk(self, sums_BD: Tensor) -> Tensor:
            known_BV, n_given_B1 = sums_BD[:, : self.generator.n_tokens], sums_BD[:, : self.generator.n_tokens].sum(1)
            fits_BC = ((known_BV @ holds_CV.T).round() == n_given_B1[:, None].round()) * weight
            return (fits_BC @ holds_CV).log().clamp(min=-1e8)

    return Knowing()
