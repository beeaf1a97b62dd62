"""Rows of a single table of accounts with campaigns among them, from a run folder to files."""

from __future__ import annotations

from pathlib import Path

from synthgen.campaigns import AskedCampaigns
from synthgen.pipeline import Outcome
from synthgen.reporting.summary import Summary
from synthgen.table.writing import check_writable, write_table_chunks
from synthgen.training.progress import Progress, Silent

TRUTH = "campaigns.csv"


def sample(
    run_folder: str | Path,
    rows: int,
    output: str | Path,
    asked: AskedCampaigns,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Outcome:
    """Write rows, and beside them ``campaigns.csv``: which row (from 1) is in which campaign, and its true label.

    Args:
        run_folder: what ``fit`` wrote.
        rows: how many.
        output: ending in csv, csv.gz or parquet.
        asked: how many campaigns, and how hard to tell.
        seed: the same one gives the same rows.
        progress: is told what happens.

    Raises:
        RunError: the run folder is damaged or foreign.
        ConfigError: campaigns cannot be made of such rows.
        DataError: a file cannot be written.
    """
    progress, truth = progress or Silent(), Path(output).parent / TRUTH
    for path in (output, truth):
        check_writable(path)
    progress.stage("loading")
    from synthgen.synthesizers.synthesizer import load

    model = load(run_folder)
    progress.stage("sampling")
    table, said = model.sample_campaigns(rows, asked, random_state=seed)
    write_table_chunks(output, [table], model.origin_)
    write_table_chunks(truth, [said])
    counts = {"campaigns": f"{asked.campaigns:,} of {asked.size:,} accounts"}
    return Outcome(Summary(counts=counts, files={"synthetic table": str(output), "campaigns": str(truth)}))
