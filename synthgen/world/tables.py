"""The tables of a world, as chunks of Arrow tables; identifiers count from 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from synthgen.seeding import numpy_stream
from synthgen.world.campaigns import Campaigns
from synthgen.world.laws import DEVICES, END, LIKES
from synthgen.world.lexicon import CITIES, GENRES
from synthgen.world.network import Follows
from synthgen.world.people import LANGUAGES, People
from synthgen.world.posts import Posts
from synthgen.world.ratings import Items, Ratings
from synthgen.world.settings import WorldSettings
from synthgen.world.words import listed, mentioned, word_biographies, word_posts

ROWS = 100_000
"""Rows that are text at a time."""

RELATIONS = (
    ("posts", "user_id", "users", "user_id"),
    ("posts", "reply_to", "posts", "post_id"),
    ("follows", "follower_id", "users", "user_id"),
    ("follows", "followed_id", "users", "user_id"),
    ("interactions", "user_id", "users", "user_id"),
    ("interactions", "item_id", "items", "item_id"),
)
"""Child, its key, parent, its key. The tag list ``posts.mentions`` points to users too."""
KEYS = {
    "users": ["user_id"],
    "posts": ["post_id"],
    "follows": ["follower_id", "followed_id"],
    "items": ["item_id"],
    "interactions": ["user_id", "item_id"],
}
"""Table -> the columns that no two rows share."""


def users_table(people: People, follows: Follows, posts: Posts) -> pa.Table:
    """One row for each account; counts are those of the other tables."""
    users = len(people)
    return pa.table(
        {
            "user_id": _identifiers(np.arange(users)),
            "handle": pa.array(people.handle, pa.string()),
            "created_at": _times(people.created),
            "country": _names([city.country for city in CITIES], people.city),
            "city": _names([city.city for city in CITIES], people.city),
            "time_zone": _names([_zone(city.offset) for city in CITIES], people.city),
            "language": _names(list(LANGUAGES), people.language),
            "age": pa.array(people.age, mask=people.age < 0),
            "device": _names(list(DEVICES), people.device),
            "default_avatar": pa.array(people.default_avatar),
            "bio": word_biographies(people),
            "followers_count": pa.array(np.bincount(follows.followed, minlength=users)),
            "following_count": pa.array(np.bincount(follows.follower, minlength=users)),
            "posts_count": pa.array(np.bincount(posts.author, minlength=users)),
            "is_active": pa.array(people.left > END),
            "is_bot": pa.array(people.label),
        }
    )


def post_tables(
    settings: WorldSettings, people: People, posts: Posts, follows: Follows, campaigns: Campaigns
) -> Iterator[pa.Table]:
    """Posts in the order of time."""
    followers = np.bincount(follows.followed, minlength=len(people))
    for part, (start, stop) in enumerate(_slices(len(posts))):
        rng = numpy_stream(settings.seed, "world", "words", part)
        wording = word_posts(rng, people, posts, campaigns, start, stop)
        reply = posts.reply_to[start:stop]
        yield pa.table(
            {
                "post_id": _identifiers(np.arange(start, stop)),
                "user_id": _identifiers(posts.author[start:stop]),
                "reply_to": pa.array(reply + 1, mask=reply < 0),
                "created_at": _times(posts.at[start:stop]),
                "language": wording.language,
                "text": wording.text,
                "hashtags": wording.hashtags,
                "mentions": mentioned(people, posts, start, stop),
                "likes": pa.array(rng.poisson(LIKES * followers[posts.author[start:stop]])),
            }
        )


def follow_tables(follows: Follows) -> Iterator[pa.Table]:
    """Follows in the order of time."""
    order = np.argsort(follows.at, kind="stable")
    for start, stop in _slices(len(follows)):
        rows = order[start:stop]
        yield pa.table(
            {
                "follower_id": _identifiers(follows.follower[rows]),
                "followed_id": _identifiers(follows.followed[rows]),
                "created_at": _times(follows.at[rows]),
            }
        )


def items_table(items: Items, popularity: np.ndarray) -> pa.Table:
    """One row for each item; its popularity is how many rated it."""
    return pa.table(
        {
            "item_id": _identifiers(np.arange(len(items))),
            "genres": listed(list(GENRES), np.column_stack([items.genre, items.more])),
            "year": pa.array(items.year),
            "popularity": pa.array(popularity),
        }
    )


def rating_table(ratings: Ratings) -> pa.Table:
    """Rows of ``interactions``."""
    return pa.table(
        {
            "user_id": _identifiers(ratings.user),
            "item_id": _identifiers(ratings.item),
            "rating": pa.array(ratings.stars),
            "rated_at": _times(ratings.at),
        }
    )


def _slices(rows: int) -> Iterator[tuple[int, int]]:
    """At least one, so that a table without rows has its header."""
    yield from ((start, min(start + ROWS, rows)) for start in range(0, max(rows, 1), ROWS))


def _identifiers(places: np.ndarray) -> pa.Array:
    return pa.array(places.astype(np.int64) + 1)


def _names(names: list[str], numbers: np.ndarray) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(numbers))


def _times(seconds: np.ndarray) -> pa.Array:
    """``2021-03-01 14:02:11``, UTC."""
    return pa.array(seconds.astype(np.int64), pa.timestamp("s")).cast(pa.string())


def _zone(offset: int) -> str:
    """An offset as it is written.

    Example:
        >>> _zone(330), _zone(-60), _zone(0)
        ('UTC+05:30', 'UTC-01:00', 'UTC+00:00')
    """
    return f"UTC{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
