from __future__ import annotations

import numpy as np
from scipy import stats

from synthgen.world.campaigns import MARKS
from synthgen.world.laws import city_shares, community_shares, device_shares
from synthgen.world.lexicon import CITIES, LANGUAGE_OF
from synthgen.world.people import _all_different
from tests.world.conftest import ALARM, World, agrees, fits, seconds


def test_communities_have_their_shares(world: World) -> None:
    free = ~world.truth["users"]["in_target"].to_numpy()
    assert fits(np.bincount(world.community[free]), community_shares(6))


def test_a_city_is_in_one_country_and_has_one_time_zone(world: World) -> None:
    places = world.users[["country", "city", "time_zone"]].drop_duplicates()
    assert places["city"].is_unique
    assert dict(zip(places["city"], places["country"], strict=True)) == {c.city: c.country for c in CITIES}


def test_members_live_where_their_community_does(world: World) -> None:
    shares = city_shares(6)
    cities = [place.city for place in CITIES]
    for c in range(6):
        counts = world.users.loc[world.community == c, "city"].value_counts().reindex(cities, fill_value=0)
        assert fits(counts.to_numpy(), shares[c])


def test_language_is_the_country_s_or_english(world: World) -> None:
    native = world.users["country"].map(LANGUAGE_OF)
    abroad = native != "en"
    assert world.users.loc[~abroad, "language"].eq("en").all()
    assert agrees((world.users["language"] == native)[abroad].sum(), abroad.sum(), 0.85)


def test_profiles_depend_on_the_community(world: World) -> None:
    bare = world.truth["users"]["bare_profile"].to_numpy()
    users, community = world.users[~bare], world.community[~bare]
    for c in range(6):
        devices = users.loc[community == c, "device"].value_counts().reindex(["android", "ios", "web"])
        assert fits(devices.to_numpy(), device_shares(6)[c])
        ages = users.loc[community == c, "age"].dropna()
        # Rounding and the bound at 16 move the mean of the youngest by 0.5 years at most.
        assert abs(ages.mean() - (22 + 3 * c)) < 0.6 + 4 * 6 / np.sqrt(len(ages))
    assert agrees(users["age"].isna().sum(), len(users), 0.1)
    assert agrees(users["bio"].isna().sum(), len(users), 0.2)
    assert agrees(users["default_avatar"].sum(), len(users), 0.1)


def test_bare_profiles_are_bare(world: World) -> None:
    bare = world.users[world.truth["users"]["bare_profile"]]
    assert agrees(bare["age"].isna().sum(), len(bare), 0.7)
    assert agrees(bare["bio"].isna().sum(), len(bare), 0.8)
    assert agrees(bare["default_avatar"].sum(), len(bare), 0.7)


def test_sign_ups_grow_linearly(world: World) -> None:
    free = ~world.truth["users"]["in_burst"].to_numpy()
    constants = world.parameters["constants"]
    span = constants["last_account"] - constants["start"]
    passed = (seconds(world.users["created_at"])[free] - constants["start"]) / span
    assert stats.kstest(passed**2, "uniform").pvalue > ALARM
    assert world.users["created_at"].is_monotonic_increasing


def test_accounts_fall_silent_by_an_exponential_law(world: World) -> None:
    constants = world.parameters["constants"]
    lived = world.truth["users"]["active_days"].to_numpy() - 1
    gone = ~world.users["is_active"].to_numpy()
    # The number that left over the days lived by all estimates the rate; its spread is the root of that number.
    rate, days = gone.sum() / lived.sum(), constants["lifetime"] / 86_400
    assert abs(rate * days - 1) < 4 / np.sqrt(gone.sum())
    last = world.posts.groupby("user_id")["created_at"].max()
    users = world.users.set_index("user_id").loc[last.index]
    until = world.truth["users"].set_index("user_id")["active_days"].loc[last.index]
    assert ((last - users["created_at"]).dt.total_seconds() / 86_400 <= until + 1e-4).all()


def test_labels_are_wrong_as_often_as_asked(world: World) -> None:
    wrong = world.users["is_bot"] != world.truth["users"]["is_bot"]
    assert agrees(wrong.sum(), len(wrong), 0.02)
    assert wrong.sum() > 0


def test_humans_bear_no_mark(world: World) -> None:
    truth = world.truth["users"]
    assert not truth.loc[~truth["is_bot"], list(MARKS)].any().any()


def test_names_that_meet_are_parted() -> None:
    assert _all_different(["a", "b", "a", "aa", "a"]) == ["a", "b", "ab", "aa", "ac"]
    many = _all_different(["a"] * 500)
    assert len(set(many)) == 500
