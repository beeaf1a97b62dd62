"""The synthesizer: fit a table, sample rows like it, save, load, with any model. Reads top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import torch
from sklearn.base import BaseEstimator

from synthgen.campaigns import AskedCampaigns, Kind, asked_of
from synthgen.codec import Codec
from synthgen.conditions import where_of
from synthgen.config import LINKED_MODEL, RunConfig, SamplingSettings, check_settings, settings_of
from synthgen.detecting import check_unit, schema_of
from synthgen.errors import ConfigError, NotFittedError
from synthgen.linked.schema import LinkedSchema
from synthgen.rows.balancing import Draw, topped_up
from synthgen.rows.completing import completed
from synthgen.rows.given import READING, given_rows
from synthgen.rows.imputing import impute, with_cells
from synthgen.rows.known import Known
from synthgen.rows.predicting import predict, told_by
from synthgen.rows.repairing import repair
from synthgen.rows.scoring import score
from synthgen.rows.shaping import below_like, beside_like, changed_like, is_frame, listed_like
from synthgen.seeding import derived_seed
from synthgen.storage import Run, RunWriter, read_run, writing
from synthgen.synthesizers import MODELS
from synthgen.synthesizers.account_campaigns import farmed_rows, found_kinds, said_of
from synthgen.synthesizers.any_order import AnyOrderGan
from synthgen.synthesizers.base import Job, Model, TokenModel, check_used, go_on, used_settings
from synthgen.synthesizers.picture_columns import (
    PictureColumn,
    fit_picture_columns,
    picture_columns,
    write_picture_column,
)
from synthgen.synthesizers.private import StandIn, check_private, given_schema, learn, stand_in
from synthgen.synthesizers.quotas import quota_of, stratified
from synthgen.synthesizers.text_columns import TextColumn
from synthgen.synthesizers.text_learning import TextLearning, config_of_table, without_texts
from synthgen.table.origin import Origin
from synthgen.table.schema import Schema
from synthgen.table.table import Table
from synthgen.training.devices import device_of
from synthgen.training.progress import Progress, Silent

if TYPE_CHECKING:
    from synthgen.synthesizers.linked import Linked

FEW_ROWS = 1_000
PICTURES = "pictures."
"""What the weights of columns of pictures are called, before their number."""
TEXTS = "texts."
"""Likewise of columns of texts."""


class Synthesizer(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Learns a table and draws rows like it.

    Args:
        model: one of ``synthgen.synthesizers.MODELS``; ``gan`` is the any-order generator, trained on masked
            likelihood.
        random_state: seed of every random draw.
        minutes: training stops there at the latest; None: when held-out rows say that it is done.
        target: the column that the rest is meant to predict; drawn last.
        context: columns that will be given in ``sample(like=...)``: most of the learning goes to the others.
        unit: the column that says whose a row is, such as ``user_id``: rows of one person count once where a value
            needs holders; of linked tables it is known from their references, and with an epsilon it may name the
            table of people.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        min_holders: a value needs so many rows, or people where there is a unit, to enter a vocabulary.
        epsilon: train with differential privacy: the most that one row, or one person where there is a unit, changes
            the log-probability of anything that comes out of the fit; None: there is no such guarantee.
        delta: the chance, at most, that it changes more; None: one in a million.
        privacy: settings of ``synthgen.dp.settings.PrivacySettings`` by name, beside these two.
        schema: a ``Schema``, of linked tables a ``LinkedSchema``, or the path of a ``schema.json``; None: detected.
        columns: what detection gets wrong, ``{"zip": {"type": "categorical"}}``.
        training: settings of ``synthgen.training.settings.TrainingSettings`` by name.
        critic: settings of ``synthgen.training.settings.CriticSettings`` by name.
        sampling: settings of ``synthgen.config.SamplingSettings`` by name; ``sample`` may ask for others.
        adversarial: settings of ``synthgen.training.settings.AdversarialSettings`` by name, for models that are
            trained against a critic.

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
        model: str = "gan",
        random_state: int = 0,
        minutes: float | None = None,
        target: str | None = None,
        context: list[str] | None = None,
        unit: str | None = None,
        device: str = "auto",
        min_holders: int = 5,
        epsilon: float | None = None,
        delta: float | None = None,
        privacy: dict[str, Any] | None = None,
        schema: Schema | LinkedSchema | str | Path | None = None,
        columns: dict[str, dict[str, Any]] | None = None,
        training: dict[str, Any] | None = None,
        critic: dict[str, Any] | None = None,
        sampling: dict[str, Any] | None = None,
        adversarial: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.random_state = random_state
        self.minutes = minutes
        self.target = target
        self.context = context
        self.unit = unit
        self.device = device
        self.min_holders = min_holders
        self.epsilon = epsilon
        self.delta = delta
        self.privacy = privacy
        self.schema = schema
        self.columns = columns
        self.training = training
        self.critic = critic
        self.sampling = sampling
        self.adversarial = adversarial

    model_: Model
    linked_: Linked
    pictures_: dict[str, PictureColumn]
    texts_: dict[str, TextColumn]
    _run_config: RunConfig | None = None

    @classmethod
    def from_config(cls, config: RunConfig, schema: Schema | LinkedSchema | str | Path | None = None) -> Self:
        """A new synthesizer with the settings of a config file."""
        synthesizer = cls(
            model=config.model.name,
            random_state=config.seed,
            minutes=config.minutes,
            target=config.target,
            context=config.context or None,
            unit=config.unit,
            device=config.device,
            min_holders=config.min_holders,
            privacy=config.privacy.model_dump(exclude_unset=True) or None,
            schema=schema,
            columns={k: v.model_dump() for k, v in config.columns.items()} or None,
            training=config.training.model_dump(exclude_unset=True) or None,
            critic=config.critic.model_dump(exclude_unset=True) or None,
            sampling=config.sampling.model_dump(exclude_unset=True) or None,
            adversarial=config.adversarial.model_dump(exclude_unset=True) or None,
        )
        synthesizer._run_config = config
        return synthesizer

    # ------------------------------------------------------------------ fit
    def fit(
        self,
        data: Any,
        y: None = None,
        *,
        progress: Progress | None = None,
        writer: RunWriter | None = None,
        resume: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Self:
        """Learn a table.

        Args:
            data: a pandas frame, an Arrow table, a path to a CSV or Parquet file, or anything with
                ``__arrow_c_stream__``; several of them by name are linked tables.
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
        if isinstance(data, Mapping):
            return self._fit_linked(data, config, progress, stop or go_on)
        if isinstance(self.schema, LinkedSchema):
            raise ConfigError("schema: is that of several tables; give them by name, {'users': users, ...}")
        kind = kind_of(config)
        kind.check_available()
        check_used(config, kind)
        check_private(config, kind)
        if writer is not None:
            check_savable(kind)
        device = device_of(config.device)
        if not isinstance(data, Table):
            progress.stage("reading")
        table = Table.from_any(data, min_holders=config.min_holders)
        check_unit(table, config)
        made: StandIn | None = None
        if config.privacy.epsilon is not None:
            made = stand_in(table, given_schema(self.schema), config, progress, writer, resume)
            table = made.table
        if self.schema is None:
            progress.stage("detecting columns")
        schema = schema_of(table, config, self.schema)
        if made is not None:
            schema = without_texts(schema)
        self.notes_ = _notes(len(table), kind, config) + (made.notes if made is not None else [])
        for note in self.notes_:
            progress.message(note, warning=True)
        model = kind()
        own = config_of_table(config, schema) if isinstance(model, TokenModel) else config
        job = Job(table, schema, own, device, progress, writer, resume, stop or go_on)
        account = model.fit(job) if made is None else learn(model, made, job)
        codec = _codec_for_pictures(model, schema)
        pictures, said, of_pictures = (
            ({}, [], {})
            if codec is None
            else fit_picture_columns(table, schema, codec, config, device, progress, stop or go_on)
        )
        self.notes_ += said
        self.pictures_ = pictures
        self.texts_, said, of_texts = (
            TextLearning(table.arrow, schema, model.codec, config).run(progress, stop or go_on)
            if isinstance(model, TokenModel)
            else ({}, [], {})
        )
        self.notes_ += said
        _bind_texts(model, self.texts_)
        self.model_, self.schema_, self.origin_ = model, schema, table.origin
        self.interrupted_, self.history_ = account.interrupted, account.history
        self.facts_: dict[str, Any] = {
            "seed": config.seed,
            "data": {"name": Path(table.name).name, "rows": len(table), "columns": len(table.names)},
            "target": config.target,
            "device": str(device),
            "threads": torch.get_num_threads(),
            "privacy": {"min_holders": config.min_holders, "epsilon": None},
        }
        if config.unit is not None:
            self.facts_["privacy"]["unit"] = config.unit
        if made is not None:
            self.facts_["privacy"] |= made.facts()
        if kinds := found_kinds(table, schema, config.min_holders):
            self.facts_["campaigns"] = [kind.state() for kind in kinds]
            self.notes_.append(said_of(kinds))
        if account.training:
            self.facts_["training"] = account.training
        if of_pictures:
            self.facts_["pictures"] = of_pictures
        if of_texts:
            self.facts_["texts"] = of_texts
        self.config_ = _resolved(config, kind)
        return self

    def _fit_linked(
        self, data: Mapping[str, Any], config: RunConfig, progress: Progress, stop: Callable[[], bool]
    ) -> Self:
        """Learn several tables and what links them."""
        private = config.privacy.epsilon is not None
        if config.unit is not None and not private:
            raise ConfigError("unit: of linked tables it is known from their references. Leave it out")
        from synthgen.synthesizers.linked import Linked
        from synthgen.synthesizers.linked_private import network_stand_in

        tables = {
            name: Table.from_any(one, None if isinstance(one, Table) else name, min_holders=config.min_holders)
            for name, one in data.items()
        }
        if isinstance(self.schema, Schema):
            raise ConfigError("schema: is that of a single table; a LinkedSchema was expected")
        given = LinkedSchema.load(self.schema) if isinstance(self.schema, str | Path) else self.schema
        device_of(config.device)
        made = network_stand_in(tables, given, config, kind_of(config), progress) if private else None
        own = config
        if made is not None:
            tables, given, own = made.tables, made.schema, made.config
        self.linked_ = linked = Linked.fit(tables, own, given, progress, stop)
        self.notes_, self.history_, self.interrupted_ = linked.notes, [], False
        self.facts_ = {
            "seed": config.seed,
            "data": {"tables": {name: len(table) for name, table in tables.items()}},
            "privacy": {"min_holders": config.min_holders, "epsilon": None},
        }
        if made is not None:
            self.facts_["privacy"] |= made.facts
            linked.notes[:0] = made.notes
        self.config_ = _resolved(config, kind_of(config))
        return self

    def _config(self) -> RunConfig:
        if self._run_config is not None:
            return self._run_config
        given = {
            "seed": self.random_state,
            "minutes": self.minutes,
            "target": self.target,
            "context": self.context,
            "device": self.device,
            "unit": self.unit,
            "min_holders": self.min_holders,
            "columns": self.columns,
            "training": self.training,
            "critic": self.critic,
            "sampling": self.sampling,
            "adversarial": self.adversarial,
            "model": {"name": self.model},
        }
        private = {"epsilon": self.epsilon, "delta": self.delta}
        private = (self.privacy or {}) | {k: v for k, v in private.items() if v is not None}
        given["privacy"] = private or None
        return check_settings(RunConfig, {k: v for k, v in given.items() if v is not None}, "settings")

    # ------------------------------------------------------------------ sample
    def sample(
        self,
        n: int | None = None,
        *,
        where: str | Mapping[str, Any] | None = None,
        quota: str | Mapping[str, Mapping[Any, float]] | None = None,
        like: Any = None,
        draws: int = 1,
        random_state: int = 0,
        steps: int | None = None,
        guide: float | None = None,
        scale: float | None = None,
        rows: Mapping[str, int] | None = None,
        campaigns: int | None = None,
        campaign_size: int | None = None,
        difficulty: float | None = None,
        label_noise: float | None = None,
    ) -> Any:
        """Draw rows, in the kind that ``fit`` was given: same columns, order, types and kind of index.

        Args:
            n: how many; any number. Not with ``like``, which says itself how many.
            where: conditions that all rows keep, ``"is_bot=1, followers>10000"`` or ``{"is_bot": 1, "age": (30, 45)}``;
                see ``synthgen.conditions``. The rest is drawn given them, however rare they are.
            quota: shares that one column's values have exactly, ``"account_type: bot=20%"`` or
                ``{"account_type": {"bot": 0.2}}``; what is left goes to the other values.
            like: partial rows, as for ``fit``: some of the columns, or blank cells. Each is completed: what it gives
                stays, the rest is drawn given that.
            draws: whole rows for each partial one.
            random_state: seed; the same one gives the same rows.
            steps: passes of the network for the first slots of all columns: fewer are faster and less faithful.
                None: as the synthesizer was made.
            guide: rows drawn for each that the critic lets pass: slower, more faithful. None: as it was made.
            scale: of linked tables, which come back by name: so many times the rows of those that hang on no other.
            rows: of linked tables, ``{"users": 500}``: so many of one that hangs on no other.
            campaigns: of user tables that say who is fake: so many farms of fake accounts, and no other fakes. Of
                linked tables ``campaigns`` comes beside the others (key, campaign, true_label); of a single table a
                pair comes back, the rows and a table of (row, campaign, true_label), rows counted from 1.
            campaign_size: accounts of each; 40 where it is left out.
            difficulty: 0: each account bears every mark of its campaign (burst, template, clique, posts in step, the
                profile of a fake); 1: none does; in between each is missing with this chance. 0.5 where it is left out.
            label_noise: the share of fake accounts labelled genuine, and as many genuine ones labelled fake; 0 where it
                is left out.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: ``steps`` or ``guide`` are out of range, or nothing that this model has.
            ConditionError: no row can keep what is asked, or the model cannot be asked.
            DataError: partial rows have columns that were not learned.
        """
        how: dict[str, Any] = {"where": where, "quota": quota, "like": like, "draws": draws}
        how |= {"steps": steps, "guide": guide}
        asked = asked_of(campaigns, campaign_size, difficulty, label_noise)
        if hasattr(self, "linked_"):
            other = next((name for name, value in {"n": n, **how, "draws": None}.items() if value is not None), None)
            if other is not None:
                raise ConfigError(f"{other}: is for a single table; linked tables take scale and rows")
            made = self.linked_.sample(1.0 if scale is None else scale, rows, random_state, campaigns=asked)
            return {name: self.linked_.origin_of(name, table).to_like(table, 0) for name, table in made.items()}
        if scale is not None or rows is not None:
            given = "scale" if scale is not None else "rows"
            raise ConfigError(f"{given}: is for linked tables; a single table takes the number of rows")
        if asked is not None:
            table, truth = self.sample_campaigns(n, asked, random_state=random_state, **how)
            return self.origin_.to_like(table, 0), self.origin_.of_other(truth.schema).to_like(truth, 0)
        chunks = list(self.sample_chunks(n, random_state=random_state, **how))
        return self._fitted().origin_.to_like(pa.concat_tables(chunks), 0)

    def sample_campaigns(
        self, n: int | None, asked: AskedCampaigns, *, random_state: int = 0, draws: int = 1, **how: Any
    ) -> tuple[pa.Table, pa.Table]:
        """Rows with campaigns among them, as the program keeps them, and which is in which; see ``sample``."""
        if given := next((name for name, value in how.items() if value is not None), None):
            raise ConfigError(f"{given}: not with campaigns, which say themselves who is fake; leave one out")
        if n is None or n < 0:
            raise ConfigError(f"rows: {n}; expected 0 or more")
        kinds = [Kind.from_state(kind) for kind in self._fitted().facts_.get("campaigns", [])]
        return farmed_rows(self.sample_chunks, self.known("campaigns"), kinds, n, asked, random_state)

    def sample_chunks(
        self,
        n: int | None = None,
        *,
        where: str | Mapping[str, Any] | None = None,
        quota: str | Mapping[str, Mapping[Any, float]] | None = None,
        like: Any = None,
        draws: int = 1,
        random_state: int = 0,
        steps: int | None = None,
        guide: float | None = None,
    ) -> Iterator[pa.Table]:
        """Draw rows chunk by chunk, as the program keeps them: text of a CSV is text. See ``sample``.

        Yields:
            Arrow tables of at most ``DECODE_ROWS`` rows; one empty table for ``n = 0``.
        """
        self._fitted()
        if like is not None:
            others = {"rows": n, "where": where, "quota": quota, "steps": steps, "guide": guide}
            if given := next((name for name, value in others.items() if value is not None), None):
                raise ConfigError(f"{given}: not with partial rows, which say themselves what is wanted; leave one out")
            known = self.known("like")
            partial = given_rows(known, like, may_lack=known.codec.names)
            yield from completed(partial, draws=draws, seed=random_state)
            return
        if n is None or n < 0:
            raise ConfigError(f"rows: {n}; expected 0 or more")
        if draws != 1:
            raise ConfigError(f"draws: {draws} of what? It is for partial rows; give some, or leave it out")
        asked = {k: v for k, v in (("steps", steps), ("guide", guide)) if v is not None}
        how = check_settings(SamplingSettings, {**self.config_.get("sampling", {}), **asked}, "sampling")
        model, conditions = self.model_.drawing(how), where_of(where)
        if quota is not None:
            yield from stratified(model, quota_of(quota), conditions, n, random_state)
        else:
            yield from (model.asking(conditions) if conditions else model).chunks(n, random_state)

    def share_of(self, where: str | Mapping[str, Any], *, random_state: int = 0) -> float:
        """The share of free rows that would keep conditions, as far as the model has learned: however small.

        Args:
            where: see ``sample``.
            random_state: of the rows it is estimated from.

        Returns:
            From above 0 to 1.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConditionError: no row can keep them, or the model cannot be asked.
        """
        return self._fitted().model_.asking(where_of(where)).share(random_state)

    def critic_scores(self, data: Any) -> np.ndarray:
        """How much likelier real than generated the critic finds each row of any table with the same columns.

        Args:
            data: as for ``fit``.

        Returns:
            ``(N,)`` log ratios of densities, as far as the critic has learned them; 0: it cannot tell.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model has no critic.
            SynthgenError: the table does not have the columns of the schema.
        """
        scores = getattr(self._fitted().model_, "critic_scores", None)
        if scores is None:
            raise ConfigError(f"model: {self.model_.name!r} has no critic; 'gan' and 'vae' have")
        table = Table.from_any(data, min_holders=self.min_holders)
        self.schema_.check(table.names)
        return np.asarray(scores(table.arrow))

    # ------------------------------------------------------------------ rows that are there
    def impute(
        self,
        data: Any,
        *,
        draws: int = 1,
        how: str = "draw",
        columns: Sequence[str] | None = None,
        random_state: int = 0,
    ) -> Any:
        """Fill missing cells and no other, in the kind that ``data`` is.

        Args:
            data: as for ``fit``, with the same columns; one row is enough.
            draws: completions; more than one for multiple imputation.
            how: ``draw`` draws a cell from its law given the rest of its row; ``likeliest`` takes the most probable
                label, and the median of a number or date.
            columns: fill these alone; None: all.
            random_state: seed of every draw.

        Returns:
            The rows; a list of ``draws`` of them when more than one was asked for.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model cannot be asked about single cells, or an argument is out of range.
            DataError: the columns are not those of the table that was learned.
        """
        given = given_rows(self.known("impute"), data)
        filled = impute(given, draws=draws, how=how, columns=columns, seed=random_state)
        made = [changed_like(data, one.table(), one.fills) for one in filled]
        return made[0] if draws == 1 else made

    def score(self, data: Any, *, critic: bool = True, random_state: int = 0) -> Any:
        """How likely each row is, beside real rows that were held out from the fit.

        Args:
            data: as for ``fit``, with the same columns; one row is enough.
            critic: ask the critic too.
            random_state: seed of places inside cells of rounded numbers.

        Returns:
            A frame, one row for each: ``log_likelihood`` in nats, ``critic`` (see ``critic_scores``), ``percentile``
            (0 to 100, the share of held-out real rows that are less likely), ``atypical`` (0 to 100, the share of
            them that look more like the usual row: neither too odd nor too plain), ``unusual`` (JSON: at most three
            columns, and the log of the ratio of the cell's probability to what their cells usually have).

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model cannot be asked about single cells, the run has no critic, or knows nothing of
                held-out rows.
            DataError: the columns are not those of the table that was learned.
        """
        given = given_rows(self.known("score"), data)
        return beside_like(data, score(given, critic=critic, seed=random_state).columns())

    def repair(self, data: Any, *, threshold: float | None = None, apply: bool = False, random_state: int = 0) -> Any:
        """Flag cells that are unlikely given the rest of their row, and propose what they should hold.

        Args:
            data: as for ``fit``, with the same columns; one row is enough.
            threshold: a cell is flagged when what is proposed is at least so many times as likely; None: as many as
                at the fit one in a thousand cells of held-out rows reached.
            apply: give the rows back too, with what is proposed in place.
            random_state: seed of places inside cells of rounded numbers.

        Returns:
            A frame, one row for each flagged cell: ``row`` (its position, from 0), ``column``, ``value`` and
            ``proposed`` (as text), ``likelihood_ratio``; with ``apply`` a pair of it and the repaired rows.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model cannot be asked about single cells, or the threshold is out of range.
            DataError: the columns are not those of the table that was learned.
        """
        found = repair(given_rows(self.known("repair"), data), threshold=threshold, seed=random_state)
        flagged = listed_like(data, found.listed())
        if not apply:
            return flagged
        return flagged, changed_like(data, with_cells(found.given.table, found.fills), found.fills)

    def predict_proba(self, data: Any, column: str, *, random_state: int = 0) -> Any:
        """The chance of each value of a column, given all other columns of the row.

        Args:
            data: as for ``fit``; the column itself may be left out, and is not looked at.
            column: a label, or a number, whose bins are the classes.
            random_state: seed of places inside cells of rounded numbers.

        Returns:
            A frame, one column for each class in the order of scikit-learn's ``classes_`` (ascending), whose rows sum
            to 1; bins of a number are named by their ends, in ascending order.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model cannot be asked about single cells.
            DataError: the columns are not those of the table that was learned, or the column has no law.
        """
        known = self.known("predict_proba")
        given = given_rows(known, data, may_lack=told_by(known, column))
        classes, chances = predict(given, column, random_state)
        named = {name if is_frame(data) else str(name): chances[:, k] for k, name in enumerate(classes)}
        return beside_like(data, named)

    def balance(
        self, data: Any, target: str, *, to: str | Mapping[Any, float] | None = None, random_state: int = 0
    ) -> Any:
        """Real rows with synthetic ones below, which top up rare classes.

        Args:
            data: as for ``fit``, with the same columns.
            target: a label.
            to: ``equal`` (the default): each class gets as many rows as the largest; or by class a share of all rows
                (below 1) or a number of rows, such as ``{"bot": 0.2}``; classes that are not named stay as they are.
            random_state: seed of every draw.

        Returns:
            All columns, and ``is_synthetic`` (with ``_`` at its end where that name is taken).

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model cannot be asked about single cells, or ``to`` would take real rows away.
            DataError: the columns are not those of the table that was learned, or the target is no label.
            ConditionError: the model knows no row of a class.
        """
        given = given_rows(self.known("balance"), data)
        made, mark = topped_up(given, target, to, self.of_class(target, random_state))
        return below_like(data, given.table, made, mark)

    def of_class(self, target: str, seed: int) -> Draw:
        """Draws rows of one class."""

        def draw(value: Any, rows: int, number: int) -> pa.Table:
            own = derived_seed(seed, "balance", number)
            return pa.concat_tables(self.sample_chunks(rows, where={target: [value]}, random_state=own))

        return draw

    def known(self, job: str) -> Known:
        """The model as jobs on rows see it.

        Args:
            job: what the message calls it.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConfigError: the model cannot be asked about single cells.
        """
        model = self._fitted().model_
        if not isinstance(model, AnyOrderGan):
            raise ConfigError(
                f"{job}: model {model.name!r} cannot be asked about single cells of a row; 'gan' can. "
                "Fit again with --model gan"
            )
        training = self.facts_.get("training", {})
        rows, reading = int(self.facts_["data"]["rows"]), {k: self.config_.get(k) for k in READING}
        return Known(model, self.schema_, rows, self.origin_, training.get("held_out_rows", {}), reading)

    def with_pictures(self, chunk: pa.Table, folders: dict[str, tuple[Path, str]], seed: int, start: int) -> pa.Table:
        """Sampled rows with new pictures: files in folders, and their paths in the rows.

        Args:
            chunk: rows of ``sample_chunks``.
            folders: by column of pictures, where the files go, and that folder's name in the paths.
            seed: of the pictures.
            start: rows that came before.
        """
        for name, (folder, shown) in folders.items():
            codec = _codec_for_pictures(self.model_, self.schema_)
            assert codec is not None
            chunk = write_picture_column(self.pictures_[name], codec, chunk, name, folder, shown, seed, start)
        return chunk

    def _fitted(self) -> Self:
        if hasattr(self, "linked_"):
            raise ConfigError(
                "synthesizer: holds a model of linked tables, which can sample and save; the rest is for single tables"
            )
        if not hasattr(self, "model_"):
            raise NotFittedError("synthesizer: not fitted; call fit(data) first, or synthgen.load(folder)")
        return self

    # ------------------------------------------------------------------ disk
    def save(self, path: str | Path) -> None:
        """Write the run folder: settings, schema, codec, weights, history, manifest. No pickle, no row.

        Raises:
            NotFittedError: there is nothing to save.
            ConfigError: the model holds what may not be written, and says so.
            RunError: the folder cannot be written, or is not a run's.
        """
        if not hasattr(self, "linked_"):
            check_savable(type(self._fitted().model_))
        with writing(path) as writer:
            self.write(writer)

    def write(self, writer: RunWriter, keep_checkpoint: bool = False) -> None:
        """Write into a run folder that is already taken."""
        writer.write(**self.contents(), keep_checkpoint=keep_checkpoint)

    def contents(self) -> dict[str, Any]:
        """What goes into a run folder, by the name of its part; see ``RunWriter.write``."""
        if hasattr(self, "linked_"):
            facts, arrays = self.linked_.state()
            schema, own = self.linked_.schema.state(), self.facts_ | {"model": LINKED_MODEL}
            return {
                "config": self.config_,
                "schema": schema,
                "codec": facts,
                "history": [],
                "weights": arrays,
                "facts": own,
            }
        self._fitted()
        return {
            "config": self.config_,
            "schema": self.schema_.model_dump(mode="json"),
            "codec": {"codec": self.model_.state(), "origin": self.origin_.state(), **self._parts_state()},
            "history": self.history_,
            "weights": self.model_.weights() | self._parts_weights(),
            "facts": self.facts_ | {"model": self.model_.name},
        }

    def _parts_state(self) -> dict[str, Any]:
        """Columns with a model of their own."""
        parts: dict[str, dict[str, Any]] = {"pictures": self.pictures_, "texts": self.texts_}
        return {kind: {name: column.state() for name, column in own.items()} for kind, own in parts.items() if own}

    def _parts_weights(self) -> dict[str, np.ndarray]:
        pictures = {
            f"{PICTURES}{number}.{key}": value.cpu().numpy()
            for number, column in enumerate(self.pictures_.values())
            for key, value in column.network.state_dict().items()
        }
        return pictures | {
            f"{TEXTS}{number}.{key}": value
            for number, column in enumerate(self.texts_.values())
            for key, value in column.model.weights().items()
        }

    @classmethod
    def from_run(cls, run: Run, device: str = "auto") -> Self:
        """A fitted synthesizer from a run folder that was read and verified.

        Raises:
            RunError: its parts do not fit together.
        """
        config = check_settings(RunConfig, run.config, f"{run.path}: config.toml")
        synthesizer = cls.from_config(config)
        synthesizer.device = device
        if run.manifest.get("model") == LINKED_MODEL:
            from synthgen.synthesizers.linked import Linked

            synthesizer.linked_ = Linked.from_run(run, config, device)
            synthesizer.facts_, synthesizer.config_, synthesizer.history_ = run.facts, run.config, run.history
            synthesizer.notes_, synthesizer.interrupted_ = list(synthesizer.linked_.notes), False
            return synthesizer
        with run.fitting_together():
            of_model, of_pictures = _split_weights(run, run.weights, PICTURES, "pictures")
            of_model, of_texts = _split_weights(run, of_model, TEXTS, "texts")
            synthesizer.model_ = kind_of(config).restore(replace(run, weights=of_model), device)
            synthesizer.pictures_ = {
                name: PictureColumn.from_state(state, weights, device)
                for (name, state), weights in zip(run.codec.get("pictures", {}).items(), of_pictures, strict=True)
            }
            synthesizer.texts_ = {
                name: TextColumn.from_state(state, weights)
                for (name, state), weights in zip(run.codec.get("texts", {}).items(), of_texts, strict=True)
            }
            _bind_texts(synthesizer.model_, synthesizer.texts_)
            synthesizer.schema_ = Schema.model_validate(run.schema)
            synthesizer.origin_ = Origin.from_state(run.codec["origin"])
        synthesizer.facts_ = run.facts
        synthesizer.config_, synthesizer.history_ = run.config, run.history
        synthesizer.notes_, synthesizer.interrupted_ = [], False
        return synthesizer


