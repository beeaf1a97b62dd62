from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]

ROWS = [f"{10000 + 37 * i % 900},{'yes' if i % 3 else 'no'},{i * 0.5}" for i in range(200)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "my shop.csv"
    file.write_text("\n".join(["zip,member,spent", *ROWS]) + "\n")
    return file


def test_it_shows_each_column_with_a_reason_and_writes_the_file(invoke: Invoke, data: Path) -> None:
    result = invoke("schema", data)
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert "boolean" in lines["member"]
    assert "yes" in lines["member"]
    schema = json.loads(Path("schema.json").read_text())
    assert [column["name"] for column in schema["columns"]] == ["zip", "member", "spent"]
    assert all(column["reason"] for column in schema["columns"])
    assert "--schema schema.json" in result.stdout
    assert f"'{data}'" in result.stdout  # quoted: it can be typed as it stands


def test_a_second_time_changes_nothing_and_an_edited_file_is_kept(invoke: Invoke, data: Path) -> None:
    assert invoke("schema", data).exit_code == 0
    assert invoke("schema", data).exit_code == 0
    edited = Path("schema.json").read_text().replace('"boolean"', '"categorical"')
    Path("schema.json").write_text(edited)
    result = invoke("schema", data, "-q")
    assert result.exit_code == 2
    assert "was not overwritten" in result.stderr
    assert Path("schema.json").read_text() == edited
    assert invoke("schema", data, "-q", "--output", "fresh.json").exit_code == 0


@pytest.mark.parametrize("form", ["V1", "V2", "SINGLE_TABLE_V1"])
def test_sdv_metadata_go_out_and_come_back(invoke: Invoke, data: Path, form: str) -> None:
    assert invoke("schema", data, "--to-sdv", "sdv.json", "--sdv-form", form).exit_code == 0
    assert json.loads(Path("sdv.json").read_text())["METADATA_SPEC_VERSION"] == form
    assert invoke("schema", data, "--from-sdv", "sdv.json", "--output", "back.json").exit_code == 0
    first, back = (json.loads(Path(name).read_text()) for name in ("schema.json", "back.json"))
    assert [c["type"] for c in first["columns"]] == [c["type"] for c in back["columns"]]
    assert all("sdtype" in column["reason"] for column in back["columns"])


def test_sdv_metadata_stand_above_detection(invoke: Invoke, data: Path) -> None:
    columns = {"member": {"sdtype": "categorical"}}
    Path("sdv.json").write_text(json.dumps({"METADATA_SPEC_VERSION": "SINGLE_TABLE_V1", "columns": columns}))
    assert invoke("schema", data, "--from-sdv", "sdv.json").exit_code == 0
    types = {c["name"]: c["type"] for c in json.loads(Path("schema.json").read_text())["columns"]}
    assert types["member"] == "categorical"
    assert types["spent"] == "numeric"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"columns": {}}', '{"METADATA_SPEC_VERSION": "V9"}'])
def test_damaged_sdv_metadata_are_refused(invoke: Invoke, data: Path, content: str) -> None:
    Path("sdv.json").write_text(content)
    result = invoke("schema", data, "-q", "--from-sdv", "sdv.json")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: sdv.json")
    assert not Path("schema.json").exists()


def test_reading_options_reach_the_reader(invoke: Invoke, tmp_path: Path) -> None:
    rows = "\n".join(f"{i},5;{'none' if i % 4 == 0 else 'x' if i % 3 else 'y'}" for i in range(100))
    (tmp_path / "data.csv").write_bytes(("größe;art\n" + rows + "\n").encode("latin-1"))
    result = invoke(
        "schema", "data.csv", "--missing", "none", "--delimiter", ";", "--decimal", ",", "--encoding", "latin-1"
    )
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert "numeric" in lines["größe"]
    assert "25.0 %" in lines["art"]


def test_machines_get_json_lines_only(invoke: Invoke, data: Path) -> None:
    result = invoke("schema", data, "--log-format", "json")
    assert result.stdout == ""
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert events[-1]["event"] == "outcome"
    assert events[-1]["files"] == {"schema": "schema.json"}


def test_rules_are_shown_and_written_and_those_nearly_kept_are_only_offered(invoke: Invoke, tmp_path: Path) -> None:
    rows = [
        f"city {i % 30},country {i % 30 % 7},{i % 50 + 10},{i % 50 + 10 + i * 7919 % 60},{i * 7919 % 3001 + 5}"
        for i in range(3000)
    ]
    rows[7] = f"city 7,country 3,{rows[7].split(',', 2)[2]}"
    Path("data.csv").write_text("city,country,first,last,key\n" + "\n".join(rows) + "\n")
    result = invoke("schema", "data.csv")
    assert result.exit_code == 0, result.output
    assert "In order: first <= last" in result.stdout
    assert "Nearly: country follows from city (99.97 % of rows; 1 do not)" in result.stdout
    assert "once it is moved from 'nearly'" in result.stdout
    schema = json.loads(Path("schema.json").read_text())
    assert schema["orders"] == [{"columns": ["first", "last"], "strict": False}]
    assert schema["dependences"] == []
    offered = {"list": "dependences", "rule": {"column": "country", "depends_on": "city"}, "share": 0.999666}
    assert schema["nearly"] == [offered | {"exceptions": 1}]
    assert invoke("schema", "data.csv").exit_code == 0
