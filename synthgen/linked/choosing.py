"""Choosing among many rows of a parent: whose tastes they are, what is taken in which order, and when.

Letters: N rows of the child, P rows of the parent, O owners, S items that the model knows, E rows made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from synthgen.interactions import InteractionModel, Interactions
from synthgen.linked.schema import Reference

FEWEST_ITEMS = 100
"""Parents: some tens are told apart well enough by one choice among clusters of twenty."""
FEWEST_ROWS = 1_000
"""Rows: fewer tell neither clusters of a hundred items nor groups of users."""
FEWEST_OWNERS = 40
"""Owners of rows: a group of like users has as many, on average."""
FEWEST_EACH = 2.0
"""Rows per owner, on average: fewer tell no company of items."""
PULL = 5.0
"""Rows at the mean of all that are added to those of each owner and item: the usual strength of such damping."""
FINE = 100
"""Levels are kept to a hundredth of the spread."""


def taste_of(reference: Reference, owner: Reference) -> str:
    """The owner's helper that says of which group of like owners it is."""
    return f"{owner.parent}: taste, by {reference.table}.{'+'.join(reference.columns)}"


def level_of(reference: Reference, column: str) -> str:
    """The parent's helper that says the mean of a column over the rows that refer to it."""
    return f"{reference.parent}: mean {column} of {reference.table} by {'+'.join(reference.columns)}"


