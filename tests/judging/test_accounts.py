"""The section on fake accounts: real people beside made ones, ties of those held out included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgen.config import RunConfig
from synthgen.judging import Sides
from synthgen.judging.accounts import AccountsSection
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.splitting import split_people
from synthgen.table.table import Table
from tests.farms import farmed
from tests.networks import network


def sides(frames: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame], share: float) -> Sides:
    tables = {name: Table.from_any(frame, name) for name, frame in frames.items()}
    schema = detect_links(tables, RunConfig())
    train, held = split_people(tables, schema, Plan.of(schema, {}), share, np.random.default_rng(0))
    new: dict[str, pa.Table] = {name: Table.from_any(frame, name).arrow for name, frame in made.items()}
    parts = [Network({name: table.arrow for name, table in one.items()}, schema) for one in (train, held)]
    whole = frozenset(name for name in tables if len(train[name]) == len(tables[name]))
    return Sides(*parts, Network(new, schema), RunConfig(), whole)


def figures(one: Sides) -> dict[str, Any]:
    return {result.name: result for _, result in AccountsSection().compute(one, np.random.default_rng(0))}


def test_another_network_of_the_same_law_teaches_what_real_people_teach() -> None:
    few = figures(sides(farmed(0), farmed(1), 0.3))
    assert "fake accounts to test on; 20 were expected" in few["detector_profile_boosting"].reason
    found = figures(sides(farmed(0, farms=4), farmed(1, farms=4), 0.5))
    for name in ("detector_profile_boosting", "detector_graph_boosting", "detector_both_graph-net"):
        assert found[name].value > 0.9
        assert found[name].floor > 0.9
        assert "held-out people" in found[name].sentence
    assert found["unseen_campaigns"].value > 0.8
    assert found["account_shortcut"].value < 0.2


def test_labels_that_say_nothing_are_worth_nothing() -> None:
    made = farmed(1, farms=4)
    made["users"]["is_bot"] = np.random.default_rng(0).permutation(made["users"].is_bot)
    found = figures(sides(farmed(0, farms=4), made, 0.5))
    one = found["detector_both_boosting"]
    assert one.floor > 0.9
    assert one.value < one.floor - 0.3


def test_users_who_own_nothing_but_ties_are_parted_by_label() -> None:
    real, made = ({name: frames[name] for name in ("users", "follows")} for frames in (farmed(0, 6), farmed(1, 6)))
    found = figures(sides(real, made, 0.3))
    assert found["detector_both_boosting"].value > 0.9
    assert "people whose labels the detectors did not see" in found["detector_both_boosting"].sentence


def test_it_does_not_apply_where_nobody_is_called_fake() -> None:
    assert not figures(sides(network(0), network(1), 0.3))
