"""People drawn by one law with all that is theirs, and made people who are partly copies of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.metrics.people import Held, People

SYLLABLES = ["an", "ber", "ca", "do", "el", "fi", "go", "hu", "in", "jo", "ka", "lu", "mi", "no", "os", "pe"]


def crowd(n_people: int, seed: int) -> People:
    """What people chose (few choose most of it), when they were there, their rows, friends, handles and sums."""
    rng = np.random.default_rng(seed)
    counts_N = 4 + rng.poisson(12, n_people)
    person_M = np.repeat(np.arange(n_people), counts_N)
    many = len(person_M)
    item_M = np.minimum(rng.zipf(1.4, many), 400) + 400 * (rng.random(n_people) < 0.3)[person_M]
    stars_M = np.clip(np.round(rng.normal(rng.normal(3.5, 0.6, n_people)[person_M], 1.0)), 1, 5).astype(int)
    start_N, hour_N = rng.integers(0, 300, n_people) * 86_400, rng.integers(0, 24, n_people)
    second_M = start_N[person_M] + rng.integers(0, 60, many) * 86_400
    second_M += (hour_N[person_M] + rng.integers(0, 4, many)) % 24 * 3_600 + rng.integers(0, 3_600, many)
    order = np.lexsort((second_M, person_M))
    item, stars = (pa.array(x[order].astype(str).tolist()) for x in (item_M, stars_M))
    rows = pa.array([f"{a} {b}" for a, b in zip(item.to_pylist(), stars.to_pylist(), strict=True)])
    friend_M = np.round(2 * np.log2(1 + rng.zipf(1.6, many))).astype(int) * 100 + rng.integers(0, 12, many)
    handles = ["".join(rng.choice(SYLLABLES, 3)) + str(rng.integers(10, 100)) for _ in range(n_people)]
    return People(
        n_people,
        {"ratings.film": Held(person_M, item)},
        {"ratings": Held(person_M, pa.array(second_M[order]))},
        {"ratings": Held(person_M, rows)},
        {"follows": Held(person_M, pa.array(friend_M.astype(str).tolist()))},
        {"handle": pa.array(handles)},
        {
            "ratings: rows": counts_N.astype(float),
            "ratings.stars: mean": np.bincount(person_M, stars_M[order]) / counts_N,
            "first": start_N.astype(float),
            "age": rng.normal(40, 12, n_people),
            "height": np.where(rng.random(n_people) < 0.1, np.nan, rng.normal(170, 9, n_people)),
        },
    )


def partly(copied: People, made: People, share: float, seed: int) -> People:
    """Made people, so many of them replaced by copies of others."""
    rng, many = np.random.default_rng(seed), round(share * copied.n_people)
    chosen = copied.take(rng.choice(copied.n_people, many, replace=False))
    return chosen.beside(made.take(np.arange(many, made.n_people)))
