from __future__ import annotations

from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference, TableSchema
from synthgen.table.schema import ColumnSchema, Schema


def reference(text: str, owner: bool = False) -> Reference:
    """``posts.user_id -> users.id``."""
    child, parent = (part.split(".") for part in text.split(" -> "))
    return Reference(table=child[0], columns=(child[1],), parent=parent[0], parent_columns=(parent[1],), owner=owner)


def schema_of(tables: dict[str, str], *references: Reference, keep: tuple[str, ...] = ()) -> LinkedSchema:
    """Tables and their keys, ``""`` for none."""
    found = {}
    for name, key in tables.items():
        columns = {*([key] if key else []), *(c for r in references if r.table == name for c in r.columns)}
        lines = [ColumnSchema(name=column, type="identifier") for column in sorted(columns)]
        found[name] = TableSchema(key=[key] if key else [], keep=name in keep, columns=Schema(columns=lines))
    return LinkedSchema(tables=found, references=list(references))


def test_parents_come_before_children_at_any_depth() -> None:
    chain = [reference(f"t{n}.up -> t{n - 1}.id") for n in range(1, 9)]
    schema = schema_of({f"t{n}": "id" for n in reversed(range(9))}, *chain)
    plan = Plan.of(schema, {})
    assert plan.order == tuple(f"t{n}" for n in range(9))
    assert [plan.owner[f"t{n}"] for n in range(1, 9)] == chain


def test_rows_belong_to_people_rather_than_to_things_unless_the_schema_says_so() -> None:
    film, user = reference("ratings.film -> films.id"), reference("ratings.user_id -> users.id")
    tables = {"films": "id", "users": "id", "ratings": ""}
    plan = Plan.of(schema_of(tables, film, user), {})
    assert plan.owner["ratings"] == user
    assert plan.chosen["ratings"] == (film,)
    told = reference("ratings.film -> films.id", owner=True)
    assert Plan.of(schema_of(tables, told, user), {}).owner["ratings"] == told


def test_a_circle_is_cut_where_most_references_are_missing_and_says_so() -> None:
    best, user = reference("users.best -> posts.id"), reference("posts.user -> users.id")
    plan = Plan.of(schema_of({"users": "id", "posts": "id"}, best, user), {best: 0.4, user: 0.0})
    assert plan.order == ("users", "posts")
    assert plan.late == (best,)
    assert plan.notes == (
        "users.best -> posts.id closes a circle of tables; it is filled in when all are made (40% of its rows have "
        "none, the most of those on the circle)",
    )


def test_a_circle_beside_other_tables_is_cut_on_the_circle() -> None:
    """``c`` hangs on the circle of ``a`` and ``b``: its own reference is no part of it."""
    a, b, c = reference("a.b -> b.id"), reference("b.a -> a.id"), reference("c.a -> a.id")
    plan = Plan.of(schema_of({"a": "id", "b": "id", "c": "id"}, a, b, c), {c: 0.9, a: 0.1})
    assert plan.late == (a,)
    assert plan.owner["c"] == c


def test_references_to_the_own_table_are_filled_in_last() -> None:
    reply, user = reference("posts.reply -> posts.id"), reference("posts.user -> users.id")
    plan = Plan.of(schema_of({"users": "id", "posts": "id"}, reply, user), {})
    assert plan.late == (reply,)
    assert plan.owner["posts"] == user


def test_two_references_to_one_parent_are_ties() -> None:
    ends = reference("follows.a -> users.id"), reference("follows.b -> users.id")
    plan = Plan.of(schema_of({"users": "id", "follows": ""}, *ends), {})
    assert plan.edges == {"follows": ends}
    assert "follows" not in plan.owner
    messages = schema_of(
        {"users": "id", "messages": "id"}, reference("messages.a -> users.id"), reference("messages.b -> users.id")
    )
    assert Plan.of(messages, {}).edges == {}  # rows with a key of their own are no mere ties


def test_a_table_that_is_kept_owns_nothing_it_is_made_of() -> None:
    maker = reference("films.maker -> makers.id")
    plan = Plan.of(schema_of({"makers": "id", "films": "id"}, maker, keep=("films", "makers")), {})
    assert plan.owner == {}
