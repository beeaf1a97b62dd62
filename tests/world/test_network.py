from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, sparse, stats

from synthgen.world.laws import community_shares
from synthgen.world.making import make_world
from tests.world.conftest import ALARM, World, agrees, fits, read_world, seconds


def mixing(world: World, kind: str) -> np.ndarray:
    """``(C, C)`` follows from each community to each."""
    rows = world.truth["follows"]
    rows = rows[rows["kind"] == kind]
    c = world.community
    table = np.zeros((6, 6))
    np.add.at(table, (c[rows["follower_id"] - 1], c[rows["followed_id"] - 1]), 1)
    return table


def law_of_mixing() -> np.ndarray:
    return 0.6 * np.eye(6) + 0.4 * community_shares(6)[None]


def test_follows_stay_in_the_community_as_often_as_the_law_says(world: World) -> None:
    for seen, law in zip(mixing(world, "first"), law_of_mixing(), strict=True):
        assert fits(seen, law)


def test_closing_follows_mix_like_two_steps(world: World) -> None:
    seen = mixing(world, "closing")
    law = law_of_mixing() @ law_of_mixing()
    # Who is followed already is drawn again, which favours other communities by some percent.
    assert np.abs(seen / seen.sum(axis=1, keepdims=True) - law).max() < 0.06


def test_popularity_is_a_power_law_up_to_its_cut(world: World) -> None:
    truth = world.truth["users"]
    popularity = truth.loc[~truth["bare_profile"], "popularity"].to_numpy()
    cut = world.parameters["laws"]["highest_popularity"]
    assert stats.kstest(popularity, lambda w: (1 - w**-1.5) / (1 - cut**-1.5)).pvalue > ALARM
    assert (truth.loc[truth["bare_profile"], "popularity"] == 0.1).all()


def test_followers_come_in_proportion_to_popularity(world: World) -> None:
    truth, follows = world.truth["users"], world.truth["follows"]
    drawn = follows[follows["kind"].isin(["first", "closing"])]
    followers = np.bincount(drawn["followed_id"], minlength=2001)[1:]
    weights = truth["popularity"].to_numpy()
    edges = np.geomspace(1, world.parameters["laws"]["highest_popularity"], 8)
    bins = np.digitize(weights, edges)
    means = [(weights[bins == b].mean(), followers[bins == b].mean()) for b in np.unique(bins) if (bins == b).sum() > 5]
    slope = np.polyfit(*np.log(np.array(means)).T, 1)[0]
    assert abs(slope - 1) < 0.1  # the most popular are followed once only by those who would twice


@pytest.mark.parametrize("exponent", [2.3, 3.0])
def test_the_exponent_is_found_in_the_emitted_counts(tmp_path: Path, exponent: float) -> None:
    make_world(
        tmp_path / "w",
        users=6000,
        communities=1,
        campaigns=0,
        exponent=exponent,
        follows=40,
        closing=0,
        reciprocity=0,
        posts=0,
        ratings=0,
        seed=2,
    )
    made = read_world(tmp_path / "w")
    counts = made.users["followers_count"].to_numpy()
    low, high = 2 * counts.mean(), counts.max()
    tail = counts[counts >= low]

    def surprise(a: float) -> float:
        """Of a power law with the exponent a + 1 between two bounds."""
        return -float(np.sum(np.log(a) + a * np.log(low) - (a + 1) * np.log(tail) - np.log(1 - (low / high) ** a)))

    found = optimize.minimize_scalar(surprise, bounds=(0.2, 8), method="bounded").x + 1
    # Spread of the estimate: (exponent - 1) / root of the tail's size, more for the cut; Poisson noise adds 0.1.
    assert abs(found - exponent) < 0.1 + 4 * (exponent - 1) / np.sqrt(len(tail))


def test_the_share_asked_for_is_mutual(world: World) -> None:
    rows = world.truth["follows"]
    own = rows[rows["kind"].isin(["first", "closing", "back"])]
    pairs = set(zip(own["follower_id"], own["followed_id"], strict=True))
    mutual = sum((b, a) in pairs for a, b in pairs)
    backs = int((own["kind"] == "back").sum())
    # Only how many follows are returned is drawn: each return makes two follows mutual.
    chance = world.parameters["laws"]["follow_back_chance"]
    one_way = len(pairs) - mutual + backs
    assert agrees(backs, one_way, chance)
    assert abs(mutual / len(pairs) - 0.4) < 8 * np.sqrt(one_way * chance) / len(pairs)


