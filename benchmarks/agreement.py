#!/usr/bin/env python3
"""Whether synthgen's report says the same of synthetic tables as an independent judge; writes agreement.md.

    python benchmarks/agreement.py                   # after run.py: every synthetic table of Adult and Shoppers
    python benchmarks/agreement.py --tables shoppers
    python benchmarks/agreement.py --reuse           # keep reports that are there

Each table is read by both in the same way: where the judge takes a column for numbers and synthgen for labels, the
report is made twice, once with a schema that says what the judge says. Standard library only.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import stages
from harness.environments import BENCHMARKS, REPOSITORY, ensure
from harness.execute import StepFailed, read_json, run_step, write_json
from harness.systems import SYSTEMS
from harness.tables import TABLES, TableSpec
from run import chosen, machine, say

NOT_COMPARED = f"{stages.NOT_IN_THE_TABLE},floor,mle"
NUMBERS, LABELS = ("numeric", "datetime"), ("categorical", "boolean")


@dataclass(frozen=True)
class Figure:
    """A figure of both."""

    title: str
    ours: str
    """Name of the result in ``metrics.json``."""
    theirs: tuple[str, ...]
    """Path of the judge's figure."""
    times: float
    """What ours is multiplied by to be in the judge's unit."""
    shown_times: float
    """What the judge's unit is multiplied by to be shown."""
    digits: int
    definition: str
    """Where the two differ in what they measure."""


FIGURES = [
    Figure("shape %", "shape", ("shape_error_pct",), 100, 1, 3, "The same definition, on all rows."),
    Figure(
        "trend %",
        "trend",
        ("trend_error_pct",),
        100,
        1,
        3,
        "The same definition, on all rows of tables of up to 200,000 rows and 63 columns.",
    ),
    Figure(
        "detector AUC",
        "detector",
        ("c2st_gbm_auc_vs_test",),
        1,
        1,
        3,
        "Another learner, other rows: ours is scikit-learn's boosting (100 trees of 31 leaves) on at most 10,000 rows "
        "of each kind, the judge's is XGBoost (300 trees of depth 6) on at most 20,000. Both score out of five folds, "
        "against as many held-out rows. The two are some hundredths apart, on either side.",
    ),
    Figure(
        "copies %",
        "copies",
        ("exact_copies",),
        1,
        100,
        3,
        "All columns must be equal for both; numbers agree here to 12 digits, for the judge to 7.",
    ),
    Figure(
        "distance share",
        "distance_share",
        ("dcr", "share_nearer_train"),
        1,
        1,
        3,
        "The same distance, on other rows: ours takes 2,000 synthetic and at most 10,000 real rows of each kind, the "
        "judge 8,000 and 16,000.",
    ),
]
DETECTOR = FIGURES[2]


@dataclass(frozen=True)
class Pair:
    """What both said of one synthetic table.

    Attributes:
        system: who made it.
        report: our ``metrics.json``.
        judged: the judge's figures.
    """

    system: str
    report: dict[str, Any]
    judged: dict[str, Any]

    def result(self, figure: Figure) -> dict[str, Any]:
        """Our result."""
        return next(result for result in self.report["results"] if result["name"] == figure.ours)

    def ours(self, figure: Figure) -> float:
        """Our figure, as it is shown."""
        return float(self.result(figure)["value"]) * figure.times * figure.shown_times

    def theirs(self, figure: Figure) -> float:
        """The judge's, as it is shown."""
        value: Any = self.judged["synthetic"]
        for key in figure.theirs:
            value = value[key]
        return float(value) * figure.shown_times


def ranking(pairs: list[Pair], ours: bool) -> list[str]:
    """Systems by how far their detector AUC is from 0.5, best first."""
    seen = {pair.system: pair.ours(DETECTOR) if ours else pair.theirs(DETECTOR) for pair in pairs}
    return sorted(seen, key=lambda name: abs(seen[name] - 0.5))


def read_otherwise(pair: Pair) -> list[str]:
    """Columns that the report takes for labels and the judge for numbers, or the other way round."""
    kinds = {column["name"]: column["type"] for column in pair.report["columns"]}
    numbers, labels = pair.judged["numeric"], pair.judged["categorical"]
    return [name for name in kinds if kinds[name] in (LABELS if name in numbers else NUMBERS if name in labels else ())]


