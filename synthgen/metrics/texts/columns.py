"""Texts in a column of a table: the metrics of texts, as metrics of tables.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from synthgen.metrics.base import Direction, Group, Result, not_applicable
from synthgen.metrics.texts.base import TextMetric, TextView
from synthgen.metrics.view import View

FEWEST = 100
"""Texts on each side, to say something."""
MOST, MOST_LEARNED = 3_000, 20_000
"""Texts of a side that are read; of those that were learned from more, where copies of them are looked for."""
MOST_LABELS = 10


def evenly(many: int, most: int) -> np.ndarray:
    """At most so many places, at even distances.

    Example:
        >>> evenly(10, 3).tolist()
        [0, 4, 9]
    """
    return np.arange(many) if many <= most else np.round(np.linspace(0, many - 1, most)).astype(np.int64)


def text_view(
    cells: pa.ChunkedArray | pa.Array,
    labels: dict[str, np.ndarray],
    owners: Sequence[object] | None = None,
    most: int = MOST,
) -> TextView:
    """The texts of a column, empty and missing ones left out.

    Args:
        cells: ``(N,)``.
        labels: ``(N,)`` by column.
        owners: ``(N,)`` who wrote each; None: each is a user's only one.
        most: texts that are read.
    """
    texts = cells.to_pylist()
    there_N = np.array([n for n, text in enumerate(texts) if text and str(text).strip()], np.int64)
    there_N = there_N[evenly(len(there_N), most)]
    whose = None if owners is None else [owners[n] for n in there_N.tolist()]
    return TextView([str(texts[n]) for n in there_N.tolist()], {k: v[there_N] for k, v in labels.items()}, whose)


class OfColumns:
    """A metric of texts on every column of free text; the mean over columns.

    Args:
        metric: of texts.
        group: the question that it helps to answer.
    """

    def __init__(self, metric: TextMetric, group: Group) -> None:
        self._metric, self.group = metric, group
        self.name, self.title = metric.name, metric.title
        self.direction: Direction = metric.direction

    def compute(self, train: View, holdout: View, synthetic: View, rng: np.random.Generator) -> Result:
        found: dict[str, Result] = {}
        for name, measure in train.measures.items():
            if measure == "text":
                real, unseen, made = (self._view(view, name) for view in (train, holdout, synthetic))
                if min(len(view.texts) for view in (real, unseen, made)) >= FEWEST:
                    result = self._metric.compute(real, unseen, made, rng)
                    found |= {name: result} if result.value is not None else {}
        if not found:
            return not_applicable(self, f"no column has {FEWEST} texts and more in each of the tables")
        first = next(iter(found.values()))
        chances = [result.details["p"] for result in found.values() if "p" in result.details]
        return Result(
            self.name,
            self.title,
            float(np.mean([result.value for result in found.values()])),
            self.direction,
            floor=float(np.mean([result.floor for result in found.values() if result.floor is not None])),
            unit=first.unit,
            sentence=first.sentence if len(found) == 1 else f"{first.sentence}; mean of {len(found)} columns",
            details={
                "columns": {name: {"value": result.value, "floor": result.floor} for name, result in found.items()},
                **({"p": min(1.0, len(chances) * min(chances))} if chances else {}),
            },
        )

    def _view(self, view: View, name: str) -> TextView:
        most = MOST_LEARNED if self.group == "privacy" else MOST
        key = f"texts {name} {most}"
        if key not in view.memo:
            labels = [n for n in view.labels if view.sizes[n] <= MOST_LABELS]
            labels.sort(key=lambda label: label != view.target)
            view.memo[key] = text_view(view.others[name], {n: view.labels[n] for n in labels}, most=most)
        found: TextView = view.memo[key]
        return found
