"""Moments that lie closer together than their rate explains: a scan over windows that begin at each of them.

Letters: T moments, ascending; W windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

HOUR, WEEK = 3_600, 604_800
AROUND = 8.0
"""The rate is taken from so many widths on either side of a window, or more."""
FEWEST_AROUND = 30
"""Moments that a rate is taken from, on average, on either side."""
FEWEST_FOR_HOURS = 2_000
"""Moments from which the law of the hours of the week is learned: some ten to an hour."""
CAP = 3
"""More company than this says nothing of how even the rate is: it may be what is looked for."""


@dataclass(frozen=True)
class Window:
    """Moments that chance does not explain.

    Attributes:
        first: the first one's place.
        last: the place after the last one.
        nats: minus the logarithm of the chance of it anywhere, all windows counted.
    """

    first: int
    last: int
    nats: float


def bent(second_T: np.ndarray) -> np.ndarray:
    """Moments on a clock on which busy hours of the week are long, so that their rate is even within a week.

    An hour counts no week for more than the 99 % quantile of its kind: a burst does not bend the clock.
    """
    if len(second_T) < FEWEST_FOR_HOURS:
        return second_T.astype(float)
    hour_T = (second_T // HOUR).astype(np.int64)
    hours, count = np.unique(hour_T, return_counts=True)
    count = np.minimum(count, np.quantile(count, 0.99))
    busy = np.bincount(hours % 168, count, 168)
    busy = (busy + busy.mean()) / 2
    edges, bend = np.arange(169.0) * HOUR, np.r_[0.0, np.cumsum(busy / busy.sum())] * WEEK
    within_T = second_T % WEEK
    return np.asarray(second_T - within_T + np.interp(within_T, edges, bend), float)


def windows(moment_T: np.ndarray, widths: tuple[float, ...], alpha: float) -> list[Window]:
    """Windows with more moments than their surroundings explain, none of which overlap, the surest first.

    Given that a window begins at a moment, the others in it and around it are as likely anywhere, as long as the rate
    does not change there: their number in the window is binomial. The share of the window is raised by how much
    closer together moments lie in the whole table than they would (capped, so that campaigns do not count for much),
    which makes real data, whose rates are never even, harder to impress. The chance is multiplied by the number of
    windows.

    Args:
        moment_T: ascending.
        widths: of windows, in seconds.
        alpha: the chance that any window is found where there is nothing.

    Source:
        Przyborowski and Wilenski 1940, doi:10.1093/biomet/31.3-4.313 (two rates by a binomial); Naus 1982,
        doi:10.1080/01621459.1982.10477783 (the scan statistic).
    """
    n = len(moment_T)
    if n < 3 or moment_T[-1] <= moment_T[0]:
        return []
    span = float(moment_T[-1] - moment_T[0])
    place_T = np.arange(n)
    found: list[tuple[float, float, int, int]] = []
    for width in widths:
        reach = max(AROUND * width, FEWEST_AROUND * span / n)
        if width > span / 4:
            continue
        last_T = np.searchsorted(moment_T, moment_T + width, side="right")
        inside_T = last_T - place_T - 1
        low_T, high_T = np.maximum(moment_T - reach, moment_T[0]), np.minimum(moment_T + width + reach, moment_T[-1])
        first_T = np.searchsorted(moment_T, low_T, side="left")
        all_T = np.searchsorted(moment_T, high_T, side="right") - first_T - 1
        share_T = np.minimum(width / np.maximum(high_T - low_T, width), 0.5)
        expected = float((share_T * all_T).sum())
        closer = max(1.0, float(np.minimum(inside_T, CAP).sum()) / max(expected, 1e-12))
        chance_T = binom.logsf(inside_T - 1, all_T, np.minimum(closer * share_T, 0.9))
        nats_T = -(chance_T + np.log(n * len(widths)))
        good = np.flatnonzero((nats_T > -np.log(alpha)) & (inside_T >= 2))
        found += [(float(nats_T[t]), width, int(t), int(last_T[t])) for t in good]
    return _apart(sorted(found, reverse=True), n)


def _apart(found: list[tuple[float, float, int, int]], n: int) -> list[Window]:
    """The surest with those that overlap it, half as sure and not wider; then the surest that lies elsewhere."""
    taken_T, kept = np.zeros(n, bool), []
    for nats, width, first, last in found:
        if taken_T[first:last].any():
            continue
        others = sorted((low, high) for sure, other, low, high in found if other <= width and sure >= nats / 2)
        for low, high in others:
            if low <= last and high >= first and not taken_T[low:high].any():
                first, last = min(first, low), max(last, high)
        taken_T[first:last] = True
        kept.append(Window(first, last, nats))
    return kept