def load(path: str | Path, device: str = "auto") -> Synthesizer:
    """A fitted synthesizer from a run folder. Nothing in it is executed.

    Raises:
        RunError: the folder is damaged, foreign, or from a newer version.
    """
    return Synthesizer.from_run(read_run(path), device)


def check_savable(kind: type[Model]) -> None:
    """Whether a model of this kind may be written to disk.

    Raises:
        ConfigError: it may not, and why.
    """
    if kind.unsaved:
        hint = "'synthgen run' and 'synthgen compare' need no saved model" if kind.makes_rows else "Use it from Python"
        raise ConfigError(f"model: {kind.name!r} {kind.unsaved}. {hint}, or choose another model")


def _resolved(config: RunConfig, kind: type[Model]) -> dict[str, Any]:
    """The settings as they go to disk: nothing that the model does not use or would choose by itself."""
    used = used_settings(config, kind)
    settings = settings_of(used)
    for section in ("training", "critic", "sampling"):
        kept = {k: v for k, v in settings[section].items() if not {section, f"{section}.{k}"} & set(kind.unused)}
        settings[section] = kept
    return {k: v for k, v in settings.items() if v != {}}


def _codec_for_pictures(model: Model, schema: Schema) -> Codec | None:
    """What tells the pictures of a table about their rows; None where there are no pictures to be made.

    Raises:
        ConfigError: the model has no tokens to tell them by.
    """
    names = picture_columns(schema)
    if not names or (model.exposes and not isinstance(model, TokenModel)):
        return None
    if not isinstance(model, TokenModel):
        raise ConfigError(
            f"model: {model.name!r} makes no pictures, and column {names[0]!r} holds some. Choose another model, or "
            "set the column's type to 'drop' in schema.json"
        )
    return model.codec


