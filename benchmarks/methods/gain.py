"""GAIN on synthgen's networks: the one-shot generator fills a row, the critic's trunk says which columns are filled.

The generator gets the known tokens and noise and draws the rest; the critic sees the whole row and a hint that gives
away for most columns whether they were known, and scores the others. Beside the critic's say the generator's loss
counts how well it gives back the tokens that it was told.

Letters: B rows in a batch, N rows, S slots, V tokens over all slots, C columns, D width.

Source: Yoon, Jordon and van der Schaar 2018, arXiv:1806.02920.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from methods.imputers import DRAWS, Filled, from_draws, hot_deck, merged
from methods.tables import Cells, Columns
from synthgen.codec import Codec
from synthgen.columns.detect import detect_schema
from synthgen.layout import Layout
from synthgen.losses.adversarial import LOSSES
from synthgen.nets.critic import Critic
from synthgen.nets.noise import noise_of
from synthgen.nets.one_shot import NOT_GIVEN, OneShotGenerator, OneShotRollOut, Stage
from synthgen.seeding import derived_seed
from synthgen.training.adversarial import Player
from synthgen.training.loop import new_network
from synthgen.training.settings import AdversarialSettings

STEPS, WIDTH, BLOCKS = 600, 128, 2
HINTED = 0.9
"""Of the columns, whose being known the critic is told; the paper's rate."""
GIVEN_BACK = 1.0
"""What giving back counts beside the critic: with 10, as in the paper for numbers, cross-entropies drown the critic."""
SETTINGS = AdversarialSettings(loss="non-saturating", noise_width=64, critic_rate=3e-3, max_steps=STEPS)
CHANCE_DRAWS = 3 * DRAWS
"""Draws that the chances of labels are counted in."""


class ColumnCritic(nn.Module):
    """Scores every column of a row: high where it looks known.

    Args:
        layout: the row's slots.
        width: D.
        blocks: residual blocks.

    Shape:
        Rows ``(B, V)`` and hints ``(B, C)``, 1 known, -1 filled, 0 not told, to ``(B, C)``.
    """

    def __init__(self, layout: Layout, width: int, blocks: int) -> None:
        super().__init__()
        n_columns = len(layout.paths)
        self.core = Critic(layout, width, blocks)
        self.hint = nn.Parameter(torch.randn(n_columns, width) * 0.05)
        self.out = nn.Linear(width, n_columns)

    def forward(self, rows_BV: Tensor, hints_BC: Tensor) -> Tensor:
        """Scores."""
        h_BD = self.core.inputs(rows_BV) + hints_BC @ self.hint
        for block in self.core.trunk:
            h_BD = block(h_BD)
        scores_BC: Tensor = self.out(self.core.norm(h_BD))
        return scores_BC


def given_back(generator: OneShotGenerator, noise_BZ: Tensor, given_BS: Tensor) -> Tensor:
    """Mean cross-entropy of the given tokens under the generator's own logits."""
    core = generator.core
    embed, head, bias = core.tables()
    known_BS, tokens_BS = given_BS != NOT_GIVEN, given_BS.clamp(min=0)
    h_BD = core.trunk(generator.from_noise(noise_BZ) + core.given_sum(embed, tokens_BS, known_BS))
    stages = [part for part in generator.stages if isinstance(part, Stage)]
    widths = [stage.width for stage in stages]
    losses = []
    for stage, stage_head, stage_bias in zip(stages, torch.split(head, widths), torch.split(bias, widths), strict=True):
        logits_BT = F.linear(h_BD, stage_head, stage_bias)
        for g, slot in enumerate(stage.slots):
            first, last = int(stage.first_G[g]), int(stage.last_G[g]) + 1
            rows_B = known_BS[:, slot]
            losses.append(F.cross_entropy(logits_BT[rows_B, first:last], tokens_BS[rows_B, slot], reduction="sum"))
    return torch.stack(losses).sum() / known_BS.sum().clamp(min=1)


