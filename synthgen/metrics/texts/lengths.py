"""Lengths of texts, in words and in characters."""

from __future__ import annotations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.texts.base import TextView


class LengthLaw:
    """The largest difference between the distribution functions of lengths, the mean over words and characters."""

    name = "text_lengths"
    title = "Lengths of texts"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        return Result(
            self.name,
            self.title,
            _distance(synthetic, holdout),
            self.direction,
            floor=_distance(train, holdout),
            sentence="Kolmogorov-Smirnov distance, mean over lengths in words and in characters",
            details={
                name: {"words": float(np.mean(_words(view))), "characters": float(np.mean(_characters(view)))}
                for name, view in (("holdout", holdout), ("synthetic", synthetic))
            },
        )


def _words(view: TextView) -> np.ndarray:
    return np.array([len(words) for words in view.words])


def _characters(view: TextView) -> np.ndarray:
    return np.array([len(text) for text in view.texts])


def _distance(one: TextView, other: TextView) -> float:
    return float(np.mean([_apart(law(one), law(other)) for law in (_words, _characters)]))


def _apart(x_N: np.ndarray, y_N: np.ndarray) -> float:
    every = np.union1d(x_N, y_N)
    below = [np.searchsorted(np.sort(values), every, side="right") / len(values) for values in (x_N, y_N)]
    return float(np.abs(below[0] - below[1]).max())
