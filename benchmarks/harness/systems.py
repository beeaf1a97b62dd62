"""The systems: which environment each needs, which worker drives it. Cheap ones first: that is the order of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SystemSpec:
    """One system."""

    name: str
    title: str
    environment: str
    worker: str
    speed_rows: int = 0
    """Rows that the speed is measured on, at least the table's own; 0: on the synthetic table itself."""
    options: dict[str, Any] = field(default_factory=dict)
    default: bool = True


SYSTEMS = {
    system.name: system
    for system in (
        SystemSpec("gaussian-copula", "SDV GaussianCopula", "sdv", "sdv_worker.py"),
        SystemSpec("synthgen", "**synthgen**", "synthgen", "synthgen_worker.py", speed_rows=100_000),
        SystemSpec("one-shot", "synthgen one-shot", "synthgen", "synthgen_worker.py", options={"model": "one-shot"}),
        SystemSpec("vae", "synthgen vae", "synthgen", "synthgen_worker.py", options={"model": "vae"}),
        SystemSpec("our-ctgan", "synthgen ctgan", "synthgen", "synthgen_worker.py", options={"model": "ctgan"}),
        SystemSpec("experiment", "the experiment", "synthgen", "experiment_worker.py", default=False),
        SystemSpec("argn", "MOSTLY AI TabularARGN", "argn", "argn_worker.py", speed_rows=100_000),
        SystemSpec("tvae", "SDV TVAE", "sdv", "sdv_worker.py"),
        SystemSpec("ctgan", "SDV CTGAN", "sdv", "sdv_worker.py"),
    )
}
