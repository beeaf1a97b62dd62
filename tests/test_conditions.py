from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.columns.wanted import Clause, Range
from synthgen.conditions import Bound, Condition, bind, parse_where, where_of
from synthgen.errors import ConditionError
from synthgen.table.table import Table
from tests.made import accounts

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
SIGMAS = 6.0
"""A share of tries is further off than this once in 500 million."""


def fit(frame: pd.DataFrame, target: str | None = None) -> tuple[Codec, pa.Table]:
    table = Table.from_any(frame).arrow
    return Codec.fit(table, detect_schema(table, target=target), target=target), table


@pytest.fixture(scope="module")
def made() -> tuple[Codec, pa.Table]:
    return fit(accounts(2_000), "is_bot")


def row_weights(bound: Bound, tokens_NS: np.ndarray, codec: Codec) -> np.ndarray:
    """``(N,)`` the chance that rows of these tokens keep the conditions; slot by slot it never rises from 0."""
    sizes = codec.layout().sizes
    chance_N = np.ones(len(tokens_NS))
    for path in bound.paths:
        last_N = np.ones(len(tokens_NS))
        for level, slot in enumerate(path.slots):
            weights = path.weigh(tokens_NS[:, path.slots[:level]])
            assert weights.shape == (len(tokens_NS), sizes[slot])
            assert weights.min() >= 0
            assert weights.max() <= 1
            here_N = weights[np.arange(len(tokens_NS)), tokens_NS[:, slot]]
            assert not (here_N[last_N == 0] > 0).any()
            last_N = here_N
        chance_N *= last_N
    return chance_N


def check(codec: Codec, table: pa.Table, where: object, tries: int = 8) -> float:
    """All rows drawn under conditions keep them, and weights are the share of free rows that do. Returns the share."""
    tokens_NS = codec.encode(table)
    bound = bind(where_of(where), codec)
    chance_N = row_weights(bound, tokens_NS, codec)
    kept = tokens_NS[chance_N > 0]
    assert bound.holds(codec.decode(kept, seed=5, within=bound)).all()
    free = np.mean([bound.holds(codec.decode(tokens_NS, seed=s)).mean() for s in range(tries)])
    spread = np.sqrt((chance_N * (1 - chance_N)).sum() / tries) / len(tokens_NS)
    assert abs(free - chance_N.mean()) <= SIGMAS * spread + 1e-12, where
    return float(chance_N.mean())


# Reading


@pytest.mark.parametrize(
    ("text", "column", "clause"),
    [
        ("age=30", "age", Clause("in", ("30",))),
        ("age == 30", "age", Clause("in", ("30",))),
        ("age!=30", "age", Clause("not in", ("30",))),
        ("age <= 30", "age", Clause("<=", ("30",))),
        ("age=30..45", "age", Clause("in", (Range("30", "45"),))),
        ("age = ..45", "age", Clause("in", (Range(None, "45"),))),
        ("age in 30..|3", "age", Clause("in", (Range("30", None), "3"))),
        ("age not in 1|2", "age", Clause("not in", ("1", "2"))),
        ("age=-5..-1.5", "age", Clause("in", (Range("-5", "-1.5"),))),
        ("bio is missing", "bio", Clause("missing")),
        ("bio  is  not  missing", "bio", Clause("present")),
        ("tags has #x|#y", "tags", Clause("has", ("#x", "#y"))),
        ("tags has not #x", "tags", Clause("has not", ("#x",))),
        ("place in box(47, 5.5, 55, -15)", "place", Clause("in box", (47.0, 5.5, 55.0, -15.0))),
        ("'home, town'=\"Ulm, Bonn\"", "home, town", Clause("in", ("Ulm, Bonn",))),
        ("'a=b'='x|y'", "a=b", Clause("in", ("x|y",))),
        ("name='it''s'|'1..2'", "name", Clause("in", ("it's", "1..2"))),
        ("name=it's", "name", Clause("in", ("it's",))),
        ("name=''", "name", Clause("in", ("",))),
        ("hours per week>40", "hours per week", Clause(">", ("40",))),
        ("education.num>=9", "education.num", Clause(">=", ("9",))),
        ("income=<=50K", "income", Clause("in", ("<=50K",))),
        ("business=1", "business", Clause("in", ("1",))),
    ],
)
def test_text_is_read_as_it_is_meant(text, column, clause):
    assert parse_where(text) == [Condition(column, clause)]


