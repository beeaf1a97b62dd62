"""A critic that is taught finds what it is meant to find, and nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from synthgen.layout import Layout, RowSlot
from synthgen.training.critic import teach

ROWS = 3_000
PLACES = (np.arange(8) + 0.5) / 8


def slot(name: str, size: int, places: np.ndarray | None = None) -> RowSlot:
    return RowSlot(0, name, 0, size, np.full(size, np.nan) if places is None else places, np.full(size, ROWS / size))


def judged(layout: Layout, real: np.ndarray, made: np.ndarray) -> float:
    """Area on rows that the critic did not learn from."""
    half = ROWS // 2
    kind = np.repeat([1, 0], half)
    taught = teach(layout, np.concatenate([real[:half], made[:half]]), kind, seed=0)
    return float(roc_auc_score(kind, taught.score(np.concatenate([real[half:], made[half:]]))))


def test_rows_of_one_law_are_not_told_apart():
    rng = np.random.default_rng(0)
    layout = Layout((slot("a", 4), slot("b", 8, PLACES)))
    rows = rng.integers(0, [4, 8], size=(2 * ROWS, 2))
    assert abs(judged(layout, rows[:ROWS], rows[ROWS:]) - 0.5) < 0.045  # standard error 0.0105: 2 in 100,000


def test_a_dependence_of_two_labels_is_found():
    rng = np.random.default_rng(0)
    layout = Layout((slot("a", 2), slot("b", 2)))
    real = np.repeat(rng.integers(0, 2, (ROWS, 1)), 2, axis=1)
    made = rng.integers(0, 2, (ROWS, 2))
    assert judged(layout, real, made) == pytest.approx(0.75, abs=0.04)  # the best test there is: half of made differ


def test_a_shift_inside_the_cells_of_a_number_is_found():
    rng = np.random.default_rng(0)
    coarse = slot("n:coarse", 8, PLACES)
    fine = RowSlot(0, "n:fine", 1, 4, np.full(4, np.nan), np.ones(4), (0,), np.full(8, 4))
    cells = rng.integers(0, 8, (2 * ROWS, 1))
    inside = np.concatenate([rng.integers(0, 4, (ROWS, 1)), rng.integers(0, 2, (ROWS, 1))])
    rows = np.concatenate([cells, inside], axis=1)
    assert judged(Layout((coarse, fine)), rows[:ROWS], rows[ROWS:]) > 0.72  # the best is 0.75


def test_the_same_seed_gives_the_same_scores():
    rows = np.random.default_rng(0).integers(0, 4, (200, 1))
    kind, layout = rows[:, 0] % 2, Layout((slot("a", 4),))
    one, again, other = (teach(layout, rows, kind, seed).score(rows) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    assert one.tolist() == pytest.approx(teach(layout, rows, kind, 1).score(rows, most=7).tolist(), abs=1e-4)
