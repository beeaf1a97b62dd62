"""The files of an evaluation: ``metrics.json`` for machines, ``report.html`` or ``report.md`` for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from synthgen.errors import DataError
from synthgen.replacing import written_beside
from synthgen.reporting.markdown import write_markdown
from synthgen.reporting.page import write_page

Form = Literal["html", "md"]
METRICS_FILE = "metrics.json"
REPORTS: dict[Form, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "html": ("report.html", write_page),
    "md": ("report.md", write_markdown),
}
"""Form -> the file's name and what writes it."""


def write_report(metrics: dict[str, Any], folder: Path, form: Form = "html") -> dict[str, str]:
    """Write both files; each stands beside the old one until it is complete.

    Args:
        metrics: ``Evaluation.to_json()``.
        folder: made when it is not there.
        form: of the report.

    Returns:
        What each file is -> its path.

    Raises:
        DataError: the folder cannot be written.
    """
    name, write = REPORTS[form]
    make_folder(folder)
    write_text(folder / name, write(metrics))
    write_text(folder / METRICS_FILE, json.dumps(metrics, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return {"report": str(folder / name), "figures": str(folder / METRICS_FILE)}


def refuse_file(folder: Path) -> None:
    """Say before the work, not after it, that results cannot go there.

    Raises:
        DataError: a file has that name.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file; a folder for the report was expected. Choose another --out")


def make_folder(folder: Path) -> None:
    """Make a folder that results go to.

    Raises:
        DataError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be made: {error.strerror}; a folder was expected. Choose another --out"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a file beside what is there, then in its place.

    Raises:
        DataError: it cannot be written; what was there is untouched.
    """
    try:
        with written_beside(path) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written: {error.strerror}; what was there is untouched. "
            "Free some space or choose another --out"
        ) from error
