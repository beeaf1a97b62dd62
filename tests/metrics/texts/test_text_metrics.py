from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from synthgen.metrics.texts import TEXT_METRICS, TextMetric, TextView, compare_texts, longest_runs
from synthgen.metrics.texts.base import variation
from tests.texts.planted import chatter, grammar


def view(many: int, seed: int, first_owner: int = 0) -> TextView:
    texts, context, owners = grammar(many, seed)
    tagged = [f"{text} #{text.split()[1]}" for text in texts]
    return TextView(tagged, {"mood": context["mood"].to_numpy()}, list(owners + first_owner))


@pytest.fixture(scope="module")
def views() -> tuple[TextView, TextView, TextView]:
    return view(400, 0), view(400, 1, 1_000), view(400, 2)


def other_words(real: TextView) -> TextView:
    """The same labels on texts of other words, twice as long, without tags."""
    texts = [f"{text} and so we went there" for text in chatter(len(real.texts))]
    return TextView(texts, real.labels)


@pytest.mark.parametrize("metric", TEXT_METRICS, ids=lambda metric: metric.name)
def test_another_real_table_is_as_good_as_its_floor_and_a_strange_one_is_worse(
    metric: TextMetric, views: tuple[TextView, TextView, TextView]
) -> None:
    train, holdout, alike = views
    good = metric.compute(train, holdout, alike, np.random.default_rng(0))
    assert good.value is not None
    assert good.floor is not None
    assert good.value == pytest.approx(good.floor, abs=0.12)  # shares of some 400 texts: three standard errors
    copying = metric.name in ("text_copies", "text_runs")
    strange = TextView(chatter(400), train.labels) if copying else other_words(train)
    learned = TextView(chatter(400), train.labels) if copying else train
    bad = metric.compute(learned, holdout, strange, np.random.default_rng(0))
    assert bad.value is not None
    away = {"lower": bad.value - good.value, "higher": good.value - bad.value, "half": bad.value - 0.5}
    assert away[metric.direction] > 0.2


@pytest.mark.parametrize("metric", TEXT_METRICS, ids=lambda metric: metric.name)
def test_too_little_to_judge_is_no_error(metric: TextMetric) -> None:
    one = TextView(["so late"])
    found = metric.compute(one, one, one, np.random.default_rng(0))
    assert found.value is not None or found.reason


def test_every_metric_is_computed_and_seeds_decide() -> None:
    parts = view(150, 0), view(150, 1), view(150, 2)
    one, again = compare_texts(*parts, seed=0), compare_texts(*parts, seed=0)
    assert [found.value for found in one] == [found.value for found in again]
    assert len(one) == len(TEXT_METRICS) == len({found.name for found in one})


def test_total_variation_by_hand() -> None:
    assert variation(Counter("aabb"), Counter("abcc")) == 0.5
    assert variation(Counter("a"), Counter("b")) == 1


def test_the_longest_run_is_found_as_by_a_slow_second_way() -> None:
    train, made = TextView(chatter(60)), TextView([*chatter(20, seed=1), chatter(60)[3]])
    slow = []
    for text in made.texts:
        words, best = text.split(), 0
        for real in train.texts:
            for start in range(len(words)):
                for end in range(start + 1, len(words) + 1):
                    if f" {' '.join(words[start:end])} " in f" {real} ":
                        best = max(best, end - start)
        slow.append(best)
    assert longest_runs(train, made).tolist() == slow


def test_a_copy_is_one_of_fewer_than_five_users_whatever_its_marks() -> None:
    copies = next(metric for metric in TEXT_METRICS if metric.name == "text_copies")
    runs = next(metric for metric in TEXT_METRICS if metric.name == "text_runs")
    long = "we told the old bird to go by boat"
    for users, share in ((4, 0.5), (5, 0.0)):
        train = TextView([*[long] * 6, "so it is"], owners=[*[number % users for number in range(6)], 9])
        made = TextView([f"{long.upper()}!!", "a new one"])
        assert copies.compute(train, made, made, np.random.default_rng(0)).value == share
        assert runs.compute(train, made, made, np.random.default_rng(0)).value == share


def test_the_reader_of_a_planted_label_is_right_where_the_words_tell() -> None:
    label = next(metric for metric in TEXT_METRICS if metric.name == "text_label")
    found = label.compute(*(view(400, seed) for seed in range(3)), np.random.default_rng(0))
    # good: great .5, fine .3, late .2; bad: lost .5, late .3, awful .2: all but "late" tell, and late is bad in .6
    assert found.details["accuracy"]["real"] == pytest.approx(1 - 0.2 / 2, abs=0.05)  # standard error 0.015
    assert found.details["accuracy"]["majority"] == pytest.approx(0.5, abs=0.08)
