"""The synthesizer: fit a table, sample rows like it, save, load. Reads top to bottom.

Letters: N rows, S slots.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import torch
from sklearn.base import BaseEstimator

from synthgen.codec import Codec
from synthgen.columns import TYPES_BY_NAME
from synthgen.columns.detect import detect_schema
from synthgen.config import RunConfig, check_settings
from synthgen.errors import ConfigError, NotFittedError, RunError
from synthgen.nets.any_order import AnyOrderGenerator
from synthgen.nets.rollout import CHUNK_ROWS, RollOut, phase_of
from synthgen.seeding import derived_seed
from synthgen.storage import Checkpoint, Run, RunWriter, read_run, writing
from synthgen.table.origin import Origin
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.correction import correct_marginals
from synthgen.training.devices import device_of, side_by_side
from synthgen.training.loop import Trainer, new_generator, split_held
from synthgen.training.planning import Plan, plan
from synthgen.training.progress import Progress, Silent
from synthgen.training.quality import LiveQuality

DECODE_ROWS = 64 * CHUNK_ROWS
"""Rows decoded at a time: what is in memory while sampling, whatever the number of rows asked for."""
CORRECTION_ROWS = 32 * CHUNK_ROWS
LOOKS_PER_FIGURE = 2
SECONDS_BETWEEN_CHECKPOINTS = 20.0
FEW_ROWS = 1_000


class Synthesizer(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Learns a table and draws rows like it: the any-order generator, trained on masked likelihood.

    Args:
        random_state: seed of every random draw.
        minutes: training stops there at the latest; None: when held-out rows say that it is done.
        target: the column that the rest is meant to predict; drawn last.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        min_holders: a value needs so many rows to enter a vocabulary.
        schema: a ``Schema`` or the path of a ``schema.json``; None: detected.
        columns: what detection gets wrong, ``{"zip": {"type": "categorical"}}``.
        training: settings of ``synthgen.training.settings.TrainingSettings`` by name.

    Example:
        >>> import pandas
        >>> table = pandas.DataFrame({"plan": ["free", "paid"] * 50, "visits": list(range(50)) * 2})
        >>> model = Synthesizer(random_state=0, training={"max_steps": 20}).fit(table)
        >>> model.sample(3, random_state=1).dtypes.equals(table.dtypes)
        True
    """

    def __init__(
        self,
        *,
        random_state: int = 0,
        minutes: float | None = None,
        target: str | None = None,
        device: str = "auto",
        min_holders: int = 5,
        schema: Schema | str | Path | None = None,
        columns: dict[str, dict[str, Any]] | None = None,
        training: dict[str, Any] | None = None,
    ) -> None:
        self.random_state = random_state
        self.minutes = minutes
        self.target = target
        self.device = device
        self.min_holders = min_holders
        self.schema = schema
        self.columns = columns
        self.training = training

    _run_config: RunConfig | None = None

    @classmethod
    def from_config(cls, config: RunConfig, schema: Schema | str | Path | None = None) -> Self:
        """A new synthesizer with the settings of a config file."""
        model = cls(
            random_state=config.seed,
            minutes=config.minutes,
            target=config.target,
            device=config.device,
            min_holders=config.min_holders,
            schema=schema,
            columns={k: v.model_dump() for k, v in config.columns.items()} or None,
            training=config.training.model_dump(exclude_unset=True) or None,
        )
        model._run_config = config
        return model

    # ------------------------------------------------------------------ fit
    def fit(
        self,
        data: Any,
        y: None = None,
        *,
        progress: Progress | None = None,
        writer: RunWriter | None = None,
        resume: bool = False,
        stop: Any = None,
    ) -> Self:
        """Learn a table.

        Args:
            data: a pandas frame, an Arrow table, a path to a CSV or Parquet file, or anything with
                ``__arrow_c_stream__``.
            y: not used; there for scikit-learn's manners.
            progress: is told what happens.
            writer: keeps a checkpoint while training.
            resume: go on from the writer's checkpoint.
            stop: called after each step; True ends training with the best weights so far.

        Raises:
            SynthgenError: the table, the schema or a setting is at fault.
        """
        progress = progress or Silent()
        config = self._config()
        device = device_of(config.device)
        if not isinstance(data, Table):
            progress.stage("reading")
        table = Table.from_any(data, min_holders=config.min_holders)
        if self.schema is None:
            progress.stage("detecting columns")
        schema = self._schema(table, config)
        progress.stage("encoding")
        codec = Codec.fit(table.arrow, schema, target=config.target, min_holders=config.min_holders, seed=config.seed)
        tokens_NS = codec.encode(table.arrow, seed=config.seed)
        self.notes_ = _notes(len(table), tokens_NS.shape[1])
        for note in self.notes_:
            progress.message(note, warning=True)
        self.codec_, self.origin_, self.interrupted_ = codec, table.origin, False
        self.facts_: dict[str, Any] = {
            "seed": config.seed,
            "data": {"name": Path(table.name).name, "rows": len(table), "columns": len(table.names)},
            "target": config.target,
            "device": str(device),
            "threads": torch.get_num_threads(),
            "privacy": {"min_holders": config.min_holders, "epsilon": None},
        }
        self.config_ = config.model_dump(mode="json", exclude_none=True)
        self.history_: list[dict[str, Any]] = []
        self.generator_: AnyOrderGenerator | None = None
        if tokens_NS.shape[1]:
            self._train(tokens_NS, config, device, progress, writer, resume, stop)
        return self

    def _config(self) -> RunConfig:
        given = {
            "seed": self.random_state,
            "minutes": self.minutes,
            "target": self.target,
            "device": self.device,
            "min_holders": self.min_holders,
            "columns": self.columns,
            "training": self.training,
        }
        if self._run_config is not None:
            return self._run_config
        return check_settings(RunConfig, {k: v for k, v in given.items() if v is not None}, "settings")

    def _schema(self, table: Table, config: RunConfig) -> Schema:
        if self.schema is not None:
            schema = self.schema if isinstance(self.schema, Schema) else Schema.load(self.schema, TYPES_BY_NAME)
            schema.check(table.names)
            return schema
        overrides = {name: {"type": c.type, "options": c.options} for name, c in config.columns.items()}
        return detect_schema(
            table.arrow,
            target=config.target,
            overrides=overrides,
            min_holders=config.min_holders,
            seed=config.seed,
            decimal=table.origin.dialect.decimal,
        )

    def _train(
        self,
        tokens_NS: np.ndarray,
        config: RunConfig,
        device: torch.device,
        progress: Progress,
        writer: RunWriter | None,
        resume: bool,
        stop: Any,
    ) -> None:
        """Train the generator and correct its marginals."""
        layout = self.codec_.layout(tokens_NS)
        chosen: Plan = plan(len(tokens_NS), config.training)
        train, held = split_held(len(tokens_NS), config.training.held_share, config.seed)
        tokens = torch.from_numpy(tokens_NS)
        trainer = Trainer(
            new_generator(layout, chosen, config.seed), tokens[train], tokens[held], chosen, config.seed, device
        )
        keeper = _Keeper(
            trainer,
            progress,
            writer,
            config,
            LiveQuality(layout, tokens_NS, config.seed),
        )
        if resume and writer is not None:
            keeper.resume(writer.read_checkpoint())
        progress.stage("training")
        progress.message(
            f"seed {config.seed}, {len(train):,} rows, {len(layout.slots)} slots, {trainer.generator.n_tokens:,} "
            f"tokens, width {chosen.width}, {device}",
            seed=config.seed,
            rows=len(train),
            slots=len(layout.slots),
        )
        trainer.run(config.minutes, keeper.look, stop or (lambda: False))
        self.interrupted_ = trainer.interrupted
        if trainer.interrupted and writer is not None:
            keeper.keep()
        self.generator_ = trainer.finish()
        progress.stage("correcting marginals")
        distances = correct_marginals(
            self.generator_, tokens_NS, config.seed, min(CORRECTION_ROWS, max(4096, 2 * len(tokens_NS)))
        )
        self.history_ = trainer.history
        clock = trainer.clock
        self.facts_["training"] = {
            **chosen.state(),
            "steps": clock.step,
            "best_step": clock.best_step,
            "held_out_loss": clock.best_loss if clock.best_step else None,
            "cut": clock.cut or trainer.interrupted,
            "step_cap": clock.step_cap,
            "minutes": config.minutes,
            "correction": distances,
            "parameters": sum(p.numel() for p in self.generator_.parameters()),
        }
        self.plan_ = chosen

    # ------------------------------------------------------------------ sample
    def sample(self, n: int, *, random_state: int = 0) -> Any:
        """Draw rows, in the kind that ``fit`` was given: same columns, order, types and kind of index.

        Args:
            n: how many; any number.
            random_state: seed; the same one gives the same rows.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
        """
        chunks = list(self.sample_chunks(n, random_state=random_state))
        return self._fitted().origin_.to_like(pa.concat_tables(chunks), 0)

    def sample_chunks(self, n: int, *, random_state: int = 0) -> Iterator[pa.Table]:
        """Draw rows chunk by chunk, as the program keeps them: text of a CSV is text.

        Yields:
            Arrow tables of at most ``DECODE_ROWS`` rows; one empty table for ``n = 0``.
        """
        self._fitted()
        if n < 0:
            raise ConfigError(f"rows: {n}; expected 0 or more")
        roll_out = None if self.generator_ is None else RollOut(self.generator_)
        for start in range(0, max(n, 1), DECODE_ROWS):
            rows = min(DECODE_ROWS, n - start)
            tokens = np.zeros((rows, 0), np.int32)
            if roll_out is not None:
                tokens = self._tokens(roll_out, start, rows, random_state)
            yield self.codec_.decode(tokens, derived_seed(random_state, "decode"), start)

    def _tokens(self, roll_out: RollOut, start: int, rows: int, seed: int) -> np.ndarray:
        """Each chunk has a random stream of its own, so that its rows do not depend on how many come after."""

        def draw(at: int) -> np.ndarray:
            rng = torch.Generator(roll_out.device).manual_seed(derived_seed(seed, "sample", at))
            chunk = roll_out.chunk(CHUNK_ROWS, rng, phase=phase_of(seed, at // CHUNK_ROWS))
            return np.asarray(chunk[: start + rows - at].to(torch.int32).cpu().numpy())

        parts = side_by_side(draw, range(start, start + rows, CHUNK_ROWS), roll_out.device)
        return np.concatenate(parts) if parts else np.zeros((0, len(roll_out.layout.slots)), np.int32)

    def _fitted(self) -> Self:
        if not hasattr(self, "codec_"):
            raise NotFittedError("synthesizer: not fitted; call fit(data) first, or synthgen.load(folder)")
        return self

    # ------------------------------------------------------------------ disk
    def save(self, path: str | Path) -> None:
        """Write the run folder: settings, schema, codec, weights, history, manifest. No pickle, no row.

        Raises:
            NotFittedError: there is nothing to save.
            RunError: the folder cannot be written, or is not a run's.
        """
        with writing(path) as writer:
            self.write(writer)

    def write(self, writer: RunWriter, keep_checkpoint: bool = False) -> None:
        """Write into a run folder that is already taken."""
        self._fitted()
        arrays = (
            {} if self.generator_ is None else {k: v.cpu().numpy() for k, v in self.generator_.state_dict().items()}
        )
        state = {"codec": self.codec_.state(), "origin": self.origin_.state()}
        writer.write(
            config=self.config_,
            schema=self.codec_.schema.model_dump(mode="json"),
            codec=state,
            history=self.history_,
            weights=arrays,
            facts=self.facts_ | {"model": "gan"},
            keep_checkpoint=keep_checkpoint,
        )

    @classmethod
    def from_run(cls, run: Run, device: str = "auto") -> Self:
        """A fitted synthesizer from a run folder that was read and verified.

        Raises:
            RunError: its parts do not fit together.
        """
        config = check_settings(RunConfig, run.config, f"{run.path}: config.toml")
        model = cls.from_config(config)
        model.device = device
        try:
            model.codec_ = Codec.from_state(run.codec["codec"])
            model.origin_ = Origin.from_state(run.codec["origin"])
            training = run.manifest.get("training", {})
            model.generator_ = None
            if run.weights:
                layout = model.codec_.layout()
                generator = AnyOrderGenerator(layout, training["width"], training["blocks"], waves=training["waves"])
                generator.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in run.weights.items()})
                model.generator_ = generator.to(device_of(device)).eval()
        except (KeyError, TypeError, RuntimeError) as error:
            raise RunError(
                f"{run.path}: its files do not fit together ({type(error).__name__}). Restore the folder or fit again"
            ) from error
        kept = ("format", "synthgen", "python", "libraries", "files", "model")
        model.facts_ = {k: v for k, v in run.manifest.items() if k not in kept}
        model.config_, model.history_, model.notes_, model.interrupted_ = run.config, run.history, [], False
        return model


