"""What is compared of streams: numbers of each owner, of each gap, of each session; shares over hours and kinds.

Letters: as in ``streams.py``.
"""

from __future__ import annotations

import numpy as np

from synthgen.metrics.behaviour.base import FEWEST, BehaviourMetric, Law, Levels, Shares
from synthgen.metrics.behaviour.streams import PAUSE, Streams, lag

FEWEST_GAPS = 4
"""Gaps of an owner below which nothing is said of their order and spread."""
FEWEST_SESSIONS = 3
"""Sessions of an owner below which nothing is said of their hours."""
BACK = (1, 2, 5)
"""Events before, among which a kind is looked for."""
HOUR, DAY, WEEK = 3_600, 86_400, 168
"""Seconds in an hour and a day; hours in a week."""


def gaps(streams: Streams) -> np.ndarray:
    """``(G,)`` logarithms of one plus the seconds between events of an owner."""
    gap_G: np.ndarray = np.log1p(streams.gap_E[~streams.first_E])
    return gap_G


def burstiness(streams: Streams) -> np.ndarray:
    """Of each owner with enough gaps: -1 regular, 0 at random, 1 all at once, whatever their number.

    Source:
        Goh and Barabasi 2008, EPL 81, 48002, https://doi.org/10.1209/0295-5075/81/48002; for finite sequences Kim and
        Jo 2016, Physical Review E 94, 032311, https://doi.org/10.1103/PhysRevE.94.032311.

    Example:
        >>> burstiness(Streams.of(np.zeros(6), np.arange(6))).tolist()
        [-1.0]
    """
    owner_G, gap_G = _gaps_of_many(streams)
    many_O = np.bincount(owner_G)
    mean_O, spread_O = _moments(owner_G, gap_G, many_O)
    there_O = (many_O > 0) & (mean_O > 0)
    ratio_O, n_O = spread_O[there_O] / mean_O[there_O], many_O[there_O] + 1.0
    above_O = np.sqrt(n_O + 1) * ratio_O - np.sqrt(n_O - 1)
    burst_O: np.ndarray = above_O / ((np.sqrt(n_O + 1) - 2) * ratio_O + np.sqrt(n_O - 1))
    return burst_O


def memory(streams: Streams) -> np.ndarray:
    """Of each owner with enough gaps: the correlation between a gap and the next, in logarithms.

    Source:
        Goh and Barabasi 2008, as above; there of the gaps themselves, where the longest one decides.
    """
    owner_G, gap_G = _gaps_of_many(streams)
    pair_G = np.r_[owner_G[1:] == owner_G[:-1], False][: len(owner_G)]
    place = np.flatnonzero(pair_G)
    owner_G, one_G, two_G = owner_G[place], np.log1p(gap_G[place]), np.log1p(gap_G[place + 1])
    many_O = np.bincount(owner_G)
    (mean_1, spread_1), (mean_2, spread_2) = (_moments(owner_G, gap, many_O) for gap in (one_G, two_G))
    both_O = np.bincount(owner_G, one_G * two_G) / np.maximum(many_O, 1) - mean_1 * mean_2
    there_O = (spread_1 > 1e-6) & (spread_2 > 1e-6)
    found_O: np.ndarray = both_O[there_O] / (spread_1 * spread_2)[there_O]
    return found_O


def _gaps_of_many(streams: Streams) -> tuple[np.ndarray, np.ndarray]:
    """Gaps of owners with enough of them, and whose they are."""
    many_E = streams.counts_O[streams.owner_E] > FEWEST_GAPS
    there_E = many_E & ~streams.first_E
    return streams.owner_E[there_E], streams.gap_E[there_E].astype(float)


