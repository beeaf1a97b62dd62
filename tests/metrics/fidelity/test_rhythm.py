from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.fidelity.rhythm import Rhythm, week_places
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
HOUR = np.timedelta64(3_600, "s")


def office(n: int, seed: int, shift: int = 0) -> dict[str, np.ndarray]:
    """Weekdays from 9 to 17 over a year."""
    rng = np.random.default_rng(seed)
    hours = 168 * rng.integers(0, 52, n) + 24 * rng.integers(0, 5, n) + rng.integers(9, 17, n) + shift
    seconds = 3_600 * hours + rng.integers(0, 3_600, n)
    return {"at": np.datetime64("2020-01-06T00:00:00") + seconds.astype("timedelta64[s]")}


def measure(tables: tuple[View, View, View]) -> Result:
    return Rhythm().compute(*tables, np.random.default_rng(0))


def test_the_hour_of_the_week_is_that_of_the_calendar():
    rng = np.random.default_rng(0)
    moments = np.datetime64("1968-05-05T00") + rng.integers(0, 500_000, 50)
    days = moments.astype("datetime64[s]").astype(np.int64) / 86_400
    expected = [24 * one.weekday() + one.hour for one in moments.astype("datetime64[s]").tolist()]
    assert week_places(days, hours=True).tolist() == expected
    assert week_places(days, hours=False).tolist() == [place // 24 for place in expected]


def test_dates_at_night_are_seen_and_fresh_ones_pass(views: Tables):
    types = {"at": "datetime"}
    fresh = measure(views(types, office(3_000, 0), office(1_000, 1), office(3_000, 2)))
    night = measure(views(types, office(3_000, 0), office(1_000, 1), office(3_000, 2, shift=12)))
    assert fresh.value is not None
    assert fresh.floor is not None
    assert fresh.value < 1.5 * fresh.floor
    assert night.details["columns"]["at"]["week"] == 1
    assert night.details["columns"]["at"]["hours"]
    assert "would have to move to another hour of the week" in night.meaning
    assert [chart["kind"] for chart in night.charts] == ["heat", "heat", "lines"]
    heat = np.array(night.charts[0]["values"], dtype=float)
    assert heat[:5, 9:17].sum() == pytest.approx(1, abs=1e-3)
    assert heat[5:].sum() == 0


def test_dates_in_bursts_are_seen_in_their_gaps(views: Tables):
    rng = np.random.default_rng(0)
    spread, other = (np.sort(rng.uniform(0, 364, 2_000)) for _ in range(2))
    bursts = spread[::20].repeat(20) + rng.uniform(0, 1 / 48, 2_000)  # twenty within half an hour
    tables = (
        {"at": np.datetime64("2020-01-06T00:00:00") + (days * 86_400).astype("timedelta64[s]")}
        for days in (spread, other, bursts)
    )
    found = measure(views({"at": "datetime"}, *tables)).details["columns"]["at"]
    assert found["gaps"] > 5 * found["gaps_floor"]
    assert found["rows_of_gaps"] == 2_000


def test_dates_without_times_are_compared_by_weekday(views: Tables):
    days = {"at": [str(np.datetime64("2020-01-06") + 7 * (i // 5) + i % 5) for i in range(200)]}
    weekend = {"at": [str(np.datetime64("2020-01-11") + 7 * (i // 2) + i % 2) for i in range(200)]}
    result = measure(views({"at": "datetime"}, days, days, weekend))
    assert not result.details["columns"]["at"]["hours"]
    assert result.details["columns"]["at"]["week"] == 1
    assert result.charts[0]["labels"][0] == "Monday"
    assert result.charts[0]["series"]["real"] == [0.2] * 5 + [0.0, 0.0]


def test_a_table_without_dates_has_no_rhythm(views: Tables):
    table = {"n": [1, 2]}
    assert measure(views({"n": "numeric"}, table, table, table)).reason == "the table has no date column"
