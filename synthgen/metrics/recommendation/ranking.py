"""What a list of recommended items is worth: NDCG, recall, coverage, Gini.

Letters: U users, I items, K places in a list, E interactions.
"""

from __future__ import annotations

import numpy as np

from synthgen.interactions import Interactions

NONE = -1
"""In place of an item where no more can be recommended."""


def best_items(scores_UI: np.ndarray, histories: Interactions, k: int) -> np.ndarray:
    """The ``k`` items of the highest scores that a user has not taken yet.

    Args:
        scores_UI: of every item for every user; overwritten.
        histories: what the users have taken.
        k: length of a list.

    Returns:
        ``(U, K)``, numbers of items, best first, equal scores by number; ``NONE`` where all are taken.
    """
    scores_UI[histories.user_E, histories.item_E] = -np.inf
    k = min(k, scores_UI.shape[1])
    found_UK = np.sort(np.argpartition(-scores_UI, k - 1, axis=1)[:, :k], axis=1)
    score_UK = np.take_along_axis(scores_UI, found_UK, axis=1)
    order_UK = np.argsort(-score_UK, axis=1, kind="stable")
    sorted_UK = np.take_along_axis(np.where(np.isinf(score_UK), NONE, found_UK), order_UK, axis=1)
    return sorted_UK


def hits(lists_UK: np.ndarray, held: Interactions) -> np.ndarray:
    """``(U, K)``: whether the user takes the item in the part that was held out."""
    keys_E = held.user_E * held.n_items + held.item_E
    keys_UK = np.arange(len(lists_UK))[:, None] * held.n_items + lists_UK
    found_UK: np.ndarray = np.isin(keys_UK, keys_E) & (lists_UK != NONE)
    return found_UK


def ndcg(lists_UK: np.ndarray, held: Interactions) -> np.ndarray:
    """Per user, hits weighed by one over the logarithm of their place, as part of the best that can be; 0 to 1.

    Args:
        lists_UK: recommended items, best first.
        held: what the users take of them.

    Returns:
        ``(U,)``, NaN for users of whom nothing is held out.

    Source:
        Järvelin, Kekäläinen 2002, ACM Transactions on Information Systems 20, 422: https://doi.org/10.1145/582415.582418

    Example:
        >>> held = Interactions.of(np.array([0, 0]), np.array([3, 1]), n_items=5)
        >>> ndcg(np.array([[3, 0]]), held).round(3).tolist()
        [0.613]
    """
    worth_K = 1 / np.log2(np.arange(2, lists_UK.shape[1] + 2))
    best_K = np.r_[0.0, np.cumsum(worth_K)]
    most_U = best_K[np.minimum(_wanted(held), lists_UK.shape[1])]
    return _part(hits(lists_UK, held) @ worth_K, most_U)


def recall(lists_UK: np.ndarray, held: Interactions) -> np.ndarray:
    """``(U,)``: of the items held out, the part in the list; NaN for users of whom nothing is."""
    return _part(hits(lists_UK, held).sum(1), _wanted(held))


def _wanted(held: Interactions) -> np.ndarray:
    return np.diff(held.matrix().indptr)


def _part(some_U: np.ndarray, all_U: np.ndarray) -> np.ndarray:
    part_U = np.full(len(some_U), np.nan)
    np.divide(some_U, all_U, out=part_U, where=all_U > 0)
    return part_U


def coverage(lists_UK: np.ndarray, n_items: int) -> float:
    """Of all items, the part that is recommended to anyone."""
    return len(np.unique(lists_UK[lists_UK != NONE])) / n_items


def gini(counts_N: np.ndarray) -> float:
    """How unevenly counts are spread: 0 where all are equal, near 1 where one has all.

    Example:
        >>> gini(np.array([2, 2, 2])), gini(np.array([0, 0, 0, 5]))
        (0.0, 0.75)
    """
    n, total = len(counts_N), float(counts_N.sum())
    if not total:
        return 0.0
    return float(((2 * np.arange(1, n + 1) - n - 1) * np.sort(counts_N)).sum() / (n * total))
