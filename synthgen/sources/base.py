"""What linked tables are read from."""

from __future__ import annotations

from typing import Protocol

from synthgen.config import RunConfig
from synthgen.linked.schema import LinkedSchema
from synthgen.table.table import Table


class Source(Protocol):
    """A place with tables. A new kind is a file, a test, and a line in ``source_of``.

    Attributes:
        name: short, for folders that are named after it.
        given: what to type to name it again; never a password.
    """

    name: str
    given: list[str]

    def check_room(self) -> None:
        """Say before anything is read what cannot be held in memory.

        Raises:
            DataError: it needs more memory than is free.
        """
        ...

    def read(self, config: RunConfig) -> dict[str, Table]:
        """All tables by name.

        Raises:
            DataError: there is none, or one cannot be read.
        """
        ...

    def links(self, found: LinkedSchema) -> LinkedSchema:
        """What was found out, corrected by what the place itself declares.

        Args:
            found: keys and references by names and values.
        """
        ...
