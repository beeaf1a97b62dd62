"""Tables to files: chunk by chunk, in the dialect the table came in, beside the old file and then in its place."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthgen.errors import DataError
from synthgen.table.dialect import CellStyle, Dialect
from synthgen.table.natural import as_text
from synthgen.table.origin import Origin, natural_table
from synthgen.table.table import joined

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET_ENDINGS = (".parquet", ".pq")
SLICE_BYTES = 32 << 20
"""Text made at a time: large enough to be quick, small beside any model."""
_BOMS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def check_writable(path: str | Path) -> Path:
    """The file that would be written, when it can be; call it before work that takes long.

    Raises:
        DataError: an ending that is not known, no such folder, a folder in its place, or no permission.
    """
    target = Path(os.path.realpath(Path(path).expanduser()))
    _ending(target)
    if target.is_dir():
        raise DataError(f"{path}: this is a folder; a file was expected. Add a file name, such as synthetic.csv")
    if not target.parent.is_dir():
        raise DataError(f"{path}: the folder {str(target.parent)!r} does not exist. Create it, or choose another")
    try:
        temporary, file = _open_beside(target)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {_reason(error)}. Choose another folder") from error
    file.close()
    temporary.unlink()
    return target


def write_table_chunks(path: str | Path, chunks: Iterable[pa.Table], how: Dialect | Origin | None = None) -> int:
    """Write rows as they come; memory does not grow with their number.

    A text file is written in the remembered dialect, as the text of a CSV stands in the chunks; Parquet gets typed
    columns. The file appears when it is complete: until then, and after any failure, the old one is there.

    Args:
        path: ending in .csv, .tsv or .txt, also with .gz, or .parquet or .pq.
        chunks: tables with the same columns.
        how: the dialect, or the origin of the table that the rows resemble (it restores Parquet types too).

    Returns:
        How many rows were written.

    Raises:
        DataError: the file cannot be written, or the disk is full.
    """
    target = check_writable(path)
    origin = how if isinstance(how, Origin) else None
    dialect = origin.dialect if origin else how if isinstance(how, Dialect) else Dialect()
    temporary, file = _open_beside(target)
    writer: _Writer
    if _ending(target) in PARQUET_ENDINGS:
        writer = _ParquetFile(file, origin, dialect)
    else:
        writer = _TextFile(file, target, dialect)
    rows = 0
    try:
        for chunk in chunks:
            writer.write(chunk)
            rows += chunk.num_rows
        writer.finish()
        file.flush()
        os.fsync(file.fileno())
        file.close()
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException as error:
        writer.give_up()
        with contextlib.suppress(OSError):
            file.close()
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            old = "the old file was left as it was" if target.exists() else "nothing was left behind"
            raise DataError(
                f"{path}: the disk is full after {rows:,} rows; {old}. Free some space or choose another folder"
            ) from error
        raise
    return rows


def text_of(rows: pa.Table, dialect: Dialect) -> bytes:
    r"""Rows as UTF-8 text in a dialect, without header.

    Example:
        >>> text_of(pa.table({"a": ["x;y", None], "b": [1, 2]}), Dialect(delimiter=";", newline="\r\n"))
        b'"x;y";1\r\n;2\r\n'
    """
    if rows.num_rows == 0:
        return b""
    alone = rows.num_columns == 1
    cells = [
        written_cells(joined(column), dialect.style(name), dialect, alone)
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    ]
    cells[-1] = pc.binary_join_element_wise(cells[-1], _wide(""), _wide(dialect.newline))
    between = dialect.delimiter + (" " if dialect.space_after else "")
    lines = pc.binary_join_element_wise(*cells, _wide(between)) if not alone else cells[0]
    ends = np.frombuffer(lines.buffers()[1], dtype=np.int64)[lines.offset :]
    data: bytes = lines.buffers()[2][int(ends[0]) : int(ends[len(lines)])].to_pybytes()
    return data


class _Writer(Protocol):
    def write(self, chunk: pa.Table) -> None: ...
    def finish(self) -> None: ...
    def give_up(self) -> None: ...


class _TextFile:
    """Text in a dialect, zipped when the name says so (without time or name, so that equal rows are equal bytes)."""

    def __init__(self, file: IO[bytes], target: Path, dialect: Dialect) -> None:
        ending = _ending(target)
        if ending.startswith(".tsv") and dialect.delimiter == ",":
            dialect = Dialect(**{**vars(dialect), "delimiter": "\t"})
        self._dialect, self._name = dialect, target.name
        self._zip = gzip.GzipFile("", "wb", 6, file, mtime=0) if ending.endswith(".gz") else None
        self._file: IO[bytes] | gzip.GzipFile = self._zip or file
        self._names: list[str] | None = None

    def write(self, chunk: pa.Table) -> None:
        if self._names is None:
            self._names = chunk.column_names
            self._file.write(_BOMS.get(self._dialect.encoding, b"") if self._dialect.bom else b"")
            self._put(_header(chunk.column_names, self._dialect))
        assert chunk.column_names == self._names
        step = max(1, int(SLICE_BYTES / max(1.0, chunk.nbytes / max(1, chunk.num_rows))))
        for start in range(0, chunk.num_rows, step):
            self._put(text_of(chunk.slice(start, step), self._dialect))

    def _put(self, text: bytes) -> None:
        encoding = self._dialect.encoding
        if encoding != "utf-8":
            try:
                text = text.decode("utf-8").encode(encoding)
            except UnicodeEncodeError as error:
                raise DataError(
                    f"{self._name}: a cell holds a character that {encoding}, the encoding of the table learned from, "
                    "does not have. Write a .parquet file instead, or learn from a copy of the table in utf-8"
                ) from error
        self._file.write(text)

    def finish(self) -> None:
        if self._names is None:
            raise DataError(f"{self._name}: no rows and no columns to write")
        if self._zip is not None:
            self._zip.close()

    def give_up(self) -> None:
        if self._zip is not None:
            with contextlib.suppress(OSError):  # What is still to be flushed finds no room; it is thrown away.
                self._zip.close()


class _ParquetFile:
    """Typed columns. What the first chunk's text reads as holds for all chunks."""

    def __init__(self, file: IO[bytes], origin: Origin | None, dialect: Dialect) -> None:
        self._file, self._origin, self._dialect = file, origin, dialect
        self._writer: pq.ParquetWriter | None = None

    def write(self, chunk: pa.Table) -> None:
        table = self._origin.as_arrow(chunk) if self._origin else natural_table(chunk, self._dialect)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def finish(self) -> None:
        if self._writer is None:
            raise DataError("no rows and no columns to write")
        self._writer.close()

    def give_up(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError, pa.ArrowException):  # The same for the footer.
                self._writer.close()


