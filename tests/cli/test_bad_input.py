"""Bad input: one line, exit code 2, no traceback, nothing lost."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]

ROWS = [f"{20 + i % 30},{'red' if i % 3 else 'blue'},{i % 2}" for i in range(60)]
GOOD = "\n".join(["age,colour,sold", *ROWS]) + "\n"


def refused(result: Result, pattern: str) -> None:
    lines = result.stderr.splitlines()
    assert result.exit_code == 2, result.output
    assert len(lines) == 1, lines
    assert re.fullmatch(f"Error: .*(?:{pattern}).*", lines[0]), lines[0]
    assert result.stdout == ""


FILES = {
    "empty": (b"", "empty"),
    "blank": (b"\n\n  \n", "empty"),
    "header only": (b"age,colour,sold\n", "row"),
    "one row": (b"age,colour,sold\n1,red,0\n", "row"),
    "duplicate names": (GOOD.replace("colour", "age").encode(), "'age'"),
    "ragged": (GOOD.replace("21,red,1\n", "21,red\n", 1).encode(), r"row|line"),
    "binary": (bytes(range(256)) * 40, "binary|text"),
    "zip": (b"PK\x03\x04" + bytes(200), "zip|archive"),
    "cell of 10 MB": ((GOOD + "40," + "x" * 10_000_000 + ",1\n").encode(), "'colour'"),
    "infinities": (GOOD.replace("21,", "inf,").encode(), "'age'.*infinit"),
    "5,000 columns": (("\n".join(",".join(map(str, range(i, i + 5000))) for i in range(4))).encode(), "5,?000 columns"),
}


@pytest.mark.parametrize("command", ["schema", "fit", "run"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_table_is_refused(invoke: Invoke, tmp_path: Path, name: str, command: str) -> None:
    content, pattern = FILES[name]
    (tmp_path / "data.csv").write_bytes(content)
    out = {"schema": [], "fit": ["--out", "model"], "run": []}[command]
    refused(invoke(command, "data.csv", "-q", *out), pattern)
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.csv"]


@pytest.mark.parametrize("command", ["schema", "fit"])
def test_a_wrong_encoding_is_refused(invoke: Invoke, tmp_path: Path, command: str) -> None:
    (tmp_path / "data.csv").write_bytes(GOOD.replace("red", "grün").encode("latin-1"))
    out = ["--out", "model"] if command == "fit" else []
    refused(invoke(command, "data.csv", "-q", *out, "--encoding", "utf-8"), "data.csv.*utf-8")
    refused(invoke(command, "data.csv", "-q", *out, "--encoding", "utf-99"), "utf-99")


@pytest.mark.parametrize("command", ["schema", "fit"])
def test_a_folder_without_tables_or_nothing_in_place_of_a_file_is_refused(
    invoke: Invoke, tmp_path: Path, command: str
) -> None:
    (tmp_path / "users.csv").write_text(GOOD)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.docx").write_text("no table")
    out = ["--out", "model"] if command == "fit" else []
    refused(invoke(command, "notes", "-q", *out), "notes: holds no table; files ending in .csv")
    refused(invoke(command, "user.csv", "-q", *out), "no such file.*'users.csv'")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_said(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(GOOD)
    (tmp_path / "data.csv").chmod(0)
    refused(invoke("schema", "data.csv", "-q"), "permission")


@pytest.mark.parametrize("command", ["schema", "fit", "run"])
def test_a_target_that_is_not_there_suggests_a_near_one(invoke: Invoke, tmp_path: Path, command: str) -> None:
    (tmp_path / "data.csv").write_text(GOOD)
    out = ["--out", "model"] if command == "fit" else []
    refused(invoke(command, "data.csv", "-q", *out, "--target", "color"), "no column 'color'; did you mean 'colour'")


@pytest.mark.parametrize("command", ["schema", "fit"])
def test_a_target_without_a_value_is_refused(invoke: Invoke, tmp_path: Path, command: str) -> None:
    (tmp_path / "data.csv").write_text(re.sub(r",[01]\n", ",\n", GOOD))
    out = ["--out", "model"] if command == "fit" else []
    refused(invoke(command, "data.csv", "-q", *out, "--target", "sold"), "'sold'.*missing")


@pytest.mark.parametrize(
    ("flags", "pattern"),
    [
        (["--config", "quick.toml"], r"quick.toml: no setting 'trainin'; did you mean 'training'\?"),
        (["--config", "quik.toml"], "quik.toml: no such file; did you mean 'quick.toml'"),
        (["--schema", "schema.json"], r"schema.json: columns\[0\].type: no type 'numerik'; did you mean 'numeric'"),
        (["--schema", "none.json"], "none.json"),
        (["--minutes", "nan"], "minutes must be a finite number"),
    ],
)
def test_wrong_settings_are_refused(invoke: Invoke, tmp_path: Path, flags: list[str], pattern: str) -> None:
    (tmp_path / "data.csv").write_text(GOOD)
    (tmp_path / "quick.toml").write_text("trainin = 3\n")
    columns = [{"name": name, "type": kind} for name, kind in (("age", "numerik"), ("colour", "categorical"))]
    (tmp_path / "schema.json").write_text(json.dumps({"version": 1, "columns": columns}))
    refused(invoke("fit", "data.csv", "-q", "--out", "model", *flags), pattern)


@pytest.mark.parametrize("flags", [["--device", "gpu"], ["--minutes", "0"], ["--seed", "-1"], ["--targt", "x"]])
def test_wrong_flags_are_exit_code_2(invoke: Invoke, flags: list[str]) -> None:
    result = invoke("fit", "data.csv", *flags)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert "data.csv" not in result.stderr  # it is the flag that is wrong, not the file that is not there


def test_no_run_folder_is_said(invoke: Invoke, tmp_path: Path) -> None:
    flags = ["--rows", 10, "--output", "more.csv", "-q"]
    refused(invoke("sample", "model", *flags), "no such folder")
    (tmp_path / "model").mkdir()
    refused(invoke("sample", "model", *flags), "not a run folder")


def test_a_machine_gets_its_error_as_json(invoke: Invoke) -> None:
    result = invoke("schema", "none.csv", "--log-format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stderr.splitlines()[-1])["event"] == "error"