def test_commas_part_conditions_and_a_column_may_come_twice():
    found = parse_where("is_bot=1, followers>10000, country in FR|DE, place in box(1,2,3,4), followers<1e6")
    assert [str(each) for each in found] == [
        "is_bot = 1",
        "followers > 10000",
        "country in FR|DE",
        "place in box(1.0, 2.0, 3.0, 4.0)",
        "followers < 1e6",
    ]


def test_every_condition_in_the_readme_is_read():
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    section = text.split("## Conditions")[1].split("\n## ")[0].replace("\\|", "|")
    examples = re.findall(r"`([^`]+)`", section)
    assert len(examples) > 15
    assert all(len(parse_where(example)) == 1 for example in examples)


@settings(max_examples=100)
@given(st.text(min_size=1), st.lists(st.text(), min_size=1, max_size=4))
def test_whatever_is_quoted_comes_back(name, values):
    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    (found,) = parse_where(f"{quoted(name)} in {'|'.join(map(quoted, values))}")
    assert (found.column, found.clause) == (name, Clause("in", tuple(values)))


@settings(max_examples=100)
@given(st.text(alphabet="ab=<>!|,.'\"() inhasotmsg1", max_size=25))
def test_any_text_is_read_or_refused_in_words(text):
    with suppress(ConditionError):
        assert parse_where(text)


@pytest.mark.parametrize(
    ("value", "clause"),
    [
        (1, Clause("in", (1,))),
        (None, Clause("missing")),
        ("FR", Clause("in", ("FR",))),
        ("> 3", Clause(">", ("3",))),
        ("!=a|b", Clause("not in", ("a", "b"))),
        ("is not missing", Clause("present")),
        ("has #x", Clause("has", ("#x",))),
        ((30, 45), Clause("in", (Range(30, 45),))),
        (slice(None, 45), Clause("in", (Range(None, 45),))),
        (["FR", None, (1, 2)], Clause("in", ("FR", None, Range(1, 2)))),
        ({"b", "a"}, Clause("in", ("a", "b"))),
        (["> 3"], Clause("in", ("> 3",))),
        ((dt.date(2020, 1, 1), None), Clause("in", (Range(dt.date(2020, 1, 1), None),))),
    ],
)
def test_a_mapping_is_read_as_it_is_meant(value, clause):
    assert where_of({"x": value}) == [Condition("x", clause)]


