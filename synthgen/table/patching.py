"""A text table with other text in some of its cells: every other byte stays as it is in the file."""

from __future__ import annotations

import errno
import gzip
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from synthgen.errors import DataError
from synthgen.replacing import written_beside
from synthgen.table.decoding import GZIP, look_through
from synthgen.table.dialect import Dialect
from synthgen.table.files import logical_rows
from synthgen.table.table import Table
from synthgen.table.writing import check_writable, written_cells

Cells = Mapping[str, tuple[np.ndarray, pa.Array]]
"""By column, the numbers of rows in ascending order, and what stands there."""


def write_patched(path: str | Path, source: str | Path, table: Table, cells: Cells) -> int:
    """Write a text file again with other text in some cells.

    Args:
        path: of the new file; zipped when its name ends in .gz.
        source: the text file.
        table: read from it.
        cells: what is to stand in which cells; null leaves a cell as it is.

    Returns:
        How many rows there are.

    Raises:
        DataError: the file cannot be written.
    """
    target = check_writable(path)
    dialect = table.origin.dialect
    source = Path(source).expanduser()
    with source.open("rb") as file:
        zipped = file.read(len(GZIP)) == GZIP
    text = look_through(source, zipped, dialect.encoding)
    places = {name: at for at, name in enumerate(table.names)}
    fills = {places[name]: _by_row(rows, values, name, dialect, len(places)) for name, (rows, values) in cells.items()}
    rows = 0
    try:
        with (
            written_beside(target, f"{os.getpid()}.part") as beside,
            beside.open("wb") as raw,
            text.open() as bytes_in,
            io.TextIOWrapper(bytes_in, encoding=text.encoding, newline="") as lines,
        ):
            packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if target.name.lower().endswith(".gz") else None
            out: IO[bytes] | gzip.GzipFile = packed or raw
            out.write(text.bom)
            for number, line in _numbered(lines, dialect):
                rows += number >= 0
                changed = {at: fill[number] for at, fill in fills.items() if number in fill}
                out.write((_patched(line, changed, dialect) if changed else line).encode(text.encoding))
            if packed is not None:
                packed.close()
            raw.flush()
            os.fsync(raw.fileno())
            if target.exists():
                beside.chmod(target.stat().st_mode & 0o777)
    except UnicodeEncodeError as error:
        raise DataError(
            f"{target.name}: a cell gets a character that {text.encoding}, the encoding of {source.name}, does not "
            "have. Give the file in utf-8"
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise DataError(
            f"{path}: the disk is full after {rows:,} rows. Free some space or choose another folder"
        ) from error
    assert rows == len(table)
    return rows


def _numbered(lines: io.TextIOWrapper, dialect: Dialect) -> Iterator[tuple[int, str]]:
    """Rows of text with their numbers; -1 for the header, -2 for blank lines, which are no rows."""
    number = -1
    for _, line in logical_rows(lines, dialect):
        if not line.strip("\r\n"):
            yield -2, line
            continue
        yield number, line
        number += 1


def _by_row(rows: np.ndarray, values: pa.Array, name: str, dialect: Dialect, columns: int) -> dict[int, str]:
    texts = written_cells(values, dialect.style(name), dialect, columns == 1).to_pylist()
    there = values.is_valid().to_pylist()
    return {row: text for row, text, is_there in zip(rows.tolist(), texts, there, strict=True) if is_there}


def _patched(line: str, changed: Mapping[int, str], dialect: Dialect) -> str:
    body = line.rstrip("\r\n")
    cells = raw_cells(body, dialect.delimiter, dialect.quote)
    for at, text in changed.items():
        cells[at] = (" " if dialect.space_after and at else "") + text
    return dialect.delimiter.join(cells) + line[len(body) :]


def raw_cells(row: str, delimiter: str, quote: str) -> list[str]:
    """The cells of a row as they stand, quotes included: joined by the delimiter they are the row again.

    Example:
        >>> raw_cells("1,'x, y',", ",", "'")
        ['1', "'x, y'", '']
    """
    if quote not in row:
        return row.split(delimiter)
    d, q = re.escape(delimiter), re.escape(quote)
    cell = re.compile(rf"({q}[^{q}]*(?:{q}{q}[^{q}]*)*{q}[^{d}]*|[^{d}]*)({d}|\Z)", re.DOTALL)
    cells, at = [], 0
    while True:
        match = cell.match(row, at)
        assert match is not None
        cells.append(match[1])
        if not match[2]:
            return cells
        at = match.end()
