"""The part of a budget that one table may spend, which is a budget itself."""

from __future__ import annotations

import numpy as np

from synthgen.dp.budget import Budget
from synthgen.dp.ledger import Entry
from synthgen.errors import PrivacyError


class Allowance(Budget):
    """A share of another budget: what is spent of it stands in the other's ledger under the table's name.

    Args:
        whole: the other one.
        table: whose releases these are; None: the other's own, of an allowance.
        share: part of the other's squared mu, above 0.
        delta_share: part of the other's delta for thresholds, above 0.

    Example:
        >>> from synthgen.dp.noise import Noise
        >>> whole = Budget(1.0, 1e-5, noise=Noise(seed=0))
        >>> part = Allowance(whole, "posts", share=0.25, delta_share=0.5)
        >>> _ = part.gaussian(np.array([9.0]), step="rows", share=1.0, sensitivity=3.0)
        >>> whole.ledger.entries[0].step, round(whole.left, 6)
        ('posts: rows', 0.75)
    """

    def __init__(self, whole: Budget, table: str | None, *, share: float, delta_share: float) -> None:
        self.noise, self.ledger, self.told = whole.noise, whole.ledger, whole.told
        self._left: float = 1.0
        self.table: str | None = table
        if isinstance(whole, Allowance):
            if share > whole.left + 1e-9:
                raise PrivacyError(f"{whole.table}: {whole.left:.3g} of the privacy budget is left, not {share:.3g}")
            if delta_share > whole.delta_share_left + 1e-9:
                raise PrivacyError(f"{whole.table}: thresholds have {whole.delta_share_left:.3g} of their delta left")
            self.table = whole.table
            whole._left -= share
            whole._delta_share_left -= delta_share
        self.mu = whole.mu * float(np.sqrt(share))
        self.threshold_delta = whole.threshold_delta * delta_share
        self._delta_share_left = 1.0

    @property
    def left(self) -> float:
        """Share of it that is not spent."""
        return max(0.0, self._left)

    def gaussian(
        self, values: np.ndarray, *, step: str, share: float, sensitivity: float, schema: bool = False
    ) -> tuple[np.ndarray, float]:
        """As of any budget; what was released is kept under the table's name too."""
        found = super().gaussian(values, step=step, share=share, sensitivity=sensitivity, schema=schema)
        self.told[f"{self.table}: {step}"] = self.told.pop(step)
        return found

    @property
    def delta_share_left(self) -> float:
        """Share of its delta for thresholds that is not spent."""
        return max(0.0, self._delta_share_left)

    def _spend(self, mechanism: str, step: str, share: float, sensitivity: float, delta: float, schema: bool) -> float:
        step = f"{self.table}: {step}"
        if not 0.0 < sensitivity < float("inf"):
            raise PrivacyError(f"{step}: sensitivity must be a finite number above 0; got {sensitivity}")
        if not 0.0 < share <= self.left + 1e-9:
            raise PrivacyError(f"{step}: {self.left:.3g} of the privacy budget is left, not {share:.3g}")
        sd = self.sd(share, sensitivity)
        self.ledger.spend(Entry(step, mechanism, sd / sensitivity, sensitivity, delta=delta, schema=schema))  # type: ignore[arg-type]
        self._left -= share
        return sd
