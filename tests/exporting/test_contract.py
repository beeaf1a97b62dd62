"""Every format is read back: by the library that reads it where it is installed, by its own rules everywhere."""

from __future__ import annotations

import csv
import importlib.util
import json
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from synthgen.config import RunConfig
from synthgen.errors import ConfigError, MissingExtraError
from synthgen.exporting import EXPORTS, export
from synthgen.exporting.graphs import read_geometric
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.table.files import read_table
from synthgen.table.table import Table
from tests.networks import network

REAL = network()
NS = {"g": "http://graphml.graphdrawing.org/xmlns"}


def frames() -> dict[str, pd.DataFrame]:
    """The network with a label, ratings, and a cell that would break a careless writer."""
    found = {name: frame.copy() for name, frame in REAL.items()}
    rng = np.random.default_rng(1)
    found["users"]["is_bot"] = rng.random(len(found["users"])) < 0.2
    found["reads"]["stars"] = rng.integers(1, 11, len(found["reads"])) / 2
    found["reads"]["at"] = pd.Series(pd.to_datetime(1_700_000_000 + np.arange(len(found["reads"])), unit="s")).astype(
        str
    )
    found["films"]["title"] = [f'Film "{n}", a\ttale' for n in range(len(found["films"]))]
    return found


@pytest.fixture(scope="module", params=["memory", "files"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """From frames, and from CSV files, whose cells are text."""
    tables = {name: Table.from_any(frame, name) for name, frame in frames().items()}
    if request.param == "files":
        folder = tmp_path_factory.mktemp("network")
        for name, frame in frames().items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        tables = {name: read_table(folder / f"{name}.csv") for name in tables}
    schema = detect_links(tables, RunConfig())
    return Network({name: table.arrow for name, table in tables.items()}, schema)


def rows(path: Path, between: str = ",") -> list[dict[str, str]]:
    quoting = csv.QUOTE_NONE if between == "\t" else csv.QUOTE_MINIMAL
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=between, quoting=quoting))


def follows() -> set[tuple[str, str]]:
    return set(REAL["follows"].itertuples(index=False, name=None))


def read_csv(folder: Path) -> None:
    for name, frame in frames().items():
        assert len(pd.read_csv(folder / f"{name}.csv")) == len(frame)
    assert pd.read_csv(folder / "films.csv")["title"].tolist() == frames()["films"]["title"].tolist()


def read_parquet(folder: Path) -> None:
    posts = pd.read_parquet(folder / "posts.parquet")
    assert posts.columns.tolist() == REAL["posts"].columns.tolist()
    assert pd.read_parquet(folder / "reads.parquet")["stars"].tolist() == frames()["reads"]["stars"].tolist()


def read_sqlite(folder: Path) -> None:
    database = sqlite3.connect(folder / "tables.sqlite")
    try:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in REAL}
        parents = database.execute('PRAGMA foreign_key_list("reads")').fetchall()
        joined = database.execute(
            "SELECT count(*) FROM reads JOIN users ON reads.user_id = users.id JOIN films USING (film_id)"
        ).fetchone()[0]
    finally:
        database.close()
    assert counts == {name: len(frame) for name, frame in REAL.items()}
    assert {row[2] for row in parents} == {"users", "films"}
    assert joined == len(REAL["reads"])


def read_recbole(folder: Path) -> None:
    inter = rows(folder / f"{folder.name}.inter", "\t")
    wanted = frames()["reads"]
    assert {"user_id:token", "item_id:token", "stars:float", "timestamp:float"} == set(inter[0])
    assert [row["user_id:token"] for row in inter] == wanted.user_id.tolist()
    assert [float(row["stars:float"]) for row in inter] == wanted.stars.tolist()
    assert [int(row["timestamp:float"]) for row in inter] == (1_700_000_000 + np.arange(len(wanted))).tolist()
    users, items = (rows(folder / f"{folder.name}.{ending}", "\t") for ending in ("user", "item"))
    assert {row["user_id:token"] for row in inter} <= {row["user_id:token"] for row in users}
    assert {row["item_id:token"] for row in items} == set(REAL["films"].film_id.astype(str))
    assert {row["plan:token"] for row in users} == {"free", "pro"}


