"""Releases: tables back in their own form, and no statistic moves further than its sensitivity allows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.dp.releases import release_columns


def mixed_table(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    ages = pa.array(rng.integers(18, 70, rows))
    return pa.table(
        {
            "age": ages.cast(pa.string()),
            "plan": pa.array(["free", "pro", None]).take(pa.array(rng.choice(3, rows, p=[0.6, 0.3, 0.1]))),
            "spent": pa.array([f"{x:.2f}" for x in rng.lognormal(3, 1, rows)]),
            "score": pa.array(rng.normal(size=rows)),
            "active": pa.array(rng.random(rows) < 0.3),
        }
    )


def test_a_table_comes_back_with_its_names_types_and_formats() -> None:
    table = mixed_table(20_000)
    releases = release_columns(table, budget=Budget(3.0, 1e-6, noise=Noise(1)))
    made = releases.decode(releases.encode(table), np.random.default_rng(0))
    assert made.schema.equals(table.schema)
    assert abs(releases.rows - 20_000) < 500
    assert set(made.column("plan").to_pylist()) == {"free", "pro", None}
    assert all(text.isdigit() for text in made.column("age").to_pylist())
    assert all(text[-3] == "." for text in made.column("spent").to_pylist())
