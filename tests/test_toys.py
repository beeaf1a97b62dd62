"""The toys' judge by hand, and the loss that must find every mode of the ring; benchmarks/toys.md has them all."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from synthgen.losses.adversarial import LOSSES

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "toys.py"


@pytest.fixture(scope="module")
def toys() -> ModuleType:
    spec = importlib.util.spec_from_file_location("toys", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["toys"] = module
    spec.loader.exec_module(module)
    return module


def test_modes_and_good_samples_are_counted_as_by_hand(toys: ModuleType) -> None:
    toy = toys.Toy("pair", torch.tensor([[0.0, 0.0], [10.0, 0.0]]), spread=1.0)
    near, edge, off = [0.0, 2.9], [0.0, 3.1], [5.0, 0.0]
    # 16 samples, fair share 8, so a mode is found with two good ones.
    samples = torch.tensor([near] * 10 + [edge] * 2 + [off] * 2 + [[10.0, 1.0]] * 2)
    assert toys.judged(samples, toy) == (2, 12 / 16)
    samples[-1] = torch.tensor(off)
    assert toys.judged(samples, toy) == (1, 11 / 16)


def test_the_laws_own_samples_find_every_mode_and_are_good_as_often_as_known(toys: ModuleType) -> None:
    for toy, modes in ((toys.ring(), 8), (toys.grid(), 25)):
        found, good = toys.judged(toy.draw(20_000, torch.Generator().manual_seed(0)), toy)
        assert found == modes
        assert good == pytest.approx(1 - math.exp(-4.5), abs=0.003)  # Rayleigh's law; 4 standard errors


def test_every_loss_has_a_recipe(toys: ModuleType) -> None:
    assert set(LOSSES) < set(toys.RECIPES)


def test_relativistic_finds_all_modes_of_the_ring(toys: ModuleType) -> None:
    found, good = toys.judged(
        toys.trained(toys.ring(), toys.RECIPES["relativistic"] | {"max_steps": 400}, 0), toys.ring()
    )
    assert found == 8
    assert good > 0.35  # scattered evenly over the square: 0.19
