"""Where pictures and their labels come from: a folder, with sub-folders or a CSV for labels, or an idx file."""

from __future__ import annotations

import csv
from pathlib import Path

from synthgen.errors import DataError, near_miss
from synthgen.pictures.base import Pictures, with_labels
from synthgen.pictures.files import is_picture_file, read_files, resized, shrunk, without_idle_colour
from synthgen.pictures.idx import is_idx, read_idx_pictures

FILE_NAMES = ("file", "filename", "file_name", "image", "picture", "path")
LABEL_NAMES = ("label", "class", "category", "target")
"""Columns of a CSV of labels, the first one that is there."""


def read_pictures(path: str | Path, side: int | None = None) -> Pictures:
    """Pictures and what is known of them.

    Args:
        path: a folder of PNG and JPEG files, or an idx file. Labels come from a CSV in the folder (columns
            ``file`` and ``label``), else from sub-folders; those of ``..-images-idx3-ubyte`` from
            ``..-labels-idx1-ubyte`` beside it.
        side: pixels of the longer side; None: as most pictures have it, up to a limit.

    Raises:
        DataError: there are none, or one of them cannot be read; the message names it.
    """
    path = Path(path)
    if path.is_dir():
        return _from_folder(path, side)
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = near_miss(path.name, siblings)
        hint = near if near.startswith("did") else "a folder of pictures or an idx file was expected"
        raise DataError(f"{path}: no such file or folder; {hint}")
    if not is_idx(path):
        raise DataError(f"{path}: is neither a folder of pictures nor an idx file (such as train-images-idx3-ubyte.gz)")
    pixels, labels, notes = read_idx_pictures(path)
    size = (int(pixels.shape[1]), int(pixels.shape[2]))
    if shrunk(size, side) != size:
        notes = (*notes, f"pictures of {size[1]} x {size[0]} pixels are learned in another size")
    pixels = without_idle_colour(resized(pixels, shrunk(size, side)))
    return with_labels(pixels, labels, str(path), notes)


def _from_folder(folder: Path, side: int | None) -> Pictures:
    tables = [(file, _columns(file)) for file in sorted(folder.glob("*.csv"))]
    fitting = [(file, columns) for file, columns in tables if columns is not None]
    if len(fitting) > 1:
        names = ", ".join(file.name for file, _ in fitting)
        raise DataError(f"{folder}: several files of labels ({names}); one was expected. Take the others away")
    labels: list[str] | None
    if fitting:
        files, labels = _from_csv(*fitting[0])
    elif tables:
        raise DataError(
            f"{tables[0][0]}: no column for files and labels; expected columns such as file,label. Rename them, or "
            "take the file away to have labels from sub-folders"
        )
    else:
        files, labels = _from_folders(folder)
    pixels, notes = read_files(files, side)
    return with_labels(pixels, labels, str(folder), notes)


def _from_folders(folder: Path) -> tuple[list[Path], list[str] | None]:
    """Files, labelled by the sub-folder that they are in."""
    shown = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    loose = [p for p in shown if p.is_file() and is_picture_file(p.name)]
    inner = {p.name: [q for q in sorted(p.iterdir()) if is_picture_file(q.name)] for p in shown if p.is_dir()}
    inner = {name: files for name, files in inner.items() if files}
    if loose and inner:
        raise DataError(
            f"{folder}: {len(loose)} pictures beside sub-folders of pictures ({', '.join(list(inner)[:3])}); expected "
            "all of them in sub-folders, one for each label, or none"
        )
    if inner:
        pairs = [(file, name) for name, files in inner.items() for file in files]
        return [file for file, _ in pairs], [name for _, name in pairs]
    if loose:
        return loose, None
    idx = [p.name for p in shown if p.is_file() and is_idx(p) and "images" in p.name]
    if idx:
        raise DataError(f"{folder}: holds idx files; name one of them, such as {folder / idx[-1]}")
    raise DataError(f"{folder}: no pictures; PNG or JPEG files were expected, in it or in a sub-folder for each label")


def _columns(file: Path) -> tuple[str, str] | None:
    """The columns of files and labels, or None."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            head = next(csv.reader(lines), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    lower = {name.strip().lower(): name for name in head}
    found = [next((lower[n] for n in names if n in lower), None) for names in (FILE_NAMES, LABEL_NAMES)]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _from_csv(table: Path, columns: tuple[str, str]) -> tuple[list[Path], list[str]]:
    files, labels = [], []
    with table.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 1):
            name, label = ((row.get(column) or "").strip() for column in columns)
            if not name or not label:
                raise DataError(f"{table}: row {number} has no {columns[1] if name else columns[0]}; expected both")
            file = table.parent / name
            if not file.is_file():
                raise DataError(
                    f"{table}: row {number} names {name!r}, which is not there; expected a path relative to the CSV"
                )
            files.append(file)
            labels.append(label)
    if not files:
        raise DataError(f"{table}: no rows; a file and a label in each were expected")
    return files, labels
