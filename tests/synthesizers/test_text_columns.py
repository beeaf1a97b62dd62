"""Columns of posts: each made row gets a text that fits it, with the tags of its row, and that is nobody's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgen
from synthgen.config import RunConfig
from synthgen.detecting import schema_of
from synthgen.errors import ConfigError, DataError
from synthgen.metrics.texts.base import TextView
from synthgen.metrics.texts.copies import RealRuns, RealTexts
from synthgen.synthesizers.text_columns import tags_of
from synthgen.synthesizers.text_learning import SHARE, config_of_table, owner_column, tag_column
from synthgen.table.table import Table
from synthgen.texts.units import folded, units_of
from tests.made import QUICK

WORDS = {"good": ("great", "fine", "lovely", "happy"), "bad": ("lost", "late", "awful", "broken")}
NOUNS = ("flight", "crew", "seat", "bag", "gate", "meal")
TAGS = ("travel", "fail", "air", "home")


def posts(many: int = 700, seed: int = 0) -> pd.DataFrame:
    """Posts to one of two airlines, by 150 users; the words hang on the mood, the tags stand in a column."""
    rng = np.random.default_rng(seed)
    mood_N = rng.choice(["good", "bad"], many, p=[0.4, 0.6])
    rows = []
    for mood in mood_N:
        airline = rng.choice(["@NorthAir", "@SouthAir"])
        told = " and ".join(f"my {rng.choice(NOUNS)} was {rng.choice(WORDS[mood])}" for _ in range(rng.integers(1, 4)))
        friend = f" says @pal{rng.integers(10_000)}" if rng.random() < 0.2 else ""
        tags = list(rng.choice(TAGS, rng.integers(0, 3), replace=False))
        rows.append((f"{airline} {told}{friend}" + "".join(f" #{tag}" for tag in tags), " ".join(tags) or None))
    return pd.DataFrame(
        {
            "user": rng.integers(0, 150, many),
            "text": [text for text, _ in rows],
            "hashtags": [f"#{tags.replace(' ', ' #')}" if tags else None for _, tags in rows],
            "mood": mood_N,
            "likes": rng.poisson(3, many),
        }
    )


SETTINGS = {"training": {**QUICK["training"], "max_steps": 150}, "random_state": 0}


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    return synthgen.Synthesizer(**SETTINGS).fit(posts())


@pytest.fixture(scope="module")
def made(model: synthgen.Synthesizer) -> pd.DataFrame:
    found: pd.DataFrame = model.sample(400, random_state=1)
    return found


def said(text: str, mood: str) -> bool:
    return any(word in text for word in WORDS[mood])


def test_posts_are_learned_unasked_and_the_run_says_so(model: synthgen.Synthesizer) -> None:
    assert list(model.texts_) == ["text"]
    assert model.facts_["texts"]["text"]["tags"] == "hashtags"
    assert not model.notes_ or "stand-in" not in " ".join(model.notes_)


def test_texts_hold_the_tags_of_their_rows_and_no_other(made: pd.DataFrame) -> None:
    for text, cell in zip(made.text, made.hashtags, strict=True):
        found = {folded(unit.text[1:]) for unit in units_of(text) if unit.kind == "tag"}
        assert found == {folded(tag) for tag in tags_of(cell if isinstance(cell, str) else None)}
    assert made.hashtags.notna().mean() == pytest.approx(posts().hashtags.notna().mean(), abs=0.15)


def test_words_fit_the_row_and_conditions_reach_them(model: synthgen.Synthesizer) -> None:
    for mood, other in (("good", "bad"), ("bad", "good")):
        rows = model.sample(150, where=f"mood={mood}", random_state=2)
        right = np.mean([said(text, mood) for text in rows.text])
        wrong = np.mean([said(text, other) for text in rows.text])
        assert right > 0.6 > 2 * wrong


def test_no_text_is_real_and_no_handle_is_a_persons(made: pd.DataFrame) -> None:
    real = posts()
    train, new = TextView(list(real.text), owners=list(real.user)), TextView(list(made.text))
    nothing = np.random.default_rng(0)
    assert RealTexts().compute(train, new, new, nothing).value == 0
    assert RealRuns().compute(train, new, new, nothing).value == 0
    handles = {unit for text in made.text for unit in text.split() if unit.startswith("@")}
    known = {unit for text in real.text for unit in text.split() if unit.startswith("@")}
    assert {"@NorthAir", "@SouthAir"} <= handles
    assert handles & known == {"@NorthAir", "@SouthAir"}  # two accounts that many mention; friends are made up


def test_missing_texts_are_written_and_others_left(model: synthgen.Synthesizer) -> None:
    real = posts(40, seed=5)
    gap = real.assign(text=real.text.where(np.arange(40) % 4 != 0))
    filled = model.impute(gap, columns=["text"])
    there = gap.text.notna()
    assert (filled.text[there] == gap.text[there]).all()
    assert filled.text.notna().all()
    own = np.mean([said(text, mood) for text, mood in zip(filled.text[~there], filled.mood[~there], strict=True)])
    assert own > 0.4
    whole = model.sample(like=gap[["mood", "text"]], random_state=1)
    assert (whole.text[there.to_numpy()].to_numpy() == gap.text[there].to_numpy()).all()


def test_a_run_folder_keeps_texts_to_write_and_none_to_read(
    model: synthgen.Synthesizer, made: pd.DataFrame, tmp_path: Path
) -> None:
    model.save(tmp_path / "run")
    again = synthgen.load(tmp_path / "run")
    assert again.sample(400, random_state=1).equals(made)
    kept = b"".join(path.read_bytes() for path in sorted((tmp_path / "run").iterdir()))
    assert not any(word.encode() in kept for text in posts().text for word in text.split() if "@pal" in word)


def test_equal_seeds_make_equal_texts(model: synthgen.Synthesizer, made: pd.DataFrame) -> None:
    assert model.sample(400, random_state=1).equals(made)
    assert not model.sample(400, random_state=2).text.equals(made.text)


def fitted(frame: pd.DataFrame, **option: str) -> synthgen.Synthesizer:
    name = "text" if "text" in frame else "note"
    settings = {"max_steps": 4, "evaluate_every": 2, "width": 8, "blocks": 1}
    columns = {name: {"type": "text", **option}}
    return synthgen.Synthesizer(training=settings, columns=columns).fit(frame[[name]].assign(n=range(len(frame))))


def test_settings_turn_it_off_and_on() -> None:
    assert not fitted(posts(), model="stand-in").texts_
    assert not fitted(posts(200)).texts_  # too few to be learned unasked
    assert list(fitted(posts(200), model="learned").texts_) == ["text"]
    with pytest.raises(ConfigError, match=r"column 'text': model: .*did you mean 'learned'"):
        fitted(posts(200), model="learnt")


def test_texts_without_a_common_word_stay_stand_ins_and_are_refused_when_asked_for() -> None:
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    texts = [" ".join("".join(rng.choice(letters, 9)) for _ in range(5)) for _ in range(600)]
    frame = pd.DataFrame({"note": texts})
    model = fitted(frame)
    assert not model.texts_
    assert any("column 'note': its texts are stand-ins" in note for note in model.notes_)
    with pytest.raises(DataError, match="column 'note': text model: no word is written by 5 users"):
        fitted(frame, model="learned")


def test_minutes_are_shared_out() -> None:
    table = Table.from_any(posts())
    config = RunConfig(minutes=10)
    schema = schema_of(table, config, None)
    assert config_of_table(config, schema).minutes == pytest.approx(10 * (1 - SHARE))
    assert config_of_table(RunConfig(), schema).minutes is None
    plain = schema.model_copy(update={"columns": [c for c in schema.columns if c.type != "text"]})
    assert config_of_table(config, plain).minutes == 10


def test_whose_texts_are_and_where_their_tags_stand_is_found_out() -> None:
    frame = posts()
    table = Table.from_any(frame)
    schema = schema_of(table, RunConfig(), None)
    assert owner_column(schema, table.arrow, "text") == "user"
    assert tag_column(schema, table.arrow, "text") == "hashtags"
    rng = np.random.default_rng(0)
    mixed = Table.from_any(frame.assign(hashtags=rng.permutation(frame.hashtags.to_numpy())))
    assert tag_column(schema_of(mixed, RunConfig(), None), mixed.arrow, "text") is None
