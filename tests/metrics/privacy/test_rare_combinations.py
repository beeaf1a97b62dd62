from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from synthgen.metrics.privacy.attack import Outcome
from synthgen.metrics.privacy.rare_combinations import MOST_SETS, RareCombinations
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]
Town = Callable[..., tuple[View, View, View]]
TWO = {"c": "categorical", "d": "categorical"}


def attack(tables: tuple[View, View, View], seed: int = 0) -> Any:
    return RareCombinations().compute(*tables, np.random.default_rng(seed))


def pairs(*counts: tuple[str, int]) -> dict[str, list[str]]:
    """``("a1", 10)``: ten rows of a and 1."""
    return {name: [pair[i] for pair, n in counts for _ in range(n)] for i, name in enumerate("cd")}


def test_the_rarest_combination_of_each_is_looked_for(views: Tables):
    tables = views(
        TWO,
        pairs(("a1", 30), ("b2", 30), ("a2", 3), ("b3", 2)),
        pairs(("a1", 30), ("b2", 30), ("a2", 1), ("b1", 2), ("c3", 5)),
        pairs(("a1", 30), ("b2", 30), ("a2", 1), ("c3", 1)),
    )
    result = attack(tables)
    (found,) = result.details["outcomes"].values()  # two columns have no set of three
    # a2 is held by 4 real people and stands in the synthetic table, b3 and b1 by 2 each and do not, c3 is held by 5
    assert (found["hits"], found["people"], found["hits_control"], found["strangers"]) == (3, 5, 1, 3)
    assert result.value == pytest.approx(3 / 5 - 1 / 3)
    assert result.interval == Outcome(3, 5, 1, 3).interval()
    assert result.details["p"] == pytest.approx(fisher_exact([[3, 2], [1, 2]], alternative="greater").pvalue)


def test_of_a_persons_rare_combinations_the_rarest_counts(views: Tables):
    """Of the person p, q, r the pairs (p, q) and (q, r) are held by three, (p, r) by nobody else."""

    def table(*rows: str) -> dict[str, list[str]]:
        return {name: [row[i] for row in ("kkk",) * 40 + rows] for i, name in enumerate("xyz")}

    kinds, train = dict.fromkeys("xyz", "categorical"), table("pqr", "pqk", "pqk", "kqr", "kqr")
    for made, hits in (("pqs", 0), ("sqr", 0), ("psr", 1)):
        outcomes = attack(views(kinds, train, table(), table(made))).details["outcomes"]
        assert (outcomes["2 columns"]["hits"], outcomes["2 columns"]["people"]) == (hits, 5)
        assert outcomes["3 columns"]["hits"] == 0


def test_numbers_are_taken_in_tenths_of_the_real_rows(views: Tables):
    """100 numbers from 1 to 100 in ten bins of ten: 15 and 18 are alike, 15 and 25 are not."""
    numbers, letters = [float(i) for i in range(1, 101)], ["a"] * 100
    train = {"x": [*numbers, 15.0], "c": [*letters, "b"]}
    holdout = {"x": numbers, "c": letters}
    for made, hits in ((18.0, 1), (25.0, 0)):
        result = attack(
            views({"x": "numeric", "c": "categorical"}, train, holdout, {"x": [*numbers, made], "c": [*letters, "b"]})
        )
        assert result.details["outcomes"]["2 columns"]["hits"] == hits


@pytest.mark.parametrize(("columns", "sets"), [(6, 15 + 20), (10, 45 + MOST_SETS), (14, 2 * MOST_SETS)])
def test_every_pair_of_columns_may_be_looked_at(columns: int, sets: int, views: Tables):
    """Only the last two columns together are rare. Of 14 columns any pair has a chance of 50 in 91.

    That 12 draws all hold it, or none does, has a chance of 1 in 1,000.
    """
    rows = {f"x{i:02}": ["k"] * 100 for i in range(columns)}
    *_, c, d = rows
    common = rows | {c: ["a", "b"] * 50, d: ["a", "b"] * 50}
    one = common | {d: ["b", *common[d][1:]]}  # a with b
    results = [attack(views(dict.fromkeys(rows, "categorical"), one, common, one), seed) for seed in range(12)]
    found = [result.details.get("outcomes", {}).get("2 columns", {}).get("hits", 0) for result in results]
    if columns <= 10:
        assert found == [1] * 12
    else:
        assert 0 < sum(found) < 12
    assert all(f"{sets} sets of columns" in result.sentence for result in results if result.value is not None)


def test_a_planted_leak_shows_training_peoples_combinations(views: Tables):
    """Pairs of eighty values each: nearly all are rare, and a fifth of the training people's come out."""

    def rows(n: int, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        return {name: [f"{name}{i}" for i in rng.integers(80, size=n)] for name in "cd"}

    train, holdout, fresh = rows(600, 0), rows(300, 1), rows(600, 2)
    leaked = {name: train[name][:120] + fresh[name][120:] for name in "cd"}
    result = attack(views(TWO, train, holdout, leaked))
    (found,) = result.details["outcomes"].values()
    assert result.details["p"] < 1e-6
    assert result.interval[0] > 0
    assert found["people"] > 590
    spread = np.sqrt(0.25 / 600 + 0.25 / 300)
    assert found["rate"] == pytest.approx(0.2 + 0.8 * found["control"], abs=4 * spread)
    clean = attack(views(TWO, train, holdout, fresh))
    assert clean.details["p"] > 0.05
    assert clean.interval[0] < 0 < clean.interval[1]


def test_fresh_rows_come_out_clean(town: Town):
    """40 towns at 5 %: seven alarms or more have a chance of 1 in 290."""
    alarms = sum(attack(town(n=300, held=150, seed=seed), seed).details["p"] <= 0.05 for seed in range(40))
    assert alarms < 7


def test_where_every_combination_is_common_nothing_is_rare(views: Tables):
    rows = {"c": ["a"] * 40, "d": ["1"] * 40}
    result = attack(views(TWO, rows, rows, rows))
    assert result.value is None
    assert "fewer than 5 real rows" in result.reason


def test_one_column_has_no_combinations(views: Tables):
    rows = {"x": [str(i) for i in range(40)]}
    result = attack(views({"x": "categorical"}, rows, rows, rows))
    assert result.value is None
    assert "no combination" in result.reason


@pytest.mark.parametrize(("n", "held", "why"), [(100, 0, "no rows were held out"), (5, 5, "fewer than 20")])
def test_too_few_people_have_no_crowd_to_be_rare_in(town: Town, n: int, held: int, why: str):
    result = attack(town(n=n, held=held))
    assert result.value is None
    assert why in result.reason
