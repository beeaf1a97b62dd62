"""Nats of a slot given the rest, against one full forward pass for each."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.leave_one_out import leave_one_out
from tests.made import generator_of, layout_of, path_layout


def slowly(generator: AnyOrderGenerator, row: list[int], slot: int) -> float:
    """From the generator's own logits, with the slot and the finer ones of its path hidden."""
    slots = generator.layout.slots
    given = [s != slot and slot not in slots[s].prefix for s in range(len(slots))]
    with torch.no_grad():
        logits = generator(torch.tensor([row]), torch.tensor([given]))
    for group, found in zip(generator.groups, logits, strict=True):
        if slot in group.slots:
            own = found[0, group.slots.index(slot), : slots[slot].size].double()
    follow = slots[slot].follow
    if follow is not None:
        allowed = int(follow[tuple(row[p] for p in slots[slot].prefix)])
        if allowed == 0:
            return 0.0
        own = own[:allowed]
    return float(own.logsumexp(0) - own[row[slot]])


def test_each_slot_is_asked_for_with_all_others_given() -> None:
    generator = generator_of(path_layout(), seed=2)
    rows = [[0, 0, 3], [1, 1, 0], [1, 1, 1], [0, 2, 2], [1, 2, 0]]
    found = leave_one_out(generator, np.array(rows))
    for row, nats in zip(rows, found, strict=True):
        assert nats.tolist() == pytest.approx([slowly(generator, row, slot) for slot in range(3)], abs=1e-5)
    assert found[0, 2] == 0  # an atom has no place inside a cell


def test_nats_of_all_tokens_are_those_of_a_law() -> None:
    generator = generator_of(layout_of([4, 3, 5]))
    rows = np.array([[t, 1, 2] for t in range(4)])
    assert np.exp(-leave_one_out(generator, rows)[:, 0]).sum() == pytest.approx(1, abs=1e-5)


def test_rows_may_be_many_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = generator_of(layout_of([4, 3]))
    rows = np.random.default_rng(0).integers(0, [4, 3], (50, 2)).astype(np.int16)
    whole = leave_one_out(generator, rows)
    monkeypatch.setattr("synthgen.nets.leave_one_out.ROWS", 7)
    assert leave_one_out(generator, rows) == pytest.approx(whole, abs=1e-5)
    assert leave_one_out(generator, rows[:0]).shape == (0, 2)
