"""Private gradients: beside a slow loop over rows, bounds that must hold, and the law of the noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import chi2
from torch import Tensor, nn

from synthgen.dp.noise import Noise
from synthgen.dp.sgd import RowGradients, UnitSample, noised
from synthgen.nets.any_order import Residual

ROWS = 7


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.SiLU(), Residual(6), nn.LayerNorm(6), nn.Linear(6, 1))


def rows_of(scale: float = 1.0) -> Tensor:
    return torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(1)) * scale


def alone(module: nn.Module, row: Tensor) -> Tensor:
    """The gradient of one row's loss, by a backward pass of its own."""
    loss = module(row[None]).square().sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(module.parameters()))])


def clipped_loop(module: nn.Module, rows: Tensor, clip: float) -> Tensor:
    gradients = [alone(module, row) for row in rows]
    return torch.stack([g * min(1.0, clip / float(g.norm())) for g in gradients]).sum(0)


def engine_sum(module: nn.Module, rows: Tensor, clip: float, micro_rows: int = 1024) -> Tensor:
    probe = torch.zeros(1)
    engine = RowGradients(module, clip, probe, micro_rows)
    total = engine.sum(len(rows), lambda part: module(rows[part] + probe).square().sum(1))
    engine.close()
    return total


@pytest.mark.parametrize("clip", [0.05, 1.0, 1e6])
def test_the_sum_is_that_of_a_slow_loop_over_rows(clip: float) -> None:
    module, rows = network(), rows_of()
    torch.testing.assert_close(engine_sum(module, rows, clip), clipped_loop(module, rows, clip), rtol=3e-4, atol=1e-5)


def test_micro_batches_change_nothing() -> None:
    module, rows = network(), rows_of()
    whole = engine_sum(module, rows, 0.5)
    for micro in (1, 3):
        torch.testing.assert_close(engine_sum(module, rows, 0.5, micro), whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("clip", [1e-3, 1.0])
def test_no_row_moves_the_sum_by_more_than_the_bound(scale: float, clip: float) -> None:
    module, rows = network(), rows_of(scale)
    for left_out in range(ROWS):
        kept = torch.cat([rows[:left_out], rows[left_out + 1 :]])
        moved = engine_sum(module, rows, clip).double() - engine_sum(module, kept, clip).double()
        assert float(engine_sum(module, rows[left_out : left_out + 1], clip).double().norm()) <= clip
        assert float(moved.norm()) <= clip * (1 + 1e-5)  # a difference of two sums in single precision


def test_no_row_gives_zeros() -> None:
    module = network()
    assert not engine_sum(module, rows_of()[:0], 1.0).any()


def test_batch_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="batch norm, which mixes rows"):
        RowGradients(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), 1.0, torch.zeros(1))


def test_noise_has_the_stated_law() -> None:
    total, multiplier, clip = torch.full((40_000,), 3.0), 1.7, 0.2
    noise = noised(total, multiplier, clip, Noise(seed=0)).double().numpy() - 3.0
    squares = float((noise**2).sum()) / (multiplier * clip) ** 2
    low, high = chi2.ppf([5e-5, 1 - 5e-5], len(noise))  # one false alarm in 10,000 seeds
    assert low < squares < high
    assert abs(noise.mean()) < 3.9 * multiplier * clip / 200


def test_noise_has_no_seed_of_its_own() -> None:
    total = torch.zeros(5)
    assert torch.equal(noised(total, 1.0, 1.0, Noise(seed=3)), noised(total, 1.0, 1.0, Noise(seed=3)))
    assert not torch.equal(noised(total, 1.0, 1.0, Noise()), noised(total, 1.0, 1.0, Noise()))


def test_a_unit_with_many_rows_counts_once_and_each_of_its_rows_is_as_likely() -> None:
    units = UnitSample(10, np.array(["a"] * 4 + ["b", "c", "c", "d", "a", "e"]))
    noise, rate, draws = Noise(seed=0), 0.4, 4000
    drawn = [units.draw(rate, noise).numpy() for _ in range(draws)]
    whose = np.array([0, 0, 0, 0, 1, 2, 2, 3, 0, 4])
    assert all(len(set(whose[rows])) == len(rows) for rows in drawn)
    counts = np.bincount(np.concatenate(drawn), minlength=10)
    expected = draws * rate / np.bincount(whose)[whose]
    # 10 counts, each within 4.4 standard deviations: at most one false alarm in 10,000 seeds
    assert (np.abs(counts - expected) < 4.4 * np.sqrt(expected)).all()


def test_rows_are_drawn_independently() -> None:
    units, noise, rate, draws = UnitSample(50), Noise(seed=1), 0.3, 4000
    sizes = np.array([len(units.draw(rate, noise)) for _ in range(draws)])
    assert abs(sizes.mean() - 15) < 4 * np.sqrt(50 * 0.21 / draws)
    low, high = chi2.ppf([5e-5, 1 - 5e-5], draws - 1)  # one false alarm in 10,000 seeds
    assert low < ((sizes - sizes.mean()) ** 2).sum() / (50 * 0.21) < high


def test_a_sample_may_be_empty() -> None:
    assert len(UnitSample(5, np.array([1, 1, 2, 2, 3])).draw(0.0, Noise(seed=0))) == 0
