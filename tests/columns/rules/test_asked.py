"""Conditions, known cells and partial rows beside rules: what is asked is kept, what is there stays, no rule breaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.columns.rules.broken import BROKEN
from synthgen.columns.rules.ordering import nearest
from synthgen.conditions import bind, where_of
from synthgen.errors import ConditionError, ConfigError
from synthgen.table.schema import Schema
from synthgen.table.table import Table, joined
from tests.columns.rules.test_contract import all_broken, sales, schema_of
from tests.made import random_tokens
from tests.test_conditions import row_weights

SIGMAS = 6.0
TRIES = 6
CHOSEN = 3_000


@pytest.fixture(scope="module")
def made() -> tuple[Codec, pa.Table, Schema]:
    frame = sales(1_500)
    table, schema = Table.from_any(frame).arrow, schema_of(frame)
    return Codec.fit(table, schema, target="status"), table, schema


@pytest.fixture(scope="module")
def visits() -> tuple[Codec, pa.Table, Schema]:
    """Three moments in a row and one beside, all drawn as gaps: two chains in one tree."""
    rng = np.random.default_rng(0)
    n = 1_500
    begun = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 400 * 86400, n), unit="s")
    gaps = [pd.to_timedelta(np.round(rng.exponential(scale, n)), unit="s") for scale in (3600, 7200, 900)]
    frame = pd.DataFrame(
        {"begun": begun, "seen": begun + gaps[0], "left": begun + gaps[0] + gaps[1], "paid": begun + gaps[2]}
    ).assign(x=rng.normal(0, 1, n).round(2))
    table = Table.from_any(frame).arrow
    found = detect_schema(table, relations=False).model_dump()
    found["orders"] = [{"columns": ["begun", "seen", "left"]}, {"columns": ["begun", "paid"]}]
    schema = Schema.from_json(found)
    codec = Codec.fit(table, schema)
    assert [codec.source_of(name).how for name in ("seen", "left", "paid")] == ["gap"] * 3
    return codec, table, schema


def check(fitted: tuple[Codec, pa.Table, Schema], where: str) -> None:
    """Rows under conditions keep them and every rule; weights are the share of free rows that do; laws agree."""
    codec, table, schema = fitted
    tokens_NS = np.concatenate([codec.encode(table), random_tokens(codec.layout(), 1_000, 3)])
    n_real = len(table)
    bound = bind(where_of(where), codec)
    chance_N = row_weights(bound, tokens_NS, codec)
    kept = codec.decode(tokens_NS[chance_N > 0], seed=5, within=bound)
    assert len(kept)
    assert bound.holds(kept).all()
    assert {text: many for text, many in all_broken(kept, table, schema).items() if many} == {}
    real_NS, chance_N = tokens_NS[:n_real], chance_N[:n_real]
    free = [codec.decode(real_NS, seed=seed) for seed in range(TRIES)]
    held = np.mean([bound.holds(rows).mean() for rows in free])
    spread = np.sqrt((chance_N * (1 - chance_N)).sum() / TRIES) / n_real
    assert abs(held - chance_N.mean()) <= SIGMAS * spread + 0.002  # numbers that trade places within one cell
    rng = np.random.default_rng(0)
    asked = codec.decode(real_NS[rng.choice(n_real, CHOSEN, p=chance_N / chance_N.sum())], seed=9, within=bound)
    free_held = pa.concat_tables([rows.filter(pa.array(bound.holds(rows))) for rows in free])
    for name in codec.names:
        line = next((step.lines[name] for step in codec.steps if name in getattr(step, "lines", ())), None)
        if line is not None and len(free_held) > 200:
            (one, has_one), (other, has_other) = (line.read(joined(rows[name])) for rows in (asked, free_held))
            assert apart(one[has_one], other[has_other]) < 1.95 * np.sqrt(1 / CHOSEN + 2 * TRIES / len(free_held)), name


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The Kolmogorov-Smirnov distance; rows of one cell come again in every try, so that fewer count."""
    both = np.unique(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(x), both, side="right") / max(len(x), 1) for x in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max(initial=0.0))


@pytest.mark.parametrize(
    "where",
    [
        "country=de",
        "country in xx|fr, city!=Lyon",
        "a=1",
        "a=0, b=0",
        "size=M, colour!=red",
        "colour=blue",
        "age>70",
        "closed>=2020-09-01",
        "closed=2020-05, opened=2020-05",
        "closed is missing",
        "closed is not missing",
        "status=closed, closed<2020-03",
        "extension is missing",
        "extension is not missing, phone=home",
        "mean=10..11, low=9..9.5",
        "low>4, mean<6, high>20",
        "x=0.2..0.3",
        "z>0.7, y>0.1",
    ],
)
def test_conditions_on_made_columns_are_kept_and_follow_the_law(made, where) -> None:
    check(made, where)


