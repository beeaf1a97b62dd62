"""How a CSV was written, found by looking at its first lines, so that synthetic rows are written the same way."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

DELIMITERS = (",", ";", "\t", "|")
QUOTES = ('"', "'")
NO_DELIMITER = "\x1f"
"""ASCII's unit separator: stands for none, in a file of one column whose text holds bare commas."""
SNIFF_RECORDS = 1_000
"""Rows looked at. Enough to meet every style a file mixes on purpose; one more would not change the answer."""

TextType = Literal["integer", "number", "boolean", "text"]


@dataclass(frozen=True)
class CellStyle:
    """How the cells of one column are written.

    Attributes:
        quoted: every present cell stands in quotes, needed or not.
        missing: what stands for a missing cell.
        missing_quoted: that mark stands in quotes.
        type: what the text reads as, for writing Parquet or a frame: as ``pandas.read_csv`` would decide,
            except that digits with leading zeros or too long for 64 bits stay text.
        header: the name in the file, where the table had to give another one (an empty name).
    """

    quoted: bool = False
    missing: str = ""
    missing_quoted: bool = False
    type: TextType = "text"
    header: str | None = None


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes:
        delimiter: between cells.
        quote: around a cell that holds a delimiter, a quote or a line end; doubled inside.
        encoding: a Python codec name, without byte-order mark.
        bom: whether the file starts with a byte-order mark.
        newline: line terminator.
        decimal: decimal point or comma of numbers.
        space_after: a blank follows each delimiter.
        header_quoted: every name stands in quotes.
        styles: by column name; a column that is not there is written in the default style.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    decimal: str = "."
    space_after: bool = False
    header_quoted: bool = False
    styles: Mapping[str, CellStyle] = field(default_factory=dict)

    def style(self, name: str) -> CellStyle:
        """How a column is written."""
        return self.styles.get(name, CellStyle())

    def state(self) -> dict[str, Any]:
        """All of it in JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Dialect:
        """The dialect again.

        Example:
            >>> Dialect.from_state(Dialect(delimiter=";").state()).delimiter
            ';'
        """
        styles = {name: CellStyle(**style) for name, style in state["styles"].items()}
        return cls(**{**state, "styles": styles})


class Record(NamedTuple):
    """One row of text: cells without their quotes, which of them were quoted, and what ended the row.

    ``open`` tells that a quote was opened and never closed, so the row is not to be trusted.
    """

    cells: list[str]
    quoted: list[bool]
    end: str
    open: bool


def records(text: str, delimiter: str, quote: str = '"') -> Iterator[Record]:
    r"""Rows of a CSV text. Blank lines are no rows.

    Example:
        >>> [record.cells for record in records('a,b\n1,"x, ""y"" z"\n', ",")]
        [['a', 'b'], ['1', 'x, "y" z']]
    """
    d, q = re.escape(delimiter), re.escape(quote)
    inside = f"[^{q}]*(?:{q}{q}[^{q}]*)*"
    cell = re.compile(rf"(?:{q}({inside}){q}([^{d}\r\n]*)|([^{d}\r\n]*))({d}|\r\n|\n|\r|\Z)", re.DOTALL)
    cells: list[str] = []
    quoted: list[bool] = []
    unclosed, at = False, 0
    while at < len(text) or cells:
        match = cell.match(text, at)
        assert match is not None
        held, tail, bare, end = match.groups()
        at = match.end()
        cells.append(bare if held is None else held.replace(quote * 2, quote) + tail)
        quoted.append(held is not None)
        unclosed |= held is None and bare.startswith(quote)
        if end == delimiter:
            continue
        if len(cells) > 1 or cells[0] or quoted[0]:
            yield Record(cells, quoted, end, unclosed)
        cells, quoted, unclosed = [], [], False


@dataclass(frozen=True)
class Sniffed:
    """What the first lines tell.

    Attributes:
        dialect: without the styles of columns.
        names: in the header, as they stand.
        header_lines: lines to skip before the rows, blank ones included.
        quoted: by column, whether present cells stand in quotes as a rule.
        body: the rows looked at.
    """

    dialect: Dialect
    names: list[str]
    header_lines: int
    quoted: list[bool]
    body: list[Record]

    def mark_quoted(self, column: int, mark: str) -> bool:
        """Whether a column's missing mark stands in quotes; where it is not met, when all columns are quoted."""
        met = [row.quoted[column] for row in self.body if row.cells[column] == mark]
        return sum(met) * 2 > len(met) if met else bool(self.quoted) and all(self.quoted)


