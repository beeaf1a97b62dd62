from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.fidelity.trend import Trend
from synthgen.metrics.fidelity.triples import Triples, draw_triples, triple_errors
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def parity(n: int, seed: int, tied: bool) -> dict[str, np.ndarray]:
    """Each two of the columns are independent; the third one is given by the two others when they are tied."""
    rng = np.random.default_rng(seed)
    a, b, free = rng.integers(0, 2, (3, n))
    return {"a": a.astype(str), "b": b.astype(str), "c": (a ^ b if tied else free).astype(str)}


def test_what_no_pair_shows_is_seen_in_a_triple(views: Tables):
    types = dict.fromkeys("abc", "categorical")
    tables = views(types, parity(2_000, 0, True), parity(2_000, 1, True), parity(2_000, 2, False))
    rng = np.random.default_rng(0)
    pairs, triples = Trend().compute(*tables, rng), Triples().compute(*tables, rng)
    assert pairs.value is not None
    assert pairs.value < 0.05
    assert triples.value == pytest.approx(0.5, abs=0.05)  # standard error 0.011: false alarm 1 in 100,000
    assert triples.floor is not None
    assert triples.floor < 0.05


def test_the_error_is_the_one_counted_by_hand(views: Tables):
    rng = np.random.default_rng(0)
    types = {"x": "numeric", "c": "categorical", "d": "categorical"}

    def rows(n: int) -> dict[str, np.ndarray]:
        return {"x": rng.normal(size=n), "c": rng.choice(["p", "q"], n), "d": rng.choice(["r", "s", "t"], n)}

    real, made = rows(150), rows(90)
    train, _, synthetic = views(types, real, real, made)
    edges = np.quantile(real["x"], np.arange(1, 10) / 10)
    a, b = (Counter(zip(np.digitize(t["x"], edges), t["c"], t["d"], strict=True)) for t in (real, made))
    expected = sum(abs(a[k] / 150 - b[k] / 90) for k in a | b) / 2
    found = triple_errors(train, synthetic, [("x", "c", "d")])
    assert found == pytest.approx({("x", "c", "d"): expected}, abs=1e-12)


@pytest.mark.parametrize(("columns", "expected"), [(3, 1), (11, 165), (12, 200), (30, 200)])
def test_two_hundred_different_triples_are_drawn_or_all_there_are(columns: int, expected: int):
    names = [f"x{i:02}" for i in range(columns)]
    triples = draw_triples(names, np.random.default_rng(0))
    assert len(set(triples)) == len(triples) == expected
    assert all(list(triple) == sorted(set(triple)) for triple in triples)


def test_two_columns_make_no_triple(views: Tables):
    table = {"a": [1, 2], "b": [1, 2]}
    result = Triples().compute(*views(dict.fromkeys(table, "numeric"), table, table, table), np.random.default_rng(0))
    assert "no three columns" in result.reason
