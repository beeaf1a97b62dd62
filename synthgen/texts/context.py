"""The row that a text belongs to, as tokens: labels, and numbers in bins; any column may be unknown.

Letters: N rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from synthgen.errors import DataError, near_miss

MOST_LABELS = 64
MOST_BINS = 16
UNKNOWN, MISSING, RARE = 0, 1, 2
"""Tokens of every column; its labels or bins follow."""
_FIRST = 3


@dataclass(frozen=True)
class ContextColumn:
    """One column.

    Attributes:
        name: the column's.
        labels: values as text that enough owners have; None: it holds numbers.
        edges: between bins of about equally many rows; empty for labels.
    """

    name: str
    labels: tuple[str, ...] | None
    edges: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        return _FIRST + (len(self.labels) if self.labels is not None else len(self.edges) + 1)

    @classmethod
    def fit(cls, name: str, values: pd.Series[Any], owners: np.ndarray, min_holders: int) -> Self:
        """Learn a column."""
        if _is_number(values):
            numbers = _numbers(values)
            known = np.isfinite(numbers)
            bins = int(np.clip(len(np.unique(owners[known])) // (4 * min_holders), 1, MOST_BINS))
            inner = np.quantile(numbers[known], np.arange(1, bins) / bins) if known.any() else np.zeros(0)
            return cls(name, None, _rounded(inner))
        text = _text(values)
        pairs = pd.DataFrame({"value": text, "owner": owners}).dropna().drop_duplicates()
        counts = pairs["value"].value_counts()
        order = sorted(counts[counts >= min_holders].items(), key=lambda item: (-item[1], str(item[0])))
        return cls(name, tuple(str(value) for value, _ in order[:MOST_LABELS]))

    def encode(self, values: pd.Series[Any]) -> np.ndarray:
        """``(N,)`` tokens; a label that is not known is ``RARE``."""
        if self.labels is None:
            numbers = _numbers(values)
            bins = np.searchsorted(np.array(self.edges), numbers, side="right") + _FIRST
            tokens: np.ndarray = np.where(np.isfinite(numbers), bins, MISSING)
            return tokens
        number = {label: place + _FIRST for place, label in enumerate(self.labels)}
        text = _text(values)
        found: np.ndarray = text.map(number).fillna(RARE).where(text.notna(), MISSING).to_numpy(np.int64)
        return found

    def state(self) -> dict[str, Any]:
        """JSON types."""
        labels = None if self.labels is None else list(self.labels)
        return {"name": self.name, "labels": labels, "edges": list(self.edges)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The column again."""
        labels = None if state["labels"] is None else tuple(map(str, state["labels"]))
        return cls(str(state["name"]), labels, tuple(map(float, state["edges"])))


def fit_context(context: pd.DataFrame | None, owners: np.ndarray, min_holders: int) -> tuple[ContextColumn, ...]:
    """All columns.

    Raises:
        DataError: there are not as many rows as texts.
    """
    if context is None:
        return ()
    if len(context) != len(owners):
        raise DataError(f"context: {len(context):,} rows; one for each of the {len(owners):,} texts was expected")
    return tuple(
        ContextColumn.fit(str(name), context[name].reset_index(drop=True), owners, min_holders) for name in context
    )


def encode_context(columns: tuple[ContextColumn, ...], context: pd.DataFrame | None, many: int) -> np.ndarray:
    """``(N, C)`` tokens; a column that the frame does not have is unknown.

    Args:
        columns: fitted.
        context: rows; None: nothing is known.
        many: rows that are expected.

    Raises:
        DataError: it has other columns, or another number of rows.
    """
    tokens_NC = np.full((many, len(columns)), UNKNOWN, np.int64)
    if context is None:
        return tokens_NC
    if len(context) != many:
        raise DataError(f"context: {len(context):,} rows; {many:,} were expected, one for each text")
    known = [column.name for column in columns]
    for name in context:
        if str(name) not in known:
            raise DataError(f"context: no column {str(name)!r} was learned; {near_miss(str(name), known)}")
    for place, column in enumerate(columns):
        if column.name in context:
            tokens_NC[:, place] = column.encode(context[column.name])
    return tokens_NC


def _rounded(edges: np.ndarray) -> tuple[float, ...]:
    """Edges to about a thousandth of what they span, so that none is a real value.

    Example:
        >>> _rounded(np.array([1_424_000_123.0, 1_424_500_456.0]))
        (1424000100.0, 1424500500.0)
    """
    span = float(np.ptp(edges)) if len(edges) else 0.0
    step = 10.0 ** np.floor(np.log10(span / 1000 or 1.0))
    return tuple(float(edge) for edge in np.unique(np.round(edges / step) * step))


def _is_number(values: pd.Series[Any]) -> bool:
    kinds = pd.api.types
    if kinds.is_bool_dtype(values):
        return False
    return (kinds.is_numeric_dtype(values) and values.nunique() > MOST_BINS) or kinds.is_datetime64_any_dtype(values)


def _numbers(values: pd.Series[Any]) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(values):
        seconds = (values - pd.Timestamp(0, tz=values.dt.tz)) / pd.Timedelta(seconds=1)
        return seconds.to_numpy(np.float64, na_value=np.nan)
    return pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values as text; whole numbers alike whether or not the column has gaps."""
    if pd.api.types.is_float_dtype(values):
        return values.map(lambda value: f"{value:g}", na_action="ignore").astype(object)
    return values.astype(object).map(str, na_action="ignore")
