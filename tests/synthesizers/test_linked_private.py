"""Private fits of linked tables, from start to end: what is kept, what is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as csv
import pytest

import synthgen
from synthgen import linking, privately
from synthgen.config import RunConfig, check_settings
from synthgen.dp.ledger import Ledger
from synthgen.errors import ConfigError
from synthgen.linked.keys import parent_rows
from synthgen.linked.schema import LinkedSchema
from synthgen.sources import source_of
from synthgen.storage import read_run
from tests.people import ODD, links, real_tables

QUICK: dict[str, Any] = {"training": {"max_steps": 10}, "random_state": 3}
PRIVACY: dict[str, Any] = {"epsilon": 20.0, "delta": 1e-4, "noise_seed": 5}


def whole(schema: LinkedSchema, tables: dict[str, Any]) -> bool:
    """Whether every reference that is there leads to a row."""
    return all(
        (parent_rows([tables[r.table].column(c).combine_chunks() for c in r.columns],
                     [tables[r.parent].column(c).combine_chunks() for c in r.parent_columns]) != -2).all()
        for r in schema.references
    )  # fmt: skip


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    tables = {name: table.arrow for name, table in real_tables().items()}
    return synthgen.Synthesizer(privacy=PRIVACY, unit="users", schema=links(), **QUICK).fit(tables)


def test_a_private_run_keeps_its_ledger_and_nothing_real(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    facts = read_run(tmp_path / "run").facts["privacy"]
    ledger = Ledger.from_state(facts["ledger"])
    assert 0.8 * 20 < ledger.epsilon_spent() <= facts["epsilon"] == 20.0
    assert ledger.by_table.keys() == {"posts", "follows", "ratings"}
    assert facts["with_public_schema"] < ledger.epsilon_spent()
    assert any("seed" in note for note in model.notes_)
    assert any("not protected" in note for note in synthgen.load(tmp_path / "run").notes_)
    real = real_tables()
    for file in (tmp_path / "run").iterdir():
        content = file.read_bytes()
        for secret in (ODD, "noise_seed", *real["users"].column("user_id").to_pylist()[:50]):
            assert secret.encode() not in content, (file.name, secret)


def test_made_tables_are_whole_and_scale(model: synthgen.Synthesizer) -> None:
    made = model.linked_.sample(2.0, seed=1)
    assert whole(links(), made)
    ledger = Ledger.from_state(model.facts_["privacy"]["ledger"])
    noise = next(entry.noise for entry in ledger.entries if entry.step == "users: rows")
    assert abs(len(made["users"]) - 600) < 2 * 4 * noise  # a seed in 16,000 would miss it
    assert made["films"].equals(real_tables()["films"].arrow)
    named = set(made["users"].column("user_id").to_pylist())
    assert not named & set(real_tables()["users"].column("user_id").to_pylist())


def test_run_writes_tables_and_the_guarantee_and_judges_nothing(tmp_path: Path) -> None:
    place = tmp_path / "tables"
    place.mkdir()
    for name, table in real_tables().items():
        csv.write_csv(table.arrow, place / f"{name}.csv")
    links().save(tmp_path / "schema.json")
    config = check_settings(RunConfig, {"privacy": PRIVACY, "training": {"max_steps": 10}}, "settings")
    done = privately.run_linked(source_of(place), tmp_path / "out", config, schema_path=tmp_path / "schema.json")
    there = {path.name for path in (tmp_path / "out").iterdir()}
    assert there == {"run", "guarantee.html", "guarantee.json", *(f"{name}.csv" for name in real_tables())}
    said = json.loads((tmp_path / "out" / "guarantee.json").read_text())
    assert any("of posts" in line and "drawn at random" in line for line in said["statement"])
    assert {line["step"].split(":")[0] for line in said["ledger"]} == {"users", "posts", "follows", "ratings"}
    assert done.summary["figures"][0]["name"] == "epsilon"
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and path.name != "films.csv":
            assert ODD.encode() not in path.read_bytes()


def test_links_must_be_said(tmp_path: Path) -> None:
    tables = {name: table.arrow for name, table in real_tables().items()}
    with pytest.raises(ConfigError, match=r"what links the tables must be said.*synthgen schema FOLDER"):
        synthgen.Synthesizer(epsilon=3).fit(tables)
    place = tmp_path / "tables"
    place.mkdir()
    csv.write_csv(tables["users"], place / "users.csv")
    csv.write_csv(tables["films"], place / "films.csv")
    config = RunConfig.model_validate({"privacy": {"epsilon": 3.0}})
    for job in (linking.fit, privately.run_linked):
        with pytest.raises(ConfigError, match="what links the tables must be said"):
            job(source_of(place), tmp_path / "out", config)
        with pytest.raises(ConfigError, match="resume"):
            job(source_of(place), tmp_path / "out", config, resume=True)


def test_gradients_and_other_models_are_refused() -> None:
    tables = {name: table.arrow for name, table in real_tables().items()}
    for method in ("sgd", "both"):
        with pytest.raises(ConfigError, match="is for single tables"):
            synthgen.Synthesizer(privacy={**PRIVACY, "method": method}, schema=links()).fit(tables)
    with pytest.raises(ConfigError, match="of linked tables it is known from their references"):
        synthgen.Synthesizer(unit="users", schema=links()).fit(tables)


def test_noise_is_not_that_of_the_runs_seed() -> None:
    from synthgen.dp.settings import PrivacySettings
    from synthgen.linked.private.network import private_network

    settings = PrivacySettings(epsilon=1_000.0, delta=1e-3, rows_per_unit=1)
    users = LinkedSchema.model_validate({"tables": {"users": links().tables["users"].model_dump() | {"counts": {}}}})
    made = [private_network({"users": real_tables()["users"]}, users, settings, seed=1) for _ in range(2)]
    assert not made[0].ledger.seeded
    joined = [np.array(one.tables["users"].column("joined").to_pylist()) for one in made]
    assert len(joined[0]) != len(joined[1]) or (joined[0] != joined[1]).any()
