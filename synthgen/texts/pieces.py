"""Rare words in smaller pieces: parts of words that enough users wrote, found by joining what often stands together.

A piece that ends its word carries a mark, so that a word's end is known when it is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

MOST_PIECES = 400
END = "\n"
"""Closes the last piece of a word; no word holds a line end."""


def learn_pieces(holders: Mapping[str, set[int]], min_holders: int, most: int = MOST_PIECES) -> list[tuple[str, str]]:
    """Which pieces are joined, in order; the joined piece stands in words of at least so many owners.

    Args:
        holders: who wrote each word.
        min_holders: owners that a joined piece needs.
        most: so many at the most.

    Source:
        Sennrich, Haddow, Birch 2016, arXiv:1508.07909 (byte-pair encoding of words).

    Example:
        >>> learn_pieces({"lowly": {1}, "slow": {2}, "lowest": {3}}, min_holders=3)
        [('l', 'o')]
    """
    words = sorted(holders)
    split = [letters_of(word) for word in words]
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, parts in enumerate(split):
        _count(parts, number, len(holders[words[number]]), counts, places)
    joins: list[tuple[str, str]] = []
    while counts and len(joins) < most:
        pair, many = max(counts.items(), key=lambda item: (item[1], item[0]))
        if many < min_holders:
            break
        here = sorted(number for number in places[pair])
        if len(set().union(*(holders[words[number]] for number in here))) < min_holders:
            del counts[pair]
            continue
        joins.append(pair)
        for number in here:
            weight = len(holders[words[number]])
            _count(split[number], number, -weight, counts, places)
            split[number] = joined(split[number], pair)
            _count(split[number], number, weight, counts, places)
        counts.pop(pair, None)
    return joins


def letters_of(word: str) -> list[str]:
    r"""The finest pieces.

    Example:
        >>> letters_of("no")
        ['n', 'o\n']
    """
    return [*word[:-1], word[-1:] + END]


def joined(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """The pieces with every such neighbours made one.

    Example:
        >>> joined(["l", "o", "l", "o"], ("l", "o"))
        ['lo', 'lo']
    """
    found: list[str] = []
    place = 0
    while place < len(parts):
        if place + 1 < len(parts) and (parts[place], parts[place + 1]) == pair:
            found.append(parts[place] + parts[place + 1])
            place += 2
        else:
            found.append(parts[place])
            place += 1
    return found


def spelled(word: str, ranks: Mapping[tuple[str, str], int]) -> list[str]:
    r"""A word in pieces, the joins applied in their order.

    Example:
        >>> spelled("slow", {("l", "o"): 0})
        ['s', 'lo', 'w\n']
    """
    parts = letters_of(word)
    while len(parts) > 1:
        best = min(pairwise(parts), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        parts = joined(parts, best)
    return parts


def _count(
    parts: list[str],
    number: int,
    weight: int,
    counts: Counter[tuple[str, str]],
    places: dict[tuple[str, str], set[int]],
) -> None:
    for pair in pairwise(parts):
        counts[pair] += weight
        if weight > 0:
            places[pair].add(number)
        elif counts[pair] <= 0:
            del counts[pair]
            places[pair].discard(number)
