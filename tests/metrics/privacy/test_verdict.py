"""Planted leaks must be found, fresh rows of real people come out clean: the promise of all attacks together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics import METRICS
from synthgen.metrics.base import Result
from synthgen.metrics.privacy.verdict import privacy_verdict
from synthgen.metrics.view import View

Town = Callable[..., tuple[View, View, View]]
ATTACKS = [metric for metric in METRICS if metric.group == "privacy"]


def judged(tables: tuple[View, View, View], seed: int = 0) -> dict[str, Result]:
    return {metric.name: metric.compute(*tables, np.random.default_rng([seed, 1])) for metric in ATTACKS}


def succeeds(result: Result) -> bool:
    """Alone and at one in a thousand, so that a luck among thirteen is no excuse."""
    return result.value is not None and result.details.get("p", 1.0) < 0.001


def outcome(name: str, p: float, value: float = 0.1) -> Result:
    return Result(name, name, value, "lower", details={"p": p}, meaning=f"{name} happened.")


@pytest.mark.parametrize(
    ("leak", "finders"),
    [
        ("copied", ["copies", "near_copies", "singling_out", "linkability", "membership_nearest"]),
        ("one cell", ["near_copies"]),
        ("jittered", ["near_copies"]),
        (
            "overfitted",
            [
                "near_copies",
                "distance_share",
                "singling_out",
                "linkability",
                "attribute_inference",
                "membership_nearest",
                "membership_density",
            ],
        ),
    ],
)
def test_a_planted_leak_is_found(leak: str, finders: list[str], town: Town, leaks: dict[str, Callable[..., object]]):
    results = judged(town(leaks[leak]))
    assert privacy_verdict(list(results.values()))[0] == "fail"
    found = {name for name, result in results.items() if succeeds(result)}
    assert found >= set(finders)
    for name in finders:
        result = results[name]
        assert result.interval is not None
        if result.floor == 0.0 and name != "copies":
            assert result.interval[0] > 0
    if leak == "copied":  # the distance share passes, and may not hide what attacks find
        assert results["distance_share"].details["p"] > 0.01
        assert "distance share alone" in privacy_verdict(list(results.values()))[1]


def test_fresh_rows_come_out_clean(town: Town):
    """25 towns at a promised false alarm of 5 %: six failures or more have a chance of 1 in 280."""
    states = [
        privacy_verdict(list(judged(town(n=400, held=200, seed=seed), seed).values()))[0] for seed in range(1, 26)
    ]
    assert states.count("fail") <= 5
    assert states.count("unknown") == 0


def test_without_held_out_rows_nothing_can_be_said(town: Town):
    results = judged(town(n=100, held=0))
    state, sentence = privacy_verdict(list(results.values()))
    assert state == "unknown"
    assert "held-out" in sentence
    attacks = [r for name, r in results.items() if name not in ("copies", "emitted") and not name.startswith("text_")]
    assert all(result.value is None and "held" in result.reason for result in attacks)


def test_the_training_table_in_another_order_is_shouted_out_even_without_held_out_rows(
    views: Callable[..., tuple[View, View, View]], people: Callable[[int, int], dict[str, np.ndarray]]
):
    train = people(60, 0)
    order = np.random.default_rng(0).permutation(60)
    again = {name: values[order] for name, values in train.items()}
    kinds = {name: "numeric" if values.dtype == np.float64 else "categorical" for name, values in train.items()}
    results = judged(views(kinds, train, {name: values[:0] for name, values in train.items()}, again))
    state, sentence = privacy_verdict(list(results.values()))
    assert state == "fail"
    assert "another order" in sentence


def test_bounds_are_those_of_holm():
    # ordered: 0.01 <= 0.05 / 3, then 0.024 <= 0.05 / 2, then 0.06 > 0.05 / 1
    assert privacy_verdict([outcome("a", 0.06), outcome("b", 0.01), outcome("c", 0.024)]) == (
        "fail",
        "b: b happened. c: c happened.",
    )
    assert privacy_verdict([outcome("a", 0.06), outcome("b", 0.02), outcome("c", 0.024)])[0] == "pass"


def test_an_identifier_of_one_person_is_enough_to_fail(views: Callable[..., tuple[View, View, View]]):
    tables = views(
        {"mail": "identifier", "age": "numeric"},
        {"mail": [f"a{i}@x.org" for i in range(50)], "age": range(50)},
        {"mail": [f"b{i}@x.org" for i in range(50)], "age": range(50)},
        {"mail": [f"c{i}@x.org" for i in range(49)] + ["a7@x.org"], "age": range(50)},
    )
    state, sentence = privacy_verdict(list(judged(tables).values()))
    assert state == "fail"
    assert "'mail'" in sentence
    assert "a7" not in sentence
