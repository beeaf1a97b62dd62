"""Rows that keep conditions: all of them, as many as asked for, true to the law given the conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen import Synthesizer, load
from synthgen.errors import ConditionError
from tests.made import QUICK, accounts, quick_settings
from tests.nets.known_law import SIZES, joint_law, noise_of, rows_of, total_variation


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(random_state=1, **QUICK).fit(accounts())


@pytest.mark.parametrize(
    ("where", "keeps"),
    [
        ("is_bot=true", lambda f: f["is_bot"]),
        ("plan in pro|team, posts=30..45", lambda f: f["plan"].isin(["pro", "team"]) & f["posts"].between(30, 45)),
        ("plan_code=20", lambda f: f["plan_code"].eq(20) & f["plan"].eq("pro")),
        ("score is missing", lambda f: f["score"].isna()),
        ("score is not missing, score<4.25", lambda f: f["score"] < 4.25),
        ("followers>5000", lambda f: f["followers"] > 5000),
        ({"days": (100, 101)}, lambda f: f["days"].between(100, 101)),
        (
            "created_at>=2022-03-15 12:00, created_at<2022-04-01",
            lambda f: (f["created_at"] >= "2022-03-15 12:00") & (f["created_at"] < "2022-04-01"),
        ),
        ("source=export", lambda f: f["source"].eq("export")),
    ],
)
def test_all_rows_keep_the_condition(fitted: Synthesizer, where: object, keeps: object) -> None:
    rows = fitted.sample(1100, where=where)  # type: ignore[arg-type]
    assert len(rows) == 1100
    assert keeps(rows).all()  # type: ignore[operator]
    assert 0 < fitted.share_of(where) <= 1  # type: ignore[arg-type]


def test_a_saved_model_answers_alike(fitted: Synthesizer, tmp_path: object) -> None:
    where = "posts=30..45, plan=pro"
    fitted.save(f"{tmp_path}/run")
    again = load(f"{tmp_path}/run").sample(50, where=where, random_state=2)
    pd.testing.assert_frame_equal(fitted.sample(50, where=where, random_state=2), again)
    assert len(fitted.sample(0, where=where)) == 0


def test_steps_and_guide_keep_the_condition(fitted: Synthesizer) -> None:
    rows = fitted.sample(300, where="posts=30..45, is_bot=true", steps=2, guide=2)
    assert (rows["posts"].between(30, 45) & rows["is_bot"]).all()


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("plam=pro", "did you mean 'plan'"),
        ("plan=prro", "did you mean 'pro'"),
        ("user_id=1001", "user_id"),
        ("source=import", "export"),
        ("plan=pro, plan=team", "contradict"),
        ("posts=45..30", "empty"),
        ("posts>100000", "posts"),
        ("plan missing", "no operator"),
    ],
)
def test_what_cannot_be_is_said(fitted: Synthesizer, where: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        fitted.sample(10, where=where)


@pytest.mark.parametrize("model", ["vae", "one-shot", "independent"])
def test_a_model_that_cannot_be_asked_says_which_can(model: str) -> None:
    synthesizer = Synthesizer(model=model, **(quick_settings(model) if model != "independent" else {}))
    synthesizer.fit(accounts(300))
    with pytest.raises(ConditionError, match="model 'gan', which can"):
        synthesizer.sample(10, where="plan=pro")
    with pytest.raises(ConditionError, match="model 'gan', which can"):
        synthesizer.sample(10, quota="plan: pro=50%")


@pytest.mark.slow
def test_a_learned_law_is_true_under_conditions() -> None:
    """A net of eight columns, learned from 40,000 rows: under 1, 2 and 4 restrictions the rows are no further from
    the conditional law than 3 times the noise of as many independent ones; the model's own misfit is in that."""
    law = joint_law()
    table = pd.DataFrame(rows_of(law, 40_000, seed=0), columns=[f"c{i}" for i in range(8)]).astype(str)
    fitted = Synthesizer(random_state=0, columns={name: {"type": "categorical"} for name in table}).fit(table)
    for asked in ({4: [1]}, {0: [1], 6: [0, 1]}, {1: [0, 1], 3: [0, 2, 3], 6: [1, 2], 7: [1]}):
        kept = law.copy()
        for column, values in asked.items():
            axes = [SIZES[column] if s == column else 1 for s in range(8)]
            kept = kept * np.isin(np.arange(SIZES[column]), values).reshape(axes)
        wanted = kept / kept.sum()
        where = {f"c{column}": [str(v) for v in values] for column, values in asked.items()}
        rows = fitted.sample(4096, where=where).astype(int).to_numpy()
        assert (wanted[tuple(rows.T)] > 0).all()
        assert total_variation(rows, wanted) < 3 * noise_of(wanted, len(rows), 0.01)
        assert fitted.share_of(where) == pytest.approx(kept.sum(), rel=0.1)
