"""Quotas: read, refused, and met to the row."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen import Synthesizer
from synthgen.errors import ConditionError
from synthgen.synthesizers import quotas
from synthgen.synthesizers.quotas import quota_of, share_out
from tests.made import QUICK, accounts


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=8), st.integers(0, 100_000))
def test_counts_add_up_and_are_within_one(parts: list[float], n: int) -> None:
    total = sum(parts)
    quota = quota_of({"kind": {str(i): share / total / 1.0000001 for i, share in enumerate(parts)}})
    counts = quota.counts(n)
    assert sum(counts) == n
    assert all(abs(count - share * n) < 1 for count, (_, share) in zip(counts, quota.strata, strict=True))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6), st.integers(1, 400))
def test_parts_of_a_table_add_up_to_the_whole(counts: list[int], rows: int) -> None:
    left, done = list(counts), [0] * len(counts)
    while sum(left):
        part = share_out(left, min(rows, sum(left)))
        assert sum(part) == min(rows, sum(left))
        left = [a - b for a, b in zip(left, part, strict=True)]
        assert min(left) >= 0
        done = [a + b for a, b in zip(done, part, strict=True)]
    assert done == counts


@pytest.mark.parametrize(
    ("text", "column", "shares"),
    [
        ("account_type: bot=20%, human=80%", "account_type", [0.2, 0.8]),
        ("'a: b' : 'x, y'=0.5, z = 50 %", "a: b", [0.5, 0.5]),
        ("age: ..29=25%", "age", [0.25, 0.75]),
        ("age: 18..30=100%", "age", [1.0]),
    ],
)
def test_text_is_read(text: str, column: str, shares: list[float]) -> None:
    quota = quota_of(text)
    assert quota.column == column
    assert [share for _, share in quota.strata] == pytest.approx(shares)


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        ("bot=20%", "names no column"),
        ("kind:", "no share is asked of 'kind'"),
        ("kind: bot", "gives no value a share"),
        ("kind: bot=many", "'many' for 'bot' is no share"),
        ("kind: bot=60%, human=50%", "add up to 1.1 times the whole"),
        ("kind: bot=120%", "expected 0 % to 100 %"),
        ({"kind": {"bot": -0.1}}, "expected 0 % to 100 %"),
        ({"kind": {"bot": "20%"}}, "is no share"),
        ({"kind": 0.2}, "expected shares by value"),
        ({"a": {"x": 0.1}, "b": {"y": 0.1}}, "2 columns; expected one"),
    ],
)
def test_what_is_no_quota_is_refused(quota: object, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        quota_of(quota)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(random_state=1, **QUICK).fit(accounts())


def test_shares_are_met_to_the_row(fitted: Synthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "DECODE_ROWS", 200)
    quota = "plan: team=33.3%, pro=33.3%"
    rows = pd.concat([table.to_pandas() for table in fitted.sample_chunks(700, quota=quota, where="posts>=20")])
    assert rows["plan"].value_counts().to_dict() == {"free": 234, "pro": 233, "team": 233}
    assert (rows["posts"] >= 20).all()
    assert rows["user_id"].is_unique
    assert rows["plan"].head(100).nunique() == 3


def test_ranges_may_have_shares(fitted: Synthesizer) -> None:
    rows = fitted.sample(300, quota={"posts": {(None, 39): 0.1, (40, None): 0.9}})
    assert (rows["posts"] <= 39).sum() == 30


def test_equal_seeds_give_equal_rows(fitted: Synthesizer) -> None:
    one, other, third = (fitted.sample(60, quota="plan: pro=50%", random_state=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one, other)
    assert not one.equals(third)
    assert len(fitted.sample(0, quota="plan: pro=50%")) == 0


def test_a_value_that_is_not_there_is_named(fitted: Synthesizer) -> None:
    with pytest.raises(ConditionError, match="did you mean 'pro'"):
        fitted.sample(10, quota="plan: prro=50%")
    with pytest.raises(ConditionError, match="did you mean 'plan'"):
        fitted.sample(10, quota="plam: pro=50%")
