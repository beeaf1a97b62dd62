"""What real rows are like that the network did not learn from: found at the fit, kept with the run; no row is kept.

Letters: N held-out rows, S slots, C columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synthgen.errors import ConfigError
from synthgen.rows.known import Known
from synthgen.rows.suspecting import Suspicion, suspicion
from synthgen.rows.typical import Typical, percentile, quantiles
from synthgen.seeding import derived_seed

ORDERS = 4
"""Slot orders that a row's log-likelihood is the mean of. One order has a standard error of 0.53 nats on Shoppers (rows
differ by 11.4) and 0.32 on Adult (by 4.1); the mean of four 0.27 and 0.16, which moves a percentile by 0.7 and 0.9."""
MOST_ROWS = 4_000
"""Held-out rows that are looked at: a percentile is then known to 0.8 points."""
FEWEST_ROWS = 20
"""With fewer, a percentile is not known to a tenth of the rows."""
RARE = 0.99
"""A cell less likely than this share of held-out cells of its column stands out."""
FLAGGED = 0.001
"""Share of the cells of held-out rows that a repair would flag: of 15 columns, one row in 67 is looked at in vain."""


@dataclass(frozen=True)
class Calibration:
    """What held-out rows are like.

    Attributes:
        orders: slot orders that a log-likelihood is the mean of.
        seed: of the orders.
        rows: how many were looked at.
        quantiles: evenly spaced quantiles of the rows' log-likelihood, ascending.
        usual: by column, the mean log-likelihood of a cell given the rest of its row.
        rare: by column, the log-likelihood that one cell in a hundred falls below.
        stray: by column, what ``Suspicion.stray`` goes beyond in one of two thousand cells.
        far: the same of ``Suspicion.far``.
        typical: what the rows look like; None: the run is of an older synthgen, which did not ask.
    """

    orders: int
    seed: int
    rows: int
    quantiles: np.ndarray
    usual: dict[str, float]
    rare: dict[str, float]
    stray: dict[str, float] = field(default_factory=dict)
    far: dict[str, float] = field(default_factory=dict)
    typical: Typical | None = None

    def percentile(self, log_likelihood_N: np.ndarray) -> np.ndarray:
        """``(N,)`` 0 to 100: the share of held-out rows that are less likely.

        Example:
            >>> Calibration(1, 0, 5, np.array([-9.0, -7.0, -5.0]), {}, {}).percentile(np.array([-8.0, -20.0])).tolist()
            [25.0, 0.0]
        """
        return percentile(self.quantiles, log_likelihood_N)

    @classmethod
    def of(cls, known: Known, job: str) -> Calibration:
        """The one that came with the run.

        Raises:
            ConfigError: there is none.
        """
        facts = known.facts
        if not facts or facts["rows"] < FEWEST_ROWS:
            why = (
                f"only {facts['rows']} rows were held out at the fit, at least {FEWEST_ROWS} are needed"
                if facts
                else "it was fitted by an older synthgen"
            )
            raise ConfigError(
                f"{job}: the run does not know how likely real rows are that it did not learn from: {why}. "
                "Fit again" + (" with more rows" if facts else "")
            )
        of_cells = (facts["usual"], facts["rare"], facts["stray"], facts["far"])
        typical = Typical.read(facts["typical"]) if "typical" in facts else None
        likely = np.asarray(facts["log_likelihood"])
        return cls(facts["orders"], facts["seed"], facts["rows"], likely, *of_cells, typical)


def calibrate(known: Known, held_NS: np.ndarray, seed: int) -> dict[str, Any]:
    """What to remember of held-out rows, in JSON types.

    Args:
        known: the finished model.
        held_NS: rows that the network did not learn from.
        seed: of the orders.
    """
    held_NS = held_NS[:MOST_ROWS]
    laws, slots_of = known.laws, known.slots_of
    if not len(held_NS) or laws is None:
        return {}
    everything = np.ones(held_NS.shape, bool)
    orders = derived_seed(seed, "orders of scores")
    seen = laws.surprises(held_NS, everything, ORDERS, orders)
    cells = {name: -laws.nats(slots, held_NS, everything) for name, slots in slots_of.items()}
    judged = {name: _suspicion(known, name, held_NS) for name in slots_of if known.judges(name)}
    return {
        "rows": len(held_NS),
        "orders": ORDERS,
        "seed": orders,
        "log_likelihood": [round(float(x), 4) for x in quantiles(-seen.whole_NK.mean(1))],
        "usual": {name: round(float(x.mean()), 4) for name, x in cells.items()},
        "rare": {name: round(float(np.quantile(x, 1 - RARE)), 4) for name, x in cells.items()},
        "stray": {name: round(float(np.quantile(one.stray, 1 - FLAGGED / 2)), 4) for name, one in judged.items()},
        "far": {name: round(float(np.quantile(one.far, 1 - FLAGGED / 2)), 4) for name, one in judged.items()},
        "typical": Typical.of(seen, -np.min(list(cells.values()), axis=0)).facts(),
    }


def _suspicion(known: Known, name: str, held_NS: np.ndarray) -> Suspicion:
    """Of the cells of a column that are there; of one cell that is beyond suspicion where none is."""
    slot = known.slots_of[name][0]
    there_NS = held_NS[held_NS[:, slot] != known.layout.slots[slot].missing]
    if not len(there_NS):
        return Suspicion(*np.zeros((3, 1)))
    return suspicion(known, name, there_NS, np.ones(there_NS.shape, bool))
