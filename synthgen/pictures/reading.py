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
    tables = {file: _lines(file) for file in sorted(folder.glob("*.csv"))}
    fitting = {file: columns for file, lines in tables.items() if (columns := _columns(lines[0] if lines else []))}
    if len(fitting) > 1:
        names = ", ".join(file.name for file in fitting)
        raise DataError(f"{folder}: several files of labels ({names}); one was expected. Take the others away")
    labels: list[str] | None
    if fitting:
        ((file, columns),) = fitting.items()
        files, labels = _from_csv(file, tables[file], columns)
    elif tables:
        raise DataError(
            f"{next(iter(tables))}: no column for files and labels; expected such as file,label. Rename them, or "
            "take the file away to have labels from sub-folders"
        )
    else:
        files, labels = _from_folders(folder)
    pixels, notes = read_files(files, side)
    return with_labels(pixels, labels, str(folder), notes)


def _from_folders(folder: Path) -> tuple[list[Path], list[str] | None]:
    """Files, labelled by the sub-folder that they are in."""
    shown = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    loose = [p for p in shown if p.is_file() and _is_shown(p)]
    inner = {p.name: [q for q in sorted(p.iterdir()) if _is_shown(q)] for p in shown if p.is_dir()}
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


def _is_shown(path: Path) -> bool:
    return is_picture_file(path.name) and not path.name.startswith(".")


def _lines(file: Path) -> list[list[str]]:
    """The cells of a CSV, its header first; commas, semicolons or tabs between them.

    Raises:
        DataError: it is no text.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        head = text.partition("\n")[0]
        return list(csv.reader(text.splitlines(), delimiter=max(",;\t", key=head.count)))
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{file}: is no CSV in UTF-8; columns such as file,label were expected") from None


def _columns(head: list[str]) -> tuple[int, int] | None:
    """Where files and labels are, or None."""
    lower = [name.strip().lower() for name in head]
    file, label = (next((lower.index(n) for n in names if n in lower), None) for names in (FILE_NAMES, LABEL_NAMES))
    return None if file is None or label is None else (file, label)


def _from_csv(table: Path, lines: list[list[str]], columns: tuple[int, int]) -> tuple[list[Path], list[str]]:
    files, labels = [], []
    for number, row in enumerate([line for line in lines[1:] if line], 1):
        name, label = (row[column].strip() if column < len(row) else "" for column in columns)
        if not name or not label:
            raise DataError(f"{table}: row {number} has no {lines[0][columns[bool(name)]].strip()}; expected both")
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
