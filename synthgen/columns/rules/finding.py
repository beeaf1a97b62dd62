"""What all searches for rules share: what independence would give, and what counts as nearly.

A rule is proposed where every row keeps it although columns independent of one another would break it often;
where at least 99.9 % of the rows do, it is offered as nearly kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.seeding import numpy_stream
from synthgen.table.rules import Line, Nearly
from synthgen.table.schema import Schema
from synthgen.table.table import joined

FEWEST_ROWS = 100
"""With fewer rows a rule without exception is too easily an accident."""
NEARLY = 0.999
"""Share of the rows that keep a rule which is offered though some do not."""
FEWEST_BROKEN = 30
"""So many rows, or more, independent columns would break a rule in; it is broken in none."""
TIMES_FEWER = 20
"""A rule that is nearly kept is broken so many times less often than independent columns would."""
PROBE_ROWS = 20_000
"""A rule is tried on so many rows before it is tried on all."""


@dataclass
class Found:
    """What a search found.

    Attributes:
        rules: lines that every row keeps.
        nearly: lines that nearly every row keeps.
    """

    rules: list[Line] = field(default_factory=list)
    nearly: list[Nearly] = field(default_factory=list)

    def add(self, key: str, line: Line, broken: int, rows: int) -> None:
        """A rule, by how many of the rows break it."""
        if broken:
            self.offer(key, line, broken, rows)
        else:
            self.rules.append(line)

    def offer(self, key: str, line: Line, broken: int, rows: int) -> None:
        """A rule that is applied only once the user moves it."""
        share = float(np.floor((1 - broken / rows) * 1e6) / 1e6)
        self.nearly.append(
            Nearly.model_validate({"list": key, "rule": line.model_dump(), "share": share, "exceptions": broken})
        )


def says_something(broken: int, by_chance: int, rows: int) -> bool:
    """Whether a rule is kept by so many rows, and would be by chance broken in so many, that it is worth a line."""
    if rows < FEWEST_ROWS or broken > (1 - NEARLY) * rows:
        return False
    return by_chance >= max(FEWEST_BROKEN, TIMES_FEWER * broken)


def probe(n_rows: int, what: str) -> np.ndarray:
    """Numbers of the rows that are tried first."""
    rows = np.arange(n_rows)
    return rows if n_rows <= PROBE_ROWS else np.sort(numpy_stream(0, what).choice(rows, PROBE_ROWS, replace=False))


def codes_of(table: pa.Table, names: list[str]) -> dict[str, np.ndarray]:
    """``(N,)`` each cell's value as a number from 0; a missing cell is a value."""
    found = {}
    for name in names:
        coded = joined(table[name]).dictionary_encode(null_encoding="encode")
        found[name] = np.asarray(coded.indices).astype(np.int64)
    return found


def labels_in(table: pa.Table, schema: Schema, most_numbers: int) -> list[str]:
    """Columns of labels, and numbers of few different values; at least half of the rows repeat one."""
    names = []
    head = table.slice(0, PROBE_ROWS)
    for column in schema.columns:
        if column.type in ("boolean", "categorical", "numeric"):
            distinct = pc.count_distinct(head[column.name], mode="all").as_py()
            if 2 <= distinct <= head.num_rows / 2 and (column.type != "numeric" or distinct <= most_numbers):
                names.append(column.name)
    return names
