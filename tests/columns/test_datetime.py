from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.columns.base import NOT_APPLICABLE, FitContext, Match, RejectColumn, Sample
from synthgen.columns.date_text import DateText, learn_format
from synthgen.columns.datetime import Datetime, read_moments
from synthgen.errors import ConfigError, DataError

HOLDERS = 5


def fitted(values: pa.Array, **options: object) -> Datetime:
    context = FitContext(np.random.default_rng(0), HOLDERS, len(values), np.zeros((len(values), 0)))
    return Datetime.fit(values, dict(options), context)


def tokens_of(column: Datetime, values: pa.Array) -> np.ndarray:
    return column.encode(values, np.random.default_rng(1))


def drawn(column: Datetime, values: pa.Array) -> pa.Array:
    return column.decode(tokens_of(column, values), np.random.default_rng(2), 0)


def match(values: list[object], name: str = "x") -> Match:
    return Datetime.matches(Sample(name, pa.array(values), len(values), 0))


def days(start: str, length: int, rows: int, seed: int = 0) -> np.ndarray:
    return np.datetime64(start) + np.random.default_rng(seed).integers(0, length, rows)


def seconds(start: str, length: int, rows: int, seed: int = 0) -> np.ndarray:
    return np.datetime64(start, "s") + np.random.default_rng(seed).integers(0, length, rows)


# Formats

WRITTEN = [
    ("%Y-%m-%d", ["2021-01-31", "1999-12-01"]),
    ("%d/%m/%Y", ["31/12/2020", "01/02/2020"]),
    ("%m/%d/%Y", ["12/31/2020", "01/02/2020"]),
    ("%-m/%-d/%Y", ["12/31/2020", "1/2/2020"]),
    ("%d.%m.%Y %H:%M", ["31.12.2020 14:05", "01.02.2021 00:00"]),
    ("%Y%m%d", ["20210131", "20200229", "19991231"]),
    ("%Y-%m", ["2021-03", "2021-12"]),
    ("%-d %b %Y", ["3 Jan 2020", "12 Feb 2021"]),
    ("%B %-d, %Y", ["January 5, 2020", "December 25, 1999"]),
    ("%b %d, %Y", ["JAN 03, 2020", "FEB 13, 2021"]),
    ("%-m/%-d/%Y %-I:%M %p", ["1/2/2020 3:04 PM", "12/31/2020 12:04 AM"]),
    ("%Y-%m-%dT%H:%M:%S%z", ["2020-01-01T00:00:00Z", "2020-05-01T10:11:12Z"]),
    ("%Y-%m-%dT%H:%M:%S%z", ["2019-06-25T18:21:36+02:00", "2019-12-25T18:21:36+01:00"]),
    ("%Y-%m-%d %H:%M:%S", ["2020-01-01 00:00:00.500", "2020-05-01 10:11:12.123"]),
    ("%a %b %d %H:%M:%S%z %Y", ["Tue Feb 24 11:35:52 -0800 2015", "Wed Feb 25 01:35:52 -0800 2015"]),
]


@pytest.mark.parametrize(("template", "texts"), WRITTEN)
def test_a_format_is_found_and_written_back(template: str, texts: list[str]) -> None:
    found = learn_format(pa.array(texts))
    assert found is not None
    assert found[0].template == template
    assert found[0].write(found[0].parse(pa.array(texts))).to_pylist() == texts


@pytest.mark.parametrize(("template", "texts"), WRITTEN)
def test_text_columns_come_back_in_their_own_format(template: str, texts: list[str]) -> None:
    values = pa.array(texts * HOLDERS * 3)
    column = fitted(values, **match(texts * 3).options)
    out = drawn(column, values)
    assert out.type == values.type
    form = DateText(template)
    assert form.parse(out).valid.all()
    assert np.array_equal(form.parse(out).days, form.parse(values).days)
    assert [len(t) for t in out.to_pylist()] == [len(t) for t in values.to_pylist()]


def test_day_and_month_are_told_apart_by_values_over_twelve_or_said_to_be_unsure() -> None:
    assert "swapped" not in match(["13/01/2020", "01/02/2020"]).reason
    assert "%d/%m/%Y" in match(["13/01/2020", "01/02/2020"]).reason
    assert "%m/%d/%Y, day and month could be swapped" in match(["01/02/2020", "03/04/2020"]).reason
    assert "%d.%m.%Y, day and month could be swapped" in match(["01.02.2020", "03.04.2020"]).reason


