from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.texts.pieces import END, learn_pieces, spelled
from synthgen.texts.units import PLACEHOLDERS, Unit, owner_numbers, units_of, words_of
from synthgen.texts.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("mail ann.b+c@site.co.uk now", ["mail", "<mail>", "now"]),
        ("see http://t.co/aB1, or www.x.org.", ["see", "<url>", ",", "or", "<url>", "."]),
        ("@Ann's cat", ["<@>", "'", "s", "cat"]),
        ("call 1-800-555-1234!", ["call", "<phone>", "!"]),
        ("at 3:55 on 10/12", ["at", "3", ":", "55", "on", "10", "/", "12"]),
        ("ref AB12CD flight 12345", ["ref", "<code>", "flight", "<5 digits>"]),
        ("#Fail #1 a#b", ["#Fail", "#", "1", "a", "#", "b"]),
        ("so... what?!", ["so", "...", "what", "?", "!"]),
        ("&amp; it's \u2708\ufe0f\U0001f44d\U0001f3fd", ["&amp;", "it's", "\u2708\ufe0f", "\U0001f44d\U0001f3fd"]),
        ("\u6771\u4eac a", ["\u6771", "\u4eac", "a"]),
        ("one\ntwo", ["one", "\n", "two"]),
        ("", []),
    ],
)
def test_a_text_falls_into_units(text: str, units: list[str]) -> None:
    assert [unit.text for unit in units_of(text)] == units


def test_words_of_a_run_have_no_case_and_no_marks() -> None:
    assert words_of(units_of("It\u2019s #Fail, @Ann - AT 9!!")) == ["it's", "#fail", "<@>", "at", "9"]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("ab @#.1-/:'\n\u00e9\U0001f600"), max_size=40))
def test_no_letter_is_lost_but_what_is_masked(text: str) -> None:
    units = units_of(text)
    if not any(unit.text in PLACEHOLDERS for unit in units):
        assert "".join(unit.text for unit in units) == "".join(text.split(" ")).replace("\t", "")


def test_a_text_without_an_owner_is_its_own() -> None:
    assert owner_numbers(["u", None, "u", None], 4).tolist() == [0, 1, 0, 2]
    assert owner_numbers(None, 2).tolist() == [0, 1]


def test_a_joined_piece_stands_in_words_of_enough_owners() -> None:
    holders = {"zab": {1}, "yab": {1}, "xab": {1}, "cdw": {1}, "cdv": {2}, "cdu": {3}}
    joins = learn_pieces(holders, min_holders=3)
    assert joins == [("c", "d")]  # "ab" stands in as many words, all of one owner
    assert spelled("cdab", {("c", "d"): 0}) == ["cd", "a", "b" + END]


def vocabulary_of(texts: list[str], owners: list[int] | None = None, min_holders: int = 2) -> Vocabulary:
    numbers = np.arange(len(texts)) if owners is None else np.array(owners)
    return Vocabulary.fit([units_of(text) for text in texts], numbers, min_holders)


def text_of(units: list[Unit]) -> str:
    return "".join(" " * unit.spaced + unit.text for unit in units)


@pytest.mark.parametrize(
    "text", ["So (late) again!", "SO late", "late, so late", "so late\nagain", "#Fail so @user", "Again late(!)"]
)
def test_texts_of_common_words_come_back_letter_by_letter(text: str) -> None:
    every = ["So (late) again!", "SO late", "late, so late", "so late\nagain", "#Fail so @user", "Again late(!)"]
    vocabulary = vocabulary_of([*every, *every])
    back = vocabulary.units(vocabulary.encode(units_of(text)))
    assert text_of(back) == text.replace("@user", "<@>")


def test_a_word_of_one_owner_has_no_token_however_often_it_is_written() -> None:
    texts = ["hello world kowalczyk"] * 50 + ["hello world"] * 50
    vocabulary = vocabulary_of(texts, owners=[0] * 50 + list(range(1, 51)), min_holders=5)
    assert {token.text for token in vocabulary.tokens} >= {"hello", "world"}
    assert not any("kowal" in token.text for token in vocabulary.tokens)
    assert vocabulary.rare_share == 0.2


def test_the_state_survives_json() -> None:
    vocabulary = vocabulary_of(["so late", "so late!"] * 3)
    assert Vocabulary.from_state(vocabulary.state()) == vocabulary


def test_what_few_wrote_is_masked_where_it_stands_for_somebody() -> None:
    vocabulary = vocabulary_of(["seat 12 #late", "seat 12 #late", "seat 77 #Rare"])
    masked = [unit.text for unit in vocabulary.masked(units_of("Seat 12 77 #LATE #rare @ann"))]
    assert masked == ["Seat", "12", "<2 digits>", "#LATE", "<#>", "<@>"]
