"""Declared counts equal what the made tables say, exactly, whatever their size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.config import RunConfig
from synthgen.linked.counts import Count
from synthgen.linked.detecting import detect_links
from synthgen.table.table import Table
from tests.networks import counted

FEW = {"training": {"max_steps": 30, "width": 16, "blocks": 1}, "random_state": 0}


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    return synthgen.Synthesizer(**FEW).fit(counted())


def rows(keys: pd.Series, ends: pd.Series) -> np.ndarray:
    return keys.map(ends.value_counts()).fillna(0).to_numpy()


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_counts_are_those_of_the_made_tables(model: synthgen.Synthesizer, scale: float) -> None:
    made, real = model.sample(scale=scale, random_state=4), counted()
    users, posts = made["users"], made["posts"]
    assert (users.followers_count == rows(users.id, made["follows"].followee)).all()
    assert (users.friends_count == rows(users.id, made["follows"].follower)).all()
    assert (users.statuses_count == rows(users.id, posts.user_id)).all()
    assert (users.n_ads == rows(users.id, posts.user_id[posts.kind == "ad"])).all()
    of_user = posts.groupby("user_id")
    assert users.last_post_at.equals(users.id.map(of_user["at"].max()).rename("last_post_at"))
    assert (users.total_likes == users.id.map(of_user.likes.sum()).fillna(0)).all()
    assert users.mean_likes.isna().equals(users.id.map(of_user.likes.mean()).isna())
    assert users.mean_likes.dropna().to_numpy() == pytest.approx(
        users.id.map(of_user.likes.mean()).dropna(), abs=0.0051
    )
    assert (made["films"].n_readers == rows(made["films"].film_id, made["reads"].film_id)).all()
    assert (posts.n_replies == rows(posts.post_id, posts.reply_to_post)).all()
    for name, frame in real.items():
        assert made[name].columns.tolist() == frame.columns.tolist()
        assert made[name].dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()


def test_counts_are_kept_by_a_saved_model(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run").sample(random_state=2)
    for name, frame in model.sample(random_state=2).items():
        pd.testing.assert_frame_equal(frame, again[name])


def test_what_is_declared_holds_though_the_real_tables_say_otherwise() -> None:
    """A site shows a hundred times the followers that its export holds, and the catalogue is kept."""
    real = {name: frame for name, frame in counted().items() if name in ("users", "follows", "films", "reads")}
    real["users"] = real["users"][["id", "plan", "followers_count"]].assign(ties=7)
    real["users"]["followers_count"] *= 100
    schema = detect_links({name: Table.from_any(frame, name) for name, frame in real.items()}, RunConfig())
    assert "followers_count" not in schema.tables["users"].counts
    schema.tables["users"].counts = {
        "followers_count": Count(of=("follows.followee",)),
        "ties": Count(of=("follows.followee", "follows.follower")),
    }
    schema.tables["films"].keep = True
    made = synthgen.Synthesizer(**FEW, schema=schema).fit(real).sample(scale=1.5)
    users, ends = made["users"], made["follows"]
    assert users.followers_count.sum() == len(ends)
    assert (users.followers_count == rows(users.id, ends.followee)).all()
    assert (users.ties == rows(users.id, ends.followee) + rows(users.id, ends.follower)).all()
    assert (made["films"].n_readers == rows(made["films"].film_id, made["reads"].film_id)).all()
    pd.testing.assert_frame_equal(made["films"].drop(columns="n_readers"), real["films"].drop(columns="n_readers"))


def test_an_edge_list_of_strings_with_gaps_loops_and_doubles_makes_none_of_them() -> None:
    """What is wrong with the ties is said and left out; counts are those of the made ties."""
    real = {name: frame for name, frame in counted(2).items() if name in ("users", "follows")}
    real["users"] = real["users"][["id", "plan"]]
    ends = real["follows"]
    loops = pd.DataFrame({"follower": ["u0003", "u0007"], "followee": ["u0003", "u0007"]})
    gaps = pd.DataFrame({"follower": ["u0001", None, ""], "followee": [None, "u0002", "u0004"]})
    real["follows"] = pd.concat([ends, ends.iloc[:3], loops, gaps], ignore_index=True)
    schema = detect_links({name: Table.from_any(frame, name) for name, frame in real.items()}, RunConfig())
    assert {r.text for r in schema.references} == {"follows.follower -> users.id", "follows.followee -> users.id"}
    model = synthgen.Synthesizer(**FEW, schema=schema).fit(real)
    assert any("8 rows are ties of a row with itself, there twice, or without an end" in note for note in model.notes_)
    made = model.sample(random_state=1)["follows"]
    assert not made.duplicated().any()
    assert (made.follower != made.followee).all()
    assert made.notna().all().all()
