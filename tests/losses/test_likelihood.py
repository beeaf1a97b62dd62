from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from synthgen.layout import Layout
from synthgen.losses.likelihood import CONTEXT_SHARE, Masks, Segment, masked_nll
from synthgen.nets.any_order import AnyOrderGenerator
from tests.made import generator_of, layout_of, path_layout

CPU = torch.device("cpu")


def log_chance(generator: AnyOrderGenerator, tokens_S: torch.Tensor, given: list[int], slot: int) -> float:
    """Log probability of one slot's token, the slow way."""
    given_1S = torch.zeros(1, len(tokens_S), dtype=torch.bool)
    given_1S[0, given] = True
    for group, logits in zip(generator.groups, generator(tokens_S[None], given_1S), strict=True):
        if slot in group.slots:
            return float(logits[0, group.slots.index(slot)].detach().log_softmax(0)[tokens_S[slot]])
    raise AssertionError(slot)


def exact_nll(generator: AnyOrderGenerator, layout: Layout, tokens_S: torch.Tensor) -> float:
    """The mean over every order that a roll-out could take."""
    orders = [
        list(itertools.chain(*parts))
        for parts in itertools.product(*(list(itertools.permutations(stage)) for stage in layout.stages))
    ]
    totals = []
    for order in orders:
        plain = [s for s in order if layout.slots[s].none != int(tokens_S[s])]
        totals.append(-sum(log_chance(generator, tokens_S, order[: order.index(s)], s) for s in plain))
    return float(np.mean(totals))


@pytest.mark.parametrize(
    ("layout", "row"),
    [
        (layout_of([2, 3, 4]), [1, 2, 0]),
        (layout_of([2, 3, 4], target=(1,)), [0, 1, 3]),
        (path_layout(), [1, 2, 1]),
        (path_layout(), [0, 0, 3]),
    ],
)
def test_the_masked_loss_is_the_likelihood_of_a_roll_out_on_average(layout: Layout, row: list[int]) -> None:
    generator, tokens_S = generator_of(layout), torch.tensor(row)
    wanted = exact_nll(generator, layout, tokens_S)
    rng, masks = torch.Generator().manual_seed(1), Masks(layout, CPU)
    batch_BS = tokens_S.expand(60, -1)
    with torch.no_grad():
        draws = np.array([float(masked_nll(generator, batch_BS, masks, rng)) for _ in range(400)])
    error = draws.std() / np.sqrt(len(draws))
    assert abs(draws.mean() - wanted) < 4 * error  # false alarm in 1 of 16,000


def test_all_rows_are_used_and_weights_add_up_to_one_row_each() -> None:
    layout = layout_of([2, 3, 4, 5], target=(3,))
    masks, rng = Masks(layout, CPU, any_share=0.15, task_share=0.1), torch.Generator().manual_seed(0)
    tokens_BS = torch.zeros(200, 4, dtype=torch.long)
    segments = masks.segments(200)
    given_BS, weight_BS = masks.draw(tokens_BS, segments, rng)
    assert (segments[0].start, segments[-1].stop) == (0, 200)
    assert bool((weight_BS.sum(1) > 0).all())
    assert float(weight_BS.sum()) == pytest.approx(4.0, rel=1e-5)
    assert not bool((given_BS & (weight_BS > 0)).any())


def test_any_subset_never_gives_a_fine_token_without_its_coarse_one() -> None:
    layout = path_layout()
    masks, rng = Masks(layout, CPU, any_share=1.0), torch.Generator().manual_seed(0)
    tokens_BS = torch.tensor([[1, 2, 1]]).expand(500, -1)
    given_BS, weight_BS = masks.draw(tokens_BS, [masks.segments(500)[0]], rng)
    assert not bool((given_BS[:, 2] & ~given_BS[:, 1]).any())
    assert not bool((weight_BS[:, 2].gt(0) & ~given_BS[:, 1]).any())


def test_a_missing_cell_is_one_of_which_nothing_is_known_where_any_subset_is_given() -> None:
    layout = layout_of([3, 3, 3], missing=(1, 2))
    masks, rng = Masks(layout, CPU, any_share=0.5), torch.Generator().manual_seed(0)
    tokens_BS = torch.randint(0, 3, (400, 3), generator=torch.Generator().manual_seed(1))
    segments = masks.segments(400)
    given_BS, weight_BS = masks.draw(tokens_BS, segments, rng)
    missing_BS = (tokens_BS == 2) & torch.tensor([False, True, True])
    assert bool(missing_BS[:200].any())
    assert not bool((missing_BS & (given_BS | (weight_BS > 0)))[:200].any())
    assert bool((missing_BS & given_BS)[200:].any())
    assert bool((missing_BS & (weight_BS > 0))[200:].any())


def test_most_rows_are_given_the_whole_context_and_asked_for_the_rest() -> None:
    """Layout: a context path of two slots, then one of our own. False-alarm rate: 4 standard errors, 1 in 16,000."""
    layout = replace(path_layout(), context=(1, 2))
    masks, rng = Masks(layout, CPU), torch.Generator().manual_seed(0)
    tokens_BS, segments = torch.tensor([[1, 2, 1]]).expand(4_000, -1), masks.segments(4_000)
    given_BS, weight_BS = masks.draw(tokens_BS, segments, rng)
    coarse = slice(segments[0].start, segments[0].stop)
    told_B = given_BS[coarse][:, [1, 2]].all(1)
    n = segments[0].stop - segments[0].start
    assert abs(told_B.float().mean() - CONTEXT_SHARE) < 4 * (CONTEXT_SHARE * (1 - CONTEXT_SHARE) / n) ** 0.5
    assert bool((weight_BS[coarse][told_B, 0] > 0).all())
    assert not bool((given_BS & (weight_BS > 0)).any())
    assert bool((weight_BS[coarse][~told_B][:, 1] > 0).any())


def test_what_is_learned_from_any_subset_leaves_the_chance_of_missing_cells_alone() -> None:
    """The softmax there is over what a cell can hold: no gradient reaches the missing token, whatever the row."""
    layout = layout_of([3, 3], missing=(0, 1))
    generator, masks = generator_of(layout), Masks(layout, CPU, any_share=1.0)
    tokens_BS = torch.randint(0, 3, (64, 2), generator=torch.Generator().manual_seed(1))
    masks.segments = lambda n_rows: [Segment(None, 0, n_rows, 2 / n_rows)]  # type: ignore[method-assign]
    masked_nll(generator, tokens_BS, masks, torch.Generator().manual_seed(0)).backward()
    assert generator.bias.grad is not None
    grad_V, missing = generator.bias.grad, generator.first + 2
    assert grad_V[missing].abs().max() < 1e-12
    assert grad_V.abs().max() > 1e-3
