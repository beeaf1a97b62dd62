"""The accounts of a world: who belongs where, since when, and what their profiles say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.seeding import numpy_stream
from synthgen.world.campaigns import MARKS, Campaigns, burst_times, draw_members, farm_handles
from synthgen.world.draws import drawn_by_row
from synthgen.world.laws import (
    AGE_FIRST,
    AGE_RANGE,
    AGE_SPREAD,
    AGE_STEP,
    BARE_POPULARITY,
    BARE_PROFILE,
    DEVICES,
    HUMAN_PROFILE,
    LAST_ACCOUNT,
    LIFETIME,
    NATIVE,
    OWN_SHARE,
    SHORTEST_LIFE,
    START,
    city_shares,
    community_shares,
    device_shares,
)
from synthgen.world.lexicon import CITIES, FRAMES, LANGUAGE_OF, SYLLABLES, TOPICS
from synthgen.world.settings import WorldSettings

LANGUAGES = tuple(FRAMES)
ENGLISH = LANGUAGES.index("en")
NATIVE_OF_CITY = np.array([LANGUAGES.index(LANGUAGE_OF[city.country]) for city in CITIES])


@dataclass(frozen=True)
class People:
    """N accounts in the order in which they were made; the place in the order plus one is the ``user_id``.

    Attributes:
        created: ``(N,)`` seconds since 1970, rising.
        left: ``(N,)`` when the account falls silent; may be after the end of the world.
        campaign: ``(N,)`` number of the campaign, -1 for humans.
        marks: name -> ``(N,)`` whether the account bears that mark of a bot.
        community: ``(N,)`` number.
        city: ``(N,)`` place in ``CITIES``.
        offset: ``(N,)`` minutes ahead of UTC.
        language: ``(N,)`` place in ``LANGUAGES``.
        age: ``(N,)`` years, -1 for missing.
        device: ``(N,)`` place in ``DEVICES``.
        default_avatar: ``(N,)`` whether no picture was chosen.
        bio: ``(N, 2)`` words of the community, -1 for no biography.
        popularity: ``(N,)`` how likely the account is to be followed, beside others of its community.
        activity: ``(N,)`` standard normal, shared by all that the account does.
        handle: names, none twice.
        label: ``(N,)`` what ``is_bot`` says, noise included.
    """

    created: np.ndarray
    left: np.ndarray
    campaign: np.ndarray
    marks: dict[str, np.ndarray]
    community: np.ndarray
    city: np.ndarray
    offset: np.ndarray
    language: np.ndarray
    age: np.ndarray
    device: np.ndarray
    default_avatar: np.ndarray
    bio: np.ndarray
    popularity: np.ndarray
    activity: np.ndarray
    handle: list[str]
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.created)

    @property
    def steady(self) -> np.ndarray:
        """``(N,)`` whether the account keeps no hours."""
        return self.marks["round_the_clock"]


def draw_people(settings: WorldSettings, campaigns: Campaigns) -> People:
    """All accounts; bots are drawn like humans first, and then in the other way where they bear the mark."""
    campaign, marks = draw_members(settings)
    rng = numpy_stream(settings.seed, "world", "people")
    created = START + ((LAST_ACCOUNT - START) * np.sqrt(rng.random(settings.users))).astype(np.int64)
    made = marks["in_burst"]
    created[made] = burst_times(rng, campaigns, campaign[made])
    order = np.argsort(created, kind="stable")
    created, campaign = created[order], campaign[order]
    marks = {mark: marks[mark][order] for mark in MARKS}

    community = rng.choice(settings.communities, size=settings.users, p=community_shares(settings.communities))
    community[marks["in_target"]] = campaigns.target[campaign[marks["in_target"]]]
    city = drawn_by_row(rng, city_shares(settings.communities), community)
    language = np.where(rng.random(settings.users) < NATIVE, NATIVE_OF_CITY[city], ENGLISH)
    bare = marks["bare_profile"]
    popularity = bounded_pareto(rng, settings, settings.users)
    return People(
        created=created,
        left=created + SHORTEST_LIFE + rng.exponential(LIFETIME, settings.users).astype(np.int64),
        campaign=campaign,
        marks=marks,
        community=community,
        city=city,
        offset=np.array([place.offset for place in CITIES])[city],
        language=language,
        age=_ages(rng, community, bare),
        device=_devices(rng, settings, community, bare),
        default_avatar=rng.random(settings.users) < _chance("default_avatar", bare),
        bio=_biographies(rng, bare),
        popularity=np.where(bare, BARE_POPULARITY, popularity),
        activity=rng.standard_normal(settings.users),
        handle=_handles(settings, campaigns, campaign, marks["in_template"]),
        label=(campaign >= 0) ^ (rng.random(settings.users) < settings.label_noise),
    )


def highest_popularity(settings: WorldSettings) -> float:
    """Where the power law of popularity is cut, so that nobody is expected to be followed by a whole community."""
    tail = settings.exponent - 1
    mean = tail / (tail - 1)
    members = settings.users * float(community_shares(settings.communities).min())
    slots = max(settings.follows * (1 - settings.reciprocity / 2), 1.0)
    return max(2.0, OWN_SHARE * members * mean / slots)


def bounded_pareto(rng: np.random.Generator, settings: WorldSettings, n: int) -> np.ndarray:
    """Popularity from 1 to the cut, with a density that falls like its power ``-exponent``."""
    tail = settings.exponent - 1
    kept = 1 - highest_popularity(settings) ** -tail
    drawn: np.ndarray = (1 - rng.random(n) * kept) ** (-1 / tail)
    return drawn


def _chance(what: str, bare: np.ndarray) -> np.ndarray:
    return np.where(bare, BARE_PROFILE[what], HUMAN_PROFILE[what])


def _ages(rng: np.random.Generator, community: np.ndarray, bare: np.ndarray) -> np.ndarray:
    years = np.rint(rng.normal(AGE_FIRST + AGE_STEP * community, AGE_SPREAD)).astype(np.int64)
    return np.where(rng.random(len(bare)) < _chance("age_missing", bare), -1, np.clip(years, *AGE_RANGE))


def _devices(rng: np.random.Generator, settings: WorldSettings, community: np.ndarray, bare: np.ndarray) -> np.ndarray:
    own = drawn_by_row(rng, device_shares(settings.communities), community)
    of_machine = bare & (rng.random(len(bare)) < BARE_PROFILE["web"])
    return np.where(of_machine, DEVICES.index("web"), own)


def _biographies(rng: np.random.Generator, bare: np.ndarray) -> np.ndarray:
    words = rng.integers(len(TOPICS[0].words), size=(len(bare), 2))
    words[rng.random(len(bare)) < _chance("bio_missing", bare)] = -1
    return words


def _handles(settings: WorldSettings, campaigns: Campaigns, campaign: np.ndarray, templated: np.ndarray) -> list[str]:
    rng = numpy_stream(settings.seed, "world", "handles")
    users = len(campaign)
    sounds = rng.integers(len(SYLLABLES), size=(users, 4)).tolist()
    lengths, joints = rng.integers(2, 5, size=users).tolist(), rng.choice(["", "", "_"], size=users).tolist()
    digits = np.where(rng.random(users) < 0.5, 0, rng.integers(1, 5, size=users)).tolist()
    numbers = rng.integers(10**4, size=users).tolist()
    handles = []
    for chosen, length, joint, few, number in zip(sounds, lengths, joints, digits, numbers, strict=True):
        name = [SYLLABLES[s] for s in chosen[:length]]
        handles.append("".join(name[:2]) + joint * (length > 2) + "".join(name[2:]) + f"{number:04d}"[:few])
    for user, handle in zip(
        np.flatnonzero(templated).tolist(), farm_handles(rng, campaigns, campaign[templated]), strict=True
    ):
        handles[user] = handle
    return _all_different(handles)


def _all_different(handles: list[str]) -> list[str]:
    """A name that is taken gets letters at its end, the next ones in turn, until it is free."""
    used = set(handles)
    turns: dict[str, int] = {}
    different = []
    for handle in handles:
        free = handle
        if handle in turns:
            while free in used:
                turns[handle] += 1
                free = handle + _letters(turns[handle])
            used.add(free)
        turns.setdefault(handle, 0)
        different.append(free)
    return different


def _letters(number: int) -> str:
    """A number from 1 in letters.

    Example:
        >>> _letters(1), _letters(26), _letters(27)
        ('a', 'z', 'aa')
    """
    text = ""
    while number:
        number, last = divmod(number - 1, 26)
        text = chr(ord("a") + last) + text
    return text
