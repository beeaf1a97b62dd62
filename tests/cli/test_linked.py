"""Folders of linked tables on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Invoke
from tests.networks import counted, network

QUICK = "[training]\nmax_steps = 20\nwidth = 16\nblocks = 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of tables, and settings for a short training."""
    (tmp_path / "network").mkdir()
    for name, frame in network().items():
        frame.to_csv(tmp_path / "network" / f"{name}.csv", index=False)
    (tmp_path / "quick.toml").write_text(QUICK)
    return tmp_path / "network"


def test_a_folder_is_run_and_each_table_judged(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    result = invoke("run", folder, "--config", "quick.toml", "--out", "out")
    assert result.exit_code == 0, result.output
    assert "posts.user_id -> users.id" in " ".join(result.output.split())
    real = network()
    follows = pd.read_csv(tmp_path / "out" / "follows.csv")
    assert len(follows) == pytest.approx(len(real["follows"]), rel=0.15)  # ties with people held out are made up for
    for name, frame in real.items():
        made = pd.read_csv(tmp_path / "out" / f"{name}.csv")
        assert made.columns.tolist() == frame.columns.tolist()
    assert set(pd.read_csv(tmp_path / "out/posts.csv").user_id) <= set(pd.read_csv(tmp_path / "out/users.csv").id)
    found = json.loads((tmp_path / "out/reports/posts/metrics.json").read_text())
    assert found
    assert (tmp_path / "out/reports/users/report.html").exists()
    whole = json.loads((tmp_path / "out/metrics.json").read_text())
    assert [verdict["question"] for verdict in whole["verdicts"]] == ["faithful", "useful", "private"]
    assert {column["name"] for column in whole["columns"]} >= {"posts.kind", "users.plan"}
    assert "reports/posts/report.html" in (tmp_path / "out/report.html").read_text()
    result = invoke("sample", "out/run", "--scale", "0.5", "--out", "half", "-q")
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(tmp_path / "half/users.csv")) == pytest.approx(len(real["users"]) / 2, abs=30)
    result = invoke("sample", "out/run", "--rows-of", "users=7", "--out", "seven", "-q")
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(tmp_path / "seven/users.csv")) == 7


def test_keys_and_references_are_shown_and_corrected(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    result = invoke("schema", folder)
    assert result.exit_code == 0, result.output
    for line in ("Key: post_id", "Refers: posts.user_id -> users.id", "Refers: reads.film_id -> films.film_id"):
        assert line in result.output
    schema = json.loads((tmp_path / "schema.json").read_text())
    assert invoke("schema", folder).exit_code == 0
    schema["references"] = [r for r in schema["references"] if r["table"] != "reads"]
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    assert "it was not overwritten" in invoke("schema", folder).output
    result = invoke("fit", folder, "--schema", "schema.json", "--config", "quick.toml", "--out", "run", "-q")
    assert result.exit_code == 0, result.output
    kept = json.loads((tmp_path / "run/schema.json").read_text())
    assert {r["table"] for r in kept["references"]} == {"posts", "follows"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("run", "empty"), "holds no table; files ending in .csv"),
        (("run", "network", "--resume"), "resume: linked tables keep nothing to go on from"),
        (("fit", "network", "--out", "run", "--model", "ctgan"), "'ctgan' cannot be told of a row's parents"),
        (("schema", "network", "--from-sdv", "x.json"), "x.json: cannot be read"),
        (("run", "network", "--schema", "none.json"), "none.json: cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    invoke: Invoke, folder: Path, tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    result = invoke(*args)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "run").exists()
    assert folder.exists()


def test_sdv_metadata_of_several_tables_are_read_and_written(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    assert invoke("schema", folder, "--to-sdv", "meta.json", "-q").exit_code == 0
    meta = json.loads((tmp_path / "meta.json").read_text())
    meta["relationships"] = [r for r in meta["relationships"] if r["child_table_name"] == "posts"]
    (tmp_path / "meta.json").write_text(json.dumps(meta))
    result = invoke("schema", folder, "--from-sdv", "meta.json", "--output", "told.json", "-q")
    assert result.exit_code == 0, result.output
    assert {r["table"] for r in json.loads((tmp_path / "told.json").read_text())["references"]} == {"posts"}


def test_tables_are_written_in_the_format_of_another_tool(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    assert invoke("fit", folder, "--config", "quick.toml", "--out", "run", "-q").exit_code == 0
    result = invoke("sample", "run", "--out", "book", "--export", "recbole", "-q")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "book").iterdir()} == {"book.inter", "book.user", "book.item"}
    result = invoke("sample", "run", "--out", "wrong", "--export", "sqlight")
    assert result.exit_code == 2
    assert "did you mean 'sqlite'" in result.output
    assert not (tmp_path / "wrong").exists()


def test_flags_of_single_and_linked_tables_are_told_apart(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    assert invoke("fit", folder, "--config", "quick.toml", "--out", "run", "-q").exit_code == 0
    for flags, message in (
        (("--rows", "5", "--output", "x.csv"), "holds a model of linked tables; --rows is for a single one"),
        (("--scale", "2"), "holds a model of linked tables; --out is missing"),
        (("--rows-of", "users", "--out", "x"), "of linked tables TABLE=N was expected"),
        (("--rows-of", "posts=3", "--out", "x"), "the number of rows of 'posts' follows from its parents' rows"),
    ):
        result = invoke("sample", "run", *flags)
        assert result.exit_code == 2
        assert message in " ".join(result.output.split())
        assert not (tmp_path / "x").exists()


def test_a_key_that_is_there_twice_stops_before_anything_is_written(
    invoke: Invoke, folder: Path, tmp_path: Path
) -> None:
    assert invoke("schema", folder).exit_code == 0
    users = pd.read_csv(folder / "users.csv")
    pd.concat([users, users.iloc[:1]]).to_csv(folder / "users.csv", index=False)
    result = invoke("fit", folder, "--schema", "schema.json", "--out", "run")
    assert result.exit_code == 2
    assert "users: rows 1 and 241 have the same value in 'id'" in " ".join(result.output.split())
    assert not (tmp_path / "run").exists()


def test_several_files_and_a_database_are_linked_tables_too(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy", reason="the extra 'databases' is not installed")
    result = invoke("fit", folder / "users.csv", folder / "posts.csv", "--config", "quick.toml", "--out", "run", "-q")
    assert result.exit_code == 0, result.output
    result = invoke("sample", "run", "--out", "made", "--export", "sqlite", "-q")
    assert result.exit_code == 0, result.output
    result = invoke("run", f"sqlite:///{tmp_path}/made/tables.sqlite", "--config", "quick.toml", "-q")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "tables.synthgen" / "posts.parquet").exists()
    assert (tmp_path / "tables.synthgen" / "report.html").exists()


def test_counts_are_shown_written_and_refused_where_misspelled(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "counted").mkdir()
    for name, frame in counted().items():
        frame.to_csv(tmp_path / "counted" / f"{name}.csv", index=False)
    result = invoke("schema", "counted")
    assert result.exit_code == 0, result.output
    assert "Counts: users.followers_count = rows of follows.followee" in result.output
    schema = json.loads((tmp_path / "schema.json").read_text())
    schema["tables"]["users"]["counts"]["followers_count"] = {"of": "follows.followe"}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    result = invoke("fit", "counted", "--schema", "schema.json", "--out", "run")
    assert result.exit_code == 2
    assert "did you mean 'follows.follower' or 'follows.followee'" in " ".join(result.output.split())
    assert not (tmp_path / "run").exists()