def test_conditions_pass_as_they_are_and_none_is_none():
    wanted = parse_where("a=1")
    assert where_of(wanted) == wanted
    assert where_of(None) == []


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("age 30", "condition: 'age 30' has no operator; expected such as age=30..45, country in FR"),
        ("=30", "condition: '=30' has no operator|names no column"),
        ("a=1,,b=2", "nothing stands between two commas"),
        ("", "nothing stands between two commas"),
        ("age=", "condition on 'age': no value stands after '='"),
        ("age=1||2", "condition on 'age': no value stands after '=' or '|'; name one, write '' for an empty text"),
        ("age>1|2", "condition on 'age': >1|2 compares with more than one value; name one"),
        ("age=1..2..3", "condition on 'age': '1..2..3' is no range; expected such as 30..45, 30.. or ..45"),
        ("p in box(1,2)", "condition on 'p': box(1,2) has not four numbers; expected box(lat1, lon1, lat2, lon2)"),
        ({"age": (1, 2, 3)}, "condition on 'age': (1, 2, 3) is no range; expected two ends such as (30, 45)"),
        ({"age": []}, "condition on 'age': no value is in an empty list; name one"),
        ({"age": slice(1, 5, 2)}, "condition on 'age': slice(1, 5, 2) has a step; a range has none"),
        ({3: 1}, "where: 3 is no column's name; expected text"),
        ([3], "where: 3 is no condition; expected text, a mapping or a list of conditions"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(where, says):
    with pytest.raises(ConditionError) as error:
        where_of(where)
    assert any(part in str(error.value) for part in says.split("|names")), str(error.value)
    assert error.value.exit_code == 2


# Laying on a table


@pytest.mark.parametrize(
    "where",
    [
        "followers>100",
        "followers=30..45",
        "score<4.5",
        "score is missing",
        "score is not missing, score!=4..5",
        "plan=pro",
        "plan_code>=20",
        "plan_code<25, plan!=free",
        "is_bot=1, followers<=20, plan in free|team",
        "created_at=2021-06..2021-08",
        "source=export, email is not missing",
        {"score": [None, (6, 7)]},
        {"created_at": (dt.datetime(2021, 6, 1), dt.date(2021, 8, 31)), "is_bot": True},
    ],
    ids=str,
)
def test_rows_keep_conditions_and_weights_are_their_share(made, where):
    check(*made, where)


def test_weights_of_missing_cells_are_worked_out_by_hand(made):
    codec, table = made
    tokens_NS = codec.encode(table)
    missing = np.asarray(table["score"].combine_chunks().is_null())
    for where, share in [("score is missing", missing.mean()), ("score is not missing", 1 - missing.mean())]:
        assert row_weights(bind(parse_where(where), codec), tokens_NS, codec).mean() == pytest.approx(share)


def test_a_condition_on_a_tied_column_is_one_on_the_column_it_is_restored_from(made):
    codec, _ = made
    name = next(one for one in ("plan", "plan_code") if codec.source_of(one).how == "tie")
    (leader,) = codec.source_of(name).columns
    bound = bind(parse_where(f"{name}=20" if name == "plan_code" else f"{name}=pro"), codec)
    assert set(bound.restrictions) == {leader}
    assert len(bind(parse_where("plan_code>=20, plan!=team"), codec).paths) == 1


def test_a_number_may_lead_a_tie():
    rng = np.random.default_rng(0)
    level = rng.choice([1, 2, 5, 9], 800)
    frame = pd.DataFrame({"level": level, "points": level * 10.5, "x": rng.normal(0, 1, 800).round(3)})
    codec, table = fit(frame)
    name = next(one for one in ("level", "points") if codec.source_of(one).how == "tie")
    for where in ("level>1, points<90", "points=52.5", "level in 2|9"):
        check(codec, table, where)
    with pytest.raises(
        ConditionError, match=r"no number of the column keeps '= 50'; the nearest possible value is 52\.5"
    ):
        bind(parse_where("points=50" if name == "points" else "level=50"), codec)


def test_columns_of_a_one_hot_group_are_asked_through_their_label():
    rng = np.random.default_rng(0)
    day = rng.choice(4, 2_000, p=[0.5, 0.2, 0.2, 0.1])
    frame = pd.DataFrame({name: (day == i).astype(int) for i, name in enumerate(["mon", "tue", "wed"])})
    frame["x"] = rng.normal(0, 1, 2_000).round(3)
    codec, table = fit(frame)
    assert codec.source_of("mon").how == "label"
    share = check(codec, table, "mon=0, tue=0")
    assert share == pytest.approx(np.mean(day >= 2))
    check(codec, table, "wed=yes")
    with pytest.raises(ConditionError, match="contradict one another"):
        bind(parse_where("mon=1, tue=1"), codec)
    with pytest.raises(ConditionError, match="condition on 'mon': no cell of it was missing"):
        bind(parse_where("mon is missing"), codec)


def test_a_column_under_a_condition_is_not_moved_to_fill_up_a_total():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([2, 2, 2], 3_000).round(3)
    shares[:, 2] = (1 - shares[:, 0] - shares[:, 1]).round(3)
    codec, table = fit(pd.DataFrame(shares, columns=["a", "b", "c"]))
    assert any(step.kind == "total" for step in codec.steps)
    bound = bind(parse_where("a=0.6..0.7"), codec)
    tokens_NS = codec.encode(table)
    kept = tokens_NS[row_weights(bound, tokens_NS, codec) > 0]
    rows = codec.decode(np.random.default_rng(1).permutation(kept), seed=0, within=bound)
    assert bound.holds(rows).all()
    sums = sum(np.asarray(rows[name].combine_chunks()) for name in "abc")
    assert np.mean(np.abs(sums - 1) < 1e-9) > 0.99


def test_a_column_computed_from_one_other_is_asked_through_it():
    rng = np.random.default_rng(0)
    year = rng.integers(1950, 2020, 1_500)
    frame = pd.DataFrame({"year": year, "age": np.abs(year - 1990), "x": rng.normal(0, 1, 1_500).round(3)})
    codec, table = fit(frame)
    assert {codec.source_of(name).how for name in ("year", "age")} == {"formula", "own"}
    check(codec, table, "age=5..10")
    check(codec, table, "age>=25, year<1980")


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("folowers>3", "condition: no column 'folowers'; did you mean 'followers'?"),
        ("plan=prp", "condition on 'plan': no value 'prp'; did you mean 'pro'?"),
        ("plan_code=10, plan=pro", "contradict one another: no value keeps them all. Leave one out"),
        ("plan=free, plan is missing", "condition on 'plan': '= free' and 'is missing' contradict one another"),
        (
            "followers>1e9",
            "condition on 'followers': no number of the column keeps '> 1e9'; the nearest possible value is",
        ),
        ("followers=45..30", "condition on 'followers': 45..30 is empty; write the smaller end first, 30..45"),
        ("source=other", "condition on 'source': it holds 'export' in every row, so '= other' cannot be kept"),
        ("source is missing", "condition on 'source': it holds 'export' in every row, so 'is missing' cannot be kept"),
        ("email=a@b.c", "condition on 'email': it only names a row or a person, and its values are made up"),
        ("email is missing", "condition on 'email': no cell of it was missing in the training rows, so none can be"),
        (
            "posts_per_day>2",
            "condition on 'posts_per_day': it is computed, posts_per_day = posts / days; "
            "put the condition on 'posts' and 'days' in its place",
        ),
    ],
)
def test_what_a_table_cannot_keep_is_said_in_one_sentence(made, where, says):
    with pytest.raises(ConditionError) as error:
        bind(parse_where(where), made[0])
    assert says in str(error.value)


