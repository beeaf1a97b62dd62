"""A simulated world from start to end: settings in, a folder of tables and a folder of truth out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.config import check_settings
from synthgen.errors import DataError
from synthgen.locking import locked
from synthgen.pictures.writing import folder_beside
from synthgen.reporting.summary import Summary
from synthgen.table.writing import write_table_chunks
from synthgen.training.progress import Progress, Silent
from synthgen.world.campaigns import plan_campaigns
from synthgen.world.network import draw_follows
from synthgen.world.people import draw_people
from synthgen.world.posts import draw_posts
from synthgen.world.ratings import draw_items, draw_ratings, draw_tastes
from synthgen.world.settings import WorldSettings, check_world
from synthgen.world.tables import KEYS, follow_tables, items_table, post_tables, rating_table, users_table
from synthgen.world.truth import NOTE, PARAMETERS, write_truth

TRUTH = "truth"
_OURS = {TRUTH, *(f"{name}.csv" for name in KEYS)}


def make_world(folder: str | Path, *, progress: Progress | None = None, **settings: Any) -> Summary:
    """Simulate a small social network whose laws are known, and write its tables and its truth.

    For examples and tests; not for a product to learn from. ``examples/world.md`` has the laws.

    Args:
        folder: gets ``users.csv``, ``posts.csv``, ``follows.csv``, ``items.csv``, ``interactions.csv`` and the folder
            ``truth``; one that holds a world is replaced when the new one is complete.
        progress: is told what happens.
        settings: see ``synthgen.world.settings.WorldSettings``: ``users=2000``, ``seed=0``, ``difficulty=0.5`` ...

    Returns:
        What was made, for people.

    Raises:
        ConfigError: a setting is unknown, out of range, or does not go with another.
        DataError: the folder holds something else, or cannot be written.
        RunError: another process writes it.
    """
    progress = progress or Silent()
    chosen = check_settings(WorldSettings, settings, "make-world")
    check_world(chosen)
    target = Path(folder)
    _refuse_other_folder(target)
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{target}: cannot be made: {error.strerror}; a folder was expected. Choose another") from error
    with locked(target.absolute()), folder_beside(target) as beside:
        rows = _write_world(beside, chosen, progress)
    counts = {f"rows of {name}.csv": f"{number:,}" for name, number in rows.items()}
    counts["bots, campaigns"] = f"{chosen.bots:,}, {chosen.farms:,}"
    files = {"tables": str(target), "what is true of them": str(target / TRUTH)}
    return Summary(counts=counts, files=files, notes=[NOTE])


def _refuse_other_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file; a folder for the world was expected. Choose another")
    there = sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []
    foreign = [name for name in there if name not in _OURS or not (folder / TRUTH / PARAMETERS).is_file()]
    if foreign:
        raise DataError(
            f"{folder}: holds {foreign[0]!r}, which is not a simulated world's; nothing was overwritten. Choose "
            "another folder"
        )


def _write_world(folder: Path, settings: WorldSettings, progress: Progress) -> dict[str, int]:
    """Write every file; what is drawn stays in memory as numbers, what is text is made chunk by chunk."""
    progress.stage("simulating")
    campaigns = plan_campaigns(settings)
    people = draw_people(settings, campaigns)
    follows = draw_follows(settings, people, campaigns)
    posts = draw_posts(settings, people, follows, campaigns)
    items = draw_items(settings)
    tastes_NF = draw_tastes(settings, people)
    popularity = np.zeros(len(items), dtype=np.int64)

    def rating_tables() -> Iterator[pa.Table]:
        for ratings in draw_ratings(settings, people, items, tastes_NF, campaigns):
            np.add.at(popularity, ratings.item, 1)
            yield rating_table(ratings)

    def items_tables() -> Iterator[pa.Table]:
        yield items_table(items, popularity)  # after the ratings, which it counts

    progress.stage("writing")
    rows = {}
    for name, chunks in {
        "users": iter([users_table(people, follows, posts)]),
        "posts": post_tables(settings, people, posts, follows, campaigns),
        "follows": follow_tables(follows),
        "interactions": rating_tables(),
        "items": items_tables(),
    }.items():
        rows[name] = write_table_chunks(folder / f"{name}.csv", chunks)
    write_truth(folder / TRUTH, settings, people, follows, posts, items, tastes_NF, campaigns)
    return rows
