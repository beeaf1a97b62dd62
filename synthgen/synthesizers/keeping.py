"""Checkpoints of a run: written while it trains, read again by ``--resume``."""

from __future__ import annotations

import time
from typing import Any, Protocol

import torch
from torch import Tensor

from synthgen.errors import RunError
from synthgen.storage import RunWriter
from synthgen.training.progress import Progress

SECONDS_BETWEEN_CHECKPOINTS = 20.0


class Resumable(Protocol):
    """A training run that can stop and go on bit for bit."""

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Where it stands: JSON and tensors."""
        ...

    def load_state(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Go on from there."""
        ...


class Checkpoints:
    """The checkpoint of one run.

    Args:
        run: what is kept.
        writer: where; None: nowhere.
        facts: data and settings in JSON types, which must be the same when it goes on.
    """

    def __init__(self, run: Resumable, writer: RunWriter | None, facts: dict[str, Any]) -> None:
        self.run, self.writer, self.facts = run, writer, facts
        self.kept = time.perf_counter()

    def due(self) -> bool:
        """Whether the last one is some time ago."""
        return self.writer is not None and time.perf_counter() - self.kept > SECONDS_BETWEEN_CHECKPOINTS

    def keep(self) -> None:
        """Write it."""
        if self.writer is None:
            return
        state, tensors = self.run.state()
        self.writer.write_checkpoint({k: v.cpu().numpy() for k, v in tensors.items()}, {**state, **self.facts})
        self.kept = time.perf_counter()

    def resume(self, progress: Progress) -> bool:
        """Go on from one that fits this table and these settings; False when there is none.

        Raises:
            RunError: it is of other data or other settings.
        """
        checkpoint = None if self.writer is None else self.writer.read_checkpoint()
        if checkpoint is None:
            progress.message("nothing to resume; training from the start", warning=True)
            return False
        if any(checkpoint.facts.get(name) != fact for name, fact in self.facts.items()):
            raise RunError(
                "checkpoint: was written for other data or other settings; use the same data, schema, settings "
                "and seed, or train without --resume"
            )
        self.run.load_state(checkpoint.facts, {k: torch.from_numpy(v.copy()) for k, v in checkpoint.arrays.items()})
        return True
