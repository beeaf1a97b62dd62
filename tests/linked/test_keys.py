from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.errors import DataError
from synthgen.linked.keys import NONE, ORPHAN, check_key, key_texts, parent_rows


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20, unique=True), st.lists(st.integers(0, 40), max_size=30))
def test_rows_of_the_parent_are_found_as_by_looking_through_it(parent: list[int], child: list[int]) -> None:
    found = parent_rows([pa.array(child, pa.int64())], [pa.array([f"{key}.0" for key in parent])])
    assert found.tolist() == [parent.index(key) if key in parent else ORPHAN for key in child]


def test_keys_of_several_columns_are_compared_part_by_part() -> None:
    parent = [pa.array(["a", "ab", "a"]), pa.array([1, 1, 2])]
    child = [pa.array(["a", "ab", "a", "a", None]), pa.array([2, 1, 1, 3, 1])]
    assert parent_rows(child, parent).tolist() == [2, 1, 0, ORPHAN, NONE]


def test_parts_of_a_key_do_not_run_together() -> None:
    one, other = key_texts([pa.array(["a"]), pa.array(["bc"])]), key_texts([pa.array(["ab"]), pa.array(["c"])])
    assert one[0].as_py() != other[0].as_py()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2, 1], "posts: rows 1 and 3 have the same value in 'id', the table's key (1 rows too many)"),
        ([1, None, 2], "posts: row 2 has no value in 'id', the table's key"),
    ],
)
def test_a_key_that_names_no_row_of_its_own_is_refused(values: list[int | None], message: str) -> None:
    with pytest.raises(DataError) as error:
        check_key("posts", ["id"], [pa.array(values)])
    assert message in str(error.value)


def test_a_missing_number_of_a_frame_is_a_missing_key() -> None:
    assert parent_rows([pa.array([1.0, np.nan])], [pa.array([1])]).tolist() == [0, NONE]
