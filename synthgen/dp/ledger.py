"""The account of a private run: every release that touched the data, and what all of them cost together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from synthgen.dp.accountant import epsilon_of
from synthgen.dp.losses import Gaussian, Mechanism, SampledGaussian
from synthgen.errors import PrivacyError, RunError

MechanismName = Literal["gaussian", "thresholded gaussian", "sampled gaussian"]


@dataclass(frozen=True)
class Entry:
    """One release, or equal ones that are repeated.

    Args:
        step: what it was for, such as "columns: votes"; entries of one step are shown together.
        mechanism: the kind of noise.
        noise: standard deviation / sensitivity, above 0.
        sensitivity: L2, of what is measured, when one unit comes or goes.
        times: repeated so often.
        rate: chance of a unit to be in the Poisson sample; 1 without sampling.
        delta: chance that a threshold lets a value pass which only one unit holds.
        schema: not needed where a public schema says what the column holds.
    """

    step: str
    mechanism: MechanismName
    noise: float
    sensitivity: float
    times: int = 1
    rate: float = 1.0
    delta: float = 0.0
    schema: bool = False

    def composed(self) -> tuple[Mechanism, int]:
        """What the accountant counts."""
        if self.mechanism == "sampled gaussian":
            return SampledGaussian(self.noise, self.rate), self.times
        return Gaussian(self.noise), self.times


@dataclass
class Ledger:
    """All releases of a run against what was asked for; refuses what would pass it.

    Args:
        epsilon: asked, above 0.
        delta: asked, between 0 and 1.
        unit: the column whose values name the units; None where each row is one.
        rows_per_unit: at most so many rows of a unit are used.
        by_table: of linked tables, at most so many rows of a unit in each; empty where there is one table.
        seeded: the noise came from a seed, so there is no guarantee: for tests and benchmarks.
        entries: the releases so far.

    Example:
        >>> ledger = Ledger(epsilon=1.0, delta=1e-5)
        >>> ledger.spend(Entry("rows", "gaussian", noise=10.0, sensitivity=1.0))
        >>> round(ledger.epsilon_spent(), 3)
        0.341
    """

    epsilon: float
    delta: float
    unit: str | None = None
    rows_per_unit: int = 1
    seeded: bool = False
    entries: list[Entry] = field(default_factory=list)
    by_table: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 < self.epsilon < float("inf"):
            raise PrivacyError(f"epsilon: must be a finite number above 0; got {self.epsilon}")
        if not 0.0 < self.delta < 1.0:
            raise PrivacyError(f"delta: must be above 0 and below 1; got {self.delta}")
        if self.rows_per_unit < 1:
            raise PrivacyError(f"rows per unit: must be at least 1; got {self.rows_per_unit}")

    @property
    def relation(self) -> str:
        """Which two tables are neighbours."""
        if self.unit is None:
            return "add or remove one row"
        if self.by_table:
            tables = ", ".join(self.by_table)
            return (
                f"add or remove one {self.unit} with all rows that are theirs in {tables}; rows of others that name "
                "them stay"
            )
        return f"add or remove one {self.unit} with at most {self.rows_per_unit} rows"

    @property
    def delta_left(self) -> float:
        """Delta for the noise, after what the thresholds took."""
        return self.delta - sum(entry.delta for entry in self.entries)

    def spend(self, entry: Entry) -> None:
        """Write an entry down; call it before the release is made.

        Raises:
            PrivacyError: with it the run would pass the asked epsilon or delta. Nothing is written.
        """
        entries = [*self.entries, entry]
        delta = self.delta_left - entry.delta
        if delta <= 0.0:
            raise PrivacyError(
                f"{entry.step}: thresholds would take all of delta {self.delta:g}; ask for a larger delta"
            )
        spent = _epsilon(entries, delta)
        if spent > self.epsilon:
            raise PrivacyError(
                f"{entry.step}: would bring epsilon to {spent:.6g}, above the {self.epsilon:g} asked for; not released"
            )
        self.entries = entries

    def epsilon_spent(self, *, without_schema: bool = False) -> float:
        """Epsilon of all entries at the asked delta.

        Args:
            without_schema: leave out what a public schema would have saved.
        """
        kept = [entry for entry in self.entries if not (without_schema and entry.schema)]
        return _epsilon(kept, self.delta - sum(entry.delta for entry in kept))

    def shares(self) -> dict[str, float]:
        """How much of the guarantee each step took: shares that add up to 1, in the order of the steps.

        Of Gaussian releases alone the share of the squared (sensitivity / standard deviation), which adds up
        exactly; with sampled ones among them, in proportion to what epsilon would be saved by leaving a step out.
        """
        steps = list(dict.fromkeys(entry.step for entry in self.entries))
        parts: dict[str, float] = dict.fromkeys(steps, 0.0)
        if all(entry.rate == 1.0 for entry in self.entries):
            for entry in self.entries:
                parts[entry.step] += entry.times / entry.noise**2
        else:
            delta, spent = self.delta_left, self.epsilon_spent()
            for step in steps:
                parts[step] = spent - _epsilon([e for e in self.entries if e.step != step], delta)
        total = sum(parts.values())
        return {step: part / total if total else 0.0 for step, part in parts.items()}

    def state(self) -> dict[str, Any]:
        """The ledger as JSON: for ``manifest.json``."""
        return {
            "epsilon": self.epsilon,
            "delta": self.delta,
            "epsilon_spent": self.epsilon_spent(),
            "unit": self.unit,
            "rows_per_unit": self.rows_per_unit,
            "relation": self.relation,
            "by_table": dict(self.by_table),
            "seeded": self.seeded,
            "entries": [asdict(entry) for entry in self.entries],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Ledger:
        """Read what ``state`` wrote.

        Raises:
            RunError: it is no ledger.
        """
        try:
            known = {f.name for f in fields(Entry)}
            entries = [Entry(**{k: v for k, v in entry.items() if k in known}) for entry in state["entries"]]
            own = {k: state[k] for k in ("epsilon", "delta", "unit", "rows_per_unit", "seeded")}
            return cls(**own, entries=entries, by_table=dict(state.get("by_table", {})))
        except (KeyError, TypeError, AttributeError) as error:
            raise RunError(f"manifest.json: its privacy ledger cannot be read ({error})") from error


def _epsilon(entries: Iterable[Entry], delta: float) -> float:
    return epsilon_of([entry.composed() for entry in entries], delta)
