"""What noisy histograms say: which bars hold something, and counts that are no longer negative.

Letters: B bars.
"""

from __future__ import annotations

import numpy as np

ALONE, BETWEEN, BEYOND = 4.2, 1.0, 1.5
"""Standard deviations above zero at which bars hold something: anywhere, in a gap, and next to the last that do."""
_LONGEST_ALONE, _FARTHEST_BEYOND = 16, 6
_TOUCHING, _APART = 1.0, 3.0
"""Standard deviations that the outermost bin, and all bins that are joined to it, must show in a second measurement."""
_BEYOND_ALL = 2.0
"""And what lies beyond all bins."""


def runs(counts: np.ndarray, sd: float, known: np.ndarray | None = None) -> list[tuple[int, int]]:
    """Runs of bars that hold more than noise, from the finest scale to coarser ones.

    Single bars come first; bars that say nothing alone are summed to aligned runs of 2, 4, 8, 16, and of these the
    part that says most is kept. So a thin tail is found as a wide run, and bars that hold nothing leave no mass.
    Then each run grows over its neighbours by as many as say most together: easily in a gap between two runs, where
    nothing absurd lies, and reluctantly outwards.

    Args:
        counts: ``(B,)`` noisy counts in order.
        sd: of the noise of each.
        known: ``(B,)`` bars in which something is known to lie that was not counted; none where not given.

    Returns:
        Half-open runs in order, none over another.

    Example:
        >>> runs(np.array([0.0, 90.0, 1.0, -2.0, 30.0, 30.0]), sd=10.0)
        [(1, 2), (4, 6)]
        >>> runs(np.array([0.0, 90.0, 9.0, 8.0, 9.0, 60.0]), sd=10.0)
        [(1, 2), (2, 5), (5, 6)]
    """
    taken = np.zeros(len(counts), bool)
    found: list[tuple[int, int]] = []
    width = 1
    while width <= _LONGEST_ALONE:
        for start in _candidates(counts, sd, width, ALONE, taken):
            begin, end = _best_part(counts, int(start), min(int(start) + width, len(counts)))
            taken[begin:end] = True
            found.append((begin, end))
        width *= 2
    told = taken if known is None else taken | known
    for step in (1, -1):  # upwards, then downwards
        for begin, end in _grown(counts[::step], sd, told[::step]):
            begin, end = (begin, end) if step == 1 else (len(counts) - end, len(counts) - begin)
            told[begin:end] = True
            found.append((begin, end))
    return sorted(found)


def _grown(counts: np.ndarray, sd: float, told: np.ndarray) -> list[tuple[int, int]]:
    """What the bars that are told of grow by, each over those after it."""
    found = []
    last = np.flatnonzero(told)
    for begin, end in zip(last + 1, [*last[1:], len(counts)], strict=False):
        between = end < len(counts)
        longest = end if between else min(end, begin + _FARTHEST_BEYOND)
        if begin < longest:
            says = np.cumsum(counts[begin:longest]) / (sd * np.sqrt(np.arange(1, longest - begin + 1)))
            if says.max() > (BETWEEN if between else BEYOND):
                found.append((int(begin), int(begin + np.argmax(says) + 1)))
    return found


def _candidates(counts: np.ndarray, sd: float, width: int, threshold: float, taken: np.ndarray) -> np.ndarray:
    """Starts of aligned free runs whose sum passes the threshold."""
    starts = np.arange(0, len(counts), width)
    free = np.add.reduceat(taken.astype(np.int64), starts) == 0
    sums = np.add.reduceat(counts, starts)
    sizes = np.minimum(starts + width, len(counts)) - starts
    found: np.ndarray = starts[free & (sums > threshold * sd * np.sqrt(sizes))]
    return found


def _best_part(counts: np.ndarray, start: int, stop: int) -> tuple[int, int]:
    """The part of a run that is furthest from noise."""
    total = np.concatenate([[0.0], np.cumsum(counts[start:stop])])
    first, last = np.triu_indices(len(total), 1)
    best = int(np.argmax((total[last] - total[first]) / np.sqrt(last - first)))
    return start + int(first[best]), start + int(last[best])


def outermost(counts: np.ndarray, sd: float, joined: np.ndarray, beyond: np.ndarray | None = None) -> np.ndarray:
    """``(B,)`` which bins at either end show no more than noise in a second measurement: they are taken as empty.

    A bin far out that is there by the noise of the first look would hold few cells, but of absurd magnitude.

    Args:
        counts: ``(B,)`` the second noisy counts, in order.
        sd: of their noise.
        joined: ``(B,)`` whether a bin begins where the one before ends.
        beyond: ``(B,)`` bins without an end, which need more to be told of; none where not given.

    Example:
        >>> outermost(np.array([50.0, 90.0, 4.0, 20.0]), 10.0, np.array([False, True, True, False])).tolist()
        [False, False, True, True]
    """
    beyond = np.zeros(len(counts), bool) if beyond is None else beyond
    piece = np.cumsum(~joined)
    size = np.bincount(piece, weights=~beyond)
    shows = np.bincount(piece, weights=np.where(beyond, 0.0, counts)) >= _APART * sd * np.sqrt(size)
    told = np.flatnonzero(shows[piece] & (counts >= _TOUCHING * sd) & ~beyond)
    empty = np.ones(len(counts), bool)
    if len(told):
        empty[told[0] : told[-1] + 1] = False
        empty[beyond] = counts[beyond] < _BEYOND_ALL * sd
    return empty


def on_simplex(counts: np.ndarray, total: float) -> np.ndarray:
    """The nearest counts that are not negative and sum to the total.

    Source:
        Held, Wolfe & Crowder 1974, "Validation of subgradient optimization" (projection onto the simplex).

    Example:
        >>> on_simplex(np.array([6.0, 3.0, -2.0]), 10.0).tolist()
        [6.5, 3.5, 0.0]
    """
    if not len(counts):
        return counts
    total = max(total, 1e-9)
    ranked = np.sort(counts)[::-1]
    over = (np.cumsum(ranked) - total) / np.arange(1, len(counts) + 1)
    last = np.flatnonzero(ranked > over)[-1]
    found: np.ndarray = np.maximum(counts - over[last], 0.0)
    return found


def combined(
    first: np.ndarray, first_sd: np.ndarray | float, second: np.ndarray, second_sd: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Two measurements of the same counts, each weighed by how sure it is, and the standard deviation.

    Example:
        >>> combined(np.array([10.0]), 1.0, np.array([16.0]), 2.0)[0].tolist()
        [11.2]
    """
    weight, other = 1 / np.square(first_sd), 1 / np.square(second_sd)
    both = (first * weight + second * other) / (weight + other)
    return both, np.broadcast_to(1 / np.sqrt(weight + other), np.shape(both))
