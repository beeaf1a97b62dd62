"""The rule for a run on pictures, the figure that it is chosen by, and its cap in minutes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from synthgen.training import pictures as module
from synthgen.training.pictures import (
    RULE,
    PictureQuality,
    PictureRows,
    frechet,
    settings_for,
    train_pictures,
)
from synthgen.training.progress import Silent
from synthgen.training.settings import AdversarialSettings, ImageSettings
from tests.made import shapes

CPU = torch.device("cpu")


def rows(n: int = 400, seed: int = 0) -> PictureRows:
    pixels, names = shapes(n, seed=seed)
    which = torch.tensor([["bar", "disc", "frame"].index(name) for name in names])
    return PictureRows(torch.from_numpy(pixels[..., :1]).permute(0, 3, 1, 2), which, torch.eye(3))


def test_bytes_become_numbers_from_minus_one_to_one_beside_their_conditions() -> None:
    source = PictureRows(torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1), torch.tensor([1, 0]), torch.eye(2))
    pictures, conditions = source.at(torch.tensor([0, 1]))
    assert pictures.flatten().tolist() == [-1, 1]
    assert conditions is not None
    assert conditions.tolist() == [[0, 1], [1, 0]]
    assert source.condition_width == 2
    assert PictureRows(source.pixels_NKHW).condition_width == 0


def test_the_rule_gives_way_to_what_is_set() -> None:
    rule = settings_for(60_000, AdversarialSettings())
    assert {name: getattr(rule, name) for name in RULE} == RULE
    assert rule.max_steps > settings_for(200, AdversarialSettings()).max_steps
    other = settings_for(200, AdversarialSettings(loss="hinge", max_steps=32))
    assert (other.loss, other.max_steps, other.evaluate_every, other.penalty_every) == ("hinge", 32, 2, None)


def test_frechet_distance_of_normal_laws_as_by_hand() -> None:
    draws = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    turned = (
        draws
        * torch.tensor([3.0, 1.0], dtype=torch.float64)
        @ torch.tensor([[0.6, 0.8], [-0.8, 0.6]], dtype=torch.float64)
    )
    # One axis is three times as wide: (3 - 1)^2, and the means are 5 apart.
    assert frechet(draws, turned + torch.tensor([3.0, 4.0])) == pytest.approx(4 + 25, rel=0.02)
    assert frechet(draws, draws) == pytest.approx(0, abs=1e-9)


def test_the_figure_falls_from_real_pictures_to_wrong_labels_to_one_picture_to_noise() -> None:
    quality, fresh = PictureQuality(rows(1_000), seed=0), rows(3_000, seed=1)

    def of_label(conditions: Tensor | None) -> Tensor:
        assert conditions is not None
        assert fresh.which_N is not None
        chosen = [int(torch.nonzero(fresh.which_N == k)[i % 300]) for i, k in enumerate(conditions.argmax(1).tolist())]
        return fresh.at(torch.tensor(chosen))[0]

    real = quality.measure(lambda n, rng, c: of_label(c))
    swapped = quality.measure(lambda n, rng, c: of_label(None if c is None else c.roll(1, 1)))
    single = quality.measure(lambda n, rng, c: fresh.at(torch.zeros(n, dtype=torch.long))[0])
    noise = quality.measure(lambda n, rng, c: torch.randn(n, 1, 16, 16, generator=rng))
    assert real > 0.7 > 0.1 > swapped > 0
    assert real > 5 * single > 0
    assert 0 < noise < 0.02


def test_minutes_become_steps_once_and_the_run_says_that_it_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = AdversarialSettings(batch_rows=8, max_steps=1_000, evaluate_every=500)
    ticks = iter(float(i) for i in range(10_000))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(ticks))  # a second for each look at the clock
    run = train_pictures(rows(64), ImageSettings(channels=16), settings, 0, CPU, Silent(), minutes=0.5)
    assert run.training["steps"] == int((30 - 13) / 1.15)  # 13 seconds went into the timing
    assert run.training["cut"]


def test_a_run_that_is_stopped_keeps_what_it_has() -> None:
    settings, asked = AdversarialSettings(batch_rows=8, max_steps=50, evaluate_every=10), iter([False, False, True])
    run = train_pictures(rows(64), ImageSettings(channels=16), settings, 0, CPU, Silent(), stop=lambda: next(asked))
    assert run.interrupted
    assert run.training["steps"] == 3
    assert run.training["quality"] is None
