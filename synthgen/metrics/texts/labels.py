"""Whether texts and labels agree: a reader that learned from synthetic texts reads real ones."""

from __future__ import annotations

from collections import Counter

import numpy as np
from sklearn.metrics import accuracy_score, f1_score

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.texts.base import TextView, missing
from synthgen.metrics.texts.reading import Reader


class LabelFromText:
    """Macro F1 of a reader trained on synthetic texts, on held-out real ones; the floor: trained on real ones.

    Args:
        label: the label that is read; None: the first that all views have.
    """

    name = "text_label"
    title = "Label read from the text"
    direction: Direction = "higher"

    def __init__(self, label: str | None = None) -> None:
        self._label = label

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        names = [name for name in train.labels if name in holdout.labels and name in synthetic.labels]
        name = self._label or next(iter(names), None)
        if name not in names:
            return missing(self, "the texts have no label in common")
        asked = holdout.labels[name].astype(str)
        if any(len(set(view.labels[name].astype(str))) < 2 for view in (train, synthetic)):
            return missing(self, f"the label {name!r} has one value alone")
        most = Counter(train.labels[name].astype(str)).most_common(1)[0][0]
        answers = {
            "synthetic": Reader([synthetic], synthetic.labels[name].astype(str)).labels(holdout),
            "real": Reader([train], train.labels[name].astype(str)).labels(holdout),
            "majority": np.full(len(asked), most),
        }
        f1 = {kind: float(f1_score(asked, told, average="macro", zero_division=0)) for kind, told in answers.items()}
        return Result(
            self.name,
            self.title,
            f1["synthetic"],
            self.direction,
            floor=f1["real"],
            unit="score",
            sentence=f"macro F1 for {name!r} on {len(asked):,} held-out real texts, bag of words and pairs",
            details={
                "macro_f1": f1,
                "accuracy": {kind: float(accuracy_score(asked, told)) for kind, told in answers.items()},
            },
        )
