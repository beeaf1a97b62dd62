"""The section on ties sees the graph that the tables hold, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.judging import Sides
from synthgen.judging.ties import TiesSection
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.metrics.base import Result
from synthgen.table.table import Table
from tests.graphs.planted import planted


def tied(seed: int, back: float | None = None) -> dict[str, pd.DataFrame]:
    """People in three communities, of one side each; who is older has more friends."""
    graph, block_N = planted(240, 3, 0.2, 0.02, back=back, seed=seed)
    rng = np.random.default_rng(seed)
    side = np.where(rng.random(240) < 0.9, np.array(["a", "b", "c"])[block_N], "a")
    users = pd.DataFrame({"user_id": range(240), "side": side, "age": graph.out_N + rng.integers(18, 40, 240)})
    return {"users": users, "follows": pd.DataFrame({"follower_id": graph.from_M, "followed_id": graph.to_M})}


def network(frames: dict[str, pd.DataFrame]) -> Network:
    tables = {name: Table.from_any(frame, name) for name, frame in frames.items()}
    schema = detect_links(tables, RunConfig())
    return Network({name: table.arrow for name, table in tables.items()}, schema)


def figures(real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]) -> dict[str, Result]:
    sides = Sides(network(real), network(real), network(made), RunConfig())
    return {result.name: result for _, result in TiesSection().compute(sides, np.random.default_rng(0))}


@pytest.mark.parametrize("back", [None, 0.5])
def test_a_network_of_the_same_law_is_near_and_one_at_random_is_not(back: float | None) -> None:
    real = tied(0, back)
    near = figures(real, tied(1, back))
    mixed = tied(1, back)
    mixed["follows"]["followed_id"] = np.random.default_rng(0).permutation(mixed["follows"]["followed_id"])
    mixed["follows"] = mixed["follows"][mixed["follows"].follower_id != mixed["follows"].followed_id].drop_duplicates()
    far = figures(real, mixed)
    bounds = {"label_assortativity": 0.15, "community_mixing": 0.06, "clustering_by_degree": 0.04}
    for name, bound in bounds.items():  # of two draws of the law the label's differ most: standard error 0.04
        assert float(near[name].value or 0) < bound < float(far[name].value or 0), name
    assert near["degree_by_column"].value == pytest.approx(0, abs=0.15)  # standard error 0.05 each
    assert (near["reciprocity"].value is None) == (back is None)
    assert near["loops"].value == near["doubles"].value == 0


def test_loops_and_doubles_are_counted() -> None:
    real = tied(0)
    worse = tied(1)
    loops = pd.DataFrame({"follower_id": [3, 4, 5], "followed_id": [3, 4, 5]})
    worse["follows"] = pd.concat([worse["follows"], worse["follows"].iloc[:2], loops], ignore_index=True)
    made = network(tied(1))
    made = replace(made, tables={name: Table.from_any(frame, name).arrow for name, frame in worse.items()})
    sides = Sides(network(real), network(real), made, RunConfig())
    found = {result.name: result.value for _, result in TiesSection().compute(sides, np.random.default_rng(0))}
    assert found["loops"] == 3
    assert found["doubles"] == 2


def test_without_ties_there_is_no_section() -> None:
    users = {"users": tied(0)["users"]}
    assert figures(users, users) == {}