def written_cells(values: pa.Array, style: CellStyle, dialect: Dialect, alone: bool) -> pa.Array:
    """A column as it stands in the file, quotes and missing marks included."""
    text = as_text(values, dialect.decimal).cast(pa.large_string())
    text = _quoted(text, style.quoted, dialect)
    if text.null_count == 0:
        return text
    mark = style.missing
    if style.missing_quoted or (alone and mark == ""):  # A blank line would be no row.
        mark = dialect.quote + mark + dialect.quote
    return pc.fill_null(text, _wide(mark))


def _quoted(text: pa.Array, always: bool, dialect: Dialect) -> pa.Array:
    """Quotes around cells that need them, or around all."""
    needs = None if always else pc.match_substring_regex(text, _special(dialect))
    if needs is not None and not pc.any(needs).as_py():
        return text
    quote = dialect.quote
    inner = pc.replace_substring(text, quote, quote * 2)
    wrapped = pc.binary_join_element_wise(_wide(quote), inner, _wide(quote), _wide(""))
    return wrapped if needs is None else pc.if_else(needs, wrapped, text)


def _special(dialect: Dialect) -> str:
    return "[" + "".join(re.escape(mark) for mark in (dialect.delimiter, dialect.quote)) + r"\r\n]"


def _header(names: list[str], dialect: Dialect) -> bytes:
    cells = []
    for name in names:
        given = dialect.style(name).header
        cell = name if given is None else given
        if dialect.header_quoted or re.search(_special(dialect), cell) or (cell == "" and len(names) == 1):
            cell = dialect.quote + cell.replace(dialect.quote, dialect.quote * 2) + dialect.quote
        cells.append(cell)
    between = dialect.delimiter + (" " if dialect.space_after else "")
    return (between.join(cells) + dialect.newline).encode("utf-8")


def _wide(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _ending(path: Path) -> str:
    """The ending that says what to write.

    Raises:
        DataError: another ending.
    """
    name = path.name.lower()
    for ending in (*TEXT_ENDINGS, *PARQUET_ENDINGS):
        if name.endswith(ending):
            return ending
    raise DataError(
        f"{path.name}: cannot tell what to write from the ending {path.suffix!r}; .csv, .csv.gz, .tsv or .parquet was "
        "expected. Choose one of these"
    )


def _open_beside(target: Path) -> tuple[Path, IO[bytes]]:
    """A hidden new file in the same folder, so that it can take the other's place in one step."""
    for attempt in range(1000):
        temporary = target.parent / f".{target.name}.{os.getpid()}-{attempt}.part"
        try:
            return temporary, temporary.open("xb")
        except FileExistsError:
            continue
    raise OSError(errno.EEXIST, "too many unfinished files beside it")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
