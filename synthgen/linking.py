"""Linked tables from start to end: read them, fit, sample, judge."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from synthgen.campaigns import AskedCampaigns
from synthgen.config import RunConfig
from synthgen.errors import ConfigError, choose
from synthgen.exporting import EXPORTS, export
from synthgen.judging import Judgement, Sides, judge_sections, judge_tables
from synthgen.linked.detecting import detect_links
from synthgen.linked.keys import key_texts
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.private.people import NOT_SAID
from synthgen.linked.schema import LinkedSchema
from synthgen.linked.splitting import kept_ties, split_people
from synthgen.pipeline import RUN_FOLDER, Outcome, holdout_share, interruptible, refuse_pictures
from synthgen.reporting.folder import make_folder, write_report
from synthgen.reporting.guarantee import figures_of_guarantee
from synthgen.reporting.summary import ColumnLine, Summary
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.sources import Source
from synthgen.storage import RunWriter, writing
from synthgen.table.table import Table
from synthgen.table.writing import check_writable, write_table_chunks
from synthgen.training.progress import Progress, Silent

if TYPE_CHECKING:
    from synthgen.synthesizers.synthesizer import Synthesizer

REPORTS = "reports"
SHOWN = ("Shape error", "Trend error", "Detector AUC", "Exact copies of training rows")
"""Of each table's figures, those at the end of a run; all are in its report."""


def read_tables(source: Source, config: RunConfig) -> dict[str, Table]:
    """All tables of a place, read as the settings say, if there is room for them.

    Raises:
        DataError: there is none, one cannot be read, or memory would not suffice.
        ConfigError: the model is one of pictures.
    """
    refuse_pictures(config)
    source.check_room()
    return source.read(config)


def links_of(
    source: Source, tables: Mapping[str, Table], config: RunConfig, path: str | Path | None = None
) -> LinkedSchema:
    """What links tables: as a file says, or as their place declares and detection finds.

    Raises:
        SchemaError: the file does not fit the tables.
        ConfigError: there is no file, and with an epsilon nothing may be found out.
    """
    if path is None:
        if config.privacy.epsilon is not None:
            raise ConfigError(NOT_SAID)
        return source.links(detect_links(tables, config))
    schema = LinkedSchema.load(path)
    schema.check({name: table.names for name, table in tables.items()}, str(path))
    return schema