def table_lines(pairs: list[Pair]) -> list[str]:
    """One row per system, each figure by the report and by the judge; below, how far they are apart at most."""
    headings = ["system", *(text for figure in FIGURES for text in (figure.title, "judge"))]
    rows = []
    for pair in pairs:
        cells = [SYSTEMS[pair.system].title]
        for figure in FIGURES:
            cells += [f"{value:.{figure.digits}f}" for value in (pair.ours(figure), pair.theirs(figure))]
        rows.append(cells)
    apart = []
    for figure in FIGURES:
        farthest = max(pairs, key=lambda pair: abs(pair.ours(figure) - pair.theirs(figure)))
        gap = abs(farthest.ours(figure) - farthest.theirs(figure))
        apart.append(f"{figure.title} {gap:.2g} ({SYSTEMS[farthest.system].title.strip('*')})")
    return [
        "| " + " | ".join(headings) + " |",
        "|" + "---|" * len(headings),
        *["| " + " | ".join(row) + " |" for row in rows],
        "",
        f"Largest difference: {'; '.join(apart)}.",
        "",
        *ranking_lines(pairs),
    ]


def ranking_lines(pairs: list[Pair]) -> list[str]:
    """The order of the systems by both detectors."""
    ours, theirs = ranking(pairs, ours=True), ranking(pairs, ours=False)
    words = [", ".join(SYSTEMS[name].title.strip("*") for name in order) for order in (ours, theirs)]
    if ours == theirs:
        return [f"Ranking by the detector, the same by both: {words[0]}.", ""]
    return [f"**Ranking by the detector differs.** The report: {words[0]}. The judge: {words[1]}.", ""]


def page(tables: dict[str, tuple[list[Pair], list[Pair]]], absent: list[str], where: str) -> str:
    """The whole page.

    Args:
        tables: by table, reports of columns read as the judge reads them, and reports as a user gets them.
        absent: what could not be compared, and why.
        where: on which machine and when.
    """
    lines = [
        "# synthgen's report beside an independent judge",
        "",
        "Written by `python benchmarks/agreement.py`, from the synthetic tables of `run.py`. In each pair of columns",
        "stands first what `synthgen evaluate` says, then what the judge says of the same file.",
        "",
        *[f"- {figure.title}: {figure.definition}" for figure in FIGURES],
        "",
    ]
    for name, (alike, plain) in tables.items():
        lines += [f"## {TABLES[name].title}", ""]
        otherwise = read_otherwise(plain[0])
        if otherwise:
            names = ", ".join(f"`{column}`" for column in otherwise)
            lines += [
                f"The judge takes {names} for numbers, because they are whole numbers; synthgen for labels, because",
                "their order means nothing. Read as the judge reads them:",
                "",
            ]
        lines += table_lines(alike)
        if otherwise:
            lines += ["As synthgen reads them, which is what a user sees:", "", *table_lines(plain)]
    lines += [*[f"- {text}" for text in absent], *([""] if absent else []), where]
    return "\n".join(lines) + "\n"


def report(bench: stages.Bench, table: TableSpec, system: str, schema: Path | None, reuse: bool) -> dict[str, Any]:
    """What ``synthgen evaluate`` says of a system's table."""
    folder, tables = bench.folder(table, system), bench.folder(table, "tables")
    out = folder / ("report-alike" if schema else "report")
    if not (reuse and (out / "metrics.json").exists()):
        say(f"{table.name}: {system}: {out.name} ...")
        command: list[str | Path] = [ensure("synthgen", bench.work), "-m", "synthgen", "evaluate", "--out", out]
        command += ["--real", tables / "train.judged.csv", "--holdout", tables / "test.judged.csv"]
        command += ["--synthetic", folder / "synthetic.judged.csv", "--target", table.target]
        command += ["--schema", schema] if schema else []
        run_step(command, bench.machine, out.with_suffix(".log"), REPOSITORY)
    return dict(read_json(out / "metrics.json"))


