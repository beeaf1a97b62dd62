"""Who follows whom: communities and popularity first, then triangles, then follow-backs, then campaigns.

A pair of users is one number, ``follower * N + followed``; all is as sparse as the follows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.seeding import numpy_stream
from synthgen.world.campaigns import Campaigns
from synthgen.world.draws import counts_about, cut_exponential, distinct_targets, is_among, starts_of
from synthgen.world.laws import CLIQUE_DELAY, END, FOLLOW_BACK_DELAY, community_shares
from synthgen.world.people import People
from synthgen.world.rhythm import moments
from synthgen.world.settings import WorldSettings

KINDS = ("first", "closing", "back", "clique", "boost")
MOST = 0.25
"""The share of all accounts that one account follows on its own at most."""


@dataclass(frozen=True)
class Follows:
    """All follows; users by place, ordered by follower and followed.

    Attributes:
        follower: ``(E,)``.
        followed: ``(E,)``.
        at: ``(E,)`` seconds since 1970.
        kind: ``(E,)`` place in ``KINDS``: why it is there.
        starts: ``(N + 1,)`` where each follower's begin.
        customer: ``(K,)`` the human whom each campaign boosts, -1 where there is none.
        back_chance: that a follow which is not mutual by chance was returned.
    """

    follower: np.ndarray
    followed: np.ndarray
    at: np.ndarray
    kind: np.ndarray
    starts: np.ndarray
    customer: np.ndarray
    back_chance: float

    def __len__(self) -> int:
        return len(self.follower)


def draw_follows(settings: WorldSettings, people: People, campaigns: Campaigns) -> Follows:
    """All follows of a world."""
    rng = numpy_stream(settings.seed, "world", "follows")
    users = len(people)
    own_mean = settings.follows * (1 - settings.reciprocity / 2)  # the rest are follow-backs
    slots = counts_about(rng, own_mean, people.activity, int(MOST * users))
    closing = rng.binomial(slots, settings.closing)
    first, taken = _first(rng, settings, people, slots - closing)
    first_at = _moments_of(rng, people, first, np.maximum(*(people.created[end] for end in _ends(first, users))))
    closed, closed_at, taken = _closing(rng, people, closing, first, first_at, taken)
    own = np.concatenate([first, closed])
    own_at = np.concatenate([first_at, closed_at])
    back, back_at, chance = _follow_backs(rng, settings, users, own, own_at)
    taken = np.sort(np.concatenate([taken, back]))
    clique, boost, customer = _campaign_pairs(rng, settings, people, campaigns)
    parts = [first, closed, back]
    times = [first_at, closed_at, back_at]
    for pairs in (clique, boost):
        fresh = pairs[~is_among(pairs, taken)]
        low = np.maximum(*(people.created[end] for end in _ends(fresh, users)))
        parts.append(fresh)
        times.append(low + cut_exponential(rng, CLIQUE_DELAY, END - low))
    pairs = np.concatenate(parts)
    order = np.argsort(pairs, kind="stable")
    follower, followed = _ends(pairs[order], users)
    kind = np.repeat(np.arange(len(KINDS), dtype=np.int8), [len(part) for part in parts])[order]
    starts = starts_of(np.bincount(follower, minlength=users))
    return Follows(follower, followed, np.concatenate(times)[order], kind, starts, customer, chance)


def some_followed(rng: np.random.Generator, follows: Follows, who: np.ndarray) -> np.ndarray:
    """Of each user, the number of one follow at random; -1 for those who follow nobody."""
    first, many = follows.starts[who], np.diff(follows.starts)[who]
    return np.where(many > 0, first + (rng.random(len(who)) * many).astype(np.int64), -1)


def _ends(pairs: np.ndarray, users: int) -> tuple[np.ndarray, np.ndarray]:
    return pairs // users, pairs % users


def _moments_of(rng: np.random.Generator, people: People, pairs: np.ndarray, low: np.ndarray) -> np.ndarray:
    who = pairs // len(people)
    return moments(rng, low, END, people.offset[who], people.steady[who])


def _first(
    rng: np.random.Generator, settings: WorldSettings, people: People, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Follows into a community, own or any by size, and there to somebody by popularity."""
    users = len(people)
    source = np.repeat(np.arange(users), counts)
    own = rng.random(len(source)) < settings.within
    anywhere = rng.choice(settings.communities, size=len(source), p=community_shares(settings.communities))
    group = np.where(own, people.community[source], anywhere)
    members = np.argsort(people.community, kind="stable")
    bounds = starts_of(np.bincount(people.community, minlength=settings.communities))
    mass = np.concatenate([[0.0], np.cumsum(people.popularity[members])])

    def propose(which: np.ndarray) -> np.ndarray:
        low, high = bounds[group[which]], bounds[group[which] + 1]
        point = mass[low] + rng.random(len(which)) * (mass[high] - mass[low])
        place = np.clip(np.searchsorted(mass, point, side="right") - 1, low, np.maximum(high - 1, low))
        target = members[np.minimum(place, users - 1)]
        return np.where((high > low) & (target != source[which]), target, -1)

    target, taken = distinct_targets(source, propose, users, np.zeros(0, dtype=np.int64))
    found = target >= 0
    return source[found].astype(np.int64) * users + target[found], taken


