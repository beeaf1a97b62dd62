"""Shapes of codes: what many share is kept, what one holds is not."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from synthgen.dp.budget import Budget
from synthgen.dp.noise import Noise
from synthgen.dp.releases import release_columns


def made(texts: list[str]) -> list[str]:
    table = pa.table({"x": texts})
    releases = release_columns(table, budget=Budget(3.0, 1e-6, noise=Noise(4)))
    return releases.decode(releases.encode(table), np.random.default_rng(0)).column("x").to_pylist()


def test_codes_keep_what_they_have_in_common() -> None:
    texts = [f"customer-{i:05d}" for i in range(5_000)]
    found = made(texts)
    assert np.mean([bool(re.fullmatch(r"customer-\d{5}", text)) for text in found]) > 0.95
    assert len(set(found)) == 5_000


def test_letters_that_differ_are_drawn_anew() -> None:
    rng = np.random.default_rng(1)
    letters = rng.choice(list("ABCDEFGHKLMNPQRSTVWXYZ"), (5_000, 3))
    texts = [f"{''.join(three)}-{i % 900 + 100}" for i, three in enumerate(letters.tolist())]
    found = made(texts)
    assert np.mean([bool(re.fullmatch(r"[A-Z]{3}-\d{3}", text)) for text in found]) > 0.95


def test_a_prefix_of_one_row_never_comes_out() -> None:
    texts = [f"customer-{i:05d}" for i in range(5_000)] + ["secret-00001"]
    assert not any("secret" in text for text in made(texts) * 3)
