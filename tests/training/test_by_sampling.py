"""What is asked for while learning and while generating, and which rows answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgen.nets.ctgan import Spans
from synthgen.nets.one_shot import NOT_GIVEN
from synthgen.training.by_sampling import Asking, BySampling
from synthgen.training.conditional import TokenRows
from tests.made import layout_of

RNG = torch.Generator
TOKENS = torch.cat([torch.tensor([0] * 90 + [1] * 10)[:, None], torch.arange(100)[:, None] % 4], 1)


def test_conditions_of_real_rows_have_their_true_frequencies_and_are_of_the_row() -> None:
    source = TokenRows(TOKENS, layout_of([2, 4]))
    rows, given = source.draw(20_000, RNG().manual_seed(0))
    asked = given != NOT_GIVEN
    assert bool((asked.sum(1) == 1).all())
    assert float(asked[:, 0].float().mean()) == pytest.approx(0.5, abs=0.015)  # four standard errors
    of_first = given[asked[:, 0], 0]
    assert float((of_first == 1).float().mean()) == pytest.approx(0.1, abs=0.012)
    place = given.clamp(min=0) + source.first_S
    assert bool((rows.gather(1, place)[asked] == 1).all())


def test_values_are_asked_for_by_the_logarithm_while_learning_and_by_their_share_while_generating() -> None:
    spans = Spans([2, 3])
    counts = [torch.tensor([90, 10]), torch.tensor([50, 0, 50])]
    asking, rng = Asking(spans, counts), RNG().manual_seed(0)
    even, true = ([int(t) for t in asking.draw(20_000, rng, true=t)] for t in (False, True))
    first = int(spans.first_N[0])
    share = np.log1p(10) / (np.log1p(10) + np.log1p(90))
    assert np.mean(np.equal(even, first + 1)) == pytest.approx(share / 2, abs=0.012)
    assert np.mean(np.equal(true, first + 1)) == pytest.approx(0.05, abs=0.007)
    assert int(spans.first_N[1]) + 1 not in even + true


def test_rows_have_what_was_asked_for() -> None:
    spans = Spans([2, 4])
    source = BySampling(TOKENS.float(), TOKENS, spans)
    rows, vectors = source.draw(5_000, RNG().manual_seed(0))
    assert torch.equal(vectors.sum(1), torch.ones(5_000))
    asked = vectors.argmax(1)
    for column, (first, size) in enumerate(zip(spans.first_N.tolist(), spans.sizes, strict=True)):
        here = (asked >= first) & (asked < first + size)
        assert bool(here.any())
        assert torch.equal(rows[here, column].long(), asked[here] - first)
    rare = rows[(asked == int(spans.first_N[0]) + 1)]
    assert len(rare.unique(dim=0)) == 4  # not one row again and again
