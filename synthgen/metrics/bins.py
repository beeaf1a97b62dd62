"""Bins and labels that may be shown: enough real rows stand behind each, and no edge is a value of a cell.

Letters: N rows, K bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_BINS = 40
"""Of an overlay: finer ones show the noise of a thousand rows."""
OUTSIDE = 0.001
"""Share of the rows on either side that an axis may leave to its outermost bins."""
LADDER = (1.0, 2.0, 5.0)
"""Round numbers of each power of ten."""
EARLIEST, LATEST = -719_162.0, 2_932_896.0
"""Days since 1970 of the years 1 and 9999, between which dates can be written."""
PERIODS = ("hour", "day", "week", "month", "quarter", "year", "decade", "century")


@dataclass(frozen=True)
class Binned:
    """A quantity in bins; the outermost two hold what lies beyond them as well.

    Attributes:
        edges: ``(K + 1,)`` round numbers.
        widths: ``(K,)`` how many bins of the even grid each one spans.
    """

    edges: np.ndarray
    widths: np.ndarray

    def count(self, values: np.ndarray) -> np.ndarray:
        """``(K,)`` how many present values lie in each bin."""
        inner = np.searchsorted(self.edges[1:-1], values[~np.isnan(values)], side="right")
        return np.bincount(inner, minlength=len(self.edges) - 1)


def even_bins(values: np.ndarray, holders: int, most: int = MOST_BINS) -> Binned | None:
    """Bins of one round width, joined until each holds no real row or enough of them.

    Args:
        values: ``(N,)`` real values, nan where missing.
        holders: fewest real rows of a bin that holds any.
        most: bins.

    Returns:
        None when too few values are present to show anything.

    Example:
        >>> even_bins(np.arange(100.0), 5, most=5).edges.tolist()
        [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    reach = safe_range(values, holders)
    if reach is None:
        return None
    low, high = reach
    step = round_step(max((high - low) / most, np.finfo(float).tiny)) if high > low else max(abs(high), 1.0)
    if bool((np.mod(values[~np.isnan(values)], 1) == 0).all()):
        step = max(step, 1.0)
    edges = np.unique(step * np.arange(np.floor(low / step), np.floor(high / step) + 2))
    if len(edges) < 2:  # the values are so large that a step no longer changes them
        edges = np.array([low, np.nextafter(high, np.inf)])
    return _joined(edges, values, holders)


def ladder_bins(values: np.ndarray, holders: int, most: int = MOST_BINS) -> Binned | None:
    """Bins at 1, 2, 5, 10, 20 ... for values from 0 on of many sizes; the first is that of 0 alone.

    Args:
        values: ``(N,)`` real values, none below 0.
        holders: fewest real rows of a bin that holds any.
        most: bins; with more the ladder goes by powers of ten.
    """
    positive = values[values > 0]
    reach = safe_range(positive, holders)
    if reach is None:
        return None
    low, high = np.floor(np.log10(reach[0])), np.ceil(np.log10(reach[1]))
    powers = 10.0 ** np.arange(low, high + 1)
    rungs = (
        np.sort(np.outer(powers, LADDER).ravel())
        if len(powers) * len(LADDER) <= most
        else powers[:: _every(powers, most)]
    )
    rungs = rungs[rungs <= reach[1]] if (rungs <= reach[1]).sum() > 1 else rungs[:2]
    smallest = np.nextafter(0.0, 1.0)
    return _joined(np.concatenate([[0.0, smallest], rungs, [np.inf]]), values, holders)


def _every(powers: np.ndarray, most: int) -> int:
    return -(-len(powers) // most)


def safe_range(values: np.ndarray, holders: int) -> tuple[float, float] | None:
    """Two values at or beyond which enough rows lie on either side; None with too few values."""
    present = np.sort(values[~np.isnan(values)])
    if len(present) < 2 * holders:
        return None
    skip = max(holders - 1, int(OUTSIDE * len(present)))
    return float(present[skip]), float(present[-1 - skip])


def round_step(width: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is no less than ``width``.

    Example:
        >>> round_step(0.3), round_step(7)
        (0.5, 10.0)
    """
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(rung * power for rung in (*LADDER, 10.0) if rung * power >= width * (1 - 1e-9)))


def _joined(edges: np.ndarray, values: np.ndarray, holders: int) -> Binned:
    bins = Binned(edges, np.ones(len(edges) - 1))
    keep = join_small(bins.count(values), holders)
    return Binned(edges[keep], np.diff(keep))


def join_small(counts: np.ndarray, holders: int) -> np.ndarray:
    """Where bins begin, and the end, after neighbours are joined until each holds no row or enough of them.

    Example:
        >>> join_small(np.array([9, 1, 2, 7, 0, 3]), 5).tolist()
        [0, 1, 6]
    """
    bins: list[tuple[int, int]] = []
    held = 0
    for i, count in enumerate(counts):
        held += int(count)
        if held == 0 or held >= holders:
            bins.append((i + 1, held))
            held = 0
    if held or not bins:
        while bins and held < holders:
            held += bins.pop()[1]
        bins.append((len(counts), held))
    return np.array([0, *(end for end, _ in bins)])


def shown_codes(counts: np.ndarray, most: int, holders: int) -> np.ndarray:
    """Codes that may be named, the most frequent first; what is left over holds no row or enough of them.

    Example:
        >>> shown_codes(np.array([9, 1, 30, 6]), 20, 5).tolist()
        [2, 0]
    """
    order = np.argsort(-counts, kind="stable")
    shown = order[counts[order] >= max(holders, 1)][:most]
    while len(shown) and 0 < counts.sum() - counts[shown].sum() < holders:
        shown = shown[:-1]
    return np.asarray(shown)


def period_numbers(days: np.ndarray, period: str) -> np.ndarray:
    """``(N,)`` int64 numbers of the hours, days, ..., centuries that moments lie in.

    Args:
        days: ``(N,)`` days since 1970, present ones only.
        period: one of ``PERIODS``.
    """
    days = np.clip(days, EARLIEST, LATEST)
    if period in ("hour", "day", "week"):
        scaled = {"hour": days * 24, "day": days, "week": (days + 3) / 7}[period]
        return np.asarray(np.floor(scaled + 1e-9).astype(np.int64))
    months = np.floor(days + 1e-9).astype(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if period in ("month", "quarter"):
        return np.asarray(months // (3 if period == "quarter" else 1))
    years = 1970 + months // 12
    return np.asarray(years // {"year": 1, "decade": 10, "century": 100}[period])


def period_name(number: int, period: str) -> str:
    """A period as it is written.

    Example:
        >>> period_name(2, "month"), period_name(180, "quarter"), period_name(201, "decade")
        ('1970-03', '2015 Q1', '2010s')
    """
    if period == "hour":
        return str(np.datetime64(number, "h")).replace("T", " ") + "h"
    if period in ("day", "week"):
        return str(np.datetime64(number if period == "day" else 7 * number - 3, "D"))
    if period == "month":
        return str(np.datetime64(number, "M"))
    if period == "quarter":
        return f"{1970 + number // 4} Q{number % 4 + 1}"
    return str(number) if period == "year" else f"{number * (10 if period == 'decade' else 100)}s"
