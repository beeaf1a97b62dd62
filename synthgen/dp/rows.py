"""Private rows: a table made of noisy figures alone, which may stand in for the real one from then on.

What is learned from such rows costs nothing more, however often it is done: post-processing keeps a guarantee (Dwork &
Roth 2014, doi:10.1561/0400000042, proposition 2.1). So detection, vocabularies, rules, training with its critic, early
stopping and calibration all run on them as they are, and need no noise of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.dp.accountant import epsilon_of
from synthgen.dp.budget import Budget
from synthgen.dp.cutting import choose_m, cut_rows
from synthgen.dp.ledger import Ledger
from synthgen.dp.losses import Gaussian
from synthgen.dp.measuring import rows_told
from synthgen.dp.noise import Noise
from synthgen.dp.releases import Releases, release_columns
from synthgen.dp.selecting import FittedMarginals, fit_marginals
from synthgen.dp.settings import Method, PrivacySettings
from synthgen.errors import PrivacyError
from synthgen.seeding import numpy_stream
from synthgen.table.schema import Schema

Tell = Callable[[str], None]


@dataclass(frozen=True)
class PrivateRows:
    """What came out of the noise.

    Attributes:
        table: made rows, in the columns and physical types of the real table.
        budget: what is left of it, for gradients; its ledger has all that was spent.
        columns: by column the distance of the made rows from the noisy shares, and of the noise itself; shares.
        cut: the real rows that may still be looked at, those of a unit bounded in number.
        releases: columns, as they were released.
        method: what learns how columns hang together.
        model: how columns hang together, with the tables that were counted; None where none were.
    """

    table: pa.Table
    budget: Budget
    columns: list[dict[str, Any]]
    cut: pa.Table
    releases: Releases
    method: Method
    model: FittedMarginals | None = None

    @property
    def ledger(self) -> Ledger:
        """What was spent."""
        return self.budget.ledger


UNIT_SHARE = 0.02
"""Of the budget, for how many rows units have, where nobody says how many may be looked at."""
COLUMN_SHARE = 0.45
"""Of the budget, for what columns hold, one by one; the rest goes to how they hang together."""
GRADIENT_SHARE = 0.5
"""Of what is left after the columns, for gradients where both ways are taken."""
LEAST_GRADIENT_SIGNAL = 500.0
"""Units times what gradients may spend (as the mean of a normal law), at the least, for them to say more than they
cost: as little as was measured to be worth it (``benchmarks/privacy.md``)."""
FEWEST_ROWS = 2
LEAST_SIGNAL = 1.0
"""Rows over the noise of the counts of one column, at the least: with less nothing but noise would be learned."""
DOUBT = 2.0
"""Standard deviations of its noise by which the number of rows is lowered before it is believed."""
MARGIN = 2.0
"""Times the noise of a quiet column, where enough is recommended: with more rows and less noise other values are told,
and where noise rules, it makes some columns look finer than they are."""
SUPPOSED_ROWS = 100
"""So many at the least, where an epsilon is recommended: from fewer it could be any."""


def private_rows(
    table: pa.Table,
    settings: PrivacySettings,
    *,
    unit: str | None = None,
    declared: Schema | None = None,
    target: str | None = None,
    min_holders: int = 1,
    seed: int = 0,
    tell: Tell = lambda _: None,
    noise: Noise | None = None,
    gradients: bool = False,
) -> PrivateRows:
    """Rows like those of a table, made of noisy figures.

    Args:
        table: the real rows.
        settings: epsilon and what belongs to it.
        unit: the column that says whose a row is; None: each row is somebody else's.
        declared: what is said of the columns, which need not be measured.
        target: the column that the rest is meant to predict.
        min_holders: a value needs so many holders, by noisy count, to be published.
        seed: of the drawing of rows, which is no secret.
        tell: is told what is done.
        noise: in place of that of the settings: audits bring their own.
        gradients: whether what learns from the rows can take noisy gradients too, where nobody says by which method.

    Raises:
        PrivacyError: the budget is too small for the table.
        DataError: the unit has missing cells, or a column cannot be released.
    """
    assert settings.epsilon is not None
    noise = noise or Noise(settings.noise_seed, secure=settings.secure)
    ledger = Ledger(settings.epsilon, settings.delta, unit, settings.rows_per_unit or 1, noise.seeded)
    budget = Budget(settings.epsilon, settings.delta, ledger=ledger, noise=noise)
    cut, m = table, 1
    if unit is not None:
        m = settings.rows_per_unit or choose_m(table, unit, budget, UNIT_SHARE)
        ledger.rows_per_unit = m
        cut = cut_rows(table, unit, m, noise)
    releases = release_columns(
        cut,
        budget=budget,
        declared=declared,
        m=m,
        unit=unit,
        share=COLUMN_SHARE,
        target=target,
        min_holders=min_holders,
    )
    _check_signal(releases, budget, m)
    model = None
    method, rng = settings.method or _best_method(releases, budget, gradients), numpy_stream(seed, "private rows")
    if method == "sgd":
        tokens = _alone(releases, rng)
    else:
        tell("measuring how columns hang together")
        share = budget.left * (1 - (GRADIENT_SHARE if method == "both" else 0.0))
        model = fit_marginals(
            releases.encode(cut),
            releases.sizes,
            sensitivity=float(m),
            budget=budget,
            share=share,
            one_way=releases.one_way,
            ordered=releases.ordered,
            target=None if target is None else table.column_names.index(target),
            rng=rng,
        )
        tokens = model.sample(max(releases.rows, FEWEST_ROWS), rng)
    made = releases.decode(tokens, rng)
    return PrivateRows(made, budget, _distances(releases, tokens), cut, releases, method, model)


def _best_method(releases: Releases, budget: Budget, gradients: bool) -> Method:
    """What was measured to be best: gradients after the tables, where enough units speak louder than their noise."""
    signal = releases.units * budget.mu * math.sqrt(budget.left * GRADIENT_SHARE)
    return "both" if gradients and signal >= LEAST_GRADIENT_SIGNAL else "marginals"


def _alone(releases: Releases, rng: np.random.Generator) -> np.ndarray:
    """``(N, C)`` tokens of columns that know nothing of one another."""
    n = max(releases.rows, FEWEST_ROWS)
    columns = [rng.choice(len(law), n, p=law) for law in (_law(counts) for counts, _ in releases.one_way)]
    return np.stack(columns, axis=1).astype(np.int32)


def _law(counts: np.ndarray) -> np.ndarray:
    """Noisy counts as chances."""
    kept = np.maximum(counts, 0.0)
    return kept / kept.sum() if kept.sum() else np.full(len(counts), 1 / len(counts))


def _distances(releases: Releases, tokens_NC: np.ndarray) -> list[dict[str, Any]]:
    """By column how far made rows are from the noisy shares, and how far the noise alone moves such shares."""
    found = []
    for number, (column, (counts, sd)) in enumerate(zip(releases.columns, releases.one_way, strict=True)):
        made = np.bincount(tokens_NC[:, number], minlength=len(counts)) / len(tokens_NC)
        noise = math.sqrt(2 / math.pi) * float(np.sum(np.broadcast_to(sd, len(counts)))) / 2 / releases.rows
        error = float(np.abs(made - _law(counts)).sum()) / 2
        found.append({"name": column.name, "error": error, "noise": min(noise, 1.0)})
    return found


def _check_signal(releases: Releases, budget: Budget, m: int) -> None:
    """Whether the counts of columns are more than noise, by the fewest rows that there may well be.

    What it asks for leaves room for noise that takes as much off the rows again.

    Raises:
        PrivacyError: they are not; it says what would do.
    """
    if not releases.columns:
        return
    rows, sd = rows_told(releases.one_way)
    fewest, most = rows - DOUBT * sd, max(rows + DOUBT * sd, 1.0)
    noises = [float(np.linalg.norm(sd_T)) for _, sd_T in releases.one_way]
    if fewest >= LEAST_SIGNAL * float(np.median(noises)):
        return
    enough_rows = MARGIN * LEAST_SIGNAL * float(np.quantile(noises, 0.25)) + 2 * DOUBT * sd
    supposed = max(fewest, SUPPOSED_ROWS)
    mu = budget.mu * enough_rows / supposed
    enough = epsilon_of([(Gaussian(1 / mu), 1)], budget.ledger.delta - budget.threshold_delta)
    counting, such = ("", "")
    if budget.ledger.unit:
        counting, such = f", counting at most {m} of each {budget.ledger.unit}", "such "
    raise PrivacyError(
        f"epsilon {budget.ledger.epsilon:g} is too small for at most about {math.ceil(most):,} rows and "
        f"{len(releases.columns)} columns{counting}: nothing but noise would be learned. Ask for epsilon "
        f"{_rounded_up(enough):g} or more (enough for {math.floor(supposed):,} {such}rows), give about "
        f"{math.ceil(enough_rows):,} {such}rows, leave columns out, or say in schema.json what they hold"
    )


def _rounded_up(epsilon: float) -> float:
    """To two digits, upwards.

    Example:
        >>> _rounded_up(1.234), _rounded_up(0.0501)
        (1.3, 0.051)
    """
    unit = 10.0 ** (math.floor(math.log10(epsilon)) - 1)
    return round(math.ceil(epsilon / unit - 1e-9) * unit, 12)
