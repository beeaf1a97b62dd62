"""Events of accounts: kinds in one stream, other tables of the same owners, sessions, times; planted laws come back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthgen
from tests.streams import accounts_with_events

EARLY = 12


@pytest.fixture(scope="module")
def real() -> dict[str, pd.DataFrame]:
    return accounts_with_events(early=EARLY)


@pytest.fixture(scope="module")
def model(real: dict[str, pd.DataFrame]) -> synthgen.Synthesizer:
    few = {"max_steps": 300, "width": 64, "blocks": 1, "batch_rows": 128}
    return synthgen.Synthesizer(training=few, random_state=0).fit(real)


@pytest.fixture(scope="module")
def made(model: synthgen.Synthesizer) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = model.sample(scale=2.0, random_state=1)
    found["events"] = found["events"].merge(found["accounts"], on="account_id")
    found["events"]["when"] = pd.to_datetime(found["events"]["at"])
    return found


def test_an_event_that_needs_another_follows_it_in_its_session(made: dict[str, pd.DataFrame]) -> None:
    """A purchase comes straight after add_to_cart, always in the real stream; one in nine events is add_to_cart."""
    events = made["events"]
    before = events.groupby("account_id").event.shift(1)
    soon = events.when - events.groupby("account_id").when.shift(1) < pd.Timedelta("30min")
    bought = events.event == "purchase"
    assert bought.sum() > 80
    assert ((before == "add_to_cart") & soon)[bought].mean() > 0.75
    assert bought[before == "add_to_cart"].mean() > 0.5


def test_columns_of_one_kind_of_event_are_empty_for_the_others(made: dict[str, pd.DataFrame]) -> None:
    filled = made["events"].amount.notna().groupby(made["events"].event).mean()
    assert filled["purchase"] > 0.95
    assert filled["view"] < 0.05


def test_events_know_whose_they_are(made: dict[str, pd.DataFrame]) -> None:
    """Bots only view, at any hour; people come from 18 to 22 h."""
    events = made["events"]
    bot = events.account_type == "bot"
    assert (events.event[bot] == "view").mean() > 0.85
    assert (events.event[~bot] == "view").mean() < 0.75
    evening = events.when.dt.hour.between(17, 22)
    assert evening[~bot].mean() > 0.75
    assert evening[~bot].mean() > evening[bot].mean() + 0.15


def test_labels_decide_how_many_events_an_account_has(
    real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]
) -> None:
    """People have 8.4 events, bots 4.3; the means of 380 and 140 made accounts have standard errors of 0.2 and 0.3."""
    means = []
    for tables in (real, made):
        many = tables["events"].account_id.value_counts().reindex(tables["accounts"].account_id, fill_value=0)
        means.append(many.groupby(tables["accounts"].account_type.to_numpy()).mean())
    assert means[0]["human"] > 1.6 * means[0]["bot"]
    assert means[1].to_dict() == pytest.approx(means[0].to_dict(), rel=0.25)


def test_a_table_knows_the_other_events_of_its_owners(
    real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]
) -> None:
    """Real tickets are opened on a day with events, or, past midnight, the day after one; by chance 0.15 would be."""
    shares = []
    for tables in (real, made):
        days = set(zip(tables["events"].account_id, pd.to_datetime(tables["events"]["at"]).dt.date, strict=True))
        asked = zip(tables["tickets"].account_id, pd.to_datetime(tables["tickets"].opened_at).dt.date, strict=True)
        shares.append(np.mean([pair in days for pair in asked]))
    assert shares[0] > 0.95
    assert shares[1] > 0.5


def test_no_event_comes_before_its_account_and_those_that_did_are_counted(
    model: synthgen.Synthesizer, made: dict[str, pd.DataFrame]
) -> None:
    said = f"events.at: {EARLY} rows come before accounts.created_at of their owner"
    assert any(said in note for note in model.notes_)
    assert not any("tickets.opened_at" in note for note in model.notes_)
    assert (made["events"].when >= pd.to_datetime(made["events"].created_at)).all()
    tickets = made["tickets"].merge(made["accounts"], on="account_id")
    assert (pd.to_datetime(tickets.opened_at) >= pd.to_datetime(tickets.created_at)).all()
