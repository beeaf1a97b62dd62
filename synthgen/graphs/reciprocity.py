"""How many of a node's ties go both ways, given how many it sends and receives.

Letters: N nodes, K classes.
"""

from __future__ import annotations

import numpy as np

MIN_NODES = 5
"""Classes of fewer nodes share one rate."""
CLASSES = 21
"""Powers of two: degrees up to two millions."""


def _class(degree_N: np.ndarray) -> np.ndarray:
    whole: np.ndarray = np.minimum(np.floor(np.log2(np.maximum(degree_N, 1))), CLASSES - 1).astype(np.int64)
    return whole


def fit_reciprocity(out_N: np.ndarray, in_N: np.ndarray, mutual_N: np.ndarray) -> tuple[np.ndarray, float]:
    """Shares of ties that go both ways, and how much nodes of one class differ.

    Args:
        out_N: out-degrees.
        in_N: in-degrees.
        mutual_N: ties that go both ways.

    Returns:
        ``(K, K)`` by the powers of two of the out- and the in-degree: of the smaller of the two, the part that is
        mutual; and the correlation between two ties of one node, by the spread of nodes around these shares.
    """
    most_N = np.minimum(out_N, in_N).astype(float)
    key_N = _class(out_N) * CLASSES + _class(in_N)
    size = CLASSES**2
    nodes_K, most_K, mutual_K = (
        np.bincount(key_N, weight, size) for weight in ((most_N > 0).astype(float), most_N, mutual_N)
    )
    overall = mutual_N.sum() / max(most_N.sum(), 1)
    few_K = nodes_K < MIN_NODES
    pooled = mutual_K[few_K].sum() / most_K[few_K].sum() if most_K[few_K].sum() else overall
    share_K = np.where(few_K, pooled, mutual_K / np.maximum(most_K, 1))
    chance_N = share_K[key_N]
    several_N = most_N > 1
    noise_N = most_N * chance_N * (1 - chance_N)
    extra = ((mutual_N - most_N * chance_N) ** 2 - noise_N)[several_N].sum()
    within = float(np.clip(extra / max((noise_N * (most_N - 1))[several_N].sum(), 1e-9), 0, 0.99))
    return share_K.reshape(CLASSES, CLASSES), within


def draw_mutual(
    out_N: np.ndarray, in_N: np.ndarray, share_KK: np.ndarray, within: float, rng: np.random.Generator
) -> np.ndarray:
    """Mutual ties of new nodes; an even number in all, as near to what is expected as their bounds allow."""
    most_N = np.minimum(out_N, in_N).astype(np.int64)
    chance_N = share_KK[_class(out_N), _class(in_N)]
    target = round(float((most_N * chance_N).sum()) / 2) * 2
    if within > 1e-6:
        scale = (1 - within) / within
        inner = (chance_N > 0) & (chance_N < 1)
        drawn = rng.beta(np.where(inner, chance_N, 0.5) * scale, np.where(inner, 1 - chance_N, 0.5) * scale)
        chance_N = np.where(inner, drawn, chance_N)
    mutual_N: np.ndarray = rng.binomial(most_N, chance_N)
    while (missing := target - int(mutual_N.sum())) != 0:
        room_N = most_N - mutual_N if missing > 0 else mutual_N
        ends = rng.permutation(np.repeat(np.arange(len(room_N)), np.minimum(room_N, abs(missing))))[: abs(missing)]
        step_N = np.bincount(ends, minlength=len(room_N))
        if not step_N.any():
            break
        mutual_N = mutual_N + (step_N if missing > 0 else -step_N)
    if mutual_N.sum() % 2:
        mutual_N[int(mutual_N.argmax())] -= 1
    return mutual_N
