"""Made linked tables judged: sections of the report, references and keys, recommenders taught by made people."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from methods.linked_tables import read_side
from synthgen.config import RunConfig
from synthgen.interactions import Interactions, read_interactions
from synthgen.judging import SECTIONS, Sides
from synthgen.linked.keys import key_texts, parent_rows
from synthgen.linked.network import Network
from synthgen.linked.schema import LinkedSchema
from synthgen.metrics.recommendation import Task, Trial, agreement, run_trials

FEWEST_RATINGS, KNOWN = 5, 0.8
"""Ratings of a film that is recommended; of a held-out person's ratings, the part that recommenders are given."""


def judged(folder: Path, made: Path, seed: int, sections: Sequence[str]) -> dict[str, Any]:
    """Figures of one system on one set of tables.

    Args:
        folder: of ``prepare``.
        made: of the made tables.
        seed: of every draw.
        sections: of the report, by name: their figures of fidelity and utility are taken.

    Returns:
        JSON types: figures, rows of each table, broken references and keys, and where somebody rates films what
        recommenders are worth.
    """
    schema = LinkedSchema.load(folder / "schema.json")
    tables = {side.name: read_side(side) for side in (folder / "train", folder / "held")}
    found = {name: part for name, part in read_side(made).items() if name in schema.tables}
    found |= {name: part for name, part in tables["train"].items() if schema.tables[name].keep}
    sides = {
        name: Network({one: part.arrow for one, part in parts.items()}, schema)
        for name, parts in (*tables.items(), ("made", found))
    }
    whole = frozenset(name for name in tables["train"] if schema.tables[name].keep)
    three = Sides(sides["train"], sides["held"], sides["made"], RunConfig(seed=seed), whole)
    figures = []
    for section in SECTIONS:
        if section.name in sections and (section.name == "linked" or len(found) == len(schema.tables)):
            for group, result in section.compute(three, np.random.default_rng([seed, 1])):
                if group != "privacy" and result.value is not None:
                    figures.append(figure(result.to_json()))
    counts = {name: len(part) for name, part in found.items()}
    result: dict[str, Any] = {"figures": figures, "rows": counts} | violations(sides["made"])
    if "ratings" in found:
        result |= recommended(folder, made, seed)
    return result


def figure(said: dict[str, Any]) -> dict[str, Any]:
    """What the page needs of a result."""
    return {key: said[key] for key in ("name", "title", "value", "floor", "interval", "direction")}


def violations(made: Network) -> dict[str, int]:
    """References to nothing, keys that repeat."""
    lost = doubles = 0
    for reference in made.schema.references:
        if reference.table in made.tables and (
            reference.parent in made.tables or reference.parent in made.schema.implied
        ):
            lost += int((parent_rows([made.said(reference)], [made.keys(reference.parent)]) < -1).sum())
    for name, part in made.tables.items():
        if key := made.schema.key_of(name):
            texts = key_texts([part.column(column).combine_chunks() for column in key])
            doubles += len(texts) - len(texts.unique())
    return {"lost": lost, "doubles": doubles}


def rated(folder: Path, items: Sequence[Any]) -> Interactions:
    """Who rated what; films that are not in the catalogue are left out."""
    how = {"user": "userId", "item": "movieId", "rating": "rating", "time": "timestamp"}
    return read_interactions(folder / "ratings.csv", **how, items=np.array(items), unknown="drop").interactions


@cache
def taught_by_real(folder: Path, seed: int) -> tuple[Task, tuple[int, ...], tuple[Trial, ...]]:
    """Held-out people to recommend to, the films, and recommenders taught by those that systems learned from."""
    films = pd.read_csv(folder / "all/ratings.csv")["movieId"].value_counts()
    items = tuple(sorted(films[films >= FEWEST_RATINGS].index))
    histories, held = rated(folder / "held", items).split(KNOWN, np.random.default_rng([seed, 2]))
    task = Task(histories, held)
    return task, items, run_trials(rated(folder / "train", items), task, seed)


def recommended(folder: Path, made: Path, seed: int) -> dict[str, Any]:
    """Recommenders taught by made people and by real ones, tested on held-out ones."""
    task, items, real = taught_by_real(folder, seed)
    trials = run_trials(rated(made, items), task, seed)
    tried = [(one, other) for one, other in zip(real, trials, strict=True) if not one.reason and not other.reason]
    best, same = max(tried, key=lambda pair: pair[0].ndcg)
    ranked = agreement(real, trials, np.random.default_rng([seed, 3]))
    return {
        "recommender": {
            "best": best.title,
            "ndcg": same.ndcg,
            "real": best.ndcg,
            "tau": None if ranked is None else ranked.tau,
            "tau_floor": None if ranked is None else ranked.floor,
        }
    }
