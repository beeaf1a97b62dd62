from __future__ import annotations

import sys

import pytest

from synthgen.errors import ConfigError, SchemaError
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.sdv_metadata import FORMS, from_sdv, to_sdv

GUESTS = {
    "primary_key": "guest_email",
    "columns": {
        "guest_email": {"sdtype": "email", "pii": True},
        "guest_no": {"sdtype": "id", "regex_format": "G-[0-9]{5}"},
        "has_rewards": {"sdtype": "boolean"},
        "room_type": {"sdtype": "categorical"},
        "room_rate": {"sdtype": "numerical", "computer_representation": "Float"},
        "checkin_date": {"sdtype": "datetime", "datetime_format": "%d %b %Y"},
        "note": {"sdtype": "unknown"},
        "billing_address": {"sdtype": "address", "pii": True},
        "city": {"sdtype": "city", "pii": False},
        "home": {"sdtype": "city"},
    },
}
EXPECTED = {
    "guest_email": "identifier",
    "guest_no": "identifier",
    "has_rewards": "boolean",
    "room_type": "categorical",
    "room_rate": "numeric",
    "checkin_date": "datetime",
    "note": "text",
    "billing_address": "identifier",
    "city": "categorical",
    "home": "identifier",
}


def in_form(form: str) -> dict[str, object]:
    if form == "SINGLE_TABLE_V1":
        return {"METADATA_SPEC_VERSION": form, **GUESTS}
    return {"METADATA_SPEC_VERSION": form, "tables": {"guests": GUESTS}, "relationships": []}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form):
    schema = from_sdv(in_form(form))
    assert {column.name: column.type for column in schema.columns} == EXPECTED
    assert schema.column("checkin_date").options == {"format": "%d %b %Y"}
    assert schema.column("guest_email").options == {"kind": "email", "unique": True}


@pytest.mark.parametrize("form", FORMS)
def test_what_both_can_say_survives_a_round_trip(form):
    schema = from_sdv(in_form(form))
    again = from_sdv(to_sdv(schema, form, table="guests"))
    for before, after in zip(schema.columns, again.columns, strict=True):
        assert (before.name, before.type, before.options) == (after.name, after.type, after.options)


def test_the_written_forms_are_those_of_the_documentation():
    schema = Schema(
        columns=[
            ColumnSchema(name="id", type="identifier", options={"unique": True}),
            ColumnSchema(name="phone", type="identifier", options={"kind": "phone", "unique": True}),
            ColumnSchema(name="age", type="numeric", options={"decimals": 0}),
            ColumnSchema(name="one", type="constant"),
            ColumnSchema(name="left out", type="drop"),
        ]
    )
    columns = {
        "id": {"sdtype": "id"},
        "phone": {"sdtype": "phone_number", "pii": True},
        "age": {"sdtype": "numerical"},
        "one": {"sdtype": "categorical"},
    }
    described = {"columns": columns, "primary_key": "id", "alternate_keys": ["phone"]}
    assert to_sdv(schema, "V1", table="users") == {
        "METADATA_SPEC_VERSION": "V1",
        "tables": {"users": described},
        "relationships": [],
    }
    assert to_sdv(schema, "SINGLE_TABLE_V1") == {"METADATA_SPEC_VERSION": "SINGLE_TABLE_V1", **described}
    assert to_sdv(schema, "V2")["tables"]["table"]["columns"]["age"] == {"sdtype": "numerical", "decimal_places": 0}


def test_ordinal_columns_of_the_second_form_are_numbers_or_labels():
    columns = {
        "stars": {"sdtype": "ordinal", "range_values": [1, 2, 3]},
        "mood": {"sdtype": "ordinal", "range_values": ["bad", "good"], "range_is_nullable": True},
        "open": {"sdtype": "ordinal"},
        "price": {"sdtype": "numerical", "decimal_places": 2, "range_min": 0},
    }
    schema = from_sdv({"METADATA_SPEC_VERSION": "V2", "tables": {"t": {"columns": columns}}})
    assert [column.type for column in schema.columns] == ["numeric", "categorical", "categorical", "numeric"]
    assert schema.column("price").options == {"decimals": 2}


def test_one_of_several_tables_is_named():
    metadata = {"METADATA_SPEC_VERSION": "V1", "tables": {"guests": GUESTS, "hotels": GUESTS}, "relationships": []}
    assert from_sdv(metadata, "hotels").names == list(EXPECTED)
    with pytest.raises(SchemaError, match=r"tables: 2 of them \('guests', 'hotels'\)"):
        from_sdv(metadata)
    with pytest.raises(SchemaError, match="no table 'hotel'; did you mean 'hotels'"):
        from_sdv(metadata, "hotel")


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ([], r"f\.json: is no SDV metadata"),
        ({"fields": {}}, r"f\.json: METADATA_SPEC_VERSION: is not there"),
        ({"METADATA_SPEC_VERSION": "V7"}, r"f\.json: METADATA_SPEC_VERSION: no 'V7'"),
        ({"METADATA_SPEC_VERSION": "V1"}, r"f\.json: tables: is not there"),
        ({"METADATA_SPEC_VERSION": "V1", "tables": {"t": 3}}, r"f\.json: tables\.t: is no object"),
        ({"METADATA_SPEC_VERSION": "V1", "tables": {"t": {}}}, r"f\.json: tables\.t\.columns: is not there"),
        ({"METADATA_SPEC_VERSION": "SINGLE_TABLE_V1", "columns": {"a": {}}}, r"f\.json: columns\.a\.sdtype: is not"),
        (
            {
                "METADATA_SPEC_VERSION": "SINGLE_TABLE_V1",
                "primary_key": "idd",
                "columns": {"id": {"sdtype": "id"}},
            },
            r"primary_key: no column 'idd'; did you mean 'id'\?",
        ),
    ],
)
def test_what_is_no_metadata_is_refused_by_dotted_key(metadata, expected):
    with pytest.raises(SchemaError, match=expected):
        from_sdv(metadata, where="f.json")


def test_an_unknown_form_is_refused_and_sdv_is_not_imported():
    with pytest.raises(ConfigError, match="no 'V3'"):
        to_sdv(Schema(columns=[]), "V3")
    assert "sdv" not in sys.modules
