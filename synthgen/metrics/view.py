"""Three tables as metrics see them: quantities as floats, labels as codes on one shared book, the rest as it is.

Letters: N rows.

Metrics go by what a column measures, never by its type, so a new column type is judged by being in the registry.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns import TYPES_BY_NAME
from synthgen.columns.base import Measure
from synthgen.columns.date_text import DAY, DateText, learn_format
from synthgen.columns.datetime import read_moments
from synthgen.columns.holders import holders, units_of
from synthgen.columns.number_text import is_text, parse_numbers
from synthgen.errors import DataError, near_miss
from synthgen.table.schema import ColumnSchema, Schema

LARGEST = 1e150
"""Quantities beyond are cut to it: sums of their squares would overflow."""
MISSING = "(missing)"
"""Stands for a missing cell where labels are named."""
LOOK_VALUES = 100_000
"""Different dates from which a format is learned when the schema names none."""


@dataclass(frozen=True)
class View:
    """One table.

    Attributes:
        n_rows: N.
        measures: what each column measures, in the table's order; dropped columns are left out.
        quantities: ``(N,)`` float64 by column, nan where missing; dates in days since 1970.
        labels: ``(N,)`` int32 codes by column; a missing cell has a code of its own.
        sizes: how many codes each label column has, over all three tables.
        others: cells of identifiers, texts, sets and positions, as they stand in the table.
        missing: ``(N,)`` True where the cell is missing, for columns with a missing cell in any of the tables.
        target: the column to predict.
        types: the schema's type of each column of ``measures``.
        min_holders: a label, bin or row of real data is named in a result only when so many rows hold it.
        books: the label of each code but the last, which stands for a missing cell.
        raw: the columns as they stand in the table; None for a part of it.
        schema: what the columns mean, and what ties them.
        task: ``detect`` where the target marks rows that are to be found, such as fake accounts.
        unit_N: ``(N,)`` whose each row is, a number for each person; None: each is somebody else's.
        derived: columns that follow from others, such as gaps of times: nothing bounds them.
        memo: what several metrics work out once.
    """

    n_rows: int
    measures: dict[str, Measure]
    quantities: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    sizes: dict[str, int]
    others: dict[str, pa.ChunkedArray]
    missing: dict[str, np.ndarray]
    target: str | None = None
    types: dict[str, str] = field(default_factory=dict)
    min_holders: int = 5
    books: dict[str, pa.Array] = field(default_factory=dict)
    raw: pa.Table | None = None
    schema: Schema | None = None
    task: str | None = None
    unit_N: np.ndarray | None = None
    derived: frozenset[str] = frozenset()
    memo: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def compared(self) -> list[str]:
        """Quantities and labels: the columns whose values can be compared, in the table's order."""
        return [name for name in self.measures if name in self.quantities or name in self.labels]

    def take(self, rows: np.ndarray) -> View:
        """The same of some rows."""
        return View(
            len(rows),
            self.measures,
            {name: values[rows] for name, values in self.quantities.items()},
            {name: codes[rows] for name, codes in self.labels.items()},
            self.sizes,
            {name: cells.take(pa.array(rows)) for name, cells in self.others.items()},
            {name: cells[rows] for name, cells in self.missing.items()},
            self.target,
            self.types,
            self.min_holders,
            self.books,
            schema=self.schema,
            task=self.task,
            unit_N=None if self.unit_N is None else self.unit_N[rows],
        )

    def draw(self, most: int, rng: np.random.Generator) -> View:
        """At most so many rows, without replacement; the view itself when it has no more."""
        return self if self.n_rows <= most else self.take(rng.choice(self.n_rows, most, replace=False))

    def one_each(self, rng: np.random.Generator) -> View:
        """One row of each person, drawn evenly; the view itself where each row is somebody else's."""
        if self.unit_N is None:
            return self
        order = rng.permutation(self.n_rows)
        rows = np.sort(order[np.unique(self.unit_N[order], return_index=True)[1]])
        part = self.take(rows)
        return part if self.raw is None else replace(part, raw=self.raw.take(pa.array(rows)))

    def names_of(self, column: str) -> dict[int, str]:
        """The label of each code that enough of these rows hold to be named; call it on real rows."""
        book = [*self.books[column].to_pylist(), MISSING]
        return {int(code): str(book[code]) for code in np.flatnonzero(self.named(column))}

    def named(self, column: str) -> np.ndarray:
        """By code whether enough of these rows hold it, of different people where it is known whose they are."""
        return np.asarray(holders(self.labels[column], self.sizes[column], self.unit_N) >= max(self.min_holders, 1))

    def ordinal(self, names: list[str]) -> np.ndarray:
        """``(N, len(names))`` float64: quantities, and codes as numbers (for trees)."""
        columns = [self.quantities[name] if name in self.quantities else self.labels[name] for name in names]
        return np.stack(columns, axis=1).astype(np.float64) if columns else np.empty((self.n_rows, 0))


