"""Fill the missing cells of rows, and no other.

Letters: N rows, M rows that lack a cell, S slots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.image import ImagePath
from synthgen.columns.numeric import Numeric
from synthgen.errors import ConfigError, DataError, choose, near_miss
from synthgen.rows.deducing import deduced
from synthgen.rows.given import Given, encode
from synthgen.rows.known import Known, likeliest
from synthgen.seeding import derived_seed
from synthgen.table.table import Table, joined

How = Literal["draw", "likeliest"]
HOWS = ("draw", "likeliest")
Parts = Callable[[int, int, str], None]


def nobody(done: int, total: int, name: str) -> None:
    """Nobody is told how far it is."""


@dataclass(frozen=True)
class Filled:
    """One completion of a table.

    Attributes:
        given: the rows as they came.
        fills: by column, the numbers of the rows that lacked a cell, and what they get, in the given table's spelling;
            null where nothing can be said.
    """

    given: Given
    fills: dict[str, tuple[np.ndarray, pa.Array]]

    @property
    def cells(self) -> int:
        """How many cells were filled."""
        return sum(len(values) - values.null_count for _, values in self.fills.values())

    @property
    def left(self) -> list[str]:
        """Columns in which a cell had to stay missing."""
        return [name for name, (_, values) in self.fills.items() if values.null_count]

    def table(self) -> Table:
        """The rows with the fills in place."""
        return with_cells(self.given.table, self.fills)


def with_cells(table: Table, cells: dict[str, tuple[np.ndarray, pa.Array]]) -> Table:
    """A table with other cells in some rows."""
    arrow = table.arrow
    for name, (rows, values) in cells.items():
        at = arrow.column_names.index(name)
        mask = np.zeros(len(arrow), bool)
        mask[rows] = True
        column = pc.replace_with_mask(joined(arrow[name]), pa.array(mask), values)
        arrow = arrow.set_column(at, name, column)
    return replace(table, arrow=arrow)


def impute(
    given: Given,
    *,
    draws: int = 1,
    how: str = "draw",
    columns: Sequence[str] | None = None,
    seed: int = 0,
    parts: Parts = nobody,
) -> list[Filled]:
    """Fill missing cells.

    A missing cell is drawn from its law given all cells of the row that are there, and those of one row together; or
    it gets the likeliest value of that law: of a label the most probable one, of a number or a date the median. What
    other cells decide is not drawn: a column tied to one that is there, a term of a formula, a constant.

    Args:
        given: the rows.
        draws: how many completions, each drawn anew.
        how: ``draw`` or ``likeliest``.
        columns: of these alone; None: of all.
        seed: of every draw.
        parts: is told how far it is.

    Raises:
        ConfigError: ``how`` or ``draws`` are out of range.
        DataError: no such column.
    """
    choose("how", how, HOWS)
    if draws < 1 or (draws > 1 and how == "likeliest"):
        expected = "1 with how='likeliest', which has no chance in it" if how == "likeliest" else "at least 1"
        raise ConfigError(f"draws: {draws}; expected {expected}")
    lacking = _lacking(given, columns)
    rows_M = np.unique(np.concatenate([np.zeros(0, np.int64), *lacking.values()]))
    if not len(rows_M):
        return [
            Filled(given, {name: (rows, joined(given.table.arrow[name])[:0]) for name, rows in lacking.items()})
        ] * draws
    known = given.known
    cells = given.cells.take(pa.array(rows_M))
    if how == "likeliest":
        made = [likeliest_cells(known, cells, seed, _start(given), parts)]
    else:
        made = drawn_cells(known, cells, draws, seed, _start(given), parts)
    return [_filled(given, table, rows_M, lacking) for table in made]


def drawn_cells(
    known: Known, cells: pa.Table, draws: int, seed: int, start: int, parts: Parts = nobody
) -> list[pa.Table]:
    """Cells in the training table's spelling with the missing ones drawn, so many times.

    Args:
        known: the model.
        cells: its columns.
        draws: how many tables.
        seed: of every draw.
        start: made-up values are numbered from there.
        parts: is told how far it is.
    """
    cells, made = deduced(known.codec, cells), []
    tokens_NS, given_NS = encode(known, cells, derived_seed(seed, "encode"))
    for draw in range(draws):
        parts(draw, draws, f"draw {draw + 1}")
        own = derived_seed(seed, "draw", draw)
        drawn_NS = known.model.complete(tokens_NS, given_NS, own) if tokens_NS.shape[1] else tokens_NS
        made.append(known.codec.decode(drawn_NS, derived_seed(own, "decode"), start, known=cells))
    parts(draws, draws, "")
    return made


def likeliest_cells(known: Known, cells: pa.Table, seed: int, start: int, parts: Parts = nobody) -> pa.Table:
    """The same with the likeliest values, each by itself, in place of draws."""
    cells = deduced(known.codec, cells)
    tokens_NS, given_NS = encode(known, cells, derived_seed(seed, "encode"))
    found_NS = tokens_NS.astype(np.int32)
    wanted = [name for name, slots in known.slots_of.items() if not given_NS[:, slots[0]].all()]
    for done, name in enumerate(wanted):
        parts(done, len(wanted), name)
        slots, kind = np.array(known.slots_of[name]), known.codec.modelled[name].type
        lacks_N = ~given_NS[:, slots[0]]
        path, _, place = likeliest(known, name, tokens_NS[lacks_N], given_NS[lacks_N])
        found_NS[np.ix_(lacks_N, slots)] = path
        if isinstance(kind, Numeric):
            values = kind.written_at(kind.leaf_of(path), place, place)
            at = cells.column_names.index(name)
            cells = cells.set_column(at, name, pc.replace_with_mask(joined(cells[name]), pa.array(lacks_N), values))
    parts(len(wanted), len(wanted), "")
    return known.codec.decode(found_NS, derived_seed(seed, "decode"), start, known=cells)


def _lacking(given: Given, columns: Sequence[str] | None) -> dict[str, np.ndarray]:
    """Rows that lack a cell of a column that is asked for."""
    names = list(given.columns)
    for name in columns or ():
        if name not in names:
            raise DataError(f"columns: no column {name!r} that the model knows; {near_miss(name, names)}")
    asked = names if columns is None else [name for name in names if name in set(columns)]
    return {name: np.flatnonzero(np.asarray(given.columns[name].given.is_null())) for name in asked}


def _start(given: Given) -> int:
    """Made-up values are numbered: past those that a table of the training rows' number would get."""
    return max(given.known.rows, len(given))


def _filled(given: Given, made: pa.Table, rows_M: np.ndarray, lacking: dict[str, np.ndarray]) -> Filled:
    fills: dict[str, tuple[np.ndarray, Any]] = {}
    for name, rows in lacking.items():
        kind = given.known.codec.modelled.get(name)
        values = joined(made[name]).take(pa.array(np.searchsorted(rows_M, rows)))
        if kind is not None and isinstance(kind.type, ImagePath):  # a path to a picture that is not there
            values = pa.nulls(len(rows), values.type)
        fills[name] = (rows, given.columns[name].back(values, given.decimal))
    return Filled(given, fills)
