"""``unit``: a single table in which people have many rows counts people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import synthgen
from synthgen.cli.main import main
from synthgen.config import RunConfig
from synthgen.errors import ConfigError, DataError
from synthgen.pipeline import split_rows
from synthgen.table.table import Table
from synthgen.training.loop import split_held

FEW = {"training": {"max_steps": 40, "width": 16, "blocks": 1}, "random_state": 0}
CANARY = "canary"


def visits(people: int = 60, each: int = 6) -> pd.DataFrame:
    """Visits of people to pages; one of them has been to a page 60 times where nobody else goes."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(people), each)
    frame = pd.DataFrame({"user_id": who, "page": rng.choice(["home", "shop"], len(who))})
    own = pd.DataFrame({"user_id": np.full(60, 7), "page": CANARY})
    frame = pd.concat([frame, own], ignore_index=True)
    frame["seconds"] = rng.gamma(2, 30, len(frame)).round(1)
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def test_a_page_that_one_person_visits_often_is_made_of_nobody_where_people_count() -> None:
    frame = visits()
    by_rows = synthgen.Synthesizer(**FEW).fit(frame).sample(500, random_state=1)
    by_people = synthgen.Synthesizer(**FEW, unit="user_id").fit(frame)
    assert CANARY in set(by_rows.page)
    assert set(by_people.sample(500, random_state=1).page) <= {"home", "shop"}
    assert CANARY not in json.dumps(by_people.model_.state())
    assert by_people.facts_["privacy"]["unit"] == "user_id"


@pytest.mark.parametrize("model", ["vae", "one-shot", "ctgan", "independent"])
def test_all_models_count_people(model: str) -> None:
    some = {"adversarial": {"max_steps": 4}} if model in ("one-shot", "ctgan") else {"training": {"max_steps": 4}}
    some = {} if model == "independent" else some
    made = synthgen.Synthesizer(model=model, unit="user_id", **some).fit(visits()).sample(300)
    assert CANARY not in set(made.page)


def test_all_rows_of_a_person_are_learned_from_or_held_out() -> None:
    table = Table.from_any(visits())
    train, held = split_rows(table, RunConfig(unit="user_id", holdout=0.3))
    sides = [set(part.column("user_id").to_pylist()) for part in (train, held)]
    assert not sides[0] & sides[1]
    assert [len(side) for side in sides] == [42, 18]
    assert len(train) + len(held) == len(table)


def test_rows_to_stop_by_are_other_peoples() -> None:
    whose = np.repeat(np.arange(40), 25)
    train, held = (whose[side.numpy()] for side in split_held(1_000, 0.1, 0, whose))
    assert not set(train) & set(held)
    assert (len(train), len(held)) == (900, 100)
    alone = split_held(1_000, 0.1, 0, np.zeros(1_000, int))
    assert [len(side) for side in alone] == [900, 100]


def test_a_table_of_one_person_cannot_be_split() -> None:
    table = Table.from_any(pd.DataFrame({"user_id": ["a"] * 20, "x": range(20)}))
    with pytest.raises(DataError, match="all rows belong to one person"):
        split_rows(table, RunConfig(unit="user_id"))


def test_a_unit_that_is_no_column_suggests_a_near_miss() -> None:
    with pytest.raises(ConfigError, match="unit: no column 'user'; did you mean 'user_id'"):
        synthgen.Synthesizer(**FEW, unit="user").fit(visits())


def test_linked_tables_know_whose_their_rows_are() -> None:
    users = pd.DataFrame({"user_id": range(60), "plan": ["free", "pro"] * 30})
    with pytest.raises(ConfigError, match="unit: of linked tables it is known"):
        synthgen.Synthesizer(**FEW, unit="user_id").fit({"users": users, "visits": visits()})


@pytest.mark.slow
def test_a_run_by_people_leaves_no_word_of_what_one_of_them_did(tmp_path: Path) -> None:
    data, out, config = tmp_path / "visits.csv", tmp_path / "out", tmp_path / "quick.toml"
    visits(200, 3).to_csv(data, index=False)
    config.write_text("[training]\nmax_steps = 20\nwidth = 16\nblocks = 1\n")
    flags = ["--unit", "user_id", "--config", str(config), "--out", str(out)]
    found = CliRunner().invoke(main, ["run", str(data), *flags])
    assert found.exit_code == 0, found.output
    for file in ("synthetic.csv", "report.html", "metrics.json", "run/codec.json", "run/schema.json"):
        assert CANARY not in (out / file).read_text(), file
    settings = json.loads((out / "metrics.json").read_text())["facts"]["settings"]
    assert settings["unit"] == "user_id"
    assert json.loads((out / "run" / "manifest.json").read_text())["privacy"]["unit"] == "user_id"


def test_the_command_line_takes_a_unit_and_refuses_one_that_is_no_column(tmp_path: Path) -> None:
    data = tmp_path / "visits.csv"
    visits().to_csv(data, index=False)
    missing = CliRunner().invoke(main, ["fit", str(data), "--unit", "id", "--out", str(tmp_path / "other")])
    assert missing.exit_code == 2
    assert "no column 'id'" in missing.output
    assert not (tmp_path / "other").exists()
