"""SDV's HMA (people and what hangs on them) and PAR (sequences), with SDV's defaults."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from linked_common import FORM, Job, Made, main
from sdv.metadata import Metadata
from sdv.multi_table import HMASynthesizer
from sdv.sequential import PARSynthesizer

SDTYPES = {"number": "numerical", "label": "categorical"}
MOST_LABELS = 1_000
"""PAR gives every label of a column an input and an output at every row of every sequence, padded to the longest."""


def set_seed(seed: int) -> None:
    """SDV draws from the global generators; it has no seed of its own."""
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)


def described(job: Job, name: str, frame: pd.DataFrame) -> dict[str, Any]:
    """Columns as SDV's metadata has them."""
    kinds = job.facts["tables"].get(name, {}).get("columns", {})
    columns: dict[str, Any] = {}
    for column in frame:
        kind = kinds.get(column, "key")
        if kind == "time":
            columns[column] = {"sdtype": "datetime", "datetime_format": FORM}
        else:
            columns[column] = {"sdtype": "id" if kind == "key" else SDTYPES[kind]}
    return columns


def hma(job: Job) -> Callable[[], Made]:
    """People and their rows. A reference to a catalogue is a category, because HMA would make a new catalogue."""
    set_seed(job.seed)
    frames = {job.people: some(job, job.persons(), job.key)}
    metadata: dict[str, Any] = {"tables": {}, "relationships": []}
    kept = set(frames[job.people][job.key])
    for name in job.facts["tables"]:
        if name == job.people or job.keep(name):
            continue
        frame = job.read(name)
        for one in job.refers(name):
            if one["parent"] == job.people:
                frame = frame[frame[one["column"]].isin(kept)]
                link = {"parent_table_name": job.people, "parent_primary_key": job.key}
                metadata["relationships"].append(link | {"child_table_name": name, "child_foreign_key": one["column"]})
        frames[name] = frame.reset_index(drop=True)
    for name, frame in frames.items():
        columns = described(job, name, frame)
        for one in job.refers(name) if name in job.facts["tables"] else []:
            columns[one["column"]] = {"sdtype": "id" if one["parent"] == job.people else "categorical"}
        metadata["tables"][name] = {"columns": columns}
        if name == job.people:
            metadata["tables"][name]["primary_key"] = job.key
        for column in job.facts["tables"].get(name, {}).get("key", []):
            if len(job.facts["tables"][name]["key"]) == 1:
                metadata["tables"][name]["primary_key"] = column
    model = HMASynthesizer(Metadata.load_from_dict(metadata), verbose=False)
    texts = {name: as_text(job, name, frame) for name, frame in frames.items()}
    model.fit(texts)
    many = fewer(job)

    def make() -> Made:
        set_seed(job.seed + 1)
        made = model.sample_scale(many / len(frames[job.people]))
        return dict(made)

    return make


def as_text(job: Job, name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Times as the metadata's format has them."""
    frame = frame.copy()
    for column in job.of_kind(name, "time") if name in job.facts["tables"] else []:
        frame[column] = frame[column].dt.strftime(FORM)
    return frame


def some(job: Job, frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """At most so many people as the options say."""
    most = int(job.options.get("people", 0))
    if not most or len(frame) <= most:
        return frame
    job.note(f"learned from {most:,} of {len(frame):,} people drawn at random, for time")
    return frame.sample(most, random_state=job.seed).sort_index().reset_index(drop=True)


def fewer(job: Job) -> int:
    """How many people to make: as many as there are, or fewer where the options say so."""
    real = len(job.persons())
    many = min(real, int(job.options.get("made", real)))
    if many < real:
        job.note(f"made {many:,} people in place of {real:,}, for time")
    return many


def par(job: Job) -> Callable[[], Made]:
    """Each person's rows of the largest table as a sequence; columns of people are its context."""
    set_seed(job.seed)
    name = max(job.children(), key=lambda child: len(job.read(child)))
    if "table" in job.options:
        name = job.options["table"]
    owner = job.owner(name)["column"]
    persons = some(job, job.persons(), job.key)
    frame = job.read(name).merge(persons, left_on=owner, right_on=job.key, suffixes=("", " of the owner"))
    if job.key != owner:
        frame = frame.drop(columns=job.key)
    context = [column for column in frame if column not in job.read(name).columns]
    alone = [c for c in job.facts["tables"][name]["key"] if c not in (owner, *(r["column"] for r in job.refers(name)))]
    wide = [c for c in frame if c != owner and frame[c].dtype == object and frame[c].nunique() > MOST_LABELS]
    wide += [one["column"] for one in job.refers(name) if one["column"] != owner]
    apart = {column: frame[column].to_numpy() for column in wide}
    time = (job.of_kind(name, "time") or [None])[0]
    longest = int(job.options.get("longest", 0))
    frame = frame.sort_values([owner, time] if time else [owner]).drop(columns=[*alone, *wide])
    if longest:
        before = len(frame)
        frame = frame[frame.groupby(owner).cumcount() < longest]
        if len(frame) < before:
            job.note(f"learned from the first {longest} rows of a person, {len(frame):,} of {before:,}, for time")
    frame = frame.reset_index(drop=True)
    columns = described(job, name, frame)
    for column in context:
        kind = job.facts["tables"][job.people]["columns"][column.removesuffix(" of the owner")]
        columns[column] = {"sdtype": SDTYPES.get(kind, "numerical")}
        if kind == "time":
            frame[column] = frame[column].astype("int64") / 1e9
    columns[owner] = {"sdtype": "id"}
    if time:
        columns[time] = {"sdtype": "datetime"}
    told = {"columns": columns, "sequence_key": owner} | ({"sequence_index": time} if time else {})
    epochs = int(job.options.get("epochs", 128))
    if epochs != 128:
        job.note(f"{epochs} epochs in place of 128, for time")
    model = PARSynthesizer(
        Metadata.load_from_dict({"tables": {name: told}, "relationships": []}),
        context_columns=context,
        epochs=epochs,
        cuda=False,
    )
    model.fit({name: frame})
    many = fewer(job)
    if wide:
        job.note(f"{', '.join(wide)} drawn from the real column: so many labels do not fit its memory")

    def make() -> Made:
        set_seed(job.seed + 1)
        made = model.sample_sequences(many)
        rows = made[name] if isinstance(made, dict) else made
        rng = np.random.default_rng(job.seed)
        for column, values in apart.items():
            rows[column] = rng.choice(values, len(rows))
        for column in alone:
            rows[column] = range(len(rows))
        whose = rows.drop_duplicates(owner)
        people = whose[[owner, *context]].rename(columns={owner: job.key})
        people.columns = [column.removesuffix(" of the owner") for column in people]
        for column in job.of_kind(job.people, "time") if job.people in job.facts["tables"] else []:
            people[column] = pd.to_datetime(people[column], unit="s")
        return {name: rows.drop(columns=context), job.people: people}

    return make


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main({"hma": hma, "par": par}, ("sdv", "deepecho", "torch"))
