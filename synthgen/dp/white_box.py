"""The attack on private rows that sees all that was released: vocabularies, noisy counts, private rows.

Every model that is trained on the private rows is computed from these alone, so it tells nothing more.

Letters: N rows, C columns, T tokens, K canaries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import is_text
from synthgen.dp.canaries import WORD, Canary
from synthgen.dp.columns.base import MISSING, items
from synthgen.dp.columns.cells import coded
from synthgen.dp.columns.plain import plain
from synthgen.dp.cutting import unit_numbers
from synthgen.table.table import joined

if TYPE_CHECKING:
    from synthgen.dp.coarsening import Coarsening
    from synthgen.dp.columns import PrivateColumn
    from synthgen.dp.measuring import Measured
    from synthgen.dp.releases import Releases

PUBLISHED = 1e3
"""Score of a canary of which a value that nobody else has was published; others are near 1/2."""


@dataclass(frozen=True)
class Published:
    """All that leaves a private release.

    Args:
        releases: columns with their vocabularies.
        told: the noisy counts of the columns' items, and their standard deviation, under "values: NAME".
        tables: noisy counts of several columns.
        coarsenings: which tokens of each column those tables put together.
        rows: private rows drawn from these; None where none were.
        most: rows of one unit that were kept at most.
    """

    releases: Releases
    told: Mapping[str, tuple[np.ndarray, float]]
    tables: Sequence[Measured]
    coarsenings: Sequence[Coarsening]
    rows: pa.Table | None
    most: int


@dataclass(frozen=True)
class _Counts:
    """One noisy table: which cell each row and each canary is in."""

    cell_N: np.ndarray
    cell_K: np.ndarray
    noisy: np.ndarray
    variance: float


def attack(published: Published, table: pa.Table, canaries: Sequence[Canary], unit: str | None) -> np.ndarray:
    """``(K,)`` scores, above 0 where a canary was likelier in the table than not.

    Each canary adds its rows to one cell of every noisy table. The attack knows all other rows, and that each canary
    is in with probability 1/2; from the noisy cells it finds who is in by linear least squares, all canaries at once,
    as some of them share cells. A canary one of whose own values was published was in for certain.

    Args:
        published: what was released.
        table: the rows without canaries.
        canaries: those whose presence is asked.
        unit: the column that names units, of which at most ``published.most`` rows were kept at random.
    """
    firsts = pa.concat_tables([canary.rows.slice(0, 1) for canary in canaries])
    kept_N = _kept(table, unit, published.most)
    tables = []
    for counts in _all_counts(published, table, firsts):
        size = len(counts.noisy)
        others = np.bincount(counts.cell_N, weights=kept_N, minlength=size)
        by_cutting = np.bincount(counts.cell_N, weights=kept_N * (1.0 - kept_N), minlength=size)
        tables.append((counts.cell_K, counts.noisy - others, counts.variance + by_cutting))
    all_K = np.array([canary.rows.num_rows for canary in canaries], dtype=np.float64)
    fits = [_least_squares(tables, rows_K) for rows_K in (np.minimum(all_K, published.most), all_K)]
    score_K = min(fits, key=lambda fit: fit[0])[1]  # were they cut to so many at all?
    return score_K + np.where(_leaked(published, canaries), PUBLISHED, 0.0)


def _all_counts(published: Published, table: pa.Table, firsts: pa.Table) -> Iterator[_Counts]:
    """Items of each column alone, then the tables of several columns."""
    group_NC, group_KC = [], []
    for number, column in enumerate(published.releases.columns):
        item_N, item_K = (_items(column, rows.column(column.name)) for rows in (table, firsts))
        noisy, sd = published.told[f"values: {column.name}"]
        yield _Counts(item_N, item_K, noisy, sd**2)
        if published.tables:
            group = published.coarsenings[number].group_of[column.token_of_item]
            group_NC.append(group[item_N])
            group_KC.append(group[item_K])
    for counted in published.tables:
        shape = counted.counts.shape
        cells = [np.ravel_multi_index([of[c] for c in counted.columns], shape) for of in (group_NC, group_KC)]
        yield _Counts(cells[0], cells[1], counted.counts.ravel(), 1.0 / counted.precision)


def _items(column: PrivateColumn, cells: pa.ChunkedArray) -> np.ndarray:
    """``(N,)`` the finest cell of the column's counts that each value is in."""
    distinct, code_N = coded(plain(joined(cells)))
    return np.asarray(np.append(items(distinct, column.vocabulary, column.kind), MISSING)[code_N])


def _least_squares(
    tables: list[tuple[np.ndarray, np.ndarray, np.ndarray]], rows_K: np.ndarray
) -> tuple[float, np.ndarray]:
    """What is left unexplained, and ``(K,)`` the estimate of 1/2 for a canary that was in, -1/2 for one that was not.

    Args:
        tables: the cell of each canary, noisy counts less those of the other rows, and their variances.
        rows_K: that each canary adds if it was in.
    """
    together_KK = np.diag(np.full(len(rows_K), 4.0))  # 1 / variance of a fair coin
    towards_K = np.zeros(len(rows_K))
    unexplained = 0.0
    for cell_K, excess, variance in tables:
        excess = excess - np.bincount(cell_K, weights=rows_K / 2.0, minlength=len(excess))
        towards_K += rows_K * (excess / variance)[cell_K]
        together_KK += (cell_K[:, None] == cell_K[None, :]) * np.outer(rows_K, rows_K) / variance[cell_K]
        unexplained += float((excess**2 / variance)[np.unique(cell_K)].sum())
    found_K = np.linalg.solve(together_KK, towards_K)
    deviance = unexplained - float(towards_K @ found_K) + float(np.linalg.slogdet(together_KK)[1])
    return deviance, np.asarray(found_K)


def _kept(table: pa.Table, unit: str | None, most: int) -> np.ndarray:
    """``(N,)`` chance of each row to be among the rows of its unit that are kept."""
    if unit is None:
        return np.ones(table.num_rows)
    unit_N = unit_numbers(table, unit)
    kept: np.ndarray = np.minimum(1.0, most / np.bincount(unit_N)[unit_N])
    return kept


def _leaked(published: Published, canaries: Sequence[Canary]) -> np.ndarray:
    """``(K,)`` whether a value of a canary's own is in a vocabulary, or a word of its own in the private rows."""
    found = np.zeros(len(canaries), dtype=bool)
    for column in published.releases.columns:
        found |= _holds(column.vocabulary, column.name, canaries)
        if published.rows is not None and is_text(column.physical):
            written = coded(joined(published.rows.column(column.name)))[0]
            words = pc.starts_with(written, WORD)  # a number may be met by chance
            found |= _holds(written.filter(words), column.name, canaries)
    return found


def _holds(values: pa.Array, name: str, canaries: Sequence[Canary]) -> np.ndarray:
    found = np.zeros(len(canaries), dtype=bool)
    holders = [number for number, canary in enumerate(canaries) if name in canary.own]
    if holders and len(values):
        own = pa.array([canaries[number].own[name] for number in holders]).cast(values.type)
        found[holders] = np.asarray(pc.is_in(own, value_set=values))
    return found
