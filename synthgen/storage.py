"""Named arrays and JSON <-> a run folder. Nothing in it is executed on load; never pickle.

    config.toml          the settings as they were resolved
    schema.json          what each column means
    codec.json           the vocabularies: no rare value, no row
    weights.safetensors  the network
    history.jsonl        one line per evaluation
    manifest.json        versions, seed, data facts, privacy, SHA-256 of the files above
    checkpoint.safetensors   only while training goes on, or was stopped: what --resume needs
    released.arrow       likewise, of a private run: the made rows that stand in for the real ones, and the ledger

A run appears whole or not at all: it is written into a hidden folder beside, then renamed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import platform
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as arrays_of_bytes
from safetensors.numpy import save as bytes_of_arrays

from synthgen import __version__
from synthgen.errors import ConfigError, RunError, near_miss
from synthgen.locking import explained, locked
from synthgen.replacing import written_beside
from synthgen.toml import to_toml

FORMAT = 4
"""Raised when an older synthgen could not read what this one writes; ``OLDEST`` says what this one reads."""
OLDEST = 2

WEIGHTS, MANIFEST, CHECKPOINT = "weights.safetensors", "manifest.json", "checkpoint.safetensors"
RELEASED = "released.arrow"
HASHED = ("config.toml", "schema.json", "codec.json", WEIGHTS, "history.jsonl")
_OURS = {*HASHED, MANIFEST, CHECKPOINT, RELEASED}
_OF_THE_FOLDER = {"format", "synthgen", "python", "libraries", "files", "model"}
_LIBRARIES = ("torch", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "pillow", "safetensors")
_JUDGING = ("numpy", "pandas", "pyarrow", "scipy", "scikit-learn")
"""Packages that figures of an evaluation hang on."""
_CODE_ENDINGS = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy", ".npz", ".py", ".pyc", ".so"}


@dataclass(frozen=True)
class Run:
    """A run folder as it was read and verified."""

    path: Path
    manifest: dict[str, Any]
    config: dict[str, Any]
    schema: dict[str, Any]
    codec: dict[str, Any]
    history: list[dict[str, Any]]
    weights: dict[str, np.ndarray]

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of the fit: not of versions and files."""
        return {key: fact for key, fact in self.manifest.items() if key not in _OF_THE_FOLDER}

    @contextmanager
    def fitting_together(self) -> Iterator[None]:
        """Where a model is put together from the parts.

        Raises:
            RunError: a part is missing in another, or of another size.
        """
        try:
            yield
        except (RunError, ConfigError):
            raise
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise RunError(
                f"{self.path}: its files do not fit together ({type(error).__name__}). Restore the folder or fit again"
            ) from error


@dataclass(frozen=True)
class Checkpoint:
    """Where training stood.

    Attributes:
        arrays: weights, optimizer state, generator states.
        facts: everything else, in JSON types.
    """

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


