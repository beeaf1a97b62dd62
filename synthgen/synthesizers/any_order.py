"""The default: the any-order generator, trained on masked likelihood."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import torch

from synthgen.conditions import Condition, bind
from synthgen.errors import ConditionError
from synthgen.layout import Layout
from synthgen.losses.likelihood import MaskedLikelihood
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.completion import COMPLETION_ROWS, Completion, Left
from synthgen.nets.conditional_rollout import ConditionalRollOut, NoRowError
from synthgen.nets.leave_one_out import leave_one_out
from synthgen.nets.rollout import CHUNK_ROWS, RollOut, phase_of
from synthgen.rows.calibrating import calibrate
from synthgen.rows.known import Known
from synthgen.seeding import derived_seed
from synthgen.synthesizers.networks import NetworkModel
from synthgen.training.devices import side_by_side
from synthgen.training.loop import Objective
from synthgen.training.planning import Plan
from synthgen.training.rival import Rival

SHARE_ROWS = 4 * CHUNK_ROWS
"""Rows drawn to estimate how rare a condition is: each was chosen out of several."""


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
        if self.bound is not None and self.bound.paths:
            return ConditionalRollOut(network, self.bound.paths, steps, self._dependence_SS)
        return RollOut(network, steps, self._dependence_SS)

    def asking(self, conditions: Sequence[Condition]) -> Self:
        model = copy.copy(self)
        model.bound, model._roll_out = bind(conditions, self.codec), None
        return model

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        try:
            return super().draw(start, rows, seed)
        except NoRowError:
            assert self.bound is not None
            asked = " and ".join(f"'{condition}'" for condition in self.bound.conditions)
            raise ConditionError(
                f"where: rows can keep {asked} one by one, never together, by what the model has learned; leave one out"
            ) from None

    def share(self, seed: int) -> float:
        """The share of free rows that would keep the conditions, above 0: an estimate, good for shares of any size."""
        if self.bound is None or not self.bound.paths:
            return 1.0
        self.draw(0, SHARE_ROWS, seed)
        assert isinstance(self._roll_out, ConditionalRollOut)
        return math.exp(np.logaddexp.reduce(self._roll_out.log_shares) - math.log(len(self._roll_out.log_shares)))

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

    def calibrated(self, held_NS: np.ndarray, rows: int, seed: int) -> dict[str, Any]:
        return calibrate(Known(self, self.codec.schema, rows), held_NS, seed)

    def complete(
        self,
        tokens_NS: np.ndarray,
        given_NS: np.ndarray,
        seed: int,
        *,
        present_only: bool = True,
        allowed: Mapping[int, Left] | None = None,
    ) -> np.ndarray:
        """Draw what rows lack from what they have, in proportion to how likely it is.

        Args:
            tokens_NS: rows of tokens; what is not given may be anything.
            given_NS: which tokens are given; a finer slot only with the coarser ones of its path.
            seed: equal seeds complete alike.
            present_only: whether a drawn column has a value, never the missing token.
            allowed: by slot, what given cells leave of its tokens, by numbers of rows.

        Returns:
            ``(N, S)`` int32 tokens; given ones are untouched.
        """
        assert self.network is not None
        completion = Completion(self.network)
        completion.present_only = present_only

        def chunk(at: int) -> np.ndarray:
            rng = torch.Generator(completion.device).manual_seed(derived_seed(seed, "complete", at))
            tokens_BS = torch.as_tensor(tokens_NS[at : at + COMPLETION_ROWS], device=completion.device).long()
            given_BS = torch.as_tensor(given_NS[at : at + COMPLETION_ROWS], device=completion.device)
            left = {slot: partial(_shifted, weigh, at) for slot, weigh in (allowed or {}).items()}
            drawn = copy.copy(completion).complete(
                tokens_BS, given_BS, rng, phase_of(seed, at // COMPLETION_ROWS), left
            )
            return np.asarray(drawn.to(torch.int32).cpu().numpy())

        parts = side_by_side(chunk, range(0, len(tokens_NS), COMPLETION_ROWS), completion.device)
        return np.concatenate(parts) if parts else np.asarray(tokens_NS, np.int32)


def _shifted(weigh: Left, start: int, rows: np.ndarray, prefix_RP: np.ndarray) -> np.ndarray:
    """What is left of the tokens of rows that are counted from a later one on."""
    return weigh(rows + start, prefix_RP)
