from __future__ import annotations

import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.errors import SynthgenError
from synthgen.metrics import METRICS
from synthgen.metrics.evaluation import evaluate
from synthgen.metrics.fidelity.trend import pair_errors
from synthgen.metrics.gates import read_gates
from synthgen.metrics.privacy.distance import look
from synthgen.metrics.view import View, read_views
from synthgen.table.schema import ColumnSchema, Schema

JUDGE = Path(__file__).parents[3] / "shared" / "bench" / "judge.py"
Draw = Callable[[int, int], dict[str, np.ndarray]]
SCHEMA = Schema(
    columns=[
        ColumnSchema(name="age", type="numeric"),
        ColumnSchema(name="city", type="categorical"),
        ColumnSchema(name="buys", type="boolean"),
        ColumnSchema(name="left out", type="drop"),
    ]
)


def table(rows: dict[str, np.ndarray]) -> pa.Table:
    """As from a CSV: all text."""
    columns = rows | {"left out": np.arange(len(rows["age"]))}
    return pa.table({name: pa.array(values.astype(str)) for name, values in columns.items()})


def test_the_parts_of_the_summary_have_the_shapes_that_the_terminal_shows(draw: Draw):
    evaluation = evaluate(*(table(draw(150, i)) for i in range(3)), SCHEMA, target="buys", seed=0)
    parts = evaluation.summary_parts()
    assert [(line["name"], line["type"]) for line in parts["columns"]] == [
        ("age", "numeric"),
        ("city", "categorical"),
        ("buys", "boolean"),
    ]
    assert all(0 <= line["error"] <= 1 and 0 <= line["floor"] <= 1 for line in parts["columns"])
    assert {frozenset(pair) for pair in parts["pairs"]} == {frozenset(("first", "second", "error", "floor"))}
    assert len(parts["pairs"]) == 3
    for figure in parts["figures"]:
        assert all(isinstance(figure[key], str) for key in ("name", "value", "floor", "note"))
    shown = [figure["name"] for figure in parts["figures"]]
    assert {"Shape error", "Trend error", "Detector AUC", "Prediction AUC"} <= set(shown)


def test_the_same_seed_gives_the_same_bytes(draw: Draw):
    tables = [table(draw(150, i)) for i in range(3)]
    first, second = (json.dumps(evaluate(*tables, SCHEMA, seed=3).to_json(), allow_nan=False) for _ in range(2))
    assert first == second
    assert [result["name"] for result in json.loads(first)["results"]] == [metric.name for metric in METRICS]


def test_few_rows_are_met_with_a_note_of_what_they_cannot_support(draw: Draw):
    tables = [table(draw(n, i)) for i, n in enumerate((260, 40, 300))]
    notes = " ".join(evaluate(*tables, SCHEMA, target="buys").summary_parts()["notes"])
    assert "Only 40 rows were held out" in notes
    assert "260 rows support" in notes
    assert "not measured; 40 rows of each kind are too few" in notes
    assert "Prediction" in notes
    assert "Keys" not in notes  # the table has none: nothing is amiss


