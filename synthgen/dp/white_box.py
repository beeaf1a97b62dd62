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
from scipy.special import logsumexp

from synthgen.columns.number_text import is_text
from synthgen.dp.canaries import WORD, Canary
from synthgen.dp.columns.base import MISSING, PrivateColumn, UnitColumn, items
from synthgen.dp.columns.cells import coded
from synthgen.dp.columns.plain import plain
from synthgen.dp.cutting import unit_numbers
from synthgen.table.table import joined

if TYPE_CHECKING:
    from synthgen.dp.coarsening import Coarsening
    from synthgen.dp.measuring import Measured
    from synthgen.dp.releases import Releases

PUBLISHED = 1e3
"""Score of a canary of which a value that nobody else has was published."""
FEW = 10
"""Up to so many canaries, all ways in which their coins can fall are weighed."""
UNCUT = 0.2
"""How likely it is taken to be, before looking, that units are not cut to so many rows."""
_Equations = tuple[np.ndarray, np.ndarray]
"""``(K, K)`` and ``(K,)``: the log likelihood of who is in, b of 0 and 1, is towards b - b together b / 2."""


@dataclass(frozen=True)
class Published:
    """All that leaves a private release.

    Args:
        releases: columns with their vocabularies.
        told: noisy counts of the columns' items, under "values: NAME", and of the fixed bins of the first look at
            numbers and dates, under "magnitudes: NAME"; each beside the standard deviation of its noise.
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
    variance: float | np.ndarray


def attack(published: Published, table: pa.Table, canaries: Sequence[Canary], unit: str | None) -> np.ndarray:
    """``(K,)`` scores, above 0 where a canary was likelier in the table than not.

    Each canary adds its rows to one cell of every noisy table. The attack knows all other rows, and that each canary
    is in with probability 1/2; from the noisy cells it works out who is in, all canaries at once, as some of them
    share cells: by Bayes' rule, or by linear least squares where there are many. A canary one of whose own values was
    published was in for certain.

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
    kept, whole = (_equations(tables, rows_K) for rows_K in (np.minimum(all_K, published.most), all_K))
    score_K = _log_odds(kept, whole) if len(canaries) <= FEW else _least_squares(kept, whole)
    return score_K + np.where(_leaked(published, canaries), PUBLISHED, 0.0)


def _all_counts(published: Published, table: pa.Table, firsts: pa.Table) -> Iterator[_Counts]:
    """Items of each column alone, then the tables of several columns."""
    group_NC, group_KC = [], []
    for number, column in enumerate(published.releases.columns):
        if isinstance(column, UnitColumn):  # all of its cells share one token
            group_NC.append(np.zeros(table.num_rows, np.int64))
            group_KC.append(np.zeros(firsts.num_rows, np.int64))
            continue
        values = [coded(plain(joined(rows.column(column.name)))) for rows in (table, firsts)]
        item_N, item_K = (_items(column, *one) for one in values)
        noisy, sd = published.told[f"values: {column.name}"]
        yield _Counts(item_N, item_K, noisy, sd**2)
        if column.kind is not None and f"magnitudes: {column.name}" in published.told:
            noisy, sd = published.told[f"magnitudes: {column.name}"]
            bin_N, bin_K = (
                np.append(column.kind.looked(distinct, column.vocabulary), -1)[code] for distinct, code in values
            )
            yield _Counts(  # nothing was told of what was in no bin, the last cell here
                np.where(bin_N < 0, len(noisy), bin_N),
                np.where(bin_K < 0, len(noisy), bin_K),
                np.append(noisy, 0.0),
                np.append(np.full(len(noisy), sd**2), np.inf),
            )
        if published.tables:
            group = published.coarsenings[number].group_of[column.token_of_item]
            group_NC.append(group[item_N])
            group_KC.append(group[item_K])
    for counted in published.tables:
        shape = counted.counts.shape
        cells = [np.ravel_multi_index([of[c] for c in counted.columns], shape) for of in (group_NC, group_KC)]
        yield _Counts(cells[0], cells[1], counted.counts.ravel(), 1.0 / counted.precision)


def _items(column: PrivateColumn | UnitColumn, distinct: pa.Array, code_N: np.ndarray) -> np.ndarray:
    """``(N,)`` the finest cell of the column's counts that each value is in."""
    return np.asarray(np.append(items(distinct, column.vocabulary, column.kind), MISSING)[code_N])


def _equations(tables: list[tuple[np.ndarray, np.ndarray, np.ndarray]], rows_K: np.ndarray) -> _Equations:
    """The normal equations of who is in.

    Args:
        tables: the cell of each canary, noisy counts less those of the other rows, and their variances.
        rows_K: that each canary adds if it was in.
    """
    together_KK, towards_K = np.zeros((len(rows_K), len(rows_K))), np.zeros(len(rows_K))
    for cell_K, excess, variance in tables:
        towards_K += rows_K * (excess / variance)[cell_K]
        together_KK += (cell_K[:, None] == cell_K[None, :]) * np.outer(rows_K, rows_K) / variance[cell_K]
    return together_KK, towards_K


def _log_odds(kept: _Equations, whole: _Equations) -> np.ndarray:
    """``(K,)`` log odds of in and out, over all ways in which coins can fall: the best attack.

    Args:
        kept: if units were cut to so many rows.
        whole: if they were not, which is taken to be unlikely.
    """
    count = len(kept[1])
    in_WK = (np.arange(2**count)[:, None] >> np.arange(count)) % 2 == 1
    fits = []
    for (together_KK, towards_K), prior in ((kept, np.log1p(-UNCUT)), (whole, np.log(UNCUT))):
        fits.append(prior + in_WK @ towards_K - 0.5 * ((in_WK @ together_KK) * in_WK).sum(axis=1))
    fit_W = np.logaddexp(*fits)
    return np.array([logsumexp(fit_W[in_W]) - logsumexp(fit_W[~in_W]) for in_W in in_WK.T])


def _least_squares(kept: _Equations, whole: _Equations) -> np.ndarray:
    """``(K,)`` estimates of 1/2 for a canary that was in, -1/2 for one that was not; by what fits better."""
    fits = []
    for together_KK, towards_K in (kept, whole):
        inverse_KK = together_KK + np.diag(np.full(len(towards_K), 4.0))  # 4: 1 / variance of a fair coin
        centred_K = towards_K - together_KK.sum(axis=1) / 2.0
        found_K = np.linalg.solve(inverse_KK, centred_K)
        least = together_KK.sum() / 4.0 - towards_K.sum() - centred_K @ found_K + np.linalg.slogdet(inverse_KK)[1]
        fits.append((float(least), found_K))
    return np.asarray(min(fits, key=lambda fit: fit[0])[1])


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
        if isinstance(column, PrivateColumn):
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
