"""How cells are written, by votes over fixed lists: the format of most cells, whatever noise and strays say."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.date_text import DateText, Moments
from synthgen.dp.budget import Budget
from synthgen.dp.columns import DateKind, NumberKind
from synthgen.dp.columns.cells import Cells, Meter
from synthgen.dp.columns.date_votes import TEMPLATES, template_of
from synthgen.dp.noise import Noise

RNG = np.random.default_rng(3)


def meter(rows: int, seed: int = 0) -> Meter:
    return Meter(Budget(1.0, 1e-6, noise=Noise(seed)), "x", float(rows), 1, 0.05, 1.0)


def decimals_of(texts: list[str]) -> tuple[str, int | None, str]:
    form = NumberKind.of(Cells.of(pa.array(texts)), {}, meter(len(texts))).text
    return form.style, form.decimals, form.decimal


X = RNG.lognormal(3, 1, 10_000)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([str(int(x)) for x in X], ("integer", 0, ".")),
        ([f"{x:.2f}" for x in X], ("fixed", 2, ".")),
        ([f"{x:.3f}".replace(".", ",") for x in X], ("fixed", 3, ",")),
        ([f"{round(x, 2):g}" for x in X], ("shortest", 2, ".")),
        ([str(float(int(x))) for x in X], ("pointed", 0, ".")),
        ([str(round(2 * x) / 4) for x in X], ("pointed", 2, ".")),
        ([f"{x:.3e}" for x in X], ("scientific", None, ".")),
        ([f"{x:.2f}" for x in X] + ["12345.678901"], ("fixed", 2, ".")),  # one stray
    ],
    ids=lambda each: each[0] if isinstance(each, list) else None,
)
def test_numbers_are_written_as_most_are(texts: list[str], expected: tuple[str, int | None, str]) -> None:
    assert decimals_of(texts) == expected


def test_the_decimals_of_a_typed_column_are_those_it_needs() -> None:
    kind = NumberKind.of(Cells.of(pa.array(np.round(X, 1))), {}, meter(len(X)))
    assert kind.text.decimals == 1
    assert NumberKind.of(Cells.of(pa.array(X)), {}, meter(len(X))).text.decimals is None


def test_noise_adds_no_decimals() -> None:
    halves, cents = RNG.integers(2, 11, 3000) / 2, RNG.integers(0, 9999, 3000) / 100
    wrong = 0
    for seed in range(100):
        kinds = [NumberKind.of(Cells.of(pa.array(x)), {}, meter(3000, seed)) for x in (halves, cents)]
        wrong += [(kind.text.decimals, kind.step) for kind in kinds] != [(1, 5), (2, 1)]
    assert wrong <= 6  # 1.2 are expected; more than 6 come once in 3,000 runs of other seeds


@pytest.mark.parametrize(
    ("x", "write", "grid"),
    [
        (np.round(X) / 2, None, (1, 5)),
        (np.round(X) / 2, "{:.1f}", (1, 5)),
        (np.round(X) / 2, "{:g}", (1, 5)),
        (-np.round(X) / 4, None, (2, 25)),
        (-np.round(X) / 4, "{}", (2, 25)),
        (np.round(X) / 4, "{:.2f}", (2, 25)),
        (np.round(X) / 20, None, (2, 5)),
        (np.round(X, 1), "{:.2f}", (2, 10)),
        (np.round(X, 1), None, (1, 1)),
        (np.round(X, 2), "{:.2f}", (2, 1)),
        (np.round(X, 3) + 0.0005, "{:.4f}", (4, 5)),
        (np.where(RNG.random(len(X)) < 0.005, 0.3, np.round(X) / 2), None, (1, 5)),  # strays
        (np.where(RNG.random(len(X)) < 0.2, 0.3, np.round(X) / 2), None, (1, 1)),
    ],
)
def test_numbers_keep_the_step_of_their_last_decimal(x: np.ndarray, write: str | None, grid: tuple[int, int]) -> None:
    cells = Cells.of(pa.array(x if write is None else [write.format(each) for each in x]))
    kind = NumberKind.of(cells, {}, meter(len(x)))
    assert (kind.text.decimals, kind.step) == grid
    kind = kind.with_bins(cells, kind.where(cells.distinct), cells.distinct[:3], {}, meter(len(x)))
    drawn = np.asarray(kind.fill(RNG.integers(0, kind.size, 500), RNG).cast(pa.float64()))
    scaled = drawn * 10 ** grid[0] / grid[1]
    assert np.abs(scaled - np.rint(scaled)).max() < 1e-9 * (1 + np.abs(scaled).max())


def test_a_range_counts_in_steps() -> None:
    cells = Cells.of(pa.array(RNG.integers(2, 11, 2000) / 2))
    options = {"low": 0.5, "high": 5.0}
    kind = NumberKind.of(cells, options, meter(2000))
    kind = kind.with_bins(cells, kind.where(cells.distinct), cells.distinct[:0], options, meter(2000))
    drawn = kind.fill(np.repeat(np.arange(kind.size), 9), RNG)
    assert sorted(set(drawn.to_pylist())) == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]
    assert NumberKind.of(cells, {"decimals": 2}, meter(2000)).step == 1


DAYS = [datetime.datetime(2001, 1, 1) + datetime.timedelta(seconds=int(s)) for s in RNG.integers(0, 6 * 10**8, 5_000)]


@pytest.mark.parametrize(
    ("written", "template", "step"),
    [
        ("%Y-%m-%d", "%Y-%m-%d", 86_400),
        ("%d/%m/%Y", "%d/%m/%Y", 86_400),  # four cells of ten could have the month first
        ("%m/%d/%Y", "%m/%d/%Y", 86_400),
        ("%-m/%-d/%Y", "%-m/%-d/%Y", 86_400),
        ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M", 60),
        ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%SZ", 1),
        ("%a %b %d %H:%M:%S +0000 %Y", "%a %b %d %H:%M:%S +0000 %Y", 1),
        ("%Y-%m-%d %H:00:00", "%Y-%m-%d %H:%M:%S", 3_600),
        ("%Y%m%d", "%Y%m%d", 86_400),
    ],
)
def test_dates_are_written_as_most_are(written: str, template: str, step: int) -> None:
    texts = [day.strftime(written) for day in DAYS]
    kind = DateKind.of(Cells.of(pa.array(texts)), {}, meter(len(texts)))
    assert kind.text is not None
    assert (kind.text.template, kind.step) == (template, step)


def test_letters_of_months_keep_their_case() -> None:
    texts = [day.strftime("%d-%b-%Y").upper() for day in DAYS]
    kind = DateKind.of(Cells.of(pa.array(texts)), {}, meter(len(texts)))
    assert kind.text is not None
    assert kind.text.case == "upper"


def test_every_template_reads_what_it_writes() -> None:
    moments = Moments(np.array([18_000]), np.array([50_000]), np.zeros(1, int), np.ones(1, bool), pa.array([""]))
    for template in TEMPLATES:
        assert template_of(DateText(template).write(moments))[0] >= 0, template


def test_what_is_no_date_has_no_template() -> None:
    texts = pa.array(["2020-02-30", "13/13/2020", "12.05", "Friday", "2020", "1/2", "", "99999999", "v1.2.3"])
    assert template_of(texts).tolist() == [-1] * len(texts)
