"""What a person or a machine sees while a job runs: a bar, plain lines, JSON lines or nothing.

Everything here goes to standard error. Each class is a ``training.progress.Progress``.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Literal, Self, TextIO

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from synthgen.training.progress import NO_FIGURES, Figures

SECONDS_BETWEEN_LINES = 10.0
"""Plain lines for a log file: often enough to see that it lives, seldom enough to read."""
SECONDS_BETWEEN_JSON = 1.0
FIGURES = {
    "held_out_loss": ("held-out loss", "{:.3f}"),
    "loss": ("training loss", "{:.3f}"),
    "generator_loss": ("generator loss", "{:.3f}"),
    "critic_loss": ("critic loss", "{:.3f}"),
    "critic_auc": ("critic AUC", "{:.3f}"),
    "grad_norm": ("gradient", "{:.2g}"),
    "generator_grad_norm": ("generator gradient", "{:.2g}"),
    "critic_grad_norm": ("critic gradient", "{:.2g}"),
    "quality": ("quality", "{:.1%}"),
}
"""Name of a figure -> in words, and how it is written."""


def make_progress(log_format: Literal["text", "json"], quiet: bool, verbose: bool) -> Reporter:
    """The reporter for the flags given.

    Args:
        log_format: ``json`` writes one object a line.
        quiet: warnings only.
        verbose: the facts behind each message too.
    """
    if log_format == "json":
        return JsonProgress(sys.stderr, quiet)
    if quiet:
        return QuietProgress(sys.stderr)
    console = Console(stderr=True)
    return RichProgress(console, verbose) if console.is_terminal else LineProgress(sys.stderr, verbose)


class Reporter:
    """Common ground: a reporter is a context manager, and says nothing unless a subclass does."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """The job ended, well or not."""

    def stage(self, name: str) -> None:
        """A new part of the job begins."""

    def step(self, done: int, total: int, figures: Figures = NO_FIGURES, seconds_left: float | None = None) -> None:
        """Training has come so far."""

    def rows(self, done: int, total: int) -> None:
        """So many rows are written."""

    def parts(self, done: int, total: int, name: str) -> None:
        """So many parts of a stage are done."""

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        """A line for the user."""


class QuietProgress(Reporter):
    """Warnings only."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        if warning:
            self.out.write(f"Warning: {text}\n")
            self.out.flush()


