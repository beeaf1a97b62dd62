"""A budget too small for a table is refused whatever the noise says, and what the refusal asks for is enough."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgen.dp.rows import private_rows
from synthgen.dp.settings import PrivacySettings
from synthgen.errors import PrivacyError
from synthgen.table.table import Table
from tests.made import accounts

ROOT = Path(__file__).parent.parent.parent
SEEDS = 20


def refusal(table: pa.Table, noise: int, unit: str | None = None, **settings: Any) -> str | None:
    """What is said against a fit; None: nothing. Gradients come later, so only columns are released."""
    asked = PrivacySettings.model_validate({**settings, "noise_seed": noise, "secure": False, "method": "sgd"})
    try:
        private_rows(table, asked, unit=unit)
    except PrivacyError as error:
        return str(error)
    return None


def arrow(frame: pd.DataFrame) -> pa.Table:
    """Cells as a CSV file has them."""
    return Table.from_any(frame.astype(str).where(frame.notna(), None)).arrow


def small(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    plan = rng.choice(["free", "paid", "team"], rows, p=[0.6, 0.3, 0.1])
    return pd.DataFrame({"plan": plan, "bot": rng.random(rows) < 0.2, "posts": rng.poisson(20, rows)})


def events(users: int) -> pd.DataFrame:
    """Users with 5 rows in the mean, one to some thirty each."""
    of_each = np.random.default_rng(0).geometric(0.2, users)
    return small(int(of_each.sum())).assign(user_id=[f"u{n}" for n in np.repeat(np.arange(users), of_each)])


def test_noise_alone_never_passes_for_rows() -> None:
    """The number of rows would have to be 2 + sqrt(columns) of its standard deviations: one in 10,000 for 3 columns."""
    for table, unit in ((arrow(small(300)), None), (arrow(events(60)), "user_id")):
        said = [refusal(table, noise, unit, epsilon=0.001) for noise in range(50)]
        assert all(one is not None and "epsilon 0.001 is too small for at most about" in one for one in said)


@pytest.mark.parametrize(("make", "size", "unit"), [(small, 300, None), (events, 150, "user_id")])
@pytest.mark.parametrize("epsilon", [0.01, 0.05])
def test_what_a_refusal_asks_for_is_accepted(make: Any, size: int, unit: str | None, epsilon: float) -> None:
    """18 of 20 at the least; one in forty may fail by the noise of the number of rows alone."""
    table, accepted = arrow(make(size)), np.zeros((SEEDS, 2))
    for noise in range(SEEDS):
        said = refusal(table, noise, unit, epsilon=epsilon)
        assert said is not None
        found = re.search(r"Ask for epsilon (\S+) or more .*, give about (\S+) (?:such )?rows", said)
        assert found is not None
        more = refusal(table, 100 + noise, unit, epsilon=float(found[1]))
        larger = arrow(make(int(found[2].replace(",", ""))))
        accepted[noise] = more is None, refusal(larger, 200 + noise, unit, epsilon=epsilon) is None
    assert (accepted.mean(axis=0) >= 0.9).all(), accepted.sum(axis=0)


def test_what_the_readme_and_the_settings_file_show_is_accepted_with_any_noise() -> None:
    people = arrow(accounts(900).assign(user_id=[f"u{n % 300}" for n in range(900)]))
    shown = tomllib.loads((ROOT / "configs" / "private.toml").read_text(encoding="utf-8"))
    shoppers = pd.read_csv(ROOT / "examples" / "data" / "shoppers.csv", nrows=600)
    for noise in range(SEEDS):
        assert refusal(arrow(accounts(400)), noise, epsilon=3.0) is None
        assert refusal(people, noise, "user_id", epsilon=3.0) is None
        assert refusal(people, noise, shown["unit"], **shown["privacy"]) is None
        assert refusal(arrow(shoppers), noise, epsilon=5.0, delta=1e-6) is None


def test_the_refusal_counts_rows_of_a_unit_as_they_are_cut() -> None:
    said = refusal(arrow(events(60)), 0, "user_id", epsilon=0.1, rows_per_unit=4)
    assert said is not None
    assert "4 columns, counting at most 4 of each user_id: nothing but noise" in said
    assert re.search(r"\(enough for \d+ such rows\), give about [\d,]+ such rows", said)


def test_units_are_counted_as_such_however_uneven_their_rows() -> None:
    """Within four standard deviations of the histogram of units; a tenth of the users have more than m rows."""
    of_each = np.where(np.arange(2_000) % 10 == 0, 50, 1)
    frame = small(int(of_each.sum())).assign(user_id=np.repeat(np.arange(2_000), of_each))
    for noise in range(5):
        asked = PrivacySettings(epsilon=3.0, noise_seed=noise, method="sgd", rows_per_unit=20)
        found = private_rows(arrow(frame), asked, unit="user_id")
        counts, sd = found.budget.told["rows per unit: user_id"]
        assert len(counts) == 20
        assert abs(found.releases.units - 2_000) < 4 * sd * np.sqrt(20) < 400
        assert found.releases.rows / 20 < 400  # as if each had all of its 20 rows
    alone = private_rows(arrow(small(900)), PrivacySettings(epsilon=3.0, noise_seed=0, method="sgd"))
    assert alone.releases.units == alone.releases.rows
