from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synthgen.errors import SchemaError
from synthgen.linked.schema import LinkedSchema

COLUMNS: dict[str, list[str]] = {"users": ["id", "age"], "posts": ["id", "user_id"]}
REFERENCE = {"table": "posts", "columns": ["user_id"], "parent": "users", "parent_columns": ["id"]}


def written(**changes: Any) -> dict[str, Any]:
    tables = {
        name: {"key": ["id"], "columns": {"columns": [{"name": c, "type": "numeric"} for c in columns]}}
        for name, columns in COLUMNS.items()
    }
    return {"tables": tables, "references": [REFERENCE], **changes}


def test_what_is_right_passes() -> None:
    LinkedSchema.from_json(written()).check(COLUMNS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": ["usr_id"]}, "'posts' has no column 'usr_id'; did you mean 'user_id'"),
        ({"table": "post"}, "there is no table 'post'; did you mean 'posts'"),
        ({"parent_columns": ["age"]}, "the key of 'users' is id; a reference holds the whole key"),
        ({"columns": ["user_id", "id"]}, "as many columns were expected on both sides"),
    ],
)
def test_a_reference_that_does_not_fit_is_named(change: dict[str, Any], message: str) -> None:
    schema = LinkedSchema.from_json(written(references=[REFERENCE | change]))
    with pytest.raises(SchemaError) as error:
        schema.check(COLUMNS)
    assert message in str(error.value)


def test_tables_that_are_not_there_or_not_spoken_of_are_named() -> None:
    schema = LinkedSchema.from_json(written())
    with pytest.raises(SchemaError, match="there is no table 'posts'"):
        schema.check({"users": COLUMNS["users"]})
    with pytest.raises(SchemaError, match="nothing is said of table 'tags'"):
        schema.check({**COLUMNS, "tags": ["id"]})


def test_two_owners_are_one_too_many() -> None:
    twice = [REFERENCE | {"owner": True}, REFERENCE | {"columns": ["id"], "owner": True}]
    with pytest.raises(SchemaError, match="'posts' has several owners"):
        LinkedSchema.from_json(written(references=twice)).check(COLUMNS)


def test_the_schema_of_a_single_table_is_told_from_one_of_several(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="is the schema of a single table; one with 'tables' was expected"):
        LinkedSchema.from_json({"columns": []})
    with pytest.raises(SchemaError, match="cannot be read"):
        LinkedSchema.load(tmp_path / "none.json")
    with pytest.raises(SchemaError, match="orphans: input should be 'missing' or 'refuse'"):
        LinkedSchema.from_json(written(orphans="keep"))
