"""Rows from the marginal tables of a junction tree's cliques, free or with some columns given.

Letters: N rows, S values of a separator, R values of what a clique adds to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from synthgen.dp.cliques import Columns, JunctionTree

_CELLS_AT_ONCE = 4_000_000
_POSSIBLE = 1e-9
"""Share of the law that a value has, at the least, when the columns given before it exclude all values."""


def draw(
    tree: JunctionTree, tables: Sequence[np.ndarray], sizes: Sequence[int], n: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows (N, C) whose shares are near their expectation: clique by clique, systematically among equal separators.

    Source:
        Madow 1949, "On the theory of systematic sampling" (marginal law of every row stays exact).
    """
    rows_NC = np.zeros((n, len(sizes)), np.int32)
    for clique, separator, table in zip(tree.cliques, tree.separators, tables, strict=True):
        new, law_SR = _conditional(clique, separator, table)
        where_N = _codes(rows_NC, separator, sizes)
        _write(rows_NC, new, sizes, _systematic(law_SR, where_N, rng))
    return rows_NC


def draw_given(
    tree: JunctionTree,
    tables: Sequence[np.ndarray],
    sizes: Sequence[int],
    n: int,
    rng: np.random.Generator,
    given: Mapping[int, np.ndarray],
) -> np.ndarray:
    """Rows (N, C) that follow the law given some columns' values, exactly.

    What the given columns in and below a clique say about its separator is sent up the tree, once for every different
    combination of their values; then the rest is drawn from the root down.

    Args:
        tree: the cliques.
        tables: their marginal tables.
        sizes: the number of values of each column.
        n: how many rows.
        rng: the randomness.
        given: fixed columns, each with N values.
    """
    rows_NC = np.zeros((n, len(sizes)), np.int32)
    for column, values_N in given.items():
        rows_NC[:, column] = values_N
    known = [set(clique) & set(given) for clique in tree.cliques]  # in the clique or below it
    children: list[list[int]] = [[] for _ in tree.cliques]
    for k in range(len(tree.cliques) - 1, 0, -1):
        known[tree.parents[k]] |= known[k]
        if known[k]:
            children[tree.parents[k]].append(k)
    messages: dict[int, tuple[np.ndarray, np.ndarray, Columns]] = {}

    def weights(k: int, rows_U: np.ndarray, fixed: set[int]) -> np.ndarray:
        """What each value of the clique's other columns weighs in these rows: (U, one axis per column)."""
        clique, at_UC = tree.cliques[k], rows_NC[rows_U]
        table = _possible(clique, tree.separators[k], tables[k])
        weights_U = _looked_up(table[None], np.zeros(len(rows_U), np.int64), clique, at_UC, fixed)
        free = tuple(c for c in clique if c not in fixed)
        for child in children[k]:
            message, which_N, columns = messages[child]
            said_U = _looked_up(message, which_N[rows_U], columns, at_UC, fixed)
            left = [c for c in columns if c not in fixed]
            weights_U = weights_U * said_U.reshape([len(rows_U), *[sizes[c] if c in left else 1 for c in free]])
        return weights_U

    for k in range(len(tree.cliques) - 1, 0, -1):
        if known[k]:
            columns = tuple(c for c in tree.separators[k] if c not in given)
            free = [c for c in tree.cliques[k] if c not in given]
            axes = tuple(1 + axis for axis, c in enumerate(free) if c not in columns)
            first_U, which_N = _combinations(rows_NC, sorted(known[k]))
            parts = [weights(k, part, set(given)).sum(axis=axes) for part in _parts(first_U, free, sizes)]
            message = np.concatenate(parts)
            top_U = message.reshape(len(message), -1).max(axis=1)
            messages[k] = (message / top_U.reshape(-1, *[1] * (message.ndim - 1)), which_N, columns)
    for k, (clique, separator) in enumerate(zip(tree.cliques, tree.separators, strict=True)):
        new = tuple(c for c in clique if c not in separator and c not in given)
        if not new:
            continue
        if not known[k]:
            _, law_SR = _conditional(clique, separator, tables[k])
            _write(rows_NC, new, sizes, _systematic(law_SR, _codes(rows_NC, separator, sizes), rng))
            continue
        fixed = set(given) | set(separator)
        first_U, which_N = _combinations(rows_NC, sorted(known[k] | set(separator)))
        order_N, drawn_N, start = np.argsort(which_N, kind="stable"), np.zeros(n, np.int64), 0
        bounds_U = np.concatenate([[0], np.cumsum(np.bincount(which_N, minlength=len(first_U)))])
        for part in _parts(first_U, new, sizes):
            law_UR = weights(k, part, fixed).reshape(len(part), -1)
            here = order_N[bounds_U[start] : bounds_U[start + len(part)]]
            drawn_N[here] = _systematic(law_UR, which_N[here] - start, rng)
            start += len(part)
        _write(rows_NC, new, sizes, drawn_N)
    return rows_NC


