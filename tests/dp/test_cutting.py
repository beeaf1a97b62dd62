"""Rows per unit: never more than m, drawn by chance, and m chosen without asking any one unit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthgen.dp.budget import Budget
from synthgen.dp.cutting import choose_m, cut_rows
from synthgen.dp.noise import Noise
from synthgen.errors import DataError


def rows_of(units: list[str]) -> pa.Table:
    return pa.table({"user": units, "row": list(range(len(units)))})


def test_every_unit_keeps_m_rows_at_most_in_their_order() -> None:
    table = rows_of(["a", "b", "a", "a", "c", "b", "a"])
    cut = cut_rows(table, "user", 2, Noise(0))
    assert sorted(cut.column("user").to_pylist()) == ["a", "a", "b", "b", "c"]
    assert cut.column("row").to_pylist() == sorted(cut.column("row").to_pylist())
    assert cut_rows(table, "user", 9, Noise(0)).equals(table)


def test_which_rows_stay_is_drawn_evenly() -> None:
    """Each of 4 rows stays in a half of 400 cuts: 200, sd 10; a row further off than 50 would be 5 sd."""
    table = rows_of(["a"] * 4)
    noise = Noise(1)
    kept = [cut_rows(table, "user", 2, noise).column("row").to_pylist() for _ in range(400)]
    counts = np.bincount(np.concatenate(kept), minlength=4)
    assert np.abs(counts - 200).max() < 50


@pytest.mark.parametrize("rows", [1, 5, 20])
def test_m_follows_what_most_units_have(rows: int) -> None:
    table = rows_of([f"u{i // rows}" for i in range(3_000 * rows)])
    assert choose_m(table, "user", Budget(3.0, 1e-6, noise=Noise(2)), share=0.05) == rows


def test_a_unit_that_holds_half_of_the_table_does_not_decide() -> None:
    table = rows_of(["giant"] * 5_000 + [f"u{i // 2}" for i in range(5_000)])
    assert choose_m(table, "user", Budget(3.0, 1e-6, noise=Noise(3)), share=0.05) == 2
    assert len(cut_rows(table, "user", 2, Noise(4))) == 5_002


def test_too_few_units_to_tell_get_one_row_each() -> None:
    assert choose_m(rows_of(["a", "a", "b"]), "user", Budget(0.5, 1e-6, noise=Noise(5)), share=0.01) == 1


def test_a_row_that_is_nobodys_is_refused() -> None:
    table = pa.table({"user": ["a", None]})
    with pytest.raises(DataError, match="column 'user' has missing cells"):
        cut_rows(table, "user", 1, Noise(0))
    with pytest.raises(DataError, match="no column 'person'"):
        cut_rows(table, "person", 1, Noise(0))
