from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from synthgen.errors import DataError, RunError
from synthgen.texts import TextModel
from synthgen.texts.guard import Guard
from synthgen.texts.units import units_of
from tests.texts.planted import QUICK, SMALL, WORDS, chatter, grammar

SECRET = "we told the old bird to go by boat up this house".split()


@pytest.fixture(scope="module")
def planted() -> TextModel:
    texts, context, owners = grammar(1_500)
    return TextModel.fit(texts, context, owners, settings=SMALL)


def personal(many: int = 60) -> list[str]:
    """Texts with what names people: each user has a handle, an address, a page, a number and a name of their own."""
    own = [chr(97 + n % 26) + chr(97 + n // 26) for n in range(many)]
    return [
        f"hello @friend{n} and @Star, write to user{n}@site{n}.net or call 0171 555 {1000 + n} http://my.page/{n} "
        f"order {77_000_000 + n} #tag{own[n]} says surname{own[n]}"
        for n in range(many)
    ]


@pytest.fixture(scope="module")
def people() -> TextModel:
    return TextModel.fit(personal(), handles={"star": "mevo_1"}, settings=QUICK)


def counts(texts: list[str], moods: list[str]) -> np.ndarray:
    every = sorted({word for words in WORDS.values() for word in words})
    found = np.zeros((2, len(every)))
    for text, mood in zip(texts, moods, strict=True):
        if text.split()[-1] in every:
            found[["good", "bad"].index(mood), every.index(text.split()[-1])] += 1
    return found


def test_a_planted_grammar_comes_back_with_its_law_given_the_row(planted: TextModel) -> None:
    texts, context, _ = grammar(1_500)
    asked = pd.DataFrame({"mood": ["good", "bad"] * 200})
    made = planted.sample(asked, seed=1)
    starts = {text.rsplit(" ", 1)[0] for text in texts}
    assert np.mean([text.rsplit(" ", 1)[0] in starts for text in made]) > 0.98  # no softmax is ever at zero
    real, synthetic = counts(texts, list(context["mood"])), counts(made, list(asked["mood"]))
    for mood in range(2):
        seen = np.stack([real[mood], synthetic[mood]])
        assert synthetic[mood][real[mood] == 0].sum() <= 4
        assert chi2_contingency(seen[:, real[mood] > 0]).pvalue > 1e-3  # a false alarm in 500 seeds, two moods


def test_without_a_row_the_shares_are_those_of_all(planted: TextModel) -> None:
    texts, _, _ = grammar(1_500)
    made = planted.sample(n=400, seed=2)
    late = [np.mean([text.endswith("late") for text in some]) for some in (texts, made)]
    assert late[1] == pytest.approx(late[0], abs=0.08)  # standard error 0.02, and the model's own


def test_a_post_of_one_user_is_not_said_and_of_five_it_is() -> None:
    others = chatter(120)
    found = {}
    for users in (1, 5):
        texts = others + [" ".join(SECRET)] * 120
        owners = [*range(len(others)), *[1_000 + n % users for n in range(120)]]
        model = TextModel.fit(texts, owners=owners, settings=SMALL)
        found[users] = [runs_of(text) & runs_of(" ".join(SECRET)) for text in model.sample(n=200, seed=1)]
        if users == 1:
            blind = replace(model.writer.guard, bits=np.zeros_like(model.writer.guard.bits))
            model.writer = replace(model.writer, guard=blind)
            found[0] = [runs_of(text) & runs_of(" ".join(SECRET)) for text in model.sample(n=200, seed=1)]
    assert not any(found[1])
    assert sum(map(bool, found[0])) > 50  # the guard is what keeps it back
    assert sum(map(bool, found[5])) > 50


def runs_of(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + 8]) for at in range(len(words) - 7)}


def test_what_names_people_never_comes_back(people: TextModel) -> None:
    real = {word for text in personal() for word in text.replace(",", "").split() if any(map(str.isdigit, word))}
    names = {word for text in personal() for word in text.split() if word.startswith(("surname", "#tag"))}
    for text in people.sample(n=150, seed=3):
        said = set(text.replace(",", "").split())
        assert not said & real
        assert not said & names
        assert not any(f"friend{n}" in text for n in range(60))
        assert "@star" not in text.lower()


def test_a_handle_that_many_mention_has_the_name_of_the_table_of_users(people: TextModel) -> None:
    made = " ".join(people.sample(n=100, seed=4))
    assert "@mevo_1" in made
    among = " ".join(people.sample(n=100, seed=4, handles=["@new_a", "new_b"]))
    assert {unit for unit in among.split() if unit.startswith("@")} <= {"@new_a", "@new_b", "@mevo_1", "@mevo_1,"}


def test_no_name_and_no_text_is_in_the_files(people: TextModel, tmp_path: Path) -> None:
    people.save(tmp_path / "run")
    kept = b"".join(file.read_bytes() for file in sorted((tmp_path / "run").iterdir())).lower()
    for secret in (b"friend", b"@star", b"surnameaa", b"#tagaa", b"my.page", b"77000000", b"site1"):
        assert secret not in kept
    assert b"hello" in kept


