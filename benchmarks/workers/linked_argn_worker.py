"""MOSTLY AI's TabularARGN: people as a table, and what hangs on them as sequences with the person as context.

Times within a sequence are encoded as differences, which is its encoding for them. A reference to a catalogue is a
category; a second reference to people is drawn at random, which is how its platform treats what is no context.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from linked_common import Job, Made, main
from mostlyai.engine import TabularARGN

RELATIVE = "TABULAR_DATETIME_RELATIVE"
ALIKE = "alike"
"""A column of people who have none: the engine wants one."""


def linked(job: Job) -> Callable[[], Made]:
    """One model of people, one of each table that hangs on them."""
    people = job.persons()
    own = people.drop(columns=job.key)
    head = None
    if len(own.columns):
        head = engine(job, job.people).fit(own)
    else:
        people = people.assign(**{ALIKE: "x"})
    models = {}
    for name in job.facts["tables"]:
        reference = job.owner(name)
        if name == job.people or job.keep(name) or reference is None:
            continue
        frame, owner = job.read(name), reference["column"]
        times = job.of_kind(name, "time")
        frame = frame.sort_values([owner, *times[:1]], kind="stable").drop(columns=alone(job, name))
        for one in job.refers(name):
            if one["column"] != owner and one["parent"] == job.people:
                frame = frame.drop(columns=one["column"])
            elif one["column"] != owner:
                frame[one["column"]] = frame[one["column"]].astype(str)
        if job.options.get("window"):
            job.note(f"{name}: {job.options['window']} rows of a sequence at a time")
        models[name] = engine(
            job,
            name,
            tgt_context_key=owner,
            tgt_encoding_types={times[0]: RELATIVE} if times else None,
            ctx_data=people,
            ctx_primary_key=job.key,
            max_sequence_window=job.options.get("window"),
        ).fit(frame)
    if job.minutes:
        job.note(f"at most {job.minutes:g} minutes to train each table")

    def make() -> Made:
        rng = np.random.default_rng(job.seed)
        made: Made = {}
        if head is None:
            whole = people.copy()
        else:
            whole = head.sample(len(people), device="cpu")
            whole.insert(0, job.key, np.arange(1, len(whole) + 1))
            made[job.people] = whole
        for name, model in models.items():
            frame = model.sample(ctx_data=whole, device="cpu", rare_category_replacement_method="SAMPLE")
            for column in alone(job, name):
                frame[column] = np.arange(1, len(frame) + 1)
            for one in job.refers(name):
                if not one["owner"] and one["parent"] == job.people:
                    frame[one["column"]] = rng.choice(whole[job.key], len(frame))
            made[name] = frame
        if head is None:
            made[job.people] = whole.drop(columns=ALIKE)
        return made

    return make


def alone(job: Job, name: str) -> list[str]:
    """Columns of a table's key that refer to nothing: numbers of rows."""
    refers = {one["column"] for one in job.refers(name)}
    return [column for column in job.facts["tables"][name]["key"] if column not in refers]


def engine(job: Job, name: str, **given: object) -> TabularARGN:
    """With its defaults but for the time."""
    place = Path(job.out, "workspace", name)
    return TabularARGN(
        random_state=job.seed, workspace_dir=str(place), device="cpu", max_training_time=job.minutes, **given
    )


if __name__ == "__main__":
    main({"argn": linked}, ("mostlyai-engine", "torch"))
