"""Which of the over-drawn rows are kept."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import chisquare
from torch import Tensor

from synthgen.nets.guide import MOST_SCORE, Guide, chosen
from synthgen.training.guiding import critic_of, judge, tilt_of
from tests.made import layout_of


class Asked:
    """A critic that likes rows whose two columns agree, and token 0 of the first."""

    n_tokens = 4
    embed = torch.zeros(1)
    first = torch.tensor([0, 2])

    def eval(self) -> Asked:
        return self

    def __call__(self, tokens_BS: Tensor) -> Tensor:
        return 2.0 * (tokens_BS[:, 0] == tokens_BS[:, 1]) + 1.0 * (tokens_BS[:, 0] == 0)


def test_one_row_is_kept_with_the_chance_of_its_weight() -> None:
    scores, rng = torch.tensor([0.0, 1.0, 2.0]), torch.Generator().manual_seed(0)
    counts = np.bincount([int(chosen(scores, 1, rng)) for _ in range(6000)], minlength=3)
    expected = 6000 * scores.double().softmax(0).numpy()
    assert chisquare(counts, expected).pvalue > 1e-4  # the rate of false alarms


def test_no_row_is_kept_twice_and_they_stay_in_order() -> None:
    kept = chosen(torch.randn(1000), 400, torch.Generator().manual_seed(0))
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert len(kept) == 400


def test_the_guide_keeps_what_the_critic_likes_and_the_tilt_keeps_the_shares() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (16_384, 2))
    tokens, asked = torch.as_tensor(rows), Asked()
    rng = torch.Generator().manual_seed(0)
    plain = Guide(asked).keep(tokens, 8192, rng)  # type: ignore[arg-type]
    tilted = Guide(asked, tilt_of(asked, rows, 0)).keep(tokens, 8192, rng)  # type: ignore[arg-type]
    agree = [float((kept[:, 0] == kept[:, 1]).double().mean()) for kept in (tokens, plain, tilted)]
    zeros = [float((kept[:, 0] == 0).double().mean()) for kept in (tokens, plain, tilted)]
    assert agree[1] > 0.65
    assert agree[2] > 0.65
    assert zeros[1] > 0.56
    assert abs(zeros[2] - zeros[0]) < 0.015


def test_scores_are_cut() -> None:
    class Sure(Asked):
        def __call__(self, tokens_BS: Tensor) -> Tensor:
            return torch.full((len(tokens_BS),), 50.0)

    assert Guide(Sure()).scores(torch.zeros(2, 2, dtype=torch.long)).tolist() == [MOST_SCORE] * 2  # type: ignore[arg-type]


def test_asking_for_all_rows_keeps_them_as_they_are() -> None:
    tokens = torch.zeros(5, 2, dtype=torch.long)
    assert Guide(Asked()).keep(tokens, 5, torch.Generator()) is tokens  # type: ignore[arg-type]


def test_a_critic_tells_a_broken_tie_and_is_at_chance_for_the_same_law() -> None:
    rng, layout = np.random.default_rng(0), layout_of([4, 4])
    first = rng.integers(0, 4, (4, 3000))
    tied = [np.stack([a, a], 1) for a in first[:3]]
    loose = np.stack([first[3], rng.permutation(first[3])], 1)
    told = judge(critic_of(layout, tied[0], loose[:2000], 0), tied[1][:1000], loose[2000:])
    assert told.low > 0.75
    assert not told.at_chance
    same = judge(critic_of(layout, tied[0], tied[2][:2000], 0), tied[1][:1000], tied[2][2000:])
    assert same.at_chance
    assert same.rows == 1000


def test_too_few_rows_to_judge_say_nothing() -> None:
    layout, rows = layout_of([2, 2]), np.array([[0, 1], [1, 0]])
    judged = judge(critic_of(layout, rows, rows, 0), rows[:1], rows)
    assert (judged.auc, judged.low, judged.high) == (0.5, 0.0, 1.0)
