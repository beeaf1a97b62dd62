"""What figures of sections add up to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.judging import SECTIONS, Judgement, Sides, judge_tables
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.splitting import split_people
from synthgen.metrics.base import Group, Result
from synthgen.reporting.metrics_file import check_metrics
from synthgen.seeding import numpy_stream
from synthgen.synthesizers.linked import joined_tables
from synthgen.table.table import Table
from tests.networks import network


@pytest.fixture(scope="module")
def sides() -> Sides:
    """Learned, held out, and, in place of made tables, a network of the same law."""
    config = RunConfig()
    tables, other = ({name: Table.from_any(frame, name) for name, frame in network(seed).items()} for seed in (0, 1))
    schema = detect_links(tables, config)
    train, held = split_people(tables, schema, Plan.of(schema, {}), 0.3, numpy_stream(0, "split"))
    whole = frozenset(name for name in tables if len(train[name]) == len(tables[name]))
    learned, unseen, made = (
        Network({name: table.arrow for name, table in one.items()}, schema) for one in (train, held, other)
    )
    return Sides(learned, unseen, made, config, whole)


def judged(sides: Sides, *figures: tuple[Group, Result]) -> Judgement:
    return Judgement(sides, {}, {"Some": figures})


def test_a_file_of_all_figures_can_be_written(sides: Sides) -> None:
    tables = judge_tables(sides, {name: Table.from_any(frame, name).origin for name, frame in network().items()})
    assert set(tables) >= {"users", "posts"}
    assert not set(tables) & sides.whole
    found = Judgement(sides, tables, {"Ties": [("fidelity", Result("degree", "Degree", 0.01, "lower", floor=0.01))]})
    check_metrics(found.to_json())
    assert "posts.kind" in {column["name"] for column in found.to_json()["columns"]}
    assert any(line["name"] == "Ties: Degree" for line in found.figures(()))


@pytest.mark.parametrize(
    ("value", "floor", "state"),
    [(0.05, 0.03, "pass"), (0.09, 0.03, "attention")],
)
def test_a_figure_far_from_its_floor_calls_for_a_look(sides: Sides, value: float, floor: float, state: str) -> None:
    verdict = judged(sides, ("fidelity", Result("gini", "Gini", value, "lower", floor=floor))).verdicts[0]
    assert verdict.state == state


@pytest.mark.parametrize(
    ("value", "floor", "chance", "state"),
    [(0.36, 0.37, 0.0, "pass"), (0.31, 0.37, 0.0, "attention"), (0.60, 0.80, 0.5, "fail"), (0.5, 0.51, 0.5, "unknown")],
)
def test_work_is_measured_above_guessing(sides: Sides, value: float, floor: float, chance: float, state: str) -> None:
    found = Result("ndcg", "NDCG", value, "higher", floor=floor, unit="score", details={"chance": chance})
    assert judged(sides, ("utility", found)).verdicts[1].state == state


@pytest.mark.parametrize(("p", "state"), [(0.4, "pass"), (1e-6, "fail")])
def test_an_attack_that_succeeds_fails_the_whole(sides: Sides, p: float, state: str) -> None:
    found = Result("sets", "Linking by items", 0.2, "lower", floor=0.01, details={"p": p})
    assert judged(sides, ("privacy", found)).verdicts[2].state == state


def test_without_people_held_out_nothing_is_promised(sides: Sides) -> None:
    assert [verdict.state for verdict in judged(sides).verdicts] == ["unknown", "unknown", "unknown"]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_sections_give_figures_that_a_file_can_hold(sides: Sides, section: object) -> None:
    found = section.compute(sides, np.random.default_rng(0))  # type: ignore[attr-defined]
    again = section.compute(sides, np.random.default_rng(0))  # type: ignore[attr-defined]
    assert [result.to_json() for _, result in found] == [result.to_json() for _, result in again]
    check_metrics(judged(sides, *found).to_json())
    assert len({result.name for _, result in found}) == len(found)


def test_times_are_counted_from_one_day_on_all_sides() -> None:
    rng = np.random.default_rng(0)
    at = pd.Timestamp("2024-01-04") + pd.to_timedelta(np.sort(rng.integers(0, 86 * 86_400, 300)), unit="s")
    events = pd.DataFrame({"user_id": rng.integers(0, 40, 300), "kind": rng.choice(["a", "b"], 300)})
    events["at"] = at.astype(str)
    schema = detect_links({"events": Table.from_any(events, "events")}, RunConfig())

    def first_days(some: pd.DataFrame, epochs: dict[str, int]) -> set[str]:
        table, _ = joined_tables({"events": Table.from_any(some, "events")}, RunConfig(), schema, epochs)["events"]
        rows = table.select(["events: rows so far", "events: weekday of at"]).to_pylist()
        return {row["events: weekday of at"] for row in rows if row["events: rows so far"] == 0}

    late = events[events["at"] >= "2024-01-20"]
    monday = {"events": 1_704_067_200}  # 2024-01-01
    assert first_days(events, monday) == first_days(late, monday) == {"Mon"}
    assert first_days(events, {}) != first_days(late, {})
