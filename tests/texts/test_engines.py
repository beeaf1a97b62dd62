from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgen.errors import ConfigError, DataError, MissingExtraError
from synthgen.texts import TextModel
from synthgen.texts.engines import ENGINES
from tests.texts.planted import QUICK, chatter, grammar


class Planted:
    """Stands in for a package of language models: says what it is given to say."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked, self.seeds, self.folders = list(answers), [], [], []
        self.AutoTokenizer = self.AutoModelForCausalLM = SimpleNamespace(from_pretrained=self._opened)

    def _opened(self, folder: str, *, local_files_only: bool, use_safetensors: bool = True) -> Planted:
        assert local_files_only
        assert use_safetensors
        self.folders.append(folder)
        if folder == "nothing":
            raise OSError("no such model")
        return self

    def set_seed(self, seed: int) -> None:
        self.seeds.append(seed)

    def __call__(self, asked: str, return_tensors: str) -> dict[str, np.ndarray]:
        self.asked.append(asked)
        return {"input_ids": np.zeros((1, 3))}

    def generate(self, **given: Any) -> list[np.ndarray]:
        return [np.arange(4)]

    def decode(self, tokens: np.ndarray, skip_special_tokens: bool) -> str:
        return self.answers.pop(0)


@pytest.fixture(scope="module")
def model() -> TextModel:
    texts, context, owners = grammar(200)
    return TextModel.fit(texts, context, owners, settings=QUICK)


def plant(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Planted:
    planted = Planted(*answers)
    monkeypatch.setitem(sys.modules, "transformers", planted)  # type: ignore[arg-type]
    return planted


def test_the_registry_has_its_own_and_a_larger_one() -> None:
    assert set(ENGINES) == {"own", "transformers"}


def test_a_larger_model_is_told_of_the_row_and_read_by_the_same_rules(
    model: TextModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant(monkeypatch, " Hi @realname, see http://real.site/x\nmore", "", "Fine #secrettag")
    made = model.sample(pd.DataFrame({"mood": ["good", "bad"]}), engine="transformers:folder", seed=1)
    assert planted.folders == ["folder", "folder"]
    assert planted.asked[0] == "A short post on a social network.\nmood: good\npost:"
    assert "realname" not in made[0]
    assert "real.site" not in made[0]
    assert made[0].startswith("Hi @")
    assert len(set(planted.seeds)) == 3  # the empty answer was asked for again
    assert "secrettag" not in made[1]


def test_a_larger_model_cannot_say_a_run_that_somebody_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = chatter(100)
    model = TextModel.fit(texts, settings=QUICK)
    plant(monkeypatch, texts[0])
    made = model.sample(n=1, engine="transformers:folder")[0]
    assert texts[0].startswith(made)
    assert len(made.split()) < 8


def test_a_larger_model_that_is_not_there_is_said(model: TextModel, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(DataError, match="nothing holds no language model"):
        model.sample(n=1, engine="transformers:nothing")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match="language-models"):
        model.sample(n=1, engine="transformers:folder")
    with pytest.raises(ConfigError, match="no 'owm'; did you mean 'own'"):
        model.sample(n=1, engine="owm")


def test_a_larger_model_that_says_nothing_is_said(model: TextModel, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, *[""] * 8)
    with pytest.raises(DataError, match="row 1 got no text"):
        model.sample(n=1, engine="transformers:folder")
