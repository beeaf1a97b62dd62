"""Made people who are copies are caught, each by every attack; made people of the same law are not accused.

False alarms: an attack's figure is the strongest of its ways with Bonferroni's factor, so honest people come out below
5 % at most once in twenty times. Of 20 honest crowds and 6 attacks, 120 figures, at most 12 may: chance 1 % were they
independent and exact; ties make them rarer.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthgen.metrics.base import Result
from synthgen.metrics.people import ATTACKS, Held, People, attack_people, tried
from synthgen.metrics.people.base import at, matrices, nearness, overlap
from synthgen.metrics.people.posting_times import WEEK, rhythm
from synthgen.metrics.people.sequences import telling_runs
from synthgen.metrics.privacy.verdict import privacy_verdict
from tests.crowds import crowd, partly

N_TRAIN, N_HELD = 280, 120


def sides(seed: int) -> tuple[People, People, People]:
    """Training people, held-out people, and others of the same law."""
    return crowd(N_TRAIN, 3 * seed), crowd(N_HELD, 3 * seed + 1), crowd(N_TRAIN + N_HELD, 3 * seed + 2)


@pytest.fixture(scope="module")
def copied() -> dict[str, Result]:
    """Of made people a tenth of whom are training people."""
    train, held, made = sides(0)
    found = attack_people(train, held, partly(train, made, 0.1, 0), np.random.default_rng(0))
    return {result.name: result for result in found}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_tenth_of_the_people_copied_is_caught(attack, copied):
    result = copied[attack.name]
    assert result.value is not None
    assert result.details["p"] < 0.05 / len(ATTACKS)
    assert result.interval is not None
    assert result.interval[0] > 0
    assert result.floor == 0.0
    surest = next(one for way, one in result.details["outcomes"].items() if way.endswith("stand out"))
    assert surest["interval"][0] <= surest["rate"] <= surest["interval"][1]


def test_the_verdict_on_copies_is_no_and_names_the_attacks(copied):
    state, said = privacy_verdict(list(copied.values()))
    assert state == "fail"
    assert "Membership of people" in said


def test_people_of_the_same_law_are_not_accused():
    p = []
    verdicts = []
    for seed in range(1, 21):
        results = attack_people(*sides(seed), np.random.default_rng(seed))
        p += [result.details["p"] for result in results]
        verdicts.append(privacy_verdict(results)[0])
    assert len(p) == 20 * len(ATTACKS)
    assert np.mean(np.array(p) < 0.05) <= 0.1
    assert verdicts.count("fail") <= 4  # 5 % of 20 by Holm's bounds; 5 or more: chance 0.3 %


def test_held_out_people_in_place_of_made_ones_are_not_accused():
    train, held, _ = sides(0)
    results = attack_people(train, held, held, np.random.default_rng(0))
    assert privacy_verdict(results)[0] == "pass"
    assert all(result.details["p"] == 1 for result in results)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_too_few_people_and_people_without_anything_say_why_there_is_no_figure(attack):
    train, held, made = sides(0)
    few = tried(attack, train, held.take(np.arange(5)), made, np.random.default_rng(0))
    assert (few.value, few.reason) == (None, "fewer than 20 training, held-out or made people")
    nothing = tried(attack, *(People(side.n_people) for side in (train, held, made)), np.random.default_rng(0))
    assert (nothing.value, nothing.reason) == (None, attack.lacking)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_same_people_in_another_order_give_the_same_scores(attack):
    real, made = crowd(60, 5), crowd(50, 6)
    order = np.random.default_rng(0).permutation(50)
    number = np.argsort(order)
    shuffled = People(
        50,
        *(
            {name: _sorted(Held(number[one.person_M], one.value_M)) for name, one in parts.items()}
            for parts in (made.items, made.times, made.rows, made.friends)
        ),
        {name: values.take(pa.array(order)) for name, values in made.handles.items()},
        {name: x_N[order] for name, x_N in made.features.items()},
    )
    rng = np.random.default_rng
    one, other = attack.scores(real, made, rng(0)), attack.scores(real, shuffled, rng(0))
    assert one.keys() == other.keys()
    for way in one:
        np.testing.assert_allclose(one[way], other[way], atol=1e-6)


def _sorted(held: Held) -> Held:
    order = np.argsort(held.person_M, kind="stable")
    return Held(held.person_M[order], held.value_M.take(pa.array(order)))


def test_the_overlap_is_that_of_sets_worked_out_one_by_one():
    real, made = crowd(40, 8), crowd(30, 9)
    sets = [
        [set(values[one.person_M == person].tolist()) for person in range(many)]
        for one, many in ((real.items["ratings.film"], 40), (made.items["ratings.film"], 30))
        for values in [np.array(one.value_M.to_pylist())]
    ]
    weight = {v: np.log1p(40 / max(1, sum(v in one for one in sets[0]))) for one in [*sets[0], *sets[1]] for v in one}
    slow = [
        max(sum(weight[v] for v in one & other) / sum(weight[v] for v in one | other) for other in sets[1])
        for one in sets[0]
    ]
    fast = overlap(*matrices(real.items["ratings.film"], made.items["ratings.film"], 40, 30))
    np.testing.assert_allclose(fast, slow)


def test_the_most_telling_run_is_that_of_a_search_by_hand():
    real, made = crowd(25, 10).rows["ratings"], crowd(25, 11).rows["ratings"]
    rows = [[one.value_M.filter(pa.array(one.person_M == p)).to_pylist() for p in range(25)] for one in (real, made)]
    known = real.value_M.to_pylist()
    weight = {value: np.log(len(known) / max(1, known.count(value))) for part in rows[0] for value in part}
    shared = {tuple(part[a:b]) for part in rows[1] for a in range(len(part)) for b in range(a + 2, len(part) + 1)}
    slow = [
        max(
            (
                sum(weight[value] for value in part[a:b])
                for a in range(len(part))
                for b in range(a + 2, len(part) + 1)
                if tuple(part[a:b]) in shared
            ),
            default=0.0,
        )
        for part in rows[0]
    ]
    np.testing.assert_allclose(telling_runs(real, made, 25), slow)


def test_nearness_is_minus_the_least_distance():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(30, 4)), rng.normal(size=(20, 4))
    slow = -np.sqrt(((one[:, None] - other[None]) ** 2).sum(2)).min(1)
    np.testing.assert_allclose(nearness(one, other), slow)


def test_a_rhythm_is_the_hours_of_the_week_and_the_pauses():
    monday_noon = 4 * 86_400 + 12 * 3_600  # 1970 began on a Thursday
    times = Held(np.array([0, 0, 0, 1]), pa.array([monday_noon, monday_noon + 60, None, monday_noon]))
    found = rhythm(times, 3)
    assert np.flatnonzero(found[0, :WEEK]).tolist() == [4 * 24 + 12]
    np.testing.assert_allclose((found**2).sum(1), [2, 1, 0])


def test_scores_that_are_all_alike_tell_nobody_apart():
    member_N = np.arange(100) < 70
    assert all(found.hits == found.hits_control == 0 for _, found in at(np.zeros(100), member_N))
