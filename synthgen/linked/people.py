"""Whose the rows of linked tables are: the person at the top of each row's owners.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.linked.plan import PEOPLE, Plan
from synthgen.linked.schema import LinkedSchema, Reference

WHOSE = "whose row it is"
"""The column of a table that is learned which says whose its rows are; it is no part of what is made."""


def way_up(name: str, plan: Plan, schema: LinkedSchema) -> list[Reference]:
    """The references from a table to the people who own its rows; empty: each row is somebody's own.

    The people are the topmost owner that is named like people, else the topmost one that is no public catalogue. Of
    ties they are those at the first end.

    Example:
        >>> from synthgen.table.schema import Schema
        >>> some = dict(table="posts", columns=["user_id"], parent="users", parent_columns=["user_id"])
        >>> schema = LinkedSchema(tables={"posts": {"columns": Schema(columns=[])}}, references=[some])
        >>> [r.text for r in way_up("posts", Plan.of(schema, {}), schema)]
        ['posts.user_id -> users.user_id']
    """
    found: list[Reference] = []
    people = 0
    while True:
        ends = plan.edges.get(name)
        reference = plan.owner.get(name) or (ends[0] if ends is not None else None)
        if reference is None or (reference.parent in schema.tables and schema.tables[reference.parent].keep):
            return found[:people] if people else found
        found.append(reference)
        name = reference.parent
        if PEOPLE.search(name) or any(PEOPLE.search(column) for column in reference.parent_columns):
            people = len(found)


def whose_rows(way: list[Reference], rows_of: Callable[[Reference], np.ndarray], n_rows: int) -> np.ndarray:
    """``(N,)`` a number for each person; a row that leads to nobody is nobody else's.

    Args:
        way: the references to the people.
        rows_of: the row of the parent that each row of a reference's table refers to; below 0: none.
        n_rows: N.

    Example:
        >>> whose_rows([], lambda reference: np.zeros(0), 2).tolist()
        [0, 1]
    """
    if not way:
        return np.arange(n_rows)
    whose_N = rows_of(way[0]).copy()
    for reference in way[1:]:
        up = rows_of(reference)
        whose_N = np.where(whose_N >= 0, up[np.maximum(whose_N, 0)] if len(up) else -1, -1)
    lost_N = whose_N < 0
    whose_N[lost_N] = int(whose_N.max(initial=-1)) + 1 + np.arange(int(lost_N.sum()))
    return whose_N