def test_a_table_without_held_out_rows_is_compared_without_floors(draw: Draw):
    parts = evaluate(*(table(draw(n, 0)) for n in (60, 0, 60)), SCHEMA).summary_parts()
    assert parts["columns"][0]["floor"] is None
    assert "No rows were held out" in parts["notes"][0]


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    if not JUDGE.exists():
        pytest.skip("the independent judge is not beside this checkout")
    spec = importlib.util.spec_from_file_location("judge", JUDGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            patch.setenv(name, "1")  # it sets them for good
        spec.loader.exec_module(module)
    return module


def with_gaps(rows: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(len(rows["age"])) < 0.1, np.nan, rows["age"])
    return rows | {"age": age, "spent": np.round(rows["age"] * 3 + rng.normal(size=len(age)), 2)}


def test_figures_are_those_of_an_independent_judge(draw: Draw, judge: ModuleType):
    frames = [pd.DataFrame(with_gaps(draw(n, i), i)) for i, n in enumerate((300, 300, 250))]
    schema = Schema(
        columns=[
            ColumnSchema(name=name, type="numeric" if name in ("age", "spent") else "categorical")
            for name in frames[0].columns
        ]
    )
    arrows = [pa.Table.from_pandas(frame, preserve_index=False) for frame in frames]
    ours = read_views(*arrows, schema)
    columns = judge.Schema(frames[0], "buys", "binclass", ["city", "buys"], [], [])
    theirs = [judge.Table(frame, columns) for frame in frames]
    columns.encode(*theirs)
    evaluation = evaluate(*arrows, schema)
    shape, copies = evaluation.result("shape"), evaluation.result("copies")
    assert shape is not None
    assert copies is not None
    expected = judge.shape_errors(theirs[0], theirs[2])[0]
    assert {n: found["error"] for n, found in shape.details["columns"].items()} == pytest.approx(expected, abs=1e-6)
    expected = judge.trend_errors(theirs[0], theirs[2], fixed_bins=False)[0]
    assert pair_errors(ours[0], ours[2], list(expected)) == pytest.approx(expected, abs=1e-6)
    expected = judge.dcr_share(theirs[2], theirs[0], theirs[1], np.random.default_rng(0), 1000, 1000)
    found = look(ours[2], ours[0], ours[1], np.random.default_rng(0))
    assert found.share == pytest.approx(expected["share_nearer_train"], abs=1e-6)
    assert copies.value == pytest.approx(judge.copy_rate(theirs[2], theirs[0])["exact_copies"], abs=1e-6)


def test_the_file_says_what_was_asked_and_what_was_found(draw: Draw):
    told: list[tuple[int, int, str]] = []
    gates = read_gates("shape_error < 0, copies > 2", [metric.name for metric in METRICS])
    evaluation = evaluate(
        *(table(draw(60, i)) for i in range(3)),
        SCHEMA,
        target="buys",
        seed=4,
        gates=gates,
        said=["Spelling was matched."],
        data={"train": {"name": "a.csv", "rows": 60}},
        on_metric=lambda *news: told.append(news),
    )
    found = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert list(found) == [
        "version", "seed", "rows", "target", "columns", "results", "verdicts", "notes", "facts", "gates",
    ]  # fmt: skip
    assert found["version"] == 1
    assert found["rows"] == {"train": 60, "holdout": 60, "synthetic": 60}
    assert [result["group"] for result in found["results"]] == [metric.group for metric in METRICS]
    assert found["results"][0]["group"] == "validity"
    assert [verdict["question"] for verdict in found["verdicts"]] == ["faithful", "useful", "private"]
    names = {result["name"] for result in found["results"]}
    for verdict in found["verdicts"]:
        assert set(verdict["figures"]) <= names
        assert verdict["next"]
    assert found["facts"]["settings"]["target"] == "buys"
    assert found["facts"]["data"]["train"]["name"] == "a.csv"
    assert {"synthgen", "numpy", "scikit-learn"} <= found["facts"]["versions"].keys()
    assert [gate["passed"] for gate in found["gates"]] == [True, True]
    assert "Spelling was matched." in found["notes"]
    assert [done for done, _, _ in told] == list(range(len(METRICS) + 1))
    assert not evaluation.failed_gates


def test_held_out_rows_that_are_training_rows_are_noticed(draw: Draw):
    rows = table(draw(120, 0))
    notes = " ".join(evaluate(rows, rows, table(draw(120, 1)), SCHEMA).summary_parts()["notes"])
    assert "they seem to be no held-out rows" in notes


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"target": "bys"}, "no column 'bys'; did you mean 'buys'"),
        ({"task": "detect"}, "no target"),
        ({"task": "detect", "target": "age"}, "holds numbers"),
        ({"task": "detekt", "target": "buys"}, "did you mean 'detect'"),
        ({"target": "left out"}, "no column 'left out'"),
    ],
)
def test_a_target_or_task_that_does_not_fit_is_refused(asked: dict[str, str], words: str, draw: Draw):
    with pytest.raises(SynthgenError, match=words):
        evaluate(*(table(draw(30, i)) for i in range(3)), SCHEMA, **asked)


def test_views_are_read_once_for_all_metrics(draw: Draw, monkeypatch: pytest.MonkeyPatch):
    seen: list[tuple[View, ...]] = []
    monkeypatch.setattr("synthgen.metrics.evaluation.read_views", lambda *a: seen.append(read_views(*a)) or seen[-1])
    evaluate(*(table(draw(30, i)) for i in range(3)), SCHEMA)
    assert len(seen) == 1