class RunWriter:
    """A run folder that this process alone may write; made by ``writing``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new = path.with_name(f".{path.name}.new")
        self._old = path.with_name(f".{path.name}.old")

    def write(
        self,
        *,
        config: Mapping[str, Any],
        schema: Mapping[str, Any],
        codec: Mapping[str, Any],
        history: list[dict[str, Any]],
        weights: Mapping[str, np.ndarray],
        facts: Mapping[str, Any],
        keep_checkpoint: bool = False,
    ) -> None:
        """Write the whole run; a run that was there stays until this one is complete.

        Args:
            config: becomes config.toml.
            schema: becomes schema.json.
            codec: becomes codec.json.
            history: becomes history.jsonl; a figure that is not finite becomes null here and in the manifest.
            weights: finite arrays.
            facts: for the manifest: seed, data facts, privacy, whether training was cut short.
            keep_checkpoint: training may be resumed later.

        Raises:
            RunError: the disk is full, the place is not writable, or a weight is not finite.
        """
        files = {
            "config.toml": to_toml(config).encode(),
            "schema.json": _json_bytes(schema, indent=2),
            "codec.json": _json_bytes(codec),
            "history.jsonl": b"".join(_json_bytes(_without_nan(line)) for line in history),
            WEIGHTS: bytes_of_arrays(_checked_finite(weights, f"{self.path}: {WEIGHTS}")),
        }
        hashes = {name: _sha256(files[name]) for name in HASHED}
        manifest = {**_versions(), **_without_nan(dict(facts)), "files": hashes}
        files[MANIFEST] = _json_bytes(manifest, indent=2)
        with explained(self.path):
            shutil.rmtree(self._new, ignore_errors=True)
            self._new.mkdir()
            try:
                for name, content in files.items():
                    _write_durably(self._new / name, content)
                for kept in (CHECKPOINT, RELEASED) if keep_checkpoint else ():
                    if (self.path / kept).exists():
                        shutil.copyfile(self.path / kept, self._new / kept)
                self._swap()
            finally:
                shutil.rmtree(self._new, ignore_errors=True)

    def _swap(self) -> None:
        shutil.rmtree(self._old, ignore_errors=True)
        if self.path.exists():
            self.path.rename(self._old)
        try:
            self._new.rename(self.path)
        except OSError:
            self.recover()
            raise
        shutil.rmtree(self._old, ignore_errors=True)

    def recover(self) -> None:
        """Put back the run that a process killed between two renames left beside."""
        if self._old.exists() and not self.path.exists():
            self._old.rename(self.path)

    def write_checkpoint(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        """Note where training stands; the checkpoint before stays until this one is complete.

        Raises:
            RunError: the disk is full or the place is not writable.
        """
        compact = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        content = bytes_of_arrays(compact, metadata={"facts": json.dumps(facts)})
        with explained(self.path):
            self.path.mkdir(exist_ok=True)
            with written_beside(self.path / CHECKPOINT) as beside:
                _write_durably(beside, content)

    def read_checkpoint(self) -> Checkpoint | None:
        """Where training stood, or None when there is nothing to go on from.

        Raises:
            RunError: the checkpoint is damaged or foreign.
        """
        file = self.path / CHECKPOINT
        if not file.exists():
            return None
        where = f"{self.path}: {CHECKPOINT}"
        content = _read_bytes(file, where)
        arrays = _arrays(content, where)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        facts = header.get("__metadata__", {}).get("facts")
        if facts is None:
            raise RunError(f"{where} holds no training state; synthgen did not write it. Train without --resume")
        return Checkpoint(arrays, _json_value(facts.encode(), where))

    def write_released(self, content: bytes) -> None:
        """Note what a private run has paid for, so that going on does not pay again.

        Raises:
            RunError: the disk is full or the place is not writable.
        """
        with explained(self.path):
            self.path.mkdir(exist_ok=True)
            with written_beside(self.path / RELEASED) as beside:
                _write_durably(beside, content)

    def read_released(self) -> bytes | None:
        """What ``write_released`` wrote, or None when there is nothing.

        Raises:
            RunError: it cannot be read.
        """
        file = self.path / RELEASED
        return _read_bytes(file, f"{self.path}: {RELEASED}") if file.exists() else None

    def drop_checkpoint(self) -> None:
        """Forget where training stood."""
        (self.path / CHECKPOINT).unlink(missing_ok=True)


@contextmanager
def writing(path: Path | str) -> Iterator[RunWriter]:
    """Take a run folder for this process, so that no second one writes into it.

    The lock is a hidden file beside the folder. The operating system lets go of it when the process ends,
    however it ends, so a lock of a killed process never stands in the way.

    Raises:
        RunError: another process writes it; the folder holds files that are not a run's; the place is not
            writable.
    """
    path = Path(os.path.abspath(path))
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        writer = RunWriter(path)
        writer.recover()
        _refuse_foreign_folder(path)
        yield writer


def read_run(path: Path | str) -> Run:
    """Read a run folder and verify every file of it.

    Raises:
        RunError: it is not a run folder, was written by a newer synthgen, or a file is missing, damaged,
            truncated, changed or foreign; the message names the file.
    """
    path = Path(path)
    manifest = _read_manifest(path)
    _refuse_code(path)
    contents = {}
    for name in HASHED:
        where = f"{path}: {name}"
        if not (path / name).is_file():
            raise RunError(f"{where} is missing; a run folder holds it. Restore the folder or fit again")
        contents[name] = _read_bytes(path / name, where)
        _refuse_pickle(contents[name], where)
        if _sha256(contents[name]) != manifest["files"].get(name):
            raise RunError(
                f"{where} is damaged: {len(contents[name]):,} bytes that do not match the SHA-256 in {MANIFEST}. "
                "Restore the folder or fit again"
            )
    return Run(
        path=path,
        manifest=manifest,
        config=_toml_value(contents["config.toml"], f"{path}: config.toml"),
        schema=_json_object(contents["schema.json"], f"{path}: schema.json"),
        codec=_json_object(contents["codec.json"], f"{path}: codec.json"),
        history=[_json_object(line, f"{path}: history.jsonl") for line in contents["history.jsonl"].splitlines()],
        weights=_checked_finite(_arrays(contents[WEIGHTS], f"{path}: {WEIGHTS}"), f"{path}: {WEIGHTS}"),
    )


def model_of_run(path: Path | str) -> str:
    """The name of the model in a run folder; its files are not verified.

    Raises:
        RunError: it is not a run folder, or was written by a newer synthgen.
    """
    return str(_read_manifest(Path(path)).get("model", ""))


def _read_manifest(path: Path) -> dict[str, Any]:
    if not (path / MANIFEST).is_file():
        raise RunError(f"{path}: {_why_no_run(path)}")
    where = f"{path}: {MANIFEST}"
    content = _read_bytes(path / MANIFEST, where)
    _refuse_pickle(content, where)
    manifest = _json_object(content, where)
    version = manifest.get("format")
    if isinstance(version, bool) or not isinstance(version, int):
        raise RunError(f"{where} is damaged: it states no format version. Restore the folder or fit again")
    reads = f"{OLDEST}-{FORMAT}" if OLDEST < FORMAT else f"{FORMAT}"
    if version > FORMAT:
        raise RunError(
            f"{path}: was written by a newer synthgen (format {version}, this reads {reads}); "
            "upgrade: pip install -U synthgen-social"
        )
    if version < OLDEST:
        raise RunError(f"{path}: format {version} is too old; this synthgen reads {reads}. Fit again")
    if not isinstance(manifest.get("files"), dict):
        raise RunError(f"{where} is damaged: it lists no files. Restore the folder or fit again")
    return manifest


def _why_no_run(path: Path) -> str:
    if path.is_file():
        return "is a file; a run folder was expected"
    if (path / CHECKPOINT).exists():
        return "training did not finish here; go on with: synthgen fit DATA --resume --out " + str(path)
    if path.is_dir():
        inner = [entry.name for entry in path.iterdir() if (entry / MANIFEST).is_file()]
        return f"is not a run folder (no {MANIFEST})" + (f"; did you mean '{path / inner[0]}'?" if inner else "")
    parent = path.parent
    siblings = [entry.name for entry in parent.iterdir() if (entry / MANIFEST).is_file()] if parent.is_dir() else []
    return "no such folder" + (f"; {near_miss(path.name, siblings)}" if siblings else "; a run folder was expected")


def _refuse_foreign_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise RunError(f"{path}: is a file; a folder to write the run into was expected. Choose another --out")
    entries = sorted(entry.name for entry in path.iterdir()) if path.exists() else []
    foreign = [name for name in entries if name not in _OURS and not name.startswith(".")]
    if foreign:
        raise RunError(
            f"{path}: holds {foreign[0]!r}, which is not a run's; nothing was overwritten. Choose another --out"
        )


def _refuse_code(path: Path) -> None:
    for entry in sorted(path.iterdir()):
        if entry.name not in _OURS and entry.suffix.lower() in _CODE_ENDINGS:
            raise RunError(f"{path}: holds {entry.name!r}, which can carry code; refused. Delete it if you know it")


def _refuse_pickle(content: bytes, where: str) -> None:
    if content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= len(content):
        return  # safetensors: the length of its header may look like anything
    if content[:1] == b"\x80" and content[1:2] <= b"\x05":
        raise RunError(f"{where} is a pickle, which can carry code; refused. Delete the folder unless you know it")
    if content[:4] == b"PK\x03\x04":
        raise RunError(f"{where} is a zip archive (torch.save writes such pickles), which can carry code; refused")


def _arrays(content: bytes, where: str) -> dict[str, np.ndarray]:
    _refuse_pickle(content, where)
    try:
        arrays: dict[str, np.ndarray] = arrays_of_bytes(content)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise RunError(f"{where} is damaged or not safetensors ({error}). Restore the folder or fit again") from error
    return arrays


def _checked_finite(arrays: Mapping[str, np.ndarray], where: str) -> dict[str, np.ndarray]:
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.inexact) and not np.isfinite(array).all():
            raise RunError(f"{where}: {name!r} holds a number that is not finite; refused. Fit again")
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}


def library_versions(names: Sequence[str] = _JUDGING) -> dict[str, str]:
    """Python's version, and those of packages; of one that is not there, ``unknown``."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def _versions() -> dict[str, Any]:
    found = library_versions(_LIBRARIES)
    return {"format": FORMAT, "synthgen": __version__, "python": found.pop("python"), "libraries": found}


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json_bytes(value: Any, indent: int | None = None) -> bytes:
    return (json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _without_nan(value: Any) -> Any:
    """A report may hold a figure that was not reached yet; JSON says null to that."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json_value(content: bytes, where: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{where} is damaged: not JSON ({error}). Restore the folder or fit again") from error


def _json_object(content: bytes, where: str) -> dict[str, Any]:
    value = _json_value(content, where)
    if not isinstance(value, dict):
        raise RunError(f"{where} is damaged: a JSON object was expected. Restore the folder or fit again")
    return value


def _toml_value(content: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:
        raise RunError(f"{where} is damaged: not TOML ({error}). Restore the folder or fit again") from error


def _read_bytes(file: Path, where: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RunError(f"{where} cannot be read: {error.strerror}") from error


def _write_durably(file: Path, content: bytes) -> None:
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
