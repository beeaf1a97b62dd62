"""The default: the any-order generator, trained on masked likelihood."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

import numpy as np
import torch

from synthgen.layout import Layout
from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.leave_one_out import leave_one_out
from synthgen.nets.rollout import RollOut
from synthgen.synthesizers.networks import NetworkModel
from synthgen.training.loop import Objective
from synthgen.training.planning import Plan
from synthgen.training.rival import Rival


class AnyOrderGan(NetworkModel[AnyOrderGenerator]):
    """Draws a row slot by slot, in any order, from what is given."""

    name: ClassVar[str] = "gan"
    title: ClassVar[str] = "any-order conditional generator"
    in_passes: ClassVar[bool] = True
    unused: ClassVar[tuple[str, ...]] = ("adversarial",)

    def new_network(
        self, layout: Layout, width: int, blocks: int, waves: int, chosen: Plan | None
    ) -> AnyOrderGenerator:
        dropout, input_dropout = (chosen.dropout, chosen.input_dropout) if chosen else (0.0, 0.0)
        return AnyOrderGenerator(layout, width, blocks, dropout, waves, input_dropout)

    def objective(self, layout: Layout, chosen: Plan, device: torch.device) -> MaskedLikelihood:
        return MaskedLikelihood(layout, device, chosen.any_share, chosen.task_share)

    def roll_out(self, network: AnyOrderGenerator, steps: int | None = None) -> RollOut:
        return RollOut(network, steps, self._dependence_SS)

    def adversarial(
        self, rival: Rival, objective: Objective[AnyOrderGenerator], weight: float
    ) -> Callable[[AnyOrderGenerator, torch.Tensor], torch.Tensor]:
        def loss(network: AnyOrderGenerator, tokens_BS: torch.Tensor) -> torch.Tensor:
            return weight * rival.against(network, tokens_BS, partial(objective.learn, network))

        return loss

    def biased(self, network: AnyOrderGenerator) -> AnyOrderGenerator:
        return network

    def surprise(self, tokens_NS: np.ndarray) -> np.ndarray | None:
        return None if self.network is None else leave_one_out(self.network, tokens_NS)
