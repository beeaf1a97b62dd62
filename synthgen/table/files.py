"""Files to tables and back: CSV in most of its dialects, and Parquet.

A CSV is read as text, exactly as it stands: what its columns mean is found later and by better means than a parser has.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from os import PathLike
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from synthgen.errors import DataError
from synthgen.table.decoding import GZIP, PARQUET, TextFile, look_through
from synthgen.table.dialect import CellStyle, Dialect, Sniffed, records, sniff
from synthgen.table.missing import find_missing
from synthgen.table.natural import natural_type
from synthgen.table.origin import Origin
from synthgen.table.table import (
    FEWEST_ROWS,
    MAX_CELL_BYTES,
    Table,
    cell_too_long,
    check_names,
    check_rows,
    joined,
    pandas_metadata,
    physical_table,
)
from synthgen.table.writing import PARQUET_ENDINGS, TEXT_ENDINGS, check_writable, write_table_chunks

__all__ = ["check_writable", "read_table", "write_table_chunks"]

SAMPLE_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
"""Also the longest row."""


def read_table(
    path: str | PathLike[str],
    *,
    missing: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    fewest: int = FEWEST_ROWS,
) -> Table:
    """Read a CSV (any ending, also gzip) or a Parquet file.

    Args:
        path: the file.
        missing: marks of missing cells, in place of the usual ones; an empty cell is always missing.
            By default see ``synthgen.table.missing``.
        delimiter: of a CSV, one character; found by default.
        encoding: of a CSV, a Python codec name; found by default.
        decimal: ``.`` or ``,``; found by default.
        fewest: rows that must be there; learning needs two.

    Raises:
        DataError: the file cannot be read as a table, and why.
    """
    path = Path(path).expanduser()
    _check_options(path.name, delimiter, decimal)
    head = _head(path)
    name, ending = path.name, path.name.lower()
    if not head:
        raise DataError(f"{name}: the file is empty; a header and at least 2 rows were expected. Check how it was made")
    if ending.endswith(PARQUET_ENDINGS) or (head.startswith(PARQUET) and not ending.endswith(TEXT_ENDINGS)):
        return _read_parquet(path, head, missing, fewest)
    zipped = head.startswith(GZIP) and not ending.endswith((".csv", ".tsv", ".txt"))
    if ending.endswith(".gz") and not zipped:
        raise DataError(f"{name}: this is not gzip data; its ending says so. Take .gz off the name, or zip the file")
    return _read_text(look_through(path, zipped, encoding), missing, delimiter, decimal, fewest)


def _check_options(name: str, delimiter: str | None, decimal: str | None) -> None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in "\"'\r\n" or not delimiter.isascii()):
        raise DataError(f"{name}: delimiter {delimiter!r} cannot be; one character such as ',' or a tab was expected")
    if decimal is not None and (decimal not in (".", ",") or decimal == delimiter):
        raise DataError(f"{name}: decimal {decimal!r} cannot be; '.' or ',' was expected, and not the delimiter")


def _head(path: Path) -> bytes:
    """The first bytes of a file that is there and may be read."""
    try:
        if path.is_dir():
            raise DataError(f"{path}: this is a folder; a CSV or Parquet file was expected. {_suggest(path, '')}")
        if not path.exists():
            raise DataError(f"{path}: no such file. {_suggest(path.parent, path.name)}")
        if not path.is_file():
            raise DataError(f"{path}: not a file on disk but a device or pipe; save the data to a file first")
        with path.open("rb") as file:
            return file.read(8)
    except PermissionError:
        raise DataError(f"{path}: no permission to read it. Ask its owner, or copy it to a folder of yours") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or 'unknown fault').lower()}") from error


def _suggest(folder: Path, name: str) -> str:
    """What the user may have meant: near names, else tables in that folder."""
    try:
        there = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return f"The folder {str(folder)!r} is not there either" if not folder.is_dir() else "Check the name"
    close = get_close_matches(name, there, n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(map(repr, close)) + "?"
    tables = [entry for entry in there if entry.lower().endswith((*TEXT_ENDINGS, *PARQUET_ENDINGS))][:5]
    return "There are: " + ", ".join(map(repr, tables)) if tables else "No table is in that folder; check the name"


def _read_parquet(path: Path, head: bytes, missing: Sequence[str] | None, fewest: int) -> Table:
    if not head.startswith(PARQUET):
        raise DataError(f"{path.name}: this is not Parquet data; its ending says so. Give it the one that fits (.csv?)")
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            check_names(schema.names, path.name)
            arrow = file.read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name}: the Parquet data is damaged or cut short. Copy or make it again") from error
    columns, nan = physical_table(arrow)
    if missing is not None:
        for i, column in enumerate(columns.columns):
            if pa.types.is_string(column.type):
                marked = find_missing([column.combine_chunks().fill_null("")], missing)[0]
                columns = columns.set_column(i, columns.column_names[i], marked.values)
    plain = pa.schema([pa.field(field.name, field.type) for field in schema], pandas_metadata(schema))
    return Table(columns, Origin("parquet", plain, nan=nan), path.name, str(path.parent)).checked(fewest)


def _read_text(
    text: TextFile, missing: Sequence[str] | None, delimiter: str | None, decimal: str | None, fewest: int
) -> Table:
    sniffed = _sniffed(text, delimiter, decimal)
    dialect = replace(sniffed.dialect, encoding=text.encoding, bom=bool(text.bom))
    name, names = text.path.name, _filled(sniffed.names)
    check_names(names, name)
    columns = _text_columns(text, dialect, sniffed, names, fewest)
    if dialect.space_after:
        columns = columns[:1] + [_without_blank(column) for column in columns[1:]]
    styles, values = {}, []
    for i, (column, mark) in enumerate(find_missing(columns, missing)):
        kind = natural_type(column, dialect.decimal)
        header = sniffed.names[i] if sniffed.names[i] != names[i] else None
        quoted = sniffed.mark_quoted(i, mark)
        styles[names[i]] = CellStyle(sniffed.quoted[i], mark, quoted, kind, header)
        values.append(column)
    schema = pa.schema([(names[i], column.type) for i, column in enumerate(values)])
    _refuse_row_as_header(name, styles, values, dialect.decimal)
    origin = Origin("csv", schema, replace(dialect, styles=styles))
    return Table(pa.table(values, schema=schema), origin, name, str(text.path.parent)).checked(fewest)


def _refuse_row_as_header(where: str, styles: dict[str, CellStyle], values: list[pa.Array], decimal: str) -> None:
    """Refuse a file without header: its first row would be lost, and its cells would be published as names.

    It is one when every column of numbers is named with a number, and besides at least half of the other columns hold
    their own name as a value; of numbers alone, when some name has decimals (0, 1, 2 are names that programs give).
    """
    numeric = {name: style.type in ("integer", "number") for name, style in styles.items()}
    kinds = {name: natural_type(pa.array([name]), decimal) for name in styles}
    if any(numeric[name] and kinds[name] not in ("integer", "number") for name in styles):
        return
    texts = [(name, column) for name, column in zip(styles, values, strict=True) if not numeric[name]]
    told = sum(pc.index(column, pa.scalar(name, column.type)).as_py() >= 0 for name, column in texts)
    if (texts and told * 2 >= len(texts)) or (not texts and "number" in kinds.values()):
        raise DataError(
            f"{where}: the first line looks like a row, not like column names; a header was expected. "
            "Put a line on top with a name for each column"
        )


def _sniffed(text: TextFile, delimiter: str | None, decimal: str | None) -> Sniffed:
    """The dialect by the first lines."""
    with text.open_utf8() as file:
        block = file.read(SAMPLE_BYTES)
        whole = len(block) < SAMPLE_BYTES
    sample = block.decode("utf-8", errors="ignore")
    if not sample.strip():
        raise DataError(
            f"{text.path.name}: the file is empty; a header and at least 2 rows were expected. Check how it was made"
        )
    sniffed = sniff(sample, whole=whole, delimiter=delimiter, decimal=decimal)
    if not sniffed.names:
        raise DataError(
            f"{text.path.name}: no end of the first line in the first {SAMPLE_BYTES / 1e6:.0f} MB; a header with "
            "column names was expected. Check that this is a CSV file, and that no quote is left open"
        )
    return sniffed


def _filled(names: list[str]) -> list[str]:
    """Names for columns without one, as pandas gives them.

    Example:
        >>> _filled(["a", "", " "])
        ['a', 'Unnamed: 1', 'Unnamed: 2']
    """
    filled: list[str] = []
    for i, name in enumerate(names):
        fresh = name
        if not name.strip():
            fresh = f"Unnamed: {i}"
            while fresh in names:
                fresh += "_"
        filled.append(fresh)
    return filled


def _text_columns(text: TextFile, dialect: Dialect, sniffed: Sniffed, names: list[str], fewest: int) -> list[pa.Array]:
    """All cells as text, one array per column."""
    quotes = dialect.quote in text.quotes
    keys = [str(i) for i in range(len(names))]
    try:
        with text.open_utf8() as file:
            arrow = pacsv.read_csv(
                pa.PythonFile(file, mode="r"),
                read_options=pacsv.ReadOptions(
                    column_names=keys, skip_rows_after_names=sniffed.header_lines, block_size=BLOCK_BYTES
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=dialect.delimiter,
                    quote_char=dialect.quote if quotes else False,
                    newlines_in_values=quotes,
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False, check_utf8=False
                ),
            )
    except (pa.ArrowException, OSError) as error:
        raise _diagnosis(text, dialect, len(names)) from error
    check_rows(arrow.num_rows, text.path.name, fewest)
    columns = []
    while arrow.num_columns:  # One after the other, so that only one column is there twice.
        columns.append(joined(arrow.column(0)))
        arrow = arrow.remove_column(0)
    if str(columns[-1][-1]).endswith(("\n", "\r")):  # The parser takes a quote open at the end for a closed one.
        raise _diagnosis(text, dialect, len(names))
    return columns


def _without_blank(column: pa.Array) -> pa.Array:
    """Cells without the one blank that follows each delimiter."""
    return pc.if_else(pc.starts_with(column, " "), pc.utf8_slice_codeunits(column, 1), column)


def _diagnosis(text: TextFile, dialect: Dialect, expected: int) -> DataError:
    """Why the parser gave up: the first row that is not closed, too long, or ragged."""
    name, limit = text.path.name, MAX_CELL_BYTES
    with io.TextIOWrapper(text.open(), encoding=text.encoding, newline="") as lines:
        for line, row in logical_rows(lines, dialect):
            if dialect.quote not in row and len(row) <= limit:
                found = row.count(dialect.delimiter) + 1 if row.strip("\r\n") else expected
            else:
                record = next(records(row, dialect.delimiter, dialect.quote))
                longest = len(row) if record.open else max(map(len, record.cells))
                if longest > limit:
                    return DataError(cell_too_long(name, f"line {line}", longest))
                if record.open:
                    return DataError(
                        f"{name}: line {line}: a quote is opened and never closed; every quoted cell must end with a "
                        "quote. Close it"
                    )
                found = len(record.cells)
            if found != expected:
                return _ragged(name, line, found, expected)
    return DataError(
        f"{name}: cannot be read as a table with {dialect.delimiter!r} between cells; a row may be longer than "
        f"{BLOCK_BYTES / 1e6:.0f} MB. Check the file, or name its delimiter"
    )


def logical_rows(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, str]]:
    """Rows of one or more lines, with the number of the first; one that does not close ends at the cell limit."""
    parts: list[str] = []
    first = size = 0
    for number, line in enumerate(lines, start=1):
        if not parts and dialect.quote not in line:
            yield number, line
            continue
        first = first if parts else number
        parts.append(line)
        size += len(line)
        if dialect.quote not in line and size <= MAX_CELL_BYTES:
            continue
        row = "".join(parts)
        if size > MAX_CELL_BYTES or not next(records(row, dialect.delimiter, dialect.quote)).open:
            yield first, row
            parts, size = [], 0
    if parts:
        yield first, "".join(parts)


def _ragged(name: str, line: int, found: int, expected: int) -> DataError:
    return DataError(
        f"{name}: line {line} has {found} cell{'s' if found != 1 else ''}; the header has {expected}. "
        "Mend that line: a cell that holds a delimiter needs quotes around it"
    )
