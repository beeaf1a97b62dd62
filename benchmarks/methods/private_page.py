"""Private training: the page, from the results that are there."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.pages import margin, ours_of, pooled, table
from harness.tables import TABLES
from scipy.stats import t as student

from methods.private_systems import (
    DELTA_POWER,
    EPSILONS,
    FIT_MINUTES,
    OURS,
    OURS_PUBLIC,
    SYSTEMS,
    TASK_BAR,
    USUAL,
    delta_of,
)


@dataclass(frozen=True)
class Figure:
    """A figure of the page; ``fault`` is how far one is from the best it can be."""

    key: str
    title: str
    digits: int
    fault: Callable[[float], float]


FIGURES = (
    Figure("shape", "shape %", 2, lambda value: value),
    Figure("trend", "trend %", 2, lambda value: value),
    Figure("trend_fixed", "trend, fixed bins %", 2, lambda value: value),
    Figure("detector", "detector AUC", 3, lambda value: abs(value - 0.5)),
    Figure("task", "task AUC", 3, lambda value: 1 - value),
)
COSTS = ("fit s", "peak MB")
Found = dict[str, list[dict[str, Any]]]
"""Figures of all seeds, by system."""


def page(results: dict[str, dict[str, Any]]) -> list[str]:
    """The page."""
    lines = [
        "# Private training",
        "",
        "Written by `python benchmarks/privacy.py`. Every system learns the same training rows under the same",
        f"epsilon and delta (one by the number of rows to the power of {DELTA_POWER}; adding or removing one row)",
        "and makes as many rows, which [an independent judge](README.md#what-the-columns-mean) scores: shape and",
        "trend are errors (0 is best), the detector's AUC is best at 0.5, the task is a classifier taught by made",
        "rows and asked about held-out real ones. Medians over seeds, ± half the range from the least to the",
        "greatest. Bold: the best of its epsilon, or within noise of it (Student's t at 95 %, by the spread of these",
        "two over seeds; where one has a single seed, two standard errors by the spread of all). Systems in italics",
        "stand beside the contest.",
        "The published trend lays ten equal bins from the least to the greatest number of each table by itself:",
        "who does not know the real extremes, which no guarantee may give away, has other bins. With fixed bins both",
        "tables have those of the real one. MST and AIM are told these extremes, and all labels, for nothing: beside",
        "them synthgen is shown twice, as it comes (nothing is told) and with the same told by a public schema.",
        "",
        "Seconds are of one core's processor; the larger of fitting and sampling counts for MB.",
        "",
    ]
    verdicts: list[str] = []
    for name in USUAL:
        section, said = table_section(name, results)
        lines += section
        verdicts += said
    if verdicts:
        lines += ["## What was asked for", "", *verdicts, ""]
    return [*lines, *attack_lines(results), *outside_lines(results)]


def table_section(name: str, results: dict[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """One table: every epsilon under the other, and what is said of the bars."""
    beside = {one: ours_of(results, name, one) for one, system in SYSTEMS.items() if not system.private}
    by_epsilon = {epsilon: found_at(results, name, epsilon) for epsilon in sorted(EPSILONS)}
    by_epsilon = {epsilon: found for epsilon, found in by_epsilon.items() if found}
    if not by_epsilon:
        return [], []
    headings = ["epsilon", "system", *(figure.title for figure in FIGURES), *COSTS, "seeds"]
    rows = [["", SYSTEMS[one].title, *cells(found, set()), str(len(found))] for one, found in beside.items() if found]
    verdicts, won = [], []
    for epsilon, found in by_epsilon.items():
        good = {figure.key: best(figure, found, usual_of(figure, found, by_epsilon.values())) for figure in FIGURES}
        for system, figures in found.items():
            bold = {key for key, systems in good.items() if system in systems}
            rows.append([f"{epsilon:g}", SYSTEMS[system].title, *cells(figures, bold), str(len(figures))])
        for who in (one for one in (OURS, OURS_PUBLIC) if one in found):
            good = against_peers(who, found, by_epsilon.values())
            won += [(epsilon, figure.title, who, who in good[figure.key]) for figure in FIGURES]
            verdicts += bars(name, epsilon, found, who, good)
    rows_of = next((one["rows"] for found in by_epsilon.values() for group in found.values() for one in group), {})
    spec = TABLES[name]
    lines = [f"## {spec.title}", ""]
    n_rows = rows_of["train_rows"]
    lines += [f"Target `{spec.target}`; {n_rows:,} training rows, delta {delta_of(n_rows):.1e}.", ""]
    lines += table(headings, rows)
    for who in dict.fromkeys(one for _, _, one, _ in won):
        mine = [(epsilon, title, good_here) for epsilon, title, one, good_here in won if one == who]
        lost = [f"{title} at {epsilon:g}" for epsilon, title, good_here in mine if not good_here]
        text = f"{plain(who)} beside the peers is best or within noise in {len(mine) - len(lost)} of {len(mine)} cells"
        lines += [text + (f"; not in: {', '.join(lost)}." if lost else "."), ""]
    return lines, verdicts


def found_at(results: dict[str, dict[str, Any]], name: str, epsilon: float) -> Found:
    """Private systems that have figures for a table and an epsilon."""
    found = {one: ours_of(results, name, one, f"{epsilon:g}") for one in SYSTEMS if SYSTEMS[one].private}
    return {one: figures for one, figures in found.items() if figures}


def cells(found: Sequence[dict[str, Any]], bold: set[str]) -> list[str]:
    """Figures and costs of a system."""
    texts = []
    for figure in FIGURES:
        text = middle([one[figure.key] for one in found], figure.digits)
        texts.append(f"**{text}**" if figure.key in bold else text)
    for key, digits in (("fit_cpu_s", 0), ("peak_mb", 0)):
        known = [one[key] for one in found if key in one]
        texts.append(f"{statistics.median(known):,.{digits}f}" if known else "")
    return texts


def middle(values: Sequence[float], digits: int) -> str:
    """The median and, from two on, half the range.

    Example:
        >>> middle([0.81, 0.85, 0.83], 2), middle([0.5], 1)
        ('0.83 ± 0.02', '0.5')
    """
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) < 2 else f"{text} ± {(max(values) - min(values)) / 2:.{digits}f}"


def faults(figure: Figure, found: Found) -> dict[str, list[float]]:
    """Of the systems that compete."""
    return {
        system: [figure.fault(one[figure.key]) for one in figures]
        for system, figures in found.items()
        if SYSTEMS[system].contest
    }


def usual_of(figure: Figure, found: Found, all_found: Iterable[Found]) -> float:
    """Deviation over seeds: of this epsilon's systems, or of all where none of these has two seeds."""
    here = pooled(faults(figure, found).values())
    return here or pooled(series for one in all_found for series in faults(figure, one).values())


