"""Conditional draws against a law that is written down: distances, not opinions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from synthgen.nets.completion import Completion
from synthgen.nets.conditional_rollout import ConditionalRollOut, NoRowError
from tests.made import generator_of, path_layout
from tests.nets.known_law import SIZES, joint_law, knowing, noise_of, rows_of, total_variation

FALSE_ALARMS = 0.001
LAW = joint_law()


@dataclass
class Left:
    """A one-slot column of which so much of each token is left."""

    slot: int
    left: list[float]

    @property
    def slots(self) -> tuple[int, ...]:
        return (self.slot,)

    def weigh(self, prefix_NP: np.ndarray) -> np.ndarray:
        return np.tile(self.left, (len(prefix_NP), 1))


def restricted(law: np.ndarray, paths: list[Left]) -> tuple[np.ndarray, float]:
    """The law of the rows that keep the conditions, and their share."""
    for path in paths:
        axes = [SIZES[path.slot] if s == path.slot else 1 for s in range(len(SIZES))]
        law = law * np.array(path.left).reshape(axes)
    return law / law.sum(), float(law.sum())


ASKED = {
    "one value": [Left(4, [0, 1, 0])],
    "one, a part of a cell": [Left(6, [0.3, 0, 1])],
    "two": [Left(0, [0, 1]), Left(6, [1, 1, 0])],
    "two, both wide": [Left(3, [1, 0, 1, 0.5]), Left(6, [0.2, 1, 0])],
    "four": [Left(1, [1, 1, 0]), Left(3, [1, 0, 1, 1]), Left(6, [0, 1, 1]), Left(7, [0.1, 1])],
    "four, all of one token": [Left(1, [0, 1, 0]), Left(3, [0, 0, 1, 0]), Left(5, [1, 0]), Left(7, [0, 1])],
    "all eight": [Left(s, [1.0] * (n - 1) + [0.5]) for s, n in enumerate(SIZES)],
}


@pytest.mark.parametrize("asked", ASKED)
def test_rows_follow_the_conditional_law(asked: str) -> None:
    """Closer than 999 of 1,000 samples of independent rows of the very law."""
    wanted, share = restricted(LAW, ASKED[asked])
    roll_out = knowing(ConditionalRollOut, LAW, ASKED[asked])
    rng = torch.Generator().manual_seed(3)
    rows = torch.cat([roll_out.chunk(512, rng) for _ in range(20)]).numpy()
    assert (wanted[tuple(rows.T)] > 0).all()
    assert total_variation(rows, wanted) <= noise_of(wanted, len(rows), FALSE_ALARMS)
    assert np.exp(roll_out.log_shares).mean() == pytest.approx(share, rel=0.03)


def test_few_passes_keep_the_conditions() -> None:
    paths = ASKED["four"]
    rows = knowing(ConditionalRollOut, LAW, paths, 2).chunk(2048, torch.Generator().manual_seed(0)).numpy()
    assert (
        restricted(LAW, paths)[0][tuple(rows.T)] > 0
    ).mean() > 0.9  # what is drawn together may clash, the asked not
    for path in paths:
        assert np.array(path.left)[rows[:, path.slot]].all()


def test_a_wrong_law_is_found_out() -> None:
    """What the distance says of rows whose columns were restricted one by one, unweighted."""
    wanted, _ = restricted(LAW, ASKED["two"])
    free = rows_of(LAW, 10_240, seed=0)
    free[:, 0] = 1
    free[free[:, 6] == 2, 6] = 0
    assert total_variation(free, wanted) > 2 * noise_of(wanted, len(free), FALSE_ALARMS)


def test_one_in_a_million_is_drawn_as_readily() -> None:
    law = LAW.copy()
    law[1, :, 1] *= 1e-6 / law[1, :, 1].sum()
    law /= law.sum()
    paths = [Left(0, [0, 1]), Left(2, [0, 1])]
    roll_out = knowing(ConditionalRollOut, law, paths)
    rng = torch.Generator().manual_seed(0)
    rows = torch.cat([roll_out.chunk(512, rng) for _ in range(5)]).numpy()
    wanted, share = restricted(law, paths)
    assert total_variation(rows, wanted) <= noise_of(wanted, len(rows), FALSE_ALARMS)
    assert np.exp(roll_out.log_shares).mean() == pytest.approx(share, rel=1e-3)


def test_what_cannot_be_is_said() -> None:
    law = LAW.copy()
    law[1, :, 1] = 0
    with pytest.raises(NoRowError):
        knowing(ConditionalRollOut, law / law.sum(), [Left(0, [0, 1]), Left(2, [0, 1])]).chunk(
            64, torch.Generator().manual_seed(0)
        )


class Cells:
    """The path layout's number: half of one cell of token 1, all of token 2's last, nothing of the atom."""

    slots = (1, 2)

    def weigh(self, prefix_NP: np.ndarray) -> np.ndarray:
        if prefix_NP.shape[1] == 0:
            return np.array([[0.0, 0.2, 0.9]])
        left = np.array([[0, 0, 0, 0], [0.5, 0, 0, 0], [0, 0, 1, 0]], float)
        return left[prefix_NP[:, 0]]


@torch.no_grad()
def test_looking_ahead_changes_how_rows_are_drawn_and_not_which() -> None:
    """Shares of the two cells equal those of the generator itself: chi-square, false alarm in 1 of 1,000."""
    generator = generator_of(path_layout(), seed=1)
    roll_out = ConditionalRollOut(generator, [Cells()])
    rng = torch.Generator().manual_seed(0)
    rows = torch.cat([roll_out.chunk(512, rng) for _ in range(20)])
    assert set(map(tuple, rows[:, 1:].tolist())) == {(1, 0), (2, 2)}
    none = torch.zeros(1, 3, dtype=torch.bool)
    row = torch.zeros(1, 3, dtype=torch.long)

    def chances(slot: int, given: list[int], tokens: list[int], allowed: int) -> torch.Tensor:
        row[0, given], mask = torch.tensor(tokens, dtype=torch.long), none.clone()
        mask[0, given] = True
        h, head, bias = generator.hidden(row, mask)
        at = int(generator.first[slot])
        return (h @ head[at : at + allowed].T + bias[at : at + allowed])[0].softmax(0)

    coarse = chances(1, [], [], 3)
    first = 0.5 * coarse[1] * chances(2, [1], [1], 2)[0]
    second = coarse[2] * chances(2, [1], [2], 3)[2]
    expected = float(first / (first + second))
    n, found = len(rows), int((rows[:, 1] == 1).sum())
    assert (found - n * expected) ** 2 / (n * expected * (1 - expected)) < 10.83
    assert np.exp(roll_out.log_shares).mean() == pytest.approx(float(first + second), rel=0.02)


def test_rows_are_completed_from_what_they_have() -> None:
    """Each kind of given columns follows its own conditional law; given tokens stay."""
    completion = knowing(Completion, LAW)
    rows = rows_of(LAW, 20_000, seed=5)
    given = np.zeros(rows.shape, bool)
    given[:10_000, [0, 6]] = True
    given[10_000:, [3, 5, 7]] = True
    rng = torch.Generator().manual_seed(0)
    parts = [
        completion.complete(torch.as_tensor(rows[a : a + 1000]), torch.as_tensor(given[a : a + 1000]), rng, 0.3)
        for a in range(0, len(rows), 1000)
    ]
    drawn = torch.cat(parts).numpy()
    assert (drawn[given] == rows[given]).all()
    for part in (drawn[:10_000], drawn[10_000:]):
        assert total_variation(part, LAW) <= noise_of(LAW, len(part), FALSE_ALARMS)


def test_a_drawn_column_is_present_unless_it_may_be_missing() -> None:
    layout = path_layout()
    slots = list(layout.slots)
    object.__setattr__(slots[0], "missing", 1)
    generator = generator_of(layout, seed=2)
    nothing = torch.zeros(500, 3, dtype=torch.long), torch.zeros(500, 3, dtype=torch.bool)
    completion = Completion(generator)
    assert (completion.complete(*nothing, torch.Generator().manual_seed(0), 0.1)[:, 0] == 0).all()
    completion.present_only = False
    assert (completion.complete(*nothing, torch.Generator().manual_seed(0), 0.1)[:, 0] == 1).any()
