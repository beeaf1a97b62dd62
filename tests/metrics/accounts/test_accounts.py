"""Detectors, campaigns left out and shortcuts, on accounts with planted differences; graph features by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthgen.graphs import Graph
from synthgen.metrics.accounts import DETECTORS, AccountView, Trial, judge_accounts, shortcut, unseen_campaigns
from synthgen.metrics.accounts.features import Profile, core_numbers, graph_features, neighbour_means, page_rank


def accounts(seed: int, by_profile: float = 2.0, by_ties: float = 0.0, n: int = 900) -> AccountView:
    """One in six is fake; their number is higher, and so is the share of fakes among those whom they are tied to."""
    rng = np.random.default_rng(seed)
    fake_N = rng.random(n) < 1 / 6
    ends = rng.integers(0, n, (n * 6, 2))
    alike = fake_N[ends[:, 0]] == fake_N[ends[:, 1]]
    ends = ends[(ends[:, 0] != ends[:, 1]) & (alike | (rng.random(len(ends)) > by_ties))]
    keys = np.unique(ends.min(1) * n + ends.max(1))
    return AccountView(
        fake_N,
        {"posts": rng.normal(by_profile * fake_N, 1), "noise": rng.normal(size=n)},
        {"country": rng.choice(["AT", "CH"], n)},
        created_N=rng.uniform(0, 1e8, n),
        handles=[f"user{i}" for i in range(n)],
        graph=Graph.of(n, keys // n, keys % n),
    )


def trial(made: AccountView, real: AccountView | None = None) -> Trial:
    real = accounts(1) if real is None else real
    tested_N = np.arange(len(real)) % 3 == 0
    return Trial(real, ~tested_N, tested_N, made)


def test_made_accounts_of_the_same_law_teach_as_much_as_real_ones() -> None:
    found = {one.name: one for one in judge_accounts(trial(accounts(2)), np.random.default_rng(0))}
    one = found["detector_profile_logistic"]
    assert one.value is not None
    assert one.value == pytest.approx(one.floor, abs=0.08)
    assert one.interval is not None
    assert one.interval[0] < one.value < one.interval[1]
    assert one.value > one.details["chance"] + 0.3
    assert set(found) == {
        *(f"detector_{features}_{name}" for features in ("profile", "graph") for name in ("boosting", "logistic")),
        *(f"detector_both_{one.name}" for one in DETECTORS),
    }


def test_labels_that_mean_nothing_teach_nothing() -> None:
    made = accounts(2)
    shuffled = replace(made, fake_N=np.random.default_rng(0).permutation(made.fake_N))
    for one in judge_accounts(trial(shuffled), np.random.default_rng(0)):
        assert one.value is not None
        assert one.value < one.details["chance"] + 0.15  # 300 accounts: two standard errors are 0.09


def test_what_only_neighbours_tell_is_found_by_passing_messages() -> None:
    """A fake's own number says little; the mean of its neighbours' says all."""
    real, made = (accounts(seed, by_profile=1.5, by_ties=0.97) for seed in (1, 2))
    found = {one.name: one.value for one in judge_accounts(trial(made, real), np.random.default_rng(0))}
    assert (found["detector_both_graph-net"] or 0) > (found["detector_profile_boosting"] or 1) + 0.2


def test_a_campaign_that_is_like_others_is_found_unseen_and_one_of_its_own_kind_is_not() -> None:
    real = accounts(1, by_profile=6.0)
    fakes = np.flatnonzero(real.fake_N)
    campaign_N = np.full(len(real), -1)
    campaign_N[fakes[:60]] = 0
    campaign_N[fakes[60:120]] = 1
    same = unseen_campaigns(trial(accounts(2, by_profile=6.0), real), campaign_N, np.random.default_rng(0))
    assert same.value is not None
    assert same.value > 0.9
    assert same.floor is not None
    assert same.floor > 0.9
    hidden = unseen_campaigns(trial(accounts(2, by_profile=-6.0), real), campaign_N, np.random.default_rng(0))
    assert hidden.value is not None
    assert hidden.value < 0.1


def test_a_shortcut_is_named_and_none_is_seen_where_none_is() -> None:
    made = accounts(2)
    plain = shortcut(trial(made), np.random.default_rng(0))
    assert plain.value is not None
    assert plain.floor is not None
    assert plain.value < 0.25
    given = replace(made, numbers={**made.numbers, "noise": made.fake_N + 0.0})
    found = shortcut(trial(given), np.random.default_rng(0))
    assert found.details["feature"] == "noise"
    assert found.value is not None
    assert found.value > 0.6


def test_too_few_fakes_are_a_reason_and_no_error() -> None:
    few = replace(accounts(1), fake_N=np.arange(900) < 12)
    found = judge_accounts(trial(accounts(2), few), np.random.default_rng(0))
    assert [one.value for one in found] == [None]
    assert "were expected" in found[0].reason


def test_graph_features_are_those_of_another_library() -> None:
    networkx = pytest.importorskip("networkx")
    rng = np.random.default_rng(0)
    ends = rng.integers(0, 60, (400, 2))
    keys = np.unique((ends[:, 0] * 60 + ends[:, 1])[ends[:, 0] != ends[:, 1]])
    graph = Graph.of(60, keys // 60, keys % 60, directed=True)
    other = networkx.DiGraph(list(zip(graph.from_M.tolist(), graph.to_M.tolist(), strict=True)))
    other.add_nodes_from(range(60))
    plain = other.to_undirected()
    assert core_numbers(graph).tolist() == [networkx.core_number(plain)[n] for n in range(60)]
    rank = networkx.pagerank(other, alpha=0.85, tol=1e-12)
    np.testing.assert_allclose(page_rank(graph) / 60, [rank[n] for n in range(60)], rtol=2e-3)
    rows, names = graph_features(graph)
    clustering = networkx.clustering(plain)
    np.testing.assert_allclose(rows[:, names.index("clustering")], [clustering[n] for n in range(60)])
    degree = np.array([plain.degree(n) for n in range(60)])
    means = [np.mean([degree[m] for m in plain[n]]) for n in range(60)]
    np.testing.assert_allclose(neighbour_means(graph, degree), means)


def test_a_moment_and_a_name_are_no_features() -> None:
    """Accounts of another time, and of other names of the same shape, look the same."""
    view = accounts(1)
    assert view.created_N is not None
    assert view.handles is not None
    moved = replace(view, created_N=view.created_N + 3e8, handles=[f"resu{handle[4:]}" for handle in view.handles])
    profile = Profile.of(view, moved)
    one, other = profile.of_view(view)[0], profile.of_view(moved)[0]
    handles = [n for n, name in enumerate(profile.of_view(view)[1]) if name != "handle: different characters"]
    np.testing.assert_allclose(one[:, handles], other[:, handles])
