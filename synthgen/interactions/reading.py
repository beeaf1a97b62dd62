"""A table with a row per interaction -> numbers of users and items; what was left out is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthgen.errors import DataError, choose, near_miss
from synthgen.interactions.table import Interactions
from synthgen.table.table import Table

UNKNOWN = ("refuse", "drop")
WHOLE = r"-?(?:0|[1-9]\d{0,17})(?:\.0+)?"
"""A whole number that fits 64 bits, in the spellings 7 and 7.0; no leading zeros."""
MILLISECONDS = 1e11
"""Epoch seconds reach this in the year 5138: larger times count milliseconds."""


@dataclass(frozen=True)
class ReadInteractions:
    """Interactions, and what their table calls users and items.

    Attributes:
        interactions: the numbers.
        users: the name of each user, in ascending order.
        items: the name of each item: those asked for, else in ascending order.
        notes: what was left out or how it was taken, one sentence each.
    """

    interactions: Interactions
    users: np.ndarray
    items: np.ndarray
    notes: tuple[str, ...]


def read_interactions(
    data: Any,
    *,
    user: str,
    item: str,
    rating: str | None = None,
    time: str | None = None,
    items: np.ndarray | None = None,
    unknown: str = "refuse",
) -> ReadInteractions:
    """Read interactions from a path, a frame or an Arrow table.

    Rows without a user, an item or a time are counted, dropped and noted. Rows that repeat are kept.

    Args:
        data: a row per interaction.
        user: the column that names the user.
        item: the column that names the item.
        rating: the column of numbers that rate it; a missing one stays missing.
        time: the column of dates, or of seconds or milliseconds since 1970.
        items: the catalogue: names of all items, so that two tables share their numbers.
        unknown: rows of items that the catalogue lacks: ``refuse`` or ``drop`` them.

    Raises:
        DataError: a column is not there or holds what it cannot mean, an item is unknown, or no row is left.
        ConfigError: ``unknown`` is something else.
    """
    choose("unknown", unknown, UNKNOWN)
    table = Table.from_any(data, fewest=1)
    where = table.name
    notes: list[str] = []
    columns = {}
    for role, column in (("user", user), ("item", item), ("rating", rating), ("time", time)):
        if column is not None:
            if column not in table.names:
                raise DataError(f"{where}: no column {column!r} for the {role}; {near_miss(column, table.names)}")
            columns[role] = table.column(column).to_pandas()
    columns["user"], columns["item"] = _names(columns["user"]), _names(columns["item"])
    if "rating" in columns:
        columns["rating"] = _numbers(columns["rating"], f"{where}: column {rating!r}")
    if "time" in columns:
        columns["time"] = _seconds(columns["time"], f"{where}: column {time!r}")
    frame = pd.DataFrame(columns)
    frame = _without(frame, frame[[name for name in frame if name != "rating"]].isna().any(axis=1), "nameless", notes)
    catalogue = np.array(sorted(set(frame["item"])), object) if items is None else _catalogue(items)
    place = pd.Series(np.arange(len(catalogue)), index=catalogue)
    lost = ~frame["item"].isin(place.index)
    if lost.any() and unknown == "refuse":
        raise DataError(
            f"{where}: {int(lost.sum()):,} rows name an item that the catalogue of {len(catalogue):,} lacks, the first "
            f"is row {int(frame.index[lost][0]) + 1}. Add these items, or say unknown='drop'"
        )
    frame = _without(frame, lost, "unknown", notes)
    if not len(frame):
        raise DataError(f"{where}: no interaction is left; a row with a user and an item was expected")
    users = np.array(sorted(set(frame["user"])), object)
    found = Interactions.of(
        frame["user"].map(pd.Series(np.arange(len(users)), index=users)).to_numpy(np.int64),
        frame["item"].map(place).to_numpy(np.int64),
        n_users=len(users),
        n_items=len(catalogue),
        rating_E=None if rating is None else frame["rating"].to_numpy(np.float64),
        time_E=None if time is None else frame["time"].to_numpy(np.int64),
    )
    return ReadInteractions(found, users, catalogue, tuple(notes))


REASONS = {"nameless": "without a user, an item or a time", "unknown": "of items that the catalogue lacks"}


def _without(frame: pd.DataFrame, gone: pd.Series[bool], reason: str, notes: list[str]) -> pd.DataFrame:
    many = int(gone.sum())
    if many:
        notes.append(f"{many:,} row{'s' * (many > 1)} {REASONS[reason]} dropped")
    return frame[~gone]


def _names(column: pd.Series[Any]) -> pd.Series[Any]:
    """Names as text, or as numbers where all are whole numbers in whatever spelling."""
    text = column.astype(object).where(column.notna(), None)
    text = text.map(lambda value: str(value).strip() or None, na_action="ignore").astype(object)
    if text.dropna().astype(str).str.fullmatch(WHOLE).all():
        return text.map(lambda name: int(name.split(".")[0]), na_action="ignore").astype(object)
    return text


def _catalogue(items: np.ndarray) -> np.ndarray:
    names = _names(pd.Series(items, dtype=object))
    if names.isna().any() or names.duplicated().any():
        raise DataError(
            "items: the catalogue has empty or repeated names; each item once was expected. Drop the others"
        )
    return names.to_numpy(object)


def _numbers(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    wrong = (numbers.isna() & column.notna()) | np.isinf(numbers)
    if wrong.any():
        raise DataError(
            f"{where} has {int(wrong.sum()):,} cells that are no number, the first is in row "
            f"{int(wrong.to_numpy().argmax()) + 1}; ratings must be numbers. Mend the cells, or leave ratings out"
        )
    return numbers


def _seconds(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Seconds since 1970, NaN where missing."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
        if (numbers.notna() | column.isna()).all():
            late = float(numbers.abs().median()) > MILLISECONDS if numbers.notna().any() else False
            return (numbers / 1000 if late else numbers).floordiv(1)
    dates = pd.to_datetime(column, errors="coerce", utc=True, format=None if column.dtype.kind == "M" else "mixed")
    wrong = dates.isna() & column.notna()
    if wrong.any():
        raise DataError(
            f"{where} has {int(wrong.sum()):,} cells that are no time, the first is in row "
            f"{int(wrong.to_numpy().argmax()) + 1}; dates or seconds since 1970 were expected. Mend them, or leave "
            "times out"
        )
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).round(3).floordiv(1)
