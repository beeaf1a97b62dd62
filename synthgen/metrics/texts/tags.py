"""Tags: how often each is written, and in what company."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from itertools import combinations

import numpy as np

from synthgen.metrics.base import Direction, Result
from synthgen.metrics.texts.base import TextView, missing, variation
from synthgen.metrics.texts.words import common


class TagLaw:
    """Total variation between the shares of texts with each tag, with a rare one, and with none."""

    name = "text_tags"
    title = "Tags"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        if not any(tags for view in (train, holdout) for tags in view.tags):
            return missing(self, "no text has a tag")
        known = common(train)
        laws = [_single(view, known) for view in (train, holdout, synthetic)]
        tagged = [float(np.mean([bool(tags) for tags in view.tags])) for view in (train, holdout, synthetic)]
        return Result(
            self.name,
            self.title,
            variation(laws[2], laws[1]),
            self.direction,
            floor=variation(laws[0], laws[1]),
            sentence="total variation over tags that enough users wrote, rare ones as one, and no tag at all",
            details={"tagged": dict(zip(("train", "holdout", "synthetic"), tagged, strict=True))},
        )


class TagCompany:
    """Total variation between the laws of which tag stands with which label, and which two tags in one text."""

    name = "text_tag_company"
    title = "Company of tags"
    direction: Direction = "lower"

    def compute(self, train: TextView, holdout: TextView, synthetic: TextView, rng: np.random.Generator) -> Result:
        known = common(train)
        laws = [_company(view, known) for view in (train, holdout, synthetic)]
        if not laws[0] or not laws[1]:
            return missing(self, "no tag stands with a label or with another tag")
        return Result(
            self.name,
            self.title,
            variation(laws[2], laws[1]),
            self.direction,
            floor=variation(laws[0], laws[1]),
            sentence=f"total variation over {len(laws[1]):,} tags with labels and pairs of tags",
        )


def _named(view: TextView, known: set[str]) -> list[list[str]]:
    return [sorted({tag if tag in known else "" for tag in tags}) for tags in view.tags]


def _single(view: TextView, known: set[str]) -> Counter[Hashable]:
    found: Counter[Hashable] = Counter()
    for tags in _named(view, known):
        found.update(tags or ["no tag"])
    return found


def _company(view: TextView, known: set[str]) -> Counter[Hashable]:
    found: Counter[Hashable] = Counter()
    for place, tags in enumerate(_named(view, known)):
        found.update((tag, name, str(values[place])) for tag in tags for name, values in view.labels.items())
        found.update(combinations(tags, 2))
    return found
