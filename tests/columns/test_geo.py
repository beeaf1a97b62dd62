from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.columns.base import NOT_APPLICABLE, FitContext, RejectColumn, Sample
from synthgen.columns.geo import Geo
from synthgen.errors import ConfigError, DataError

HOLDERS = 5
TOWNS = np.array([[48.85, 2.35], [52.52, 13.40], [40.71, -74.01]])


def towns(rows: int, decimals: int = 4, seed: int = 0) -> np.ndarray:
    """Points around three towns, some 20 km wide."""
    rng = np.random.default_rng(seed)
    return np.round(TOWNS[rng.integers(0, 3, rows)] + rng.normal(0, 0.1, (rows, 2)), decimals)


def text(points: np.ndarray, form: str = "{0:.4f}, {1:.4f}") -> pa.Array:
    return pa.array([form.format(*point) for point in points])


def points_of(values: pa.Array) -> np.ndarray:
    return np.array([[float(x) for x in value.strip("[]()").split(",")] for value in values.to_pylist()])


def fitted(values: pa.Array, **options: object) -> Geo:
    context = FitContext(np.random.default_rng(0), HOLDERS, len(values), np.zeros((len(values), 0)))
    return Geo.fit(values, dict(options), context)


def tokens_of(column: Geo, values: pa.Array) -> np.ndarray:
    return column.encode(values, np.random.default_rng(1))


def drawn(column: Geo, values: pa.Array) -> pa.Array:
    return column.decode(tokens_of(column, values), np.random.default_rng(2), 0)


def match(values: list[str] | pa.Array):
    return Geo.matches(Sample("where", pa.array(values), len(values), 0))


def test_places_come_back_near_where_they_were() -> None:
    values = text(towns(6000))
    column = fitted(values)
    out = drawn(column, values)
    away = np.abs(points_of(out) - points_of(values)).max(axis=1)
    assert np.median(away) < 0.02  # 0.1 degrees is a town's spread
    assert away.max() < 0.5
    assert np.array_equal(tokens_of(column, out), tokens_of(column, values))


def test_every_area_has_enough_rows_and_no_place_is_in_the_state() -> None:
    points = np.round(np.random.default_rng(0).uniform([-80, -170], [80, 170], (3000, 2)), 6)
    values = text(points, "{0:.6f},{1:.6f}")
    column = fitted(values)
    held = np.unique(tokens_of(column, values), axis=0, return_counts=True)[1]
    assert held.min() >= HOLDERS
    assert held.max() <= 4 * HOLDERS
    state = json.dumps(column.state())
    both = [[str(round(x * 1e6)) for x in point] for point in points.tolist()]
    assert not [pair for pair in both if all(f"{x}." in state for x in pair)]


def test_a_place_that_many_rows_share_is_exact() -> None:
    points = towns(3000)
    points[:300] = TOWNS[0]
    values = text(points)
    out = points_of(drawn(fitted(values), values))
    assert np.mean(np.all(out[:300] == TOWNS[0], axis=1)) > 0.95


@pytest.mark.parametrize(
    "form",
    ["{0:.4f}, {1:.4f}", "{0:.4f},{1:.4f}", "[{0:.4f}, {1:.4f}]", "({0:.4f};{1:.4f})", "POINT ({1:.4f} {0:.4f})"],
)
def test_the_way_of_writing_comes_back(form: str) -> None:
    values = text(towns(500), form)
    column = fitted(values, **match(values).options)
    out = drawn(column, values)
    assert out.type == values.type
    matched = column.encode(out, np.random.default_rng(0))
    assert np.array_equal(matched, tokens_of(column, values))
    assert [c for c in out[0].as_py() if not c.isdigit() and c != "-"] == [
        c for c in values[0].as_py() if not c.isdigit() and c != "-"
    ]


def test_longitude_first_is_noticed() -> None:
    points = np.round(np.random.default_rng(0).uniform([-170, -80], [170, 80], (300, 2)), 3)
    assert match(text(points)).options == {"order": "lonlat"}
    assert match(text(points[:, ::-1])).options == {"order": "latlon"}


def test_poles_and_the_date_line_survive_a_round_trip() -> None:
    values = pa.array(["90.0, 180.0", "-90.0, -180.0", "0.0, 0.0"] * 20)
    assert drawn(fitted(values), values).equals(values)


def test_places_never_leave_the_globe() -> None:
    rng = np.random.default_rng(0)
    values = text(np.clip(rng.normal([89, 179], [1, 1], (500, 2)), -180, [90, 180]))
    out = points_of(drawn(fitted(values), values))
    assert np.abs(out[:, 0]).max() <= 90
    assert np.abs(out[:, 1]).max() <= 180


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["12,5", "13,25"], "few with decimals"),
        (["48.1, 2.2", "Paris"], "1 of 2 different values"),
        (["95.5, 95.5"], "not two numbers"),
        (["120.5, 10.5", "10.5, 120.5"], "neither is a latitude"),
    ],
)
def test_other_columns_are_refused(values: list[str], reason: str) -> None:
    with pytest.raises(RejectColumn, match=reason):
        match(values)


def test_what_is_no_place_is_an_error_that_quotes_no_value() -> None:
    with pytest.raises(DataError, match=r"1 of 2 values are not places .*the first: 2") as caught:
        fitted(pa.array(["48.1, 2.2", "Atlantis"]))
    assert "Atlantis" not in str(caught.value)
    with pytest.raises(ConfigError, match="latlon"):
        fitted(pa.array(["48.1, 2.2"]), order="north")
    with pytest.raises(DataError, match="off the globe"):
        fitted(pa.array(["100.5, 2.2"]), order="latlon")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=80), st.integers(1, 6))
def test_any_places_go_in_and_valid_places_come_out(points: list[tuple[float, float]], decimals: int) -> None:
    values = pa.array([f"{round(a, decimals)}, {round(b, decimals)}" for a, b in points])
    column = fitted(values, order="latlon")
    tokens = tokens_of(column, values)
    assert tokens.shape == (len(points), len(column.slots))
    for i, slot in enumerate(column.slots):
        assert tokens[:, i].max() < slot.size
        assert tokens[:, i].min() >= NOT_APPLICABLE
        if slot.children is not None:
            known = (tokens[:, :i] >= 0).all(axis=1)
            allowed = slot.children[tuple(tokens[known, :i].T)]
            assert np.array_equal(tokens[known, i] == NOT_APPLICABLE, allowed == 0)
            assert (tokens[known, i] < np.maximum(allowed, 1)).all()
    out = points_of(column.decode(tokens, np.random.default_rng(0), 0))
    assert (np.abs(out) <= [90, 180]).all()
    again = Geo.from_state(json.loads(json.dumps(column.state())))
    assert again.state() == column.state()
    assert np.array_equal(again.encode(values, np.random.default_rng(0)), tokens)
