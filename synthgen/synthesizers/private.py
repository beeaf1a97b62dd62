"""Private fits: rows made of noisy figures stand in for the real ones before anything else looks at them."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthgen.columns import load_schema
from synthgen.columns.holders import units_of
from synthgen.config import RunConfig
from synthgen.dp.budget import Budget
from synthgen.dp.cutting import cut_rows
from synthgen.dp.ledger import Ledger
from synthgen.dp.noise import Noise
from synthgen.dp.rows import private_rows
from synthgen.dp.settings import Method
from synthgen.errors import ConfigError, RunError
from synthgen.storage import RunWriter
from synthgen.synthesizers import MODELS
from synthgen.synthesizers.any_order import AnyOrderGan
from synthgen.synthesizers.base import Account, Job, Model
from synthgen.synthesizers.one_shot import OneShot
from synthgen.synthesizers.private_learning import (
    TUNING_MINUTES,
    RealRows,
    learn_any_order,
    learn_one_shot,
    narrowed,
    shortened,
    tune,
)
from synthgen.synthesizers.text_learning import LEARNED, STAND_IN
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.standing import standing_in
from synthgen.table.table import Table, joined
from synthgen.training.progress import Progress

LEDGER, COLUMNS, ASKED, METHOD, UNITS = b"ledger", b"columns", b"asked", b"method", b"units"
WITH_GRADIENTS = ("gan", "one-shot")
"""Models that noisy gradients can teach."""
GRADIENT_MINUTES, GRADIENT_STEPS = 2.0, 100
"""What a fit must allow, where it allows so much only, to take noisy gradients by itself."""


@dataclass(frozen=True)
class StandIn:
    """What a private fit learns from.

    Attributes:
        table: made rows in the place of the real ones.
        ledger: what was spent on them.
        columns: by column the distance of the made rows from the noisy shares, and of the noise itself.
        method: what learns how columns hang together.
        rows: the real rows and what is left of the budget, for gradients; None: they are not needed.
    """

    table: Table
    ledger: Ledger
    columns: list[dict[str, Any]]
    method: Method = "marginals"
    rows: RealRows | None = None

    @property
    def notes(self) -> list[str]:
        """What whoever signs should know."""
        return notes_of(self.ledger, len(self.table))

    def facts(self) -> dict[str, Any]:
        """For the manifest: what is promised, and where the budget went."""
        return {
            "epsilon": self.ledger.epsilon,
            "delta": self.ledger.delta,
            "unit": self.ledger.unit,
            "method": self.method,
            "with_public_schema": self.ledger.epsilon_spent(without_schema=True),
            "ledger": self.ledger.state(),
            "columns": self.columns,
        }


def check_private(config: RunConfig, kind: type[Model]) -> None:
    """Whether a model can be fitted as privately as was asked for.

    Raises:
        ConfigError: it cannot, or what belongs to an epsilon was given without one.
    """
    if config.privacy.epsilon is None:
        if given := sorted(config.privacy.model_fields_set - {"epsilon"}):
            raise ConfigError(
                f"privacy.{given[0]}: is for private fits; give an epsilon too, such as --epsilon 3, or leave it out"
            )
        return
    if not kind.private:
        raise not_private(kind.name)
    if config.privacy.secure and config.privacy.noise_seed is not None:
        raise ConfigError("privacy.noise_seed: secure noise has no seed; leave out one of the two")
    if config.holdout is not None:
        raise ConfigError("holdout: a private fit is judged by no real rows, so none are held out; leave it out")
    if config.privacy.method not in ("sgd", "both"):
        return
    if kind.name not in WITH_GRADIENTS:
        raise ConfigError(
            f"privacy.method: {config.privacy.method!r} is for models {' and '.join(map(repr, WITH_GRADIENTS))}; "
            f"{kind.name!r} learns from noisy tables alone. Leave the method out"
        )


def not_private(model: str) -> ConfigError:
    """The error about a model that cannot be private, with the list of those that can."""
    can = ", ".join(repr(name) for name, one in MODELS.items() if one.private)
    return ConfigError(
        f"epsilon: model {model!r} cannot be fitted with differential privacy; {can} can. "
        "Choose one of them with --model"
    )


def given_schema(schema: Schema | str | Path | None) -> Schema | None:
    """A schema as it may be used privately: columns of pictures and learned texts hold what no noise covers.

    Raises:
        ConfigError: it asks for one of these.
    """
    found = load_schema(schema) if isinstance(schema, str | Path) else schema
    for column in found.columns if found is not None else ():
        if column.type == "image":
            raise ConfigError(
                f"column {column.name!r}: pictures cannot be learned with differential privacy here. "
                "Set its type to 'drop' in the schema"
            )
        if column.options.get("model") == LEARNED:
            raise ConfigError(
                f"column {column.name!r}: texts cannot be learned with differential privacy here; made-up words stand "
                f"in for them. Set its option 'model' to {STAND_IN!r}"
            )
    return found


def stand_in(
    table: Table,
    given: Schema | None,
    config: RunConfig,
    progress: Progress,
    writer: RunWriter | None = None,
    resume: bool = False,
) -> StandIn:
    """Made rows in the place of real ones; of a run that goes on, those that were paid for.

    Args:
        table: the real rows.
        given: a schema, which need not be paid for.
        config: settings, with an epsilon.
        progress: is told what happens.
        writer: keeps what was paid for while training goes on.
        resume: take it from there.

    Raises:
        RunError: a run that is to go on was begun with other settings: its ledger would lie.
        DataError: the budget is too small for the table.
    """
    asked = _asked(config, given)
    if resume and writer is not None and (kept := writer.read_released()) is not None:
        return _again(kept, asked, table, config)
    if resume:
        progress.message("nothing to resume; measuring from the start, at the full price", warning=True)
    progress.stage("measuring with noise")
    rows = private_rows(
        table.arrow,
        config.privacy,
        unit=config.unit,
        declared=declared_in(given, config),
        target=config.target,
        min_holders=config.min_holders,
        seed=config.seed,
        tell=progress.message,
        gradients=takes_gradients(config),
    )
    left = _real_rows(rows.cut, rows.budget, rows.releases.units, config, rows.method)
    made = StandIn(standing_in(table, rows.table), rows.ledger, rows.columns, rows.method, left)
    if writer is not None:
        writer.write_released(_packed(made, asked))
    return made


def takes_gradients(config: RunConfig) -> bool:
    """Whether a model goes on from a private table with noisy gradients where nobody says by which method.

    They cost half of the budget for how columns hang together, and few steps would not be worth that.
    """
    minutes, steps = config.minutes, config.training.max_steps
    hurried = (minutes is not None and minutes < GRADIENT_MINUTES) or (steps is not None and steps < GRADIENT_STEPS)
    return config.model.name == AnyOrderGan.name and not hurried


def notes_of(ledger: Ledger, rows: int) -> list[str]:
    """What whoever signs should know of a guarantee.

    Args:
        ledger: what was spent.
        rows: the noisy number of rows, or of units where there are some.
    """
    notes = []
    if ledger.delta * rows >= 1:
        notes.append(
            f"delta {ledger.delta:g} is not below 1 over the {rows:,} rows: somebody could be given away whole with "
            f"that chance and the guarantee still hold. Ask for {0.1 / rows:.1g} or less"
        )
    if ledger.seeded:
        notes.append("noise was drawn from a seed: who knows it can take the noise away, so there is no guarantee")
    return notes


def declared_in(given: Schema | None, config: RunConfig) -> Schema | None:
    """What is said of columns, and need not be paid for: a schema's, or the settings'."""
    if given is not None or not config.columns:
        return given
    return Schema(
        columns=[ColumnSchema(name=name, type=c.type, options=c.options) for name, c in config.columns.items()]
    )


def _asked(config: RunConfig, given: Schema | None) -> dict[str, Any]:
    """What decides the ledger, in JSON types."""
    facts = config.model_dump(mode="json", include={"privacy", "unit", "target", "min_holders", "columns", "seed"})
    facts["privacy"].pop("noise_seed")  # whoever reads the file could take the noise away
    return facts | {"schema": None if given is None else given.model_dump(mode="json")}


def _packed(made: StandIn, asked: Mapping[str, Any]) -> bytes:
    """Made rows and what they cost, as one Arrow file."""
    units = None if made.rows is None else made.rows.units
    facts = {LEDGER: made.ledger.state(), COLUMNS: made.columns, ASKED: dict(asked), METHOD: made.method, UNITS: units}
    arrow = made.table.arrow.replace_schema_metadata({key: json.dumps(fact) for key, fact in facts.items()})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, arrow.schema) as file:
        file.write_table(arrow)
    return sink.getvalue()


def learn(model: Model, made: StandIn, job: Job) -> Account:
    """Learn the rows that stand in for the real ones, and the real ones by noisy gradients where these are asked for.

    Args:
        model: new.
        made: what stands in.
        job: with that table.

    Raises:
        PrivacyError: nothing is left of the budget for gradients.
    """
    if made.rows is None:
        return model.fit(job)
    if isinstance(model, OneShot):
        return learn_one_shot(model, made.rows, job)
    assert isinstance(model, AnyOrderGan)
    if made.method == "sgd":
        return learn_any_order(model, made.rows, job)
    began, minutes = time.perf_counter(), job.config.minutes
    account = model.fit(narrowed(shortened(job, 1 - TUNING_MINUTES)))
    if account.interrupted or model.network is None:
        return account
    private_NS = model.codec.encode(made.table.arrow, seed=job.config.seed)
    seconds = None if minutes is None else 60 * minutes - (time.perf_counter() - began)
    return replace(account, training=account.training | tune(model, made.rows, private_NS, job, seconds))


def _real_rows(cut: pa.Table, budget: Budget, units: float, config: RunConfig, method: Method) -> RealRows | None:
    """What gradients meet; None where none are taken.

    Args:
        cut: the real rows, those of a unit bounded in number.
        budget: all that is left of it will be spent.
        units: the noisy number of those whose rows they are.
        config: settings.
        method: what learns how columns hang together.
    """
    if method == "marginals":
        return None
    unit_N = None if config.unit is None else units_of(joined(cut.column(config.unit)))
    return RealRows(cut, budget, units, unit_N)


def _again(kept: bytes, asked: Mapping[str, Any], table: Table, config: RunConfig) -> StandIn:
    where = "released.arrow"
    try:
        arrow = pa.ipc.open_file(pa.py_buffer(kept)).read_all()
        found = {key: json.loads(fact) for key, fact in (arrow.schema.metadata or {}).items()}
        then = found[ASKED]
        ledger = Ledger.from_state(found[LEDGER])
        columns, method, units = found[COLUMNS], found[METHOD], found[UNITS]
    except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise RunError(
            f"{where} is damaged ({type(error).__name__}). Train without --resume, at the full price"
        ) from error
    if other := [key for key, fact in asked.items() if then.get(key) != json.loads(json.dumps(fact))]:
        raise RunError(
            f"resume: this private run was begun with another {', '.join(other)}; going on would make its ledger lie. "
            "Use the settings that it was begun with, or train without --resume into another --out"
        )
    privacy, cut = config.privacy, table.arrow
    noise = Noise(privacy.noise_seed, secure=privacy.secure)
    if config.unit is not None:
        cut = cut_rows(cut, config.unit, ledger.rows_per_unit, noise)
    budget = Budget(ledger.epsilon, ledger.delta, ledger=ledger, noise=noise)
    left = _real_rows(cut, budget, units, config, method)
    return StandIn(standing_in(table, arrow.replace_schema_metadata(None)), ledger, columns, method, left)