def _bind_texts(model: Model, texts: Mapping[str, TextColumn]) -> None:
    """Have the model's rows end with their texts."""
    if isinstance(model, TokenModel):
        model.codec.finishing = {name: column.finish(model.codec, name) for name, column in texts.items()}


def _split_weights(
    run: Run, weights: dict[str, np.ndarray], prefix: str, kind: str
) -> tuple[dict[str, np.ndarray], list[dict[str, np.ndarray]]]:
    """The other weights, and those of each column of a kind."""
    prefixes = [f"{prefix}{number}." for number in range(len(run.codec.get(kind, {})))]
    of_columns = [
        {name.removeprefix(own): value for name, value in weights.items() if name.startswith(own)} for own in prefixes
    ]
    return {name: value for name, value in weights.items() if not name.startswith(tuple(prefixes))}, of_columns


def kind_of(config: RunConfig) -> type[Model]:
    """The model that the settings name.

    Raises:
        ConfigError: it is not for tables.
    """
    if config.model.name not in MODELS:
        raise ConfigError(
            f"model: {config.model.name!r} learns pictures; use synthgen fit PICTURES --model image, or "
            "synthgen.ImageSynthesizer from Python"
        )
    return MODELS[config.model.name]


def _notes(rows: int, kind: type[Model], config: RunConfig) -> list[str]:
    """What so few rows, or a model of this kind, cannot give."""
    notes = []
    if rows < FEW_ROWS:
        notes.append(
            f"{rows:,} rows are few: shares of columns and strong pairs can be trusted, links among three or more "
            f"columns and values held by fewer than {max(5, rows // 50)} rows cannot"
        )
    if kind.unbounded and config.minutes is not None:
        notes.append(f"minutes: {config.minutes:g} asked for, but model {kind.name!r} {kind.unbounded}")
    if kind.exposes and config.privacy.epsilon is None:
        notes.append(f"model {kind.name!r} is not private: it {kind.exposes}; keep what it makes to yourself")
    return notes
