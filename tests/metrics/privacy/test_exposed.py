from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from synthgen.metrics.privacy import exposed
from synthgen.metrics.privacy.exposed import Exposed
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
Town = Callable[..., tuple[View, View, View]]
Rows = dict[str, np.ndarray]


def attack(tables: tuple[View, View, View], seed: int = 0) -> Any:
    return Exposed().compute(*tables, np.random.default_rng(seed))


def test_a_row_nearer_than_half_way_to_anybody_else_is_recognised(views: Tables):
    """Five training and five held-out people stand apart from 990; the next other person is a training one."""
    crowd = np.linspace(0, 1, 495)
    train = {"x": [*crowd, 50, 80, 100, 120, 180]}
    holdout = {"x": [*crowd, 30, 65, 128, 150, 210]}
    result = attack(views({"x": "numeric"}, train, holdout, {"x": [*crowd, 109, 132.5, 145, 73]}))
    found = result.details["outcomes"]["recognised"]
    # training, half ways:  50: 15,  80: 10, 100: 10, 120: 10, 180: 30; nearest synthetic rows: 23, 7, 9, 11, 35
    # held out, half ways: 30: 10, 65: 7.5, 128: 4, 150: 15, 210: 15; nearest synthetic rows: 29, 8, 4.5, 5, 65
    assert (found["hits"], found["people"], found["hits_control"], found["strangers"]) == (2, 5, 1, 5)
    assert set(result.details["outcomes"]) == {"recognised", "singled out"}  # one column has no halves
    p = fisher_exact([[2, 3], [1, 4]], alternative="greater").pvalue
    assert found["p"] == pytest.approx(p)


def outliers(made: Rows, train: Rows, rng: np.random.Generator) -> Rows:
    """The forty training people with the highest income and most visits, as they are."""
    far = np.argsort(-(train["income"] / train["income"].std() + train["visits"] / train["visits"].std()))[:40]
    return {name: np.concatenate([train[name][far], values[40:]]) for name, values in made.items()}


def test_a_leak_of_outliers_alone_is_found(town: Town):
    result = attack(town(outliers, n=2_000, held=2_000))
    outcomes = result.details["outcomes"]
    for name in ("recognised", "singled out"):
        assert outcomes[name]["rate"] > 0.5 > 0.2 > outcomes[name]["control"]
        assert 4 * outcomes[name]["p"] < 0.001
    for name in ("linked", "inferred"):
        assert outcomes[name]["rate"] > outcomes[name]["control"]
    best = outcomes[result.details["strongest"]]
    assert result.details["p"] == pytest.approx(4 * best["p"])
    assert result.interval[0] > 0


def test_fresh_rows_come_out_clean(town: Town):
    """24 towns at 5 %: six alarms or more have a chance of 1 in 1,000."""
    results = [attack(town(n=1_000, held=1_000, seed=seed), seed) for seed in range(24)]
    assert sum(result.details["p"] <= 0.05 for result in results) < 6


def test_the_order_of_training_rows_makes_no_difference(views: Tables, monkeypatch: pytest.MonkeyPatch):
    """People are sought among a part of the training rows: were they the first, a sorted table would look like a leak.

    Two per cent of the people stand far from all others, half of them on places that the synthetic table has, all of
    them, the others where it has none. Sorted, the first kind comes first. Training and held-out people are
    recognised alike: Fisher's test on ten tables is below 0.001 once in 1,000 times.
    """
    monkeypatch.setattr(exposed, "MOST_PEOPLE", 1_500)
    places = 1_000 + 100 * np.arange(2_000)

    def rows(n: int, rng: np.random.Generator) -> Rows:
        far = n // 100
        x = [rng.choice(places, far), -rng.uniform(1_000, 201_000, far), rng.random(n - 2 * far)]
        return {"x": np.sort(np.concatenate(x))[::-1]}

    counts = np.zeros(4, dtype=int)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        made = {"x": np.concatenate([places, rng.random(4_000)])}
        result = attack(views({"x": "numeric"}, rows(6_000, rng), rows(1_500, rng), made), seed)
        found = result.details["outcomes"]["recognised"]
        counts += [found[name] for name in ("hits", "people", "hits_control", "strangers")]
        assert "among 1,500 training and 1,500 held-out people" in result.sentence
    hits, people, control, strangers = counts.tolist()
    assert people + strangers == 10 * 30
    assert 0.3 < control / strangers < 0.7
    assert fisher_exact([[hits, people - hits], [control, strangers - control]]).pvalue > 0.001


def test_people_who_are_all_alike_are_never_recognised(views: Tables):
    rows = {"x": [3.0] * 1_000, "c": ["a"] * 1_000}
    result = attack(views({"x": "numeric", "c": "categorical"}, rows, rows, rows))
    found = result.details["outcomes"]
    assert [found[name]["rate"] for name in ("recognised", "singled out")] == [0.0, 0.0]
    assert [found["inferred"][name] for name in ("rate", "control")] == [1.0, 1.0]
    assert result.details["p"] > 0.05


@pytest.mark.parametrize(
    ("n", "held", "why"),
    [
        (100, 0, "no rows were held out"),
        (5, 5, "fewer than 20"),
        (400, 1_000, "one per cent of the people is fewer than 5"),
        (1_000, 400, "one per cent of the people is fewer than 5"),
    ],
)
def test_one_per_cent_of_few_people_is_nobody(n: int, held: int, why: str, town: Town):
    result = attack(town(n=n, held=held))
    assert result.value is None
    assert why in result.reason
