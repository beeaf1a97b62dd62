"""A folder of pictures: PNG files, labels.csv, and a contact sheet; it appears whole or not at all.

Letters: H height, W width, K colour channels.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from synthgen.errors import DataError
from synthgen.pictures.base import LABEL
from synthgen.pictures.files import as_image

LABELS, SHEET = "labels.csv", "contact_sheet.png"
_OURS = re.compile(r"\d{6,}(_[\w-]+)?\.png")
ACROSS, DOWN = 10, 20
"""Pictures in a row of the contact sheet, and rows at most: one row a label."""
TILE = 56
"""Pixels of a picture's longer side on the contact sheet at least, so that small ones can be seen."""
GAP, CAPTION = 4, 64
"""Pixels between pictures, and of the label in front of a row."""


def file_name(number: int, label: str | None) -> str:
    """A picture's file.

    Example:
        >>> file_name(1, "7"), file_name(12, "a/b c"), file_name(3, None)
        ('000001_7.png', '000012_a-b-c.png', '000003.png')
    """
    return f"{number:06d}.png" if label is None else f"{number:06d}_{in_file_name(label)}.png"


def in_file_name(text: str) -> str:
    """A text as part of a file's name.

    Example:
        >>> in_file_name("a/b c"), in_file_name("..")
        ('a-b-c', '-')
    """
    return re.sub(r"[^\w-]+", "-", text)[:60].strip("-") or "-"


def folders_beside(table: Path, columns: Iterable[str]) -> dict[str, Path]:
    """Where the pictures of a table's columns go: beside it, named after it and the column.

    Example:
        >>> folders_beside(Path("out/more.csv.gz"), ["avatar"])["avatar"].as_posix()
        'out/more_avatar'
    """
    stem = table.name.removesuffix(".gz").rsplit(".", 1)[0]
    return {name: table.with_name(f"{stem}_{in_file_name(name)}") for name in columns}


def check_folder(folder: Path) -> None:
    """Whether pictures may be written there.

    Raises:
        DataError: a file is in the way, or the folder holds what synthgen did not write.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file; a folder for pictures was expected. Choose another --out")
    there = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    foreign = [name for name in there if name not in (LABELS, SHEET) and not _OURS.fullmatch(name)]
    if foreign:
        raise DataError(
            f"{folder}: holds {foreign[0]!r}, which is not a sampled picture; nothing was overwritten. Choose "
            "another --out"
        )


def write_pictures(folder: Path, pictures: Iterable[tuple[np.ndarray, str | None]]) -> int:
    """Write pictures one by one; a folder that was there stays until all are written.

    Args:
        folder: may be there, see ``check_folder``.
        pictures: ``(H, W, K)`` bytes and the label, or None where there are none.

    Returns:
        How many.

    Raises:
        DataError: the disk is full or the place is not writable.
    """
    check_folder(folder)
    rows: list[tuple[str, str]] = []
    shown: dict[str, list[np.ndarray]] = {}
    labelled = False
    with folder_beside(folder) as beside:
        for number, (pixels_HWK, label) in enumerate(pictures, 1):
            name = file_name(number, label)
            as_image(pixels_HWK).save(beside / name, format="PNG")
            rows.append((name, label or ""))
            labelled |= label is not None
            kept = shown.setdefault(label or "", [])
            if len(kept) < (ACROSS if labelled else ACROSS * ACROSS):
                kept.append(pixels_HWK)
        with (beside / LABELS).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file", LABEL] if labelled else ["file"])
            writer.writerows(rows if labelled else [row[:1] for row in rows])
        if rows:
            contact_sheet(shown).save(beside / SHEET, format="PNG")
    return len(rows)


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A hidden new folder that takes the other one's place at the end; after a failure nothing has changed."""
    folder = Path(os.path.abspath(folder))
    new, old = (folder.with_name(f".{folder.name}.{mark}") for mark in ("new", "old"))
    try:
        for stale in (new, old):
            shutil.rmtree(stale, ignore_errors=True)
        new.mkdir(parents=True)
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {error.strerror}; what was there is untouched") from error
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(new, ignore_errors=True)


def contact_sheet(shown: dict[str, list[np.ndarray]]) -> Image.Image:
    """Pictures side by side, a row for each label; without labels, rows one after the other.

    Args:
        shown: ``(H, W, K)`` pictures by label; the label may be empty.
    """
    labels = sorted(shown, key=lambda label: (int(label), "") if label.isdecimal() else (0, label))[:DOWN]
    lines = [(label, shown[label][at : at + ACROSS]) for label in labels for at in range(0, len(shown[label]), ACROSS)]
    height, width, _ = lines[0][1][0].shape
    times = max(1, -(-TILE // max(height, width)))
    high, wide = height * times + GAP, width * times + GAP
    left = CAPTION if any(labels) else GAP
    across = max(len(pictures) for _, pictures in lines)
    sheet = Image.new("RGB", (left + across * wide, GAP + len(lines) * high), "white")
    draw = ImageDraw.Draw(sheet)
    for y, (label, pictures) in enumerate(lines):
        draw.text((GAP, GAP + y * high + high // 2 - 2 * GAP), label[:10], fill="black")
        for x, pixels_HWK in enumerate(pictures):
            tile = as_image(pixels_HWK).resize((width * times, height * times), Image.Resampling.NEAREST)
            sheet.paste(tile, (left + x * wide, GAP + y * high))
    return sheet
