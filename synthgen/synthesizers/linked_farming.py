"""Campaigns while linked tables are made: users, ties and posts in step, labels, and the truth about them.

Letters: N rows, M ties, A members of campaigns, J posts in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa

from synthgen.campaigns import AskedCampaigns, Kind
from synthgen.errors import ConfigError
from synthgen.linked.schema import LinkedSchema
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.farmed_users import FarmedUsers, no_label
from synthgen.synthesizers.linked_campaigns import Campaigns
from synthgen.synthesizers.synthesizer import Synthesizer

TRUTH = "campaigns"
"""The table that says what is true of users when campaigns are asked for."""
WEEK = 604_800


class Rows(Protocol):
    """A table so far, see ``synthgen.synthesizers.linked_growing``."""

    rows: int
    columns: dict[str, pa.Array]
    owner_N: np.ndarray
    second_N: np.ndarray | None
    same_N: np.ndarray | None


class Farming:
    """Campaigns while tables are made.

    Args:
        campaigns: what is kept of them; None: nothing is.
        schema: what links the tables.
        asked: how many; None: as many as the users' hidden column says.
        seed: of every draw.
    """

    def __init__(
        self, campaigns: Campaigns | None, schema: LinkedSchema, asked: AskedCampaigns | None, seed: int
    ) -> None:
        if asked is not None and campaigns is None:
            raise ConfigError(
                "campaigns: no table of users is made by this model; campaigns are made of its rows. Leave --campaigns "
                "out, or fit tables of which one holds users"
            )
        if asked is not None and TRUTH in schema.tables:
            raise ConfigError(
                f"campaigns: a table is called {TRUTH!r} already, and so is the one that says which account is in "
                "which campaign. Rename yours and fit again"
            )
        self.campaigns, self.schema, self.asked, self.seed = campaigns, schema, asked, seed
        self.on = campaigns is not None and (asked is not None or bool(campaigns.kinds))
        self.people: FarmedUsers | None = None

    def makes(self, name: str) -> bool:
        """Whether a table's rows are made here."""
        return self.on and self.campaigns is not None and name == self.campaigns.users

    def users(self, model: Synthesizer | None, n: int) -> pa.Table | None:
        """The user table; None: there is nothing that a campaign could be told by.

        Args:
            model: of its rows; None: they have no column of their own.
            n: rows.

        Raises:
            ConfigError: campaigns are asked for and cannot be made.
        """
        assert self.campaigns is not None
        if model is None and self.asked is None:
            return None
        if model is None:
            raise ConfigError(no_label(self.campaigns.users))

        def draw(rows: int, seed: int) -> pa.Table:
            return pa.concat_tables(model.sample_chunks(rows, random_state=seed))

        known = model.known("campaigns")
        columns = self.campaigns.columns(self.schema)
        own_seed = derived_seed(self.seed, "campaigns")
        self.people = FarmedUsers(draw, known, columns, self.campaigns.kinds, self.asked, own_seed)
        return self.people.make(n)

    def tied(
        self, name: str, from_M: np.ndarray, to_M: np.ndarray, n: int, directed: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ties among the rows of one table, with those of campaigns."""
        if not self.makes(name) or self.people is None or self.people.planted is None:
            return from_M, to_M
        planted, row_A = self.people.planted, self.people.member_A
        one, other = row_A[planted.from_P], row_A[planted.to_P]
        if not directed:
            one, other = np.minimum(one, other), np.maximum(one, other)
        keys = np.unique(np.r_[from_M * n + to_M, one * n + other])
        return keys // max(n, 1), keys % max(n, 1)

    def posted(self, name: str, posts: Rows, last: int) -> None:
        """Posts in step, in place of posts that accounts have, or beside them.

        Accounts that were drawn as fakes have as many posts as the real ones, events included, so some of theirs are
        moved; others get more. All posts of an event have the same columns.

        Args:
            name: of the table.
            posts: it.
            last: no post is later.
        """
        people, campaigns = self.people, self.campaigns
        if people is None or people.planted is None or campaigns is None or name != campaigns.posts:
            return
        if not posts.rows or posts.second_N is None or not len(people.planted.poster_J):
            return
        planted, rng = people.planted, numpy_stream(self.seed, "events")
        row_J = people.member_A[planted.poster_J]
        at_J = self._moments(people, posts, last)
        created_J = np.full(len(row_J), -np.inf) if people.created_N is None else people.created_N[row_J]
        there = np.flatnonzero(~(created_J > at_J) & (at_J <= last))
        moved, extra = _own_posts(posts, row_J, planted.looks_A[planted.poster_J], there, rng)
        source_E = np.full(len(planted.of_E), -1)
        for j in there.tolist():
            event = planted.event_J[j]
            if source_E[event] < 0:
                source_E[event] = moved.get(j, int(rng.integers(posts.rows)))
        place_N = np.r_[np.arange(posts.rows), source_E[planted.event_J[extra]]]
        for j, row in moved.items():
            place_N[row] = source_E[planted.event_J[j]]
        posts.columns = {column: values.take(pa.array(place_N)) for column, values in posts.columns.items()}
        posts.owner_N = np.r_[posts.owner_N, row_J[extra]]
        posts.second_N = np.r_[posts.second_N, at_J[extra].astype(np.int64)]
        posts.second_N[list(moved.values())] = at_J[list(moved)].astype(np.int64)
        posts.rows += len(extra)
        posts.same_N = place_N

    def _moments(self, people: FarmedUsers, posts: Rows, last: int) -> np.ndarray:
        """``(J,)`` when each post in step is."""
        planted = people.planted
        assert planted is not None
        assert posts.second_N is not None
        first = float(posts.second_N.min())
        begin_K = np.full(int(planted.campaign_A.max(initial=0)) + 1, first)
        if people.created_N is not None:
            created_A = np.where(np.isnan(planted.burst_A), -np.inf, people.created_N[people.member_A])
            np.maximum.at(begin_K, planted.campaign_A, created_A)
        begin_E = begin_K[planted.of_E]
        begin_E = np.minimum(begin_E + WEEK, (begin_E + last) / 2)
        span_E = np.array([self._kind(people, k).event_span for k in planted.of_E])
        at_E = begin_E + planted.at_E * np.maximum(last - span_E - begin_E, 0)
        return np.asarray(at_E[planted.event_J] + planted.wait_J)

    def _kind(self, people: FarmedUsers, campaign: int) -> Kind:
        assert people.planted is not None
        return people.kinds[int(people.planted.kind_A[int(np.argmax(people.planted.campaign_A == campaign))])]

    def labelled(self, name: str, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
        """Columns of the user table as they are given out: labels as asked for."""
        if self.asked is None or not self.makes(name) or self.people is None:
            return {}
        label = self.people.columns.label
        assert label is not None
        return {label: self.people.labels(columns[label])[0]}

    def truth(self, drawn: Mapping[str, pa.Array], keys: Mapping[str, pa.Array]) -> pa.Table | None:
        """Key, number of the campaign (missing for none) and true label of each user; None: none were asked for.

        Args:
            drawn: columns of the user table as they were drawn.
            keys: its key.
        """
        if self.asked is None or self.people is None or self.people.columns.label is None:
            return None
        true = self.people.labels(drawn[self.people.columns.label])[1]
        return pa.table({**keys, "campaign": self.people.numbers_of(len(true)), "true_label": true})


def _own_posts(
    posts: Rows, row_J: np.ndarray, looks_J: np.ndarray, there: np.ndarray, rng: np.random.Generator
) -> tuple[dict[int, int], np.ndarray]:
    """For posts in step of accounts drawn as fakes a post of theirs to move, none twice; and those without one."""
    wanted = set(row_J[there][looks_J[there]].tolist())
    mine: dict[int, list[int]] = {row: [] for row in wanted}
    for place in rng.permutation(np.flatnonzero(np.isin(posts.owner_N, list(wanted)))).tolist():
        mine[int(posts.owner_N[place])].append(place)
    moved: dict[int, int] = {}
    for j in there.tolist():
        if looks_J[j] and mine[int(row_J[j])]:
            moved[j] = mine[int(row_J[j])].pop()
    return moved, np.array([j for j in there.tolist() if j not in moved], np.int64)
