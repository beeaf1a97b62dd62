"""Formats of recommender libraries: RecBole's atomic files, MovieLens.

Source: https://recbole.io/docs/user_guide/data/atomic_files.html; Harper and Konstan 2015, The MovieLens Datasets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from synthgen.errors import ConfigError
from synthgen.exporting.tables import write_lines
from synthgen.linked.network import Network, texts

KINDS = {"numeric": "float", "datetime": "float", "boolean": "float", "tags": "token_seq", "text": "token_seq"}
"""Types of columns -> RecBole's; all others are tokens."""


def write_recbole(network: Network, folder: Path) -> list[Path]:
    """``NAME.inter``, ``.user`` and ``.item``, NAME the folder: tabs between cells, types in the first line."""
    owner, item = network.interactions
    name = folder.name
    columns = {"user_id:token": texts(network.said(owner)), "item_id:token": texts(network.said(item))}
    files = [write_lines(folder / f"{name}.inter", columns | _features(network, owner.table), "\t")]
    for reference, key, ending in ((owner, "user_id", "user"), (item, "item_id", "item")):
        own = _features(network, reference.parent) if reference.parent in network.tables else {}
        lines = {f"{key}:token": texts(network.keys(reference.parent)), **own}
        files.append(write_lines(folder / f"{name}.{ending}", lines, "\t"))
    return files


def _features(network: Network, table: str) -> dict[str, list[str]]:
    """A table's own columns, with their types in their names; times are called ``timestamp``."""
    found, time = {}, network.schema.tables[table].time
    for line in network.own(table):
        kind = KINDS.get(line.type, "token")
        title = "timestamp" if line.name == time else line.name.replace(":", " ").replace("\t", " ")
        if kind == "float":
            cells = _floats(network.numbers(table, line.name))
        elif line.type == "tags":
            cells = [cell.replace("|", " ") for cell in texts(network.column(table, line.name))]
        else:
            cells = texts(network.column(table, line.name))
        found[f"{title}:{kind}"] = cells
    return found


def _floats(number_N: np.ndarray) -> list[str]:
    """Numbers as text, whole ones without a point.

    Example:
        >>> _floats(np.array([4.0, 2.5, np.nan]))
        ['4', '2.5', '']
    """
    return ["" if np.isnan(n) else f"{int(n)}" if n == int(n) else repr(float(n)) for n in number_N]


def write_movielens(network: Network, folder: Path) -> list[Path]:
    """``ratings.csv`` (userId, movieId, rating, timestamp) and ``movies.csv`` (movieId, title, genres), from 1 on.

    Raises:
        ConfigError: interactions have no numeric column to be the rating.
    """
    owner, item = network.interactions
    numeric = [c.name for c in network.own(owner.table) if c.type == "numeric"]
    if not numeric:
        raise ConfigError(f"export: {owner.table!r} has no numeric column to be a rating. Choose another --export")
    rating = next((name for name in numeric if "rating" in name.lower() or "stars" in name.lower()), numeric[0])
    users, items = network.keys(owner.parent), network.keys(item.parent)
    user_N, item_N = (
        _from_one(network.said(r).to_pylist(), keys.to_pylist()) for r, keys in ((owner, users), (item, items))
    )
    time = network.schema.tables[owner.table].time
    seconds = _floats(network.numbers(owner.table, time)) if time else ["0"] * len(user_N)
    columns = {
        "userId": user_N,
        "movieId": item_N,
        "rating": _floats(network.numbers(owner.table, rating)),
        "timestamp": seconds,
    }
    files = [write_lines(folder / "ratings.csv", columns, ",")]
    own = network.own(item.parent) if item.parent in network.tables else []
    title = next((c.name for c in own if c.type in ("text", "identifier") or c.name.lower() in ("title", "name")), None)
    genres = next(
        (c.name for c in own if c.type == "tags"), next((c.name for c in own if c.type == "categorical"), None)
    )
    numbers = [str(n + 1) for n in range(len(items))]
    movies = {
        "movieId": numbers,
        "title": [_quoted(cell) for cell in _cells(network, item.parent, title)]
        if title
        else [f"item {n}" for n in numbers],
        "genres": [_quoted(cell) for cell in _cells(network, item.parent, genres)]
        if genres
        else ["(no genres listed)"] * len(items),
    }
    return [*files, write_lines(folder / "movies.csv", movies, ",")]


def _cells(network: Network, table: str, column: str) -> list[str]:
    return texts(network.column(table, column))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell


def _from_one(said: list[str | None], keys: list[str]) -> list[str]:
    """Numbers of keys, from 1 on; a missing one is empty."""
    place = {key: str(number + 1) for number, key in enumerate(keys)}
    return [place.get(key, "") if key is not None else "" for key in said]
