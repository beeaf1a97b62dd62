from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.texts.context import MISSING, RARE, UNKNOWN, ContextColumn, encode_context, fit_context


def frame() -> pd.DataFrame:
    many = 400
    return pd.DataFrame(
        {
            "label": ["a"] * 300 + ["b"] * 97 + ["c", None, None],
            "number": [np.nan, *np.arange(1, many) * 1.5],
            "time": pd.date_range("2015-02-16", periods=many, freq="h"),
        }
    )


def test_labels_of_few_owners_are_rare_and_missing_cells_are_missing() -> None:
    column = fit_context(frame(), np.arange(400), 5)[0]
    assert column.labels == ("a", "b")
    tokens = column.encode(pd.Series(["a", "b", "c", None, "new"]))
    assert tokens.tolist() == [3, 4, RARE, MISSING, RARE]
    owned = ContextColumn.fit("label", frame()["label"], np.array([*[0] * 300, *range(1, 101)]), 5)
    assert owned.labels == ("b",)


@pytest.mark.parametrize("name", ["number", "time"])
def test_numbers_and_times_fall_into_bins_of_like_mass(name: str) -> None:
    column = next(one for one in fit_context(frame(), np.arange(400), 5) if one.name == name)
    counts = np.bincount(column.encode(frame()[name]), minlength=column.size)[3:]
    assert len(counts) == 16
    assert counts.min() > 18
    assert counts.max() < 32
    assert ContextColumn.from_state(column.state()) == column


def test_a_column_that_is_left_out_is_unknown() -> None:
    columns = fit_context(frame(), np.arange(400), 5)
    tokens = encode_context(columns, frame()[["label"]][:3], 3)
    assert tokens.tolist() == [[3, UNKNOWN, UNKNOWN]] * 3
    assert (encode_context(columns, None, 2) == UNKNOWN).all()
