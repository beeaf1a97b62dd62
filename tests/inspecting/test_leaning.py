"""What scores hang on, with scores whose reasons are known."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.inspecting import leaning
from synthgen.inspecting.leaning import exchanged, importance, pushes
from synthgen.layout import Layout
from synthgen.nets.critic import Critic
from synthgen.training.critic import Taught, teach
from tests.made import layout_of, path_layout

RNG = np.random.default_rng(0)


def path_rows(n: int) -> np.ndarray:
    """Rows of ``path_layout``: token 0 of the number is an atom, 1 and 2 have 2 and 3 cells."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 3, n)
    fine = np.where(coarse == 0, 3, np.floor(rng.random(n) * np.array([1, 2, 3])[coarse]))
    return np.stack([rng.integers(0, 2, n), coarse, fine], 1).astype(int)


def test_exchanged_rows_could_be_and_keep_the_shares() -> None:
    rows, layout = path_rows(400), path_layout()
    possible = {(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (0, 3)}
    for slot in range(3):
        changed = exchanged(layout, slot, rows, np.random.default_rng(slot))
        assert set(map(tuple, changed[:, 1:].tolist())) <= possible
        assert (np.sort(changed, axis=0) == np.sort(rows, axis=0)).all()
        untouched = [s for s in range(3) if s != slot and slot not in layout.slots[s].prefix]
        assert (changed[:, untouched] == rows[:, untouched]).all()
        assert (changed != rows).any()


def test_a_number_and_its_fine_token_move_together_and_the_fine_one_among_its_kin() -> None:
    rows, layout = path_rows(400), path_layout()
    coarse = exchanged(layout, 1, rows, np.random.default_rng(0))
    pairs = sorted(map(tuple, rows[:, 1:].tolist()))
    assert sorted(map(tuple, coarse[:, 1:].tolist())) == pairs  # whole paths
    fine = exchanged(layout, 2, rows, np.random.default_rng(0))
    assert sorted(map(tuple, fine[:, 1:].tolist())) == pairs


def test_a_score_of_one_slot_leans_on_that_slot_alone() -> None:
    rows = RNG.integers(0, [4, 3, 5], (2_000, 3))
    found = importance(lambda tokens: np.where(tokens[:, 1] == 2, 1.0, 0.0), layout_of([4, 3, 5]), rows, RNG)
    assert found.shape == (3, leaning.REPEATS)
    assert found[[0, 2]].max() == 0
    share = (rows[:, 1] == 2).mean()  # it moves where exactly one of two rows drawn at random has the value
    assert found[1] == pytest.approx(2 * share * (1 - share), abs=0.04)


def test_a_critic_that_was_taught_one_slot_leans_on_it_most() -> None:
    layout = layout_of([4, 3, 5])
    rows = np.random.default_rng(2).integers(0, [4, 3, 5], (500, 3))
    critic = teach(layout, rows, (rows[:, 2] > 2).astype(int), seed=0, width=16)
    found = importance(critic.score, layout, rows[:300], np.random.default_rng(0)).mean(axis=1)
    assert found.argmax() == 2
    assert found[2] > 10 * found[:2].max()


def test_a_new_critic_leans_on_nothing() -> None:
    layout = layout_of([4, 3])
    rows = RNG.integers(0, [4, 3], (100, 2))
    assert importance(Taught(Critic(layout, 8).eval()).score, layout, rows, RNG).max() == 0


def test_what_pushes_a_row_down_is_worked_out_by_hand() -> None:
    def score(tokens: np.ndarray) -> np.ndarray:
        return -2.0 * (tokens[:, 0] == 3) + 0.5 * (tokens[:, 1] == 1)

    others = np.array([[0, 0, 0], [3, 1, 4], [1, 1, 2], [2, 0, 1]])
    found = pushes(score, layout_of([4, 3, 5]), np.array([[3, 1, 0], [0, 0, 0]]), others)
    # one of four others holds a 3 too, two hold a 1: -2 - (-2 / 4), 0.5 - 0.5 / 2
    assert found.tolist() == [[-1.5, 0.25, 0.0], [0.5, -0.25, 0.0]]


def test_a_column_is_borrowed_whole() -> None:
    seen: list[np.ndarray] = []

    def score(tokens: np.ndarray) -> np.ndarray:
        seen.append(tokens.copy())
        return np.zeros(len(tokens))

    rows = path_rows(60)
    pushes(score, path_layout(), rows[:5], rows[20:30])
    possible = {(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (0, 3)}
    assert all(set(map(tuple, part[:, 1:].tolist())) <= possible for part in seen)


def test_many_rows_and_columns_are_compared_with_fewer_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def score(tokens: np.ndarray) -> np.ndarray:
        asked.append(len(tokens))
        return np.zeros(len(tokens))

    layout: Layout = layout_of([4, 3])
    monkeypatch.setattr(leaning, "MOST_SCORED", 30)
    rows = RNG.integers(0, [4, 3], (5, 2))
    pushes(score, layout, rows, RNG.integers(0, [4, 3], (16, 2)))
    assert asked == [5, 2 * 15]  # both columns in one go


def test_scores_in_one_go_are_those_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    layout, rows = layout_of([4, 3, 5]), RNG.integers(0, [4, 3, 5], (40, 3))
    found = []
    for at_once in (1, 100, 10_000):
        monkeypatch.setattr(leaning, "ROWS_AT_ONCE", at_once)
        found.append(importance(lambda tokens: tokens @ [1.0, 10.0, 100.0], layout, rows, np.random.default_rng(0)))
    assert found[0].tolist() == found[1].tolist() == found[2].tolist()
