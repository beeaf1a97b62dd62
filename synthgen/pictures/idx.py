"""The idx format of MNIST: a magic number, sizes, bytes.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".

Letters: N entries.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from synthgen.errors import DataError

BYTES = 8
"""The type number of unsigned bytes, the only one that pictures and labels are stored in."""
GZIP = b"\x1f\x8b"


def is_idx(file: Path) -> bool:
    """Whether the file's name says that it is an idx file.

    Example:
        >>> is_idx(Path("train-images-idx3-ubyte.gz")), is_idx(Path("users.csv"))
        (True, False)
    """
    return "-idx" in file.name or ".idx" in file.name


def read_idx(file: Path) -> np.ndarray:
    """The array in an idx file, gzipped or not.

    Raises:
        DataError: it cannot be read, is damaged, or is something else.
    """
    content = _content(file)
    if len(content) < 4 or content[:2] != b"\0\0" or not content[3]:
        raise DataError(f"{file}: begins with {content[:4].hex(' ')}; an idx file of bytes (00 00 08 ..) was expected")
    if content[2] != BYTES:
        raise DataError(f"{file}: holds values of type {content[2]:#04x}; bytes (0x08) were expected")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataError(f"{file}: ends within its first {start} bytes; it is cut off. Fetch it again")
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], ">u4"))
    if math.prod(shape) != len(content) - start:
        sizes = " x ".join(map(str, shape))
        raise DataError(
            f"{file}: {len(content) - start:,} bytes of values; its sizes {sizes} ask for {math.prod(shape):,}. "
            "Fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_idx_pictures(file: Path) -> tuple[np.ndarray, list[str] | None, tuple[str, ...]]:
    """Pictures ``(N, H, W, K)``, their labels from the file beside it where there is one, and what to tell the user.

    Raises:
        DataError: a file is damaged, holds no pictures, or has another number of labels.
    """
    pixels = read_idx(file)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
        what = "labels" if pixels.ndim == 1 else f"{pixels.ndim} sizes"
        raise DataError(f"{file}: holds {what}; pictures (an idx3 file) were expected")
    beside = file.with_name(file.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1"))
    candidates = [beside, beside.with_suffix("") if beside.suffix == ".gz" else beside.with_name(f"{beside.name}.gz")]
    there = [place for place in candidates if place != file and place.is_file()]
    if not there:
        return pixels, None, (f"no labels: there is no {beside.name} beside {file.name}",)
    labels = read_idx(there[0])
    if labels.ndim != 1 or len(labels) != len(pixels):
        raise DataError(
            f"{there[0]}: {len(labels):,} labels for the {len(pixels):,} pictures of {file.name}; expected one for each"
        )
    return pixels, [str(label) for label in labels.tolist()], ()


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
        return gzip.decompress(content) if content[:2] == GZIP else content
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DataError(f"{file}: cannot be read ({reason}); an idx file was expected. Fetch it again") from None