def test_the_schema_settles_day_and_month() -> None:
    values = pa.array(["01/02/2020", "03/04/2020"] * HOLDERS)
    assert read_moments(values, fitted(values, format="%d/%m/%Y").form, None).days[0] == 18293  # 1 February
    assert read_moments(values, fitted(values, format="%m/%d/%Y").form, None).days[0] == 18263  # 2 January


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["2020-01-01", "01.01.2020"], "1 of 2 different values are not written as"),
        (["2021-02-30", "2021-02-28"], "not"),
        (["hello", "world"], "not dates"),
        ([1, 2, 3], "does not speak of time"),
        (["12345678", "99999999"], "not"),
        ([1.5, 2.5], "not dates"),
    ],
)
def test_other_columns_are_refused(values: list[object], reason: str) -> None:
    with pytest.raises(RejectColumn, match=reason):
        match(values)


def test_numbers_are_dates_only_where_the_name_says_so() -> None:
    epochs = [1_500_000_000 + 86_400 * i for i in range(50)]
    assert match(epochs, "created_at").options == {"epoch": "s"}
    assert match([e * 1000 for e in epochs], "timestamp").options == {"epoch": "ms"}
    with pytest.raises(RejectColumn):
        match(epochs, "income")


def test_what_is_no_date_is_an_error_that_quotes_no_value() -> None:
    with pytest.raises(DataError, match=r"1 of 3 values .*the first: 2.*years 1 to 9999") as caught:
        fitted(pa.array(["2020-01-01", "2020-02-30", "2020-01-02"]), format="%Y-%m-%d")
    assert "2020-02-30" not in str(caught.value)
    with pytest.raises(DataError, match="expected one date format"):
        fitted(pa.array(["2020-01-01", "01.01.2020"]))
    with pytest.raises(ConfigError, match="strptime"):
        fitted(pa.array(["2020-01-01"]), format="%Q")


# Arrow types


@pytest.mark.parametrize(
    "kind",
    [
        pa.date32(),
        pa.date64(),
        pa.timestamp("s"),
        pa.timestamp("ms"),
        pa.timestamp("us", "Europe/Berlin"),
        pa.timestamp("ns"),
    ],
    ids=str,
)
def test_arrow_types_come_back(kind: pa.DataType) -> None:
    values = pa.array(days("2001-01-01", 9000, 2000)).cast(pa.timestamp("s")).cast(kind)
    column = fitted(values)
    out = drawn(column, values)
    assert out.type == kind
    assert not any(slot.name == "hour" for slot in column.slots)
    assert np.array_equal(tokens_of(column, out), tokens_of(column, values))


