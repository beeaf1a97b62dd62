from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import nn

from synthgen.nets.initialisation import INITIALISATIONS, initialise
from synthgen.training.settings import AdversarialSettings

SPREAD = {  # standard deviation of the weights of a layer from 400 to 100 numbers
    "normal": 0.02,
    "xavier": (2 / 500) ** 0.5,
    "orthogonal": 0.05,  # rows of length 1
    "kaiming": (2 / (1 + 0.2**2) / 400) ** 0.5,
}


def test_the_settings_name_every_initialisation() -> None:
    annotation = AdversarialSettings.model_fields["initialisation"].annotation
    names = [name for choice in get_args(annotation) for name in get_args(choice)]
    assert names == list(INITIALISATIONS) == list(SPREAD)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_weights_have_the_spread_that_the_name_says_and_come_from_the_generator(name: str) -> None:
    layers = [nn.Sequential(nn.Linear(400, 100), nn.Conv2d(2, 3, 3), nn.LayerNorm(3)) for _ in range(3)]
    for layer, seed in zip(layers, (0, 0, 1), strict=True):
        initialise(layer, name, torch.Generator().manual_seed(seed))
    weights = [layer.get_parameter("0.weight").detach() for layer in layers]
    assert float(weights[0].std()) == pytest.approx(SPREAD[name], rel=0.03)  # 40,000 weights: 8 standard errors
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not layers[0].get_parameter("0.bias").any()
    assert torch.equal(layers[0].get_parameter("2.weight"), torch.ones(3))  # no layer of weights: left alone
