from __future__ import annotations

from itertools import combinations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.graphs.graphical import are_graphical, havel_hakimi, is_graphical, kleitman_wang

PAIRS = list(combinations(range(4), 2))
ARCS = [(a, b) for a, b in product(range(3), repeat=2) if a != b]


def all_degrees() -> set[tuple[int, ...]]:
    """Degrees of every simple graph of four nodes."""
    found = set()
    for chosen in product([0, 1], repeat=len(PAIRS)):
        ends = [node for pair, there in zip(PAIRS, chosen, strict=True) if there for node in pair]
        found.add(tuple(np.bincount(ends, minlength=4).tolist()) if ends else (0, 0, 0, 0))
    return found


def all_directed() -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    found = set()
    for chosen in product([0, 1], repeat=len(ARCS)):
        arcs = [arc for arc, there in zip(ARCS, chosen, strict=True) if there]
        sides = [[arc[side] for arc in arcs] for side in (0, 1)]
        out, into = (tuple(np.bincount(np.array(side, int), minlength=3).tolist()) for side in sides)
        found.add((out, into))
    return found


def test_what_is_graphical_is_what_some_graph_of_four_nodes_has() -> None:
    real = all_degrees()
    for degrees in product(range(4), repeat=4):
        assert is_graphical(np.array(degrees)) == (degrees in real), degrees


def test_what_is_graphical_with_directions_is_what_some_graph_of_three_nodes_has() -> None:
    real = all_directed()
    for out, into in product(product(range(3), repeat=3), repeat=2):
        assert are_graphical(np.array(out), np.array(into)) == ((out, into) in real), (out, into)


def test_where_no_graph_has_the_degrees_the_nearest_from_below_comes() -> None:
    real = np.array(sorted(all_degrees()))
    for degrees in product(range(4), repeat=4):
        asked = np.array(degrees)
        a, b = havel_hakimi(asked)
        got = np.bincount(np.r_[a, b], minlength=4)
        best = max(below.sum() for below in real if (below <= asked).all())
        assert (got <= asked).all()
        assert got.sum() == best, degrees


def test_the_same_with_directions() -> None:
    real = [(np.array(out), np.array(into)) for out, into in all_directed()]
    for out, into in product(product(range(3), repeat=3), repeat=2):
        a, b = kleitman_wang(np.array(out), np.array(into))
        got = np.bincount(a, minlength=3), np.bincount(b, minlength=3)
        assert (got[0] <= out).all()
        assert (got[1] <= into).all()
        assert len(a) == max(o.sum() for o, i in real if (o <= out).all() and (i <= into).all()), (out, into)


@settings(max_examples=60)
@given(st.integers(2, 30), st.floats(0, 1), st.integers(0, 10_000))
def test_degrees_of_random_graphs_come_back(n_nodes: int, chance: float, seed: int) -> None:
    tied_NN = np.random.default_rng(seed).random((n_nodes, n_nodes)) < chance
    np.fill_diagonal(tied_NN, False)
    out, into = tied_NN.sum(1), tied_NN.sum(0)
    assert are_graphical(out, into)
    a, b = kleitman_wang(out, into)
    assert (np.bincount(a, minlength=n_nodes) == out).all()
    assert (np.bincount(b, minlength=n_nodes) == into).all()
    both = (tied_NN | tied_NN.T).sum(1)
    assert is_graphical(both)
    assert (np.bincount(np.concatenate(havel_hakimi(both)), minlength=n_nodes) == both).all()
