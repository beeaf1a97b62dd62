"""What a section of a network's report is, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from synthgen.config import RunConfig
from synthgen.linked.network import Network
from synthgen.metrics.base import Group, Result


@dataclass(frozen=True)
class Sides:
    """Three networks with the same links.

    Attributes:
        train: the tables that the generator learned from.
        held: those of people whom it never saw, with all that is theirs; a table that is not split is whole here.
        made: its tables.
        config: settings.
        whole: tables of which nothing was held out.
        every: all real tables, for what holding people out would cut apart, such as ties; None: those learned from.
    """

    train: Network
    held: Network
    made: Network
    config: RunConfig
    whole: frozenset[str] = frozenset()
    every: Network | None = None


class Section(Protocol):
    """Judges one side of a network, such as its ties. A new one is a file, a test, and a line in ``SECTIONS``."""

    name: str
    title: str

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        """Figures beside their floors, the one that says most first; nothing where it does not apply.

        A figure of ``privacy`` takes part in the verdict when its details hold ``p``: the chance of so much success on
        training people if it made no difference who was learned from. One of ``utility`` does when it has a floor:
        the same figure of a model that learned from real rows; ``chance`` in its details is what guessing reaches.

        Args:
            sides: the three networks.
            rng: the only source of randomness.
        """
        ...
