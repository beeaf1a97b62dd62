"""Settings of private training."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["marginals", "sgd", "both"]


class PrivacySettings(BaseModel):
    """What a run may give away of any one person, and how that is kept.

    Attributes:
        epsilon: the most that one unit changes the log-probability of whatever comes out; None: no guarantee.
        delta: the chance, at most, that it changes more; well below 1 over the number of rows.
        rows_per_unit: of a unit's rows so many are looked at, drawn at random; None: found out privately.
        method: what learns how columns hang together: noisy tables of pairs of them, noisy gradients, or both; None:
            what was measured to be best: both for model ``gan`` where there are rows and minutes
            enough, else noisy tables.
        secure: draw noise from the operating system's generator, several draws for one number.
        noise_seed: repeats the noise, for tests and measurements only: who knows it can take the noise away.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    epsilon: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    delta: float = Field(default=1e-6, gt=0, lt=1, allow_inf_nan=False)
    rows_per_unit: int | None = Field(default=None, ge=1)
    method: Method | None = None
    secure: bool = False
    noise_seed: int | None = Field(default=None, ge=0)