def _conditional(clique: Columns, separator: Columns, table: np.ndarray) -> tuple[Columns, np.ndarray]:
    """The columns a clique adds, and their weights (S, R) for every value of the separator."""
    new = tuple(c for c in clique if c not in separator)
    order = [clique.index(c) for c in (*separator, *new)]
    turned = table.transpose(order)
    return new, turned.reshape(math.prod(turned.shape[: len(separator)]), -1)


def _possible(clique: Columns, separator: Columns, table: np.ndarray) -> np.ndarray:
    """The law of what a clique adds given its separator, with nothing quite impossible."""
    new = tuple(axis for axis, c in enumerate(clique) if c not in separator)
    old = tuple(axis for axis, c in enumerate(clique) if c in separator)
    alone = table.sum(axis=old, keepdims=True)
    alone = alone + _POSSIBLE * alone.sum() / alone.size
    mixed = table + _POSSIBLE * alone * np.maximum(table.sum(axis=new, keepdims=True), _POSSIBLE)
    return np.asarray(mixed / mixed.sum(axis=new, keepdims=True))


def _looked_up(
    table: np.ndarray, which_U: np.ndarray, columns: Columns, at_UC: np.ndarray, fixed: set[int]
) -> np.ndarray:
    """Of a table whose first axis is numbered by ``which_U``: the slice that each row's fixed columns leave."""
    return np.asarray(table[(which_U, *[at_UC[:, c] if c in fixed else slice(None) for c in columns])])


def _combinations(rows_NC: np.ndarray, columns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """For every different combination of values the first row that has it, and for every row its combination."""
    code_N = np.zeros(len(rows_NC), np.int64)
    for c in columns:
        code_N = np.unique(code_N * (int(rows_NC[:, c].max(initial=0)) + 1) + rows_NC[:, c], return_inverse=True)[1]
    _, first_U, which_N = np.unique(code_N, return_index=True, return_inverse=True)
    return first_U, which_N


def _parts(first_U: np.ndarray, free: Sequence[int], sizes: Sequence[int]) -> list[np.ndarray]:
    """So many rows at once that their tables of the free columns stay small."""
    at_once = max(1, _CELLS_AT_ONCE // math.prod(sizes[c] for c in free))
    return [first_U[start : start + at_once] for start in range(0, len(first_U), at_once)]


def _codes(rows_NC: np.ndarray, columns: Columns, sizes: Sequence[int]) -> np.ndarray:
    code_N = np.zeros(len(rows_NC), np.int64)
    for c in columns:
        code_N = code_N * sizes[c] + rows_NC[:, c]
    return code_N


def _write(rows_NC: np.ndarray, columns: Columns, sizes: Sequence[int], code_N: np.ndarray) -> None:
    for c in reversed(columns):
        code_N, rows_NC[:, c] = np.divmod(code_N, sizes[c])


def _systematic(law_SR: np.ndarray, where_N: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For every row a value of R by the weights of its line in ``law_SR``, evenly spread over the rows of one line."""
    shuffled = rng.permutation(len(where_N))
    order_N = shuffled[np.argsort(where_N[shuffled], kind="stable")]
    lines_G, first_G, count_G = np.unique(where_N[order_N], return_index=True, return_counts=True)
    line_N = np.repeat(np.arange(len(lines_G)), count_G)
    place_N = np.arange(len(order_N)) - np.repeat(first_G, count_G)
    at_N = (place_N + np.repeat(rng.random(len(lines_G)), count_G)) / np.repeat(count_G, count_G)
    drawn_N = np.empty(len(order_N), np.int64)
    r = law_SR.shape[1]
    at_once = max(1, _CELLS_AT_ONCE // r)
    for start in range(0, len(lines_G), at_once):
        rising_GR = np.cumsum(law_SR[lines_G[start : start + at_once]], axis=1)
        rising_GR /= rising_GR[:, -1:]
        rising_GR += np.arange(len(rising_GR))[:, None]
        low = first_G[start]
        high = low + count_G[start : start + at_once].sum()
        line = line_N[low:high] - start
        found = np.searchsorted(rising_GR.ravel(), at_N[low:high] + line, side="right") - line * r
        drawn_N[order_N[low:high]] = np.clip(found, 0, r - 1)
    return drawn_N