def _closing(
    rng: np.random.Generator,
    people: People,
    counts: np.ndarray,
    first: np.ndarray,
    first_at: np.ndarray,
    taken: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Follows of somebody whom a followed one follows: two steps along the first follows, each step uniform."""
    users = len(people)
    order = np.argsort(first, kind="stable")
    source_of, target_of = _ends(first[order], users)
    at = first_at[order]
    many = np.bincount(source_of, minlength=users)
    starts = starts_of(many)
    source = np.repeat(np.arange(users), counts)
    since = np.zeros(len(source), dtype=np.int64)

    def step(who: np.ndarray) -> np.ndarray:
        return np.where(many[who] > 0, starts[who] + (rng.random(len(who)) * many[who]).astype(np.int64), -1)

    def propose(which: np.ndarray) -> np.ndarray:
        proposed = np.full(len(which), -1, dtype=np.int64)
        one = step(source[which])
        some = np.flatnonzero(one >= 0)
        two = step(target_of[one[some]])
        some, two = some[two >= 0], two[two >= 0]
        since[which[some]] = np.maximum(at[one[some]], at[two])
        proposed[some] = np.where(target_of[two] == source[which[some]], -1, target_of[two])
        return proposed

    target, taken = distinct_targets(source, propose, users, taken)
    found = target >= 0
    pairs = source[found].astype(np.int64) * users + target[found]
    return pairs, _moments_of(rng, people, pairs, since[found]), taken


def _follow_backs(
    rng: np.random.Generator, settings: WorldSettings, users: int, own: np.ndarray, own_at: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Every follow that is not mutual by chance is returned with one chance, so that the share asked for is mutual."""
    follower, followed = _ends(own, users)
    reverse = followed * users + follower
    alone = ~is_among(reverse, np.sort(own))
    one_way, mutual = int(alone.sum()), int((~alone).sum())
    wanted = settings.reciprocity * len(own) - mutual
    chance = float(np.clip(wanted / max(1.0, one_way * (2 - settings.reciprocity)), 0.0, 1.0))
    returned = np.flatnonzero(alone & (rng.random(len(own)) < chance))
    at = own_at[returned]
    return reverse[returned], at + cut_exponential(rng, FOLLOW_BACK_DELAY, END - at), chance


def _campaign_pairs(
    rng: np.random.Generator, settings: WorldSettings, people: People, campaigns: Campaigns
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of bots that follow each other, and bots that follow their campaign's customer."""
    users, kept = len(people), 1 - settings.difficulty
    humans = np.flatnonzero(people.campaign < 0)
    customer = np.array([_customer(rng, people, humans, c) for c in campaigns.target.tolist()], dtype=np.int64)
    cliques, boosts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    order = np.argsort(people.campaign, kind="stable")
    bots_of = order[users - settings.bots :].reshape(len(campaigns), settings.campaign_size)
    one, other = np.triu_indices(settings.campaign_size, 1)
    for k, bots in enumerate(bots_of):
        joined = rng.random(len(one)) < kept
        a, b = bots[one[joined]], bots[other[joined]]
        cliques += [a * users + b, b * users + a]
        boosts.append(bots[rng.random(len(bots)) < kept] * users + customer[k])
    return np.concatenate(cliques), np.concatenate(boosts), customer


def _customer(rng: np.random.Generator, people: People, humans: np.ndarray, community: int) -> int:
    own = humans[people.community[humans] == community]
    return int(rng.choice(own if len(own) else humans))