def sniff(text: str, *, whole: bool, delimiter: str | None = None, decimal: str | None = None) -> Sniffed:
    r"""The dialect of a text and the names in its header.

    Args:
        text: the beginning of the file, decoded.
        whole: nothing follows. Otherwise the last row may be cut and is not looked at.
        delimiter: given by the user; None looks for one of ``DELIMITERS``.
        decimal: given by the user; None looks for decimal commas.

    Returns:
        What was found; without names when there is no whole row.

    Example:
        >>> found = sniff("name;height\nAnn;1,5\nBob;1,75\n", whole=True)
        >>> found.dialect.delimiter, found.dialect.decimal, found.names
        (';', ',', ['name', 'height'])
    """
    separator, quote = _best_split(text, whole, [delimiter] if delimiter else list(DELIMITERS))
    rows = _head(text, separator, quote, whole)
    if not rows:
        return Sniffed(Dialect(delimiter=separator, quote=quote), [], 0, [], [])
    header, body = rows[0], [row for row in rows[1:] if len(row.cells) == len(rows[0].cells)]
    spaced = bool(body) and _spaced([header, *body])
    ends = Counter(row.end for row in rows if row.end)
    newline = ends.most_common(1)[0][0] if ends else "\n"
    dialect = Dialect(
        delimiter=separator,
        quote=quote,
        newline=newline,
        decimal=decimal or _decimal(body, separator),
        space_after=spaced,
        header_quoted=_all_quoted(header.cells, header.quoted, separator, quote),
    )
    names = [name[1:] if spaced and i else name for i, name in enumerate(header.cells)]
    blank = text[: len(text) - len(text.lstrip("\r\n"))].count(newline)
    quoted = [_column_quoted(body, i, separator, quote) for i in range(len(names))]
    return Sniffed(dialect, names, 1 + blank, quoted, body)


def _best_split(text: str, whole: bool, delimiters: list[str]) -> tuple[str, str]:
    """The delimiter and quote under which most rows are as long as the header; the longer header wins a tie."""
    best, choice = (0.0, 0, 0), (delimiters[0], '"')
    for quote in QUOTES:
        for rank, delimiter in enumerate(delimiters):
            if delimiter not in text:
                continue
            rows = _head(text, delimiter, quote, whole, 200)
            if not rows or (quote == "'" and not _single_quotes(rows)):
                continue
            score = (_agreement([len(row.cells) for row in rows]), len(rows[0].cells), -rank)
            if score > best:
                best, choice = score, (delimiter, quote)
    return choice if best[0] > 0 or len(delimiters) == 1 else _one_column(text, whole, delimiters)


def _agreement(counts: list[int]) -> float:
    """Share of rows as long as the header; low but above zero when they are not, so that this is seen as an error."""
    header, body = counts[0], counts[1:]
    if header < 2:
        return 0.0
    same = sum(count == header for count in body) / len(body) if body else 1.0
    return same if same >= 0.5 else 0.1


def _one_column(text: str, whole: bool, delimiters: list[str]) -> tuple[str, str]:
    """The header is one name. Rows with a delimiter are then text that holds it, unless every row does."""
    for delimiter in delimiters:
        counts = [len(row.cells) for row in _head(text, delimiter, '"', whole, 200)[1:]]
        if counts and min(counts) > 1:
            return delimiter, '"'
    tidy = all(len(row.cells) == 1 for row in _head(text, delimiters[0], '"', whole, 200))
    return (delimiters[0] if tidy else NO_DELIMITER), '"'


def _single_quotes(rows: list[Record]) -> bool:
    """Whether apostrophes are quotes here: many cells stand wholly inside them, none begins with one and goes on."""
    wholly = sum(sum(row.quoted) for row in rows)
    return wholly >= 2 and not any(row.open or any(cell.startswith('"') for cell in row.cells) for row in rows)


def _head(text: str, delimiter: str, quote: str, whole: bool, limit: int = SNIFF_RECORDS) -> list[Record]:
    """The first whole rows."""
    rows: list[Record] = []
    for row in records(text, delimiter, quote):
        if not whole and not row.end:
            break
        rows.append(row)
        if len(rows) >= limit:
            break
    return rows


def _spaced(rows: list[Record]) -> bool:
    """Whether every cell but the first begins with a blank, none of them quoted (quotes would not be seen)."""
    later = [cell for row in rows for cell in row.cells[1:]]
    return bool(later) and all(cell.startswith(" ") and not cell.startswith(' "') for cell in later)


def _needs_quotes(cell: str, delimiter: str, quote: str) -> bool:
    return any(mark in cell for mark in (delimiter, quote, "\n", "\r"))


def _all_quoted(cells: list[str], quoted: list[bool], delimiter: str, quote: str) -> bool:
    """Whether all stand in quotes, at least one without need."""
    needless = any(not _needs_quotes(cell, delimiter, quote) for cell in cells)
    return bool(cells) and all(quoted) and needless


def _column_quoted(body: list[Record], position: int, delimiter: str, quote: str) -> bool:
    """Whether a column's cells stand in quotes as a rule. Short bare cells may be missing marks: they do not count."""
    cells = [(row.cells[position], row.quoted[position]) for row in body]
    if not any(quoted for _, quoted in cells):
        return False
    bare = {cell for cell, quoted in cells if not quoted}
    held = [cell for cell, quoted in cells if quoted]
    return len(bare) <= 1 and any(cell and not _needs_quotes(cell, delimiter, quote) for cell in held)


_COMMA_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[. ]\d{3})+)(?:,\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")


def _decimal(body: list[Record], delimiter: str) -> str:
    """A comma when some column holds numbers such as 1,5; with 1,500 alone the comma parts thousands."""
    if delimiter == "," or not body:
        return "."
    for position in range(len(body[0].cells)):
        cells = [row.cells[position].strip() for row in body]
        numbers = [cell for cell in cells if _COMMA_NUMBER.fullmatch(cell)]
        fractions = [cell for cell in numbers if "," in cell and not _THOUSANDS.fullmatch(cell)]
        words = sum(any(letter.isalpha() for letter in cell) for cell in cells)
        if fractions and len(numbers) >= 0.9 * (sum(map(bool, cells)) - words) and len(numbers) > words:
            return ","
    return "."
