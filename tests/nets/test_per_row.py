"""Layers that know the lengths of their rows' gradients, beside one backward pass for each row."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from synthgen.layout import Layout, RowSlot
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.one_shot import NOT_GIVEN, OneShotCritic
from synthgen.nets.per_row import PerRow, PerRowCritic

VIEWS = [[0, 0, 1, 2], [None, 0, 1, 2], [None, None, 0], [2]]


def layout_with_places() -> Layout:
    """Two ordered numbers of two levels and a category, the last one the target."""
    places, none = np.array([0.1, 0.4, 0.8, np.nan]), np.full(3, np.nan)
    many = np.array([900.0, 300.0, 20.0, 4.0])
    ordered = [
        slot
        for c in range(2)
        for slot in (
            RowSlot(c, f"n{c}:coarse", 0, 4, places, many, missing=3),
            RowSlot(c, f"n{c}:fine", 1, 3, none, np.ones(3), (2 * c,), np.array([2, 0, 2, 0]), none=2),
        )
    ]
    never = np.array([5.0, 0.0, 7.0])
    return Layout(
        (*ordered, RowSlot(2, "kind", 0, 3, none, never), RowSlot(3, "goal", 0, 2, none[:2], np.ones(2))), (5,)
    )


def generator_with_places(scale: float = 0.7) -> AnyOrderGenerator:
    torch.manual_seed(0)
    generator = AnyOrderGenerator(layout_with_places(), 8, 2, waves=2)
    with torch.no_grad():
        for weights in generator.parameters():
            weights.add_(scale * torch.randn_like(weights))
    return generator


def rows_of(n: int = 5, seed: int = 1) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    sizes = layout_with_places().sizes
    return torch.stack([torch.randint(size, (n,), generator=rng) for size in sizes], 1)


@pytest.mark.parametrize("views", VIEWS, ids=str)
def test_logits_are_those_of_the_generator(views: list[int | None]) -> None:
    generator, tokens_BS = generator_with_places(), rows_of()
    given_BKS = torch.rand(5, len(views), 6, generator=torch.Generator().manual_seed(2)) < 0.5
    view = PerRow(generator, views)
    flat_BX = view(tokens_BS, given_BKS)
    for groups, asked, logits_BKT in view.heads.stages(flat_BX):
        for place, k in enumerate(asked):
            whole = dict(zip([g.start for g in generator.groups], generator(tokens_BS, given_BKS[:, k]), strict=True))
            expected = torch.cat([whole[g.start].flatten(1) for g in groups], 1)
            torch.testing.assert_close(logits_BKT[:, place], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("views", VIEWS, ids=str)
@pytest.mark.parametrize("part", ["given", "heads"])
def test_lengths_and_gradients_are_those_of_a_backward_pass_per_row(views: list[int | None], part: str) -> None:
    generator, tokens_BS = generator_with_places(), rows_of()
    rng = torch.Generator().manual_seed(3)
    view = PerRow(generator, views)
    entries = torch.where(
        torch.rand(5, len(views), 6, generator=rng) < 0.5, (tokens_BS + generator.first)[:, None], generator.unknown
    )
    layer = view.given if part == "given" else view.heads
    inputs = (entries, view.probe) if part == "given" else (torch.randn(5, len(views), 8, generator=rng),)
    out = layer(*inputs)
    slopes = torch.randn(out.shape, generator=rng)
    lengths, gradients = layer.row_lengths(list(inputs), slopes), layer.row_gradients(list(inputs), slopes)
    for b in range(5):
        alone = layer(*(x[b : b + 1] if len(x) == 5 else x for x in inputs))
        parameters = list(layer.parameters())
        slow = torch.autograd.grad((alone * slopes[b : b + 1]).sum(), parameters)
        for weights, gradient in zip(parameters, slow, strict=True):
            torch.testing.assert_close(gradients[weights][b], gradient, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(lengths[weights][b], gradient.norm(), rtol=1e-4, atol=1e-4)


def test_a_row_without_ordered_columns_has_lengths_too() -> None:
    none = np.full(3, np.nan)
    layout = Layout(tuple(RowSlot(c, f"c{c}", 0, 3, none, np.ones(3)) for c in range(2)))
    view = PerRow(AnyOrderGenerator(layout, 8, 1), [0])
    entries, h = torch.zeros(2, 1, 2, dtype=torch.long), torch.ones(2, 1, 8)
    assert view.given.row_lengths([entries], h)[view.given.mix].tolist() == [0.0, 0.0]
    assert view.heads.row_lengths([h], torch.ones_like(view.heads(h)))[view.heads.mix].tolist() == [0.0, 0.0]


def test_a_critics_scores_lengths_and_gradients_are_those_of_a_pass_per_row() -> None:
    torch.manual_seed(0)
    critic = OneShotCritic(layout_with_places(), 8, 2, waves=2)
    first = torch.tensor(layout_with_places().sizes).cumsum(0) - torch.tensor(layout_with_places().sizes)
    hot = [torch.zeros(5, critic.core.n_tokens).scatter_(1, rows_of(seed=s) + first, 1.0) for s in (1, 2)]
    given = [torch.full((5, 6), NOT_GIVEN).index_fill_(1, torch.tensor([s]), 0) for s in (0, 4)]
    view = PerRowCritic(critic)
    scores_B2 = view(torch.stack(hot, 1), torch.stack(given, 1))
    for k in range(2):
        torch.testing.assert_close(scores_B2[:, k], critic(hot[k], given[k]), rtol=1e-4, atol=1e-5)
    layer = view.inputs
    inputs = [torch.stack(hot, 1), (torch.stack(given, 1) != NOT_GIVEN).float(), view.probe]
    slopes = torch.randn(5, 2, 8)
    lengths, gradients = layer.row_lengths(inputs, slopes), layer.row_gradients(inputs, slopes)
    for b in range(5):
        alone = layer(inputs[0][b : b + 1], inputs[1][b : b + 1], view.probe)
        slow = torch.autograd.grad((alone * slopes[b : b + 1]).sum(), list(layer.parameters()))
        for weights, gradient in zip(layer.parameters(), slow, strict=True):
            torch.testing.assert_close(gradients[weights][b], gradient, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(lengths[weights][b], gradient.norm(), rtol=1e-4, atol=1e-4)
