"""One folder, one writer: a lock that a killed process cannot leave behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synthgen.errors import RunError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says into a sentence; whatever was there is untouched."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}; what was there is untouched") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the folder for this process, by a hidden file beside it with the process number in it.

    Raises:
        RunError: another process holds it, or the place is not writable.
    """
    file = path.with_name(f".{path.name}.lock")
    with explained(path):
        handle = _take(file, path)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(handle)


def _take(file: Path, path: Path) -> int:
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(handle):
            holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise RunError(f"{path}: is being written by process {holder}; wait for it or choose another --out")
        if _is_file(handle, file):
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
            return handle
        os.close(handle)  # the holder before removed the file between our two calls


def _is_file(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, 1 << 30, os.SEEK_SET)  # beyond the text, so that others can read the process number
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
