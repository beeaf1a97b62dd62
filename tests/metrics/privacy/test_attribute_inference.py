from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from synthgen.metrics.privacy.attack import Outcome
from synthgen.metrics.privacy.attribute_inference import MOST_COLUMNS, AttributeInference, infer_cells
from synthgen.metrics.privacy.neighbours import RankScale
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
Town = Callable[..., tuple[View, View, View]]


def attack(tables: tuple[View, View, View], seed: int = 0) -> Any:
    return AttributeInference().compute(*tables, np.random.default_rng(seed))


def test_the_cell_of_the_row_nearest_in_all_other_columns_is_believed(views: Tables):
    """The first row is nearest to Ann (31, Bonn, cook) in any two columns, the second to Bob (55, Kiel, clerk)."""
    people, _, made = views(
        {"age": "numeric", "city": "categorical", "job": "categorical"},
        {"age": [31, 55], "city": ["Bonn", "Kiel"], "job": ["cook", "clerk"]},
        {"age": [1], "city": ["Bonn"], "job": ["cook"]},
        {"age": [31, 50], "city": ["Bonn", "Kiel"], "job": ["cook", "nurse"]},
    )
    # of Bob the city is right: between 50 and 55 lies a quarter of the rows, and nurse is another job
    assert infer_cells(people, made, ["age", "city", "job"]).tolist() == [[True, True, True], [False, True, False]]


def test_the_secret_itself_is_not_looked_at(views: Tables):
    """In visits the first row is Ann's, whose age is far off; with her secret in the distance it were the second."""
    people, _, made = views(
        {"age": "numeric", "visits": "numeric"},
        {"age": [40], "visits": [10]},
        {"age": [1], "visits": [10]},
        {"age": [90, 40, *[70] * 50], "visits": [10, 11, *[20] * 50]},
    )
    assert infer_cells(people, made, ["age"]).tolist() == [[False]]


def test_it_is_what_the_slow_way_finds(town: Town):
    people, _, made = town(n=150, held=1, seed=3)
    scale, names = RankScale.learn(made), people.compared
    found = infer_cells(people, made, names)
    gaps = {
        name: np.abs(scale.ranks(name, people.quantities[name])[:, None] - scale.ranks(name, made.quantities[name]))
        if name in people.quantities
        else (people.labels[name][:, None] != made.labels[name]).astype(float)
        for name in names
    }
    for i, secret in enumerate(names):
        rest = sum(gap for name, gap in gaps.items() if name != secret)
        best = np.sort(rest, axis=1)
        clear = best[:, 1] - best[:, 0] > 1e-5  # two rows at one distance: either may be taken
        right = gaps[secret][np.arange(150), rest.argmin(axis=1)] <= (0.01 if secret in people.quantities else 0)
        assert clear.sum() > 50
        assert (found[clear, i] == right[clear]).all(), secret


@pytest.mark.parametrize(
    ("truth", "right"), [(100.0, True), (101.0, True), (99.0, True), (103.0, False), (97.0, False), (None, False)]
)
def test_a_number_is_right_within_one_per_cent_of_the_rows(truth: float | None, right: bool, views: Tables):
    """Each of 200 numbers is half a per cent of the rows; the known column leads to 100."""
    people, _, made = views(
        {"x": "numeric", "key": "categorical"},
        {"x": [truth, 1.0], "key": ["k100", "k1"]},
        {"x": [1.0], "key": ["k1"]},
        {"x": np.arange(200.0), "key": [f"k{i}" for i in range(200)]},
    )
    assert bool(infer_cells(people, made, ["x"])[0, 0]) is right


def test_a_missing_number_is_guessed_by_a_missing_one(views: Tables):
    people, _, made = views(
        {"x": "numeric", "key": "categorical"},
        {"x": [None, 2.0], "key": ["a", "a"]},
        {"x": [1.0], "key": ["a"]},
        {"x": [None, 5.0], "key": ["a", "b"]},
    )
    assert infer_cells(people, made, ["x"])[:, 0].tolist() == [True, False]


def test_guessing_is_the_commonest_label_and_the_middle_number_of_the_synthetic_table(views: Tables):
    x = np.arange(100.0)
    tables = views(
        {"x": "numeric", "c": "categorical"},
        {"x": x, "c": ["a"] * 30 + ["b"] * 70},
        {"x": x, "c": ["a"] * 100},
        {"x": x, "c": ["a"] * 60 + ["b"] * 40},
    )
    found = attack(tables).details["outcomes"]
    assert found["c"]["guess"] == 0.3  # a, though most training people are b
    assert 0.01 <= found["x"]["guess"] <= 0.03  # 50, and those next to it


