"""Cells of any table in the spelling of the table that was learned, and back.

A frame has numbers where a CSV has text, another program writes ``true`` for ``True`` or a decimal comma.

Letters: N cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.codec import Codec
from synthgen.columns.boolean import Boolean
from synthgen.columns.categorical import Categorical
from synthgen.columns.date_text import Moments, learn_format
from synthgen.columns.datetime import Datetime, read_moments, write_moments
from synthgen.columns.number_text import is_number, is_text, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.columns.physical import named_type
from synthgen.errors import DataError
from synthgen.metrics.alignment import align
from synthgen.metrics.view import label_texts
from synthgen.seeding import numpy_stream
from synthgen.table.natural import as_text, typed
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.table import joined

MOST_UNREADABLE = 0.5
"""A column of numbers or dates in which more of the present cells than that read as neither is of another type."""


@dataclass(frozen=True)
class Spelled:
    """One column.

    Attributes:
        given: as it came.
        cells: in the physical type and spelling of the training table; unreadable ones are null.
        note: what was done, a sentence without a value; empty: nothing.
        dates: how the training table writes them, of a column of dates.
    """

    given: pa.Array
    cells: pa.Array
    note: str = ""
    dates: Datetime | None = None

    def back(self, values: pa.Array, decimal: tuple[str, str]) -> pa.Array:
        """``(N,)`` values in the training table's spelling to the given one's.

        Args:
            values: any number, in the physical type of the training table.
            decimal: of the training table's text and of the given table's.
        """
        wanted = self.given.type
        if is_text(wanted) and is_text(values.type):
            book = _book(self.cells, self.given)
            if book is None and decimal[0] != decimal[1]:
                return _other_decimal(values, decimal)
            return values.cast(wanted) if book is None else _by_book(values.cast(wanted), book)
        if values.type == wanted:
            return values
        if is_text(wanted):
            return as_text(values, decimal[1]).cast(wanted)
        if pa.types.is_boolean(wanted):
            words = values if is_text(values.type) else values.cast(pa.string())
            return pc.is_in(pc.utf8_lower(words), value_set=pa.array(["true", "yes", "y", "t", "1", "1.0", "on"]))
        if is_number(wanted) or pa.types.is_decimal(wanted):
            if not is_text(values.type):
                values = values.cast(pa.string())
            numbers = parse_numbers(values, decimal[0])
            there = np.isfinite(numbers)
            if pa.types.is_integer(wanted):
                numbers = np.rint(numbers)
            return pa.array(np.where(there, numbers, 0.0), mask=~there).cast(wanted, safe=False)
        if self.dates is not None and is_text(values.type) and values.null_count == 0:
            return write_moments(read_moments(values, self.dates.form, self.dates.epoch), wanted, None, None)
        return values.cast(wanted, safe=False)


def spelled(codec: Codec, name: str, given: pa.Array, where: str, decimal: tuple[str, str]) -> Spelled:
    """One column in the training table's spelling.

    Args:
        codec: knows the training table.
        name: of the column.
        given: its cells.
        where: what messages call the table.
        decimal: of the training table's text and of the given table's.

    Raises:
        DataError: it is of another type.
    """
    physical, kind = _expected(codec, name)
    column = codec.schema.column(name)
    if isinstance(kind, Numeric):
        numbers = _numbers(given, decimal[1], where, name)
        _check_readable(numbers, given, where, name, "numbers")
        unreadable = ~np.isfinite(numbers)
        if given.type == physical and kind.text.decimal == decimal[1]:
            cells = pc.if_else(pa.array(unreadable), pa.scalar(None, physical), given) if unreadable.any() else given
        else:
            plain = kind.text.write(np.where(unreadable, 0.0, numbers))
            cells = pc.if_else(pa.array(unreadable), pa.scalar(None, physical), plain.cast(physical))
        lost = int(unreadable.sum()) - given.null_count
        return Spelled(given, cells, f"{lost:,} cells of {name!r} are no numbers; they were left aside" if lost else "")
    if isinstance(kind, Datetime):
        return _dates(kind, name, given, physical, where)
    if isinstance(kind, Boolean | Categorical) or name in codec.constants or name in codec.ties:
        return _labels(column, given, physical, vocabulary(codec, name), where, decimal)
    return Spelled(given, _cast(given, physical))


def expected_type(codec: Codec, name: str) -> pa.DataType:
    """The physical type of a column in the training table."""
    return _expected(codec, name)[0]


def vocabulary(codec: Codec, name: str) -> pa.Array:
    """The values that a label has in the training table's spelling."""
    if name in codec.constants:
        return codec.constants[name]
    if name in codec.ties:
        return codec.ties[name][1].values
    kind = _expected(codec, name)[1]
    if isinstance(kind, Categorical):
        return kind.kept
    assert isinstance(kind, Boolean)
    return kind.decode(np.array([[0], [1]]), numpy_stream(0), 0)


def _expected(codec: Codec, name: str) -> tuple[pa.DataType, object]:
    """The physical type of a column in the training table, and its column type if it has one."""
    if name in codec.modelled:
        return codec.modelled[name].physical, codec.modelled[name].type
    for members in codec.one_hot.values():
        if name in members:
            return members[name].decode(np.zeros((1, 1), np.int32), numpy_stream(0), 0).type, members[name]
    if name in codec.constants:
        return codec.constants[name].type, None
    if name in codec.ties:
        return codec.ties[name][1].values.type, None
    return next(text.type for formula, text in codec.formulas if formula.column == name), None


