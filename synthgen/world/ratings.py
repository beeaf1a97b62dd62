"""Items, and who rates which, when and how: quality, taste by latent factors, noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synthgen.seeding import numpy_stream
from synthgen.world.campaigns import Campaigns
from synthgen.world.draws import counts_about, distinct_targets, drawn_by_row, starts_of
from synthgen.world.laws import (
    CHOICE,
    COMMUNITY_TASTE,
    END,
    FACTORS,
    GENRE_FACTOR,
    ITEM_DECAY,
    ITEM_FACTOR,
    LEAST,
    MEAN_RATING,
    MORE_GENRES,
    MOST,
    NEW_SESSION,
    OWN_TASTE,
    QUALITY,
    RATING_GRID,
    RATING_NOISE,
    RATING_RAID,
    SAME_GENRE,
    SESSION_GAP,
    TASTE,
    YEARS,
)
from synthgen.world.lexicon import GENRES
from synthgen.world.people import People
from synthgen.world.rhythm import moments
from synthgen.world.settings import WorldSettings

AT_A_TIME = 10_000
"""Users whose ratings are drawn together."""
SHARE_RATED = 0.25
"""The share of all items that one user rates at most."""


@dataclass(frozen=True)
class Items:
    """I items; the place plus one is the ``item_id``. Letters: F latent factors, G genres.

    Attributes:
        genre: ``(I,)`` the first genre, which decides who chooses it.
        more: ``(I, 2)`` further genres, -1 for none.
        year: ``(I,)``.
        weight: ``(I,)`` chance within the genre, up to a factor.
        quality: ``(I,)`` stars above or below the mean.
        factors: ``(I, F)``.
        genre_factors: ``(G, F)``.
    """

    genre: np.ndarray
    more: np.ndarray
    year: np.ndarray
    weight: np.ndarray
    quality: np.ndarray
    factors: np.ndarray
    genre_factors: np.ndarray

    def __len__(self) -> int:
        return len(self.genre)


@dataclass(frozen=True)
class Ratings:
    """Ratings of some users, by user and then by time."""

    user: np.ndarray
    item: np.ndarray
    stars: np.ndarray
    at: np.ndarray


def draw_items(settings: WorldSettings) -> Items:
    """The catalogue: genres in turn, so that none is empty."""
    rng = numpy_stream(settings.seed, "world", "items")
    items, genres = settings.catalogue, len(GENRES)
    genre = rng.permutation(np.arange(items) % genres)
    order = np.argsort(genre, kind="stable")
    rank = np.empty(items, dtype=np.int64)
    rank[order] = np.arange(items) - starts_of(np.bincount(genre, minlength=genres))[genre[order]]
    genre_factors = GENRE_FACTOR * rng.standard_normal((genres, FACTORS))
    second = np.where(rng.random(items) < MORE_GENRES, (genre + rng.integers(1, genres, items)) % genres, -1)
    third = np.where((second >= 0) & (rng.random(items) < MORE_GENRES), rng.integers(genres, size=items), -1)
    third[(third == genre) | (third == second)] = -1
    return Items(
        genre=genre,
        more=np.stack([second, third], axis=1),
        year=rng.integers(YEARS[0], YEARS[1] + 1, size=items),
        weight=(rank + 1.0) ** -ITEM_DECAY,
        quality=QUALITY * rng.standard_normal(items),
        factors=genre_factors[genre] + ITEM_FACTOR * rng.standard_normal((items, FACTORS)),
        genre_factors=genre_factors,
    )


def draw_tastes(settings: WorldSettings, people: People) -> np.ndarray:
    """``(N, F)`` latent factors of the users: their community's, and some of their own."""
    rng = numpy_stream(settings.seed, "world", "tastes")
    centres = COMMUNITY_TASTE * rng.standard_normal((settings.communities, FACTORS))
    tastes: np.ndarray = centres[people.community] + OWN_TASTE * rng.standard_normal((len(people), FACTORS))
    return tastes


def genre_shares(tastes_NF: np.ndarray, genre_factors_GF: np.ndarray) -> np.ndarray:
    """``(N, G)`` the chance of each genre when a user chooses one."""
    scores = CHOICE * tastes_NF @ genre_factors_GF.T
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: np.ndarray = chances / chances.sum(axis=1, keepdims=True)
    return shares


