"""How many ends nodes have, by community and label: enough to make nodes where no table of nodes is modelled.

Degrees up to 8 stand for themselves, larger ones for a stretch of half a power of two, drawn around the stretch's mean.

Letters: N nodes, D stretches of degrees, K communities, L labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_NODES = 5
"""What fewer nodes have, is drawn from the law of more of them."""
EXACT = 8
STRETCHES = np.unique(np.r_[np.arange(EXACT + 1), np.ceil(EXACT * 2 ** (np.arange(1, 41) / 2))].astype(np.int64))
"""Lower ends; the last is beyond eight millions."""


@dataclass(frozen=True)
class SlotLaw:
    """Chances, one drawn after the other.

    Attributes:
        community_K: of communities.
        label_KL: of labels given the community.
        out_GD: of stretches of the out-degree given the label and the community, ``(L * K, D)``.
        in_DD: of stretches of the in-degree given that of the out-degree.
        mean_2D: mean out- and in-degree in each stretch.
    """

    community_K: np.ndarray
    label_KL: np.ndarray
    out_GD: np.ndarray
    in_DD: np.ndarray
    mean_2D: np.ndarray

    @classmethod
    def fit(cls, block_N: np.ndarray, label_N: np.ndarray, out_N: np.ndarray, in_N: np.ndarray) -> SlotLaw:
        """Shares of nodes; what fewer than ``MIN_NODES`` have follows the law of all."""
        stretches = [_merged(_stretch(degree_N)) for degree_N in (out_N, in_N)]
        n_blocks, n_labels, n_stretches = int(block_N.max()) + 1, int(label_N.max()) + 1, len(STRETCHES)
        mean_2D = np.stack([_means(of_N, degree_N) for of_N, degree_N in zip(stretches, (out_N, in_N), strict=True)])
        all_D = np.bincount(stretches[0], minlength=n_stretches) / len(block_N)
        by_label = _given(label_N, stretches[0], (n_labels, n_stretches), all_D[None, :])
        group_N = label_N * n_blocks + block_N
        return cls(
            np.bincount(block_N, minlength=n_blocks) / len(block_N),
            _given(
                block_N, label_N, (n_blocks, n_labels), np.bincount(label_N, minlength=n_labels)[None, :] / len(block_N)
            ),
            _given(group_N, stretches[0], (n_labels * n_blocks, n_stretches), np.repeat(by_label, n_blocks, 0)),
            _given(stretches[0], stretches[1], (n_stretches, n_stretches), _near(stretches[0], stretches[1])),
            mean_2D,
        )

    def draw(self, n_nodes: int, directed: bool, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Communities, labels, out- and in-degrees of new nodes; in is out where undirected."""
        block_N = _draw(np.repeat(self.community_K[None, :], n_nodes, 0), rng)
        label_N = _draw(self.label_KL[block_N], rng)
        out_N = _draw(self.out_GD[label_N * len(self.community_K) + block_N], rng)
        in_N = _draw(self.in_DD[out_N], rng) if directed else out_N
        degrees = [self._within(of_N, self.mean_2D[side], rng) for side, of_N in enumerate((out_N, in_N))]
        return block_N, label_N, degrees[0], degrees[1] if directed else degrees[0]

    def _within(self, stretch_N: np.ndarray, mean_D: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        low_N = STRETCHES[stretch_N]
        excess_N = np.maximum(mean_D[stretch_N] - low_N, 0)
        width_N = np.append(STRETCHES[1:], STRETCHES[-1] * 2)[stretch_N] - low_N
        top_N = stretch_N == int(np.flatnonzero(mean_D > 0).max(initial=0))
        even_N = np.floor(rng.random(len(low_N)) * np.minimum(2 * excess_N + 1, np.maximum(width_N, 1)))
        tail_N = np.floor(rng.exponential(np.maximum(excess_N, 1e-9)))
        degree_N: np.ndarray = (low_N + np.where(top_N, tail_N, even_N)).astype(np.int64)
        return degree_N


def _stretch(degree_N: np.ndarray) -> np.ndarray:
    return np.searchsorted(STRETCHES, degree_N, side="right") - 1


def _merged(stretch_N: np.ndarray) -> np.ndarray:
    """Stretches that fewer than ``MIN_NODES`` nodes have join the next lower one."""
    stretch_N = stretch_N.copy()
    for one in range(len(STRETCHES) - 1, 0, -1):
        held_N = stretch_N == one
        if 0 < held_N.sum() < MIN_NODES:
            stretch_N[held_N] = one - 1
    return stretch_N


def _means(stretch_N: np.ndarray, degree_N: np.ndarray) -> np.ndarray:
    held_D = np.bincount(stretch_N, minlength=len(STRETCHES))
    total_D = np.bincount(stretch_N, degree_N, len(STRETCHES))
    means: np.ndarray = total_D / np.maximum(held_D, 1)
    return means


def _given(of_N: np.ndarray, what_N: np.ndarray, shape: tuple[int, int], parent: np.ndarray) -> np.ndarray:
    """Chances of one given the other; the share that rare combinations have is spread as in ``parent``."""
    counts = np.bincount(of_N * shape[1] + what_N, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    common = np.where(counts >= MIN_NODES, counts, 0)
    total = np.maximum(counts.sum(1, keepdims=True), 1)
    rest = np.where(counts.sum(1, keepdims=True) > 0, 1 - common.sum(1, keepdims=True) / total, 1)
    law: np.ndarray = common / total + rest * parent
    law /= law.sum(1, keepdims=True)
    return law


def _near(out_N: np.ndarray, in_N: np.ndarray) -> np.ndarray:
    """Chances of in-degrees from nodes of like out-degree: a window of three stretches to each side."""
    n = len(STRETCHES)
    law = np.empty((n, n))
    for one in range(n):
        near_N = np.abs(out_N - one) <= 3
        chosen = in_N[near_N] if near_N.sum() >= 4 * MIN_NODES else in_N
        law[one] = np.bincount(chosen, minlength=n) / len(chosen)
    return law


def _draw(chance_NV: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    reach_NV = np.cumsum(chance_NV, 1)
    below_NV = reach_NV < rng.random(len(reach_NV))[:, None] * reach_NV[:, -1:]
    drawn_N: np.ndarray = np.minimum(below_NV.sum(1), chance_NV.shape[1] - 1)
    return drawn_N
