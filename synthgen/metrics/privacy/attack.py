"""What every attack shares: how often it succeeds on training people, how often on people who were held out.

A held-out person is a stranger to the generator. If training and held-out rows were split at random, an attack
that owes nothing to the training table succeeds on both alike, so any surplus is what the table gives away.
Letters: N people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom

from synthgen.metrics.base import Metric, Result, not_applicable
from synthgen.metrics.charts import Cells, Chart
from synthgen.metrics.statistics import binomial_interval
from synthgen.metrics.view import View

FEWEST_PEOPLE = 20
"""Of each kind; with fewer a success rate's interval is wider than 40 points."""
ERROR = 0.05


@dataclass(frozen=True)
class Outcome:
    """One attack, tried on training people and on strangers.

    Attributes:
        hits: training people on whom it succeeds.
        people: training people it was tried on.
        hits_control: strangers on whom it succeeds.
        strangers: held-out people it was tried on.
        guess: share of successes of somebody who guesses without the table; None: nothing to guess.
    """

    hits: int
    people: int
    hits_control: int
    strangers: int
    guess: float | None = None

    @staticmethod
    def of(both: Iterable[np.ndarray], guess: float | None = None) -> Outcome:
        """From ``(N,)`` bool of training people, then of strangers."""
        hit, control = both
        return Outcome(int(hit.sum()), len(hit), int(control.sum()), len(control), guess)

    @property
    def rate(self) -> float:
        """Share of successes on training people."""
        return self.hits / self.people if self.people else 0.0

    @property
    def control(self) -> float:
        """Share of successes on strangers."""
        return self.hits_control / self.strangers if self.strangers else 0.0

    @property
    def excess(self) -> float:
        """The attack's success that is owed to being in the training table."""
        return self.rate - self.control

    @property
    def p(self) -> float:
        """Chance of so many hits on training people if it made no difference who was in the table (Fisher's test).

        Example:
            >>> round(Outcome(3, 4, 0, 4).p, 4)  # 3 hits among 8 people: 4 of 56 ways put all into the first four
            0.0714
        """
        both = self.people + self.strangers
        return float(hypergeom.sf(self.hits - 1, both, self.hits + self.hits_control, self.people)) if both else 1.0

    def interval(self, error: float = ERROR) -> tuple[float, float]:
        """Of the excess: the exact intervals of both rates, joined by the roots of their squares.

        Source:
            Zou and Donner 2008, doi:10.1002/sim.3095.

        Example:
            >>> low, high = Outcome(50, 1000, 0, 1000).interval()
            >>> round(low, 3), round(high, 3)
            (0.037, 0.065)
        """
        low, high = binomial_interval(self.hits, self.people, error)
        low_control, high_control = binomial_interval(self.hits_control, self.strangers, error)
        below = float(np.hypot(self.rate - low, high_control - self.control))
        above = float(np.hypot(high - self.rate, self.control - low_control))
        return max(-1.0, self.excess - below), min(1.0, self.excess + above)

    def to_json(self) -> dict[str, Any]:
        """Counts, rates with their exact intervals, excess and p."""
        return {
            "hits": self.hits,
            "people": self.people,
            "rate": self.rate,
            "interval": binomial_interval(self.hits, self.people),
            "hits_control": self.hits_control,
            "strangers": self.strangers,
            "control": self.control,
            "interval_control": binomial_interval(self.hits_control, self.strangers),
            "guess": self.guess,
            "excess": self.excess,
            "p": self.p,
        }


def no_control(metric: Metric, train: View, holdout: View, synthetic: View, alone: str = "") -> Result | None:
    """Why an attack cannot be judged on these tables; None: it can.

    Args:
        metric: the attack.
        train: people whom the generator knows.
        holdout: strangers to it.
        synthetic: its rows.
        alone: why one column is not enough; empty: it is.
    """
    if not train.compared:
        return not_applicable(metric, "there is no column with values to compare")
    if not holdout.n_rows:
        return not_applicable(metric, "no rows were held out, so there is no control")
    if min(train.n_rows, holdout.n_rows, synthetic.n_rows) < FEWEST_PEOPLE:
        return not_applicable(metric, f"fewer than {FEWEST_PEOPLE} training, held-out or synthetic rows")
    if alone and len(train.compared) < 2:
        return not_applicable(metric, alone)
    return None


def strongest(outcomes: Mapping[str, Outcome]) -> tuple[str, float]:
    """The variant with the least chance of being luck, and that chance times the number of variants (Bonferroni)."""
    name = min(outcomes, key=lambda one: outcomes[one].p)
    return name, min(1.0, outcomes[name].p * len(outcomes))


def attack_result(
    metric: Metric,
    outcomes: Mapping[str, Outcome],
    deed: str,
    *,
    kinds: str = "variants",
    note: str = "",
    details: dict[str, Any] | None = None,
    charts: tuple[Chart, ...] = (),
) -> Result:
    """The result of an attack in one or more variants: that of the strongest, widened for the choice.

    Args:
        metric: whose.
        outcomes: by variant, in the order in which they are shown.
        deed: what the attacker does to a person, such as ``singles out``.
        kinds: what the variants are, in the plural.
        note: what was sampled.
        details: more of them.
        charts: more of them.
    """
    name, p = strongest(outcomes)
    found = outcomes[name]
    low, high = found.interval(ERROR / len(outcomes))
    guess = "" if found.guess is None else f"; guessing: {found.guess:.1%}"
    which = f"{name}, the strongest of {len(outcomes)} {kinds}: " if len(outcomes) > 1 else ""
    so = (
        "being in the training table costs people that much" if low > 0 else "being in it made no difference to be seen"
    )
    return Result(
        metric.name,
        metric.title,
        found.excess,
        metric.direction,
        floor=0.0,
        interval=(low, high),
        sentence=f"{which}{found.hits:,} of {found.people:,} training people, {found.hits_control:,} of "
        f"{found.strangers:,} held-out people{guess}{'; ' + note if note else ''}",
        meaning=f"With the synthetic table an attacker {deed} {found.rate:.1%} of the people whose rows it was learned "
        f"from, and {found.control:.1%} of strangers: {so}.",
        details={"p": p, "strongest": name, "outcomes": {one: outcomes[one].to_json() for one in outcomes}}
        | (details or {}),
        charts=(outcome_table(metric.title, outcomes, kinds), *charts),
    )


def outcome_table(title: str, outcomes: Mapping[str, Outcome], kinds: str = "variants") -> Cells:
    """Rates in per cent with exact 95 % intervals, one line per variant."""
    rows: list[list[str | float | int | None]] = []
    for name, found in outcomes.items():
        rate, control = (
            f"{100 * hits / max(n, 1):.1f} ({100 * low:.1f} to {100 * high:.1f})"
            for hits, n in ((found.hits, found.people), (found.hits_control, found.strangers))
            for low, high in [binomial_interval(hits, n)]
        )
        low, high = (100 * bound for bound in found.interval())
        guess = "-" if found.guess is None else f"{100 * found.guess:.1f}"
        rows.append([name, rate, control, guess, f"{100 * found.excess:.1f} ({low:.1f} to {high:.1f})"])
    return {
        "kind": "table",
        "title": f"{title}: success in %",
        "alt": f"Success of {len(outcomes)} {kinds} on training people, on held-out people and by guessing, in per "
        "cent, with exact 95 % intervals.",
        "headings": ["attack", "training people", "held-out people", "guessing", "beyond the control"],
        "rows": rows,
    }
