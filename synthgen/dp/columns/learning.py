"""One column's releases, from votes to tokens.

Letters: I items, T tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.number_text import is_text
from synthgen.dp.columns.base import MISSING, OTHER, PUBLISHED, Kind, PrivateColumn, UnitColumn, items
from synthgen.dp.columns.cells import Cells, Meter, Noisy
from synthgen.dp.columns.noisy import combined, on_simplex, outermost
from synthgen.dp.columns.tokens import by_mass, in_order
from synthgen.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNIFICANT = 3.0
"""Standard deviations above which missing cells, and cells that nothing published describes, have a token."""
_UNLIKE = 0.95
"""A column has no two values alike where different values are so many of its cells."""
_DIFFERENT_SHARE, _UNITS_SHARE = 0.03, 0.3
"""Of the column's share."""
_TOKEN_NOISE = 4.0
"""A token should hold so many standard deviations of the noise of its count."""
_LEAST_TOKEN = 0.25
"""And this part of what it would hold if all tokens held the same."""


@dataclass(frozen=True)
class Resolution:
    """How fine tokens may be.

    Attributes:
        tokens: about so many on a line.
        labels: at most so many without order.
    """

    tokens: int
    labels: int


def learn(
    name: str,
    values: pa.Array,
    kinds: Sequence[type[Kind]],
    options: dict[str, Any],
    meter: Meter,
    resolution: Resolution,
) -> PrivateColumn:
    """Release one column.

    Args:
        name: the column's.
        values: its cells, in a plain type.
        kinds: what it may be, in the order in which they are asked.
        options: what the schema declares: ``categories``, ``low``, ``high``, ``decimals``, ``kind``.
        meter: measures it.
        resolution: of the tokens.
    """
    cells = Cells.of(values)
    categories = ["false", "true"] if pa.types.is_boolean(values.type) else options.get("categories")
    if categories is not None:
        vocabulary = _as_values(name, categories, values.type)
        return _finished(name, cells, (vocabulary, None), None, None, meter, resolution)
    chosen = _chosen(cells, kinds, options, meter)
    kind = chosen.of(cells, options, meter)
    vocabulary, seen = cells.distinct.slice(0, 0), None
    if kind.needs_vocabulary(options):
        share = chosen.vocabulary_share * meter.whole
        part = chosen.vocabulary_delta
        vocabulary, seen = meter.vocabulary(cells, "vocabulary", share, chosen.listed, part)
    ends = kind.attained(options)
    if ends is not None:
        ends = ends.cast(vocabulary.type)
        vocabulary = pa.concat_arrays(
            [vocabulary, ends.filter(pc.invert(pc.is_in(ends, value_set=vocabulary)))]
        ).unique()
    where_D = kind.where(cells.distinct)
    kind = kind.with_bins(cells, where_D, vocabulary, options, meter)
    column = _finished(name, cells, (vocabulary, seen), kind, where_D, meter, resolution)
    return column if ends is None else replace(column, ends=np.asarray(pc.index_in(ends, value_set=vocabulary)))