def fit(
    source: Source,
    out: str | Path,
    config: RunConfig,
    *,
    schema_path: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Fit linked tables and write the run folder.

    Args:
        source: of the tables; ``sources.source_of`` takes a folder, several files, or the URL of a database.
        out: the run folder.
        config: settings.
        schema_path: a ``schema.json`` of several tables in place of detection.
        resume: not for linked tables.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress = progress or Silent()
    refuse_resume(resume)
    progress.stage("reading")
    tables = read_tables(source, config)
    schema = links_of(source, tables, config, schema_path)
    with writing(out) as writer:
        model = fit_tables(tables, config, schema, writer, progress)
    following = [shlex.join(["synthgen", "sample", str(out), "--scale", "1", "--out", "synthetic"])]
    private = config.privacy.epsilon is not None
    summary = Summary(
        columns=_column_lines(schema),
        figures=figures_of_guarantee(model.facts_["privacy"]) if private else [],
        notes=notes_of(model),
        files={"model": str(out)},
        next=following,
    )
    return Outcome(summary, model.interrupted_)


def sample(
    run_folder: str | Path,
    out: str | Path,
    *,
    scale: float | None = None,
    rows: Mapping[str, int] | None = None,
    seed: int = 0,
    form: str | None = None,
    campaigns: AskedCampaigns | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Write linked tables into a folder, each as it came, CSV or Parquet, or in the format of another tool.

    Args:
        run_folder: what ``fit`` wrote.
        out: the folder; tables that are there are replaced.
        scale: times as many rows of tables that hang on no other.
        rows: so many of one such table.
        seed: the same one gives the same tables.
        form: a name of ``synthgen.exporting.EXPORTS``; None: each table as it came.
        campaigns: so many farms of fake accounts; ``campaigns.csv`` beside the tables says who is in which.
        progress: is told what happens.

    Raises:
        RunError: the run folder is damaged or foreign.
        ConfigError: campaigns cannot be made, or a number is out of range.
        DataError: a file cannot be written.
    """
    progress = progress or Silent()
    progress.stage("loading")
    from synthgen.synthesizers.synthesizer import load

    model = load(run_folder)
    if form is not None:
        choose("export", form, EXPORTS)
    made = model.linked_.sample(1.0 if scale is None else scale, rows, seed, progress, campaigns)
    progress.stage("writing")
    if form is None:
        files = write_tables(made, model, out)
    else:
        truth = {name: table for name, table in made.items() if name not in model.linked_.schema.tables}
        network = Network({name: table for name, table in made.items() if name not in truth}, model.linked_.schema)
        files = {path.name: str(path) for path in export(network, form, out)} | write_tables(truth, model, out)
    return Outcome(Summary(counts={name: f"{len(table):,} rows" for name, table in made.items()}, files=files))


def run(
    source: Source,
    out: str | Path,
    config: RunConfig,
    *,
    schema_path: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Fit linked tables, make as many rows, and judge them by people who were held out with all their rows.

    Args:
        source: of the tables; ``sources.source_of`` takes a folder, several files, or the URL of a database.
        out: gets ``run/``, the tables, a report of the whole, and ``reports/TABLE``: each table beside its owner's
            columns and the row before.
        config: settings.
        schema_path: a ``schema.json`` of several tables in place of detection.
        resume: not for linked tables.
        progress: is told what happens.

    Raises:
        SynthgenError: what the user can mend.
    """
    progress, place = progress or Silent(), Path(out)
    refuse_resume(resume)
    progress.stage("reading")
    tables = read_tables(source, config)
    schema = links_of(source, tables, config, schema_path)
    make_folder(place)
    with writing(place / RUN_FOLDER) as writer:
        plan = Plan.of(schema, {})
        most = max(len(table) for table in tables.values())
        share, rng = holdout_share(most, config), numpy_stream(config.seed, "holdout")
        train, held = split_people(tables, schema, plan, share, rng)
        model = fit_tables(train, config, schema, writer, progress, kept_ties(tables, train, plan))
    progress.stage("sampling")
    seed = derived_seed(config.seed, "sampling")
    whole = {name: len(table) for name, table in tables.items()}
    roots = [name for name in tables if name not in plan.owner and name not in plan.edges]
    rows = {name: whole[name] for name in roots if not schema.tables[name].keep}
    rows |= {name: keys_in(tables, schema, name) for name in schema.implied}
    made = model.linked_.sample(1.0, rows, seed, progress)
    files = write_tables(made, model, place)
    progress.stage("evaluating")
    linked = model.linked_.schema
    every, learned, unseen = ({name: table.arrow for name, table in one.items()} for one in (tables, train, held))
    unsplit = frozenset(name for name, table in train.items() if len(table) == whole[name])
    sides = Sides(
        Network(learned, linked),
        Network(unseen, linked),
        Network(made, linked),
        config,
        unsplit,
        Network(every, linked),
    )
    judgement, reports = _judge(model, sides, place, progress)
    following = [
        shlex.join(["synthgen", "sample", str(place / RUN_FOLDER), "--scale", "2", "--out", "twice"]),
        f"{shlex.join(['synthgen', 'schema', *source.given])}    # keys, references and columns, as a file to correct",
    ]
    summary = Summary(
        columns=judgement.columns(),
        figures=judgement.figures(SHOWN),
        verdicts=judgement.answers(),
        notes=notes_of(model),
        files={"model": str(place / RUN_FOLDER), **files, **reports},
        next=following,
    )
    return Outcome(summary, model.interrupted_)


def keys_in(tables: Mapping[str, Table], schema: LinkedSchema, name: str) -> int:
    """How many rows a table without a file has: different keys that others refer to."""
    parts = [key_texts([tables[r.table].column(c) for c in r.columns]) for r in schema.into(name)]
    return len(pa.concat_arrays(parts).drop_null().unique())


def write_tables(made: Mapping[str, pa.Table], model: Synthesizer, out: str | Path) -> dict[str, str]:
    """Write tables as they came: CSV, or Parquet.

    Raises:
        DataError: a file cannot be written.
    """
    place, files = Path(out), {}
    make_folder(place)
    for name, table in made.items():
        origin = model.linked_.origin_of(name, table)
        path = place / f"{name}{'.csv' if origin.kind == 'csv' else '.parquet'}"
        check_writable(path)
        write_table_chunks(path, iter([table]), origin)
        files[f"table {name}"] = str(path)
    return files


def fit_tables(
    tables: Mapping[str, Table],
    config: RunConfig,
    schema: LinkedSchema,
    writer: RunWriter,
    progress: Progress,
    kept: Mapping[str, float] | None = None,
) -> Synthesizer:
    """Fit linked tables and write the model; Ctrl-C keeps what it has.

    Args:
        tables: by name.
        config: settings.
        schema: what links them.
        writer: of the run folder.
        progress: is told what happens.
        kept: by table of ties the part that was learned of all ties of its people.
    """
    from synthgen.synthesizers.synthesizer import Synthesizer

    model = Synthesizer.from_config(config, schema)
    with interruptible(progress) as stop:
        model.fit(dict(tables), progress=progress, stop=stop)
    for name, share in (kept or {}).items():
        model.linked_.parts[name].thinned = share
    model.write(writer)
    return model


def _judge(model: Synthesizer, sides: Sides, place: Path, progress: Progress) -> tuple[Judgement, dict[str, str]]:
    """A report of the whole network, and one for each table that people own."""
    origins = {name: model.linked_.parts[name].origin for name in model.linked_.schema.tables}
    epochs = {name: part.epoch for name, part in model.linked_.parts.items() if part.calendar is not None}
    tables = judge_tables(sides, origins, epochs)
    files: dict[str, str] = {}
    for name, found in tables.items():
        written = write_report(found.to_json(), place / REPORTS / name)
        files[f"report of {name}"] = written["report"]
    beside = [
        f"{REPORTS}/{name}/report.html judges {name} with its owner's columns and the row before" for name in tables
    ]
    judgement = Judgement(sides, tables, judge_sections(sides), [*notes_of(model), *beside])
    return judgement, write_report(judgement.to_json(), place) | files


def _column_lines(schema: LinkedSchema) -> list[ColumnLine]:
    return [
        {"name": f"{name}.{c.name}", "type": c.type, "error": None, "floor": None}
        for name, table in schema.tables.items()
        for c in table.columns.columns
    ]


def notes_of(model: Synthesizer) -> list[str]:
    """What links the tables, and what was mended or cut, sentences."""
    linked = [reference.text for reference in model.linked_.schema.references]
    return [f"linked: {'; '.join(linked) or 'no table refers to another'}", *model.notes_]


def refuse_resume(resume: bool) -> None:
    """Linked tables are fitted in one go.

    Raises:
        ConfigError: going on is asked for.
    """
    if resume:
        raise ConfigError("resume: linked tables keep nothing to go on from. Leave --resume out")


def asked_rows(given: tuple[str, ...]) -> dict[str, int] | None:
    """``users=500`` as the command line has it.

    Raises:
        ConfigError: it is not of this form.

    Example:
        >>> asked_rows(("users=500",))
        {'users': 500}
    """
    found: dict[str, int] = {}
    for one in given:
        name, _, number = one.rpartition("=")
        if not name or not number.strip().isdigit():
            raise ConfigError(f"--rows: {one!r}; of linked tables TABLE=N was expected, such as users=500")
        found[name.strip()] = int(number)
    return found or None
