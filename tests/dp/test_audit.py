"""The audit catches private releases that are broken, and does not accuse the one that is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from synthgen.dp.audit import Audit, bound_epsilon, log_likelihood_ratio, run_trials
from synthgen.dp.budget import Budget, Vocabulary
from synthgen.dp.canaries import Canary
from synthgen.dp.ledger import Ledger
from synthgen.dp.noise import Noise
from synthgen.errors import PrivacyError

EPSILON, DELTA, MOST, BINS = 2.0, 1e-5, 3, 16
LEAKED = 1e3
"""Log likelihood ratio of a canary whose own value was published."""


@dataclass
class Released:
    cities: list[str]
    table: np.ndarray
    sd: float
    ledger: Ledger

    def cells(self, rows: pa.Table) -> np.ndarray:
        """Counts of city (the last row: any other) by age."""
        place = {city: number for number, city in enumerate(self.cities)}
        counts = np.zeros((len(self.cities) + 1, BINS))
        city = [place.get(c, len(place)) for c in rows["city"].to_pylist()]
        np.add.at(counts, (city, np.clip(rows["age"].to_numpy() // 5, 0, BINS - 1)), 1)
        return counts


class HalvedNoise(Noise):
    def gaussian(self, shape: int | tuple[int, ...], sd: float) -> np.ndarray:
        return super().gaussian(shape, sd / 2)


def private_histograms(rows: pa.Table, noise: Noise, *, uncut: bool = False, leaked: bool = False) -> Released:
    """A vocabulary of cities, then city by age; a person has at most three rows."""
    ledger = Ledger(EPSILON, DELTA, unit="user", rows_per_unit=MOST)
    budget = Budget(EPSILON, DELTA, ledger=ledger, noise=noise)
    if not uncut:
        shuffled = noise.permutation(len(rows))
        users = rows["user"].to_numpy()[shuffled]
        order = np.argsort(users, kind="stable")
        sorted_users = users[order]
        place = np.arange(len(rows)) - np.searchsorted(sorted_users, sorted_users)
        rows = rows.take(np.sort(shuffled[order[place < MOST]]))
    counts = rows["city"].combine_chunks().value_counts()
    values, held = counts.field("values"), counts.field("counts").to_numpy()
    vocabulary: Vocabulary = budget.vocabulary(values, held, step="vocabulary: city", share=0.2, delta_share=1.0)
    cities = values.to_pylist() if leaked else vocabulary.values.to_pylist()
    released = Released(cities, np.zeros(0), 0.0, ledger)
    released.table, released.sd = budget.gaussian(
        released.cells(rows), step="city by age", share=budget.left, sensitivity=MOST
    )
    return released


def attack(released: Released, rows: pa.Table, canaries: Sequence[Canary]) -> np.ndarray:
    added = [released.cells(canary.rows) for canary in canaries]
    expected = released.cells(rows) + sum(added) / 2
    return np.array(
        [
            LEAKED * (canary.own["city"] in released.cities)
            + log_likelihood_ratio(released.table, expected - own / 2, own, released.sd)
            for canary, own in zip(canaries, added, strict=True)
        ]
    )


def people(count: int, rng: np.random.Generator) -> pa.Table:
    users = np.repeat(np.arange(count), rng.integers(1, 4, count))
    city = rng.choice(["Oslo", "Lima", "Cairo"], len(users), p=[0.6, 0.3, 0.1])
    return pa.table({"user": users, "city": city, "age": rng.integers(18, 80, len(users))})


def canary(number: int, rows: int) -> Canary:
    """A person in a city of its own (the same age, so that all rows lie in one cell)."""
    age = 5 * (number % BINS)
    city = f"canary {number}"
    rows_of_it = pa.table({"user": [10_000 + number] * rows, "city": [city] * rows, "age": [age] * rows})
    return Canary(rows_of_it, {"city": city})


def audit(
    seed: int, *, halved: bool = False, uncut: bool = False, leaked: bool = False, runs: int = 100, count: int = 32
) -> Audit:
    rng = np.random.default_rng(seed)
    canaries = [canary(number, 10 * MOST if uncut else MOST) for number in range(count)]
    make = HalvedNoise if halved else Noise
    trials = run_trials(
        lambda rows, noise: private_histograms(rows, noise, uncut=uncut, leaked=leaked),
        attack,
        people(300, rng),
        canaries,
        runs=runs,
        noise=lambda run: make(seed=1000 * seed + run),
        coins=Noise(seed=seed),
    )
    claimed = private_histograms(people(20, rng), Noise(seed=seed)).ledger
    return bound_epsilon(trials, [entry.composed() for entry in claimed.entries], DELTA, confidence=0.95)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_halved_noise_is_caught(seed: int) -> None:
    assert audit(seed, halved=True).refutes(EPSILON)


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_of_a_person_that_are_not_cut_are_caught(seed: int) -> None:
    assert audit(seed, uncut=True, runs=30).refutes(EPSILON)


@pytest.mark.parametrize(("runs", "count"), [(1, 300), (30, 10)])
def test_a_vocabulary_without_threshold_is_caught_even_in_one_run(runs: int, count: int) -> None:
    found = audit(0, leaked=True, runs=runs, count=count)
    assert found.refutes(EPSILON)
    assert found.bounds[0].epsilon > EPSILON
    assert found.bounds[0].estimator == "one-run"


def test_the_right_release_is_not_accused() -> None:
    """Each audit accuses it with a chance of at most 5 %: two of six have one below 3.3 %."""
    accused = [audit(seed).refutes(EPSILON) for seed in range(10, 16)]
    assert sum(accused) <= 1


def test_the_bound_comes_near_the_claim() -> None:
    """An audit that can show nothing would accuse nobody: at 100 runs it shows a third of epsilon."""
    assert audit(3).epsilon > EPSILON / 3


def test_impossible_settings_are_refused() -> None:
    trials = run_trials(
        private_histograms, attack, people(5, np.random.default_rng(0)), [canary(0, 1)], runs=1,
        noise=lambda run: Noise(seed=run), coins=Noise(seed=0),
    )  # fmt: skip
    for delta, confidence in ((0.0, 0.95), (1e-5, 1.0)):
        with pytest.raises(PrivacyError):
            bound_epsilon(trials, [], delta, confidence)
