"""What noisy histograms say: which bars hold something, and counts that are no longer negative.

Letters: B bars.
"""

from __future__ import annotations

import numpy as np

ALONE, BESIDE = 3.0, 1.0
"""Standard deviations above zero at which a run of bars holds something: anywhere, and next to bars that do."""
LONGEST_RUN = 64


def runs(counts: np.ndarray, sd: float, alone: float = ALONE, beside: float = BESIDE) -> list[tuple[int, int]]:
    """Runs of bars that hold more than noise, from the finest scale to coarser ones.

    Single bars come first; bars that say nothing alone are summed to aligned runs of 2, 4, 8, ... So a thin tail
    is found as a wide run, and bars that hold nothing leave no mass behind.

    Args:
        counts: ``(B,)`` noisy counts in order.
        sd: of the noise of each.
        alone: standard deviations that a run must reach.
        beside: what is enough for a run that touches one already found.

    Returns:
        Half-open runs in order, none over another.

    Example:
        >>> runs(np.array([0.0, 90.0, 1.0, -2.0, 30.0, 30.0]), sd=10.0)
        [(1, 2), (4, 6)]
    """
    taken = np.zeros(len(counts), bool)
    found: list[tuple[int, int]] = []
    for threshold, touching in ((alone, False), (beside, True)):
        width = 1
        while width <= LONGEST_RUN:
            for start in _candidates(counts, sd, width, threshold, taken):
                stop = min(start + width, len(counts))
                if touching and not (taken[max(start - 1, 0)] or taken[min(stop, len(counts) - 1)]):
                    continue
                taken[start:stop] = True
                found.append((int(start), int(stop)))
            width *= 2
    return sorted(found)


def _candidates(counts: np.ndarray, sd: float, width: int, threshold: float, taken: np.ndarray) -> np.ndarray:
    """Starts of aligned free runs whose sum passes the threshold."""
    starts = np.arange(0, len(counts), width)
    free = np.add.reduceat(taken.astype(np.int64), starts) == 0
    sums = np.add.reduceat(counts, starts)
    sizes = np.minimum(starts + width, len(counts)) - starts
    found: np.ndarray = starts[free & (sums > threshold * sd * np.sqrt(sizes))]
    return found


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
