"""Rows that the user asks about: read, brought to the training table's spelling, encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.errors import ConfigError, DataError, near_miss
from synthgen.inspecting.subject import Subject
from synthgen.metrics.alignment import align
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.table.files import read_table
from synthgen.table.table import Table

MOST_TOKENS, FEWEST_ROWS = 2_000_000, 1_000
"""Tokens of a file that are looked at, some ten seconds on one core: 80,000 rows of 25 slots."""
READING = ("missing", "delimiter", "encoding", "decimal")


@dataclass(frozen=True)
class Given:
    """Rows that the user asks about.

    Attributes:
        tokens_NS: encoded.
        name: of the file.
        notes: how they were read, sentences.
    """

    tokens_NS: np.ndarray
    name: str
    notes: list[str]


def given_rows(fitted: Synthesizer, subject: Subject | None, rows: Any, reading: Mapping[str, Any]) -> Given:
    """Read rows.

    Raises:
        ConfigError: the model cannot score rows.
        DataError: they cannot be read, or lack a column.
    """
    name = fitted.model_.name
    if subject is None or (subject.score is None and subject.model.surprise(subject.drawn_NS[:0]) is None):
        raise ConfigError(
            f"rows: model {name!r} of this run has neither a critic nor a likelihood of single cells, so it cannot "
            "score rows; fit with --model gan, or leave --rows out"
        )
    if isinstance(rows, (str, PathLike)):
        options: dict[str, Any] = {key: reading.get(key) or fitted.config_.get(key) for key in READING}
        table = read_table(Path(rows), **options)
        shown = Path(rows).name
    else:
        table, shown = Table.from_any(rows, "the rows"), "the rows"
    wanted = subject.model.codec.names
    lacking = [column for column in wanted if column not in table.names]
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise DataError(
            f"{shown}: lacks column {lacking[0]!r}{more} of the training table; all of its columns are needed to score "
            f"a row. For {lacking[0]!r}: {near_miss(lacking[0], table.names)}"
        )
    most = max(FEWEST_ROWS, MOST_TOKENS // len(subject.layout.slots))
    like = subject.model.codec.decode(subject.drawn_NS, subject.seed)
    decimals = (fitted.origin_.dialect.decimal, ".", table.origin.dialect.decimal)
    spelled = align(
        like, pa.table({}), table.arrow.select(wanted).slice(0, most), fitted.schema_,
        ("the training table", "", shown), decimals,
    )  # fmt: skip
    notes = [f"The first {most:,} of {len(table):,} rows were looked at."] if len(table) > most else []
    return Given(subject.model.codec.encode(spelled.tables[2], subject.seed), shown, [*notes, *spelled.notes])