class LineProgress(Reporter):
    """Plain lines, for a log file or a pipe."""

    def __init__(self, out: TextIO, verbose: bool = False) -> None:
        self.out, self.verbose = out, verbose
        self._next_line = 0.0

    def stage(self, name: str) -> None:
        self._line(f"{name} ...")
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def step(self, done: int, total: int, figures: Figures = NO_FIGURES, seconds_left: float | None = None) -> None:
        if self._due(done >= total):
            self._line(", ".join(_said(f"  step {done:,} of {total:,}", in_words(figures), _left(seconds_left))))

    def rows(self, done: int, total: int) -> None:
        if self._due(done >= total):
            self._line(f"  {done:,} of {total:,} rows")

    def parts(self, done: int, total: int, name: str) -> None:
        if self._due(done >= total):
            self._line(f"  {done} of {total}" + (f", now {name}" if name else ""))

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        self._line(("Warning: " if warning else "") + text + (_facts(facts) if self.verbose else ""))

    def _due(self, last: bool) -> bool:
        now = time.monotonic()
        if not last and now < self._next_line:
            return False
        self._next_line = now + SECONDS_BETWEEN_LINES
        return True

    def _line(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()


class JsonProgress(Reporter):
    """One JSON object a line: ``event`` and its facts; ``seconds`` since the start."""

    def __init__(self, out: TextIO, quiet: bool = False) -> None:
        self.out, self.quiet = out, quiet
        self._started = time.monotonic()
        self._last = -math.inf
        self._figures: Figures = NO_FIGURES

    def stage(self, name: str) -> None:
        self._write("stage", name=name)

    def step(self, done: int, total: int, figures: Figures = NO_FIGURES, seconds_left: float | None = None) -> None:
        if self._due(done >= total or figures != self._figures):
            self._figures = dict(figures)
            self._write("step", **{"done": done, "total": total, **figures, "seconds_left": seconds_left})

    def rows(self, done: int, total: int) -> None:
        if self._due(done >= total):
            self._write("rows", done=done, total=total)

    def parts(self, done: int, total: int, name: str) -> None:
        self._write("part", done=done, total=total, name=name)

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        self._write("warning" if warning else "message", text=text, **facts)

    def event(self, name: str, **facts: object) -> None:
        """Any other event, such as the outcome."""
        self._write(name, **facts)

    def _due(self, wanted: bool) -> bool:
        now = time.monotonic()
        if not wanted and now < self._last + SECONDS_BETWEEN_JSON:
            return False
        self._last = now
        return True

    def _write(self, event: str, **facts: object) -> None:
        if self.quiet and event not in ("warning", "outcome"):
            return
        line = {"event": event, "seconds": round(time.monotonic() - self._started, 3), **facts}
        self.out.write(json.dumps(_plain(line), ensure_ascii=False) + "\n")
        self.out.flush()


class _Bar(Progress):
    """With a line below: figures do not fit beside a bar."""

    below = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.below:
            yield Text(self.below, style="dim")


class RichProgress(Reporter):
    """A bar with the time left, figures below it; finished stages stay as a line each."""

    def __init__(self, console: Console, verbose: bool = False) -> None:
        self.console, self.verbose = console, verbose
        self._bar = _Bar(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[news]}"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._name, self._started, self._news = "", 0.0, ""

    def stage(self, name: str) -> None:
        self._finish()
        self._name, self._started, self._news = name, time.monotonic(), ""
        self._bar.below = ""
        self._task = self._bar.add_task(escape(name), total=None, news="")
        self._bar.start()

    def step(self, done: int, total: int, figures: Figures = NO_FIGURES, seconds_left: float | None = None) -> None:
        self._news = self._bar.below = in_words(figures) or self._news
        self._show(done, total, _left(seconds_left))

    def rows(self, done: int, total: int) -> None:
        self._news = f"{done:,} rows"
        self._show_even(done, total, self._news)

    def parts(self, done: int, total: int, name: str) -> None:
        self._news = f"{done} of {total} figures"
        self._show_even(done, total, name or self._news)

    def _show_even(self, done: int, total: int, news: str) -> None:
        """With the time left, as if each part took as long as those before."""
        spent = time.monotonic() - self._started
        left = spent * (total - done) / done if 0 < done < total and spent > 1 else None
        self._show(done, total, ", ".join(_said(news, _left(left))))

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        line = escape(text + (_facts(facts) if self.verbose else ""))
        self.console.print(f"[yellow]Warning:[/] {line}" if warning else line, highlight=False)

    def close(self) -> None:
        self._finish()
        self._bar.stop()

    def _show(self, done: int, total: int, news: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=max(total, done, 1), news=news)

    def _finish(self) -> None:
        if self._task is None:
            return
        self._bar.remove_task(self._task)
        self._task, self._bar.below = None, ""
        spent = f"{time.monotonic() - self._started:6.1f} s"
        line = f"{self._name:<12} {spent}" + (f"  {self._news}" if self._news else "")
        self.console.print(escape(line), highlight=False, style="dim")


def duration(seconds: float) -> str:
    """Seconds for people.

    Example:
        >>> duration(8), duration(95), duration(4000)
        ('8 s', '1 min 35 s', '1 h 6 min')
    """
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def in_words(figures: Figures) -> str:
    """Those figures of a look that a person follows a run by; rates and penalties are for machines.

    Example:
        >>> in_words({"held_out_loss": 36.5, "critic_auc": 0.52, "critic_auc_low": 0.51, "critic_auc_high": 0.53})
        'held-out loss 36.500, critic AUC 0.520 (0.510 to 0.530)'
    """
    known = {name: value for name, value in figures.items() if value is not None and math.isfinite(value)}
    ends = [known.get(f"critic_auc_{end}") for end in ("low", "high")]
    parts = []
    for name, (words, form) in FIGURES.items():
        if name in known:
            parts.append(f"{words} {form.format(known[name])}".replace("%", " %"))
            if name == "critic_auc" and None not in ends:
                parts[-1] += f" ({ends[0]:.3f} to {ends[1]:.3f})"
    return ", ".join(parts)


def _left(seconds: float | None) -> str:
    return f"{duration(seconds)} left" if seconds is not None and math.isfinite(seconds) else ""


def _said(*parts: str) -> list[str]:
    return [part for part in parts if part]


def _facts(facts: dict[str, object]) -> str:
    return " (" + ", ".join(f"{key}={value}" for key, value in facts.items()) + ")" if facts else ""


def _plain(value: Any) -> Any:
    """JSON has no word for nan and infinity: they become null; what it does not know becomes text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return _plain(value.item()) if hasattr(value, "item") else str(value)
