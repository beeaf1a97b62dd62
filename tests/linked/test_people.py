"""Whose the rows of linked tables are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthgen import Synthesizer
from synthgen.config import RunConfig
from synthgen.linked.detecting import detect_links
from synthgen.linked.people import way_up, whose_rows
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference, TableSchema
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from tests.networks import network


def linked(*references: tuple[str, str, str], keep: tuple[str, ...] = ()) -> tuple[Plan, LinkedSchema]:
    """Tables of references: child, its column, parent."""
    found = [Reference(table=c, columns=(k,), parent=p, parent_columns=("id",)) for c, k, p in references]
    names = dict.fromkeys(name for child, _, parent in references for name in (child, parent))
    tables = {name: TableSchema(key=["id"], keep=name in keep, columns=Schema(columns=[])) for name in names}
    schema = LinkedSchema(tables=tables, references=found)
    return Plan.of(schema, {}), schema


def ways(name: str, plan: Plan, schema: LinkedSchema) -> list[str]:
    return [reference.text for reference in way_up(name, plan, schema)]


def test_a_row_is_its_topmost_owners_who_are_people():
    chain = linked(("comments", "post", "posts"), ("posts", "user", "users"), ("users", "city", "cities"))
    assert ways("comments", *chain) == ["comments.post -> posts.id", "posts.user -> users.id"]
    assert ways("posts", *chain) == ["posts.user -> users.id"]


def test_where_nobody_is_named_like_people_the_topmost_owner_counts():
    chain = linked(("visits", "home", "homes"), ("homes", "street", "streets"))
    assert ways("visits", *chain) == ["visits.home -> homes.id", "homes.street -> streets.id"]


def test_a_public_catalogue_owns_nobody():
    assert not ways("sales", *linked(("sales", "shop", "shops"), keep=("shops",)))


def test_ties_are_those_of_their_first_end():
    schema = detect_links({n: Table.from_any(f, n) for n, f in network().items()}, RunConfig())
    assert ways("follows", Plan.of(schema, {}), schema) == ["follows.follower -> users.id"]


def test_rows_that_lead_to_nobody_are_nobody_elses():
    plan, schema = linked(("comments", "post", "posts"), ("posts", "user", "users"))
    rows = {"comments": np.array([2, 0, -1, 1, 2]), "posts": np.array([5, -1, 5])}
    found = whose_rows(way_up("comments", plan, schema), lambda r: rows[r.table], 5)
    assert found[0] == found[1] == found[4] == 5
    assert len({found[2], found[3], 5}) == 3


def test_one_person_with_many_rows_brings_no_label_into_linked_tables():
    """In a table that users own, a label that a single user wrote in 60 rows is made of nobody."""
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"user_id": np.arange(60), "plan": rng.choice(["free", "pro"], 60)})
    posts = pd.DataFrame({"user_id": np.repeat(np.arange(60), 6), "topic": rng.choice(["war", "love"], 360)})
    secret = pd.DataFrame({"user_id": np.full(60, 7), "topic": "canary"})
    posts = pd.concat([posts, secret], ignore_index=True)
    model = Synthesizer(random_state=0, training={"max_steps": 60, "width": 16, "blocks": 1})
    model.fit({"users": users, "posts": posts})
    assert set(model.sample(random_state=1)["posts"].topic) <= {"war", "love"}
    text = str(model.linked_.state()[0])
    assert "canary" not in text
    assert "whose row" not in " ".join(model.sample(random_state=1)["posts"].columns)
