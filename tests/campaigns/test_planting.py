"""Marks of made-up campaigns: all at difficulty 0, none at 1, fewer of the same in between; kinds keep laws alone."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.campaigns import Accounts, AskedCampaigns, Kind, Planted, asked_of, find_campaigns, kinds_of, plant
from synthgen.campaigns.roles import created_of, handle_of, label_of
from synthgen.errors import ConfigError
from synthgen.table.schema import ColumnSchema, Schema


def planted(kept: float | None, seed: int = 0, kind: Kind | None = None) -> Planted:
    return plant([kind or Kind()], np.zeros(3, int), np.array([10, 10, 10]), np.random.default_rng(seed), kept)


def test_at_difficulty_zero_every_account_bears_every_mark() -> None:
    found = planted(1.0)
    assert found.looks_A.all()
    assert all(found.stem_A)
    assert len(set(found.stem_A)) == 3
    for number in range(3):
        members = found.campaign_A == number
        assert len(np.unique(found.burst_A[members])) == 1
        assert (found.delay_A[members] <= Kind().burst_span).all()
        inside = members[found.from_P]
        assert inside.sum() == 10 * 9
    assert (found.campaign_A[found.from_P] == found.campaign_A[found.to_P]).all()
    assert len(found.of_E) == 3 * Kind().events
    assert np.bincount(found.event_J).tolist() == [10] * len(found.of_E)


def test_at_difficulty_one_no_account_bears_any() -> None:
    found = planted(0.0)
    assert not found.looks_A.any()
    assert not any(found.stem_A)
    assert np.isnan(found.burst_A).all()
    assert not len(found.from_P)
    assert not len(found.poster_J)
    assert len(found) == 30


def test_a_harder_campaign_is_an_easier_one_with_marks_taken_away() -> None:
    marks = []
    for kept in (0.1, 0.4, 0.8):
        found = planted(kept)
        pairs = {("tie", a, b) for a, b in zip(found.from_P.tolist(), found.to_P.tolist(), strict=True)}
        posts = {("post", a, e) for a, e in zip(found.poster_J.tolist(), found.event_J.tolist(), strict=True)}
        alone = {("looks", n) for n in np.flatnonzero(found.looks_A)}
        alone |= {("stem", n, stem) for n, stem in enumerate(found.stem_A) if stem}
        alone |= {("burst", n) for n in np.flatnonzero(~np.isnan(found.burst_A))}
        marks.append(pairs | posts | alone)
    assert marks[0] < marks[1] < marks[2]


def test_shares_of_a_kind_are_kept() -> None:
    """1,000 accounts: a share is within 0.06 of its law but for one time in 10,000."""
    kind = Kind(size=100, burst=0.7, template=0.3, ties=0.4, back=0.5, events=4, joins=0.25)
    found = plant([kind], np.zeros(10, int), np.full(10, 100), np.random.default_rng(0))
    assert found.looks_A.all()
    assert (~np.isnan(found.burst_A)).mean() == pytest.approx(0.7, abs=0.06)
    assert np.mean([bool(stem) for stem in found.stem_A]) == pytest.approx(0.3, abs=0.06)
    pairs = np.minimum(found.from_P, found.to_P) * 1_000 + np.maximum(found.from_P, found.to_P)
    distinct, many = np.unique(pairs, return_counts=True)
    assert len(distinct) / (10 * 100 * 99 / 2) == pytest.approx(0.4, abs=0.01)
    assert (many == 2).mean() == pytest.approx(0.5, abs=0.02)
    assert len(found.poster_J) / (1_000 * 4) == pytest.approx(0.25, abs=0.03)


def test_a_kind_is_learned_and_knows_no_time_and_no_name() -> None:
    rng = np.random.default_rng(0)
    created_N = np.r_[rng.uniform(0, 1e8, 900), 2e7 + rng.uniform(0, 3_600, 20), 7e7 + rng.uniform(0, 3_600, 20)]
    handles = [None] * 900 + [f"{stem}{n:06d}" for stem in ("kobalt", "mirada") for n in range(20)]
    accounts = Accounts(940, created_N, handles)
    found = find_campaigns(accounts)
    kinds, kind_N = kinds_of(accounts, found, np.arange(940) >= 900, 5)
    assert len(kinds) == 1
    assert (kind_N[900:] == 0).all()
    kind = kinds[0]
    assert (kind.campaigns, kind.size, kind.digits, kind.events, kind.ties) == (2, 20.0, 6, 0, 0.0)
    assert kind.burst == kind.template == 1.0
    assert kind.burst_span in (2_048.0, 4_096.0)
    assert Kind.from_state(kind.state()) == kind
    assert not any("koba" in str(value) for value in kind.state().values())


def test_accounts_that_act_together_and_are_genuine_are_no_campaign_of_fakes() -> None:
    rng = np.random.default_rng(0)
    accounts = Accounts(520, np.r_[rng.uniform(0, 1e8, 500), 5e7 + rng.uniform(0, 3_600, 20)])
    found = find_campaigns(accounts)
    assert found.n_campaigns == 1
    assert kinds_of(accounts, found, np.arange(520) < 20, 5)[0] == []
    assert len(kinds_of(accounts, found, None, 5)[0]) == 1
    assert kinds_of(accounts, found, None, 50)[0] == []  # fewer than must hold it


@pytest.mark.parametrize("total", [1, 2, 19, 400])
def test_sizes_make_up_the_total(total: int) -> None:
    sizes = Kind(size=20, spread=0.2).sizes(total, np.random.default_rng(total))
    assert sizes.sum() == total
    assert total < 2 or sizes.min() >= 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((-1, None, None, None), "campaigns: -1"),
        ((2, 1, None, None), "campaign-size: 1; a campaign has 2 accounts at least"),
        ((2, None, 1.5, None), "difficulty: 1.5; a number from 0 to 1"),
        ((2, None, None, -0.1), "label-noise: -0.1; a number from 0 to 1"),
        ((None, 40, None, None), "campaign-size: of which campaigns"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(given: tuple[float | None, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        asked_of(*given)  # type: ignore[arg-type]


def test_defaults_are_those_that_are_documented() -> None:
    assert asked_of(5, None, None, None) == AskedCampaigns(5, 40, 0.5, 0.0)
    assert asked_of(None, None, None, None) is None


def test_columns_are_found_by_what_they_are_called() -> None:
    columns = {"id": "numeric", "screen_name": "identifier", "born": "datetime", "created_at": "datetime"}
    columns |= {"label": "categorical", "is_bot": "boolean"}
    schema = Schema(columns=[ColumnSchema(name=name, type=kind) for name, kind in columns.items()])
    assert label_of(schema) == "is_bot"
    assert handle_of(schema) == "screen_name"
    created = created_of(schema)
    assert created is not None
    assert created.name == "created_at"