class _Keeper:
    """Between looks: tells the progress, keeps checkpoints."""

    def __init__(
        self, trainer: Trainer, progress: Progress, writer: RunWriter | None, config: RunConfig, quality: LiveQuality
    ) -> None:
        self.trainer, self.progress, self.writer, self.config, self.quality = trainer, progress, writer, config, quality
        self.figure: float | None = None
        self.started = self.kept = time.perf_counter()
        self.first_step = 0

    def look(self, trainer: Trainer) -> None:
        now, clock = time.perf_counter(), trainer.clock
        if len(trainer.history) % LOOKS_PER_FIGURE == 0 or clock.done:
            rng = torch.Generator(trainer.device).manual_seed(derived_seed(self.config.seed, "figure", clock.step))
            with trainer.averaged() as generator:
                self.figure = self.quality.measure(generator, rng)
            trainer.history[-1]["quality"] = self.figure
        per_step = (now - self.started) / max(1, clock.step - self.first_step)
        total = trainer.expected_steps
        self.progress.step(
            clock.step,
            max(total, clock.step),
            trainer.history[-1]["held_out_loss"],
            self.figure,
            per_step * max(0, total - clock.step),
        )
        if self.writer is not None and now - self.kept > SECONDS_BETWEEN_CHECKPOINTS and not clock.done:
            self.keep()

    def keep(self) -> None:
        """Write the checkpoint."""
        assert self.writer is not None
        state, tensors = self.trainer.state()
        facts = {
            **state,
            "plan": self.trainer.plan.state(),
            "rows": len(self.trainer.train_NS),
            "seed": self.config.seed,
        }
        self.writer.write_checkpoint({k: v.cpu().numpy() for k, v in tensors.items()}, facts)
        self.kept = time.perf_counter()

    def resume(self, checkpoint: Checkpoint | None) -> None:
        """Go on from a checkpoint that fits this table and these settings."""
        if checkpoint is None:
            self.progress.message("nothing to resume; training from the start", warning=True)
            return
        facts = checkpoint.facts
        if (facts.get("plan"), facts.get("rows"), facts.get("seed")) != (
            self.trainer.plan.state(),
            len(self.trainer.train_NS),
            self.config.seed,
        ):
            raise RunError(
                "checkpoint: was written for other data or other settings; use the same data, schema, settings "
                "and seed, or train without --resume"
            )
        self.trainer.load_state(facts, {k: torch.from_numpy(v.copy()) for k, v in checkpoint.arrays.items()})
        self.first_step = self.trainer.clock.step
        self.progress.message(f"resumed at step {self.first_step}", step=self.first_step)


def load(path: str | Path, device: str = "auto") -> Synthesizer:
    """A fitted synthesizer from a run folder. Nothing in it is executed.

    Raises:
        RunError: the folder is damaged, foreign, or from a newer version.
    """
    return Synthesizer.from_run(read_run(path), device)


def _notes(rows: int, slots: int) -> list[str]:
    """What so few rows cannot support."""
    if rows >= FEW_ROWS or not slots:
        return []
    return [
        f"{rows:,} rows are few: shares of columns and strong pairs can be trusted, links among three or more columns "
        f"and values held by fewer than {max(5, rows // 50)} rows cannot"
    ]