def test_equal_seeds_give_equal_texts_and_files(tmp_path: Path) -> None:
    texts, context, owners = grammar(200)
    models = [TextModel.fit(texts, context, owners, seed=5, settings=QUICK) for _ in range(2)]
    for place, model in enumerate(models):
        model.save(tmp_path / str(place))
    for name in ("codec.json", "weights.safetensors", "history.jsonl", "config.toml"):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()
    made = [model.sample(context[:50], seed=1) for model in models]
    assert made[0] == made[1]
    assert made[0] != models[0].sample(context[:50], seed=2)


def test_a_loaded_model_writes_the_same(planted: TextModel, tmp_path: Path) -> None:
    planted.save(tmp_path / "run")
    again = TextModel.load(tmp_path / "run")
    asked = pd.DataFrame({"mood": ["good", "bad", None, "never seen"]})
    assert again.sample(asked, seed=3) == planted.sample(asked, seed=3)
    assert list(again.stream(n=3, seed=1)) == planted.sample(n=3, seed=1)


def test_a_foreign_or_damaged_run_is_refused(planted: TextModel, tmp_path: Path) -> None:
    planted.save(tmp_path / "run")
    file = tmp_path / "run" / "codec.json"
    content = json.loads(file.read_text())
    del content["guard"]
    file.write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"codec\.json is damaged"):
        TextModel.load(tmp_path / "run")
    with pytest.raises(RunError, match="no such folder"):
        TextModel.load(tmp_path / "none")


def test_empty_and_missing_texts_teach_nothing_and_are_never_written() -> None:
    texts, context, owners = grammar(100)
    gaps: list[str | None] = [None, "", "   ", *texts[3:]]
    model = TextModel.fit(gaps, context, owners, settings=QUICK)
    assert all(text.strip() for text in model.sample(n=50))
    frame = pd.DataFrame({"text": gaps})
    assert TextModel.fit(list(frame["text"]), settings=QUICK).sample(n=2)


def test_pictographs_and_other_scripts_come_back() -> None:
    texts = [
        "merci \U0001f60d\U0001f60d",
        "\u3042\u308a\u304c\u3068\u3046 \u2708\ufe0f!",
        "\u0441\u043f\u0430\u0441\u0438\u0431\u043e \U0001f44d\U0001f3fd",
    ] * 20
    made = set(TextModel.fit(texts, settings=QUICK).sample(n=60, seed=1))
    assert made & set(texts)
    letters = {letter for text in texts for letter in text}
    assert {letter for text in made for letter in text} <= letters


def test_words_are_spelled_where_most_are_rare_and_rare_ones_stay_away() -> None:
    rng = np.random.default_rng(0)
    stems, ends = ("kal", "tuo", "ve", "mi", "ra", "pes"), ("ssa", "lla", "sta", "kin", "mme", "vat")
    texts = [
        " ".join("".join(rng.choice(stems, 3)) + rng.choice(ends) for _ in range(rng.integers(2, 5)))
        for _ in range(400)
    ]
    model = TextModel.fit(texts, settings=QUICK)
    assert model.vocabulary.rare_share > 0.25
    made = {word for text in model.sample(n=100, seed=1) for word in text.split()}
    common = {token.text for token in model.vocabulary.tokens if token.kind == "word"}
    real = {word for text in texts for word in text.split()}
    assert len(made - real) > 50
    assert made & real <= common


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["one alone"], {}, "1 texts that are not empty; at least 20"),
        ([None] * 30, {}, "0 texts that are not empty"),
        ([f"word{chr(97 + n)}x" for n in range(26)], {}, "no word is written by 5 users"),
        (["so late"] * 30, {"owners": [1] * 30}, "no word is written by 5 users"),
        (["so late"] * 30, {"owners": [1, 2]}, "owners: 2 values; one for each of the 30 texts"),
        (["so late"] * 30, {"context": pd.DataFrame({"a": [1]})}, "context: 1 rows; one for each of the 30 texts"),
        (["so late"] * 30, {"handles": {"a": "b c"}}, "a synthetic name is no handle"),
    ],
)
def test_what_cannot_be_learned_is_said(texts: list[str], options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        TextModel.fit(texts, **options, settings=QUICK)  # type: ignore[arg-type]


def test_what_cannot_be_asked_is_said(planted: TextModel) -> None:
    with pytest.raises(DataError, match="Neither a context nor n"):
        planted.sample()
    with pytest.raises(DataError, match="no column 'moods' was learned; did you mean 'mood'"):
        planted.sample(pd.DataFrame({"moods": ["good"]}))
    with pytest.raises(DataError, match="context: 1 rows; 3 were expected"):
        planted.sample(pd.DataFrame({"mood": ["good"]}), n=3)


def test_texts_that_can_only_be_real_ones_are_an_error_not_a_loop() -> None:
    texts = ["so late"] * 40
    model = TextModel.fit(texts, settings=QUICK)
    guard = model.writer.guard
    model.writer = replace(
        model.writer, guard=Guard(guard.salt, np.ones(8, bool), guard.shared[:0], guard.phrases), longest=4
    )
    with pytest.raises(DataError, match="came out as a real one each time"):
        model.sample(n=2)


def test_a_made_up_address_is_at_a_host_for_examples(people: TextModel) -> None:
    kinds = {unit.kind for text in people.sample(n=60, seed=5) for unit in units_of(text)}
    assert {"url", "mail", "tag"} <= kinds
    for text in people.sample(n=60, seed=5):
        for word in text.split():
            assert "://" not in word or word.startswith(("https://example.org/", "https://example.com/"))
