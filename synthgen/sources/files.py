"""Tables in files: a folder of them, or several named one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from synthgen.config import RunConfig
from synthgen.errors import DataError
from synthgen.linked.schema import LinkedSchema
from synthgen.sources.memory import LINKED, OF_GZIP, OF_PARQUET, refuse_too_large
from synthgen.table.files import read_table
from synthgen.table.table import Table

ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq")
SEVERAL = "tables"
"""What folders are named after where several files were given."""


class Files:
    """Files of one table each.

    Args:
        paths: by name of the table.
        name: short.
        given: what to type to name them again.
    """

    def __init__(self, paths: dict[str, Path], name: str, given: list[str]) -> None:
        self.paths, self.name, self.given = paths, name, given

    @classmethod
    def of_folder(cls, folder: str | Path) -> Self:
        """All tables in a folder.

        Raises:
            DataError: there is none, or two have one name.
        """
        there = [path for path in sorted(Path(folder).iterdir()) if path.is_file() and not path.name.startswith(".")]
        found = _named([path for path in there if _ending(path)], str(folder))
        if not found:
            raise DataError(
                f"{folder}: holds no table; files ending in {', '.join(ENDINGS)} were expected. "
                "Pictures are learned with --model image"
            )
        return cls(found, Path(folder).resolve().name, [str(folder)])

    @classmethod
    def of_paths(cls, paths: Sequence[str]) -> Self:
        """Files named one by one.

        Raises:
            DataError: two have one name, or one is a folder.
        """
        for path in paths:
            if Path(path).is_dir():
                raise DataError(f"{path}: is a folder; of several files each must be a table. Give the folder alone")
        return cls(_named([Path(path) for path in paths], "the files"), SEVERAL, list(paths))

    def check_room(self) -> None:
        """Say before anything is read what cannot be held in memory."""
        size = 0.0
        for path in self.paths.values():
            if path.is_file():
                ending = path.name.lower()
                times = OF_GZIP if ending.endswith(".gz") else OF_PARQUET if ending.endswith((".parquet", ".pq")) else 1
                size += times * path.stat().st_size
        refuse_too_large(size, LINKED, self.given[0] if len(self.given) == 1 else f"{len(self.given)} files")

    def read(self, config: RunConfig) -> dict[str, Table]:
        """All tables by name, read as the settings say."""
        return {
            name: read_table(
                path,
                missing=config.missing,
                delimiter=config.delimiter,
                encoding=config.encoding,
                decimal=config.decimal,
            )
            for name, path in self.paths.items()
        }

    def links(self, found: LinkedSchema) -> LinkedSchema:
        """Files declare nothing."""
        return found


def _ending(path: Path) -> str | None:
    return next((ending for ending in ENDINGS if path.name.lower().endswith(ending)), None)


def _named(paths: Sequence[Path], where: str) -> dict[str, Path]:
    """By name: the file's without its ending."""
    found: dict[str, Path] = {}
    for path in paths:
        name = path.name[: -len(_ending(path) or path.suffix)] if _ending(path) or path.suffix else path.name
        if name in found:
            raise DataError(f"{where}: {found[name].name} and {path.name} are both table {name!r}; take one away")
        found[name] = path
    return found