def _moments(owner_G: np.ndarray, gap_G: np.ndarray, many_O: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation by owner."""
    n_O = np.maximum(many_O, 1)
    mean_O = np.bincount(owner_G, gap_G, len(many_O)) / n_O
    spread_O = np.sqrt(np.bincount(owner_G, (gap_G - mean_O[owner_G]) ** 2, len(many_O)) / n_O)
    return mean_O, spread_O


def session_sizes(streams: Streams) -> np.ndarray:
    """``(S,)`` logarithms of the events in each session."""
    return np.log(np.bincount(np.cumsum(streams.opens_E) - 1)) if len(streams) else np.zeros(0)


def sessions_each(streams: Streams) -> np.ndarray:
    """Logarithms of the sessions of each owner that has any."""
    per_O = np.bincount(streams.owner_E[streams.opens_E])
    return np.log(per_O[per_O > 0])


def session_lengths(streams: Streams) -> np.ndarray:
    """Logarithms of one plus the seconds from the first to the last event of sessions with more than one."""
    session_E = np.cumsum(streams.opens_E) - 1
    length_S = np.bincount(session_E, np.where(streams.opens_E, 0, streams.gap_E))
    return np.log1p(length_S[np.bincount(session_E) > 1])


def hours(streams: Streams) -> np.ndarray:
    """Sessions that start in each hour of the week."""
    return np.bincount(streams.time_E[streams.opens_E] // HOUR % WEEK, minlength=WEEK)


def own_hours(streams: Streams) -> np.ndarray:
    """Of each owner with enough sessions, how near each other they start on the clock: 0 anywhere, 1 at one moment."""
    owner_S, angle_S = streams.owner_E[streams.opens_E], streams.time_E[streams.opens_E] % DAY / DAY * 2 * np.pi
    many_O = np.bincount(owner_S)
    there_O = many_O >= FEWEST_SESSIONS
    parts = [np.bincount(owner_S, turn)[there_O] / many_O[there_O] for turn in (np.cos(angle_S), np.sin(angle_S))]
    length_O: np.ndarray = np.hypot(*parts)
    return length_O


def repeats(streams: Streams) -> np.ndarray:
    """Shares of events whose kind is that of one of the last 1, 2, 5 of the owner, or of any before."""
    later_E = ~streams.first_E & (streams.kind_E >= 0)
    if later_E.sum() < FEWEST:
        return np.full(len(BACK) + 1, np.nan)
    same = [np.equal(lag(streams.kind_E, streams, back), streams.kind_E) for back in range(1, max(BACK) + 1)]
    shares = [float(np.any(same[:back], axis=0)[later_E].mean()) for back in BACK]
    pair_E = streams.owner_E * (len(streams.kinds) + 1) + streams.kind_E + 1
    again_E = np.ones(len(streams), bool)
    again_E[np.unique(pair_E, return_index=True)[1]] = False
    return np.array([*shares, float(again_E[later_E].mean())])


def successions(streams: Streams) -> np.ndarray:
    """Events of each kind after one of each kind."""
    n = len(streams.kinds)
    before_E = lag(streams.kind_E, streams, 1)
    there_E = (before_E >= 0) & (streams.kind_E >= 0)
    return np.bincount(before_E[there_E] * n + streams.kind_E[there_E], minlength=n * n)


def spans(streams: Streams) -> np.ndarray:
    """Logarithms of one plus the seconds from the first to the last event of owners with more than one."""
    many_O = streams.counts_O[streams.counts_O > 0] > 1
    span_O: np.ndarray = np.log1p((streams.last_O - streams.time_E[streams.first_E])[many_O])
    return span_O


def endings(streams: Streams) -> np.ndarray:
    """Days of the last event of each owner, since 1970."""
    return streams.last_O / DAY


BEHAVIOUR_METRICS: tuple[BehaviourMetric, ...] = (
    Law("events_each", "Events of each owner", lambda s: np.log1p(s.counts_O), "MMD of log(1 + events of an owner)"),
    Law("gaps", "Gaps in time", gaps, "MMD of log(1 + seconds between events of an owner)"),
    Law("burstiness", "Burstiness", burstiness, f"MMD over owners with {FEWEST_GAPS} gaps or more"),
    Law("memory", "A gap and the next", memory, "MMD over owners of the correlation between the logarithms of both"),
    Law("session_sizes", "Events of a session", session_sizes, f"MMD of the logarithms; {PAUSE // 60} minutes end one"),
    Law(
        "session_lengths", "Seconds of a session", session_lengths, "MMD of the logarithms, of sessions of two or more"
    ),
    Law("sessions_each", "Sessions of each owner", sessions_each, "MMD of the logarithms"),
    Shares("hour_of_week", "Hour of the week", hours, "total variation of the starts of sessions over 168 hours"),
    Law(
        "own_hours",
        "Owners' own hours",
        own_hours,
        f"MMD over owners with {FEWEST_SESSIONS} sessions or more of how much these start at one hour of the day",
    ),
    Levels(
        "repeats",
        "Kinds that come again",
        repeats,
        "mean absolute difference of the shares of events whose kind "
        f"is that of one of the last {', '.join(map(str, BACK))} of the owner, or of any before",
    ),
    Shares("successions", "Kinds one after the other", successions, "total variation over pairs of kinds"),
    Law("spans", "From first to last", spans, "MMD of log(1 + seconds) of owners with two events or more"),
    Law("endings", "When owners end", endings, "MMD of the days of last events"),
)
