#!/usr/bin/env python3
"""Ranking fake accounts by a model of genuine ones: synthgen beside the usual detectors of outliers; scoring.md.

    python benchmarks/scoring.py                # everything
    python benchmarks/scoring.py --reuse        # go on where a stopped run was
    python benchmarks/scoring.py --report       # only write the page again

Runs in synthgen's environment; ECOD in one of its own.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from harness import stages
from harness.environments import ensure
from harness.execute import read_json, run_step, write_json
from harness.pages import Case, ours_of, parser, spread, table
from harness.tables import TABLES
from methods.measuring import measure_page
from methods.tables import Columns, real_tables
from run import chosen
from scipy.stats import kstest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import OneClassSVM

from synthgen import Synthesizer

NAME, GENUINE, FAKE = "twitter_human_bots", "human", "bot"
HELD_SHARE = 0.2
"""Of the genuine accounts, kept from every method."""
SCALES = {"standardised": "by mean and spread", "normal scores": "as normal scores of their ranks"}
PEERS = ("IsolationForest", "LocalOutlierFactor", "OneClassSVM", "ECOD")
OURS = {
    "log_likelihood": "**synthgen**, log-likelihood",
    "critic": "**synthgen**, critic",
    "percentile": "**synthgen**, percentile",
    "atypical": "**synthgen**, atypical",
}
LEVEL = 0.01
"""Of the test for even percentiles: a right calibration fails it once in a hundred seeds."""


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = parser(__doc__, "scoring", [NAME], seeds=3)
    ask.add_argument("--systems", default="synthgen,peers", help="comma-separated; default: %(default)s")
    ask.add_argument("--rows", type=int, help="genuine accounts to learn from; default: all but the held-out ones")
    return ask.parse_args()


def cases(args: argparse.Namespace) -> list[Case]:
    """Seed by seed."""
    chosen(args.tables, {NAME: TABLES[NAME]}, "tables")
    return [
        Case(f"{system}.{seed}", {"system": system, "seed": seed, "rows": args.rows})
        for seed in range(args.seeds)
        for system in args.systems.split(",")
    ]


def split(frame: pd.DataFrame, target: str, seed: int, rows: int | None) -> tuple[pd.DataFrame, ...]:
    """Genuine accounts to learn from, genuine ones held out, and fakes; none with the target."""
    fake = frame[target] == FAKE
    genuine, fakes = (frame[which].drop(columns=target) for which in (~fake, fake))
    order = np.random.default_rng([seed, 3]).permutation(len(genuine))
    n_held = round(HELD_SHARE * len(genuine))
    held, learned = genuine.iloc[order[:n_held]], genuine.iloc[order[n_held:][:rows]]
    return tuple(part.reset_index(drop=True) for part in (learned, held, fakes))


def area(held_N: np.ndarray, fake_N: np.ndarray) -> float:
    """Area under the curve of scores that are higher for fakes."""
    return float(roc_auc_score(np.r_[np.zeros(len(held_N)), np.ones(len(fake_N))], np.r_[held_N, fake_N]))


def matrices(columns: Columns, parts: list[pd.DataFrame], scale: str) -> list[np.ndarray]:
    """Numbers and a column per value; scales learned from the first part."""
    cells = [columns.cells(part) for part in parts]
    if scale == "normal scores":
        change = QuantileTransformer(output_distribution="normal", n_quantiles=200, random_state=0)
        change.fit(cells[0].numbers_NM)
        numbers = [change.transform(part.numbers_NM) for part in cells]
    else:
        mean, spread_M = cells[0].numbers_NM.mean(0), cells[0].numbers_NM.std(0)
        numbers = [(part.numbers_NM - mean) / np.where(spread_M > 0, spread_M, 1) for part in cells]
    out = []
    for numbers_NM, part in zip(numbers, cells, strict=True):
        labels = [
            np.eye(len(columns.values[name]) + 1)[codes_N][:, :-1] * 0.5**0.5
            for name, codes_N in zip(columns.labels, part.codes_NL.T, strict=True)
        ]
        out.append(np.concatenate([numbers_NM, *labels], 1))
    return out


def peers(parts: tuple[pd.DataFrame, ...], seed: int, bench: stages.Bench | None) -> dict[str, Any]:
    """Areas of the usual detectors; without a bench none that needs another environment."""
    columns = Columns(parts[0], target="")
    found: dict[str, Any] = {}
    for scale in SCALES:
        learned, held, fakes = matrices(columns, list(parts), scale)
        models = {
            "IsolationForest": IsolationForest(random_state=seed),
            "LocalOutlierFactor": LocalOutlierFactor(novelty=True),
            "OneClassSVM": OneClassSVM(),
        }
        for name, model in models.items():
            model.fit(learned)
            found[f"{name}, {scale}"] = area(-model.score_samples(held), -model.score_samples(fakes))
        if bench is not None:
            found[f"ECOD, {scale}"] = ecod(bench, learned, held, fakes)
    return found


def ecod(bench: stages.Bench, *parts: np.ndarray) -> float:
    """ECOD, in its own environment."""
    folder = bench.folder(TABLES[NAME], "scoring")
    np.savez(folder / "ask.npz", learned=parts[0], held=parts[1], fakes=parts[2])
    job = {"task": "ecod", "ask": str(folder / "ask.npz"), "result": str(folder / "ecod.json")}
    worker = [ensure("peers", bench.work), stages.WORKERS / "peers_worker.py", write_json(folder / "job.json", job)]
    run_step(worker, bench.machine, folder / "ecod.log")
    said = read_json(folder / "ecod.json")
    return area(np.array(said["held"]), np.array(said["fakes"]))


def ours(parts: tuple[pd.DataFrame, ...], seed: int, **options: Any) -> dict[str, Any]:
    """Areas of synthgen's scores, and how even the percentiles of held-out accounts are."""
    learned, held, fakes = parts
    start = time.process_time()
    model = Synthesizer(random_state=seed, **options).fit(learned)
    fitted = time.process_time()
    of_held, of_fakes = (model.score(part, random_state=seed) for part in (held, fakes))
    signs = {name: 1 if name == "atypical" else -1 for name in OURS}
    found: dict[str, Any] = {
        name: area(sign * of_held[name].to_numpy(float), sign * of_fakes[name].to_numpy(float))
        for name, sign in signs.items()
    }
    percentile_N = of_held["percentile"].to_numpy(float) / 100
    test = kstest(percentile_N, "uniform")
    found |= {"ks": float(test.statistic), "p": float(test.pvalue), "below_5": float((percentile_N < 0.05).mean())}
    return found | {"fit_cpu_s": fitted - start, "score_cpu_s": time.process_time() - fitted}


