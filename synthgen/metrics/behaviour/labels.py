"""What owners do after a moment, from what they did before it: who falls silent, who comes to do something rare.

The moment is the middle of real people's first events, alike for all sides; asked about are owners with events before.

Letters: E events, O owners, K kinds, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.metrics.behaviour.asked import FEWEST, Asked, told_apart
from synthgen.metrics.behaviour.laws import DAY, HOUR
from synthgen.metrics.behaviour.streams import Streams

RARE = 0.1
"""Of the owners asked about, those who must do something later, or not do it, for it to be asked about."""


@dataclass(frozen=True)
class Parted:
    """Owners with events before a moment.

    Attributes:
        before: what they did until then.
        after: what they did from then on; owners numbered alike.
        cut: the moment, seconds since 1970.
    """

    before: Streams
    after: Streams
    cut: int


def parted(streams: Streams, real: Streams) -> Parted:
    """Part streams at the middle of real people's first events.

    Example:
        >>> some = Streams.of(np.array([0, 0, 1, 2]), np.array([1, 9, 5, 8]))
        >>> halves = parted(some, some)
        >>> halves.cut, halves.before.time_E.tolist(), halves.after.time_E.tolist()
        (5, [1], [9])
    """
    cut = int(np.median(real.time_E[real.first_E])) if len(real) else 0
    early_E = streams.time_E < cut
    seen_O = np.bincount(streams.owner_E[early_E], minlength=streams.n_owners) > 0
    theirs_E = seen_O[streams.owner_E]
    return Parted(streams.of_events(early_E & theirs_E, seen_O), streams.of_events(~early_E & theirs_E, seen_O), cut)


def known_of(halves: Parted, real: Streams) -> np.ndarray:
    """``(O, F)`` of what an owner did before: how much, when, how far apart, in which sessions, of which kinds."""
    part, cut = halves.before, halves.cut
    kind_E, n_kinds = told_apart(part, real)
    owner_E, many_O = part.owner_E, np.maximum(part.counts_O, 1)
    gap_E = np.log1p(np.maximum(part.gap_E, 0))
    first_O = part.time_E[part.first_E]
    shares_OK = np.zeros((part.n_owners, n_kinds))
    np.add.at(shares_OK, (owner_E, kind_E), 1)
    columns = [
        np.log(many_O),
        np.log1p(cut - part.last_O),
        np.log1p(part.last_O - first_O),
        np.log1p(cut - first_O),
        np.bincount(owner_E, gap_E, part.n_owners) / np.maximum(many_O - 1, 1),
        np.log(np.maximum(np.bincount(owner_E[part.opens_E], minlength=part.n_owners), 1)),
        np.bincount(owner_E, part.time_E % DAY / HOUR, part.n_owners) / many_O,
        np.log1p(np.bincount(owner_E, part.time_E >= cut - DAY, part.n_owners)),
        np.log1p(np.bincount(owner_E, part.time_E >= cut - 7 * DAY, part.n_owners)),
    ]
    return np.column_stack([*columns, shares_OK / many_O[:, None]])


def falls_silent(streams: Streams, real: Streams) -> Asked:
    """Of each owner: whether nothing comes after the moment."""
    halves = parted(streams, real)
    return Asked(known_of(halves, real), (halves.after.counts_O == 0).astype(np.int64))


def does_rare(streams: Streams, real: Streams) -> Asked:
    """Of each owner: whether the rare kind of event, such as a purchase, comes after the moment."""
    halves = parted(streams, real)
    kind = rare_kind(real)
    if kind is None:
        return Asked(np.zeros((0, 1)), np.zeros(0, np.int64))
    so_far_O = doing(halves.before, kind)
    x_OF = np.column_stack([known_of(halves, real), np.log1p(so_far_O)])
    return Asked(x_OF, (doing(halves.after, kind) > 0).astype(np.int64))


def rare_kind(real: Streams) -> int | None:
    """The kind with the fewest events of those that enough real people do after the moment, and enough do not.

    Example:
        >>> owner_E = np.repeat(np.arange(100), 3)
        >>> time_E, kind_E = np.tile([1, 3, 4], 100) + (owner_E > 49) * 2, np.tile([0, 0, 1], 100)
        >>> kind_E[owner_E % 2 > 0] = 0
        >>> rare_kind(Streams.of(owner_E, time_E, kind_E, kinds=("view", "purchase")))
        1
    """
    after = parted(real, real).after
    counts_K = np.bincount(real.kind_E[real.kind_E >= 0], minlength=len(real.kinds))
    fewest = max(FEWEST, RARE * after.n_owners)
    for kind in np.argsort(counts_K, kind="stable").tolist():
        if fewest <= (doing(after, kind) > 0).sum() <= after.n_owners - fewest:
            return int(kind)
    return None


def doing(streams: Streams, kind: int) -> np.ndarray:
    """``(O,)`` how often each owner does it."""
    return np.bincount(streams.owner_E[streams.kind_E == kind], minlength=streams.n_owners)
