"""What a model is: it learns a table and draws rows like it. Reading, schema, disk and manners are the synthesizer's.

Letters: N rows, S slots.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, Protocol, Self

import numpy as np
import pyarrow as pa
import torch

from synthgen.codec import Codec
from synthgen.columns.holders import units_of
from synthgen.columns.rules.base import Taken
from synthgen.conditions import Bound, Condition
from synthgen.config import RunConfig, SamplingSettings
from synthgen.errors import ConditionError, ConfigError
from synthgen.layout import Layout
from synthgen.nets.critic import Critic
from synthgen.nets.rollout import CHUNK_ROWS
from synthgen.seeding import derived_seed
from synthgen.storage import Run, RunWriter
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.progress import Progress

DECODE_ROWS = 64 * CHUNK_ROWS
"""Rows decoded at a time: what is in memory while sampling, whatever the number of rows asked for."""


def go_on() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass(frozen=True)
class Job:
    """What a model is fitted to, and with what.

    Attributes:
        table: the table.
        schema: what its columns mean.
        config: settings.
        device: where to train.
        progress: is told what happens.
        writer: keeps a checkpoint while training.
        resume: go on from the writer's checkpoint.
        stop: asked after each step; True ends training with the best weights so far.
    """

    table: Table
    schema: Schema
    config: RunConfig
    device: torch.device
    progress: Progress
    writer: RunWriter | None = None
    resume: bool = False
    stop: Callable[[], bool] = go_on

    @property
    def unit_N(self) -> np.ndarray | None:
        """``(N,)`` whose each row is, a number for each person; None: each is somebody else's."""
        return None if self.config.unit is None else units_of(self.table.column(self.config.unit))


@dataclass
class Account:
    """What a fit has to tell.

    Attributes:
        training: the run in numbers, JSON types; empty when nothing was trained.
        history: one entry per look.
        interrupted: whether it was stopped from outside.
    """

    training: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False


@dataclass(frozen=True)
class Walk:
    """What a model makes of points at even distances on a line through its latent space.

    Attributes:
        rows: one row a point.
        pictures: ``(N, H, W)`` grey or ``(N, H, W, 3)`` coloured bytes, one picture a point.
    """

    rows: pa.Table | None = None
    pictures: np.ndarray | None = None


def latent_line(n_steps: int, width: int, seed: int) -> torch.Tensor:
    """``(n_steps, width)`` points at even distances, from one standard normal point to another.

    Example:
        >>> line = latent_line(3, 2, seed=0)
        >>> bool(torch.allclose(line[1], (line[0] + line[2]) / 2))
        True
    """
    rng = torch.Generator().manual_seed(derived_seed(seed, "latent line"))
    start, end = torch.randn(2, width, generator=rng)
    return torch.lerp(start, end, torch.linspace(0, 1, n_steps)[:, None])


class Asked(Protocol):
    """A model all of whose rows keep conditions."""

    def chunks(self, n: int, seed: int) -> Iterator[pa.Table]:
        """See ``Model``."""
        ...

    def rows(self, start: int, rows: int, seed: int, number: int, taken: Taken | None = None) -> pa.Table:
        """See ``TokenModel``."""
        ...

    def share(self, seed: int) -> float:
        """The share of free rows that would keep the conditions, above 0: an estimate."""
        ...


class Model(ABC):
    """One way to learn a table. A new one is a file, a test, and a line in ``MODELS``.

    Attributes:
        name: as in ``--model``.
        title: for people.
        exposes: how it gives real people away by construction, continuing "it ..."; empty when it does not.
        unsaved: why it may not be written to disk, continuing its name; empty when it may.
        unbounded: why ``minutes`` does not hold it, continuing "it ..."; empty when it does.
        makes_rows: whether its rows are made, not rows of the table, so that they may be written to disk.
        unused: settings that it does not use, sections or dotted keys; choosing one is an error.
        private: whether it may be fitted to rows that stand in for the real ones, under a guarantee.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    exposes: ClassVar[str] = ""
    unsaved: ClassVar[str] = ""
    unbounded: ClassVar[str] = ""
    makes_rows: ClassVar[bool] = True
    private: ClassVar[bool] = True

    @classmethod  # noqa: B027 - most models need nothing
    def check_available(cls) -> None:
        """Whether what it needs is installed.

        Raises:
            MissingExtraError: it is not.
        """

    unused: ClassVar[tuple[str, ...]] = ("adversarial", "critic", "sampling")

    @abstractmethod
    def fit(self, job: Job) -> Account:
        """Learn a table."""

    @abstractmethod
    def chunks(self, n: int, seed: int) -> Iterator[pa.Table]:
        """Draw ``n`` rows, text of a CSV as text; one empty table for ``n = 0``."""

    def walk(self, n_steps: int, seed: int) -> Walk | None:
        """What lies on a line between two points of the latent space; None: the model has no such space."""
        return None

    def drawing(self, how: SamplingSettings) -> Self:
        """The same model, which draws its rows in this way.

        Raises:
            ConfigError: it cannot.
        """
        if how != SamplingSettings():
            raise ConfigError(
                f"sampling: model {self.name!r} draws rows in one way; leave out steps and guide, or fit another model"
            )
        return self

    def asking(self, conditions: Sequence[Condition]) -> Asked:
        """The same model, all of whose rows keep conditions.

        Raises:
            ConditionError: it cannot, or a condition is not one that rows can keep.
        """
        raise ConditionError(
            f"where: model {self.name!r} cannot be asked for rows that keep conditions; fit with model 'gan', which can"
        )

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What has been learned, besides the weights, in JSON types."""

    @abstractmethod
    def weights(self) -> dict[str, np.ndarray]:
        """Arrays by name."""

    @classmethod
    @abstractmethod
    def restore(cls, run: Run, device: str) -> Self:
        """The model again, from what ``state`` and ``weights`` gave."""


