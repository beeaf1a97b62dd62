from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone

import synthgen
from synthgen.errors import ConfigError, NotFittedError, RunError
from synthgen.synthesizers.base import DECODE_ROWS
from tests.made import accounts

QUICK = {"max_steps": 60, "evaluate_every": 20, "width": 32, "blocks": 1}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return accounts()


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> synthgen.Synthesizer:
    return synthgen.Synthesizer(random_state=0, target="is_bot", training=QUICK).fit(frame)


def test_scikit_learn_manners() -> None:
    model = synthgen.Synthesizer(random_state=3, minutes=0.5, training=QUICK)
    copy = clone(model).set_params(random_state=4)
    assert copy.get_params() == model.get_params() | {"random_state": 4}
    with pytest.raises(NotFittedError, match="call fit"):
        copy.sample(3)


def test_rows_come_back_in_the_kind_of_the_input(frame: pd.DataFrame, model: synthgen.Synthesizer) -> None:
    rows = model.sample(50, random_state=1)
    assert list(rows.columns) == list(frame.columns)
    pd.testing.assert_series_equal(rows.dtypes, frame.dtypes)
    assert isinstance(rows.index, pd.RangeIndex)
    assert len(rows) == 50


@pytest.mark.parametrize("kind", [pa.Table.from_pandas, pl.from_pandas])
def test_arrow_and_polars_in_is_arrow_and_polars_out(kind: object, frame: pd.DataFrame) -> None:
    table = kind(frame[["plan", "followers", "score", "is_bot"]])  # type: ignore[operator]
    rows = synthgen.Synthesizer(training=QUICK | {"max_steps": 20}).fit(table).sample(20)
    assert type(rows) is type(table)
    assert rows.schema == table.schema if kind is pl.from_pandas else rows.schema.equals(table.schema)


def test_a_saved_model_samples_the_same_rows(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    pd.testing.assert_frame_equal(again.sample(300, random_state=7), model.sample(300, random_state=7))
    again.save(tmp_path / "run2")
    assert (tmp_path / "run2" / "weights.safetensors").read_bytes() == (
        tmp_path / "run" / "weights.safetensors"
    ).read_bytes()


def test_fitting_twice_gives_the_same_bytes(frame: pd.DataFrame, model: synthgen.Synthesizer, tmp_path: Path) -> None:
    twin = synthgen.Synthesizer(random_state=0, target="is_bot", training=QUICK).fit(frame)
    for name, fitted in (("a", model), ("b", twin)):
        fitted.save(tmp_path / name)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_another_seed_gives_other_rows_and_the_same_seed_the_same(model: synthgen.Synthesizer) -> None:
    first, same, other = (model.sample(100, random_state=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, same)
    assert not first.equals(other)


@pytest.mark.parametrize("n", [0, 1, 2049])
def test_as_many_rows_as_asked_for(model: synthgen.Synthesizer, n: int) -> None:
    assert len(model.sample(n)) == n


def test_identifiers_go_on_over_chunks(model: synthgen.Synthesizer) -> None:
    chunks = list(model.sample_chunks(DECODE_ROWS + 500))
    assert [len(c) for c in chunks] == [DECODE_ROWS, 500]
    emails = pa.concat_tables(chunks)["email"]
    assert len(emails.unique()) == len(emails)


def test_no_training_row_is_in_the_run_folder(frame: pd.DataFrame, model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    text = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir()).decode(errors="replace")
    for value in [*frame.email, *frame.created_at.astype(str).head(100)]:
        assert value not in text


def test_a_small_table_works_without_copies_and_says_what_it_cannot_support() -> None:
    frame = accounts(300)[["plan", "followers", "posts", "days", "score", "created_at", "is_bot", "source"]]
    model = synthgen.Synthesizer(training={"max_steps": 300}).fit(frame)
    rows = model.sample(300)
    assert any("300 rows are few" in note for note in model.notes_)
    key = ["followers", "posts", "days", "score"]
    assert not set(map(tuple, rows[key].dropna().to_numpy())) & set(map(tuple, frame[key].dropna().to_numpy()))


def test_a_table_of_identifiers_alone_needs_no_network() -> None:
    frame = pd.DataFrame({"id": np.arange(40), "mail": [f"a{i}@b.org" for i in range(40)]})
    rows = synthgen.Synthesizer().fit(frame).sample(10)
    assert len(rows) == 10
    assert not set(rows.mail) & set(frame.mail)


def test_settings_at_fault_are_named() -> None:
    with pytest.raises(ConfigError, match=r"training\.steps|no setting 'training.max_step'|max_steps"):
        synthgen.Synthesizer(training={"max_step": 3}).fit(accounts(50))
    with pytest.raises(ConfigError, match="device"):
        synthgen.Synthesizer(device="abacus").fit(accounts(50))
    with pytest.raises(synthgen.SchemaError, match="did you mean 'plan'"):
        synthgen.Synthesizer(target="plam").fit(accounts(50))


def test_weights_of_another_table_are_refused(model: synthgen.Synthesizer, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    manifest["training"]["width"] = 64
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="do not fit together"):
        synthgen.load(tmp_path / "run")
