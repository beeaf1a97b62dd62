"""Metrics of linked tables: hand-worked numbers, planted faults, what every one of them promises."""

from __future__ import annotations

import json

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.linked import LINKED_METRICS, LinkedMetric, LinkedView, compare_linked
from synthgen.metrics.linked.base import plain_view
from synthgen.metrics.linked.likeness import icc
from tests.metrics.linked.planted import SHARE, dealt_anew, planted

Compared = dict[str, Result]


def compared(train: LinkedView, held: LinkedView, made: LinkedView) -> Compared:
    return {result.name: result for result in compare_linked(train, held, made, 0)}


@pytest.fixture(scope="module")
def train() -> LinkedView:
    return planted(0)


@pytest.fixture(scope="module")
def held() -> LinkedView:
    return planted(1)


@pytest.fixture(scope="module")
def good(train: LinkedView, held: LinkedView) -> Compared:
    return compared(train, held, planted(2))


@pytest.fixture(scope="module")
def dealt(train: LinkedView, held: LinkedView) -> Compared:
    return compared(train, held, dealt_anew(planted(2), 3))


def small(counts: list[int], days: list[float]) -> LinkedView:
    """Three owners, a label and the days of their rows, and what each row chose."""
    owner = np.repeat(np.arange(len(counts)), counts)
    n = len(owner)
    child = plain_view(n, {"day": np.array(days)}, {"kind": np.arange(n, dtype=np.int32) % 2}, {"kind": 3})
    parent = plain_view(len(counts), {"age": np.array([20.0, 30.0, 40.0])}, {}, {})
    return LinkedView.of(parent, child, owner, {"film": np.zeros(n, int)}, "day")


def test_rows_are_put_in_order_and_those_without_owner_left_out() -> None:
    child = plain_view(4, {"day": np.array([5.0, 3.0, np.nan, 1.0])}, {}, {})
    parent = plain_view(2, {}, {}, {})
    view = LinkedView.of(parent, child, np.array([1, 0, 1, -1]), None, "day")
    assert view.owner_N.tolist() == [0, 1, 1]
    assert view.rows.quantities["day"][:2].tolist() == [3.0, 5.0]
    assert view.first_N.tolist() == [True, True, False]


def test_summaries_by_hand() -> None:
    view = small([2, 0, 3], [0.0, 1.5, 7.0, 8.0, 9.0])
    found = view.summaries({"kind": np.array([1]), "weekday": np.array([0])}).quantities
    assert found["mean of day"].tolist()[::2] == [0.75, 8.0]
    assert np.isnan(found["mean of day"][1])
    assert found["spread of day"][2] == 1.0
    assert found["share of kind 1"].tolist()[::2] == [0.5, pytest.approx(1 / 3)]
    assert found["share of weekday 0"].tolist()[::2] == [0.5, pytest.approx(1 / 3)]
    assert found["different kind"].tolist()[::2] == [1.0, pytest.approx(2 / 3)]
    assert found["different film"].tolist()[::2] == [0.5, pytest.approx(1 / 3)]
    assert found["owner: rows of the owner"].tolist() == [2, 0, 3]
    assert view.rows.quantities["hour"].tolist() == [0, 12, 0, 0, 0]
    assert view.rows.quantities["since the row before"][1] == pytest.approx(np.log1p(36))
    assert np.isnan(view.rows.quantities["since the row before"][2])


def test_rows_stand_beside_their_owner_and_the_row_before() -> None:
    view = small([2, 0, 3], [0.0, 1.5, 7.0, 8.0, 9.0])
    assert view.joined.quantities["owner: age"].tolist() == [20, 20, 40, 40, 40]
    assert view.joined.quantities["owner: rows of the owner"].tolist() == [2, 2, 3, 3, 3]
    assert view.followed.quantities["before: day"].tolist() == [0.0, 7.0, 8.0]
    assert view.followed.quantities["day"].tolist() == [1.5, 8.0, 9.0]


