"""Interactions as arrays of numbers: who took what, when, and how it was rated.

Letters: E interactions, U users, I items.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import scipy.sparse as sp

from synthgen.errors import DataError


@dataclass(frozen=True)
class Interactions:
    """Users 0 to U - 1 and items 0 to I - 1, some of which may have no interaction; pairs may repeat.

    Attributes:
        user_E: who.
        item_E: what.
        n_users: how many users there are.
        n_items: how many items there are, whether taken or not.
        rating_E: how it was rated, NaN where it was not; None: there are no ratings.
        time_E: whole seconds since 1970; None: there are no times, and rows are in the order in which things happened.

    Example:
        >>> taken = Interactions.of(np.array([0, 0, 1]), np.array([2, 0, 2]), n_items=4)
        >>> taken.matrix().toarray().tolist()
        [[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """

    user_E: np.ndarray
    item_E: np.ndarray
    n_users: int
    n_items: int
    rating_E: np.ndarray | None = None
    time_E: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        user_E: np.ndarray,
        item_E: np.ndarray,
        *,
        n_users: int | None = None,
        n_items: int | None = None,
        rating_E: np.ndarray | None = None,
        time_E: np.ndarray | None = None,
    ) -> Self:
        """Checked arrays in the types that the attributes have.

        Args:
            user_E: numbers of users.
            item_E: numbers of items.
            n_users: by default one more than the largest number.
            n_items: likewise.
            rating_E: ratings.
            time_E: seconds.

        Raises:
            DataError: arrays differ in length, or a number is no user's or no item's.
        """
        user_E, item_E = user_E.astype(np.int64), item_E.astype(np.int64)
        rating_E = None if rating_E is None else rating_E.astype(np.float64)
        time_E = None if time_E is None else time_E.astype(np.int64)
        sizes = [len(array) for array in (user_E, item_E, rating_E, time_E) if array is not None]
        if len(set(sizes)) > 1:
            raise DataError(
                f"interactions: arrays of {' and '.join(f'{n:,}' for n in sorted(set(sizes)))} rows; equal lengths "
                "were expected"
            )
        counts = []
        for what, code_E, n in (("user", user_E, n_users), ("item", item_E, n_items)):
            top = int(code_E.max()) + 1 if len(code_E) else 0
            n = top if n is None else n
            wrong = int(((code_E < 0) | (code_E >= n)).sum())
            if wrong:
                raise DataError(
                    f"interactions: {wrong:,} {what} number{'s' * (wrong > 1)} outside of 0 to {n - 1}; every row "
                    f"must name one of {n:,} {what}s. Number them without gaps, or say how many there are"
                )
            counts.append(n)
        return cls(user_E, item_E, counts[0], counts[1], rating_E, time_E)

    def __len__(self) -> int:
        return len(self.user_E)

    @cached_property
    def per_user_U(self) -> np.ndarray:
        """Interactions of each user."""
        return np.bincount(self.user_E, minlength=self.n_users)

    @cached_property
    def per_item_I(self) -> np.ndarray:
        """Interactions with each item."""
        return np.bincount(self.item_E, minlength=self.n_items)

    @cached_property
    def order_E(self) -> np.ndarray:
        """Rows user by user, each user's in time; equal times stay in the order of rows."""
        return np.lexsort((self.user_E,) if self.time_E is None else (self.time_E, self.user_E))

    def matrix(self) -> sp.csr_array:
        """``(U, I)``: 1 where the user took the item, however often."""
        found = self.counts()
        found.data[:] = 1.0
        return found

    def counts(self) -> sp.csr_array:
        """``(U, I)``: how often the user took the item."""
        found = sp.csr_array((np.ones(len(self)), (self.user_E, self.item_E)), (self.n_users, self.n_items))
        found.sum_duplicates()
        return found

    def take(self, rows: np.ndarray) -> Interactions:
        """These rows, by number or by mask, of the same users and items."""
        return Interactions(
            self.user_E[rows],
            self.item_E[rows],
            self.n_users,
            self.n_items,
            None if self.rating_E is None else self.rating_E[rows],
            None if self.time_E is None else self.time_E[rows],
        )

    def of_users(self, mask_U: np.ndarray) -> Interactions:
        """What these users did; they get the numbers 0, 1, 2, ... in their order, items keep theirs.

        Example:
            >>> taken = Interactions.of(np.array([0, 1, 2]), np.array([0, 1, 1]))
            >>> taken.of_users(np.array([False, True, True])).user_E.tolist()
            [0, 1]
        """
        part = self.take(mask_U[self.user_E])
        number_U = np.cumsum(mask_U) - 1
        return Interactions(
            number_U[part.user_E], part.item_E, int(mask_U.sum()), self.n_items, part.rating_E, part.time_E
        )

    def of_items(self, mask_I: np.ndarray) -> Interactions:
        """What was done with these items; they get the numbers 0, 1, 2, ... in their order, users keep theirs."""
        part = self.take(mask_I[self.item_E])
        number_I = np.cumsum(mask_I) - 1
        return Interactions(
            part.user_E, number_I[part.item_E], self.n_users, int(mask_I.sum()), part.rating_E, part.time_E
        )

    def halves(self, rng: np.random.Generator) -> tuple[Interactions, Interactions]:
        """Two halves of the users, drawn evenly; they differ by one user at most."""
        first_U = np.zeros(self.n_users, bool)
        first_U[rng.permutation(self.n_users)[: self.n_users // 2]] = True
        return self.of_users(first_U), self.of_users(~first_U)

    def split(self, share: float, rng: np.random.Generator | None) -> tuple[Interactions, Interactions]:
        """A part of each user's interactions and the rest of them.

        Args:
            share: of each user's interactions in the first part, rounded up: a user with one has it there.
            rng: draws them evenly; None: the first part is what came first in time.

        Example:
            >>> taken = Interactions.of(np.array([0, 0, 0, 0, 0, 1]), np.array([3, 1, 4, 0, 5, 2]))
            >>> first, rest = taken.split(0.8, None)
            >>> first.item_E.tolist(), rest.item_E.tolist()
            ([3, 1, 4, 0, 2], [5])
        """
        order_E = self.order_E if rng is None else np.lexsort((rng.random(len(self)), self.user_E))
        start_U = np.cumsum(self.per_user_U) - self.per_user_U
        place_E = np.empty(len(self), np.int64)
        place_E[order_E] = np.arange(len(self)) - np.repeat(start_U, self.per_user_U)
        first_E = place_E < np.ceil(share * self.per_user_U)[self.user_E]
        return self.take(first_E), self.take(~first_E)
