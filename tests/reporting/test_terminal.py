from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from synthgen.reporting import terminal
from synthgen.reporting.summary import Summary, print_summary, summary_facts
from synthgen.reporting.terminal import JsonProgress, LineProgress, QuietProgress, Reporter, RichProgress
from synthgen.training.progress import Progress


def journey(progress: Progress) -> None:
    progress.stage("reading")
    progress.message("12,330 rows x 18 columns", rows=12_330)
    progress.stage("training")
    for step in range(1, 101):
        progress.step(step, 100, held_out_loss=30.0 - step / 50, quality=0.9, seconds_left=75.0)
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
        progress.step(step, 20_000, held_out_loss=1.0)
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
        progress.step(step, 250, held_out_loss=2.0, quality=0.875, seconds_left=95.0)
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[-1] == "  step 250 of 250, held-out loss 2.000, quality 87.5 %, 1 min 35 s left"


def test_the_bar_shows_time_left_loss_and_quality() -> None:
    out = io.StringIO()
    with RichProgress(Console(file=out, force_terminal=True, width=120, height=20)) as progress:
        progress.stage("training")
        progress.step(50, 100, held_out_loss=30.123, quality=0.97, seconds_left=42.0)
        progress._bar.refresh()
    assert "held-out loss 30.123, quality 97.0 %, 42 s left" in out.getvalue()


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
