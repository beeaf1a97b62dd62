"""Linked tables are made as they were: no reference leads nowhere, and what hangs together does so again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.errors import ConfigError, DataError
from synthgen.linked.detecting import detect_links
from synthgen.table.table import Table
from tests.networks import network

QUICK = {"max_steps": 20, "width": 16, "blocks": 1}
FEW = {"training": {"max_steps": 250, "width": 64, "blocks": 1}, "random_state": 0}


@pytest.fixture(scope="module")
def real() -> dict[str, pd.DataFrame]:
    return network()


@pytest.fixture(scope="module")
def model(real: dict[str, pd.DataFrame]) -> synthgen.Synthesizer:
    return synthgen.Synthesizer(**FEW).fit(real)


@pytest.fixture(scope="module")
def made(model: synthgen.Synthesizer) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = model.sample(scale=2.0, random_state=3)
    return found


def test_tables_come_back_with_their_columns_and_types(
    real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]
) -> None:
    assert list(made) == list(real)
    for name, frame in real.items():
        assert made[name].columns.tolist() == frame.columns.tolist()
        assert made[name].dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()
    assert len(made["users"]) == 2 * len(real["users"])
    for name in ("posts", "follows", "reads"):
        assert 1.6 < len(made[name]) / len(real[name]) < 2.4


def test_no_reference_leads_nowhere_and_no_key_is_there_twice(made: dict[str, pd.DataFrame]) -> None:
    users, posts = set(made["users"].id), set(made["posts"].post_id)
    assert made["users"].id.is_unique
    assert made["posts"].post_id.is_unique
    assert made["films"].film_id.is_unique
    assert set(made["posts"].user_id) <= users
    assert set(made["follows"].follower) | set(made["follows"].followee) <= users
    assert set(made["reads"].user_id) <= users
    assert set(made["reads"].film_id) <= set(made["films"].film_id)
    assert set(made["posts"].reply_to_post.dropna()) <= posts


def test_pairs_that_are_there_once_come_once_and_nobody_follows_himself(made: dict[str, pd.DataFrame]) -> None:
    assert not made["reads"].duplicated().any()
    assert not made["follows"].duplicated().any()
    assert (made["follows"].follower != made["follows"].followee).all()


def test_no_real_key_comes_back(real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]) -> None:
    assert not set(real["users"].id) & set(made["users"].id)
    assert not set(real["posts"].post_id) & set(made["posts"].post_id)


def test_children_know_their_owner(real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]) -> None:
    """Kind by plan 0.9 and 0.1, posts by plan 8 and 2: planted; a short training is given wide margins."""
    posts, users = made["posts"].merge(made["users"], left_on="user_id", right_on="id"), made["users"]
    ads = posts.kind.eq("ad").groupby(posts.plan).mean()
    assert ads["pro"] > 0.75
    assert ads["free"] < 0.25
    per_user = users.id.map(made["posts"].user_id.value_counts()).fillna(0).groupby(users.plan).mean()
    assert 6 < per_user["pro"] < 10
    assert 1 < per_user["free"] < 3.5
    assert real is not made


def test_what_an_owner_chooses_goes_with_its_columns(made: dict[str, pd.DataFrame]) -> None:
    """Each plan reads films of one genre alone; the films are new, and know their genre by the company they keep."""
    reads = made["reads"].merge(made["users"], left_on="user_id", right_on="id").merge(made["films"], on="film_id")
    love = reads.genre.eq("love").groupby(reads.plan).mean()
    assert abs(love["pro"] - love["free"]) > 0.5


def test_rows_of_one_owner_follow_in_time_and_none_comes_before_its_owner(made: dict[str, pd.DataFrame]) -> None:
    posts = made["posts"].merge(made["users"], left_on="user_id", right_on="id")
    at, created = pd.to_datetime(posts["at"]), pd.to_datetime(posts.created)
    assert (at >= created).all()
    assert (at.groupby(posts.user_id).diff().dropna() >= pd.Timedelta(0)).all()
    assert at.dt.hour.between(7, 20).mean() > 0.9


def test_answers_come_after_what_they_answer(real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]) -> None:
    posts = made["posts"].assign(when=pd.to_datetime(made["posts"]["at"]))
    answers = posts.dropna(subset=["reply_to_post"]).merge(
        posts[["post_id", "when"]], left_on="reply_to_post", right_on="post_id", suffixes=("", "_of"), validate="m:1"
    )
    assert (answers.when >= answers.when_of).all()
    assert abs(posts.reply_to_post.isna().mean() - real["posts"].reply_to_post.isna().mean()) < 0.08


def test_equal_seeds_make_equal_tables_before_and_after_saving(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run").sample(scale=0.5, random_state=1)
    for name, frame in model.sample(scale=0.5, random_state=1).items():
        pd.testing.assert_frame_equal(frame, again[name])
    assert not model.sample(scale=0.5, random_state=2)["posts"].equals(again["posts"])


def test_no_row_is_in_the_folder(real: dict[str, pd.DataFrame], model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    content = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    assert not [key for key in real["users"].id if key.encode() in content]
    assert not [when for when in real["posts"]["at"] if when.encode() in content]


def test_so_many_rows_of_one_table(model: synthgen.Synthesizer) -> None:
    made = model.sample(rows={"users": 11})
    assert len(made["users"]) == 11
    assert set(made["posts"].user_id) <= set(made["users"].id)
    none = model.sample(rows={"users": 0})
    assert [len(none[name]) for name in ("users", "posts", "follows", "reads")] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"scale": 0.0}, "scale: 0.0; a number above 0 was expected"),
        ({"rows": {"posts": 5}}, "rows: the number of rows of 'posts' follows from its parents' rows"),
        ({"rows": {"user": 5}}, "no 'user'; did you mean 'users'"),
        ({"n": 5}, "n: is for a single table"),
        ({"where": "kind=ad"}, "where: is for a single table"),
    ],
)
def test_what_cannot_be_asked_for_is_said(model: synthgen.Synthesizer, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        model.sample(**asked)
    assert message in str(error.value)


def test_a_single_table_takes_no_scale() -> None:
    frame = pd.DataFrame({"a": ["x", "y"] * 30})
    single = synthgen.Synthesizer(training={"max_steps": 3}).fit(frame)
    with pytest.raises(ConfigError, match="scale: is for linked tables"):
        single.sample(5, scale=2.0)


def test_tables_are_refused_with_a_model_that_cannot_be_told_of_parents(real: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ConfigError, match="'vae' cannot be told of a row's parents"):
        synthgen.Synthesizer(model="vae").fit(real)


def test_orphans_are_counted_or_refused() -> None:
    real = {name: frame for name, frame in network(1).items() if name in ("users", "posts")}
    real["posts"].loc[:4, "user_id"] = "nobody"
    tables = {name: Table.from_any(frame, name) for name, frame in real.items()}
    schema = detect_links(tables, synthgen.config.RunConfig())
    quick = {**FEW, "training": {"max_steps": 2, "width": 16, "blocks": 1}}
    model = synthgen.Synthesizer(**quick, schema=schema).fit(real)
    assert any("5 rows refer to no row of 'users', first row 1" in note for note in model.notes_)
    assert model.sample(scale=2.0)["posts"].user_id.isna().sum() == 10
    with pytest.raises(DataError, match="5 rows refer to no row of 'users'"):
        synthgen.Synthesizer(**quick, schema=schema.model_copy(update={"orphans": "refuse"})).fit(real)


def test_a_table_that_is_kept_comes_back_as_it_was() -> None:
    real = {name: frame for name, frame in network(1).items() if name in ("users", "films", "reads")}
    tables = {name: Table.from_any(frame, name) for name, frame in real.items()}
    schema = detect_links(tables, synthgen.config.RunConfig())
    schema.tables["films"].keep = True
    quick = {**FEW, "training": {"max_steps": 20, "width": 16, "blocks": 1}}
    made = synthgen.Synthesizer(**quick, schema=schema).fit(real).sample(scale=1.0)
    pd.testing.assert_frame_equal(made["films"], real["films"])
    assert set(made["reads"].film_id) <= set(real["films"].film_id)


def test_odd_tables_are_learned_and_what_was_mended_is_said() -> None:
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"id": [f"{i}" for i in range(80)], "plan": rng.choice(["a", "b"], 80)})
    visits = pd.DataFrame({"user_id": rng.integers(0, 80, 300).astype(float), "likes": rng.poisson(3, 300)})
    teams = pd.DataFrame({"team_id": range(30), "size": rng.integers(1, 9, 30)})
    ends = rng.integers(0, 80, (500, 2))
    follows = pd.DataFrame(ends, columns=["follower", "followee"]).astype("Int64")
    follows.loc[0] = [3, 3]
    follows.loc[1] = follows.loc[2]
    follows.loc[5, "followee"] = pd.NA
    model = synthgen.Synthesizer(random_state=0, training=QUICK).fit(
        {"users": users, "visits": visits, "teams": teams, "follows": follows}
    )
    made = model.sample(scale=1.0)
    assert set(made["visits"].user_id.astype(int).astype(str)) <= set(made["users"].id)  # two spellings of one key
    assert visits.columns.tolist() == made["visits"].columns.tolist()  # a table without a key
    assert len(made["teams"]) == 30  # that nothing refers to
    assert not (made["follows"].follower == made["follows"].followee).any()
    assert not made["follows"].duplicated().any()
    assert any("ties of a row with itself, there twice, or without an end" in note for note in model.notes_)


def test_children_give_no_value_twice_where_none_may_come_twice() -> None:
    """Rows of one owner are made one after another: later ones know what those before gave.

    The codes are all different in the real rows; of ``place`` the schema says so, and there are some 1,000 to give.
    """
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"id": [f"u{i}" for i in range(60)], "plan": rng.choice(["a", "b"], 60)})
    codes = rng.permutation(9_000)[:300] + 1_000
    orders = pd.DataFrame(
        {"user_id": rng.choice(users.id, 300), "place": np.r_[0, 999, rng.permutation(998)[:298] + 1]}
    )
    orders["receipt"] = [f"R-{code}-{code % 97:02d}" for code in codes]
    real = {"users": users, "orders": orders}
    schema = detect_links(
        {name: Table.from_any(frame, name) for name, frame in real.items()}, synthgen.config.RunConfig()
    )
    line = schema.tables["orders"].columns.column("place")
    assert line.type == "numeric"
    line.options["unique"] = True
    model = synthgen.Synthesizer(random_state=0, training=QUICK, schema=schema).fit(real)
    for scale in (1.0, 2.5):
        made = model.sample(scale=scale)["orders"]
        assert len(made) > 200 * scale
        assert made.receipt.is_unique
        assert made.place.is_unique
    with pytest.raises(ConfigError, match="'place' gives no value twice and 1,0"):
        model.sample(scale=6.0)


def test_an_edge_list_alone_is_a_graph() -> None:
    ends = np.random.default_rng(0).integers(0, 80, (400, 2)) * 7
    edges = pd.DataFrame([[f"n{a}", f"n{b}"] for a, b in ends], columns=["source", "target"])
    made = synthgen.Synthesizer(random_state=0, training=QUICK).fit({"edges": edges}).sample(scale=1.0)["edges"]
    assert not (made.source == made.target).any()
    assert not made.duplicated().any()
    assert len(made) > 300
