"""The ceiling of every comparison: training rows again, drawn with replacement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa

from synthgen.seeding import numpy_stream
from synthgen.synthesizers.base import DECODE_ROWS, Account, Job, UnsavedModel


class Resample(UnsavedModel):
    """Hands out the rows it was given. As faithful and as little private as a table can be."""

    name: ClassVar[str] = "resample"
    title: ClassVar[str] = "training rows again"
    exposes: ClassVar[str] = "hands out the training rows"
    unsaved: ClassVar[str] = "holds the training rows, and no run folder may"
    makes_rows: ClassVar[bool] = False
    private: ClassVar[bool] = False
    table: pa.Table

    def fit(self, job: Job) -> Account:
        self.table = job.table.arrow
        return Account()

    def chunks(self, n: int, seed: int) -> Iterator[pa.Table]:
        for start in range(0, max(n, 1), DECODE_ROWS):
            drawn = numpy_stream(seed, "resample", start).integers(len(self.table), size=min(DECODE_ROWS, n - start))
            yield self.table.take(pa.array(drawn))
