"""Finds columns that others decide, and columns of which few combinations occur.

Letters: N rows.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from synthgen.columns.rules.finding import Found, codes_of, labels_in, probe, says_something
from synthgen.seeding import numpy_stream
from synthgen.table.rules import Combination, Dependence, Tie
from synthgen.table.schema import Schema

MOST_NUMBERS = 1_000
"""A number with more different values is a measure, not a label."""
COVERED = 0.9
"""Share of the rows whose value, or combination of values, enough rows hold."""
FEW_EACH = 1.5
"""Combinations are few where there are at most so many for each value of the column with most of them."""
APART = 0.3
"""Share of rows that would fall outside the combinations that occur, were the columns independent."""


def find_dependences(
    table: pa.Table, schema: Schema, made: Collection[str], *, target: str | None = None, min_holders: int = 5
) -> Found:
    """Columns that another column decides, the nearest one: a country follows from its city, not from its zip.

    A label decides. That a quantity does is a chance of the rows at hand: where flags part at 60 posts, all rows with
    61 agree until one comes that does not.

    Args:
        table: the raw table.
        schema: types of its columns.
        made: columns that other rules restore.
        target: never follows.
        min_holders: a value needs so many rows to be remembered.
    """
    names = [name for name in labels_in(table, schema, MOST_NUMBERS) if name not in made]
    rows = probe(table.num_rows, "dependences")
    codes = codes_of(table, names)
    counts = {name: np.bincount(values) for name, values in codes.items()}
    quantities = {column.name for column in schema.columns if column.type == "numeric"}
    found = Found()
    followers: set[str] = set()
    tied: set[str] = set()
    for name in sorted(names, key=lambda name: len(counts[name])):
        if name == target or name in tied:
            continue
        others = [n for n in names if n != name and n not in followers and len(counts[n]) >= max(3, len(counts[name]))]
        for source in sorted(others, key=lambda other: len(counts[other])):
            pair = codes[source], codes[name]
            if not _follows(pair[0][rows], pair[1][rows]) or not _covered(counts[source], min_holders):
                continue
            broken = exceptions(*pair)
            if not says_something(broken, _by_chance(*pair), table.num_rows):
                continue
            back = exceptions(*pair[::-1])
            if back <= max(broken, 0.001 * table.num_rows):  # each decides the other: a tie, or nearly one
                if broken or back:
                    leader, other = (source, name) if source == target else (name, source)
                    if other != target and len(counts[name]) > 2 and not {leader, other} & tied:
                        tied |= {leader, other}
                        found.add("ties", Tie(columns=[leader, other]), max(broken, back), table.num_rows)
                continue
            if source in quantities:
                continue
            found.add("dependences", Dependence(column=name, depends_on=source), broken, table.num_rows)
            followers |= set() if broken else {name}
            break
    return found


def exceptions(source: np.ndarray, follower: np.ndarray) -> int:
    """Rows whose follower is not the one that most rows of their source have.

    Example:
        >>> exceptions(np.array([0, 0, 0, 1]), np.array([5, 5, 6, 5]))
        1
    """
    width = int(follower.max(initial=0)) + 1
    pairs, counts = np.unique(source * width + follower, return_counts=True)
    most = np.zeros(int(source.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, pairs // width, counts)
    return int(len(source) - most.sum())


def _follows(source: np.ndarray, follower: np.ndarray) -> bool:
    return exceptions(source, follower) <= 0.002 * len(source)  # of a sample: twice what is asked of all rows


def _covered(counts: np.ndarray, min_holders: int) -> bool:
    return bool(counts[counts >= min_holders].sum() >= COVERED * counts.sum())


def _by_chance(source: np.ndarray, follower: np.ndarray) -> int:
    """The exceptions there would be, were the two columns independent."""
    return exceptions(source, numpy_stream(0, "independent").permutation(follower))


def find_combinations(
    table: pa.Table, schema: Schema, made: Collection[str], *, target: str | None = None, min_holders: int = 5
) -> Found:
    """Groups of columns of labels of which few combinations occur, none of which decides the other.

    Args:
        table: the raw table.
        schema: types of its columns.
        made: columns that other rules restore or read.
        target: stays on its own.
        min_holders: a combination needs so many rows to be kept.
    """
    kinds = {column.name: column.type for column in schema.columns}
    names = [n for n in labels_in(table, schema, 0) if n not in made and n != target and kinds[n] == "categorical"]
    codes = codes_of(table, names)
    left = sorted((n for n in names if codes[n].max(initial=0) >= 2), key=lambda n: -int(codes[n].max()))
    found = Found()
    while left:
        group = [left.pop(0)]
        joint = codes[group[0]]
        for name in list(left):
            tried = joint * (int(codes[name].max()) + 1) + codes[name]
            if _are_few(joint, codes[name], tried, min_holders):
                group.append(name)
                left.remove(name)
                joint = np.unique(tried, return_inverse=True)[1]
        if len(group) > 1 and table.num_rows:
            found.add("combinations", Combination(columns=sorted(group, key=table.column_names.index)), 0, 1)
    return found


def _are_few(one: np.ndarray, other: np.ndarray, both: np.ndarray, min_holders: int) -> bool:
    """Whether few combinations occur, each often enough, and independent columns would show many more."""
    pairs, counts = np.unique(both, return_counts=True)
    if len(pairs) > FEW_EACH * len(np.unique(one)) or not _covered(counts, min_holders):
        return False
    mixed = one * (int(other.max()) + 1) + numpy_stream(0, "independent").permutation(other)
    return bool((~np.isin(mixed, pairs)).mean() >= APART)
