"""What the columns of a table mean, by a run's settings: given, or detected. No torch."""

from __future__ import annotations

from pathlib import Path

from synthgen.columns import load_schema
from synthgen.columns.detect import detect_schema
from synthgen.config import RunConfig
from synthgen.errors import ConfigError, near_miss
from synthgen.table.schema import Schema
from synthgen.table.table import Table


def check_unit(table: Table, config: RunConfig) -> None:
    """Whether the table has the column that says whose a row is.

    Raises:
        ConfigError: it has not; a near miss is suggested.
    """
    if config.unit is not None and config.unit not in table.names:
        raise ConfigError(f"unit: no column {config.unit!r}; {near_miss(config.unit, table.names)}")


def schema_of(table: Table, config: RunConfig, given: Schema | str | Path | None) -> Schema:
    """The schema of the whole table, rows that will be held out too: which columns there are is no secret.

    Args:
        table: the table.
        config: settings; its columns stand above detection.
        given: a schema, or the path of a ``schema.json``, in place of detection.

    Raises:
        SchemaError: the given schema does not fit the table.
    """
    if given is not None:
        schema = given if isinstance(given, Schema) else load_schema(given)
        schema.check(table.names)
        return schema
    overrides = {name: {"type": c.type, "options": c.options} for name, c in config.columns.items()}
    return detect_schema(
        table.arrow,
        target=config.target,
        overrides=overrides,
        min_holders=config.min_holders,
        seed=config.seed,
        decimal=table.origin.dialect.decimal,
        folder=table.folder,
    )