def best(figure: Figure, found: Found, usual: float) -> set[str]:
    """Systems that are best, or within noise of it; nobody is where nobody else competes."""
    known = faults(figure, found)
    if len(known) < 2:
        return set()
    least = min(known, key=lambda system: statistics.mean(known[system]))
    return {
        system
        for system, series in known.items()
        if statistics.mean(series) <= statistics.mean(known[least]) + by_chance(series, known[least], usual)
    }


def by_chance(ours: Sequence[float], other: Sequence[float], usual: float) -> float:
    """How far apart two means over seeds may be by chance: Student's t at 95 %, by the spread of these two.

    Args:
        ours: figures by seed.
        other: the same.
        usual: standard deviation over seeds of alike systems, where one of the two has a single seed.

    Example:
        >>> round(by_chance([1.0, 1.1, 1.2], [1.4, 1.5, 1.6], 9.0), 3), by_chance([1.0], [1.1, 1.2], 0.0)
        (0.227, 0.0)
    """
    if min(len(ours), len(other)) < 2:
        return margin(ours, other, usual)
    freedom = len(ours) + len(other) - 2
    return float(student.ppf(0.975, freedom) * pooled([ours, other]) * (1 / len(ours) + 1 / len(other)) ** 0.5)


def plain(system: str) -> str:
    """Its title without marks."""
    return SYSTEMS[system].title.replace("*", "")


def peers_of(found: Found) -> Found:
    """Systems of others."""
    return {one: figures for one, figures in found.items() if SYSTEMS[one].contest and not SYSTEMS[one].ours}


def against_peers(who: str, found: Found, all_found: Iterable[Found]) -> dict[str, set[str]]:
    """By figure who is best, or within noise of it, of one of our ways and the peers."""
    rivals = peers_of(found) | {who: found[who]}
    everywhere = list(all_found)
    return {figure.key: best(figure, rivals, usual_of(figure, rivals, everywhere)) for figure in FIGURES}