def _as_values(name: str, categories: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Declared categories in the column's type.

    Raises:
        SchemaError: one is not of that type.
    """
    try:
        return pa.array([str(value) for value in categories], pa.string()).cast(kind)
    except pa.ArrowInvalid:
        raise SchemaError(
            f"schema: {name}.options.categories: not all are of the column's type {kind}. Write them as the table does"
        ) from None


def _chosen(cells: Cells, kinds: Sequence[type[Kind]], options: dict[str, Any], meter: Meter) -> type[Kind]:
    """The kind that most cells are of. Each cell votes for the first kind that reads it."""
    if options.get("kind") is not None:
        return next(kind for kind in kinds if kind.name == options["kind"])
    if not is_text(cells.distinct.type):
        return next(kind for kind in kinds if kind.takes(cells.distinct.type))
    vote = np.full(len(cells.distinct), -1)
    for number, kind in reversed(list(enumerate(kinds))):
        vote[kind.reads(cells)] = number
    noisy = meter.vote(cells.histogram(vote, len(kinds)), "kind")
    return kinds[int(np.argmax(noisy.counts))]


def _finished(
    name: str,
    cells: Cells,
    published: tuple[pa.Array, Noisy | None],
    kind: Kind | None,
    where_D: np.ndarray | None,
    meter: Meter,
    resolution: Resolution,
) -> PrivateColumn:
    """The last and most exact measurement: all items of the column at once."""
    vocabulary, seen = published
    size = PUBLISHED + len(vocabulary) + (kind.size if kind is not None else 0)
    exact = cells.histogram(items(cells.distinct, vocabulary, kind, where_D), size)
    exact[0] = cells.missing
    unlike = False
    if kind is not None and kind.size and not len(vocabulary):
        different = meter.measure(np.array([len(cells.distinct)]), "different values", _DIFFERENT_SHARE * meter.whole)
    last = meter.measure(exact, "values")
    if kind is not None and kind.size and not len(vocabulary):
        present = last.counts[PUBLISHED:].sum()
        unlike = bool(different.counts[0] > _UNLIKE * present)
    counts, sd = last.counts, np.full(size, last.sd)
    if seen is not None:
        known = slice(PUBLISHED, PUBLISHED + len(seen.counts))
        counts[known], sd[known] = combined(counts[known], last.sd, seen.counts, seen.sd)
    held = np.ones(size, bool)
    if kind is not None and kind.ordered and kind.size:
        held[-kind.size :] = ~outermost(counts[-kind.size :], last.sd, kind.joined, kind.open)
    mass = np.zeros(size)
    mass[held] = on_simplex(counts[held], max(meter.rows, 1.0))
    token = _tokens(vocabulary, kind, mass[PUBLISHED:], last.sd, resolution)
    if kind is not None and kind.size:
        kind = kind.shaped(mass[-kind.size :], vocabulary, mass[PUBLISHED : -kind.size])
    token = np.concatenate([[-1, -1], token])
    for item in (MISSING, OTHER):
        if counts[item] >= _SIGNIFICANT * last.sd or size == PUBLISHED:
            token[item] = token.max() + 1
        else:  # too few to be told from noise: in with the commonest, and never drawn
            mass[item], token[item] = 0.0, token[PUBLISHED + int(np.argmax(mass[PUBLISHED:]))]
    return PrivateColumn(
        name=name,
        physical=cells.distinct.type,
        vocabulary=vocabulary,
        kind=kind,
        mass=mass,
        token_of_item=token.astype(np.int32),
        one_way=np.bincount(token, weights=counts),
        one_way_sd=np.sqrt(np.bincount(token, weights=sd**2)),
        unlike=unlike,
    )


def learn_unit(
    name: str, values: pa.Array, kinds: Sequence[type[Kind]], options: dict[str, Any], meter: Meter
) -> UnitColumn:
    """Release the column that says whose a row is: how identifiers look, and how many rows units have.

    Args:
        name: the column's.
        values: its cells, in a plain type; none is missing and none stands more than ``meter.m`` times.
        kinds: what it may be.
        options: what the schema declares.
        meter: measures it.
    """
    cells = Cells.of(values)
    chosen = _chosen(cells, kinds, options, meter)
    empty = cells.distinct.slice(0, 0)
    kind = chosen.of(cells, options, meter)
    where_D = kind.where(cells.distinct)
    kind = kind.with_bins(cells, where_D, empty, options, meter)
    rows_U = np.minimum(cells.counts, meter.m) - 1
    units = meter.measure_units(np.bincount(rows_U, minlength=meter.m), "rows per unit", _UNITS_SHARE * meter.whole)
    law = on_simplex(units.counts, max(float(units.counts.sum()), 1.0))
    size = PUBLISHED + kind.size
    looked = meter.measure(cells.histogram(items(cells.distinct, empty, kind, where_D), size), "values")
    mass = on_simplex(looked.counts, meter.rows)
    total, sd = np.array([looked.counts.sum()]), np.array([looked.sd * np.sqrt(size)])
    return UnitColumn(name, cells.distinct.type, kind, mass, law / law.sum(), total, sd)


def _tokens(vocabulary: pa.Array, kind: Kind | None, mass: np.ndarray, sd: float, resolution: Resolution) -> np.ndarray:
    """The token of each published value and bin."""
    published = np.arange(len(mass)) < len(vocabulary)
    position = np.full(len(mass), np.nan)
    if kind is not None and kind.ordered:
        position = np.concatenate([kind.where(vocabulary), kind.middles])
    least = max(_TOKEN_NOISE * sd, _LEAST_TOKEN * mass.sum() / resolution.tokens)
    token, used = np.zeros(len(mass), np.int64), 0
    line = np.flatnonzero(~np.isnan(position))
    line = line[np.argsort(position[line], kind="stable")]
    if len(line):
        some = mass[line] > 0 if (mass[line] > 0).any() else np.ones(len(line), bool)
        at = np.maximum(np.cumsum(some) - 1, 0)  # what holds nothing goes with what is before it
        token[line] = in_order(mass[line][some], resolution.tokens, least)[at]
        used = int(token[line].max()) + 1
    labels = np.flatnonzero(np.isnan(position) & published)
    if len(labels):
        token[labels] = used + by_mass(mass[labels], resolution.labels, least)
        used = int(token[labels].max()) + 1
    token[np.isnan(position) & ~published] = used
    return token
