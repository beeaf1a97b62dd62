"""Worlds read back from their files, so that the laws are tested on what users get."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthgen.world.making import make_world

ALARM = 1e-4
"""The chance that a test on a right law fails for another seed; seeds are fixed, so these do not fail by chance."""
TABLES = ("users", "posts", "follows", "items", "interactions")
TRUTHS = ("users", "items", "follows", "campaigns", "campaign_posts")
DATES = ("created_at", "rated_at", "burst_from", "raid_from")


@dataclass(frozen=True)
class World:
    """A folder's tables and truth; users and items by their identifier."""

    folder: Path
    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]
    parameters: dict[str, Any]

    def __getattr__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    @property
    def community(self) -> np.ndarray:
        """Number of each user's community."""
        names = self.parameters["laws"]["communities"]
        return self.truth["users"]["community"].map({name: c for c, name in enumerate(names)}).to_numpy()


def read_world(folder: Path) -> World:
    return World(
        folder,
        {name: read(folder / f"{name}.csv") for name in TABLES},
        {name: read(folder / "truth" / f"{name}.csv") for name in TRUTHS},
        json.loads((folder / "truth" / "parameters.json").read_text(encoding="utf-8")),
    )


def read(file: Path) -> pd.DataFrame:
    frame = pd.read_csv(file, keep_default_na=False, na_values=[""], dtype={"hashtags": str, "mentions": str})
    for name in frame.columns.intersection(DATES):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def seconds(times: pd.Series) -> np.ndarray:
    return times.to_numpy().astype("datetime64[s]").astype(np.int64)


def agrees(count: float, trials: float, chance: float) -> bool:
    """Whether a count fits a binomial law."""
    return bool(stats.binomtest(int(count), int(trials), float(chance)).pvalue > ALARM)


def fits(observed: np.ndarray, expected: np.ndarray) -> bool:
    """Whether counts fit expected ones of the same sum, by chi squared."""
    return bool(stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > ALARM)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The default world."""
    folder = tmp_path_factory.mktemp("worlds") / "default"
    make_world(folder)
    return read_world(folder)


@pytest.fixture(scope="session")
def worlds_by_difficulty(tmp_path_factory: pytest.TempPathFactory) -> dict[float, World]:
    """One world at three difficulties, without noise in the labels."""
    folder = tmp_path_factory.mktemp("difficulties")
    found = {}
    for difficulty in (0.0, 0.6, 1.0):
        place = folder / str(difficulty)
        make_world(place, users=1200, campaigns=4, campaign_size=30, difficulty=difficulty, label_noise=0, ratings=5)
        found[difficulty] = read_world(place)
    return found
