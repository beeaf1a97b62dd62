from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.linked.calendar import Calendar, Gaps

TIMES = ["2024-02-28 23:59:50", "2024-02-29 00:00:05", None, "2024-03-01 12:00:00"]


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (pa.array(TIMES), {}),
        (pa.array([1_709_164_790, 1_709_164_805, None, 1_709_294_400]), {"epoch": "s"}),
        (pa.array(["1709164790000", "1709164805000", None, "1709294400000"]), {"epoch": "ms"}),
        (pa.array(["2024-02-28", "2024-02-29", None, "2024-03-01"]), {}),
    ],
)
def test_times_are_written_as_they_were_read(values: pa.Array, options: dict[str, str]) -> None:
    calendar = Calendar.fit(values, options)
    again = Calendar.from_state(calendar.state())
    assert again == calendar
    assert again.write(*again.seconds(values)).to_pylist() == values.to_pylist()
    assert calendar.clock == (values[0].as_py() != "2024-02-28")


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(0, 10**9))
def test_gaps_put_times_together_again(times: list[int], begin: int) -> None:
    second_N = np.sort(np.array(times))
    before_N = np.r_[begin, second_N[:-1]]
    first_N = np.arange(len(second_N)) == 0
    gaps = Gaps.between(before_N, second_N, first_N)
    assert gaps.after(before_N, first_N).tolist() == second_N.tolist()
    assert (np.isnan(gaps.clock_N) != np.isnan(gaps.within_N)).all()


def test_whatever_was_drawn_no_row_comes_before_the_one_before() -> None:
    rng = np.random.default_rng(0)
    before_N = rng.integers(0, 10**9, 2_000)
    half_N = rng.random(2_000) < 0.5
    clock_N = np.where(half_N, rng.integers(0, 86_400, 2_000), np.nan)
    gaps = Gaps(rng.integers(0, 3, 2_000), clock_N, np.where(rng.random(2_000) < 0.5, 50_000, np.nan))
    after_N = gaps.after(before_N, np.zeros(2_000, bool))
    assert (after_N >= before_N).all()
    assert (after_N // 86_400 - before_N // 86_400 == gaps.days_N)[gaps.days_N > 0].all()
