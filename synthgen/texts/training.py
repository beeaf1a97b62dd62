"""Training of the text network: next tokens, batches of texts of like length, users held out to stop by.

Letters: N texts, B texts in a batch, T tokens, C columns.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from synthgen.errors import DivergedError
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.texts.context import UNKNOWN
from synthgen.texts.lengths import ahead_of
from synthgen.texts.network import TextNetwork
from synthgen.training.progress import Progress, Silent

FEWEST_HELD = 30
"""Texts to stop by; with fewer than this the last epoch is kept."""
TIMED = 20
"""Steps that are timed to turn seconds into a number of steps."""
_POOL = 20
"""Batches whose texts are sorted by length together."""


class TextSettings(BaseModel):
    """How a text model is built and trained.

    Attributes:
        embedding: width of a token.
        width: width of the state.
        dropout: share of embeddings and states set to zero while training.
        batch_rows: texts in one step.
        epochs: times that each text is seen, where texts are many.
        least_steps: where texts are few they are seen more often, up to so many steps in all.
        most_steps: where texts are many they are seen less often, down to a part of them.
        learning_rate: of AdamW; falls to zero over the second half of the steps.
        average: decay per step of the exponential average of the weights.
        unknown_share: of the cells of rows, hidden while training, so that any column may be left out later.
        held_share: of the users, held out to choose the epoch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    embedding: int = Field(default=96, ge=4)
    width: int = Field(default=192, ge=4)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    batch_rows: int = Field(default=64, ge=1)
    epochs: int = Field(default=10, ge=1)
    least_steps: int = Field(default=600, ge=1)
    most_steps: int = Field(default=20_000, ge=1)
    learning_rate: float = Field(default=3e-3, gt=0)
    average: float = Field(default=0.99, ge=0, lt=1)
    unknown_share: float = Field(default=0.1, ge=0, lt=1)
    held_share: float = Field(default=0.05, gt=0, le=0.5)


@dataclass(frozen=True)
class TextRows:
    """Texts as numbers.

    Attributes:
        tokens: of each text, without its end.
        row_NC: tokens of its row.
        owners_N: a number per owner.
        units: of each text, how many units each of its tokens completes, 0 or 1.
        bin_N: of its length.
        skip: a token that is read and never learned to be written; 0 is the end of a text and its start.
    """

    tokens: Sequence[Sequence[int]]
    row_NC: np.ndarray
    owners_N: np.ndarray
    units: Sequence[np.ndarray]
    bin_N: np.ndarray
    skip: int


@dataclass
class Watch:
    """What may end the training early, and who is told how far it is.

    Attributes:
        seconds: at most so long from when the watch is made, turned into a number of steps after the first ones;
            None: as the settings say.
        stop: asked after each step.
        progress: is told of each step.
    """

    seconds: float | None = None
    stop: Callable[[], bool] = lambda: False
    progress: Progress = field(default_factory=Silent)
    _made: float = field(default_factory=time.perf_counter)
    _began: float = 0.0

    def begin(self) -> None:
        """The first step comes now."""
        self._began = time.perf_counter()

    def steps(self, step: int, planned: int) -> int:
        """How many steps there will be, after so many."""
        now = time.perf_counter()
        if self.seconds is not None:
            left = self._made + self.seconds - now
            if step == TIMED:
                planned = min(planned, TIMED + max(0, int(left * TIMED / (now - self._began))))
            planned = planned if left > 0 else step
        return step if self.stop() else planned


