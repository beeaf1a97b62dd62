"""Counts are found where tables agree on them, and only there; what cannot be computed is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.errors import SchemaError
from synthgen.linked.counts import Count
from synthgen.linked.detecting import detect_links
from synthgen.linked.schema import LinkedSchema
from synthgen.table.table import Table
from synthgen.world.making import make_world
from tests.networks import counted, network


def links(frames: dict[str, pd.DataFrame]) -> LinkedSchema:
    return detect_links({name: Table.from_any(frame, name) for name, frame in frames.items()}, RunConfig())


def test_planted_counts_of_every_kind_are_found() -> None:
    found = links(counted()).tables
    assert found["users"].counts == {
        "followers_count": Count(of=("follows.followee",)),
        "friends_count": Count(of=("follows.follower",)),
        "statuses_count": Count(of=("posts.user_id",)),
        "n_ads": Count(of=("posts.user_id",), column="kind", value="ad"),
        "last_post_at": Count(of=("posts.user_id",), take="max", column="at", empty="missing"),
        "mean_likes": Count(of=("posts.user_id",), take="mean", column="likes", empty="missing"),
        "total_likes": Count(of=("posts.user_id",), take="sum", column="likes"),
    }
    assert found["films"].counts == {"n_readers": Count(of=("reads.film_id",))}
    assert found["posts"].counts == {"n_replies": Count(of=("posts.reply_to_post",))}


def test_nearly_every_row_is_enough_and_less_is_not() -> None:
    frames = counted()
    wrong = frames["users"].followers_count.copy()
    wrong.iloc[:3] += 1  # 3 of 240 rows
    few = links({**frames, "users": frames["users"].assign(followers_count=wrong)})
    assert few.tables["users"].counts["followers_count"].of == ("follows.followee",)
    wrong.iloc[:30] += 1
    many = links({**frames, "users": frames["users"].assign(followers_count=wrong)})
    assert "followers_count" not in many.tables["users"].counts


def test_numbers_that_are_no_count_are_left_alone() -> None:
    """Draws of the law of a count agree with it in a tenth of the rows: one network in millions would be mistaken."""
    assert not any(table.counts for table in links(network()).tables.values())
    for seed in range(5):
        frames = network(seed)
        rng = np.random.default_rng(seed)
        held = frames["users"].id.map(frames["follows"].followee.value_counts()).fillna(0).to_numpy()
        frames["users"] = frames["users"].assign(age=rng.integers(18, 60, 240), stars=rng.poisson(held.mean(), 240))
        assert not any(table.counts for table in links(frames).tables.values())


def test_the_counts_of_a_simulated_world_are_found(tmp_path: Path) -> None:
    make_world(tmp_path / "world", users=300, seed=1)
    names = ("users", "posts", "follows", "items", "interactions")
    frames = {name: pd.read_csv(tmp_path / "world" / f"{name}.csv") for name in names}
    frames["posts"] = frames["posts"].drop(columns=["mentions", "hashtags"])
    found = {name: table.counts for name, table in links(frames).tables.items() if table.counts}
    assert found == {
        "users": {
            "followers_count": Count(of=("follows.followed_id",)),
            "following_count": Count(of=("follows.follower_id",)),
            "posts_count": Count(of=("posts.user_id",)),
        },
        "items": {"popularity": Count(of=("interactions.item_id",))},
    }


def test_a_schema_with_counts_is_written_and_read_as_it_was(tmp_path: Path) -> None:
    schema = links(counted())
    schema.save(tmp_path / "schema.json")
    said = json.loads((tmp_path / "schema.json").read_text())["tables"]["users"]["counts"]
    assert said["followers_count"] == {"of": "follows.followee"}
    assert LinkedSchema.load(tmp_path / "schema.json") == schema


@pytest.mark.parametrize(
    ("column", "said", "message"),
    [
        ("folowers_count", {"of": "follows.followee"}, "no column 'folowers_count'; did you mean 'followers_count'"),
        (
            "plan",
            {"of": "follows.folowee"},
            "'follows.folowee' does not refer to 'users'; did you mean 'follows.followee'",
        ),
        ("plan", {"of": []}, "'of' is empty"),
        ("plan", {"of": ["posts.user_id", "reads.user_id"]}, "are of several tables"),
        ("plan", {"of": "posts.user_id", "take": "max"}, "'max' of what? Name a column under 'column'"),
        ("plan", {"of": "posts.user_id", "take": "max", "column": "likez"}, "no column 'likez'; did you mean 'likes'"),
        ("plan", {"of": "posts.user_id", "take": "sum", "column": "at"}, "'at' holds times, of which there is no sum"),
        ("plan", {"of": "posts.user_id", "value": "ad"}, "give both 'column' and 'value'"),
        ("plan", {"of": "posts.user_id", "take": "median"}, "take: input should be 'rows', 'sum'"),
        ("id", {"of": "posts.user_id"}, "names or orders rows"),
    ],
)
def test_what_cannot_be_counted_is_said(column: str, said: dict[str, Any], message: str) -> None:
    frames = counted()
    state = links(frames).state()
    state["tables"]["users"]["counts"] = {column: said}
    with pytest.raises(SchemaError) as error:
        LinkedSchema.from_json(state).check({name: list(frame) for name, frame in frames.items()})
    assert message in str(error.value)


def test_counts_that_need_each_other_are_refused() -> None:
    frames = counted()
    state = links(frames).state()
    state["tables"]["users"]["counts"] = {}
    state["tables"]["posts"]["counts"] = {"likes": {"of": "posts.reply_to_post", "take": "sum", "column": "likes"}}
    with pytest.raises(SchemaError, match=r"counts go round in a circle: posts\.likes"):
        LinkedSchema.from_json(state).check({name: list(frame) for name, frame in frames.items()})
