"""One measurement of ``scale.py`` in a process of its own: ``scale_worker.py TASK JOB.json``, figures to ``result``.

``make``    write a made table
``codec``   read, detect, encode a CSV
``fit``     the whole fit by the public interface, and the speed of sampling
``learn``   one training with given batch and width; held-out loss on fresh rows beside the law's own
``judge``   ``synthgen evaluate`` as a process, with what it told while it ran
``nearest`` the nearest of many rows to each of many rows
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import limit_threads, peak_mb, timed
from made_tables import Law, write_accounts, write_large_category

FRESH_ROWS = 4_000
MIN_HOLDERS = 5
"""synthgen's default: a value of fewer rows gets no token of its own."""


def make(job: dict[str, Any]) -> dict[str, Any]:
    """Write the CSV of a job."""
    if "category_values" in job:
        write_large_category(job["csv"], job["rows"], job["category_values"], seed=1)
    elif "drift" in job:
        write_accounts(job["csv"], job["rows"], job["seed"], job["drift"])
    else:
        Law.make(job["columns"], 0, job["measured"]).write(job["csv"], job["rows"], seed=1)
    return {"bytes": Path(job["csv"]).stat().st_size}


def codec(job: dict[str, Any]) -> dict[str, Any]:
    """The three steps before training, each timed."""
    from synthgen.codec import Codec
    from synthgen.columns.detect import detect_schema
    from synthgen.table.files import read_table

    cpu_start = time.process_time()
    table, read_s = timed(lambda: read_table(job["csv"]))
    schema, detect_s = timed(lambda: detect_schema(table.arrow))
    fitted, fit_s = timed(lambda: Codec.fit(table.arrow, schema))
    tokens, encode_s = timed(lambda: fitted.encode(table.arrow))
    seconds = {"read_s": read_s, "detect_s": detect_s, "codec_s": fit_s, "encode_s": encode_s}
    seconds |= {"total_s": sum(seconds.values()), "cpu_s": time.process_time() - cpu_start}
    types = [column.type for column in schema.columns]
    return seconds | {"slots": tokens.shape[1], "types": types}


def fit(job: dict[str, Any]) -> dict[str, Any]:
    """Fit with defaults and draw as many rows."""
    from synthgen import Synthesizer  # brings torch, whose import is no part of a fit

    cpu_start = time.process_time()
    model, fit_s = timed(lambda: Synthesizer(random_state=0, **job["options"]).fit(job["csv"]))
    figures = {"fit_s": fit_s, "fit_cpu_s": time.process_time() - cpu_start, "fit_peak_mb": peak_mb()}
    _, sample_s = timed(lambda: model.sample(job["sample_rows"], random_state=1))
    return figures | {"rows_per_s": job["sample_rows"] / sample_s, "peak_mb": peak_mb()}


def learn(job: dict[str, Any]) -> dict[str, Any]:
    """Train with the settings of the job; the loss is that of fresh rows of the same law."""
    import torch

    from synthgen.codec import Codec
    from synthgen.columns.detect import detect_schema
    from synthgen.losses.likelihood import Masks, masked_nll
    from synthgen.synthesizers.any_order import AnyOrderGan
    from synthgen.table.files import read_table
    from synthgen.training.loop import Trainer, new_network, split_held
    from synthgen.training.planning import plan
    from synthgen.training.settings import TrainingSettings

    law = Law.make(job["columns"], 0, measured=False)
    law.write(job["fresh_csv"], FRESH_ROWS, seed=2)
    table, fresh = read_table(job["csv"]).arrow, read_table(job["fresh_csv"]).arrow
    fitted = Codec.fit(table, detect_schema(table, relations=False))
    tokens_NS, fresh_MS = torch.from_numpy(fitted.encode(table)), torch.from_numpy(fitted.encode(fresh)).long()
    layout = fitted.layout(tokens_NS.numpy())
    train, held = split_held(len(tokens_NS), 0.1, 0)
    run = plan(len(tokens_NS), TrainingSettings(**job["settings"]))
    cpu, model = torch.device("cpu"), AnyOrderGan()
    network = new_network(lambda: model.new_network(layout, run.width, run.blocks, run.waves, run), 0)
    objective = model.objective(layout, run, cpu)
    trainer = Trainer(network, objective, tokens_NS[train], tokens_NS[held], run, 0, cpu)
    start = time.perf_counter()
    trainer.run(stop=lambda: time.perf_counter() - start > job["cap_s"])
    train_s = time.perf_counter() - start
    generator = trainer.finish()
    with torch.no_grad():
        masks, rng = Masks(layout, torch.device("cpu")), torch.Generator().manual_seed(0)
        loss = sum(float(masked_nll(generator, fresh_MS, masks, rng)) for _ in range(8)) / 8
    law_nats, alone_nats = law.nats_per_row(law.draw(FRESH_ROWS, seed=2))
    drawn = law.draw(len(tokens_NS), seed=1)  # what ``make`` wrote; with a value too rare for a token, losses differ
    holders = [np.bincount(v, minlength=t.shape[1]).min() for t, v in zip(law.tables, drawn, strict=True)]
    whole = min(holders) >= MIN_HOLDERS
    facts = {"train_s": train_s, "steps": trainer.clock.step, "best_step": trainer.clock.best_step, "loss": loss}
    facts |= {"cut": train_s > job["cap_s"], "plan": run.state(), "peak_mb": peak_mb()}
    return facts | {"law": law_nats if whole else None, "alone": alone_nats if whole else None}


def judge(job: dict[str, Any]) -> dict[str, Any]:
    """The command on three files, and how often it told how far it is.

    A command that fails ends this process with its exit code and its words in the log.
    """
    command = [sys.executable, "-m", "synthgen", "evaluate", "--log-format", "json", "--out", job["out"]]
    for flag in ("real", "synthetic", "holdout", "target"):
        command += [f"--{flag}", job[flag]]
    done, wall_s = timed(lambda: subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False))
    if done.returncode:
        sys.exit(done.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = [line for line in done.stderr.splitlines() if json.loads(line)["event"] == "part"]
    page, figures = Path(job["out"], "report.html"), Path(job["out"], "metrics.json")
    results = json.loads(figures.read_text("utf-8"))["results"]
    return {
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "told": len(told),
        "page_bytes": page.stat().st_size,
        "measured": sum(result["value"] is not None for result in results),
        "asked": len(results),
    }


def nearest(job: dict[str, Any]) -> dict[str, Any]:
    """Exact distances of ``rows`` random rows to as many others."""
    from synthgen.metrics.privacy.neighbours import Points
    from synthgen.metrics.privacy.neighbours import nearest as find

    def drawn(seed: int) -> Points:
        rng, n = np.random.default_rng(seed), job["rows"]
        codes = [rng.integers(0, 9, n).astype(np.uint8) for _ in range(job["labels"])]
        return Points(rng.random((job["quantities"], n)).astype(np.float32), codes, 2.0, n)

    rows, references = drawn(0), drawn(1)
    cpu_start = time.process_time()
    _, wall_s = timed(lambda: find(rows, references))
    return {"wall_s": wall_s, "cpu_s": time.process_time() - cpu_start}


def main() -> None:
    """Run one task."""
    task, job_file = sys.argv[1:]
    job = json.loads(Path(job_file).read_text("utf-8"))
    limit_threads(job["threads"])
    tasks = {"make": make, "codec": codec, "fit": fit, "learn": learn, "judge": judge, "nearest": nearest}
    figures = tasks[task](job)
    Path(job["result"]).write_text(json.dumps(figures | {"whole_peak_mb": peak_mb()}), "utf-8")


if __name__ == "__main__":
    main()
