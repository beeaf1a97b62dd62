from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.linked.detecting import detect_links
from synthgen.linked.schema import LinkedSchema
from synthgen.table.files import read_table
from synthgen.table.table import Table

DATA = Path(__file__).parents[3] / "shared" / "data"


def links(**frames: pd.DataFrame) -> LinkedSchema:
    return detect_links({name: Table.from_any(frame, name) for name, frame in frames.items()}, RunConfig())


def network() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"id": range(100, 140), "age": rng.integers(18, 60, 40)})
    posts = pd.DataFrame({"post_id": range(200), "user_id": rng.choice(users.id, 200), "likes": rng.poisson(3, 200)})
    posts["reply_to_post"] = pd.array(rng.choice(posts.post_id, 200)).astype("Int64")
    posts.loc[::2, "reply_to_post"] = pd.NA
    follows = pd.DataFrame({"follower": users.id.to_numpy(), "followee": np.roll(users.id.to_numpy(), 3)})
    return {"users": users, "posts": posts, "follows": follows}


def test_keys_and_references_of_a_network_are_found() -> None:
    found = links(**network())
    assert {name: table.key for name, table in found.tables.items()} == {
        "users": ["id"],
        "posts": ["post_id"],
        "follows": ["follower", "followee"],
    }
    assert {r.text for r in found.references} == {
        "posts.user_id -> users.id",
        "posts.reply_to_post -> posts.post_id",
        "follows.follower -> users.id",
        "follows.followee -> users.id",
    }


def test_a_column_with_other_values_refers_to_nothing() -> None:
    frames = network()
    frames["posts"]["user_id"] += 1_000
    assert "posts.user_id -> users.id" not in {r.text for r in links(**frames).references}


def test_ties_without_a_table_of_nodes_imply_one() -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"n{i}" for i in range(0, 160, 2)])
    edges = pd.DataFrame({"source": rng.choice(names, 400), "target": rng.choice(names, 400)})
    assert {r.text for r in links(edges=edges).references} == {
        "edges.source -> nodes.node",
        "edges.target -> nodes.node",
    }
    things = edges.assign(target=[f"thing {name}" for name in edges.target])
    assert not links(edges=things).references


def test_few_orphans_do_not_hide_a_reference() -> None:
    frames = network()
    frames["posts"].loc[:9, "user_id"] = 9_999
    assert "posts.user_id -> users.id" in {r.text for r in links(**frames).references}


def test_a_key_that_repeats_everywhere_is_that_of_a_table_without_a_file() -> None:
    frames = network()
    del frames["users"], frames["follows"]
    found = links(**frames)
    assert found.implied == {"users": ("user_id",)}
    assert found.names == ["users", "posts"]


@pytest.mark.skipif(not DATA.exists(), reason="needs the shared tables, which are not there")
@pytest.mark.parametrize(
    ("folder", "references"),
    [
        (
            "movielens_small",
            {
                "links.movieId -> movies.movieId",
                "ratings.movieId -> movies.movieId",
                "ratings.userId -> users.userId",
                "tags.movieId -> movies.movieId",
                "tags.userId -> users.userId",
            },
        ),
        ("twitch_de_graph", {"edges.from -> nodes.node", "edges.to -> nodes.node"}),
        ("airline_tweets", {"tweets.user -> users.user"}),
    ],
)
def test_real_folders(folder: str, references: set[str]) -> None:
    tables = {path.stem: read_table(path) for path in sorted((DATA / folder).glob("*.csv"))}
    assert {r.text for r in detect_links(tables, RunConfig()).references} == references


def test_a_schema_comes_back_from_its_file(tmp_path: Path) -> None:
    found = links(**network())
    found.save(tmp_path / "schema.json")
    assert LinkedSchema.load(tmp_path / "schema.json") == found
