"""The live quality figure: how near freshly drawn rows are to the table, beside as many real ones.

Letters: N rows, S slots, P pairs of slots, L levels a slot is cut to.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from synthgen.layout import Layout

LEVELS = 6
MAX_PAIRS = 60
ROWS = 1024
FLOOR_DRAWS = 4


class Drawing(Protocol):
    """What draws rows: a roll-out, or whatever else makes tokens."""

    def chunk(self, n_rows: int, rng: torch.Generator) -> Tensor:
        """``(B, S)`` tokens."""
        ...


class LiveQuality:
    """Mean joint total variation over pairs of coarse slots, of real rows over that of drawn rows: 0 to 1, 1 is best.

    Args:
        layout: the row's slots.
        tokens_NS: the table.
        seed: draws pairs and rows.
    """

    def __init__(self, layout: Layout, tokens_NS: np.ndarray, seed: int) -> None:
        rng = np.random.default_rng(seed)
        coarse = [s for s, slot in enumerate(layout.slots) if slot.level == 0 and slot.size > 1]
        pairs = [(a, b) for i, a in enumerate(coarse) for b in coarse[i + 1 :]] or [(s, s) for s in coarse]
        chosen = rng.permutation(len(pairs))[:MAX_PAIRS]
        self.pairs = [pairs[i] for i in chosen]
        self.cuts = [np.arange(slot.size) if slot.size <= LEVELS else _levels(slot.counts) for slot in layout.slots]
        self.real = self._joint(tokens_NS)
        drawn_again = rng.integers(len(tokens_NS), size=(FLOOR_DRAWS, ROWS))
        self.floor = float(np.mean([self._distance(tokens_NS[rows]) for rows in drawn_again]))

    def _joint(self, tokens_NS: np.ndarray) -> np.ndarray:
        """``(P, L * L)`` shares."""
        cut = {s: self.cuts[s][tokens_NS[:, s]] for pair in self.pairs for s in pair}
        size = max(LEVELS, *(int(c.max()) + 1 for c in cut.values())) if cut else LEVELS
        joint = [np.bincount(cut[a] * size + cut[b], minlength=size * size) for a, b in self.pairs]
        return np.stack(joint) / max(1, len(tokens_NS)) if joint else np.zeros((0, 1))

    def _distance(self, tokens_NS: np.ndarray) -> float:
        joint = self._joint(tokens_NS)
        return float(0.5 * np.abs(joint - self.real).sum(1).mean()) if len(joint) else 0.0

    def measure(self, roll_out: Drawing, rng: torch.Generator) -> float:
        """The figure for rows drawn now."""
        return self.of(roll_out.chunk(ROWS, rng).cpu().numpy())

    def of(self, drawn_NS: np.ndarray) -> float:
        """The figure for ``ROWS`` drawn rows."""
        distance = self._distance(drawn_NS)
        return 1.0 if distance <= self.floor else self.floor / distance


def _levels(counts: np.ndarray) -> np.ndarray:
    """Tokens cut into levels of about equal mass, in token order."""
    before = np.cumsum(counts) - counts / 2
    level: np.ndarray = np.minimum((before / max(1.0, counts.sum()) * LEVELS).astype(int), LEVELS - 1)
    return level
