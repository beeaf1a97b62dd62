"""Linked tables that systems are compared on: read, cut to the columns that are judged, people held out.

Free texts, lists and places are left out for every system: they have pages of their own, and peers have no model of
them. Times are text of one form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from harness.execute import write_json

from synthgen.config import RunConfig
from synthgen.linked.detecting import detect_links
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema
from synthgen.linked.splitting import split_people
from synthgen.seeding import numpy_stream
from synthgen.table.files import read_table
from synthgen.table.table import Table
from synthgen.world.making import make_world

FORM = "%Y-%m-%d %H:%M:%S"
HELD = 0.3
"""Of the people: so many that a detector has a hundred rows of each kind and more."""
WORLD_USERS = 1_000
KINDS = {"datetime": "time", "numeric": "number", "categorical": "label", "boolean": "label"}


@dataclass(frozen=True)
class LinkedSpec:
    """One set of tables.

    Attributes:
        name: of its folder.
        title: for people.
        read: data folder, folder to write in if it must, to frames.
        keep: public catalogues.
        people: the table of people, with or without a file.
        key: of people.
        ties: tables of ties between people, which the graph's rows judge.
    """

    name: str
    title: str
    read: Callable[[Path, Path], dict[str, pd.DataFrame]]
    people: str
    key: str
    keep: tuple[str, ...] = ()
    ties: tuple[str, ...] = field(default=())


def movielens(data: Path, work: Path) -> dict[str, pd.DataFrame]:
    """Ratings, and the films."""
    ratings = pd.read_csv(data / "movielens_small/ratings.csv")
    ratings["timestamp"] = pd.to_datetime(ratings["timestamp"], unit="s").dt.strftime(FORM)
    return {"ratings": ratings, "movies": pd.read_csv(data / "movielens_small/movies.csv")}


def tweets(data: Path, work: Path) -> dict[str, pd.DataFrame]:
    """Tweets to airlines; their users have no table."""
    frame = pd.read_csv(data / "airline_tweets/tweets.csv")
    frame["tweet_created"] = pd.to_datetime(frame["tweet_created"]).dt.strftime(FORM)
    return {"tweets": frame.drop(columns=["text", "hashtags", "tweet_location", "lat", "lon"])}


def world(data: Path, work: Path) -> dict[str, pd.DataFrame]:
    """A simulated network. Counts of ties are left out: they say nothing when some people are held out."""
    make_world(work / "world", users=WORLD_USERS, seed=0)
    frames = {path.stem: pd.read_csv(path) for path in sorted((work / "world").glob("*.csv"))}
    frames["users"] = frames["users"].drop(columns=["handle", "bio", "city", "followers_count", "following_count"])
    frames["posts"] = frames["posts"].drop(columns=["reply_to", "text", "hashtags", "mentions"])
    return frames


SPECS = {
    spec.name: spec
    for spec in (
        LinkedSpec("movielens_small", "MovieLens", movielens, "users", "userId", keep=("movies",)),
        LinkedSpec("airline_tweets", "Tweets to airlines", tweets, "users", "user"),
        LinkedSpec("world", "A simulated network", world, "users", "user_id", keep=("items",), ties=("follows",)),
    )
}


def prepare(spec: LinkedSpec, data: Path, folder: Path, seed: int) -> dict[str, Any]:
    """Write ``train``, ``held``, ``schema.json`` and what workers must know, ``facts.json``.

    Returns:
        The facts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = spec.read(data, folder)
    for name, frame in frames.items():
        write(frame, folder / "all", name)
    tables = {name: read_table(folder / "all" / f"{name}.csv") for name in frames}
    schema = detect_links(tables, RunConfig())
    for name in spec.keep:
        schema.tables[name].keep = True
    to_people = {"parent": spec.people, "parent_columns": (spec.key,)}
    schema.references = [r.model_copy(update=to_people) if r.table in spec.ties else r for r in schema.references]
    schema.save(folder / "schema.json")
    train, held = split_people(tables, schema, Plan.of(schema, {}), HELD, numpy_stream(seed, "held out"))
    for side, parts in (("train", train), ("held", held)):
        for name, table in parts.items():
            write(table.arrow.to_pandas(), folder / side, name)
    found = facts(spec, schema, {name: len(table) for name, table in train.items()})
    write_json(folder / "facts.json", found)
    return found


def write(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """One CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / f"{name}.csv", index=False)


def facts(spec: LinkedSpec, schema: LinkedSchema, rows: Mapping[str, int]) -> dict[str, Any]:
    """What workers must know, in JSON types."""
    plan = Plan.of(schema, {})
    tables: dict[str, Any] = {}
    for name, own in schema.tables.items():
        linked = {column for r in schema.of(name) for column in r.columns} | set(own.key)
        kinds = {c.name: KINDS[c.type] for c in own.columns.columns if c.name not in linked and c.type in KINDS}
        tables[name] = {"key": own.key, "keep": own.keep, "rows": rows[name], "columns": kinds}
    owners = [*plan.owner.values(), *(ends[0] for ends in plan.edges.values())]
    references = [
        {
            "table": r.table,
            "column": r.columns[0],
            "parent": r.parent,
            "parent_column": r.parent_columns[0],
            "owner": r in owners,
        }
        for r in schema.references
    ]
    return {"tables": tables, "references": references, "people": spec.people, "people_key": spec.key}


def read_side(folder: Path) -> dict[str, Table]:
    """The tables of a folder."""
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.csv"))}
