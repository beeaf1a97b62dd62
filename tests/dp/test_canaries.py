"""Canaries have the form of the table and values that nobody else has."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from synthgen.dp.canaries import make_canaries
from synthgen.dp.noise import Noise
from synthgen.errors import DataError, PrivacyError


def table() -> pa.Table:
    rng = np.random.default_rng(0)
    n = 60
    return pa.table(
        {
            "user": pa.array(rng.integers(0, 20, n)),
            "plan": pa.array(rng.choice(["free", "pro"], n)),
            "spent": pa.array([f"{x:.2f}" for x in rng.lognormal(3, 1, n)]),
            "age": pa.array(rng.integers(18, 70, n), pa.int8()),
            "score": pa.array(rng.normal(size=n)),
            "price": pa.array([Decimal("1.25")] * n, pa.decimal128(6, 2)),
            "born": pa.array([dt.date(1990, 1, 1)] * (n - 1) + [None]),
            "seen": pa.array(rng.integers(0, 10**15, n)).cast(pa.timestamp("us")),
            "active": pa.array(rng.random(n) < 0.5),
            "tags": pa.array([["a"], None] * (n // 2)),
            "nothing": pa.nulls(n),
        }
    )


def test_each_is_a_new_unit_of_rows_all_alike_in_the_form_of_the_table() -> None:
    canaries = make_canaries(table(), 40, rows=3, unit="user", chance=Noise(seed=0))
    assert len(canaries) == 40
    for canary in canaries:
        assert canary.rows.schema.equals(table().schema)
        assert canary.rows.num_rows == 3
        assert canary.rows.slice(0, 1).equals(canary.rows.slice(2, 1))
    users = {canary.rows["user"][0].as_py() for canary in canaries}
    assert len(users) == 40
    assert users.isdisjoint(table()["user"].to_pylist())
    assert all(canary.own["user"] == canary.rows["user"][0].as_py() for canary in canaries)


def test_its_own_values_are_nobody_elses_and_outside_of_all_ranges() -> None:
    real = table()
    canaries = make_canaries(real, 40, rows=1, unit=None, chance=Noise(seed=1))
    seen = set()
    for canary in canaries:
        assert canary.own.keys() & {"plan", "spent"}
        for name, value in canary.own.items():
            assert value not in real[name].to_pylist()
            assert canary.rows[name][0].as_py() == value
        seen |= canary.own.keys()
    assert seen == {"user", "plan", "spent", "age", "score", "price", "born", "seen"}
    words = [canary.own["plan"] for canary in canaries if "plan" in canary.own]
    assert len(set(words)) == len(words) > 10
    assert all(float(canary.own["spent"]) > 500 for canary in canaries if "spent" in canary.own)


def test_a_column_of_text_names_new_units_and_one_of_fractions_cannot() -> None:
    real = pa.table({"user": ["a", "b"], "x": [1.0, 2.0]})
    units = [c.rows["user"][0].as_py() for c in make_canaries(real, 2, rows=1, unit="user", chance=Noise(seed=0))]
    assert units == ["canary unit 0", "canary unit 1"]
    with pytest.raises(DataError, match="'x' of type double"):
        make_canaries(real, 2, rows=1, unit="x", chance=Noise(seed=0))


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(PrivacyError, match="at least 1"):
        make_canaries(table(), 0, rows=1, unit=None, chance=Noise(seed=0))
    with pytest.raises(DataError, match="no rows"):
        make_canaries(table().slice(0, 0), 1, rows=1, unit=None, chance=Noise(seed=0))
    with pytest.raises(DataError, match="no column 'who'"):
        make_canaries(table(), 1, rows=1, unit="who", chance=Noise(seed=0))
