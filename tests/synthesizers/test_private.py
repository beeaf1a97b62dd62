"""Fits under a guarantee: what stands in for the real rows, what is kept of them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.dp.ledger import Ledger
from synthgen.errors import ConfigError, DataError, RunError, SynthgenError
from synthgen.storage import read_run, writing
from synthgen.synthesizers import MODELS
from synthgen.table.schema import ColumnSchema, Schema

QUICK: dict[str, Any] = {"training": {"max_steps": 20}, "random_state": 3}
ODD = "Xanadu-of-one"


def table(rows: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """A table of two labels that hang together, a number, a date and one value that a single row holds."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["free", "paid", "team"], rows, p=[0.6, 0.3, 0.1])
    bot = np.where(rng.random(rows) < np.where(plan == "free", 0.4, 0.05), "yes", "no")
    frame = pd.DataFrame(
        {
            "plan": plan,
            "bot": bot,
            "posts": rng.poisson(20, rows) * (1 + (bot == "yes")),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
        }
    )
    frame.loc[7, "plan"] = ODD
    frame.loc[7, "posts"] = 987_654_321
    return frame


def private(epsilon: float | None = 3.0, noise: int | None = 5, **settings: Any) -> synthgen.Synthesizer:
    """A quick private synthesizer with noise that repeats."""
    given = {"noise_seed": noise} if noise is not None else {}
    given |= settings.pop("privacy", {})
    return synthgen.Synthesizer(epsilon=epsilon, privacy=given, **{**QUICK, **settings})


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    return private(target="bot").fit(table())


def test_rows_come_in_the_kind_of_the_input_and_hang_together(model: synthgen.Synthesizer) -> None:
    rows = model.sample(1_000, random_state=1)
    assert rows.dtypes.equals(table().dtypes)
    made = private(model="independent").fit(table()).sample(3_000)
    assert abs((made["plan"] == "free").mean() - 0.6) < 0.06  # noise of some 10 rows in 2,000, sampling of .009


def test_the_stand_in_keeps_what_goes_together() -> None:
    """By the rows that the model learns from: the share of bots is .4 of the free and .05 of the others."""
    from synthgen.dp.rows import private_rows
    from synthgen.dp.settings import PrivacySettings
    from synthgen.table.table import Table

    real = Table.from_any(table(5_000))
    made = private_rows(real.arrow, PrivacySettings(epsilon=5.0, noise_seed=1)).table.to_pandas()
    shares = made.groupby(made["plan"] == "free")["bot"].agg(lambda bots: (bots == "yes").mean())
    assert shares[True] == pytest.approx(0.4, abs=0.08)
    assert shares[False] == pytest.approx(0.05, abs=0.08)


