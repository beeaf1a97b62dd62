"""Who posts when, in answer to what, and whom it mentions; the words come later, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.seeding import numpy_stream
from synthgen.world.campaigns import Campaigns
from synthgen.world.draws import counts_about
from synthgen.world.laws import END, EVENTS, MENTIONS, REPLIES, START, SYNCHRONY
from synthgen.world.network import Follows, some_followed
from synthgen.world.people import People
from synthgen.world.rhythm import moments
from synthgen.world.settings import WorldSettings

MOST = 10_000
"""Posts of one user."""


@dataclass(frozen=True)
class Posts:
    """P posts in the order of time; the place in the order plus one is the ``post_id``.

    Attributes:
        author: ``(P,)`` place of the user.
        at: ``(P,)`` seconds since 1970.
        reply_to: ``(P,)`` place of an earlier post, or -1.
        mention: ``(P,)`` place of a user, or -1.
        event: ``(P,)`` number of the campaign times the events of each, plus the event; -1 for posts of their own.
    """

    author: np.ndarray
    at: np.ndarray
    reply_to: np.ndarray
    mention: np.ndarray
    event: np.ndarray

    def __len__(self) -> int:
        return len(self.author)


def draw_posts(settings: WorldSettings, people: People, follows: Follows, campaigns: Campaigns) -> Posts:
    """All posts of a world, without their words."""
    rng = numpy_stream(settings.seed, "world", "posts")
    counts = counts_about(rng, settings.posts, people.activity, MOST)
    author = np.repeat(np.arange(len(people)), counts)
    until = np.minimum(people.left, END)
    at = moments(rng, people.created[author], until[author], people.offset[author], people.steady[author])
    event = np.full(len(author), -1, dtype=np.int64)

    bots, farmed_at, farmed_event = _synchronised(rng, settings, people, campaigns)
    author, at = np.concatenate([author, bots]), np.concatenate([at, farmed_at])
    event = np.concatenate([event, farmed_event])
    order = np.lexsort((author, at))
    author, at, event = author[order], at[order], event[order]

    own = event < 0
    reply_to = np.full(len(author), -1, dtype=np.int64)
    answering = np.flatnonzero(own & (rng.random(len(author)) < REPLIES))
    reply_to[answering] = _latest(rng, follows, author, at, answering)
    mention = np.full(len(author), -1, dtype=np.int64)
    naming = np.flatnonzero(own & (rng.random(len(author)) < MENTIONS))
    mention[naming] = _known(rng, follows, author[naming], at[naming])
    return Posts(author, at, reply_to, mention, event)


def _synchronised(
    rng: np.random.Generator, settings: WorldSettings, people: People, campaigns: Campaigns
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At each event of a campaign, its bots post within minutes, each with the chance 1 - difficulty."""
    bots = np.repeat(np.flatnonzero(people.campaign >= 0), EVENTS)
    number = people.campaign[bots] * EVENTS + np.tile(np.arange(EVENTS), len(bots) // EVENTS)
    opening = campaigns.events.ravel()[number]
    there = (people.created[bots] <= opening) & (people.left[bots] > opening + SYNCHRONY)
    joins = there & (rng.random(len(bots)) < 1 - settings.difficulty)
    delay = (rng.random(len(bots)) * SYNCHRONY).astype(np.int64)
    return bots[joins], (opening + delay)[joins], number[joins]


def _known(rng: np.random.Generator, follows: Follows, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Somebody whom the author follows by then; -1 where the one drawn is not followed yet."""
    picked = some_followed(rng, follows, who)
    if not len(follows):
        return picked
    return np.where((picked >= 0) & (follows.at[picked] <= at), follows.followed[picked], -1)


def _latest(
    rng: np.random.Generator, follows: Follows, author: np.ndarray, at: np.ndarray, posts: np.ndarray
) -> np.ndarray:
    """The last post before these ones of somebody whom the author follows by then, -1 where there is none."""
    span = END - START + 1
    keys = author * span + (at - START)
    by_author = np.argsort(keys, kind="stable")
    friend = _known(rng, follows, author[posts], at[posts])
    place = np.searchsorted(keys[by_author], friend * span + (at[posts] - START), side="left") - 1
    found = by_author[np.maximum(place, 0)]
    return np.where((friend >= 0) & (place >= 0) & (author[found] == friend), found, -1)
