"""Models whose rows are rolled out by one network: drawn chunk by chunk, guided by a critic, kept as named arrays.

Letters: N rows, S slots, V tokens over all slots.
"""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar, Generic, Self

import numpy as np
import pyarrow as pa
import torch

from synthgen.config import SamplingSettings
from synthgen.errors import ConfigError
from synthgen.layout import Layout
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.critic import Critic
from synthgen.nets.guide import Guide
from synthgen.nets.passes import dependence
from synthgen.nets.rollout import CHUNK_ROWS, RollOut, phase_of
from synthgen.seeding import derived_seed
from synthgen.synthesizers.base import TokenModel
from synthgen.training.critic import Taught
from synthgen.training.devices import side_by_side
from synthgen.training.guiding import critic_of, judge, tilt_of
from synthgen.training.loop import Network

CORRECTION_ROWS = 32 * CHUNK_ROWS
CRITIC, TILT, DEPENDENCE = "critic.", "guide.tilt", "guide.dependence"
"""What stands beside the network among the weights: a prefix, and two names."""
CRITIC_ROWS = 40_000
"""Rows of each kind that the critic learns from at the most: its 200 steps see no more of them anyway."""


def correction_rows(n_rows: int) -> int:
    """Rows that a marginal correction rolls out, for a table of so many."""
    return min(CORRECTION_ROWS, max(4096, 2 * n_rows))


class RolledOut(TokenModel, Generic[Network]):
    """What such a model has to say: its network, how rows are drawn, where the biases are.

    Attributes:
        in_passes: whether columns are drawn one after another, so that there are passes to save.
    """

    in_passes: ClassVar[bool] = False

    network: Network | None = None
    _sampling = SamplingSettings()
    _tilt_V: torch.Tensor | None = None
    _dependence_SS: np.ndarray | None = None
    _roll_out: RollOut | None = None

    @abstractmethod
    def roll_out(self, network: Network, steps: int | None = None) -> RollOut:
        """What draws rows from it; ``steps`` as in ``SamplingSettings``."""

    @abstractmethod
    def biased(self, network: Network) -> AnyOrderGenerator:
        """The part whose biases decide the shares of single tokens."""

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        """Each chunk has a random stream of its own, so that its rows do not depend on how many come after."""
        assert self.network is not None
        how = self._sampling
        self._roll_out = roll_out = self._roll_out or self.roll_out(self.network, how.steps)
        guide = Guide(self.critic, self._tilt_V) if self.critic is not None and how.guide > 1 else None

        def chunk(at: int) -> np.ndarray:
            rng = torch.Generator(roll_out.device).manual_seed(derived_seed(seed, "sample", at))
            phase, n_drawn = phase_of(seed, at // CHUNK_ROWS), math.ceil(CHUNK_ROWS * how.guide)
            drawn = roll_out.chunk(n_drawn if guide else CHUNK_ROWS, rng, phase=phase)
            if guide:
                drawn = guide.keep(drawn, CHUNK_ROWS, rng)
            return np.asarray(drawn[: start + rows - at].to(torch.int32).cpu().numpy())

        parts = side_by_side(chunk, range(start, start + rows, CHUNK_ROWS), roll_out.device)
        return np.concatenate(parts) if parts else np.zeros((0, len(roll_out.layout.slots)), np.int32)

    def token_vectors(self) -> list[np.ndarray]:
        return [] if self.network is None else [v.cpu().numpy() for v in self.biased(self.network).token_vectors()]

    def drawing(self, how: SamplingSettings) -> Self:
        if how.steps is not None and not self.in_passes:
            raise ConfigError(f"sampling.steps: model {self.name!r} draws all columns at once already; leave it out")
        if how.guide > 1 and self.network is not None and self.critic is None:
            raise ConfigError("sampling.guide: the run has no critic; it was fitted by an older synthgen, fit it again")
        model = copy.copy(self)
        model._sampling, model._roll_out = how, None
        return model

    def critic_scores(self, table: pa.Table, seed: int = 0) -> np.ndarray:
        """``(N,)`` the critic's score of each row of a table, real or not: how much likelier real than generated.

        Args:
            table: the columns that the model was fitted to.
            seed: places inside cells of rounded numbers are drawn.
        """
        if self.critic is None:
            return np.zeros(len(table), np.float32)
        return Taught(self.critic).score(self.codec.encode(table, seed=seed))

    def ask_critic(
        self, train_NS: np.ndarray, held_NS: np.ndarray, layout: Layout, seed: int, device: torch.device
    ) -> dict[str, Any]:
        """Teach a critic of the finished generator, and let it judge rows that neither has seen.

        Returns:
            Its judgement, for the account of the fit.
        """
        n_learn, n_judge = min(len(train_NS), CRITIC_ROWS), len(held_NS)
        drawn = self.draw(0, n_learn + n_judge, derived_seed(seed, "critic"))
        self.critic = critic_of(layout, train_NS, drawn[n_judge:], seed).to(device)
        judgement = judge(self.critic, held_NS, drawn[:n_judge])
        self._tilt_V = tilt_of(self.critic, drawn, seed)
        self._dependence_SS = dependence(drawn, layout)
        return {**asdict(judgement), "width": self.critic.width}

    def weights(self) -> dict[str, np.ndarray]:
        if self.network is None:
            return {}
        arrays = {k: v.cpu().numpy() for k, v in self.network.state_dict().items()}
        if self.critic is not None and self._tilt_V is not None and self._dependence_SS is not None:
            arrays |= {CRITIC + k: v.cpu().numpy() for k, v in self.critic.state_dict().items()}
            arrays |= {TILT: self._tilt_V.cpu().numpy(), DEPENDENCE: self._dependence_SS.astype(np.float32)}
        return arrays

    def restore_network(
        self, network: Network, weights: dict[str, np.ndarray], training: dict[str, Any], place: torch.device
    ) -> None:
        """Go on from ``weights()``: the network's own, and the critic's where there is one."""
        arrays = {k: torch.from_numpy(v.copy()) for k, v in weights.items()}
        if TILT in arrays:
            self._tilt_V, self._dependence_SS = arrays.pop(TILT).to(place), arrays.pop(DEPENDENCE).numpy()
            of_critic = {k.removeprefix(CRITIC): arrays.pop(k) for k in list(arrays) if k.startswith(CRITIC)}
            critic = Critic(self.codec.layout(), training["critic"]["width"])
            critic.load_state_dict(of_critic)
            self.critic = critic.to(place).eval()
        network.load_state_dict(arrays)
        self.network = network.to(place).eval()
