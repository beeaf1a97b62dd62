"""Files that appear whole or not at all: written beside, then in the place of what is there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_beside(path: Path, mark: str = "new") -> Iterator[Path]:
    """A hidden name in the same folder; what stands there at the end takes the file's place in one step.

    After any failure the old file is as it was, and nothing is left beside it.

    Args:
        path: the file; one that is there is replaced.
        mark: the hidden name's ending; with the process number in it two processes do not meet.
    """
    beside = path.with_name(f".{path.name}.{mark}")
    try:
        yield beside
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
