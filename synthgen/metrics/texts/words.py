"""Which words are written, and which after which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from itertools import pairwise

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.texts.base import TextView, variation

FEW = 5
"""Of the users who learned-from texts come from: a word of fewer is one of the rare ones, which count as one."""


class WordLaw:
    """Total variation between the shares of words and marks; rare words count as one."""

    name = "text_words"
    title = "Words"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        known = common(train)
        laws = [_single(view, known) for view in (train, holdout, synthetic)]
        rare = [law[""] / max(sum(law.values()), 1) for law in laws]
        return Result(
            self.name,
            self.title,
            variation(laws[2], laws[1]),
            self.direction,
            floor=variation(laws[0], laws[1]),
            sentence=f"total variation over {len(known):,} words that {FEW} users wrote, and the others as one",
            details={"rare": dict(zip(("train", "holdout", "synthetic"), rare, strict=True))},
        )


class PairLaw:
    """Total variation between the shares of neighbouring words and marks; rare words count as one."""

    name = "text_pairs"
    title = "Pairs of words"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        known = common(train)
        laws = [_pairs(view, known) for view in (train, holdout, synthetic)]
        return Result(
            self.name,
            self.title,
            variation(laws[2], laws[1]),
            self.direction,
            floor=variation(laws[0], laws[1]),
            sentence="total variation over neighbouring words, begin and end among them",
        )


def common(view: TextView) -> set[str]:
    """Words and marks of enough users."""
    pairs = {(word, owner) for words, owner in zip(view.marked, view.owner_N.tolist(), strict=True) for word in words}
    holders = Counter(word for word, _ in pairs)
    return {word for word, many in holders.items() if many >= FEW}


def _single(view: TextView, known: set[str]) -> Counter[Hashable]:
    return Counter(word if word in known else "" for words in view.marked for word in words)


def _pairs(view: TextView, known: set[str]) -> Counter[Hashable]:
    found: Counter[Hashable] = Counter()
    for words in view.marked:
        seen = ["<", *(word if word in known else "" for word in words), ">"]
        found.update(pairwise(seen))
    return found
