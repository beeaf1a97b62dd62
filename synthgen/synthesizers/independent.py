"""The floor of every comparison: each column on its own, so that nothing goes together.

Letters: N rows, S slots, U different paths of a column.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from synthgen.layout import Layout
from synthgen.seeding import numpy_stream
from synthgen.synthesizers.base import Account, Job, TokenModel


class Independent(TokenModel):
    """Draws the cells of each column by their shares in the table, whatever the other columns hold."""

    name: ClassVar[str] = "independent"
    title: ClassVar[str] = "columns on their own"
    exposes: ClassVar[str] = "draws cells by their exact counts, also those of a single person"
    paths: dict[str, np.ndarray]

    def __init__(self) -> None:
        self.paths = {}

    def learn(self, tokens_NS: np.ndarray, layout: Layout, job: Job) -> Account:
        for column, slots in layout.paths.items():
            paths, counts = np.unique(tokens_NS[:, slots], axis=0, return_counts=True)
            self.paths[f"paths.{column}"] = paths.astype(np.int32)
            self.paths[f"counts.{column}"] = counts.astype(np.int64)
        return Account({"rows": len(tokens_NS)})

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        layout = self.codec.layout()
        tokens = np.zeros((rows, len(layout.slots)), np.int32)
        for column, slots in layout.paths.items():
            counts = self.paths[f"counts.{column}"]
            uniform = numpy_stream(seed, "independent", column, start).random(rows)
            drawn = np.searchsorted(np.cumsum(counts), uniform * counts.sum(), side="right")
            tokens[:, slots] = self.paths[f"paths.{column}"][drawn]
        return tokens

    def weights(self) -> dict[str, np.ndarray]:
        return dict(self.paths)

    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        self.paths = dict(weights)
