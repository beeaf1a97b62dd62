from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthgen.world.lexicon import GENRES
from synthgen.world.making import make_world
from synthgen.world.ratings import genre_shares
from tests.world.conftest import World, agrees, fits, read_world, seconds

GRID = np.arange(0.5, 5.01, 0.5)


@pytest.fixture(scope="module")
def own(world: World) -> pd.DataFrame:
    """Ratings of accounts that are in no campaign."""
    human = ~world.truth["users"]["is_bot"].to_numpy()
    return world.interactions[human[world.interactions["user_id"] - 1]]


def factors(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame.filter(like=name).to_numpy()


def test_ratings_are_quality_and_taste_and_noise(world: World, own: pd.DataFrame) -> None:
    """Each star's chance, from the law, the grid and the bounds; then mean, spread and counts."""
    user, item = own["user_id"].to_numpy() - 1, own["item_id"].to_numpy() - 1
    taste = np.sum(
        factors(world.truth["users"], "taste_")[user] * factors(world.truth["items"], "factor_")[item], axis=1
    )
    liking = 3.3 + world.truth["items"]["quality"].to_numpy()[item] + 0.4 * taste
    edges = np.concatenate([[-np.inf], GRID[:-1] + 0.25, [np.inf]])
    chances = np.diff(stats.norm.cdf((edges - liking[:, None]) / 0.5), axis=1)
    mean = chances @ GRID
    spread = np.sqrt(chances @ GRID**2 - mean**2)
    off = (own["rating"].to_numpy() - mean) / spread
    assert abs(off.mean()) < 4 / np.sqrt(len(off))
    assert abs((off**2).mean() - 1) < 4 * (off**2).std() / np.sqrt(len(off))
    assert abs(np.corrcoef(off, taste)[0, 1]) < 4 / np.sqrt(len(off))
    counts = own["rating"].value_counts().reindex(GRID, fill_value=0).to_numpy()
    assert (np.abs(counts - chances.sum(axis=0)) < 4 * np.sqrt((chances * (1 - chances)).sum(axis=0)) + 1).all()


def test_taste_decides_the_genre(world: World, own: pd.DataFrame) -> None:
    shares = genre_shares(factors(world.truth["users"], "taste_"), np.array(world.parameters["laws"]["genre_factors"]))
    genre = world.truth["items"]["genre"].map({name: g for g, name in enumerate(GENRES)}).to_numpy()
    first = own.groupby("user_id").head(1)
    user, seen = first["user_id"].to_numpy() - 1, genre[first["item_id"] - 1]
    # The genre of each user's first rating is one draw of the law; few are lost to items that are taken.
    expected, spread = shares[user].sum(axis=0), np.sqrt((shares * (1 - shares))[user].sum(axis=0))
    assert (np.abs(np.bincount(seen, minlength=len(GENRES)) - expected) < 4.5 * spread).all()
    surprise = -np.log(shares[user, seen])
    law = -(shares * np.log(shares)).sum(axis=1)[user]
    assert abs((surprise - law).mean()) < 4 * surprise.std() / np.sqrt(len(first))


def test_popular_items_are_chosen_by_the_law_of_ranks(world: World, own: pd.DataFrame) -> None:
    items, first = world.truth["items"], own.groupby("user_id").head(1)
    for genre, rows in items.groupby("genre"):
        counts = first["item_id"].value_counts().reindex(rows["item_id"], fill_value=0).to_numpy()
        order = np.argsort(-rows["weight"].to_numpy())
        seen, law = counts[order], rows["weight"].to_numpy()[order]
        top = np.concatenate([seen[:8], [seen[8:].sum()]])
        assert fits(top, np.concatenate([law[:8], [law[8:].sum()]])), genre
    assert items["weight"].max() == 1
    assert items["weight"].min() == pytest.approx(50**-0.8)


def test_ratings_come_in_sessions_that_keep_a_genre(tmp_path: Path) -> None:
    make_world(tmp_path / "w", users=400, campaigns=0, items=8000, follows=0, posts=0, ratings=40)
    made = read_world(tmp_path / "w")
    rows = made.interactions
    same_user = rows["user_id"].to_numpy()[1:] == rows["user_id"].to_numpy()[:-1]
    gaps = np.diff(seconds(rows["rated_at"]))
    within = same_user & (gaps < 15 * 90)
    # Ten means hold all gaps but 0.005 %; sessions of one user meet by chance in one case of a hundred.
    assert abs(within.sum() / same_user.sum() - 0.8) < 0.02
    assert abs(gaps[within].mean() / 90 - 1) < 0.06
    genre = made.truth["items"]["genre"].to_numpy()[rows["item_id"] - 1]
    shares = genre_shares(factors(made.truth["users"], "taste_"), np.array(made.parameters["laws"]["genre_factors"]))
    alike = (shares**2).sum(axis=1)[rows["user_id"].to_numpy()[1:] - 1]
    law = (0.6 + 0.4 * alike)[within].mean()
    assert abs((genre[1:] == genre[:-1])[within].mean() - law) < 0.03


def test_items_have_distinct_genres_and_years(world: World) -> None:
    genres = world.items["genres"].str.split("|")
    assert (genres.str[0] == world.truth["items"]["genre"]).all()
    assert genres.map(lambda row: len(set(row)) == len(row)).all()
    assert agrees((genres.str.len() > 1).sum(), len(genres), 0.3)
    assert world.items["year"].between(1960, 2019).all()


def test_friends_of_one_community_rate_alike(world: World, own: pd.DataFrame) -> None:
    """Co-rating has structure: users share more items with their community than with others, by far."""
    some = own[own["user_id"] % 4 == 0]
    table = pd.crosstab(some["user_id"], some["item_id"]).to_numpy().astype(float)
    community = world.community[np.unique(some["user_id"]) - 1]
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    alike = table @ table.T
    same = community[:, None] == community[None]
    other = ~same
    np.fill_diagonal(same, False)
    assert alike[same].mean() > 1.1 * alike[other].mean()