def measure(case: Case, bench: stages.Bench) -> dict[str, Any]:
    """One kind of system with one split."""
    spec, seed = TABLES[NAME], case.job["seed"]
    frame = pd.concat(real_tables(bench, spec), ignore_index=True)
    parts = split(frame, spec.target, seed, case.job["rows"])
    found = ours(parts, seed) if case.job["system"] == "synthgen" else peers(parts, seed, bench)
    return found | {"rows": [len(part) for part in parts]}


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    known, usual = ours_of(results, "synthgen"), ours_of(results, "peers")
    sizes = next((run["rows"] for run in [*known, *usual]), [0, 0, 0])
    lines = [
        "# Ranking fake accounts",
        "",
        f"Written by `python benchmarks/scoring.py`. *{TABLES[NAME].title}*: every method learns {sizes[0]:,} genuine",
        f"accounts and no fake one, and then ranks {sizes[2]:,} fake and {sizes[1]:,} genuine ones that it",
        "has not seen,",
        "others for each seed. Area under the curve: 1 where every fake stands above every genuine account, 0.5 where",
        "the order says nothing. The peers have their defaults, and see numbers scaled in one of two ways and a column",
        "of zeros and ones for each value of a label.",
        "",
    ]
    rows = [[title, spread([run[name] for run in known], 3)] for name, title in OURS.items() if known]
    rows += [
        [f"{peer}, numbers {words}", spread([run.get(f"{peer}, {scale}") for run in usual], 3)]
        for peer in PEERS
        for scale, words in SCALES.items()
        if usual
    ]
    lines += table(["score", "AUC"], rows)
    if known and usual:
        lines += [verdict(known, usual), ""]
    if known:
        lines += calibration(known, sizes[1])
    return lines


def verdict(known: list[dict[str, Any]], usual: list[dict[str, Any]]) -> str:
    """Who ranks best, by the figures."""
    names = [f"{peer}, {scale}" for peer in PEERS for scale in SCALES if f"{peer}, {scale}" in usual[0]]
    means = {name: float(np.mean([run[name] for run in usual])) for name in names}
    own = {name: float(np.mean([run[name] for run in known])) for name in OURS}
    best, mine = max(means, key=lambda name: means[name]), max(own, key=lambda name: own[name])
    order = "above" if own[mine] > means[best] else "below"
    words = mine.replace("_", "-")
    figures = f"{own[mine]:.3f}, {best} {means[best]:.3f}"
    return f"synthgen's best score, the {words}, is {order} the best of the peers: {figures}."


def calibration(known: list[dict[str, Any]], n_held: int) -> list[str]:
    """Whether percentiles mean what they say."""
    even = sum(run["p"] >= LEVEL for run in known)
    rows = [
        [str(seed), f"{run['ks']:.3f}", f"{run['p']:.3f}", f"{100 * run['below_5']:.1f}"]
        for seed, run in enumerate(known)
    ]
    return [
        "## Percentiles",
        "",
        f"Percentiles of the {n_held:,} held-out genuine accounts should be even. Kolmogorov-Smirnov test,",
        "and the share",
        "below percentile 5, which should be 5 %.",
        "",
        *table(["seed", "largest distance", "p", "below 5, %"], rows),
        f"Even at the level {LEVEL:g} with {even} of {len(known)} seeds.",
        "",
    ]


def main() -> None:
    """Run what is asked for and missing, then write the page."""
    args = arguments()
    measure_page(args, cases(args), measure, page)


if __name__ == "__main__":
    main()
