"""The same values written in another way: two tables from different tools are brought to one spelling, and it is said.

Only the spelling changes: ``1``, ``1.0`` and ``"1"``; ``True``, ``true`` and 1; dates as text on one side; words for a
missing cell. What is still unlike a real value afterwards is for the metrics to find.

Letters: N cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.boolean import SPELLINGS
from synthgen.columns.date_text import BILLION, DAY, Moments, learn_format
from synthgen.columns.datetime import read_moments
from synthgen.columns.number_text import NUMBER, is_text, parse_numbers
from synthgen.errors import DataError, near_miss
from synthgen.metrics.view import LOOK_VALUES, date_form, label_texts
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.table import joined

MISSING_WORDS = ("", "nan", "none", "null", "na", "n/a", "<na>", "nat")
"""How programs write a missing cell as text, in small letters."""
MOST_NAMED = 5
_TRUE_OF = dict.fromkeys(SPELLINGS.values(), "1") | dict.fromkeys(SPELLINGS, "0")
_LABELS = ("boolean", "categorical", "constant")
_KEYS = ("identifier", "image", "text")


@dataclass
class Aligned:
    """Tables in one spelling.

    Attributes:
        tables: training, held-out, synthetic; the columns that are judged, in the order of the schema.
        schema: what the columns mean, with the columns that were left out in type ``drop``.
        notes: what was done, sentences without a value.
    """

    tables: tuple[pa.Table, pa.Table, pa.Table]
    schema: Schema
    notes: list[str] = field(default_factory=list)


def align(
    train: pa.Table,
    holdout: pa.Table,
    synthetic: pa.Table,
    schema: Schema,
    names: tuple[str, str, str] = ("the real table", "the held-out table", "the synthetic table"),
    decimals: tuple[str, str, str] = (".", ".", "."),
) -> Aligned:
    """Bring held-out and synthetic cells to the training table's spelling.

    Args:
        train: decides.
        holdout: may have no rows.
        synthetic: what is judged.
        schema: of the training table.
        names: what messages call the tables.
        decimals: the decimal mark of each table's text.

    Raises:
        DataError: a table lacks a column or has one more; all are named.
    """
    wanted = [column.name for column in schema.columns if column.type != "drop"]
    dropped = {column.name for column in schema.columns if column.type == "drop"}
    if not wanted:
        raise DataError(f"{names[0]}: every column is of type 'drop'; at least one is needed to judge the table")
    for name, table in zip(names, (train, holdout, synthetic), strict=True):
        if table.num_columns or table.num_rows:
            _check_columns(name, table.column_names, wanted, dropped)
    columns: dict[str, list[pa.ChunkedArray]] = {}
    fixed: dict[str, list[str]] = {}
    kinds = []
    for column in schema.columns:
        if column.type == "drop":
            kinds.append(column)
            continue
        cells = [_cells(table, column.name, train) for table in (train, holdout, synthetic)]
        found = _aligned(column, cells, decimals)
        columns[column.name] = found.cells
        kinds.append(found.column)
        if found.what:
            fixed.setdefault(found.what, []).append(column.name)
    tables = tuple(pa.table({name: cells[i] for name, cells in columns.items()}) for i in range(3))
    notes = [
        f"Spelling was matched, no value was changed: {what} in {_listed(which)}." for what, which in fixed.items()
    ]
    if [name for name in synthetic.column_names if name in columns] != wanted:
        notes.append("The columns of the synthetic table were in another order; they were matched by name.")
    if dropped & set(synthetic.column_names):
        both = _listed([name for name in synthetic.column_names if name in dropped])
        notes.append(f"Not judged, because the schema drops it: {both}.")
    return Aligned(
        (tables[0], tables[1], tables[2]),
        schema.model_copy(update={"columns": kinds}),
        [*notes, *_codes_for_labels(schema, columns)],
    )


def _check_columns(where: str, found: list[str], wanted: list[str], dropped: set[str]) -> None:
    lacking = [name for name in wanted if name not in set(found)]
    extra = [name for name in found if name not in {*wanted, *dropped}]
    if lacking:
        hint = near_miss(lacking[0], extra or found)
        raise DataError(
            f"{where}: lacks {_columns(lacking)} of the real table; the same columns are needed, in any order. "
            f"For {lacking[0]!r}: {hint}"
        )
    if extra:
        raise DataError(
            f"{where}: has {_columns(extra)} more than the real table; what is not in the real table cannot be judged. "
            "Drop it there, or give it to the real table too"
        )


def _columns(names: list[str]) -> str:
    return f"column {names[0]!r}" if len(names) == 1 else f"{len(names)} columns ({_listed(names)})"


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:MOST_NAMED])
    return shown + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _cells(table: pa.Table, name: str, train: pa.Table) -> pa.ChunkedArray:
    """The column; empty in a table without rows and columns."""
    return table[name] if name in table.column_names else pa.chunked_array([], train.schema.field(name).type)


@dataclass(frozen=True)
class _Found:
    cells: list[pa.ChunkedArray]
    column: ColumnSchema
    what: str = ""


def _aligned(column: ColumnSchema, cells: list[pa.ChunkedArray], decimals: tuple[str, str, str]) -> _Found:
    """One column of the three tables in one spelling, and what was done."""
    arrays = [joined(part) for part in cells]
    if column.type == "datetime":
        return _dates(column, cells, arrays)
    if column.type == "numeric":
        return _numbers(column, cells, arrays, decimals)
    if column.type in _LABELS:
        return _labels(column, cells, arrays)
    if column.type in _KEYS:
        return _whole(column, cells, arrays)
    return _Found(cells, column)


def _dates(column: ColumnSchema, cells: list[pa.ChunkedArray], arrays: list[pa.Array]) -> _Found:
    """All three as moments, when one cannot be read as the training dates can and reads as dates in its own way."""
    epoch = column.options.get("epoch")
    form = date_form(column, arrays[0])
    moments = []
    changed = False
    for array in arrays:
        found = _moments(array, lambda values: read_moments(values, form, epoch), epoch is not None or form is not None)
        if found is None or not found.valid.all():
            own = _own_moments(array)
            found, changed = (own, True) if own is not None else (found, changed)
        if found is None:
            return _Found(cells, column)
        moments.append(found)
    if not changed:
        return _Found(cells, column)
    plain = column.model_copy(update={"options": {}})
    return _Found([_stamps(*pair) for pair in zip(arrays, moments, strict=True)], plain, "dates written in another way")


def _moments(array: pa.Array, read: Callable[[pa.Array], Moments], by_form: bool) -> Moments | None:
    """Present cells as moments; None where the type is none of dates."""
    kind = array.type
    if pa.types.is_nested(kind) or not (by_form or pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return None
    return read(array.drop_null())


def _own_moments(array: pa.Array) -> Moments | None:
    """Present cells read as dates in whatever way fits all of them."""
    kind, present = array.type, array.drop_null()
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return read_moments(present, None, None)
    if not (is_text(kind) or pa.types.is_integer(kind)) or not len(present):
        return None
    distinct = pc.utf8_trim_whitespace(pc.unique(present).slice(0, LOOK_VALUES).cast(pa.string()))
    found = learn_format(distinct)
    moments = read_moments(present, found[0], None) if found else None
    return moments if moments is not None and moments.valid.all() else None


def _stamps(array: pa.Array, moments: Moments) -> pa.ChunkedArray:
    """Moments as one Arrow type for all tables."""
    ticks = (moments.days.astype(np.int64) * DAY + moments.seconds) * 1_000_000 + moments.nanoseconds // (
        BILLION // 10**6
    )
    stamps = pa.array(ticks.astype(np.int64), mask=~moments.valid).cast(pa.timestamp("us"))
    where = np.full(len(array), -1, np.int64)
    present = array.is_valid().to_numpy(zero_copy_only=False)
    where[present] = np.arange(len(stamps))
    return pa.chunked_array([stamps.take(pa.array(where, mask=~present))])


def _numbers(
    column: ColumnSchema, cells: list[pa.ChunkedArray], arrays: list[pa.Array], decimals: tuple[str, str, str]
) -> _Found:
    """Text with another decimal mark than the training table's, and words for missing cells."""
    mark = str(column.options.get("decimal", decimals[0]))
    out, what = list(cells), ""
    for i in (1, 2):
        if not is_text(arrays[i].type):
            continue
        array = arrays[i]
        strange = array.is_valid().to_numpy(zero_copy_only=False) & ~np.isfinite(parse_numbers(array, mark))
        if not strange.any():
            continue
        words = pc.is_in(pc.utf8_trim_whitespace(pc.utf8_lower(array)), value_set=pa.array(MISSING_WORDS))
        if pc.any(words).as_py():
            array = pc.if_else(words, pa.scalar(None, array.type), array)
            out[i], what = pa.chunked_array([array]), "words for a missing cell"
        other = {".": ",", ",": "."}[mark]
        present = array.is_valid().to_numpy(zero_copy_only=False)
        read, read_other = (np.isfinite(parse_numbers(array, one)) & present for one in (mark, other))
        if read_other.sum() > read.sum():
            numbers = parse_numbers(array, other)
            out[i] = pa.chunked_array([pa.array(numbers, mask=~read_other & ~present)])
            what = "another decimal mark"
    return _Found(out, column, what)


