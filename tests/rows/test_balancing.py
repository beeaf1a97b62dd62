from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from synthgen import ConfigError, DataError, Synthesizer
from synthgen.rows.balancing import rows_to_add
from tests.made import accounts

COUNTS = {"human": 900, "bot": 80, "other": 20}


@pytest.mark.parametrize(
    ("to", "added"),
    [
        (None, {"bot": 820, "other": 880}),
        ("equal", {"bot": 820, "other": 880}),
        ({"bot": 0.5}, {"bot": 840}),
        ({"bot": 0.1, "other": 0.1}, {"bot": 32, "other": 92}),
        ({"bot": 0.3, "human": 0.69, "other": 0.01}, {"bot": 520, "human": 480}),
        ({"bot": 100, "human": 900}, {"bot": 20}),
    ],
)
def test_rows_to_add(to: object, added: dict[str, int]) -> None:
    found = rows_to_add(COUNTS, to)  # type: ignore[arg-type]
    assert found == added
    if isinstance(to, dict) and any(value < 1 for value in to.values()):
        total = sum(COUNTS.values()) + sum(found.values())
        for name, share in to.items():
            assert (COUNTS[name] + found.get(name, 0)) / total == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("more", "expected 'equal'"),
        ({"bott": 0.2}, r"no class 'bott'.*did you mean 'bot'"),
        ({"bot": 50}, r"less than the 80 real rows.*only added"),
        ({"human": 0.1}, r"rows are only added"),
        ({"bot": 0.6, "human": 0.5}, r"leave no room"),
        ({"bot": -1}, r"a share between 0 and 1"),
        ({"bot": 2.5}, r"a share between 0 and 1"),
    ],
)
def test_what_cannot_be_is_said(to: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rows_to_add(COUNTS, to)  # type: ignore[arg-type]


def test_rare_classes_are_topped_up_with_marked_rows(fitted: Synthesizer) -> None:
    real = accounts(120, seed=30)
    both = fitted.balance(real, "plan")
    assert both["plan"].value_counts().nunique() == 1
    pd.testing.assert_frame_equal(both.head(120)[real.columns], real, check_dtype=True)
    assert not both["is_synthetic"].head(120).any()
    assert both["is_synthetic"].iloc[120:].all()
    assert (both["plan"].map({"free": 10, "pro": 20, "team": 30}) == both["plan_code"]).all()
    pd.testing.assert_frame_equal(both, fitted.balance(real, "plan"))


def test_other_kinds_of_tables_and_shares(fitted: Synthesizer) -> None:
    real = accounts(100, seed=31)
    both = fitted.balance(pa.Table.from_pandas(real), "is_bot", to={True: 0.5})
    assert isinstance(both, pa.Table)
    assert both["is_bot"].to_pandas().mean() == 0.5
    assert fitted.balance(real, "plan_code", to={30: 40})["plan_code"].eq(30).sum() == 40


@pytest.mark.parametrize(
    ("target", "message"), [("plam", "did you mean 'plan'"), ("days", "of type 'numeric'; a label")]
)
def test_a_target_that_is_no_label_is_named(fitted: Synthesizer, target: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted.balance(accounts(20), target)
