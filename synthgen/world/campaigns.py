"""Farms of bots: which account belongs to which campaign, and which marks of a bot it bears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.seeding import numpy_stream
from synthgen.world.laws import BURST, DAY, END, EVENTS, HANDLE_DIGITS, START, community_shares
from synthgen.world.lexicon import SLOGANS, SYLLABLES, TOPICS
from synthgen.world.settings import WorldSettings

MARKS = ("in_burst", "in_template", "bare_profile", "round_the_clock", "in_target")
"""What gives an account away on its own; what gives a farm away, its cliques and events, is drawn where it happens."""


@dataclass(frozen=True)
class Campaigns:
    """All campaigns; K of them, with E events each.

    Attributes:
        target: ``(K,)`` the community that each is after.
        burst: ``(K,)`` when its first account may be made.
        events: ``(K, E)`` when its bots start posting the same.
        raid: ``(K,)`` when they start rating its item.
        item: ``(K,)`` that item, by place in the table.
        stems: what its handles begin with, before eight digits.
        tags: its hashtag.
        slogan: ``(K,)`` what it posts.
        words: ``(K, E, 2)`` the words of the community in it, others at each event.
    """

    target: np.ndarray
    burst: np.ndarray
    events: np.ndarray
    raid: np.ndarray
    item: np.ndarray
    stems: list[str]
    tags: list[str]
    slogan: np.ndarray
    words: np.ndarray

    def __len__(self) -> int:
        return len(self.target)


def plan_campaigns(settings: WorldSettings) -> Campaigns:
    """What each campaign is about, and when."""
    rng = numpy_stream(settings.seed, "world", "campaigns")
    farms, span = settings.farms, END - START
    target = rng.choice(settings.communities, size=farms, p=community_shares(settings.communities))
    burst = START + (span * rng.uniform(0.2, 0.8, farms)).astype(np.int64)
    opening = burst + BURST + 7 * DAY
    events = opening[:, None] + (rng.random((farms, EVENTS)) * (END - 7 * DAY - opening)[:, None]).astype(np.int64)
    number = rng.permutation(len(SYLLABLES) ** 2)[:farms] if farms else np.zeros(0, dtype=np.int64)
    stems = [SYLLABLES[n // len(SYLLABLES)] + SYLLABLES[n % len(SYLLABLES)] for n in number.tolist()]
    tags = [f"{TOPICS[c].tags[0]}{stem}" for c, stem in zip(target.tolist(), stems, strict=True)]
    return Campaigns(
        target=target,
        burst=burst,
        events=np.sort(events, axis=1),
        raid=opening + (rng.random(farms) * 60 * DAY).astype(np.int64),
        item=rng.integers(settings.catalogue, size=farms),
        stems=stems,
        tags=tags,
        slogan=rng.integers(len(SLOGANS), size=farms),
        words=rng.integers(len(TOPICS[0].words), size=(farms, EVENTS, 2)),
    )


def draw_members(settings: WorldSettings) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Which accounts are bots, in no order, and the marks that they bear.

    Returns:
        ``(N,)`` number of the campaign, -1 for humans; by name of the mark, ``(N,)`` whether it is there. A bot
        bears each mark with the chance 1 - difficulty, independently; a human bears none.
    """
    rng = numpy_stream(settings.seed, "world", "members")
    campaign = np.full(settings.users, -1, dtype=np.int64)
    campaign[: settings.bots] = np.repeat(np.arange(settings.farms), settings.campaign_size)
    campaign = rng.permutation(campaign)
    is_bot = campaign >= 0
    marks = {mark: is_bot & (rng.random(settings.users) < 1 - settings.difficulty) for mark in MARKS}
    return campaign, marks


def burst_times(rng: np.random.Generator, campaigns: Campaigns, campaign: np.ndarray) -> np.ndarray:
    """When accounts of these campaigns are made: uniform in the window of the burst."""
    times: np.ndarray = campaigns.burst[campaign] + (rng.random(len(campaign)) * BURST).astype(np.int64)
    return times


def farm_handles(rng: np.random.Generator, campaigns: Campaigns, campaign: np.ndarray) -> list[str]:
    """Handles of these campaigns: the stem, then digits; none twice."""
    digits = rng.choice(10**HANDLE_DIGITS, size=len(campaign), replace=False)
    return [
        f"{campaigns.stems[k]}{d:0{HANDLE_DIGITS}d}" for k, d in zip(campaign.tolist(), digits.tolist(), strict=True)
    ]