def read_views(
    train: pa.Table,
    holdout: pa.Table,
    synthetic: pa.Table,
    schema: Schema,
    target: str | None = None,
    min_holders: int = 5,
    task: str | None = None,
    unit: str | None = None,
    derived: Collection[str] = (),
) -> tuple[View, View, View]:
    """The three tables as metrics see them.

    Args:
        train: raw Arrow table: what the generator learned from.
        holdout: what it never saw; may have no rows.
        synthetic: what it made.
        schema: says what the columns mean.
        target: the column to predict.
        min_holders: see ``View``.
        task: see ``View``.
        unit: the column that says whose a row is, in all three tables; None: each is somebody else's.
        derived: see ``View``.

    Raises:
        DataError: a table lacks a column of the schema that is not dropped.
    """
    tables = (train, holdout, synthetic)
    views = tuple(
        View(
            table.num_rows,
            *({}, {}, {}, {}, {}, {}),
            target,
            {},
            min_holders,
            raw=table,
            schema=schema,
            task=task,
            unit_N=None if unit is None else units_of(_array(table[unit])),
            derived=frozenset(derived),
        )
        for table in tables
    )
    for column in schema.columns:
        if column.type == "drop":
            continue
        for which, table in zip(("training", "held-out", "synthetic"), tables, strict=True):
            if column.name not in table.column_names:
                hint = near_miss(column.name, table.column_names)
                raise DataError(f"evaluation: the {which} table has no column {column.name!r}; {hint}")
        _add(column, [table[column.name] for table in tables], views)
    return cast(tuple[View, View, View], views)


def _add(column: ColumnSchema, cells: list[pa.ChunkedArray], views: tuple[View, ...]) -> None:
    """One column into all three views."""
    name, measure = column.name, _measure(column)
    if measure == "quantity":
        numbers = _quantities(column, [_array(part) for part in cells])
        if np.isfinite(numbers[0]).any() or not len(numbers[0]):
            for view, values in zip(views, numbers, strict=True):
                view.quantities[name] = values
        else:
            measure = "label"  # no number to compare with: only what is missing can differ
    if measure == "label":
        book, codes = _codes([_array(part) for part in cells])
        for view, values in zip(views, codes, strict=True):
            view.labels[name], view.sizes[name], view.books[name] = values, len(book) + 1, book
    for view, column_cells in zip(views, cells, strict=True):
        view.measures[name], view.types[name] = measure, column.type
        if measure not in ("quantity", "label"):
            view.others[name] = column_cells
        if any(part.null_count for part in cells):
            view.missing[name] = column_cells.is_null().to_numpy()


def _measure(column: ColumnSchema) -> Measure:
    kind = TYPES_BY_NAME.get(column.type)
    return kind.measure if kind else "label"  # constant, and all missing


def _array(cells: pa.ChunkedArray) -> pa.Array:
    """One array without dictionaries."""
    array = cells.combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _quantities(column: ColumnSchema, cells: list[pa.Array]) -> list[np.ndarray]:
    if column.type == "datetime":
        form = date_form(column, cells[0])
        return [_days(array, form, column.options.get("epoch")) for array in cells]
    return [_numbers(array, str(column.options.get("decimal", "."))) for array in cells]


def _numbers(values: pa.Array, decimal: str) -> np.ndarray:
    """``(N,)``: what is no finite number counts as missing."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    try:
        plainly = is_text(values.type) and decimal == "."
        numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False) if plainly else None
    except pa.ArrowInvalid:  # spaces, signs, words: the slow way
        numbers = None
    numbers = np.array(parse_numbers(values, decimal) if numbers is None else numbers, dtype=np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return np.asarray(np.clip(numbers, -LARGEST, LARGEST))


def date_form(column: ColumnSchema, train: pa.Array) -> DateText | None:
    """How dates are written: as the schema says, or as the training values show."""
    if column.options.get("epoch") or not (is_text(train.type) or pa.types.is_integer(train.type)):
        return None
    if template := column.options.get("format"):
        return DateText(str(template))
    distinct = pc.unique(train.drop_null()).slice(0, LOOK_VALUES).cast(pa.string())
    found = learn_format(pc.utf8_trim_whitespace(distinct)) if len(distinct) else None
    return found[0] if found else None


def _days(values: pa.Array, form: DateText | None, epoch: str | None) -> np.ndarray:
    """``(N,)`` days since 1970, with their fractions; nan where missing or no date."""
    days = np.full(len(values), np.nan)
    present = values.drop_null()
    is_date = pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)
    if len(present) and (form is not None or epoch or is_date):
        moments = read_moments(present, form, epoch)
        found = moments.days + (moments.seconds + moments.nanoseconds / 1e9) / DAY
        days[values.is_valid().to_numpy(zero_copy_only=False)] = np.where(moments.valid, found, np.nan)
    return days


def _codes(cells: list[pa.Array]) -> tuple[pa.Array, list[np.ndarray]]:
    """Codes on one book: the labels of all tables in one order, then missing.

    One order for all: were training labels first, a code alone would tell trees that a row is not a training row.

    Returns:
        The labels in the order of their codes, and ``(N,)`` int32 codes for each table.
    """
    texts = [label_texts(array) for array in cells]
    book = pc.unique(pa.concat_arrays([pc.unique(array.drop_null()) for array in texts]))
    book = book.take(pc.array_sort_indices(book))
    codes = [pc.fill_null(pc.index_in(array, value_set=book), len(book)) for array in texts]
    return book, [array.to_numpy(zero_copy_only=False).astype(np.int32) for array in codes]


def label_texts(values: pa.Array) -> pa.Array:
    """Labels as text, so that one book holds every physical type."""
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
    return values.cast(pa.string())
