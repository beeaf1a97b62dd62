"""The audit of the columns' releases: right ones pass, broken ones are caught."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa

from synthgen.dp.audit import Audit, bound_epsilon, run_trials
from synthgen.dp.budget import Budget, Vocabulary
from synthgen.dp.canaries import make_canaries
from synthgen.dp.cutting import cut_rows
from synthgen.dp.ledger import Ledger
from synthgen.dp.noise import Noise
from synthgen.dp.releases import release_columns
from synthgen.dp.white_box import Published, attack

EPSILON, DELTA, MOST = 6.0, 1e-5, 2


class HalvedNoise(Noise):
    def gaussian(self, shape: int | tuple[int, ...], sd: float) -> np.ndarray:
        return super().gaussian(shape, sd / 2)


class ThirdOfNoise(Noise):
    def gaussian(self, shape: int | tuple[int, ...], sd: float) -> np.ndarray:
        return super().gaussian(shape, sd / 3)


class WithoutThreshold(Budget):
    def vocabulary(self, values: pa.Array, counts: np.ndarray, **settings: object) -> Vocabulary:
        found = super().vocabulary(values, counts, **settings)  # type: ignore[arg-type]
        return Vocabulary(values, counts + self.noise.gaussian(len(counts), found.sd), 0.0, found.sd)


def posts(rows: int, rng: np.random.Generator) -> pa.Table:
    return pa.table(
        {
            "user": np.arange(rows) // 2,
            "plan": rng.choice(["free", "pro", "team"], rows, p=[0.6, 0.3, 0.1]),
            "likes": pa.array(rng.geometric(0.1, rows)),
            "score": rng.normal(size=rows),
            "bot": rng.random(rows) < 0.3,
        }
    )


def release(
    rows: pa.Table, noise: Noise, *, make: Callable[..., Budget] = Budget, cut: bool = True, ledgers: list[Ledger]
) -> Published:
    ledger = Ledger(EPSILON, DELTA, unit="user", rows_per_unit=MOST)
    budget = make(EPSILON, DELTA, ledger=ledger, noise=noise)
    kept = (cut_rows(rows, "user", MOST, noise) if cut else rows).drop_columns(["user"])
    releases = release_columns(kept, budget=budget, m=MOST, share=1.0)
    ledgers.append(ledger)
    return Published(releases, budget.told, (), (), None, MOST)


def audit(
    seed: int,
    noise: type[Noise] = Noise,
    *,
    make: type[Budget] = Budget,
    cut: bool = True,
    runs: int = 60,
    count: int = 4,
) -> Audit:
    table = posts(400, np.random.default_rng(seed))
    ledgers: list[Ledger] = []
    trials = run_trials(
        partial(release, make=make, cut=cut, ledgers=ledgers),
        partial(attack, unit="user"),
        table,
        make_canaries(table, count, rows=10 * MOST, unit="user", chance=Noise(seed=seed)),
        runs=runs,
        noise=lambda run: noise(seed=1000 * seed + run),
        coins=Noise(seed=seed + 500),
    )
    return bound_epsilon(trials, [entry.composed() for entry in ledgers[0].entries], DELTA)


def test_right_releases_are_not_accused_and_the_attack_is_not_blind() -> None:
    """Each audit accuses them with a chance of at most 5 %."""
    found = [audit(seed) for seed in range(2)]
    assert not any(one.refutes(EPSILON) for one in found)
    assert max(one.epsilon for one in found) > EPSILON / 8


def test_a_third_of_the_noise_is_caught() -> None:
    assert audit(0, ThirdOfNoise, runs=200).refutes(EPSILON)


def test_halved_noise_is_caught() -> None:
    """The attack sees the first and the last counts of each column, a part of what is spent, so it takes many runs."""
    assert audit(0, HalvedNoise, runs=500, count=3).refutes(EPSILON)


def test_rows_that_are_not_cut_are_caught() -> None:
    assert audit(0, cut=False).refutes(EPSILON)


def test_a_vocabulary_without_threshold_is_caught() -> None:
    assert audit(0, make=WithoutThreshold, count=12).refutes(EPSILON)
