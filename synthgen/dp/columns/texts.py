"""Identifiers and free text: values are made up in the look that most real ones have; the real ones are never read.

Letters: N cells, D different values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import is_text
from synthgen.dp.columns.base import Kind
from synthgen.dp.columns.looks import LOOKS, made_up
from synthgen.dp.columns.noisy import runs
from synthgen.dp.columns.shapes import Shapes, example, published_shapes

if TYPE_CHECKING:
    from synthgen.dp.columns.cells import Cells, Meter

LENGTHS = np.array([*range(1, 17), 18, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 224, 320, 512, 1024])
"""Characters: each text counts as the first of these that it does not exceed."""

_CELLS = len(LOOKS) * len(LENGTHS)
_TAILS = 1_000_000
_COVERS_MOST = 0.5
"""Texts outside a vocabulary that covers more than this are rare values; outside a smaller one they are made up."""


@dataclass(frozen=True)
class TextKind(Kind):
    """Texts by look and length.

    Attributes:
        physical: the Arrow type.
        cell_B: which look and length each bin is.
        shapes: what many texts share, and how often.
    """

    name: ClassVar[str] = "text"
    vocabulary_share: ClassVar[float] = 0.65
    vocabulary_delta: ClassVar[float] = 0.6
    listed: ClassVar[bool] = True
    ordered: ClassVar[bool] = False
    physical: pa.DataType
    cell_B: np.ndarray
    shapes: Shapes

    @classmethod
    def takes(cls, physical: pa.DataType) -> bool:
        return is_text(physical)

    @classmethod
    def reads(cls, cells: Cells) -> np.ndarray:
        return np.full(len(cells.distinct), cls.takes(cells.distinct.type))

    @classmethod
    def of(cls, cells: Cells, options: dict[str, Any], meter: Meter) -> TextKind:
        return cls(cells.distinct.type, np.zeros(0, np.int64), Shapes((), np.zeros(0)))

    def with_bins(
        self, cells: Cells, where_D: np.ndarray, vocabulary: pa.Array, options: dict[str, Any], meter: Meter
    ) -> TextKind:
        published = np.asarray(pc.is_in(cells.distinct, value_set=vocabulary))
        cell_D = np.where(published, _CELLS, where_D.astype(np.int64))
        looked = meter.vote(cells.histogram(cell_D, _CELLS + 1), "looks of texts", 0.005, 0.1)
        looks, covered = looked.counts[:-1], looked.counts[-1]
        found = runs(looks, looked.sd)
        if not found and not len(vocabulary):
            found = [(int(np.argmax(looks)), int(np.argmax(looks)) + 1)]
        if covered > _COVERS_MOST * (covered + sum(looks[a:b].sum() for a, b in found)):
            return self
        cell_B = np.concatenate([np.zeros(0, np.int64), *(np.arange(a, b) for a, b in found)])
        return replace(self, cell_B=cell_B, shapes=published_shapes(cells, published, meter))

    @property
    def size(self) -> int:
        return len(self.cell_B)

    def where(self, distinct: pa.Array) -> np.ndarray:
        return _cell(distinct).astype(float)

    @property
    def middles(self) -> np.ndarray:
        return self.cell_B.astype(float)

    def bins(self, where_D: np.ndarray) -> np.ndarray:
        bins = np.full(_CELLS, -1)
        bins[self.cell_B] = np.arange(self.size)
        return bins[where_D.astype(np.int64)]

    def fill(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        look, bucket = np.divmod(self.cell_B[bin_N], len(LENGTHS))
        shortest = np.append(0, LENGTHS[:-1])[bucket] + 1
        length = shortest + (rng.random(len(bin_N)) * (LENGTHS[bucket] - shortest + 1)).astype(np.int64)
        texts = np.empty(len(bin_N), object)
        for each in np.unique(look).tolist():
            here = np.flatnonzero(look == each)
            texts[here] = made_up(LOOKS[each][0], length[here], rng)
        if self.shapes.patterns:
            shape_cells = _cell(pa.array([example(pattern) for pattern in self.shapes.patterns]))
            for cell in np.intersect1d(shape_cells, self.cell_B[bin_N]).tolist():
                here, those = np.flatnonzero(self.cell_B[bin_N] == cell), np.flatnonzero(shape_cells == cell)
                texts[here] = self.shapes.make(those, len(here), rng)
        return pa.array(texts, self.physical)

    def fill_unlike(self, bin_N: np.ndarray, rng: np.random.Generator) -> pa.Array:
        seen: set[str] = set()
        texts = self.fill(bin_N, rng).to_pylist()
        tails = rng.integers(_TAILS, size=len(texts)).tolist()
        for number, text in enumerate(texts):
            while text in seen:  # a longer one, which no other row has
                text, tails[number] = f"{texts[number]}{tails[number]}", tails[number] + 1
            seen.add(text)
            texts[number] = text
        return pa.array(texts, self.physical)


def _cell(distinct: pa.Array) -> np.ndarray:
    """``(D,)`` look and length of each text, by itself."""
    look = np.full(len(distinct), len(LOOKS) - 1)
    for number in range(len(LOOKS) - 2, -1, -1):
        look[np.asarray(pc.match_substring_regex(distinct, LOOKS[number][1]))] = number
    length = np.asarray(pc.utf8_length(distinct)).astype(np.int64)
    bucket = np.minimum(np.searchsorted(LENGTHS, length), len(LENGTHS) - 1)
    return look * len(LENGTHS) + bucket
