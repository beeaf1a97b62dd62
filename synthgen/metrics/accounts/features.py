"""Numbers that detectors learn from: of profiles, and of places in a graph. None of them knows a label, or a moment.

Letters: N accounts, F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.sparse as sp

from synthgen.graphs import Graph
from synthgen.graphs.pairs import triangles_of_nodes
from synthgen.metrics.accounts.base import AccountView

MOST_LEVELS = 20
"""Values of a label that have a feature of their own; the others have none."""
YEAR = 31_557_600
COMPANY = (3_600, 86_400)
"""Seconds on either side in which other accounts are counted that were made at the same time."""
DAMPING, ROUNDS = 0.85, 50
"""Of PageRank: the usual chance to go on, and rounds after which it has settled to 0.0003."""


@dataclass(frozen=True)
class Profile:
    """Which features profiles have: learned from the real accounts, so that made ones have the same.

    Attributes:
        numbers: names.
        levels: values of each label.
        created: whether accounts say since when they exist.
        handles: whether they have handles.
    """

    numbers: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    created: bool
    handles: bool

    @classmethod
    def of(cls, view: AccountView, other: AccountView) -> Self:
        """Features that both sides can have."""
        levels = {}
        for name in (n for n in view.labels if n in other.labels):
            values, counts = np.unique(view.labels[name], return_counts=True)
            order = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
            levels[name] = tuple(str(value) for value in values[order])
        return cls(
            tuple(name for name in view.numbers if name in other.numbers),
            levels,
            view.created_N is not None and other.created_N is not None,
            view.handles is not None and other.handles is not None,
        )

    def of_view(self, view: AccountView) -> tuple[np.ndarray, list[str]]:
        """``(N, F)``, missing numbers nan, and the names.

        An account's age is kept in years, and its moment as how many others were made close to it: a made campaign is
        never at the time of a real one.
        """
        columns = {name: view.numbers[name] for name in self.numbers}
        for name, values in self.levels.items():
            columns |= {f"{name}={value}": (view.labels[name] == value).astype(float) for value in values}
        if self.created and view.created_N is not None:
            columns |= _ages(view.created_N)
        if self.handles and view.handles is not None:
            columns |= _shapes([handle or "" for handle in view.handles])
        return np.column_stack([*columns.values()]) if columns else np.zeros((len(view), 0)), list(columns)


def graph_features(graph: Graph) -> tuple[np.ndarray, list[str]]:
    """``(N, F)`` of places in a graph, and the names.

    Degrees, the share of ties that are mutual, clustering, core number, PageRank times N, and means over neighbours.

    Source:
        Batagelj and Zaversnik 2003, arXiv:cs/0310049 (cores); Page et al. 1999 (PageRank).
    """
    degree_N = graph.skeleton.out_N.astype(float)
    mutual_N = np.bincount(graph.from_M[graph.mutual_M], minlength=graph.n_nodes)
    triangles_N = triangles_of_nodes(graph)
    clustering_N = triangles_N / np.maximum(degree_N * (degree_N - 1) / 2, 1)
    core_N = core_numbers(graph).astype(float)
    columns = {"degree": degree_N}
    if graph.directed:
        columns |= {"out-degree": graph.out_N, "in-degree": graph.in_N}
        columns["mutual share"] = mutual_N / np.maximum(degree_N, 1)
    columns |= {"clustering": clustering_N, "core": core_N, "PageRank": page_rank(graph)}
    near = {f"neighbours' {name}": neighbour_means(graph, column) for name, column in columns.items()}
    columns |= near
    return np.column_stack([np.asarray(column, float) for column in columns.values()]), list(columns)


def neighbour_means(graph: Graph, value_N: np.ndarray) -> np.ndarray:
    """``(N,)`` or ``(N, F)`` means over neighbours, without regard to direction; 0 where there are none."""
    ties = graph.skeleton.matrix()
    degree_N = np.maximum(graph.skeleton.out_N, 1)
    sums = ties @ np.asarray(value_N, float)
    return np.asarray(sums / (degree_N if sums.ndim == 1 else degree_N[:, None]))


def core_numbers(graph: Graph) -> np.ndarray:
    """``(N,)`` the largest k such that a node is in a part of the graph where all have k neighbours.

    Example:
        >>> core_numbers(Graph.of(4, np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]))).tolist()
        [2, 2, 2, 1]
    """
    around = graph.neighbours
    left_N, core_N = around.size_N.astype(np.int64).copy(), np.zeros(graph.n_nodes, np.int64)
    alive_N, level = np.ones(graph.n_nodes, bool), 0
    while alive_N.any():
        level = max(level, int(left_N[alive_N].min()))
        peeled = np.flatnonzero(alive_N & (left_N <= level))
        while len(peeled):
            core_N[peeled], alive_N[peeled] = level, False
            others = np.concatenate([around.other_H[around.start_N[n] : around.start_N[n + 1]] for n in peeled])
            np.subtract.at(left_N, others, 1)
            peeled = np.flatnonzero(alive_N & (left_N <= level))
    return core_N


def page_rank(graph: Graph) -> np.ndarray:
    """``(N,)`` times N: 1 on average.

    Example:
        >>> page_rank(Graph.of(2, np.array([0]), np.array([1]))).round(6).tolist()
        [1.0, 1.0]
    """
    n = graph.n_nodes
    ties = sp.csr_array(graph.matrix())
    out_N = np.asarray(ties.sum(1)).ravel()
    rank_N = np.ones(n)
    for _ in range(ROUNDS):
        given = np.where(out_N > 0, rank_N / np.maximum(out_N, 1), 0.0)
        lost = float(rank_N[out_N == 0].sum()) / max(n, 1)
        rank_N = (1 - DAMPING) + DAMPING * (ties.T @ given + lost)
    return np.asarray(rank_N)


def _ages(created_N: np.ndarray) -> dict[str, np.ndarray]:
    known = np.sort(created_N[~np.isnan(created_N)])
    last = known[-1] if len(known) else 0.0
    found = {"age in years": np.floor((last - created_N) / YEAR)}
    for width in COMPANY:
        around = np.searchsorted(known, created_N + width, "right") - np.searchsorted(known, created_N - width, "left")
        found[f"made within {width // 3_600} h"] = np.where(np.isnan(created_N), np.nan, around - 1.0)
    return found


def _shapes(handles: list[str]) -> dict[str, np.ndarray]:
    """What handles look like: never a handle itself."""
    ends = [len(handle) - len(handle.rstrip("0123456789")) for handle in handles]
    return {
        "handle: length": np.array([len(handle) for handle in handles], float),
        "handle: digits": np.array([sum(c.isdigit() for c in handle) for handle in handles], float),
        "handle: digits at its end": np.array(ends, float),
        "handle: signs": np.array([sum(not c.isalnum() for c in handle) for handle in handles], float),
        "handle: different characters": np.array([len(set(handle)) for handle in handles], float),
    }
