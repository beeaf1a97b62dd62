"""The networks of CTGAN do what its paper says."""

from __future__ import annotations

import math

import pytest
import torch

from synthgen.nets.ctgan import CtganCritic, CtganGenerator, Spans


def generator_of() -> CtganGenerator:
    torch.manual_seed(0)
    spans = Spans([2, 9, 3])
    asked = torch.cat([spans.first_N[0] + torch.arange(2), spans.first_N[2] + torch.arange(3)])
    return CtganGenerator(spans, numbers=2, noise_width=4, asked_K=asked)


def test_spans_are_chances_and_places_lie_between_minus_one_and_one() -> None:
    generator = generator_of()
    entries = generator(torch.randn(50, 4), torch.zeros(50, 5))
    spans, places = entries.split([generator.spans.width, 2], 1)
    assert bool((places.abs() <= 1).all())
    assert torch.allclose(spans.sum(1), torch.full((50,), 3.0))
    for first, size in zip(generator.spans.first_N.tolist(), generator.spans.sizes, strict=True):
        assert torch.allclose(spans[:, first : first + size].sum(1), torch.ones(50), atol=1e-5)


def test_rows_as_zeros_and_ones_and_back() -> None:
    spans = Spans([2, 9, 3])
    tokens = torch.tensor([[1, 8, 0], [0, 3, 2]])
    assert torch.equal(spans.tokens(spans.hot(tokens)), tokens)


def test_what_was_missed_is_the_cross_entropy_of_the_asked_column_alone() -> None:
    generator = generator_of()
    with torch.no_grad():
        generator.out.weight.zero_()
        generator.out.bias.zero_()
        generator.out.bias[generator.spans.first_N[2] + 1] = math.log(2)  # chances 1/4, 1/2, 1/4
    asked = torch.zeros(4, 5)
    asked[:, 3] = 1  # the second value of the third span
    generator(torch.randn(4, 4), asked)
    assert generator.missed.item() == pytest.approx(math.log(2))
    asked = torch.zeros(4, 5)
    asked[:, 0] = 1
    generator(torch.randn(4, 4), asked)
    assert generator.missed.item() == pytest.approx(math.log(2))  # of two values, as likely


def test_a_generator_of_the_papers_size() -> None:
    generator = generator_of()
    assert [tuple(p.shape) for name, p in generator.named_parameters() if name.endswith("linear.weight")] == [
        (256, 9),
        (256, 9 + 256),
    ]
    assert generator.out.weight.shape[1] == 9 + 2 * 256
    assert CtganCritic(70)(torch.randn(6, 60), torch.randn(6, 10)).shape == (6, 1)
