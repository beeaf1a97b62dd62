"""Fake accounts: what detectors that learned from made people are worth on real ones.

Letters: N users.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from synthgen.campaigns import Accounts, find_campaigns
from synthgen.campaigns.laws import FAKE
from synthgen.campaigns.roles import is_fake
from synthgen.graphs import Graph
from synthgen.judging.base import Sides
from synthgen.linked.network import Network, texts
from synthgen.linked.plan import Plan
from synthgen.metrics.accounts import AccountView, Trial, judge_accounts, shortcut, unseen_campaigns
from synthgen.metrics.base import Group, Result
from synthgen.synthesizers.farmed_users import UserColumns
from synthgen.synthesizers.linked_campaigns import Campaigns, users_of

TESTED = 0.3
"""Of users none of whom was held out, those whose labels no detector sees."""


class AccountsSection:
    """Detectors of fake accounts by profile and ties, campaigns that are new to them, and shortcuts."""

    name = "accounts"
    title = "Fake accounts"

    def compute(self, sides: Sides, rng: np.random.Generator) -> list[tuple[Group, Result]]:
        users = users_of(Plan.of(sides.train.schema, {}), sides.train.schema)
        if users is None or not all(users in one.tables for one in (sides.train, sides.held, sides.made)):
            return []
        columns = Campaigns(users, None).columns(sides.train.schema)
        if columns.label is None:
            return []
        real, made = view_of(_together(sides, users), users, columns), view_of(sides.made, users, columns)
        whole = users in sides.whole
        tested_N = np.arange(len(real)) >= len(sides.train.tables[users])
        if whole:
            tested_N = rng.random(len(real)) < TESTED
        trial = Trial(real, ~tested_N, tested_N, made, unseen=not whole)
        if not real.fake_N.any():
            return []
        found: list[tuple[Group, Result]] = [("utility", one) for one in judge_accounts(trial, rng)]
        found.append(("utility", unseen_campaigns(trial, campaigns_of(real), rng)))
        return [*found, ("fidelity", shortcut(trial, rng))]


def view_of(network: Network, users: str, columns: UserColumns) -> AccountView:
    """Users as detectors see them.

    Args:
        network: the tables.
        users: the table of users.
        columns: what its columns are for.
    """
    assert columns.label is not None
    used = {columns.label, columns.handle, None if columns.created is None else columns.created.name}
    own = [c for c in network.own(users) if c.name not in used and c.name in network.tables[users].column_names]
    graph = None
    if any(ends[0].parent == users for ends in network.plan.edges.values()):
        graph = _graph(network, len(network.tables[users]))
    return AccountView(
        np.array([is_fake(value) for value in network.column(users, columns.label).to_pylist()], bool),
        {c.name: network.numbers(users, c.name) for c in own if c.type == "numeric"},
        {
            c.name: np.array(texts(network.column(users, c.name)))
            for c in own
            if c.type in ("boolean", "categorical", "constant")
        },
        None if columns.created is None else network.numbers(users, columns.created.name),
        None if columns.handle is None else network.column(users, columns.handle).cast(pa.string()).to_pylist(),
        graph,
    )


def campaigns_of(real: AccountView) -> np.ndarray:
    """``(N,)`` number of the campaign of fakes that each account is in, -1 for none: found by profiles and ties."""
    accounts = Accounts(len(real), real.created_N, real.handles)
    if real.graph is not None:
        graph = real.graph
        accounts = replace(accounts, from_M=graph.from_M, to_M=graph.to_M, directed=graph.directed)
    campaign_N = find_campaigns(accounts).campaign_N
    for number in range(int(campaign_N.max(initial=-1)) + 1):
        if real.fake_N[campaign_N == number].mean() < FAKE:
            campaign_N[campaign_N == number] = -1
    return campaign_N


def _together(sides: Sides, users: str) -> Network:
    """All real people: those learned from first, then those held out, with the ties between them."""
    ties = [name for name, ends in sides.train.plan.edges.items() if ends[0].parent == users]
    tables = {}
    for name in (users, *ties):
        parts = [sides.train.tables[name]]
        if name not in sides.whole:
            parts.append(sides.held.tables[name].select(parts[0].column_names).cast(parts[0].schema))
        tables[name] = pa.concat_tables(parts)
    return Network(tables, sides.train.schema)


def _graph(network: Network, n: int) -> Graph:
    from_M, to_M = network.ends
    loose = from_M != to_M
    from_M, to_M = from_M[loose], to_M[loose]
    directed = bool(np.isin(to_M * n + from_M, from_M * n + to_M).any())
    if not directed:
        from_M, to_M = np.minimum(from_M, to_M), np.maximum(from_M, to_M)
    keys = np.unique(from_M * n + to_M)
    return Graph.of(n, keys // n, keys % n, directed)