@dataclass(frozen=True)
class Choosing:
    """What is kept of how one table chooses.

    Attributes:
        reference: as text, that is chosen.
        model: of who takes what.
        timed: whether its times are those of the rows.
        missing: share of owned rows that choose nothing.
        columns: numbers of the row whose means over an owner's and an item's rows are helpers of both.
    """

    reference: str
    model: InteractionModel
    timed: bool
    missing: float
    columns: tuple[str, ...]

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON and arrays."""
        arrays, facts = self.model.state()
        own: dict[str, Any] = {name: getattr(self, name) for name in ("reference", "timed", "missing", "columns")}
        own |= {"model": facts, "seed": self.model.random_state, "min_holders": self.model.min_holders}
        return own, arrays

    @classmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """The same again."""
        model = InteractionModel.from_state(arrays, facts["model"], facts["seed"], facts["min_holders"])
        return cls(facts["reference"], model, facts["timed"], facts["missing"], tuple(facts["columns"]))


def many_to_choose_from(owner_N: np.ndarray, item_N: np.ndarray, n_items: int) -> bool:
    """Whether there are enough rows of enough owners, and so many items that one softmax would not do.

    Args:
        owner_N: the owner of each row; below 0: none.
        item_N: what it chooses; below 0: nothing.
        n_items: from how many.

    Example:
        >>> many_to_choose_from(np.arange(1_200) // 10, np.arange(1_200), 1_200)
        True
        >>> many_to_choose_from(np.arange(1_200), np.arange(1_200), 1_200)  # nobody has two
        False
    """
    both_N = (owner_N >= 0) & (item_N >= 0)
    rows, owners = int(both_N.sum()), len(np.unique(owner_N[both_N]))
    return n_items >= FEWEST_ITEMS and rows >= max(FEWEST_ROWS, FEWEST_EACH * owners) and owners >= FEWEST_OWNERS


def levels(of_N: np.ndarray, value_N: np.ndarray, size: int, fewest: int) -> np.ndarray:
    """``(size,)`` mean over the rows of each owner or item, pulled to that of all; nan where fewer rows have one.

    Args:
        of_N: whose row it is; below 0: nobody's.
        value_N: nan is none.
        size: of whom there are so many.
        fewest: rows.

    Example:
        >>> levels(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), 3, 1).round(2).tolist()
        [2.72, 3.33, nan]
    """
    there_N = (of_N >= 0) & np.isfinite(value_N)
    of_N, value_N = of_N[there_N], value_N[there_N]
    if not len(of_N):
        return np.full(size, np.nan)
    many = np.bincount(of_N, minlength=size)
    mean, spread = float(value_N.mean()), float(value_N.std())
    apart = np.bincount(of_N, value_N - mean, size) / (many + PULL)
    grid = spread / FINE
    rounded = np.round(apart / grid) * grid if grid else apart
    found: np.ndarray = np.where(many >= max(fewest, 1), mean + rounded, np.nan)
    return found


def learned(
    owner_N: np.ndarray,
    item_N: np.ndarray,
    second_N: np.ndarray | None,
    sizes: tuple[int, int],
    seed: int,
    min_holders: int,
) -> tuple[InteractionModel, np.ndarray]:
    """A model of who takes what, and the group of each owner, -1 of those without rows.

    Args:
        owner_N: rows of one owner stand side by side, in their order; below 0: nobody's.
        item_N: what each row chooses; below 0: nothing.
        second_N: times; None: they are not the model's.
        sizes: owners and items.
        seed: of the fit.
        min_holders: owners whom an item, a pair of items or a cell of a law must have.
    """
    both_N = (owner_N >= 0) & (item_N >= 0)
    time_E = None if second_N is None else second_N[both_N]
    taken = Interactions.of(owner_N[both_N], item_N[both_N], n_users=sizes[0], n_items=sizes[1], time_E=time_E)
    model = InteractionModel(seed, min_holders).fit(taken)
    return model, model.groups_of(taken)


@dataclass(frozen=True)
class StandIns:
    """Which rows of a made parent stand for which items of the model: of the same cluster, and as popular there.

    Attributes:
        begin_S: where the rows of each item begin in ``row_P``; one more than there are items.
        row_P: rows, item by item.
        weight_P: how much each of them is asked for.
    """

    begin_S: np.ndarray
    row_P: np.ndarray
    weight_P: np.ndarray

    @classmethod
    def same(cls, n_items: int) -> Self:
        """Each item is the row of its number: the parent is kept."""
        return cls(np.arange(n_items + 1), np.arange(n_items), np.ones(n_items))

    @classmethod
    def of(cls, cluster_P: np.ndarray, wanted_P: np.ndarray, model: InteractionModel) -> Self:
        """By cluster and rank; where there are more rows than items, an item stands for several of like rank.

        Args:
            cluster_P: the cluster that each row drew.
            wanted_P: how many rows it wants to be chosen by.
            model: of the items.
        """
        cluster_S, chance_S = model.clusters, model.chances
        item_P = np.full(len(cluster_P), -1, np.int64)
        for cluster in np.unique(cluster_P):
            rows = np.flatnonzero(cluster_P == cluster)
            items = np.flatnonzero(cluster_S == cluster)
            if not len(items):
                continue
            rows = rows[np.argsort(-wanted_P[rows], kind="stable")]
            items = items[np.argsort(-chance_S[items], kind="stable")]
            item_P[rows] = items[((np.arange(len(rows)) + 0.5) * len(items) / len(rows)).astype(np.int64)]
        rows = np.flatnonzero(item_P >= 0)
        rows = rows[np.argsort(item_P[rows], kind="stable")]
        begin_S = np.searchsorted(item_P[rows], np.arange(len(cluster_S) + 1))
        return cls(begin_S, rows, wanted_P[rows] + 1.0)

    @property
    def there_S(self) -> np.ndarray:
        """Which items have a row."""
        return np.diff(self.begin_S) > 0

    def rows(self, owner_E: np.ndarray, item_E: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """``(E,)`` a row for each item taken; the same one when its owner takes the item again."""
        pair, first_E = np.unique(owner_E * (len(self.begin_S) - 1) + item_E, return_inverse=True)
        item_D = pair % (len(self.begin_S) - 1)
        reach_P = np.r_[0.0, np.cumsum(self.weight_P)]
        low_D, high_D = reach_P[self.begin_S[item_D]], reach_P[self.begin_S[item_D + 1]]
        height_D = low_D + rng.random(len(item_D)) * (high_D - low_D)
        place_D = np.searchsorted(reach_P, height_D, side="right") - 1
        place_D = np.clip(place_D, self.begin_S[item_D], self.begin_S[item_D + 1] - 1)
        found: np.ndarray = self.row_P[place_D][first_E]
        return found


@dataclass(frozen=True)
class Chosen:
    """What the rows of some owners choose, and when: owner by owner, in order.

    Attributes:
        number_O: rows of each owner.
        row_E: the parent's row; -1: none.
        second_E: seconds since 1970; None: not the model's.
    """

    number_O: np.ndarray
    row_E: np.ndarray
    second_E: np.ndarray | None


def choices(
    choosing: Choosing,
    stand: StandIns,
    number_O: np.ndarray,
    group_O: np.ndarray,
    once: bool,
    rng: np.random.Generator,
) -> Chosen:
    """As many rows for each owner as wanted, as far as there are items.

    Args:
        choosing: how.
        stand: what the parent's rows stand for.
        number_O: rows wanted.
        group_O: of which group each owner is; below 0: drawn.
        once: whether no owner may have a parent twice.
        rng: draws.
    """
    made = choosing.model.sample(
        rows=number_O, groups=group_O, items=stand.there_S, random_state=int(rng.integers(2**31))
    )
    row_E = stand.rows(made.user_E, made.item_E, rng)
    if once:
        pair = made.user_E * (int(row_E.max(initial=0)) + 1) + row_E
        assert len(np.unique(pair)) == len(pair)
    row_E = np.where(rng.random(len(row_E)) < choosing.missing, -1, row_E)
    second_E = made.time_E if choosing.timed else None
    return Chosen(np.bincount(made.user_E, minlength=len(number_O)), row_E, second_E)
