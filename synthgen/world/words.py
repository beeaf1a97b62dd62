"""Words of posts and profiles: templates by language, words and tags by community."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.world.campaigns import Campaigns
from synthgen.world.draws import drawn_by_row
from synthgen.world.laws import EVENTS, MAILS, OWN_LANGUAGE, OWN_TAGS, OWN_WORDS, TAG_COUNTS
from synthgen.world.lexicon import BIOS, COMMON_TAGS, FRAMES, SLOGANS, TOPICS
from synthgen.world.people import ENGLISH, LANGUAGES, People
from synthgen.world.posts import Posts

WORDS, TAGS = len(TOPICS[0].words), len(TOPICS[0].tags)
FRAMES_EACH = len(FRAMES["en"])


@dataclass(frozen=True)
class Wording:
    """Columns of posts, as Arrow arrays."""

    text: pa.Array
    hashtags: pa.Array
    language: pa.Array


def tag_shares() -> np.ndarray:
    """``(TAGS,)`` shares of a community's tags: the first is twice as frequent as the second, and so on."""
    ranks = 1.0 / np.arange(1, TAGS + 1)
    shares: np.ndarray = ranks / ranks.sum()
    return shares


def word_posts(
    rng: np.random.Generator, people: People, posts: Posts, campaigns: Campaigns, start: int, stop: int
) -> Wording:
    """Words of the posts from one place to another."""
    author, event = posts.author[start:stop], posts.event[start:stop]
    community = people.community[author]
    language = np.where(rng.random(len(author)) < OWN_LANGUAGE, people.language[author], ENGLISH)
    language[event >= 0] = ENGLISH
    words = _words(rng, community, 2)
    frame = language * FRAMES_EACH + rng.integers(FRAMES_EACH, size=len(author))
    tags = _tags(rng, community)
    mails = rng.random(len(author)) < MAILS
    own = _framed([frame_of for name in LANGUAGES for frame_of in FRAMES[name]], frame, words)
    hashtags = listed(_tag_names(campaigns), np.where(event[:, None] >= 0, _farm_tags(event), tags))
    farmed = event >= 0
    if farmed.any():
        k = np.where(farmed, event // EVENTS, 0)
        pair = campaigns.target[k][:, None] * WORDS + campaigns.words[k, np.where(farmed, event % EVENTS, 0)]
        own = pc.if_else(pa.array(farmed), _framed(list(SLOGANS), campaigns.slogan[k], pair), own)
    text = pc.binary_join_element_wise(
        _greeting(people, posts, start, stop),
        own,
        pc.if_else(pa.array(mails & ~farmed), _mail(people, author), ""),
        pc.if_else(pc.is_valid(hashtags), pc.replace_substring(_hash(hashtags), "|", " #"), ""),
        "",
    )
    return Wording(text, hashtags, _named(list(LANGUAGES), language))


def word_biographies(people: People) -> pa.Array:
    """What the accounts say of themselves; null for nothing."""
    empty = people.bio[:, 0] < 0
    words = people.community[:, None] * WORDS + np.maximum(people.bio, 0)
    framed = _framed([BIOS[name] for name in LANGUAGES], people.language, words)
    return pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), framed)


def mentioned(people: People, posts: Posts, start: int, stop: int) -> pa.Array:
    """``user_id`` of whoever is answered or mentioned, parted by bars; null for nobody."""
    answered, named = _addressed(posts, start, stop)
    numbers = np.stack([answered, named], axis=1)
    return listed([str(user + 1) for user in range(len(people))], numbers)


def _addressed(posts: Posts, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """The author of the post that is answered, and the one mentioned unless it is the same; -1 for nobody."""
    reply = posts.reply_to[start:stop]
    answered = np.where(reply >= 0, posts.author[np.maximum(reply, 0)], -1)
    named = posts.mention[start:stop]
    return answered, np.where(named == answered, -1, named)


def _greeting(people: People, posts: Posts, start: int, stop: int) -> pa.Array:
    called = ["", *(f"@{handle} " for handle in people.handle)]
    first, second = (_named(called, who + 1) for who in _addressed(posts, start, stop))
    return pc.binary_join_element_wise(first, second, "")


def _mail(people: People, author: np.ndarray) -> pa.Array:
    handles = _named(people.handle, author)
    return pc.binary_join_element_wise(" Write to ", handles, "@example.org", "")


def _words(rng: np.random.Generator, community: np.ndarray, each: int) -> np.ndarray:
    """``(n, each)`` numbers of words, those of topic c from ``c * WORDS``."""
    shape = (len(community), each)
    topic = np.where(rng.random(shape) < OWN_WORDS, community[:, None], rng.integers(len(TOPICS), size=shape))
    drawn: np.ndarray = topic * WORDS + rng.integers(WORDS, size=shape)
    return drawn


def _tags(rng: np.random.Generator, community: np.ndarray) -> np.ndarray:
    """``(n, 3)`` numbers of tags, -1 for none; a tag that would come twice comes once."""
    most = len(TAG_COUNTS) - 1
    shape = (len(community), most)
    many = rng.choice(most + 1, size=len(community), p=TAG_COUNTS)
    rank = drawn_by_row(rng, tag_shares()[None], np.zeros(shape[0] * most, dtype=np.int64)).reshape(shape)
    common = len(TOPICS) * TAGS + rng.integers(len(COMMON_TAGS), size=shape)
    tags = np.where(rng.random(shape) < OWN_TAGS, community[:, None] * TAGS + rank, common)
    tags[np.arange(most) >= many[:, None]] = -1
    for later in range(1, most):
        tags[(tags[:, :later] == tags[:, later : later + 1]).any(axis=1), later] = -1
    return tags


def _farm_tags(event: np.ndarray) -> np.ndarray:
    first = len(TOPICS) * TAGS + len(COMMON_TAGS)
    return np.where(np.arange(len(TAG_COUNTS) - 1) == 0, (first + event // EVENTS)[:, None], -1)


def _tag_names(campaigns: Campaigns) -> list[str]:
    return [tag for topic in TOPICS for tag in topic.tags] + list(COMMON_TAGS) + campaigns.tags


def _named(names: list[str] | list[str | None], numbers: np.ndarray) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(numbers))


def _framed(frames: list[tuple[str, str, str]], frame: np.ndarray, words: np.ndarray) -> pa.Array:
    """A text of two words in each frame."""
    before, between, after = (_named([each[part] for each in frames], frame) for part in range(3))
    every = [word for topic in TOPICS for word in topic.words]
    first, second = _named(every, words[:, 0]), _named(every, words[:, 1])
    return pc.binary_join_element_wise(before, first, between, second, after, "")


def listed(names: list[str], chosen: np.ndarray) -> pa.Array:
    """Names parted by bars; null for none.

    Args:
        names: all that there are.
        chosen: ``(n, m)`` places in ``names``, -1 for none.

    Example:
        >>> listed(["a", "b"], np.array([[1, 0], [-1, 0], [-1, -1]])).to_pylist()
        ['b|a', 'a', None]
    """
    known = ["", *(f"|{name}" for name in names)]
    joined = pc.binary_join_element_wise(*(_named(known, column + 1) for column in chosen.T), "")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), pc.utf8_slice_codeunits(joined, 1))


def _hash(hashtags: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(" #", hashtags, "")
