from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen import ConfigError, Synthesizer
from tests.made import accounts

FALSE_SHARE = 0.02
"""Of right cells that may be flagged: one in a thousand is the aim, known from some 300 held-out rows."""


def linked(rows: int, seed: int) -> pd.DataFrame:
    """One hidden quantity, seen from many sides: each cell is told by the others."""
    rng = np.random.default_rng(seed)
    size = rng.normal(0, 1, rows)
    frame = {f"x{i}": np.round(100 * np.exp(0.3 * size + rng.normal(0, 0.03, rows))).astype(int) for i in range(3)}
    level = np.digitize(size, [-1, 0, 1])
    frame |= {f"level{i}": np.char.add("abc"[i], ((level + i) % 4).astype(str)) for i in range(3)}
    return pd.DataFrame(frame)


@pytest.fixture(scope="module")
def sharp() -> Synthesizer:
    settings = {"max_steps": 400, "width": 64, "blocks": 2, "evaluate_every": 200}
    schema = {name: {"type": "numeric"} for name in ("x0", "x1", "x2")}
    return Synthesizer(random_state=0, training=settings, columns=schema).fit(linked(3_000, seed=0))


def test_corrupt_cells_are_found_and_mended(sharp: Synthesizer) -> None:
    right = linked(400, seed=1)
    wrong = right.copy()
    wrong.loc[0:39, "x1"] *= 10
    wrong.loc[40:59, "x0"] *= 100
    wrong.loc[40:59, "x2"] *= 10
    flagged, mended = sharp.repair(wrong, apply=True)
    hit = set(zip(flagged["row"], flagged["column"], strict=True))
    planted = {(i, "x1") for i in range(40)} | {(i, x) for i in range(40, 60) for x in ("x0", "x2")}
    assert len(hit & planted) >= 0.95 * len(planted)
    assert len(hit - planted) <= FALSE_SHARE * right.size
    assert (flagged["likelihood_ratio"] > 1).mean() > 0.9
    error = (np.log(mended[["x0", "x1", "x2"]]) - np.log(right[["x0", "x1", "x2"]])).abs().iloc[:60]
    assert error.mean().max() < 0.15
    others = ~pd.DataFrame(
        [[(i, c) in hit for c in right] for i in range(len(right))], index=right.index, columns=right.columns
    )
    assert mended.where(others, 0).equals(wrong.where(others, 0))


def test_labels_that_do_not_fit_are_proposed_anew(sharp: Synthesizer) -> None:
    right = linked(300, seed=2)
    middle = right["x0"].between(60, 170)
    wrong = right.assign(
        level1=np.where(middle, "b" + ((right["level1"].str[1:].astype(int) + 2) % 4).astype(str), right["level1"])
    )
    flagged, mended = sharp.repair(wrong, apply=True)
    hit = flagged[flagged["column"] == "level1"]["row"]
    assert middle.sum() > 100
    assert middle[hit].mean() > 0.95
    assert len(hit) >= 0.9 * middle.sum()
    assert (mended["level1"] == right["level1"])[middle].mean() > 0.85


def test_numbers_beyond_any_row_are_flagged(sharp: Synthesizer) -> None:
    right = linked(50, seed=3)
    far = right.astype({"x0": float})
    far["x0"] = far["x0"].abs().max() * np.logspace(1, 6, 50)
    flagged = sharp.repair(far)
    assert set(flagged[flagged["column"] == "x0"]["row"]) == set(range(50))


def test_a_threshold_is_a_likelihood_ratio(sharp: Synthesizer) -> None:
    rows = linked(200, seed=4)
    few, many = sharp.repair(rows, threshold=1e6), sharp.repair(rows, threshold=2.0)
    assert len(few) < len(many)
    assert (many["likelihood_ratio"] >= 2.0).all()
    with pytest.raises(ConfigError, match=r"threshold: 0.5; a likelihood ratio of 1 or more"):
        sharp.repair(rows, threshold=0.5)


def test_of_cells_that_contradict_one_another_one_is_flagged(fitted: Synthesizer) -> None:
    rows = accounts(60, seed=21)
    right = rows.copy()
    rows.loc[0, "plan_code"] = {10: 20, 20: 30, 30: 10}[int(rows.loc[0, "plan_code"])]
    rows.loc[1, "posts_per_day"] = 77.0
    rows.loc[2, "source"] = "import"
    rows = rows.astype({"days": object})
    rows.loc[3, "days"] = 10**9
    flagged, mended = fitted.repair(rows.astype({"days": int}), apply=True)
    found = {row: set(part["column"]) for row, part in flagged.groupby("row")}
    assert found[0] <= {"plan", "plan_code"}
    assert len(found[0]) == 1
    assert found[1] & {"posts_per_day", "posts", "days"}
    assert "source" in found[2]
    assert "days" in found[3]
    assert mended.loc[2, "source"] == "export"
    assert mended.loc[3, "days"] == pytest.approx(right.loc[3, "days"], rel=0.3)
    after = mended.iloc[:4]
    assert (after["posts_per_day"] - after["posts"] / after["days"]).abs().max() <= 0.0011
    assert (after["plan"].map({"free": 10, "pro": 20, "team": 30}) == after["plan_code"]).all()


def test_rows_without_a_fault_come_back_as_they_are(sharp: Synthesizer) -> None:
    rows = linked(300, seed=5)
    flagged, mended = sharp.repair(rows, apply=True)
    assert len(flagged) <= FALSE_SHARE * rows.size
    assert list(flagged) == ["row", "column", "value", "proposed", "likelihood_ratio"]
    assert (mended != rows).to_numpy().sum() == len(flagged)