def test_a_dropped_column_is_named():
    frame = accounts(300)
    table = Table.from_any(frame).arrow
    schema = detect_schema(table)
    schema.column("score").type = "drop"
    codec = Codec.fit(table, schema)
    with pytest.raises(ConditionError, match="condition on 'score': the schema drops this column"):
        bind(parse_where("score>3"), codec)


def test_missing_keys_can_be_asked_for_and_nothing_else_of_them():
    frame = accounts(600)
    frame.loc[::3, "email"] = None
    codec, table = fit(frame)
    assert check(codec, table, "email is missing") == pytest.approx(1 / 3)
    assert check(codec, table, "email is not missing") == pytest.approx(2 / 3)


def test_no_condition_changes_nothing(made):
    codec, table = made
    tokens_NS = codec.encode(table)
    bound = bind([], codec)
    assert bound.paths == []
    assert bound.holds(table).all()
    assert codec.decode(tokens_NS, seed=3, within=bound).equals(codec.decode(tokens_NS, seed=3))


REAL = {
    "adult/adult_train.csv": [
        "age=30..45, education.num>=13, income='>50K'",
        "capital.gain>0, sex=Female",
        "native.country!=United-States, native.country is not missing, hours.per.week not in 40",
        "occupation is missing",
        "fnlwgt<20000",
    ],
    "shoppers/online_shoppers_intention.csv": [
        "Revenue=1, Month in Nov|May, PageValues>10",
        "ProductRelated_Duration=100..200.5, ExitRates<0.02",
        "Weekend=no, Region>=7",
    ],
    "twitter_human_bots/accounts.csv": [
        "account_type=bot, followers_count>10000",
        "created_at=2012-01..2012-03, verified=0",
        "created_at>=2016-02-29, lang in en|es, statuses_count<=500",
        "location is missing, friends_count!=0..10",
    ],
    "airline_tweets/tweets.csv": ["tweet_created<2015-02-20, airline_sentiment=negative", "hashtags is missing"],
}


@pytest.mark.parametrize("file", REAL)
def test_conditions_on_real_tables(file):
    if not (DATA / file).exists():
        pytest.skip("the table is not here")
    codec, table = fit(pd.read_csv(DATA / file, low_memory=False).sample(2_000, random_state=0))
    for where in REAL[file]:
        assert check(codec, table, where, tries=3) > 0
