"""Whether a reader can tell made texts from real ones."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.texts.base import TextView, missing
from synthgen.metrics.texts.reading import Reader

FEWEST = 100


class TextDetector:
    """AUC of a reader of words and pairs between made and held-out real texts; it learns from one half of them."""

    name = "text_detector"
    title = "Detector of made texts"
    direction: Direction = "half"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        many = min(len(train.texts), len(holdout.texts), len(synthetic.texts))
        if many < FEWEST:
            return missing(self, f"fewer than {FEWEST} texts of a kind")
        return Result(
            self.name,
            self.title,
            _told(synthetic, holdout, many, rng),
            self.direction,
            floor=_told(train, holdout, many, rng),
            unit="score",
            sentence=f"AUC, {many:,} texts of each kind, words and neighbouring pairs",
        )


def _told(one: TextView, other: TextView, many: int, rng: np.random.Generator) -> float:
    views = [view.part(rng.permutation(len(view.texts))[:many]) for view in (one, other)]
    half = many // 2
    first = [view.part(np.arange(half)) for view in views]
    second = [view.part(np.arange(half, many)) for view in views]
    reader = Reader(first, np.repeat([1, 0], half))
    scores = np.concatenate([reader.scores(view) for view in second])
    return float(roc_auc_score(np.repeat([1, 0], many - half), scores))
