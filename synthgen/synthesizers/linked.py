"""Several linked tables: each has a model of its own, which knows its parents, its rows before, and who hangs on it.

How many rows hang on a row is one of its own columns; a child's rows are made one after another for each row of their
owner; other parents are chosen by cluster, in proportion to the number of rows that they ask for; ties between rows of
one table are a graph. So no reference leads nowhere, by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa

from synthgen.campaigns import AskedCampaigns
from synthgen.config import RunConfig
from synthgen.errors import ConfigError, choose
from synthgen.linked.detecting import detect_links
from synthgen.linked.plan import Plan
from synthgen.linked.schema import LinkedSchema, Reference
from synthgen.storage import Run
from synthgen.synthesizers.linked_campaigns import Campaigns
from synthgen.synthesizers.linked_fitting import Fitting
from synthgen.synthesizers.linked_making import Making
from synthgen.synthesizers.linked_part import Part
from synthgen.table.origin import Origin
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.progress import Progress, Silent


@dataclass
class Linked:
    """A model of several tables.

    Attributes:
        config: settings.
        schema: what links the tables.
        plan: in which order they are made.
        parts: by table.
        notes: what was mended or cut, sentences.
        missing: share of rows in which a reference was missing.
        campaigns: what is kept of accounts that act together; None: no table is one of users.
    """

    config: RunConfig
    schema: LinkedSchema
    plan: Plan
    parts: dict[str, Part] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: dict[Reference, float] = field(default_factory=dict)
    campaigns: Campaigns | None = None

    # ------------------------------------------------------------------ fit
    @classmethod
    def fit(
        cls,
        tables: Mapping[str, Table],
        config: RunConfig,
        schema: LinkedSchema | None,
        progress: Progress,
        stop: Callable[[], bool],
    ) -> Self:
        """Learn the tables.

        Args:
            tables: by name.
            config: settings; ``minutes`` are shared out by the number of cells.
            schema: what links them; None: found out.
            progress: is told what happens.
            stop: True ends the training of the table at hand.

        Raises:
            SynthgenError: a table, the schema or a setting is at fault.
        """
        if config.model.name != "gan":
            raise ConfigError(
                f"model: {config.model.name!r} cannot be told of a row's parents, so it learns no linked tables; "
                "'gan' does. Leave --model out, or fit the tables one by one"
            )
        progress.stage("finding links")
        schema = schema or detect_links(tables, config)
        schema.check({name: table.names for name, table in tables.items()})
        model = cls(config, schema, Plan(()))
        Fitting(model, dict(tables), progress, stop).run()
        return model

    # ------------------------------------------------------------------ sample
    def sample(
        self,
        scale: float = 1.0,
        rows: Mapping[str, int] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
        campaigns: AskedCampaigns | None = None,
    ) -> dict[str, pa.Table]:
        """Make the tables, as the program keeps them: text of a CSV is text.

        Args:
            scale: times as many rows of the tables that hang on no other.
            rows: so many of a table that hangs on no other, whatever the scale.
            seed: equal seeds make equal tables.
            progress: is told which table is being made.
            campaigns: so many of one size and no others, and a table ``campaigns`` that says who is in which.

        Raises:
            ConfigError: a number is out of range, or a table's rows follow from its owner's.
        """
        if not scale > 0:
            raise ConfigError(f"scale: {scale}; a number above 0 was expected")
        for name, n in (rows or {}).items():
            choose("rows", name, list(self.parts))
            if name in self.plan.owner or name in self.plan.edges or self.parts[name].kept is not None:
                why = "is kept as it is" if self.parts[name].kept is not None else "follows from its parents' rows"
                raise ConfigError(f"rows: the number of rows of {name!r} {why}; use scale, or name another table")
            if n < 0:
                raise ConfigError(f"rows: {n} of {name!r}; expected 0 or more")
        return Making(self, scale, dict(rows or {}), seed, progress, campaigns).run()

    def origin_of(self, name: str, table: pa.Table) -> Origin:
        """The kind that a made table comes in; the truth about campaigns comes as the users do."""
        if name in self.parts or self.campaigns is None:
            return self.parts[name].origin
        return self.parts[self.campaigns.users].origin.of_other(table.schema)

    # ------------------------------------------------------------------ disk
    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON and arrays; what tables that are kept hold is among the arrays."""
        facts: dict[str, Any] = {"tables": {}, "notes": self.notes, "schema": self.schema.state()}
        arrays: dict[str, np.ndarray] = {}
        for number, (name, part) in enumerate(self.parts.items()):
            facts["tables"][name], own = part.state()
            arrays |= {f"{number}.{key}": value for key, value in own.items()}
        facts["missing"] = {r.text: share for r, share in self.missing.items()}
        facts["campaigns"] = None if self.campaigns is None else self.campaigns.state()
        return facts, arrays

    @classmethod
    def from_run(cls, run: Run, config: RunConfig, device: str) -> Self:
        """The model again.

        Raises:
            RunError: its parts do not fit together.
        """
        with run.fitting_together():
            facts = run.codec
            schema = LinkedSchema.from_json(facts["schema"], f"{run.path}: codec.json")
            by_text = {r.text: r for r in schema.references}
            plan = Plan.of(schema, {by_text[text]: share for text, share in facts["missing"].items()})
            model = cls(config, schema, plan, notes=list(facts["notes"]))
            model.missing = {by_text[text]: share for text, share in facts["missing"].items()}
            if kept := facts.get("campaigns"):
                model.campaigns = Campaigns.from_state(kept)
            for number, (name, own) in enumerate(facts["tables"].items()):
                mark = f"{number}."
                arrays = {k.removeprefix(mark): v for k, v in run.weights.items() if k.startswith(mark)}
                model.parts[name] = Part.from_state(run, own, arrays, device)
        return model


def joined_tables(
    tables: Mapping[str, Table], config: RunConfig, schema: LinkedSchema, epochs: Mapping[str, int] | None = None
) -> dict[str, tuple[pa.Table, Schema]]:
    """Every table beside what is known of its rows: its owner's columns, the row before, how many rows hang on it.

    Args:
        tables: by name.
        config: settings.
        schema: what links them.
        epochs: by table from when times are counted, seconds since 1970: one for tables that are compared.

    Returns:
        By name the table, and what its columns mean.

    Raises:
        DataError: a key is missing or there twice, or a row refers to none where the schema refuses that.
    """
    return Fitting(Linked(config, schema, Plan(())), dict(tables), Silent(), lambda: False).joined(epochs or {})
