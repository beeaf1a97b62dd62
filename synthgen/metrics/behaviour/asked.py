"""What predictors of behaviour are asked about, and the kinds of events that they tell apart.

Letters: E events, K kinds, N things asked about, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.behaviour.streams import Streams

MOST_KINDS = 10
"""Kinds that are told apart, the most frequent ones; the others are one more."""
FEWEST = 20
"""Events or owners of a class below which it is not asked about."""


@dataclass(frozen=True)
class Asked:
    """What a predictor is asked about.

    Attributes:
        x_NF: what is known.
        y_N: classes, numbers from 0.
        labels: columns of ``x_NF`` that are numbers of kinds.
    """

    x_NF: np.ndarray
    y_N: np.ndarray
    labels: tuple[int, ...] = ()


def told_apart(streams: Streams, real: Streams) -> tuple[np.ndarray, int]:
    """``(E,)`` kinds by how frequent they are among real people, from 1, and how many; 0: none or a rare one."""
    counts_K = np.bincount(real.kind_E[real.kind_E >= 0], minlength=max(1, len(real.kinds)))
    kept = np.argsort(-counts_K, kind="stable")[: min(MOST_KINDS, int((counts_K > 0).sum()))]
    number_K = np.zeros(len(counts_K), np.int64)
    number_K[kept] = np.arange(len(kept)) + 1
    return np.where(streams.kind_E >= 0, number_K[np.maximum(streams.kind_E, 0)], 0), len(kept) + 1
