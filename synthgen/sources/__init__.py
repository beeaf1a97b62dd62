"""Where linked tables come from: a folder, several files, a database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from synthgen.errors import ConfigError
from synthgen.sources.base import Source
from synthgen.sources.database import Database
from synthgen.sources.files import Files

__all__ = ["Source", "is_linked", "source_of"]

URL = re.compile(r"^[A-Za-z][A-Za-z0-9+_.-]+://")


def is_linked(data: Sequence[str]) -> bool:
    """Whether these name several tables rather than one file.

    Example:
        >>> is_linked(["users.csv"]), is_linked(["users.csv", "posts.csv"]), is_linked(["sqlite:///network.db"])
        (False, True, True)
    """
    return len(data) > 1 or bool(URL.match(data[0])) or Path(data[0]).is_dir()


def source_of(data: str | Path | Sequence[str]) -> Source:
    """A folder, several files, or the URL of a database.

    Raises:
        ConfigError: a URL among several.
        DataError: there is nothing.
    """
    given = [str(data)] if isinstance(data, str | Path) else list(data)
    urls = [one for one in given if URL.match(one)]
    if urls and len(given) > 1:
        raise ConfigError("several places were given; one folder, several files, or one URL of a database was expected")
    if urls:
        return Database(given[0])
    return Files.of_folder(given[0]) if len(given) == 1 and Path(given[0]).is_dir() else Files.of_paths(given)
