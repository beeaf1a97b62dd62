"""Networks that learn from real rows under a budget, with a private table's codec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from synthgen.config import RunConfig
from synthgen.detecting import schema_of
from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.storage import writing
from synthgen.synthesizers.any_order import AnyOrderGan
from synthgen.synthesizers.base import Job
from synthgen.synthesizers.one_shot import OneShot
from synthgen.synthesizers.private import stand_in
from synthgen.synthesizers.private_learning import FEWEST_STEPS, RealRows, learn_one_shot, tune
from synthgen.synthesizers.synthesizer import Synthesizer, load
from synthgen.table.table import Table
from synthgen.training.private import private_plan
from synthgen.training.progress import Silent
from tests.made import accounts

SMALL = {"width": 16, "blocks": 1, "max_steps": 20, "evaluate_every": 10}


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.training.private.STEPS", 5)
    monkeypatch.setattr("synthgen.synthesizers.private_learning.STEPS", 5)
    monkeypatch.setattr("synthgen.synthesizers.private_learning.GAME_STEPS", 5)


def job_of(table: Table, **settings: Any) -> Job:
    config = RunConfig.model_validate({"seed": 0, "training": settings})
    return Job(table, schema_of(table, config, None), config, torch.device("cpu"), Silent())


def rows_of(epsilon: float = 5.0, seed: int = 1) -> RealRows:
    frame = accounts(500, seed=seed)
    return RealRows(Table.from_any(frame).arrow, Budget(epsilon, 1e-4, noise=Noise(seed=0)), 500.0)


def test_a_fitted_generator_is_tuned_and_the_ledger_says_so() -> None:
    job, model = job_of(Table.from_any(accounts(400, seed=2)), **SMALL), AnyOrderGan()
    model.fit(job)
    before, rows = model.weights(), rows_of()
    facts = tune(model, rows, model.codec.encode(job.table.arrow, seed=0), job)
    after = model.weights()
    assert not np.array_equal(before["embed"], after["embed"])
    (entry,) = rows.budget.ledger.entries
    assert (entry.noise, entry.rate, entry.times) == tuple(
        facts["private"][name] for name in ("noise", "rate", "steps")
    )
    assert rows.budget.ledger.epsilon_spent() == pytest.approx(5.0, rel=0.01)
    assert sum(len(chunk) for chunk in model.chunks(50, seed=3)) == 50


def test_as_many_steps_are_taken_as_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.synthesizers.private_learning.STEPS", 400)
    small = {name: size for name, size in SMALL.items() if name != "max_steps"}
    job, model = job_of(Table.from_any(accounts(400, seed=2)), **SMALL), AnyOrderGan()
    model.fit(job)
    unbound = job_of(job.table, **small, max_steps=400)
    tokens = model.codec.encode(job.table.arrow, seed=0)
    rows = rows_of()
    facts = tune(model, rows, tokens, unbound, seconds=0.0)
    assert facts["private"]["steps"] == rows.budget.ledger.entries[0].times == FEWEST_STEPS
    assert tune(model, rows_of(), tokens, job)["private"]["steps"] == SMALL["max_steps"]


@pytest.mark.parametrize(
    ("rows", "settings", "expected"),
    [
        (2_000, {}, "both"),
        (150, {}, "marginals"),
        (2_000, {"minutes": 1.0}, "marginals"),
        (2_000, {"training": {"max_steps": 50}}, "marginals"),
        (2_000, {"model": {"name": "independent"}}, "marginals"),
        (2_000, {"privacy": {"method": "sgd"}}, "sgd"),
    ],
)
def test_gradients_are_taken_where_they_are_worth_it(rows: int, settings: dict[str, Any], expected: str) -> None:
    """At epsilon 5 a normal law of mean about .9 may be spent, half of half of that on gradients: 150 rows are few."""
    privacy = {"epsilon": 5.0, "delta": 1e-4, "noise_seed": 0} | settings.pop("privacy", {})
    config = RunConfig.model_validate({**settings, "privacy": privacy})
    made = stand_in(Table.from_any(accounts(rows)), None, config, Silent())
    assert made.method == made.facts()["method"] == expected
    assert (made.rows is not None) == (expected != "marginals")


def test_a_one_shot_generator_learns_from_a_private_critic() -> None:
    job, model, rows = job_of(Table.from_any(accounts(400, seed=2)), width=16, blocks=1), OneShot(), rows_of()
    account = learn_one_shot(model, rows, job)
    assert account.training["private"]["steps"] == rows.budget.ledger.entries[0].times
    drawn = pa.concat_tables(list(model.chunks(40, seed=0)))
    again = OneShot()
    again.codec = model.codec
    again.read_weights(model.weights(), account.training, "cpu")
    assert drawn.equals(pa.concat_tables(list(again.chunks(40, seed=0))))


@pytest.mark.parametrize("method", ["both", "sgd"])
def test_a_table_is_learned_with_gradients_from_start_to_end(method: str, tmp_path: Path) -> None:
    frame = accounts(300, seed=1)
    frame["owner"] = np.arange(300) // 2
    asked = {"noise_seed": 0, "method": method, "rows_per_unit": 2}
    made = Synthesizer(epsilon=8.0, delta=1e-4, privacy=asked, unit="owner", training=SMALL).fit(frame)
    ledger = made.facts_["privacy"]["ledger"]
    assert ledger["entries"][-1]["step"] == "training"
    assert ledger["epsilon_spent"] == pytest.approx(8.0, rel=0.01)
    assert made.facts_["training"]["private"]["steps"] == ledger["entries"][-1]["times"]
    made.save(tmp_path / "run")
    assert load(tmp_path / "run").sample(20, random_state=1).equals(made.sample(20, random_state=1))


def test_the_sampling_rate_goes_by_the_number_of_users_and_is_kept_for_going_on(tmp_path: Path) -> None:
    """A tenth of 300 users have 20 rows, the others one: rows over the 20 that each may have would be 44 users."""
    of_each = np.where(np.arange(300) % 10 == 0, 20, 1)
    frame = accounts(int(of_each.sum())).assign(user_id=np.repeat(np.arange(300), of_each))
    privacy = {"epsilon": 30.0, "delta": 1e-4, "noise_seed": 0, "method": "sgd", "rows_per_unit": 20}
    config = RunConfig.model_validate({"unit": "user_id", "privacy": privacy})
    with writing(tmp_path / "run") as writer:
        first = stand_in(Table.from_any(frame), None, config, Silent(), writer)
        again = stand_in(Table.from_any(frame), None, config, Silent(), writer, resume=True)
    assert first.rows is not None
    assert again.rows is not None
    assert abs(first.rows.units - 300) < 30  # some three standard deviations of the noise
    assert again.rows.units == first.rows.units
    plan = private_plan(first.rows.budget, first.rows.units, batch=30)
    assert plan.rate == pytest.approx(0.1, rel=0.1)


def test_what_is_learned_of_a_row_depends_on_that_row_alone() -> None:
    """Otherwise one person would move more than the gradients of her own rows."""
    private, real = Table.from_any(accounts(400, seed=2)), Table.from_any(accounts(300, seed=3)).arrow
    model = AnyOrderGan()
    model.fit(job_of(private, **SMALL))
    kept = np.flatnonzero(np.random.default_rng(0).random(300) < 0.5)
    whole, part = model.codec.learned_columns(real), model.codec.learned_columns(real.take(pa.array(kept)))
    for name, column in whole.items():
        assert column.take(pa.array(kept)).equals(part[name]), name
