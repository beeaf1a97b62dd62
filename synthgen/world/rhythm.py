"""When people are up: a law of the hour of the week in local time, and moments drawn from it."""

from __future__ import annotations

import numpy as np

from synthgen.world.laws import (
    HOUR,
    RHYTHM_PEAK,
    RHYTHM_STRENGTH,
    START,
    WEEK,
    WEEKEND_LEVEL,
    WEEKEND_SHIFT,
)


def hour_shares() -> np.ndarray:
    """``(168,)`` how busy each hour of the week is, Monday 00:00 first; they sum to 1."""
    hours = np.arange(168)
    weekend = hours // 24 >= 5
    peak = np.where(weekend, RHYTHM_PEAK + WEEKEND_SHIFT, RHYTHM_PEAK)
    busy = np.exp(RHYTHM_STRENGTH * np.cos(2 * np.pi * (hours % 24 - peak) / 24))
    busy *= np.where(weekend, WEEKEND_LEVEL, 1.0)
    shares: np.ndarray = busy / busy.sum()
    return shares


def moments(
    rng: np.random.Generator,
    low: np.ndarray,
    high: np.ndarray | int,
    offset: np.ndarray,
    steady: np.ndarray,
) -> np.ndarray:
    """Moments between two others, more of them at the busy hours of the place.

    The clock is bent so that busy hours are long, a moment is drawn uniformly on the bent one, and it is bent back:
    no draw is thrown away.

    Args:
        rng: draws.
        low: ``(n,)`` earliest, seconds since 1970 in UTC.
        high: latest, not before ``low``.
        offset: ``(n,)`` minutes that local time is ahead of UTC.
        steady: ``(n,)`` whether all hours are alike, as for machines.

    Returns:
        ``(n,)`` whole seconds, both ends included.
    """
    shift = offset.astype(np.int64) * 60 - START
    high = np.broadcast_to(np.asarray(high, dtype=np.int64), low.shape)
    edges = np.arange(169) * HOUR
    bent = np.concatenate([[0.0], np.cumsum(hour_shares())]) * WEEK
    first, last = _bend(low + shift, edges, bent), _bend(high + shift, edges, bent)
    drawn = rng.random(len(low))
    inside = first + drawn * (last - first)
    local = inside // WEEK * WEEK + np.interp(inside % WEEK, bent, edges)
    plain = low + drawn * (high - low)
    when = np.floor(np.where(steady, plain, local - shift)).astype(np.int64)
    inside_bounds: np.ndarray = np.clip(when, low, high)
    return inside_bounds


def _bend(local: np.ndarray, edges: np.ndarray, bent: np.ndarray) -> np.ndarray:
    weeks = local // WEEK * WEEK
    turned: np.ndarray = weeks + np.interp(local - weeks, edges, bent)
    return turned
