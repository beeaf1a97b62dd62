"""Finds numbers and dates that never fall from one column to another.

Letters: K columns, n rows of the probe.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from functools import lru_cache

import numpy as np
import pyarrow as pa

from synthgen.columns.lines import DateLine
from synthgen.columns.rules.broken import line_to_read
from synthgen.columns.rules.finding import FEWEST_BROKEN, FEWEST_ROWS, NEARLY, TIMES_FEWER, Found, probe
from synthgen.seeding import numpy_stream
from synthgen.table.rules import Order
from synthgen.table.schema import Schema
from synthgen.table.table import joined

FEWEST_VALUES = 10
"""Numbers of fewer different values are scales or flags: that one lies above another says little."""
OVERLAP = 0.05
"""Share of rows that would break the order, were the two columns independent; below, one is just the larger kind."""

Places = tuple[np.ndarray, np.ndarray]


def find_orders(table: pa.Table, schema: Schema, made: Collection[str], *, min_holders: int = 5) -> Found:
    """Orders that hold in every row, in chains, although the columns' ranges overlap.

    Args:
        table: the raw table.
        schema: types of its columns.
        made: columns that other rules restore or move.
        min_holders: an order needs so many rows to be strict.
    """
    found = Found()
    kinds = {c.name: c.type for c in schema.columns if c.name not in made and not c.options.get("unique")}
    rows = pa.array(probe(table.num_rows, "orders"))

    @lru_cache(maxsize=64)
    def places(name: str) -> Places:
        return _places(joined(table[name]), schema, name)

    above: dict[tuple[str, str], int] = {}
    for kind in ("numeric", "datetime"):
        tried = {name: _places(joined(table[name]).take(rows), schema, name) for name in kinds if kinds[name] == kind}
        tried = {n: p for n, p in tried.items() if len(np.unique(p[0][p[1]])) >= FEWEST_VALUES}
        for low in tried:
            for high in tried:
                if low != high and _overlap(tried[low], tried[high]):
                    broken, n_rows = _broken(places(low), places(high))
                    if n_rows >= FEWEST_ROWS and broken <= (1 - NEARLY) * n_rows:
                        above[low, high] = broken
    above = {pair: broken for pair, broken in above.items() if pair[::-1] not in above}
    kept = [pair for pair in above if not _implied(pair, above)]
    for columns in chains([pair for pair in kept if not above[pair]]):
        strict = all(_strict(places(a), places(b), min_holders) for a, b in itertools.pairwise(columns))
        found.add("orders", Order(columns=columns, strict=strict), 0, table.num_rows)
    for pair in kept:
        if above[pair]:
            found.add("orders", Order(columns=list(pair)), above[pair], _broken(places(pair[0]), places(pair[1]))[1])
    return found


def _places(values: pa.Array, schema: Schema, name: str) -> Places:
    line = line_to_read(schema.column(name), values)
    places, there = line.read(values)
    if isinstance(line, DateLine) and line.tick != 1000:
        places = places // (1000 // line.tick)
    return places, there


def _overlap(low: Places, high: Places) -> bool:
    """Whether a sample keeps the order, and would break it often, were the two columns independent."""
    both = low[1] & high[1]
    n_rows = int(both.sum())
    if n_rows < FEWEST_ROWS:
        return False
    a, b = low[0][both], high[0][both]
    broken = int((a > b).sum())
    if broken > 2 * (1 - NEARLY) * n_rows:
        return False
    mixed = int((a > numpy_stream(0, "independent").permutation(b)).sum())
    return mixed >= max(FEWEST_BROKEN, TIMES_FEWER * broken, OVERLAP * n_rows)


def _broken(low: Places, high: Places) -> tuple[int, int]:
    both = low[1] & high[1]
    return int((low[0][both] > high[0][both]).sum()), int(both.sum())


def _strict(low: Places, high: Places, min_holders: int) -> bool:
    """Whether two columns are never equal, though independent ones would be now and then."""
    both = low[1] & high[1]
    a, b = low[0][both], high[0][both]
    mixed = numpy_stream(0, "independent").permutation(b)
    return not (a == b).any() and int((a == mixed).sum()) >= max(FEWEST_BROKEN, min_holders)


def _implied(pair: tuple[str, str], above: Collection[tuple[str, str]]) -> bool:
    """Whether an order follows from two others."""
    low, high = pair
    return any((low, middle) in above and (middle, high) in above for _, middle in above)


def chains(pairs: list[tuple[str, str]]) -> list[list[str]]:
    """Pairs in order, joined end to end where one begins as another ends.

    Example:
        >>> chains([("b", "c"), ("a", "b"), ("a", "d")])
        [['a', 'b', 'c'], ['a', 'd']]
    """
    left = list(pairs)
    found = []
    while left:
        chain = list(next((p for p in left if not any(q[1] == p[0] for q in left)), left[0]))
        left.remove((chain[0], chain[1]))
        while more := next((p for p in left if p[0] == chain[-1]), None):
            chain.append(more[1])
            left.remove(more)
        found.append(chain)
    return found
