from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.errors import DataError
from synthgen.interactions import Interactions


def made(events: int = 200, seed: int = 0) -> Interactions:
    rng = np.random.default_rng(seed)
    return Interactions.of(
        rng.integers(12, size=events),
        rng.integers(9, size=events),
        n_users=12,
        n_items=10,
        rating_E=rng.integers(1, 6, events),
        time_E=rng.integers(1_000, size=events),
    )


def rows_of(taken: Interactions) -> list[tuple[float, ...]]:
    assert taken.rating_E is not None
    assert taken.time_E is not None
    return sorted(zip(taken.user_E, taken.item_E, taken.rating_E, taken.time_E, strict=True))


def test_a_pair_that_repeats_is_one_in_the_matrix_and_counted_in_the_counts() -> None:
    taken = Interactions.of(np.array([0, 0, 1]), np.array([1, 1, 0]), n_items=3)
    assert taken.matrix().toarray().tolist() == [[0, 1, 0], [1, 0, 0]]
    assert taken.counts().toarray().tolist() == [[0, 2, 0], [1, 0, 0]]
    assert (taken.per_user_U.tolist(), taken.per_item_I.tolist()) == ([2, 1], [1, 2, 0])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"user_E": [0, 1], "item_E": [0]}, "arrays of 1 and 2 rows"),
        ({"user_E": [0, 3], "item_E": [0, 0], "n_users": 2}, "1 user number outside of 0 to 1"),
        ({"user_E": [0, 0], "item_E": [-1, -2]}, "2 item numbers outside of"),
    ],
)
def test_numbers_that_fit_nothing_are_refused(arrays: dict[str, list[int]], message: str) -> None:
    given_arrays = {name: np.array(value) if name.endswith("_E") else value for name, value in arrays.items()}
    with pytest.raises(DataError, match=message):
        Interactions.of(**given_arrays)  # type: ignore[arg-type]


def test_rows_are_in_time_user_by_user_and_equal_times_keep_their_order() -> None:
    taken = Interactions.of(np.array([1, 0, 0, 1]), np.arange(4), time_E=np.array([5, 9, 2, 5]))
    assert taken.order_E.tolist() == [2, 1, 0, 3]
    assert Interactions.of(np.array([1, 0, 0, 1]), np.arange(4)).order_E.tolist() == [1, 2, 0, 3]


@given(st.integers(0, 1_000), st.floats(0.05, 1.0), st.booleans())
def test_a_split_parts_each_history_by_its_share(seed: int, share: float, by_time: bool) -> None:
    taken = made(seed=seed)
    first, rest = taken.split(share, None if by_time else np.random.default_rng(seed))
    assert sorted(rows_of(first) + rows_of(rest)) == rows_of(taken)
    assert (first.per_user_U == np.ceil(share * taken.per_user_U)).all()
    assert (first.n_users, first.n_items, rest.n_items) == (12, 10, 10)
    if by_time:
        assert first.time_E is not None
        assert rest.time_E is not None
        for user in np.unique(rest.user_E):
            assert first.time_E[first.user_E == user].max() <= rest.time_E[rest.user_E == user].min()


def test_halves_are_all_users_once() -> None:
    taken = made()
    one, other = taken.halves(np.random.default_rng(0))
    assert (one.n_users, other.n_users, one.n_items) == (6, 6, 10)
    assert sorted([*one.per_user_U, *other.per_user_U]) == sorted(taken.per_user_U)


def test_items_are_numbered_anew_and_users_stay() -> None:
    taken = made()
    some_I = taken.per_item_I >= 20
    part = taken.of_items(some_I)
    assert part.per_item_I.tolist() == taken.per_item_I[some_I].tolist()
    assert part.n_users == taken.n_users