def schema_alike(bench: stages.Bench, table: TableSpec, pair: Pair) -> Path:
    """A schema that takes each column for what the judge takes it for."""
    tables = bench.folder(table, "tables")
    found, alike = tables / "schema.json", tables / "schema.alike.json"
    found.unlink(missing_ok=True)
    command: list[str | Path] = [ensure("synthgen", bench.work), "-m", "synthgen", "schema", "--output", found, "-q"]
    command += ["--target", table.target, tables / "train.judged.csv"]
    run_step(command, bench.machine, tables / "schema.log", REPOSITORY)
    schema, otherwise = read_json(found), read_otherwise(pair)
    for column in schema["columns"]:
        if column["name"] in otherwise:
            column["type"] = "numeric" if column["name"] in pair.judged["numeric"] else "categorical"
    return write_json(alike, schema)


def judged(bench: stages.Bench, table: TableSpec, system: str) -> dict[str, Any]:
    """The judge's figures of the table that is there now: those of ``run.py``, taken anew where it is younger."""
    folder = bench.folder(table, system)
    said, made = folder / "judge.json", folder / "synthetic.judged.csv"
    if said.exists() and said.stat().st_mtime >= made.stat().st_mtime:
        return dict(read_json(said))
    say(f"{table.name}: {system}: the judge ...")
    return stages.judge(bench, table, made, folder, NOT_COMPARED)


def compare(
    bench: stages.Bench, table: TableSpec, systems: list[str], reuse: bool
) -> tuple[tuple[list[Pair], list[Pair]], list[str]]:
    """Reports read alike and reports as a user gets them, and what could not be compared."""
    plain, absent, alike = [], [], []
    for system in systems:
        if not (bench.folder(table, system) / "synthetic.judged.csv").exists():
            absent.append(f"{table.title}, {SYSTEMS[system].title.strip('*')}: no synthetic table.")
            continue
        try:
            plain.append(Pair(system, report(bench, table, system, None, reuse), judged(bench, table, system)))
            otherwise = read_otherwise(plain[-1])
            schema = schema_alike(bench, table, plain[-1]) if otherwise else None
            said = report(bench, table, system, schema, reuse) if schema else plain[-1].report
            alike.append(Pair(system, said, plain[-1].judged))
        except StepFailed as reason:
            absent.append(f"{table.title}, {SYSTEMS[system].title.strip('*')}: {reason}.")
    return (alike, plain), absent


def arguments() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = REPOSITORY.parent / "shared"
    ask.add_argument("--tables", default="adult,shoppers", help="comma-separated; default: %(default)s")
    ask.add_argument("--systems", default="gaussian-copula,synthgen,argn,tvae,ctgan", help="default: %(default)s")
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--cores", help="as '0,1'; default: as many as threads")
    ask.add_argument("--nice", type=int, default=0)
    ask.add_argument("--limit", type=float, default=1800, help="seconds that one report may take")
    ask.add_argument("--data", type=Path, default=beside / "data", help="folder of the real tables")
    ask.add_argument("--judge", type=Path, default=beside / "bench/judge.py", help="the judge")
    ask.add_argument("--work", type=Path, default=BENCHMARKS / ".work", help="environments and working files of run.py")
    ask.add_argument("--page", type=Path, default=BENCHMARKS / "agreement.md")
    ask.add_argument("--reuse", action="store_true", help="keep reports that are there")
    return ask.parse_args()


def main() -> None:
    """Compare, and write the page."""
    args = arguments()
    bench = stages.Bench(args.data.resolve(), args.judge.resolve(), args.work.resolve(), machine(args))
    systems = [system.name for system in chosen(args.systems, SYSTEMS, "systems")]
    compared, absent = {}, []
    for table in chosen(args.tables, TABLES, "tables"):
        pairs, missing = compare(bench, table, systems, args.reuse)
        absent += missing
        if pairs[0]:
            compared[table.name] = pairs
    where = f"{bench.machine.facts()['cpu']}; {time.strftime('%Y-%m-%d')}."
    args.page.write_text(page(compared, absent, where), "utf-8")
    say(f"written: {args.page}")


if __name__ == "__main__":
    main()
