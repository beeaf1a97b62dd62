from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.world.lexicon import COMMON_TAGS, FRAMES, TOPICS
from synthgen.world.words import tag_shares
from tests.world.conftest import World, agrees, fits


@pytest.fixture(scope="module")
def own(world: World) -> pd.DataFrame:
    """Posts that no campaign wrote, with their authors' communities."""
    posts = world.posts[~world.posts["post_id"].isin(world.truth["campaign_posts"]["post_id"])]
    return posts.assign(community=world.community[posts["user_id"] - 1])


def test_posts_are_in_the_order_of_time(world: World) -> None:
    assert world.posts["created_at"].is_monotonic_increasing
    assert (world.posts["post_id"] == np.arange(1, len(world.posts) + 1)).all()


def test_words_are_the_community_s(own: pd.DataFrame) -> None:
    for c in range(6):
        every = {word: topic for topic, entry in enumerate(TOPICS) for word in entry.words}
        texts = own.loc[own["community"] == c, "text"].str.replace(r"[@#]\S+", "", regex=True)
        framed = "|".join(sorted((w for w in every if w not in ("market", "sunset")), key=len, reverse=True))
        found = texts.str.findall(rf"(?<![\w-])(?:{framed})(?![\w-])").explode().dropna().map(every)
        # 0.85, and 0.15 / 12 by chance; "market" and "sunset" are words of two topics and left out.
        assert abs((found == c).mean() - (0.85 + 0.15 / 12)) < 0.03
        assert len(found) > 1.5 * len(texts)


def test_templates_are_those_of_the_language(own: pd.DataFrame) -> None:
    for language, frames in FRAMES.items():
        texts = own.loc[own["language"] == language, "text"].str.replace(r"^(@\S+ )+", "", regex=True)
        begun = texts.map(lambda text, frames=frames: [text.startswith(frame[0]) for frame in frames])
        counts = np.array(begun.tolist()).sum(axis=0)
        assert counts.sum() >= len(texts)
        assert fits(counts, np.ones(len(frames))), language


def test_hashtags_are_tags_of_the_community(own: pd.DataFrame) -> None:
    tags = own["hashtags"].str.split("|")
    assert agrees(own["hashtags"].isna().sum(), len(own), 0.45)
    assert tags.dropna().map(lambda row: len(set(row)) == len(row)).all()
    first = tags.dropna().str[0]
    common = first.isin(COMMON_TAGS)
    assert agrees((~common).sum(), len(first), 0.85)
    for c in range(6):
        own_tags = list(TOPICS[c].tags)
        counts = (
            first[~common & (own.loc[first.index, "community"] == c)].value_counts().reindex(own_tags, fill_value=0)
        )
        assert counts.sum() == (~common & (own.loc[first.index, "community"] == c)).sum()
        assert fits(counts.to_numpy(), tag_shares())


def test_hashtags_mentions_and_mails_stand_in_the_text(world: World) -> None:
    handle = world.users.set_index("user_id")["handle"]
    for row in world.posts.itertuples():
        named = [] if pd.isna(row.mentions) else [handle[int(user)] for user in row.mentions.split("|")]
        tags = [] if pd.isna(row.hashtags) else row.hashtags.split("|")
        assert row.text.startswith("".join(f"@{name} " for name in named))
        assert row.text.endswith("".join(f" #{tag}" for tag in tags))
        assert row.text.count("#") == len(tags)
        if "Write to " in row.text:
            assert f" Write to {handle[row.user_id]}@example.org" in row.text


def test_one_post_in_fifty_gives_an_address_away(own: pd.DataFrame) -> None:
    assert agrees(own["text"].str.contains("@example.org").sum(), len(own), 0.02)


def test_answers_and_mentions_go_to_those_who_are_followed_by_then(world: World, own: pd.DataFrame) -> None:
    known = world.follows.set_index(["follower_id", "followed_id"])["created_at"]
    author = world.posts.set_index("post_id")["user_id"]
    answers = own.dropna(subset="reply_to")
    parents = author[answers["reply_to"].astype(int)].to_numpy()
    since = known[list(zip(answers["user_id"], parents, strict=True))]
    assert (since.to_numpy() <= answers["created_at"].to_numpy()).all()
    named = own.assign(named=own["mentions"].str.split("|")).explode("named").dropna(subset="named")
    since = known[list(zip(named["user_id"], named["named"].astype(int), strict=True))]
    assert (since.to_numpy() <= named["created_at"].to_numpy()).all()


def test_an_answer_is_to_the_last_post_of_its_author(world: World, own: pd.DataFrame) -> None:
    by_author = dict(list(world.posts.groupby("user_id")))
    author = world.posts.set_index("post_id")["user_id"]
    for row in own.dropna(subset="reply_to").iloc[::10].itertuples():
        theirs = by_author[author[int(row.reply_to)]]
        earlier = theirs[theirs["created_at"] < row.created_at]
        assert earlier["created_at"].iloc[-1] == theirs.set_index("post_id")["created_at"][int(row.reply_to)]


def test_one_post_in_five_tries_to_answer(world: World, own: pd.DataFrame) -> None:
    """The slow second way: for some posts, the share of those followed who could be answered."""
    follows = dict(list(world.follows.groupby("follower_id")))
    first_post = world.posts.groupby("user_id")["created_at"].min()
    some = own.iloc[::25]
    chances = []
    for row in some.itertuples():
        theirs = follows.get(row.user_id)
        if theirs is None:
            chances.append(0.0)
            continue
        ready = first_post.reindex(theirs["followed_id"]).to_numpy() < row.created_at.to_datetime64()
        ready &= theirs["created_at"].to_numpy() <= row.created_at.to_datetime64()
        chances.append(0.2 * ready.mean())
    expected, spread = np.sum(chances), np.sqrt(np.sum(np.array(chances) * (1 - np.array(chances))))
    assert abs(some["reply_to"].notna().sum() - expected) < 4 * spread


def test_likes_are_poisson_in_the_followers(world: World) -> None:
    mean = 0.05 * world.users.set_index("user_id")["followers_count"][world.posts["user_id"]].to_numpy()
    likes = world.posts["likes"].to_numpy()
    assert abs(likes.sum() - mean.sum()) < 4 * np.sqrt(mean.sum())
    squares = ((likes - mean) ** 2 - mean)[mean > 0.1] / mean[mean > 0.1]
    assert abs(squares.mean()) < 4 * squares.std() / np.sqrt(len(squares))


def test_most_posts_are_in_the_author_s_language(world: World, own: pd.DataFrame) -> None:
    native = world.users.set_index("user_id")["language"][own["user_id"]].to_numpy()
    abroad = native != "en"
    assert agrees((own["language"].to_numpy() == native)[abroad].sum(), abroad.sum(), 0.9)
