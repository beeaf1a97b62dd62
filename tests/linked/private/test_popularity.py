"""How often rows are named: what one person can move is what the ledger says, and laws come back out of the noise."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.linked.private.popularity import cleared, distinct_holders, grid_of, named_law


class Asked(Budget):
    """Keeps what it is asked, and adds no noise."""

    def __init__(self) -> None:
        super().__init__(1.0, 1e-6, noise=Noise(seed=0))
        self.values: list[np.ndarray] = []
        self.sensitivity = 0.0

    def gaussian(self, values: np.ndarray, **asked: Any) -> tuple[np.ndarray, float]:
        self.values.append(np.array(values, float))
        self.sensitivity = asked["sensitivity"]
        return np.array(values, float), 1e-9


def asked(named: np.ndarray, own: int, naming: int, most: float, classes: np.ndarray | None = None) -> Asked:
    budget = Asked()
    class_T = np.zeros(len(named), int) if classes is None else classes
    named_law(named, class_T, 2, most, own=own, naming=naming, budget=budget, share=0.1, step="named")
    return budget


def test_the_stated_sensitivity_is_reached_and_never_passed() -> None:
    """All ways in which a person with one row and three naming ones can go, among five rows named up to four times."""
    worst = 0.0
    for named in itertools.product(range(5), repeat=4):
        for mine in (0, 4):
            for cut in itertools.product(range(4), repeat=4):
                if sum(cut) > 3 or any(c > n for c, n in zip(cut, named, strict=True)):
                    continue
                full = asked(np.array([*named, mine]), 1, 3, 4)
                less = asked(np.array(named) - np.array(cut), 1, 3, 4)
                worst = max(worst, float(np.linalg.norm(full.values[0] - less.values[0])))
        if worst > full.sensitivity - 1e-9 and named > (1, 1, 1, 1):
            break
    assert math.isclose(worst, full.sensitivity), (worst, full.sensitivity)
    assert full.sensitivity == math.sqrt((1 + 3) ** 2 + (len(grid_of(4)) - 1))


def test_several_own_rows_move_every_number_at_most_so_much() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        named, classes = rng.integers(0, 9, 12), rng.integers(0, 2, 12)
        hit = rng.integers(0, 9, 4)  # four naming rows of hers; the last three rows are her own
        less = named[:9].copy()
        np.subtract.at(less, hit, 1)
        less = np.maximum(less, 0)
        full, rest = asked(named, 3, 4, 9, classes), asked(less, 3, 4, 9, classes[:9])
        assert np.linalg.norm(full.values[0] - rest.values[0]) <= full.sensitivity


def test_a_law_is_drawn_by_class() -> None:
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1], 20_000)
    named = np.where(classes == 0, rng.poisson(2, 40_000), 30 + rng.poisson(30, 40_000))
    budget = Asked()
    law = named_law(named, classes, 2, 200, own=1, naming=1, budget=budget, share=0.1, step="named")
    drawn = law.draw(classes, rng)
    for one in (0, 1):
        real, made = named[classes == one], drawn[classes == one]
        assert abs(made.mean() / real.mean() - 1) < 0.05  # within steps of a fifth the law is made up
        assert abs((made == 0).mean() - (real == 0).mean()) < 0.02


def test_people_count_once_for_an_item() -> None:
    held = distinct_holders(np.array([3, 3, 3, 1, -1]), np.array([0, 0, 1, 1, 1]), 5)
    assert held.tolist() == [0, 1, 0, 2, 0]


def test_a_long_tail_comes_back_out_of_the_noise() -> None:
    """True counts fall like a power law; noise of 20 hides those below it, but not how much the tail holds in all."""
    rng = np.random.default_rng(2)
    true = np.floor(2_000 / np.arange(1, 3_001))
    clear = cleared(true + 20 * rng.standard_normal(len(true)), 20.0, rng)
    assert abs(clear.sum() / true.sum() - 1) < 0.25  # plain noise cut at zero holds 2.3 times as much
    assert np.corrcoef(clear[:50], true[:50])[0, 1] > 0.99
    share = np.sort(clear)[::-1][:300].sum() / clear.sum()
    assert abs(share - true[:300].sum() / true.sum()) < 0.15


def test_a_law_seen_in_part_is_made_whole() -> None:
    """A third of the naming rows is looked at; the law of all comes back, not three times that of the third."""
    rng = np.random.default_rng(3)
    true = rng.negative_binomial(2, 2 / 22, 30_000)  # mean 20, a tenth above 40
    seen = rng.binomial(true, 1 / 3)
    budget = Asked()
    classes = np.zeros(len(true), int)
    law = named_law(seen, classes, 1, 500, own=1, naming=1, budget=budget, share=0.1, step="named")
    drawn = rng.poisson(law.draw(classes, rng, 1 / 3))
    for q in (0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        assert abs(np.quantile(drawn, q) - np.quantile(true, q)) <= 2 + 0.1 * np.quantile(true, q), q
