from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from synthgen.metrics.view import View, read_views
from synthgen.table.schema import ColumnSchema, Schema

Tables = Callable[..., tuple[View, View, View]]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Trees on tiny tables: on a busy machine two threads wait for one another far longer than they work."""
    with threadpool_limits(1, user_api="openmp"):
        yield


@pytest.fixture
def views() -> Tables:
    """``views(types, train, holdout, synthetic, target, task)``: columns of Python values; types by column."""

    def make(
        types: dict[str, str],
        train: dict[str, Any],
        holdout: dict[str, Any],
        synthetic: dict[str, Any],
        target: str | None = None,
        task: str | None = None,
    ) -> tuple[View, View, View]:
        schema = Schema(columns=[ColumnSchema(name=name, type=kind) for name, kind in types.items()])
        tables = [
            pa.table({n: pa.array(v, from_pandas=True) for n, v in one.items()}) for one in (train, holdout, synthetic)
        ]
        return read_views(*tables, schema, target, task=task)

    return make


@pytest.fixture
def draw() -> Callable[[int, int], dict[str, np.ndarray]]:
    """``draw(n, seed)``: rows of a small world in which ``buys`` hangs on ``age`` and ``city``."""

    def rows(n: int, seed: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        age = np.round(rng.gamma(6, 6, n), 1)
        city = rng.choice(["Bonn", "Kiel", "Ulm"], n, p=[0.5, 0.3, 0.2])
        chance = 1 / (1 + np.exp(-(age - 36) / 4 - (city == "Ulm")))
        return {"age": age, "city": city, "buys": np.where(rng.random(n) < chance, "yes", "no")}

    return rows
