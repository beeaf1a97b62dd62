"""Who and what texts name: handles and addresses that stand in a column of a table, and by what law each is chosen.

A mention is of somebody whom the author answers, or has ties to, or named before, or else of anybody, as often as
people are named at all. Each way has a share: of the mentions for which it leads to somebody, and that no earlier way
explains, those that it explains.

Letters: N texts, M mentions, P rows of the table that they lead to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata, spearmanr

from synthgen.texts.units import DIGITS, HANDLE, named_in

FOUND, FEWEST = 0.5, 30
"""Handles or addresses of texts stand in a column when so large a share of them does, and so many are."""
WAYS = ("answered", "tied", "again")
"""In the order in which they are tried."""
FEWEST_TRIED = 20
"""Mentions for which a way leads to somebody, to tell its share."""
_MOST_BINS = 20
_ALONG = 0.1
"""A column is what fame goes along with from such a rank correlation on."""


def mark_of(held: str, written: str) -> str:
    """A handle or address as it is looked for.

    Example:
        >>> mark_of("<@>", "@Ann")
        'ann'
    """
    return written.lstrip("@").lower() if held == HANDLE else written.lower()


@dataclass(frozen=True)
class Mentions:
    """What texts name, of one kind.

    Attributes:
        text_M: in which text, rising.
        mark_M: what is named, as it is looked for.
    """

    text_M: np.ndarray
    mark_M: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str | None], held: str) -> Self:
        """All mentions of a kind; of numbers those of any length."""
        found = [
            (place, mark_of(held, written))
            for place, text in enumerate(texts)
            for kind, written in (named_in(text) if text else ())
            if kind == held or (held in DIGITS and kind in DIGITS)
        ]
        text_M = np.array([place for place, _ in found], np.int64)
        return cls(text_M, np.array([mark for _, mark in found], object))


@dataclass(frozen=True)
class Near:
    """Rows that a text's author may name, besides all.

    Attributes:
        author_N: row of the author in the table that is named; -1: none.
        answered_N: row of whoever is answered; -1: nobody.
        tied: by row, the rows that it has ties to.
    """

    author_N: np.ndarray
    answered_N: np.ndarray
    tied: Mapping[int, np.ndarray]


class Ways:
    """Whom each way leads to, while mentions are gone through in order."""

    def __init__(self, near: Near) -> None:
        self._near = near
        self._again: dict[int, list[int]] = {}

    def candidates(self, way: str, text: int, named: Collection[int]) -> list[int]:
        """Rows that a way leads to, but for those that the text has named."""
        author = int(self._near.author_N[text])
        if way == "answered":
            rows = [int(self._near.answered_N[text])]
        elif way == "tied":
            rows = self._near.tied[author].tolist() if author in self._near.tied else []
        else:
            rows = self._again.get(author, [])
        return [row for row in rows if row >= 0 and row not in named]

    def note(self, text: int, row: int) -> None:
        """That a text names a row."""
        author = int(self._near.author_N[text])
        if author >= 0 and row not in (again := self._again.setdefault(author, [])):
            again.append(row)


@dataclass(frozen=True)
class Naming:
    """The law of mentions of one kind.

    Attributes:
        held: place-holder that stands for them.
        table: that they lead to.
        column: of it.
        share: of the mentions that have no name of their own, those that lead there; the others are made up.
        ways: share of each.
        fame: mean number of mentions of the rows of the table, in bins of equally many, rising.
        along: column of the table that goes along with it; None: no column.
        rank: rank correlation with it.
    """

    held: str
    table: str
    column: str
    share: float
    ways: dict[str, float]
    fame: tuple[float, ...]
    along: str | None
    rank: float

    @classmethod
    def fit(
        cls,
        place: tuple[str, str, str],
        mentions: Mentions,
        row_M: np.ndarray,
        near: Near,
        numbers: Mapping[str, np.ndarray],
        made_up: int,
        many: int,
        min_holders: int,
    ) -> Self:
        """Learn from real mentions.

        Args:
            place: place-holder, table, column.
            mentions: all of a kind.
            row_M: rows that they lead to; -1: to none.
            near: who is near whom.
            numbers: columns of the table that fame may go along with.
            made_up: mentions that lead to no row, and have no name of their own.
            many: rows of the table.
            min_holders: rows to a bin of fame.
        """
        there = row_M >= 0
        counts_P = np.bincount(row_M[there], minlength=many)
        bins = int(np.clip(many // min_holders, 1, _MOST_BINS))
        fame = tuple(round(float(part.mean()), 2) for part in np.array_split(np.sort(counts_P), bins))
        along, rank = None, 0.0
        for name, values in numbers.items():
            good = np.isfinite(values)
            if good.sum() >= FEWEST_TRIED and np.ptp(values[good]) > 0 and np.ptp(counts_P[good]) > 0:
                found = float(spearmanr(values[good], counts_P[good]).statistic)
                if abs(found) > max(_ALONG, abs(rank)):
                    along, rank = name, round(found, 2)
        share = round(float(there.sum()) / max(1, int(there.sum()) + made_up), 2)
        return cls(*place, share, _shares(mentions.text_M[there], row_M[there], near), fame, along, rank)

    def weights(self, along_P: np.ndarray | None, many: int, rng: np.random.Generator) -> np.ndarray:
        """``(P,)`` how often each row is named, about, by where it stands in the column that fame goes along with."""
        score_P = rng.standard_normal(many)
        if along_P is not None and many:
            known_P = np.where(np.isfinite(along_P), along_P, np.nanmin(along_P) if np.isfinite(along_P).any() else 0)
            usual_P = ndtri((rankdata(known_P) - 0.5) / many)
            score_P = self.rank * usual_P + np.sqrt(1 - self.rank**2) * score_P
        bin_P = (rankdata(score_P, method="ordinal") - 1) * len(self.fame) // max(1, many)
        weight_P: np.ndarray = np.array(self.fame)[bin_P.astype(np.int64)]
        return weight_P

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return asdict(self) | {"fame": list(self.fame)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The law again."""
        return cls(**{**state, "fame": tuple(state["fame"]), "ways": dict(state["ways"])})


