"""What the rows of a table refer to beside their owner: items of a catalogue, and people or rows of theirs.

Letters: N rows that refer, I items, A facts of an item, T rows that may be named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthgen.linked.keys import key_texts, parent_rows
from synthgen.linked.private.allowance import Allowance
from synthgen.linked.private.bounds import most_named, most_taken
from synthgen.linked.private.catalogue import Catalogue
from synthgen.linked.private.figures import Names
from synthgen.linked.private.people import cut
from synthgen.linked.private.popularity import (
    NamedLaw,
    cleared,
    distinct_holders,
    named_law,
)
from synthgen.linked.private.real import Real
from synthgen.linked.schema import Reference
from synthgen.seeding import numpy_stream

MOST_CLASSES = 6
"""Of people by how many rows they have and by a column, each with an own law of how often they are named."""
CLASS_NOISE = 6.0
"""Standard deviations of the noise that a class must hold."""
PAIR_SHARE = 0.2
"""Of the share of a reference among people, for the number of pairs that name each other."""


@dataclass(frozen=True)
class Choice:
    """Which items rows take.

    Attributes:
        reference: from the rows to the items.
        catalogue: the items, with their popularity.
        wanted_I: how often each is taken, in proportion.
        fact_NA: of the real rows; not kept.
    """

    reference: Reference
    catalogue: Catalogue
    wanted_I: np.ndarray
    fact_NA: np.ndarray


def choice_of(
    real: Real,
    reference: Reference,
    number_P: np.ndarray,
    given: int | None,
    budget: Allowance,
    min_holders: int,
    seed: int,
) -> Choice:
    """Release how many people have each item, with all of an allowance.

    A person adds 1 to each of at most m items, so the L2 sensitivity is sqrt(m). Items without a public table are
    those that enough people have.

    Args:
        real: the rows.
        reference: to the items.
        number_P: made people's rows.
        given: rows of a person to look at; None: found out.
        budget: the allowance.
        min_holders: people who must have an item without a table, by noisy count.
        seed: of draws that cost nothing.
    """
    most = 1 if reference.table == real.people.unit else given or most_taken(number_P)
    whose_N, holdings = real.holdings.whose[reference.table], real.holdings
    kept = cut(whose_N, most, budget.noise.uniform(len(whose_N)))
    step, share = f"items: {reference.end}", budget.left
    if reference.parent in real.catalogues:
        catalogue = real.catalogues[reference.parent]
        item_N = holdings.named(reference, catalogue.keys)
        held_I = distinct_holders(item_N[kept], whose_N[kept], len(catalogue))
        noisy_I, sd = budget.gaussian(held_I, step=step, share=share, sensitivity=math.sqrt(most))
        wanted_I = cleared(noisy_I, sd, numpy_stream(seed, "items", reference.text))
    else:
        keys = key_texts([holdings.tables[reference.table].column(c) for c in reference.columns])
        coded = keys.dictionary_encode()
        code_N = np.asarray(coded.indices.fill_null(-1))
        held = distinct_holders(code_N[kept], whose_N[kept], len(coded.dictionary))
        there = np.flatnonzero(held > 0)
        found = budget.vocabulary(
            coded.dictionary.take(pa.array(there)),
            held[there],
            step=step,
            share=share,
            delta_share=1.0,
            most=most,
            once=True,
            min_holders=float(min_holders),
        )
        item_N = parent_rows([keys], [found.values]) if len(found.values) else np.full(len(keys), -1)
        wanted_I = np.maximum(found.counts, 0.0)
        columns = dict.fromkeys(reference.parent_columns, found.values)
        catalogue = Catalogue(pa.table(columns), np.zeros((len(found.values), 0), np.int64))
    catalogue = catalogue.with_popularity(wanted_I)
    return Choice(reference, catalogue, wanted_I, catalogue.facts_of(item_N))


@dataclass(frozen=True)
class Law:
    """How often rows of people are named.

    Attributes:
        reference: from the rows that name.
        law: by class of what is named.
        columns: of the named table, whose tokens make the class, with what each token counts as.
        most: rows of a person that were looked at.
        pairs: of two people who name each other, among these rows; None: it is not known.
    """

    reference: Reference
    law: NamedLaw
    columns: dict[str, np.ndarray]
    most: int
    pairs: float | None

    def classes(self, tokens: dict[str, np.ndarray], rows: int) -> np.ndarray:
        """``(T,)`` the class of each row."""
        return _classes(self.columns, tokens, rows)


def law_of(
    real: Real, reference: Reference, number_P: np.ndarray, given: int | None, budget: Allowance, share: float
) -> Law:
    """Release how often rows of people are named.

    Args:
        real: the rows.
        reference: to people, or rows of theirs.
        number_P: made people's rows that name.
        given: rows of a person to look at; None: found out.
        budget: the allowance.
        share: of it.
    """
    holdings, parent, unit = real.holdings, reference.parent, real.people.unit
    law_share = share * (1 - PAIR_SHARE)
    mu = budget.mu * math.sqrt(law_share)
    most = given or most_named(number_P, mu, len(number_P))
    whose_N = holdings.whose[reference.table]
    kept = cut(whose_N, most, budget.noise.uniform(len(whose_N)))
    named_N = holdings.named(reference)[kept]
    own = 1 if parent == unit else real.most[parent]
    looked = real.kept[parent]
    is_loop = (named_N == whose_N[kept]) if parent == unit else np.zeros(len(named_N), bool)
    named_T = np.bincount(named_N[(named_N >= 0) & ~is_loop], minlength=holdings.rows_of(parent))[looked]
    columns = _class_columns(real, reference, len(number_P), most, mu) if parent == unit else {}
    class_T = _classes(columns, real.tokens[parent], holdings.rows_of(parent))[looked]
    classes = math.prod(int(group.max()) + 1 for group in columns.values())
    grid_end = max(8.0, min(float(len(number_P)), float(number_P.sum())))
    law = named_law(
        named_T,
        class_T,
        classes,
        grid_end,
        own=own,
        naming=most,
        budget=budget,
        share=law_share,
        step=f"named: {reference.end}",
    )
    pairs = None
    if parent == unit and real.people.up[reference.table].parent == unit:
        tie = np.stack([whose_N[kept], named_N], axis=1)[(named_N >= 0) & ~is_loop]
        n = holdings.rows_of(unit)
        codes = np.unique(tie[:, 0] * n + tie[:, 1])
        back = np.isin((codes % n) * n + codes // n, codes)
        exact = np.array([back.sum() / 2])
        noisy, _ = budget.gaussian(
            exact, step=f"pairs: {reference.end}", share=share * PAIR_SHARE, sensitivity=float(most)
        )
        pairs = max(0.0, float(noisy[0]))
    return Law(reference, law, columns, most, pairs)


def _class_columns(real: Real, reference: Reference, people: int, most: int, mu: float) -> dict[str, np.ndarray]:
    """By what people are told apart: how many of these rows they have, and the coarsest column; as noise allows."""
    sizes, unit = real.sizes[real.people.unit], real.people.unit
    sd = math.sqrt((1 + most) ** 2 + 30) / mu
    room = int(min(MOST_CLASSES, people / (CLASS_NOISE * sd)))
    found: dict[str, np.ndarray] = {}
    coarse = [c for c in real.frames[unit].own if 2 <= sizes[c] <= 3]
    if coarse and room >= 2 * sizes[coarse[-1]]:
        found[coarse[-1]] = np.arange(sizes[coarse[-1]])
        room //= sizes[coarse[-1]]
    number = Names.of(reference.table, []).number
    if room >= 2 and number in sizes and sizes[number] > 1:
        groups = min(room, sizes[number])
        found[number] = np.arange(sizes[number]) * groups // sizes[number]
    return found


def _classes(columns: dict[str, np.ndarray], tokens: dict[str, np.ndarray], rows: int) -> np.ndarray:
    class_T = np.zeros(rows, np.int64)
    for column, group in columns.items():
        class_T = class_T * (int(group.max()) + 1) + group[tokens[column]]
    return class_T
