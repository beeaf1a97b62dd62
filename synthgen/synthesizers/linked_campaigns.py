"""Campaigns in linked tables: found among the users, and a hidden column of theirs.

Letters: N rows, M ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.campaigns import Accounts, Kind, find_campaigns, kinds_of
from synthgen.campaigns.roles import created_of, handle_of, is_fake, label_of
from synthgen.linked.calendar import Calendar
from synthgen.linked.frames import Frame
from synthgen.linked.plan import PEOPLE, Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.seeding import numpy_stream
from synthgen.synthesizers.farmed_users import NONE, UserColumns
from synthgen.table.table import Table


@dataclass(frozen=True)
class Campaigns:
    """What a model of linked tables keeps of campaigns.

    Attributes:
        users: the table whose rows are in campaigns.
        posts: the table of what they post; None: there is none.
        kinds: those that were found; may be empty.
    """

    users: str
    posts: str | None
    kinds: list[Kind] = field(default_factory=list)

    @property
    def helper(self) -> str:
        """The hidden column of the user table."""
        return f"{self.users}: kind of campaign"

    def columns(self, schema: LinkedSchema) -> UserColumns:
        """What the columns of the user table are for."""
        key, own = schema.key_of(self.users), schema.tables[self.users].columns
        linked = {c for r in schema.of(self.users) for c in r.columns} | set(key)
        free = own.model_copy(update={"columns": [c for c in own.columns if c.name not in linked and c.type != "drop"]})
        kind = self.helper if self.kinds else None
        return UserColumns(self.users, label_of(free), created_of(free), handle_of(free), kind)

    def began(self, schema: LinkedSchema) -> tuple[str, str] | None:
        """The table and the column of the times at which accounts were made; None: no campaign was found by them."""
        created = self.columns(schema).created
        return None if created is None or not self.kinds else (self.users, created.name)

    def state(self) -> dict[str, Any]:
        """In JSON types."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The same again."""
        return cls(state["users"], state["posts"], [Kind.from_state(kind) for kind in state["kinds"]])


def users_of(plan: Plan, schema: LinkedSchema) -> str | None:
    """The table of users: that of the ties, else an owner whose name says so; None: no table that is drawn is one."""
    tied = [ends[0].parent for ends in plan.edges.values()]
    owners = [reference.parent for reference in plan.owner.values()]
    named = [name for name in (*owners, *schema.tables) if PEOPLE.search(name)]
    free = [name for name in (*tied, *named) if name in schema.tables and not schema.tables[name].keep]
    return next((name for name in free if name not in plan.owner and name not in plan.edges), None)


def learned_campaigns(
    tables: Mapping[str, Table],
    rows: Mapping[Reference, np.ndarray],
    plan: Plan,
    schema: LinkedSchema,
    min_holders: int,
) -> tuple[Campaigns | None, np.ndarray, np.ndarray]:
    """Look for campaigns among the users.

    Args:
        tables: by name.
        rows: the row that each reference leads to.
        plan: who owns whom.
        schema: what links the tables.
        min_holders: accounts of a kind.

    Returns:
        What is kept, None where there are no users; ``(N,)`` the kind of each user, -1 for none; ``(N,)`` the campaign.
    """
    users = users_of(plan, schema)
    if users is None:
        return None, np.zeros(0, np.int64), np.zeros(0, np.int64)
    found = Campaigns(users, _posts_of(users, plan, schema, tables))
    columns, table = found.columns(schema), tables[users]
    accounts = _accounts(found, columns, tables, rows, plan, schema)
    fake_N = None
    if columns.label is not None:
        fake_N = np.array([is_fake(value) for value in table.column(columns.label).to_pylist()], bool)
    campaigns = find_campaigns(accounts)
    kinds, kind_N = kinds_of(accounts, campaigns, fake_N, min_holders)
    campaign_N = np.where(kind_N >= 0, campaigns.campaign_N, -1)
    return Campaigns(users, found.posts, kinds), kind_N, campaign_N


