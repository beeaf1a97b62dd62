"""What is true of a world and not part of its tables: the folder ``truth``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.table.writing import write_table_chunks
from synthgen.world.campaigns import MARKS, Campaigns
from synthgen.world.laws import END, EVENTS, FACTORS, HANDLE_DIGITS, city_shares, community_shares, constants
from synthgen.world.lexicon import GENRES, TOPICS
from synthgen.world.network import KINDS, Follows
from synthgen.world.people import People, highest_popularity
from synthgen.world.posts import Posts
from synthgen.world.ratings import Items
from synthgen.world.rhythm import hour_shares
from synthgen.world.settings import WorldSettings
from synthgen.world.tables import KEYS, RELATIONS

NOTE = "A simulated world with known laws, to try things on; it is nobody's data, and no product should learn from it."

PARAMETERS = "parameters.json"
"""By this file a folder is known to hold a world."""


def write_truth(
    folder: Path,
    settings: WorldSettings,
    people: People,
    follows: Follows,
    posts: Posts,
    items: Items,
    tastes_NF: np.ndarray,
    campaigns: Campaigns,
) -> None:
    """Write ``users.csv``, ``items.csv``, ``follows.csv``, ``campaigns.csv``, ``campaign_posts.csv`` and JSON."""
    folder.mkdir()
    farmed = np.flatnonzero(posts.event >= 0)
    tables = {
        "users": _users(people, tastes_NF),
        "items": _items(items),
        "follows": pa.table(
            {
                "follower_id": follows.follower + 1,
                "followed_id": follows.followed + 1,
                "kind": pa.array(KINDS).take(pa.array(follows.kind)),
            }
        ),
        "campaigns": _campaigns(settings, campaigns, follows),
        "campaign_posts": pa.table(
            {
                "post_id": farmed + 1,
                "campaign": posts.event[farmed] // EVENTS + 1,
                "event": posts.event[farmed] % EVENTS + 1,
            }
        ),
    }
    for name, table in tables.items():
        write_table_chunks(folder / f"{name}.csv", [table])
    _write_json(folder / "relations.json", _relations())
    _write_json(folder / PARAMETERS, _parameters(settings, items, follows))


def _users(people: People, tastes_NF: np.ndarray) -> pa.Table:
    human = people.campaign < 0
    facts: dict[str, Any] = {
        "user_id": np.arange(len(people)) + 1,
        "community": pa.array([topic.name for topic in TOPICS]).take(pa.array(people.community)),
        "is_bot": ~human,
        "campaign": pa.array(people.campaign + 1, mask=human),
        **{mark: people.marks[mark] for mark in MARKS},
        "popularity": people.popularity,
        "active_days": (np.minimum(people.left, END) - people.created) / 86_400,
    }
    return pa.table(facts | {f"taste_{f + 1}": tastes_NF[:, f] for f in range(FACTORS)})


def _items(items: Items) -> pa.Table:
    facts: dict[str, Any] = {
        "item_id": np.arange(len(items)) + 1,
        "genre": pa.array(GENRES).take(pa.array(items.genre)),
        "weight": items.weight,
        "quality": items.quality,
    }
    return pa.table(facts | {f"factor_{f + 1}": items.factors[:, f] for f in range(FACTORS)})


def _campaigns(settings: WorldSettings, campaigns: Campaigns, follows: Follows) -> pa.Table:
    def moments(seconds: np.ndarray) -> list[str]:
        return [str(moment).replace("T", " ") for moment in seconds.astype("datetime64[s]")]

    events = [moments(row) for row in campaigns.events]
    return pa.table(
        {
            "campaign": np.arange(len(campaigns)) + 1,
            "accounts": np.full(len(campaigns), settings.campaign_size),
            "target_community": pa.array([TOPICS[c].name for c in campaigns.target.tolist()], pa.string()),
            "burst_from": pa.array(moments(campaigns.burst), pa.string()),
            "handle_template": pa.array([stem + "0" * HANDLE_DIGITS for stem in campaigns.stems], pa.string()),
            "hashtag": pa.array(campaigns.tags, pa.string()),
            "events_from": pa.array(["|".join(row) for row in events], pa.string()),
            "raid_from": pa.array(moments(campaigns.raid), pa.string()),
            "item_id": campaigns.item + 1,
            "customer_id": follows.customer + 1,
        }
    )


def _relations() -> dict[str, Any]:
    return {
        "primary_keys": KEYS,
        "relationships": [
            {
                "parent_table_name": parent,
                "parent_primary_key": parent_key,
                "child_table_name": child,
                "child_foreign_key": child_key,
            }
            for child, child_key, parent, parent_key in RELATIONS
        ],
    }


def _parameters(settings: WorldSettings, items: Items, follows: Follows) -> dict[str, Any]:
    return {
        "note": NOTE,
        "settings": settings.model_dump() | {"campaigns": settings.farms, "items": settings.catalogue},
        "laws": {
            "communities": [topic.name for topic in TOPICS[: settings.communities]],
            "community_shares": community_shares(settings.communities).tolist(),
            "city_shares": city_shares(settings.communities).tolist(),
            "hour_of_week_shares": hour_shares().tolist(),
            "highest_popularity": highest_popularity(settings),
            "follow_back_chance": follows.back_chance,
            "genre_factors": items.genre_factors.tolist(),
        },
        "constants": constants(),
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=list) + "\n", encoding="utf-8")
