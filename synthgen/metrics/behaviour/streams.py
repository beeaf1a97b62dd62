"""Events in time, each somebody's: what the metrics of behaviour see.

Letters: E events by owner and in time, O owners, G gaps between events of one owner, S sessions, K kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

PAUSE = 1_800
"""Seconds without an event that end a session: half an hour, as is usual of visits to sites."""


@dataclass(frozen=True)
class Streams:
    """Events of some owners.

    Attributes:
        owner_E: numbers from 0, ascending.
        time_E: seconds since 1970, ascending within an owner.
        kind_E: the kind of event, numbers from 0; -1: it has none.
        n_owners: also those without events.
        kinds: what the numbers stand for, alike in all views.
    """

    owner_E: np.ndarray
    time_E: np.ndarray
    kind_E: np.ndarray
    n_owners: int
    kinds: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        owner_E: np.ndarray,
        time_E: np.ndarray,
        kind_E: np.ndarray | None = None,
        n_owners: int | None = None,
        kinds: tuple[str, ...] = (),
    ) -> Streams:
        """Put events in order; those at one moment stay as they stand.

        Example:
            >>> Streams.of(np.array([1, 0]), np.array([5, 9])).time_E.tolist()
            [9, 5]
        """
        order_E = np.lexsort((time_E, owner_E))
        n = int(owner_E.max(initial=-1)) + 1 if n_owners is None else n_owners
        kind_E = np.full(len(owner_E), -1) if kind_E is None else kind_E
        return cls(owner_E[order_E].astype(np.int64), time_E[order_E].astype(np.int64), kind_E[order_E], n, kinds)

    def __len__(self) -> int:
        return len(self.owner_E)

    @cached_property
    def first_E(self) -> np.ndarray:
        """Whether an event is its owner's first."""
        first_E: np.ndarray = np.r_[True, self.owner_E[1:] != self.owner_E[:-1]][: len(self)]
        return first_E

    @cached_property
    def place_E(self) -> np.ndarray:
        """How many events of the owner come before."""
        at_E = np.arange(len(self))
        return at_E - np.maximum.accumulate(np.where(self.first_E, at_E, 0))

    @cached_property
    def gap_E(self) -> np.ndarray:
        """Seconds since the owner's event before; -1 for the first."""
        return np.where(self.first_E, -1, np.diff(self.time_E, prepend=0))

    @cached_property
    def opens_E(self) -> np.ndarray:
        """Whether a session starts with an event."""
        return self.first_E | (self.gap_E > PAUSE)

    @cached_property
    def counts_O(self) -> np.ndarray:
        """Events of each owner."""
        return np.bincount(self.owner_E, minlength=self.n_owners)

    @cached_property
    def last_O(self) -> np.ndarray:
        """When the last event was, of the owners that have any."""
        last_O: np.ndarray = self.time_E[np.r_[self.first_E[1:], True][: len(self)]]
        return last_O

    def some(self, n_owners: int, rng: np.random.Generator) -> Streams:
        """At most so many owners, drawn; with those that have no events."""
        if n_owners >= self.n_owners:
            return self
        kept_O = np.zeros(self.n_owners, bool)
        kept_O[rng.permutation(self.n_owners)[:n_owners]] = True
        return self.of_events(kept_O[self.owner_E], kept_O)

    def of_events(self, kept_E: np.ndarray, kept_O: np.ndarray) -> Streams:
        """Some events of some owners, owners numbered anew."""
        number_O = np.cumsum(kept_O) - 1
        chosen = number_O[self.owner_E[kept_E]], self.time_E[kept_E], self.kind_E[kept_E]
        return Streams(*chosen, int(kept_O.sum()), self.kinds)


def lag(values_E: np.ndarray, streams: Streams, back: int, instead: int = -1) -> np.ndarray:
    """``(E,)`` values so many events of the same owner before; something else where there is none.

    Example:
        >>> streams = Streams.of(np.array([0, 0, 1]), np.array([1, 2, 3]))
        >>> lag(np.array([7, 8, 9]), streams, 1).tolist()
        [-1, 7, -1]
    """
    moved_E = np.r_[np.full(min(back, len(streams)), instead), values_E[: max(len(streams) - back, 0)]]
    lagged_E: np.ndarray = np.where(streams.place_E >= back, moved_E, instead)
    return lagged_E
