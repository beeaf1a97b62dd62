from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from synthgen.reporting import terminal
from synthgen.reporting.summary import Summary, print_summary, summary_facts
from synthgen.reporting.terminal import JsonProgress, LineProgress, QuietProgress, Reporter, RichProgress, in_words
from synthgen.training.progress import Progress


def journey(progress: Progress) -> None:
    progress.stage("reading")
    progress.message("12,330 rows x 18 columns", rows=12_330)
    progress.stage("training")
    for step in range(1, 101):
        progress.step(step, 100, {"held_out_loss": 30.0 - step / 50, "quality": 0.9}, seconds_left=75.0)
    progress.message("few rows", warning=True)
    progress.stage("writing [red]")
    progress.rows(50, 100)
    progress.rows(100, 100)


def test_every_reporter_is_a_progress() -> None:
    out = io.StringIO()
    reporters: list[Reporter] = [
        Reporter(),
        QuietProgress(out),
        LineProgress(out),
        JsonProgress(out),
        RichProgress(Console(file=out)),
    ]
    for reporter in reporters:
        with reporter:
            journey(reporter)


def test_quiet_shows_warnings_only() -> None:
    out = io.StringIO()
    journey(QuietProgress(out))
    assert out.getvalue() == "Warning: few rows\n"


def test_json_is_one_object_a_line() -> None:
    out = io.StringIO()
    progress = JsonProgress(out)
    journey(progress)
    progress.message("bad loss", loss=float("nan"), path=object)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {line["event"] for line in lines} == {"stage", "message", "step", "warning", "rows"}
    assert [line["name"] for line in lines if line["event"] == "stage"] == ["reading", "training", "writing [red]"]
    steps = [line for line in lines if line["event"] == "step"]
    assert steps[-1]["done"] == 100
    assert steps[-1]["held_out_loss"] == pytest.approx(28.0)
    assert lines[-1]["loss"] is None


def test_json_does_not_flood() -> None:
    out = io.StringIO()
    progress = JsonProgress(out)
    for step in range(10_000):
        progress.step(step, 20_000, {"held_out_loss": 1.0})
    assert len(out.getvalue().splitlines()) < 20


def test_json_names_every_part_so_that_a_long_one_after_a_short_one_is_known() -> None:
    out = io.StringIO()
    progress = JsonProgress(out)
    for done, name in enumerate(("missing", "rhythm", "detector")):
        progress.parts(done, 3, name)
    assert [json.loads(line)["name"] for line in out.getvalue().splitlines()] == ["missing", "rhythm", "detector"]


def test_plain_lines_come_seldom_but_the_last_always(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    progress = LineProgress(out)
    progress.stage("training")
    for step in range(1, 251):
        now[0] += 0.1
        progress.step(step, 250, {"held_out_loss": 2.0, "quality": 0.875}, seconds_left=95.0)
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[-1] == "  step 250 of 250, held-out loss 2.000, quality 87.5 %, 1 min 35 s left"


LOOK = {
    "loss": 31.0,
    "held_out_loss": 30.123,
    "generator_loss": 0.7,
    "critic_loss": 1.38,
    "penalty": 0.01,
    "critic_auc": 0.523,
    "critic_auc_low": 0.51,
    "critic_auc_high": 0.536,
    "grad_norm": 0.456,
    "generator_grad_norm": 0.2,
    "critic_grad_norm": 1.25,
    "learning_rate": 0.002,
    "quality": 0.97,
}
IN_WORDS = (
    "held-out loss 30.123, training loss 31.000, generator loss 0.700, critic loss 1.380, "
    "critic AUC 0.523 (0.510 to 0.536), gradient 0.46, generator gradient 0.2, critic gradient 1.2, quality 97.0 %"
)


def test_the_bar_shows_time_left_and_every_figure_of_the_look_below() -> None:
    out = io.StringIO()
    with RichProgress(Console(file=out, force_terminal=True, width=240, height=20)) as progress:
        progress.stage("training")
        progress.step(50, 100, LOOK, seconds_left=42.0)
        progress._bar.refresh()
        progress.stage("correcting marginals")
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).splitlines()]
    assert any(line.startswith("training") and line.endswith("42 s left") for line in lines)
    assert IN_WORDS in lines
    assert any(line.endswith(f" s  {IN_WORDS}") for line in lines)  # what stays when the stage is over


def test_a_narrow_terminal_cuts_no_figure() -> None:
    out = io.StringIO()
    with RichProgress(Console(file=out, force_terminal=True, width=60, height=20)) as progress:
        progress.stage("training")
        progress.step(50, 100, LOOK)
        progress._bar.refresh()
    shown = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).split())
    assert IN_WORDS in shown


def test_figures_that_are_not_there_or_not_finite_are_not_shown() -> None:
    assert in_words({}) == ""
    assert in_words({"quality": None, "loss": float("nan"), "critic_auc": 0.6}) == "critic AUC 0.600"


def test_json_gives_all_figures_under_the_names_of_the_history() -> None:
    out = io.StringIO()
    progress = JsonProgress(out)
    progress.step(50, 100, LOOK, seconds_left=42.0)
    progress.step(51, 100, LOOK | {"critic_loss": float("inf")})  # another look: shown at once
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert LOOK.items() <= first.items()
    assert (first["done"], first["total"], first["seconds_left"]) == (50, 100, 42.0)
    assert second["critic_loss"] is None


def test_the_summary_shows_columns_pairs_files_and_what_comes_next() -> None:
    summary: Summary = {
        "columns": [
            {"name": "age [years]", "type": "numeric", "error": 0.005, "floor": 0.006},
            {"name": "note", "type": "text", "error": None, "floor": None},
        ],
        "pairs": [{"first": "age [years]", "second": "note", "error": 0.02, "floor": 0.015}],
        "figures": [{"name": "detector AUC", "value": "0.53", "floor": "0.50", "note": "0.5: cannot be told apart"}],
        "notes": ["only 300 rows"],
        "files": {"synthetic table": "users.synthgen/synthetic.csv"},
        "next": ["synthgen sample users.synthgen/run --rows 1000 --output more.csv"],
    }
    out = io.StringIO()
    print_summary(summary, Console(file=out, width=100))
    shown = out.getvalue()
    for part in (
        "age [years]",
        "0.50 %",
        "0.60 %",
        "0.53",
        "Note: only 300 rows",
        "users.synthgen/synthetic.csv",
        "synthgen sample users.synthgen/run --rows 1000 --output more.csv",
    ):
        assert part in shown
    assert json.loads(json.dumps(summary_facts(summary))) == summary


def test_an_empty_summary_shows_nothing() -> None:
    out = io.StringIO()
    print_summary({}, Console(file=out))
    assert out.getvalue() == ""
