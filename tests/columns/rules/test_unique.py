from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import synthgen
from synthgen.codec import Codec
from synthgen.columns.rules.base import Taken
from synthgen.errors import ConfigError
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.made import quick_settings, random_tokens


def schema_of(**columns: str) -> Schema:
    return Schema.model_validate(
        {"columns": [{"name": n, "type": kind, "options": {"unique": n != "free"}} for n, kind in columns.items()]}
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 400
    return pd.DataFrame(
        {
            "whole": rng.permutation(2_000)[:n],
            "cents": [f"{x / 100:.2f}" for x in rng.permutation(3_000)[:n]],
            "real": rng.normal(size=n),
            "rounded": pd.Series(rng.choice([0.5, 1.25, 3.0], n)),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(900)[:n], unit="D"),
            "label": [f"v{i}" for i in rng.permutation(np.repeat(np.arange(40), 10))],
            "words": [f"some words of {i} and more to say about it" for i in rng.integers(0, 50, n)],
            "free": rng.integers(0, 3, n),
        }
    )


KINDS = {
    "whole": "numeric",
    "cents": "numeric",
    "real": "numeric",
    "day": "datetime",
    "label": "categorical",
    "words": "text",
    "free": "numeric",
}


@pytest.mark.parametrize("name", ["whole", "cents", "real", "day", "words"])
def test_no_value_twice_in_any_chunk_or_across_them(frame: pd.DataFrame, name: str) -> None:
    table = Table.from_any(frame[[name, "free"]]).arrow
    codec = Codec.fit(table, schema_of(**{n: KINDS[n] for n in (name, "free")}))
    taken, parts = Taken(), []
    for start in range(0, 600, 200):
        parts.append(codec.decode(random_tokens(codec.layout(), 200, start), 0, start, taken=taken))
    made = pa.concat_tables(parts)
    assert made.schema.equals(table.schema)
    assert len(made[name].unique()) == 600


def test_every_label_can_be_asked_for_and_no_more(frame: pd.DataFrame) -> None:
    table = Table.from_any(frame[["label", "free"]]).arrow
    codec = Codec.fit(table, schema_of(label="categorical", free="numeric"))
    made = codec.decode(random_tokens(codec.layout(), 40), 0, 0, taken=Taken())
    assert set(made["label"].to_pylist()) == {f"v{i}" for i in range(40)}
    with pytest.raises(ConfigError, match="'label' gives no value twice and 40 are possible"):
        codec.check_rows(41)
    taken = Taken()
    codec.decode(random_tokens(codec.layout(), 30), 0, 0, taken=taken)
    with pytest.raises(ConfigError, match="40 are possible"):
        codec.decode(random_tokens(codec.layout(), 30), 0, 30, taken=taken)


def test_every_grid_point_can_be_asked_for() -> None:
    rows = pd.DataFrame({"n": np.tile(np.arange(10), 30), "free": np.arange(300) % 3})
    codec = Codec.fit(Table.from_any(rows).arrow, schema_of(n="numeric", free="numeric"))
    made = codec.decode(random_tokens(codec.layout(), 10), 0, 0, taken=Taken())
    assert sorted(made["n"].to_pylist()) == list(range(10))
    with pytest.raises(ConfigError, match="10 are possible"):
        codec.check_rows(11)


def test_missing_cells_are_no_values() -> None:
    rows = pd.DataFrame(
        {"n": pd.Series(np.where(np.arange(600) % 2, np.nan, np.arange(600))), "free": np.arange(600) % 3}
    )
    codec = Codec.fit(Table.from_any(rows).arrow, schema_of(n="numeric", free="numeric"))
    made = codec.decode(codec.encode(Table.from_any(rows).arrow), 0, 0, taken=Taken())
    present = made["n"].drop_null()
    assert len(present) == 300 == len(present.unique())


def test_a_sample_keeps_it_over_chunks_and_is_the_same_again(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthgen.synthesizers.base.DECODE_ROWS", 1024)
    model = synthgen.Synthesizer(schema=schema_of(whole="numeric", free="numeric"), **quick_settings("gan"))
    model.fit(frame[["whole", "free"]])
    first = model.sample(1_500, random_state=1)
    assert first["whole"].is_unique
    assert model.sample(1_500, random_state=1).equals(first)
    with pytest.raises(ConfigError, match="rows: column 'whole' gives no value twice"):
        model.sample(10_000)
