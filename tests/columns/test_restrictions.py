"""What holds for the restrictions of every column type, and shares worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgen.columns import COLUMN_TYPES, column_type
from synthgen.columns.base import NOT_APPLICABLE, ColumnType
from synthgen.columns.date_path import CalendarPath, ClockPath
from synthgen.columns.date_text import DateText
from synthgen.columns.datetime import Datetime
from synthgen.columns.geo import Geo, Tree
from synthgen.columns.leaves import Leaves
from synthgen.columns.number_text import NumberFormat
from synthgen.columns.numeric import Numeric
from synthgen.columns.numeric_restriction import GivenNumbers
from synthgen.columns.restrictions import Restriction
from synthgen.columns.tails import TailLaw
from synthgen.columns.wanted import FLOATS, WHOLE, Clause, Range, complement, contains, intersection, union
from synthgen.conditions import parse_where
from synthgen.errors import ConditionError
from tests.columns.test_contract import CASES, EXAMPLES, fit, fitted, following, random_paths

UNASKED = ("identifier", "image", "text")
"""Types of which no value can be asked."""
TRIES = 1_000
SIGMAS = 6.0
"""A share estimated from tries is further off than this once in 500 million; some 10,000 are looked at in a run."""
EMPTY = np.zeros((1, 0), np.int32)


def restrict(column: ColumnType, text: str) -> Restriction:
    """As the command line asks it, of a column called x."""
    return column.restrict([condition.clause for condition in parse_where(text)])


def weights_of(restriction: Restriction, paths: np.ndarray) -> np.ndarray:
    """``(N, P)``: of each path the weight at each of its slots."""
    out = np.zeros(paths.shape)
    for level in range(paths.shape[1]):
        chances = restriction.chances(paths[:, :level])
        out[:, level] = chances[np.arange(len(paths)), paths[:, level]]
    return out


def wishes(column: ColumnType, values: list[Any]) -> st.SearchStrategy[list[Clause]]:
    """Random conditions that a type accepts, about values that it gives."""
    value = st.sampled_from(values)
    if column.name == "geo":
        corner = st.tuples(st.floats(46, 55), st.floats(5, 16))
        box = st.tuples(corner, corner).map(lambda c: (min(c[0][0], c[1][0]), c[0][1], max(c[0][0], c[1][0]), c[1][1]))
        return st.lists(box.map(lambda corners: Clause("in box", corners)), min_size=1, max_size=2)
    if column.name == "tags":
        member = st.sampled_from(column.kept.to_pylist())
        sets = st.lists(member, min_size=1, max_size=3).map(tuple)
        return st.lists(st.builds(Clause, st.sampled_from(["has", "has not"]), sets), min_size=1, max_size=3)
    several = st.lists(value, min_size=1, max_size=4).map(tuple)
    among = st.builds(Clause, st.sampled_from(["in", "not in"]), several)
    if column.measure == "label" and not (column.name == "categorical" and isinstance(values[0], int)):
        return st.lists(among, min_size=1, max_size=2)
    compared = st.builds(lambda sign, v: Clause(sign, (v,)), st.sampled_from(["<", "<=", ">", ">="]), value)
    ends = st.tuples(value, value).map(lambda pair: Range(*sorted(pair)))
    ranged = st.builds(lambda sign, ends: Clause(sign, (ends,)), st.sampled_from(["in", "not in"]), ends)
    return st.lists(st.one_of(among, compared, ranged), min_size=1, max_size=2)


def plain(values: pa.Array) -> list[Any]:
    """Decoded values as a user would name them."""
    typed = (int, float, str, dt.datetime)
    return sorted({v if isinstance(v, typed) else str(v) for v in values.to_pylist()}, key=_order)


def _order(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


ASKABLE = [(kind, name) for kind, name in CASES if kind.name not in UNASKED]


@pytest.mark.parametrize(("kind", "name"), ASKABLE, ids=[f"{kind.name}-{name}" for kind, name in ASKABLE])
def test_weights_are_shares_and_draws_keep_any_condition(kind, name):
    column, values = fitted(kind, name)
    rng = np.random.default_rng(4)
    paths = np.concatenate([column.encode(values, rng)[:60], random_paths(column, 60, rng)])
    known = values[:60].to_pylist() if column.name == "tags" else plain(column.decode(paths, rng, 0))
    if column.name == "categorical":
        known = column.kept.to_pylist()

    @settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(wishes(column, known), st.integers(0, 2**31))
    def keeps(wanted: list[Clause], seed: int) -> None:
        try:
            restriction = column.restrict(wanted)
        except ConditionError:
            assert not restriction_free_holds(column, wanted, paths).any()
            return
        weights = weights_of(restriction, paths)
        final = weights[:, -1]
        assert ((weights >= 0) & (weights <= 1)).all()
        assert (weights[final > 0] > 0).all()  # look-ahead never closes a way that leads there
        dice = np.random.default_rng(seed)
        check_walks(column, restriction, dice)
        if not isinstance(restriction, GivenNumbers):  # single numbers of a law without atoms: each has no share
            check_shares(column, restriction, paths, final, dice)
        kept = np.repeat(paths[final > 0], 20, axis=0)
        made = restriction.decode(kept, dice, 0, dice.random(len(kept)))
        assert restriction.holds(made).all()
        assert made.type == values.type

    keeps()


def restriction_free_holds(column: ColumnType, wanted: list[Clause], paths: np.ndarray) -> np.ndarray:
    """Whether values decoded without the clauses keep them, where each alone can be asked."""
    found = np.ones(len(paths), bool)
    made = column.decode(paths, np.random.default_rng(0), 0)
    for clause in wanted:
        try:
            found &= column.restrict([clause]).holds(made)
        except ConditionError:
            return np.zeros(len(paths), bool)
    return found


def check_walks(column: ColumnType, restriction: Restriction, rng: np.random.Generator) -> None:
    """Whoever goes on with tokens of weight above 0 gets through, and what comes out keeps the condition."""
    paths = np.zeros((30, 0), np.int32)
    for level, slot in enumerate(column.slots):
        chances = restriction.chances(paths)
        allowed = following(column, level, paths)
        open_NW = (chances[:, :-1] > 0) & (np.arange(slot.size) < allowed[:, None])
        applies = allowed > 0
        assert open_NW[applies].any(1).all(), slot.name
        assert (chances[~applies, -1] > 0).all(), slot.name
        drawn = (open_NW * rng.random(open_NW.shape)).argmax(1)
        paths = np.column_stack([paths, np.where(applies, drawn, NOT_APPLICABLE)]).astype(np.int32)
    assert restriction.holds(restriction.decode(paths, rng, 0, rng.random(len(paths)))).all()


def check_shares(
    column: ColumnType, restriction: Restriction, paths: np.ndarray, final: np.ndarray, rng: np.random.Generator
) -> None:
    """Weights at the last slot are the share of decoded values that hold, path by path and for all together."""
    some = rng.choice(len(paths), 6, replace=False)
    many = np.repeat(paths[some], TRIES, axis=0)
    held = restriction.holds(column.decode_in_step(many, rng, 0, rng.random(len(many)))).reshape(6, TRIES).mean(1)
    off = SIGMAS * np.sqrt(final[some] * (1 - final[some]) / TRIES) + SIGMAS / TRIES
    if column.name == "categorical" and column.maker is not None:
        off = off + 0.02  # the share of made-up values is itself told from 16,384 of them
    exact = ~paths_are_loose(column, paths[some]) if column.name == "tags" else np.ones(len(some), bool)
    assert (np.abs(held - final[some]) <= off)[exact].all(), (held, final[some])
    certain = ((final[some] == 0) | (final[some] == 1)) & exact
    assert (held[certain] == final[some][certain]).all()


def paths_are_loose(column: Any, paths: np.ndarray) -> np.ndarray:
    """Whether a tag of the cell is drawn by frequency: past the last position, or for one that came twice."""
    loose = paths[:, 0] > column.cap
    places = paths[:, 1:].reshape(len(paths), column.cap, column.levels)
    for row, (count, members) in enumerate(zip(paths[:, 0], places, strict=True)):
        seen = [tuple(member) for member in members[: min(count, column.cap)]]
        loose[row] |= len(set(seen)) < len(seen) or column.is_loose(np.array(seen or [[0]])).any()
    return loose


@pytest.mark.parametrize("kind", COLUMN_TYPES, ids=lambda kind: kind.name)
def test_every_type_is_restricted_or_says_why_not(kind):
    column, _ = fitted(kind, next(iter(EXAMPLES[kind.name])))
    if kind.name in UNASKED:
        with pytest.raises(ConditionError, match=r"made up.*only 'is missing' and 'is not missing' can be asked of it"):
            restrict(column, "x = a")
    else:
        assert kind.restrict is not ColumnType.restrict


def test_equal_seeds_give_equal_draws():
    column, values = fitted(column_type("numeric"), "heavy counts")
    tokens = column.encode(values, np.random.default_rng(0))
    restriction = restrict(column, "x>=0")
    tail = np.random.default_rng(1).random(len(tokens))
    one, other = (restriction.decode(tokens, np.random.default_rng(7), 0, tail) for _ in range(2))
    assert one.equals(other)


def test_a_condition_that_all_keep_changes_no_value():
    for name in ("heavy counts", "prices", "floats", "signed"):
        column, values = fitted(column_type("numeric"), name)
        tokens = column.encode(values, np.random.default_rng(0))
        tail = np.random.default_rng(1).random(len(tokens))
        free = column.decode_in_step(tokens, np.random.default_rng(7), 0, tail)
        kept = restrict(column, "x>=-1e12").decode(tokens, np.random.default_rng(7), 0, tail)
        assert free.equals(kept), name


# Shares worked out by hand


def number(text: NumberFormat, low: float, high: float, step: float, **tails: Any) -> Numeric:
    """One cell."""
    one = np.zeros(1)
    leaves = Leaves(one + low, one + high, np.zeros(0), np.zeros(1, np.int64), one + step, one, one + 0.5)
    return Numeric(text, step > 0, leaves, (-np.inf, np.inf), **tails)


WHOLE_NUMBERS = NumberFormat("int64", "typed", 0)
CENTS = NumberFormat("string", "fixed", 2)
FREE = NumberFormat("double", "typed", None)
THREE_DIGITS = NumberFormat("string", "shortest", None, 3)


@pytest.mark.parametrize(
    ("column", "condition", "share"),
    [
        (number(WHOLE_NUMBERS, 30, 45, 1), "x=30..39", 10 / 16),
        (number(WHOLE_NUMBERS, 30, 45, 1), "x>44", 1 / 16),
        (number(WHOLE_NUMBERS, 30, 45, 1), "x!=40", 15 / 16),
        (number(WHOLE_NUMBERS, 30, 45, 1), "x in 31|33|44..99", 4 / 16),
        (number(WHOLE_NUMBERS, 30, 45, 1), "x not in 31|33|44..", 12 / 16),
        (number(WHOLE_NUMBERS, 30, 45, 1), "x>30, x<32.5", 2 / 16),
        (number(WHOLE_NUMBERS, 30, 45, 5), "x<=35", 2 / 4),
        (number(CENTS, 100, 199, 1), "x<1.25", 25 / 100),
        (number(CENTS, 100, 199, 1), "x=1.5", 1 / 100),
        (number(FREE, 0, 10, 0), "x=2.5..5", 0.25),
        (number(FREE, 0, 10, 0), "x!=3", 1.0),
        (number(THREE_DIGITS, 0, 10, 0), "x<5", 0.4995),  # 4.995 and above is written 5
        (number(THREE_DIGITS, 0, 10, 0), "x=5", 0.001),
        (number(WHOLE_NUMBERS, 7, 7, 0), "x=7", 1.0),
        (number(FREE, 10, 20, 0, upper=TailLaw(10.0, 1e9, 1.0, 10.0)), "x>20", 0.5),
        (number(FREE, 10, 20, 0, upper=TailLaw(10.0, 1e9, 1.0, 10.0)), "x=20..40", 0.25),
        (number(FREE, -20, -10, 0, lower=TailLaw(10.0, 1e9, 1.0, 10.0)), "x<-100", 0.1),
    ],
)
def test_the_share_of_a_cell(column, condition, share):
    restriction = restrict(column, condition)
    weight = restriction.weigh(EMPTY)[0, 0]
    np.testing.assert_allclose(weight, share, rtol=1e-6)
    tokens = np.zeros((2_000, 1), np.int32)
    made = restriction.decode(tokens, np.random.default_rng(0), 0, np.random.default_rng(1).random(2_000))
    assert restriction.holds(made).all()


def test_draws_inside_a_cell_follow_its_law():
    column = number(FREE, 10, 20, 0, upper=TailLaw(10.0, 1e9, 1.0, 10.0))
    tokens = np.zeros((20_000, 1), np.int32)
    made = np.asarray(
        restrict(column, "x=20..40").decode(tokens, np.random.default_rng(0), 0, np.linspace(0, 0.9999, 20_000))
    )
    # above 10 the survival is 10 / x: given 20..40, the median is where it is (1/2 + 1/4) / 2
    assert made.min() >= 20
    assert made.max() <= 40
    assert np.median(made) == pytest.approx(10 / 0.375, rel=0.01)
    whole = number(WHOLE_NUMBERS, 30, 45, 1)
    seen = np.asarray(restrict(whole, "x in 31|40..42").decode(tokens, np.random.default_rng(0), 0, tokens[:, 0] + 0.5))
    held = np.unique(seen, return_counts=True)
    assert held[0].tolist() == [31, 40, 41, 42]
    assert (np.abs(held[1] - 5_000) < 6 * 62).all()  # a standard deviation is 61


def test_the_largest_of_two_columns_still_go_together():
    column = number(FREE, 10, 20, 0, upper=TailLaw(10.0, 1e9, 1.0, 10.0))
    tokens, tail = np.zeros((500, 1), np.int32), np.random.default_rng(3).random(500)
    made = np.asarray(restrict(column, "x>50").decode(tokens, np.random.default_rng(0), 0, tail))
    assert (np.argsort(made) == np.argsort(tail)).all()


def test_a_value_of_a_column_without_a_grid_is_written_as_asked():
    column, _ = fitted(column_type("numeric"), "floats")
    restriction = restrict(column, "x in 3.14159|17.25")
    weights = restriction.weigh(EMPTY)[0]
    assert weights.max() <= 1
    assert (weights > 0).sum() == 2
    paths = np.array([p for p in column.paths if weights_of(restriction, p[None])[0, -1] > 0], np.int32)
    made = restriction.decode(np.repeat(paths, 50, axis=0), np.random.default_rng(0), 0, np.zeros(len(paths) * 50))
    assert set(made.to_pylist()) == {3.14159, 17.25}


def test_values_of_one_cell_are_drawn_by_density():
    column = number(FREE, 10, 20, 0, upper=TailLaw(10.0, 1e9, 1.0, 10.0))
    restriction = restrict(column, "x in 20|40")  # density 10 / x ** 2: four to one
    made = restriction.decode(np.zeros((10_000, 1), np.int32), np.random.default_rng(0), 0, np.zeros(10_000))
    assert np.mean(np.asarray(made) == 20) == pytest.approx(0.8, abs=6 * 0.004)


def test_float32_knows_its_own_tenth():
    column = fit(column_type("numeric"), pa.array(np.repeat([0.1, 0.2, 0.7], 30), pa.float32()))
    restriction = restrict(column, "x=0.1")
    assert restriction.holds(pa.array([0.1, 0.2], pa.float32())).tolist() == [True, False]


def days(first: str, last: str, clock: ClockPath | None = None) -> Datetime:
    """One period of days in ISO format; with a clock, to the second."""
    ends = [np.datetime64(day).astype(np.int64).astype(float) for day in (first, last)]
    one = np.zeros(1)
    leaves = Leaves(one + ends[0], one + ends[1], np.zeros(0), np.zeros(1, np.int64), one + 1, one, one + 0.5)
    form = DateText("%Y-%m-%d" if clock is None else "%Y-%m-%d %H:%M:%S")
    return Datetime("string", form, None, CalendarPath(leaves, 0, False), clock or ClockPath((), 10**9, 1), [])


BY_SECOND = ClockPath(("hour", "minute", "second"), 10**9, 1)
FLAT_SECOND = ClockPath(("hour", "minute"), 10**9, 60)


@pytest.mark.parametrize(
    ("column", "prefix", "condition", "share"),
    [
        (days("2020-01-20", "2020-02-10"), [0], "x=2020-02", 10 / 22),
        (days("2020-01-20", "2020-02-10"), [0], "x>2020-02-01", 9 / 22),
        (days("2020-01-20", "2020-02-10"), [0, 12], "x=2020-02-01", 1.0),
        (days("2020-01-20", "2020-02-10"), [0, 12], "x!=2020-02-01", 0.0),
        (days("2020-02-20", "2020-03-10"), [0], "x<=2020-02", 10 / 20),
        (days("2021-02-20", "2021-03-10"), [0], "x<=2021-02", 9 / 19),
        (days("2020-02-20", "2020-03-10"), [0], "x=2020-02-29", 1 / 20),
        (days("2019-12-22", "2020-01-10"), [0], "x=2020", 10 / 20),
        (days("2020-01-01", "2020-01-04", BY_SECOND), [0], "x>=2020-01-02 06:00", 2.75 / 4),
        (days("2020-01-01", "2020-01-04", BY_SECOND), [0, 1], "x=2020-01-02 06:00..2020-01-02 11:59:59", 1 / 4),
        (days("2020-01-01", "2020-01-04", BY_SECOND), [0, 1, 6], "x<2020-01-02 06:30", 1 / 2),
        (days("2020-01-01", "2020-01-04", BY_SECOND), [0, 1, 6, 30], "x=2020-01-02 06:30", 1.0),
        (days("2020-01-01", "2020-01-04", FLAT_SECOND), [0, 1, 6, 30], "x<2020-01-02 06:30:45", 45 / 60),
        (days("2020-01-01", "2020-01-04", FLAT_SECOND), [0, 1, 6, 30], "x in 2020-01-02 06:30:07|2021", 1 / 60),
    ],
)
def test_the_share_of_a_period_a_day_and_a_minute(column, prefix, condition, share):
    restriction = restrict(column, condition)
    got = restriction.weigh(np.array([prefix[:-1]], np.int32))[0, prefix[-1]]
    assert got == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("x=2020", ["2020-01-01 00:00:00", "2020-12-31 23:59:59"]),
        ("x=2020-02", ["2020-02-01 00:00:00", "2020-02-29 23:59:59"]),
        ("x=2020-01..2020-03", ["2020-01-01 00:00:00", "2020-03-31 23:59:59"]),
        ("x=2020-01-15", ["2020-01-15 00:00:00", "2020-01-15 23:59:59"]),
        ("x='2020-01-15 18'", ["2020-01-15 18:00:00", "2020-01-15 18:59:59"]),
        ("x=2020-01-15T18:30", ["2020-01-15 18:30:00", "2020-01-15 18:30:59"]),
        ("x=2020-01-15T18:30:05Z", ["2020-01-15 18:30:05", "2020-01-15 18:30:05"]),
    ],
)
def test_a_date_stands_for_all_of_its_year_month_day_or_minute(asked, kept):
    column = days("2018-01-01", "2022-12-31", BY_SECOND)
    second = np.timedelta64(1, "s")
    first, last = (np.datetime64(text) for text in kept)
    around = [first - second, first, last, last + second]
    values = pa.array([str(moment).replace("T", " ") for moment in around])
    assert restrict(column, asked).holds(values).tolist() == [False, True, True, False]
    less, more = (restrict(column, asked.split("..")[0].replace("=", sign)) for sign in "<>")
    assert less.holds(values).tolist()[:2] == [True, False]
    if ".." not in asked:
        assert more.holds(values).tolist()[2:] == [False, True]


def test_dates_are_asked_in_the_columns_own_words_too():
    german = fit(
        column_type("datetime"), pa.array([f"{d:02d}.{m:02d}.2019" for d in range(1, 29) for m in range(1, 13)])
    )
    assert restrict(german, "x=03.02.2019").holds(pa.array(["03.02.2019", "02.03.2019"])).tolist() == [True, False]
    epoch = fit(column_type("datetime"), pa.array(np.arange(400) * 86_400 + 1_500_000_000), {"epoch": "s"})
    for asked in ("x>=1510000000", "x>='2017-11-06 20:26:40'"):
        held = restrict(epoch, asked).holds(pa.array([1_509_999_999, 1_510_000_000]))
        assert held.tolist() == [False, True]
    moment = dt.datetime(2017, 11, 6, 20, 26, 40)
    held = epoch.restrict([Clause("in", (Range(moment, None),))]).holds(pa.array([1_509_999_999, 1_510_000_000]))
    assert held.tolist() == [False, True]


def test_the_share_of_an_area():
    tree = Tree([-1], [0.0], [[0, 0]], [[0, -1, -1]], [[4800.0, 600.0]], [[4809.0, 619.0]])  # 10 x 20 points
    text = NumberFormat("string", "fixed", 2)
    column = Geo("string", ("", ", ", ""), False, (text, text), tree)
    restriction = restrict(column, "x in box(48.05, 6, 50, 6.09)")
    assert restriction.weigh(EMPTY)[0, 0] == pytest.approx(5 / 10 * 10 / 20)
    made = restriction.decode(np.zeros((500, 1), np.int32), np.random.default_rng(0), 0, np.zeros(500))
    assert restriction.holds(made).all()
    assert len(set(made.to_pylist())) == 50
    assert restriction.holds(pa.array(["48.05, 6.09", "48.04, 6.09", "48.05, 6.10", None])).tolist() == [
        True,
        *[False] * 3,
    ]


def test_a_box_may_lie_across_the_date_line():
    places = pa.array([f"{lat:.1f},{lon:.1f}" for lat in np.arange(0, 5, 0.1) for lon in (-179.5, -150.2, 10.3, 179.5)])
    restriction = restrict(fit(column_type("geo"), places), "x in box(-10, 170, 10, -170)")
    assert restriction.holds(pa.array(["1.0,179.5", "1.0,-179.5", "1.0,10.3"])).tolist() == [True, True, False]


def test_rare_labels_are_pooled_within_the_condition_or_made_up():
    towns = pa.array(["Ulm"] * 60 + ["Bonn"] * 30 + ["Kiel"] * 10 + [f"town {i}" for i in range(4)])
    pooled = fit(column_type("categorical"), towns, {"rare": "pool"})
    restriction = restrict(pooled, "x in Bonn|Kiel")
    assert restriction.weigh(EMPTY)[0].tolist() == pytest.approx([0, 1, 1, 0.4])
    rare = np.full((400, 1), 3, np.int32)
    made = restriction.decode(rare, np.random.default_rng(0), 0, np.zeros(400)).to_pylist()
    assert set(made) == {"Bonn", "Kiel"}
    assert made.count("Bonn") == pytest.approx(300, abs=6 * 9)
    fresh = fit(column_type("categorical"), towns, {"rare": "fresh"})
    assert restrict(fresh, "x in Bonn|Kiel").weigh(EMPTY)[0].tolist() == [0, 1, 1, 0]
    others = restrict(fresh, "x not in Bonn|Kiel")
    assert others.weigh(EMPTY)[0].tolist() == [1, 0, 0, 1]
    assert others.holds(others.decode(rare, np.random.default_rng(0), 0, np.zeros(400))).all()


def test_codes_are_compared_as_numbers_and_made_up_ones_too():
    rng = np.random.default_rng(0)
    codes = pa.array(
        [*np.repeat(np.arange(10_000, 10_060), 8), *rng.choice(np.arange(20_000, 90_000), 300, replace=False)]
    )
    column = fit(column_type("categorical"), codes, {"rare": "fresh"})
    restriction = restrict(column, "x>=10050, x<500000")
    rare = np.full((2_000, 1), column.slots[0].size - 1, np.int32)
    free = restriction.holds(column.decode(rare, np.random.default_rng(1), 0)).mean()
    assert restriction.weigh(EMPTY)[0, -1] == pytest.approx(free, abs=6 * 0.012)
    assert restriction.holds(restriction.decode(rare, np.random.default_rng(1), 0, np.zeros(2_000))).all()


def test_yes_and_no_in_any_spelling():
    column = fit(column_type("boolean"), pa.array(["Yes", "No"] * 9))
    for asked in ("x=1", "x=true", "x=yes", "x=Y", "x!=0", "x not in off"):
        assert restrict(column, asked).weigh(EMPTY)[0].tolist() == [0, 1], asked
    assert column.restrict([Clause("in", (False,))]).weigh(EMPTY)[0].tolist() == [1, 0]


def test_tags_within_one_cell():
    column = fit(column_type("tags"), pa.array(["#a #b", "#a #c", "#b #a", "#c #a", "#b #c", "#a"] * 9))
    assert restrict(column, "x has a, x has not #b").holds(pa.array(["#a #c", "#a #b", "#c"])).tolist() == [
        True,
        False,
        False,
    ]
    with pytest.raises(ConditionError, match="'has a' and 'has not a' contradict one another"):
        restrict(column, "x has a, x has not a")


@pytest.mark.parametrize(
    ("kind", "name", "condition", "says"),
    [
        (
            "numeric",
            "small integers",
            "x=1.5",
            "no number of the column keeps '= 1.5'; the nearest possible values are 1 and 2",
        ),
        (
            "numeric",
            "small integers",
            "x>1000",
            r"no number of the column keeps '> 1000'; the nearest possible value is \d\d",
        ),
        ("numeric", "few", "x=3..4", "the nearest possible values are 2 and 5"),
        ("numeric", "few", "x=45..30", r"45..30 is empty; write the smaller end first, 30..45"),
        ("numeric", "few", "x=many", "'many' is no number; expected one, such as 30"),
        ("numeric", "few", "x has a", "'has a' cannot be asked of it; expected values, a range or a comparison"),
        (
            "numeric",
            "few",
            "x>2, x<1",
            "'> 2' and '< 1' contradict one another: no value keeps them all. Leave one out",
        ),
        ("categorical", "few", "x=c", "no value 'c'; there are: 'a', 'b'|no value 'c'; there are"),
        ("categorical", "many", "x=twn 1", "no value 'twn 1'; did you mean 'town 1'"),
        ("categorical", "few", "x>3", "'> 3' compares labels that are no numbers"),
        ("categorical", "few", "x=a, x=b", "'= a' and '= b' contradict one another"),
        ("boolean", "words", "x=maybe", "no value 'maybe'; expected No or Yes"),
        ("boolean", "words", "x>0", "'> 0' cannot be asked of yes and no; expected '= 1' or '= 0'"),
        ("boolean", "words", "x=1, x=0", "'= 1' and '= 0' contradict one another"),
        ("datetime", "days", "x=soon", "'soon' is no date; write it as 2020-01-15, .* or as the column does, %Y-%m-%d"),
        ("datetime", "days", "x=2020-02-30", "'2020-02-30' is no day of the calendar"),
        (
            "datetime",
            "days",
            "x>2100",
            r"no moment of the column keeps '> 2100'; the nearest possible date is 2020-05-\d\d",
        ),
        ("datetime", "days", "x=2015-01-15 12:00", "it has no such time of day. Ask for the day or the month"),
        ("tags", "piped", "x has fx", "no tag 'fx'; did you mean 'fox'"),
        ("tags", "piped", "x=fox", "'= fox' cannot be asked of tags; expected 'has a'"),
        ("geo", "text", "x=1", "cannot be asked of places; expected in box"),
        (
            "geo",
            "text",
            "x in box(9,0,1,1)",
            "is no box; expected box.lat1, lon1, lat2, lon2., the south-west corner first",
        ),
        ("geo", "text", "x in box(0,0,1,1)", "no place of the column keeps .*; the nearest possible area is box.4"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(kind, name, condition, says):
    column, _ = fitted(column_type(kind), name)
    with pytest.raises(ConditionError, match=says):
        restrict(column, condition)


# Stretches of a line


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 6)), max_size=6),
    st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 6)), max_size=6),
)
def test_stretches_are_sets_of_points(one, other):
    sets = [{low + i for low, wide in pairs for i in range(wide + 1)} for pairs in (one, other)]
    lines = [union([(low, low + wide) for low, wide in pairs], WHOLE) for pairs in (one, other)]
    both = intersection(*lines)
    points = np.arange(-30, 40)
    assert set(points[contains(both, points)].tolist()) == sets[0] & sets[1]
    without = complement(lines[0], WHOLE)
    assert set(points[contains(without, points)].tolist()) == set(points.tolist()) - sets[0]
    assert complement(complement(lines[1], WHOLE), WHOLE) == lines[1]


def test_between_two_neighbours_lies_nothing():
    x = 0.1
    above = FLOATS.after(x)
    assert complement([(-np.inf, x), (above, np.inf)], FLOATS) == []
