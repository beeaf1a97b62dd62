"""Paths of picture files: no token; each row gets a new picture, made to fit the rest of the row, and its path.

The values are only counted here. The pictures are learned and drawn by ``synthesizers/picture_columns.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from synthgen.columns.base import ColumnType, FitContext, Match, Measure, RejectColumn, Sample, Slot
from synthgen.columns.physical import named_type, type_name
from synthgen.errors import DataError
from synthgen.pictures.base import FEWEST
from synthgen.pictures.files import is_picture_file

PLACE = "pictures"
"""The folder in a made-up path, until a table is written and its pictures get a folder beside it."""
_LOOKED_FOR = 50
"""Files that must be there for a column to be one of pictures; fitting needs them all."""


class ImagePath(ColumnType):
    """Files beside the table, PNG or JPEG, each named by a path relative to it. Made-up paths are numbered."""

    name: ClassVar[str] = "image"
    measure: ClassVar[Measure] = "text"  # nothing to compare: the paths are ours, and pictures have no figure here
    unasked: ClassVar[str] = "its pictures and their paths are made up anew for each row"

    def __init__(self, physical: pa.DataType) -> None:
        self._physical = physical

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        values, _ = sample.distinct
        if not sample.is_text or sample.folder is None or len(values) < FEWEST:
            raise RejectColumn("no paths of enough files")
        paths: list[str] = values.to_pylist()
        if not all(map(is_picture_file, paths)):
            raise RejectColumn("not all end like a picture")
        if not all((Path(sample.folder) / path).is_file() for path in paths[:_LOOKED_FOR]):
            raise RejectColumn("the files are not there")
        return Match(0.99, f"paths of pictures beside the table, {len(values):,} different")

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            raise DataError(f"values of type {values.type} are no paths of pictures; expected text")
        return cls(values.type)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return ()

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        return np.empty((len(values), 0), dtype=np.int32)

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        return pa.array([picture_path(PLACE, start + i) for i in range(len(tokens))], self._physical)

    def state(self) -> dict[str, Any]:
        return {"physical": type_name(self._physical)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(named_type(state["physical"]))

    def describe(self) -> str:
        return "pictures made to fit the row"


def picture_path(folder: str, row: int) -> str:
    """The path of a row's picture.

    Example:
        >>> picture_path("pictures", 0)
        'pictures/000001.png'
    """
    return f"{folder}/{row + 1:06d}.png"
