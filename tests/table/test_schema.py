from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from synthgen.errors import SchemaError
from synthgen.table.schema import ColumnSchema, Formula, Schema, Tie

TYPES = ["boolean", "numeric", "categorical"]


@pytest.fixture
def schema() -> Schema:
    return Schema(
        columns=[
            ColumnSchema(name="alter", type="numeric", reason="whole numbers, 73 different", options={"decimals": 0}),
            ColumnSchema(name="größe", type="numeric"),
            ColumnSchema(name="sum", type="numeric"),
            ColumnSchema(name="kind", type="categorical"),
            ColumnSchema(name="kind number", type="numeric"),
        ],
        ties=[Tie(columns=["kind", "kind number"])],
        formulas=[Formula(column="sum", operation="sum", inputs=["alter", "größe"])],
    )


def written(path: Path, schema: Schema, **changes: object) -> Path:
    path.write_text(json.dumps(schema.model_dump() | changes), encoding="utf-8")
    return path


def test_a_schema_comes_back_as_it_was_saved(schema, tmp_path):
    schema.save(tmp_path / "schema.json")
    assert Schema.load(tmp_path / "schema.json", TYPES) == schema
    assert [path.name for path in tmp_path.iterdir()] == ["schema.json"]


def test_each_column_is_one_line_to_edit(schema, tmp_path):
    schema.save(tmp_path / "schema.json")
    lines = (tmp_path / "schema.json").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if '"name": "größe"' in line]
    edited = "\n".join(lines).replace(line, line.replace("numeric", "categorical"))
    (tmp_path / "schema.json").write_text(edited, encoding="utf-8")
    assert Schema.load(tmp_path / "schema.json", TYPES).column("größe").type == "categorical"


def test_an_unknown_type_names_file_key_and_near_miss(schema, tmp_path):
    schema.columns[3].type = "categoricl"
    schema.save(tmp_path / "schema.json")
    expected = r"schema.json: columns\[3\].type: no type 'categoricl'; did you mean 'categorical'\?"
    with pytest.raises(SchemaError, match=expected):
        Schema.load(tmp_path / "schema.json", TYPES)


def test_special_types_are_known(schema, tmp_path):
    schema.columns[3].type = "drop"
    schema.save(tmp_path / "schema.json")
    Schema.load(tmp_path / "schema.json", TYPES)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"columns": [{"nme": "a", "type": "numeric"}]}, r"columns\[0\].name: is not there"),
        ({"columns": [{"name": "a", "type": "numeric", "option": {}}]}, r"columns\[0\].option: .*'options'"),
        ({"columns": [{"name": "a", "type": 3}]}, r"columns\[0\].type: .*string"),
        ({"colums": []}, r"colums: no such key; did you mean 'columns'\?"),
        ({"ties": [{"columns": ["kind"]}]}, r"ties\[0\].columns: .*at least 2"),
        ({"ties": [{"columns": ["kind", "knd number"]}]}, r"ties\[0\].columns\[1\]: no column .*'kind number'"),
        (
            {"formulas": [{"column": "sum", "operation": "ration", "inputs": ["alter"]}]},
            r"formulas\[0\].operation: no 'ration'; did you mean 'ratio'\?",
        ),
        (
            {"formulas": [{"column": "sum", "operation": "ratio", "inputs": ["alter"]}]},
            r"formulas\[0\].inputs: ratio takes 2 columns; got 1",
        ),
        (
            {
                "formulas": [
                    {"column": "sum", "operation": "sum", "inputs": ["alter"]},
                    {"column": "alter", "operation": "sum", "inputs": ["sum"]},
                ]
            },
            "ties, formulas: 'sum', 'alter' would be computed out of one another",
        ),
        (
            {"formulas": [{"column": "kind number", "operation": "sum", "inputs": ["alter"]}]},
            "ties, formulas: 'kind number' is restored in two ways",
        ),
        ({"orders": [{"columns": ["alter", "gröse"]}]}, r"orders\[0\].columns\[1\]: no column 'gröse'; .*'größe'"),
        ({"orders": [{"columns": ["alter", "kind"]}]}, r"orders\[0\]: 'kind' is of type categorical; an order needs"),
        (
            {"orders": [{"columns": ["alter", "größe"]}, {"columns": ["größe", "alter"]}]},
            "orders: 'größe', 'alter' would each have to come before the other",
        ),
        ({"orders": [{"columns": ["alter", "sum"]}]}, r"orders\[0\]: .*'sum' is not drawn, it comes from formulas"),
        ({"orders": [{"columns": ["alter", "sum"], "strct": 1}]}, r"orders\[0\].strct: no such key; .*'strict'"),
        ({"ranges": [{"column": "alter"}]}, r"ranges\[0\]: .*neither low nor high"),
        ({"ranges": [{"column": "alter", "low": 9, "high": 1}]}, r"ranges\[0\]: .*low is 9 and high 1"),
        ({"ranges": [{"column": "kind", "low": 9}]}, r"ranges\[0\].column: 'kind' is of type categorical; a range"),
        ({"ranges": [{"column": "alter", "low": "2020"}]}, r"ranges\[0\]: 'alter' holds numbers"),
        (
            {"ranges": [{"column": "alter", "low": 1}, {"column": "alter", "high": 2}]},
            r"ranges\[1\].column: 'alter' has a range already",
        ),
        (
            {"dependences": [{"column": "kind number", "depends_on": "kind"}]},
            "ties, dependences: 'kind number' is restored in two ways",
        ),
        (
            {"combinations": [{"columns": ["kind", "alter"]}, {"columns": ["alter", "größe"]}]},
            "combinations: 'alter' is restored in two ways",
        ),
        (
            {
                "missing": [
                    {"column": "alter", "when": "größe", "values": [None]},
                    {"column": "größe", "when": "alter", "values": [1]},
                ]
            },
            "ties, formulas, missing: 'sum', 'alter', 'größe' would be computed out of one another",
        ),
        ({"missing": [{"column": "sum", "when": "alter", "values": [None]}]}, r"missing\[0\]: .*'sum' is not drawn"),
        ({"nearly": [{"list": "order", "rule": {}, "share": 1, "exceptions": 0}]}, r"nearly\[0\].list: no 'order'"),
        (
            {"nearly": [{"list": "orders", "rule": {"columns": ["alter"]}, "share": 1, "exceptions": 0}]},
            r"nearly\[0\]: .*rule.columns: .*at least 2",
        ),
        (
            {"nearly": [{"list": "orders", "rule": {"columns": ["alter", "x"]}, "share": 1, "exceptions": 0}]},
            r"nearly\[0\].rule.columns\[1\]: no column 'x'",
        ),
        ({"version": 2}, "version is 2; this synthgen reads version 1"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_dotted_key(schema, tmp_path, changes, expected):
    with pytest.raises(SchemaError, match=r"schema\.json: " + expected):
        Schema.load(written(tmp_path / "schema.json", schema, **changes), TYPES)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff\xfe\x00", b'{"version": 1}'])
def test_a_file_that_is_no_schema_is_refused_by_name(tmp_path, content):
    (tmp_path / "odd.json").write_bytes(content)
    with pytest.raises(SchemaError, match=r"odd\.json: "):
        Schema.load(tmp_path / "odd.json")


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "no.json", tmp_path):
        with pytest.raises(SchemaError, match="cannot be read"):
            Schema.load(path)