def test_nothing_of_a_single_row_is_in_the_run(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    for file in (tmp_path / "run").iterdir():
        content = file.read_bytes()
        assert ODD.encode() not in content, file.name
        assert b"987654321" not in content, file.name
    rows = model.sample(2_000, random_state=1)
    assert ODD not in set(rows["plan"])


def test_the_ledger_is_in_the_manifest_and_adds_up(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    facts = read_run(tmp_path / "run").facts["privacy"]
    ledger = Ledger.from_state(facts["ledger"])
    assert (facts["epsilon"], facts["delta"], ledger.relation) == (3.0, 1e-6, "add or remove one row")
    assert 2.9 < ledger.epsilon_spent() <= 3.0  # all of it is used
    assert facts["with_public_schema"] < ledger.epsilon_spent()
    assert ledger.seeded
    assert any("seed" in note for note in model.notes_)
    assert "noise_seed" not in (tmp_path / "run" / "config.toml").read_text()
    assert "epsilon = 3" in (tmp_path / "run" / "config.toml").read_text()


def test_noise_is_never_that_of_the_runs_seed() -> None:
    first, second = (private(noise=None, model="independent").fit(table(400)) for _ in range(2))
    assert not first.facts_["privacy"]["ledger"]["seeded"]
    same_rows = first.facts_["data"]["rows"] == second.facts_["data"]["rows"]
    assert not (same_rows and first.sample(50).equals(second.sample(50)))


def test_the_exact_number_of_rows_is_nowhere(tmp_path: Path) -> None:
    rows = 1_733
    fitted = private(epsilon=0.5, model="independent").fit(table(rows))
    fitted.save(tmp_path / "run")
    assert fitted.facts_["data"]["rows"] != rows
    for file in (tmp_path / "run").iterdir():
        assert str(rows).encode() not in file.read_bytes(), file.name


def test_a_public_schema_saves_what_detection_would_cost() -> None:
    said = Schema(
        columns=[
            ColumnSchema(name="plan", type="categorical", options={"categories": ["free", "paid", "team"]}),
            ColumnSchema(name="bot", type="categorical", options={"categories": ["yes", "no"]}),
            ColumnSchema(name="posts", type="numeric"),
            ColumnSchema(name="joined", type="datetime"),
        ]
    )
    plain, told = (private(model="independent", schema=schema).fit(table(800)) for schema in (None, said))
    saved = [
        sum(1 for entry in fitted.facts_["privacy"]["ledger"]["entries"] if entry["schema"]) for fitted in (plain, told)
    ]
    assert saved[1] < saved[0]


@pytest.mark.parametrize("name", [name for name, kind in MODELS.items() if not kind.private])
def test_models_that_cannot_be_private_are_refused_with_a_list_of_those_that_can(name: str) -> None:
    kind = MODELS[name]
    try:
        kind.check_available()
    except SynthgenError:
        pytest.skip(f"{name} needs an extra that is not installed")
    with pytest.raises(ConfigError, match=r"with differential privacy; 'gan', 'one-shot', 'ctgan', 'vae'"):
        private(model=name).fit(table(50))


@pytest.mark.parametrize("name", [name for name, kind in MODELS.items() if kind.private])
def test_every_other_model_is(name: str) -> None:
    settings: dict[str, Any] = {"training": {"max_steps": 5}} if name == "gan" else {}
    if name in ("one-shot", "ctgan", "vae"):
        settings = {"minutes": 0.02}
    fitted = private(model=name, **({"training": None} | settings)).fit(table(600))
    assert fitted.facts_["privacy"]["epsilon"] == 3.0
    assert len(fitted.sample(20)) == 20


def test_pictures_and_learned_texts_are_refused() -> None:
    for options, kind in (({"model": "learned"}, "text"), ({}, "image")):
        said = Schema(columns=[ColumnSchema(name="bot", type=kind, options=options)])
        with pytest.raises(ConfigError, match="differential privacy"):
            private(schema=said).fit(table(50)[["bot"]])


@pytest.mark.parametrize("epsilon", [0, -1.0, float("nan"), float("inf")])
def test_an_epsilon_that_promises_nothing_is_refused(epsilon: float) -> None:
    with pytest.raises(ConfigError, match=r"privacy\.epsilon must be"):
        private(epsilon=epsilon).fit(table(50))


def test_a_budget_too_small_is_refused_with_what_would_do() -> None:
    with pytest.raises(SynthgenError, match=r"epsilon 0\.01 is too small .* Ask for epsilon [0-9.]+ or more"):
        private(epsilon=0.01).fit(table(200))


@pytest.mark.parametrize(
    ("privacy", "said"),
    [
        ({"noise_seed": 1, "secure": True}, "secure noise has no seed"),
        ({"method": "sgd"}, r"'sgd' is for models 'gan' and 'one-shot'; 'vae'"),
        ({"rows_per_unit": 0}, r"privacy\.rows_per_unit must be at least 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(privacy: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        private(model="vae", training=None, privacy=privacy).fit(table(50))


def test_a_delta_that_is_not_small_is_said() -> None:
    fitted = private(model="independent", delta=0.01).fit(table(600))
    assert any("delta 0.01 is not below 1 over the" in note for note in fitted.notes_)


def test_a_unit_with_missing_cells_is_refused() -> None:
    frame = table(100).assign(user=["u1", None] * 50)
    with pytest.raises(DataError, match="missing cells"):
        private(unit="user").fit(frame)


def test_people_are_the_unit_and_one_who_holds_half_of_the_table_is_cut() -> None:
    frame = table(2_000)
    frame["user"] = [f"u{number}" for number in range(1_000)] + ["heavy"] * 1_000
    fitted = private(unit="user", model="independent").fit(frame)
    ledger = fitted.facts_["privacy"]["ledger"]
    assert ledger["unit"] == "user"
    assert ledger["rows_per_unit"] <= 20
    assert fitted.facts_["data"]["rows"] < 1_300  # of the thousand rows of one person few are left
    assert not set(fitted.sample(100)["user"]) & set(frame["user"])


def test_a_run_that_goes_on_pays_once_and_only_with_the_same_settings(tmp_path: Path) -> None:
    frame = table(800)
    stops = iter([False] * 12 + [True] * 10_000)
    with writing(tmp_path / "run") as writer:
        fitted = private(noise=None, training={"max_steps": 40}).fit(frame, writer=writer, stop=lambda: next(stops))
        fitted.write(writer, keep_checkpoint=True)
    assert fitted.interrupted_
    with writing(tmp_path / "run") as writer:
        again = private(noise=None, training={"max_steps": 40}).fit(frame, writer=writer, resume=True)
    assert again.facts_["privacy"]["ledger"] == fitted.facts_["privacy"]["ledger"]
    assert again.facts_["data"]["rows"] == fitted.facts_["data"]["rows"]
    with writing(tmp_path / "run") as writer, pytest.raises(RunError, match="ledger lie"):
        private(epsilon=1.0, noise=None, training={"max_steps": 40}).fit(frame, writer=writer, resume=True)


def test_what_is_kept_for_going_on_holds_no_real_row(tmp_path: Path) -> None:
    with writing(tmp_path / "run") as writer:
        private().fit(table(), writer=writer)
        kept = writer.read_released()
    assert kept is not None
    assert ODD.encode() not in kept
    assert json.dumps(3.0).encode() in kept
