"""What a report says of who takes what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.judging import Sides
from synthgen.judging.recommendation import OF_ITEMS, RecommendationSection, taken
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.splitting import split_people
from synthgen.metrics.base import Result
from synthgen.seeding import numpy_stream
from synthgen.table.table import Table
from tests.catalogues import rated
from tests.networks import network


def sides_of(real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame], keep: bool) -> Sides:
    config = RunConfig()
    tables, other = ({name: Table.from_any(frame, name) for name, frame in one.items()} for one in (real, made))
    schema = detect_links(tables, config)
    if "films" in schema.tables:
        schema.tables["films"].keep = keep
    train, held = split_people(tables, schema, Plan.of(schema, {}), 0.3, numpy_stream(0, "split"))
    whole = frozenset(name for name in tables if len(train[name]) == len(tables[name]))
    networks = (Network({name: table.arrow for name, table in one.items()}, schema) for one in (train, held, other))
    return Sides(*networks, config, whole)


def figures(sides: Sides) -> dict[str, Result]:
    return {result.name: result for _, result in RecommendationSection().compute(sides, np.random.default_rng(0))}


@pytest.fixture(scope="module")
def good() -> dict[str, Result]:
    """In place of made tables, others of the same law."""
    return figures(sides_of(rated(300, 0), rated(300, 1), keep=True))


def test_people_of_the_same_law_teach_as_well_as_the_real_ones(good: dict[str, Result]) -> None:
    value = good["recommender_value"]
    assert value.value == pytest.approx(value.floor, rel=0.1)
    assert good["recommender_order"].value is not None
    for name in ("per_user", "popularity", "co_occurrence", "gaps", "hour_of_week", "ratings_by_item"):
        found = good[name]
        assert found.value is not None, name
        assert found.floor is not None, name
    assert good["co_occurrence"].value == pytest.approx(good["co_occurrence"].floor, abs=0.1)


def test_films_dealt_out_anew_are_told(good: dict[str, Result]) -> None:
    shuffled = rated(300, 1)
    ratings = shuffled["ratings"]
    ratings["film_id"] = np.random.default_rng(0).permutation(ratings.film_id)
    found = figures(sides_of(rated(300, 0), shuffled, keep=True))
    assert found["recommender_value"].value < 0.8 * good["recommender_value"].value
    assert found["co_occurrence"].value < good["co_occurrence"].value - 0.2
    assert found["ratings_by_item"].value > 1.5 * good["ratings_by_item"].value


def test_of_new_films_only_that_is_said_which_does_not_name_them() -> None:
    found = figures(sides_of(rated(200, 0), rated(200, 1), keep=False))
    for name in (*OF_ITEMS, "recommender_value", "recommender_order"):
        assert found[name].value is None
        assert "made new" in found[name].reason
    assert found["popularity_curve"].value is not None
    assert found["gini_of_items"].value is not None


def test_rows_are_read_as_interactions() -> None:
    real = rated(40)
    real["ratings"].loc[0, "film_id"] = 999
    one = sides_of(real, real, keep=True).made
    found = taken(one, *one.interactions)
    assert len(found) == len(real["ratings"]) - 1
    assert (found.n_users, found.n_items) == (40, 240)
    assert found.rating_E is not None
    assert found.rating_E.tolist() == real["ratings"].stars[1:].tolist()
    assert found.time_E is not None
    assert pd.to_datetime(found.time_E[:5], unit="s").astype(str).tolist() == real["ratings"]["at"][1:6].tolist()


def test_without_such_a_table_nothing_is_said() -> None:
    real = {name: frame for name, frame in network().items() if name in ("users", "posts")}
    assert not figures(sides_of(real, real, keep=False))
