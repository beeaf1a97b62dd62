"""Real linked tables while figures are released.

Letters: N rows of a table, O rows of the owner's table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from synthgen.linked.calendar import Calendar
from synthgen.linked.private.catalogue import Catalogue
from synthgen.linked.private.frames import Frame, Ties
from synthgen.linked.private.people import Holdings, People
from synthgen.linked.private.times import Course, Window, declared_calendar
from synthgen.linked.schema import LinkedSchema


@dataclass
class Real:
    """Real tables while figures are released. Nothing of it outlasts that.

    Attributes:
        schema: what links them.
        people: whose they are.
        holdings: the rows.
        catalogues: public tables that rows refer to.
        most: by table, rows of a person that are looked at.
        kept: by table which rows these are.
        frames: by table all rows, as they are released.
        tokens: by table those of released columns, of all rows.
        courses: by table when its rows are.
        windows: by table in which time.
        begins: by table the owner's column of times before which no row is.
        zones: by table what stands behind its times.
        sizes: by table how many tokens released columns have.
        ordered: by table the released columns whose neighbouring tokens hold neighbouring values.
    """

    schema: LinkedSchema
    people: People
    holdings: Holdings
    catalogues: dict[str, Catalogue]
    most: dict[str, int] = field(default_factory=dict)
    kept: dict[str, np.ndarray] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    tokens: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    begins: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    ordered: dict[str, set[str]] = field(default_factory=dict)

    def timed(self, name: str) -> str | None:
        """The column that orders the rows of each owner; None: none does."""
        return self.schema.tables[name].time if name in self.people.up else None

    def calendar(self, name: str, column: str, zone: str | None = None) -> Calendar:
        """How a column of times is written."""
        line = self.schema.tables[name].columns.column(column)
        kind = self.holdings.tables[name].column(column).type
        return declared_calendar(kind, line.options, zone, f"{name}.{column}")

    def seconds(self, name: str, column: str) -> np.ndarray:
        """``(N,)`` a column of times; nan where there is none."""
        second_N, there_N = self.calendar(name, column).seconds(self.holdings.tables[name].column(column))
        return np.where(there_N, second_N, np.nan).astype(np.float64)

    def ties(self, name: str) -> Ties:
        """What its rows refer to beside their owner."""
        return Ties.of(self.schema, name, self.people.up.get(name), (self.people.unit, *self.people.order))


def since(real: Real, child: str, second_O: np.ndarray | None, owners: int) -> np.ndarray:
    """``(O,)`` where owners begin: at a moment of theirs, else where all begin."""
    start = float(real.windows[child].start)
    if second_O is None:
        return np.full(owners, start)
    return np.where(np.isnan(second_O), start, second_O)
