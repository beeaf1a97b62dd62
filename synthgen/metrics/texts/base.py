"""What a metric of texts sees: texts with labels and owners, never a model.

Figures of synthetic texts are taken against held-out real ones, and beside them those of the real texts that were
learned from against the same: the floor.

Letters: N texts, W words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.texts.units import Unit, folded, owner_numbers, units_of, words_of


@dataclass(frozen=True)
class TextView:
    """Texts with what is known of them.

    Attributes:
        texts: none of them empty.
        labels: values of labels per text; names alike in all views.
        owners: the user of each; None: each is a user's only one.
    """

    texts: Sequence[str]
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    owners: Sequence[object] | None = None

    @cached_property
    def units(self) -> list[list[Unit]]:
        """Handles keep their names, addresses do not."""
        return [units_of(text, str.lower) for text in self.texts]

    @cached_property
    def words(self) -> list[list[str]]:
        """Lower case, without marks."""
        return [words_of(units) for units in self.units]

    @cached_property
    def marked(self) -> list[list[str]]:
        """Words and marks, lower case."""
        return [[folded(unit.text) for unit in units] for units in self.units]

    @cached_property
    def tags(self) -> list[list[str]]:
        """Different tags of each text, sorted."""
        return [sorted({folded(unit.text) for unit in units if unit.kind == "tag"}) for units in self.units]

    @cached_property
    def owner_N(self) -> np.ndarray:
        return owner_numbers(self.owners, len(self.texts))

    def part(self, which_N: np.ndarray) -> TextView:
        """Some of the texts."""
        labels = {name: values[which_N] for name, values in self.labels.items()}
        owners = None if self.owners is None else np.asarray(self.owners, object)[which_N]
        return TextView([self.texts[place] for place in which_N], labels, owners)


class TextMetric(Protocol):
    """Measures one thing. A new one is a file, a test, and a line in ``TEXT_METRICS``."""

    name: str
    title: str
    direction: Direction

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        """The answer.

        Args:
            train: real texts that were learned from.
            holdout: real texts of other users.
            synthetic: made ones.
            rng: the only source of randomness.

        Returns:
            A result; one that is not applicable rather than an exception.
        """
        ...


def missing(metric: TextMetric, reason: str) -> Result:
    """The result of a metric that cannot say anything here."""
    return Result(metric.name, metric.title, None, metric.direction, reason=reason)


def variation(one: Counter[Hashable], other: Counter[Hashable]) -> float:
    """Half the summed difference of shares: 0 alike, 1 nothing in common.

    Example:
        >>> variation(Counter("aab"), Counter("abb"))
        0.3333333333333333
    """
    total, many = max(sum(one.values()), 1), max(sum(other.values()), 1)
    return sum(abs(one[key] / total - other[key] / many) for key in one.keys() | other.keys()) / 2