class Namer:
    """Draws mentions for made texts, in their order.

    Args:
        naming: the law.
        near: who is near whom among made rows.
        marks: what stands for each row.
        weight_P: how often each is named, about.
        rng: of every draw.
    """

    def __init__(
        self, naming: Naming, near: Near, marks: Sequence[str | None], weight_P: np.ndarray, rng: np.random.Generator
    ) -> None:
        self._naming, self._marks, self._rng = naming, marks, rng
        self._near, self._ways = near, Ways(near)
        self._sum_P = np.cumsum(weight_P if weight_P.sum() > 0 else np.ones(len(weight_P)))
        self.named: dict[int, list[int]] = {}

    def mark(self, text: int) -> str | None:
        """What stands in a text; None: it is made up."""
        if not len(self._sum_P) or self._rng.random() >= self._naming.share:
            return None
        row = self._row(text, self.named.setdefault(text, []))
        mark = self._marks[row]
        if mark is None:
            return None
        self.named[text].append(row)
        self._ways.note(text, row)
        return f"@{mark.lstrip('@')}" if self._naming.held == HANDLE else mark

    def _row(self, text: int, named: Collection[int]) -> int:
        for way, share in self._naming.ways.items():
            rows = self._ways.candidates(way, text, named)
            if rows and self._rng.random() < share:
                return rows[int(self._rng.integers(len(rows)))]
        for _ in range(FEWEST_TRIED):
            aim = self._rng.random() * self._sum_P[-1]
            row = min(int(np.searchsorted(self._sum_P, aim, side="right")), len(self._sum_P) - 1)
            if row not in named and row != self._near.author_N[text]:
                break
        return row


def _shares(text_M: np.ndarray, row_M: np.ndarray, near: Near) -> dict[str, float]:
    """Of each way."""
    ways, tried, hit = Ways(near), dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0)
    last = -1
    named: list[int] = []
    for text, row in zip(text_M.tolist(), row_M.tolist(), strict=True):
        last, named = text, named if text == last else []
        for way in WAYS:
            rows = ways.candidates(way, text, named)
            if rows:
                tried[way] += 1
            if row in rows:
                hit[way] += 1
                break
        named.append(row)
        ways.note(text, row)
    return {way: round(hit[way] / tried[way], 2) if tried[way] >= FEWEST_TRIED else 0.0 for way in WAYS}
