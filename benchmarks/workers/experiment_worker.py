"""The measured experiment that synthgen grew from: one script that fits, samples and writes in one go.

Its two times are read from what it prints; its peak memory is that of the whole.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from common import Job, peak_mb


def fit(job: Job) -> dict[str, object]:
    """Run the whole script."""
    command = [sys.executable, job.options["script"], job.train, "--out", str(job.path("synthetic.csv"))]
    command += ["--seconds", str(job.options["seconds"]), "--threads", str(job.threads), "--seed", str(job.seed)]
    said = subprocess.run([*command, "--target", job.target], capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(said.stderr)
    fit_s = float(re.findall(r"^fit ([\d.]+) s", said.stdout, re.MULTILINE)[0])
    sample_s = float(re.findall(r"^sample and write ([\d.]+) s", said.stdout, re.MULTILINE)[0])
    sample_s = max(sample_s, 0.05)  # printed with one decimal
    return {"fit_s": fit_s, "fit_peak_mb": peak_mb(), "sample_s": sample_s, "versions": {"torch": version("torch")}}


def sample(job: Job) -> dict[str, object]:
    """Report what the first step measured."""
    seen = json.loads(job.path("fit.json").read_text("utf-8"))
    speed = {"sample_s": seen["sample_s"], "rows_per_s": job.rows / seen["sample_s"]}
    return speed | {"sample_rows": job.rows, "speed_rows": job.rows, "sample_peak_mb": seen["fit_peak_mb"]}


if __name__ == "__main__":
    step, job_file = sys.argv[1:]
    this = Job(**json.loads(Path(job_file).read_text("utf-8")))
    this.path(f"{step}.json").write_text(json.dumps({"fit": fit, "sample": sample}[step](this), indent=1), "utf-8")
