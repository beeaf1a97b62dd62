"""The attack on private rows that sees all that was released: vocabularies, noisy counts, private rows.

Every model that is trained on the private rows is computed from these alone, so it tells nothing more.

Letters: N rows, C columns, T tokens, K canaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import is_text
from synthgen.dp.canaries import WORD, Canary
from synthgen.dp.columns.cells import coded
from synthgen.dp.cutting import unit_numbers
from synthgen.table.table import joined

if TYPE_CHECKING:
    from synthgen.dp.releases import Releases

PUBLISHED = 1e3
"""Log likelihood ratio of a canary of which a value that nobody else has was published."""


@dataclass(frozen=True)
class NoisyTable:
    """A table of a few columns that was released.

    Args:
        columns: their numbers.
        group_of: for each of them ``(T,)``, which tokens were put together.
        counts: noisy rows, one axis for each column.
        sd: standard deviation of the noise, one number or of the shape of ``counts``.
    """

    columns: tuple[int, ...]
    group_of: tuple[np.ndarray, ...]
    counts: np.ndarray
    sd: np.ndarray | float

    def cells(self, tokens_NC: np.ndarray) -> np.ndarray:
        """``(N,)`` which cell of the flat table each row is in."""
        places = [group[tokens_NC[:, c]] for c, group in zip(self.columns, self.group_of, strict=True)]
        return np.asarray(np.ravel_multi_index(places, self.counts.shape))


@dataclass(frozen=True)
class Published:
    """All that leaves a private release.

    Args:
        releases: columns with vocabularies and counts.
        tables: noisy counts of several columns.
        rows: private rows drawn from these; None where none were.
        most: rows of one unit that were kept at most.
    """

    releases: Releases
    tables: tuple[NoisyTable, ...]
    rows: pa.Table | None
    most: int


def attack(published: Published, table: pa.Table, canaries: Sequence[Canary], unit: str | None) -> np.ndarray:
    """``(K,)`` log likelihood ratios: was each canary in the table?

    Each canary adds its rows to one cell of every noisy table. The attack knows all other rows, and that the other
    canaries are in with probability 1/2. A canary one of whose own values was published was in for certain.

    Args:
        published: what was released.
        table: the rows without canaries.
        canaries: those whose presence is asked.
        unit: the column that names units, of which at most ``published.most`` rows were kept at random.
    """
    tokens_NC = published.releases.encode(table)
    tokens_KC = published.releases.encode(pa.concat_tables([canary.rows.slice(0, 1) for canary in canaries]))
    weight_N = _kept(table, unit, published.most)
    rows_K = np.array([min(canary.rows.num_rows, published.most) for canary in canaries], dtype=np.float64)
    scores_K = np.where(_leaked(published, canaries), PUBLISHED, 0.0)
    for noisy in [*_alone(published.releases), *published.tables]:
        counts, cell_K = noisy.counts.ravel(), noisy.cells(tokens_KC)
        precision = np.broadcast_to(1.0 / np.square(noisy.sd), noisy.counts.shape).ravel()
        expected = np.bincount(noisy.cells(tokens_NC), weights=weight_N, minlength=len(counts))
        expected += np.bincount(cell_K, weights=rows_K / 2.0, minlength=len(counts))
        scores_K += rows_K * (counts - expected)[cell_K] * precision[cell_K]
    return scores_K


def _alone(releases: Releases) -> list[NoisyTable]:
    return [
        NoisyTable((number,), (np.arange(len(counts)),), counts, sd)
        for number, (counts, sd) in enumerate(releases.one_way)
    ]


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
