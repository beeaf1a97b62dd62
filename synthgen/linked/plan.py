"""In which order tables are made, and what each row of a child hangs on.

A child has one owner: its rows are made one after another for each of the owner's rows. Its other parents are chosen
for rows that are there already. References that close a circle, and those to the own table, are filled in last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from synthgen.linked.schema import LinkedSchema, Reference

PEOPLE = re.compile(r"user|person|people|customer|account|member|author|owner|patient|client|player|sender|name", re.I)


@dataclass(frozen=True)
class Plan:
    """How tables are made.

    Attributes:
        order: parents before children.
        owner: by child, the reference that its rows are made along; tables without one are drawn row by row.
        chosen: by child, references filled in for rows that are there, parents all made before.
        late: references filled in when all tables are made.
        edges: by table of ties between rows of one parent, its two references.
        notes: what was cut, and why.
    """

    order: tuple[str, ...]
    owner: dict[str, Reference] = field(default_factory=dict)
    chosen: dict[str, tuple[Reference, ...]] = field(default_factory=dict)
    late: tuple[Reference, ...] = ()
    edges: dict[str, tuple[Reference, Reference]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, schema: LinkedSchema, missing: Mapping[Reference, float]) -> Plan:
        """Sort the tables.

        Args:
            schema: what links them.
            missing: share of rows in which a reference is missing.
        """
        left = [r for r in schema.references if r.parent != r.table]
        late = [r for r in schema.references if r.parent == r.table]
        notes: list[str] = []
        order: list[str] = []
        while len(order) < len(schema.names):
            ready = [
                name
                for name in schema.names
                if name not in order and all(r.parent in order for r in left if r.table == name)
            ]
            if ready:
                order += ready
                continue
            around = [r for r in left if r.table not in order and r.parent not in order and _closes(r, left, order)]
            cut = max(around, key=lambda r: (missing.get(r, 0.0), not r.owner, r.text))
            left.remove(cut)
            late.append(cut)
            why = f"{missing.get(cut, 0.0):.0%} of its rows have none, the most of those on the circle"
            notes.append(f"{cut.text} closes a circle of tables; it is filled in when all are made ({why})")
        owner: dict[str, Reference] = {}
        chosen: dict[str, tuple[Reference, ...]] = {}
        edges: dict[str, tuple[Reference, Reference]] = {}
        for name in schema.tables:
            own = [r for r in left if r.table == name]
            ends = [r for r in own if len([s for s in own if s.parent == r.parent]) == 2]
            key = set(schema.tables[name].key)
            if (
                len(own) == len(ends) == 2
                and key <= {c for r in own for c in r.columns}
                and not any(r.owner for r in own)
            ):
                edges[name] = (own[0], own[1])
                continue
            if schema.tables[name].keep:
                continue
            if own:
                owner[name] = next((r for r in own if r.owner), None) or min(own, key=lambda r: _rank(r, schema))
                chosen[name] = tuple(r for r in own if r is not owner[name])
        return cls(tuple(order), owner, chosen, tuple(late), edges, tuple(notes))


def _closes(reference: Reference, left: list[Reference], made: list[str]) -> bool:
    """Whether a way leads from the parent back to the child."""
    seen, open_ = set(made), [reference.parent]
    while open_:
        name = open_.pop()
        if name == reference.table:
            return True
        if name not in seen:
            seen.add(name)
            open_ += [r.parent for r in left if r.table == name]
    return False


def _rank(reference: Reference, schema: LinkedSchema) -> tuple[bool, bool, int]:
    """A row belongs to a person rather than to a thing, and to what is made rather than to what is kept."""
    kept = reference.parent in schema.tables and schema.tables[reference.parent].keep
    person = any(PEOPLE.search(text) for text in (*reference.columns, reference.parent))
    return kept, not person, schema.references.index(reference)