def _labels(column: ColumnSchema, cells: list[pa.ChunkedArray], arrays: list[pa.Array]) -> _Found:
    """Labels that equal a training label in all but the spelling take that spelling."""
    known = pc.unique(label_texts(arrays[0]).drop_null())
    nullable = arrays[0].null_count > 0
    out, done = list(cells), []
    for i in (1, 2):
        texts = label_texts(arrays[i])
        distinct = pc.unique(texts.drop_null())
        strange = distinct.filter(pc.invert(pc.is_in(distinct, value_set=known)))
        if not len(strange):
            continue
        renamed: dict[str, str | None] = {}
        for what, key in _spellings(column.type):
            book = _book(known.to_pylist(), key)
            for text in strange.to_pylist():
                if text not in renamed and (same := book.get(key(text) or "")) is not None:
                    renamed[text] = same
                    done.append(what)
        if nullable:
            words = [text for text in strange.to_pylist() if text not in renamed and text.lower() in MISSING_WORDS]
            renamed |= dict.fromkeys(words)
            done += ["words for a missing cell"] * bool(words)
        if renamed:
            out[i] = pa.chunked_array([_renamed(texts, renamed)])
    if not done:
        return _Found(cells, column)
    out[0] = pa.chunked_array([label_texts(arrays[0])])
    return _Found(out, column, done[-1])


