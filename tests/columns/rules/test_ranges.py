from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.columns.rules.broken import BROKEN
from synthgen.errors import DataError
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.made import random_tokens


def fitted(frame: pd.DataFrame, **end: object) -> tuple[Codec, Schema, object]:
    table = Table.from_any(frame).arrow
    found = detect_schema(table, relations=False).model_dump()
    schema = Schema.from_json(found | {"ranges": [{"column": "x", **end}]})
    return Codec.fit(table, schema), schema, table


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": np.random.default_rng(0).pareto(1.0, 3_000) * 50}),
        pd.DataFrame({"x": (np.random.default_rng(0).pareto(1.0, 3_000) * 50).round(1)}),
        pd.DataFrame({"x": (np.random.default_rng(0).pareto(1.0, 3_000) * 50).astype(int)}),
        pd.DataFrame({"x": [f"{v:.3g}" for v in np.random.default_rng(0).pareto(1.0, 3_000) * 50]}),
    ],
    ids=["reals", "tenths", "whole", "digits"],
)
def test_a_tail_ends_where_the_user_says_without_a_heap_there(frame: pd.DataFrame) -> None:
    codec, schema, table = fitted(frame, low=3, high=412.5)
    made = codec.decode(random_tokens(codec.layout(), 10_000), seed=0)
    assert not BROKEN["ranges"](schema.ranges[0], made, table, schema).any()
    x = np.asarray(made["x"], dtype=float)
    assert x.max() > 300
    assert (x == x.max()).mean() < 0.01
    assert (x == x.min()).mean() < 0.1


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y %H:%M", None])
def test_dates_stay_between_their_ends(form: str | None) -> None:
    when = pd.Series(
        pd.Timestamp("2020-01-01") + pd.to_timedelta(np.random.default_rng(0).integers(0, 10**8, 2_000), "s")
    )
    ends = pd.Series([pd.Timestamp("2020-06-01"), pd.Timestamp("2021-06-01")])
    written = ends.dt.strftime(form) if form else ends.dt.strftime("%Y-%m-%d")
    frame = pd.DataFrame({"x": when.dt.strftime(form) if form else when})
    codec, schema, table = fitted(frame, low=written[0], high=written[1])
    made = codec.decode(random_tokens(codec.layout(), 10_000), seed=0)
    assert not BROKEN["ranges"](schema.ranges[0], made, table, schema).any()
    assert len(made["x"].unique()) > 200


def test_a_range_in_which_nothing_lies_is_refused() -> None:
    with pytest.raises(DataError, match=r"column 'x': no value lies in the range 5000 to 6000"):
        fitted(pd.DataFrame({"x": np.arange(1_000) % 300}), low=5_000, high=6_000)