def _numbers(given: pa.Array, decimal: str, where: str, name: str) -> np.ndarray:
    """Cells as numbers, nan for others."""
    if not (is_text(given.type) or is_number(given.type) or pa.types.is_boolean(given.type)):
        raise _another_type(where, name, f"cells of type {given.type}", "numbers")
    if pa.types.is_boolean(given.type):
        given = given.cast(pa.int8())
    return parse_numbers(given, decimal)


def _check_readable(numbers: np.ndarray, given: pa.Array, where: str, name: str, wanted: str) -> None:
    present = len(given) - given.null_count
    lost = int((~np.isfinite(numbers)).sum()) - given.null_count
    if present and lost > MOST_UNREADABLE * present:
        raise _another_type(where, name, f"{lost:,} of {present:,} cells that are no {wanted}", wanted)


def _another_type(where: str, name: str, found: str, wanted: str) -> DataError:
    return DataError(
        f"{where}: column {name!r} is of another type than in the table that was learned: it has {found}; {wanted} "
        "were expected. Correct it, or fit again with this table"
    )


def _dates(kind: Datetime, name: str, given: pa.Array, physical: pa.DataType, where: str) -> Spelled:
    present = np.asarray(given.is_valid())
    if not present.any():
        return Spelled(given, pa.nulls(len(given), physical), dates=kind)
    own = pa.types.is_date(given.type) or pa.types.is_timestamp(given.type)
    if pa.types.is_nested(given.type) or pa.types.is_boolean(given.type):
        raise _another_type(where, name, f"cells of type {given.type}", "dates")
    plain = _moments(kind, given.drop_null(), own)
    lost = int((~plain.valid).sum())
    if lost > MOST_UNREADABLE * len(plain.valid):
        raise _another_type(where, name, f"{lost:,} of {len(plain.valid):,} cells that are no such dates", "dates")
    where_N = np.full(len(given), -1, np.int64)
    where_N[np.flatnonzero(present)[plain.valid]] = np.flatnonzero(plain.valid)
    if given.type == physical:
        values = given.drop_null()
    else:
        values = write_moments(plain, named_type(kind.kind), kind.form, kind.epoch).cast(physical)
    note = f"{lost:,} cells of {name!r} are no dates; they were left aside" if lost else ""
    return Spelled(given, values.take(pa.array(where_N, mask=where_N < 0)), note, kind)


def _moments(kind: Datetime, present: pa.Array, own: bool) -> Moments:
    """Cells as moments: typed ones, text as the training table writes it, or else in a way that fits all of them."""
    if own:
        return read_moments(present, None, None)
    if kind.form is None and kind.epoch is None:
        nothing = np.zeros(len(present), np.int64)
        moments = Moments(nothing, nothing, nothing, np.zeros(len(present), bool))
    else:
        moments = read_moments(present, kind.form, kind.epoch)
    if moments.valid.mean() > 1 - MOST_UNREADABLE or not is_text(present.type):
        return moments
    found = learn_format(pc.utf8_trim_whitespace(pc.unique(present)))
    return read_moments(present, found[0], None) if found else moments


def _labels(
    column: ColumnSchema, given: pa.Array, physical: pa.DataType, known: pa.Array, where: str, decimal: tuple[str, str]
) -> Spelled:
    """Labels that equal a known one in all but the spelling take its spelling."""
    if given.null_count == len(given):
        return Spelled(given, pa.nulls(len(given), physical))
    if given.type == physical:
        strange = pc.invert(pc.is_in(given.drop_null(), value_set=known.drop_null()))
        if not pc.any(strange).as_py():
            return Spelled(given, given)
    kind = "boolean" if column.type == "boolean" else "categorical"
    one = Schema(columns=[column.model_copy(update={"type": kind})])
    vocabulary_, cells = pa.table({column.name: known}), pa.table({column.name: given})
    names = ("the training table", "", where)
    aligned = align(vocabulary_, pa.table({}), cells, one, names, (decimal[0], ".", decimal[1]))
    found = joined(aligned.tables[2][column.name])
    if is_text(physical):
        found = label_texts(found)
    return Spelled(given, _cast(found, physical))


def _cast(values: pa.Array, physical: pa.DataType) -> pa.Array:
    """In the physical type; what cannot be is text or nothing."""
    if values.type == physical:
        return values
    try:
        return as_text(values).cast(physical) if is_text(physical) else values.cast(physical)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        pass
    if pa.types.is_boolean(physical) and is_text(values.type):
        return typed(values, "boolean")
    if is_number(physical) and is_text(values.type):
        numbers = parse_numbers(values, ".")
        there = np.isfinite(numbers)
        return pa.array(np.where(there, numbers, 0.0), mask=~there).cast(physical, safe=False)
    return pa.nulls(len(values), physical)


def _book(cells: pa.Array, given: pa.Array) -> dict[str, str] | None:
    """Training spelling -> the given table's, where they differ; None where no cell was spelled anew."""
    if cells.type == given.type and cells.equals(given):
        return None
    pairs = pa.table({"here": cells.cast(pa.string()), "there": given.cast(pa.string())})
    pairs = pairs.group_by(["here", "there"], use_threads=False).aggregate([([], "count_all")])
    rows = sorted(pairs.to_pylist(), key=lambda row: row["count_all"])
    return {row["here"]: row["there"] for row in rows if row["here"] is not None and row["there"] is not None}


def _by_book(values: pa.Array, book: dict[str, str]) -> pa.Array:
    coded = values.dictionary_encode()
    written = pa.array([book.get(text, text) for text in coded.dictionary.to_pylist()], values.type)
    return written.take(coded.indices)


def _other_decimal(values: pa.Array, decimal: tuple[str, str]) -> pa.Array:
    numbers = pc.match_substring_regex(values, rf"^[+-]?\d*[{decimal[0]}]\d+$")
    return pc.if_else(numbers, pc.replace_substring(values, *decimal), values)