def test_a_follow_back_comes_after_the_follow(world: World) -> None:
    both = world.follows.merge(world.truth["follows"])
    assert len(both) == len(world.follows)
    backs = both[both["kind"] == "back"].merge(
        both, left_on=["follower_id", "followed_id"], right_on=["followed_id", "follower_id"], suffixes=("", "_first")
    )
    waited = seconds(backs["created_at"]) - seconds(backs["created_at_first"])
    assert (waited >= 0).all()
    left = world.parameters["constants"]["end"] - seconds(backs["created_at_first"])
    long_ago = left > 40 * 86_400  # the cut at the end is 20 means away
    assert abs(waited[long_ago].mean() / (2 * 86_400) - 1) < 4 / np.sqrt(long_ago.sum())


def undirected(world: World) -> np.ndarray:
    """``(E, 2)`` pairs of users of whom one follows the other, each once."""
    return np.unique(np.sort(world.follows[["follower_id", "followed_id"]].to_numpy() - 1, axis=1), axis=0)


def triangles(pairs: np.ndarray, users: int) -> int:
    graph = sparse.coo_matrix((np.ones(len(pairs), dtype=np.int64), tuple(pairs.T)), shape=(users, users)).tocsr()
    graph = graph + graph.T
    return int((graph @ graph).multiply(graph).sum()) // 6


def shuffled(pairs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random graph with the same degrees: ends drawn anew, and loops and doubles mended by swaps with others."""
    ends = rng.permutation(pairs.ravel()).reshape(-1, 2)
    while True:
        ends = np.sort(ends, axis=1)
        fine = np.zeros(len(ends), dtype=bool)
        fine[np.unique(ends, axis=0, return_index=True)[1]] = True
        bad = np.flatnonzero(~fine | (ends[:, 0] == ends[:, 1]))
        if not len(bad):
            return ends
        other = rng.choice(np.setdiff1d(np.arange(len(ends)), bad), size=len(bad), replace=False)
        ends[bad, 1], ends[other, 1] = ends[other, 1], ends[bad, 1]


def test_there_are_more_triangles_than_in_a_random_graph_of_the_same_degrees(world: World) -> None:
    pairs, rng = undirected(world), np.random.default_rng(0)
    random = [shuffled(pairs, rng) for _ in range(3)]
    degrees = np.bincount(pairs.ravel(), minlength=2000)
    assert all((np.bincount(graph.ravel(), minlength=2000) == degrees).all() for graph in random)
    # Triangles of the random graphs spread by some percent: half as many again are far outside.
    assert triangles(pairs, 2000) > 1.5 * max(triangles(graph, 2000) for graph in random)


def test_closing_makes_triangles_and_without_it_there_are_none_beyond_chance(tmp_path: Path) -> None:
    times = []
    for closing in (0.0, 0.5):
        folder = tmp_path / str(closing)
        make_world(folder, communities=1, campaigns=0, closing=closing, reciprocity=0, follows=8, posts=0, ratings=0)
        pairs = undirected(read_world(folder))
        times.append(triangles(pairs, 2000) / triangles(shuffled(pairs, np.random.default_rng(0)), 2000))
    # Chance is some percent; nobody being followed twice by one user leaves the popular fewer triangles.
    assert 0.7 < times[0] < 1.1
    assert times[1] > 1.5


def test_closing_follows_close_a_path_of_first_ones(world: World) -> None:
    rows = world.truth["follows"]
    first = rows[rows["kind"] == "first"]
    graph = sparse.coo_matrix(
        (np.ones(len(first)), (first["follower_id"], first["followed_id"])), shape=(2001, 2001)
    ).tocsr()
    closing = rows[rows["kind"] == "closing"]
    assert (np.asarray((graph @ graph)[closing["follower_id"], closing["followed_id"]]) > 0).all()
    assert abs(len(closing) / (len(first) + len(closing)) - 0.3) < 0.02