def read_movielens(folder: Path) -> None:
    ratings, movies = pd.read_csv(folder / "ratings.csv"), pd.read_csv(folder / "movies.csv")
    assert ratings.columns.tolist() == ["userId", "movieId", "rating", "timestamp"]
    assert movies.columns.tolist() == ["movieId", "title", "genres"]
    assert ratings.rating.tolist() == frames()["reads"].stars.tolist()
    assert ratings.userId.between(1, len(REAL["users"])).all()
    assert set(ratings.movieId) <= set(movies.movieId)
    assert not ratings.duplicated(["userId", "movieId"]).any()


def read_graphml(folder: Path) -> None:
    root = ElementTree.parse(folder / "graph.graphml").getroot()
    nodes = [node.attrib["id"] for node in root.iterfind("g:graph/g:node", NS)]
    edges = {(e.attrib["source"], e.attrib["target"]) for e in root.iterfind("g:graph/g:edge", NS)}
    assert set(nodes) == set(REAL["users"].id)
    assert edges == follows()
    assert len(root.findall("g:graph/g:node/g:data", NS)) == 3 * len(nodes)
    networkx = pytest.importorskip("networkx", reason="networkx is not installed: GraphML was read by hand alone")
    assert networkx.read_graphml(folder / "graph.graphml").number_of_edges() == len(follows())


def read_edges(folder: Path) -> None:
    lines = (folder / "edges.txt").read_text(encoding="utf-8").splitlines()
    assert {tuple(line.split("\t")) for line in lines} == follows()


def read_pyg(folder: Path) -> None:
    arrays, facts = load_file(folder / "graph.safetensors"), json.loads((folder / "graph.json").read_text())
    ids = REAL["users"].id.tolist()
    assert {(ids[a], ids[b]) for a, b in arrays["edge_index"].T.tolist()} == follows()
    assert arrays["x"].shape == (len(ids), len(facts["features"]))
    pro = arrays["x"][:, facts["features"].index("plan=pro")]
    assert pro.tolist() == REAL["users"].plan.eq("pro").astype(float).tolist()
    assert arrays["y"].tolist() == frames()["users"].is_bot.astype(int).tolist()
    assert [value.lower() for value in facts["label"]["values"]] == ["false", "true"]
    if importlib.util.find_spec("torch_geometric") is None:
        with pytest.raises(MissingExtraError, match="pip install torch_geometric"):
            read_geometric(folder)
    else:
        assert read_geometric(folder).num_nodes == len(ids)


def read_twibot(folder: Path) -> None:
    nodes = json.loads((folder / "node.json").read_text())
    edges, labels, split = (rows(folder / f"{name}.csv") for name in ("edge", "label", "split"))
    named = {node["id"] for node in nodes}
    assert len(named) == len(nodes) == len(REAL["users"]) + len(REAL["posts"])
    assert {row["source_id"] for row in edges} | {row["target_id"] for row in edges} <= named
    assert sum(row["relation"] == "following" for row in edges) == len(REAL["follows"])
    assert sum(row["relation"] == "post" for row in edges) == len(REAL["posts"])
    assert [row["label"] == "bot" for row in labels] == frames()["users"].is_bot.tolist()
    shares = pd.Series([row["split"] for row in split]).value_counts(normalize=True)
    assert 0.6 < shares["train"] < 0.8
    assert not any("is_bot" in node for node in nodes)


READERS: dict[str, Callable[[Path], None]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "sqlite": read_sqlite,
    "recbole": read_recbole,
    "movielens": read_movielens,
    "graphml": read_graphml,
    "edge-list": read_edges,
    "pyg": read_pyg,
    "twibot-22": read_twibot,
}


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(EXPORTS)


@pytest.mark.parametrize("form", EXPORTS)
def test_what_was_written_is_read_back(made: Network, form: str, tmp_path: Path) -> None:
    files = export(made, form, tmp_path / "out")
    assert files
    assert sorted(files) == sorted((tmp_path / "out").iterdir())  # and nothing is left beside them
    READERS[form](tmp_path / "out")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("recbole", "no table has both an owner and something that it chooses"),
        ("graphml", "no table has ties between rows of one table"),
        ("twibot-22", "no column of 'users' says who is a bot"),
        ("recbol", "no 'recbol'; did you mean 'recbole'"),
    ],
)
def test_a_format_that_is_not_for_these_tables_says_so(form: str, message: str, tmp_path: Path) -> None:
    tables = {name: Table.from_any(REAL[name], name) for name in ("users", "posts")}
    few = Network({name: table.arrow for name, table in tables.items()}, detect_links(tables, RunConfig()))
    with pytest.raises(ConfigError, match=message):
        export(few, form, tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))
