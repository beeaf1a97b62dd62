"""People with many rows: detectors judge people whom they did not learn from, attacks see one row of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.metrics.evaluation import evaluate
from synthgen.metrics.fidelity.detector import Detector
from synthgen.metrics.privacy.copies import Copies
from synthgen.metrics.view import read_views
from synthgen.table.schema import ColumnSchema, Schema

EACH = 8
"""Rows of each person."""
SCHEMA = Schema(
    columns=[
        ColumnSchema(name="who", type="identifier"),
        ColumnSchema(name="age", type="numeric"),
        ColumnSchema(name="height", type="numeric"),
        ColumnSchema(name="likes", type="numeric"),
    ]
)


def rows(n_people: int, seed: int) -> pa.Table:
    """Likes, beside two numbers that all rows of a person share."""
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(n_people), EACH)
    frame = {"who": [f"{seed}-{n}" for n in whose]}
    frame |= {name: rng.normal(size=n_people)[whose] for name in ("age", "height")}
    return pa.Table.from_pandas(pd.DataFrame(frame | {"likes": rng.poisson(5, len(whose))}), preserve_index=False)


def detector(unit: str | None) -> tuple[float, float]:
    """Of other people of the same law, and its floor."""
    tables = rows(60, 1), rows(40, 2), rows(60, 3)
    found = evaluate(*tables, SCHEMA, unit=unit, metrics=[Detector()]).result("detector")
    assert found is not None
    assert found.value is not None
    assert found.floor is not None
    return found.value, found.floor


def test_a_detector_by_people_is_near_chance_where_one_by_rows_knows_the_people() -> None:
    value, floor = detector("who")
    assert value == pytest.approx(0.5, abs=0.15)  # 40 people of each kind: three standard errors
    assert floor == pytest.approx(0.5, abs=0.15)
    assert min(detector(None)) > 0.9


def test_a_view_of_one_row_each_has_one_row_of_each() -> None:
    view = read_views(rows(60, 1), rows(40, 2), rows(60, 3), SCHEMA, unit="who")[0]
    part = view.one_each(np.random.default_rng(0))
    assert part.n_rows == 60
    assert part.raw is not None
    assert len(set(part.raw["who"].to_pylist())) == 60
    known = dict(zip(part.raw["who"].to_pylist(), part.quantities["age"], strict=True))
    assert known == dict(zip(view.raw["who"].to_pylist(), view.quantities["age"], strict=True))
    alone = read_views(rows(60, 1), rows(40, 2), rows(60, 3), SCHEMA)[0]
    assert alone.one_each(np.random.default_rng(0)) is alone


def test_an_evaluation_by_people_counts_people_in_its_attacks() -> None:
    made = rows(60, 3)
    found = evaluate(rows(60, 1), rows(40, 2), made, SCHEMA, unit="who", metrics=[Copies()])
    copies = found.result("copies")
    assert copies is not None
    assert "60 rows" in copies.sentence
    assert found.to_json()["facts"]["settings"]["unit"] == "who"
