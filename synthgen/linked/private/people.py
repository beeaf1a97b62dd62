"""Who is a person in linked tables, and which rows are theirs: the unit of the guarantee.

Letters: N rows of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.errors import ConfigError, DataError, near_miss
from synthgen.linked.keys import check_key, key_texts, parent_rows
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.table.table import Table


@dataclass(frozen=True)
class People:
    """Tables as a guarantee for people sees them.

    Attributes:
        unit: the table each row of which is a person.
        order: the other tables of people, what owns before what is owned.
        up: by such a table the reference to what its rows hang on; the top of all is ``unit``.
        public: catalogues, given out as they are.
        notes: what is not protected, sentences.
    """

    unit: str
    order: tuple[str, ...]
    up: Mapping[str, Reference]
    public: tuple[str, ...]
    notes: tuple[str, ...]

    def children(self, name: str) -> list[str]:
        """Tables whose rows hang on rows of this one."""
        return [child for child in self.order if self.up[child].parent == name]


NOT_SAID = (
    "epsilon: what links the tables must be said, for finding it out would look at the rows. Write it with 'synthgen "
    'schema FOLDER --output schema.json\', check it (what it says is then public), say "keep": true of catalogues, and '
    "give it with --schema"
)
"""Why linked tables without a schema are refused."""


def people_of(schema: LinkedSchema, unit: str | None) -> People:
    """Whose the tables are, by what the schema says alone.

    Args:
        schema: what links them.
        unit: the table of people; None: the only one that hangs on no other.

    Raises:
        ConfigError: it is not clear who the people are, or a table belongs to nobody.

    Example:
        >>> from synthgen.table.schema import Schema
        >>> some = dict(table="posts", columns=["user_id"], parent="users", parent_columns=["user_id"])
        >>> found = people_of(LinkedSchema(tables={"posts": {"columns": Schema(columns=[])}}, references=[some]), None)
        >>> found.unit, found.order
        ('users', ('posts',))
    """
    plan = Plan.of(schema, {})
    public = tuple(name for name, table in schema.tables.items() if table.keep)
    up = {name: r for name in schema.tables if name not in public and (r := _up(name, plan, public)) is not None}
    tops = list(dict.fromkeys(_top(name, up) for name in schema.tables if name not in public))
    if unit is None:
        if len(tops) != 1:
            raise ConfigError(
                f"unit: {', '.join(map(repr, tops)) or 'no table'} could be the people whom epsilon is to protect; "
                'name their table with --unit TABLE, and say "keep": true of public catalogues in schema.json'
            )
        unit = tops[0]
    if unit not in schema.names or unit in public:
        there = [name for name in schema.names if name not in public]
        raise ConfigError(
            f"unit: of linked tables it names the table of people, and no such table is called {unit!r}; "
            f"{near_miss(unit, there)}"
        )
    up.pop(unit, None)
    for name in schema.tables:
        if name not in public and _top(name, up) != unit:
            raise ConfigError(
                f"{name}: its rows belong to no row of {unit!r}, so nothing says whom they are about. Say "
                '"keep": true of it in schema.json if it is a public catalogue, given out as it is; or take it out'
            )
    for reference in schema.references:
        if reference.table in public and reference.parent not in public:
            raise ConfigError(
                f"{reference.text}: {reference.table!r} is to be given out as it is, and it names rows of "
                f'{reference.parent!r}, which are not public. Take the column out, or leave out "keep"'
            )
    order = tuple(name for name in plan.order if name in up)
    notes = [
        f"{r.table}: a row belongs to whoever {'+'.join(up[r.table].columns)} leads to; whoever "
        f"{'+'.join(r.columns)} names is not protected from it"
        for r in schema.references
        if r.table in up and r != up[r.table] and (r.parent == unit or r.parent in up) and r.parent != r.table
    ]
    return People(unit, order, up, public, tuple(notes))


def _up(name: str, plan: Plan, public: tuple[str, ...]) -> Reference | None:
    """What rows of a table hang on, if it is no catalogue."""
    ends = plan.edges.get(name, ())
    owner = plan.owner.get(name)
    found = [*([owner] if owner is not None else []), *ends, *(plan.chosen.get(name, ()) if owner is not None else ())]
    return next((r for r in found if r.parent not in public), None)


def _top(name: str, up: Mapping[str, Reference]) -> str:
    while name in up:
        name = up[name].parent
    return name


@dataclass(frozen=True)
class Holdings:
    """The real rows, and whose they are. Rows that lead to nobody are left out: no figure looks at them.

    Attributes:
        tables: by name, those of people; the unit's too where it has a file.
        up: by owned table ``(N,)`` the row of the table that it hangs on.
        whose: by table ``(N,)`` the person.
        keys: of the people.
    """

    tables: dict[str, Table]
    up: dict[str, np.ndarray]
    whose: dict[str, np.ndarray]
    keys: pa.Table

    def rows_of(self, name: str) -> int:
        """How many rows a table has."""
        return len(self.whose[name])

    @classmethod
    def of(cls, tables: Mapping[str, Table], schema: LinkedSchema, people: People) -> Holdings:
        """Follow the references.

        Raises:
            DataError: a key is missing or there twice, or a row refers to none where the schema refuses that.
        """
        for name in tables:
            if key := schema.key_of(name):
                check_key(name, key, [tables[name].column(column) for column in key])
        found: dict[str, Table] = {}
        up: dict[str, np.ndarray] = {}
        whose: dict[str, np.ndarray] = {}
        if people.unit in tables:
            keys = tables[people.unit].arrow.select(list(schema.key_of(people.unit)))
            found[people.unit] = tables[people.unit]
        else:
            keys = _named(tables, people)
        whose[people.unit] = np.arange(len(keys))
        for name in people.order:
            reference = people.up[name]
            above = keys if reference.parent == people.unit else found[reference.parent].arrow
            child = [tables[name].column(c) for c in reference.columns]
            row_N = parent_rows(child, [_whole(above, c) for c in reference.parent_columns])
            if schema.orphans == "refuse" and (row_N < 0).any():
                raise DataError(
                    f"{name}: rows refer to no row of {reference.parent!r} ({reference.text}). Mend them, or set "
                    "'orphans' to 'missing' in schema.json: they are then left out"
                )
            kept = np.flatnonzero(row_N >= 0)
            found[name] = tables[name].take(kept)
            up[name] = row_N[kept]
            whose[name] = whose[reference.parent][up[name]]
        return cls(found, up, whose, keys)

    def named(self, reference: Reference, keys: pa.Table | None = None) -> np.ndarray:
        """``(N,)`` the row of a parent that each row of a table names; below 0: none, or one that is not there.

        Args:
            reference: from the one to the other.
            keys: the parent's key columns; None: those of people, or of rows of theirs.
        """
        if keys is None:
            keys = self.tables[reference.parent].arrow if reference.parent in self.tables else self.keys
        child = [self.tables[reference.table].column(c) for c in reference.columns]
        return parent_rows(child, [_whole(keys, c) for c in reference.parent_columns])

    def said(self, reference: Reference) -> np.ndarray:
        """``(N,)`` whether a reference is there, wherever it leads."""
        columns = [self.tables[reference.table].column(c) for c in reference.columns]
        return np.asarray(np.logical_and.reduce([np.asarray(column.is_valid()) for column in columns]))


def _named(tables: Mapping[str, Table], people: People) -> pa.Table:
    """People without a file: the keys that own rows; who is only named owns nothing and is nobody here."""
    references = [people.up[name] for name in people.children(people.unit)]
    columns = references[0].parent_columns
    texts = [key_texts([tables[r.table].column(c) for c in r.columns]) for r in references]
    whole = pa.concat_arrays(texts).drop_null().unique()
    if len(columns) == 1:
        return pa.table({columns[0]: whole})
    parts = pc.split_pattern(whole, "\x1f")
    return pa.table({c: pc.list_element(parts, place) for place, c in enumerate(columns)})


def _whole(table: pa.Table, column: str) -> pa.Array:
    return table.column(column).combine_chunks()


def cut(whose_N: np.ndarray, most: int, chance_N: np.ndarray) -> np.ndarray:
    """Rows that stay, ascending, when each person keeps at most so many, those of the least chance.

    Args:
        whose_N: whose each row is.
        most: rows of a person.
        chance_N: drawn for each row, evenly.

    Example:
        >>> cut(np.array([0, 0, 0, 1]), 2, np.array([0.9, 0.1, 0.5, 0.7])).tolist()
        [1, 2, 3]
    """
    order = np.lexsort((chance_N, whose_N))
    whose = whose_N[order]
    first = np.searchsorted(whose, whose, side="left")
    kept: np.ndarray = np.sort(order[np.arange(len(order)) - first < most])
    return kept
