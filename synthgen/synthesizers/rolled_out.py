"""Models whose rows are rolled out by one network: drawn chunk by chunk, kept as named arrays.

Letters: S slots.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic

import numpy as np
import torch

from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import CHUNK_ROWS, RollOut, phase_of
from synthgen.seeding import derived_seed
from synthgen.synthesizers.base import TokenModel
from synthgen.training.devices import side_by_side
from synthgen.training.loop import Network

CORRECTION_ROWS = 32 * CHUNK_ROWS


def correction_rows(n_rows: int) -> int:
    """Rows that a marginal correction rolls out, for a table of so many."""
    return min(CORRECTION_ROWS, max(4096, 2 * n_rows))


class RolledOut(TokenModel, Generic[Network]):
    """What such a model has to say: its network, how rows are drawn, where the biases are."""

    network: Network | None = None
    _roll_out: RollOut | None = None

    @abstractmethod
    def roll_out(self, network: Network) -> RollOut:
        """What draws rows from it."""

    @abstractmethod
    def biased(self, network: Network) -> AnyOrderGenerator:
        """The part whose biases decide the shares of single tokens."""

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        """Each chunk has a random stream of its own, so that its rows do not depend on how many come after."""
        assert self.network is not None
        self._roll_out = roll_out = self._roll_out or self.roll_out(self.network)

        def chunk(at: int) -> np.ndarray:
            rng = torch.Generator(roll_out.device).manual_seed(derived_seed(seed, "sample", at))
            drawn = roll_out.chunk(CHUNK_ROWS, rng, phase=phase_of(seed, at // CHUNK_ROWS))
            return np.asarray(drawn[: start + rows - at].to(torch.int32).cpu().numpy())

        parts = side_by_side(chunk, range(start, start + rows, CHUNK_ROWS), roll_out.device)
        return np.concatenate(parts) if parts else np.zeros((0, len(roll_out.layout.slots)), np.int32)

    def weights(self) -> dict[str, np.ndarray]:
        return {} if self.network is None else {k: v.cpu().numpy() for k, v in self.network.state_dict().items()}
