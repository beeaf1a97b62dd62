"""What a row knows of the other events of its owner: hand-worked, and a slow second way."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference, TableSchema
from synthgen.linked.siblings import MOST_SIBLINGS, Sibling, siblings_of
from synthgen.table.schema import Schema

PAIRS = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 400_000)), max_size=15)


@settings(deadline=None, max_examples=50)
@given(PAIRS, PAIRS)
def test_the_next_one_is_the_next_one(others: list[tuple[int, int]], rows: list[tuple[int, int]]) -> None:
    pairs_S, pairs_N = (np.array(pairs, np.int64).reshape(-1, 2) for pairs in (others, rows))
    sibling = Sibling.of("b", "a", pairs_S[:, 0], pairs_S[:, 1])
    whole, so_far, days, hour, gap = sibling.known(pairs_N[:, 0], pairs_N[:, 1]).values()
    for number, (owner, second) in enumerate(rows):
        own = sorted(at for whose, at in others if whose == owner)
        later = [at for at in own if at > second]
        if owner < 0:
            assert np.isnan([column[number] for column in (whole, so_far, days, hour, gap)]).all()
            continue
        assert (whole[number], so_far[number]) == (len(own), len(own) - len(later))
        if not later:
            assert np.isnan([days[number], hour[number], gap[number]]).all()
            continue
        assert days[number] == later[0] // 86_400 - second // 86_400
        assert hour[number] == later[0] % 86_400 // 3_600
        assert gap[number] == np.floor(np.log2(1 + later[0] - second))


def test_only_tables_of_the_same_owner_that_come_before_are_known() -> None:
    names = ["users", "shops", "likes", "posts", "sales", "visits", "orders"]
    tables = {name: TableSchema(key=["id"] if name[-1] == "s" else [], columns=Schema(columns=[])) for name in names}
    to = {name: "shops" if name == "sales" else "users" for name in names[2:]}
    references = [Reference(table=c, columns=("u",), parent=p, parent_columns=("id",)) for c, p in to.items()]
    plan = Plan.of(LinkedSchema(tables=tables, references=references), {})
    assert siblings_of(plan, "orders", set(names) - {"visits"}) == ["likes", "posts"]
    assert siblings_of(plan, "likes", set(names)) == []
    assert len(siblings_of(plan, "orders", set(names))) == MOST_SIBLINGS