@pytest.mark.parametrize("epoch", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("as_text", [False, True])
def test_counts_from_1970_come_back(epoch: str, as_text: bool) -> None:
    values = pa.array(seconds("2001-01-01", 10**8, 1000).astype(f"datetime64[{epoch}]").astype(np.int64))
    values = values.cast(pa.string()) if as_text else values
    column = fitted(values, epoch=epoch)
    out = drawn(column, values)
    assert out.type == values.type
    before, after = (read_moments(v, None, epoch) for v in (values, out))
    assert np.array_equal(before.seconds // 60, after.seconds // 60)


@pytest.mark.parametrize("texts", [["0001-01-01", "9999-12-31"], ["0001-01-01 10:00:00", "9999-12-31 23:59:59"]])
def test_the_years_1_and_9999_work(texts: list[str]) -> None:
    values = pa.array(texts * HOLDERS)
    assert drawn(fitted(values), values).equals(values)
    spread = pa.array([*(str(d) for d in days("0001-01-01", 3_600_000, 500)), "9999-12-31"])
    assert DateText("%Y-%m-%d").parse(drawn(fitted(spread), spread)).valid.all()


# The path


def test_parts_that_the_column_does_not_have_have_no_slot() -> None:
    def names(values: np.ndarray) -> list[str]:
        return [slot.name for slot in fitted(pa.array(values)).slots]

    assert names(days("2020-01-01", 2000, 500)) == ["period", "week", "weekday"]
    assert names(days("2020-01-01", 150, 5000)) == ["period", "day"]
    assert names(days("2020-01-01", 20, 500)) == ["period"]
    assert names(seconds("2020-01-01", 10**7, 500).astype("datetime64[h]").astype("datetime64[s]"))[-1] == "hour"


def test_seconds_that_say_nothing_are_drawn_and_others_are_learned() -> None:
    flat = pa.array(seconds("2020-01-01", 10**8, 5000))
    assert fitted(flat).slots[-1].name == "minute"
    seconds_drawn = np.array([t.second for t in drawn(fitted(flat), flat).to_pylist()])
    assert np.bincount(seconds_drawn, minlength=60).min() > 40
    rounded = pa.array(flat.cast(pa.int64()).to_numpy() // 30 * 30).cast(pa.timestamp("s"))
    column = fitted(rounded)
    assert column.slots[-1].name == "second"
    assert {t.second for t in drawn(column, rounded).to_pylist()} == {0, 30}


def test_the_weekday_is_kept_when_periods_are_long() -> None:
    work = days("1990-01-01", 12_000, 6000)
    work = work[np.is_busday(work)]
    values = pa.array(work)
    column = fitted(values)
    assert [slot.name for slot in column.slots] == ["period", "week", "weekday"]
    out = np.array(drawn(column, values).to_pylist(), "datetime64[D]")
    assert np.mean(np.is_busday(out)) > 0.995  # at the blurred ends a day may move
    assert np.mean(out == work) < 0.6  # a week of the cell is drawn, not copied


def test_first_days_of_months_stay_first_days() -> None:
    months = (np.datetime64("1990-01", "M") + np.random.default_rng(0).integers(0, 360, 4000)).astype("datetime64[D]")
    for values in (pa.array(months), pa.array((months.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1)):
        out = drawn(fitted(values), values)
        assert out.equals(values)


def test_a_day_that_many_rows_hold_is_exact() -> None:
    born = days("1940-01-01", 25_000, 4000)
    born[:400] = np.datetime64("1970-01-01")
    values = pa.array(born)
    out = np.array(drawn(fitted(values), values).to_pylist(), "datetime64[D]")
    assert (out[:400] == np.datetime64("1970-01-01")).all()
    assert np.mean(out[400:] == np.datetime64("1970-01-01")) < 0.001


def test_dates_stay_within_blurred_bounds() -> None:
    values = days("2010-01-01", 3650, 5000)
    out = np.array(drawn(fitted(pa.array(values)), pa.array(values)).to_pylist(), "datetime64[D]")
    assert abs((out.min() - values.min()).astype(int)) <= 20
    assert abs((out.max() - values.max()).astype(int)) <= 20


def test_zones_are_kept_and_rare_ones_are_not() -> None:
    texts = [f"2020-05-01T{i % 24:02d}:00:00{'+02:00' if i % 3 else '+01:00'}" for i in range(90)] + [
        "2020-05-01T00:00:00-11:00"
    ]
    column = fitted(pa.array(texts))
    assert column.slots[-1].name == "zone"
    assert "-11:00" not in json.dumps(column.state())
    assert drawn(column, pa.array(texts[:90])).to_pylist() == texts[:90]


def test_no_moment_is_in_the_state() -> None:
    values = [str(t).replace("T", " ") for t in seconds("1970-01-01", 10**9, 3000)]
    text = json.dumps(fitted(pa.array(values)).state())
    assert not [v for v in values if v in text or v[:10] in text]


@settings(max_examples=60)
@given(
    st.lists(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)), min_size=1, max_size=80),
    st.sampled_from(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "arrow", "date"]),
)
def test_any_moments_go_in_and_valid_moments_come_out(moments: list[dt.datetime], template: str) -> None:
    if template in ("arrow", "date"):
        values = pa.array(moments, pa.timestamp("us")).cast(
            pa.timestamp("us") if template == "arrow" else pa.date32(), safe=False
        )
    else:
        whole = DateText(template)
        values = whole.write(read_moments(pa.array(moments, pa.timestamp("us")), None, None))
    column = fitted(values)
    tokens = tokens_of(column, values)
    assert tokens.shape == (len(moments), len(column.slots))
    assert (tokens >= NOT_APPLICABLE).all()
    for i, slot in enumerate(column.slots):
        assert tokens[:, i].max() < slot.size
        if slot.children is not None:
            earlier = np.maximum(tokens[:, : slot.children.ndim], 0)
            allowed = slot.children[tuple(earlier.T)]
            assert ((tokens[:, i] < allowed) | (tokens[:, i] == NOT_APPLICABLE)).all()
    out = column.decode(tokens, np.random.default_rng(0), 0)
    assert out.type == values.type
    assert read_moments(out, column.form, column.epoch).valid.all()
    again = Datetime.from_state(json.loads(json.dumps(column.state())))
    assert again.state() == column.state()
    assert again.decode(tokens, np.random.default_rng(0), 0).equals(out)
