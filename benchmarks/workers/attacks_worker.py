"""Attacks on privately made tables, by synthgen's own measures.

``membership``  training people told from held-out ones by a made table
``canaries``    the auditor fits again and again, with and without certain people, half of them the most exposed ones

    python attacks_worker.py JOB.json
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from common import limit_threads

from synthgen import Synthesizer, read_table
from synthgen.columns.detect import detect_schema
from synthgen.metrics.base import Result
from synthgen.metrics.privacy.audit import audit
from synthgen.metrics.privacy.membership_density import MembershipDensity
from synthgen.metrics.privacy.membership_nearest import MembershipNearest
from synthgen.metrics.view import read_views


def membership(job: dict[str, Any]) -> list[Result]:
    """``job``: train, test, synthetic (CSV files), target, seed."""
    tables = [read_table(job[part]).arrow for part in ("train", "test", "synthetic")]
    views = read_views(*tables, detect_schema(tables[0], target=job["target"]), job["target"])
    rng = np.random.default_rng(job["seed"])
    return [metric.compute(*views, rng) for metric in (MembershipNearest(), MembershipDensity())]


def canaries(job: dict[str, Any]) -> list[Result]:
    """``job``: train (a CSV file), target, options (of the synthesizer), fits, canaries, seed."""
    table = read_table(job["train"])

    def fit_and_sample(rows: pa.Table, seed: int) -> pa.Table:
        given = job["options"] | ({"privacy": {"noise_seed": seed}} if "epsilon" in job["options"] else {})
        model = Synthesizer(random_state=seed, target=job["target"], **given).fit(replace(table, arrow=rows))
        return pa.concat_tables(model.sample_chunks(len(rows), random_state=seed))

    rng = np.random.default_rng(job["seed"])
    schema = detect_schema(table.arrow, target=job["target"])
    return [audit(fit_and_sample, table.arrow, schema, fits=job["fits"], canaries=job["canaries"], rng=rng)]


def line(result: Result) -> dict[str, Any]:
    """What the page needs of a result."""
    return {
        "title": result.title,
        "value": result.value,
        "interval": result.interval,
        "p": result.details["p"],
        "area": result.details.get("area", result.value),
        "people": result.details.get("members", result.details.get("canaries")),
        "epsilon_at_least": result.details.get("epsilon_at_least"),
    }


def main(job: dict[str, Any]) -> None:
    """``job``: task, result (JSON), threads, and what the task needs."""
    limit_threads(job["threads"])
    found = {"membership": membership, "canaries": canaries}[job["task"]](job)
    Path(job["result"]).write_text(json.dumps([line(result) for result in found]), "utf-8")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
