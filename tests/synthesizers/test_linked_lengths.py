"""Sequences of any length: none, one, and more than are put together at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import synthgen
from synthgen.synthesizers.linked_growing import STEPS, Made
from synthgen.synthesizers.linked_making import Making

LENGTHS = [0, STEPS + 44, 1, 0, 7]


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    """Half of the people do nothing, some do much; a thing is done some hours after the one before."""
    rng = np.random.default_rng(0)
    many_O = np.where(rng.random(120) < 0.5, 0, rng.geometric(0.1, 120))
    many_O[7] = 400
    owner_N = np.repeat(np.arange(120), many_O)
    second_N = np.concatenate([np.cumsum(rng.integers(600, 40_000, many)) for many in many_O])
    people = pd.DataFrame({"user_id": range(120), "plan": np.where(many_O > 0, "pro", "free")})
    events = pd.DataFrame({"user_id": owner_N, "at": pd.to_datetime(second_N, unit="s").astype(str)})
    events["kind"] = rng.choice(["a", "b"], len(events))
    few = {"max_steps": 60, "width": 32, "blocks": 1}
    return synthgen.Synthesizer(training=few, random_state=0).fit({"users": people, "events": events})


def test_each_owner_gets_as_many_rows_as_its_own_number_says_and_they_follow_in_time(
    model: synthgen.Synthesizer,
) -> None:
    making = Making(model.linked_, 1.0, {}, 0, None)
    plan = pa.array(["pro"] * len(LENGTHS))
    making.made["users"] = Made(len(LENGTHS), {"users: rows of events by user_id": pa.array(LENGTHS), "plan": plan})
    making._grow("events", 1)
    made = making.made["events"]
    assert made.second_N is not None
    assert np.bincount(made.owner_N, minlength=len(LENGTHS)).tolist() == LENGTHS
    assert (np.diff(made.owner_N) >= 0).all()
    assert (np.diff(made.second_N)[np.diff(made.owner_N) == 0] >= 0).all()
    assert {len(column) for column in made.columns.values()} == {sum(LENGTHS)}
    assert not [name for name in made.columns if "so far" in name], "what is known of a row is not kept"


def test_those_who_did_nothing_do_nothing(model: synthgen.Synthesizer) -> None:
    made = model.sample(scale=0.3, random_state=1)
    many = made["users"].user_id.map(made["events"].user_id.value_counts()).fillna(0)
    assert (many[made["users"].plan == "free"] == 0).mean() > 0.7
    assert (many[made["users"].plan == "pro"] > 0).mean() > 0.7
