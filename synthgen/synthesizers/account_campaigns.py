"""Campaigns in a single table of accounts where a column says who is fake: found by times and handles, and made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from synthgen.campaigns import Accounts, AskedCampaigns, Kind, find_campaigns, kinds_of
from synthgen.campaigns.roles import CREATED, created_of, handle_of, is_fake, label_of
from synthgen.linked.calendar import Calendar
from synthgen.rows.known import Known
from synthgen.synthesizers.farmed_users import FarmedUsers, UserColumns
from synthgen.table.schema import Schema
from synthgen.table.table import Table


def found_kinds(table: Table, schema: Schema, min_holders: int) -> list[Kind]:
    """Kinds of campaign among the rows; none where no column says who is fake, or since when an account exists.

    Args:
        table: the rows.
        schema: what the columns mean.
        min_holders: accounts of a kind.
    """
    label, created, handle = label_of(schema), created_of(schema), handle_of(schema)
    if label is None or created is None or not CREATED.search(created.name):
        return []
    fake_N = np.array([is_fake(value) for value in table.column(label).to_pylist()], bool)
    if not fake_N.any():
        return []
    second_N, there_N = Calendar.fit(table.column(created.name), created.options).seconds(table.column(created.name))
    handles = None if handle is None else table.column(handle).cast(pa.string()).to_pylist()
    accounts = Accounts(len(table), np.where(there_N, second_N, np.nan), handles)
    return kinds_of(accounts, find_campaigns(accounts), fake_N, min_holders)[0]


def said_of(kinds: Sequence[Kind]) -> str:
    """What is said of campaigns that were found.

    Example:
        >>> said_of([Kind(campaigns=2, accounts=1_400), Kind(campaigns=1, accounts=7)])
        '3 campaigns of fake accounts that act together were found, 1,407 accounts in all'
    """
    many, accounts = sum(kind.campaigns for kind in kinds), sum(kind.accounts for kind in kinds)
    return f"{many:,} campaigns of fake accounts that act together were found, {accounts:,} accounts in all"


def farmed_rows(
    chunks: Callable[..., Iterator[pa.Table]],
    known: Known,
    kinds: Sequence[Kind],
    n: int,
    asked: AskedCampaigns,
    seed: int,
) -> tuple[pa.Table, pa.Table]:
    """Rows of a single table of accounts with campaigns among them, and which row is in which.

    Args:
        chunks: draws so many rows, ``random_state=`` a seed.
        known: the model, which completes rows.
        kinds: of campaigns; may be empty.
        n: rows.
        asked: how many campaigns.
        seed: of every draw.

    Raises:
        ConfigError: they cannot be made.
    """

    def draw(rows: int, own: int) -> pa.Table:
        return pa.concat_tables(chunks(rows, random_state=own))

    columns = UserColumns("the table", label_of(known.schema), created_of(known.schema), handle_of(known.schema))
    people = FarmedUsers(draw, known, columns, kinds, asked, seed)
    table = people.make(n)
    assert columns.label is not None
    said, true = people.labels(table.column(columns.label).combine_chunks())
    place = table.column_names.index(columns.label)
    table = table.set_column(place, columns.label, said.cast(table.schema.field(place).type))
    row = pa.array(np.arange(1, n + 1))
    return table, pa.table({"row": row, "campaign": people.numbers_of(n), "true_label": true})