def add_kind(frame: Frame, campaigns: Campaigns, kind_N: np.ndarray) -> None:
    """The hidden column of the user table; none where no campaign was found."""
    if campaigns.kinds:
        names = pa.array([f"k{n}" for n in range(len(campaigns.kinds))] + [NONE])
        frame.add(campaigns.helper, "categorical", names.take(pa.array(np.where(kind_N < 0, len(names) - 1, kind_N))))


def without_bursts(values: pa.Array, campaign_N: np.ndarray, seed: int) -> pa.Array:
    """Creation times, those of members of campaigns replaced by others': what is learned knows no real burst."""
    others = np.flatnonzero(campaign_N < 0)
    place_N = np.arange(len(values))
    members = np.flatnonzero(campaign_N >= 0)
    place_N[members] = numpy_stream(seed, "bursts").choice(others, len(members)) if len(others) else members
    return values.take(pa.array(place_N))


def without_campaigns(from_M: np.ndarray, to_M: np.ndarray, campaign_N: np.ndarray) -> np.ndarray:
    """``(M,)`` whether a tie is not one within a campaign: those are made by the campaign's own law."""
    one, other = campaign_N[np.maximum(from_M, 0)], campaign_N[np.maximum(to_M, 0)]
    return np.asarray((one < 0) | (one != other))


def _posts_of(users: str, plan: Plan, schema: LinkedSchema, tables: Mapping[str, Table]) -> str | None:
    """Of the tables that users own, follow a time and choose nothing: the largest with a text, else the largest."""
    owned = [name for name, owner in plan.owner.items() if owner.parent == users and name in tables]
    timed = [name for name in owned if schema.tables[name].time and not plan.chosen.get(name)]
    texts = [name for name in timed if any(c.type == "text" for c in schema.tables[name].columns.columns)]
    return max(texts or timed, key=lambda name: len(tables[name]), default=None)


def _accounts(
    campaigns: Campaigns,
    columns: UserColumns,
    tables: Mapping[str, Table],
    rows: Mapping[Reference, np.ndarray],
    plan: Plan,
    schema: LinkedSchema,
) -> Accounts:
    users = tables[campaigns.users]
    facts: dict[str, Any] = {}
    if columns.created is not None:
        facts["created_N"] = _seconds(users.column(columns.created.name), columns.created.options)
    if columns.handle is not None:
        facts["handles"] = users.column(columns.handle).cast(pa.string()).to_pylist()
    ends = [ends for ends in plan.edges.values() if ends[0].parent == campaigns.users]
    if ends:
        from_M, to_M = rows[ends[0][0]], rows[ends[0][1]]
        good = (from_M >= 0) & (to_M >= 0) & (from_M != to_M)
        from_M, to_M = from_M[good], to_M[good]
        pair = from_M * len(users) + to_M
        facts |= {"from_M": from_M, "to_M": to_M, "directed": bool(np.isin(to_M * len(users) + from_M, pair).any())}
    if campaigns.posts is not None:
        table, own = tables[campaigns.posts], schema.tables[campaigns.posts]
        assert own.time is not None
        author_P = rows[plan.owner[campaigns.posts]]
        second_P = _seconds(table.column(own.time), own.columns.column(own.time).options)
        there = np.flatnonzero((author_P >= 0) & ~np.isnan(second_P))
        facts |= {"author_P": author_P[there], "second_P": second_P[there].astype(np.int64)}
        text = next((c.name for c in own.columns.columns if c.type == "text"), None)
        if text is not None:
            facts["texts"] = table.column(text).cast(pa.string()).take(pa.array(there)).to_pylist()
    return Accounts(len(users), **facts)


def _seconds(values: pa.Array, options: dict[str, Any]) -> np.ndarray:
    second_N, there_N = Calendar.fit(values, options).seconds(values)
    return np.where(there_N, second_N, np.nan)