def test_counts_by_hand() -> None:
    one, other = small([2, 0, 3], [0.0, 1, 2, 3, 4]), small([1, 1, 3], [0.0, 1, 2, 3, 4])
    found = compared(one, one, other)
    assert found["children_counts"].value == pytest.approx(1 / 3)
    assert found["childless"].value == pytest.approx(1 / 3)
    assert found["childless"].floor == 0
    assert found["unevenness"].value == pytest.approx(0.4 - 4 / 15)
    assert found["pair_cardinality"].value == pytest.approx(2 / 3)  # of the pairs 2 and 3 rows; 1, 1 and 3


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_likeness_of_a_known_law(share: float) -> None:
    rng = np.random.default_rng(1)
    owner = np.repeat(np.arange(3_000), rng.integers(1, 9, 3_000))
    value = rng.normal(0, np.sqrt(share), 3_000)[owner] + rng.normal(0, np.sqrt(1 - share), len(owner))
    assert icc(owner, value) == pytest.approx(share, abs=0.03)


def test_likeness_that_is_not_defined() -> None:
    assert np.isnan(icc(np.arange(4), np.arange(4.0)))
    assert np.isnan(icc(np.zeros(0, int), np.zeros(0)))


def test_planted_likeness_is_found(train: LinkedView) -> None:
    assert icc(train.owner_N, train.rows.quantities["score"]) == pytest.approx(SHARE, abs=0.12)


def test_another_draw_of_the_same_law_is_at_the_floor(good: Compared) -> None:
    for name in ("children_counts", "childless", "unevenness", "parent_child", "parent_summary", "siblings"):
        value, floor = good[name].value, good[name].floor
        assert value is not None
        assert floor is not None
        assert value < 2.5 * floor + 0.03, name
    for name in ("joined_detector", "summary_detector"):
        assert good[name].value == pytest.approx(0.5, abs=0.09)  # 3.6 standard errors: one law in 3,000 fails
        assert good[name].floor == pytest.approx(0.5, abs=0.09)


def test_children_dealt_anew_are_caught(good: Compared, dealt: Compared) -> None:
    for name, least in (("parent_child", 0.02), ("parent_summary", 0.02), ("owner_likeness", 0.08), ("siblings", 0.02)):
        assert dealt[name].value > good[name].value + least, name  # type: ignore[operator]
    worst = {(pair["first"], pair["second"]): pair["error"] for pair in dealt["parent_child"].details["pairs"]}
    assert set(list(worst)[:2]) == {("owner: plan", "kind"), ("owner: age", "score")}
    assert worst["owner: plan", "kind"] > 0.25
    assert dealt["joined_detector"].value > 0.65  # type: ignore[operator]
    assert dealt["summary_detector"].value > 0.75  # type: ignore[operator]
    assert dealt["children_counts"].value == good["children_counts"].value


def test_wrong_counts_are_caught(train: LinkedView, held: LinkedView, good: Compared) -> None:
    rng = np.random.default_rng(5)
    even = planted(2)
    owner = np.sort(rng.integers(0, even.parent.n_rows, len(even.owner_N)))
    made = LinkedView.of(even.parent, even.child, owner, even.others, even.time)
    found = compared(train, held, made)
    assert found["children_counts"].value > 2 * good["children_counts"].value  # type: ignore[operator]
    assert found["unevenness"].value > 0.1  # type: ignore[operator]
    assert found["summary_detector"].value > 0.8  # type: ignore[operator]


@pytest.mark.parametrize("metric", LINKED_METRICS, ids=lambda metric: metric.name)
def test_every_metric_keeps_the_contract(metric: LinkedMetric) -> None:
    train, held, made = (planted(seed, owners=90) for seed in range(3))
    first, again = (metric.compute(train, held, made, np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert (first.name, first.title, first.direction) == (metric.name, metric.title, metric.direction)
    assert first.value is not None
    assert first.floor is not None
    json.dumps(first.to_json(), allow_nan=False)
    if metric.direction == "lower":
        assert metric.compute(train, held, train, np.random.default_rng(7)).value == 0


@pytest.mark.parametrize("metric", LINKED_METRICS, ids=lambda metric: metric.name)
def test_nothing_to_compare_is_a_reason(metric: LinkedMetric, train: LinkedView) -> None:
    bare = LinkedView.of(plain_view(0, {}, {}, {}), plain_view(0, {}, {}, {}), np.zeros(0, int))
    found = metric.compute(bare, bare, bare, np.random.default_rng(0))
    assert found.value is None
    assert found.reason


def test_names_are_different() -> None:
    assert len({metric.name for metric in LINKED_METRICS}) == len(LINKED_METRICS)
