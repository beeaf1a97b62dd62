"""Posts of linked tables: written with their owners' columns, and whom they name is there in the made tables."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.config import RunConfig
from synthgen.judging import Sides
from synthgen.judging.texts import TextsSection
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.splitting import split_people
from synthgen.seeding import numpy_stream
from synthgen.table.table import Table

GAMES = ("goal", "striker", "referee", "stadium", "penalty", "league", "cup", "corner")
GARDEN = ("tulip", "basil", "compost", "seedling", "hedge", "meadow", "rake", "pruning")
OPENINGS = ("just saw", "talk about", "still want", "nobody told me of", "another day of", "we all love")
WHEN = ("today", "again", "tonight", "twice", "soon", "indoors", "at noon", "on monday")
MENTION = re.compile(r"(?<![\w@])@(\w+)")


def network(seed: int = 0, n: int = 120) -> dict[str, pd.DataFrame]:
    """Users of two kinds, who write of games or of gardens, and name one whom they follow in every third post."""
    rng = np.random.default_rng(seed)
    kind_N = rng.choice(["games", "garden"], n)
    handle_N = [f"{'px'[seed % 2]}ro{row:03d}z" for row in rng.permutation(n)]
    followed = np.array([rng.choice(np.delete(np.arange(n), row), 4, replace=False) for row in range(n)])
    users = pd.DataFrame(
        {"user_id": np.arange(n) + 1, "handle": handle_N, "kind": kind_N, "age": rng.integers(18, 80, n)}
    )
    owner_M = np.repeat(np.arange(n), rng.integers(4, 9, n))
    rows = []
    for owner in owner_M:
        words = GAMES if kind_N[owner] == "games" else GARDEN
        many = 1 + (rng.random() < 0.2) if rng.random() < 0.35 else 0
        named = rng.choice(followed[owner], many, replace=False)
        tag = rng.choice(["fun", "news", "today"]) if rng.random() < 0.5 else None
        text = "".join(f"@{handle_N[who]} " for who in named)
        first, second, third, last = rng.choice(words, 4)
        text += f"{rng.choice(OPENINGS)} the {first} and a {second} with {third} or {last} {rng.choice(WHEN)}"
        rows.append((text + (f" #{tag}" if tag else ""), tag, "|".join(str(who + 1) for who in named) or None))
    posts = pd.DataFrame(rows, columns=["text", "hashtags", "mentions"])
    posts.insert(0, "user_id", owner_M + 1)
    posts.insert(0, "post_id", np.arange(len(posts)) + 1)
    follows = pd.DataFrame({"follower_id": np.repeat(np.arange(n), 4) + 1, "followed_id": followed.ravel() + 1})
    return {"users": users, "posts": posts, "follows": follows}


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    settings = {"max_steps": 120, "evaluate_every": 60, "width": 24, "blocks": 1}
    return synthgen.Synthesizer(random_state=0, training=settings).fit(network())


@pytest.fixture(scope="module")
def made(model: synthgen.Synthesizer) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = model.sample(random_state=1)
    return found


def test_what_texts_name_was_found(model: synthgen.Synthesizer) -> None:
    texts = model.linked_.parts["posts"].texts
    assert texts is not None
    named = texts.named["text"]
    law = named.namings[0]
    assert (law.table, law.column, law.share) == ("users", "handle", 1.0)
    assert law.ways["tied"] == 1.0
    assert (named.listed, named.key) == ("mentions", "user_id")
    assert texts.columns["text"].tags == "hashtags"


def test_every_mention_is_a_handle_of_a_made_user_and_listed_by_key(made: dict[str, pd.DataFrame]) -> None:
    key = dict(zip(made["users"].handle, made["users"].user_id.astype(str), strict=True))
    said = [MENTION.findall(text) for text in made["posts"].text]
    assert sum(map(len, said)) > 50
    for names, cell in zip(said, made["posts"].mentions, strict=True):
        assert [key[name] for name in names] == (cell.split("|") if isinstance(cell, str) else [])


def test_whoever_is_named_is_followed_by_the_author(made: dict[str, pd.DataFrame]) -> None:
    ties = set(zip(made["follows"].follower_id, made["follows"].followed_id, strict=True))
    key = dict(zip(made["users"].handle, made["users"].user_id, strict=True))
    pairs = [
        (author, key[name])
        for author, text in zip(made["posts"].user_id, made["posts"].text, strict=True)
        for name in MENTION.findall(text)
    ]
    followers = {start for start, _ in ties}
    able = [pair in ties for pair in pairs if pair[0] in followers]
    assert np.mean(able) > 0.85  # all but those whose few friends were named already


def test_no_handle_and_no_key_of_a_real_user_is_made(made: dict[str, pd.DataFrame]) -> None:
    real = set(network()["users"].handle)
    assert not real & set(made["users"].handle)
    assert not real & {name for text in made["posts"].text for name in MENTION.findall(text)}


def test_words_fit_the_author(made: dict[str, pd.DataFrame]) -> None:
    kind = made["posts"].user_id.map(made["users"].set_index("user_id").kind)
    own = [
        sum(word in text for word in (GAMES if k == "games" else GARDEN))
        - sum(word in text for word in (GARDEN if k == "games" else GAMES))
        for text, k in zip(made["posts"].text, kind, strict=True)
    ]
    assert np.mean(np.array(own) > 0) > 2 * np.mean(np.array(own) < 0)


def test_texts_are_kept_with_the_run(
    model: synthgen.Synthesizer, made: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run").sample(random_state=1)
    assert all(again[name].equals(frame) for name, frame in made.items())


def test_the_section_finds_texts_of_strangers_as_good_as_real_ones_and_copies_bad() -> None:
    config = RunConfig()
    tables, other = ({k: Table.from_any(v, k) for k, v in network(seed, 300).items()} for seed in (0, 1))
    schema = detect_links(tables, config)
    train, held = split_people(tables, schema, Plan.of(schema, {}), 0.3, numpy_stream(0, "split"))
    whole = frozenset(name for name in tables if len(train[name]) == len(tables[name]))
    one, two, three = (Network({k: v.arrow for k, v in side.items()}, schema) for side in (train, held, other))
    rng = np.random.default_rng(0)
    good = {
        r.name.split(":")[0]: (group, r) for group, r in TextsSection().compute(Sides(one, two, three, config, whole), rng)
    }
    assert good["text_runs"][0] == "privacy"
    assert good["text_runs"][1].details["p"] > 0.01
    assert 0.4 < good["text_detector"][1].value < 0.75
    copied = {r.name.split(":")[0]: r for _, r in TextsSection().compute(Sides(one, two, one, config, whole), rng)}
    assert copied["text_runs"].value > good["text_runs"][1].value
    assert copied["text_copies"].value > 0.9
