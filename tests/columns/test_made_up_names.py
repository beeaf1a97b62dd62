from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from faker.providers.person.el_GR import Provider as Greek
from faker.providers.person.en_US import Provider as English
from faker.providers.person.fr_FR import Provider as French
from faker.providers.person.ru_RU import Provider as Russian

from synthgen.columns.made_up_names import NameMaker, name_signs

FIRSTS = sorted(name for name in English.first_names if name.isalpha())
LASTS = sorted(English.last_names)
PLAIN = [(FIRSTS[i % 400], LASTS[i % 470]) for i in range(2_000)]


def fit(names: list[str]) -> NameMaker:
    return NameMaker.fit(pa.array(names).unique(), np.random.default_rng(0))


def words(names: list[str]) -> set[str]:
    return {word for name in names for word in re.findall(r"[^\W\d_]+", name.lower())}


@pytest.mark.parametrize(
    ("dress", "pattern"),
    [
        ("{first} {last}", r"[A-Z][a-z]+ [A-Z]\w+"),
        ("{last}, {first}", r"[A-Z]\w+, [A-Z][a-z]+"),
        ("{last}, {first} Q.", r"[A-Z]\w+, [A-Z][a-z]+ [A-Z]\."),
        ("{first} Q {last}", r"[A-Z][a-z]+ [A-Z] [A-Z]\w+"),
        ("{initial}. {last}", r"[A-Z]\. [A-Z]\w+"),
        ("{first} Anna {last}", r"[A-Z][a-z]+ [A-Z][a-z]+ [A-Z]\w+"),
        ("{LAST}, {FIRST}", r"[A-Z]+, [A-Z]+"),
        ("{lower}", r"[a-z]+ [a-z]+"),
        ("{last}", r"[A-Z][a-z]+"),
    ],
)
def test_names_keep_order_initials_and_capitals(dress, pattern):
    real = [
        dress.format(
            first=first,
            last=last,
            initial=first[0],
            FIRST=first.upper(),
            LAST=last.upper(),
            lower=f"{first} {last}".lower(),
        )
        for first, last in PLAIN
    ]
    made = fit(real).make(np.arange(150)).to_pylist()
    assert all(re.fullmatch(pattern, name) for name in made)


@pytest.mark.parametrize("provider", [English, French, Russian, Greek])
def test_no_made_up_name_has_a_last_name_of_a_real_one(provider):
    real = [f"{list(provider.first_names)[i % 97]} {last}" for i, last in enumerate(list(provider.last_names)[::2])]
    maker = fit(real)
    taken = words(real)
    assert all(last.lower() not in taken for last in maker.lasts)
    assert not set(maker.make(np.arange(20_000)).to_pylist()) & set(real)


def test_where_all_listed_names_are_real_others_are_coined():
    endings = ["", "son", "man", "ley", "ton", "berg", "field", "well", "ford"]
    maker = fit([f"Ann {last}{ending}" for last in LASTS for ending in endings[:1]])
    assert len(maker.lasts) == 200
    assert not {last.lower() for last in maker.lasts} & {last.lower() for last in LASTS}
    marked = fit([f"Ann {last}{ending}" for last in LASTS for ending in endings])
    assert len(marked.lasts) == 200
    assert not words(marked.lasts) & {f"{last}{ending}".lower() for last in LASTS for ending in endings}


@pytest.mark.parametrize("dress", ["{} {}", "{} K. {}", "{} Anna {}"])
def test_full_names_are_all_different_and_come_in_any_order(dress):
    maker = fit([dress.format(*each) for each in PLAIN])
    pairs = len(maker.firsts) * len(maker.lasts)
    numbers = np.concatenate([np.arange(200_000), pairs * 40 + np.arange(1_000), pairs * 900 + np.arange(1_000)])
    made = maker.make(numbers)
    assert len(made.unique()) == len(numbers)
    assert maker.make(numbers[150_000:150_003]).equals(made[150_000:150_003])


def test_single_names_are_all_different():
    made = fit(LASTS[::2]).make(np.arange(100_000))
    assert len(made.unique()) == 100_000


def test_the_state_is_small_and_holds_no_real_value():
    real = [f"{first} {last}" for first, last in PLAIN] + ["Aaron", "Zachary", "Smith"]
    maker = fit(real)
    state = json.dumps(maker.state())
    assert len(state) < 20_000
    assert not set(real) & {*maker.firsts, *maker.lasts}
    again = NameMaker.from_state(json.loads(state))
    assert again.make(np.arange(500)).equals(maker.make(np.arange(500)))


def test_the_lists_are_not_read_to_make_names_nor_to_import():
    code = (
        "import sys, numpy; from synthgen.columns.made_up_names import NameMaker;"
        "print(NameMaker(('Ann', 'Bob'), ('Lee', 'Poe'), 3).make(numpy.arange(2))); assert 'faker' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("texts", "known"),
    [
        (["Иван Петров", "Анна Смирнова"], 1.0),
        (["Élodie Martin", "van der Berg, Anna"], 1.0),
        (["J. Smith", "Lee, R. K."], 1.0),
        (["New York", "Los Angeles", "Baden-Baden"], 0.0),
        (["Smith and Sons", "Anna of Green Gables"], 0.0),
    ],
)
def test_known_first_names_speak_for_people(texts, known):
    assert name_signs(pa.array(texts)).known == known
