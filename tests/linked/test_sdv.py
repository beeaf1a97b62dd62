from __future__ import annotations

from typing import Any

import pytest

from synthgen.config import RunConfig
from synthgen.errors import SchemaError
from synthgen.linked.detecting import detect_links
from synthgen.linked.schema import LinkedSchema
from synthgen.linked.sdv import links_from_sdv, links_to_sdv
from synthgen.table.table import Table
from tests.networks import network


@pytest.fixture(scope="module")
def found() -> LinkedSchema:
    return detect_links({name: Table.from_any(frame, name) for name, frame in network().items()}, RunConfig())


def test_metadata_of_several_tables_say_keys_and_relationships(found: LinkedSchema) -> None:
    metadata = links_to_sdv(found)
    assert metadata["tables"]["users"]["primary_key"] == "id"
    assert metadata["tables"]["posts"]["columns"]["user_id"] == {"sdtype": "id"}
    assert "primary_key" not in metadata["tables"]["follows"]
    assert {
        "parent_table_name": "films",
        "child_table_name": "reads",
        "parent_primary_key": "film_id",
        "child_foreign_key": "film_id",
    } in metadata["relationships"]
    left_out = {r.text for r in found.references if r.parent == r.table}
    assert left_out == {"posts.reply_to_post -> posts.post_id"}
    assert len(metadata["relationships"]) == len(found.references) - len(left_out)


def test_they_come_back(found: LinkedSchema) -> None:
    again = links_from_sdv(links_to_sdv(found), found)
    assert set(again.references) == {r for r in found.references if r.parent != r.table}
    assert again.tables["posts"].key == ["post_id"]
    assert again.tables["posts"].time == "at"
    assert again.tables["users"].columns.column("plan").type == "categorical"


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"tables": []}, "tables: is not there"),
        ({"relationships": [{"parent_table_name": "users"}]}, r"relationships\[0\]: parent_table_name, child"),
        ({"tables": {}}, "nothing is said of table 'users'"),
    ],
)
def test_what_is_wrong_with_them_is_named(found: LinkedSchema, metadata: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        links_from_sdv({**links_to_sdv(found), **metadata}, found, "meta.json")


def test_sdv_reads_them(found: LinkedSchema) -> None:
    sdv = pytest.importorskip("sdv.metadata", reason="SDV is not installed")
    read = sdv.Metadata.load_from_dict(links_to_sdv(found))
    read.validate()
    assert set(read.tables) == set(found.tables)
