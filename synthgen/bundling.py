"""The release bundle: one zip to hand on, with what a reader must know and nothing of the real data.

synthetic.csv (or .parquet)   the rows
data_card.md                  what it is, how it was made, its columns, what it is for, its limits
report.html, metrics.json     the evaluation; of a private run guarantee.html and guarantee.json
privacy.md                    what was tried, and what nobody can promise
settings.toml                 all settings, the seed among them
SHA256SUMS                    of each file, as ``sha256sum -c`` reads them
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthgen.errors import RunError
from synthgen.pictures.writing import folders_beside
from synthgen.replacing import written_beside
from synthgen.reporting.cards import data_card, guaranteed_card, guaranteed_statement, privacy_statement
from synthgen.reporting.folder import METRICS_FILE
from synthgen.reporting.guarantee import LEDGER_FILE, PAGE_FILE
from synthgen.storage import MANIFEST, Run, file_sha256, read_run
from synthgen.toml import to_toml

RUN_FOLDER, REPORT, SUMS = "run", "report.html", "SHA256SUMS"
TABLES = ("synthetic.csv", "synthetic.parquet")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip, the earliest there is: the same parts give the same bytes."""
READABLE = 0o100644 << 16


@dataclass(frozen=True)
class Parts:
    """What goes into the zip: files as they are, and texts that are written for it."""

    folder: Path
    files: tuple[Path, ...]
    texts: dict[str, str]


def write_bundle(folder: str | Path, output: str | Path) -> None:
    """Write the zip.

    Args:
        folder: what ``synthgen run`` left.
        output: the zip; one that is there is replaced when the new one is complete.

    Raises:
        RunError: a part is missing, damaged, or belongs to another table, or the zip cannot be written.
    """
    folder, output = Path(folder), Path(output)
    if output.suffix.lower() != ".zip":
        raise RunError(f"{output}: a bundle is a zip; a name that ends in .zip was expected. Choose another --output")
    parts = _parts(folder)
    try:
        with written_beside(output) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            sums = [f"{sha256}  {name}\n" for name, sha256 in _written(archive, parts)]
            archive.writestr(_entry(SUMS), "".join(sums))
    except OSError as error:
        raise RunError(f"{output}: cannot be written: {error.strerror}; choose another --output") from error


def _written(archive: zipfile.ZipFile, parts: Parts) -> Iterator[tuple[str, str]]:
    """Each file into the archive; its name and SHA-256."""
    for path in parts.files:
        name = path.relative_to(parts.folder).as_posix()
        with path.open("rb") as source, archive.open(_entry(name, path.stat().st_size), "w") as goal:
            shutil.copyfileobj(source, goal)
        yield name, file_sha256(path)
    for name, text in parts.texts.items():
        content = text.encode()
        archive.writestr(_entry(name), content)
        yield name, hashlib.sha256(content).hexdigest()


def _entry(name: str, size: int = 0) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, READABLE, 3
    entry.file_size = size
    return entry


def _parts(folder: Path) -> Parts:
    """All parts, checked against one another."""
    if (folder / MANIFEST).is_file():
        raise RunError(
            f"{folder}: is a model alone; the folder around it, with the synthetic table and the report, was expected. "
            f"Did you mean {str(folder.absolute().parent)!r}?"
        )
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder; the folder that synthgen run left was expected")
    table = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if table is not None and (folder / PAGE_FILE).is_file():
        return _guaranteed(folder, table)
    lacking = [] if table else ["the synthetic table (synthetic.csv or synthetic.parquet)"]
    lacking += [name for name in (REPORT, METRICS_FILE) if not (folder / name).is_file()]
    lacking += [f"{RUN_FOLDER}/ (the model's settings and seed)"] * (not (folder / RUN_FOLDER).is_dir())
    if table is None or lacking:
        raise RunError(
            f"{folder}: lacks {', '.join(lacking)}; a bundle needs the table, its report and how it was made. "
            "Make the folder again with: synthgen run DATA"
        )
    run, metrics = read_run(folder / RUN_FOLDER), _metrics(folder / METRICS_FILE)
    judged = metrics["facts"]["data"].get("synthetic", {}).get("sha256")
    if judged != file_sha256(table):
        raise RunError(
            f"{table}: is not the table that {METRICS_FILE} judges; it was changed or replaced since. "
            "Make the folder again with: synthgen run DATA"
        )
    files = (table, folder / REPORT, folder / METRICS_FILE, *_pictures(table, run))
    return Parts(folder, files, _texts(run, metrics, table.name))


def _guaranteed(folder: Path, table: Path) -> Parts:
    """Of a private run: the table, what is promised, and how it was made; real rows had no part in any of it."""
    run = read_run(folder / RUN_FOLDER)
    if "ledger" not in (run.manifest.get("privacy") or {}):
        raise RunError(
            f"{folder / RUN_FOLDER}: was not fitted with an epsilon, and {PAGE_FILE} beside it says so. "
            "Make the folder again with: synthgen run DATA --epsilon E"
        )
    if _json(folder / LEDGER_FILE).get("sha256") != file_sha256(table):
        raise RunError(
            f"{table}: is not the table that {LEDGER_FILE} speaks of; it was changed or replaced since. "
            "Make the folder again with: synthgen run DATA --epsilon E"
        )
    texts = {
        "data_card.md": guaranteed_card(run.manifest, run.schema, table.name),
        "privacy.md": guaranteed_statement(run.manifest),
        "settings.toml": _settings(run),
    }
    return Parts(folder, (table, folder / PAGE_FILE, folder / LEDGER_FILE), texts)


def _pictures(table: Path, run: Run) -> list[Path]:
    """The pictures that the table's paths name."""
    found = []
    for name, folder in folders_beside(table, run.codec.get("pictures", {})).items():
        if not folder.is_dir():
            raise RunError(
                f"{folder}: is missing; the pictures of column {name!r} were expected. Make the folder again with: "
                "synthgen run DATA"
            )
        found += sorted(folder.glob("*.png"))
    return found


def _texts(run: Run, metrics: dict[str, Any], table: str) -> dict[str, str]:
    return {
        "data_card.md": data_card(metrics, run.manifest, table),
        "privacy.md": privacy_statement(metrics, run.manifest),
        "settings.toml": _settings(run),
    }


def _settings(run: Run) -> str:
    """All settings, with the versions that they were used with."""
    versions = {name: run.manifest.get(name) for name in ("synthgen", "python", "libraries")}
    return to_toml({"seed": run.manifest.get("seed", 0), **run.config, "versions": versions})


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read as JSON; what synthgen run left was expected") from error
    return found if isinstance(found, dict) else {}


def _metrics(path: Path) -> dict[str, Any]:
    found = _json(path)
    lacking = [key for key in ("facts", "rows", "columns", "results", "verdicts", "notes") if key not in found]
    if lacking or "data" not in found["facts"]:
        raise RunError(f"{path}: is not what an evaluation writes; make it again with: synthgen run DATA")
    return found
