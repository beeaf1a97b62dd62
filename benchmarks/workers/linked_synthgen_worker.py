"""synthgen on linked tables, by its commands; and independent columns, keys drawn by counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from linked_common import Job, Made, main

from synthgen import Synthesizer


def synthgen(job: Job) -> Callable[[], Made]:
    """``synthgen fit FOLDER --schema FILE`` and ``synthgen sample RUN --rows people=N``."""
    learned = [name for name in job.facts["tables"] if not job.keep(name)]
    run, tables = Path(job.out, "run"), Path(job.out, "tables")
    job.note(f"at most {job.minutes:g} minutes to train each table")
    minutes, schema = job.minutes * len(learned), Path(job.train, "..", "schema.json")
    command("fit", job.train, "--out", run, "--schema", schema, "--seed", job.seed, "--minutes", minutes)

    def make() -> Made:
        people = f"{job.people}={len(job.persons())}"
        command("sample", run, "--out", tables, "--rows-of", people, "--seed", job.seed + 1)
        return {path.stem: pd.read_csv(path) for path in tables.glob("*.csv")}

    return make


def command(*parts: object) -> None:
    """Run one of synthgen's commands."""
    subprocess.run([sys.executable, "-m", "synthgen", *map(str, parts), "--quiet"], check=True)


def independent(job: Job) -> Callable[[], Made]:
    """Each column on its own, as many rows to a person as a real one has, other references by popularity."""
    models, real = {}, {name: job.read(name) for name in job.facts["tables"]}
    for name in job.facts["tables"]:
        if not job.keep(name) and (columns := job.facts["tables"][name]["columns"]):
            frame = pd.read_csv(Path(job.train, f"{name}.csv"))[list(columns)]
            models[name] = Synthesizer(model="independent", random_state=job.seed).fit(frame)
    people = job.persons()

    def make() -> Made:
        rng = np.random.default_rng(job.seed)
        keys = np.arange(1, len(people) + 1)
        made: Made = {job.people: pd.DataFrame({job.key: keys})}
        for name, frame in real.items():
            if job.keep(name):
                continue
            owner = job.owner(name)
            if owner:
                counts = frame[owner["column"]].value_counts().reindex(people[job.key], fill_value=0).to_numpy()
                new = pd.DataFrame({owner["column"]: np.repeat(keys, rng.choice(counts, len(keys)))})
            else:
                new = made.get(name, pd.DataFrame(index=range(len(frame))))
            for one in job.refers(name):
                if not one["owner"]:
                    among = keys if one["parent"] == job.people else frame[one["column"]].to_numpy()
                    new[one["column"]] = rng.choice(among, len(new))
            if name in models:
                drawn = models[name].sample(len(new), random_state=job.seed + 1)
                new = pd.concat([new.reset_index(drop=True), drawn.reset_index(drop=True)], axis=1)
            for column in job.facts["tables"][name]["key"]:
                if column not in new:
                    new[column] = range(1, len(new) + 1)
            made[name] = new
        return made

    return make


if __name__ == "__main__":
    main({"synthgen": synthgen, "independent": independent}, ("synthgen-social", "torch"))
