"""One zip to hand on: what is in it, what is not, and when it is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from synthgen.cli.main import main
from synthgen.seeding import numpy_stream
from synthgen.table.table import Table
from tests.made import accounts

Invoke = Callable[..., Result]
RARE = "Atlantis-Nowhere"
HELD_OUT = 0.2
"""Of a table with so few rows; made-up addresses may equal those of rows that the model never saw."""


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    """Accounts, two of which hold a value that nobody else has."""
    frame = accounts(300)
    frame.loc[[3, 77], "plan"] = RARE
    return frame


@pytest.fixture(scope="module")
def done(real: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    real.to_csv(folder / "users.csv", index=False)
    arguments = ["run", str(folder / "users.csv"), "--out", str(folder / "users.synthgen"), "--seed", "7"]
    result = CliRunner().invoke(main, [*arguments, "--minutes", "0.03", "-q"])
    assert result.exit_code == 0, result.output
    return folder / "users.synthgen"


def test_the_zip_holds_all_parts_and_their_sums(invoke: Invoke, done: Path) -> None:
    result = invoke("bundle", done)
    assert result.exit_code == 0, result.output
    assert "users.synthgen.zip" in result.stdout
    with zipfile.ZipFile("users.synthgen.zip") as archive:
        names = archive.namelist()
        assert names == [
            "synthetic.csv",
            "report.html",
            "metrics.json",
            "data_card.md",
            "privacy.md",
            "settings.toml",
            "SHA256SUMS",
        ]
        sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
        assert list(sums) == names[:-1]
        for name, expected in sums.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == expected
        assert archive.read("synthetic.csv") == (done / "synthetic.csv").read_bytes()
        assert tomllib.loads(archive.read("settings.toml").decode())["seed"] == 7
        card, statement = (archive.read(name).decode() for name in ("data_card.md", "privacy.md"))
    for word in ("What it is", "How it was made", "seed 7", "Columns", "| followers |", "What it is for", "Limits"):
        assert word in card
    assert "at least 5 rows" in statement
    assert "no formal guarantee" in statement
    metrics = json.loads((done / "metrics.json").read_text())
    assert metrics["verdicts"][2]["sentence"] in statement


def test_nothing_of_the_real_data_is_in_it(invoke: Invoke, done: Path, real: pd.DataFrame) -> None:
    invoke("bundle", done, "--output", "a.zip", "-q")
    types = {column["name"]: column["type"] for column in json.loads((done / "metrics.json").read_text())["columns"]}
    private = [name for name, kind in types.items() if kind == "text" or (kind == "identifier" and name != "user_id")]
    assert "email" in private
    with zipfile.ZipFile("a.zip") as archive:
        content = b"\n".join(archive.read(name) for name in archive.namelist()).decode()
    assert RARE not in content
    assert str(done.parent) not in content
    train, _ = Table.from_any(real).split(HELD_OUT, numpy_stream(7, "holdout"))
    for name in private:
        for value in train.column(name).drop_null().to_pylist():
            assert value not in content, name


def test_the_same_folder_gives_the_same_bytes(invoke: Invoke, done: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(done, tmp_path / "elsewhere" / "users.synthgen"))
    for name in (copy / "synthetic.csv", copy / "report.html"):
        name.touch()
    invoke("bundle", done, "--output", "a.zip", "-q")
    invoke("bundle", copy, "--output", "b.zip", "-q")
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no table": (lambda f: (f / "synthetic.csv").unlink(), "lacks the synthetic table"),
    "no report": (lambda f: (f / "report.html").unlink(), "lacks report.html"),
    "no figures": (lambda f: (f / "metrics.json").unlink(), "lacks metrics.json"),
    "no model": (lambda f: shutil.rmtree(f / "run"), "lacks run/"),
    "another table": (
        lambda f: (f / "synthetic.csv").write_text("a\n1\n"),
        "is not the table that metrics.json judges",
    ),
    "damaged figures": (lambda f: (f / "metrics.json").write_text("{"), "cannot be read as JSON"),
    "foreign figures": (lambda f: (f / "metrics.json").write_text("{}"), "is not what an evaluation writes"),
    "a damaged model": (lambda f: (f / "run" / "config.toml").write_text("seed = 1\n"), "config.toml is damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_folder_with_a_part_missing_or_foreign_is_refused(
    invoke: Invoke, done: Path, tmp_path: Path, name: str
) -> None:
    copy = Path(shutil.copytree(done, tmp_path / "copy"))
    change, words = BROKEN[name]
    change(copy)
    result = invoke("bundle", "copy", "-q")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), result.output
    assert words in result.stderr
    assert not Path("copy.zip").exists()


def test_a_wrong_place_is_named(invoke: Invoke, done: Path) -> None:
    for folder, words in ((done / "run", "is a model alone"), ("nowhere", "no such folder")):
        result = invoke("bundle", folder, "-q")
        assert (result.exit_code, words in result.stderr) == (2, True), result.output
    for output in ("bundle.tar", "nowhere/b.zip"):
        assert invoke("bundle", done, "-q", "--output", output).exit_code == 2
