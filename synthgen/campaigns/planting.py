"""Campaigns made up: which account bears which mark, with times, stems and ties of nobody.

Letters: A members of all campaigns, K campaigns, P pairs, J posts in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthgen.campaigns.laws import Kind

ONSETS, VOWELS = "bdfgklmnprstvz", "aeiou"
STEM = 3
"""Syllables of a stem: 343,000 stems."""


@dataclass(frozen=True)
class Planted:
    """Marks of the members of all campaigns; members are numbers from 0.

    Attributes:
        campaign_A: ``(A,)`` number of the campaign.
        kind_A: ``(A,)`` number of its kind.
        looks_A: ``(A,)`` whether the account's profile is that of a fake one.
        burst_A: ``(A,)`` place in time, from 0 to 1, of the burst that it is made in; nan for none.
        delay_A: ``(A,)`` seconds after the burst began.
        stem_A: ``(A,)`` the stem of its handle, empty for one like any other.
        digits_A: ``(A,)`` that follow it.
        from_P: ``(P,)`` ties among members.
        to_P: ``(P,)``.
        poster_J: ``(J,)`` posts in step: whose,
        event_J: at which event, numbered over all campaigns,
        wait_J: and so many seconds after it began.
        at_E: by event, its place in time from 0 to 1, between the burst and the end.
        of_E: by event, its campaign.
    """

    campaign_A: np.ndarray
    kind_A: np.ndarray
    looks_A: np.ndarray
    burst_A: np.ndarray
    delay_A: np.ndarray
    stem_A: list[str]
    digits_A: np.ndarray
    from_P: np.ndarray
    to_P: np.ndarray
    poster_J: np.ndarray
    event_J: np.ndarray
    wait_J: np.ndarray
    at_E: np.ndarray
    of_E: np.ndarray

    def __len__(self) -> int:
        return len(self.campaign_A)


def plant(
    kinds: Sequence[Kind], kind_K: np.ndarray, size_K: np.ndarray, rng: np.random.Generator, kept: float | None = None
) -> Planted:
    """Make campaigns up.

    Every mark is a number from 0 to 1 set against the share that bears it. So of two plans with one seed, the one of
    the larger share has all marks of the other: harder campaigns are easier ones with marks taken away.

    Args:
        kinds: laws.
        kind_K: ``(K,)`` the kind of each campaign.
        size_K: ``(K,)`` its accounts.
        rng: of every draw.
        kept: the share of members that bears a mark, of all marks; None: as the kind says, all looking like fakes.
    """
    campaign_A = np.repeat(np.arange(len(size_K)), size_K)
    kind_A = kind_K[campaign_A] if len(campaign_A) else np.zeros(0, np.int64)
    n = len(campaign_A)

    def of_kind(name: str) -> np.ndarray:
        return np.array([getattr(kinds[number], name) for number in kind_K], float)

    def bears(name: str) -> np.ndarray:
        share_K = of_kind(name) if kept is None else np.full(len(kind_K), kept)
        return np.asarray(rng.random(n) < share_K[campaign_A])

    looks_A = rng.random(n) < (1.0 if kept is None else kept)
    in_burst_A, in_template_A = bears("burst"), bears("template")
    place_K = rng.random(len(size_K))
    stems = _stems(len(size_K), rng)
    delay_A = rng.random(n) * of_kind("burst_span")[campaign_A]
    ties = [_pairs(np.flatnonzero(campaign_A == k), kinds[kind_K[k]], rng, kept) for k in range(len(size_K))]
    events_K = np.array([_events(kinds[kind], kept) for kind in kind_K], np.int64)
    of_E = np.repeat(np.arange(len(size_K)), events_K)
    posts = [
        _in_step(event, np.flatnonzero(campaign_A == k), kinds[kind_K[k]], rng, kept) for event, k in enumerate(of_E)
    ]
    none = np.zeros((3, 0))
    poster_J, event_J, wait_J = np.concatenate([none, *posts], axis=1) if posts else none
    from_P, to_P = np.concatenate([np.zeros((2, 0), np.int64), *ties], axis=1)
    return Planted(
        campaign_A,
        kind_A,
        looks_A,
        np.where(in_burst_A, place_K[campaign_A], np.nan),
        delay_A,
        [stems[k] if there else "" for k, there in zip(campaign_A, in_template_A, strict=True)],
        of_kind("digits")[campaign_A].astype(np.int64),
        from_P,
        to_P,
        poster_J.astype(np.int64),
        event_J.astype(np.int64),
        wait_J,
        rng.random(len(of_E)),
        of_E,
    )


def handle_of(stem: str, digits: int, taken: set[str], rng: np.random.Generator) -> str:
    """A handle of a template that nobody has; more digits where all are taken.

    Example:
        >>> handle_of("kobara", 1, {f"kobara{n}" for n in range(9)}, np.random.default_rng(0))[:6]
        'kobara'
    """
    for tries in range(1_000):
        length = max(1, digits) + tries // 50
        handle = stem + "".join(str(d) for d in rng.integers(0, 10, length))
        if handle not in taken:
            break
    return handle


def _events(kind: Kind, kept: float | None) -> int:
    """Events of a campaign; one that is asked for has some whatever its kind had."""
    return kind.events if kept is None else (kind.events or Kind.events)


def _stems(n: int, rng: np.random.Generator) -> list[str]:
    """Made-up words, none twice."""
    sounds = [onset + vowel for onset in ONSETS for vowel in VOWELS]
    chosen = rng.choice(len(sounds) ** STEM, size=n, replace=False)
    return ["".join(sounds[number // len(sounds) ** place % len(sounds)] for place in range(STEM)) for number in chosen]


def _pairs(members: np.ndarray, kind: Kind, rng: np.random.Generator, kept: float | None) -> np.ndarray:
    """``(2, P)`` ties among the members of one campaign: from whom, to whom."""
    one, other = np.triu_indices(len(members), 1)
    drawn, back, turned = rng.random((3, len(one)))
    there = drawn < (kind.ties if kept is None else kept)
    mutual = there & (back < (kind.back if kept is None else 1.0))
    first = there & (mutual | (turned < 0.5))
    second = there & (mutual | (turned >= 0.5))
    return np.array(
        [
            np.r_[members[one[first]], members[other[second]]],
            np.r_[members[other[first]], members[one[second]]],
        ]
    )


def _in_step(event: int, members: np.ndarray, kind: Kind, rng: np.random.Generator, kept: float | None) -> np.ndarray:
    """``(3, J)`` posts of one event: whose, the event, seconds after it began."""
    drawn, wait = rng.random((2, len(members)))
    joins = drawn < (kind.joins if kept is None else kept)
    return np.array([members[joins], np.full(int(joins.sum()), event), wait[joins] * kind.event_span])
