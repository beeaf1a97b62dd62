"""Draws that several parts of a world share: counts, labels, distinct pairs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.world.laws import ACTIVITY_SHARED, ACTIVITY_SPREAD

ROUNDS = 30
"""Times that a pair which is there already is drawn again; what still has no place then is left out."""


def counts_about(rng: np.random.Generator, mean: float, shared: np.ndarray, most: int) -> np.ndarray:
    """How many each user has: Poisson about a log-normal mean.

    Args:
        rng: draws.
        mean: over users.
        shared: ``(N,)`` standard normal, the part of a user's activity common to all that it does.
        most: upper bound.
    """
    z = np.sqrt(ACTIVITY_SHARED) * shared + np.sqrt(1 - ACTIVITY_SHARED) * rng.standard_normal(len(shared))
    means = mean * np.exp(ACTIVITY_SPREAD * z - ACTIVITY_SPREAD**2 / 2)
    counts: np.ndarray = np.minimum(rng.poisson(means), most)
    return counts


def drawn_by_row(rng: np.random.Generator, shares: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """One label for each entry of ``rows``, from the shares in that row of ``shares``.

    Args:
        rng: draws.
        shares: ``(R, L)``, each row summing to 1.
        rows: ``(n,)`` numbers of rows.
    """
    steps = np.cumsum(shares, axis=1) + np.arange(len(shares))[:, None]
    found = np.searchsorted(steps.ravel(), rows + rng.random(len(rows)), side="right")
    labels: np.ndarray = np.clip(found - rows * shares.shape[1], 0, shares.shape[1] - 1)
    return labels


def starts_of(counts: np.ndarray) -> np.ndarray:
    """Where each one's entries begin when all stand in a row, and after the last.

    Example:
        >>> starts_of(np.array([2, 0, 3])).tolist()
        [0, 2, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(counts)])


def distinct_targets(
    sources: np.ndarray, propose: Callable[[np.ndarray], np.ndarray], width: int, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A target for each source so that no pair occurs twice; a pair that is there already is proposed again.

    Args:
        sources: ``(n,)`` numbers.
        propose: numbers of entries -> a target for each, -1 for none.
        width: targets are below it.
        taken: pairs that are not free, as ``source * width + target``, sorted.

    Returns:
        ``(n,)`` targets, -1 where none was found, and all pairs now taken, sorted.
    """
    targets = np.full(len(sources), -1, dtype=np.int64)
    pending = np.arange(len(sources))
    for _ in range(ROUNDS):
        if not len(pending):
            break
        proposed = propose(pending)
        pairs = sources[pending].astype(np.int64) * width + proposed
        free = (proposed >= 0) & ~is_among(pairs, taken)
        first = np.zeros(len(pairs), dtype=bool)
        first[np.unique(pairs, return_index=True)[1]] = True
        free &= first
        targets[pending[free]] = proposed[free]
        taken = np.sort(np.concatenate([taken, pairs[free]]), kind="stable")
        pending = pending[~free]
    return targets, taken


def is_among(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Whether each value is in a sorted array.

    Example:
        >>> is_among(np.array([1, 5, 9]), np.array([1, 9])).tolist()
        [True, False, True]
    """
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: np.ndarray = ordered[at] == values
    return found


def cut_exponential(rng: np.random.Generator, mean: float, room: np.ndarray) -> np.ndarray:
    """Whole seconds from an exponential law, given that they are at most ``room``."""
    most = -np.expm1(-room / mean)
    drawn = -mean * np.log1p(-rng.random(len(room)) * most)
    waited: np.ndarray = np.minimum(drawn.astype(np.int64), room)
    return waited