def trained(layout: Layout, tokens_NS: np.ndarray, known_NC: np.ndarray, seed: int, steps: int) -> OneShotGenerator:
    """A generator that fills the holes of a table."""
    cpu, loss = torch.device("cpu"), LOSSES[SETTINGS.loss]
    noise = (SETTINGS.noise_width, SETTINGS.noise)
    generator = new_network(lambda: OneShotGenerator(layout, WIDTH, BLOCKS, *noise), seed)
    critic = new_network(lambda: ColumnCritic(layout, WIDTH, BLOCKS), seed)
    filler = Player("generator", generator, SETTINGS.generator_rate, SETTINGS)
    judge = Player("critic", critic, SETTINGS.critic_rate, SETTINGS)
    average = filler.vector.detach().clone()
    rng = torch.Generator(cpu).manual_seed(derived_seed(seed, "gain"))
    column_S = torch.tensor([slot.column for slot in layout.slots])
    tokens, known = torch.from_numpy(tokens_NS.astype(np.int64)), torch.from_numpy(known_NC)

    def filled() -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        rows_B = torch.randint(len(tokens), (SETTINGS.batch_rows,), generator=rng)
        known_BC = known[rows_B]
        given_BS = torch.where(known_BC[:, column_S], tokens[rows_B], NOT_GIVEN)
        noise_BZ = noise_of(SETTINGS.noise, (len(rows_B), SETTINGS.noise_width), rng)
        told_BC = torch.rand(known_BC.shape, generator=rng) < HINTED
        hints_BC = torch.where(told_BC, known_BC.float() * 2 - 1, 0.0)
        return generator(noise_BZ, given_BS), hints_BC, known_BC & ~told_BC, ~known_BC & ~told_BC, given_BS

    def update(player: Player, value: Tensor) -> None:
        assert player.vector.grad is not None
        player.vector.grad.zero_()
        torch.autograd.backward(value, inputs=player.parameters)
        player.optimizer.step()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "gain draws"))
        for step in range(steps):
            with torch.no_grad():
                rows_BV, hints_BC, real_BC, fake_BC, _ = filled()
            scores_BC = critic(rows_BV, hints_BC)
            update(judge, loss.critic(scores_BC[real_BC], scores_BC[fake_BC]))
            rows_BV, hints_BC, real_BC, fake_BC, given_BS = filled()
            scores_BC = critic(rows_BV, hints_BC)
            noise_BZ = noise_of(SETTINGS.noise, (len(given_BS), SETTINGS.noise_width), rng)
            back = given_back(generator, noise_BZ, given_BS)
            update(filler, loss.generator(scores_BC[real_BC], scores_BC[fake_BC]) + GIVEN_BACK * back)
            with torch.no_grad():
                average.lerp_(filler.vector, 1 - min(SETTINGS.average, (step + 1) / (step + 21)))
    with torch.no_grad():
        filler.vector.copy_(average)
    return generator


def gain(columns: Columns, known: Cells, seed: int, steps: int = STEPS) -> Filled:
    """GAIN; the codec is learned from the table with known cells in the holes, as it has no token for a hole then."""
    rng = np.random.default_rng(seed)
    frame = columns.frame(hot_deck(columns, known, rng))
    for name, whole in zip(columns.numbers, columns.whole, strict=True):
        frame[name] = frame[name].astype("int64") if whole else frame[name]
    table = pa.Table.from_pandas(frame, preserve_index=False)
    schema = detect_schema(table, target=columns.target)
    schema = schema.model_copy(update={"ties": [], "formulas": [], "one_hot": []})  # every column is filled by itself
    codec = Codec.fit(table, schema, target=columns.target, seed=seed)
    tokens_NS = codec.encode(table, seed)
    layout = codec.layout(tokens_NS)
    gone = {name: np.isnan(x_N) for name, x_N in zip(columns.numbers, known.numbers_NM.T, strict=True)}
    gone |= {name: codes_N < 0 for name, codes_N in zip(columns.labels, known.codes_NL.T, strict=True)}
    slotted = [name for name, column in codec.modelled.items() if column.path]
    numbered = {number: name for number, name in enumerate(codec.modelled) if name in slotted}
    known_NC = np.stack([~gone[name] for name in codec.modelled], 1)
    generator = trained(layout, tokens_NS, known_NC, seed, steps)
    column_S = [slot.column for slot in layout.slots]
    assert set(column_S) == set(numbered)
    given_NS = torch.from_numpy(np.where(known_NC[:, column_S], tokens_NS, NOT_GIVEN).astype(np.int64))
    roll_out, dice = OneShotRollOut(generator), torch.Generator().manual_seed(derived_seed(seed, "gain fills"))
    draws = []
    for number in range(CHANCE_DRAWS):
        tokens = roll_out.given(given_NS.clone(), dice).numpy().astype(np.int32)
        drawn = columns.cells(codec.decode(tokens, derived_seed(seed, "gain decodes", number)).to_pandas())
        draws.append(merged(columns, known, drawn, rng))
    return from_draws(columns, known, draws)
