"""Column types: one file each, values <-> a short path of tokens. No torch here."""

from __future__ import annotations

from pathlib import Path

from synthgen.columns.base import ColumnType
from synthgen.columns.boolean import Boolean
from synthgen.columns.categorical import Categorical
from synthgen.columns.datetime import Datetime
from synthgen.columns.geo import Geo
from synthgen.columns.identifier import Identifier
from synthgen.columns.image import ImagePath
from synthgen.columns.numeric import Numeric
from synthgen.columns.tags import Tags
from synthgen.columns.text import Text
from synthgen.errors import SchemaError, near_miss
from synthgen.table.schema import SPECIAL_TYPES, Schema

COLUMN_TYPES: tuple[type[ColumnType], ...] = (
    Boolean,
    Datetime,
    Geo,
    ImagePath,
    Identifier,
    Tags,
    Numeric,
    Categorical,
    Text,
)
"""Most specific first: on equal scores the earlier one wins."""

TYPES_BY_NAME: dict[str, type[ColumnType]] = {kind.name: kind for kind in COLUMN_TYPES}


def column_type(name: str, where: str = "schema") -> type[ColumnType]:
    """The column type of that name.

    Args:
        name: as in the schema.
        where: what an error begins with, such as ``schema.json: columns[3].type``.

    Raises:
        SchemaError: there is none; a near miss is suggested.

    Example:
        >>> column_type("numeric").__name__
        'Numeric'
    """
    if name in TYPES_BY_NAME:
        return TYPES_BY_NAME[name]
    raise SchemaError(f"{where}: no type {name!r}; {near_miss(name, [*TYPES_BY_NAME, *SPECIAL_TYPES])}")


def load_schema(path: str | Path) -> Schema:
    """``schema.json`` with every type checked.

    Raises:
        SchemaError: it cannot be read, or the dotted key in the message is wrong.
    """
    return Schema.load(path, TYPES_BY_NAME)
