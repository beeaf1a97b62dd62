"""Bytes on disk to UTF-8 text: what kind of file it is, in which encoding, and where it breaks."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from synthgen.errors import DataError

BLOCK_BYTES = 1 << 20
PARQUET = b"PAR1"
GZIP = b"\x1f\x8b"
_MAGIC = (
    (PARQUET, "a Parquet file"),
    (GZIP, "a gzip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Office file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class TextFile:
    """A text file that was looked through once.

    Attributes:
        path: where it is.
        zipped: whether it is gzip.
        encoding: a Python codec name.
        bom: the byte-order mark it starts with, or nothing.
        quotes: those of ``"`` and ``'`` that occur.
    """

    path: Path
    zipped: bool
    encoding: str
    bom: bytes
    quotes: str

    def open(self) -> IO[bytes]:
        """The bytes after the byte-order mark, unzipped."""
        file = open_bytes(self.path, self.zipped)
        file.read(len(self.bom))
        return file

    def open_utf8(self) -> IO[bytes]:
        """The text as UTF-8, recoded block by block where it was something else."""
        if self.encoding == "utf-8":
            return self.open()
        recoded: Any = _Recoded(self.open(), self.encoding)
        return io.BufferedReader(recoded, BLOCK_BYTES)


class _Recoded(io.RawIOBase):
    """A stream of bytes in another encoding, read as UTF-8."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._ready:
            block = self._file.read(BLOCK_BYTES)
            self._ready = self._decoder.decode(block, final=not block).encode("utf-8")
            if not block:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


def open_bytes(path: Path, zipped: bool) -> IO[bytes]:
    """The file's bytes, unzipped when ``zipped``."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if zipped else path.open("rb")


def kind_of(path: Path, head: bytes) -> str | None:
    """What a binary file is, in words, by its first bytes; None when they are none that we know."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return _kind_of_zip(path) if kind == "a zip archive" else kind
    return None


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return "a zip archive"
    return "an Excel workbook" if any(name.startswith("xl/") for name in names) else "a zip archive"


def look_through(path: Path, zipped: bool, encoding: str | None = None) -> TextFile:
    """Read all of a text file once: its encoding, and that every byte of it is text.

    Args:
        path: an existing file.
        zipped: whether it is gzip.
        encoding: given by the user; None finds out.

    Raises:
        DataError: a damaged gzip, a binary file, or bytes that are not in the encoding.
    """
    try:
        with open_bytes(path, zipped) as file:
            head = file.read(4096)
        _refuse_binary(path, head)
        codec, bom = _declared(path, head, encoding)
        codec = codec or _wide(head)
        if codec is not None:
            return TextFile(path, zipped, codec, bom, _survey_declared(path, zipped, codec, bom, encoding))
        try:
            return TextFile(path, zipped, "utf-8", b"", _survey(path, zipped, "utf-8", 0))
        except _BadByteError as bad:
            codec = _latin(path, zipped, bad)
        return TextFile(path, zipped, codec, b"", _survey(path, zipped, codec, 0))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path.name}: the gzip data is damaged or cut short; nothing was read. Copy or download the file again"
        ) from error


def _refuse_binary(path: Path, head: bytes) -> None:
    kind = kind_of(path, head)
    if kind is not None:
        raise DataError(
            f"{path.name}: this is {kind}, not text; a CSV or Parquet file was expected. "
            "Convert it, or give it the ending that fits its content"
        )


def _declared(path: Path, head: bytes, encoding: str | None) -> tuple[str | None, bytes]:
    """The codec that the user or a byte-order mark declares, and that mark."""
    bom, marked = next(((bom, codec) for bom, codec in _BOMS if head.startswith(bom)), (b"", None))
    if encoding is None:
        return marked, bom
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise DataError(
            f"{path.name}: no encoding {encoding!r}; names such as utf-8, utf-16, latin-1, cp1252 are known. "
            "Correct it, or leave it out to have it found"
        ) from None
    codec = {"utf-8-sig": "utf-8", "utf-16": marked or "utf-16-le", "iso8859-1": "latin-1"}.get(codec, codec)
    return codec, bom if marked == codec else b""


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: of plain text, every other byte is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if half < 2 or min(even, odd) > 0.05 * half or max(even, odd) < 0.5 * half:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


class _BadByteError(Exception):
    """A byte that the encoding does not allow: its offset, and how many characters beyond ASCII came before."""

    def __init__(self, offset: int, foreign: int) -> None:
        self.offset, self.foreign = offset, foreign


def _latin(path: Path, zipped: bool, bad: _BadByteError) -> str:
    """Windows-1252 where bytes 0x80 to 0x9f occur and mean something there; otherwise ISO 8859-1.

    Raises:
        DataError: the text was UTF-8 up to the bad byte; accented Latin text never passes for it ten times over.
    """
    if bad.foreign >= 10:
        raise DataError(
            f"{path.name}: byte {bad.offset} is not valid utf-8, though {bad.foreign} characters beyond ASCII before "
            "it are; a text in one encoding was expected. Mend the file, or name its encoding, such as cp1252"
        )
    seen: set[int] = set()
    with open_bytes(path, zipped) as file:
        while block := file.read(BLOCK_BYTES):
            seen.update(block)
    special = {byte for byte in seen if 0x80 <= byte < 0xA0}
    return "cp1252" if special and not special & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "latin-1"


def _survey_declared(path: Path, zipped: bool, codec: str, bom: bytes, given: str | None) -> str:
    try:
        return _survey(path, zipped, codec, len(bom))
    except _BadByteError as bad:
        why = "was given" if given else "its first bytes declare"
        raise DataError(
            f"{path.name}: byte {bad.offset} is not valid {codec}; that encoding {why}, so every byte must be. "
            + ("Leave the encoding out to have it found, or name another" if given else "Mend the file")
        ) from None


def _survey(path: Path, zipped: bool, codec: str, skip: int) -> str:
    """Decode all of it, which fails at the first byte that is no text; the quotes that occur."""
    quotes, foreign = "", 0
    decoder = codecs.getincrementaldecoder(codec)()
    with open_bytes(path, zipped) as file:
        file.read(skip)
        at = skip
        while True:
            block = file.read(BLOCK_BYTES)
            held = decoder.getstate()[0]
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                foreign += _foreign(error.object[: error.start].decode(codec, "ignore"))
                raise _BadByteError(at - len(held) + error.start, foreign) from None
            if "\0" in text:
                raise DataError(
                    f"{path.name}: a zero byte at or after byte {at - len(held)}, so this is a binary file, not text; "
                    "a CSV or Parquet file was expected. Check how it was made"
                )
            quotes += "".join(mark for mark in ("'", '"') if mark not in quotes and mark in text)
            foreign += _foreign(text)
            if not block:
                return quotes
            at += len(block)


def _foreign(text: str) -> int:
    """How many characters are beyond ASCII."""
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
