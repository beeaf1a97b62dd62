"""Private training: the systems, what the guarantee of each leaves out, and the settings they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

USUAL = ("adult", "shoppers", "twitter_human_bots")
EPSILONS = (1.0, 3.0, 0.5, 10.0)
"""In the order of a run."""
DELTA_POWER = 1.1
"""delta is one by the number of training rows to this power."""
NOT_SHOWN = "lr,xgb,nn,sdmetrics,dcr,floor"
"""Figures of the judge that this page does without."""
FIT_MINUTES = 10
TASK_BAR = ("adult", 1.0, 0.88)
"""Table, epsilon, and the least task AUC there."""
OURS, OURS_PUBLIC = "synthgen", "ours-public"
ATTACKS = {"membership": EPSILONS[0], "canaries": EPSILONS[0]}
"""Attack, and the epsilon under which it is tried."""
ATTACKED = (OURS, "plain")
AUDIT_TABLE, AUDIT_FITS, AUDIT_CANARIES = "shoppers", 8, 100


@dataclass(frozen=True)
class System:
    """One system.

    Attributes:
        title: for people.
        worker: the program that drives it; empty: real rows.
        environment: its own; empty: this one.
        options: for its worker, beside what all private ones get; ``seed`` in a value stands for the run's seed.
        private: whether it is run for every epsilon.
        contest: whether it may be the best of a row.
        ours: whether it is one of our own ways, beside the default.
        outside: what of it the guarantee does not cover.
        note: how it was set, where its defaults do not fit.
    """

    title: str
    worker: str = ""
    environment: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    private: bool = True
    contest: bool = True
    ours: bool = False
    outside: str = ""
    note: str = ""


BINS = (
    "which labels there are, where the bins of numbers begin (32 at most, equally full), decimals and the missing mark "
    "are read from the data without noise; rows are asked for by the real number"
)
ARGN = {"batch": 256, "epochs": 10}
AIM = {"rounds": 30, "megabytes": 4.0}
SYSTEMS = {
    "real": System("*another real sample*", private=False, contest=False),
    "plain": System("*synthgen, not private*", "synthgen_worker.py", private=False, contest=False),
    "independent": System("*private columns, independent*", "marginals_worker.py", "marginals", contest=False),
    "mst": System("MST", "marginals_worker.py", "marginals", outside=BINS),
    OURS: System("**synthgen**", "synthgen_worker.py", ours=True),
    OURS_PUBLIC: System(
        "**synthgen**, public domain",
        "synthgen_worker.py",
        options={"domain": True},
        ours=True,
        outside="labels (256 of a column at most), the least and greatest number and date are declared as public, in a "
        "schema: what MST and AIM read of the data without noise, bins aside",
    ),
    **{
        f"ours-{method}": System(
            f"synthgen, {title}", "synthgen_worker.py", options={"privacy": {"method": method}}, ours=True
        )
        for method, title in (("marginals", "noisy tables"), ("sgd", "DP-SGD"), ("both", "noisy tables and DP-SGD"))
    },
    "one-shot": System(
        "synthgen one-shot, DP-SGD (as DP-CTGAN)",
        "synthgen_worker.py",
        options={"model": "one-shot", "privacy": {"method": "sgd"}},
    ),
    "argn": System(
        "TabularARGN, DP",
        "argn_private_worker.py",
        "argn",
        dict(ARGN),
        outside="its validation loss, on a fifth of the rows, sets the learning rate, when to stop and which weights "
        "to keep; which columns are numbers or dates, and their decimals, are read from the data; so is the number of "
        "rows; all of delta is spent by training alone",
        note="a tenth of epsilon protects values, as in its defaults; the noise is the least that lets it train for "
        f"{ARGN['epochs']} epochs in batches of {ARGN['batch']}: its default noise spends a small epsilon at once",
    ),
    "aim": System(
        "AIM",
        "marginals_worker.py",
        "marginals",
        dict(AIM),
        outside=BINS,
        note=f"all pairs of columns; for time at most {AIM['rounds']} rounds before noise is annealed (the paper: 16 "
        f"for each column) and a model of at most {AIM['megabytes']:g} MB (80)",
    ),
}


def delta_of(rows: int) -> float:
    """For a table of so many rows.

    Example:
        >>> f"{delta_of(10_000):.1e}"
        '4.0e-05'
    """
    return float(rows**-DELTA_POWER)
