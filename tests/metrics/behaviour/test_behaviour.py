"""Metrics of behaviour: hand-worked figures; the same law is near its floor, another one is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.behaviour import BEHAVIOUR_METRICS, PREDICTIONS, BehaviourMetric, Streams, judge_streams
from synthgen.metrics.behaviour import laws as take
from tests.metrics.behaviour.planted import KINDS, planted


def stream(*times: int, kinds: str = "") -> Streams:
    kind_E = np.array([KINDS.index(kind) for kind in kinds]) if kinds else None
    return Streams.of(np.zeros(len(times), np.int64), np.array(times), kind_E, 1, KINDS)


def test_burstiness_by_hand() -> None:
    """Equal gaps are -1; of gaps 1, 1, 1, 1, 11 the spread is 4 and the mean 3, of six events."""
    assert take.burstiness(stream(*range(0, 50, 10))).tolist() == [-1.0]
    root, less, ratio = 7**0.5, 5**0.5, 4 / 3
    expected = (root * ratio - less) / ((root - 2) * ratio + less)
    assert take.burstiness(stream(0, 1, 2, 3, 4, 15))[0] == pytest.approx(expected)
    assert not len(take.burstiness(stream(0, 5, 9)))


def test_events_at_random_are_not_bursty_however_few() -> None:
    """Mean over 400 owners of 12 events each; three standard errors are 0.03."""
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.exponential(1e6, (400, 12)), 1).astype(np.int64)
    found = take.burstiness(Streams.of(np.repeat(np.arange(400), 12), times.ravel()))
    assert abs(found.mean()) < 0.05


def test_memory_by_hand() -> None:
    """Short and long gaps in turn: each is followed by its opposite."""
    assert take.memory(stream(0, 1, 101, 102, 202, 203, 303)).tolist() == pytest.approx([-1.0])


def test_sessions_and_hours_by_hand() -> None:
    two = stream(0, 60, 3_600, 90_000)
    assert np.exp(take.session_sizes(two)) == pytest.approx([2, 1, 1])
    assert np.exp(take.sessions_each(two)) == pytest.approx([3])
    assert np.expm1(take.session_lengths(two)) == pytest.approx([60])
    assert np.flatnonzero(take.hours(two)).tolist() == [0, 1, 25]
    assert take.own_hours(stream(0, 86_400, 2 * 86_400)).tolist() == [1.0]
    assert take.own_hours(stream(0, 8 * 3_600, 16 * 3_600)) == pytest.approx([0.0], abs=1e-9)
    assert np.expm1(take.spans(two)) == pytest.approx([90_000])


def test_repeats_and_successions_by_hand() -> None:
    many = stream(*range(25), kinds="aabca" * 5)
    assert take.repeats(many) == pytest.approx([9 / 24, 9 / 24, 22 / 24, 22 / 24])
    assert take.successions(many).tolist() == [9, 5, 0, 0, 0, 5, 5, 0, 0]


@pytest.mark.parametrize("metric", BEHAVIOUR_METRICS, ids=lambda metric: metric.name)
def test_each_metric_knows_the_same_from_another(metric: BehaviourMetric) -> None:
    real, same = planted(), planted(seed=1)
    itself = metric.compute(real, real, same, np.random.default_rng(0))
    assert itself.value == 0.0
    assert itself.floor is not None
    assert 0 < itself.floor < 0.3
    other = _spoiled(metric.name, same)
    far = metric.compute(real, other, same, np.random.default_rng(0))
    assert far.value is not None
    assert far.value > 2 * itself.floor, (far.value, itself.floor)


def _spoiled(name: str, streams: Streams) -> Streams:
    """What the metric should see."""
    rng = np.random.default_rng(5)
    if name in ("repeats", "successions"):
        return replace(streams, kind_E=rng.permutation(streams.kind_E))
    if name == "hour_of_week":
        return replace(streams, time_E=streams.time_E + 7 * 3_600)
    if name == "events_each":
        return Streams.of(streams.owner_E // 2, streams.time_E, streams.kind_E, streams.n_owners, KINDS)
    if name == "endings":
        return replace(streams, time_E=streams.time_E + 20 * 86_400)
    if name == "spans":
        return Streams.of(streams.owner_E, streams.time_E // 50, streams.kind_E, streams.n_owners, KINDS)
    low, high = int(streams.time_E.min()), int(streams.time_E.max())
    time_E = rng.integers(low, high, len(streams))
    return Streams.of(streams.owner_E, time_E, streams.kind_E, streams.n_owners, KINDS)


def test_too_few_events_are_no_figure() -> None:
    for metric in BEHAVIOUR_METRICS:
        found = metric.compute(stream(0, 5), stream(0, 7), None, np.random.default_rng(0))
        assert found.value is None or metric.name == "events_each", metric.name
        assert bool(found.reason) == (found.value is None)


@pytest.fixture(scope="module")
def judged() -> dict[str, dict[str, Result]]:
    """Predictors taught by people of the same law, and by people whose kinds and times are at random."""
    real, held, same = planted(900), planted(400, seed=1), planted(900, seed=2)
    rng = np.random.default_rng(3)
    order = rng.permutation(len(same))
    spoiled = Streams.of(same.owner_E, same.time_E[order], rng.permutation(same.kind_E), same.n_owners, KINDS)
    sides = {"same": same, "spoiled": spoiled}
    return {
        name: {task.name: task.compute(real, held, made, np.random.default_rng(0)) for task in PREDICTIONS}
        for name, made in sides.items()
    }


@pytest.mark.parametrize("task", [task.name for task in PREDICTIONS])
def test_predictors_learn_from_people_of_the_same_law_as_from_real_ones(
    judged: dict[str, dict[str, Result]], task: str
) -> None:
    same, spoiled = judged["same"][task], judged["spoiled"][task]
    assert same.value is not None
    assert same.floor is not None
    assert spoiled.value is not None
    assert same.floor > 0.6
    assert abs(same.value - same.floor) < 0.04
    assert spoiled.value < same.value - 0.08


def test_all_figures_come_with_their_floors() -> None:
    found = judge_streams(planted(300), planted(120, seed=1), planted(200, seed=2), np.random.default_rng(0))
    assert {one.name for one in found} == {m.name for m in BEHAVIOUR_METRICS} | {t.name for t in PREDICTIONS}
    assert all(one.floor is not None for one in found if one.value is not None)
    assert sum(one.value is not None for one in found) >= 14