def train_texts(
    network: TextNetwork, rows: TextRows, settings: TextSettings, seed: int, watch: Watch | None = None
) -> list[dict[str, Any]]:
    """Train in place; the weights of the best epoch stay.

    Args:
        network: as it was made.
        rows: texts.
        settings: how.
        seed: of every draw.
        watch: may end it early.

    Returns:
        One line per epoch: nats per token, those of the length too, of the texts learned from, and of those held out.

    Raises:
        DivergedError: the loss is not finite.
    """
    watch, rng = watch or Watch(), numpy_stream(seed, "texts")
    held_N = _held(rows.owners_N, settings.held_share, numpy_stream(seed, "texts held"))
    learn, held = np.flatnonzero(~held_N), np.flatnonzero(held_N)
    lengths_N = np.array([len(tokens) for tokens in rows.tokens])
    per_epoch = math.ceil(len(learn) / settings.batch_rows)
    usual = settings.batch_rows * float(
        lengths_N[learn].mean() + 1
    )  # by its own tokens a batch of short texts weighs more
    steps = min(max(settings.epochs * per_epoch, settings.least_steps), settings.most_steps)
    optimizer = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=0.01)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    best, best_loss, history, step = dict(average), math.inf, [], 0
    watch.begin()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "texts dropout"))
        while step < steps:
            network.train()
            total, counted = 0.0, 0
            for batch in _batches(learn, lengths_N, settings.batch_rows, rng):
                if step >= steps:
                    break
                rate = settings.learning_rate * min(1.0, 2 * (1 - step / steps))
                for group in optimizer.param_groups:
                    group["lr"] = rate
                loss, many = _loss(network, rows, batch, settings.unknown_share, rng)
                if not bool(torch.isfinite(loss)):
                    raise DivergedError(
                        f"text model, step {step}: the loss is not finite; weights were not updated. "
                        "Lower learning_rate"
                    )
                optimizer.zero_grad(set_to_none=True)
                torch.autograd.backward(loss / usual)
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                step += 1
                decay = min(settings.average, step / (step + 10))
                for name, value in network.state_dict().items():
                    average[name].lerp_(value, 1 - decay)
                total, counted = total + float(loss.detach()), counted + many
                steps = watch.steps(step, steps)
                watch.progress.step(step, steps)
            line: dict[str, Any] = {"step": step, "train": total / max(counted, 1)}
            if len(held) >= FEWEST_HELD:
                line["held"] = _judged(network, average, rows, held, lengths_N, settings.batch_rows)
            history.append(line)
            if line.get("held", -math.inf) < best_loss or len(held) < FEWEST_HELD:
                best_loss = line.get("held", math.inf)
                best = {name: value.clone() for name, value in average.items()}
    network.load_state_dict(best)
    network.eval()
    return history


def _held(owners_N: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Texts of owners drawn at random."""
    owners = np.unique(owners_N)
    chosen = rng.permutation(owners)[: round(share * len(owners))]
    held: np.ndarray = np.isin(owners_N, chosen)
    return held if held.sum() >= FEWEST_HELD else np.zeros(len(owners_N), bool)


def _batches(which: np.ndarray, lengths_N: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """All texts once, in batches of like length and random order."""
    order = rng.permutation(which)
    batches = []
    for first in range(0, len(order), size * _POOL):
        pool = order[first : first + size * _POOL]
        pool = pool[np.argsort(lengths_N[pool], kind="stable")]
        batches += [pool[at : at + size] for at in range(0, len(pool), size)]
    return [batches[place] for place in rng.permutation(len(batches))]


def _loss(
    network: TextNetwork, rows: TextRows, batch: np.ndarray, unknown_share: float, rng: np.random.Generator | None
) -> tuple[Tensor, int]:
    """Nats of a batch in all, and how many tokens they are of."""
    longest = max(len(rows.tokens[place]) for place in batch) + 1
    tokens_BT = np.zeros((len(batch), longest + 1), np.int64)
    left_BT = np.zeros((len(batch), longest), np.int64)
    learned_BT = np.zeros((len(batch), longest), bool)
    for line, place in enumerate(batch):
        tokens = rows.tokens[place]
        tokens_BT[line, 1 : len(tokens) + 1] = tokens
        learned_BT[line, : len(tokens) + 1] = True
        left_BT[line, : len(tokens)] = rows.units[place][::-1].cumsum()[::-1]
    learned_BT &= tokens_BT[:, 1:] != rows.skip
    row_BC = rows.row_NC[batch]
    if rng is not None:
        row_BC = np.where(rng.random(row_BC.shape) < unknown_share, UNKNOWN, row_BC)
    row_BR = network.row(torch.from_numpy(row_BC))
    ahead_BT = torch.from_numpy(ahead_of(left_BT))
    found_BTD, _ = network(torch.from_numpy(tokens_BT[:, :-1]), ahead_BT, row_BR, network.first_state(row_BR))
    learned = torch.from_numpy(learned_BT)
    many = int(learned_BT.sum())
    loss = network.softmax(found_BTD[learned], torch.from_numpy(tokens_BT[:, 1:])[learned]).loss
    length = nn.functional.cross_entropy(network.length(row_BR), torch.from_numpy(rows.bin_N[batch]), reduction="sum")
    return loss * many + length, many


@torch.no_grad()
def _judged(
    network: TextNetwork,
    average: dict[str, Tensor],
    rows: TextRows,
    held: np.ndarray,
    lengths_N: np.ndarray,
    size: int,
) -> float:
    """Nats per token of held-out texts under the averaged weights."""
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(average)
    network.eval()
    order = held[np.argsort(lengths_N[held], kind="stable")]
    parts = [_loss(network, rows, order[at : at + size], 0.0, None) for at in range(0, len(order), size)]
    network.load_state_dict(kept)
    return sum(float(loss) for loss, _ in parts) / max(sum(many for _, many in parts), 1)
