from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgen.metrics.statistics import auc_and_influence, standard_error
from synthgen.training.chance import auc_interval


def test_the_area_and_its_interval_are_those_of_the_metrics() -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0.4, 1, 300).round(1), rng.normal(0, 1, 200).round(1)  # with ties
    area, low, high = auc_interval(torch.from_numpy(real), torch.from_numpy(fake))
    wanted, influence = auc_and_influence(np.r_[real, fake], np.repeat([True, False], [300, 200]))
    assert area == pytest.approx(wanted, abs=1e-9)
    assert (high - low) / 2 == pytest.approx(1.96 * standard_error(influence), rel=0.01)


def test_scores_of_one_law_are_at_chance_in_about_19_of_20_cases() -> None:
    rng = torch.Generator().manual_seed(0)
    held = [auc_interval(torch.randn(200, generator=rng), torch.randn(200, generator=rng)) for _ in range(400)]
    inside = np.mean([low <= 0.5 <= high for _, low, high in held])
    assert inside == pytest.approx(0.95, abs=0.035)  # false alarm in about 1 of 700
