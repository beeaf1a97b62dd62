"""Columns as tokens: cells between quantiles, frequent labels, a token for what is missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.metrics import tokens
from synthgen.metrics.tokens import Tokens
from synthgen.metrics.view import View

Tables = Callable[..., tuple[View, View, View]]


def test_a_value_that_spans_a_cell_has_a_token_of_its_own(views: Tables):
    cells = np.r_[np.zeros(50), np.arange(1, 51)]
    train, _, made = views({"n": "numeric"}, {"n": cells}, {"n": cells}, {"n": np.array([-5.0, 0.0, 0.001, 1e9])})
    learned = Tokens.learn(train, ["n"])
    below, zero, beyond, last = learned.matrix(made)[:, 0]
    assert below == 0
    assert zero == 1
    assert beyond == 2
    assert last == learned.layout.slots[0].size - 2
    assert (learned.matrix(train)[:, 0] == 1).sum() == 50


def test_places_rise_and_missing_cells_have_none(views: Tables):
    cells = np.r_[np.arange(100.0), np.nan]
    train, _, made = views({"n": "numeric"}, {"n": cells}, {"n": cells}, {"n": cells})
    slot = Tokens.learn(train, ["n"]).layout.slots[0]
    assert np.isnan(slot.places[slot.missing])
    assert (np.diff(slot.places[:-1]) >= 0).all()
    assert Tokens.learn(train, ["n"]).matrix(made)[-1, 0] == slot.missing


def test_rare_labels_share_a_token(views: Tables, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_LABELS", 2)
    monkeypatch.setattr(tokens, "FEWEST_BINS", 2)
    cells = np.array(["a"] * 5 + ["b"] * 4 + ["c"] * 2 + ["d"])
    train, _, made = views({"x": "categorical"}, {"x": cells}, {"x": cells}, {"x": np.array(["d", "c", "a", "b"])})
    assert Tokens.learn(train, ["x"]).matrix(made)[:, 0].tolist() == [2, 2, 0, 1]


def test_wide_tables_get_fewer_tokens_of_each_column(views: Tables):
    rng = np.random.default_rng(0)
    kinds = {f"n{i}": "numeric" for i in range(400)}
    table = {name: rng.normal(size=300) for name in kinds}
    layout = Tokens.learn(views(kinds, table, table, table)[0], list(kinds)).layout
    assert sum(layout.sizes) < 1.1 * tokens.MOST_TOKENS
