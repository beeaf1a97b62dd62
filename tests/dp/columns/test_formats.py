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