def bars(name: str, epsilon: float, found: Found, who: str, good: dict[str, set[str]]) -> list[str]:
    """The promises, one line each: trend and task against the best of the others, time, and the task of one table."""
    ours, others, lines = found[who], peers_of(found), []
    start = f"- {TABLES[name].title}, epsilon {epsilon:g}"
    start += "" if who == OURS else ", " + plain(who).partition(", ")[2]
    for figure in (one for one in FIGURES if one.key in ("trend", "trend_fixed", "task")):
        if not others:
            continue
        known = faults(figure, others)
        first = min(known, key=lambda system: statistics.mean(known[system]))
        theirs = middle([one[figure.key] for one in others[first]], figure.digits)
        reached = "reached" if who in good[figure.key] else "missed"
        lines.append(
            f"{start}: {figure.title} {middle([one[figure.key] for one in ours], figure.digits)}, best of the others "
            f"{theirs} ({SYSTEMS[first].title}): {reached}."
        )
    slowest = max(one["fit_cpu_s"] for one in ours)
    if slowest > 60 * FIT_MINUTES:
        lines.append(f"{start}: fitting took {slowest:,.0f} s: missed.")
    if (name, epsilon) == TASK_BAR[:2]:
        task = statistics.median(one["task"] for one in ours)
        said = "reached" if task >= TASK_BAR[2] else "missed"
        asked = f"task AUC {task:.3f}, {TASK_BAR[2]} asked for"
        lines.append(f"{start}: {asked}: {said}.")
    return lines


def attack_lines(results: dict[str, dict[str, Any]]) -> list[str]:
    """What attackers get out of our tables, beside tables that are not private."""
    rows, told = [], []
    for result in results.values():
        if "attack" not in result["job"] or result["error"]:
            continue
        job, epsilon = result["job"], result["job"].get("epsilon")
        for one in result["figures"]["attacks"]:
            low, high = one["interval"]
            rows.append(
                [
                    one["title"],
                    TABLES[job["table"]].title,
                    "none" if epsilon is None else f"{epsilon:g}",
                    str(job["seed"]),
                    f"{one['value']:.3f} ({low:.3f} to {high:.3f})",
                    f"{one['p']:.2g}",
                    "" if one["epsilon_at_least"] is None else f"{one['epsilon_at_least']:.2f}",
                ]
            )
            if epsilon is not None:
                told.append(one["p"])
    if not rows:
        return []
    headings = ["attack", "table", "epsilon", "seed", "success (95 %)", "p", "epsilon is at least"]
    lines = ["## Attacks on synthgen's tables", ""]
    lines += ["Success is the share of right guesses or the area under the ROC curve; guessing is 0.5. *p*: the chance"]
    lines += [
        "of so much success by guessing. The auditor fits again and again, with and without each of the canaries,"
    ]
    lines += ["half of them the most exposed rows.", "", *table(headings, rows)]
    if told:
        error = 0.05 / len(told)  # Bonferroni
        so = "none does better than guessing" if min(told) > error else "at least one does better than guessing"
        lines += [f"Of {len(told)} attacks under epsilon {so} (least p {min(told):.2g}, level {error:.2g}).", ""]
    return lines


def outside_lines(results: dict[str, dict[str, Any]]) -> list[str]:
    """What the guarantees of the others leave out, and the versions."""
    ran = {result["job"]["system"] for result in results.values() if "system" in result["job"]}
    texts: dict[str, list[str]] = {}
    for name, system in SYSTEMS.items():
        if name in ran and system.outside:
            texts.setdefault(system.outside, []).append(system.title)
    if not texts:
        return []
    lines = ["## Outside the guarantee", ""]
    lines += [f"- {', '.join(titles)}: {text}." for text, titles in texts.items()]
    noted = [f"- {system.title}: {system.note}." for name, system in SYSTEMS.items() if name in ran and system.note]
    lines += ["", "## How the others were set", "", *noted] if noted else []
    versions: dict[str, str] = {}
    for result in results.values():
        versions |= (result.get("figures") or {}).get("versions", {})
    said = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return [*lines, "", f"Versions: {said}.", ""]
