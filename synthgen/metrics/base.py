"""What a metric is, and what it answers: never a bare number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from synthgen.metrics.charts import Chart
from synthgen.metrics.view import View

Direction = Literal["lower", "higher", "half"]
"""Which way is better; ``half``: 0.5 is ideal, on either side is worse."""
Group = Literal["validity", "fidelity", "utility", "privacy"]
"""The question that a metric helps to answer: are the rows possible, faithful, useful, private?"""
Unit = Literal["share", "score", "count"]
"""``share``: 0 to 1, shown in per cent; ``score``: shown as it is; ``count``: a whole number."""


@dataclass(frozen=True)
class Result:
    """One answer.

    Attributes:
        name: the metric's name, a key for machines.
        title: for people.
        value: the synthetic table's figure; None: not applicable, and ``reason`` says why.
        direction: which way is better.
        floor: the same figure for real rows in place of the synthetic ones; None where that says nothing.
        interval: 95 %, of the value; None where sampling noise is what the floor shows.
        unit: what the figures are in.
        sentence: what was measured on what, one clause.
        meaning: what the figure means for the user of the table, one sentence beside the floor.
        details: figures behind the value, JSON types; no value of a cell, only names of columns.
        charts: pictures of it.
        reason: why not applicable.
    """

    name: str
    title: str
    value: float | None
    direction: Direction
    floor: float | None = None
    interval: tuple[float, float] | None = None
    unit: Unit = "share"
    sentence: str = ""
    meaning: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    charts: tuple[Chart, ...] = ()
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON types only; a figure that is not finite becomes null.

        Example:
            >>> Result("copies", "Exact copies", 0.0, "lower").to_json()["value"]
            0.0
        """
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: plain(value) for name, value in found.items()}


def plain(value: Any) -> Any:
    """The same in JSON types: numpy scalars to Python's, tuples to lists, what is not finite to None.

    Example:
        >>> plain({"a": (np.float64(1.5), float("nan")), "b": np.int64(2)})
        {'a': [1.5, None], 'b': 2}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


class Metric(Protocol):
    """Measures one thing. A new one is a file, a test, and a line in ``METRICS``."""

    name: str
    title: str
    group: Group
    direction: Direction

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        """The answer.

        Args:
            train: the rows that the generator learned from.
            holdout: real rows that it never saw; may be empty.
            synthetic: its rows.
            rng: the only source of randomness.

        Returns:
            A result; one that is not applicable rather than an exception when rows or columns do not suffice.
        """
        ...


def not_applicable(metric: Metric, reason: str) -> Result:
    """The result of a metric that cannot say anything here."""
    return Result(metric.name, metric.title, None, metric.direction, reason=reason)
