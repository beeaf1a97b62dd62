"""What a score hangs on: permutation importance of slots, and which columns push the score of a row down.

Both only ask for scores of rows that could be: a slot is exchanged among rows that agree on the earlier slots of its
path, and the finer slots that hang on it go with it.

Letters: N rows, S slots, R repeats, C columns, K rows to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from synthgen.layout import Layout

Score = Callable[[np.ndarray], np.ndarray]
"""``(N, S)`` tokens to ``(N,)`` scores."""
REPEATS = 3
ROWS_AT_ONCE = 8_192
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
    before_N, n_slots = score(tokens_NS), len(layout.slots)
    changed = (exchanged(layout, slot, tokens_NS, rng) for slot in range(n_slots) for _ in range(repeats))
    found = [np.abs(after_N - before_N).mean() for after_N in _scored(score, changed)]
    return np.array(found).reshape(n_slots, repeats)


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
    changed = (_borrowed(rows_NS, others_KS, slots) for slots in paths)
    found = [before_N - after.reshape(len(rows_NS), k).mean(axis=1) for after in _scored(score, changed)]
    return np.stack(found, axis=1)


def _borrowed(rows_NS: np.ndarray, others_KS: np.ndarray, slots: list[int]) -> np.ndarray:
    """``(N * K, S)``: each row with these slots of each of the others."""
    changed = np.repeat(rows_NS, len(others_KS), axis=0)
    changed[:, slots] = np.tile(others_KS[:, slots], (len(rows_NS), 1))
    return changed


def _scored(score: Score, parts: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The scores of each part; many parts are scored in one go, for a call has a cost of its own."""
    waiting: list[np.ndarray] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= ROWS_AT_ONCE:
            yield from _split(score, waiting)
            waiting = []
    yield from _split(score, waiting)


def _split(score: Score, parts: list[np.ndarray]) -> list[np.ndarray]:
    if not parts:
        return []
    return np.split(score(np.concatenate(parts)), np.cumsum([len(part) for part in parts])[:-1])
