"""An edge list and, where there is one, a table of nodes -> a graph; what was mended is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthgen.errors import DataError, choose, near_miss
from synthgen.graphs.graph import Graph
from synthgen.table.table import Table

PAIRS = (
    ("from", "to"),
    ("source", "target"),
    ("src", "dst"),
    ("follower", "followed"),
    ("follower_id", "followed_id"),
    ("user_id", "friend_id"),
    ("id_1", "id_2"),
    ("node_1", "node_2"),
    ("u", "v"),
)
"""Names that the two ends usually have; with just two columns, any."""
KEYS = ("node", "node_id", "id", "user_id", "user", "name")
CHANCE = 5.0
"""Edges back that chance alone would bring: where so many are expected and none is there, edges have no direction."""
ORPHANS = ("keep", "drop", "refuse")


@dataclass(frozen=True)
class ReadGraph:
    """A graph, and where it came from.

    Attributes:
        graph: nodes 0 to N - 1: first those of the table of nodes, then others in the order of their names.
        names: what the files call each node.
        nodes: the table of nodes as pandas reads it, a row per node; missing cells for nodes that it lacks.
        notes: how edges were taken and what was mended, one sentence each.
    """

    graph: Graph
    names: np.ndarray
    nodes: pd.DataFrame | None
    notes: tuple[str, ...]


def read_graph(
    edges: Any,
    nodes: Any = None,
    *,
    ends: tuple[str, str] | None = None,
    key: str | None = None,
    directed: bool | None = None,
    orphans: str = "keep",
) -> ReadGraph:
    """Read a graph from a path, a frame or an Arrow table of edges.

    Loops, double edges and edges without an end are counted, dropped and noted.

    Args:
        edges: two columns of names or numbers of nodes; others are left alone.
        nodes: a table with a row per node, so that nodes without edges are there too.
        ends: names of the two columns; by default the usual ones, or the only two.
        key: the column of ``nodes`` that edges name; by default the usual ones, or the first.
        directed: whether a -> b differs from b -> a; by default found out and noted.
        orphans: edges that name a node which ``nodes`` lacks: ``keep`` it as a node, ``drop`` or ``refuse`` them.

    Raises:
        DataError: a column is not there, keys are missing or repeated, or no edge is left.
        ConfigError: ``orphans`` is something else.
    """
    choose("orphans", orphans, ORPHANS)
    table = _frame(edges, "edges")
    first, second = _ends(table, ends)
    listed = None if nodes is None else _frame(nodes, "nodes")
    key = None if listed is None else _key(listed, key)
    columns = [table[first], table[second]] + ([] if listed is None else [listed[key]])
    spelled = _alike([_names(column) for column in columns])
    a, b, there = spelled[0], spelled[1], spelled[2] if listed is not None else None
    notes: list[str] = []
    gone = a.isna() | b.isna()
    if gone.any():
        notes.append(f"{_many(gone, 'edge')} without one of its ends dropped")
        a, b = a[~gone], b[~gone]
    if there is not None:
        _check_keys(there, str(key))
    a, b = _without_orphans(a, b, there, orphans, notes)
    known = list(there) if there is not None else []
    others = sorted((set(a) | set(b)) - set(known))
    names = np.array([*known, *others], object)
    number = {name: i for i, name in enumerate(names)}
    graph = _graph(a.map(number).to_numpy(np.int64), b.map(number).to_numpy(np.int64), len(names), directed, notes)
    rows = None if listed is None else listed.reset_index(drop=True).reindex(range(len(names)))
    if rows is not None and others:
        rows[key] = names
    return ReadGraph(graph, names, rows, tuple(notes))


def _frame(data: Any, name: str) -> pd.DataFrame:
    table = Table.from_any(data, fewest=1)
    frame: pd.DataFrame = table.arrow.to_pandas()
    return frame.rename_axis(columns=table.name or name)


def _ends(table: pd.DataFrame, ends: tuple[str, str] | None) -> tuple[str, str]:
    names, where = [str(column) for column in table.columns], table.columns.name
    if ends is not None:
        for name in ends:
            if name not in names:
                raise DataError(f"{where}: no column {name!r}; {near_miss(name, names)}")
        if ends[0] == ends[1]:
            raise DataError(f"{where}: both ends are column {ends[0]!r}; two different columns were expected")
        return ends
    lowered = {name.lower(): name for name in names}
    for pair in PAIRS:
        if pair[0] in lowered and pair[1] in lowered:
            return lowered[pair[0]], lowered[pair[1]]
    if len(names) == 2:
        return names[0], names[1]
    shown = ", ".join(repr(name) for name in names[:8])
    raise DataError(
        f"{where}: which two columns are the ends of an edge? There are {shown}. Name them: ends=(FROM, TO)"
    )


def _key(nodes: pd.DataFrame, key: str | None) -> str:
    names = [str(column) for column in nodes.columns]
    if key is None:
        return next((name for name in KEYS if name in names), names[0])
    if key not in names:
        raise DataError(f"{nodes.columns.name}: no column {key!r}; {near_miss(key, names)}")
    return key


def _names(column: pd.Series[Any]) -> pd.Series[Any]:
    text = column.astype(object).where(column.notna(), None)
    return text.map(lambda value: str(value).strip() or None, na_action="ignore").astype(object)


def _alike(columns: Sequence[pd.Series[Any]]) -> list[pd.Series[Any]]:
    """Whole numbers in one spelling (7 and 7.0), unless some column has names or leading zeros."""
    whole = r"-?(?:0|[1-9]\d{0,17})(?:\.0+)?"
    if all(column.dropna().str.fullmatch(whole).all() for column in columns):
        return [
            column.map(lambda name: int(name.split(".")[0]), na_action="ignore").astype(object) for column in columns
        ]
    return list(columns)


def _check_keys(there: pd.Series[Any], key: str) -> None:
    if there.isna().any():
        raise DataError(f"nodes: {key!r} is missing in {int(there.isna().sum()):,} rows; every node needs one. Fill it")
    twice = there.duplicated()
    if twice.any():
        raise DataError(
            f"nodes: {key!r} repeats in {_many(twice, 'row')}, the first is row {int(twice.to_numpy().argmax()) + 1}; "
            "one row per node was expected. Drop the others"
        )


def _without_orphans(
    a: pd.Series[Any], b: pd.Series[Any], there: pd.Series[Any] | None, orphans: str, notes: list[str]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    if there is None:
        return a, b
    known = set(there)
    lost = ~(a.isin(known) & b.isin(known))
    if not lost.any():
        return a, b
    many = _many(lost, "edge")
    if orphans == "refuse":
        raise DataError(
            f"edges: {many} with an end that the table of nodes lacks. Add these nodes, or say orphans='keep' or 'drop'"
        )
    if orphans == "drop":
        notes.append(f"{many} with an end that the table of nodes lacks dropped")
        return a[~lost], b[~lost]
    notes.append(f"{many} with an end that the table of nodes lacks; these nodes were added with missing cells")
    return a, b


def _many(which: pd.Series[Any] | np.ndarray, what: str) -> str:
    many = int(np.asarray(which).sum())
    return f"{many:,} {what}" + ("s" if many != 1 else "")


def _graph(a_M: np.ndarray, b_M: np.ndarray, n_nodes: int, directed: bool | None, notes: list[str]) -> Graph:
    loops_M = a_M == b_M
    if loops_M.any():
        notes.append(f"{_many(loops_M, 'self-loop')} dropped")
    a_M, b_M = a_M[~loops_M], b_M[~loops_M]
    keys_M, rows_M = np.unique(a_M * n_nodes + b_M, return_index=True)
    doubles = len(a_M) - len(keys_M)
    a_M, b_M = a_M[rows_M], b_M[rows_M]
    if not len(a_M):
        raise DataError("edges: none is left between two different nodes; at least one was expected")
    if directed is None:
        directed, reason = _direction(a_M, b_M, keys_M, n_nodes)
        notes.append(reason)
    if not directed:
        _, once = np.unique(np.minimum(a_M, b_M) * n_nodes + np.maximum(a_M, b_M), return_index=True)
        turned = len(a_M) - len(once)
        doubles += turned if turned * 2 != len(a_M) else 0
        a_M, b_M = a_M[once], b_M[once]
    if doubles:
        notes.append(f"{doubles:,} double edge{'s' if doubles != 1 else ''} dropped")
    return Graph.of(n_nodes, a_M, b_M, directed)


def _direction(a_M: np.ndarray, b_M: np.ndarray, keys_M: np.ndarray, n_nodes: int) -> tuple[bool, str]:
    """Whether edges have a direction, and why."""
    back = int(np.isin(b_M * n_nodes + a_M, keys_M).sum())
    if back == len(a_M):
        return False, "taken as undirected: every edge is listed in both directions. Say directed=True if they differ"
    out_N, in_N = np.bincount(a_M, minlength=n_nodes), np.bincount(b_M, minlength=n_nodes)
    chance = float((out_N * in_N).sum() / len(a_M)) ** 2
    if back:
        return True, f"taken as directed: {back / len(a_M):.0%} of edges are listed in both directions, not all or none"
    if chance >= CHANCE:
        return False, "taken as undirected: no edge is listed in both directions. Say directed=True if they have one"
    return False, "taken as undirected: edges are too few to tell. Say directed=True if they have a direction"
