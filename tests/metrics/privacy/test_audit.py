from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthgen.errors import ConfigError
from synthgen.metrics.privacy.audit import audit
from synthgen.table.schema import ColumnSchema, Schema

SCHEMA = Schema(columns=[ColumnSchema(name=name, type="numeric") for name in "xyz"])


def table(n: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table({name: rng.normal(size=n) for name in "xyz"})


def memoriser(train: pa.Table, seed: int) -> pa.Table:
    rows = np.random.default_rng(seed).permutation(train.num_rows)
    noise = np.random.default_rng(seed + 1).normal(0, 0.01, (3, len(rows)))
    return pa.table({name: train[name].to_numpy()[rows] + noise[i] for i, name in enumerate("xyz")})


def forgetful(train: pa.Table, seed: int) -> pa.Table:
    """Learns nothing but how many rows there are."""
    return table(train.num_rows, seed)


def test_a_generator_that_remembers_is_caught():
    result = audit(memoriser, table(300, 0), SCHEMA, fits=6, canaries=40, rng=np.random.default_rng(0))
    assert result.value is not None
    assert result.value > 0.95
    assert result.details["p"] < 1e-9
    assert result.details["epsilon_at_least"] > 2


def test_a_generator_that_learns_nobody_is_cleared():
    """Ten audits at one in twenty: four alarms or more have a chance of 1 in 1,000."""
    results = [
        audit(forgetful, table(120, i), SCHEMA, fits=4, canaries=30, rng=np.random.default_rng(i)) for i in range(10)
    ]
    assert sum(result.details["p"] <= 0.05 for result in results) <= 3
    assert all(result.details["epsilon_at_least"] < 0.6 for result in results)


def test_too_few_fits_are_an_error_that_says_so():
    with pytest.raises(ConfigError, match="fits must be at least 4; got 2"):
        audit(forgetful, table(120, 0), SCHEMA, fits=2, rng=np.random.default_rng(0))


def test_too_few_rows_are_not_judged():
    assert audit(forgetful, table(30, 0), SCHEMA, rng=np.random.default_rng(0)).value is None
