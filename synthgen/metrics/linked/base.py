"""What a metric of linked tables sees: owners, the rows that hang on them, and both put together.

Letters: P owners (rows of the parent), N rows of the child.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.view import View

OWNER = "owner: "
"""Before the name of an owner's column beside rows or summaries."""
OWNERS = "rows of the owner"
"""Joined to each row as if it were a column of its owner: how many rows the owner has."""
DOUBLINGS, MOST_DOUBLINGS = "rows of the owner, by doublings", 33
"""The same in classes of 0, 1, 2 to 3, 4 to 7 ...: bins of equal width would hang on the owner with most rows."""
MOST_SHARES = 5
"""Most frequent labels of a column whose shares among an owner's rows are taken."""
WEEK, HOURS = 7, 24.0


@dataclass(frozen=True)
class LinkedView:
    """A parent and a child table. Rows of one owner stand side by side, in their order.

    Attributes:
        parent: P owners with their own columns.
        child: N rows with their own columns, none that refers to a parent.
        owner_N: row of the parent that each row hangs on, ascending.
        others: by name, ``(N,)`` which row of another parent each row refers to, below 0: none.
        time: the child's quantity of days by which an owner's rows are ordered; None: they have no order.
    """

    parent: View
    child: View
    owner_N: np.ndarray
    others: Mapping[str, np.ndarray] = field(default_factory=dict)
    time: str | None = None

    @classmethod
    def of(
        cls,
        parent: View,
        child: View,
        owner_N: np.ndarray,
        others: Mapping[str, np.ndarray] | None = None,
        time: str | None = None,
    ) -> LinkedView:
        """Put rows in order; those without an owner, below 0, are left out."""
        when_N = child.quantities[time] if time is not None and time in child.quantities else np.zeros(len(owner_N))
        order = np.lexsort((np.arange(len(owner_N)), np.nan_to_num(when_N, nan=np.inf), owner_N))
        order = order[owner_N[order] >= 0]
        taken = {name: other_N[order] for name, other_N in (others or {}).items()}
        ordered = time if time in child.quantities else None
        return cls(parent, child.take(order), owner_N[order], taken, ordered)

    @cached_property
    def count_P(self) -> np.ndarray:
        """How many rows each owner has."""
        return np.bincount(self.owner_N, minlength=self.parent.n_rows)

    @cached_property
    def first_N(self) -> np.ndarray:
        """Whether a row is its owner's first."""
        return np.diff(self.owner_N, prepend=-1) > 0

    @cached_property
    def rows(self) -> View:
        """The child's columns that can be compared; of its times the hour, the weekday, the time since the last row."""
        child = self.child
        quantities = {name: child.quantities[name] for name in child.compared if name in child.quantities}
        labels = {name: child.labels[name] for name in child.compared if name in child.labels}
        sizes = {name: child.sizes[name] for name in labels}
        if self.time is not None:
            day_N = quantities[self.time]
            there_N = ~np.isnan(day_N)
            gap_N = np.where(self.first_N, np.nan, np.diff(day_N, prepend=np.nan))
            quantities["since the row before"] = np.log1p(np.maximum(gap_N, 0) * HOURS)
            quantities["hour"] = np.floor(day_N % 1 * HOURS)
            weekday_N = np.where(there_N, np.floor(np.where(there_N, day_N, 0)) % WEEK, WEEK)
            labels["weekday"], sizes["weekday"] = weekday_N.astype(np.int32), WEEK + 1
        return plain_view(child.n_rows, quantities, labels, sizes)

    @cached_property
    def owners(self) -> View:
        """The parent's columns that can be compared, and how many rows each owner has."""
        parent = self.parent
        quantities = {name: parent.quantities[name] for name in parent.compared if name in parent.quantities}
        labels = {name: parent.labels[name] for name in parent.compared if name in parent.labels}
        sizes = {name: parent.sizes[name] for name in labels}
        quantities[OWNERS] = self.count_P.astype(float)
        labels[DOUBLINGS] = np.ceil(np.log2(self.count_P + 1)).astype(np.int32)
        return plain_view(parent.n_rows, quantities, labels, {**sizes, DOUBLINGS: MOST_DOUBLINGS})

    @cached_property
    def joined(self) -> View:
        """``(N,)`` rows beside their owners' columns, named ``owner: column``."""
        return beside(self.rows, self.owners.take(self.owner_N), OWNER)

    @cached_property
    def followed(self) -> View:
        """Rows that are not their owner's first, beside the row before, named ``before: column``."""
        later = np.flatnonzero(~self.first_N)
        return beside(self.rows.take(later), self.rows.take(later - 1), "before: ")

    def summaries(self, frequent: Mapping[str, np.ndarray]) -> View:
        """``(P,)`` owners beside what their rows are like: means, standard deviations, shares of labels, distinct ones.

        Args:
            frequent: by label column the codes whose shares are taken; the same in all views.
        """
        quantities: dict[str, np.ndarray] = {}
        for name, value_N in self.rows.quantities.items():
            mean_P, spread_P = self._moments(value_N)
            quantities |= {f"mean of {name}": mean_P, f"spread of {name}": spread_P}
        for name, code_N in self.rows.labels.items():
            for code in frequent[name]:
                quantities[f"share of {name} {code}"] = self._moments((code_N == code).astype(float))[0]
            quantities[f"different {name}"] = self._different(code_N, self.rows.sizes[name])
        for name, other_N in self.others.items():
            quantities[f"different {name}"] = self._different(other_N, int(other_N.max(initial=0)) + 1)
        return beside(plain_view(self.parent.n_rows, quantities, {}, {}), self.owners, OWNER)

    def _moments(self, value_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there_N = ~np.isnan(value_N)
        owner_N, value_N, many = self.owner_N[there_N], value_N[there_N], self.parent.n_rows
        count_P = np.bincount(owner_N, minlength=many).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_P = np.bincount(owner_N, value_N, many) / count_P
            squares_P = np.bincount(owner_N, (value_N - mean_P[owner_N]) ** 2, many)
            return mean_P, np.where(count_P > 1, np.sqrt(squares_P / (count_P - 1)), np.nan)

    def _different(self, code_N: np.ndarray, size: int) -> np.ndarray:
        """Different codes of an owner's rows as a part of them; nan without rows."""
        there_N = code_N >= 0
        keys = np.unique(self.owner_N[there_N] * size + code_N[there_N])
        with np.errstate(invalid="ignore"):
            found_P: np.ndarray = np.bincount(keys // size, minlength=self.parent.n_rows) / self.count_P
        return found_P


class LinkedMetric(Protocol):
    """Measures one thing. A new one is a file, a test, and a line in ``LINKED_METRICS``."""

    name: str
    title: str
    direction: Direction

    def compute(
        self, train: LinkedView, holdout: LinkedView, synthetic: LinkedView, rng: np.random.Generator
    ) -> Result:
        """The answer.

        Args:
            train: what the generator learned from.
            holdout: owners that it never saw, with all their rows.
            synthetic: what it made.
            rng: the only source of randomness.

        Returns:
            A result; one that is not applicable rather than an exception.
        """
        ...


def plain_view(
    n_rows: int, quantities: dict[str, np.ndarray], labels: dict[str, np.ndarray], sizes: dict[str, int]
) -> View:
    """Columns that can be compared, as a view."""
    measures = {**dict.fromkeys(quantities, "quantity"), **dict.fromkeys(labels, "label")}
    return View(n_rows, measures, quantities, labels, sizes, {}, {})  # type: ignore[arg-type]


def beside(view: View, other: View, mark: str) -> View:
    """Two views of as many rows side by side, the other's columns with a mark before their names."""
    return plain_view(
        view.n_rows,
        {**view.quantities, **{mark + name: values for name, values in other.quantities.items()}},
        {**view.labels, **{mark + name: codes for name, codes in other.labels.items()}},
        {**view.sizes, **{mark + name: size for name, size in other.sizes.items()}},
    )


def frequent_labels(train: LinkedView) -> dict[str, np.ndarray]:
    """By label column the most frequent codes of the training rows."""
    return {
        name: np.argsort(-np.bincount(code_N, minlength=train.rows.sizes[name]), kind="stable")[:MOST_SHARES]
        for name, code_N in train.rows.labels.items()
    }


def missing(metric: LinkedMetric, reason: str) -> Result:
    """The result of a metric that cannot say anything here."""
    return Result(metric.name, metric.title, None, metric.direction, reason=reason)


def no_rows(metric: LinkedMetric, *views: LinkedView) -> Result | None:
    """That there is nothing to compare, where a side has no rows."""
    if all(len(view.owner_N) for view in views):
        return None
    return missing(metric, "one of the tables has no row that hangs on another")
