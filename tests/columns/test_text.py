from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.base import FitContext, RejectColumn, Sample
from synthgen.columns.text import Text
from synthgen.errors import DataError

WORDS = "the flight was late again and my bag is gone thanks for nothing".split()


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def fit(values: pa.Array) -> Text:
    return Text.fit(values, {}, FitContext(rng(), 5, len(values), np.empty((len(values), 0), dtype=np.int32)))


def tweets(many: int = 2_000) -> list[str]:
    """Made texts of 1 to 30 words with the habits of tweets."""
    source, out = rng(), []
    for number in range(many):
        words = source.choice(WORDS, source.integers(1, 31)).tolist()
        words[0] = f"@user{number}" if number % 3 == 0 else words[0].capitalize()
        words += [f"https://t.co/x{number}"] * (number % 5 == 0)
        out.append(" ".join(words) + ("?", "!", ".", "")[number % 4])
    return out


def test_no_real_text_is_given_back_even_when_few_are_possible():
    real = pa.array(["yes please", "please yes", "yes yes", "please please", "yes", "please"] * 20)
    column = fit(real)
    drawn = column.decode(column.encode(real, rng()), rng(), 0).to_pylist()
    assert not set(drawn) & set(real.to_pylist())


def test_length_and_template_survive():
    values = pa.array(tweets())
    column = Text.from_state(json.loads(json.dumps(fit(values).state())))
    tokens = column.encode(values, rng())
    drawn = column.decode(tokens, rng(), 0)
    again = column.encode(drawn, rng())
    assert (again[:, 0] == tokens[:, 0]).mean() > 0.99
    assert (again[:, 1] == tokens[:, 1]).mean() > 0.9
    assert all(tokens[:, place].max() < slot.size for place, slot in enumerate(column.slots))
    real, made = (np.mean([len(text.split()) for text in each.to_pylist()]) for each in (values, drawn))
    assert abs(made / real - 1) < 0.05
    assert len(drawn.unique()) == len(drawn)


def test_rare_words_are_neither_stored_nor_given_back():
    values = pa.array([*tweets(500), "My card number is 4929123456789012 says Bartholomew", "Call me 4929123456789012"])
    column = fit(values)
    state = json.dumps(column.state())
    drawn = " ".join(column.decode(column.encode(values, rng()), rng(), 0).to_pylist())
    for private in ("4929", "bartholomew", "user3", "t.co"):
        assert private not in state.lower()
        assert private not in drawn.lower()


@pytest.mark.parametrize("values", [["Ann Lee"], ["", " "], ["héllo wörld"] * 3, ["x" * 1_000_000, "a b"]])
def test_few_or_odd_texts_still_give_texts(values):
    column = fit(pa.array(values, type=pa.large_string()))
    tokens = column.encode(pa.array(values, type=pa.large_string()), rng())
    drawn = column.decode(tokens, rng(), 0)
    assert drawn.type == pa.large_string()
    assert all(drawn.to_pylist())
    assert not set(drawn.to_pylist()) & set(values)


def test_very_long_texts_are_cut_not_grown():
    column = fit(pa.array([" ".join(["word"] * 50_000)] * 5 + ["short text"] * 5))
    tokens = np.column_stack([[slot.size - 1 for slot in column.slots]] * 3).T
    assert max(len(text.split()) for text in column.decode(tokens, rng(), 0).to_pylist()) <= 2_000


def test_every_string_column_has_a_type_but_numbers_have_another():
    assert Text.matches(Sample("x", pa.array(["a", "b"] * 10), 20, 0)).score == 0.2
    found = Text.matches(Sample("x", pa.array(tweets()), 2_000, 0))
    assert found.score > 0.7
    assert found.reason.startswith("free text, 16 words")
    with pytest.raises(RejectColumn):
        Text.matches(Sample("x", pa.array([1, 2]), 2, 0))
    with pytest.raises(DataError):
        fit(pa.array([1, 2]))
