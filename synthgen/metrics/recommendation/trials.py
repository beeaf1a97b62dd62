"""Recommenders taught by one table and asked for the users of another; how rankings of recommenders agree.

Letters: U users, K places in a list, A recommenders, P pairs of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from synthgen.errors import DataError
from synthgen.interactions import Interactions
from synthgen.metrics.base import plain
from synthgen.metrics.recommendation.ranking import NONE, best_items, coverage, gini, ndcg, recall
from synthgen.metrics.recommendation.recommenders import RECOMMENDERS, Recommender
from synthgen.seeding import numpy_stream

PLACES = 10
"""In a list: what is asked for."""
MOST_USERS = 10_000
"""Users who are asked for: the standard error of NDCG is then below 0.004."""
BLOCK = 1_000
"""Users whose scores are held at once: 80 MB for 10,000 items."""
NORMAL = 1.96
"""Standard errors on both sides of a mean that hold 95 %."""


@dataclass(frozen=True)
class Task:
    """Real users to recommend to.

    Attributes:
        histories: what is known of them.
        held: what they take besides; what is in their histories too is found only with ``again``.
        places: length of a list.
        again: whether what is in a history may be recommended again.
    """

    histories: Interactions
    held: Interactions
    places: int = PLACES
    again: bool = False

    def __post_init__(self) -> None:
        sizes = {(part.n_users, part.n_items) for part in (self.histories, self.held)}
        if len(sizes) > 1:
            raise DataError(
                "recommendation: histories and held-out interactions differ in how many users or items there are; "
                "parts of one table were expected. Use Interactions.split"
            )
        if not len(self.held):
            raise DataError("recommendation: nothing is held out; some of each history was expected. Split it first")

    def limited(self, rng: np.random.Generator, most: int = MOST_USERS) -> Task:
        """The same of at most so many users, drawn evenly among those of whom something is held out."""
        tested = np.flatnonzero(self.held.per_user_U)
        if len(tested) > most:
            tested = rng.choice(tested, most, replace=False)
        mask_U = np.isin(np.arange(self.held.n_users), tested)
        return replace(self, histories=self.histories.of_users(mask_U), held=self.held.of_users(mask_U))


@dataclass(frozen=True)
class Trial:
    """One recommender's lists, judged.

    Attributes:
        name: the recommender's.
        title: for people.
        ndcg_U: NDCG per user.
        recall_U: recall per user.
        coverage: of all items, the part that is recommended.
        gini: how unevenly items are recommended.
        reason: why it was not tried; the arrays are empty then.
    """

    name: str
    title: str
    ndcg_U: np.ndarray = field(default_factory=lambda: np.zeros(0))
    recall_U: np.ndarray = field(default_factory=lambda: np.zeros(0))
    coverage: float = float("nan")
    gini: float = float("nan")
    reason: str = ""

    @cached_property
    def ndcg(self) -> float:
        """Mean over users."""
        return float(self.ndcg_U.mean()) if len(self.ndcg_U) else float("nan")

    @cached_property
    def recall(self) -> float:
        """Mean over users."""
        return float(self.recall_U.mean()) if len(self.recall_U) else float("nan")

    def to_json(self) -> dict[str, Any]:
        """JSON types: means with 95 % intervals over users, no figure of a single user."""
        found: dict[str, Any] = {"name": self.name, "title": self.title, "reason": self.reason}
        found |= {"users": len(self.ndcg_U), "coverage": self.coverage, "gini": self.gini}
        for name, value_U in (("ndcg", self.ndcg_U), ("recall", self.recall_U)):
            found[name] = getattr(self, name)
            half = NORMAL * float(value_U.std(ddof=1)) / len(value_U) ** 0.5 if len(value_U) > 1 else float("nan")
            found[f"{name}_interval"] = (found[name] - half, found[name] + half)
        return {name: plain(value) for name, value in found.items()}


def run_trials(
    taught_by: Interactions, task: Task, seed: int, recommenders: Sequence[Recommender] = RECOMMENDERS
) -> tuple[Trial, ...]:
    """Each recommender fitted on the one table and asked for the users of the task.

    Args:
        taught_by: real, or made by any generator; items numbered as in the task.
        task: the real users.
        seed: zero or more; each recommender has a random stream of its own.
        recommenders: those to try.

    Raises:
        DataError: the two differ in how many items there are.
    """
    if taught_by.n_items != task.held.n_items:
        raise DataError(
            f"recommendation: {taught_by.n_items:,} items to learn from, {task.held.n_items:,} to recommend; one "
            "catalogue was expected. Read both tables with the same items"
        )
    task = task.limited(numpy_stream(seed, "tested users"))
    return tuple(_trial(one, taught_by, task, numpy_stream(seed, "recommender", one.name)) for one in recommenders)


def _trial(one: Recommender, taught_by: Interactions, task: Task, rng: np.random.Generator) -> Trial:
    reason = one.lacks(taught_by)
    if reason:
        return Trial(one.name, one.title, reason=reason)
    scorer, lists = one.fit(taught_by, rng), []
    number_U = np.arange(task.histories.n_users)
    for start in range(0, len(number_U), BLOCK):
        part = task.histories.of_users((number_U >= start) & (number_U < start + BLOCK))
        taken = part.take(np.zeros(0, np.int64)) if task.again else part
        lists.append(best_items(scorer(part), taken, task.places))
    lists_UK = np.concatenate(lists)
    n_items = taught_by.n_items
    given_I = np.bincount(lists_UK[lists_UK != NONE], minlength=n_items)
    return Trial(
        one.name,
        one.title,
        ndcg(lists_UK, task.held),
        recall(lists_UK, task.held),
        coverage(lists_UK, n_items),
        gini(given_I),
    )


RESAMPLES = 200
"""Of the users, for an interval of tau: its ends are then right to some hundredths."""


@dataclass(frozen=True)
class Agreement:
    """Kendall's tau between two rankings of recommenders by NDCG.

    Attributes:
        tau: 1 where the order is the same, -1 where it is turned round.
        interval: 95 %, over resamples of the users.
        floor: tau between the real ranking among one half of the users and among the other, mean over resamples.
        names: recommenders in both rankings.
    """

    tau: float
    interval: tuple[float, float]
    floor: float
    names: tuple[str, ...]


def agreement(real: Sequence[Trial], other: Sequence[Trial], rng: np.random.Generator) -> Agreement | None:
    """How alike recommenders rank when taught by the other table; None with fewer than two in both.

    Args:
        real: trials taught by real interactions.
        other: trials of the same users, taught by the other table.
        rng: resamples users.
    """
    tried = {one.name: one for one in other if not one.reason}
    names = tuple(one.name for one in real if not one.reason and one.name in tried)
    if len(names) < 2:
        return None
    real_AU = np.array([one.ndcg_U for one in real if one.name in names])
    other_AU = np.array([tried[name].ndcg_U for name in names])
    n_users = real_AU.shape[1]
    drawn, halves = [], []
    for _ in range(RESAMPLES):
        pick = rng.integers(n_users, size=n_users)
        drawn.append(tau(real_AU[:, pick].mean(1), other_AU[:, pick].mean(1)))
        mixed = rng.permutation(n_users)
        one, rest = mixed[: n_users // 2], mixed[n_users // 2 :]
        halves.append(tau(real_AU[:, one].mean(1), real_AU[:, rest].mean(1)) if len(one) else float("nan"))
    low, high = np.quantile(drawn, [0.025, 0.975])
    value = tau(real_AU.mean(1), other_AU.mean(1))
    return Agreement(value, (float(low), float(high)), float(np.mean(halves)), names)


def tau(one_A: np.ndarray, other_A: np.ndarray) -> float:
    """Kendall's tau-b of two lists of figures; 0 where all of one are equal.

    Source:
        Kendall 1945, Biometrika 33, 239 (tau-b, which allows ties): https://doi.org/10.1093/biomet/33.3.239

    Example:
        >>> round(tau(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.3, 0.2])), 3)  # two of three pairs in order
        0.333
    """
    a_P, b_P = (np.sign(np.subtract.outer(one, one)[np.triu_indices(len(one), 1)]) for one in (one_A, other_A))
    untied = float(np.count_nonzero(a_P)) * float(np.count_nonzero(b_P))
    return float(a_P @ b_P) / untied**0.5 if untied else 0.0
