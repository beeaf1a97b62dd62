"""Anyone's table is judged: kinds of input, spelling, bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import synthgen
from synthgen.errors import DataError, SchemaError, SynthgenError
from synthgen.metrics.evaluation import Evaluation
from synthgen.table.schema import ColumnSchema, Schema


def rows(n: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    return pd.DataFrame(
        {
            "id": [f"p{seed}-{i:05d}" for i in range(n)],
            "age": age,
            "city": rng.choice(["Bonn", "Kiel", "Ulm"], n, p=[0.5, 0.3, 0.2]),
            "stars": rng.integers(1, 6, n),
            "joined": pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D"),
            "member": rng.random(n) < 0.3,
            "spent": np.round(rng.gamma(2, 30, n), 2),
        }
    )


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """All that is measured, to be compared."""
    return {r.name: (r.value, r.floor, r.details) for r in evaluation.results}


def verdicts(evaluation: Evaluation) -> dict[str, str]:
    return {verdict.question: verdict.state for verdict in evaluation.verdicts}


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return rows(seed=0), rows(seed=1), rows(seed=2)


@pytest.fixture(scope="module")
def plain(tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> Evaluation:
    real, synthetic, holdout = tables
    return synthgen.evaluate_tables(real, synthetic, holdout, seed=3)


def spelled(frame: pd.DataFrame, **cells: Any) -> pd.DataFrame:
    return frame.assign(**{name: change(frame[name]) for name, change in cells.items()})


SPELLINGS: dict[str, Any] = {
    "numbers as 1.0": lambda f: spelled(f, stars=lambda s: s.astype(float), age=lambda s: s.astype(float)),
    "numbers as text": lambda f: spelled(f, stars=lambda s: s.astype(str), spent=lambda s: s.astype(str)),
    "numbers as 1.0 in text": lambda f: spelled(f, stars=lambda s: s.astype(float).astype(str)),
    "a decimal comma": lambda f: spelled(f, spent=lambda s: s.astype(str).str.replace(".", ",")),
    "true as text": lambda f: spelled(f, member=lambda s: s.astype(str).str.lower()),
    "true as 1": lambda f: spelled(f, member=lambda s: s.astype(int)),
    "true as 1.0": lambda f: spelled(f, member=lambda s: s.astype(float)),
    "yes and no": lambda f: spelled(f, member=lambda s: np.where(s, "Yes", "No")),
    "categorical codes": lambda f: spelled(
        f, city=lambda s: s.astype("category"), member=lambda s: s.astype("category")
    ),
    "capitals": lambda f: spelled(f, city=lambda s: " " + s.str.upper()),
    "dates as text": lambda f: spelled(f, joined=lambda s: s.dt.strftime("%Y-%m-%d")),
    "dates as text with a time": lambda f: spelled(f, joined=lambda s: s.dt.strftime("%Y-%m-%d %H:%M:%S")),
    "dates as 31.12.2021": lambda f: spelled(f, joined=lambda s: s.dt.strftime("%d.%m.%Y")),
    "columns in another order": lambda f: f[list(f.columns[::-1])],
    "a shuffled index": lambda f: f.set_index(np.arange(len(f))[::-1] // 2),
    "Arrow": lambda f: pa.Table.from_pandas(f, preserve_index=False),
    "Polars": pl.from_pandas,
}


SAID = (
    "a decimal comma",
    "true as 1",
    "true as 1.0",
    "yes and no",
    "capitals",
    "dates as text",
    "dates as text with a time",
    "dates as 31.12.2021",
    "columns in another order",
)
"""Where a cell was rewritten, or columns were moved; other types are read as they are."""


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling_alone_changes_no_figure(name: str, tables: tuple[pd.DataFrame, ...], plain: Evaluation):
    real, synthetic, holdout = tables
    other = synthgen.evaluate_tables(real, SPELLINGS[name](synthetic), holdout, seed=3)
    assert figures(other) == figures(plain)
    assert bool(other.said) == (name in SAID)
    assert all("Bonn" not in note for note in other.said)


@pytest.mark.parametrize("name", ["dates as text", "dates as 31.12.2021", "true as 1", "numbers as 1.0 in text"])
def test_it_is_as_good_when_the_real_table_is_the_odd_one(
    name: str, tables: tuple[pd.DataFrame, ...], plain: Evaluation
):
    real, synthetic, holdout = tables
    other = synthgen.evaluate_tables(SPELLINGS[name](real), synthetic, holdout, seed=3)
    for result in ("shape", "trend", "types", "ranges", "categories", "copies"):
        assert figures(other)[result][:2] == pytest.approx(figures(plain)[result][:2]), result


def test_words_for_missing_cells_are_missing_cells(tables: tuple[pd.DataFrame, ...]):
    real, synthetic, _ = (frame.astype({"age": float}) for frame in tables)
    real.loc[:9, ["city", "age"]] = None
    synthetic.loc[:9, ["city", "age"]] = None
    words = synthetic.assign(city=synthetic["city"].fillna("None"), age=synthetic["age"].astype(str))
    first, second = (synthgen.evaluate_tables(real, made) for made in (synthetic, words))
    assert figures(first) == figures(second)


def test_codes_whose_labels_were_lost_are_named(tables: tuple[pd.DataFrame, ...]):
    real, synthetic, holdout = tables
    coded = synthetic.assign(city=synthetic["city"].astype("category").cat.codes)
    evaluation = synthgen.evaluate_tables(real, coded, holdout)
    assert any("codes whose labels were lost" in note and "'city'" in note for note in evaluation.said)
    assert verdicts(evaluation)["faithful"] != "pass"
    categories = evaluation.result("categories")
    assert categories is not None
    assert categories.details["broken"] == ["city"]


def test_files_give_what_frames_give_and_leave_a_report(tmp_path: Path, tables: tuple[pd.DataFrame, ...]):
    for name, frame in zip(("real", "made", "held"), tables, strict=True):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    files = [str(tmp_path / f"{name}.csv") for name in ("real", "made", "held")]
    found = synthgen.evaluate_tables(*files, out=tmp_path / "report")
    assert found.data["synthetic"]["name"] == "made.csv"
    again = synthgen.evaluate_tables(*files, out=tmp_path / "again")
    assert figures(found) == figures(again)
    for name in ("metrics.json", "report.html"):
        assert (tmp_path / "report" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert metrics["facts"]["settings"]["schema"] == "detected from the real rows"
    assert str(tmp_path) not in (tmp_path / "report" / "metrics.json").read_text()


@pytest.mark.parametrize("with_holdout", [True, False])
def test_a_copy_of_the_real_table_is_not_private(with_holdout: bool, tables: tuple[pd.DataFrame, ...]):
    real, _, holdout = tables
    evaluation = synthgen.evaluate_tables(real, real, holdout if with_holdout else None)
    assert verdicts(evaluation)["private"] == "fail"
    private = evaluation.verdicts[2]
    assert "Do not share it" in private.next
    assert "The synthetic table is the training table" in private.sentence


def test_without_held_out_rows_what_cannot_be_said_is_marked(tables: tuple[pd.DataFrame, ...]):
    evaluation = synthgen.evaluate_tables(*tables[:2], target="member")
    found = verdicts(evaluation)
    assert found["faithful"] in ("unknown", "attention")
    assert (found["useful"], found["private"]) == ("unknown", "unknown")
    assert all(result.floor is None for result in evaluation.results)
    assert any("None were split off" in note for note in evaluation.to_json()["notes"])


def without(*names: str) -> Any:
    return lambda frame: frame.drop(columns=list(names))


WRONG: dict[str, tuple[Any, str]] = {
    "a column is missing": (without("city"), r"lacks column 'city' of the real table"),
    "two columns are missing": (without("city", "age"), r"lacks 2 columns \('age', 'city'\)"),
    "a column has another name": (lambda f: f.rename(columns={"city": "cities"}), r"'city'.*did you mean 'cities'"),
    "a column too many": (lambda f: f.assign(extra=1), r"has column 'extra' more than the real table"),
    "no rows": (lambda f: f[:0], "no rows"),
    "one row": (lambda f: f[:1], "one row"),
    "no table": (lambda f: 7, "cannot read a int"),
    "names twice": (lambda f: f.set_axis([*f.columns[:-1], "id"], axis=1), "more than once"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_table_that_cannot_be_judged_is_one_clear_sentence(name: str, tables: tuple[pd.DataFrame, ...]):
    change, words = WRONG[name]
    with pytest.raises(DataError, match=words):
        synthgen.evaluate_tables(tables[0], change(tables[1]))


def test_held_out_rows_without_a_column_are_refused(tables: tuple[pd.DataFrame, ...]):
    with pytest.raises(DataError, match="the held-out table: lacks column 'city'"):
        synthgen.evaluate_tables(tables[0], tables[1], tables[2].drop(columns="city"))


def test_a_column_that_the_schema_drops_may_be_missing_and_is_named_when_it_is_not(tables: tuple[pd.DataFrame, ...]):
    real, synthetic, _ = tables
    kinds = {"id": "drop", "city": "categorical", "joined": "datetime", "member": "boolean"}
    schema = Schema(columns=[ColumnSchema(name=name, type=kinds.get(name, "numeric")) for name in real])
    found = synthgen.evaluate_tables(real, synthetic.drop(columns="id"), schema=schema)
    assert "id" not in found.types
    named = synthgen.evaluate_tables(real, synthetic, schema=schema)
    assert any("Not judged, because the schema drops it: 'id'" in note for note in named.said)
    with pytest.raises(SchemaError, match="nothing is said of the table's column 'id'"):
        synthgen.evaluate_tables(real, synthetic, schema=Schema(columns=schema.columns[1:]))


def test_a_target_that_is_not_there_is_refused(tables: tuple[pd.DataFrame, ...]):
    with pytest.raises(SynthgenError, match="did you mean 'member'"):
        synthgen.evaluate_tables(*tables[:2], target="membr")


DULL: dict[str, Any] = {
    "a constant target": ("member", lambda f: f.assign(member=True)),
    "a class is missing in the synthetic rows": (
        "city",
        lambda f: f[f["city"] != "Ulm"] if f["id"][0][1] == "1" else f,
    ),
    "a class is missing in the real rows": ("city", lambda f: f[f["city"] != "Ulm"] if f["id"][0][1] == "0" else f),
    "one class is left": ("member", lambda f: f[f["member"]] if f["id"][0][1] == "1" else f),
    "a column without values": ("member", lambda f: f.assign(age=None)),
    "a column that lost its values": ("member", lambda f: f.assign(age=None) if f["id"][0][1] == "1" else f),
    "all columns but one without values": (None, lambda f: f.assign(**dict.fromkeys(f.columns[1:]))),
    "one column": (None, lambda f: f[["age"]]),
    "five rows": ("member", lambda f: f[:5].assign(member=[True, False, True, False, True])),
    "infinite numbers": (None, lambda f: f.assign(spent=np.inf) if f["id"][0][1] == "1" else f),
}


@pytest.mark.parametrize("name", DULL)
def test_dull_tables_get_a_useful_page(name: str, tmp_path: Path, tables: tuple[pd.DataFrame, ...]):
    target, change = DULL[name]
    real, synthetic, holdout = (change(frame) for frame in tables)
    evaluation = synthgen.evaluate_tables(real, synthetic, holdout, target=target, out=tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert len(metrics["columns"]) == real.shape[1]
    assert all(result["value"] is not None or result["reason"] for result in metrics["results"])
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert len(evaluation.verdicts) == 3
    if name == "a column that lost its values":
        assert metrics["notes"][0].startswith("Cells of the wrong type")
        assert verdicts(evaluation)["faithful"] == "fail"


def test_a_target_without_a_value_is_refused(tables: tuple[pd.DataFrame, ...]):
    with pytest.raises(DataError, match="a target needs values"):
        synthgen.evaluate_tables(tables[0].assign(age=None), tables[1], target="age")


@pytest.mark.parametrize(("forgets", "state"), [(True, "pass"), (False, "fail")])
def test_an_audit_stands_among_the_privacy_figures_and_decides(
    forgets: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generator that hands its rows on is caught although the table that is judged is clean."""

    def hands_on(*_: Any) -> Any:
        return lambda kept, seed: pa.Table.from_pandas(rows(kept.num_rows, 1000 + seed % 1000)) if forgets else kept

    monkeypatch.setattr("synthgen.evaluating._refit", hands_on)
    real, made, held = (rows(200, seed) for seed in range(3))
    found = synthgen.evaluate_tables(real, made, held, audit=4)
    audit = next(result for result in found.to_json()["results"] if result["name"] == "audit")
    assert (audit["group"], audit["details"]["fits"]) == ("privacy", 4)
    assert verdicts(found)["private"] == state


def test_too_short_an_audit_is_an_error_before_anything_is_read() -> None:
    with pytest.raises(SynthgenError, match="audit: 3 fits; at least 4 were expected"):
        synthgen.evaluate_tables("not there.csv", "neither.csv", audit=3)


@pytest.mark.slow
def test_synthgen_itself_is_audited() -> None:
    real, made, held = (rows(300, seed) for seed in range(3))
    found = synthgen.evaluate_tables(real, made, held, audit=4)
    audit = found.result("audit")
    assert audit is not None
    assert audit.value is not None
    assert audit.value < 0.7
