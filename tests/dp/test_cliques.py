"""Junction trees: every group in a clique, running intersection, and the known trees of small graphs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.dp.cliques import JunctionTree, junction_tree

GROUPS = st.lists(st.sets(st.integers(0, 8), min_size=1, max_size=4), max_size=14)
SIZES = st.lists(st.integers(1, 40), min_size=9, max_size=9)


@pytest.mark.parametrize(
    ("groups", "cliques"),
    [
        ([], {(0,), (1,), (2,), (3,)}),
        ([(0, 1), (1, 2), (2, 3)], {(0, 1), (1, 2), (2, 3)}),
        ([(0, 1), (0, 2), (0, 3)], {(0, 1), (0, 2), (0, 3)}),
        ([(0, 1), (2, 3)], {(0, 1), (2, 3)}),
        ([(0, 1), (0, 2), (1, 2)], {(0, 1, 2), (3,)}),  # pairs that meet in a ring of three share a clique
        ([(3, 1, 2), (1, 0)], {(1, 2, 3), (0, 1)}),
    ],
)
def test_cliques_of_chordal_graphs_are_their_own(groups: list[tuple[int, ...]], cliques: set[tuple[int, ...]]) -> None:
    assert set(junction_tree(groups, [2, 2, 2, 2]).cliques) == cliques


def test_a_ring_is_cut_where_the_table_is_smallest() -> None:
    ring = [(0, 1), (1, 2), (2, 3), (0, 3)]
    assert set(junction_tree(ring, [50, 2, 50, 2]).cliques) == {(0, 1, 3), (1, 2, 3)}  # not through 0 and 2
    assert set(junction_tree(ring, [2, 50, 2, 50]).cliques) == {(0, 1, 2), (0, 2, 3)}


@given(groups=GROUPS, sizes=SIZES, root=st.sets(st.integers(0, 8)))
def test_every_tree_is_a_junction_tree(groups: list[set[int]], sizes: list[int], root: set[int]) -> None:
    tree = junction_tree(groups, sizes, root)
    cliques = [set(clique) for clique in tree.cliques]
    assert set().union(*cliques) == set(range(9))
    assert all(any(group <= clique for clique in cliques) for group in groups)
    assert not any(a < b or (a == b and i != j) for i, a in enumerate(cliques) for j, b in enumerate(cliques))
    assert tree.parents[0] == -1
    assert all(0 <= parent < k for k, parent in enumerate(tree.parents) if k)
    for k, parent in enumerate(tree.parents):
        assert set(tree.separators[k]) == (cliques[k] & cliques[parent] if k else set())
    for column in range(9):  # running intersection: all but one clique of a column hang on another clique of it
        holding = [k for k, clique in enumerate(cliques) if column in clique]
        assert sum(column not in tree.separators[k] for k in holding) == 1
    assert len(cliques[0] & root) == max(len(clique & root) for clique in cliques)
    assert tree.cells(sizes) == sum(math.prod(sizes[c] for c in clique) for clique in tree.cliques)


def test_the_smallest_clique_that_holds_columns() -> None:
    tree = JunctionTree(((0, 1, 2), (1, 2, 3)), (-1, 0), ((), (1, 2)))
    assert tree.clique_of((1, 2), [9, 2, 2, 3]) == 1
    assert tree.clique_of((0, 3), [9, 2, 2, 3]) is None
