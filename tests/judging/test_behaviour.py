"""The section on behaviour: each table of events, its figures and floors; tables without times have none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.judging import SECTIONS, Sides
from synthgen.judging.behaviour import BehaviourSection, kind_of, streaming
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.schema import LinkedSchema
from synthgen.metrics.base import Group, Result
from synthgen.table.table import Table
from tests.streams import accounts_with_events


def sides_of(made: dict[str, pd.DataFrame]) -> Sides:
    learned, held = accounts_with_events(400), accounts_with_events(200, seed=1)
    tables = {name: Table.from_any(frame, name) for name, frame in learned.items()}
    schema = detect_links(tables, RunConfig())
    return Sides(_network(learned, schema), _network(held, schema), _network(made, schema), RunConfig())


def _network(frames: dict[str, pd.DataFrame], schema: LinkedSchema) -> Network:
    return Network({name: Table.from_any(frame, name).arrow for name, frame in frames.items()}, schema)


def judged(made: dict[str, pd.DataFrame]) -> dict[str, tuple[Group, Result]]:
    return {one.name: (group, one) for group, one in BehaviourSection().compute(sides_of(made), np.random.default_rng(0))}


@pytest.fixture(scope="module")
def faithful() -> dict[str, tuple[Group, Result]]:
    """Made tables of the law of the real ones."""
    return judged(accounts_with_events(400, seed=2))


def test_each_table_of_events_is_judged_and_prediction_comes_first(faithful: dict[str, tuple[Group, Result]]) -> None:
    assert {name.split(".")[0] for name in faithful} == {"events", "tickets"}
    groups = [group for group, _ in faithful.values()]
    assert groups == sorted(groups, key=lambda group: group != "utility")
    assert faithful["events.next_kind"][0] == "utility"
    assert faithful["events.next_kind"][1].details["chance"] == 0.5
    assert any(isinstance(section, BehaviourSection) for section in SECTIONS)


def test_tables_of_the_same_law_are_near_their_floors_and_shuffled_ones_are_not(
    faithful: dict[str, tuple[Group, Result]],
) -> None:
    made = accounts_with_events(400, seed=2)
    events, rng = made["events"], np.random.default_rng(0)
    made["events"] = events.assign(event=rng.permutation(events.event), at=rng.permutation(events["at"]))
    shuffled = judged(made)
    for name in ("events.gaps", "events.session_sizes", "events.successions"):
        one, other = faithful[name][1], shuffled[name][1]
        assert one.value is not None
        assert one.floor is not None
        assert other.value is not None
        assert one.value < 3 * one.floor + 0.02, name
        assert other.value > one.value + 0.05, name
    one, other = faithful["events.next_kind"][1], shuffled["events.next_kind"][1]
    assert one.value is not None
    assert one.floor is not None
    assert other.value is not None
    assert one.value > one.floor - 0.05
    assert other.value < one.value - 0.1


def test_tables_without_owners_or_times_have_no_figures() -> None:
    sides = sides_of(accounts_with_events(50))
    assert streaming(sides.train) == ["events", "tickets"]
    assert kind_of(sides.train, "events") == "event"
    schema = sides.train.schema.model_copy(deep=True)
    for table in schema.tables.values():
        table.time = None
    still = [Network(side.tables, schema) for side in (sides.train, sides.held, sides.made)]
    assert BehaviourSection().compute(Sides(still[0], still[1], still[2], RunConfig()), np.random.default_rng(0)) == []
