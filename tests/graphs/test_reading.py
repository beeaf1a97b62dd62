from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthgen.errors import ConfigError, DataError
from synthgen.graphs import read_graph


def edges(*pairs: tuple[object, object]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["from", "to"])


def test_names_with_gaps_become_numbers_and_stay_known() -> None:
    read = read_graph(edges(("ann", "bob"), ("bob", "zoe")), directed=True)
    assert read.names.tolist() == ["ann", "bob", "zoe"]
    assert (read.graph.from_M.tolist(), read.graph.to_M.tolist()) == ([0, 1], [1, 2])
    assert read_graph(edges((7, 1000), (1000, 12)), directed=False).names.tolist() == [7, 12, 1000]


def test_loops_doubles_and_edges_without_an_end_are_dropped_and_counted() -> None:
    read = read_graph(edges(("a", "a"), ("a", "b"), ("a", "b"), ("b", None), ("b", "c")), directed=True)
    assert read.graph.n_edges == 2
    assert list(read.notes) == [
        "1 edge without one of its ends dropped",
        "1 self-loop dropped",
        "1 double edge dropped",
    ]


def test_an_edge_and_its_turn_are_one_where_undirected() -> None:
    read = read_graph(edges(("a", "b"), ("b", "a"), ("b", "c")), directed=False)
    assert read.graph.n_edges == 2
    assert read.notes == ("1 double edge dropped",)


def test_direction_is_found_out() -> None:
    ring = [(i, (i + step) % 12) for i in range(12) for step in (1, 2, 5)]
    there_and_back = edges(*ring, *[(b, a) for a, b in ring])
    assert not read_graph(there_and_back).graph.directed
    assert read_graph(there_and_back).graph.n_edges == 36
    once = read_graph(edges(*ring))
    assert not once.graph.directed
    assert once.notes[0].startswith("taken as undirected: no edge is listed in both directions")
    some = read_graph(edges(*ring, (1, 0)))
    assert some.graph.directed
    assert some.notes[0].startswith("taken as directed: 5% of edges")
    assert "too few to tell" in read_graph(edges((1, 2), (2, 3))).notes[0]


def test_nodes_without_edges_are_kept_and_numbers_match_in_two_spellings(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("from,to,weight\n1.0,2.0,3\n2.0,9.0,1\n2.0,5.0,1\n")
    (tmp_path / "nodes.csv").write_text("id,plan\n9,pro\n5,free\n2,free\n1,pro\n77,free\n")
    read = read_graph(tmp_path / "edges.csv", tmp_path / "nodes.csv", directed=True)
    assert read.names.tolist() == [9, 5, 2, 1, 77]
    assert read.graph.in_N.tolist() == [1, 1, 1, 0, 0]
    assert read.nodes is not None
    assert read.nodes["plan"].tolist() == ["pro", "free", "free", "pro", "free"]


def test_leading_zeros_are_names() -> None:
    assert read_graph(edges(("007", "7"), ("7", "8")), directed=True).names.tolist() == ["007", "7", "8"]


def test_ends_that_the_table_of_nodes_lacks_are_kept_dropped_or_refused() -> None:
    nodes = pd.DataFrame({"id": [1, 2], "age": [30, 40]})
    listed = edges((1, 2), (2, 3))
    kept = read_graph(listed, nodes, directed=True)
    assert kept.graph.n_nodes == 3
    assert kept.nodes is not None
    assert kept.nodes["age"].isna().tolist() == [False, False, True]
    assert kept.nodes["id"].tolist() == [1, 2, 3]
    assert "1 edge with an end that the table of nodes lacks; these nodes were added" in kept.notes[0]
    assert read_graph(listed, nodes, directed=True, orphans="drop").graph.n_edges == 1
    with pytest.raises(DataError, match="1 edge with an end that the table of nodes lacks"):
        read_graph(listed, nodes, orphans="refuse")
    with pytest.raises(ConfigError, match="did you mean 'drop'"):
        read_graph(listed, nodes, orphans="dropp")


@pytest.mark.parametrize(
    ("table", "options", "says"),
    [
        (edges((1, 2)), {"ends": ("fromm", "to")}, "no column 'fromm'; did you mean 'from'"),
        (edges((1, 2)), {"ends": ("to", "to")}, "both ends are column 'to'"),
        (pd.DataFrame({"a": [1], "b": [2], "c": [3]}), {}, "which two columns are the ends of an edge"),
        (edges((1, 1)), {}, "none is left between two different nodes"),
        (edges((1, 2)), {"nodes": pd.DataFrame({"id": [1, 1]})}, "'id' repeats in 1 row, the first is row 2"),
        (edges((1, 2)), {"nodes": pd.DataFrame({"id": [1, None]})}, "'id' is missing in 1 rows"),
        (edges((1, 2)), {"nodes": pd.DataFrame({"id": [1, 2]}), "key": "ids"}, "did you mean 'id'"),
    ],
)
def test_bad_input_is_said_in_one_sentence(table: pd.DataFrame, options: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_graph(table, **options)


def test_order_of_edges_does_not_matter() -> None:
    pairs = [(i, j) for i in range(8) for j in range(i) if (i + j) % 3]
    one = read_graph(edges(*pairs), directed=False).graph
    other = read_graph(edges(*reversed(pairs)), directed=False).graph
    assert np.array_equal(one.keys_M, other.keys_M)
