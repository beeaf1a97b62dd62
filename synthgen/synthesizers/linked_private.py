"""Private fits of linked tables: a network made of noisy figures stands in for the real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from synthgen.config import RunConfig
from synthgen.detecting import schema_of
from synthgen.errors import ConfigError
from synthgen.linked.private.network import private_network
from synthgen.linked.private.people import NOT_SAID
from synthgen.linked.schema import LinkedSchema
from synthgen.synthesizers.base import Model
from synthgen.synthesizers.private import check_private, given_schema, notes_of
from synthgen.synthesizers.text_learning import without_texts
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.progress import Progress


@dataclass(frozen=True)
class NetworkStandIn:
    """What a private fit of linked tables learns from.

    Attributes:
        tables: made ones in the place of the real ones.
        schema: what links them; texts are made-up words and not learned.
        config: settings without what they say of privacy: all that follows is free.
        facts: for the manifest: what is promised, and where the budget went.
        notes: what whoever signs should know.
    """

    tables: dict[str, Table]
    schema: LinkedSchema
    config: RunConfig
    facts: dict[str, Any]
    notes: list[str]


def links_given(schema: LinkedSchema | None) -> LinkedSchema:
    """A schema as it may be used privately.

    Raises:
        ConfigError: there is none, or it asks for what no noise covers.
    """
    if schema is None:
        raise ConfigError(NOT_SAID)
    for table in schema.tables.values():
        given_schema(table.columns)
    return schema


def network_stand_in(
    tables: Mapping[str, Table],
    schema: LinkedSchema | None,
    config: RunConfig,
    kind: type[Model],
    progress: Progress,
) -> NetworkStandIn:
    """Made tables in the place of real ones.

    Args:
        tables: the real ones, by name.
        schema: what links them.
        config: settings, with an epsilon; ``unit`` is the table of people.
        kind: of model.
        progress: is told what happens.

    Raises:
        ConfigError: the links are not given, or it is not clear who the people are.
        PrivacyError: the budget is too small for the tables.
    """
    given = links_given(schema)
    check_private(config, kind)
    if config.privacy.method in ("sgd", "both"):
        raise ConfigError(
            f"privacy.method: {config.privacy.method!r} is for single tables; linked ones are learned from noisy "
            "tables of counts. Leave it out"
        )
    given.check({name: table.names for name, table in tables.items()})
    progress.stage("measuring with noise")
    made = private_network(
        tables,
        given,
        config.privacy,
        unit=config.unit,
        target=config.target,
        min_holders=config.min_holders,
        seed=config.seed,
        tell=progress.message,
    )
    ledger = made.ledger
    facts = {
        "epsilon": ledger.epsilon,
        "delta": ledger.delta,
        "unit": ledger.unit,
        "with_public_schema": ledger.epsilon_spent(without_schema=True),
        "ledger": ledger.state(),
        "columns": made.columns,
    }
    quiet = {
        name: table.model_copy(update={"columns": _learnable(without_texts(table.columns), made.tables[name], config)})
        for name, table in given.tables.items()
    }
    free = config.model_copy(update={"unit": None, "privacy": type(config.privacy)()})
    notes = [*notes_of(ledger, made.persons), *made.notes]
    return NetworkStandIn(made.tables, given.model_copy(update={"tables": quiet}), free, facts, notes)


def _learnable(schema: Schema, table: Table, config: RunConfig) -> Schema:
    """A schema that made rows keep: lists of which the noise left single tags are labels."""
    lists = [c.name for c in schema.columns if c.type == "tags" and "separator" not in c.options]
    if not lists:
        return schema
    alone = config.model_copy(update={"target": None, "unit": None, "columns": {}, "context": []})
    found = schema_of(replace(table, arrow=table.arrow.select(lists)), alone, None)
    lines = [found.column(c.name) if c.name in lists else c for c in schema.columns]
    return schema.model_copy(update={"columns": lines})
