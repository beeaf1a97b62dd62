"""The slots of a whole row: what a network needs to know of a table, and nothing else. No torch.

Letters: S slots, V tokens over all slots, N rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RowSlot:
    """One slot of the row.

    Attributes:
        column: number of the column it belongs to.
        name: ``column:slot``, for people.
        level: 0 for the first slot of a path, 1 for the next, and so on.
        size: tokens, the missing one and the one that says *not applicable* included.
        places: ``(size,)`` place of each token in the column's order, 0 to 1, nan for none.
        counts: ``(size,)`` how often each token occurs in the training rows.
        prefix: numbers of the earlier slots of the same path, whose tokens decide which tokens may follow.
        follow: how many of the plain tokens may follow each prefix, one axis per prefix slot; None: all.
        missing: the missing token, or None.
        none: the token for *not applicable*, or None.
    """

    column: int
    name: str
    level: int
    size: int
    places: np.ndarray
    counts: np.ndarray
    prefix: tuple[int, ...] = ()
    follow: np.ndarray | None = None
    missing: int | None = None
    none: int | None = None


@dataclass(frozen=True)
class Layout:
    """All slots of a row, in the columns' order.

    Attributes:
        slots: the slots.
        target: numbers of the target column's slots, drawn last; may be empty.
        context: numbers of slots that are mostly given, and seldom asked for; may be empty.
    """

    slots: tuple[RowSlot, ...]
    target: tuple[int, ...] = ()
    context: tuple[int, ...] = ()

    @property
    def sizes(self) -> list[int]:
        """Tokens per slot."""
        return [slot.size for slot in self.slots]

    @property
    def paths(self) -> dict[int, list[int]]:
        """Number of a column -> its slots, coarse to fine."""
        columns: dict[int, list[int]] = {}
        for s, slot in enumerate(self.slots):
            columns.setdefault(slot.column, []).append(s)
        return columns

    @property
    def missing_share(self) -> float:
        """Of the cells of the training rows, 0 to 1.

        Example:
            >>> counts, places = np.array([6, 2]), np.full(2, np.nan)
            >>> Layout((RowSlot(0, "bio", 0, 2, places, counts, missing=1),)).missing_share
            0.25
        """
        first = [slot for slot in self.slots if slot.level == 0]
        shares = [
            0.0 if slot.missing is None else float(slot.counts[slot.missing] / max(1, slot.counts.sum()))
            for slot in first
        ]
        return sum(shares) / max(1, len(shares))

    @property
    def stages(self) -> list[list[int]]:
        """Slots in the order a row is drawn: first slots of all paths, then the finer levels, then the target.

        Within a stage the order is free.

        Example:
            >>> one = np.zeros(2)
            >>> Layout(tuple(RowSlot(c, "", level, 2, one, one) for c, level in [(0, 0), (0, 1), (1, 0)])).stages
            [[0, 2], [1]]
        """
        is_target = set(self.target)
        levels = sorted({slot.level for slot in self.slots})
        free = [[s for s, slot in enumerate(self.slots) if slot.level == v and s not in is_target] for v in levels]
        last = [[s] for s in self.target]
        return [stage for stage in [*free, *last] if stage]