@pytest.mark.parametrize(
    "where",
    [
        "seen=2020-03",
        "left=2020-05-05..2020-05-07",
        "seen=2020-03-05..2020-03-09, left=2020-03-08..2020-03-09",
        "begun=2020-06-01..2020-06-10, left>2020-06-03, paid<2020-06-08",
        "left in 2020-04-01..2020-04-05|2020-09-01..2020-09-05",
        "left!=2020-04",
    ],
)
def test_conditions_on_gaps_of_gaps_are_kept_and_follow_the_law(visits, where) -> None:
    check(visits, where)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("range=3", "condition on 'range': it is computed, range = mean - low; put the condition on 'mean' and 'low'"),
        ("age=17", "condition on 'age': no number of the column keeps '= 17'; the nearest possible value is 18"),
        (
            "status=open, closed>2020-03",
            "condition on 'status' and 'closed': '= open' and 'closed is not missing' cont",
        ),
        ("opened>2020-10, closed<2020-03", "condition on 'closed' and 'opened': no values that follow one another"),
        ("size=S, colour=blue", "condition on 'size' and 'colour': 'size = S' and 'colour = blue' contradict"),
        ("country=se", "condition on 'country': no value 'se'"),
        ("a=1, b=1", "contradict one another: no value keeps them all. Leave one out"),
    ],
)
def test_what_cannot_be_asked_is_said(made, where, says) -> None:
    with pytest.raises(ConditionError) as error:
        bind(where_of(where), made[0])
    assert says in str(error.value)


def test_a_value_or_a_missing_cell_of_a_gap_is_refused_by_name(made) -> None:
    with pytest.raises(ConditionError, match="condition on 'closed': it is drawn as a gap after 'opened'"):
        bind(where_of({"closed": ["2020-05-05", None]}), made[0])


def test_known_cells_stay_and_the_others_keep_every_rule(made) -> None:
    codec, table, schema = made
    right = np.ones(len(table), bool)
    for key, line in schema.rules:
        right &= ~BROKEN[key](line, table, table, schema) if key in BROKEN else right
    table = table.filter(pa.array(right))
    rng = np.random.default_rng(1)
    for seed, share in enumerate((0.1, 0.5, 0.9)):
        blank = [
            pa.array(joined(table[name]).to_pylist(), table[name].type, mask=rng.random(len(table)) < share)
            for name in codec.names
        ]
        computed = {"range", "z"}  # given beside a blank input they may contradict it
        columns = [
            pa.nulls(len(table), part.type) if n in computed else part
            for n, part in zip(codec.names, blank, strict=True)
        ]
        known = codec.deduced(pa.table(columns, names=codec.names))
        tokens_NS = random_tokens(codec.layout(), len(table), seed)
        given = codec.encode(known)
        here = codec.there(known)
        slots = {name: [s for s, slot in enumerate(codec.layout().slots) if slot.column == number]
                 for number, name in enumerate(codec.modelled)}  # fmt: skip
        for name, there in here.items():
            tokens_NS[np.ix_(there, slots[name])] = given[np.ix_(there, slots[name])]
        rows = codec.decode(tokens_NS, seed=seed, known=known)
        for name in codec.names:
            there = known[name].is_valid()
            assert rows[name].filter(there).equals(known[name].filter(there)), name
        broken = {text: many for text, many in all_broken(rows, table, schema).items() if many}
        remembered = pa.array(["de", "fr", "no", None])  # beside any other country stand made-up cities alone
        strange = int(np.sum(~np.asarray(pc.is_in(joined(known["country"]), value_set=remembered))))
        assert broken.pop("country follows from city", 0) <= strange
        assert set(broken) <= {"no value of ticket twice"}, broken


def test_a_country_that_is_given_decides_which_cities_are_drawn(made) -> None:
    codec, table, _ = made
    nothing = {name: pa.nulls(900, table[name].type) for name in codec.names}
    countries = pa.array(["de", "fr", "no"] * 300)
    known = pa.table({**nothing, "country": countries})
    rows = codec.decode(random_tokens(codec.layout(), 900), seed=0, known=known).to_pandas()
    assert {(one, city) for one, city in zip(rows.country, rows.city, strict=True) if " " not in city} == {
        ("de", "Bonn"), ("de", "Kiel"), ("fr", "Lyon"), ("fr", "Nice"), ("no", "Oslo"),
    }  # fmt: skip


def test_a_unique_column_stays_unique_under_a_condition(made) -> None:
    codec, _, _ = made
    bound = bind(where_of("ticket=100..999"), codec)
    tokens_NS = random_tokens(codec.layout(), 30_000)
    few = tokens_NS[row_weights(bound, tokens_NS, codec) > 0][:600]
    assert len(few) > 100
    rows = codec.decode(few, seed=0, within=bound)
    assert bound.holds(rows).all()
    assert len(set(rows["ticket"].to_pylist())) == len(few)
    codec.check_rows(900, bound)
    with pytest.raises(ConfigError, match="'ticket' gives no value twice and 900 keep the condition"):
        codec.check_rows(901, bound)


def test_places_far_from_all_stretches_are_moved_to_the_nearest() -> None:
    places = np.array([-5.0, 2.5, 4.9, 5.1, 99.0])
    assert nearest([(1.0, 3.0), (7.0, 8.0)], places).tolist() == [1.0, 2.5, 3.0, 7.0, 8.0]