def _spellings(kind: str) -> Iterator[tuple[str, Callable[[str], str | None]]]:
    """Ways in which two texts mean the same, the surest first: what to call it, and the key that they share."""
    if kind == "boolean":
        yield "yes and no written in another way", lambda text: _TRUE_OF.get(text.strip().lower())
    yield "numbers written in another way, as 1.0 for 1", _number_key
    yield "capitals or blanks that differ", lambda text: text.strip().casefold()


def _number_key(text: str) -> str | None:
    return repr(float(text)) if re.match(NUMBER, text.strip()) else None


def _book(known: list[str], key: Callable[[str], str | None]) -> dict[str, str]:
    """Key -> the one training label that has it."""
    found: dict[str, list[str]] = {}
    for text in known:
        if (one := key(text)) is not None:
            found.setdefault(one, []).append(text)
    return {one: texts[0] for one, texts in found.items() if len(texts) == 1}


def _renamed(texts: pa.Array, renamed: dict[str, str | None]) -> pa.Array:
    coded = texts.dictionary_encode()
    book = pa.array([renamed.get(text, text) for text in coded.dictionary.to_pylist()], pa.string())
    return book.take(coded.indices)


def _whole(column: ColumnSchema, cells: list[pa.ChunkedArray], arrays: list[pa.Array]) -> _Found:
    """Keys that one program wrote as ``1203`` and another, because a cell was missing, as ``1203.0``."""
    texts = [label_texts(array) for array in arrays]
    decimals = [pc.match_substring_regex(one, r"^-?[0-9]+\.0$") for one in texts]
    whole = pc.match_substring_regex(texts[0], r"^-?[0-9]+$")
    if not (pc.all(whole, min_count=0).as_py() and any(pc.any(one).as_py() for one in decimals[1:])):
        return _Found(cells, column)
    out = [pa.chunked_array([pc.replace_substring_regex(one, r"^(-?[0-9]+)\.0$", r"\1")]) for one in texts]
    return _Found(out, column, "keys written as 1.0 for 1")


def _codes_for_labels(schema: Schema, columns: dict[str, list[pa.ChunkedArray]]) -> list[str]:
    """A sentence on columns that hold whole numbers where the real ones hold words."""
    coded = []
    for column in schema.columns:
        if column.type != "categorical":
            continue
        real, made = (pc.unique(label_texts(joined(columns[column.name][i])).drop_null()) for i in (0, 2))
        if len(made) and not _any_number(real) and _all_whole(made):
            coded.append(column.name)
    if not coded:
        return []
    return [
        f"The synthetic table holds whole numbers where the real one holds words: {_listed(coded)}. "
        "They look like codes whose labels were lost; put the labels back."
    ]


def _any_number(texts: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, NUMBER), min_count=0).as_py())


def _all_whole(texts: pa.Array) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, r"^[0-9]+(\.0)?$"), min_count=0).as_py())