def draw_ratings(
    settings: WorldSettings, people: People, items: Items, tastes_NF: np.ndarray, campaigns: Campaigns
) -> Iterator[Ratings]:
    """All ratings, some users at a time, so that memory does not grow with their number."""
    rng = numpy_stream(settings.seed, "world", "counts of ratings")
    counts = counts_about(rng, settings.ratings, people.activity, int(SHARE_RATED * len(items)))
    for part, start in enumerate(range(0, len(people), AT_A_TIME)):
        users = np.arange(start, min(start + AT_A_TIME, len(people)))
        rng = numpy_stream(settings.seed, "world", "ratings", part)
        raid = _raid(rng, settings, people, campaigns, users)
        own = _own(rng, people, items, tastes_NF, users, counts[users], raid)
        joined = [np.concatenate(pair) for pair in zip(vars(own).values(), vars(raid).values(), strict=True)]
        order = np.lexsort((joined[1], joined[3], joined[0]))
        yield Ratings(*(values[order] for values in joined))


def stars_of(rng: np.random.Generator, items: Items, item: np.ndarray, taste_nF: np.ndarray) -> np.ndarray:
    """Mean, quality, taste and noise, on the grid of half stars."""
    liking = MEAN_RATING + items.quality[item] + TASTE * np.einsum("nf,nf->n", taste_nF, items.factors[item])
    felt = liking + RATING_NOISE * rng.standard_normal(len(item))
    stars: np.ndarray = np.clip(np.rint(felt / RATING_GRID) * RATING_GRID, LEAST, MOST)
    return stars


def _own(
    rng: np.random.Generator,
    people: People,
    items: Items,
    tastes_NF: np.ndarray,
    users: np.ndarray,
    counts: np.ndarray,
    raid: Ratings,
) -> Ratings:
    user = np.repeat(users, counts)
    opens = _opens(user) | (rng.random(len(user)) < NEW_SESSION)
    turns = opens | (rng.random(len(user)) >= SAME_GENRE)
    block = np.cumsum(turns) - 1
    shares = genre_shares(tastes_NF[users], items.genre_factors)
    genre = drawn_by_row(rng, shares, user[turns] - users[0])[block] if len(user) else user
    at = _session_times(rng, people, user, opens)
    order = np.argsort(items.genre, kind="stable")
    bounds = starts_of(np.bincount(items.genre, minlength=len(GENRES)))
    mass = np.concatenate([[0.0], np.cumsum(items.weight[order])])

    def propose(which: np.ndarray) -> np.ndarray:
        low, high = bounds[genre[which]], bounds[genre[which] + 1]
        point = mass[low] + rng.random(len(which)) * (mass[high] - mass[low])
        place = np.clip(np.searchsorted(mass, point, side="right") - 1, low, high - 1)
        chosen: np.ndarray = order[place]
        return chosen

    raided = np.sort(raid.user.astype(np.int64) * len(items) + raid.item)
    item, _ = distinct_targets(user, propose, len(items), raided)
    found = item >= 0
    user, item, at = user[found], item[found], at[found]
    return Ratings(user, item, stars_of(rng, items, item, tastes_NF[user]), at)


def _opens(user: np.ndarray) -> np.ndarray:
    opens = np.ones(len(user), dtype=bool)
    opens[1:] = user[1:] != user[:-1]
    return opens


def _session_times(rng: np.random.Generator, people: People, user: np.ndarray, opens: np.ndarray) -> np.ndarray:
    """Sessions open while the account is active, at the hours of its place; ratings follow one another in them."""
    session = np.cumsum(opens) - 1
    first = np.flatnonzero(opens)
    who = user[first]
    opened = moments(
        rng, people.created[who], np.minimum(people.left[who], END), people.offset[who], people.steady[who]
    )
    gaps = rng.exponential(SESSION_GAP, len(user)).astype(np.int64) + 1
    passed = np.cumsum(gaps)
    at: np.ndarray = np.minimum(opened[session] + passed - passed[first][session], END)
    return at


def _raid(
    rng: np.random.Generator, settings: WorldSettings, people: People, campaigns: Campaigns, users: np.ndarray
) -> Ratings:
    """Bots give their campaign's item the most stars within a day, each with the chance 1 - difficulty."""
    bots = users[people.campaign[users] >= 0]
    k = people.campaign[bots]
    opening = campaigns.raid[k]
    there = (people.created[bots] <= opening) & (people.left[bots] > opening + RATING_RAID)
    joins = there & (rng.random(len(bots)) < 1 - settings.difficulty)
    at = opening + (rng.random(len(bots)) * RATING_RAID).astype(np.int64)
    return Ratings(bots[joins], campaigns.item[k][joins], np.full(int(joins.sum()), MOST), at[joins])