def test_a_failed_save_leaves_the_old_file(schema, tmp_path, monkeypatch):
    schema.save(tmp_path / "schema.json")
    before = (tmp_path / "schema.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SchemaError, match="No space left"):
        Schema(columns=[]).save(tmp_path / "schema.json")
    assert (tmp_path / "schema.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["schema.json"]


def test_a_schema_of_another_table_names_the_columns(schema):
    schema.check(["kind number", "kind", "sum", "größe", "alter"])
    with pytest.raises(SchemaError, match="the table has no column 'größe'; did you mean 'grösse'"):
        schema.check(["alter", "grösse", "sum", "kind", "kind number"])
    with pytest.raises(SchemaError, match="nothing is said of the table's column 'neu'"):
        schema.check([*schema.names, "neu"])


def test_a_file_without_the_newer_lists_still_loads(schema, tmp_path):
    old = {
        key: value for key, value in schema.model_dump().items() if key in ("version", "columns", "ties", "formulas")
    }
    (tmp_path / "schema.json").write_text(json.dumps(old))
    assert Schema.load(tmp_path / "schema.json", TYPES) == schema


def test_every_rule_is_one_line_and_comes_back(schema, tmp_path):
    rules = {
        "orders": [{"columns": ["alter", "größe"], "strict": True}],
        "ranges": [{"column": "alter", "low": 18.0, "high": 99.0}],
        "missing": [{"column": "alter", "when": "kind", "values": ["open", None], "exactly": False}],
        "nearly": [{"list": "ranges", "rule": {"column": "größe", "low": 1}, "share": 0.9995, "exceptions": 3}],
    }
    full = Schema.load(written(tmp_path / "schema.json", schema, **rules), TYPES)
    full.save(tmp_path / "again.json")
    assert Schema.load(tmp_path / "again.json", TYPES) == full
    text = (tmp_path / "again.json").read_text(encoding="utf-8").splitlines()
    assert sum('"alter", "low": 18.0' in line or '"strict": true' in line for line in text) == 2
    assert full.nearly[0].text == "1 <= größe (99.95 % of rows; 3 do not)"


def test_an_unknown_column_suggests_a_near_miss(schema):
    with pytest.raises(SchemaError, match="did you mean 'alter'"):
        schema.column("altr")
