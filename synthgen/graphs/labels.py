"""A label of nodes whose mixing is kept: values that enough nodes hold, the others together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthgen.errors import DataError

MIN_NODES = 5
MOST = 8
"""Values told apart; each multiplies the cells of nodes."""
OTHERS = "(others)"
"""Stands for rare values and missing ones."""


@dataclass(frozen=True)
class Labels:
    """Values as text, the most frequent first.

    Attributes:
        values: told apart; none where there is no label.
        others: whether rare or missing ones are one more value.
    """

    values: tuple[str, ...]
    others: bool

    @classmethod
    def fit(cls, label: Sequence[Any] | None, n_nodes: int) -> Labels:
        """Values of at least ``MIN_NODES`` nodes, at most ``MOST``.

        Raises:
            DataError: there are not as many as nodes.

        Example:
            >>> Labels.fit(["a"] * 6 + ["b"], 7)
            Labels(values=('a',), others=True)
        """
        if label is None:
            return cls((), True)
        if len(label) != n_nodes:
            raise DataError(f"label: {len(label):,} values; one for each of the {n_nodes:,} nodes was expected")
        counts = _text(label).value_counts(dropna=True)
        order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        held = tuple(str(value) for value, many in order[:MOST] if many >= MIN_NODES)
        return cls(held, sum(int(counts[value]) for value in held) < n_nodes)

    def codes(self, label: Sequence[Any] | np.ndarray | None, n_nodes: int) -> np.ndarray:
        """Numbers of values; unknown and missing ones are the last."""
        if label is None:
            return np.zeros(n_nodes, np.int64)
        number = {value: code for code, value in enumerate(self.values)}
        last = len(self.values) if self.others else 0
        codes_N: np.ndarray = _text(label).map(number).fillna(last).to_numpy(np.int64)
        return codes_N

    def decoded(self, code_N: np.ndarray) -> np.ndarray:
        values_N: np.ndarray = np.array([*self.values, OTHERS], object)[code_N]
        return values_N

    def to_json(self) -> dict[str, Any]:
        return {"values": list(self.values), "others": self.others}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Labels:
        return cls(tuple(found["values"]), bool(found["others"]))


def _text(label: Sequence[Any] | np.ndarray) -> pd.Series[Any]:
    series = pd.Series(np.asarray(label, object))
    return series.where(series.isna(), series.astype(str))
