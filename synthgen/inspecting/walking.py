"""A walk through the latent space as something to look at: a table of rows, or pictures."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.metrics.charts import Cells
from synthgen.reporting.words import show_plain

STEPS = 9
LONGEST_NUMBER = 7
"""Characters of a number with a fraction; longer ones are rounded, so that all steps stand side by side."""
SMALLEST_PICTURE = 56
"""Pixels of the shorter side: smaller pictures are enlarged by whole numbers, so that they stay sharp."""


def walk_table(rows: pa.Table) -> Cells:
    """Rows side by side, one line a column of the table, so that changes are seen; columns that change come first."""
    steps = range(1, rows.num_rows + 1)
    headings = ["Column", *("start" if i == 1 else "end" if i == rows.num_rows else str(i) for i in steps)]
    cells = {name: [_shown(value) for value in rows.column(name).to_pylist()] for name in rows.column_names}
    still = [name for name, values in cells.items() if len(set(values)) == 1]
    order = [*(name for name in cells if name not in still), *still]
    return {
        "kind": "table",
        "title": "Rows along the line",
        "alt": f"{len(cells) - len(still)} of {len(cells)} columns change on the way; they come first.",
        "headings": headings,
        "rows": [[name, *cells[name]] for name in order],
    }


def _shown(value: object) -> str:
    """A cell; of a long fraction the digits that say something."""
    if value is None:
        return "missing"
    text = str(value)
    if "." not in text or len(text) <= LONGEST_NUMBER:
        return text
    try:
        return show_plain(float(text))
    except ValueError:
        return text


def walk_pictures(pictures: np.ndarray) -> list[dict[str, Any]]:
    """Each as a data address and the words for those who cannot see it."""
    return [
        {"source": _address(picture), "alt": f"Picture {i} of {len(pictures)} along the line"}
        for i, picture in enumerate(pictures, 1)
    ]


def _address(picture: np.ndarray) -> str:
    times = max(1, -(-SMALLEST_PICTURE // min(picture.shape[:2])))
    enlarged = picture.repeat(times, axis=0).repeat(times, axis=1)
    return "data:image/png;base64," + base64.b64encode(png(enlarged)).decode()


def png(picture: np.ndarray) -> bytes:
    """A PNG file.

    Args:
        picture: ``(H, W)`` grey or ``(H, W, 3)`` coloured bytes.

    Source:
        ISO/IEC 15948:2004, w3.org/TR/png.

    Example:
        >>> png(np.zeros((2, 3), np.uint8))[1:4]
        b'PNG'
    """
    picture = np.ascontiguousarray(picture, np.uint8)
    height, width = picture.shape[:2]
    colour = 2 if picture.ndim == 3 else 0
    lines = np.zeros((height, 1 + picture.reshape(height, -1).shape[1]), np.uint8)  # each begins with its filter, none
    lines[:, 1:] = picture.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
