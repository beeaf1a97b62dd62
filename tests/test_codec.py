from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.errors import DataError, RunError
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.made import accounts


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return Table.from_any(accounts()).arrow


@pytest.fixture(scope="module")
def codec(table: pa.Table) -> Codec:
    return Codec.fit(table, detect_schema(table, target="is_bot"), target="is_bot")


def test_every_token_is_within_its_slot(table: pa.Table, codec: Codec) -> None:
    tokens_NS = codec.encode(table)
    layout = codec.layout(tokens_NS)
    assert tokens_NS.shape == (len(table), len(layout.slots))
    assert all(tokens_NS[:, i].min() >= 0 and tokens_NS[:, i].max() < s.size for i, s in enumerate(layout.slots))
    assert [layout.slots[s].name for s in layout.target] == ["is_bot:value"]
    assert layout.stages[-1] == list(layout.target)


def test_names_order_and_types_come_back(table: pa.Table, codec: Codec) -> None:
    back = codec.decode(codec.encode(table), seed=0)
    assert back.schema.equals(table.schema)


def test_missing_cells_stay_missing_and_no_others_appear(table: pa.Table, codec: Codec) -> None:
    back = codec.decode(codec.encode(table), seed=0)
    for name in table.column_names:
        assert back[name].is_null().equals(table[name].is_null())


def test_columns_tied_one_to_one_stay_tied(table: pa.Table, codec: Codec) -> None:
    assert codec.source_of("plan_code").how == "tie"
    back = codec.decode(codec.encode(table), seed=0).to_pandas()
    assert set(zip(back.plan, back.plan_code, strict=True)) == {("free", 10), ("pro", 20), ("team", 30)}


def test_a_computed_column_is_computed_from_what_is_emitted(table: pa.Table, codec: Codec) -> None:
    assert codec.source_of("posts_per_day").how == "formula"
    back = codec.decode(codec.encode(table), seed=3).to_pandas()
    np.testing.assert_allclose(back.posts_per_day, np.round(back.posts / back.days, 3), atol=1e-12)


def test_identifiers_have_no_token_and_no_real_value(table: pa.Table, codec: Codec) -> None:
    assert not any(slot.name.startswith(("email", "user_id")) for slot in codec.layout().slots)
    back = codec.decode(codec.encode(table), seed=0)
    for name in ("email", "user_id"):
        made = back[name].to_pylist()
        assert len(set(made)) == len(made)
        assert not set(made) & set(table[name].to_pylist())


def test_the_state_survives_json_and_decodes_alike(table: pa.Table, codec: Codec) -> None:
    again = Codec.from_state(json.loads(json.dumps(codec.state())))
    tokens = codec.encode(table)
    assert np.array_equal(again.encode(table), tokens)
    assert again.decode(tokens, seed=5).equals(codec.decode(tokens, seed=5))


def test_the_state_holds_no_value_of_too_few_rows() -> None:
    frame = accounts()
    frame.loc[3, "plan"] = "the only customer of this plan"
    frame.loc[4, "followers"] = 987_654_321
    rows = Table.from_any(frame).arrow
    text = json.dumps(Codec.fit(rows, detect_schema(rows)).state())
    assert "only customer" not in text
    assert "987654321" not in text
    assert "person7@" not in text


def test_rows_with_cells_missing_where_none_were_can_still_be_encoded(table: pa.Table, codec: Codec) -> None:
    for name in ("plan", "followers", "created_at"):
        i = table.column_names.index(name)
        holed = table.set_column(i, name, pa.nulls(len(table), table[name].type))
        tokens = codec.encode(holed)
        assert tokens.min() >= 0


def test_constant_and_empty_columns_are_restored() -> None:
    rows = pa.table({"a": [1, 2] * 20, "same": ["x"] * 40, "gone": pa.nulls(40, pa.string())})
    codec = Codec.fit(rows, detect_schema(rows))
    back = codec.decode(codec.encode(rows), seed=0)
    assert back["same"].equals(rows["same"])
    assert back["gone"].null_count == 40


def test_a_value_that_does_not_belong_names_its_column() -> None:
    rows = pa.table({"age": ["31", "old", "44"] * 10})
    schema = Schema.model_validate({"columns": [{"name": "age", "type": "numeric"}]})
    with pytest.raises(DataError, match="column 'age': 10 of 30 values are not numbers"):
        Codec.fit(rows, schema)


def test_a_damaged_state_is_refused_by_name() -> None:
    with pytest.raises(RunError, match=r"codec\.json"):
        Codec.from_state({"schema": {"columns": []}})
