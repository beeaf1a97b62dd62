from __future__ import annotations

import numpy as np
import pytest

from synthgen.texts.guard import RUN, SET_SHARE, Guard
from tests.texts.planted import chatter


def guard_of(texts: list[list[str]], owners: list[int] | None = None, rare: tuple[str, ...] = ()) -> Guard:
    numbers = np.arange(len(texts)) if owners is None else np.array(owners)
    return Guard.fit(texts, numbers, 5, np.random.default_rng(0), rare)


@pytest.fixture(scope="module")
def texts() -> list[list[str]]:
    return [text.split() for text in chatter(800)]


@pytest.fixture(scope="module")
def guard(texts: list[list[str]]) -> Guard:
    return guard_of(texts)


def test_every_run_of_every_text_is_barred(texts: list[list[str]], guard: Guard) -> None:
    runs = [text[at : at + RUN] for text in texts for at in range(len(text) - RUN + 1)]
    assert guard.bars(np.array([guard.codes(run) for run in runs])).all()


def test_a_real_run_is_barred_wherever_it_stands(texts: list[list[str]], guard: Guard) -> None:
    new = [text.split() for text in chatter(200, seed=1)]
    for text, other in zip(texts, new, strict=False):
        assert guard.first_barred([*other[:2], *text[1 : 1 + RUN], *other[2:]]) is not None


def test_of_runs_that_nobody_wrote_the_stated_share_is_barred(guard: Guard) -> None:
    new = [text.split()[:RUN] for text in chatter(4_000, seed=2)]
    share = guard.bars(np.array([guard.codes(run) for run in new])).mean()
    assert share == pytest.approx(SET_SHARE, abs=0.03)  # standard error 0.007


def test_a_run_of_five_users_is_allowed_and_one_of_four_is_not() -> None:
    said = "we told the old bird to go by boat".split()
    other = [text.split() for text in chatter(50)]
    for users, barred in ((5, False), (4, True)):
        guard = guard_of([*other, *[said] * users])
        assert (guard.first_barred(said) is not None) == barred
    often = guard_of([*other, *[said] * 40], owners=[*range(50), *[99] * 40])
    assert often.first_barred(said) == RUN - 1


def test_a_short_text_is_barred_as_a_whole_only() -> None:
    short = "thanks a lot dog".split()
    guard = guard_of([short, *([text.split() for text in chatter(50)])])
    assert guard.first_barred(short) == 3
    assert guard_of([short] * 5).first_barred(short) is None
    longer = [[*short, word] for word in "we you they saw told gave the a this cat bird house boat tree".split()]
    assert not all(guard.first_barred(text) for text in longer)


def test_a_rare_word_is_barred_alone() -> None:
    guard = guard_of([text.split() for text in chatter(50)], rare=("kowalczyk",))
    assert guard.bars_words(["kowalczyk"]).all()
    assert guard.bars_words([f"word{number}" for number in range(400)]).mean() == pytest.approx(SET_SHARE, abs=0.1)


def test_the_table_holds_no_word_and_survives_a_file(guard: Guard, texts: list[list[str]]) -> None:
    again = Guard.from_state(guard.state(), guard.arrays())
    assert (again.bits == guard.bits).all()
    assert len(guard.shared) == 0
    assert again.first_barred(texts[0]) == guard.first_barred(texts[0])
    assert guard.bits.mean() == pytest.approx(SET_SHARE, abs=0.01)


def test_the_salt_is_another_for_another_seed(texts: list[list[str]]) -> None:
    other = Guard.fit(texts, np.arange(len(texts)), 5, np.random.default_rng(1))
    assert other.salt != guard_of(texts).salt


def test_no_text_at_all_bars_little() -> None:
    guard = guard_of([[], []])
    assert guard.first_barred("we told the old bird to go by boat".split()) is None