def test_a_planted_leak_tells_training_peoples_cells(town: Town, leaks: dict[str, Any]):
    result = attack(town(leaks["overfitted"]))
    outcomes = result.details["outcomes"]
    best = outcomes[result.details["strongest"]]
    hits, control = best["hits"], best["hits_control"]
    p = fisher_exact([[hits, 1000 - hits], [control, 1000 - control]], alternative="greater").pvalue
    assert len(outcomes) == 6
    assert result.details["p"] == pytest.approx(6 * p)
    assert 6 * p < 1e-6
    assert result.interval == Outcome(hits, 1000, control, 1000).interval(0.05 / 6)
    assert result.interval[0] > 0
    assert best["rate"] > 2 * max(best["guess"], best["control"])
    assert best["p"] == min(one["p"] for one in outcomes.values())


def test_a_secret_of_training_people_that_nothing_else_tells_is_found_in_its_column(views: Tables):
    """Half of the training rows are kept as they are, in a world in which no column tells of another."""

    def rows(n: int, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        return {"a": rng.normal(size=n), "b": rng.normal(size=n), "ill": rng.choice(["yes", "no"], n)}

    train, holdout, made = rows(600, 0), rows(600, 1), rows(600, 2)
    made = {name: np.concatenate([made[name][:300], train[name][:300]]) for name in made}
    result = attack(views({"a": "numeric", "b": "numeric", "ill": "categorical"}, train, holdout, made))
    ill = result.details["outcomes"]["ill"]
    assert ill["control"] == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 600))
    assert ill["rate"] == pytest.approx(0.75, abs=4 * np.sqrt(0.125 / 600 + 0.001))  # half known, half a coin
    assert ill["p"] < 1e-9


def test_fresh_rows_come_out_clean(town: Town):
    """40 towns at 5 %: seven alarms or more have a chance of 1 in 290."""
    alarms = sum(attack(town(n=300, held=150, seed=seed), seed).details["p"] <= 0.05 for seed in range(40))
    assert alarms < 7


def test_columns_that_hang_together_raise_no_more_alarms(views: Tables):
    """Nine columns out of three, so secrets are learned together, and a control of sixty people.

    40 tables at 5 %: seven alarms or more have a chance of 1 in 290.
    """

    def rows(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        base = rng.normal(size=(3, n))
        return {f"x{i}": np.round(base[i % 3] + 0.1 * rng.normal(size=n), 2) for i in range(9)}

    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        tables = views({f"x{i}": "numeric" for i in range(9)}, *(rows(n, rng) for n in (150, 60, 150)))
        alarms += attack(tables, seed).details["p"] <= 0.05
    assert alarms < 7


def test_of_a_wide_table_some_columns_are_secret_and_it_is_said(views: Tables):
    names = [f"x{i}" for i in range(MOST_COLUMNS + 5)]
    rng = np.random.default_rng(0)
    tables = ({name: rng.normal(size=30) for name in names} for _ in range(3))
    result = attack(views(dict.fromkeys(names, "numeric"), *tables))
    assert len(result.details["outcomes"]) == MOST_COLUMNS
    assert f"{MOST_COLUMNS} of {MOST_COLUMNS + 5} columns" in result.sentence
    assert result.details["p"] == min(1.0, MOST_COLUMNS * min(o["p"] for o in result.details["outcomes"].values()))


def test_what_everybody_shares_tells_nothing_of_anybody(views: Tables):
    rows = {"x": [3.0] * 40, "c": ["a"] * 40}
    result = attack(views({"x": "numeric", "c": "categorical"}, rows, rows, rows))
    assert (result.value, result.details["p"]) == (0.0, 1.0)
    assert {(one["rate"], one["control"], one["guess"]) for one in result.details["outcomes"].values()} == {(1, 1, 1)}


def test_of_one_column_nothing_else_is_known(views: Tables):
    rows = {"x": list(range(30))}
    result = attack(views({"x": "numeric"}, rows, rows, rows))
    assert result.value is None
    assert "one column" in result.reason


@pytest.mark.parametrize(("n", "held", "why"), [(100, 0, "no rows were held out"), (5, 5, "fewer than 20")])
def test_too_few_people_are_no_evidence(town: Town, n: int, held: int, why: str):
    result = attack(town(n=n, held=held))
    assert result.value is None
    assert why in result.reason
