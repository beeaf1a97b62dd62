"""Results -> the Markdown tables, with what reaches its bar in bold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.systems import SYSTEMS
from harness.tables import TABLES, TableSpec

HEADINGS = [
    "system",
    "fit s",
    "sample rows/s",
    "peak MB, fit / sample",
    "shape %",
    "trend %",
    "detector AUC",
    "task",
    "distance share",
    "copies %",
]
TASK_FIGURE = {"binclass": "mle_auc", "regression": "mle_rmse_log"}
TASK_NAME = {"binclass": "AUC, higher is better", "regression": "RMSE of the logarithm, lower is better"}
SYNTHGEN, PEER = "synthgen", "argn"


@dataclass(frozen=True)
class Cell:
    """A figure as it is shown, and whether it reaches its bar (``None``: there is none)."""

    text: str
    met: bool | None = None

    def __str__(self) -> str:
        return f"**{self.text}**" if self.met else self.text


def seconds(value: float) -> str:
    """Short times with a decimal, long ones without."""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def three_digits(value: float) -> str:
    """A speed, rounded to what can be trusted."""
    return f"{float(f'{value:.3g}'):,.0f}"


@dataclass(frozen=True)
class TableReport:
    """One real table: its floor, and every system's result by name."""

    table: TableSpec
    floor: dict[str, Any]
    results: dict[str, dict[str, Any]]
    newest: tuple[str, str]
    """The run, and the cores, whose times compare with one another; others get a dagger."""

    def real_task(self) -> float:
        """Task score of a model trained on the real training rows."""
        return float(self.floor["real"][TASK_FIGURE[self.table.task]])

    def bar(self, figure: str) -> float:
        """Largest shape or trend error that reaches the bar."""
        return float(self.table.bars.floor_ratio * self.floor["floor"][f"{figure}_error_pct_at_synthetic_size"])

    def peer(self, step: str, figure: str) -> float | None:
        """A figure of TabularARGN, if it ran."""
        result = self.results.get(PEER, {})
        return None if result.get("error", "absent") else float(result[step][figure])

    def detector(self, auc: float, name: str) -> bool:
        """Whether a detector AUC reaches the bar."""
        reached = auc <= self.table.bars.detector_auc
        if self.table.bars.detector_below_argn and name != PEER and PEER in self.results:
            judged = self.results[PEER].get("judge")
            reached = reached and (judged is None or auc < judged["synthetic"]["c2st_gbm_auc_vs_test"])
        return reached

    def floor_row(self) -> list[Cell]:
        """Held-out real rows in place of synthetic ones; the task is trained on real rows."""
        floor = self.floor["floor"]
        figures = [f"{floor[f'{name}_error_pct_at_synthetic_size']:.2f}" for name in ("shape", "trend")]
        figures += [f"{floor['c2st_gbm_auc']:.3f}", f"{self.real_task():.3f}"]
        figures += [f"{floor['dcr']['share_nearer_train']:.3f}", f"{100 * floor['exact_copies']:.2f}"]
        return [Cell(text) for text in ["floor (real rows)", "", "", "", *figures]]

    def bar_row(self) -> list[Cell]:
        """What synthgen has to reach."""
        bars = self.table.bars
        fit = f"<= {bars.fit_share_of_argn} x TabularARGN" if bars.fit_share_of_argn else ""
        detector = f"<= {bars.detector_auc}" + (", < TabularARGN" if bars.detector_below_argn else "")
        task = f">= {self.real_task() - bars.task_gap:.3f}" if bars.task_gap is not None else ""
        distance = "{} to {}".format(*bars.distance_share) if bars.distance_share else ""
        copies = f"<= {100 * self.floor['floor']['exact_copies']:.2f}" if bars.copies_at_most_floor else ""
        errors = [f"<= {self.bar(figure):.2f}" for figure in ("shape", "trend")]
        texts = ["*bar*", fit, ">= TabularARGN", "", *errors, detector, task, distance, copies]
        return [Cell(text) for text in texts]

    def cost_cells(self, name: str) -> list[Cell]:
        """Fit time, speed, memory."""
        fit, sample, bars = self.results[name]["fit"], self.results[name]["sample"], self.table.bars
        peer_fit = None if name == PEER else self.peer("fit", "fit_s")
        peer_speed = None if name == PEER else self.peer("sample", "rows_per_s")
        fit_met = None
        if bars.fit_share_of_argn and peer_fit is not None:
            fit_met = fit["fit_s"] <= bars.fit_share_of_argn * peer_fit
        speed_met = None if peer_speed is None else sample["rows_per_s"] >= peer_speed
        memory = f"{fit['fit_peak_mb']:,.0f} / {sample['sample_peak_mb']:,.0f}"
        mark = "" if taken_where(self.results[name]) == self.newest else " †"
        return [
            Cell(seconds(fit["fit_s"]) + mark, fit_met if not mark else None),
            Cell(three_digits(sample["rows_per_s"]) + mark, speed_met if not mark else None),
            Cell(memory),
        ]

    def quality_cells(self, name: str) -> list[Cell]:
        """Fidelity, usefulness, privacy."""
        said, bars = self.results[name]["judge"]["synthetic"], self.table.bars
        cells = [
            Cell(f"{said[key]:.2f}", said[key] <= self.bar(figure))
            for figure, key in (("shape", "shape_error_pct"), ("trend", "trend_error_pct"))
        ]
        auc, task = said["c2st_gbm_auc_vs_test"], said.get(TASK_FIGURE[self.table.task])
        share, copies = said["dcr"]["share_nearer_train"], said["exact_copies"]
        cells.append(Cell(f"{auc:.3f}", self.detector(auc, name)))
        task_met = task is not None and bars.task_gap is not None and task >= self.real_task() - bars.task_gap
        cells.append(Cell("undefined" if task is None else f"{task:.3f}", task_met))
        low, high = bars.distance_share or (1.0, 0.0)
        cells.append(Cell(f"{share:.3f}", low <= share <= high))
        few = bars.copies_at_most_floor and copies <= self.floor["floor"]["exact_copies"]
        return [*cells, Cell(f"{100 * copies:.2f}", few)]

    def system_row(self, name: str) -> list[Cell]:
        """One system; one that failed gives its reason."""
        result, title = self.results[name], SYSTEMS[name].title
        if result["error"]:
            reason = result["error"].replace("|", "/").replace("\n", " ")
            return [Cell(title), Cell(f"failed: {reason}"), *[Cell("")] * (len(HEADINGS) - 2)]
        return [Cell(title), *self.cost_cells(name), *self.quality_cells(name)]

    def missed(self) -> str:
        """The bars that synthgen does not reach, in words."""
        if self.results.get(SYNTHGEN, {}).get("error", "absent"):
            return ""
        pairs = zip(HEADINGS, self.bar_row(), self.system_row(SYNTHGEN), strict=True)
        names = [heading for heading, bar, cell in pairs if bar.text not in ("", "*bar*") and not cell.met]
        return "synthgen misses: " + ", ".join(names) + "." if names else "synthgen reaches every bar here."

    def lines(self) -> list[str]:
        """The section of this table."""
        facts = next(iter(self.results.values()))["rows"] if self.results else {}
        size = "; {train_rows:,} training rows, {test_rows:,} held out, {columns} columns" if facts else ""
        aside = [f"`{name}`" for name in [*self.table.row_ids, *self.table.aside]]
        rows = [self.floor_row(), self.bar_row()] + [self.system_row(name) for name in SYSTEMS if name in self.results]
        return [
            f"### {self.table.title}",
            "",
            f"Target `{self.table.target}` ({TASK_NAME[self.table.task]}){size.format(**facts)}."
            + (f" Not judged: {', '.join(aside)}." if aside else ""),
            "",
            "| " + " | ".join(HEADINGS) + " |",
            "|" + "---|" * len(HEADINGS),
            *["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows],
            "",
            *([self.missed(), ""] if self.missed() else []),
        ]


def taken_where(result: dict[str, Any]) -> tuple[str, str]:
    """The run and the machine of a result."""
    return result["run"], str(result["machine"])


def machine_lines(results: list[dict[str, Any]]) -> list[str]:
    """Where and when the figures were taken."""
    if not results:
        return []
    last = max(results, key=lambda result: result["date"])
    facts = last["machine"]
    versions: dict[str, str] = {}
    for result in results:
        versions |= result.get("fit", {}).get("versions", {})
    lines = [
        f"{facts['cpu']}; {facts['threads']} threads on cores {facts['cores_used'] or 'left to the system'}, "
        f"{facts['memory_gb']} GB, no GPU; {facts['system']}; Python {facts['python']}; {last['date'][:10]}.",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in sorted(versions.items())) + ".",
    ]
    if len({taken_where(result) for result in results}) > 1:
        lines.append("† taken in another run or on other cores than the rest: its times do not compare.")
    return [*lines, ""]


def markdown(floors: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """The whole report."""
    lines = machine_lines(results)
    newest = taken_where(max(results, key=lambda result: result["date"])) if results else ("", "")
    for name, table in TABLES.items():
        if name in floors:
            of_table = {result["system"]: result for result in results if result["table"] == name}
            lines += TableReport(table, floors[name], of_table, newest).lines()
    return "\n".join(lines)
