"""All columns of a table, released under a privacy budget: rows to coarse tokens, and tokens back to made-up cells.

Every statistic here is a histogram in which each cell of a column counts once, so one row moves it by at most 1, and
one unit with at most m rows by at most m (L2). Column names, their order and physical types are public.

Letters: N rows, C columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgen.dp.columns import KINDS, PrivateColumn, UnitColumn
from synthgen.dp.columns.cells import Meter
from synthgen.dp.columns.learning import Resolution, learn, learn_unit
from synthgen.dp.columns.plain import carried, plain
from synthgen.dp.measuring import rows_told
from synthgen.errors import DataError
from synthgen.table.table import joined

if TYPE_CHECKING:
    from synthgen.dp.budget import Budget
    from synthgen.table.schema import Schema

SHARE = 0.3
"""Of the budget, for all that this module releases."""
_ROWS_SHARE = 0.002
_LEFT_FOR_PAIRS = 0.65
_FEWEST_TOKENS, _MOST_TOKENS = 6, 32


@dataclass(frozen=True)
class Releases:
    """What is known of a table without looking at it again.

    Attributes:
        columns: in the table's order.
        rows: noisy number of rows, at least 1, as all counts tell it together.
        schema: the Arrow schema.
        units: noisy number of units, at least 1; of rows, where each is one.
    """

    columns: tuple[PrivateColumn | UnitColumn, ...]
    rows: int
    schema: pa.Schema
    units: float

    @property
    def sizes(self) -> list[int]:
        """Tokens of each column."""
        return [column.size for column in self.columns]

    @property
    def one_way(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Noisy counts of each column's tokens and their standard deviations."""
        return [(column.one_way, column.one_way_sd) for column in self.columns]

    @property
    def ordered(self) -> list[bool]:
        """Of each column whether neighbouring tokens hold neighbouring values, as those of numbers and dates do."""
        kinds = [column.kind for column in self.columns]
        return [kind is not None and kind.ordered for kind in kinds]

    def encode(self, table: pa.Table) -> np.ndarray:
        """``(N, C)`` int32 tokens, each by its cell alone."""
        tokens = np.empty((table.num_rows, len(self.columns)), np.int32)
        for number, column in enumerate(self.columns):
            tokens[:, number] = column.encode(plain(joined(table.column(column.name))))
        return tokens

    def decode(self, tokens: np.ndarray, rng: np.random.Generator) -> pa.Table:
        """``(N, C)`` tokens to a table with the columns and physical types of the real one."""
        cells = [
            carried(column.decode(tokens[:, number], rng), self.schema.field(column.name).type)
            for number, column in enumerate(self.columns)
        ]
        return pa.table(cells, schema=self.schema)


def release_columns(
    table: pa.Table,
    *,
    budget: Budget,
    declared: Schema | None = None,
    m: int = 1,
    unit: str | None = None,
    share: float = SHARE,
    target: str | None = None,
    min_holders: int = 1,
) -> Releases:
    """Release every column of a table and its number of rows.

    Args:
        table: the real rows, of each unit at most m (``cut_rows``).
        budget: what noise comes from.
        declared: what is public of the columns: types, categories, ranges.
        m: rows of one unit at most; 1 where a row is the unit.
        unit: the column that says whose each row is, if there is one.
        share: of the budget, for all of this.
        target: the column that other columns are to predict, if there is one: it keeps finer tokens.
        min_holders: units that a published value needs, by its noisy count.

    Raises:
        PrivacyError: the budget has less left.
        DataError: a column has a type that cannot be released; it is named.
    """
    asked = budget.gaussian(np.array([float(table.num_rows)]), step="rows", share=_ROWS_SHARE, sensitivity=float(m))
    rows = max(1, round(float(asked[0][0])))
    units = None
    resolution = _resolution(rows, table.num_columns, budget.mu / m)
    each = (share - _ROWS_SHARE) / max(table.num_columns, 1)
    finer = Resolution(2 * resolution.tokens, 2 * resolution.labels)
    columns: list[PrivateColumn | UnitColumn] = []
    for name in table.column_names:
        options = _declared(declared, name)
        meter = Meter(budget, name, float(rows), m, each, 1.0 / max(table.num_columns, 1), min_holders)
        try:
            values = plain(joined(table.column(name)))
        except DataError as error:
            raise DataError(f"column {name!r}: {error}") from error
        if name == unit:
            columns.append(learn_unit(name, values, KINDS, options, meter))
            units = meter.units
        else:
            columns.append(learn(name, values, KINDS, options, meter, finer if name == target else resolution))
    schema = pa.schema([pa.field(part.name, part.type) for part in table.schema])
    told, _ = rows_told([asked, *((column.one_way, column.one_way_sd) for column in columns)])  # far less noise
    rows = max(1, round(told))
    return Releases(tuple(columns), rows, schema, max(units or float(rows), 1.0))


def _resolution(rows: int, columns: int, mu: float) -> Resolution:
    """Tokens so many that a cell of two columns' table holds about its noise, when each column is in two tables."""
    sd = 1 / (mu * np.sqrt(_LEFT_FOR_PAIRS / (2 * max(columns, 1))))
    tokens = int(np.clip(np.sqrt(rows / sd), _FEWEST_TOKENS, _MOST_TOKENS))
    return Resolution(tokens, 2 * tokens)


_KINDS = {"numeric": "number", "datetime": "date", "text": "text", "identifier": "text"}


def _declared(schema: Schema | None, name: str) -> dict[str, Any]:
    """What the schema says of a column, in the words of ``learn``."""
    if schema is None or name not in schema.names:
        return {}
    column = schema.column(name)
    ends = {
        key: getattr(line, key)
        for line in schema.ranges
        for key in ("low", "high", "attained")
        if line.column == name and getattr(line, key) is not None
    }
    return {**ends, **column.options, "kind": _KINDS.get(column.type)}
