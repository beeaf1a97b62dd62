"""A small network whose laws are known: users, what they post and answer, whom they follow, what they rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.linked.schema import LinkedSchema
from synthgen.table.table import Table

PEOPLE, FILMS = 300, 40
ODD = "Xanadu-of-one"


def real_tables(seed: int = 0) -> dict[str, Table]:
    """Users, what they post and answer, whom they follow, what they rate; the last user has and is named most."""
    rng = np.random.default_rng(seed)
    joined = np.sort(rng.integers(0, 200, PEOPLE)) * 86_400 + 1_600_000_000
    users = {
        "user_id": [f"u{n:05d}x" for n in range(PEOPLE)],
        "plan": rng.choice(["free", "paid"], PEOPLE, p=[0.7, 0.3]).tolist(),
        "joined": _moments(joined),
        "motto": [ODD if n == 7 else "none" for n in range(PEOPLE)],
        "followers": [0] * PEOPLE,
    }
    many = rng.poisson(4, PEOPLE)
    many[-1] = 60
    owner = np.repeat(np.arange(PEOPLE), many)
    when = joined[owner] + rng.exponential(20 * 86_400, len(owner)).astype(int)
    answers = np.where(rng.random(len(owner)) < 0.3, rng.integers(0, len(owner), len(owner)), -1)
    posts = {
        "post_id": np.arange(len(owner)) + 1_000_000,
        "user": [users["user_id"][n] for n in owner],
        "at": _moments(when),
        "likes": rng.poisson(3, len(owner)),
        "reply_to": pa.array(answers + 1_000_000, mask=answers < 0),
    }
    pairs = sorted({(int(a), int(b)) for a, b in rng.integers(0, PEOPLE, (1_500, 2)) if a != b and a < PEOPLE - 1})
    pairs += [(n, PEOPLE - 1) for n in range(0, 250) if (n, PEOPLE - 1) not in set(pairs)]
    pairs = sorted(pairs) + [(PEOPLE - 1, n) for n in range(60)]
    follows = {
        "follower": [users["user_id"][a] for a, _ in pairs],
        "followed": [users["user_id"][b] for _, b in pairs],
    }
    taken = sorted(
        {
            (int(a), int(min(b, FILMS - 1)))
            for a, b in zip(rng.integers(0, PEOPLE - 1, 2_500), rng.exponential(8, 2_500).astype(int), strict=True)
        }
    )
    taken += [(PEOPLE - 1, n) for n in range(FILMS)]
    ratings = {
        "user": [users["user_id"][a] for a, _ in taken],
        "film": [b for _, b in taken],
        "stars": rng.choice([1, 2, 3, 4, 5], len(taken), p=[0.05, 0.1, 0.2, 0.4, 0.25]),
    }
    films = {"film": np.arange(FILMS), "kind": [["drama", "comedy", "war"][n % 3] for n in range(FILMS)]}
    named = {"users": users, "posts": posts, "follows": follows, "ratings": ratings, "films": films}
    return {name: Table.from_any(pa.table(columns), name) for name, columns in named.items()}


def _moments(seconds: np.ndarray) -> list[str]:
    return [str(one).replace("T", " ") for one in seconds.astype("datetime64[s]")]


def links(**changes: Any) -> LinkedSchema:
    def columns(**types: str) -> dict[str, Any]:
        options = {"datetime": {"format": "%Y-%m-%d %H:%M:%S"}}
        return {"columns": [{"name": n, "type": t, "options": options.get(t, {})} for n, t in types.items()]}

    def reference(table: str, column: str, parent: str, key: str) -> dict[str, Any]:
        return {"table": table, "columns": [column], "parent": parent, "parent_columns": [key]}

    tables = {
        "users": {
            "key": ["user_id"],
            "columns": columns(
                user_id="identifier", plan="categorical", joined="datetime", motto="categorical", followers="numeric"
            ),
            "counts": {"followers": {"of": "follows.followed"}},
        },
        "posts": {
            "key": ["post_id"],
            "time": "at",
            "columns": columns(
                post_id="identifier", user="categorical", at="datetime", likes="numeric", reply_to="categorical"
            ),
        },
        "follows": {
            "key": ["follower", "followed"],
            "columns": columns(follower="categorical", followed="categorical"),
        },
        "ratings": {
            "key": ["user", "film"],
            "columns": columns(user="categorical", film="categorical", stars="numeric"),
        },
        "films": {"key": ["film"], "keep": True, "columns": columns(film="identifier", kind="categorical")},
    }
    for name, change in changes.items():
        tables[name] |= change
    references = [
        reference("posts", "user", "users", "user_id"),
        reference("posts", "reply_to", "posts", "post_id"),
        reference("follows", "follower", "users", "user_id"),
        reference("follows", "followed", "users", "user_id"),
        reference("ratings", "user", "users", "user_id"),
        reference("ratings", "film", "films", "film"),
    ]
    return LinkedSchema.from_json({"tables": tables, "references": references})


def games(seed: int = 0) -> dict[str, Table]:
    """Matches of players without a table on servers without one, and what happened in each match."""
    rng = np.random.default_rng(seed)
    many = np.r_[1 + rng.poisson(2, PEOPLE - 1), 30]
    player = np.repeat(np.arange(PEOPLE), many)
    server = np.where(
        rng.random(len(player)) < 0.9, rng.integers(0, 4, len(player)), 4 + rng.integers(0, 900, len(player))
    )
    began = 1_600_000_000 + rng.integers(0, 90 * 86_400, len(player))
    matches = {
        "match": np.arange(len(player)) + 7_000,
        "player": [f"name {n}" for n in player],
        "server": [f"server-{n}" for n in server],
        "began": pa.array(began).cast(pa.timestamp("s")),
        "won": rng.random(len(player)) < 0.4,
    }
    match = np.repeat(np.arange(len(player)), rng.poisson(1.5, len(player)))
    shots = {
        "match": match + 7_000,
        "at": pa.array(began[match] + rng.integers(1, 900, len(match))).cast(pa.timestamp("s")),
        "weapon": rng.choice(["bow", "sword"], len(match)),
        "in": pa.array(rng.integers(0, len(player), len(match)) + 7_000, mask=rng.random(len(match)) < 0.5),
    }
    return {
        name: Table.from_any(pa.table(columns), name) for name, columns in {"matches": matches, "shots": shots}.items()
    }


def game_links() -> LinkedSchema:
    """Who plays what."""
    types = {
        "matches": {
            "match": "identifier",
            "player": "categorical",
            "server": "categorical",
            "began": "datetime",
            "won": "boolean",
        },
        "shots": {"match": "categorical", "at": "datetime", "weapon": "categorical", "in": "categorical"},
    }
    tables = {
        name: {
            "time": "began" if name == "matches" else "at",
            "columns": {"columns": [{"name": c, "type": t} for c, t in of.items()]},
        }
        for name, of in types.items()
    }
    references = [
        {"table": "matches", "columns": ["player"], "parent": "players", "parent_columns": ["player"]},
        {"table": "matches", "columns": ["server"], "parent": "servers", "parent_columns": ["server"]},
        {"table": "shots", "columns": ["match"], "parent": "matches", "parent_columns": ["match"], "owner": True},
        {"table": "shots", "columns": ["in"], "parent": "matches", "parent_columns": ["match"]},
    ]
    return LinkedSchema.from_json(
        {"tables": tables | {"matches": tables["matches"] | {"key": ["match"]}}, "references": references}
    )
