"""``synthgen audit``: canaries through repeated private fits, and what an attack on them says of the real epsilon.

Everything of a private fit that looks at real rows is run again and again: the releases, and, where gradients are
asked for, the noised steps. What follows is computed from these alone and can tell no more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthgen.config import RunConfig
from synthgen.dp.accountant import Composition
from synthgen.dp.audit import Audit, bound_epsilon, run_trials
from synthgen.dp.canaries import make_canaries
from synthgen.dp.losses import Gaussian, SampledGaussian
from synthgen.dp.noise import Noise
from synthgen.dp.rows import PrivateRows, private_rows
from synthgen.dp.white_box import Published, attack
from synthgen.errors import ConfigError
from synthgen.pipeline import read_data
from synthgen.reporting.folder import make_folder, write_text
from synthgen.reporting.summary import Summary, VerdictLine
from synthgen.seeding import derived_seed
from synthgen.sources import is_linked
from synthgen.synthesizers.private import declared_in, given_schema, takes_gradients
from synthgen.table.schema import Schema
from synthgen.training.progress import Progress, Silent

AUDIT = "audit.json"
RUNS, CONFIDENCE = 40, 0.95
MOST_CANARIES = 10
"""Unless asked for: one for every two columns, so that they seldom share all their cells, but no more than this."""
ROWS_OF_CANARY = 10
"""Times the rows that are kept of a unit: a canary shows whether they are cut."""
GRADIENT_CANARIES = 100


def audit_file(
    data: str | Path,
    config: RunConfig,
    out: str | Path,
    *,
    schema: Schema | str | Path | None = None,
    runs: int = RUNS,
    canaries: int | None = None,
    confidence: float = CONFIDENCE,
    progress: Progress | None = None,
) -> tuple[bool, Summary]:
    """Audit what a private fit of a file would release.

    Args:
        data: a CSV or Parquet file.
        config: settings, with an epsilon, as for the fit.
        out: the folder that gets ``audit.json``.
        schema: what is public of the columns, or the path of a ``schema.json``, as for the fit.
        runs: private fits, 1 or more; below 20 only the one-run bound is possible.
        canaries: made-up units, each in or out of each run by a coin; None: by the number of columns.
        confidence: of all bounds together, above 0 and below 1.
        progress: is told what happens.

    Returns:
        Whether the claimed epsilon is refuted, and what to show.

    Raises:
        ConfigError: there is no epsilon, the tables are linked, or a figure is out of range.
        SynthgenError: what else the user can mend.
    """
    progress = progress or Silent()
    claimed = config.privacy.epsilon
    if claimed is None:
        raise ConfigError("audit: no epsilon was given; the one of the private fit was expected. Add --epsilon 1")
    if is_linked([str(data)]):
        raise ConfigError("audit: several tables were given; one file was expected. Audit the table of each kind alone")
    if runs < 1 or (canaries is not None and canaries < 1) or not 0.0 < confidence < 1.0:
        raise ConfigError(
            f"audit: at least 1 run and 1 canary and a confidence between 0 and 1 were expected; "
            f"got {runs}, {canaries} and {confidence}"
        )
    progress.stage("reading")
    table = read_data(data, config).arrow
    make_folder(Path(out))
    fit = partial(_fit, config=config, declared=declared_in(given_schema(schema), config))
    progress.stage("measuring with noise")
    noise = _noises(config)
    first = fit(table, noise("first"))
    gradients = first.method != "marginals"
    each = 1.0 - (1.0 - confidence) / (1 + gradients)
    progress.stage("auditing releases")
    kept = first.ledger.rows_per_unit
    canaries = canaries or max(1, min(MOST_CANARIES, table.num_columns // 2))
    made = make_canaries(
        table,
        canaries,
        rows=1 if config.unit is None else ROWS_OF_CANARY * kept,
        unit=config.unit,
        chance=noise("canaries"),
    )
    trials = run_trials(
        lambda rows, noise: _published(fit(rows, noise)),
        partial(attack, unit=config.unit),
        table,
        made,
        runs=runs,
        noise=lambda run: noise("run", run),
        coins=noise("coins"),
        done=_teller(progress, runs),
    )
    delta = config.privacy.delta
    audits = {"releases": bound_epsilon(trials, [(Gaussian(1.0 / first.budget.mu), 1)], delta, each)}
    if gradients:
        progress.stage("auditing gradients")
        audits["gradients"] = _gradients(first, runs, delta, each, noise, progress)
    facts = _facts(config, first, audits, runs, canaries, confidence)
    target = Path(out) / AUDIT
    write_text(target, json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return facts["refuted"], _summary(facts, target)


def _fit(table: pa.Table, noise: Noise, *, config: RunConfig, declared: Schema | None) -> PrivateRows:
    """What a private fit does with real rows, its gradients aside."""
    return private_rows(
        table,
        config.privacy,
        unit=config.unit,
        declared=declared,
        target=config.target,
        min_holders=config.min_holders,
        seed=config.seed,
        noise=noise,
        gradients=takes_gradients(config),
    )


def _published(rows: PrivateRows) -> Published:
    return Published(
        rows.releases,
        rows.budget.told,
        () if rows.model is None else rows.model.tables,
        () if rows.model is None else rows.model.coarsenings,
        rows.table,
        rows.ledger.rows_per_unit,
    )


def _noises(config: RunConfig) -> Callable[..., Noise]:
    """Noise of its own for each part; from a seed only where the settings have one, for tests."""
    seed = config.privacy.noise_seed
    if seed is None:
        return lambda *_: Noise(secure=config.privacy.secure)
    return lambda *part: Noise(derived_seed(seed, "audit", *part))


def _gradients(
    first: PrivateRows, runs: int, delta: float, confidence: float, noise: Callable[..., Noise], progress: Progress
) -> Audit:
    """The noised steps that the fit would take, on canaries alone."""
    from synthgen.training.private import private_plan
    from synthgen.training.private_audit import PrivateSteps, gradient_trials

    plan = private_plan(first.budget, first.releases.units)
    trials = gradient_trials(
        PrivateSteps(plan.rate, plan.steps, plan.noise, plan.clip),
        canaries=GRADIENT_CANARIES,
        runs=runs,
        noise=lambda run: noise("gradients", run),
        coins=noise("coins of gradients"),
        done=_teller(progress, runs),
    )
    claimed: Composition = [(SampledGaussian(plan.noise, plan.rate), plan.steps)]
    return bound_epsilon(trials, claimed, delta, confidence)


def _teller(progress: Progress, runs: int) -> Callable[[int], None]:
    began = time.monotonic()

    def tell(done: int) -> None:
        progress.step(done, runs, seconds_left=(time.monotonic() - began) / done * (runs - done))

    return tell


def _facts(
    config: RunConfig, first: PrivateRows, audits: dict[str, Audit], runs: int, canaries: int, confidence: float
) -> dict[str, Any]:
    """``audit.json``."""
    shown = max(audit.epsilon for audit in audits.values())
    return {
        "version": 1,
        "claimed": {
            "epsilon": config.privacy.epsilon,
            "delta": config.privacy.delta,
            "relation": first.ledger.relation,
        },
        "epsilon_at_least": shown,
        "refuted": shown > first.ledger.epsilon,
        "confidence": confidence,
        "runs": runs,
        "canaries": canaries,
        "bounds": [{"of": part} | asdict(bound) for part, audit in audits.items() for bound in audit.bounds],
    }


def _summary(facts: dict[str, Any], target: Path) -> Summary:
    claimed, shown, sure = facts["claimed"]["epsilon"], facts["epsilon_at_least"], f"{100 * facts['confidence']:g} %"
    if facts["refuted"]:
        sentence = f"epsilon is at least {shown:.3g} ({sure} confidence), above the claimed {claimed:g}."
    else:
        sentence = f"epsilon is at least {shown:.3g} ({sure} confidence); {claimed:g} is claimed."
    verdict = VerdictLine(
        question="does the audit agree with the claim",
        state="fail" if facts["refuted"] else "pass",
        sentence=sentence,
        figures=[],
        next="Share nothing of this fit before the cause is found." if facts["refuted"] else "",
    )
    counts = {
        f"{bound['of']}, {bound['estimator']}": f"epsilon >= {bound['epsilon']:.3g}   {_said(bound['detail'])}"
        for bound in facts["bounds"]
    }
    notes = [] if facts["refuted"] else ["a lower bound proves no guarantee: it says what this attack could show"]
    return Summary(counts=counts, verdicts=[verdict], notes=notes, files={"audit": str(target)})


def _said(detail: dict[str, float]) -> str:
    if "guesses" in detail:
        return f"{detail['right']:,} of {detail['guesses']:,} guesses were right"
    return (
        f"{detail['hits']:,} of {detail['members']:,} runs with a canary were told, "
        f"and {detail['alarms']:,} of {detail['others']:,} without it"
    )
