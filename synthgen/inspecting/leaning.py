"""What a score hangs on: permutation importance of slots, and which columns push the score of a row down.

Both only ask for scores of rows that could be: a slot is exchanged among rows that agree on the earlier slots of its
path, and the finer slots that hang on it go with it.

Letters: N rows, S slots, R repeats, C columns, K rows to compare with.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.layout import Layout

Score = Callable[[np.ndarray], np.ndarray]
"""``(N, S)`` tokens to ``(N,)`` scores."""
REPEATS = 3
MOST_SCORED = 200_000
"""Rows scored to explain some: seconds on one core."""


def exchanged(layout: Layout, slot: int, tokens_NS: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows with one slot, and those that hang on it, from other rows that agree on the earlier slots of its path."""
    earlier = list(layout.slots[slot].prefix)
    moving = np.array([slot, *(s for s, other in enumerate(layout.slots) if slot in other.prefix)])
    kin_N = np.unique(tokens_NS[:, earlier], axis=0, return_inverse=True)[1].ravel() if earlier else 0 * tokens_NS[:, 0]
    there, source = np.argsort(kin_N, kind="stable"), np.lexsort((rng.random(len(tokens_NS)), kin_N))
    changed = tokens_NS.copy()
    changed[np.ix_(there, moving)] = tokens_NS[np.ix_(source, moving)]
    return changed


def importance(
    score: Score, layout: Layout, tokens_NS: np.ndarray, rng: np.random.Generator, repeats: int = REPEATS
) -> np.ndarray:
    """How far a score moves when one slot is exchanged among rows.

    Returns:
        ``(S, R)`` mean absolute change of the score; 0 for a slot that it does not look at.

    Source:
        Breiman 2001, doi:10.1023/A:1010933404324 (permutation importance); Strobl et al. 2008,
        doi:10.1186/1471-2105-9-307 (exchanged only among rows that are alike).
    """
    before_N = score(tokens_NS)
    found = np.zeros((len(layout.slots), repeats))
    for slot in range(len(layout.slots)):
        for repeat in range(repeats):
            after_N = score(exchanged(layout, slot, tokens_NS, rng))
            found[slot, repeat] = np.abs(after_N - before_N).mean()
    return found


def pushes(score: Score, layout: Layout, rows_NS: np.ndarray, others_KS: np.ndarray) -> np.ndarray:
    """How much each column's value pulls the score of a row up or down.

    Args:
        score: of rows.
        layout: the slots.
        rows_NS: to be explained.
        others_KS: typical rows to borrow values from.

    Returns:
        ``(N, C)`` score of the row less its mean score with the column's value taken from each of the others;
        negative where the row's own value pushes it down. Columns in the order of ``layout.paths``.

    Source:
        Robnik-Sikonja and Kononenko 2008, doi:10.1109/TKDE.2007.190734 (the difference a value makes).
    """
    paths = list(layout.paths.values())
    k = max(1, min(len(others_KS), MOST_SCORED // max(1, len(rows_NS) * len(paths))))
    others_KS, before_N = others_KS[:k], score(rows_NS)
    found = np.zeros((len(rows_NS), len(paths)))
    for column, slots in enumerate(paths):
        changed = np.repeat(rows_NS, k, axis=0)
        changed[:, slots] = np.tile(others_KS[:, slots], (len(rows_NS), 1))
        found[:, column] = before_N - score(changed).reshape(len(rows_NS), k).mean(axis=1)
    return found
