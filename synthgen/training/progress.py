"""What a long job tells whoever waits for it. No torch, no terminal: ``reporting/terminal.py`` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

Figures = Mapping[str, float | None]
"""What a look at training found, under the names of ``history.jsonl``; None: not known yet.

``loss``, ``generator_loss``, ``critic_loss`` and ``penalty`` are those of the last batch, ``held_out_loss`` is in nats
per row on rows not trained on, ``critic_auc`` with ``critic_auc_low`` and ``critic_auc_high`` says how well the critic
tells held-out from generated rows (0.5: not at all), those that end in ``grad_norm`` are lengths of gradients, and
``quality`` goes from 0 (useless) to 1 (as good as real rows).
"""
NO_FIGURES: Figures = MappingProxyType({})


class Progress(Protocol):
    """Receives news; may be called often (thousands of times a minute), so an implementation limits its own output."""

    def stage(self, name: str) -> None:
        """A new part of the job begins, such as ``training``; it ends the one before."""

    def step(self, done: int, total: int, figures: Figures = NO_FIGURES, seconds_left: float | None = None) -> None:
        """Training has come so far.

        Args:
            done: steps taken.
            total: steps planned, an estimate while training decides by itself when it is done.
            figures: of the latest look.
            seconds_left: estimate.
        """

    def rows(self, done: int, total: int) -> None:
        """So many of the rows asked for are written."""

    def parts(self, done: int, total: int, name: str) -> None:
        """So many parts of a stage are done; ``name`` is the one that comes now, empty after the last."""

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        """A line for the user.

        Args:
            text: one sentence.
            warning: shown even when everything else is silent.
            facts: the same in names and JSON values, for machines.
        """


class Silent:
    """Shows nothing: the default of the Python interface."""

    def stage(self, name: str) -> None:
        """Nothing."""

    def step(self, done: int, total: int, figures: Figures = NO_FIGURES, seconds_left: float | None = None) -> None:
        """Nothing."""

    def rows(self, done: int, total: int) -> None:
        """Nothing."""

    def parts(self, done: int, total: int, name: str) -> None:
        """Nothing."""

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        """Nothing."""
