from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from synthgen.metrics.utility import task as module
from synthgen.metrics.utility.task import Task, read_task
from synthgen.metrics.view import View

TYPES = {"age": "numeric", "city": "categorical", "buys": "boolean"}
Tables = Callable[..., tuple[View, View, View]]
Draw = Callable[[int, int], dict[str, np.ndarray]]


def read(tables: tuple[View, View, View], most_rows: int = 1000, tested: bool = True) -> Task | str:
    return read_task(*tables, np.random.default_rng(0), most_rows=most_rows, most_classes=3, tested=tested)


@pytest.fixture
def task(views: Tables, draw: Draw) -> Task:
    found = read(views(TYPES, draw(200, 0), draw(100, 1), draw(150, 2), "buys"))
    assert isinstance(found, Task)
    return found


def test_the_most_frequent_class_has_number_zero(views: Tables, draw: Draw):
    train = draw(200, 0)
    train["buys"][:170] = "yes"
    found = read(views(TYPES, train, draw(100, 1), draw(150, 2), "buys"))
    assert isinstance(found, Task)
    assert np.array_equal(found.holdout.truth, (draw(100, 1)["buys"] == "no").astype(int))
    assert found.figure == "AUC"


def test_of_many_columns_the_telling_ones_remain(views: Tables, draw: Draw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_INPUTS", 3)
    noise = {f"noise{i}": "numeric" for i in range(20)}
    tables = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        tables.append(draw(300, seed) | {name: rng.normal(size=300) for name in noise})
    found = read(views(TYPES | noise, *tables, "buys"))
    assert isinstance(found, Task)
    assert "age" in found.inputs
    assert len(found.inputs) == 3
    assert found.screened == "; the 3 most telling of 22 columns"


def test_shuffled_columns_keep_their_values_and_lose_one_another(task: Task):
    shuffled = task.train.shuffled(np.random.default_rng(0))
    assert np.array_equal(np.sort(shuffled.truth), np.sort(task.train.truth))
    ages = shuffled.view.quantities["age"], task.train.view.quantities["age"]
    assert np.array_equal(*map(np.sort, ages))
    assert abs(np.corrcoef(ages[0], shuffled.truth)[0, 1]) < 0.3  # standard error 0.07: false alarm 1 in 50,000
    assert np.corrcoef(ages[1], task.train.truth)[0, 1] ** 2 > 0.2


def test_joined_rows_are_those_of_both(task: Task):
    both = task.train.joined(task.synthetic)
    assert both.view.n_rows == len(both.truth) == 350
    expected = np.concatenate([task.train.view.ordinal(["age", "city"]), task.synthetic.view.ordinal(["age", "city"])])
    assert np.array_equal(both.view.ordinal(["age", "city"]), expected)


def test_why_there_is_no_task_is_said(views: Tables, draw: Draw):
    none = views(TYPES, draw(200, 0), draw(0, 1), draw(150, 2), "buys")
    assert read(none) == "fewer than 50 training, held-out or synthetic rows have a target"
    assert isinstance(read(none, tested=False), Task)
    same = draw(100, 1)
    same["buys"][:] = "no"
    one = views(TYPES, draw(200, 0), same, draw(150, 2), "buys")
    assert read(one) == "the held-out rows have only one class of the target"