class UnsavedModel(Model):
    """A model that may not be written to disk; ``unsaved`` says why."""

    def state(self) -> NoReturn:
        raise ConfigError(f"model: {self.name!r} {self.unsaved}")

    weights = state

    @classmethod
    def restore(cls, run: Run, device: str) -> Self:
        raise ConfigError(f"{run.path}: model {cls.name!r} {cls.unsaved}")


def used_settings(config: RunConfig, kind: type[Model]) -> RunConfig:
    """The settings without those that a model does not use."""
    changed: dict[str, Any] = {}
    for section in {key.partition(".")[0] for key in kind.unused}:
        settings = getattr(config, section)
        unused = _unused(config, kind)
        kept = {k: v for k, v in settings.model_dump(exclude_unset=True).items() if f"{section}.{k}" not in unused}
        changed[section] = type(settings).model_validate(kept)
    return config.model_copy(update=changed)


def check_used(config: RunConfig, kind: type[Model]) -> None:
    """Whether a model uses all that was chosen.

    Raises:
        ConfigError: it does not use a setting.
    """
    for key in _unused(config, kind):
        raise ConfigError(f"{key}: model {kind.name!r} does not use it; leave it out, or choose another model")


def _unused(config: RunConfig, kind: type[Model]) -> list[str]:
    """Dotted keys that were chosen and are not used."""
    sections = sorted({key.partition(".")[0] for key in kind.unused})
    chosen = [
        f"{section}.{field}" for section in sections for field in sorted(getattr(config, section).model_fields_set)
    ]
    return [key for key in chosen if key in kind.unused or key.partition(".")[0] in kind.unused]


class TokenModel(Model):
    """A model of rows of tokens: the codec turns the table into them and back.

    Attributes:
        codec: of the table.
        critic: tells real rows from this model's own; None: there is none.
        bound: conditions that the rows keep; None: there are none.
    """

    codec: Codec
    critic: Critic | None = None
    bound: Bound | None = None

    def fit(self, job: Job) -> Account:
        job.progress.stage("encoding")
        tokens_NS, layout = self.encoded(job)
        if not tokens_NS.shape[1]:
            return Account()
        return self.learn(tokens_NS, layout, job)

    def encoded(self, job: Job) -> tuple[np.ndarray, Layout]:
        """Fit the codec to a job's table: its ``(N, S)`` tokens, and the layout of its rows."""
        config, arrow = job.config, job.table.arrow
        self.codec = Codec.fit(
            arrow,
            job.schema,
            target=config.target,
            context=config.context,
            min_holders=config.min_holders,
            seed=config.seed,
            unit=config.unit,
        )
        tokens_NS = self.codec.encode(arrow, seed=config.seed)
        return tokens_NS, self.codec.layout(tokens_NS)

    @abstractmethod
    def learn(self, tokens_NS: np.ndarray, layout: Layout, job: Job) -> Account:
        """Learn rows of tokens; called when there are any."""

    @abstractmethod
    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        """``(rows, S)`` tokens; the same ones for a row number and a seed, however many come before and after."""

    def token_vectors(self) -> list[np.ndarray]:
        """Per slot ``(size, D)`` what a token is to the network, nan for tokens it never saw; empty: there is none."""
        return [] if self.critic is None else [v.cpu().numpy() for v in self.critic.token_vectors()]

    def surprise(self, tokens_NS: np.ndarray) -> np.ndarray | None:
        """``(N, S)`` nats of each slot given the other columns and the earlier slots of its own; None: not known."""
        return None

    def walked(self, tokens_NS: np.ndarray, seed: int) -> Walk:
        """Rows of tokens along a line as a walk."""
        return Walk(self.codec.decode(tokens_NS, derived_seed(seed, "walk")))

    def chunks(self, n: int, seed: int) -> Iterator[pa.Table]:
        self.codec.check_rows(n, self.bound)
        taken = Taken()
        for start in range(0, max(n, 1), DECODE_ROWS):
            yield self.rows(start, min(DECODE_ROWS, n - start), seed, start, taken)

    def rows(self, start: int, rows: int, seed: int, number: int, taken: Taken | None = None) -> pa.Table:
        """A part of the rows that a seed gives.

        Args:
            start: the first of them.
            rows: so many.
            seed: of all of them.
            number: how many rows of the table come before: columns that number their values go on from there.
            taken: what unique columns gave in those; None: the rows stand alone.
        """
        modelled = bool(self.codec.layout().slots)
        tokens = self.draw(start, rows, seed) if modelled else np.zeros((rows, 0), np.int32)
        return self.codec.decode(tokens, derived_seed(seed, "decode"), number, self.bound, taken=taken)

    def state(self) -> dict[str, Any]:
        return self.codec.state()

    @classmethod
    def restore(cls, run: Run, device: str) -> Self:
        model = cls()
        model.codec = Codec.from_state(run.codec["codec"])
        if model.codec.layout().slots:
            model.read_weights(run.weights, run.manifest.get("training", {}), device)
        return model

    @abstractmethod
    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        """Go on from ``weights()``; called when there are slots."""
