"""Networks of pictures: shapes of any size, and a condition that reaches every picture."""

from __future__ import annotations

import pytest
import torch

from synthgen.nets.pictures import PictureCritic, PictureGenerator, doublings

SHAPES = [(1, 28, 28), (3, 16, 24), (3, 9, 31), (1, 8, 8), (3, 64, 40)]


@pytest.mark.parametrize("shape", SHAPES)
def test_any_size_comes_out_and_goes_in(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    generator, critic = PictureGenerator(shape, 8, 3, 16), PictureCritic(shape, 3, 16, packing=2)
    pictures = generator(torch.randn(4, 8), torch.eye(3)[[0, 1, 2, 0]])
    assert pictures.shape == (4, *shape)
    assert pictures.abs().max() <= 1
    packs = pictures.reshape(2, 2 * shape[0], *shape[1:])
    assert critic(packs, torch.eye(3)[[0, 1, 2, 0]].reshape(2, 6)).shape == (2,)
    assert min(shape[1:]) / 2 ** doublings(*shape[1:]) >= 4


def test_the_condition_moves_picture_and_score_of_that_row_alone() -> None:
    torch.manual_seed(0)
    generator, critic = PictureGenerator((1, 16, 16), 8, 2, 16), PictureCritic((1, 16, 16), 2, 16)
    noise, one, other = torch.randn(2, 8), torch.eye(2)[[0, 0]], torch.eye(2)[[0, 1]]
    before, after = generator(noise, one), generator(noise, other)
    torch.testing.assert_close(before[0], after[0])
    assert (before[1] - after[1]).abs().max() > 0.01
    scores = critic(before, one) - critic(before, other)
    assert scores[0] == 0
    assert scores[1] != 0


def test_without_a_condition_noise_alone_decides() -> None:
    torch.manual_seed(0)
    generator, critic = PictureGenerator((1, 16, 16), 8, 0, 16), PictureCritic((1, 16, 16), 0, 16)
    pictures = generator(torch.randn(2, 8))
    assert critic(pictures).shape == (2,)
    assert (pictures[0] - pictures[1]).abs().max() > 0.01
