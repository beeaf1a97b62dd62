"""Rows that choose among many: whose tastes they are, what is taken, when, and how that is rated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.linked.detecting import detect_links
from synthgen.linked.schema import LinkedSchema
from synthgen.table.table import Table
from tests.catalogues import GENRES, PLANS, rated

FEW = {"training": {"max_steps": 150, "width": 48, "blocks": 1}, "random_state": 0}
Tables = dict[str, pd.DataFrame]


def links(real: Tables, keep: bool) -> LinkedSchema:
    tables = {name: Table.from_any(frame, name) for name, frame in real.items()}
    schema = detect_links(tables, synthgen.config.RunConfig())
    schema.tables["films"].keep = keep
    return schema


@pytest.fixture(scope="module")
def real() -> Tables:
    return rated(200)


@pytest.fixture(scope="module")
def model(real: Tables) -> synthgen.Synthesizer:
    """Films are made new."""
    return synthgen.Synthesizer(**FEW, schema=links(real, keep=False)).fit(real)


@pytest.fixture(scope="module")
def made(model: synthgen.Synthesizer) -> Tables:
    found: Tables = model.sample(random_state=1)
    return found


@pytest.fixture(scope="module")
def kept(real: Tables) -> Tables:
    """Films are kept, and there are twice as many users."""
    found: Tables = synthgen.Synthesizer(**FEW, schema=links(real, keep=True)).fit(real).sample(scale=2.0)
    return found


def by_plan(tables: Tables) -> pd.DataFrame:
    """Share of each genre in what users of each plan take."""
    joined = tables["ratings"].merge(tables["users"], on="user_id").merge(tables["films"], on="film_id")
    return pd.crosstab(joined.plan, joined.genre, normalize="index").loc[list(PLANS), list(GENRES)]


def test_tastes_go_with_the_owners_columns(real: Tables, made: Tables, kept: Tables) -> None:
    """Each plan takes 0.7 of its films from one genre; a short training is given a wide margin."""
    truth = np.diag(by_plan(real)).mean()
    assert np.diag(by_plan(kept)).mean() > truth - 0.12
    assert by_plan(made).max(axis=1).mean() > truth - 0.2  # films, too, learn their genre from the company they keep
    assert set(by_plan(made).idxmax(axis=1)) == set(GENRES)


def test_nothing_is_taken_twice_and_no_reference_leads_nowhere(made: Tables, kept: Tables) -> None:
    for tables in (made, kept):
        assert not tables["ratings"].duplicated(["user_id", "film_id"]).any()
        assert set(tables["ratings"].user_id) <= set(tables["users"].user_id)
        assert set(tables["ratings"].film_id) <= set(tables["films"].film_id)
        assert tables["films"].film_id.is_unique


def test_a_kept_catalogue_comes_back_and_is_as_popular_as_it_was(real: Tables, kept: Tables) -> None:
    pd.testing.assert_frame_equal(kept["films"], real["films"])
    many = [
        tables["ratings"].film_id.value_counts().reindex(real["films"].film_id).fillna(0) for tables in (real, kept)
    ]
    assert np.corrcoef(*many)[0, 1] > 0.95
    assert len(kept["ratings"]) == pytest.approx(2 * len(real["ratings"]), rel=0.1)


def test_popularity_of_new_films_has_the_law_of_the_real(real: Tables, made: Tables) -> None:
    curves = [np.sort(tables["ratings"].film_id.value_counts().to_numpy())[::-1][:100] for tables in (real, made)]
    assert curves[1] == pytest.approx(curves[0], rel=0.35)


def test_stars_go_with_the_user_and_with_the_film(real: Tables, kept: Tables) -> None:
    """Even films get one star more, users are two stars apart: planted."""
    for tables, least in ((real, 0.75), (kept, 0.35)):
        ratings = tables["ratings"].assign(even=(tables["ratings"].film_id - 1) % 2 == 0)
        stars = ratings.groupby("even").stars.mean()
        assert stars[True] - stars[False] > least
    spread = [tables["ratings"].groupby("user_id").stars.mean().std() for tables in (real, kept)]
    assert spread[1] == pytest.approx(spread[0], rel=0.35)


def test_times_follow_the_hours_of_the_real(kept: Tables, made: Tables) -> None:
    for tables in (kept, made):
        at = pd.to_datetime(tables["ratings"]["at"])
        assert (at.groupby(tables["ratings"].user_id).diff().dropna() >= pd.Timedelta(0)).all()
        assert at.dt.hour.between(18, 22).mean() > 0.8


def test_equal_seeds_make_equal_tables_before_and_after_saving_and_no_history_is_kept(
    real: Tables, model: synthgen.Synthesizer, made: Tables, tmp_path: Path
) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    for name, frame in again.sample(random_state=1).items():
        pd.testing.assert_frame_equal(frame, made[name])
    content = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    assert not [key for key in real["users"].user_id if key.encode() in content]
    sizes = {len(real["ratings"]), len(real["users"])}
    for part in again.linked_.parts.values():
        for name, array in part.state()[1].items():
            assert not sizes & set(array.shape), name


def test_fewer_users_and_films_than_there_were(model: synthgen.Synthesizer) -> None:
    few = model.sample(rows={"users": 20, "films": 60})
    assert len(few["films"]) == 60
    assert not few["ratings"].duplicated(["user_id", "film_id"]).any()
    assert set(few["ratings"].film_id) <= set(few["films"].film_id)
    assert len(few["ratings"]) > 200
    assert not len(model.sample(rows={"users": 0})["ratings"])
    none = model.sample(rows={"films": 0})
    assert not len(none["ratings"])
    more = model.sample(rows={"users": 50, "films": 1_000})
    assert more["ratings"].film_id.nunique() > 150
    assert not more["ratings"].duplicated(["user_id", "film_id"]).any()


def test_rows_that_choose_nothing_stay_as_many(real: Tables) -> None:
    holes = {**real, "ratings": real["ratings"].astype({"film_id": "Int64"})}
    lost = np.random.default_rng(0).random(len(holes["ratings"])) < 0.1
    holes["ratings"].loc[lost, "film_id"] = pd.NA
    schema = links(real, keep=True)
    schema.tables["ratings"].key = []
    quick = {**FEW, "training": {"max_steps": 2, "width": 16, "blocks": 1}}
    made = synthgen.Synthesizer(**quick, schema=schema).fit(holes).sample()
    assert made["ratings"].film_id.isna().mean() == pytest.approx(0.1, abs=0.02)
