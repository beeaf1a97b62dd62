"""Keys and references, found out from names and values; the user confirms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from synthgen.config import RunConfig
from synthgen.detecting import schema_of
from synthgen.linked.declared import detect_counts
from synthgen.linked.keys import ORPHAN, key_texts, parent_rows
from synthgen.linked.plan import PEOPLE
from synthgen.linked.schema import LinkedSchema, Reference, TableSchema
from synthgen.table.schema import Schema
from synthgen.table.table import Table

MOST_ORPHANS = 0.1
"""A column with a larger share of values that are no key of the parent does not refer to it."""
KEY_NAME = re.compile(r"(^|_)(id|uuid|guid|key|node|handle|code|no|number|screen_name|username)$")
PERSON = re.compile(r"(user|author|account|customer|member|player|person|sender)(_name)?")
"""Columns that name somebody, though they are not called keys."""
LEAST_IN_COMMON = 0.1
"""Of the names at one end of ties, the part that is at the other too, where both ends are of one kind."""
MOST_DIFFERENT = 0.8
"""A column with a larger share of different values hardly says whose rows they are."""
ENDS = (
    {"from", "to"},
    {"source", "target"},
    {"src", "dst"},
    {"follower", "followee"},
    {"follower", "followed"},
    {"id_1", "id_2"},
    {"node_1", "node_2"},
    {"user_1", "user_2"},
)
"""What the two ends of a tie are called in tables of edges, with or without an id after it."""
END = {name for pair in ENDS for name in pair}
EARLIER = re.compile(r"(in_)?(reply|answer|response)_to(_id)?|(retweet|repost|share|quote)(ed)?_(of|from)(_id)?")
"""What the row that a row of the same table answers or repeats is called."""


def detect_links(tables: Mapping[str, Table], config: RunConfig) -> LinkedSchema:
    """Columns, keys and references of several tables.

    A key is a column without repeats that is named like one. A column refers to a table when it is named after its key
    or after it and holds its keys. A column that is named like a key, repeats, and is the key of no table refers to a
    table of its own, which has no file: ``userId`` to ``users``; so do both ends of ties that name no rows: to
    ``nodes``. A column that says of nearly every row how many rows refer to it, or what these hold, is a count.

    Args:
        tables: by name.
        config: settings.
    """
    columns = {name: schema_of(table, _own(config, table), None) for name, table in tables.items()}
    keys: dict[str, str] = {}
    for name, table in tables.items():
        if (key := _key(name, table)) is not None:
            keys[name] = key
    references: list[Reference] = []
    for name, table in tables.items():
        for column in table.names:
            if (parent := _parent(name, column, tables, keys)) is not None:
                references.append(_reference(name, column, parent, keys[parent]))
    linked = {(r.table, r.columns[0]) for r in references}
    references += _nodes(tables, linked)
    references += _implied(tables, keys, {(r.table, r.columns[0]) for r in references})
    found = {
        name: TableSchema(
            key=[keys[name]] if name in keys else _pair(name, table, references),
            time=_time(columns[name], {r.columns[0] for r in references if r.table == name}),
            columns=columns[name],
        )
        for name, table in tables.items()
    }
    schema = LinkedSchema(tables=found, references=references)
    for name, counts in detect_counts(tables, schema).items():
        schema.tables[name].counts = counts
    return schema


def snake(name: str) -> str:
    """Lower case with underscores, for names to be compared.

    Example:
        >>> snake("movieId"), snake("User ID")
        ('movie_id', 'user_id')
    """
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")


def singulars(name: str) -> set[str]:
    """What the one may be called, of a name for many.

    Example:
        >>> [sorted(singulars(name)) for name in ("movies", "boxes", "address", "users")]
        [['movie', 'movy'], ['box', 'boxe'], ['address'], ['user']]
    """
    if name.endswith("ss") or not name.endswith("s"):
        return {name}
    found = {name[:-1]}
    if name.endswith("ies"):
        found.add(name[:-3] + "y")
    if name.endswith(("xes", "ches", "shes", "sses")):
        found.add(name[:-2])
    return found


@dataclass(frozen=True)
class _Facts:
    """Of one column."""

    distinct: int
    missing: int
    rows: int

    @property
    def unique(self) -> bool:
        return self.missing == 0 and self.distinct == self.rows


def _facts(values: pa.Array) -> _Facts:
    if pa.types.is_nested(values.type) or pa.types.is_floating(values.type):
        return _Facts(0, 1, len(values))
    return _Facts(pc.count_distinct(values, mode="only_valid").as_py(), values.null_count, len(values))


def _key(table_name: str, table: Table) -> str | None:
    """The column that names the rows; one called after the table comes before others."""
    own = singulars(snake(table_name))
    found = []
    for place, column in enumerate(table.names):
        name = snake(column)
        called = name == "id" or name in {one + end for one in own for end in ("", "_id", "_uuid", "_key")}
        if (called or KEY_NAME.search(name)) and _facts(table.column(column)).unique:
            found.append((not called, place, column))
    return min(found)[2] if found else None


def _parent(table: str, column: str, tables: Mapping[str, Table], keys: Mapping[str, str]) -> str | None:
    """The table that a column refers to; None: to none."""
    name, found = snake(column), []
    for parent, key in keys.items():
        own = singulars(snake(parent))
        same = name == snake(key) and snake(key) != "id"
        named = name in {one + end for one in own for end in ("", "_id", f"_{snake(key)}")}
        within = name.endswith(tuple(f"_{one}{end}" for one in own for end in ("", "_id")))
        end = _end(name) in END and _is_end(tables[table], tables[parent], key)
        within = within or (parent == table and EARLIER.fullmatch(name) is not None)
        if parent == table and (column == key or not within):
            continue
        if column == keys.get(table) and not (same and _is_of(key, parent) and not _is_of(column, table)):
            continue
        if not (same or named or within or end):
            continue
        row_N = parent_rows([tables[table].column(column)], [tables[parent].column(key)])
        said_N = row_N >= ORPHAN + 1
        there = int((row_N >= 0).sum())
        if there and (row_N == ORPHAN).sum() <= MOST_ORPHANS * max(1, int(said_N.sum())):
            spoken = same or named or within
            told = (named or _is_of(key, parent)) if spoken else PEOPLE.search(parent) is not None
            found.append((not spoken, not told, -there, parent))
    return min(found)[-1] if found else None


def _is_of(key: str, table: str) -> bool:
    """Whether a key is called after its table."""
    return snake(key) in {one + end for one in singulars(snake(table)) for end in ("", "_id")}


def _end(name: str) -> str:
    return name.removesuffix("_id")


def _is_end(table: Table, parent: Table, key: str) -> bool:
    """Whether a table has both ends of ties between rows of the parent."""
    names = {_end(snake(name)): name for name in table.names}
    for pair in ENDS:
        if pair <= set(names):
            ends = [parent_rows([table.column(names[end])], [parent.column(key)]) for end in pair]
            return all((row_N == ORPHAN).mean() <= MOST_ORPHANS for row_N in ends)
    return False


def _reference(table: str, column: str, parent: str, key: str) -> Reference:
    return Reference(table=table, columns=(column,), parent=parent, parent_columns=(key,))


def _implied(tables: Mapping[str, Table], keys: Mapping[str, str], linked: set[tuple[str, str]]) -> list[Reference]:
    """References to tables without a file: of keys that repeat and name the rows of no table."""
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, table in tables.items():
        for column in table.names:
            key = snake(column)
            facts = _facts(table.column(column))
            named = re.search(r"._(id|uuid)$", key) is not None or PERSON.fullmatch(key) is not None
            repeats = 1 < facts.distinct <= MOST_DIFFERENT * (facts.rows - facts.missing)
            if named and repeats and (name, column) not in linked and column != keys.get(name):
                by_name.setdefault(key, []).append((name, column))
    found = []
    for key, places in by_name.items():
        parent = re.sub(r"_(id|uuid|name)$", "", key) + "s"
        if parent in tables:
            continue
        found += [_reference(name, column, parent, places[0][1]) for name, column in places]
    return found


def _nodes(tables: Mapping[str, Table], linked: set[tuple[str, str]]) -> list[Reference]:
    """References of tables of ties to a table of nodes without a file: both ends hold the same names."""
    found = []
    for name, table in tables.items():
        columns = {_end(snake(column)): column for column in table.names}
        for pair in ENDS:
            ends = [columns[end] for end in sorted(pair) if end in columns and (name, columns[end]) not in linked]
            if len(ends) == 2 and "nodes" not in tables and _overlap(*(table.column(end) for end in ends)):
                found += [_reference(name, end, "nodes", "node") for end in ends]
    return found


def _overlap(one: pa.Array, other: pa.Array) -> bool:
    """Whether names of one are among those of the other: ties within one kind, not of users with things."""
    names, others = (key_texts([values]).drop_null().unique() for values in (one, other))
    both = int(pc.sum(pc.is_in(names, value_set=others)).as_py() or 0)
    return both >= LEAST_IN_COMMON * max(1, min(len(names), len(others)))


def _pair(name: str, table: Table, references: list[Reference]) -> list[str]:
    """The references of a table, where no two rows have all of them alike: who rated what."""
    own = [r.columns[0] for r in references if r.table == name]
    if len(own) < 2:
        return []
    keys = key_texts([table.column(column) for column in own])
    return own if keys.null_count == 0 and len(keys.unique()) == len(keys) else []


def _time(schema: Schema, references: set[str]) -> str | None:
    """The first column of dates."""
    return next((c.name for c in schema.columns if c.type == "datetime" and c.name not in references), None)


def _own(config: RunConfig, table: Table) -> RunConfig:
    """The settings, of one table alone."""
    target = config.target if config.target in table.names else None
    columns = {name: settings for name, settings in config.columns.items() if name in table.names}
    return config.model_copy(update={"target": target, "columns": columns})
