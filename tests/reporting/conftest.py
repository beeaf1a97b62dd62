from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Made = Callable[..., dict[str, Any]]
TYPES = ("numeric", "categorical", "datetime", "boolean", "text")
SHARED: dict[str, Any] = {"floor": None, "interval": None, "unit": "share", "details": {}, "charts": [], "reason": ""}


def result(name: str, title: str, group: str, value: float | None, direction: str, **more: Any) -> dict[str, Any]:
    words = {"sentence": f"{title} of 900 rows", "meaning": f"What {title.lower()} means for the user."}
    return (
        SHARED | {"name": name, "title": title, "group": group, "value": value, "direction": direction} | words | more
    )


def overlay(column: str, rng: np.random.Generator, labels: list[str]) -> dict[str, Any]:
    real = rng.dirichlet(np.full(len(labels), 3.0))
    made = np.abs(real + rng.normal(0, 0.01, len(labels)))
    return {
        "kind": "bars",
        "title": f"Values of {column}",
        "alt": f"The synthetic shares follow the real ones; the widest gap is at {labels[0]}.",
        "labels": labels,
        "series": {"real": real.tolist(), "synthetic": (made / made.sum()).tolist()},
        "unit": "share",
        "column": column,
    }


def heat(title: str, names: list[str], values: np.ndarray, most: float) -> dict[str, Any]:
    return {
        "kind": "heat",
        "title": title,
        "alt": f"{title} of each pair of columns.",
        "rows": names,
        "columns": names,
        "values": [
            [None if i == j == 1 else float(value) for j, value in enumerate(line)] for i, line in enumerate(values)
        ],
        "low": -most,
        "high": most,
        "diverging": True,
        "group": "correlation",
    }


def curves(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    x = np.linspace(0, 1, 40)
    names = ("real", "synthetic", "held-out") if kind == "lines" else ("real", "synthetic")
    series = [
        {
            "name": name,
            "x": x.tolist(),
            "y": (x ** (0.5 + 0.05 * i) + rng.normal(0, 0.3, 40) * (kind == "points")).tolist(),
        }
        for i, name in enumerate(names)
    ]
    words = {"x_label": "false-positive rate", "y_label": "true-positive rate"}
    return {"kind": kind, "title": f"Attack {kind}", "alt": "Both are near the diagonal.", "series": series} | words


@pytest.fixture
def made() -> Made:
    """A judgement with every kind of chart, for any number of columns."""

    def make(columns: int = 12, seed: int = 0, name: str = "column {}") -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        names = [name.format(i) for i in range(columns)]
        errors = rng.gamma(2.0, 0.006, columns)
        labels = [[f"{i} to {i + 1}" for i in range(24)], ["Returning visitor", "New visitor", "Other kinds"]]
        overlays = [overlay(column, rng, labels[i % 2]) for i, column in enumerate(names)]
        noise = rng.normal(0, 0.4, (columns, columns))
        real = np.clip((noise + noise.T) / 2 + np.eye(columns), -1, 1)
        maps = [
            heat("Real", names, real, 1.0),
            heat("Synthetic", names, np.clip(real + 0.05, -1, 1), 1.0),
            heat("Difference", names, np.clip(real + 0.05, -1, 1) - real, 0.1),
        ]
        bars = {
            "kind": "bars",
            "title": "Score by learner",
            "alt": "Boosting is best on both.",
            "labels": ["logistic", "forest", "boosting"],
            "series": {
                "trained on real": [0.88, 0.91, 0.93],
                "trained on synthetic": [0.87, 0.9, None],
                "on both": [0.89, 0.91, 0.93],
            },
            "unit": "score",
        }
        cells = {
            "kind": "table",
            "title": "What gave it away",
            "alt": "The columns that the detector used most.",
            "headings": ["Column", "Share of splits"],
            "rows": [[names[0], 0.31], [names[-1], 0.12], ["<b>bold</b>", None]],
        }
        pairs = [
            {"first": names[i % columns], "second": names[-1], "error": 0.02 / (i + 1), "floor": 0.01}
            for i in range(30)
        ]
        results = [
            result("types", "Cells of the wrong type", "validity", 0.0, "lower", floor=0.0, interval=[0.0, 0.0004]),
            result("shape", "Shape error", "fidelity", 0.0087, "lower", floor=0.0084, charts=overlays),
            result(
                "trend", "Trend error", "fidelity", 0.0222, "lower", floor=0.0267, charts=maps, details={"pairs": pairs}
            ),
            result(
                "detector",
                "Detector AUC",
                "fidelity",
                0.541,
                "half",
                floor=0.497,
                interval=[0.519, 0.564],
                unit="score",
                charts=[cells, curves("lines", rng)],
                details={"folds": 5, "rows_of_each": 1233},
            ),
            result(
                "missing",
                "Missing cells, worst column",
                "fidelity",
                None,
                "lower",
                reason="no cell is missing",
                sentence="",
                meaning="",
            ),
            result(
                "prediction",
                "Prediction AUC",
                "utility",
                0.914,
                "higher",
                floor=0.926,
                interval=[0.892, 0.936],
                unit="score",
                charts=[bars],
            ),
            result(
                "copies",
                "Exact copies of training rows",
                "privacy",
                0.0096,
                "lower",
                floor=0.0105,
                interval=[0.0079, 0.0116],
            ),
            result(
                "membership",
                "Members found at 1 % false alarms",
                "privacy",
                0.031,
                "lower",
                floor=0.011,
                interval=[0.022, 0.042],
                charts=[curves("points", rng)],
            ),
            result("emitted", "Real identifiers written", "privacy", 12, "lower", floor=0, unit="count"),
        ]
        verdicts = [
            {
                "question": "faithful",
                "state": "pass",
                "sentence": "Columns and pairs are as close as other real rows.",
                "figures": ["shape", "trend", "detector"],
                "next": "Use it as it is.",
            },
            {
                "question": "useful",
                "state": "attention",
                "sentence": "A model loses 0.012 AUC.",
                "figures": ["prediction"],
                "next": "Fit with --target Revenue.",
            },
            {
                "question": "private",
                "state": "fail",
                "sentence": "An attack finds members three times as often as among strangers.",
                "figures": ["copies", "membership"],
                "next": "Do not share it; fit again with more rows.",
            },
        ]
        return {
            "version": 1,
            "seed": seed,
            "rows": {"train": 11097, "holdout": 1233, "synthetic": 11097},
            "target": names[-1],
            "columns": [
                {
                    "name": column,
                    "type": TYPES[i % 5],
                    "error": float(errors[i]) if i % 7 != 6 else None,
                    "floor": 0.008 if i % 7 != 6 else None,
                }
                for i, column in enumerate(names)
            ],
            "results": results,
            "verdicts": verdicts,
            "notes": ["Only 40 rows were held out: the floors are rough."],
            "facts": {
                "versions": {"synthgen": "0.1.0", "python": "3.11.9"},
                "settings": {"fail_if": ["copies>0.02"], "sampled": {"rows": 2000}},
                "data": {"missing_cells": 0.0, "duplicates": math.floor(12.0), "files": {"train": "train.csv"}},
                "cite": "synthgen 0.1.0, evaluation with seed 0.",
            },
            "gates": [
                {"rule": "copies>0.02", "value": 0.0096, "passed": True},
                {"rule": "detector>0.52", "value": 0.541, "passed": False},
            ],
        }

    return make
