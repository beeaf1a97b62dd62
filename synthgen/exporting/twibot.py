"""TwiBot-22's four files: nodes, edges, labels, split.

Source: Feng et al. 2022, TwiBot-22: Towards Graph-Based Twitter Bot Detection, arXiv:2206.04564.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from synthgen.errors import ConfigError
from synthgen.exporting.tables import write_lines
from synthgen.linked.network import Network, texts
from synthgen.replacing import written_beside
from synthgen.seeding import numpy_stream

SPLIT = ("train", "val", "test")
SHARES = (0.7, 0.9)
"""Up to where train and validation go: seven, two and one tenth, as in the paper."""
BOTS = ("true", "1", "bot", "fake", "yes", "spam")


def write_twibot(network: Network, folder: Path) -> list[Path]:
    """``node.json``, ``edge.csv`` (source_id, relation, target_id), ``label.csv`` (human or bot), ``split.csv``.

    Users are ``u`` and their key, posts and other rows that users own ``t`` and theirs. Ties are ``following``;
    ``post`` leads from users to what they own. The split is drawn with a seed of its own, the same each time.

    Raises:
        ConfigError: no column says who is a bot.
    """
    people = network.people
    label = network.label(people)
    if label is None:
        raise ConfigError(
            f"export: no column of {people!r} says who is a bot (is_bot, account_type, label ...); TwiBot-22 needs one"
        )
    users = [f"u{key}" for key in network.keys(people).to_pylist()]
    nodes: list[dict[str, Any]] = _nodes(network, people, users)
    edges: dict[str, list[str]] = {"source_id": [], "relation": [], "target_id": []}
    for name, owner in network.plan.owner.items():
        if owner.parent == people and network.schema.key_of(name) and not network.plan.chosen[name]:
            rows = [f"t{key}" for key in network.keys(name).to_pylist()]
            nodes += _nodes(network, name, rows)
            _add(edges, [f"u{key}" for key in texts(network.said(owner))], "post", rows)
    if network.plan.edges:
        start_M, end_M = network.ends
        _add(edges, [users[n] for n in start_M], "following", [users[n] for n in end_M])
    said = ["bot" if text.strip().lower() in BOTS else "human" for text in texts(network.column(people, label))]
    place_N = numpy_stream(0, "TwiBot-22 split").random(len(users))
    parts = [SPLIT[int(np.searchsorted(SHARES, place, side="right"))] for place in place_N]
    path = folder / "node.json"
    with written_beside(path) as beside:
        beside.write_text(json.dumps(nodes, ensure_ascii=False), encoding="utf-8")
    return [
        path,
        write_lines(folder / "edge.csv", edges, ","),
        write_lines(folder / "label.csv", {"id": users, "label": said}, ","),
        write_lines(folder / "split.csv", {"id": users, "split": parts}, ","),
    ]


def _nodes(network: Network, table: str, names: list[str]) -> list[dict[str, Any]]:
    if table not in network.tables:
        return [{"id": name} for name in names]
    label = network.label(table)
    columns = {c.name: network.column(table, c.name).to_pylist() for c in network.own(table) if c.name != label}
    return [
        {"id": name, **{column: cells[row] for column, cells in columns.items() if cells[row] is not None}}
        for row, name in enumerate(names)
    ]


def _add(edges: dict[str, list[str]], start: list[str], relation: str, end: list[str]) -> None:
    edges["source_id"] += start
    edges["relation"] += [relation] * len(start)
    edges["target_id"] += end
