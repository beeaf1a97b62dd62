"""Several tables of events of the same owners: a row of a later table knows those of the earlier ones around its time.

Tables are made one after another, each whole. So a row's model is told when the next event of another table comes, not
only how many there were: that an order comes on the day of a visit is learned from how far off the next visit is.

Letters: N rows, S rows of the sibling by owner and in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.linked.plan import Plan

MOST_SIBLINGS = 2
"""Tables of the same owner that a table's rows know of, the ones made last: each costs five columns of context."""
DAY = 86_400


@dataclass(frozen=True)
class Sibling:
    """Rows of another table of the same owners.

    Attributes:
        name: the table that is told.
        other: the table that it is told of.
        owner_S: rows of the parent, ascending.
        second_S: times, ascending within an owner.
    """

    name: str
    other: str
    owner_S: np.ndarray
    second_S: np.ndarray

    @classmethod
    def of(cls, name: str, other: str, owner_N: np.ndarray, second_N: np.ndarray) -> Sibling:
        """Put rows in order; those without an owner are left out."""
        order_N = np.lexsort((second_N, owner_N))
        order_N = order_N[owner_N[order_N] >= 0]
        return cls(name, other, owner_N[order_N], second_N[order_N])

    def known(self, owner_N: np.ndarray, second_N: np.ndarray) -> dict[str, np.ndarray]:
        """By column what is known of a row whose owner's row before was at this time; whole numbers, nan for none.

        Args:
            owner_N: rows of the parent, below 0 for none.
            second_N: when the owner's row before was, or where counting begins.

        Example:
            >>> other = Sibling.of("orders", "visits", np.array([0, 0]), np.array([50, 90_000]))
            >>> [found.tolist() for found in other.known(np.array([0]), np.array([60])).values()]
            [[2.0], [1.0], [1.0], [1.0], [16.0]]
        """
        first_N, end_N = (np.searchsorted(self.owner_S, owner_N, side=side) for side in ("left", "right"))
        next_N = self._after(owner_N, second_N)
        there_N = next_N < end_N
        nearest_N = self.second_S[np.minimum(next_N, len(self.second_S) - 1)] if len(self.second_S) else second_N
        found = {
            f"{self.name}: rows of {self.other}": end_N - first_N,
            f"{self.name}: rows of {self.other} so far": next_N - first_N,
            f"{self.name}: days to the next of {self.other}": nearest_N // DAY - second_N // DAY,
            f"{self.name}: hour of the next of {self.other}": nearest_N % DAY // 3_600,
            f"{self.name}: gap to the next of {self.other}": np.log2(1 + np.maximum(nearest_N - second_N, 0)),
        }
        whole = list(found)[:2]
        return {
            column: np.floor(np.where((owner_N >= 0) & (there_N | (column in whole)), values, np.nan))
            for column, values in found.items()
        }

    def _after(self, owner_N: np.ndarray, second_N: np.ndarray) -> np.ndarray:
        """The first row of the sibling that has the owner and comes later, or the place after its last one."""
        if not len(self.second_S):
            return np.zeros(len(owner_N), np.int64)
        low, high = int(self.second_S.min()), int(self.second_S.max())
        span = high - low + 2
        keys_S = self.owner_S * span + (self.second_S - low + 1)
        keys_N = owner_N * span + np.clip(second_N - low + 1, 0, span - 1)
        place_N: np.ndarray = np.searchsorted(keys_S, keys_N, side="right")
        return place_N


def siblings_of(plan: Plan, name: str, timed: set[str]) -> list[str]:
    """Tables of the same owner whose rows are made before, with times: the last few.

    Args:
        plan: who owns whom.
        name: the table.
        timed: tables whose rows have times.
    """
    parent = plan.owner[name].parent
    before = plan.order[: plan.order.index(name)]
    found = [other for other in before if other in timed and other in plan.owner and plan.owner[other].parent == parent]
    return found[-MOST_SIBLINGS:]
