from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.view import View

KINDS = {
    "age": "numeric",
    "income": "numeric",
    "visits": "numeric",
    "city": "categorical",
    "job": "categorical",
    "buys": "boolean",
}
Rows = dict[str, np.ndarray]


@pytest.fixture
def people() -> Callable[[int, int], Rows]:
    """``people(n, seed)``: rows of a small town: three quantities, one heavy-tailed, and three labels."""

    def rows(n: int, seed: int) -> Rows:
        rng = np.random.default_rng([seed, 77])
        age = np.round(rng.gamma(8, 5, n), 1)
        city = rng.choice(["Bonn", "Kiel", "Ulm", "Hof"], n, p=[0.4, 0.3, 0.2, 0.1])
        income = np.round(np.exp(rng.normal(7 + age / 80, 0.5, n)), 2)
        job = np.where(income > 1800, rng.choice(["nurse", "clerk"], n), rng.choice(["cook", "clerk"], n))
        visits = rng.poisson(np.where(city == "Ulm", 9, 3), n).astype(float)
        buys = np.where(rng.random(n) < 1 / (1 + np.exp(-(age - 40) / 8)), "yes", "no")
        return {"age": age, "income": income, "visits": visits, "city": city, "job": job, "buys": buys}

    return rows


@pytest.fixture
def town(
    views: Callable[..., tuple[View, View, View]], people: Callable[[int, int], Rows]
) -> Callable[..., tuple[View, View, View]]:
    """``town(leak, n, held, seed)``: training rows, held-out rows, and fresh rows to which ``leak`` did something.

    ``leak(synthetic, train, rng)`` returns the synthetic columns; None: fresh rows.
    """

    def make(
        leak: Callable[[Rows, Rows, np.random.Generator], Rows] | None = None,
        n: int = 2_000,
        held: int = 1_000,
        seed: int = 0,
    ) -> tuple[View, View, View]:
        train, holdout, fresh = (people(size, 10 * seed + i) for i, size in enumerate((n, held, n)))
        made = leak(fresh, train, np.random.default_rng(seed)) if leak else fresh
        return views(KINDS, train, holdout, made, "buys")

    return make


def overwrite(made: Rows, rows: np.ndarray, other: Rows, of: np.ndarray) -> Rows:
    """The same with some rows replaced by rows of another table."""
    result = {name: values.copy() for name, values in made.items()}
    for name in result:
        result[name][rows] = other[name][of]
    return result


@pytest.fixture
def leaks() -> dict[str, Callable[[Rows, Rows, np.random.Generator], Rows]]:
    """What a generator may do wrong, each to the rows it returns."""

    def copied(made: Rows, train: Rows, rng: np.random.Generator) -> Rows:
        """5 % of the training rows, as they are."""
        n = len(made["age"]) // 20
        return overwrite(made, np.arange(n), train, rng.permutation(len(train["age"]))[:n])

    def one_cell(made: Rows, train: Rows, rng: np.random.Generator) -> Rows:
        """The same with one cell of each taken from another row."""
        n = len(made["age"]) // 20
        result = copied(made, train, rng)
        names = list(made)
        for row, name in enumerate(rng.choice(names, n)):
            result[name][row] = made[name][n + row]
        return result

    def jittered(made: Rows, train: Rows, rng: np.random.Generator) -> Rows:
        """The same with every number off by up to 1 % of its range."""
        n = len(made["age"]) // 20
        result = copied(made, train, rng)
        for name in ("age", "income", "visits"):
            result[name][:n] += rng.uniform(-0.01, 0.01, n) * np.ptp(train[name])
        return result

    def overfitted(made: Rows, train: Rows, rng: np.random.Generator) -> Rows:
        """A kernel density around training rows, tight: numbers within 3 % of the spread, 5 % of labels redrawn."""
        n = len(made["age"])
        result = overwrite(made, np.arange(n), train, rng.integers(len(train["age"]), size=n))
        for name, values in result.items():
            if values.dtype == np.float64:
                values += rng.normal(0, 0.03 * train[name].std(), n)
            else:
                redrawn = rng.random(n) < 0.05
                values[redrawn] = rng.permutation(made[name])[redrawn]
        return result

    return {"copied": copied, "one cell": one_cell, "jittered": jittered, "overfitted": overfitted}
