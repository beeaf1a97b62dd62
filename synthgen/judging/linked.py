"""The section on linked tables: owners beside the rows that hang on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from synthgen.judging.base import Sides
from synthgen.linked.keys import parent_rows
from synthgen.linked.network import Network
from synthgen.linked.schema import Reference
from synthgen.metrics.base import Group, Result
from synthgen.metrics.linked import LinkedView, compare_linked
from synthgen.metrics.view import View, read_views
from synthgen.table.schema import Schema


class LinkedSection:
    """Children counts, trends over two tables, and detectors, for each table whose rows have an owner."""

    name = "linked"
    title = "Linked tables"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        found: list[tuple[Group, Result]] = []
        for name, owner in sides.train.plan.owner.items():
            there = all(name in one.tables for one in (sides.train, sides.held, sides.made))
            seed = int(rng.integers(2**31))
            if there and name not in sides.whole:
                results = compare_linked(*linked_views(sides, owner), seed)
                found += [("fidelity", _named(result, name)) for result in results]
        return found


def linked_views(sides: Sides, owner: Reference) -> tuple[LinkedView, LinkedView, LinkedView]:
    """Owners and their rows, of those learned from, those held out and the made ones.

    Args:
        sides: the three networks.
        owner: from the child to the parent that owns its rows.
    """
    networks = (sides.train, sides.held, sides.made)
    parents = _views(networks, owner.parent, sides.config.min_holders)
    children = _views(networks, owner.table, sides.config.min_holders)
    chosen = sides.train.plan.chosen.get(owner.table, ())
    time = sides.train.schema.tables[owner.table].time
    train, held, made = (
        LinkedView.of(
            parent, child, _rows(one, owner), {reference.text: _rows(one, reference) for reference in chosen}, time
        )
        for one, parent, child in zip(networks, parents, children, strict=True)
    )
    return train, held, made


def _views(networks: Sequence[Network], table: str, min_holders: int) -> tuple[View, View, View]:
    """A table of all sides with its own columns; one without a file, or without a column of its own, has rows alone."""
    lines = networks[0].own(table) if table in networks[0].tables else []
    parts = [
        one.tables[table].select([line.name for line in lines])
        if lines
        else pa.table({"key": pa.nulls(len(one.keys(table)))})
        for one in networks
    ]
    return read_views(parts[0], parts[1], parts[2], Schema(columns=lines), min_holders=min_holders)


def _rows(network: Network, reference: Reference) -> np.ndarray:
    """``(N,)`` the row of the parent that each row of the child refers to, below 0: none."""
    return parent_rows([network.said(reference)], [network.keys(reference.parent)])


def _named(result: Result, table: str) -> Result:
    return replace(result, name=f"{table}: {result.name}", title=f"{table}: {result.title}")
